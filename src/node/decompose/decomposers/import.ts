import { readFile } from 'node:fs/promises';
import { importerOf } from '../../../core/decompose/import/importers.ts';
import type { ImportInput } from '../../../core/decompose/import/model.ts';
import type { ImporterId } from '../../../core/decompose/table.ts';
import { success } from '../../../core/text/result.ts';
import { Git } from '../../git/git.ts';
import { contained } from '../../paths.ts';
import { readScopeIndex } from '../scope-index.ts';
import { blockedSpec, type Decomposer } from './decomposer.ts';

/** Texts larger than this are no list of tasks. */
const LARGEST = 4 * 1024 * 1024;

/** What somebody wrote for another tool, read by its importer together with the files that belong to it. */
export function importDecomposer(id: ImporterId): Decomposer {
  return async (request) => {
    const { root, specPath, specText, repoFiles, texts } = request;
    const importer = importerOf(id);
    // The table and the importers have the same ids; a test compares them.
    if (importer === null) throw new Error(`there is no importer ${id}`);
    const companions = new Map<string, string>();
    for (const file of importer.companions(specPath, await filesAround(root, repoFiles))) {
      const full = await contained(root, file);
      const bytes = full === null ? null : await readFile(full).catch(() => null);
      if (bytes && bytes.length <= LARGEST && !bytes.includes(0)) companions.set(file, bytes.toString('utf8'));
    }
    const input: ImportInput = { path: specPath, text: specText, companions, repoFiles, texts };
    let made = importer.read(input);
    // Only then is the repository looked into: most of what it costs is for nothing where every task says where it works.
    if (made.findings.some(({ code }) => code === 'import.no-files')) {
      request.onProgress('Looking where tasks work that name no file');
      const index = await readScopeIndex(root, repoFiles);
      made = importer.read({ ...input, guessing: { index, taken: request.options.guesses !== 'shown' } });
    }
    const { spec, proposal, findings, guesses, marks } = made;
    const origin = { importer: id, slices: marks };
    return proposal ? success({ proposal, spec, findings, guesses, origin }) : blockedSpec(specPath, findings);
  };
}

/** Tracked files and those that git would track: what another tool has just written was often not added yet. */
export async function filesAround(root: string, tracked: readonly string[]): Promise<readonly string[]> {
  const fresh = await new Git(root).fields(['ls-files', '-z', '--others', '--exclude-standard']).catch(() => []);
  return [...tracked, ...fresh];
}
