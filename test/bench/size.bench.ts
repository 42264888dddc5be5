import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { CLI } from '../engine/fixture.ts';
import { number, spread, type Report, type Spread } from './figure.ts';
import { writeRepository } from './lint-workspace.ts';

/** Slices of a plan, and how many rounds its size allows. */
const SIZES = [
  { slices: 100, rounds: 7 },
  { slices: 1_000, rounds: 5 },
  { slices: 3_000, rounds: 3 },
  { slices: 10_000, rounds: 3 },
] as const;

/** What each command may cost, in floors. */
const COMMANDS = [
  { name: 'plan', goal: 1.5 },
  { name: 'validate', goal: 1.5 },
  { name: 'status', goal: 1.1 },
  { name: 'lint', goal: 1.3 },
] as const;

const FLOOR = path.join(import.meta.dirname, 'size-floor.mjs');
const PROBE = pathToFileURL(path.join(import.meta.dirname, 'cost-probe.mjs')).href;
const MOST_KIB = 200 * 1024;

interface Cost {
  /** Of processor time. */
  readonly ms: number;
  /** At its largest. */
  readonly kib: number;
}

/**
 * Commands about one plan, as whole processes, beside reading and parsing the same files once: processor time, turn and
 * turn about, for plans whose scopes match files of the repository and for plans whose do not. Then what a slice costs in
 * larger plans, and how large the processes grow.
 */
export async function run(report: Report): Promise<void> {
  for (const matching of [true, false]) {
    const seen: { readonly slices: number; readonly cost: ReadonlyMap<string, Spread> }[] = [];
    for (const { slices, rounds } of SIZES) {
      const root = mkdtempSync(path.join(tmpdir(), 'slicewave-bench-size-'));
      try {
        prepare(root, slices, matching);
        seen.push({ slices, cost: await measure(report, { root, slices, rounds, matching }) });
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }
    for (const [i, large] of seen.entries()) {
      const small = seen[i - 1];
      if (!small) continue;
      const perSlice = (name: string, of: typeof large): number => (of.cost.get(name)?.median ?? 0) / of.slices;
      for (const name of [...COMMANDS.map((command) => command.name), 'floor'])
        report({
          name: `growth of ${name} for each slice`,
          size: `${small.slices} to ${large.slices} slices, ${files(matching)}`,
          unit: 'x',
          value: spread([perSlice(name, large) / perSlice(name, small)]),
        });
    }
  }
}

async function measure(
  report: Report,
  of: { readonly root: string; readonly slices: number; readonly rounds: number; readonly matching: boolean },
): Promise<ReadonlyMap<string, Spread>> {
  const { root, slices, rounds, matching } = of;
  const programs = [
    { name: 'floor', args: [FLOOR] },
    ...COMMANDS.map(({ name }) => ({ name, args: [CLI, name, '--json'] })),
  ];
  const costs = new Map(programs.map(({ name }) => [name, [] as Cost[]]));
  for (const { args } of programs) warmUp(root, args);
  for (let round = 0; round < rounds; round++)
    for (const { name, args } of programs) costs.get(name)?.push(await costOf(root, args));
  const times = (name: string): number[] => costs.get(name)?.map(({ ms }) => ms) ?? [];
  const floor = times('floor');
  for (const { name, goal } of COMMANDS) {
    const kib = spread(costs.get(name)?.map((cost) => cost.kib) ?? []);
    report({
      name: `slicewave ${name} --json`,
      size: `${slices} slices, ${files(matching)}`,
      unit: 'ms',
      value: spread(times(name)),
      against: { name: 'read and parse once', value: spread(floor) },
      ratio: spread(times(name).map((ms, i) => ms / (floor[i] ?? Number.NaN))),
      goal: { of: 'ratio', atMost: goal },
      notes: ['processor time'],
    });
    report({
      name: `memory of slicewave ${name} --json at its largest`,
      size: `${slices} slices, ${files(matching)}`,
      unit: 'KiB',
      value: kib,
      ...(slices === 10_000 ? { goal: { of: 'value' as const, atMost: MOST_KIB } } : {}),
      notes: [`read and parse once: ${number(spread(costs.get('floor')?.map((cost) => cost.kib) ?? []).median)} KiB`],
    });
  }
  return new Map(programs.map(({ name }) => [name, spread(times(name))]));
}

function files(matching: boolean): string {
  return matching ? 'with matching files' : 'without matching files';
}

/** A committed repository with one plan; what its slices modify is there, or is not. */
function prepare(root: string, slices: number, matching: boolean): void {
  writeRepository(root, [slices]);
  if (!matching) rmSync(path.join(root, 'src'), { recursive: true });
  else
    for (let slice = 0; slice < slices; slice += 10) {
      const dir = path.join(root, 'src/users', `more${slice}`);
      mkdirSync(dir, { recursive: true });
      writeFileSync(path.join(dir, 'a.ts'), `export const a${slice} = ${slice};\n`);
    }
  const git = (...args: readonly string[]): void =>
    void execFileSync('git', ['-c', 'user.name=Bench', '-c', 'user.email=bench@localhost', ...args], { cwd: root });
  git('add', '.');
  git('commit', '-qm', 'a plan');
}

/**
 * Fills caches: of the disk, of compiled code, of what was learned of the history. What fails early is cheap, and is none
 * of what is measured.
 */
function warmUp(cwd: string, args: readonly string[]): void {
  const { status, stdout } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', maxBuffer: 1e9 });
  if (status !== 0 && (status !== 1 || 'error' in JSON.parse(stdout)))
    throw new Error(`${args.join(' ')} ended with ${String(status)}: ${stdout.slice(0, 500)}`);
}

/** What a program costs that must come to an end; what it prints goes nowhere. */
function costOf(cwd: string, args: readonly string[]): Promise<Cost> {
  const file = path.join(cwd, '.git', 'bench-cost');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', PROBE, ...args], {
      cwd,
      stdio: 'ignore',
      env: { ...process.env, SLICEWAVE_BENCH_COST: file },
    });
    child.once('error', reject);
    child.once('close', (code) => {
      // A plan with findings ends with 1, and has been read and judged all the same.
      if (code === 0 || code === 1) resolve(JSON.parse(readFileSync(file, 'utf8')) as Cost);
      else reject(new Error(`${args.join(' ')} ended with ${String(code)}`));
    });
  });
}
