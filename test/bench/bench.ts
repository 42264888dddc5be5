/**
 * Measures what the project promises about speed and size, and what it costs where nothing was promised:
 *
 *   node test/bench/bench.ts [plan] [startup] [worktrees] [makespan] [run] [extension] [lint] [history] [overlap] [tokens] [gate] [crash] [size] [--json]
 *
 * Prints medians with their spread, and ratios taken side by side in one run, which is all that a busy machine can
 * say. It judges the goals and never fails for one: a time is no test. SLICEWAVE_CLI names another command line than
 * `dist/cli.js`, and nothing is built then.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { figureText, isMet, type Figure, type Report } from './figure.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Loaded one by one: what the command line under test is must be known before, and a bench must not warm up another. */
const BENCHES: Readonly<Record<string, () => Promise<(report: Report) => Promise<void>>>> = {
  plan: async () => (await import('./planning.bench.ts')).run,
  startup: async () => (await import('./startup.bench.ts')).run,
  worktrees: async () => (await import('./worktrees.bench.ts')).run,
  makespan: async () => (await import('./makespan.bench.ts')).run,
  run: async () => (await import('./run.bench.ts')).run,
  extension: async () => (await import('./extension.bench.ts')).run,
  lint: async () => (await import('./lint.bench.ts')).run,
  history: async () => (await import('./history.bench.ts')).run,
  overlap: async () => (await import('./overlap.bench.ts')).run,
  tokens: async () => (await import('./tokens.bench.ts')).run,
  gate: async () => (await import('./gate.bench.ts')).run,
  crash: async () => (await import('./crash.bench.ts')).run,
  size: async () => (await import('./size.bench.ts')).run,
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const unknown = positionals.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(', ')}: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

const scratch = mkdtempSync(path.join(tmpdir(), 'slicewave-bench-'));
try {
  if (!process.env['SLICEWAVE_CLI']) {
    build();
    // A copy, so that a build in the middle of a measurement changes nothing; the demo looks for its example beside it.
    for (const part of ['dist', 'examples']) {
      cpSync(path.join(root, part), path.join(scratch, part), { recursive: true });
    }
    process.env['SLICEWAVE_CLI'] = path.join(scratch, 'dist/cli.js');
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`;
  if (!values.json) console.log(`${machine}\n`);
  const figures: (Figure & { readonly bench: string; readonly met: boolean | null })[] = [];
  for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
    const began = performance.now();
    if (!values.json) console.log(`=== ${name}\n`);
    try {
      const run = await BENCHES[name]?.();
      await run?.((figure) => {
        figures.push({ bench: name, ...figure, met: isMet(figure) });
        if (!values.json) console.log(figureText(figure));
      });
    } catch (error) {
      // What could not be measured must be seen, and must not hide what can be.
      console.error(
        `${name} broke off: ${error instanceof Error ? (error.stack ?? error.message).slice(0, 2000) : String(error)}\n`,
      );
      process.exitCode = 1;
    }
    if (!values.json) console.log(`    (${name} took ${((performance.now() - began) / 1000).toFixed(0)} s)\n`);
  }
  const judged = figures.filter((figure) => figure.met !== null);
  if (values.json) console.log(JSON.stringify({ v: 1, machine, figures }, null, 2));
  else console.log(`${judged.filter((figure) => figure.met).length} of ${judged.length} goals met`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** What is measured must be what is in the tree, without leftovers of earlier builds. */
function build(): void {
  const made = spawnSync(process.execPath, ['.config/build.ts', '--quiet'], { cwd: root, stdio: 'inherit' });
  if (made.status !== 0) process.exit(1);
}
