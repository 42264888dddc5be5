import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { foldPlan } from '../../src/core/run/fold.ts';
import { isActive, isSettled } from '../../src/core/run/states.ts';
import type { RunLimits } from '../../src/core/run/limits-model.ts';
import type { Decision, DecisionBody, RunEvent, RunEventBody } from '../../src/core/run/model.ts';
import { nextActions } from '../../src/core/run/next.ts';
import type { PlanState, RunFacts } from '../../src/core/run/state-model.ts';
import { mergePoint, planOf, slice } from './plan-fixture.ts';

/** A history under way: facts are only ever added, by a clock that counts milliseconds. */
class History {
  readonly plan: Plan;
  readonly graph: ReturnType<typeof planGraph>;
  readonly decisions: Decision[] = [];
  readonly runs: { runId: string; events: RunEvent[]; alive: boolean }[] = [];
  #clock = Date.parse('2026-01-01T00:00:00Z');

  constructor(plan: Plan) {
    this.plan = plan;
    this.graph = planGraph(plan);
    this.decide({ type: 'plan_started', base_commit: 'b', base_name: null, prepared_commit: 'p' });
  }

  #time(): string {
    return new Date(this.#clock++).toISOString();
  }

  decide(body: DecisionBody): void {
    this.decisions.push({ v: 1, t: this.#time(), by: 'test', ...body });
  }

  start(node: string, attempt: number, mode: 'fresh' | 'continue' | 'check' | 'checkpoint'): void {
    const runId = `run-${String(this.runs.length).padStart(5, '0')}-${node}`;
    this.runs.push({ runId, events: [], alive: true });
    this.record(runId, {
      type: 'run_started',
      run_id: runId,
      plan: this.plan.id,
      slice: node,
      attempt,
      mode,
      pid: 1,
      pid_started: '',
      host: '',
      worktree: `/w/${node}`,
      branch: null,
    });
  }

  record(runId: string, ...bodies: readonly RunEventBody[]): void {
    const run = this.runs.find((one) => one.runId === runId);
    for (const body of bodies) run?.events.push({ v: 1, t: this.#time(), ...body });
  }

  state(runs: readonly RunFacts[] = this.runs): PlanState {
    return foldPlan({ plan: this.plan, graph: this.graph, decisions: this.decisions, runs, now: this.#clock });
  }
}

const agent = (): RunEventBody[] => [
  { type: 'worktree_ready', setup: [] },
  { type: 'agent_started', adapter: 'demo', version: null, session_id: 's', pid: 2 },
  { type: 'agent_exited', code: 0, signal: null, is_error: false, reason: '' },
  { type: 'scope_checked', files: [], violations: [] },
];

/** How a run may end; `die` leaves no last event, as a killed runner does. */
const ENDINGS = ['verified', 'verified', 'verified', 'needs_input', 'stopped', 'failing', 'missing', 'die'] as const;
type EndingKind = (typeof ENDINGS)[number];

function end(history: History, index: number, kind: EndingKind): void {
  const run = history.runs[index];
  if (!run) return;
  run.alive = false;
  const stop = { condition: 'unexpected-scope' as const, detail: 'd', question: 'q', paths: ['x'] };
  const ended = (body: Omit<Extract<RunEventBody, { type: 'ended' }>, 'type'>): void =>
    history.record(run.runId, { type: 'ended', ...body });
  if (kind === 'die') return;
  if (kind === 'missing') return ended({ end: 'failed', reason: 'agent-missing', detail: 'm', stop: null });
  history.record(run.runId, ...agent());
  if (kind === 'failing') return ended({ end: 'failed', reason: 'tests-failing', detail: 'f', stop: null });
  if (kind !== 'verified') return ended({ end: kind, reason: null, detail: null, stop });
  history.record(
    run.runId,
    { type: 'verified', tree: 't', tests_passed: true },
    { type: 'committed', commit: `c${index}` },
  );
  ended({ end: 'verified', reason: null, detail: null, stop: null });
}

const plans = fc
  .array(
    fc.record({ deps: fc.array(fc.nat(20)), workstream: fc.option(fc.constantFrom('WS-A', 'WS-B'), { nil: null }) }),
    {
      minLength: 1,
      maxLength: 9,
    },
  )
  .map((shapes) => {
    const id = (index: number): string => `S${index}`;
    const slices = shapes.map((shape, index) =>
      slice(id(index), {
        deps: [...new Set(shape.deps.filter((dep) => dep < index).map(id))],
        workstream: shape.workstream,
      }),
    );
    const points = slices.length >= 4 ? [mergePoint('MP1', [id(0), id(1)], [id(3)])] : [];
    return planOf(slices, { mergePoints: points });
  });

const limits = fc.record({
  maxParallel: fc.integer({ min: 1, max: 4 }),
  only: fc.constant(null),
  barrier: fc.boolean(),
});

/** Plays a plan with the scheduler's own decisions and arbitrary endings; `check` sees every state on the way. */
function play(
  plan: Plan,
  bounds: RunLimits,
  endings: readonly EndingKind[],
  check: (history: History, state: PlanState) => void,
): History {
  const history = new History(plan);
  for (const [step, kind] of endings.entries()) {
    const state = history.state();
    check(history, state);
    for (const action of nextActions(state, history.graph, bounds, new Set())) {
      if (action.type === 'checkpoint') history.start(action.checkpoint, 1, 'checkpoint');
      else history.start(action.slice, action.attempt, action.mode);
    }
    const alive = history.runs.flatMap((run, index) => (run.alive ? [index] : []));
    const chosen = alive[step % Math.max(1, alive.length)];
    if (chosen !== undefined) end(history, chosen, kind);
    const waiting = history.state().attention[0];
    if (waiting && step % 3 === 0) {
      history.decide(
        step % 2 === 0
          ? { type: 'answered', slice: waiting.slice, run_id: waiting.runId, text: 'a' }
          : { type: 'retried', slice: waiting.slice, run_id: waiting.runId, revert: [], note: null },
      );
    }
  }
  return history;
}

const endingLists = fc.array(fc.constantFrom(...ENDINGS), { minLength: 1, maxLength: 60 });

suite('the state of a plan, folded from its facts', () => {
  test('no slice is at work before what it needs is verified, none twice, and never more than allowed', () => {
    fc.assert(
      fc.property(plans, limits, endingLists, (plan, bounds, endings) => {
        play(plan, bounds, endings, (history, state) => {
          const active = state.slices.filter((one) => isActive(one.state));
          assert.ok(active.length <= bounds.maxParallel, 'parallel');
          const streams = active.flatMap((one) => one.workstream ?? []);
          assert.equal(new Set(streams).size, streams.length, 'two slices of one workstream');
          for (const one of active) {
            for (const dep of history.graph.schedule.get(one.id)?.deps ?? []) {
              const needed = state.slices.find((other) => other.id === dep);
              assert.ok(needed && isSettled(needed.state), `${one.id} runs before ${dep}`);
            }
            for (const checkpoint of state.checkpoints) {
              if (checkpoint.unlocks.includes(one.id))
                assert.equal(checkpoint.state, 'reached', `${one.id} runs before ${checkpoint.id}`);
            }
          }
          const alive = history.runs
            .filter((run) => run.alive)
            .map((run) => run.events[0]?.type === 'run_started' && run.events[0].slice);
          assert.equal(new Set(alive).size, alive.length, 'a node was launched twice');
          if (bounds.barrier && active.length > 0) {
            const open = Math.min(...state.slices.filter((one) => !isSettled(one.state)).map((one) => one.wave));
            assert.ok(
              active.every((one) => one.wave <= open),
              'barrier',
            );
          }
        });
      }),
      { numRuns: 400 },
    );
  });

  test('every prefix of every history folds, and what is verified stays so', () => {
    fc.assert(
      fc.property(plans, limits, endingLists, fc.nat(), (plan, bounds, endings, cut) => {
        const history = play(plan, bounds, endings, () => undefined);
        const whole = history.state();
        const total = history.runs.reduce((sum, run) => sum + run.events.length, 0);
        let left = cut % (total + 1);
        const prefix = history.runs.map((run) => {
          const events = run.events.slice(0, left);
          left = Math.max(0, left - run.events.length);
          return { ...run, events, alive: false };
        });
        const state = history.state(prefix.filter((run) => run.events.length > 0));
        assert.equal(state.slices.length, plan.slices.length);
        for (const one of whole.slices)
          if (one.state === 'verified') assert.ok(one.commit, `${one.id} without a commit`);
      }),
      { numRuns: 300 },
    );
  });

  test('when everything ends well, everything is verified and every checkpoint reached', () => {
    fc.assert(
      fc.property(plans, limits, (plan, bounds) => {
        const history = play(
          plan,
          bounds,
          Array.from({ length: plan.slices.length * 2 + 4 }, () => 'verified' as const),
          () => undefined,
        );
        assert.equal(history.state().state, 'done');
      }),
      { numRuns: 200 },
    );
  });

  test('a checkpoint that was recorded when its runs were called `gate` is reached all the same', () => {
    const history = new History(
      planOf([slice('A1'), slice('B1')], { mergePoints: [mergePoint('MP1', ['A1'], ['B1'])] }),
    );
    history.start('A1', 1, 'fresh');
    end(history, 0, 'verified');
    history.start('MP1', 1, JSON.parse('"gate"') as 'checkpoint');
    end(history, 1, 'verified');
    const state = history.state(history.runs.map((run) => ({ ...run, alive: false })));
    assert.equal(state.checkpoints[0]?.state, 'reached');
    assert.equal(state.slices[1]?.state, 'ready');
  });

  test('two failing checks are fed back, the third failure is the last', () => {
    const history = new History(planOf([slice('A1')]));
    for (const attempt of [1, 2, 3]) {
      const next = history.state().slices[0]?.next;
      assert.equal(next?.attempt, attempt);
      assert.equal(next?.mode, attempt === 1 ? 'fresh' : 'continue');
      history.start('A1', attempt, next.mode);
      end(history, history.runs.length - 1, 'failing');
    }
    const state = history.state();
    assert.equal(state.slices[0]?.next, null);
    assert.equal(state.attention[0]?.condition, 'tests-failing');
  });

  test('a retry pays an agent again only for what is its own: a full disk, git or a person ends a run whatever it made', () => {
    const reasons = [
      'write-failed',
      'git-failed',
      'setup-failed',
      'internal',
      'stopped-by-user',
      'tests-failing',
    ] as const;
    for (const reason of reasons) {
      const history = new History(planOf([slice('A1')]));
      history.start('A1', 1, 'fresh');
      const [run] = history.runs;
      assert.ok(run);
      history.record(run.runId, ...agent(), { type: 'ended', end: 'failed', reason, detail: 'd', stop: null });
      run.alive = false;
      history.decide({ type: 'retried', slice: 'A1', run_id: run.runId, revert: [], note: null });
      const next = history.state().slices[0]?.next;
      const isTheAgents = reason === 'tests-failing';
      assert.deepEqual([next?.mode, next?.attempt], isTheAgents ? ['continue', 2] : ['check', 1], reason);
    }
  });
});
