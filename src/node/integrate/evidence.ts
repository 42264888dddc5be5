import { readFile } from 'node:fs/promises';
import { PackageView } from '../../core/decompose/package-view.ts';
import { packageAround } from '../../core/scope/package-paths.ts';
import type { Plan } from '../../core/plan/model.ts';
import { evidenceOf } from '../../core/spec/evidence.ts';
import { readSpec } from '../../core/spec/read.ts';
import { contained } from '../paths.ts';
import type { Repository } from '../git/repository.ts';
import type { ProvenItem } from './model.ts';
import type { Pass, SpecEvidence } from './pass.ts';

/** What the plan's spec asks for: as it stands in the checkout, else as it was when the plan started. */
export async function specEvidence(
  { root, git }: Pick<Repository, 'root' | 'git'>,
  { specPath }: Plan,
  base: string | null,
): Promise<SpecEvidence | null> {
  if (specPath === null) return null;
  const full = await contained(root, specPath);
  const here = full === null ? null : await readFile(full, 'utf8').catch(() => null);
  const before = here === null && full !== null && base !== null ? await git.blob(base, specPath) : null;
  const text = here ?? (before === null ? null : new TextDecoder().decode(before));
  const items = text === null ? [] : evidenceOf(readSpec(text, specPath).spec);
  const files = await git.fields(['ls-files', '-z']);
  const known = new Set(files);
  const dir = packageAround(specPath, (file) => known.has(file));
  if (dir === null) return { file: specPath, items };
  // What a spec of a package names is the package's, as it was for the slices.
  const view = new PackageView(dir, files);
  return {
    file: specPath,
    items: items.map((item) => ({ ...item, commands: item.commands.map((line) => view.command(line)) })),
  };
}

/** What came of each item: what could be run has run by now. */
export function provenItems(pass: Pass): readonly ProvenItem[] {
  const { evidence } = pass.request;
  if (evidence === null) return [];
  if (evidence.items.length === 0)
    return [{ text: evidence.file, status: 'not-run', details: 'no evidence can be read of it' }];
  return evidence.items.map(({ text, commands, whyNot }): ProvenItem => {
    if (whyNot !== null) return { text, status: 'not-run', details: `${whyNot}: a person has to see it` };
    const results = commands.map((command) => pass.evidence.find((check) => check.command === command));
    const bad = results.find((result) => result !== undefined && result.outcome !== 'passed');
    if (bad) return { text, status: 'failed', details: `\`${bad.command}\` ${bad.outcome}` };
    const missing = commands.find((_, at) => results[at] === undefined);
    if (missing !== undefined) return { text, status: 'not-run', details: `\`${missing}\` did not run` };
    return { text, status: 'passed', details: commands.map((command) => `\`${command}\` passed`).join(', ') };
  });
}
