import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RepositoryFacts } from '../../../src/core/scope/repository-facts.ts';
import { cases } from './all.ts';
import { clean } from './workspace.ts';

/** Files that are linted together. */
export interface Workspace {
  readonly name: string;
  readonly files: ReadonlyMap<string, string>;
  readonly repository: RepositoryFacts | null;
}

const root = path.join(import.meta.dirname, '../../..');

/** The clean workspace with the fault of each rule in it. */
export function caseWorkspaces(): Workspace[] {
  return Object.entries(cases).flatMap(([name, found]) => {
    if (!found) return [];
    const to = found.shown ? found.to : found.to.replaceAll('|', '');
    const text = (clean.get(found.file) ?? '').replace(found.from, () => to);
    return [{ name, files: new Map(clean).set(found.file, text), repository: found.repository ?? null }];
  });
}

/** The directories of `test/fixtures/corpus`, each linted by itself, and the bundled example. */
export function corpusWorkspaces(): Workspace[] {
  const corpus = path.join(root, 'test/fixtures/corpus');
  const directories = readdirSync(corpus, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.ok(directories.length > 0, `${corpus} holds directories`);
  return [
    ...directories.map(({ name }) => read(path.join(corpus, name), `corpus/${name}`)),
    read(path.join(root, 'examples/inventory'), 'examples/inventory'),
  ];
}

function read(dir: string, name: string): Workspace {
  const files = new Map(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:md|json)$/i.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(dir, file).split(path.sep).join('/'), readFileSync(file, 'utf8')]),
  );
  return { name, files, repository: null };
}
