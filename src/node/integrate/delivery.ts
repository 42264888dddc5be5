import { success, type Result } from '../../core/text/result.ts';
import { mergeDue } from '../../core/run/carried-out.ts';
import { fail, type EngineFailure } from '../failure.ts';
import { GitError } from '../git/git.ts';
import { asUser, commitAsUser, unsignedText } from '../git/signing.ts';
import { planSettings } from '../git/settings.ts';
import { listWorktrees } from '../git/worktree.ts';
import { oneSided } from './merging.ts';
import { keptOneSide } from '../git/merge-drivers.ts';
import { allowedByUser, mergeEnvironment } from './merge-policy.ts';
import type { Pass } from './pass.ts';
import { appendDecision } from '../state/decision-log.ts';

/**
 * Moves a branch to the integrated commit, and records that: asked before, merged or refused after, so that a person's
 * word outlives whoever carries it out.
 */
export async function deliver(pass: Pass, into: string): Promise<Result<null, EngineFailure>> {
  const { repository, loaded, branch } = pass.request;
  const commit = await repository.git.resolve(`refs/heads/${branch}`);
  if (!commit || !(await repository.git.resolve(`refs/heads/${into}`)))
    return fail('git', `there is no branch ${into}`, `Make it first: git branch ${into}`);
  await appendDecision(repository.runsDir, loaded.plan.id, 'person', { type: 'merge_asked', commit, into });
  return settle(pass, { commit, into });
}

/**
 * Carries out the merge that a person asked for and that nobody finished, if there is one. The caller holds the plan's
 * integration lock.
 */
export async function finishDelivery(pass: Pass): Promise<void> {
  const { facts, say } = pass.request;
  const due = mergeDue(facts.decisions);
  if (!due) return;
  const done = await settle(pass, due);
  say(done.ok ? `merged into ${due.into}, as asked before` : `asked before: ${done.failure.message}`);
}

interface Asked {
  readonly commit: string;
  readonly into: string;
}

async function settle(pass: Pass, asked: Asked): Promise<Result<null, EngineFailure>> {
  const { repository, loaded } = pass.request;
  const { into } = asked;
  const moved = await moveBranch(pass, asked);
  await appendDecision(
    repository.runsDir,
    loaded.plan.id,
    'person',
    moved.ok
      ? { type: 'merged', commit: moved.value, into }
      : { type: 'merge_refused', into, reason: moved.failure.message },
  );
  return moved.ok ? success(null) : moved;
}

/**
 * Fast-forward where possible, else a merge commit; a branch that is checked out somewhere is moved by git in that
 * worktree, which refuses rather than overwrite uncommitted work. One that has the commit already stays as it is.
 */
async function moveBranch(pass: Pass, { commit: source, into }: Asked): Promise<Result<string, EngineFailure>> {
  const { repository, loaded, signer, say } = pass.request;
  const { git } = repository;
  const target = await git.resolve(`refs/heads/${into}`);
  if (!target || !(await git.resolve(source))) {
    return fail('git', `there is no branch ${into}`, `Make it first: git branch ${into}`);
  }
  if (await git.isAncestor(source, target)) return success(target);
  const allowed = await allowedByUser(git, await planSettings(repository, loaded.plan.id), { source, target, into });
  if (!allowed.ok) return allowed;
  const checkout = (await listWorktrees(repository)).find((entry) => entry.branch === into);
  const message = `Merge plan ${loaded.plan.id}: ${loaded.plan.title}`;
  let commit: string;
  const predicted = (await git.isAncestor(target, source)) ? null : await git.mergeTree(target, source);
  const lost =
    predicted && 'tree' in predicted
      ? await keptOneSide(git, { ours: target, theirs: source, merged: predicted.tree })
      : [];
  if (lost.length > 0)
    return fail(
      'conflict',
      `${into} was not moved: ${oneSided(lost)}`,
      `Merge ${source.slice(0, 10)} by hand, and see that both sides are in it.`,
    );
  if (checkout) {
    // `merge --abort` below must only ever take back our own merge: what the person has resolved so far is in no ref.
    const merging = await git
      .in(checkout.path)
      .run(['rev-parse', '--verify', '--quiet', 'MERGE_HEAD'], { accept: [0, 1, 128] });
    if (merging.exitCode === 0) {
      return fail(
        'conflict',
        `${into} was not moved: a merge is under way in ${checkout.path}`,
        'Conclude it (`git commit`) or abort it there, then integrate again.',
      );
    }
    try {
      const { sign, ...options } = asUser(await git.author(), signer);
      await git.in(checkout.path).run(['merge', '--quiet', '--no-verify', ...sign, '-m', message, source], {
        ...options,
        env: mergeEnvironment(into, options.env ?? {}),
      });
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      await git.in(checkout.path).run(['merge', '--abort'], { accept: [0, 128] });
      return fail(
        'conflict',
        `${into} was not moved: ${(error.stderr || error.stdout).trim().split('\n').slice(0, 6).join(' ')}`,
        `Commit or stash your changes in ${checkout.path}, or merge ${source.slice(0, 10)} by hand.`,
      );
    }
    commit = (await git.resolve(`refs/heads/${into}`)) ?? '';
    if (commit === '' || !(await git.isAncestor(source, commit)))
      return fail(
        'conflict',
        `git ended well in ${checkout.path}, and ${into} does not hold ${source.slice(0, 10)}`,
        `See \`git status\` there, and merge ${source.slice(0, 10)} by hand.`,
      );
  } else if (predicted === null) {
    await git.run(['update-ref', `refs/heads/${into}`, source, target]);
    commit = source;
  } else {
    if ('conflicts' in predicted) {
      return fail(
        'conflict',
        `${into} was not moved: it conflicts in ${predicted.conflicts.join(', ')}`,
        `Merge ${source.slice(0, 10)} by hand.`,
      );
    }
    const made = await commitAsUser(git, { tree: predicted.tree, parents: [target, source], message, signer });
    if (made.unsigned !== null) say(unsignedText('the merge', made.unsigned));
    commit = made.commit;
    await git.run(['update-ref', `refs/heads/${into}`, commit, target]);
  }
  return success(commit);
}
