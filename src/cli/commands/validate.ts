import { counted, countFindings, formatFindings, lintReport } from '../../core/lint/format.ts';
import { lintPlan } from '../../core/lint/lint.ts';
import { EXIT, flag, report, type Command } from '../command.ts';
import { openPlan } from '../open.ts';
import { readPlanFiles } from '../../node/plans.ts';
import { readRepositoryFacts } from '../../node/repository-facts.ts';

export const validate: Command = {
  name: 'validate',
  summary: 'Check a plan directory: manifest, task specs, dependencies, scopes',
  usage: '[plan] [options]',
  options: { json: { type: 'boolean', help: 'Print one JSON object instead of text' } },
  examples: ['slicewave validate parallel/TS-0042-inventory', 'slicewave validate --json'],
  async run(invocation) {
    const { terminal } = invocation;
    const json = flag(invocation, 'json');
    const opened = await openPlan(terminal, invocation.positionals[0]);
    if (!opened.ok) return report(terminal, opened.failure, json);
    const { engine, dir } = opened.value;
    const files = await readPlanFiles(engine.repository, dir);
    if (!files.ok) return report(terminal, files.failure, json);
    const facts = await readRepositoryFacts(engine.repository.root);
    const findings = lintPlan(files.value, dir, { repository: facts });
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
