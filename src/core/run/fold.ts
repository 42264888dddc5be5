import type { PlanGraph } from '../plan/graph-model.ts';
import { attentionOf } from './attention.ts';
import { checkpointsOf, checkpointState, partsOf } from './checkpoints.ts';
import type { Decision } from './model.ts';
import { branchOf, integrationBranchOf } from './names.ts';
import { bareSlice, type BareSlice } from './next-attempt.ts';
import { remainingSchedule } from './remaining.ts';
import { hasReport, viewRun } from './run-view.ts';
import type {
  Attention,
  BatchView,
  CheckpointView,
  PlanFacts,
  PersonsWord,
  PlanState,
  RunFacts,
  RunView,
  SliceView,
} from './state-model.ts';
import { isActive, isAnyActive, isSettled } from './states.ts';

/**
 * The state of a plan, from its facts alone. Pure and total: any prefix of a history folds to a state, which is what
 * makes it safe to kill anything at any time.
 */
export function foldPlan(facts: PlanFacts): PlanState {
  const { plan, graph, decisions } = facts;
  const runsOf = new Map<string, RunView[]>();
  const factsOf = new Map<string, RunFacts>();
  const died = new Map(decisions.flatMap((one) => (one.type === 'runner_died' ? [[one.run_id, one.detail]] : [])));
  for (const run of facts.runs) {
    const first = run.events[0];
    if (first?.type !== 'run_started' || first.slice === null || first.plan !== plan.id) continue;
    const list = runsOf.get(first.slice) ?? [];
    list.push({ ...viewRun(run), died: died.get(run.runId) ?? null });
    runsOf.set(first.slice, list);
    factsOf.set(run.runId, run);
  }
  // Where the clock was put back before runs were named in their order, a later attempt bears an earlier time.
  for (const [id, runs] of runsOf)
    runsOf.set(
      id,
      runs.toSorted((a, b) => a.attempt - b.attempt),
    );
  const decisionsOf = new Map<string, Decision[]>();
  for (const decision of decisions) {
    if (!('slice' in decision)) continue;
    const list = decisionsOf.get(decision.slice) ?? [];
    list.push(decision);
    decisionsOf.set(decision.slice, list);
  }
  const started = decisions.findLast((decision) => decision.type === 'plan_started');
  const integrated = decisions.findLast((decision) => decision.type === 'integrated');
  const merged = decisions.findLast((decision) => decision.type === 'merged');
  const inIntegration = new Set(integrated?.type === 'integrated' ? integrated.slices : []);

  const bare = new Map<string, BareSlice>();
  for (const slice of plan.slices) {
    bare.set(
      slice.id,
      bareSlice(runsOf.get(slice.id) ?? [], factsOf, decisionsOf.get(slice.id) ?? [], plan.limits.maxRetries),
    );
    const entry = bare.get(slice.id);
    // A commit made since then (the slice was retried) is in no integration yet.
    const committed = entry?.runs.findLast((run) => run.commit !== null)?.startedAt ?? '';
    if (entry?.state === 'verified' && inIntegration.has(slice.id) && committed < (integrated?.t ?? ''))
      bare.set(slice.id, { ...entry, state: 'merged' });
  }
  const settled = (id: string): boolean => isSettled(bare.get(id)?.state ?? 'pending');

  const checkpoints = checkpointsOf(plan).map((checkpoint): CheckpointView => {
    const runs = runsOf.get(checkpoint.id) ?? [];
    const run = runs.at(-1) ?? null;
    const waitingFor = checkpoint.needs.filter((id) => !settled(id));
    const asked =
      run !== null && (decisionsOf.get(checkpoint.id) ?? []).some((d) => d.type === 'retried' && d.t > run.startedAt);
    const skipped = decisionsOf.get(checkpoint.id)?.at(-1)?.type === 'skipped';
    // A slice that was verified anew is not in the merge that this checkpoint made: nothing may stand on that one any more.
    // The same holds for one that it came to need after it was merged: a plan may change under way.
    const parts = run === null ? null : partsOf(factsOf.get(run.runId));
    const stale =
      run !== null &&
      checkpoint.needs.some((id) => {
        const committed = bare.get(id)?.runs.findLast((r) => r.commit !== null)?.startedAt;
        if (committed === undefined || bare.get(id)?.state === 'skipped') return false;
        return committed > run.startedAt || (parts !== null && !parts.includes(id));
      });
    const commit = stale || waitingFor.length > 0 ? null : (run?.commit ?? null);
    const state = checkpointState(run, waitingFor, asked || stale, skipped);
    const decided = wordsOf(decisionsOf.get(checkpoint.id) ?? []);
    return { ...checkpoint, state, skipped, decided, waitingFor, run, commit: skipped ? null : commit };
  });
  const checkpointsBefore = new Map<string, CheckpointView[]>();
  for (const checkpoint of checkpoints) {
    for (const id of checkpoint.unlocks) checkpointsBefore.set(id, [...(checkpointsBefore.get(id) ?? []), checkpoint]);
  }

  const remaining = remainingSchedule(plan, graph, (id) => {
    const entry = bare.get(id);
    if (!entry || isSettled(entry.state)) return { settled: true, elapsedMinutes: 0 };
    const since = entry.run && isActive(entry.state) ? Date.parse(entry.run.startedAt) : facts.now;
    return { settled: false, elapsedMinutes: Math.max(0, (facts.now - since) / 60_000) };
  });

  const slices = plan.slices.map((slice): SliceView => {
    const entry = bare.get(slice.id) ?? { state: 'pending', run: null, runs: [], next: null };
    const schedule = graph.schedule.get(slice.id);
    const closed = (checkpointsBefore.get(slice.id) ?? []).filter((checkpoint) => checkpoint.state !== 'reached');
    // A checkpoint speaks for what it needs itself: naming both would say the same thing twice.
    const inCheckpoint = new Set(closed.flatMap((checkpoint) => checkpoint.needs));
    const blockers = [
      ...(schedule?.deps ?? slice.deps).filter((id) => !settled(id) && !inCheckpoint.has(id)),
      ...closed.map((checkpoint) => checkpoint.id),
    ];
    // A slice on a cycle is in no schedule and can never start.
    if (!schedule && blockers.length === 0) blockers.push(slice.id);
    const waits = blockers.length > 0 && !isSettled(entry.state) && !isActive(entry.state);
    const state = entry.state === 'ready' && blockers.length > 0 ? 'pending' : entry.state;
    const times = remaining.slices.get(slice.id);
    return {
      id: slice.id,
      title: slice.title,
      state,
      wave: schedule?.wave ?? 0,
      batch: schedule?.batch ?? 0,
      workstream: slice.workstream,
      blockedBy: isSettled(entry.state) ? [] : [...new Set(blockers)],
      runs: entry.runs,
      run: entry.run,
      branch: branchOf(plan.id, slice.id),
      worktree: worktreeOf(entry.run, factsOf),
      doubts: entry.run?.doubts ?? [],
      refuted: entry.runs.findLast((run) => hasReport(factsOf.get(run.runId)))?.refuted ?? [],
      decided: wordsOf(decisionsOf.get(slice.id) ?? []),
      changedMeanwhile: [...new Set(entry.runs.flatMap((run) => run.changedMeanwhile))],
      commit: entry.runs.findLast((run) => run.commit !== null)?.commit ?? null,
      runningMs: entry.run && isActive(entry.state) ? Math.max(0, facts.now - Date.parse(entry.run.startedAt)) : null,
      slackMinutes: times?.slack ?? 0,
      critical: times?.critical ?? false,
      next: waits ? null : entry.next,
    };
  });

  const attention = attentionOf(slices, checkpoints, graph);
  const everyRun = [...runsOf.values()].flat();
  const costUsd = everyRun.reduce((sum, run) => sum + run.costUsd, 0);
  const tokens = everyRun.reduce((sum, run) => sum + run.tokens, 0);
  return {
    plan: plan.id,
    dir: plan.dir,
    title: plan.title,
    state: planStateOf(
      slices,
      checkpoints,
      attention,
      started !== undefined,
      merged !== undefined && merged.t >= (integrated?.t ?? ''),
    ),
    baseCommit: started?.type === 'plan_started' ? started.base_commit : null,
    preparedCommit: started?.type === 'plan_started' ? started.prepared_commit : null,
    integrationBranch: integrationBranchOf(plan.id),
    slices,
    checkpoints,
    batches: batchesOf(graph, slices),
    attention,
    warnings: facts.warnings ?? [],
    criticalPath: remaining.criticalPath,
    remainingMinutes: remaining.makespan,
    costUsd,
    tokens,
  };
}

/** Approvals, and the skipping that nothing took back. */
function wordsOf(decisions: readonly Decision[]): readonly PersonsWord[] {
  return decisions.flatMap((decision, at): PersonsWord[] => {
    if (decision.type === 'approved') {
      const approved = [...decision.paths, ...decision.waive];
      return [{ what: 'approved', by: decision.by, at: decision.t, approved, reason: null }];
    }
    if (decision.type !== 'skipped' || at < decisions.length - 1) return [];
    return [{ what: 'skipped', by: decision.by, at: decision.t, approved: [], reason: decision.reason }];
  });
}

function worktreeOf(run: RunView | null, facts: ReadonlyMap<string, RunFacts>): string | null {
  const first = run ? facts.get(run.runId)?.events[0] : undefined;
  return first?.type === 'run_started' ? first.worktree : null;
}

function batchesOf(graph: PlanGraph, slices: readonly SliceView[]): BatchView[] {
  return graph.batches.map((waves, index): BatchView => {
    const members = slices.filter((slice) => slice.batch === index + 1);
    const done = members.filter((slice) => isSettled(slice.state)).length;
    const active = members.some(
      (s) => isActive(s.state) || (s.state !== 'pending' && s.state !== 'ready' && !isSettled(s.state)),
    );
    const ready = members.some((s) => s.state === 'ready');
    const state = done === members.length ? 'done' : active || done > 0 ? 'active' : ready ? 'ready' : 'blocked';
    return { number: index + 1, waves, slices: members.map((s) => s.id), done, total: members.length, state };
  });
}

function planStateOf(
  slices: readonly SliceView[],
  checkpoints: readonly CheckpointView[],
  attention: readonly Attention[],
  started: boolean,
  merged: boolean,
): PlanState['state'] {
  if (!started) return 'not-started';
  if (isAnyActive({ slices, checkpoints })) return 'running';
  const finished = slices.every((s) => isSettled(s.state)) && checkpoints.every((point) => point.state === 'reached');
  if (finished) {
    const integrated = slices.every((s) => s.state === 'merged' || s.state === 'skipped');
    return integrated ? (merged ? 'merged' : 'integrated') : 'done';
  }
  if (slices.some((s) => s.next !== null) || checkpoints.some((point) => point.state === 'ready')) return 'idle';
  if (attention.some((a) => slices.some((s) => s.id === a.slice && s.state !== 'failed'))) return 'waiting';
  return attention.length > 0 ? 'failed' : 'idle';
}
