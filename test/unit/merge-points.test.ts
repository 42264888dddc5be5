import assert from 'node:assert/strict';
import fc from 'fast-check';
import { proposeMergePoints, withProposals } from '../../src/core/judge/merge-points.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { planText } from '../../src/core/view/plan-text.ts';
import { mergePoint, planOf, slice } from './plan-fixture.ts';
import { acyclic, planFrom, shapes, shuffled } from './plan-shapes.ts';

function propose(plan: Plan) {
  return proposeMergePoints(plan, planGraph(plan)).map(
    ({ id, needs, unlocks }) => `${id}: ${needs.join(' + ')} -> ${unlocks.join(', ')}`,
  );
}

/** `A1` belongs to workstream `A`; dependencies follow. */
function streams(slices: Readonly<Record<string, string>>, mergePoints: Plan['mergePoints'] = []): Plan {
  return planOf(
    Object.entries(slices).map(([id, deps]) =>
      slice(id, { workstream: /^[A-Y]/.test(id) ? id[0]! : null, deps: deps.split(' ').filter(Boolean) }),
    ),
    { mergePoints },
  );
}

suite('proposed merge points', () => {
  test('where two workstreams meet, of each the last slice that is needed', () => {
    const plan = streams({ A1: '', A2: '', A3: '', B1: '', B2: '', C1: 'A1 A2 B1', C2: 'C1', C3: 'A3 B1' });
    // C3 waits for B1 by C1 and C2 already, but nothing has merged A3 with B1 before.
    assert.deepEqual(propose(plan), ['MP1: A2 + B1 -> C1', 'MP2: A3 + B1 -> C3']);
    const [first] = proposeMergePoints(plan, planGraph(plan), [
      { a: 'A2', b: 'B1', percent: 10, verdict: 'parallel', witness: 'src/x.ts' },
    ]);
    assert.equal(
      first!.reason,
      'C1 builds on what A (A2) and B (B1) make side by side, and A2 and B1 both write src/x.ts: nothing verifies that together before.',
    );
    assert.deepEqual(JSON.parse(first!.json), { id: 'MP1', needs: ['A2', 'B1'], unlocks: ['C1'] });
    assert.ok(planText(plan, planGraph(plan), [], { ascii: true }).includes('  MP1: A2 + B1 -> C1\n'));
  });

  test('what a merge point gathers already is not merged twice: that one unlocks more', () => {
    const plan = streams({ A1: '', B1: '', C1: 'A1 B1', D1: 'A1 B1' }, [mergePoint('MP4', ['B1', 'A1'], ['C1'])]);
    const [first, ...more] = proposeMergePoints(plan, planGraph(plan));
    assert.deepEqual(more, []);
    assert.equal(first!.id, 'MP4');
    assert.match(first!.reason, /: MP4 verifies that together, and D1 does not wait for it\.$/);
    assert.equal(first!.action, 'add "D1" to the unlocks of MP4');
    assert.deepEqual(JSON.parse(first!.json), { id: 'MP4', needs: ['A1', 'B1'], unlocks: ['C1', 'D1'] });
    assert.deepEqual(
      withProposals(plan, [first!]).mergePoints.map(({ unlocks }) => unlocks),
      [['C1', 'D1']],
    );
  });

  test('through slices of no workstream, and together where several need the same', () => {
    assert.deepEqual(propose(streams({ A1: '', B1: '', Z1: 'A1', Z2: 'Z1 B1', Z3: 'A1 B1', Z4: 'Z2 Z3' })), [
      'MP1: A1 + B1 -> Z2, Z3',
    ]);
  });

  test('not where one need waits for the other, where a predecessor has gathered them, or where a merge point gates', () => {
    assert.deepEqual(propose(streams({ A1: '', B1: 'A1', C1: 'A1 B1' })), []);
    assert.deepEqual(propose(streams({ A1: '', B1: '', C1: 'A1 B1', D1: 'C1 A1 B1', C2: 'A1 B1' })), [
      'MP1: A1 + B1 -> C1',
    ]);
    const gate = mergePoint('MP7', ['A1', 'B1'], ['C1']);
    assert.deepEqual(propose(streams({ A1: '', B1: '', C1: '', D1: 'C1' }, [gate])), []);
    assert.deepEqual(propose(streams({ A1: '', B1: '', C1: '', D1: 'A1 B1' }, [gate])), ['MP7: A1 + B1 -> D1']);
  });

  test('nothing without workstreams, nothing inside one', () => {
    assert.deepEqual(propose(planOf([slice('a'), slice('b'), slice('c', { deps: ['a', 'b'] })])), []);
    assert.deepEqual(propose(streams({ A1: '', A2: '', A3: 'A1 A2' })), []);
  });

  test('a name that a slice has is not taken', () => {
    assert.deepEqual(propose(streams({ A1: '', B1: '', MP1: 'A1 B1' }))[0]!.slice(0, 3), 'MP2');
  });

  test('property: they add no order, close no cycle, gate what is not gated, and once taken nothing is left to propose', () => {
    fc.assert(
      fc.property(fc.oneof(acyclic, shapes), (shape) => {
        const plan = planFrom(shape);
        const graph = planGraph(plan);
        const proposals = proposeMergePoints(plan, graph);
        const taken = withProposals(plan, proposals);
        const after = planGraph(taken);
        assert.deepEqual(after.order, graph.order);
        assert.deepEqual(after.waves, graph.waves);
        assert.deepEqual(after.cycles.length, graph.cycles.length);
        assert.equal(after.makespanMinutes, graph.makespanMinutes);
        for (const [id, at] of graph.schedule) assert.equal(after.schedule.get(id)!.slack, at.slack);
        assert.deepEqual(proposeMergePoints(taken, after), []);
        const workstream = new Map(plan.slices.map((one) => [one.id, one.workstream]));
        const gated = plan.mergePoints.flatMap(({ unlocks }) => unlocks);
        for (const { needs, unlocks, workstreams } of proposals) {
          assert.ok(needs.length >= 2 && new Set(workstreams).size === needs.length);
          assert.deepEqual(
            needs.map((id) => workstream.get(id)),
            workstreams,
          );
          for (const id of unlocks) assert.ok(!gated.includes(id) && !workstreams.includes(workstream.get(id)!));
          // Precise: leaving one need out would leave something of it unmerged.
          for (const need of needs)
            for (const other of needs) assert.ok(need === other || !ancestors(graph, other).has(need));
        }
        assert.equal(new Set(proposals.map(({ needs }) => needs.join())).size, proposals.length);
      }),
      { numRuns: 500 },
    );
  });

  test('property: the same for any order of the lists', () => {
    fc.assert(
      fc.property(acyclic, fc.array(fc.nat(), { minLength: 14, maxLength: 14 }), (shape, keys) => {
        const plan = planFrom(shape);
        assert.deepEqual(propose(shuffled(plan, keys)), propose(plan));
      }),
      { numRuns: 300 },
    );
  });
});

function ancestors(graph: ReturnType<typeof planGraph>, id: string): Set<string> {
  const seen = new Set<string>();
  const open = [id];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const dep of graph.schedule.get(at)?.deps ?? []) {
      if (seen.has(dep)) continue;
      seen.add(dep);
      open.push(dep);
    }
  }
  return seen;
}
