import { createRequire } from 'node:module';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Plan, Slice } from '../../src/core/plan/model.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import type { Scope } from '../../src/core/task/model.ts';
import { planOf, scope, slice as sliceOf } from '../unit/plan-fixture.ts';
import { spread, type Report } from './figure.ts';

const FILES = 20_000;

/** Overlaps of plans whose slices are scoped as people scope them, and of scopes that are hard to compare. */
export async function run(report: Report): Promise<void> {
  for (const count of [100, 1_000, 10_000]) {
    const runs = count === 10_000 ? 3 : 7;
    const times: number[] = [];
    let found = 0;
    for (let round = 0; round < runs; round++) {
      // New lists and texts, so that nothing remembered of the round before helps.
      const files = repositoryFiles(`r${count}x${round}`);
      const plan = realPlan(count, `r${count}x${round}`);
      const graph = planGraph(plan);
      times.push(timed(() => (found = overlaps(plan, graph, files).length)));
    }
    const naive: number[] = [];
    let expanded = 0;
    for (let round = 0; count < 10_000 && round < 3; round++) {
      const files = repositoryFiles(`n${count}x${round}`);
      const plan = realPlan(count, `n${count}x${round}`);
      const graph = planGraph(plan);
      naive.push(timed(() => (expanded = expandedPairs(plan, graph, files))));
    }
    report({
      name: 'overlaps of all pairs of slices, exact, nothing warmed up',
      size: `${count} slices, ${FILES} files, ${found} pairs`,
      unit: 'ms',
      value: spread(times),
      ...(naive.length > 0 ? { against: { name: 'picomatch over the files', value: spread(naive) } } : {}),
      ...(count === 1_000 ? { goal: { of: 'value' as const, atMost: 300 } } : {}),
      notes:
        naive.length > 0
          ? [`the other finds ${expanded} pairs: none in files that are not there yet but those that are written out`]
          : [],
    });
  }
  for (const [name, globOf] of LOOK_ALIKE) {
    const globs = (side: string): string[] => Array.from({ length: 2_000 }, (_, i) => globOf(i, side));
    const plan = planOf(
      ['a', 'b'].map((side) => sliceOf(side.toUpperCase(), { scope: scope({ modify: globs(side) }) })),
    );
    const graph = planGraph(plan);
    const files = repositoryFiles('look');
    report({
      name: `overlap of two slices of 2,000 wildcard globs: ${name}`,
      size: `${FILES} files`,
      unit: 'ms',
      value: spread([timed(() => overlaps(plan, graph, files))]),
    });
  }
}

const LOOK_ALIKE: readonly (readonly [string, (i: number, side: string) => string])[] = [
  ['told apart by directory', (i, side) => `look/mod${i}/**/*_${side}${i}.ts`],
  ['told apart by file name', (i, side) => `look/**/${side}${i}_*.ts`],
  ['told apart by directory in the middle', (i, side) => `look/*/${side}${i}/*.ts`],
  ['all meet', (i, side) => `look/**/*_${side}${i}_*.ts`],
  ['told apart by the middle of a name only', (i, side) => `look/*/x*y${side}${i}?.ts`],
];

function repositoryFiles(root: string): string[] {
  return Array.from(
    { length: FILES },
    (_, i) =>
      `${root}/p${i % 40}/src/d${Math.floor(i / 40) % 20}/${i % 5 === 0 ? 'check' : 'part'}${i}.${i % 5 === 0 ? 'test.ts' : i % 7 === 0 ? 'json' : 'ts'}`,
  );
}

/** Twenty waves; every slice with paths of its own, most with a directory, some with wide globs, symbols, boundaries. */
function realPlan(count: number, root: string): Plan {
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
    while (wave > 0 && deps.size < Math.min(3, perWave)) deps.add(`S${(wave - 1) * perWave + random(perWave)}`);
    const home = `${root}/p${random(40)}`;
    const dir = `${home}/src/d${random(20)}`;
    const modify = [`${dir}/part${random(FILES)}.ts`, `${home}/src/index.ts::Part${i}`];
    if (i % 2 === 0) modify.push(`${dir}/**`);
    if (i % 5 === 0) modify.push(`${home}/**/*part${i}*.ts`);
    if (i % 11 === 0) modify.push(`${root}/**/check${i}*.test.ts`);
    if (i % 7 === 0) modify.push(`${home}/src/{d${random(20)},d${random(20)}}/*.json`);
    slices.push(
      sliceOf(`S${i}`, {
        deps: [...deps],
        scope: scope({
          create: [`${dir}/new${i}.ts`, `${dir}/new${i}.test.ts`, `${home}/docs/new${i}.md`],
          modify,
          boundary: [`${root}/p${random(40)}/**`, `${home}/src/d${random(20)}/**`, `${home}/src/index.ts::Shared`],
        }),
      }),
    );
  }
  return planOf(slices);
}

type Matcher = (path: string) => boolean;

/**
 * The usual way: expand every glob over the files that are there, and compare the sets of each pair that may run at the
 * same time. What is written out literally counts, symbols do not.
 */
function expandedPairs(plan: Plan, graph: ReturnType<typeof planGraph>, files: readonly string[]): number {
  const picomatch = createRequire(import.meta.url)('picomatch') as (glob: string) => Matcher;
  const matched = new Map<string, readonly string[]>();
  const expand = (glob: string): readonly string[] => {
    let found = matched.get(glob);
    if (!found) {
      const matches = picomatch(glob);
      matched.set(glob, (found = /[*{]/.test(glob) ? files.filter((file) => matches(file)) : [glob]));
    }
    return found;
  };
  const paths = (entries: Scope['create']): string[] =>
    entries.flatMap(({ path, symbol }) =>
      path === null ? [] : expand(path).map((file) => (symbol === null ? file : `${file}::${symbol}`)),
    );
  const sets = plan.slices.map(({ scope: own }) => {
    const set = new Set(paths([...own.create, ...own.modify]));
    for (const path of paths(own.boundary)) set.delete(path);
    return set;
  });
  const before = new Map<string, Set<string>>();
  for (const id of graph.order)
    before.set(id, new Set(graph.schedule.get(id)!.deps.flatMap((dep) => [dep, ...before.get(dep)!])));
  let pairs = 0;
  plan.slices.forEach((a, i) => {
    plan.slices.slice(i + 1).forEach((b, j) => {
      if (before.get(b.id)!.has(a.id)) return;
      const [small, large] = [sets[i]!, sets[i + 1 + j]!].sort((x, y) => x.size - y.size);
      for (const path of small!) {
        if (!large!.has(path)) continue;
        pairs++;
        return;
      }
    });
  });
  return pairs;
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
