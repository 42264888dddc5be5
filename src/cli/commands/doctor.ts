import { doctor as examine } from '../../node/run/doctor.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { EXIT, flag, report, type Command } from '../command.ts';
import { abortOnSignals, openPlan } from '../open.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Check this machine and repository: git, agents, programs, hooks, disk',
  usage: '[plan] [options]',
  options: {
    quick: { type: 'boolean', help: 'Leave out trying the plan’s checks on the commit it starts from' },
    json: { type: 'boolean', help: 'Print one JSON object instead of text' },
  },
  examples: [
    'slicewave doctor',
    'slicewave doctor TS-0042-inventory',
    'slicewave doctor TS-0042-inventory --quick',
    'slicewave doctor --json',
  ],
  async run(invocation) {
    const { terminal, positionals } = invocation;
    let loaded: LoadedPlan | null = null;
    if (positionals[0] !== undefined) {
      const opened = await openPlan(terminal, positionals[0]);
      if (!opened.ok) return report(terminal, opened.failure, flag(invocation, 'json'));
      const read = await opened.value.engine.load(opened.value.dir);
      if (!read.ok) return report(terminal, read.failure, flag(invocation, 'json'));
      loaded = read.value;
    }
    const signal = abortOnSignals(() => terminal.err('stopping ...\n'));
    const say = (line: string): void => void (flag(invocation, 'json') || terminal.err(`${line}\n`));
    const checks = await examine(terminal.cwd, {
      loaded,
      ...(flag(invocation, 'quick') ? {} : { trial: { signal, say } }),
    });
    if (signal.aborted) return EXIT.interrupted;
    if (flag(invocation, 'json')) terminal.out(`${JSON.stringify({ v: 1, checks })}\n`);
    else {
      for (const check of checks) {
        terminal.out(`${check.status.padEnd(7)} ${check.name.padEnd(14)} ${check.detail}\n`);
        if (check.remedy) terminal.out(`${' '.repeat(23)}${check.remedy}\n`);
      }
    }
    return checks.some((check) => check.status === 'error') ? EXIT.failed : EXIT.done;
  },
};
