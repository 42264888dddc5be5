import { migratePlan } from '../../node/plan/migrate.ts';
import { EXIT, flag, report, type Command } from '../command.ts';
import { openPlan } from '../open.ts';

export const migrate: Command = {
  name: 'migrate',
  summary: 'Write a manifest of the older form in the current one',
  usage: '[plan] [options]',
  options: {
    'dry-run': { type: 'boolean', help: 'Print the new manifest, write nothing' },
    json: { type: 'boolean', help: 'Print one JSON object instead of text' },
  },
  examples: ['slicewave migrate parallel/TS-0042-inventory --dry-run', 'slicewave migrate parallel/TS-0042-inventory'],
  async run(invocation) {
    const { terminal } = invocation;
    const json = flag(invocation, 'json');
    const opened = await openPlan(terminal, invocation.positionals[0]);
    if (!opened.ok) return report(terminal, opened.failure, json);
    const { engine, dir } = opened.value;
    const write = !flag(invocation, 'dry-run');
    const done = await migratePlan(engine.repository, dir, { write });
    if (!done.ok) return report(terminal, done.failure, json);
    const file = `${dir}/manifest.json`;
    const { state, text } = done.value;
    if (json) terminal.out(`${JSON.stringify({ v: 1, plan: dir, state, manifest: JSON.parse(text) as unknown })}\n`);
    else if (state === 'current') terminal.out(`${file} is in the current form already.\n`);
    else if (write) terminal.out(`${file} is in the current form now. \`git diff\` shows what moved.\n`);
    else terminal.out(text);
    return EXIT.done;
  },
};
