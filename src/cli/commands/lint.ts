import path from 'node:path';
import { countFindings, formatFindings, lintReport } from '../../core/lint/format.ts';
import { lintWorkspace } from '../../core/lint/lint.ts';
import { readWorkspaceFiles } from '../../node/workspace-files.ts';
import { toPosix } from '../../node/repository.ts';
import { EXIT, flag, UsageError, type Command } from '../command.ts';

export const lint: Command = {
  name: 'lint',
  summary: 'Check specs, plans, task specs and skills',
  usage: '[paths...] [options]',
  options: { json: { type: 'boolean', help: 'Print one JSON object instead of text' } },
  examples: ['slicewave lint', 'slicewave lint specs parallel/TS-0042-inventory', 'slicewave lint --json'],
  async run(invocation) {
    const { terminal, positionals } = invocation;
    const texts = await readWorkspaceFiles(terminal.cwd);
    const wanted = positionals.map((given) => toPosix(path.relative(terminal.cwd, path.resolve(terminal.cwd, given))));
    const under = (file: string): boolean =>
      wanted.length === 0 || wanted.some((dir) => dir === '' || file === dir || file.startsWith(`${dir}/`));
    if (wanted.length > 0 && ![...texts.keys()].some(under)) {
      throw new UsageError(
        `there is nothing to check in ${positionals.join(', ')}`,
        'Specs, plan directories, task specs and skill files are checked.',
      );
    }
    // The whole workspace is read even when few files are asked for: a dependency may be named in any of them.
    const findings = lintWorkspace(texts).filter((finding) => under(finding.file));
    if (flag(invocation, 'json')) terminal.out(`${JSON.stringify(lintReport(findings))}\n`);
    else {
      terminal.out(formatFindings(findings, { color: terminal.colour, textOf: (file) => texts.get(file) }));
      const counts = countFindings(findings);
      const checked = [...texts.keys()].filter(under).length;
      terminal.out(
        `${checked} files checked: ${counts.error} errors, ${counts.warning} warnings, ${counts.info + counts.hint} notes\n`,
      );
    }
    return findings.some((finding) => finding.severity === 'error') ? EXIT.failed : EXIT.done;
  },
};
