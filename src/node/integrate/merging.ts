import { stat } from 'node:fs/promises';
import path from 'node:path';
import { success, type Result } from '../../core/text/result.ts';
import { fail, type EngineFailure } from '../failure.ts';
import { putOnBranch, takeSnapshot } from '../git/changes.ts';
import { keptOneSide } from '../git/merge-drivers.ts';
import { asUser } from '../git/signing.ts';
import { clearGitLocks, ensureWorktree } from '../git/worktree.ts';
import type { Merge, Pass } from './pass.ts';

/**
 * The integration worktree on its branch. A branch that holds merges of these very commits is gone on with (a person
 * may have resolved a conflict there); anything else is kept under a hidden ref and the branch starts anew.
 *
 * `order`: the slices that will be merged.
 */
export async function openIntegrationWorktree(
  pass: Pass,
  order: readonly string[],
): Promise<Result<null, EngineFailure>> {
  const { base } = pass;
  const { repository, branch, dir } = pass.request;
  const { git } = repository;
  const tip = await git.resolve(`refs/heads/${branch}`);
  const known = new Set(order.map((id) => pass.commitOf(id)));
  let current = tip !== null && (await git.isAncestor(base, tip));
  if (current && tip) {
    const merged = await git.text(['log', '--first-parent', '--format=%P', `${base}..${tip}`]);
    for (const line of merged.split('\n').filter((l) => l !== '')) {
      const [, theirs] = line.split(' ');
      if (theirs !== undefined && !known.has(theirs)) current = false;
    }
  }
  const busy = (await stat(path.join(dir, '.git')).catch(() => null)) !== null;
  if (busy) await clearGitLocks(repository, dir, branch);
  if (current && busy) {
    const unresolved = await concludeMerge(pass);
    if (!unresolved.ok) return unresolved;
  }
  const ready = await ensureWorktree(repository, {
    path: dir,
    branch,
    base: current && tip ? ((await git.resolve(`refs/heads/${branch}`)) ?? base) : base,
    mode: 'fresh',
    ours: true,
    snapshot: async (worktree) => {
      const name = `integration-${Date.now()}`;
      return (await takeSnapshot(git.in(worktree), name, 'slicewave: integration worktree before a new pass')).commit;
    },
  });
  return ready.ok ? success(null) : ready;
}

/** Commits the merge that a person resolved in the integration worktree; a failure while conflicts are left. */
async function concludeMerge({ git, request: { dir } }: Pass): Promise<Result<null, EngineFailure>> {
  const merging = await git.run(['rev-parse', '--verify', '--quiet', 'MERGE_HEAD'], { accept: [0, 1, 128] });
  if (merging.exitCode !== 0) return success(null);
  const open = await git.fields(['diff', '--name-only', '--diff-filter=U', '-z']);
  if (open.length > 0) {
    return fail(
      'conflict',
      `${dir} still has conflicts in ${open.join(', ')}`,
      'Resolve them there, `git add` and `git commit`, then integrate again.',
    );
  }
  await git.run(['commit', '--no-edit', '--quiet', '--no-verify'], { env: await git.author() });
  return success(null);
}

/** What is wrong with a merge of which a driver kept one side, for people. */
export function oneSided(files: readonly string[]): string {
  return `a merge driver (\`merge=\` in .gitattributes) keeps only one side of ${files.join(', ')}`;
}

/** Merges one slice into the branch, or answers with the files in which it conflicts. */
export async function mergeSlice(
  pass: Pass,
  id: string,
): Promise<Merge | { readonly conflicts: readonly string[]; readonly why?: string }> {
  const { git } = pass;
  const { plan } = pass.request.loaded;
  const commit = pass.commitOf(id);
  const before = await mergedBefore(pass, commit);
  if (before !== null) return { slice: id, commit: before };
  const slice = plan.slices.find((candidate) => candidate.id === id);
  const message = `Merge ${id}: ${slice?.title ?? id}\n\nSlicewave-Plan: ${plan.id}\nSlicewave-Slice: ${id}`;
  const head = (await git.resolve('HEAD')) ?? '';
  // `merge` rather than `merge-tree`: where it conflicts, the person finds the conflict in this worktree.
  const { sign, ...options } = asUser(await git.author(), pass.request.signer);
  const out = await git.run(['merge', '--no-ff', '--no-verify', '--quiet', ...sign, '-m', message, commit], {
    ...options,
    accept: [0, 1],
  });
  if (out.exitCode !== 0) return { conflicts: await git.fields(['diff', '--name-only', '--diff-filter=U', '-z']) };
  const merged = (await git.resolve('HEAD')) ?? '';
  const lost = await keptOneSide(git, { ours: head, theirs: commit, merged });
  if (lost.length === 0) return { slice: id, commit: merged };
  await putOnBranch(git, pass.request.branch, head);
  return { conflicts: lost, why: oneSided(lost) };
}

/** Where an earlier pass (or a person) merged a commit; `null` when the branch does not hold it. */
async function mergedBefore({ git, base }: Pass, commit: string): Promise<string | null> {
  if (!(await git.isAncestor(commit, 'HEAD'))) return null;
  const log = await git.text(['log', '--first-parent', '--reverse', '--format=%H %P', `${base}..HEAD`]);
  const steps = log.split('\n').map((line) => line.split(' '));
  const merge = steps.find(([, , theirs]) => theirs === commit)?.[0];
  if (merge) return merge;
  for (const [at] of steps) if (at && (await git.isAncestor(commit, at))) return at;
  return git.text(['rev-parse', 'HEAD']);
}
