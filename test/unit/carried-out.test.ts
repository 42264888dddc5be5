import assert from 'node:assert/strict';
import { planGraph } from '../../src/core/plan/graph.ts';
import { mergeDue, revertsDue, unheard } from '../../src/core/run/carried-out.ts';
import { foldPlan } from '../../src/core/run/fold.ts';
import type { Decision, DecisionBody, RunEvent, RunEventBody } from '../../src/core/run/model.ts';
import type { RunFacts } from '../../src/core/run/state-model.ts';
import { planOf, slice } from './plan-fixture.ts';

/** A second of the day as the time of a fact. */
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

const plan = planOf([slice('A1')]);

function decided(second: number, body: DecisionBody): Decision {
  return { v: 1, t: at(second), by: 'person', ...body };
}

function run(second: number, ...bodies: readonly RunEventBody[]): RunFacts {
  const runId = `run-${second}`;
  const events = [
    {
      type: 'run_started',
      run_id: runId,
      plan: plan.id,
      slice: 'A1',
      attempt: 1,
      mode: 'continue',
      pid: 1,
      pid_started: '1',
      host: 'here',
      worktree: '/w',
      branch: null,
    } as const,
    ...bodies,
  ].map((body): RunEvent => ({ v: 1, t: at(second), ...body }));
  return { runId, events, alive: false };
}

const retried = (second: number, revert: readonly string[], note: string | null = null): Decision =>
  decided(second, { type: 'retried', slice: 'A1', run_id: 'run-0', revert, note });
const reverted = (...seconds: readonly number[]): RunEventBody => ({
  type: 'reverted',
  decisions: seconds.map(at),
  paths: [],
});
const agentStarted: RunEventBody = {
  type: 'agent_started',
  adapter: 'claude',
  version: null,
  session_id: 's',
  pid: 2,
};
const session: RunEventBody = { type: 'agent_session', session_id: 's', model: null, version: null };

suite('what was decided and is carried out once', () => {
  const REVERTS: readonly {
    readonly name: string;
    readonly decisions: readonly Decision[];
    readonly runs: readonly RunFacts[];
    readonly since?: number;
    readonly due: readonly string[];
  }[] = [
    { name: 'nobody tried yet', decisions: [retried(1, ['a'])], runs: [run(0)], due: ['a'] },
    {
      name: 'who was to do it died before',
      decisions: [retried(1, ['a'])],
      runs: [run(0), run(2, { type: 'base', commit: 'c', from: [] })],
      due: ['a'],
    },
    { name: 'it is said to be done', decisions: [retried(1, ['a'])], runs: [run(0), run(2, reverted(1))], due: [] },
    {
      name: 'an earlier version came to its agent, and said nothing',
      decisions: [retried(1, ['a'])],
      runs: [run(0), run(2, agentStarted)],
      due: [],
    },
    {
      name: 'taken back once more after that',
      decisions: [retried(1, ['a']), retried(3, ['b'])],
      runs: [run(0), run(2, reverted(1))],
      due: ['b'],
    },
    {
      name: 'twice before anybody could',
      decisions: [retried(1, ['a']), retried(3, ['a', 'b'])],
      runs: [run(0), run(2)],
      due: ['a', 'b'],
    },
    {
      name: 'a plain retry in between takes nothing of it away',
      decisions: [retried(1, ['a']), retried(3, [])],
      runs: [run(0), run(2)],
      due: ['a'],
    },
    {
      name: 'approved since',
      decisions: [
        retried(1, ['a', 'b']),
        decided(3, { type: 'approved', slice: 'A1', run_id: 'run-2', paths: ['a'], waive: [] }),
      ],
      runs: [run(0), run(2)],
      due: ['b'],
    },
    {
      name: 'the worktree was given the work of before it',
      decisions: [retried(1, ['a'])],
      runs: [run(0), run(2, reverted(1))],
      since: 0,
      due: ['a'],
    },
    {
      name: 'the worktree was given the work of after it',
      decisions: [retried(1, ['a'])],
      runs: [run(0), run(2, reverted(1))],
      since: 2,
      due: [],
    },
  ];
  for (const { name, decisions, runs, since, due } of REVERTS)
    test(`put back: ${name}`, () => {
      const found = revertsDue({ facts: { decisions, runs }, slice: 'A1' }, since === undefined ? null : at(since));
      assert.deepEqual(found.paths, due);
      assert.equal(found.decisions.length > 0, due.length > 0);
    });

  test('heard: when its agent showed itself, or the event says so; what ended before that delivered nothing', () => {
    const answer = decided(1, { type: 'answered', slice: 'A1', run_id: 'run-0', text: 'yes' });
    const heard = (...runs: readonly RunFacts[]): boolean =>
      unheard({ facts: { decisions: [answer], runs: [run(0), ...runs] }, slice: 'A1' }).length === 0;
    assert.ok(!heard());
    assert.ok(!heard(run(2, agentStarted)));
    assert.ok(heard(run(2, agentStarted, session)), 'killed between its agent and the event');
    assert.ok(heard(run(2, agentStarted, { type: 'delivered', decisions: [at(1)] })));
    assert.ok(!heard(run(0, { type: 'delivered', decisions: [at(7)] })), 'another one was delivered');
  });

  test('a stop that was asked for holds when the runner was ended before it could say so', () => {
    const stateOf = (...decisions: readonly Decision[]): string | undefined =>
      foldPlan({
        plan,
        graph: planGraph(plan),
        decisions: [
          decided(0, { type: 'plan_started', base_commit: 'b', base_name: null, prepared_commit: 'p' }),
          ...decisions,
        ],
        runs: [run(1, agentStarted)],
        now: 0,
      }).slices[0]?.state;
    const asked = decided(2, { type: 'stop_asked', slice: 'A1', run_id: 'run-1' });
    assert.equal(stateOf(), 'ready');
    assert.equal(stateOf(asked), 'failed');
    assert.equal(
      stateOf(asked, decided(3, { type: 'retried', slice: 'A1', run_id: 'run-1', revert: [], note: null })),
      'ready',
    );
  });

  test('a merge that was asked for stands until it was made or refused', () => {
    const asked = decided(1, { type: 'merge_asked', commit: 'c', into: 'main' });
    assert.equal(mergeDue([]), null);
    assert.equal(mergeDue([asked]), asked);
    assert.equal(mergeDue([decided(0, { type: 'merged', commit: 'b', into: 'main' }), asked]), asked);
    assert.equal(mergeDue([asked, decided(2, { type: 'merged', commit: 'b', into: 'other' })]), asked);
    assert.equal(mergeDue([asked, decided(2, { type: 'merged', commit: 'd', into: 'main' })]), null);
    assert.equal(mergeDue([asked, decided(2, { type: 'merge_refused', into: 'main', reason: 'r' })]), null);
  });
});
