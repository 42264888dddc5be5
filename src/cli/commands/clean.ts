import { createInterface } from 'node:readline/promises';
import { cleanable, forgetSettings, leftovers, removeWorktree } from '../../node/run/clean.ts';
import { EXIT, flag, report, type Command, type ExitCode, type Invocation } from '../command.ts';
import { openHere, openPlan } from '../open.ts';

export const clean: Command = {
  name: 'clean',
  summary: 'Remove worktrees whose work is safe elsewhere',
  usage: '[plan] [options]',
  options: {
    yes: { type: 'boolean', short: 'y', help: 'Do not ask' },
    'dry-run': { type: 'boolean', help: 'Only show what would be removed, with sizes' },
    json: { type: 'boolean', help: 'Print one JSON object instead of text; removes only with --yes' },
  },
  examples: ['slicewave clean --dry-run', 'slicewave clean TS-0042-inventory --yes'],
  run: execute,
};

async function execute(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const json = flag(invocation, 'json');
  const engine = await openHere(terminal);
  if (!engine.ok) return report(terminal, engine.failure, json);
  const { repository } = engine.value;
  const left = await leftovers(repository, { sweep: !flag(invocation, 'dry-run') });
  const [named] = invocation.positionals;
  const items = [...left.items];
  // With what removed plans left there is something to do even where no plan is left.
  if (
    named !== undefined ||
    left.items.length + left.settings.length === 0 ||
    (await engine.value.plans()).length > 0
  ) {
    const opened = await openPlan(terminal, named);
    if (!opened.ok) return report(terminal, opened.failure, json);
    const loaded = await opened.value.engine.load(opened.value.dir);
    if (!loaded.ok) return report(terminal, loaded.failure, json);
    items.push(...(await cleanable(repository, loaded.value)));
  }
  const removable = items.filter((item) => item.verdict === 'removable');
  if (!json) {
    for (const item of items) {
      terminal.out(
        `${mebibytes(item.size).padStart(10)}  ${item.verdict === 'removable' ? 'remove' : 'keep  '}  ${item.path}  (${item.why})\n`,
      );
    }
    const total = removable.reduce((sum, item) => sum + item.size, 0);
    terminal.out(
      `${removable.length} of ${items.length} worktrees can go: ${mebibytes(total)}. Branches and snapshots stay.\n`,
    );
    const { length } = left.settings;
    if (length > 0)
      terminal.out(`So can the recorded settings of ${length} plan${length === 1 ? '' : 's'} that are gone.\n`);
  }
  const sure =
    !flag(invocation, 'dry-run') &&
    removable.length + left.settings.length > 0 &&
    (flag(invocation, 'yes') || (!json && terminal.interactive && (await ask())));
  if (sure) {
    for (const item of removable) await removeWorktree(repository, item);
    await forgetSettings(left);
  }
  if (json)
    terminal.out(
      `${JSON.stringify({ v: 1, worktrees: items, removed: sure ? removable.map((item) => item.path) : [] })}\n`,
    );
  else if (sure) terminal.out('Removed.\n');
  else if (removable.length + left.settings.length > 0)
    terminal.out('Nothing was removed. `slicewave clean --yes` removes them.\n');
  return EXIT.done;
}

async function ask(): Promise<boolean> {
  const input = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await input.question('Remove them? [y/N] ');
  input.close();
  return /^y(es)?$/i.test(answer.trim());
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
