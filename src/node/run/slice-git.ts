import path from 'node:path';
import { Git, readIndex, type TrustedIndex } from '../git/git.ts';
import { WorktreeReplaced } from '../git/place.ts';
import {
  planSettings,
  readSettings,
  settingsDrift,
  withSettings,
  type ListedSettings,
  type RecordedSettings,
} from '../git/settings.ts';
import type { SliceClaim } from './claim.ts';

/**
 * Git in a slice's worktree as the gate needs it: by the settings that the plan started with, in the very directory that
 * was made for the slice, whatever an agent did to either.
 */
export class SliceGit {
  readonly #claim: SliceClaim;
  /** How git read files when the plan started. */
  #settings: RecordedSettings | null = null;
  #index: TrustedIndex | null = null;

  constructor(claim: SliceClaim) {
    this.#claim = claim;
  }

  /** Remembers what the worktree is, before the agent can change it. `isNew`: only git's own hands have been in it. */
  async remember({ isNew }: { readonly isNew: boolean }): Promise<void> {
    const { worktree, request } = this.#claim;
    const { repository, loaded } = request;
    await repository.worktrees.keep(worktree);
    this.#settings = await planSettings(repository, loaded.plan.id);
    const gitDir = await repository.git.in(worktree).gitDir();
    if (isNew && gitDir !== null) this.#index = await readIndex(path.join(gitDir, 'index'));
  }

  /**
   * Runs `work` with that git. `salvage`: where the worktree was bent but its directory is the one that was made, its
   * files are read without asking it where its repository is; nothing can be changed then.
   *
   * @throws WorktreeReplaced when something else stands there.
   */
  async use<T>(work: (git: Git) => Promise<T>, { salvage = false } = {}): Promise<T> {
    const { worktree, request } = this.#claim;
    const { git, worktrees } = request.repository;
    const held = await worktrees.hold(worktree).then(
      () => git.in(worktree),
      (error: unknown) => {
        if (salvage && error instanceof WorktreeReplaced) return new Git(worktrees.readableOf(worktree));
        throw error;
      },
    );
    await held.gitDir();
    held.trustedIndex = this.#index;
    const settings = this.#settings ?? (await planSettings(request.repository, request.loaded.plan.id));
    const fixed = await withSettings(held, settings);
    try {
      return await work(fixed.git);
    } finally {
      await fixed.dispose();
    }
  }

  /**
   * Which settings were changed since the plan started, told and recorded; `null` when none were. `listed`: what git lists
   * now.
   */
  async tellDrift(listed: ListedSettings): Promise<string | null> {
    if (!this.#settings) return null;
    const { request, run } = this.#claim;
    const drift = settingsDrift(this.#settings, await readSettings(request.repository, listed));
    if (drift.length === 0) return null;
    const summary = `git settings have changed since the plan started, and have no say in what this slice is judged by: ${drift.join(', ')}`;
    request.say(summary);
    const suggestedAction = 'If this was not you, look at them: an agent may have changed them.';
    await run.record({ type: 'note', note: { summary, severity: 'high', suggestedAction } });
    return summary;
  }
}
