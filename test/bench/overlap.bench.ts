import { createRequire } from 'node:module';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Plan, Slice } from '../../src/core/plan/model.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import type { Scope } from '../../src/core/task/model.ts';
import { planOf, scope, slice as sliceOf } from '../unit/plan-fixture.ts';
import { spread, type Report } from './figure.ts';

const FILES = 20_000;
/** Where `overlaps` ends. */
const MOST_OVERLAPS = 100_000;

/** Plans by how their slices are scoped: as somebody leaves them who has cut them, and as nobody would. */
const PLANS: readonly {
  readonly name: string;
  readonly planOf: (count: number, root: string) => Plan;
  readonly goal: boolean;
}[] = [
  { name: 'scoped as people scope', planOf: cutPlan, goal: true },
  { name: 'dense: one in eight pairs of a wave overlaps', planOf: densePlan, goal: false },
];

/** Overlaps of plans whose slices are scoped as people scope them, of far denser ones, and of scopes that are hard to compare. */
export async function run(report: Report): Promise<void> {
  for (const { name, planOf: make, goal } of PLANS) {
    for (const count of [100, 1_000, 10_000]) {
      const runs = count === 10_000 ? 3 : 7;
      const times: number[] = [];
      const processor: number[] = [];
      let found = 0;
      for (let round = 0; round < runs; round++) {
        // New lists and texts, so that nothing remembered of the round before helps.
        const files = repositoryFiles(`r${count}x${round}`);
        const plan = make(count, `r${count}x${round}`);
        const graph = planGraph(plan);
        const before = process.cpuUsage();
        times.push(timed(() => (found = overlaps(plan, graph, files).length)));
        const used = process.cpuUsage(before);
        processor.push((used.user + used.system) / 1000);
      }
      const naive: number[] = [];
      let expanded = 0;
      for (let round = 0; count < 10_000 && round < 3; round++) {
        const files = repositoryFiles(`n${count}x${round}`);
        const plan = make(count, `n${count}x${round}`);
        const graph = planGraph(plan);
        naive.push(timed(() => (expanded = expandedPairs(plan, graph, files))));
      }
      const pairs = found === MOST_OVERLAPS ? `the first ${found} pairs` : `${found} pairs`;
      report({
        name: `overlaps of all pairs of slices, exact; ${name}`,
        size: `${count} slices, ${FILES} files, ${pairs}`,
        unit: 'ms',
        value: spread(times),
        ...(naive.length > 0 ? { against: { name: 'picomatch over the files', value: spread(naive) } } : {}),
        ...(goal && count === 1_000 ? { goal: { of: 'value' as const, atMost: 300 } } : {}),
        notes: [
          `of the processor's time ${spread(processor).median.toFixed(0)} ms, at best ${spread(processor).min.toFixed(0)} ms; no file or glob is known from the round before`,
          ...(naive.length > 0
            ? [`the other finds ${expanded} pairs: none in files that are not there yet but those that are written out`]
            : []),
        ],
      });
    }
  }
  for (const [name, globOf] of LOOK_ALIKE) {
    for (const count of [1_000, 4_000]) {
      const times: number[] = [];
      let found = 0;
      for (let round = 0; round < 3; round++) {
        // A directory of its own, so that nothing remembered of the round before helps.
        const globs = (side: string): string[] =>
          Array.from({ length: count }, (_, i) => `l${count}x${round}/${globOf(i, side)}`);
        const plan = planOf(
          ['a', 'b'].map((side) => sliceOf(side.toUpperCase(), { scope: scope({ modify: globs(side) }) })),
        );
        const graph = planGraph(plan);
        const files = repositoryFiles('look');
        times.push(timed(() => (found = overlaps(plan, graph, files).length)));
      }
      report({
        name: `overlap of two slices of wildcard globs that look alike: ${name}`,
        size: `${count} globs each, ${FILES} files, ${found === 1 ? 'they meet' : 'apart'}`,
        unit: 'ms',
        value: spread(times),
      });
    }
  }
}

const LOOK_ALIKE: readonly (readonly [string, (i: number, side: string) => string])[] = [
  ['told apart by directory', (i, side) => `mod${i}/**/*_${side}${i}.ts`],
  ['told apart by file name', (i, side) => `**/${side}${i}_*.ts`],
  ['told apart by a name behind any directories (a*b1.ts)', (i, side) => `**/${side}*b${i}.ts`],
  ['told apart by directory in the middle', (i, side) => `*/${side}${i}/*.ts`],
  ['told apart by the middle of a name only', (i, side) => `*/x*y${side}${i}?.ts`],
  ['told apart next to classes and braces', (i, side) => `[a-f]*/x[0-9]y${side}${i}*z.{ts,tsx}`],
  ['told apart from one side only', (i, side) => (side === 'a' ? `**/a${i}/**/x.ts` : `q*/b${i}/q*/x.ts`)],
  ['all meet', (i, side) => `**/*_${side}${i}_*.ts`],
];

function repositoryFiles(root: string): string[] {
  return Array.from(
    { length: FILES },
    (_, i) =>
      `${root}/p${i % 40}/src/d${Math.floor(i / 40) % 20}/${i % 5 === 0 ? 'check' : 'part'}${i}.${i % 5 === 0 ? 'test.ts' : i % 7 === 0 ? 'json' : 'ts'}`,
  );
}

/** The same numbers every time. */
function numbers(): (below: number) => number {
  let seed = 42;
  return (below) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

/**
 * A plan whose lead has cut it: twenty waves, each slice after up to three of the wave before, and each at home in a
 * directory of its own for as long as there are any (800). Of what the task specs of published plans hold, a slice names 1
 * to 6 paths literally (two of three are new files, some are `file::Symbol`); one in four a directory as a whole, one in
 * twelve a second one; one in ten files by their ending below its directory or a brace list, one in fifty files by name in
 * its whole package; all a boundary or two. One in twenty also touches the package's shared entry file as a whole, one in
 * ten a symbol of it: that, a home shared by two slices and the wide globs are where pairs meet.
 */
function cutPlan(count: number, root: string): Plan {
  const random = numbers();
  const perWave = count / 20;
  const slices: Slice[] = [];
  for (let i = 0; i < count; i++) {
    const wave = Math.floor(i / perWave);
    const deps = new Set<string>();
    while (wave > 0 && deps.size < Math.min(3, perWave)) deps.add(`S${(wave - 1) * perWave + random(perWave)}`);
    // 347 has no factor in common with 800: neighbours in the plan live far apart, and each directory is taken in turn.
    const place = (i * 347) % 800;
    const home = `${root}/p${place % 40}`;
    const dir = `${home}/src/d${Math.floor(place / 40)}`;
    const create = Array.from({ length: 1 + random(3) }, (_, n) => `${dir}/new${i}_${n}${n === 2 ? '.test' : ''}.ts`);
    const modify = Array.from({ length: random(3) }, () => `${dir}/part${random(FILES)}.ts`);
    if (i % 4 === 0) modify.push(`${dir}/**`);
    if (i % 12 === 0) modify.push(`${home}/fixtures/f${i}/`);
    if (i % 20 === 1) modify.push(`${dir}/**/*.test.ts`);
    if (i % 20 === 11) modify.push(`${dir}/{part,check}${i}*.{ts,json}`);
    if (i % 50 === 3) modify.push(`${home}/**/*part${i}*.ts`);
    if (i % 20 === 5) modify.push(`${home}/src/index.ts`);
    if (i % 10 === 7) modify.push(`${home}/src/index.ts::Part${i}`);
    const boundary = [`${root}/p${random(40)}/**`, ...(i % 3 === 0 ? [`${home}/src/index.ts::Shared`] : [])];
    slices.push(sliceOf(`S${i}`, { deps: [...deps], scope: scope({ create, modify, boundary }) }));
  }
  return planOf(slices);
}

/** Every slice of it has several globs, and most reach into other slices' directories. */
function densePlan(count: number, root: string): Plan {
  const random = numbers();
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
