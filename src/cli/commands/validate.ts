import { countFindings, formatFindings, lintReport } from '../../core/lint/engine/format.ts';
import { lintPlan } from '../../core/lint/lint.ts';
import { success } from '../../core/text/result.ts';
import { EXIT, flag, report, type Command } from '../command.ts';
import { abortOnSignals, openPlan, whileDeaf } from '../open.ts';
import { counted } from '../../core/text/printing.ts';

export const validate: Command = {
  name: 'validate',
  summary: 'Check a plan: files, dependencies, scopes, hidden coupling, contracts',
  usage: '[plan] [options]',
  options: { json: { type: 'boolean', help: 'Print one JSON object instead of text' } },
  examples: ['slicewave validate parallel/TS-0042-inventory', 'slicewave validate --json'],
  async run(invocation) {
    const { terminal } = invocation;
    const json = flag(invocation, 'json');
    const opened = await openPlan(terminal, invocation.positionals[0]);
    if (!opened.ok) return report(terminal, opened.failure, json);
    const { engine, dir } = opened.value;
    const signal = abortOnSignals(() => terminal.err('cancelling ...\n'));
    const judged = await engine.judge(dir, {
      signal,
      onProgress: (line) => terminal.err(`${line}\n`),
      think: whileDeaf,
    });
    if (signal.aborted) return EXIT.interrupted;
    // What cannot be loaded cannot be judged, but what is wrong with it can be said.
    const files = judged.ok ? success(judged.value.loaded.files) : await engine.files(dir);
    if (!files.ok) return report(terminal, files.failure, json);
    const findings = judged.ok ? judged.value.judgement.findings : lintPlan(files.value, dir);
    const counts = countFindings(findings);
    if (json) terminal.out(`${JSON.stringify(lintReport(findings))}\n`);
    else {
      terminal.out(
        formatFindings(findings, {
          color: terminal.colour,
          textOf: (file) => files.value.get(file.slice(dir.length + 1)),
        }),
      );
      terminal.out(
        `${dir}: ${counts.error === 0 ? 'valid' : 'not valid'}, ${counted(counts.error, 'error')}, ${counted(counts.warning, 'warning')}\n`,
      );
    }
    return counts.error > 0 ? EXIT.failed : EXIT.done;
  },
};
