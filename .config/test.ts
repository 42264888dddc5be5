/**
 * The whole gate, cheapest first, so that what fails fast fails early:
 *
 *   node .config/test.ts [stage...]     stages: check unit engine agents host ui
 *
 * Ends with mocha's own kind of summary line, added up, and with `N passed, N failed` alone on a line.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

const root = path.dirname(import.meta.dirname);
const counts = { passed: 0, failed: 0 };
const scratch = mkdtempSync(path.join(tmpdir(), 'slicewave-test-'));

interface Stage {
  readonly name: string;
  readonly run: () => Promise<boolean>;
}

const STAGES: readonly Stage[] = [
  {
    name: 'check',
    run: async () =>
      (await step('types', 'tsc')) &&
      (await step('lint', 'oxlint', '--type-aware', '--quiet')) &&
      (await step('format', 'oxfmt', '--check')) &&
      (await step('unused', 'knip')) &&
      (await step('build', 'node', '.config/build.ts', '--quiet')) &&
      step('architecture', 'node', '.config/architecture.ts'),
  },
  { name: 'unit', run: () => mocha('unit', 'test/unit/**/*.test.ts') },
  { name: 'engine', run: async () => (await built()) && mocha('engine', 'test/engine/**/*.test.ts') },
  {
    name: 'agents',
    run: async () =>
      (await built()) &&
      (await step('agent binaries', 'node', 'test/agents/install.ts')) &&
      mocha('agents', 'test/agents/**/*.test.ts'),
  },
  {
    name: 'host',
    run: async () =>
      (await built()) && (await step('VS Code test host', 'node', 'test/host/install.ts')) && hostSuites(),
  },
  {
    name: 'ui',
    run: async () =>
      (await built()) &&
      (await step('VS Code test host', 'node', 'test/host/install.ts')) &&
      mocha('ui', 'test/host/ui/**/*.test.ts'),
  },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STAGES.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(`there is no stage ${unknown.join(', ')}: ${STAGES.map((stage) => stage.name).join(', ')}`);
  process.exit(2);
}
let ok = true;
const began = performance.now();
for (const stage of STAGES) {
  if (wanted.length > 0 && !wanted.includes(stage.name)) continue;
  if (!(await stage.run())) {
    ok = false;
    break;
  }
}
rmSync(scratch, { recursive: true, force: true });
if (!ok && counts.failed === 0) counts.failed = 1;
console.log(`\n  ${counts.passed} passing (${Math.round((performance.now() - began) / 1000)}s)`);
if (counts.failed > 0) console.log(`  ${counts.failed} failing`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exit(ok ? 0 : 1);

/** Runs a program of the project's own (`node_modules/.bin` comes first on the path) and says how long it took. */
async function step(title: string, program: string, ...args: readonly string[]): Promise<boolean> {
  const start = performance.now();
  console.log(`\n--- ${title}: ${program} ${args.join(' ')}`);
  const code = await new Promise<number>((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
      },
    });
    child.once('error', (error) => {
      console.error(error.message);
      resolve(127);
    });
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  console.log(
    `--- ${title}: ${code === 0 ? 'ok' : `FAILED (exit ${code})`} in ${((performance.now() - start) / 1000).toFixed(1)}s`,
  );
  return code === 0;
}

/** The command line and the extension as users get them: built once, on demand, when a stage is run alone. */
async function built(): Promise<boolean> {
  if (wanted.length === 0 && existsSync(path.join(root, 'dist/cli.js'))) return true;
  return step('build', 'node', '.config/build.ts', '--quiet');
}

/** Runs mocha and adds its counts, which it writes to a file: a line on the screen is no interface. */
async function mocha(name: string, glob: string): Promise<boolean> {
  const report = path.join(scratch, `${name}.json`);
  process.env['SLICEWAVE_TEST_COUNT'] = report;
  const passed = await step(`${name} tests`, 'mocha', '--require', './.config/count.ts', glob);
  delete process.env['SLICEWAVE_TEST_COUNT'];
  return count(report, name) && passed;
}

/** In-host suites: a mocha of their own inside the extension host, see test/host. */
async function hostSuites(): Promise<boolean> {
  const report = path.join(scratch, 'host.json');
  const passed = await step('suites in the extension host', 'node', 'test/host/run-all.ts', `--result=${report}`);
  return count(report, 'host') && passed;
}

function count(report: string, name: string): boolean {
  if (!existsSync(report)) {
    console.error(`${name}: no result was left, so nothing counts as passed (${readdirSync(scratch).join(', ')})`);
    return false;
  }
  const result = JSON.parse(readFileSync(report, 'utf8')) as { tests: number; failures: number };
  counts.passed += result.tests - result.failures;
  counts.failed += result.failures;
  if (result.tests === 0) console.error(`${name}: no test ran`);
  return result.tests > 0 && result.failures === 0;
}
