import type { TickedLine } from '../../core/decompose/import/ticking.ts';
import { counted, printable } from '../../core/text/printing.ts';
import { askYesNo } from '../ask.ts';
import { EXIT, flag, report, type Command } from '../command.ts';
import { abortOnSignals, openPlan } from '../open.ts';

export const tick: Command = {
  name: 'tick',
  summary: 'Tick off what is verified in the tasks that a plan was imported from',
  usage: '[plan] [options]',
  options: {
    begun: {
      type: 'boolean',
      help: "Also set in progress what has begun, where the tool has a state for it (Kiro's [-], a status)",
    },
    yes: { type: 'boolean', short: 'y', help: 'Write without asking' },
    undo: { type: 'boolean', help: 'Take back what was ticked off last; a file that changed since is left alone' },
    json: { type: 'boolean', help: 'Print one JSON object instead of text; asks nothing' },
  },
  examples: [
    'slicewave tick cart',
    'slicewave tick cart --yes',
    'slicewave tick cart --begun',
    'slicewave tick cart --undo',
  ],
  async run(invocation) {
    const { terminal } = invocation;
    const json = flag(invocation, 'json');
    const opened = await openPlan(terminal, invocation.positionals[0]);
    if (!opened.ok) return report(terminal, opened.failure, json);
    const { engine, dir } = opened.value;
    if (flag(invocation, 'undo')) {
      const undone = await engine.untick(dir);
      if (!undone.ok) return report(terminal, undone.failure, json);
      const { files } = undone.value;
      terminal.out(
        json ? `${JSON.stringify({ v: 1, plan: dir, undone: files })}\n` : `Taken back: ${files.join(', ')}.\n`,
      );
      return EXIT.done;
    }
    const found = await engine.ticking(dir, { begun: flag(invocation, 'begun') });
    if (!found.ok) return report(terminal, found.failure, json);
    const { lines, slices } = found.value;
    const show = (written: boolean): void =>
      terminal.out(`${JSON.stringify({ v: 1, plan: dir, slices, lines, written })}\n`);
    if (lines.length === 0) {
      if (json) show(false);
      else
        terminal.out(
          `${slices.length === 0 ? 'No slice is verified yet' : 'All that is verified is ticked off'}; there is nothing to write.\n`,
        );
      return EXIT.done;
    }
    if (!json) terminal.out(`${lines.map(lineText).join('\n')}\n`);
    if (!flag(invocation, 'yes')) {
      if (json || !terminal.interactive) {
        if (json) show(false);
        else terminal.out(`\nNothing was written. Give --yes to write ${counted(lines.length, 'line')}.\n`);
        return EXIT.waiting;
      }
      const answer = await askYesNo(
        `\nWrite ${counted(lines.length, 'line')}?`,
        abortOnSignals(() => false),
      );
      if (answer !== 'yes') {
        terminal.out('Nothing was written.\n');
        return answer === 'interrupted' ? EXIT.interrupted : EXIT.failed;
      }
    }
    const written = await engine.tick(found.value);
    if (!written.ok) return report(terminal, written.failure, json);
    if (json) show(true);
    else terminal.out(`\nWrote ${counted(lines.length, 'line')}. \`slicewave tick ${dir} --undo\` takes it back.\n`);
    return EXIT.done;
  },
};

function lineText({ file, line, before, after }: TickedLine): string {
  return `${file}:${line}\n  now:  ${printable(before.trim())}\n  then: ${printable(after.trim())}`;
}
