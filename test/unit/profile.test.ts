import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import type {
  CommandRun,
  Decision,
  DecisionBody,
  RunEvent,
  RunEventBody,
  Verification,
} from '../../src/core/run/model.ts';
import { profilePlan, sumOf, type PlanProfile } from '../../src/core/run/profile.ts';
import { whatShortens } from '../../src/core/run/shorter.ts';
import { noTime, runTimes, TIME_KINDS, type Spent } from '../../src/core/run/spent.ts';
import type { RunFacts } from '../../src/core/run/state-model.ts';
import { profileJson, profileText } from '../../src/core/view/profile-text.ts';
import { assertLinear } from './cost.ts';
import { mergePoint, planOf, slice } from './plan-fixture.ts';

const BEGIN = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(BEGIN + seconds * 1_000).toISOString();

function check(command: string, seconds: number): Verification {
  return { command, exitCode: 0, durationMs: seconds * 1_000, output: '', outcome: 'passed' };
}

function installed(command: string, seconds: number): CommandRun {
  return { command, exitCode: 0, durationMs: seconds * 1_000, at: at(0), source: 'setup' };
}

/** An attempt of a slice, told by when it began and how long each part of it took, in seconds. */
interface Attempt {
  readonly node: string;
  readonly from: number;
  readonly setup?: number;
  readonly agent?: number;
  readonly checks?: number;
  /** What the tool takes before the agent, and again after the checks. */
  readonly tool?: number;
  readonly end?: 'verified' | 'needs_input' | 'failed' | null;
}

class Past {
  readonly plan: Plan;
  readonly runs: RunFacts[] = [];
  readonly decisions: Decision[];
  now = 0;

  constructor(plan: Plan, started = 0) {
    this.plan = plan;
    this.decisions = [];
    this.decide(started, { type: 'plan_started', base_commit: 'b', base_name: null, prepared_commit: 'p' });
  }

  decide(seconds: number, body: DecisionBody, by = 'person'): this {
    this.decisions.push({ v: 1, t: at(seconds), by, ...body });
    this.now = Math.max(this.now, seconds);
    return this;
  }

  /** Answers with the moment of its end. */
  attempt({ node, from, setup = 0, agent = 0, checks = 0, tool = 0, end = 'verified' }: Attempt): number {
    const events: RunEvent[] = [];
    let clock = from;
    const say = (body: RunEventBody, took = 0): void => {
      clock += took;
      events.push({ v: 1, t: at(clock), ...body });
    };
    const runId = `run-${String(this.runs.length).padStart(5, '0')}-${node}`;
    const mode = 'fresh';
    const who = { pid: 1, pid_started: '', host: '', worktree: `/w/${node}`, branch: null };
    say({ type: 'run_started', run_id: runId, plan: this.plan.id, slice: node, attempt: 1, mode, ...who });
    say({ type: 'worktree_ready', setup: setup > 0 ? [installed('npm ci', setup)] : [] }, setup + tool);
    say({ type: 'agent_started', adapter: 'demo', version: null, session_id: 's', pid: 2 });
    say({ type: 'agent_exited', code: 0, signal: null, is_error: false, reason: '' }, agent);
    say({ type: 'scope_checked', files: [], violations: [] });
    if (checks > 0) say({ type: 'verification', result: check('npm test', checks) }, checks);
    const stop = { condition: 'unexpected-scope' as const, detail: 'd', question: 'q', paths: [] };
    if (end !== null)
      say({ type: 'ended', end, reason: null, detail: null, stop: end === 'needs_input' ? stop : null }, tool);
    this.runs.push({ runId, events, alive: false });
    this.now = Math.max(this.now, clock);
    return clock;
  }

  facts(): Parameters<typeof profilePlan>[0] {
    const { plan, decisions, runs, now } = this;
    return { plan, graph: planGraph(plan), decisions, runs, now: BEGIN + now * 1_000 };
  }

  profile(): PlanProfile {
    const found = profilePlan(this.facts());
    assert.ok(found);
    return found;
  }
}

/** Seconds of each kind that took any. */
function seconds(spent: Spent): Record<string, number> {
  return Object.fromEntries(TIME_KINDS.flatMap((kind) => (spent[kind] > 0 ? [[kind, spent[kind] / 1_000]] : [])));
}

function whole(spent: Spent): number {
  return TIME_KINDS.reduce((sum, kind) => sum + spent[kind], 0);
}

suite('where the time of a plan went', () => {
  test('each stretch of a run belongs to the event that ends it', () => {
    const past = new Past(planOf([slice('A1')]));
    past.attempt({ node: 'A1', from: 0, setup: 30, agent: 100, checks: 20, tool: 5 });
    const times = runTimes(past.runs[0]!.events, null);
    assert.deepEqual(seconds(times!.spent), { agent: 100, 'set-up': 30, checks: 20, slicewave: 10 });
    assert.deepEqual(
      times!.commands.map(({ kind, command, took }) => [kind, command, took]),
      [
        ['set-up', 'npm ci', 30_000],
        ['checks', 'npm test', 20_000],
      ],
    );
  });

  test('of a run that is at work the time until now counts: of its agent, or of its checks', () => {
    const past = new Past(planOf([slice('A1')]));
    past.attempt({ node: 'A1', from: 0, agent: 100, end: null });
    const { events } = past.runs[0]!;
    const atWork = events.filter(({ type }) => type !== 'agent_exited' && type !== 'scope_checked');
    assert.deepEqual(seconds(runTimes(atWork, BEGIN + 160_000)!.spent), { agent: 160 });
    assert.deepEqual(seconds(runTimes(events, BEGIN + 160_000)!.spent), { agent: 100, checks: 60 });
    assert.deepEqual(seconds(runTimes(events, null)!.spent), { agent: 100 });
  });

  test('a clock that was put back makes no time', () => {
    const past = new Past(planOf([slice('A1')]));
    past.attempt({ node: 'A1', from: 7_200, agent: 100, checks: 10 });
    const [first, ...rest] = past.runs[0]!.events;
    const back = rest.map((event) => ({ ...event, t: new Date(Date.parse(event.t) - 7_150_000).toISOString() }));
    const times = runTimes([first!, ...back], null);
    assert.equal(whole(times!.spent), times!.to - times!.from);
    for (const kind of TIME_KINDS) assert.ok(times!.spent[kind] >= 0, kind);
    assert.equal(runTimes([{ ...first!, t: 'soon' }], null), null);
  });

  test('the chain goes back from what ended last over what each waited for last', () => {
    const plan = planOf(
      [slice('A1'), slice('B1', { deps: ['A1'] }), slice('B2', { deps: ['A1'] }), slice('C1', { deps: ['B1', 'B2'] })],
      { mergePoints: [mergePoint('MP1', ['B1', 'B2'], ['C1'])] },
    );
    const past = new Past(plan);
    past.attempt({ node: 'A1', from: 2, agent: 10, checks: 3 }); // until 15
    past.attempt({ node: 'B1', from: 16, agent: 5 }); // until 21
    past.attempt({ node: 'B2', from: 16, agent: 8, end: 'needs_input' }); // until 24
    past.decide(124, { type: 'approved', slice: 'B2', run_id: 'run-00002-B2', paths: ['x'], waive: [] });
    past.attempt({ node: 'B2', from: 126, checks: 4 }); // until 130
    past.attempt({ node: 'MP1', from: 131, checks: 9 }); // until 140
    past.attempt({ node: 'C1', from: 140, agent: 20 });
    const { chain, spent, isDone, most, from, to, nodes } = past.profile();
    assert.deepEqual(
      chain.map((link) => [link.id, (link.from - BEGIN) / 1_000, (link.to - BEGIN) / 1_000, seconds(link.spent)]),
      [
        ['A1', 0, 15, { agent: 10, checks: 3, slicewave: 2 }],
        ['B2', 15, 130, { agent: 8, checks: 4, slicewave: 3, person: 100 }],
        ['MP1', 130, 140, { checks: 9, slicewave: 1 }],
        ['C1', 140, 160, { agent: 20 }],
      ],
    );
    assert.deepEqual([isDone, most, to - from], [true, 2, 160_000]);
    assert.equal(whole(spent), 160_000);
    const b1 = nodes.find(({ id }) => id === 'B1');
    assert.deepEqual(seconds(b1!.spent), { agent: 5, slicewave: 1, dependency: 15 });
    assert.deepEqual(nodes.find(({ id }) => id === 'B2')?.waits, [
      { on: 'unexpected-scope', took: 100_000, isOver: true },
    ]);
  });

  test('who could start while as many worked as ever did waited for a slot; while nothing ran, for somebody', () => {
    const past = new Past(planOf([slice('A1'), slice('A2'), slice('A3')]));
    past.attempt({ node: 'A1', from: 0, agent: 50 });
    past.attempt({ node: 'A2', from: 0, agent: 60 });
    past.attempt({ node: 'A3', from: 52, agent: 10, end: null }); // died at 62
    past.attempt({ node: 'A3', from: 362, agent: 10 });
    const { nodes, chain } = past.profile();
    const a3 = nodes.find(({ id }) => id === 'A3');
    assert.deepEqual(seconds(a3!.spent), { agent: 20, slicewave: 2, slot: 50, nobody: 300 });
    assert.deepEqual(
      chain.map(({ id }) => id),
      ['A3'],
    );
  });

  test('from when a runner was killed until the next one begins nobody runs it, however short that is', () => {
    const past = new Past(planOf([slice('A1')]));
    past.attempt({ node: 'A1', from: 1, agent: 5, end: null }); // killed at 6
    past.attempt({ node: 'A1', from: 16, agent: 5, end: null }); // and again at 21
    past.now = 30;
    assert.deepEqual(seconds(past.profile().spent), { agent: 10, slicewave: 1, nobody: 19 });
  });

  test('what was skipped, or failed and is tried again by itself, asks nobody in vain', () => {
    const past = new Past(planOf([slice('A1'), slice('A2'), slice('A3')]));
    past.attempt({ node: 'A1', from: 0, agent: 10, end: 'failed' });
    past.attempt({ node: 'A1', from: 11, agent: 10 }); // the next attempt, without a word of anybody
    past.attempt({ node: 'A2', from: 0, agent: 5, end: 'needs_input' });
    past.decide(25, { type: 'skipped', slice: 'A2', reason: null });
    past.decide(30, { type: 'skipped', slice: 'A3', reason: 'not needed' });
    const { nodes, isDone } = past.profile();
    const of = (id: string): Record<string, number> => seconds(nodes.find((node) => node.id === id)!.spent);
    assert.equal(isDone, true);
    assert.equal(of('A1')['person'], undefined);
    assert.deepEqual(of('A2'), { agent: 5, person: 20 });
    assert.equal(of('A3')['person'], undefined);
  });

  test('as people read it', () => {
    const past = new Past(planOf([slice('A1'), slice('A2'), slice('B1', { deps: ['A1'] })]));
    past.attempt({ node: 'A1', from: 1, setup: 30, agent: 100, checks: 20, tool: 5, end: 'needs_input' });
    past.decide(4_000, { type: 'approved', slice: 'A1', run_id: 'run-00000-A1', paths: ['x'], waive: [] });
    past.attempt({ node: 'A1', from: 4_001, checks: 20 });
    past.attempt({ node: 'A2', from: 1, agent: 2 });
    past.attempt({ node: 'B1', from: 4_021, agent: 60, checks: 4 });
    assert.equal(
      profileText('TS-1', past.profile()),
      `TS-1: 1h08m until everything was done

Where the time went, along the chain that decided it
  waiting for a person  1h03m  94 %
  agents at work           2m   4 %
  checks                  44s   1 %
  set-up                  30s   1 %
  Slicewave itself        12s   0 %

That chain: each began when the one before it was done
  A1   +0.0s  1h07m  waiting for a person 1h03m, agents at work 1m, checks 40s, set-up 30s, Slicewave itself 12s
  B1  +1h07m     1m  agents at work 1m, checks 4.0s

In all: waiting for a person 1h03m, agents at work 2m, checks 44s, set-up 30s, Slicewave itself 13s; 2 slices at once at most

What would have shortened it, each by itself
  up to 1h03m  answers at once  A1 1h03m (unexpected-scope)
  up to 44s    no checks        \`npm test\` 44s in 3 runs
`,
    );
  });

  test('nothing ran: nothing to tell', () => {
    const { plan } = new Past(planOf([slice('A1')]));
    assert.equal(profilePlan({ plan, graph: planGraph(plan), decisions: [], runs: [], now: BEGIN }), null);
  });

  /** Plans with a history that a scheduler might have made: by list scheduling, with waits and failures. */
  const pasts = fc
    .record({
      deps: fc.array(fc.array(fc.nat({ max: 12 }), { maxLength: 3 }), { minLength: 1, maxLength: 12 }),
      slots: fc.integer({ min: 1, max: 4 }),
      takes: fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 90 }), fc.nat({ max: 30 }), fc.nat({ max: 5 })), {
        minLength: 13,
        maxLength: 13,
      }),
      asks: fc.array(fc.nat({ max: 200 }), { minLength: 13, maxLength: 13 }),
      cutAt: fc.option(fc.nat({ max: 500 })),
    })
    .map(({ deps, slots, takes, asks, cutAt }) => {
      const ids = deps.map((_, index) => `S${index}`);
      const plan = planOf(
        ids.map((id, index) =>
          slice(id, { deps: [...new Set(deps[index]!.filter((other) => other < index).map((other) => `S${other}`))] }),
        ),
      );
      const past = new Past(plan);
      const lanes = new Array<number>(slots).fill(0);
      const done = new Map<string, number>();
      for (const [index, { id, deps: needs }] of plan.slices.entries()) {
        const ready = Math.max(0, ...needs.map((need) => done.get(need) ?? 0));
        const lane = lanes.indexOf(Math.min(...lanes));
        const from = Math.max(ready, lanes[lane]!);
        if (cutAt !== null && from > cutAt) continue;
        const [setup, agent, checks, tool] = takes[index]!;
        const asked = asks[index]! > 150 ? asks[index]! : 0;
        let end = past.attempt({
          node: id,
          from,
          setup,
          agent,
          checks,
          tool,
          end: asked > 0 ? 'needs_input' : 'verified',
        });
        lanes[lane] = end;
        if (asked > 0) {
          const runId = past.runs.at(-1)!.runId;
          past.decide(end + asked, { type: 'approved', slice: id, run_id: runId, paths: [], waive: [] });
          end = past.attempt({ node: id, from: end + asked + 1, checks });
        }
        done.set(id, end);
      }
      return past;
    });

  test('property: the chain is the whole time, each slice all of its own, and nothing is below nothing', () => {
    fc.assert(
      fc.property(pasts, (past) => {
        const found = profilePlan(past.facts());
        if (!found) return;
        const { from, to, chain, spent, nodes } = found;
        assert.equal(whole(spent), to - from);
        assert.deepEqual(sumOf(chain.map((link) => link.spent)), spent);
        chain.forEach((link, index) => {
          assert.equal(link.from, chain[index - 1]?.to ?? from);
          assert.equal(whole(link.spent), link.to - link.from);
        });
        if (chain.length > 0) assert.equal(chain.at(-1)!.to, to);
        for (const node of nodes) {
          for (const kind of TIME_KINDS) assert.ok(node.spent[kind] >= 0, `${node.id} ${kind}`);
          assert.equal(whole(node.spent), (node.done ?? to) - from, node.id);
        }
        for (const { saves } of whatShortens(found)) assert.ok(saves > 0 && saves <= to - from);
        assert.doesNotMatch(profileText(past.plan.id, found), /NaN|undefined|Infinity/);
        const { chain: told, nodes: all } = profileJson(past.plan.id, found);
        assert.deepEqual(
          [told, all].map((list) => (list as readonly unknown[]).length),
          [chain.length, nodes.length],
        );
      }),
      { numRuns: 300 },
    );
  });

  test('2,000 slices with their runs', () => {
    const past = (count: number): Past => {
      const made = new Past(
        planOf(Array.from({ length: count }, (_, i) => slice(`S${i}`, i > 9 ? { deps: [`S${i - 10}`] } : {}))),
      );
      for (let i = 0; i < count; i++)
        made.attempt({ node: `S${i}`, from: Math.floor(i / 10) * 20 + (i % 3), agent: 15, checks: 2 });
      return made;
    };
    assertLinear('profile', 2_000, (count) => {
      const found = past(count).profile();
      whatShortens(found);
      profileText('x', found);
    });
  });
});

suite('what would have shortened a plan', () => {
  const node = (id: string, spent: Partial<Spent>, needs: readonly string[] = []): PlanProfile['nodes'][number] => ({
    id,
    kind: 'slice',
    state: 'verified',
    runs: 1,
    ready: 0,
    done: 0,
    spent: { ...noTime(), ...spent },
    waits: [],
    commands: [],
    needs,
  });
  const shorter = (nodes: PlanProfile['nodes'], most: number): Record<string, number> => {
    const profile = { from: 0, to: 100_000, isDone: true, nodes, chain: [], spent: noTime(), most };
    return Object.fromEntries(whatShortens(profile).map(({ change, saves }) => [change, saves]));
  };

  test('one slot more, and no limit', () => {
    const four = ['A', 'B', 'C', 'D'].map((id) => node(id, { agent: 10_000 }));
    assert.deepEqual(shorter(four, 2), { slots: 10_000 });
    assert.deepEqual(shorter(four, 3), { slot: 10_000 });
    assert.deepEqual(shorter(four, 4), {});
  });

  test('a wait saves what it held up, and nothing beside a longer one', () => {
    const nodes = [
      node('A', { agent: 5_000, person: 20_000 }),
      node('B', { agent: 24_000 }),
      node('C', { agent: 5_000 }, ['A']),
    ];
    assert.deepEqual(shorter(nodes, 3), { answers: 6_000 });
    assert.deepEqual(shorter([node('A', { agent: 5_000, person: 20_000 }), node('B', { agent: 25_000 })], 2), {});
  });

  test('who waits for a person holds no slot', () => {
    const nodes = [node('A', { agent: 5_000, person: 20_000 }), node('B', { agent: 10_000 })];
    assert.deepEqual(shorter(nodes, 1), { answers: 10_000 });
  });

  test('checks and set-ups count only as far as they are on the way', () => {
    const nodes = [node('A', { agent: 10_000, checks: 30_000 }), node('B', { 'set-up': 25_000, agent: 10_000 })];
    assert.deepEqual(shorter(nodes, 2), { checks: 5_000 });
  });

  test('what needs each other says nothing, and stops nobody', () => {
    assert.deepEqual(shorter([node('A', { agent: 10_000 }, ['B']), node('B', { agent: 10_000 }, ['A'])], 2), {});
  });
});
