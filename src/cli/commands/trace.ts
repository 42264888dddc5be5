import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { planIdOf } from '../../core/plan/plan-id.ts';
import { success, type Result } from '../../core/text/result.ts';
import { outputText, traceComparison, traceText } from '../../core/view/trace-text.ts';
import {
  EXIT,
  flag,
  report,
  required,
  text,
  UsageError,
  type Command,
  type ExitCode,
  type Invocation,
} from '../command.ts';
import type { Engine } from '../../node/engine.ts';
import type { EngineFailure } from '../../node/failure.ts';
import { openHere } from '../open.ts';

export const trace: Command = {
  name: 'trace',
  summary: 'List, show and compare the evidence of runs',
  usage: 'list [--slice <id>] | show <run or slice> [--output] | diff <run> [other run]',
  options: {
    slice: { type: 'string', value: '<id>', help: 'Only runs of this slice' },
    plan: { type: 'string', value: '<plan>', help: 'Only runs of this plan, by its directory or its id' },
    output: { type: 'boolean', help: 'With show: all that the agent and the checks printed' },
    json: { type: 'boolean', help: 'Print JSON: `show` gives trace.json as it is' },
  },
  examples: [
    'slicewave trace list --slice B2',
    'slicewave trace show 20261121T034501123Z-A1-k3v9x2qa',
    'slicewave trace show B2 --output         # what agent and checks of its last run printed',
    'slicewave trace diff k3v9x2qa            # what the run changed',
    'slicewave trace diff k3v9x2qa m8c4r7ta   # how two runs differ',
  ],
  run: execute,
};

async function execute(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const json = flag(invocation, 'json');
  const action = required(invocation, 0, 'list, show or diff');
  const engine = await openHere(terminal);
  if (!engine.ok) return report(terminal, engine.failure, json);
  const { value } = engine;
  if (action === 'list') {
    const slice = text(invocation, 'slice');
    const named = text(invocation, 'plan');
    const plan = named === undefined ? success(null) : await planOfRuns(value, named, terminal.cwd);
    if (!plan.ok) return report(terminal, plan.failure, json);
    const runs = await value.runs({
      ...(slice ? { slice } : {}),
      ...(plan.value === null ? {} : { plan: plan.value }),
    });
    if (json) {
      terminal.out(
        `${JSON.stringify({ v: 1, runs: runs.map((run) => ({ run_id: run.runId, plan: run.plan, slice: run.slice, attempt: run.attempt, state: run.state, started_at: run.startedAt, agent: run.adapter })) })}\n`,
      );
      return EXIT.done;
    }
    const width = Math.max(0, ...runs.map((run) => run.runId.length));
    for (const run of runs) {
      terminal.out(
        `${run.runId.padEnd(width)}  ${(run.slice ?? '-').padEnd(6)} attempt ${run.attempt}  ${run.state.padEnd(11)} ${run.adapter ?? '-'}\n`,
      );
    }
    if (runs.length === 0) terminal.out('There are no runs yet.\n');
    return EXIT.done;
  }
  const id = required(invocation, 1, 'the run');
  const found = await value.trace(id);
  if (!found.ok) return report(terminal, found.failure, json);
  if (action === 'show') {
    if (flag(invocation, 'output')) {
      const file = path.join(value.repository.runsDir, found.value.run_id, 'output.txt');
      const agent = await readFile(file, 'utf8').catch(() => '');
      const checks = found.value.verification;
      terminal.out(
        json
          ? `${JSON.stringify({ v: 1, run_id: found.value.run_id, agent, checks })}\n`
          : outputText(found.value, agent),
      );
      return EXIT.done;
    }
    terminal.out(json ? `${JSON.stringify(found.value, null, 2)}\n` : traceText(found.value));
    return EXIT.done;
  }
  if (action !== 'diff') throw new UsageError(`trace knows list, show and diff, not ${action}`);
  const otherId = invocation.positionals[2];
  if (otherId === undefined) {
    const diff = await value.diff(found.value.run_id);
    if (!diff.ok) return report(terminal, diff.failure, json);
    terminal.out(json ? `${JSON.stringify({ v: 1, run_id: found.value.run_id, diff: diff.value })}\n` : diff.value);
    return EXIT.done;
  }
  const other = await value.trace(otherId);
  if (!other.ok) return report(terminal, other.failure, json);
  const comparison = traceComparison(found.value, other.value);
  terminal.out(json ? `${JSON.stringify({ v: 1, ...comparison.json })}\n` : comparison.text);
  const [a, b] = [found.value.snapshot_commit, other.value.snapshot_commit];
  if (!json && a && b) terminal.out(`\n${await value.diffOfCommits(a, b)}`);
  return EXIT.done;
}

/** The id of the plan that was named; the directory of one that has runs may be gone. */
async function planOfRuns(engine: Engine, named: string, cwd: string): Promise<Result<string, EngineFailure>> {
  if ((await engine.runs({ plan: named })).length > 0) return success(named);
  const dir = await engine.planDir(named, cwd);
  return dir.ok ? success(planIdOf(dir.value)) : dir;
}
