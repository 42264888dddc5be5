import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { dashboardText } from '../../core/view/dashboard.ts';
import type { PlanState } from '../../core/run/state-model.ts';
import { childLauncher } from '../../node/run/launcher.ts';
import { type Engine, openEngine } from '../../node/engine.ts';
import { makeRepository } from '../../node/git/new-repository.ts';
import { EXIT, flag, report, text, type Command, type Terminal } from '../command.ts';
import { LiveView } from '../live.ts';
import { abortOnSignals, selfArgv } from '../open.ts';

export const demo: Command = {
  name: 'demo',
  summary: 'See the whole loop on the bundled example, without an account or a key',
  usage: '[options]',
  options: {
    dir: {
      type: 'string',
      value: '<dir>',
      help: 'Where to put the example repository (default: a temporary directory)',
    },
    prepare: { type: 'boolean', help: 'Only make the example repository, run nothing' },
    ascii: { type: 'boolean', help: 'Plain ASCII instead of box characters' },
  },
  examples: ['slicewave demo', 'slicewave demo --dir /tmp/inventory'],
  async run(invocation) {
    const { terminal } = invocation;
    const example = await exampleDir();
    if (!example) {
      terminal.err(
        'slicewave: the bundled example is not here\n  It comes with the repository of Slicewave (examples/inventory), not with every package.\n',
      );
      return EXIT.usage;
    }
    const dir = await copyExample(example, text(invocation, 'dir'));
    if (flag(invocation, 'prepare')) {
      terminal.out(`${dir}\n`);
      return EXIT.done;
    }
    return play(terminal, dir, flag(invocation, 'ascii'));
  },
};

/** `examples/inventory` beside `dist/`, whatever chunk this code stands in. */
async function exampleDir(): Promise<string | null> {
  let at = path.dirname(fileURLToPath(import.meta.url));
  for (let up = 0; up < 4; up++, at = path.dirname(at)) {
    const candidate = path.join(at, 'examples', 'inventory');
    if (await stat(path.join(candidate, 'package.json')).catch(() => null)) return candidate;
  }
  return null;
}

async function copyExample(example: string, wanted: string | undefined): Promise<string> {
  const dir = wanted
    ? path.resolve(wanted)
    : path.join(await mkdtemp(path.join(tmpdir(), 'slicewave-demo-')), 'inventory');
  await cp(example, dir, { recursive: true });
  await makeRepository(dir, 'The inventory service, before the plan', '2026-01-05T09:00:00Z');
  return dir;
}

async function play(terminal: Terminal, dir: string, ascii: boolean): Promise<number> {
  const began = performance.now();
  const bold = (line: string): string => (terminal.colour ? `\u001b[1m${line}\u001b[0m` : line);
  const step = (line: string): void => terminal.out(`\n${bold(line)}\n`);
  const spec = 'specs/TS-0042-inventory.spec.md';
  terminal.out('Slicewave demo: a spec becomes slices, slices run in parallel, gates decide, one branch comes out.\n');
  terminal.out(
    'The agent is the demo agent: a scripted program, not a model. Worktrees, gates, tests and merges are real.\n',
  );
  terminal.out(`Repository: ${dir}\n`);

  step(`$ slicewave decompose ${spec} --yes`);
  const decomposed = await cli(terminal, dir, ['decompose', spec, '--yes']);
  if (decomposed !== 0) return decomposed;

  const engine = await openEngine(dir, { slicewave: selfArgv() });
  if (!engine.ok) return report(terminal, engine.failure);
  const [planDir = ''] = await engine.value.plans();

  step(`$ slicewave run ${planDir} --agent demo --wait`);
  const signal = abortOnSignals(() => terminal.err('stopping ...\n'));
  const live = new LiveView(terminal, { ascii, redraw: terminal.interactive });
  const person = new Person(terminal, dir, planDir, live);
  const result = await engine.value.run({
    planDir,
    limits: { maxParallel: 4 },
    agent: 'demo',
    launcher: childLauncher((node, message) => live.note(`${node}: ${message}`)),
    signal,
    waitForAnswers: true,
    onState: (state) => {
      live.update(state);
      person.look(state);
    },
  });
  live.close();
  await person.done();
  if (!result.ok) return report(terminal, result.failure);
  if (!terminal.interactive) terminal.out(`\n${dashboardText(result.value.state, { ascii, colour: terminal.colour })}`);
  if (result.value.outcome !== 'done') return result.value.outcome === 'interrupted' ? EXIT.interrupted : EXIT.failed;

  step(`$ slicewave integrate ${planDir}`);
  const integrated = await cli(terminal, dir, ['integrate', planDir]);
  if (integrated !== 0) return integrated;
  await summary(terminal, engine.value, dir, planDir, (performance.now() - began) / 1000);
  return EXIT.done;
}

/** Stands in for the person at the keyboard: settles what waits, with the very commands a person would type. */
class Person {
  readonly #terminal: Terminal;
  readonly #dir: string;
  readonly #plan: string;
  readonly #live: LiveView;
  readonly #seen = new Set<string>();
  #work: Promise<unknown> = Promise.resolve();

  constructor(terminal: Terminal, dir: string, plan: string, live: LiveView) {
    this.#terminal = terminal;
    this.#dir = dir;
    this.#plan = plan;
    this.#live = live;
  }

  look(state: PlanState): void {
    for (const item of state.attention) {
      if (this.#seen.has(item.runId)) continue;
      this.#seen.add(item.runId);
      const asks = item.condition === 'unclear-instructions';
      const args = asks
        ? ['answer', this.#plan, item.slice, 'No: leave discontinued products out of the report.']
        : item.condition === 'unexpected-scope'
          ? ['retry', this.#plan, item.slice, '--revert', '--note', 'Work inside your scope.']
          : ['retry', this.#plan, item.slice];
      this.#live.note(`\n! ${item.slice} ${asks ? 'asks' : 'was stopped by the gate'}: ${item.question}`);
      this.#live.note(
        `$ slicewave ${args.map((word) => (/[^\w./-]/.test(word) ? `"${word}"` : word)).join(' ')}   (typed by the demo)\n`,
      );
      this.#work = this.#work.then(() => cli({ ...this.#terminal, out: () => undefined }, this.#dir, args));
    }
  }

  async done(): Promise<void> {
    await this.#work;
  }
}

/** Runs this very command line as a person would. */
function cli(terminal: Terminal, dir: string, args: readonly string[]): Promise<number> {
  const [program = '', ...entry] = selfArgv();
  return new Promise((resolve) => {
    const child = spawn(program, [...entry, ...args], {
      cwd: dir,
      env: { ...process.env, ...(terminal.colour ? { FORCE_COLOR: '1' } : {}) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => terminal.out(chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => terminal.err(chunk));
    child.once('error', () => resolve(1));
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function summary(
  terminal: Terminal,
  engine: Engine,
  dir: string,
  planDir: string,
  seconds: number,
): Promise<void> {
  const runs = await engine.runs();
  const contradictions = (await Promise.all(runs.map((run) => engine.trace(run.runId)))).flatMap((trace) =>
    trace.ok ? trace.value.contradictions : [],
  );
  const lines = (await readFile(path.join(dir, planDir, 'integration-report.md'), 'utf8')).split('\n').length;
  terminal.out(
    [
      '',
      `Done in ${seconds.toFixed(0)} s: ${runs.length} runs, each with its evidence; main was not touched.`,
      ...contradictions.slice(0, 3).map((line) => `Claim against observation: an agent ${line}`),
      '',
      `Report:  ${path.join(dir, planDir, 'integration-report.md')} (${lines} lines)`,
      `Traces:  ${path.join(dir, '.agent-runs')}   (slicewave trace list)`,
      `Branch:  git -C ${dir} log --oneline --graph slicewave/${path.basename(planDir)}/integration`,
      '',
    ].join('\n'),
  );
}
