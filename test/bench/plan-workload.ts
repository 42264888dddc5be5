import type { Plan, Slice } from '../../src/core/plan/model.ts';
import { planOf, scope, slice as sliceOf } from '../unit/plan-fixture.ts';

/** What every planner is given: ids, minutes and up to three dependencies each. */
export interface Workload {
  readonly count: number;
  readonly edges: number;
  readonly plan: Plan;
}

/**
 * Twenty waves deep (or as many as are asked for), three edges from each slice to random ones of the wave before, a merge point for every other. Dependencies are
 * the very strings of the ids they name, as the loader leaves them.
 */
export function workload(count: number, waves = 20): Workload {
  let seed = 42;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const ids = Array.from({ length: count }, (_, i) => `S${i}`);
  const perWave = count / waves;
  if (!Number.isInteger(perWave)) throw new Error(`${count} slices do not fill ${waves} waves`);
  let edges = 0;
  const slices = ids.map((id, i): Slice => {
    const wave = Math.floor(i / perWave);
    const deps = new Set<string>();
    while (wave > 0 && deps.size < Math.min(3, perWave)) deps.add(ids[(wave - 1) * perWave + random(perWave)]!);
    edges += deps.size;
    return sliceOf(id, {
      deps: [...deps],
      estimateMinutes: 30 + random(200),
      scope: scope({ create: [`src/part${i % 500}/new${i}.ts`] }),
    });
  });
  const mergePoints = Array.from({ length: waves / 2 }, (_, k) => ({
    id: `MP${k + 1}`,
    needs: [ids[k * 2 * perWave]!, ids[k * 2 * perWave + 1]!],
    unlocks: [ids[(k * 2 + 1) * perWave]!],
    verify: [],
  }));
  return { count, edges, plan: planOf(slices, { mergePoints }) };
}

/** The textbook pass over ids in Maps, from dependencies to waves: the least that anything that starts there does. */
export function plainKahn(plan: Plan): number {
  const waiting = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const slice of plan.slices) {
    waiting.set(slice.id, slice.deps.length);
    for (const dep of slice.deps) {
      const list = dependents.get(dep);
      if (list) list.push(slice.id);
      else dependents.set(dep, [slice.id]);
    }
  }
  const wave = new Map<string, number>();
  const queue: string[] = [];
  for (const [id, count] of waiting) if (count === 0) queue.push(id);
  for (const id of queue) wave.set(id, 1);
  let deepest = 0;
  for (const id of queue) {
    deepest = Math.max(deepest, wave.get(id)!);
    for (const next of dependents.get(id) ?? []) {
      const left = waiting.get(next)! - 1;
      waiting.set(next, left);
      if (left > 0) continue;
      wave.set(next, wave.get(id)! + 1);
      queue.push(next);
    }
  }
  return deepest;
}
