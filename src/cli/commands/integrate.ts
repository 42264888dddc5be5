import { printable } from '../../core/text/printing.ts';
import { shellWord } from '../../core/text/shell-quoting.ts';
import { EXIT, flag, report, stamped, text, type Command, type ExitCode, type Invocation } from '../command.ts';
import { abortOnSignals, openPlan } from '../open.ts';

export const integrate: Command = {
  name: 'integrate',
  summary: 'Merge and verify all slices on a branch of their own',
  usage: '[plan] [options]',
  options: {
    into: {
      type: 'string',
      value: '<branch>',
      help: 'Move this branch when nothing failed; without it nothing of yours moves',
    },
    json: { type: 'boolean', help: 'Print one JSON object instead of text' },
  },
  examples: ['slicewave integrate parallel/TS-0042-inventory', 'slicewave integrate --into main'],
  run: execute,
};

async function execute(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const json = flag(invocation, 'json');
  const opened = await openPlan(terminal, invocation.positionals[0]);
  if (!opened.ok) return report(terminal, opened.failure, json);
  const { engine, dir } = opened.value;
  const signal = abortOnSignals(() => terminal.err('stopping ...\n'));
  const into = text(invocation, 'into');
  const result = await engine.integrate(dir, {
    ...(into ? { into } : {}),
    signal,
    onProgress: (line) => !json && terminal.out(`${stamped(line)}\n`),
  });
  if (!result.ok) return report(terminal, result.failure, json);
  const integration = result.value;
  const good = integration.state === 'passed' || integration.state === 'unproven';
  if (json) {
    terminal.out(`${JSON.stringify(integration)}\n`);
    return good ? EXIT.done : EXIT.failed;
  }
  terminal.out(
    `\n${integration.branch} ${integration.commit?.slice(0, 10) ?? ''}: ${integration.state === 'unproven' ? 'nothing failed, and not all of the evidence of the spec was run' : integration.state}\n`,
  );
  for (const conflict of integration.conflicts)
    terminal.out(`conflict: ${conflict.slice} in ${conflict.files.join(', ')}\n`);
  for (const failing of integration.failing)
    terminal.out(`\`${failing.check}\` fails from the merge of ${failing.slice} on\n`);
  terminal.out(`report: ${integration.report_path}\n`);
  if (integration.not_verified.length > 0)
    terminal.out(`not verified:\n${integration.not_verified.map((line) => `  ${printable(line)}\n`).join('')}`);
  if (good && !into)
    terminal.out(`Your branch was not touched. Next: slicewave integrate ${shellWord(dir)} --into <branch>\n`);
  if (good && into) terminal.out(`${into} now holds it.\n`);
  return good ? EXIT.done : EXIT.failed;
}
