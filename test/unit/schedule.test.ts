import assert from 'node:assert/strict';
import fc from 'fast-check';
import { breakEven } from '../../src/core/plan/break-even.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { PlanGraph } from '../../src/core/plan/graph-model.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { listSchedule, priorityOf, whatIf } from '../../src/core/plan/schedule.ts';
import { breakEvenText, whatIfLines } from '../../src/core/view/schedule-text.ts';
import { planOf, slice } from './plan-fixture.ts';
import { acyclic, planFrom, shapes, shuffled } from './plan-shapes.ts';

/** A slice by id, minutes and dependencies. */
function timed(id: string, estimateMinutes: number, deps: string[] = [], workstream: string | null = null) {
  return slice(id, { estimateMinutes, deps, workstream });
}

suite('plan schedule', () => {
  test('two agents share three equal slices', () => {
    const plan = planOf([slice('A'), slice('B'), slice('C')]);
    const rows = whatIf(planGraph(plan), [1, 2, 3, 64]);
    assert.deepEqual(
      rows.map((row) => [row.agents, row.makespanMinutes, row.lowerBoundMinutes, row.speedup, row.idleShare]),
      [
        [1, 360, 360, 1, 0],
        [2, 240, 180, 1.5, 0.25],
        [3, 120, 120, 3, 0],
        [64, 120, 120, 3, 1 - 3 / 64],
      ],
    );
    assert.deepEqual(rows[1]!.bounds, { path: 120, work: 180, level: 180 });
    assert.deepEqual(whatIfLines(rows.slice(0, 2)), [
      '  Agents  takes  at least   path  work/n  level  speedup  idle',
      '       1  6h00m     6h00m  2h00m   6h00m  6h00m    1.00x    0%',
      '       2  4h00m     3h00m  2h00m   3h00m  3h00m    1.50x   25%',
      '  at least: the longest of path (the critical path), work/n (all work, shared evenly) and level (the same, where the plan is narrow at its start or end)',
    ]);
    const long = whatIfLines(whatIf(planGraph(plan), [1, 2, 3, 4, 5, 6]));
    assert.deepEqual(
      long.slice(1, -1).map((line) => line.trim().replace(/ {2}.*/, '')),
      ['1', '2', '3', '4..6 agents are no faster than 3'],
    );
  });

  test('the longest remaining path goes first, and says who does what', () => {
    const plan = planOf([timed('short1', 60), timed('short2', 60), timed('head', 30), timed('tail', 100, ['head'])]);
    const graph = planGraph(plan);
    assert.deepEqual([...priorityOf(graph)].sort((a, b) => b[1] - a[1])[0], ['head', 130]);
    assert.deepEqual(listSchedule(graph, 2), {
      agents: 2,
      makespanMinutes: 130,
      busiest: 2,
      assignments: [
        { id: 'head', agent: 1, start: 0, end: 30 },
        { id: 'short1', agent: 2, start: 0, end: 60 },
        { id: 'tail', agent: 1, start: 30, end: 130 },
        { id: 'short2', agent: 2, start: 60, end: 120 },
      ],
    });
  });

  test('the level bound sees a plan that is narrow at one end', () => {
    const fan = [timed('first', 10), ...['B', 'C', 'D', 'E'].map((id) => timed(id, 10, ['first']))];
    const [row] = whatIf(planGraph(planOf(fan)), [2]);
    assert.deepEqual(row!.bounds, { path: 20, work: 25, level: 30 });
    assert.equal(row!.makespanMinutes, 30);
    const comb = [...['B', 'C', 'D', 'E'].map((id) => timed(id, 10)), timed('last', 10, ['B', 'C', 'D', 'E'])];
    assert.equal(whatIf(planGraph(planOf(comb)), [2])[0]!.bounds.level, 30);
  });

  test('no slices, no minutes, fractions of minutes', () => {
    assert.equal(listSchedule(planGraph(planOf([])), 3).makespanMinutes, 0);
    const nothing = planGraph(planOf([timed('A', 0), timed('B', 0, ['A']), timed('C', Number.NaN, ['B'])]));
    assert.equal(nothing.makespanMinutes, 0);
    assert.deepEqual(nothing.criticalPath, ['A', 'B', 'C']);
    assert.deepEqual(whatIf(nothing, [1])[0]!.idleShare, 0);
    assert.deepEqual(
      listSchedule(nothing, 1).assignments.map(({ id, start }) => [id, start]),
      [
        ['A', 0],
        ['B', 0],
        ['C', 0],
      ],
    );
    // 0.1 + 0.2 is not 0.3: both ways to the end are critical all the same.
    const thirds = planGraph(
      planOf([timed('A', 0.1), timed('B', 0.2, ['A']), timed('C', 0.3), timed('D', 1, ['B', 'C'])]),
    );
    assert.deepEqual(
      [...thirds.schedule.values()].map(({ critical, slack }) => [critical, slack]),
      [
        [true, 0],
        [true, 0],
        [true, 0],
        [true, 0],
      ],
    );
  });

  test('learned minutes replace the declared ones, and the plan stays', () => {
    const plan = planOf([timed('A', 60), timed('B', 60), timed('C', 60, ['A', 'B'])]);
    const graph = planGraph(plan, { minutes: new Map([['B', 90]]) });
    assert.equal(graph.makespanMinutes, 150);
    assert.equal(graph.schedule.get('A')!.slack, 30);
    assert.equal(graph.schedule.get('B')!.minutes, 90);
    assert.equal(whatIf(graph, [1])[0]!.makespanMinutes, 210);
    assert.equal(planGraph(plan).makespanMinutes, 120);
  });

  test('property: a schedule violates no edge, no agent does two things at once, and nobody rests while work waits', () => {
    fc.assert(
      fc.property(fc.oneof(shapes, acyclic), fc.integer({ min: 1, max: 5 }), (shape, agents) => {
        const graph = planGraph(planFrom(shape));
        const { assignments, makespanMinutes, busiest } = listSchedule(graph, agents);
        assert.deepEqual(new Set(assignments.map(({ id }) => id)), new Set(graph.order));
        const at = new Map(assignments.map((one) => [one.id, one]));
        for (const { from, to } of graph.edges) {
          if (at.has(to)) assert.ok(at.get(from)!.end <= at.get(to)!.start, `${from} before ${to}`);
        }
        for (const a of assignments) {
          assert.ok(a.agent >= 1 && a.agent <= agents && a.end - a.start - graph.schedule.get(a.id)!.minutes < 1e-9);
          const together = assignments.filter((b) => b.start <= a.start && a.start < b.end);
          assert.ok(together.length <= agents && together.length <= busiest);
          for (const b of assignments) {
            if (b !== a && b.agent === a.agent) assert.ok(a.end <= b.start || b.end <= a.start);
          }
          // It could start no earlier: something it waits for ends just then, or everyone is busy until then.
          const released = Math.max(0, ...graph.schedule.get(a.id)!.deps.map((dep) => at.get(dep)!.end));
          for (const { end } of assignments.filter(({ end }) => end >= released && end < a.start)) {
            assert.equal(assignments.filter((b) => b.start <= end && end < b.end).length, agents);
          }
        }
        assert.equal(makespanMinutes, Math.max(0, ...assignments.map(({ end }) => end)));
        assert.equal(whatIf(graph, [agents])[0]!.makespanMinutes, makespanMinutes);
      }),
      { numRuns: 400 },
    );
  });

  test('property: no makespan is below its bound, one agent takes the whole work, Graham holds', () => {
    fc.assert(
      fc.property(fc.oneof(shapes, acyclic), (shape) => {
        const plan = planFrom(shape);
        const graph = planGraph(plan);
        const total = plan.slices
          .filter((s) => graph.schedule.has(s.id))
          .reduce((sum, s) => sum + s.estimateMinutes, 0);
        for (const row of whatIf(graph, [1, 2, 3, 5, 100])) {
          const { path, work, level } = row.bounds;
          assert.ok(row.makespanMinutes >= Math.max(path, work, level) - 1e-6);
          assert.ok(row.lowerBoundMinutes >= graph.makespanMinutes - 1e-6);
          assert.ok(level >= work - 1e-6, 'the level bound holds all work at its lowest place');
          assert.ok(row.makespanMinutes <= total / row.agents + (1 - 1 / row.agents) * graph.makespanMinutes + 1e-6);
          if (row.agents === 1) assert.ok(Math.abs(row.makespanMinutes - total) < 1e-6);
          if (row.agents === 100) assert.ok(Math.abs(row.makespanMinutes - graph.makespanMinutes) < 1e-6);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('property: on small plans no bound is above the best schedule there is', () => {
    const tiny = acyclic.filter(({ count }) => count <= 6);
    fc.assert(
      fc.property(tiny, fc.integer({ min: 2, max: 3 }), (shape, agents) => {
        const graph = planGraph(planFrom(shape));
        const best = optimum(graph, agents);
        const [row] = whatIf(graph, [agents]);
        const { path, work, level } = row!.bounds;
        assert.ok(Math.max(path, work, level) <= best + 1e-6);
        assert.ok(row!.makespanMinutes >= best - 1e-6);
      }),
      { numRuns: 150 },
    );
  });

  test('property: planning is independent of the order in which slices, dependencies and merge points are listed', () => {
    const keys = fc.array(fc.nat(), { minLength: 14, maxLength: 14 });
    fc.assert(
      fc.property(fc.oneof(shapes, acyclic), keys, (shape, order) => {
        const plan = planFrom(shape);
        const graph = planGraph(plan);
        const turned = planGraph(shuffled(plan, order));
        assert.deepEqual(turned.waves.map(sorted), graph.waves.map(sorted));
        assert.deepEqual(turned.batches, graph.batches);
        assert.equal(turned.width, graph.width);
        assert.ok(Math.abs(turned.makespanMinutes - graph.makespanMinutes) < 1e-6);
        assert.equal(turned.cycles.length, graph.cycles.length);
        for (const [id, at] of graph.schedule) {
          const other = turned.schedule.get(id)!;
          assert.deepEqual([other.wave, other.batch, other.critical], [at.wave, at.batch, at.critical]);
          assert.ok(Math.abs(other.slack - at.slack) < 1e-6);
        }
        const length = (g: PlanGraph): number =>
          g.criticalPath.reduce((sum, id) => sum + (g.schedule.get(id)?.minutes ?? 0), 0);
        assert.ok(Math.abs(length(turned) - length(graph)) < 1e-6);
        for (const agents of [1, 2, 3]) assert.deepEqual(listSchedule(turned, agents), listSchedule(graph, agents));
        assert.deepEqual(breakEven(turned, plan), breakEven(graph, plan));
      }),
      { numRuns: 300 },
    );
  });
});

suite('break-even', () => {
  const advice = (plan: Plan, settings = {}) => breakEven(planGraph(plan), plan, settings);
  const wide = (count: number, minutes: number): Plan =>
    planOf(Array.from({ length: count }, (_, i) => timed(`S${i}`, minutes)));

  test('one agent: nothing runs side by side, coordination', () => {
    const chain = planOf([timed('A', 200), timed('B', 200, ['A'])]);
    assert.equal(breakEvenText(advice(chain)), 'Agents: 1 is enough, nothing runs side by side');
    const lopsided = planOf([timed('A', 300), timed('B', 20)]);
    assert.equal(
      breakEvenText(advice(lopsided)),
      'Agents: 1 is enough, a second one saves 20m and costs 20m of coordination',
    );
  });

  test('small plans count by the time that is saved, whatever they come to', () => {
    const ten = advice(wide(10, 10));
    assert.equal(
      breakEvenText(ten),
      'Agents: 5 are worth it (20m instead of 1h40m, 5.0x as fast; coordination 20m; one more saves 0m and costs 3m of coordination)',
    );
    assert.equal(advice(wide(4, 25)).agents, 4);
    assert.equal(advice(wide(2, 5)).agents, 1);
    const concern = planOf([slice('A', { component: 'api', estimateMinutes: 110 }), slice('B', { component: 'api' })]);
    assert.equal(advice(concern).agents, 2);
  });

  test('several: where the path, the gain or coordination ends it', () => {
    const even = advice(wide(3, 240));
    assert.deepEqual([even.agents, even.reason], [3, 'path']);
    assert.equal(
      breakEvenText(even, { maxParallel: 2 }),
      'Agents: 3 are worth it (4h00m instead of 12h00m, 3.0x as fast; coordination 30m; more cannot shorten the critical path); the manifest allows 2',
    );
    const nearly = advice(planOf([timed('A', 600), timed('B', 300), timed('C', 320)]));
    assert.deepEqual([nearly.agents, nearly.reason, nearly.pathMinutes], [2, 'path', 600]);
    assert.match(breakEvenText(nearly), /; more save 20m at most, the critical path is 10h00m\)$/);
    const many = advice(wide(200, 60), { agentMinutes: 0, mergeMinutes: 0 });
    assert.equal(many.reason, 'gain');
    // 25 agents do it in 8 rounds, 29 in 7: a 30th part less for each, under a twentieth.
    assert.ok(many.agents >= 10 && many.agents <= 25);
    const dear = advice(wide(12, 60), { agentMinutes: 60, agentShare: 1 });
    assert.deepEqual([dear.agents, dear.reason], [3, 'coordination']);
    assert.equal(advice(wide(200, 60), { mostAgents: 2 }).reason, 'most');
  });

  test('a step that gains nothing does not hide the next that does', () => {
    // Four equal slices: a third agent gains nothing, a fourth halves the time.
    const four = advice(wide(4, 120));
    assert.deepEqual(
      four.rows.map((row) => row.makespanMinutes),
      [480, 240, 240, 120],
    );
    assert.equal(four.agents, 4);
  });

  test('property: more agents never take longer here, and the advice is no worse than one agent', () => {
    fc.assert(
      fc.property(fc.oneof(shapes, acyclic), (shape) => {
        const plan = planFrom(shape);
        const graph = planGraph(plan);
        const { rows, agents } = breakEven(graph, plan);
        rows.forEach((row, i) => {
          assert.equal(row.agents, i + 1);
          if (i > 0) assert.ok(row.makespanMinutes <= rows[i - 1]!.makespanMinutes);
          const alone = whatIf(graph, [row.agents])[0]!.makespanMinutes;
          assert.ok(row.makespanMinutes <= alone);
        });
        const chosen = rows[agents - 1]!;
        const first = rows[0]!;
        assert.ok(chosen.makespanMinutes + chosen.coordinationMinutes <= first.makespanMinutes);
        assert.ok(agents <= Math.max(1, plan.slices.length));
      }),
      { numRuns: 300 },
    );
  });
});

function sorted(ids: readonly string[]): string[] {
  return ids.toSorted();
}

/** The best makespan, by trying at every moment every slice that may start, and waiting. */
function optimum(graph: PlanGraph, agents: number): number {
  let best = Infinity;
  const ids = graph.order;
  const explore = (now: number, done: ReadonlyMap<string, number>, from: number): void => {
    if (done.size === ids.length) {
      best = Math.min(best, Math.max(0, ...done.values()));
      return;
    }
    if (now >= best) return;
    const busy = [...done.values()].filter((end) => end > now);
    if (busy.length < agents) {
      for (let i = from; i < ids.length; i++) {
        const id = ids[i]!;
        const { deps, minutes } = graph.schedule.get(id)!;
        if (done.has(id) || deps.some((dep) => !(done.get(dep)! <= now))) continue;
        // What lasts no time may free others that stand before it.
        explore(now, new Map(done).set(id, now + minutes), minutes === 0 ? 0 : i + 1);
      }
    }
    if (busy.length > 0) explore(Math.min(...busy), done, 0);
  };
  explore(0, new Map(), 0);
  return best;
}
