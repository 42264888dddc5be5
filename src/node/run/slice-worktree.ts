import { lstat } from 'node:fs/promises';
import type { Plan } from '../../core/plan/model.ts';
import { failure, success, type Result } from '../../core/text/result.ts';
import { restoreSnapshot, takeSnapshot, treeOfWorktree, type Snapshot } from '../git/changes.ts';
import { WorktreeReplaced } from '../git/place.ts';
import type { Repository } from '../git/repository.ts';
import { ensureWorktree, lockWorktree } from '../git/worktree.ts';
import type { Sandbox } from '../process/sandbox.ts';
import { openCheckEnvironment } from './check-environment.ts';
import type { SliceClaim } from './claim.ts';
import { ABORTED, type Ending } from './ending.ts';
import { revertsDue } from '../../core/run/carried-out.ts';
import { revertPaths } from './revert.ts';
import type { RunDirectory } from './run-directory.ts';
import { setUp, setUpAsCheck, setupInputs, type SetupOutcome } from './setup.ts';
import type { SliceGit } from './slice-git.ts';

/** Whose tree is set up: the person's own, or one that holds work of agents. */
type TreeOwner = 'person' | 'agents';

/** What came of a set-up. */
interface SetUp {
  /** Whether anything was started or copied at all. */
  readonly ran: boolean;
  /** It failed, or was stopped. */
  readonly ending: Ending | null;
}

/** A worktree that stands as its attempt begins. */
interface ReadyWorktree {
  /** Whose tree is there to be set up; `null`: it was set up before. */
  readonly setUpFor: TreeOwner | null;
  /** The commit whose files git has just put there, and nobody has touched; `null`: earlier work may be among them. */
  readonly holds: string | null;
}

/**
 * Makes the worktree of an attempt ready: on its base, with the work that the attempt goes on with, without what the
 * person took back, locked. An ending when that fails. {@link setUpWorktree} comes next where it has to be set up, and
 * whose tree it is says how much what runs there is trusted.
 *
 * `startOver`: the agent begins on a clean base, and earlier work is in snapshots only.
 */
export async function readyWorktree(
  claim: SliceClaim,
  {
    base,
    startOver,
    sliceGit,
  }: {
    readonly base: string;
    readonly startOver: boolean;
    readonly sliceGit: SliceGit;
  },
): Promise<Result<ReadyWorktree, Ending>> {
  const { facts, view, next, worktree, branch, run } = claim;
  const { repository } = claim.request;
  const ready = await ensureWorktree(repository, {
    path: worktree,
    branch,
    base,
    mode: startOver ? 'fresh' : 'keep',
    ours: facts.runs.some(({ events: [first] }) => first?.type === 'run_started' && first.worktree === worktree),
    own: isLastHere(claim),
    putAside: view.run?.stop?.condition === 'worktree-replaced',
    snapshot: async (dir) =>
      (await takeSnapshot(repository.git.in(dir), `${run.runId}-before`, `slicewave: before ${run.runId}`)).commit,
  });
  if (!ready.ok)
    return failure({
      end: 'failed',
      reason: 'worktree-failed',
      detail: `${ready.failure.message}. ${ready.failure.remedy}`,
    });
  for (const what of ready.value.cleared) {
    const summary = `an earlier attempt left ${what} behind in the worktree: cleared, with its files as they were`;
    claim.request.say(summary);
    await run.record({ type: 'note', note: { summary, severity: 'low', suggestedAction: 'Nothing.' } });
  }
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

  if (!ready.value.created && (await isSetUp(claim))) return success({ setUpFor: null, holds: null });
  const stands = run.events.find((event) => event.type === 'base');
  const isOwn = ready.value.created && since === null && stands?.from.every((name) => name === 'base') === true;
  return success({
    setUpFor: isOwn ? 'person' : 'agents',
    holds: ready.value.created && since === null && reverts.paths.length === 0 ? base : null,
  });
}

/**
 * Sets the worktree up. On the plan's base that is the person's own code, and runs as they would run it. A tree with work
 * of agents in it (of the slices before, or of an earlier attempt) says itself what a set-up starts, so there it may no
 * more than in a checkout for checks.
 */
export async function setUpWorktree(
  claim: SliceClaim,
  {
    env: given,
    owner,
    holds,
    sandbox,
  }: {
    readonly env: Readonly<Record<string, string>>;
    readonly owner: TreeOwner;
    readonly holds: string | null;
    readonly sandbox: Sandbox | null;
  },
): Promise<SetUp> {
  const { worktree, run, redact } = claim;
  const { repository, loaded, signal, say } = claim.request;
  const { plan } = loaded;
  const request = { repository, plan, worktree, runId: run.runId, signal, redact, say };
  let setup: SetupOutcome;
  if (sandbox === null || owner === 'person') setup = await setUp({ ...request, env: given });
  else {
    const ofCheck = await openCheckEnvironment({ given, runId: run.runId, primary: repository.root, dir: worktree });
    const kept = Object.fromEntries(Object.entries(given).filter(([name]) => name.startsWith('SLICEWAVE_')));
    try {
      setup = await setUpAsCheck(request, { ofCheck, given, kept, sandbox });
    } finally {
      await ofCheck.close();
    }
    if (setup.failed !== null)
      setup = {
        ...setup,
        failed: `${setup.failed}\nIt ran confined by ${sandbox.title}, for its tree holds work of agents: what else it has to write is named by \`sandbox.writable\` in manifest.json`,
      };
  }
  const untouched = setup.isUntouched ? holds : null;
  const read = untouched === null ? inputsOf(repository, plan, worktree) : setupInputs(repository.git, plan, untouched);
  const inputs = setup.failed === null ? await read : null;
  await run.record({ type: 'worktree_ready', setup: setup.commands, ...(inputs === null ? {} : { inputs }) });
  for (const summary of setup.lacks)
    await run.record({
      type: 'note',
      note: { summary, severity: 'medium', suggestedAction: 'See `slicewave doctor`.' },
    });
  const ran = !setup.isUntouched;
  if (setup.failed !== null) {
    const reason = signal.aborted ? 'stopped-by-user' : 'setup-failed';
    return { ran, ending: { end: 'failed', reason, detail: setup.failed } };
  }
  return { ran, ending: signal.aborted ? ABORTED : null };
}

/** Says what git did not take, and where it is kept. */
export async function tellBeside(
  { run, say }: { readonly run: RunDirectory; readonly say: (line: string) => void },
  { beside }: Snapshot,
): Promise<void> {
  if (beside === null) return;
  say(beside);
  const suggestedAction = 'Look at it before the worktree goes.';
  await run.record({ type: 'note', note: { summary: beside, severity: 'medium', suggestedAction } });
}

/** Whether the last run in the worktree was one of this slice: a workstream's slices share it. */
function isLastHere({ facts, worktree, slice }: SliceClaim): boolean {
  const last = facts.runs.findLast(
    ({ events: [first] }) => first?.type === 'run_started' && first.worktree === worktree,
  )?.events[0];
  return last?.type === 'run_started' && last.slice === slice.id;
}

/** Whether the last set-up of the worktree was one, and was for what stands there now. */
async function isSetUp({ facts, worktree, request: { repository, loaded } }: SliceClaim): Promise<boolean> {
  const last = facts.runs
    .filter(({ events: [first] }) => first?.type === 'run_started' && first.worktree === worktree)
    .flatMap(({ events }) => events.filter((event) => event.type === 'worktree_ready'))
    .at(-1);
  if (!last || last.setup.some((command) => command.exitCode !== 0)) return false;
  return last.inputs === (await inputsOf(repository, loaded.plan, worktree));
}

async function inputsOf(repository: Repository, plan: Plan, worktree: string): Promise<string> {
  const git = repository.git.in(worktree);
  return setupInputs(git, plan, await treeOfWorktree(git));
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
    await tellBeside({ run, say: request.say }, snapshot);
  } catch (error) {
    if (error instanceof WorktreeReplaced) return;
    request.say(`no snapshot could be taken: ${error instanceof Error ? error.message : String(error)}`);
  }
}
