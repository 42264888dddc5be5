import fc from 'fast-check';
import type { Plan } from '../../src/core/plan/model.ts';
import { mergePoint, planOf, slice } from './plan-fixture.ts';

export interface Shape {
  readonly count: number;
  readonly deps: readonly (readonly [number, number])[];
  readonly streams: readonly number[];
  readonly minutes: readonly number[];
  readonly gates: readonly { readonly needs: readonly number[]; readonly unlocks: readonly number[] }[];
}

/** Any plan: edges and merge points may close cycles. */
export const shapes: fc.Arbitrary<Shape> = fc.integer({ min: 1, max: 14 }).chain((count) => {
  const vertex = fc.nat({ max: count - 1 });
  const some = fc.array(vertex, { minLength: 1, maxLength: 3 });
  return fc.record({
    count: fc.constant(count),
    deps: fc.array(fc.tuple(vertex, vertex), { maxLength: count * 2 }),
    streams: fc.array(fc.nat({ max: 4 }), { minLength: count, maxLength: count }),
    minutes: fc.array(fc.constantFrom(0, 15, 30, 47.5, 60, 240), { minLength: count, maxLength: count }),
    gates: fc.array(fc.record({ needs: some, unlocks: some }), { maxLength: 2 }),
  });
});

/** The same, with every edge turned along a hidden order that is not the plan's: no cycle. */
export const acyclic = fc.tuple(shapes, fc.infiniteStream(fc.nat())).map(([shape, stream]): Shape => {
  const keys = Array.from({ length: shape.count }, () => stream.next().value as number);
  const before = (a: number, b: number): boolean => keys[a]! < keys[b]! || (keys[a] === keys[b] && a < b);
  return {
    ...shape,
    deps: shape.deps.filter(([a, b]) => a !== b).map(([a, b]) => (before(a, b) ? [a, b] : [b, a])),
    gates: shape.gates.map(({ needs, unlocks }) => {
      const all = [...new Set([...needs, ...unlocks])].sort((a, b) => (before(a, b) ? -1 : 1));
      return { needs: all.slice(0, Math.ceil(all.length / 2)), unlocks: all.slice(Math.ceil(all.length / 2)) };
    }),
  };
});

export const name = (v: number): string => `S${v}`;

export function planFrom(shape: Shape): Plan {
  return planOf(
    Array.from({ length: shape.count }, (_, v) =>
      slice(name(v), {
        deps: shape.deps.filter(([, to]) => to === v).map(([from]) => name(from)),
        workstream: shape.streams[v]! > 2 ? null : `WS-${shape.streams[v]}`,
        estimateMinutes: shape.minutes[v]!,
      }),
    ),
    { mergePoints: shape.gates.map((g, i) => mergePoint(`MP${i + 1}`, g.needs.map(name), g.unlocks.map(name))) },
  );
}

/** Slices, dependencies and merge points in another order; those of one workstream keep theirs, which means something. */
export function shuffled(plan: Plan, keys: readonly number[]): Plan {
  const rank = (i: number): number => keys[i] ?? 0;
  const slices = plan.slices
    .map((one, i) => ({ one, i }))
    .toSorted((a, b) => rank(a.i) - rank(b.i) || b.i - a.i)
    .map(({ one }) => one);
  const places = new Map<string, number[]>();
  slices.forEach(({ workstream }, i) => {
    if (workstream !== null) places.set(workstream, [...(places.get(workstream) ?? []), i]);
  });
  for (const [workstream, at] of places) {
    const members = plan.slices.filter((one) => one.workstream === workstream);
    at.forEach((place, i) => (slices[place] = members[i]!));
  }
  return {
    ...plan,
    slices: slices.map((one) => ({ ...one, deps: one.deps.toReversed() })),
    mergePoints: plan.mergePoints
      .toReversed()
      .map((point) => ({ ...point, needs: point.needs.toReversed(), unlocks: point.unlocks.toReversed() })),
  };
}
