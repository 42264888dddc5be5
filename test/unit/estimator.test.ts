import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { estimatesOf, learnEstimator, NOTHING_LEARNED, type DurationSample } from '../../src/core/plan/estimator.ts';
import { durationSamples } from '../../src/core/run/durations.ts';
import type { RunEventBody } from '../../src/core/run/model.ts';
import type { RunFacts } from '../../src/core/run/state-model.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { planText } from '../../src/core/view/plan-text.ts';
import { estimatorText } from '../../src/core/view/schedule-text.ts';
import { openEngine } from '../../src/node/engine.ts';
import { pastRuns } from '../../src/node/plan/past-runs.ts';
import { openRepository } from '../../src/node/git/repository.ts';
import { planOf, slice } from './plan-fixture.ts';

function sample(id: string, declaredMinutes: number, actualMinutes: number, given: Partial<DurationSample> = {}) {
  return {
    plan: 'TS-0',
    slice: id,
    adapter: 'claude',
    kind: 'engineering' as const,
    declaredMinutes,
    writes: 3,
    actualMinutes,
    at: '2026-01-01T00:00:00Z',
    ...given,
  };
}

suite('estimator', () => {
  test('nothing known: what is declared counts', () => {
    assert.deepEqual(NOTHING_LEARNED.estimate(slice('A', { estimateMinutes: 90 }), 'TS-1'), {
      minutes: 90,
      low: 90,
      high: 90,
      basis: 'declared',
      samples: 0,
      errorPercent: null,
    });
    assert.equal(estimatorText(NOTHING_LEARNED.summary), null);
    const two = learnEstimator([sample('A', 60, 30), sample('B', 60, 30)]);
    assert.equal(two.estimate(slice('C'), 'TS-1').basis, 'declared');
    assert.equal(
      estimatorText(two.summary),
      'Estimates: as declared; 2 verified slices of claude are too few to learn from',
    );
  });

  test('slices that take a third of what was declared, drawn towards it while they are few', () => {
    const samples = (count: number) => Array.from({ length: count }, (_, i) => sample(`S${i}`, 60, 20));
    const at = (count: number): number =>
      learnEstimator(samples(count)).estimate(slice('new', { estimateMinutes: 60 }), 'TS-1').minutes;
    // All, the kind and the size say the same thrice: each leaves three eighths of the distance of the logarithms with five slices.
    assert.equal(at(4), 60);
    assert.equal(at(5), Math.round(60 * Math.exp(Math.log(1 / 3) * (1 - (3 / 8) ** 3))));
    assert.ok(at(5) > at(9) && at(9) >= 20);
    assert.equal(at(50), 20);
  });

  test('kinds and sizes differ', () => {
    const samples = [
      ...Array.from({ length: 8 }, (_, i) => sample(`small${i}`, 60, 120)),
      ...Array.from({ length: 8 }, (_, i) => sample(`large${i}`, 240, 80)),
      ...Array.from({ length: 8 }, (_, i) => sample(`ops${i}`, 60, 6, { kind: 'ops' })),
    ];
    const estimator = learnEstimator(samples);
    const minutes = (estimateMinutes: number, kind: 'engineering' | 'ops' = 'engineering'): number =>
      estimator.estimate(slice('new', { estimateMinutes, kind }), 'TS-1').minutes;
    assert.ok(minutes(45) > 45 && minutes(300) < 200 && minutes(60, 'ops') < 15);
    assert.equal(estimator.estimate(slice('new', { estimateMinutes: 60 }), 'TS-1').samples, 8);
  });

  test('an outlier moves the middle little; the range and the error show the spread', () => {
    const took = [40, 44, 48, 50, 52, 55, 60, 66, 70, 2_000];
    const estimator = learnEstimator(took.map((minutes, i) => sample(`S${i}`, 120, minutes)));
    const estimate = estimator.estimate(slice('new'), 'TS-1');
    assert.ok(estimate.minutes > 50 && estimate.minutes < 65, String(estimate.minutes));
    assert.ok(estimate.low <= 45 && estimate.high >= 66);
    assert.equal(estimate.errorPercent, estimator.summary.errorPercent);
    assert.ok(estimator.summary.errorPercent! > 5 && estimator.summary.errorPercent! < 40);
    assert.match(
      estimatorText(estimator.summary)!,
      /^Estimates: learned from 10 verified slices of claude; typically off by \d+% \(declared ones by a factor of 2\.\d\)$/,
    );
  });

  test('the error leaves out the slice that it judges', () => {
    // By hand, five slices of 60: three take 30, two take 60. Each is estimated from the four others.
    const estimator = learnEstimator([30, 30, 30, 60, 60].map((minutes, i) => sample(`S${i}`, 60, minutes)));
    const pull = (middle: number): number => {
      let log = 0;
      for (let i = 0; i < 3; i++) log = (4 * middle + 3 * log) / 7;
      return 60 * Math.exp(log);
    };
    const half = Math.log(0.5);
    const off = (estimated: number, actual: number): number => (Math.abs(estimated - actual) / actual) * 100;
    const errors = [
      ...Array.from({ length: 3 }, () => off(pull(half / 2), 30)),
      off(pull(half), 60),
      off(pull(half), 60),
    ];
    assert.ok(Math.abs(estimator.summary.errorPercent! - errors.sort((a, b) => a - b)[2]!) < 1e-9);
  });

  test('another kind of work teaches nothing, nor do times that have nothing in common; no error above 100 % is printed', () => {
    const samples = Array.from({ length: 9 }, (_, i) => sample(`S${i}`, 60, 20));
    const ops = learnEstimator(samples).estimate(slice('n', { estimateMinutes: 60, kind: 'ops' }), 'TS-1');
    assert.deepEqual([ops.minutes, ops.basis], [60, 'declared']);
    const wild = learnEstimator([1, 1, 90, 1, 200, 2, 300, 1, 240, 1].map((took, i) => sample(`S${i}`, 120, took)));
    assert.ok(wild.summary.errorPercent! > 100);
    assert.equal(wild.estimate(slice('n', { estimateMinutes: 60 }), 'TS-1').basis, 'declared');
    assert.equal(
      estimatorText(wild.summary),
      'Estimates: as declared; the times of 10 verified slices of claude differ too much to learn from',
    );
    const slow = learnEstimator(Array.from({ length: 9 }, (_, i) => sample(`S${i}`, 240, 10)));
    assert.match(estimatorText(slow.summary)!, /typically off by \d+% \(declared ones by a factor of 24\.0\)$/);
  });

  test('where people declare well, nothing is learned over it', () => {
    const estimator = learnEstimator([100, 100, 50, 200, 100].map((minutes, i) => sample(`S${i}`, minutes, minutes)));
    assert.equal(estimator.summary.declaredErrorPercent, 0);
    assert.equal(estimator.estimate(slice('new'), 'TS-1').basis, 'declared');
    assert.match(estimatorText(estimator.summary)!, /teach nothing better/);
  });

  test('each agent on its own; scripts never unless asked for', () => {
    const samples = [
      ...Array.from({ length: 9 }, (_, i) => sample(`d${i}`, 60, 0.01, { adapter: 'demo' })),
      ...Array.from({ length: 9 }, (_, i) => sample(`s${i}`, 60, 0.01, { adapter: 'command' })),
      ...Array.from({ length: 6 }, (_, i) => sample(`x${i}`, 60, 30, { adapter: 'codex' })),
      ...Array.from({ length: 5 }, (_, i) => sample(`c${i}`, 60, 90, { adapter: 'claude' })),
    ];
    assert.deepEqual([learnEstimator(samples).summary.adapter, learnEstimator(samples).summary.runs], ['codex', 6]);
    assert.ok(learnEstimator(samples, 'claude').estimate(slice('n', { estimateMinutes: 60 }), 'TS-1').minutes > 60);
    assert.equal(learnEstimator(samples, 'command').summary.runs, 9);
    assert.equal(learnEstimator(samples.slice(0, 18)).summary.adapter, null);
  });

  test('what a slice of this plan really took stands; the schedule follows', () => {
    const plan = planOf([slice('A', { estimateMinutes: 60 }), slice('B', { estimateMinutes: 60, deps: ['A'] })]);
    const samples = Array.from({ length: 9 }, (_, i) => sample(`S${i}`, 60, 20));
    const estimator = learnEstimator([...samples, sample('A', 60, 33, { plan: plan.id })]);
    const { estimates, minutes } = estimatesOf(plan, estimator);
    assert.equal(estimates.get('A')!.basis, 'actual');
    const graph = planGraph(plan, { minutes });
    assert.equal(graph.makespanMinutes, 33 + estimates.get('B')!.minutes);
    const text = planText(plan, graph, [], { ascii: true, estimates, estimator: estimator.summary });
    assert.match(text, /A {2}Slice A {5}33m {2}actual {3}critical/);
    assert.match(text, /B {2}Slice B {5}20m {2}learned {2}critical/);
    assert.match(text, /\nEstimates: learned from 10 verified slices of claude; typically off by \d+%/);
  });

  test('property: sane for any history, whatever order it is found in', () => {
    const number = fc.oneof(
      fc.double(),
      fc.constantFrom(0, -1, Number.NaN, Infinity),
      fc.integer({ min: 1, max: 500 }),
    );
    const samples = fc.array(
      fc.record({
        plan: fc.constantFrom('TS-0', 'TS-2'),
        slice: fc.string({ maxLength: 3 }),
        adapter: fc.constantFrom('claude', 'codex', 'demo'),
        kind: fc.constantFrom('engineering' as const, 'ops' as const),
        declaredMinutes: number,
        writes: fc.nat(10),
        actualMinutes: number,
        at: fc.constantFrom('2026-01-01', '2026-01-02'),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 1000 }), (history, estimateMinutes) => {
        const estimator = learnEstimator(history);
        const one = slice('new', { estimateMinutes });
        const estimate = estimator.estimate(one, 'TS-9');
        assert.ok(estimate.minutes > 0 && estimate.low <= estimate.minutes && estimate.minutes <= estimate.high);
        assert.deepEqual(learnEstimator(history.toReversed()).estimate(one, 'TS-9'), estimate);
        assert.deepEqual(learnEstimator(history.toReversed()).summary, estimator.summary);
      }),
      { numRuns: 300 },
    );
  });
});

/** A run whose events come at the given minutes. */
function run(runId: string, name: string, ...events: readonly (readonly [number, RunEventBody])[]): RunFacts {
  const start: RunEventBody = {
    type: 'run_started',
    run_id: runId,
    plan: 'TS-1-shop',
    slice: name,
    attempt: 1,
    mode: 'fresh',
    pid: 1,
    pid_started: '',
    host: '',
    worktree: '/w',
    branch: null,
  };
  const at = (minutes: number): string => new Date(Date.parse('2026-01-01T00:00:00Z') + minutes * 60_000).toISOString();
  return {
    runId,
    alive: false,
    events: ([[0, start], ...events] as const).map(([minutes, body]) => ({ v: 1 as const, t: at(minutes), ...body })),
  };
}

const began = (adapter: string): RunEventBody => ({
  type: 'agent_started',
  adapter,
  version: null,
  session_id: '',
  pid: 1,
});
const exited: RunEventBody = { type: 'agent_exited', code: 0, signal: null, is_error: false, reason: '' };
const ended = (end: 'verified' | 'needs_input' | 'failed'): RunEventBody => ({
  type: 'ended',
  end,
  reason: null,
  detail: null,
  stop: null,
});

suite('durations of earlier runs', () => {
  const plan = planOf([slice('A', { estimateMinutes: 60 }), slice('B'), slice('C'), slice('D')]);
  const runs = [
    // Asked after 10 minutes; the answer came hours later; then 15 minutes more, and checks that took 100.
    run('1', 'A', [5, began('claude')], [15, exited], [15, ended('needs_input')]),
    run('2', 'A', [500, began('claude')], [515, exited], [615, ended('verified')]),
    run('3', 'A', [700, began('claude')], [900, exited], [900, ended('failed')]),
    // Cut short after 7 minutes, then done in 3.
    run('4', 'B', [0, began('codex')], [7, { type: 'agent_edit', tool: 'Edit', path: 'x' }]),
    run('5', 'B', [10, began('codex')], [13, exited], [14, ended('verified')]),
    run('6', 'C', [0, began('claude')], [9, exited], [9, ended('failed')]),
    run('7', 'C', [0, began('codex')], [9, exited], [9, ended('verified')]),
    run('8', 'D', [0, began('claude')], [9, exited], [9, ended('failed')]),
    run('9', 'gone', [0, began('claude')], [9, exited], [9, ended('verified')]),
  ];

  test('agent time of all attempts up to the verified one, without answers and checks', () => {
    assert.deepEqual(
      durationSamples(plan, runs).map((s) => [s.slice, s.adapter, s.declaredMinutes, s.actualMinutes]),
      [
        ['A', 'claude', 60, 25],
        ['B', 'codex', 120, 10],
      ],
    );
  });

  test('read from the run directories of a repository, whatever lies there', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'slicewave-past-runs-'));
    try {
      const write = (file: string, text: string): void => {
        mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
        writeFileSync(path.join(root, file), text);
      };
      const task = '---\nid: A\nestimate: 1h\n---\n# Task A: A\n';
      write('parallel/TS-1-shop/manifest.json', '{"tech_spec_id": "TS-1", "waves": []}');
      write('parallel/TS-1-shop/tasks/A.md', task);
      write('parallel/TS-2-broken/manifest.json', '{');
      const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' };
      const git = (...args: string[]): void =>
        void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: root, env });
      git('init', '-q');
      git('add', '.');
      git('commit', '-qm', 'plan');
      runs.slice(0, 3).forEach((one, i) => {
        const lines = one.events.map((event) => JSON.stringify(event));
        write(`.agent-runs/20260101T00000000${i}Z-A-x/events.jsonl`, `${lines.join('\n')}\nnot json\n{"type": 3}\n`);
      });
      write('.agent-runs/20260101T000000008Z-A-x/trace.json', '{}');
      write('.agent-runs/20260101T000000009Z-A-x/events.jsonl', '[]\nnull\n{"t":"x","type":"run_started"}\n');
      const repository = await openRepository(root);
      assert.ok(repository.ok);
      const samples = await pastRuns(repository.value);
      assert.deepEqual(
        samples.map((s) => [s.plan, s.slice, s.declaredMinutes, s.actualMinutes]),
        [['TS-1-shop', 'A', 60, 25]],
      );
      rmSync(path.join(root, '.agent-runs'), { recursive: true });
      assert.deepEqual(await pastRuns(repository.value), []);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  test('a clock that was years ahead teaches nothing', () => {
    const plan = planOf([slice('A')], { id: 'TS-1-shop' });
    const record = run('20260101T000000001Z-A-x', 'A', [0, began('claude')], [30, exited], [31, ended('verified')]);
    assert.equal(durationSamples(plan, [record])[0]?.actualMinutes, 30);
    const events = record.events.map((event) =>
      event.type === 'agent_exited' ? { ...event, t: '9999-12-31T00:00:00Z' } : event,
    );
    assert.deepEqual(durationSamples(plan, [{ ...record, events }]), []);
  });

  test('what is left of a plan is told by what they teach, as its judge does', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'slicewave-learned-'));
    try {
      const write = (file: string, text: string): void => {
        mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
        writeFileSync(path.join(root, file), text);
      };
      const task = (id: string, deps: string): void =>
        write(
          `parallel/TS-1-shop/tasks/${id}.md`,
          `---\nid: ${id}\nestimate: 2h\ndeps: [${deps}]\n---\n# Task ${id}: ${id}\n`,
        );
      write('parallel/TS-1-shop/manifest.json', '{"tech_spec_id": "TS-1", "waves": []}');
      for (const id of ['A', 'B', 'G', 'H', 'C', 'D']) task(id, '');
      task('E', 'D');
      const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' };
      const git = (...args: string[]): void =>
        void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: root, env });
      git('init', '-q');
      git('add', '.');
      git('commit', '-qm', 'plan');
      const opened = await openEngine(root, { slicewave: [] });
      assert.ok(opened.ok);
      const engine = opened.value;
      const verified = (place: number, id: string): void => {
        const name = `20260101T00000000${place}Z-${id}-x`;
        const { events } = run(name, id, [0, began('claude')], [30, exited], [31, ended('verified')]);
        write(`.agent-runs/${name}/events.jsonl`, `${events.map((event) => JSON.stringify(event)).join('\n')}\n`);
      };
      const left = async (): Promise<readonly [number, number | undefined]> => {
        const state = await engine.state('parallel/TS-1-shop');
        assert.ok(state.ok);
        return [state.value.remainingMinutes, state.value.slices.find(({ id }) => id === 'C')?.slackMinutes];
      };
      assert.deepEqual(await left(), [240, 120]);
      verified(1, 'A');
      verified(2, 'B');
      verified(3, 'G');
      verified(4, 'H');
      assert.deepEqual(await left(), [240, 120], 'four slices teach nothing');
      verified(5, 'C');
      const judged = await engine.judge('parallel/TS-1-shop');
      assert.ok(judged.ok);
      const { estimates } = judged.value.judgement;
      const [d, e] = ['D', 'E'].map((id) => estimates.get(id)?.minutes ?? 0);
      assert.deepEqual([estimates.get('D')?.basis, d! < 60, d === e], ['learned', true, true]);
      assert.equal((await left())[0], d! + e!);
      // The plan itself may change while nothing more is verified.
      task('E', 'D, A');
      task('D', 'C, A');
      task('F', 'E');
      assert.equal((await left())[0], 3 * d!);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
