/**
 * The whole gate, cheapest first:
 *
 *   node .config/test.ts [--lanes=N] [stage...]     stages: check unit engine repositories agents trust editors host ui long, and quick
 *
 * As many jobs at once as there are lanes, by default two where there are two processors: first the checks, then
 * everything else. What a job prints is never mixed with what another does. A job that fails stops only those that need what it makes. Everything else runs, and all is told at the end: each
 * job, each test that failed, the tests that cost most (as information), then mocha's own kind of summary, added up,
 * and `N passed, N failed` alone on a line. Exit code 1 when anything failed or could not run.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { TestRecord } from './count.ts';
import { inLanes, Screen, type Job as LaneJob, type Page } from './lanes.ts';

interface Outcome {
  readonly ok: boolean;
  /** How many tests failed; a failure that is not one of a test counts as one. */
  readonly failures?: number;
  /** What the table at the end says besides the time. */
  readonly note?: string;
}

/** One thing that is run. Jobs that it needs are run first, also when their stage was not asked for. */
interface Job extends LaneJob {
  readonly stage: string;
  readonly run: (page: Page) => Promise<Outcome>;
}

const root = path.dirname(import.meta.dirname);
const scratch = mkdtempSync(path.join(tmpdir(), 'slicewave-test-'));
let passed = 0;
const records: TestRecord[] = [];
/** Failed, and passed when their file was run once more. */
const flaky: TestRecord[] = [];

/**
 * Run with all others when no stage is named. Long jobs stand before short ones, so that the lanes end at about the same
 * time.
 */
const JOBS: readonly Job[] = [
  { name: 'types', stage: 'check', run: program('tsc') },
  { name: 'lint', stage: 'check', run: program('oxlint', '--type-aware', '--quiet') },
  { name: 'format', stage: 'check', run: program('oxfmt', '--check') },
  { name: 'generated', stage: 'check', run: program('node', '.config/generate.ts', '--check') },
  { name: 'unused', stage: 'check', run: program('knip') },
  { name: 'build', stage: 'check', run: program('node', '.config/build.ts', '--quiet') },
  { name: 'architecture', stage: 'check', needs: ['build'], run: program('node', '.config/architecture.ts') },
  {
    name: 'unit',
    stage: 'unit',
    run: mocha('unit', '--parallel', '--jobs', String(availableParallelism()), 'test/unit/**/*.test.ts'),
  },
  // Tests of the engine that go through the whole loop once, for every day: part of the stage `engine`.
  { name: 'loop', stage: 'quick', needs: ['build'], run: mocha('loop', 'test/engine/whole-loop.test.ts') },
  { name: 'sandbox programs', stage: 'agents', uses: 'apt', run: program('node', 'test/sandbox/install.ts') },
  { name: 'VS Code test host', stage: 'host', uses: 'apt', run: program('node', 'test/host/install.ts') },
  { name: 'engine', stage: 'engine', needs: ['build'], run: mocha('engine', 'test/engine/**/*.test.ts') },
  {
    name: 'repositories',
    stage: 'repositories',
    needs: ['build'],
    // Who names the stage wants all rows; every day a third of them is tried.
    run: (page) =>
      counting('repositories', ['test/repositories/**/*.test.ts'], {
        SLICEWAVE_ALL_CASES: wanted.includes('repositories') ? '1' : '',
      })(page),
  },
  { name: 'ui', stage: 'ui', needs: ['build', 'VS Code test host'], run: windows() },
  { name: 'agent binaries', stage: 'agents', run: program('node', 'test/agents/install.ts') },
  {
    name: 'trust',
    stage: 'trust',
    needs: ['build', 'sandbox programs', 'agent binaries'],
    run: mocha('trust', 'test/trust/**/*.test.ts'),
  },
  {
    name: 'agents',
    stage: 'agents',
    needs: ['build', 'sandbox programs', 'agent binaries'],
    run: mocha('agents', 'test/agents/**/*.test.ts'),
  },
  { name: 'editor programs', stage: 'editors', uses: 'apt', run: program('node', 'test/editors/install.ts') },
  {
    name: 'editors',
    stage: 'editors',
    needs: ['build', 'editor programs'],
    run: mocha('editors', 'test/editors/**/*.test.ts'),
  },
  { name: 'host', stage: 'host', needs: ['build', 'VS Code test host'], run: hostSuites },
  { name: 'long', stage: 'long', run: mocha('long', 'test/long/**/*.test.ts') },
  // Every day a part of their cases is tried.
  {
    name: 'all cases',
    stage: 'long',
    run: allCases('scope', 'scope-algebra', 'scope-files', 'code-touched', 'code-reader-fuzz'),
  },
];

const stages = [...new Set(JOBS.map((job) => job.stage))];
const { values, positionals: wanted } = parseArgs({ options: { lanes: { type: 'string' } }, allowPositionals: true });
const lanes = Number(values.lanes ?? Math.min(2, availableParallelism()));
const unknown = wanted.filter((name) => !stages.includes(name));
if (unknown.length > 0) {
  console.error(`there is no stage ${unknown.join(', ')}: ${stages.join(', ')}`);
  process.exit(2);
}

const began = performance.now();
const chosen = withNeeds(
  JOBS.filter(({ stage }) => (wanted.length === 0 ? stage !== 'quick' : wanted.includes(stage))),
);
/** What became of each job, how long it took, and how busy all processors of the machine were meanwhile (0 to 1). */
const outcomes = new Map<string, Outcome & { readonly seconds: number; readonly busy: number }>();
const screen = new Screen((text) => void process.stdout.write(text));
await inLanes(chosen.filter(isCheck), lanes, settle);
await inLanes(
  chosen.filter((job) => !isCheck(job)),
  lanes,
  settle,
);
rmSync(scratch, { recursive: true, force: true });
tellAll();
process.exit([...outcomes.values()].every(({ ok }) => ok) ? 0 : 1);

/** These jobs and all that they need, in the order of the table. */
function withNeeds(jobs: readonly Job[]): readonly Job[] {
  const names = new Set<string>();
  const add = (job: Job): void => {
    names.add(job.name);
    for (const other of JOBS) if (job.needs?.includes(other.name)) add(other);
  };
  jobs.forEach(add);
  return JOBS.filter((job) => names.has(job.name));
}

function isCheck({ stage }: Job): boolean {
  return stage === 'check';
}

/** Runs a job, unless something that it needs did not do well, and keeps what became of it. */
async function settle(job: Job): Promise<void> {
  const start = performance.now();
  const before = processorTimes();
  const missing = (job.needs ?? []).filter((name) => outcomes.get(name)?.ok !== true);
  const page = screen.open();
  const outcome =
    missing.length > 0 ? { ok: false, note: `not run: it needs ${missing.join(' and ')}` } : await attempt(job, page);
  page.close();
  const now = processorTimes();
  const busy = (now.busy - before.busy) / Math.max(1, now.all - before.all);
  outcomes.set(job.name, { ...outcome, seconds: (performance.now() - start) / 1_000, busy });
}

/** Milliseconds of all processors since the machine started. */
function processorTimes(): { readonly busy: number; readonly all: number } {
  const times = cpus().map((processor) => processor.times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}

async function attempt(job: Job, page: Page): Promise<Outcome> {
  try {
    return await job.run(page);
  } catch (problem) {
    page.print(`${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}\n`);
    return { ok: false, note: problem instanceof Error ? problem.message : String(problem) };
  }
}

function tellAll(): void {
  console.log('\n--- all in all, with how busy the processors of the machine were');
  const width = Math.max(...chosen.map((job) => job.name.length));
  for (const { name } of chosen) {
    const { ok, note, seconds, busy } = outcomes.get(name) ?? { ok: false, note: 'not run', seconds: 0, busy: 0 };
    const share = `${Math.round(busy * 100)}`.padStart(3);
    console.log(
      `  ${name.padEnd(width)}  ${ok ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(7)}s ${share} %  ${note ?? ''}`.trimEnd(),
    );
  }
  tellErrors(
    'tests that failed',
    records.filter(({ failed }) => failed),
  );
  tellErrors('tests that failed at first and passed when their file was run once more', flaky);
  // Of a single file or stage everybody sees what takes long; of all of them nobody does.
  if (records.length > 200) tellCost();
  const failed = [...outcomes.values()].reduce(
    (sum, { ok, failures }) => sum + (ok ? 0 : Math.max(1, failures ?? 0)),
    0,
  );
  console.log(`\n  ${passed} passing (${Math.round((performance.now() - began) / 1_000)}s)`);
  if (failed > 0) console.log(`  ${failed} failing`);
  console.log(`\n${passed} passed, ${failed} failed`);
}

function tellErrors(heading: string, tests: readonly TestRecord[]): void {
  if (tests.length > 0) console.log(`\n--- ${heading}`);
  for (const { title, file, error = '' } of tests) {
    console.log(`  ${title} (${path.relative(root, file)})`);
    for (const line of error.split('\n').slice(0, 8)) console.log(`    ${line}`);
  }
}

/** Only information: how long a test takes on a machine with other work says nothing about whether it is right. */
function tellCost(): void {
  console.log('\n--- the 20 tests that took longest (wall time, and processor time of the test process alone)');
  for (const { title, file, wallMs, cpuMs } of records.toSorted((a, b) => b.wallMs - a.wallMs).slice(0, 20))
    console.log(
      `  ${(wallMs / 1_000).toFixed(1).padStart(6)}s ${(cpuMs / 1_000).toFixed(1).padStart(6)}s  ${path.relative(root, file)}: ${title}`,
    );
}

/** Runs a program of the project's own (`node_modules/.bin` comes first on the path) and says how it ended. */
function program(name: string, ...args: readonly string[]): Job['run'] {
  return async (page) => ({ ok: (await exitCode({ name, args, page })) === 0 });
}

interface Command {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly page: Page;
}

async function exitCode({ name, args, env, page }: Command): Promise<number> {
  const start = performance.now();
  const title = `${name} ${args.join(' ')}`.trim();
  page.print(`\n--- ${title}\n`);
  const code = await new Promise<number>((resolve) => {
    const child = spawn(name, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...env,
        PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
      },
    });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', page.print);
    child.once('error', (error) => {
      page.print(`${error.message}\n`);
      resolve(127);
    });
    child.once('close', (exit) => resolve(exit ?? 1));
    // A program that a test left behind holds the pipe; what it says is not waited for.
    child.once('exit', (exit) => setTimeout(() => resolve(exit ?? 1), 2_000));
  });
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  page.print(`--- ${title}: ${code === 0 ? 'ok' : `FAILED (exit ${code})`} in ${seconds}s\n`);
  return code;
}

function mocha(name: string, ...files: readonly string[]): Job['run'] {
  return counting(name, files, {});
}

/** Unit tests of which a part of the cases is tried every day, see `test/unit/case-count.ts`. */
function allCases(...names: readonly string[]): Job['run'] {
  const files = names.map((name) => `test/unit/${name}.test.ts`);
  return counting('all-cases', files, { SLICEWAVE_ALL_CASES: '1' });
}

/** Runs mocha and counts by the records that it leaves: a line on the screen is no interface. */
function counting(name: string, files: readonly string[], env: NodeJS.ProcessEnv): Job['run'] {
  return async (page) => {
    const { ok, tests } = await ranBy({ name, files, env, page });
    return tallied(ok, tests);
  };
}

/**
 * Tests in a browser's window. A window that stopped answering fails all tests after it, so a file with a failure is
 * run once more, in a window of its own, after all others. That it took two tries is told at the end.
 */
function windows(): Job['run'] {
  return async (page) => {
    const files = globSync('test/host/ui/**/*.test.ts', { cwd: root }).toSorted();
    const first = await ranBy({ name: 'ui', files, env: {}, page });
    const whole = (file: string): boolean => {
      const its = first.tests.filter((test) => path.relative(root, test.file) === file);
      return its.length > 0 && !its.some(({ failed }) => failed);
    };
    const again = files.filter((file) => !whole(file));
    // Of something that failed beside the tests nobody knows the file.
    if (first.ok || again.length === 0) return tallied(first.ok, first.tests);
    const second = await ranBy({ name: 'ui-again', files: again, env: {}, page });
    const passedNow = new Set(second.tests.flatMap(({ failed, title }) => (failed ? [] : title)));
    flaky.push(...first.tests.filter(({ failed, title }) => failed && passedNow.has(title)));
    const kept = first.tests.filter((test) => !again.includes(path.relative(root, test.file)));
    const outcome = tallied(second.ok, [...kept, ...second.tests]);
    return { ...outcome, note: `${outcome.note ?? ''}, ${again.length} of ${files.length} files in two tries` };
  };
}

interface Ran {
  readonly ok: boolean;
  readonly tests: readonly TestRecord[];
}

async function ranBy({
  name,
  files,
  env,
  page,
}: {
  readonly name: string;
  readonly files: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly page: Page;
}): Promise<Ran> {
  const record = path.join(scratch, `${name}.jsonl`);
  const args = ['--require', './.config/count.ts', ...(process.stdout.isTTY ? ['--color'] : []), ...files];
  const code = await exitCode({ name: 'mocha', args, env: { ...env, SLICEWAVE_TEST_RECORD: record }, page });
  const ran = existsSync(record) ? readFileSync(record, 'utf8').split('\n').filter(Boolean) : [];
  return { ok: code === 0, tests: ran.map((line) => JSON.parse(line) as TestRecord) };
}

function tallied(ok: boolean, tests: readonly TestRecord[]): Outcome {
  records.push(...tests);
  return counted({ tests: tests.length, failures: tests.filter(({ failed }) => failed).length, ok });
}

/** In-host suites: a mocha of their own inside the extension host, see test/host. */
async function hostSuites(page: Page): Promise<Outcome> {
  const report = path.join(scratch, 'host.json');
  const code = await exitCode({ name: 'node', args: ['test/host/run-all.ts', `--result=${report}`], page });
  if (!existsSync(report)) return { ok: false, note: 'no result was left, so nothing counts as passed' };
  const result = JSON.parse(readFileSync(report, 'utf8')) as { readonly tests: number; readonly failures: number };
  return counted({ ...result, ok: code === 0 });
}

function counted(result: { readonly tests: number; readonly failures: number; readonly ok: boolean }): Outcome {
  const { tests, failures, ok } = result;
  passed += tests - failures;
  if (tests === 0) return { ok: false, note: 'no test ran' };
  if (failures > 0) return { ok: false, failures, note: `${failures} of ${tests} tests failed` };
  // A hook that fails is no test that fails; only mocha's exit code tells.
  return { ok, note: ok ? `${tests} tests` : `${tests} tests passed, but not all ran: see above` };
}
