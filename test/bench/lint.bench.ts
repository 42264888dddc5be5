import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import spawnNpm from 'cross-spawn';
import { LintSession } from '../../src/core/lint/lint.ts';
import { CLI } from '../engine/fixture.ts';
import { number, pairs, spread, type Pairs, type Report, type Spread } from './figure.ts';
import { planDirectory, taskFileOf, writeRepository } from './lint-workspace.ts';
import { LintServer } from './lint-server.ts';

/** Task specs of a cold run, first in plans of a usual size, then in one plan; and ten times fewer, for the growth. */
const COLD = [
  { name: '50 plans of 100', plans: Array.from({ length: 50 }, () => 100), rivals: true },
  { name: '1 plan of 5,000', plans: [5_000], rivals: false },
  { name: '5 plans of 100', plans: Array.from({ length: 5 }, () => 100), rivals: false },
  { name: '100 plans of 100', plans: Array.from({ length: 100 }, () => 100), rivals: false },
] as const;
const SLICES = [100, 1_000, 10_000] as const;
const KEYSTROKES = 60;
const ROUNDS = 5;

const here = import.meta.dirname;
const tools = path.join(here, 'tools');

/**
 * The linter as a whole process on 5,000 task specs, beside the least any linter would have to do and beside two others
 * on the same files; then what a keystroke costs, in the session and through a real server, and the server's memory.
 */
export async function run(report: Report): Promise<void> {
  const rivals = install();
  await coldRuns(report, rivals);
  sessionKeystrokes(report);
  for (const slices of SLICES) await serverKeystrokes(report, slices);
}

async function coldRuns(report: Report, rivals: readonly Rival[]): Promise<void> {
  const seen: { readonly name: string; readonly files: number; readonly ours: Spread }[] = [];
  for (const { name, plans, rivals: withRivals } of COLD) {
    const root = mkdtempSync(path.join(tmpdir(), 'slicewave-bench-lint-'));
    try {
      const bytes = writeRepository(root, plans);
      const files = plans.reduce((sum, slices) => sum + slices, 0);
      const size = `${files} task specs, ${name}, ${(bytes / 1e6).toFixed(1)} MB`;
      const ours = (): Promise<number> => timed(root, [CLI, 'lint']);
      const measure = (what: string, goal: number, of: Pairs, notes: readonly string[]): void =>
        report({
          name: 'slicewave lint, cold',
          size,
          unit: 'ms',
          value: of.a,
          against: { name: what, value: of.b },
          ratio: of.ratio,
          goal: { of: 'ratio', atMost: goal },
          notes,
        });
      const floor = await pairs(files > 1000 ? 7 : 9, ours, () => timed(root, [path.join(here, 'lint-floor.mjs')]));
      const cost = spread([floor.a.median / files]);
      measure('read + yaml + line scan', 1.5, floor, [`${number(cost.median * 1000)} µs a file`]);
      seen.push({ name, files, ours: floor.a });
      if (!withRivals) continue;
      for (const rival of rivals)
        measure(rival.name, 1, await pairs(3, ours, () => timed(root, rival.args), false), [rival.note]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  const usual = seen.filter(({ name }) => name.endsWith('of 100')).sort((a, b) => a.files - b.files);
  for (const [small, large] of usual.slice(1).map((large, index) => [usual[index]!, large] as const))
    report({
      name: 'growth of slicewave lint for each file',
      size: `${small.files} to ${large.files} task specs`,
      unit: 'x',
      value: spread([large.ours.median / large.files / (small.ours.median / small.files)]),
      notes: ['under 1: the start of the process is spread over more files'],
    });
}

/** What it takes to know the findings again after one more letter in one task spec, without any editor. */
function sessionKeystrokes(report: Report): void {
  const seen = SLICES.map((slices) => {
    const session = new LintSession();
    const files = [...planDirectory('TS-1', slices)].map(([name, text]) => [`parallel/TS-1/${name}`, text] as const);
    for (const [name, text] of files) session.set(name, text);
    session.findings();
    return {
      slices,
      session,
      file: `parallel/TS-1/${taskFileOf(slices >> 1)}`,
      p50: [] as number[],
      p95: [] as number[],
    };
  });
  // The sizes take turns, so that what else the machine does falls on all alike.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { session, file, p50, p95 } of seen) {
      const before = session.files.get(file) ?? '';
      const times = keystrokes(before).map((text) => {
        const start = performance.now();
        session.set(file, text);
        session.findings();
        return performance.now() - start;
      });
      session.set(file, before);
      if (round === 0) continue;
      p50.push(quantile(times, 0.5));
      p95.push(quantile(times, 0.95));
    }
  }
  for (const { slices, p50, p95 } of seen) {
    report({
      name: 'findings after a keystroke, in process, p95',
      size: `plan of ${slices} slices, ${KEYSTROKES} keystrokes`,
      unit: 'ms',
      value: spread(p95),
      against: { name: 'p50', value: spread(p50) },
      ...(slices === 1_000 ? { goal: { of: 'value' as const, atMost: 20 } } : {}),
    });
  }
  for (const [small, large] of seen.slice(1).map((large, index) => [seen[index]!, large] as const))
    report({
      name: 'growth of a keystroke',
      size: `${small.slices} to ${large.slices} slices`,
      unit: 'x',
      value: spread([spread(large.p50).median / spread(small.p50).median]),
    });
}

/** From the change of a document to its diagnostics, over stdio, as an editor that pulls them sees it. */
async function serverKeystrokes(report: Report, slices: number): Promise<void> {
  const root = mkdtempSync(path.join(tmpdir(), 'slicewave-bench-lint-'));
  try {
    writeRepository(root, [slices]);
    const name = path.posix.join('parallel/TS-1000-bench', taskFileOf(slices >> 1));
    const text = readFileSync(path.join(root, name), 'utf8');
    const started = performance.now();
    const server = await LintServer.start(root, path.join(path.dirname(CLI), 'server.cjs'));
    try {
      await server.open(name, text);
      await server.diagnostics();
      const first = performance.now() - started;
      const p50: number[] = [];
      const p95: number[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        const times: number[] = [];
        for (const changed of keystrokes(text)) {
          const start = performance.now();
          await server.change(changed);
          await server.diagnostics();
          times.push(performance.now() - start);
        }
        if (round === 0) continue;
        p50.push(quantile(times, 0.5));
        p95.push(quantile(times, 0.95));
      }
      const size = `plan of ${slices} slices, ${KEYSTROKES} keystrokes, server over stdio`;
      report({
        name: 'diagnostics after a keystroke, p95',
        size,
        unit: 'ms',
        value: spread(p95),
        against: { name: 'p50', value: spread(p50) },
        ...(slices === 1_000 ? { goal: { of: 'value' as const, atMost: 20 } } : {}),
        notes: [
          `asked for by ${server.how}`,
          `from the start of the server to the first diagnostics ${number(first)} ms`,
        ],
      });
      const memory = await server.memory();
      report({
        name: 'memory of the server: resident',
        size: `plan of ${slices} slices, all read and linted`,
        unit: 'KiB',
        value: spread([memory.rss / 1024]),
        notes: [
          `live objects after a collection ${number(memory.heapUsed / 1024)} KiB`,
          `texts on disk ${number(bytesBelow(root, slices) / 1024)} KiB`,
        ],
      });
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function bytesBelow(root: string, slices: number): number {
  let bytes = 0;
  for (let slice = 0; slice < slices; slice++)
    bytes += statSync(path.join(root, 'parallel/TS-1000-bench', taskFileOf(slice))).size;
  return bytes;
}

/** A sentence typed letter by letter, partly where it changes what the slice may touch. */
function keystrokes(text: string): string[] {
  const places = ['## Requirements\n\n- ', '- `package.json`\n', 'CREATE:\n', 'deps: ['] as const;
  const typed = ['The order of ', '- `src/gateway/**`\n', '- `src/gate/a.ts`\n', 'task-0003, '] as const;
  const result: string[] = [];
  let done = text;
  for (const [index, place] of places.entries()) {
    const words = typed[index] ?? '';
    const at = done.indexOf(place) + place.length;
    for (let letters = 1; letters <= words.length && result.length < KEYSTROKES; letters++)
      result.push(done.slice(0, at) + words.slice(0, letters) + done.slice(at));
    done = result.at(-1) ?? done;
  }
  return result;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

interface Rival {
  readonly name: string;
  /** For node. */
  readonly args: readonly string[];
  readonly note: string;
}

/** The other linters, installed when this bench is asked for by its name; a run of all benches loads nothing down. */
function install(): readonly Rival[] {
  const modules = path.join(tools, 'node_modules');
  const cli = (name: string): string => path.join(modules, name);
  if (!['remark-cli', 'remark-preset-lint-recommended', 'markdownlint-cli2'].every((name) => existsSync(cli(name)))) {
    if (!process.argv.includes('lint')) {
      console.error('the other linters are not installed: `npm run bench lint` does that');
      return [];
    }
    const done = spawnNpm.sync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: tools,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (done.status !== 0) throw new Error(`npm ci failed in ${tools}; run it again`);
  }
  const version = (name: string): string => {
    const found = JSON.parse(readFileSync(path.join(cli(name), 'package.json'), 'utf8')) as {
      readonly version: string;
    };
    return `${name} ${found.version}`;
  };
  return [
    {
      name: version('markdownlint-cli2'),
      args: [
        path.join(cli('markdownlint-cli2'), 'markdownlint-cli2-bin.mjs'),
        '--config',
        path.join(tools, 'bench.markdownlint-cli2.jsonc'),
        'parallel/*/tasks/*.md',
      ],
      note: 'its own rules, without the three that each of these files breaks',
    },
    {
      name: version('remark-cli'),
      args: [
        path.join(cli('remark-cli'), 'cli.js'),
        '--rc-path',
        path.join(tools, 'remarkrc.json'),
        '--no-stdout',
        '--quiet',
        'parallel',
      ],
      note: `${version('remark-preset-lint-recommended')}, without the two rules that each of these files breaks`,
    },
  ];
}

/** Milliseconds from start to end of a program that must come to an end; what it prints goes nowhere. */
function timed(cwd: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, args, { cwd, stdio: 'ignore' });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(performance.now() - start);
      else reject(new Error(`${args.join(' ')} ended with ${code}: ${failure(cwd, args)}`));
    });
  });
}

function failure(cwd: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', maxBuffer: 1e9 });
  return `${stderr}${stdout}`.slice(-1500);
}
