import { backlog } from './backlog.ts';
import { githubTasks } from './github-tasks.ts';
import { kiro } from './kiro.ts';
import type { Importer } from './model.ts';
import { openSpec } from './openspec.ts';
import { specKit } from './spec-kit.ts';
import { taskMaster } from './task-master.ts';

/** What people may already have, the most telling formats first: an issue's list is what nothing else claims. */
export const importers: readonly Importer[] = [kiro, openSpec, specKit, taskMaster, backlog, githubTasks];

/** The importer of a main file; `null` when it is none of these, such as a spec. */
export function importerFor(path: string, text: string): Importer | null {
  return importers.find((importer) => importer.recognises(path, text)) ?? null;
}

export function importerOf(id: string): Importer | null {
  return importers.find((importer) => importer.id === id) ?? null;
}

/**
 * The main file of a directory that a person names (`.kiro/specs/chat`, `openspec/changes/add-2fa`, `backlog`,
 * `specs/001-albums`, `.taskmaster`), or of another file of the same thing (`openspec/changes/add-2fa/proposal.md`);
 * `null` when it is none of these. Paths are repository-relative.
 */
export function mainFileOf(path: string, repoFiles: readonly string[]): string | null {
  const clean = path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  for (const importer of importers) {
    const main = importer.mainFile(clean, repoFiles);
    if (main !== null) return main;
  }
  return null;
}
