import path from 'node:path';
import { LearningRedactor, type Redact } from '../../core/gate/redact.ts';
import { foldPlan } from '../../core/run/fold.ts';
import { branchOf, laneOf } from '../../core/run/names.ts';
import { sliceResolver } from '../../core/plan/load.ts';
import type { Plan, Slice } from '../../core/plan/model.ts';
import type { RunEnd } from '../../core/run/model.ts';
import type { NextAttempt, PlanFacts, PlanState, SliceView } from '../../core/run/state-model.ts';
import type { SandboxMode } from '../../core/sandbox/policy.ts';
import { success, type Result } from '../../core/text/result.ts';
import type { AgentId } from '../../core/agent/agents.ts';
import { fail, type EngineFailure } from '../failure.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { FactsReader } from '../state/facts.ts';
import { loadRunPlan, questionedFiles } from '../plan/plans.ts';
import { type Repository } from '../git/repository.ts';
import { recoverHeld } from '../state/replan-journal.ts';
import { primaryValues } from './private-values.ts';
import { identify } from '../process/machine.ts';
import { RunDirectory, startedBy } from './run-directory.ts';
import { acquireLock, planLock } from '../state/locks.ts';

export interface AttemptRequest {
  readonly repository: Repository;
  readonly loaded: LoadedPlan;
  /** A slice, or a checkpoint (`MP1`, `wave-2`). */
  readonly node: string;
  readonly agent?: AgentId;
  readonly agentCommand?: readonly string[];
  readonly model?: string;
  /** Overrides the plan's word on confinement. */
  readonly sandbox?: SandboxMode;
  /** argv that starts this slicewave, for hooks. */
  readonly slicewave: readonly string[];
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface AttemptOutcome {
  readonly runId: string;
  readonly end: RunEnd;
}

/** What an attempt is to do, read from the facts while nobody could change the plan. */
export type Claim = SliceClaim | CheckpointClaim;

export interface SliceClaim {
  readonly kind: 'slice';
  /** With the plan as it is now. */
  readonly request: AttemptRequest;
  readonly slice: Slice;
  readonly facts: PlanFacts;
  readonly state: PlanState;
  readonly view: SliceView;
  readonly next: NextAttempt;
  readonly worktree: string;
  /** Where the worktrees of all plans stand. */
  readonly worktrees: string;
  readonly branch: string;
  readonly redact: Redact;
  /** What `redact` knows; it learns the values that it meets on the way. */
  readonly redactor: LearningRedactor;
  /** Already begun: everybody sees that the slice is being worked on. Whoever holds the claim closes it. */
  readonly run: RunDirectory;
}

export interface CheckpointClaim {
  readonly kind: 'checkpoint';
  readonly request: AttemptRequest;
  readonly state: PlanState;
}

/**
 * Reads what to do and records that it is begun, while nobody can change the plan. The caller holds the lock of `lane`.
 * `worktrees`: where those of all plans stand.
 */
export async function claimAttempt(
  given: AttemptRequest,
  { lane, worktrees }: { readonly lane: string; readonly worktrees: string },
): Promise<Result<Claim, EngineFailure>> {
  const { repository, node } = given;
  const id = given.loaded.plan.id;
  const writing = await acquireLock(planLock(repository, id), { wait: 30_000 });
  if (!writing) return fail('busy', `${id} is being re-planned`, 'Start it again in a moment.');
  try {
    // The plan may have changed since it was read, or its writer may have died half-way.
    await recoverHeld(repository, given.loaded.plan.dir);
    const loaded = await loadRunPlan(repository, given.loaded.plan.dir);
    if (!loaded.ok) return loaded;
    const request = { ...given, loaded: loaded.value };
    const { plan } = loaded.value;
    const facts = await new FactsReader(repository).facts(loaded.value);
    const state = foldPlan(facts);
    if (!state.preparedCommit) {
      return fail('not-started', `the plan ${plan.id} was not started`, `Start it with \`slicewave run ${plan.dir}\`.`);
    }
    const slice = plan.slices.find((candidate) => candidate.id === node);
    if (slice && laneOf(plan, node) !== lane)
      return fail('busy', `${node} has just got another workstream`, 'Start it again.');
    if (!slice) return success({ kind: 'checkpoint', request, state });
    const open = questionedFiles(loaded.value, slice);
    if (open.length > 0) {
      return fail(
        'not-waiting',
        `${open.join(', ')} changed since the plan was started, and nobody has accepted that`,
        `Accept it (slicewave accept ${plan.dir}), or put it back.`,
      );
    }
    const lost = lostDependency(slice, plan, facts);
    if (lost !== null) {
      return fail(
        'bad-plan',
        `${slice.file}: ${node} depends on ${lost}, which has runs but no task spec any more`,
        `Put the task spec of ${lost} back, or take the dependency out.`,
      );
    }
    const view = state.slices.find((candidate) => candidate.id === node);
    if (!view)
      return fail(
        'no-such-slice',
        `${plan.id} has no slice ${node}`,
        `Slices: ${plan.slices.map((s) => s.id).join(', ')}.`,
      );
    const { next } = view;
    if (!next) {
      const why = view.blockedBy.length > 0 ? `waits for ${view.blockedBy.join(', ')}` : `is ${view.state}`;
      return fail(
        'not-waiting',
        `${node} ${why}`,
        'Answer, approve or retry it first; `slicewave status` shows what it waits for.',
      );
    }
    const redactor = new LearningRedactor(process.env);
    redactor.learn(await primaryValues(repository));
    const { redact } = redactor;
    return success({
      kind: 'slice',
      // A terminal is kept, shown and copied as a trace is.
      request: { ...request, say: (line) => request.say(redact(line)) },
      slice,
      facts,
      state,
      view,
      next,
      redact,
      redactor,
      worktrees,
      ...(await beginRun(request, { slice, next, redact, worktrees })),
    });
  } finally {
    await writing.release();
  }
}

/** The run's directory and its first event: from here on everybody sees that the slice is being worked on. */
async function beginRun(
  { repository, loaded: { plan } }: AttemptRequest,
  { slice, next, redact, worktrees }: Pick<SliceClaim, 'slice' | 'next' | 'redact' | 'worktrees'>,
): Promise<Pick<SliceClaim, 'run' | 'worktree' | 'branch'>> {
  const run = await RunDirectory.create(repository.runsDir, { plan: plan.id, node: slice.id }, redact);
  try {
    const me = await identify();
    const worktree = path.join(worktrees, plan.id, laneOf(plan, slice.id));
    const branch = branchOf(plan.id, slice.id);
    await run.record({
      type: 'run_started',
      run_id: run.runId,
      plan: plan.id,
      slice: slice.id,
      attempt: next.attempt,
      mode: next.mode,
      ...startedBy(me),
      worktree,
      branch,
    });
    return { run, worktree, branch };
  } catch (error) {
    run.close();
    throw error;
  }
}

/** A dependency that was worked on under a name which the plan does not know any more: the base would lack its work. */
function lostDependency(slice: Slice, plan: Plan, facts: PlanFacts): string | null {
  const resolve = sliceResolver(plan);
  const worked = new Set(
    facts.runs.flatMap((run) => (run.events[0]?.type === 'run_started' ? (run.events[0].slice ?? []) : [])),
  );
  return slice.task.deps.find((dep) => resolve(dep.value) === null && worked.has(dep.value))?.value ?? null;
}
