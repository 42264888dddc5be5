import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createRedactor } from '../../core/gate/redact.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { foldPlan } from '../../core/run/fold.ts';
import { isSettled } from '../../core/run/states.ts';
import { integrationBranchOf } from '../../core/run/names.ts';
import type { PlanFacts, PlanState } from '../../core/run/state-model.ts';
import { success, type Result } from '../../core/text/result.ts';
import { traceOfChecks } from '../audit/audit.ts';
import { fail, type EngineFailure } from '../failure.ts';
import { changesBetween } from '../git/changes.ts';
import type { Repository } from '../git/repository.ts';
import { planSettings } from '../git/settings.ts';
import { signerOf, whyNotSigning } from '../git/signing.ts';
import { excludeState, worktreeRoot } from '../git/worktree.ts';
import { endProcesses, ofRuns } from '../process/process-table.ts';
import { sweepTemporary } from '../process/temporary.ts';
import { givenEnvironment } from '../process/processes.ts';
import { beginAuditOfChecks, isHeld } from '../run/audit.ts';
import { aboveText, checkPlace } from '../run/check-place.ts';
import { CleanCheckout } from '../run/clean-checkout.ts';
import { settleSandbox } from '../run/confinement.ts';
import { primaryValues } from '../run/private-values.ts';
import { FactsReader } from '../state/facts.ts';
import { acquireLock, heldBy, integrationLock } from '../state/locks.ts';
import { verifyWhole } from './checks.ts';
import { checkBoundaries, checkContracts, checkSignatures } from './compliance.ts';
import { provenItems, specEvidence } from './evidence.ts';
import { deliver, finishDelivery } from './delivery.ts';
import { mergeSlice, openIntegrationWorktree } from './merging.ts';
import { Pass, passId, type Merge } from './pass.ts';
import type { IntegrationReport } from './model.ts';
import { writeReport } from './report.ts';

export interface IntegrateOptions {
  /** The branch to move when everything passed. Absent: nothing of the person's moves. */
  readonly into?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/**
 * The integration pass: one merge per verified slice in topological order, on a branch and in a worktree of its own;
 * contract and boundary compliance; the checks of every merge point, wave and slice on the merged whole; a bisection
 * that names the slice when they fail; a report. Only then, and only with `into`, the person's branch moves.
 */
export async function integratePlan(
  repository: Repository,
  loaded: LoadedPlan,
  options: IntegrateOptions,
): Promise<Result<IntegrationReport, EngineFailure>> {
  const { plan } = loaded;
  await excludeState(repository);
  const lockFile = integrationLock(repository, plan.id);
  const lock = await acquireLock(lockFile, { say: (text) => options.onProgress?.(text) });
  if (!lock)
    return fail(
      'busy',
      `${plan.id} is being integrated by another process${await heldBy(lockFile)}`,
      'Wait for it to end.',
    );
  try {
    const facts = await new FactsReader(repository).facts(loaded);
    const state = foldPlan(facts);
    const unready = notReady(loaded, state);
    if (unready) return unready;
    // What a killed integration left running: checks carry its name in their environment.
    await endProcesses(ofRuns([passId(repository, plan.id)]));
    await sweepTemporary();
    return await integrate({ repository, loaded, facts, state, options });
  } finally {
    await lock.release();
  }
}

/** Why a plan cannot be integrated yet. */
function notReady({ plan }: LoadedPlan, state: PlanState): ReturnType<typeof fail> | null {
  if (!state.preparedCommit)
    return fail('not-started', `${plan.id} was not started`, `Run it first: slicewave run ${plan.dir}`);
  const unfinished = state.slices.filter((slice) => !isSettled(slice.state));
  if (unfinished.length === 0) return null;
  const names = unfinished.map((slice) => `${slice.id} (${slice.state})`).join(', ');
  return fail(
    'not-verified',
    `not every slice is verified: ${names}`,
    'Finish, answer or skip them first; only verified slices are integrated.',
  );
}

async function integrate({
  repository,
  loaded,
  facts,
  state,
  options,
}: {
  readonly repository: Repository;
  readonly loaded: LoadedPlan;
  readonly facts: PlanFacts;
  readonly state: PlanState;
  readonly options: IntegrateOptions;
}): Promise<Result<IntegrationReport, EngineFailure>> {
  const { plan, graph } = loaded;
  const signal = options.signal ?? new AbortController().signal;
  const say = (text: string): void => options.onProgress?.(text);
  const branch = integrationBranchOf(plan.id);
  const dir = path.join(await worktreeRoot(repository), plan.id, 'integration');
  const settled = await settleSandbox(repository, plan.sandbox);
  if (!settled.ok) return settled;
  const { sandbox } = settled.value;
  const redact = createRedactor(process.env, await primaryValues(repository));
  const runId = passId(repository, plan.id);
  const place = await checkPlace(repository, { worktree: dir, plan: plan.id });
  const above = aboveText(place);
  if (above !== null) say(above);
  const evidence = path.join(repository.runsDir, 'integrations', plan.id);
  const checkout = new CleanCheckout({
    repository,
    plan,
    dir: place.dir,
    runId,
    sandbox,
    trace: isHeld(sandbox, plan) ? null : traceOfChecks(evidence),
    env: { ...givenEnvironment(), SLICEWAVE_PLAN: plan.id, SLICEWAVE_RUN_ID: runId },
    signal,
    redact,
    say,
  });
  const asked = signerOf(await planSettings(repository, plan.id));
  const whyUnsigned = asked && (await whyNotSigning(repository.git, asked));
  const signer = whyUnsigned === null ? asked : null;
  const pass = new Pass({
    repository,
    loaded,
    facts,
    state,
    evidence: await specEvidence(repository, plan, state.baseCommit),
    branch,
    dir,
    checkout,
    signer,
    sandbox,
    redact,
    signal,
    say,
  });
  await finishDelivery(pass);
  const order = graph.order.filter((id) => state.slices.some((s) => s.id === id && s.commit && s.state !== 'skipped'));
  const opened = await openIntegrationWorktree(pass, order);
  if (!opened.ok) return opened;

  const merges: Merge[] = [];
  for (const id of order) {
    if (signal.aborted) return CANCELLED;
    say(`merging ${id}`);
    const merged = await mergeSlice(pass, id);
    if ('conflicts' in merged) {
      pass.note(`merge ${id}`, 'failed', merged.why ?? `conflicts in ${merged.conflicts.join(', ')}`);
      const conflicts = [{ slice: id, files: merged.conflicts }];
      return success(await writeReport(pass, 'conflict', { merges, conflicts }));
    }
    merges.push(merged);
  }
  const count = merges.length === 1 ? '1 slice' : `${merges.length} slices, one merge each`;
  pass.note('merges', 'passed', `${count}, no conflict`);
  const changes = await changesBetween(pass.git, pass.base, 'HEAD');
  checkContracts(pass, changes);
  checkBoundaries(pass, changes);
  if (asked !== null) await checkSignatures(pass, whyUnsigned);

  await mkdir(evidence, { recursive: true });
  const audit = await beginAuditOfChecks(sandbox, {
    repository,
    loaded,
    name: 'the integration',
    worktree: dir,
    checkout: place.dir,
    evidence,
    runId: null,
    record: async () => undefined,
  });
  let verified: Awaited<ReturnType<typeof verifyWhole>>;
  try {
    verified = await verifyWhole(pass, merges);
    await endProcesses(ofRuns([runId]));
    const stop = (await audit?.look('merge-checks')) ?? null;
    if (stop !== null) pass.note('boundary of the checks', 'failed', `${stop.detail}. ${ADVICE}`);
  } finally {
    await checkout.close();
  }
  if (!verified.ok) {
    pass.note('setup', 'failed', verified.failure);
    return success(await writeReport(pass, 'failed', { merges }));
  }
  const failing = verified.value;
  if (failing === null) return CANCELLED;
  const failed = failing.length > 0 || pass.lines.some((line) => line.status === 'failed');
  const proven = provenItems(pass).every(({ status }) => status === 'passed');
  const report = await writeReport(pass, failed ? 'failed' : proven ? 'passed' : 'unproven', { merges, failing });
  if (failed || options.into === undefined) return success(report);
  const moved = await deliver(pass, options.into);
  return moved.ok ? success(report) : moved;
}

const ADVICE = 'Look at it, mend what is still changed, then integrate again.';

const CANCELLED = fail(
  'cancelled',
  'the integration was cancelled',
  'Nothing was moved; integrate again when you like.',
);
