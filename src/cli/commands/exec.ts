import { runAttempt } from '../../node/run/runner.ts';
import { wrapCommand } from '../../node/run/wrap.ts';
import { EXIT, report, required, stamped, text, type Command, type Invocation } from '../command.ts';
import { abortOnSignals, openHere, openPlan, selfArgv } from '../open.ts';
import { agentOption, SANDBOX, sandboxOption } from './run.ts';

export const exec: Command = {
  name: 'exec',
  summary: 'Run one slice, or any command, and leave evidence',
  usage: '<plan> <slice> [options]   |   exec -- <command...>',
  options: {
    agent: { type: 'string', value: '<id>', help: "Agent, instead of the slice's own" },
    'agent-command': { type: 'string', value: '<command>', help: 'Program and arguments for --agent command' },
    'agent-argv': { type: 'string', value: '<json>', help: 'The same as a JSON array of words' },
    sandbox: SANDBOX,
    model: { type: 'string', value: '<name>', help: 'Model the agent is asked to use' },
  },
  examples: [
    'slicewave exec parallel/TS-0042-inventory A1',
    'slicewave exec parallel/TS-0042-inventory MP1',
    'slicewave exec -- npm run codemod',
  ],
  run: execute,
};

async function execute(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const signal = abortOnSignals(() => terminal.out('stopping: the work so far is kept ...\n'));
  if (invocation.rest.length > 0) {
    const engine = await openHere(terminal);
    if (!engine.ok) return report(terminal, engine.failure);
    const wrapped = await wrapCommand({
      repository: engine.value.repository,
      cwd: terminal.cwd,
      words: invocation.rest,
      ...sandboxOption(invocation),
      signal,
      out: (chunk) => terminal.out(chunk),
      err: (chunk) => terminal.err(chunk),
    });
    if (!wrapped.ok) return report(terminal, wrapped.failure);
    terminal.err(`slicewave: evidence in .agent-runs/${wrapped.value.runId}\n`);
    return wrapped.value.exitCode;
  }
  const opened = await openPlan(terminal, required(invocation, 0, 'the plan'));
  if (!opened.ok) return report(terminal, opened.failure);
  const { engine, dir } = opened.value;
  const loaded = await engine.load(dir);
  if (!loaded.ok) return report(terminal, loaded.failure);
  const model = text(invocation, 'model');
  const outcome = await runAttempt({
    repository: engine.repository,
    loaded: loaded.value,
    node: required(invocation, 1, 'the slice'),
    ...agentOption(invocation),
    ...(model ? { model } : {}),
    ...sandboxOption(invocation),
    slicewave: selfArgv(),
    signal,
    say: (line) => terminal.out(`${stamped(line)}\n`),
  });
  if (!outcome.ok) {
    if (outcome.failure.reason === 'cancelled') return EXIT.interrupted;
    return report(terminal, outcome.failure);
  }
  terminal.out(`evidence: .agent-runs/${outcome.value.runId}\n`);
  if (signal.aborted) return EXIT.interrupted;
  return { verified: EXIT.done, needs_input: EXIT.waiting, stopped: EXIT.waiting, failed: EXIT.failed }[
    outcome.value.end
  ];
}
