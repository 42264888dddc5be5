import assert from 'node:assert/strict';
import fc from 'fast-check';
import { changedPlan } from '../../src/core/judge/plan-change.ts';
import {
  overlapAdvice,
  type Advice,
  type AdviceKind,
  type OverlapAdviceRequest,
} from '../../src/core/judge/overlap-advice.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Plan, Slice } from '../../src/core/plan/model.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import { planOf, scope, slice } from './plan-fixture.ts';

type Given = Parameters<typeof scope>[0];

const of = (id: string, parts: Given, given: Partial<Slice> = {}): Slice =>
  slice(id, { ...given, scope: scope(parts) });

function advise(plan: Plan, more: Partial<OverlapAdviceRequest> = {}): Advice[] {
  const graph = planGraph(plan);
  const [overlap] = overlaps(plan, graph, more.files ?? []);
  assert.ok(overlap, 'the two overlap');
  return overlapAdvice({ plan, graph, overlap, ...more });
}

function only(kind: AdviceKind, advice: readonly Advice[]): Advice {
  const found = advice.find((one) => one.kind === kind);
  assert.ok(found, `${kind} is not among ${advice.map((one) => one.kind).join(', ')}`);
  return found;
}

suite('re-slicing advice', () => {
  const files = Array.from({ length: 6 }, (_, i) => [`src/users/${i}.ts`, `src/orders/${i}.ts`]).flat();

  test('moves a shared path to the slice whose directory it is in', () => {
    const plan = planOf([
      of('A', { modify: ['src/users/0.ts', 'src/users/1.ts', 'src/orders/0.ts'] }),
      of('B', { modify: ['src/orders/0.ts', 'src/orders/1.ts', 'src/orders/2.ts'] }),
    ]);
    const advice = only('move', advise(plan, { files }));
    assert.equal(advice.text, 'give `src/orders/0.ts` to B alone and take it out of A');
    assert.deepEqual(advice.change.scopes, [
      { slice: 'A', remove: [{ key: 'modify', path: 'src/orders/0.ts', symbol: null }], add: [] },
    ]);
    assert.deepEqual([advice.verified, advice.percentAfter], [true, 0]);
  });

  test('lets a wide glob leave out what the other slice names', () => {
    const plan = planOf([
      of('A', { modify: ['src/**'] }),
      of('B', { modify: ['src/orders/**', 'docs/a.md', 'docs/b.md'] }),
    ]);
    const advice = only('narrow', advise(plan, { files }));
    assert.equal(advice.text, 'let A write `src/**` without `!src/orders/**`, which stays with B');
    assert.equal(advice.verified, true);
    const after = changedPlan(plan, advice.change);
    assert.deepEqual(overlaps(after, planGraph(after), files), []);
  });

  test('shares a source file out by symbols when their names say whose they are', () => {
    const plan = planOf([
      of('A', { modify: ['src/shop.ts'] }, { title: 'Cart totals' }),
      of('B', { modify: ['src/shop.ts'] }, { title: 'Invoices by mail' }),
    ]);
    const advice = only('symbols', advise(plan, { symbolsOf: () => ['CartView', 'Invoice', 'helper'] }));
    assert.equal(
      advice.text,
      'name symbols instead of the whole file: in A `src/shop.ts::CartView`, in B `src/shop.ts::Invoice`',
    );
    assert.equal(advice.verified, true);
    assert.equal(only('symbols', advise(plan)).verified, false);
  });

  test('turns a file of types that both modify into a contract', () => {
    const plan = planOf([
      of('A', { modify: ['src/types.ts', 'src/a.ts'] }),
      of('B', { modify: ['src/types.ts', 'src/b.ts'] }),
    ]);
    const advice = only('contract', advise(plan));
    assert.deepEqual(advice.change.contracts, ['src/types.ts']);
    assert.equal(advice.verified, true);
    const creating = planOf([of('A', { create: ['src/types.ts'] }), of('B', { modify: ['src/types.ts', 'b.ts'] })]);
    assert.ok(!advise(creating).some((one) => one.kind === 'contract'));
  });

  test('makes a slice of a file that three write', () => {
    const plan = planOf(['A', 'B', 'C'].map((id) => of(id, { modify: ['src/app.ts', `src/${id}.ts`] })));
    const advice = only('own-slice', advise(plan));
    assert.match(
      advice.text,
      /^make a slice of its own for `src\/app.ts`, which 3 slices write, and let A, B and C wait/,
    );
    assert.equal(advice.verified, true);
    const after = changedPlan(plan, advice.change);
    const graph = planGraph(after);
    assert.deepEqual(graph.cycles, []);
    assert.deepEqual(overlaps(after, graph), []);
  });

  test('orders what is nearly the same: who creates goes first, else what costs least', () => {
    const creates = planOf([
      of('A', { modify: ['src/a.ts'] }, { estimateMinutes: 30 }),
      of('B', { create: ['src/a.ts'] }, { estimateMinutes: 60 }),
    ]);
    const [best] = advise(creates);
    assert.equal(best?.kind, 'order');
    assert.equal(
      best.text,
      'let A wait for B, because B creates what A modifies: the plan then takes 30 minutes longer; the other way round 30 minutes longer',
    );
    const tail = planOf([
      of('A', { modify: ['src/a.ts'] }, { estimateMinutes: 10 }),
      of('B', { modify: ['src/a.ts'] }, { estimateMinutes: 60 }),
      of('C', {}, { deps: ['B'], estimateMinutes: 60 }),
    ]);
    const order = only('order', advise(tail));
    assert.deepEqual(order.change.deps, [{ slice: 'A', on: 'B' }]);
    assert.equal(order.costMinutes, 0);
  });

  test('joins two slices of one workstream, and those that are nearly the same', () => {
    const same = planOf([of('A', { modify: ['src/a.ts'] }), of('B', { modify: ['src/a.ts'] })]);
    const join = only('join', advise(same));
    assert.deepEqual(join.change.join, { into: 'A', from: 'B' });
    const after = changedPlan(same, join.change);
    assert.deepEqual(
      after.slices.map((one) => one.id),
      ['A'],
    );
    assert.equal(after.slices[0]?.estimateMinutes, 240);
    const some = planOf([of('A', { modify: ['a.ts', 'b.ts', 'c.ts'] }), of('B', { modify: ['a.ts', 'b.ts', 'd.ts'] })]);
    assert.ok(!advise(some).some((one) => one.kind === 'join'));
  });

  const paths = fc.constantFrom(
    'src/a/1.ts',
    'src/a/2.ts',
    'src/a/types.ts',
    'src/b/1.ts',
    'src/b/2.ts',
    'src/a/**',
    'src/**',
    'src/*/1.ts',
    '**/*.ts',
    'src/[ab]/2.ts',
    'src/{a,b}/1.ts',
    'src/a/1.ts::A',
    'src/a/1.ts::A.b',
    'docs/x.md',
  );
  const slices = fc.array(
    fc.record({
      create: fc.array(paths, { maxLength: 1 }),
      modify: fc.array(paths, { maxLength: 4 }),
      boundary: fc.array(paths, { maxLength: 1 }),
      dep: fc.option(fc.nat({ max: 6 }), { nil: null }),
      minutes: fc.integer({ min: 1, max: 300 }),
      stream: fc.constantFrom(null, null, 'WS-A', 'WS-B'),
    }),
    { minLength: 2, maxLength: 7 },
  );

  test('property: what is said to work, works, and no advice makes a circle', () => {
    const files = ['src/a/1.ts', 'src/a/2.ts', 'src/a/types.ts', 'src/b/1.ts', 'src/b/2.ts', 'src/b/3.ts', 'docs/x.md'];
    const seen = new Map<AdviceKind, number>();
    fc.assert(
      fc.property(slices, (given) => {
        const plan = planOf(
          given.map(({ dep, minutes, stream, ...parts }, i) =>
            of(`S${i}`, parts, {
              deps: dep !== null && dep < i ? [`S${dep}`] : [],
              estimateMinutes: minutes,
              workstream: stream,
            }),
          ),
        );
        const graph = planGraph(plan);
        for (const overlap of overlaps(plan, graph, files)) {
          const advice = overlapAdvice({ plan, graph, overlap, files });
          assert.equal(advice.length === 0, overlap.verdict === 'parallel');
          assert.ok(advice.length === 0 || advice[0]!.verified);
          assert.deepEqual(overlapAdvice({ plan, graph, overlap, files }), advice);
          for (const { kind, text, change, verified, costMinutes } of advice) {
            assert.match(text, /^[a-z].*[^.]$/);
            if (!verified) continue;
            seen.set(kind, (seen.get(kind) ?? 0) + 1);
            const after = changedPlan(plan, change);
            const later = planGraph(after);
            assert.deepEqual(later.cycles, [], text);
            const pair = overlaps(after, later, files).find(({ a, b }) => a === overlap.a && b === overlap.b);
            assert.ok(!pair || pair.verdict === 'parallel', `${text}: still ${pair?.percent} %`);
            if (change.deps.length > 0) assert.equal(later.makespanMinutes - graph.makespanMinutes, costMinutes);
          }
        }
      }),
      { numRuns: 600, seed: 3 },
    );
    for (const kind of ['move', 'narrow', 'contract', 'own-slice', 'order', 'join'] as const)
      assert.ok((seen.get(kind) ?? 0) > 20, `${kind}: ${seen.get(kind) ?? 0}`);
  });
});
