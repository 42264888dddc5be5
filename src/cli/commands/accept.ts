import { EXIT, flag, report, type Command } from '../command.ts';
import { openPlan } from '../open.ts';

export const accept: Command = {
  name: 'accept',
  summary: 'Run a plan by its directory as it stands now',
  usage: '[plan] [options]',
  options: { json: { type: 'boolean', help: 'Print one JSON object instead of text' } },
  examples: ['slicewave accept TS-0042-inventory'],
  async run(invocation) {
    const { terminal } = invocation;
    const json = flag(invocation, 'json');
    const opened = await openPlan(terminal, invocation.positionals[0]);
    if (!opened.ok) return report(terminal, opened.failure, json);
    const { engine, dir } = opened.value;
    const done = await engine.accept(dir);
    if (!done.ok) return report(terminal, done.failure, json);
    const { accepted } = done.value;
    if (json) terminal.out(`${JSON.stringify({ v: 1, plan: dir, accepted })}\n`);
    else if (accepted.length === 0) terminal.out(`${dir} is as it is run by; there is nothing to accept.\n`);
    else terminal.out(`Accepted: ${accepted.join(', ')}. \`slicewave run ${dir}\` goes by it.\n`);
    return EXIT.done;
  },
};
