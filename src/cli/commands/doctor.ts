import { doctor as examine } from '../../node/run/doctor.ts';
import { EXIT, flag, type Command } from '../command.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Check this machine: git, agents, disk',
  usage: '[options]',
  options: { json: { type: 'boolean', help: 'Print one JSON object instead of text' } },
  examples: ['slicewave doctor', 'slicewave doctor --json'],
  async run(invocation) {
    const { terminal } = invocation;
    const checks = await examine(terminal.cwd);
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
