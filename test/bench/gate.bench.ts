import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { CLI } from '../engine/fixture.ts';
import { pairs, spread, type Report, type Spread } from './figure.ts';

const PLAN = 'parallel/TS-0042-inventory';
const SLICE = 'A1';
const ROUNDS = 7;

/**
 * The gate of one slice of the bundled example: from the end of the demo agent to the end of its run, so without the
 * agent, the set-up and the checks on the base. Beside it in turn: the command line that `SLICEWAVE_AGAINST` names
 * (another build's `dist/cli.js`; each makes its own repository and plan), or the slice's check alone where none is
 * named.
 */
export async function run(report: Report): Promise<void> {
  const against = process.env['SLICEWAVE_AGAINST'];
  const scratch = mkdtempSync(path.join(tmpdir(), 'slicewave-bench-gate-'));
  try {
    const ours = new Example(CLI, path.join(scratch, 'ours'));
    const theirs = against ? new Example(path.resolve(against), path.join(scratch, 'theirs')) : null;
    const checks: number[] = [];
    const { a, b, ratio } = await pairs(
      ROUNDS,
      async () => {
        const gate = ours.gate();
        checks.push(gate.checkMs);
        return gate.wholeMs;
      },
      async () => theirs?.gate().wholeMs ?? checks.at(-1) ?? Number.NaN,
    );
    const check: Spread = spread(checks);
    report({
      name: 'gate of a slice',
      size: `the example, slice ${SLICE}`,
      unit: 'ms',
      value: a,
      against: { name: against ? 'gate of the other build' : 'its check alone', value: b },
      ratio,
      ...(against ? { goal: { of: 'ratio' as const, atMost: 1.3 } } : {}),
      notes: [
        `of it, the check takes ${check.median.toFixed(0)} ms (${check.min.toFixed(0)}..${check.max.toFixed(0)})`,
      ],
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The example's repository with its plan, as one build makes them; every run works on a copy of its own. */
class Example {
  readonly #cli: string;
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;
  #runs = 0;

  constructor(cli: string, dir: string) {
    this.#cli = cli;
    this.#dir = dir;
    mkdirSync(path.join(dir, 'state'), { recursive: true });
    this.#env = { ...process.env, XDG_STATE_HOME: path.join(dir, 'state') };
    const made = path.join(dir, 'made');
    this.#start(dir, 'demo', '--prepare', '--dir', made);
    this.#start(made, 'decompose', 'specs/TS-0042-inventory.spec.md', '--yes');
    const git = (...args: readonly string[]): unknown =>
      execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.invalid', ...args], {
        cwd: made,
        stdio: 'ignore',
      });
    git('add', '--all');
    git('commit', '--quiet', '--message=plan');
  }

  gate(): { readonly wholeMs: number; readonly checkMs: number } {
    const repository = path.join(this.#dir, `run-${this.#runs++}`);
    cpSync(path.join(this.#dir, 'made'), repository, { recursive: true });
    this.#start(repository, 'run', PLAN, '--only', SLICE, '--agent', 'demo');
    const runs = path.join(repository, '.agent-runs');
    const own = readdirSync(runs).find((name) => name.includes(`-${SLICE}-`));
    if (!own) throw new Error(`${this.#cli} left no run of ${SLICE}`);
    const events = readFileSync(path.join(runs, own, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { t: string; type: string; result?: { durationMs?: number }; end?: string });
    const at = (type: string): number => Date.parse(events.find((event) => event.type === type)?.t ?? '');
    if (events.at(-1)?.end !== 'verified') throw new Error(`${this.#cli} did not verify ${SLICE}`);
    const checkMs = events
      .filter(({ type }) => type === 'verification')
      .reduce((sum, { result }) => sum + (result?.durationMs ?? 0), 0);
    const wholeMs = at('ended') - at('agent_exited');
    rmSync(repository, { recursive: true, force: true });
    return { wholeMs, checkMs };
  }

  #start(cwd: string, ...args: readonly string[]): void {
    execFileSync(process.execPath, [this.#cli, ...args], { cwd, env: this.#env, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
