import type { Plan, Slice } from '../../src/core/plan/model.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { digraph, layerGraph } from '../../src/core/plan/layers.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import { whatIf } from '../../src/core/plan/schedule.ts';
import { compileGlob, globsIntersect } from '../../src/core/scope/glob.ts';
import { slice as sliceOf, planOf, entry } from '../unit/plan-fixture.ts';

export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value should stay under, when the project has set one. */
  readonly goal?: number;
}

/**
 * Plans 1,000, 10,000 and 100,000 slices with three edges each. Every time is the best of its rounds, and rounds of
 * the sizes alternate, so that what else the machine does falls on all alike; growth is per slice.
 */
export async function run(report: (row: BenchRow) => void): Promise<void> {
  const sizes = [1_000, 10_000, 100_000].map((count) => {
    const plan = layeredPlan(count);
    const [from, to] = edgesOf(plan);
    return { count, plan, from, to, whole: Infinity, layers: Infinity, kahn: Infinity };
  });
  for (let round = 0; round < 12; round++) {
    for (const size of sizes) {
      const times = size.count <= 1_000 ? 20 : size.count <= 10_000 ? 4 : 1;
      size.whole = Math.min(
        size.whole,
        best(() => void planGraph(size.plan), times),
      );
      size.layers = Math.min(
        size.layers,
        best(() => void layerGraph(digraph(size.count, size.from, size.to)), times),
      );
      size.kahn = Math.min(
        size.kahn,
        best(() => void objectKahn(size.plan), times),
      );
    }
  }
  for (const { count, from, whole, layers, kahn } of sizes) {
    report({
      name: `plan ${count} slices, ${from.length} edges`,
      value: whole,
      unit: 'ms',
      ...(count === 10_000 ? { goal: 50 } : {}),
    });
    report({ name: '  of which layers in flat arrays', value: layers, unit: 'ms' });
    report({ name: '  against one plain Kahn pass over ids in Maps', value: whole / kahn, unit: 'x' });
  }
  for (const [small, large] of [
    [sizes[0]!, sizes[1]!],
    [sizes[1]!, sizes[2]!],
  ] as const) {
    const growth = (key: 'whole' | 'layers' | 'kahn'): number => large[key] / large.count / (small[key] / small.count);
    report({
      name: `growth per slice, ${small.count} to ${large.count}`,
      value: growth('whole'),
      unit: 'x',
      goal: 1.3,
    });
    report({ name: '  of the flat arrays', value: growth('layers'), unit: 'x' });
    report({ name: '  of the plain Kahn pass', value: growth('kahn'), unit: 'x' });
  }

  const plan = layeredPlan(10_000);
  const graph = planGraph(plan);
  report({ name: 'overlaps of 10,000 slices', value: best(() => void overlaps(plan, graph), 5), unit: 'ms' });
  const files = Array.from({ length: 50_000 }, (_, i) => `src/part${i % 500}/file${i}.ts`).sort();
  report({
    name: 'overlaps of 10,000 slices over 50,000 files',
    value: best(() => void overlaps(plan, graph, files), 3),
    unit: 'ms',
  });
  report({
    name: 'what-if of 10,000 slices with 8 agents',
    value: best(() => void whatIf(graph, plan, [8]), 5),
    unit: 'ms',
  });

  const globs = Array.from({ length: 200 }, (_, i) => [
    `src/**/a${i}*.{ts,tsx}`,
    `src/{core,node}/*${i % 10}*.ts`,
  ]).flat();
  let pairs = 0;
  const globMs = best(() => {
    pairs = 0;
    for (const a of globs) for (const b of globs) if (globsIntersect(a, b) !== undefined) pairs++;
  }, 1);
  report({ name: `intersect ${pairs} pairs of globs, each`, value: (globMs * 1000) / pairs, unit: 'µs' });
  const glob = compileGlob('src/**/file*7.{ts,tsx}');
  report({
    name: 'match one glob against 50,000 files',
    value: best(() => void files.filter((f) => glob.matches(f)), 5),
    unit: 'ms',
  });
}

/** Twenty waves deep, edges to random slices of nearby waves, one workstream per hundred slices, merge points. */
function layeredPlan(count: number): Plan {
  let seed = 42;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const perWave = count / 20;
  const slices: Slice[] = [];
  for (let i = 0; i < count; i++) {
    const wave = Math.floor(i / perWave);
    const deps = new Set<string>();
    while (wave > 0 && deps.size < 3) deps.add(`S${(wave - 1) * perWave + random(perWave)}`);
    slices.push(
      sliceOf(`S${i}`, {
        deps: [...deps],
        estimateMinutes: 30 + random(200),
        scope: {
          create: [entry(`src/part${i % 500}/new${i}.ts`)],
          modify: i % 10 === 0 ? [entry(`src/part${i % 500}/*${i % 7}.ts`)] : [],
          boundary: i % 4 === 0 ? [entry('docs/**')] : [],
        },
      }),
    );
  }
  const mergePoints = Array.from({ length: 10 }, (_, k) => ({
    id: `MP${k + 1}`,
    needs: [`S${k * 2 * perWave}`, `S${k * 2 * perWave + 1}`],
    unlocks: [`S${(k * 2 + 1) * perWave}`],
    verify: [],
  }));
  return planOf(slices, { mergePoints });
}

function edgesOf(plan: Plan): [Int32Array, Int32Array] {
  const index = new Map(plan.slices.map((slice, i) => [slice.id, i]));
  const pairs = plan.slices.flatMap((slice, v) => slice.deps.map((dep) => [index.get(dep)!, v] as const));
  return [Int32Array.from(pairs, (p) => p[0]), Int32Array.from(pairs, (p) => p[1])];
}

/** The textbook pass, as a floor for anything that starts from ids and ends with waves. */
function objectKahn(plan: Plan): Map<string, number> {
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
  for (const id of queue) {
    for (const next of dependents.get(id) ?? []) {
      const left = waiting.get(next)! - 1;
      waiting.set(next, left);
      if (left > 0) continue;
      wave.set(next, wave.get(id)! + 1);
      queue.push(next);
    }
  }
  return wave;
}

function best(work: () => void, times: number): number {
  let least = Infinity;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

if (process.argv[1] && import.meta.filename === process.argv[1]) {
  await run(({ name, value, unit, goal }) => {
    const verdict = goal === undefined ? '' : value <= goal ? `  (goal ${goal}, met)` : `  (goal ${goal}, MISSED)`;
    console.log(`${name.padEnd(52)} ${value.toFixed(2).padStart(10)} ${unit}${verdict}`);
  });
}
