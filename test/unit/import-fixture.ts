import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ImportInput, ImportResult } from '../../src/core/decompose/import/model.ts';
import { importerFor, mainFileOf } from '../../src/core/decompose/import/importers.ts';
import { projectSources } from '../../src/core/decompose/project.ts';

const root = path.join(import.meta.dirname, '../fixtures/imports');

/** A fixture is a small repository; `repo.txt` names further files that exist in it. */
export function fixtureFiles(name: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(path.join(root, name), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = path.join(entry.parentPath, entry.name);
    files.set(path.relative(path.join(root, name), full).replaceAll('\\', '/'), readFileSync(full, 'utf8'));
  }
  return files;
}

export function inputOf(files: ReadonlyMap<string, string>, named: string): ImportInput {
  const extra = (files.get('repo.txt') ?? '').split('\n').filter((line) => line !== '');
  const repoFiles = [...new Set([...files.keys(), ...extra])].filter((file) => file !== 'repo.txt');
  const main = mainFileOf(named, repoFiles) ?? named;
  const text = files.get(main) ?? '';
  const importer = importerFor(main, text);
  const companions = new Map(
    (importer?.companions(main, repoFiles) ?? []).flatMap((file) => {
      const companion = files.get(file);
      return companion === undefined ? [] : [[file, companion] as const];
    }),
  );
  const sources = new Set(projectSources(repoFiles));
  const texts = new Map([...files].filter(([file]) => sources.has(file)));
  return { path: main, text, companions, repoFiles, texts };
}

/** An import as a person reads it: slices with everything in them, then what was found. */
export function described(result: ImportResult): string {
  const lines: string[] = [
    `${result.spec.id}: ${result.spec.title}${result.spec.technology ? ` (${result.spec.technology})` : ''}`,
  ];
  for (const slice of result.proposal?.slices ?? []) {
    lines.push(
      '',
      `${slice.id}  ${slice.title}  [${slice.estimate}]${slice.deps.length > 0 ? `  after ${slice.deps.join(', ')}` : ''}`,
    );
    for (const file of slice.create) lines.push(`  + ${file}`);
    for (const file of slice.modify) lines.push(`  ~ ${file}`);
    if (slice.boundary.length > 0) lines.push(`  not ${slice.boundary.join(', ')}`);
    for (const text of slice.requirements) lines.push(`  - ${text}`);
    for (const text of slice.checklist) lines.push(`  [ ] ${text}`);
    for (const command of slice.verify) lines.push(`  $ ${command}`);
    if (slice.contracts.length > 0) lines.push(`  contracts ${slice.contracts.join(', ')}`);
  }
  for (const point of result.proposal?.merge_points ?? [])
    lines.push(
      '',
      `${point.id}: ${point.needs.join(' + ')} -> ${point.unlocks.join(', ')}  $ ${point.verify.join('; ')}`,
    );
  lines.push('');
  for (const finding of result.findings)
    lines.push(
      `${finding.severity} ${finding.code} ${finding.file}:${finding.line}:${finding.column} ${finding.message}`,
    );
  return `${lines.join('\n').trim()}\n`;
}
