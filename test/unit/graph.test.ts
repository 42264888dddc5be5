import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { PlanGraph } from '../../src/core/plan/graph-model.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { SlicePlaces } from '../../src/core/plan/slice-places.ts';
import { mergePoint, planOf, slice } from './plan-fixture.ts';
import { acyclic, name, planFrom, shapes } from './plan-shapes.ts';
import { assertLinear } from './cost.ts';

/** The edges that the plan states, read independently of `planGraph`. */
function statedEdges(plan: Plan): [string, string][] {
  return [
    ...plan.slices.flatMap((s) => s.deps.map((dep): [string, string] => [dep, s.id])),
    ...plan.mergePoints.flatMap((p) => p.needs.flatMap((need) => p.unlocks.map((u): [string, string] => [need, u]))),
  ];
}

/** Reflexive only through a cycle. */
function reachable(edges: readonly (readonly [string, string])[], from: string): Set<string> {
  const seen = new Set<string>();
  const stack = [from];
  while (stack.length) {
    const at = stack.pop()!;
    for (const [a, b] of edges) {
      if (a === at && !seen.has(b)) {
        seen.add(b);
        stack.push(b);
      }
    }
  }
  return seen;
}

function edgesOf(graph: PlanGraph): [string, string][] {
  return graph.edges.map((edge) => [edge.from, edge.to]);
}

suite('plan graph', () => {
  test('an order, its waves, batches and critical path', () => {
    const plan = planOf(
      [
        slice('A1', { workstream: 'WS-A', estimateMinutes: 60 }),
        slice('B1', { workstream: 'WS-B', estimateMinutes: 30 }),
        slice('A2', { workstream: 'WS-A', estimateMinutes: 90 }),
        slice('B2', { workstream: 'WS-B', deps: ['A1'], estimateMinutes: 30 }),
        slice('C1', { estimateMinutes: 120 }),
        slice('C2', { deps: ['C1', 'C1', 'gone'], estimateMinutes: 15 }),
      ],
      { mergePoints: [mergePoint('MP1', ['A2', 'B2'], ['C1'])] },
    );
    const graph = planGraph(plan);
    assert.deepEqual(graph.edges, [
      { from: 'A1', to: 'B2', kind: 'dep' },
      { from: 'A2', to: 'C1', kind: 'merge-point', mergePoint: 'MP1' },
      { from: 'B2', to: 'C1', kind: 'merge-point', mergePoint: 'MP1' },
      { from: 'C1', to: 'C2', kind: 'dep' },
      { from: 'A1', to: 'A2', kind: 'workstream' },
      { from: 'B1', to: 'B2', kind: 'workstream' },
    ]);
    assert.deepEqual(graph.waves, [['A1', 'B1'], ['A2', 'B2'], ['C1'], ['C2']]);
    assert.deepEqual(graph.batches, [
      [1, 2],
      [3, 4],
    ]);
    assert.deepEqual(graph.criticalPath, ['A1', 'A2', 'MP1', 'C1', 'C2']);
    assert.equal(graph.makespanMinutes, 285);
    assert.equal(graph.width, 2);
    assert.deepEqual(graph.schedule.get('B2'), {
      id: 'B2',
      wave: 2,
      batch: 1,
      deps: ['A1', 'B1'],
      dependents: ['C1'],
      minutes: 30,
      earliestStart: 60,
      latestStart: 120,
      slack: 60,
      critical: false,
    });
    assert.deepEqual(graph.cycles, []);
  });

  test('a workstream runs along the waves, not along the plan, and only where nothing orders it yet', () => {
    const graph = planGraph(
      planOf([
        slice('late', { workstream: 'W', deps: ['x2'] }),
        slice('early', { workstream: 'W' }),
        slice('x1', { deps: ['early'] }),
        slice('x2', { deps: ['x1'] }),
      ]),
    );
    assert.deepEqual(
      graph.edges.filter((edge) => edge.kind === 'workstream'),
      [],
    );
    assert.deepEqual(graph.order, ['early', 'x1', 'x2', 'late']);
  });

  test('a declared dependency wins over a merge point, which still stands in the critical path', () => {
    const graph = planGraph(
      planOf([slice('A'), slice('B', { deps: ['A'] })], { mergePoints: [mergePoint('MP1', ['A'], ['B'])] }),
    );
    assert.deepEqual(graph.edges, [{ from: 'A', to: 'B', kind: 'dep' }]);
    assert.deepEqual(graph.criticalPath, ['A', 'MP1', 'B']);
    assert.deepEqual(graph.batches, [[1], [2]]);
  });

  test('a merge point behind everything closes no empty batch', () => {
    const plan = planOf([slice('A'), slice('B', { deps: ['A'] })], { mergePoints: [mergePoint('MP1', ['B'], [])] });
    assert.deepEqual(planGraph(plan).batches, [[1, 2]]);
  });

  test('cycles: a trail per knot, and the rest is planned', () => {
    const graph = planGraph(
      planOf([
        slice('free'),
        slice('A', { deps: ['C'] }),
        slice('B', { deps: ['A'] }),
        slice('C', { deps: ['B', 'A'] }),
        slice('behind', { deps: ['C', 'free'] }),
        slice('self', { deps: ['self'] }),
        slice('last', { deps: ['free'] }),
      ]),
    );
    assert.deepEqual(graph.cycles, [
      ['A', 'C', 'A'],
      ['self', 'self'],
    ]);
    assert.deepEqual(graph.order, ['free', 'last']);
    assert.deepEqual([...graph.schedule.keys()], ['free', 'last']);
  });

  test('an empty plan', () => {
    const graph = planGraph(planOf([]));
    assert.deepEqual(graph.waves, []);
    assert.deepEqual(graph.batches, []);
    assert.equal(graph.makespanMinutes, 0);
  });

  test('a cycle of a thousand slices, and a chain of fifty thousand, need no stack', () => {
    const ring = planGraph(
      planOf(Array.from({ length: 1_000 }, (_, i) => slice(name(i), { deps: [name((i + 999) % 1_000)] }))),
    );
    assert.equal(ring.cycles[0]?.length, 1_001);
    const chain = planGraph(
      planOf(Array.from({ length: 50_000 }, (_, i) => slice(name(i), { deps: i ? [name(i - 1)] : [] }))),
    );
    assert.equal(chain.waves.length, 50_000);
  });

  test('property: cycles are found exactly when there are some, each a real one, shortest of its knot', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const plan = planFrom(shape);
        const stated = statedEdges(plan);
        const graph = planGraph(plan);
        const ids = plan.slices.map((s) => s.id);
        const reach = new Map(ids.map((id) => [id, reachable(stated, id)]));
        const cyclic = ids.filter((id) => reach.get(id)!.has(id));
        const knots = new Set(
          cyclic.map((id) =>
            cyclic.find((other) => other === id || (reach.get(id)!.has(other) && reach.get(other)!.has(id))),
          ),
        );
        assert.equal(graph.cycles.length, knots.size);
        for (const trail of graph.cycles) {
          assert.ok(trail.length >= 2 && trail[0] === trail.at(-1));
          assert.equal(new Set(trail).size, trail.length - 1);
          for (let i = 1; i < trail.length; i++)
            assert.ok(stated.some(([a, b]) => a === trail[i - 1] && b === trail[i]));
          const knot = cyclic.filter((id) => reach.get(id)!.has(trail[0]!) && reach.get(trail[0]!)!.has(id));
          assert.equal(trail.length - 1, Math.min(...knot.map((id) => girth(stated, id))));
        }
        const stuck = new Set(ids.filter((id) => cyclic.some((c) => c === id || reach.get(c)!.has(id))));
        assert.deepEqual(new Set(graph.order), new Set(ids.filter((id) => !stuck.has(id))));
        assert.deepEqual([...graph.schedule.keys()], graph.order);
      }),
      { numRuns: 600 },
    );
  });

  test('property: waves never violate an edge, and are as early as they can be', () => {
    fc.assert(
      fc.property(fc.oneof(shapes, acyclic), (shape) => {
        const graph = planGraph(planFrom(shape));
        for (const [from, to] of edgesOf(graph)) {
          const [a, b] = [graph.schedule.get(from), graph.schedule.get(to)];
          if (b) {
            assert.ok(a && a.wave < b.wave);
            assert.ok(graph.order.indexOf(from) < graph.order.indexOf(to));
          }
        }
        for (const at of graph.schedule.values()) {
          const deepest = Math.max(0, ...at.deps.map((dep) => graph.schedule.get(dep)!.wave));
          assert.equal(at.wave, deepest + 1);
        }
        assert.deepEqual(graph.waves.flat(), graph.order);
        assert.deepEqual(
          graph.batches.flat(),
          graph.waves.map((_, i) => i + 1),
        );
      }),
      { numRuns: 600 },
    );
  });

  test('property: chaining workstreams orders each of them, closes no cycle and adds nothing that was ordered', () => {
    fc.assert(
      fc.property(acyclic, (shape) => {
        const plan = planFrom(shape);
        const graph = planGraph(plan);
        assert.deepEqual(graph.cycles, []);
        assert.equal(graph.order.length, plan.slices.length);
        const all = edgesOf(graph);
        for (const a of plan.slices) {
          for (const b of plan.slices) {
            if (a.id >= b.id || a.workstream === null || a.workstream !== b.workstream) continue;
            assert.ok(reachable(all, a.id).has(b.id) || reachable(all, b.id).has(a.id), `${a.id} and ${b.id}`);
          }
        }
        const stated = statedEdges(plan);
        for (const edge of graph.edges) {
          if (edge.kind === 'workstream') assert.ok(!reachable(stated, edge.from).has(edge.to));
        }
      }),
      { numRuns: 400 },
    );
  });

  test('property: the critical path is the longest one, slack is what a slice can lose', () => {
    fc.assert(
      fc.property(acyclic, (shape) => {
        const plan = planFrom(shape);
        const graph = planGraph(plan);
        const minutes = new Map(plan.slices.map((s) => [s.id, s.estimateMinutes]));
        const path = graph.criticalPath.filter((id) => minutes.has(id));
        const length = path.reduce((sum, id) => sum + minutes.get(id)!, 0);
        assert.ok(Math.abs(length - graph.makespanMinutes) < 1e-6);
        assert.ok(Math.abs(longest(graph, minutes) - graph.makespanMinutes) < 1e-6);
        for (const id of path) assert.ok(graph.schedule.get(id)!.critical);
        for (let i = 1; i < path.length; i++)
          assert.ok(edgesOf(graph).some(([a, b]) => a === path[i - 1] && b === path[i]));
        const some = plan.slices[0]!;
        const { slack } = graph.schedule.get(some.id)!;
        const grown = new Map(minutes).set(some.id, some.estimateMinutes + slack);
        assert.ok(Math.abs(longest(graph, grown) - graph.makespanMinutes) < 1e-6);
        const tooFar = new Map(minutes).set(some.id, some.estimateMinutes + slack + 10);
        assert.ok(Math.abs(longest(graph, tooFar) - graph.makespanMinutes - 10) < 1e-6);
      }),
      { numRuns: 400 },
    );
  });

  test('property: the same plan gives the same graph, whatever order dependencies are listed in', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const graph = planGraph(planFrom(shape));
        assert.deepEqual(planGraph(planFrom(shape)), graph);
        const turned = planGraph(planFrom({ ...shape, deps: shape.deps.toReversed() }));
        assert.deepEqual(turned.order, graph.order);
        assert.deepEqual(turned.waves, graph.waves);
        assert.deepEqual(turned.criticalPath, graph.criticalPath);
        assert.equal(turned.cycles.length, graph.cycles.length);
      }),
      { numRuns: 300 },
    );
  });
});

/** The length of the shortest cycle through `id`. */
function girth(edges: readonly (readonly [string, string])[], id: string): number {
  let level = new Set([id]);
  const seen = new Set<string>();
  for (let steps = 1; ; steps++) {
    const next = new Set<string>();
    for (const [a, b] of edges) {
      if (!level.has(a)) continue;
      if (b === id) return steps;
      if (!seen.has(b)) next.add(b);
    }
    for (const at of next) seen.add(at);
    assert.ok(next.size > 0, 'no cycle goes through it');
    level = next;
  }
}

/** The longest path by weights, by plain recursion. */
function longest(graph: PlanGraph, minutes: ReadonlyMap<string, number>): number {
  const known = new Map<string, number>();
  const from = (id: string): number => {
    const cached = known.get(id);
    if (cached !== undefined) return cached;
    const length =
      minutes.get(id)! +
      Math.max(
        0,
        ...edgesOf(graph)
          .filter(([a]) => a === id)
          .map(([, b]) => from(b)),
      );
    known.set(id, length);
    return length;
  };
  return Math.max(0, ...graph.order.map(from));
}

suite('places of ids', () => {
  /** `bA` and `aL` have one hash, so all of these have. */
  const alike = (length: number): string[] =>
    Array.from({ length: 2 ** length }, (_, i) =>
      Array.from({ length }, (__, bit) => ((i >> bit) & 1 ? 'bA' : 'aL')).join(''),
    );
  const check = (ids: readonly string[], asked: readonly string[]): void => {
    const expected = new Map<string, number>();
    ids.forEach((id, place) => void (expected.has(id) || expected.set(id, place)));
    const places = new SlicePlaces(ids);
    assert.equal(places.size, expected.size);
    for (const id of [...ids, ...asked]) assert.equal(places.get(id), expected.get(id), id);
  };

  test('property: as a map of the first place of each', () => {
    const ids = fc.array(
      fc.oneof(
        fc.nat({ max: 30 }).map((n) => `S${n}`),
        fc.constantFrom(...alike(3)),
        fc.string({ unit: 'grapheme', maxLength: 3 }),
      ),
      { maxLength: 60 },
    );
    fc.assert(fc.property(ids, ids, check));
  });

  test('ids that all fall together are found too, and in time', () => {
    assertLinear('ids', 2 ** 15, (count) => {
      const ids = alike(Math.log2(count));
      check([...ids, ...ids.slice(0, 10)], ['', 'bA', `${ids[0]!}x`]);
    });
  });
});
