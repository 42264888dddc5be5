import { lstat } from 'node:fs/promises';
import { restoreSnapshot, takeSnapshot } from '../git/changes.ts';
import { WorktreeReplaced } from '../git/place.ts';
import { ensureWorktree, lockWorktree } from '../git/worktree.ts';
import type { SliceClaim } from './claim.ts';
import { ABORTED, type Ending } from './ending.ts';
import { revertsDue } from '../../core/run/carried-out.ts';
import { revertPaths } from './revert.ts';
import { setUp } from './setup.ts';
import type { SliceGit } from './slice-git.ts';

/**
 * Makes the worktree of an attempt ready: on its base, with the work that the attempt goes on with, without what the
 * person took back, locked, set up. An ending when that fails or was stopped.
 *
 * `startOver`: the agent begins on a clean base, and earlier work is in snapshots only.
 */
export async function readyWorktree(
  claim: SliceClaim,
  {
    base,
    startOver,
    env,
    sliceGit,
  }: {
    readonly base: string;
    readonly startOver: boolean;
    readonly env: Readonly<Record<string, string>>;
    readonly sliceGit: SliceGit;
  },
): Promise<Ending | null> {
  const { facts, view, next, worktree, branch, run } = claim;
  const { repository, loaded, signal, say } = claim.request;
  const ready = await ensureWorktree(repository, {
    path: worktree,
    branch,
    base,
    mode: startOver ? 'fresh' : 'keep',
    ours: facts.runs.some(({ events: [first] }) => first?.type === 'run_started' && first.worktree === worktree),
    putAside: view.run?.stop?.condition === 'worktree-replaced',
    snapshot: async (dir) => {
      await takeSnapshot(repository.git.in(dir), `${run.runId}-before`, `slicewave: before ${run.runId}`);
    },
  });
  if (!ready.ok)
    return { end: 'failed', reason: 'worktree-failed', detail: `${ready.failure.message}. ${ready.failure.remedy}` };
  await lockWorktree(repository, worktree, `slicewave run ${run.runId}`);
  await sliceGit.remember({ isNew: ready.value.created });
  const git = repository.git.in(worktree);

  // Cleaned away, or used by another slice since: the work this attempt goes on with is in the last snapshot.
  const kept = view.runs.findLast((seen) => seen.snapshotCommit !== null && seen.baseCommit === base);
  let since: string | null = null;
  if (!ready.value.kept && !startOver && kept?.snapshotCommit) {
    await restoreSnapshot(git, kept.snapshotCommit);
    since = kept.startedAt;
  }

  // Killed while the gate ran: what its checks left behind is not the agent's work, which is in the snapshot.
  const snapshot = view.run?.snapshotCommit;
  if (next.mode === 'check' && next.why === 'interrupted' && snapshot && !startOver) {
    await takeSnapshot(git, `${run.runId}-before`, `slicewave: before ${run.runId}`);
    await restoreSnapshot(git, snapshot);
    since = view.run?.startedAt ?? since;
  }
  const reverts = revertsDue({ facts, slice: claim.slice.id }, since);
  if (reverts.decisions.length > 0) {
    // On a clean base there is nothing of it.
    if (!startOver && reverts.paths.length > 0)
      await revertPaths(git, { paths: reverts.paths, base, runId: run.runId });
    await run.record({ type: 'reverted', ...reverts });
  }

  if (ready.value.created || !wasSetUp(claim)) {
    const setup = await setUp({
      repository,
      plan: loaded.plan,
      worktree,
      runId: run.runId,
      env,
      signal,
      redact: claim.redact,
      say,
    });
    await run.record({ type: 'worktree_ready', setup: setup.commands });
    if (setup.failed)
      return { end: 'failed', reason: signal.aborted ? 'stopped-by-user' : 'setup-failed', detail: setup.failed };
  }
  return signal.aborted ? ABORTED : null;
}

function wasSetUp({ facts, worktree }: SliceClaim): boolean {
  return facts.runs.some(
    ({ events }) =>
      events[0]?.type === 'run_started' &&
      events[0].worktree === worktree &&
      events.some((event) => event.type === 'worktree_ready' && event.setup.every((command) => command.exitCode === 0)),
  );
}

/**
 * Snapshots on every way out that is not a commit: no work is lost, whatever happens to the worktree later. Where
 * something else stands in its place, there is nothing to keep.
 */
export async function keepWork({ request, run, worktree }: SliceClaim, sliceGit: SliceGit): Promise<void> {
  if (run.events.some((event) => event.type === 'snapshot')) return;
  if (!(await lstat(worktree).catch(() => null))) return;
  const base = run.events.find((event) => event.type === 'base')?.commit;
  try {
    const snapshot = await sliceGit.use(
      (git) => takeSnapshot(git, run.runId, `slicewave: end of run ${run.runId}`, base),
      { salvage: true },
    );
    await run.record({ type: 'snapshot', commit: snapshot.commit, tree: snapshot.tree });
  } catch (error) {
    if (error instanceof WorktreeReplaced) return;
    request.say(`no snapshot could be taken: ${error instanceof Error ? error.message : String(error)}`);
  }
}
