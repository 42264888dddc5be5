import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import spawnNpm from 'cross-spawn';
import { breakEven } from '../../src/core/plan/break-even.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { whatIf } from '../../src/core/plan/schedule.ts';
import { spread, type Report } from './figure.ts';
import { graphLibraries, type GraphLibrary } from './graph-libraries.ts';
import { plainKahn, workload, type Workload } from './plan-workload.ts';
import { taskManager } from './task-manager.bench.ts';

const SIZES = [100, 1_000, 10_000, 100_000] as const;
const ROUNDS = 9;
const here = import.meta.dirname;

/**
 * From slices with three dependencies each to waves, batches, critical path and slack, beside graph libraries on the
 * same graph, in one process and turn about; then what more agents change; then whole processes at 100 slices.
 */
export async function run(report: Report): Promise<void> {
  const loads = SIZES.map((count) => workload(count));
  againstLibraries(
    report,
    loads,
    installed('tools', '@dagrejs/graphlib') ? graphLibraries(path.join(here, 'tools/x.cjs')) : [],
  );
  growth(report);
  agents(
    report,
    loads.find(({ count }) => count === 10_000)!,
  );
  if (installed('tools-task-master', 'task-master-ai')) await taskManager(report, path.join(here, 'tools-task-master'));
}

function againstLibraries(report: Report, loads: readonly Workload[], libraries: readonly GraphLibrary[]): void {
  const contenders = [
    { name: 'planGraph', run: (load: Workload) => void planGraph(load.plan) },
    { name: 'and every schedule read', run: readAll },
    { name: 'plain Kahn over Maps', run: (load: Workload) => void plainKahn(load.plan) },
    ...libraries.flatMap(({ name, prepare, solve }) => [
      { name: `${name}, from the plan`, run: (load: Workload) => void solve(prepare(load.plan)) },
      {
        name: `${name}, its graph built before`,
        setup: (load: Workload) => prepare(load.plan),
        run: (_: Workload, graph: unknown) => void solve(graph),
      },
    ]),
  ];
  for (const load of loads) {
    const expected = planGraph(load.plan).makespanMinutes;
    for (const { name, prepare, solve } of libraries) {
      const { cyclic, makespan } = solve(prepare(load.plan));
      if (cyclic || makespan !== expected) throw new Error(`${name} finds ${makespan} minutes, not ${expected}`);
    }
    const repeat = Math.max(1, Math.round(20_000 / load.count));
    // The libraries take minutes for the largest plan; once each says enough.
    const large = load.count > 10_000;
    const entered = contenders.filter(({ name }) => !large || !name.endsWith('built before'));
    const seen = entered.map(() => [] as number[]);
    for (let round = 0; round <= (large ? 1 : load.count > 1_000 ? 5 : ROUNDS); round++) {
      entered.forEach((contender, i) => {
        const graph = 'setup' in contender ? contender.setup?.(load) : undefined;
        const time = timed(() => {
          for (let n = 0; n < repeat; n++) contender.run(load, graph);
        });
        if (round > 0) seen[i]!.push(time / repeat);
      });
    }
    entered.slice(1).forEach(({ name }, i) => {
      report({
        name: 'plan',
        size: `${load.count} slices, ${load.edges} dependencies`,
        unit: 'ms',
        value: spread(seen[0]!),
        against: { name, value: spread(seen[i + 1]!) },
        ratio: spread(seen[0]!.map((time, round) => time / seen[i + 1]![round]!)),
        ...(load.count === 10_000 && i === 0 ? { goal: { of: 'value' as const, atMost: 50 } } : {}),
      });
    });
  }
}

/** What each slice costs in larger plans, over the same number of slices in all: memory is as cold for each size. */
function growth(report: Report): void {
  const sizes = [1_000, 10_000, 100_000].map((count) => ({
    count,
    loads: Array.from({ length: 100_000 / count }, () => workload(count)),
    whole: [] as number[],
    read: [] as number[],
    kahn: [] as number[],
    again: [] as number[],
  }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const size of sizes) {
      const all = (work: (load: Workload) => void): number =>
        timed(() => {
          for (const load of size.loads) work(load);
        });
      const [first] = size.loads;
      const found = [
        all((load) => void planGraph(load.plan)),
        all(readAll),
        all((load) => void plainKahn(load.plan)),
        timed(() => {
          for (let n = 0; n < size.loads.length; n++) planGraph(first!.plan);
        }),
      ];
      if (round > 0) [size.whole, size.read, size.kahn, size.again].forEach((list, i) => list.push(found[i]!));
    }
  }
  const [small, middle, large] = sizes as [(typeof sizes)[0], (typeof sizes)[0], (typeof sizes)[0]];
  const rows = [
    { key: 'whole', name: 'growth per slice of a plan', note: '100 plans of 1,000 slices, and 1 of 100,000' },
    { key: 'read', name: 'growth per slice, every schedule read', note: 'the same' },
    { key: 'kahn', name: 'growth per slice of a plain Kahn pass', note: 'the same' },
    {
      key: 'again',
      name: 'growth per slice, the same plan again',
      note: 'the small one never leaves the processor cache',
    },
  ] as const;
  for (const { key, name, note } of rows) {
    const ratio = (of: typeof large): number[] => of[key].map((time, round) => time / small[key][round]!);
    report({
      name,
      size: '1,000 to 100,000 slices',
      unit: 'x',
      value: spread(ratio(large)),
      ...(key === 'whole' || key === 'again' ? { goal: { of: 'value' as const, atMost: 1.3 } } : {}),
      notes: [
        `${note}; to 10,000: ${spread(ratio(middle)).median.toFixed(2)} x`,
        `${(spread(small[key]).median * 10).toFixed(0)} and ${(spread(large[key]).median * 10).toFixed(0)} ns a slice`,
      ],
    });
  }
}

function agents(report: Report, { plan, count }: Workload): void {
  const graph = planGraph(plan);
  const counts = Array.from({ length: 64 }, (_, i) => i + 1);
  const rounds = (work: () => void): number[] => Array.from({ length: ROUNDS + 1 }, () => timed(work)).slice(1);
  report({
    name: 'what-if curve for 1..64 agents, bounds beside',
    size: `${count} slices`,
    unit: 'ms',
    value: spread(rounds(() => void whatIf(graph, counts))),
    goal: { of: 'value', atMost: 1_000 },
  });
  report({
    name: 'how many agents are worth it',
    size: `${count} slices`,
    unit: 'ms',
    value: spread(rounds(() => void breakEven(graph, plan))),
  });
}

let kept = 0;

function readAll({ plan }: Workload): void {
  const graph = planGraph(plan);
  for (const id of graph.order) {
    const { slack, deps, dependents } = graph.schedule.get(id)!;
    kept += slack + deps.length + dependents.length;
  }
  if (Number.isNaN(kept)) throw new Error('no slack may be NaN');
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** What is measured beside, installed when this bench is asked for by its name; a run of all benches loads nothing down. */
function installed(folder: string, sample: string): boolean {
  const cwd = path.join(here, folder);
  if (existsSync(path.join(cwd, 'node_modules', sample))) return true;
  if (!process.argv.includes('plan')) {
    console.error(`${sample} is not installed: \`npm run bench plan\` does that`);
    return false;
  }
  const done = spawnNpm.sync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (done.status !== 0) throw new Error(`npm ci failed in ${cwd}; run it again`);
  return true;
}
