import path from 'node:path';
import { createRedactor, type Redact } from '../../core/gate/redact.ts';
import { success, type Result } from '../../core/text/result.ts';
import { nodeName } from '../../core/run/names.ts';
import type { FailureReason, RunEvent, Stop } from '../../core/run/model.ts';
import type { CheckpointView, PlanState } from '../../core/run/state-model.ts';
import { traceOfChecks } from '../audit/audit.ts';
import { mergeParts, partsOf } from '../git/base.ts';
import { changesBetween } from '../git/changes.ts';
import { type EngineFailure, fail } from '../failure.ts';
import { givenEnvironment } from '../process/processes.ts';
import type { Sandbox } from '../process/sandbox.ts';
import { endRun } from '../process/process-table.ts';
import { beginAuditOfChecks } from './audit.ts';
import { primaryValues } from './private-values.ts';
import { identify } from '../process/machine.ts';
import { RunDirectory, startedBy } from './run-directory.ts';
import type { AttemptOutcome, AttemptRequest, CheckpointClaim } from './claim.ts';
import { failedAt } from './ending.ts';
import { confineRun, enclosed, enclosureOfCheck } from './confinement.ts';
import { outcomeText } from '../../core/run/claims.ts';
import { aboveText, checkPlace } from './check-place.ts';
import { CleanCheckout } from './clean-checkout.ts';
import { runCheck, validationCommand } from './verify.ts';
import { worktreeRoot } from '../git/worktree.ts';

/**
 * A merge point or a wave's validation: merges what it needs without touching any slice's worktree, runs the checks on
 * the result, and records the merged commit, which is what the unlocked slices stand on.
 */
export async function reachCheckpoint({
  request,
  state,
}: CheckpointClaim): Promise<Result<AttemptOutcome, EngineFailure>> {
  const checkpoint = state.checkpoints.find((candidate) => candidate.id === request.node);
  if (!checkpoint) {
    const known = [...state.slices.map((slice) => slice.id), ...state.checkpoints.map((point) => point.id)].join(', ');
    return fail('no-such-slice', `${state.plan} has no slice or merge point ${request.node}`, `It has: ${known}.`);
  }
  if (checkpoint.state !== 'ready') {
    const why =
      checkpoint.waitingFor.length > 0 ? `waits for ${checkpoint.waitingFor.join(', ')}` : `is ${checkpoint.state}`;
    return fail('not-waiting', `${checkpoint.id} ${why}`, `See \`slicewave status ${request.loaded.plan.dir}\`.`);
  }
  const { repository, loaded, say } = request;
  const redact = createRedactor(process.env, await primaryValues(repository));
  const run = await RunDirectory.create(repository.runsDir, { plan: loaded.plan.id, node: checkpoint.id }, redact);
  // The leading dot keeps it apart from every slice's and workstream's directory, whatever they are called.
  const named = path.join(await worktreeRoot(repository), loaded.plan.id, `.${nodeName(checkpoint.id)}`);
  const place = await checkPlace(repository, { worktree: named, plan: loaded.plan.id });
  const { dir } = place;
  try {
    const me = await identify();
    await run.record({
      type: 'run_started',
      run_id: run.runId,
      plan: loaded.plan.id,
      slice: checkpoint.id,
      attempt: 1,
      mode: 'checkpoint',
      ...startedBy(me),
      worktree: dir,
      branch: null,
    });
    say(
      `${checkpoint.id}: ${checkpoint.needs.join(' + ')}${checkpoint.unlocks.length > 0 ? ` -> ${checkpoint.unlocks.join(', ')}` : ''}`,
    );
    const above = aboveText(place);
    if (above !== null) say(above);
    const unreached = await steps({ request, state, checkpoint, run, dir, redact }).catch((error: unknown) =>
      run.isCommitted ? null : failedAt(error),
    );
    const end = endOf(unreached);
    await run.record({ type: 'ended', ...end });
    const why = end.stop === null ? `failed (${end.reason ?? ''}): ${end.detail ?? ''}` : `stopped: ${end.stop.detail}`;
    say(`${checkpoint.id}: ${unreached ? why : 'reached'}`);
    return success({ runId: run.runId, end: end.end });
  } finally {
    run.close();
  }
}

function endOf(unreached: Unreached | null): Omit<Extract<RunEvent, { readonly type: 'ended' }>, 'v' | 't' | 'type'> {
  if (unreached === null) return { end: 'verified', reason: null, detail: null, stop: null };
  if ('stop' in unreached) return { end: 'stopped', reason: null, detail: null, stop: unreached.stop };
  return { end: 'failed', ...unreached, stop: null };
}

async function steps({
  request,
  state,
  checkpoint,
  run,
  dir,
  redact,
}: {
  readonly request: AttemptRequest;
  readonly state: PlanState;
  readonly checkpoint: CheckpointView;
  readonly run: RunDirectory;
  readonly dir: string;
  readonly redact: Redact;
}): Promise<Unreached | null> {
  const { repository, loaded } = request;
  const { plan } = loaded;
  const parts = partsOf(state, checkpoint.needs, null);
  const merged = await mergeParts(repository.git, parts);
  if (!merged.ok) {
    const { between, files } = merged.failure;
    return { reason: 'base-conflict', detail: `${between[1]} conflicts with ${between[0]} in ${files.join(', ')}` };
  }
  await run.record({ type: 'base', commit: merged.value, from: parts.map((part) => part.name) });
  await repository.git.point(
    `refs/slicewave/checkpoints/${nodeName(plan.id)}/${nodeName(checkpoint.id)}`,
    merged.value,
  );
  const changes = await changesBetween(repository.git, state.preparedCommit ?? '', merged.value);
  const commands = commandsOf(request, checkpoint);
  if (commands.length > 0) {
    const failed = await checkMerge({ request, checkpoint, run, dir, redact, commands, commit: merged.value });
    if (failed) return failed;
  }
  await run.write('files-changed.txt', changes.map((change) => `${change.path}\n`).join(''));
  await run.record({
    type: 'verified',
    tree: await repository.git.treeOf(merged.value),
    tests_passed: commands.length > 0 ? true : null,
  });
  await run.record({ type: 'committed', commit: merged.value });
  return null;
}

/** Runs the checks on the merged commit as a slice's are run at its gate: in a clean checkout, confined, by themselves. */
async function checkMerge({
  request,
  checkpoint,
  run,
  dir,
  redact,
  commands,
  commit,
}: {
  readonly request: AttemptRequest;
  readonly checkpoint: CheckpointView;
  readonly run: RunDirectory;
  readonly dir: string;
  readonly redact: Redact;
  readonly commands: readonly string[];
  readonly commit: string;
}): Promise<Unreached | null> {
  const { repository, loaded, signal, say } = request;
  const { plan } = loaded;
  const settled = await confineRun({ run, repository, setting: plan.sandbox, chosen: request.sandbox });
  if (!settled.ok) return settled.failure;
  const { sandbox } = settled.value;
  const env = {
    ...givenEnvironment(),
    SLICEWAVE_PLAN: plan.id,
    SLICEWAVE_SLICE: checkpoint.id,
    SLICEWAVE_RUN_ID: run.runId,
  };
  const audit = await beginAuditOfChecks(sandbox, {
    repository,
    loaded,
    name: checkpoint.id,
    worktree: dir,
    checkout: dir,
    evidence: run.path,
    runId: run.runId,
    record: (found) => run.record({ type: 'audited', found }),
  });
  const checkout = new CleanCheckout({
    repository,
    plan,
    dir,
    runId: run.runId,
    sandbox,
    trace: audit && traceOfChecks(run.path),
    env,
    signal,
    redact,
    say,
  });
  try {
    const failed = await runChecks({ request, checkpoint, run, redact, commands, commit, checkout, sandbox });
    if (audit === null) return failed;
    // What was left running could go on behind the look's back.
    await endRun(run.runId);
    // What was changed elsewhere is told before what the checks came to, and however far they came.
    const stop = await audit.look('merge-checks');
    return stop ? { stop } : failed;
  } finally {
    await checkout.close();
  }
}

async function runChecks({
  request,
  checkpoint,
  run,
  redact,
  commands,
  commit,
  checkout,
  sandbox,
}: {
  readonly request: AttemptRequest;
  readonly checkpoint: CheckpointView;
  readonly run: RunDirectory;
  readonly redact: Redact;
  readonly commands: readonly string[];
  readonly commit: string;
  readonly checkout: CleanCheckout;
  readonly sandbox: Sandbox | null;
}): Promise<Failed | null> {
  const { repository, loaded, signal, say } = request;
  const { plan } = loaded;
  const place = await checkout.at(commit);
  if (!place.ok) return { reason: signal.aborted ? 'stopped-by-user' : 'setup-failed', detail: place.failure };
  await run.record({ type: 'worktree_ready', setup: place.value.setup });
  const { dir, env, writable } = place.value;
  const confining = enclosureOfCheck(sandbox, { repository, setting: plan.sandbox, worktree: dir, writable });
  return enclosed(confining, async (confined) => {
    for (const command of commands) {
      say(`verifying: ${command}`);
      const timeoutMs = plan.limits.timeoutMinutes * 60_000;
      const result = await runCheck({ command, cwd: dir, env, runId: run.runId, confined, timeoutMs, signal, redact });
      if (signal.aborted) return { reason: 'stopped-by-user', detail: 'stopped while verifying' };
      await run.record({ type: 'verification', result });
      if (result.outcome === 'passed') continue;
      const detail = `\`${command}\` ${outcomeText(result)} on the merge of ${checkpoint.needs.join(' + ')}`;
      return { reason: 'tests-failing', detail };
    }
    return null;
  });
}

/** Why a checkpoint is not reached: a stop is for a person to see first. */
type Unreached = Failed | { readonly stop: Stop };

interface Failed {
  readonly reason: FailureReason;
  readonly detail: string;
}

/** A merge point without checks of its own repeats those of its slices: what passed apart must pass together. */
function commandsOf(request: AttemptRequest, checkpoint: CheckpointView): readonly string[] {
  const { plan } = request.loaded;
  if (checkpoint.kind === 'wave') {
    const check = plan.waveChecks.find((candidate) => `wave-${candidate.wave}` === checkpoint.id);
    return check ? [validationCommand(check, plan.technology)] : [];
  }
  if (checkpoint.verify.length > 0) return checkpoint.verify;
  const commands = plan.slices.filter((slice) => checkpoint.needs.includes(slice.id)).flatMap((slice) => slice.verify);
  return [...new Set(commands)];
}
