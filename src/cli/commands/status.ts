import { dashboardText } from '../../core/view/dashboard.ts';
import { EXIT, flag, report, type Command, type ExitCode, type Invocation } from '../command.ts';
import { LiveView } from '../live.ts';
import { abortOnSignals, openPlan } from '../open.ts';
import { statusJson } from '../status-json.ts';

export const status: Command = {
  name: 'status',
  summary: 'Show where a plan stands',
  usage: '[plan] [options]',
  options: {
    ascii: { type: 'boolean', help: 'Plain ASCII instead of box characters' },
    watch: { type: 'boolean', short: 'w', help: 'Keep showing it until Ctrl-C' },
    json: { type: 'boolean', help: 'Print one JSON object (with --watch: one a change)' },
  },
  examples: ['slicewave status', 'slicewave status TS-0042-inventory --ascii', 'slicewave status --json'],
  run: execute,
};

async function execute(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const json = flag(invocation, 'json');
  const ascii = flag(invocation, 'ascii');
  const opened = await openPlan(terminal, invocation.positionals[0]);
  if (!opened.ok) return report(terminal, opened.failure, json);
  const { engine, dir } = opened.value;
  const state = await engine.state(dir);
  if (!state.ok) return report(terminal, state.failure, json);
  if (!flag(invocation, 'watch')) {
    terminal.out(
      json
        ? `${JSON.stringify(statusJson(state.value))}\n`
        : dashboardText(state.value, { ascii, colour: terminal.colour }),
    );
    return EXIT.done;
  }
  const live = new LiveView(terminal, { ascii, redraw: terminal.interactive });
  const signal = abortOnSignals(() => undefined);
  const watching = engine.watch(dir, (next) =>
    json ? terminal.out(`${JSON.stringify(statusJson(next))}\n`) : live.update(next),
  );
  // A pending timer keeps the process alive between changes.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  clearInterval(alive);
  watching.close();
  live.close();
  return EXIT.interrupted;
}
