import { violationsIn } from '../audit/report.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan } from '../plan/model.ts';
import type { Decision, RunEvent } from './model.ts';
import { showsCommands } from '../agent/agents.ts';
import { contradictionsOf } from './claims.ts';
import { branchOf, integrationBranchOf } from './names.ts';
import { remainingSchedule } from './remaining.ts';
import type {
  Attention,
  BatchView,
  CheckpointView,
  NextAttempt,
  PlanFacts,
  PlanState,
  RunFacts,
  RunView,
  SliceView,
} from './state-model.ts';
import { isViolation } from './stops.ts';
import { isActive, isAsking, isSettled, type CheckpointState, type SliceState } from './states.ts';

/** The checkpoints of a plan: its merge points, and each wave validation as `wave-N`. */
export function checkpointsOf(
  plan: Plan,
): readonly Pick<CheckpointView, 'id' | 'kind' | 'needs' | 'unlocks' | 'verify'>[] {
  const known = new Set(plan.slices.map((slice) => slice.id));
  return [
    ...plan.mergePoints.map((point) => ({
      id: point.id,
      kind: 'merge-point' as const,
      needs: point.needs.filter((id) => known.has(id)),
      unlocks: point.unlocks.filter((id) => known.has(id)),
      verify: point.verify,
    })),
    ...plan.waveChecks.map((check) => ({
      id: `wave-${check.wave}`,
      kind: 'wave' as const,
      needs: check.slices.filter((id) => known.has(id)),
      unlocks: [],
      verify: [check.text],
    })),
  ];
}

/** What one run's events say, without regard to the others. */
export function viewRun(facts: RunFacts): RunView {
  let state: SliceState = 'preparing';
  let view: { -readonly [K in keyof RunView]: RunView[K] } = {
    runId: facts.runId,
    attempt: 1,
    mode: 'fresh',
    state,
    end: null,
    alive: facts.alive,
    startedAt: facts.events[0]?.t ?? '',
    endedAt: null,
    adapter: null,
    sessionId: null,
    baseCommit: null,
    snapshotCommit: null,
    commit: null,
    filesChanged: [],
    testsPassed: null,
    costUsd: 0,
    sandbox: null,
    stop: null,
    failure: null,
    violations: [],
    doubts: [],
    refuted: [],
  };
  for (const event of facts.events) {
    state = apply(view, event) ?? state;
  }
  view.refuted = refutedIn(facts.events, view);
  // A commit that was recorded is a fact, even when the runner died before it could say that it had ended.
  if (!view.end && view.commit) view.end = 'verified';
  if (view.end) state = view.end;
  else if (!facts.alive) state = 'interrupted';
  view = { ...view, state };
  return view;
}

function reports(facts: RunFacts | undefined): boolean {
  return facts?.events.some((event) => event.type === 'agent_report') ?? false;
}

function refutedIn(events: readonly RunEvent[], view: Pick<RunView, 'filesChanged' | 'adapter'>): readonly string[] {
  const report = events.findLast((event) => event.type === 'agent_report');
  if (!report) return [];
  const first = events[0];
  return contradictionsOf({
    claims: report.claims,
    files: events.some((event) => event.type === 'scope_checked') ? view.filesChanged : null,
    commands: events.flatMap((event) => (event.type === 'agent_command' ? [event.command] : [])),
    observesCommands: view.adapter !== null && showsCommands(view.adapter),
    verification: events.flatMap((event) => (event.type === 'verification' ? [event.result] : [])),
    worktree: first?.type === 'run_started' ? first.worktree : null,
  });
}

function apply(view: { -readonly [K in keyof RunView]: RunView[K] }, event: RunEvent): SliceState | null {
  switch (event.type) {
    case 'run_started':
      view.attempt = event.attempt;
      view.mode = event.mode;
      view.startedAt = event.t;
      return 'preparing';
    case 'base':
      view.baseCommit = event.commit;
      return 'preparing';
    case 'sandbox':
      view.sandbox = { by: event.by, whyNot: event.why_not };
      return null;
    case 'worktree_ready':
    case 'context':
      return 'preparing';
    case 'agent_started':
      view.adapter = event.adapter;
      view.sessionId = event.session_id;
      return 'running';
    case 'agent_session':
      view.sessionId = event.session_id;
      return 'running';
    case 'agent_command':
    case 'agent_edit':
    case 'agent_denied':
    case 'agent_report':
    case 'note':
      return null;
    case 'agent_usage':
      view.costUsd = event.cost_usd ?? view.costUsd;
      return null;
    case 'agent_exited':
      return 'checking';
    case 'audited':
      view.violations = violationsIn(event.found);
      return null;
    case 'snapshot':
      view.snapshotCommit = event.commit;
      return null;
    case 'scope_checked':
      view.filesChanged = event.files;
      return 'verifying';
    case 'doubted':
      view.doubts = [...view.doubts, event.doubt];
      return null;
    case 'base_checked':
      return null;
    case 'verification':
      return 'verifying';
    case 'verified':
      view.testsPassed = event.tests_passed;
      return 'verifying';
    case 'committed':
      view.commit = event.commit;
      return 'verifying';
    case 'ended':
      view.end = event.end;
      view.endedAt = event.t;
      view.stop = event.stop;
      if (event.end === 'failed') view.failure = { reason: event.reason ?? 'internal', detail: event.detail ?? '' };
      if (event.end !== 'verified' && event.reason === 'tests-failing') view.testsPassed = false;
      if (event.stop?.condition === 'tests-failing') view.testsPassed = false;
      return null;
    default:
      // A newer writer's event: readers survive what they do not know.
      return null;
  }
}

/**
 * The state of a plan, from its facts alone. Pure and total: any prefix of a history folds to a state, which is what
 * makes it safe to kill anything at any time.
 */
export function foldPlan(facts: PlanFacts): PlanState {
  const { plan, graph, decisions } = facts;
  const runsOf = new Map<string, RunView[]>();
  const factsOf = new Map<string, RunFacts>();
  for (const run of facts.runs) {
    const first = run.events[0];
    if (first?.type !== 'run_started' || first.slice === null || first.plan !== plan.id) continue;
    const list = runsOf.get(first.slice) ?? [];
    list.push(viewRun(run));
    runsOf.set(first.slice, list);
    factsOf.set(run.runId, run);
  }
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
    const skipped = (decisionsOf.get(checkpoint.id) ?? []).some((d) => d.type === 'skipped');
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
    return { ...checkpoint, state: checkpointState(run, waitingFor, asked || stale, skipped), waitingFor, run, commit };
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
      refuted: entry.runs.findLast((run) => reports(factsOf.get(run.runId)))?.refuted ?? [],
      commit: entry.runs.findLast((run) => run.commit !== null)?.commit ?? null,
      runningMs: entry.run && isActive(entry.state) ? Math.max(0, facts.now - Date.parse(entry.run.startedAt)) : null,
      slackMinutes: times?.slack ?? 0,
      critical: times?.critical ?? false,
      next: waits ? null : entry.next,
    };
  });

  const attention = attentionOf(slices, checkpoints, graph);
  const costUsd = [...runsOf.values()].flat().reduce((sum, run) => sum + run.costUsd, 0);
  return {
    plan: plan.id,
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
  };
}

interface BareSlice {
  readonly state: SliceState;
  readonly run: RunView | null;
  readonly runs: readonly RunView[];
  readonly next: NextAttempt | null;
}

function bareSlice(
  runs: readonly RunView[],
  facts: ReadonlyMap<string, RunFacts>,
  decisions: readonly Decision[],
  maxRetries: number,
): BareSlice {
  const run = runs.at(-1) ?? null;
  const last = decisions.at(-1);
  if (last?.type === 'skipped') return { state: 'skipped', run, runs, next: null };
  if (!run) return { state: 'ready', run, runs, next: { attempt: 1, mode: 'fresh', why: 'first' } };
  if (isActive(run.state)) return { state: run.state, run, runs, next: null };

  const agentDone = (facts.get(run.runId)?.events ?? []).some((e) => e.type === 'agent_exited' && !e.is_error);
  const agentBegan = (facts.get(run.runId)?.events ?? []).some((e) => e.type === 'agent_started');
  const ready = (next: NextAttempt): BareSlice => ({ state: 'ready', run, runs, next });
  // Attempts count what an agent was asked to do; an attempt that was cut short is made again under its number.
  const again = run.attempt;
  const more = run.attempt + 1;

  // A decision answers the run it names (or any run before it, when it names none).
  const answer = decisions.findLast(
    (d) =>
      (d.type === 'answered' || d.type === 'approved' || d.type === 'retried') &&
      (d.run_id === run.runId || (d.run_id === null && d.t > run.startedAt)),
  );
  if (answer?.type === 'answered') return ready({ attempt: more, mode: 'continue', why: 'answered' });
  if (answer?.type === 'approved') return ready({ attempt: again, mode: 'check', why: 'approved' });
  if (answer?.type === 'retried') {
    // Stopped in the middle of its checks: the agent had finished, so only the gate is repeated.
    const plain = answer.revert.length === 0 && answer.note === null;
    if (agentDone && plain && run.failure?.reason === 'stopped-by-user') {
      return ready({ attempt: again, mode: 'check', why: 'retried' });
    }
    // An attempt that ended before its agent could start costs none, and goes on where the one before it stopped.
    const mode = agentBegan || run.mode !== 'fresh' ? 'continue' : 'fresh';
    return ready({ attempt: agentBegan || run.mode === 'check' ? more : again, mode, why: 'retried' });
  }

  if (run.state === 'interrupted') return ready(resumed(run, again, agentDone, agentBegan));
  if (run.state === 'failed' && (run.failure?.reason === 'tests-failing' || run.failure?.reason === 'agent-failed')) {
    const answeredAt = decisions.findLast((d) => d.type === 'answered' || d.type === 'retried')?.t ?? '';
    const failed = runs.filter(
      (r) =>
        r.startedAt > answeredAt && (r.failure?.reason === 'tests-failing' || r.failure?.reason === 'agent-failed'),
    ).length;
    if (failed <= maxRetries) {
      const why = run.failure.reason === 'tests-failing' ? 'checks-failed' : 'agent-failed';
      return ready({ attempt: more, mode: 'continue', why });
    }
  }
  return { state: run.state, run, runs, next: null };
}

function resumed(run: RunView, attempt: number, agentDone: boolean, agentBegan: boolean): NextAttempt {
  if (agentDone || run.mode === 'check') return { attempt, mode: 'check', why: 'interrupted' };
  return { attempt, mode: agentBegan || run.mode === 'continue' ? 'continue' : 'fresh', why: 'interrupted' };
}

function checkpointState(
  run: RunView | null,
  waitingFor: readonly string[],
  asked: boolean,
  skipped: boolean,
): CheckpointState {
  if (skipped) return 'reached';
  if (waitingFor.length > 0) return 'waiting';
  if (run?.end === 'verified' && !asked) return 'reached';
  if (!run || asked || run.state === 'interrupted') return 'ready';
  return run.end === null ? 'running' : 'failed';
}

/** What a checkpoint's run merged; `null` when it did not come to that. */
function partsOf(run: RunFacts | undefined): readonly string[] | null {
  const base = run?.events.find((event) => event.type === 'base');
  return base?.type === 'base' ? base.from : null;
}

function worktreeOf(run: RunView | null, facts: ReadonlyMap<string, RunFacts>): string | null {
  const first = run ? facts.get(run.runId)?.events[0] : undefined;
  return first?.type === 'run_started' ? first.worktree : null;
}

function attentionOf(
  slices: readonly SliceView[],
  checkpoints: readonly CheckpointView[],
  graph: PlanGraph,
): Attention[] {
  const waiting: Attention[] = [];
  for (const slice of slices) {
    const run = slice.run;
    if (!run || slice.next) continue;
    if (!isAsking(slice.state) && slice.state !== 'failed') continue;
    const unblocks = dependentsOf(slice.id, graph);
    waiting.push(
      slice.state === 'failed'
        ? {
            slice: slice.id,
            runId: run.runId,
            condition: run.failure?.reason ?? 'internal',
            detail: run.failure?.detail ?? '',
            question: 'Retry or skip this slice?',
            paths: [],
            violations: run.violations,
            unblocks,
          }
        : {
            slice: slice.id,
            runId: run.runId,
            condition: run.stop?.condition ?? 'unclear-instructions',
            detail: run.stop?.detail ?? '',
            question: run.stop?.question ?? '',
            paths: run.stop?.paths ?? [],
            violations: run.violations,
            unblocks,
          },
    );
  }
  for (const checkpoint of checkpoints) {
    if (checkpoint.state !== 'failed' || !checkpoint.run) continue;
    waiting.push({
      slice: checkpoint.id,
      runId: checkpoint.run.runId,
      condition: checkpoint.run.failure?.reason ?? checkpoint.run.stop?.condition ?? 'internal',
      detail: checkpoint.run.failure?.detail ?? checkpoint.run.stop?.detail ?? '',
      question: checkpoint.run.stop?.question ?? 'Retry this checkpoint after mending its slices, or skip it?',
      paths: checkpoint.run.stop?.paths ?? [],
      violations: checkpoint.run.violations,
      unblocks: [...new Set(checkpoint.unlocks.flatMap((id) => [id, ...dependentsOf(id, graph)]))],
    });
  }
  // What unblocks most comes first: the person's minutes are the scarcest thing here.
  // Before that, what is not as it was: nobody should go on without having seen it.
  return waiting.sort(
    (a, b) => Number(isViolation(b)) - Number(isViolation(a)) || b.unblocks.length - a.unblocks.length,
  );
}

function dependentsOf(id: string, graph: PlanGraph): string[] {
  const seen = new Set<string>();
  const queue = [id];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const next of graph.schedule.get(at)?.dependents ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return graph.order.filter((other) => seen.has(other));
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
  if (slices.some((s) => isActive(s.state)) || checkpoints.some((point) => point.state === 'running')) return 'running';
  const finished = slices.every((s) => isSettled(s.state)) && checkpoints.every((point) => point.state === 'reached');
  if (finished) {
    const integrated = slices.every((s) => s.state === 'merged' || s.state === 'skipped');
    return integrated ? (merged ? 'merged' : 'integrated') : 'done';
  }
  if (slices.some((s) => s.next !== null) || checkpoints.some((point) => point.state === 'ready')) return 'idle';
  if (attention.some((a) => slices.some((s) => s.id === a.slice && s.state !== 'failed'))) return 'waiting';
  return attention.length > 0 ? 'failed' : 'idle';
}
