import { initPlan } from '../../node/plan/init.ts';
import { toPosix } from '../../node/paths.ts';
import { EXIT, flag, report, required, text, UsageError, type Command } from '../command.ts';
import { openHere } from '../open.ts';
import path from 'node:path';

export const init: Command = {
  name: 'init',
  summary: 'Make an empty plan directory for a spec',
  usage: '<dir> -t <tech-spec> -n <name>',
  options: {
    'tech-spec': { type: 'string', short: 't', value: '<file>', help: 'The spec: a file, or an id such as TS-0042' },
    name: { type: 'string', short: 'n', value: '<name>', help: "The plan's name" },
    json: { type: 'boolean', help: 'Print one JSON object instead of text' },
  },
  examples: ['slicewave init parallel/TS-0042-inventory -t specs/TS-0042-inventory.spec.md -n inventory'],
  async run(invocation) {
    const { terminal } = invocation;
    const json = flag(invocation, 'json');
    const dir = required(invocation, 0, 'the directory');
    const techSpec = text(invocation, 'tech-spec');
    const name = text(invocation, 'name');
    if (!techSpec) throw new UsageError('-t <tech-spec> is missing');
    if (!name) throw new UsageError('-n <name> is missing');
    const engine = await openHere(terminal);
    if (!engine.ok) return report(terminal, engine.failure, json);
    const { root } = engine.value;
    const asFile = path.resolve(terminal.cwd, techSpec);
    const made = await initPlan({
      root,
      dir: path.resolve(terminal.cwd, dir),
      techSpec: techSpec.includes('/') || techSpec.endsWith('.md') ? toPosix(path.relative(root, asFile)) : techSpec,
      name,
    });
    if (!made.ok) return report(terminal, made.failure, json);
    if (json) terminal.out(`${JSON.stringify({ v: 1, plan: made.value.dir, files: made.value.files })}\n`);
    else
      terminal.out(
        `Made ${made.value.dir} (${made.value.files.length} files). Write task specs there, or fill it with \`slicewave decompose\`.\n`,
      );
    return EXIT.done;
  },
};
