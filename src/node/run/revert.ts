import { fileOf } from '../../core/gate/symbol-check.ts';
import { takeSnapshot } from '../git/changes.ts';
import type { Git } from '../git/git.ts';
import type { SliceClaim } from './claim.ts';

/** The paths that the person's last decision takes back, where it is about the run that this attempt follows. */
export function pathsToRevert({ slice, facts, view }: SliceClaim): readonly string[] {
  // What names no run is a change of the plan, which takes back no decision about one.
  const decision = facts.decisions.findLast((d) => d.type === 'retried' && d.slice === slice.id && d.run_id !== null);
  const isForThis = decision?.type === 'retried' && decision.run_id === view.run?.runId;
  return isForThis ? decision.revert : [];
}

/**
 * Puts named paths of a worktree back to the base. What was there is in the last run's snapshot, and in one that is taken
 * here for `runId`.
 */
export async function revertPaths(
  git: Git,
  { paths, base, runId }: { readonly paths: readonly string[]; readonly base: string; readonly runId: string },
): Promise<void> {
  await takeSnapshot(git, `${runId}-before`, `slicewave: before reverting for ${runId}`);
  // A symbol is put back with its file: what else the run changed there goes too, and can be done again.
  for (const file of new Set(paths.map(fileOf))) {
    const known = await git.run(['cat-file', '-e', `${base}:${file}`], { accept: [0, 1, 128] });
    // Git would not put back a file that it was told not to look at.
    for (const look of ['--no-assume-unchanged', '--no-skip-worktree'])
      await git.run(['update-index', look, '--', file], { accept: [0, 1, 128] });
    if (known.exitCode === 0) await git.run(['checkout', '--quiet', base, '--', file]);
    else await git.run(['clean', '-fdq', '--', file]);
    if (known.exitCode !== 0) await git.run(['rm', '-rfq', '--ignore-unmatch', '--', file]);
  }
}
