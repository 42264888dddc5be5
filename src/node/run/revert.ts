import { fileOf } from '../../core/gate/symbol-check.ts';
import { takeSnapshot } from '../git/changes.ts';
import type { Git } from '../git/git.ts';

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
    else await git.run(['clean', '-ffdq', '--', file]);
    if (known.exitCode !== 0) await git.run(['rm', '-rfq', '--ignore-unmatch', '--', file]);
  }
}
