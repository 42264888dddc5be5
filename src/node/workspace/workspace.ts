import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { OutlineReader } from '../../core/code/outline.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { planIdOf } from '../../core/plan/plan-id.ts';
import type { PlanFacts } from '../../core/run/state-model.ts';
import type { RepositoryFacts } from '../../core/scope/repository-facts.ts';
import { layoutOf, runsDirOf, workedIn } from '../git/layout.ts';
import { toPosix } from '../paths.ts';
import { FactsReader } from '../state/facts.ts';
import { writeWhole } from '../state/whole-write.ts';
import { checkoutAround } from '../git/checkout.ts';
import { openCodeReader } from './code-reader.ts';
import { type FileEvent, FilesWatch, type FilesWatchOptions } from './files-watch.ts';
import { repositorySettings } from './lint-settings.ts';
import { mayNameSymbols, MOST_FILES, readRepositoryFacts, withIgnored } from './repository-facts.ts';
import { readWorkspaceFile, readWorkspaceFiles, type WorkspaceReadOptions } from './workspace-files.ts';

export type { FileEvent };

/**
 * A directory as the linter and the language server need it: with or without git, without commits, below the top of a
 * repository or in a linked worktree. Files are named relative to its root, with forward slashes.
 */
export class Workspace {
  readonly root: string;
  /** The top of the checkout around it; `null` outside of one. */
  readonly top: string | null;
  #runs: FactsReader | null = null;

  constructor(root: string) {
    this.root = root;
    this.top = checkoutAround(root);
  }

  /** The checkout around a directory; outside of one, the directory itself. */
  static around(dir: string): Workspace {
    return new Workspace(checkoutAround(dir) ?? dir);
  }

  /** The checkout whose plans commands and runs are about here (`workedIn`); `null` outside of one. */
  get repositoryRoot(): string | null {
    const layout = this.top === null ? null : layoutOf(this.top);
    return this.top === null || layout === null ? this.top : workedIn(this.top, layout);
  }

  /** The files that the linter may care about with their texts, and what it asks of the files around them. */
  async look(
    options?: WorkspaceReadOptions,
  ): Promise<{ readonly files: Map<string, string>; readonly facts: RepositoryFacts }> {
    const facts = await readRepositoryFacts(this.root);
    // Git lists the files once for both, unless that list was cut short.
    const listed = facts.files.length < MOST_FILES ? { listed: facts.files } : {};
    return { files: await readWorkspaceFiles(this.root, { ...options, ...listed }), facts };
  }

  /** The text of one of them; `null` when it is not one for the linter, too large, a link, or unreadable. */
  file(name: string): Promise<string | null> {
    return readWorkspaceFile(this.root, name);
  }

  /** Its own settings of the linter, with what is wrong with them. */
  settings(): ReturnType<typeof repositorySettings> {
    return repositorySettings(this.root);
  }

  /** Tells what happens to files here, of the directories that it is told to follow; see {@link FilesWatch}. */
  watch(options: Omit<FilesWatchOptions, 'root'>): FilesWatch {
    return new FilesWatch({ ...options, root: this.root });
  }

  /** Adds to its facts which of the `paths`, that scopes want created, git would ignore. */
  withIgnored(facts: RepositoryFacts, paths: readonly string[]): Promise<RepositoryFacts> {
    return withIgnored(facts, { root: this.root, paths });
  }

  /** The parser of source files, for symbols; `null` when it cannot be had, or when none of the `texts` may name any. */
  codeReader(texts?: ReadonlyMap<string, string>): Promise<OutlineReader | null> {
    return texts === undefined || mayNameSymbols(texts) ? openCodeReader() : Promise.resolve(null);
  }

  /** What the runs of a plan have come to so far. It reads the run directories of the repository, nothing else. */
  planFacts({ plan, graph }: Pick<LoadedPlan, 'plan' | 'graph'>): Promise<PlanFacts> {
    const layout = this.top === null ? null : layoutOf(this.top);
    this.#runs ??= new FactsReader({ runsDir: runsDirOf(layout ?? { home: this.root }) });
    // Runs know a plan by its path in the repository, which this may be a directory of.
    const dir = path.relative(this.top ?? this.root, path.join(this.root, plan.dir));
    return this.#runs.facts({ plan: { ...plan, id: planIdOf(toPosix(dir)) }, graph });
  }

  /**
   * Writes a file anew, whole or not at all. Throws when it no longer is what was read (`before`): bytes that are no
   * UTF-8 would be lost, and somebody may have saved it meanwhile.
   */
  async replace(name: string, before: string, after: string): Promise<void> {
    const file = path.resolve(this.root, name);
    if (!(await readFile(file)).equals(Buffer.from(before)))
      throw new Error('it changed meanwhile or is not valid UTF-8');
    await writeWhole(file, after);
  }
}
