import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Finding } from '../../core/text/finding.ts';
import { unifiedDiff } from '../../core/lint/engine/diff.ts';
import { explainRule, listRules, nearRules } from '../../core/lint/engine/explain.ts';
import { fixFiles, isSafe } from '../../core/lint/engine/fix.ts';
import type { FixedFile } from '../../core/lint/engine/fix.ts';
import { countFindings, formatFindings, lintReport } from '../../core/lint/engine/format.ts';
import { githubAnnotations } from '../../core/lint/engine/github.ts';
import { fileKind } from '../../core/lint/engine/kind.ts';
import { LintSession, ordered } from '../../core/lint/lint.ts';
import { sarifLog } from '../../core/lint/engine/sarif.ts';
import { Workspace } from '../../node/workspace/workspace.ts';
import { EXIT, flag, text, UsageError, type Command, type Invocation, type Terminal } from '../command.ts';
import { counted } from '../../core/text/printing.ts';
import { loadSettings, nameIn, readLintInput } from '../lint-input.ts';

declare const SLICEWAVE_VERSION: string;

const formats = ['text', 'json', 'sarif', 'github'] as const;
type Format = (typeof formats)[number];

/** How long a person waits before being told what is going on. */
const patience = 1_000;

export const lint: Command = {
  name: 'lint',
  summary: 'Check specs, plans, task specs, skills, agent instructions and traces',
  usage: '[paths...] [options]',
  options: {
    format: { type: 'string', value: '<name>', help: 'text (default), json, sarif (2.1.0), or github (annotations)' },
    json: { type: 'boolean', help: 'The same as --format json' },
    fix: { type: 'boolean', help: 'Apply every fix that needs no decision, then report what is left' },
    'fix-dry-run': { type: 'boolean', help: 'Print what --fix would change as a diff; change nothing' },
    'max-warnings': { type: 'string', value: '<n>', help: 'Fail when there are more warnings than this' },
    config: {
      type: 'string',
      value: '<file>',
      help: 'Settings (default: .slicewave/lint.yaml or .slicewave/lint.json)',
    },
    explain: { type: 'boolean', help: 'Print the page of the rules named; without a name, list every rule' },
    quiet: { type: 'boolean', help: 'Report errors only' },
  },
  examples: [
    'slicewave lint',
    'slicewave lint specs parallel/TS-0042-inventory --max-warnings 0',
    'slicewave lint --fix',
    'slicewave lint --format sarif > slicewave.sarif',
    'slicewave lint --explain task.stop-missing',
  ],
  async run(invocation) {
    const { terminal, positionals } = invocation;
    if (flag(invocation, 'explain')) return explain(terminal, positionals);
    const format = formatOf(invocation);
    const maxWarnings = maxWarningsOf(invocation);
    const dryRun = flag(invocation, 'fix-dry-run');
    if (dryRun && flag(invocation, 'fix')) throw new UsageError('--fix and --fix-dry-run exclude each other');
    if (dryRun && format !== 'text') throw new UsageError('--fix-dry-run prints a diff, so it takes no --format');

    const workspace = Workspace.around(terminal.cwd);
    const { root } = workspace;
    const nameOf = (file: string): string => nameIn(terminal.cwd, path.resolve(root, file));
    const {
      settings,
      problems,
      file: settingsFile,
      text: settingsText,
    } = await loadSettings(root, terminal.cwd, text(invocation, 'config'));
    if (problems.length > 0) {
      terminal.err(formatFindings(problems, { textOf: (file) => (file === settingsFile ? settingsText : undefined) }));
      if (problems.some((problem) => problem.severity === 'error'))
        throw new UsageError(`the settings in ${settingsFile} cannot be used`, 'Mend the file first.');
    }

    const progress = startProgress(terminal);
    const { texts, facts, wanted, leftOut } = await readLintInput(workspace, terminal.cwd, positionals).finally(
      progress.stop,
    );
    if (leftOut > 0)
      terminal.err(
        `only the first ${texts.size} files were read; what is in the others, ${leftOut} at least, is not known\n`,
      );
    const session = new LintSession();
    session.setSettings(settings);
    for (const [file, content] of texts) session.set(file, content);
    const code = await workspace.codeReader(texts);
    session.setRepository(await workspace.withIgnored({ ...facts, code }, session.createdPaths()));
    progress.say(`checking ${counted(texts.size, 'file')}`);
    // The whole repository is read even when few files are asked for: a dependency may be named in any of them.
    let findings = reported(session, wanted);

    let unwritten = false;
    if (dryRun || flag(invocation, 'fix')) {
      const fixed = fixFiles(session, wanted);
      if (dryRun) {
        for (const { file, before, text: after } of fixed) terminal.out(unifiedDiff(file, before, after));
        const count = fixed.reduce((sum, { applied }) => sum + applied.length, 0);
        terminal.err(`would fix ${counted(count, 'finding')} in ${counted(fixed.length, 'file')}\n`);
        return exitCode(findings, maxWarnings);
      }
      unwritten = await writeFixes(fixed, { workspace, nameOf, terminal, toOut: format === 'text' });
      findings = reported(session, wanted);
      const offered = findings.filter((found) => found.fix && !isSafe(found)).length;
      if (offered > 0)
        terminal.err(
          `${counted(offered, 'finding')} ${offered === 1 ? 'has a fix' : 'have fixes'} that somebody must look at or fill in: use the quick fix in the editor\n`,
        );
    }

    const shown = flag(invocation, 'quiet') ? findings.filter((found) => found.severity === 'error') : findings;
    const textOf = (file: string): string | undefined => session.files.get(file);
    switch (format) {
      case 'json':
        terminal.out(`${JSON.stringify(lintReport(shown))}\n`);
        break;
      case 'sarif':
        terminal.out(
          `${JSON.stringify(
            sarifLog({
              findings: shown,
              suppressed: session.suppressed().filter(({ finding }) => wanted(finding.file)),
              version: SLICEWAVE_VERSION,
              root: pathToFileURL(root).href,
              textOf,
            }),
            null,
            2,
          )}\n`,
        );
        break;
      case 'github':
        terminal.out(githubAnnotations(shown));
        break;
      case 'text': {
        terminal.out(formatFindings(shown, { color: terminal.colour, textOf, nameOf }));
        const checked = [...session.files].filter(([file, content]) => wanted(file) && fileKind(file, content)).length;
        terminal.out(`${counted(checked, 'file')} checked\n`);
      }
    }
    const { warning } = countFindings(findings);
    if (maxWarnings !== null && warning > maxWarnings)
      terminal.err(`${counted(warning, 'warning')}, but at most ${maxWarnings} may be there (--max-warnings)\n`);
    return unwritten ? EXIT.failed : exitCode(findings, maxWarnings);
  },
};

function explain(terminal: Terminal, wanted: readonly string[]): number {
  if (wanted.length === 0) {
    terminal.out(listRules());
    return EXIT.done;
  }
  const pages = wanted.map((code) => {
    const page = explainRule(code);
    if (page === null) {
      const near = nearRules(code);
      throw new UsageError(
        `there is no rule ${code}`,
        near.length > 0
          ? `Did you mean one of these? ${near.join(', ')}`
          : '`slicewave lint --explain` lists every rule.',
      );
    }
    return page;
  });
  terminal.out(pages.join('\n'));
  return EXIT.done;
}

function formatOf(invocation: Invocation): Format {
  const given = text(invocation, 'format');
  const json = flag(invocation, 'json');
  const format = formats.find((name) => name === (given ?? (json ? 'json' : 'text')));
  if (!format) throw new UsageError(`--format must be one of ${formats.join(', ')}, not "${given}"`);
  if (json && format !== 'json') throw new UsageError(`--json and --format ${format} exclude each other`);
  return format;
}

function maxWarningsOf(invocation: Invocation): number | null {
  const given = text(invocation, 'max-warnings');
  if (given === undefined) return null;
  if (!/^\d{1,9}$/.test(given)) throw new UsageError(`--max-warnings must be a whole number from 0, not "${given}"`);
  return Number(given);
}

function exitCode(findings: readonly Finding[], maxWarnings: number | null): number {
  const { error, warning } = countFindings(findings);
  return error > 0 || (maxWarnings !== null && warning > maxWarnings) ? EXIT.failed : EXIT.done;
}

function reported(session: LintSession, wanted: (file: string) => boolean): Finding[] {
  return ordered([...session.findings()].flatMap(([file, found]) => (wanted(file) ? found : [])));
}

/** Writes fixed files and says what was mended; `true` when a file could not be written. */
async function writeFixes(
  fixed: readonly FixedFile[],
  to: {
    readonly workspace: Workspace;
    readonly nameOf: (file: string) => string;
    readonly terminal: Terminal;
    /** Other formats own the standard output. */
    readonly toOut: boolean;
  },
): Promise<boolean> {
  const { workspace, nameOf, terminal, toOut } = to;
  const lines: string[] = [];
  let failed = false;
  for (const { file, before, text: after, applied } of fixed) {
    try {
      await workspace.replace(file, before, after);
      lines.push(`fixed ${nameOf(file)}`);
      const times = new Map<string, number>();
      for (const { code, fix } of applied) {
        const title = `${code}: ${fix?.title ?? ''}`;
        times.set(title, (times.get(title) ?? 0) + 1);
      }
      for (const [title, count] of times) lines.push(`  ${title}${count > 1 ? ` (${count} times)` : ''}`);
    } catch (error) {
      failed = true;
      terminal.err(`cannot fix ${nameOf(file)}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  const output = lines.map((line) => `${line}\n`).join('');
  if (toOut) terminal.out(output);
  else terminal.err(output);
  return failed;
}

/** Says what is going on, to a person who has waited a second for it. */
function startProgress(terminal: Terminal): { readonly stop: () => void; readonly say: (message: string) => void } {
  const began = performance.now();
  const say = (message: string): void => {
    if (terminal.interactive && performance.now() - began >= patience) terminal.err(`${message} ...\n`);
  };
  const timer = setTimeout(() => say('reading the repository'), patience);
  return { stop: () => clearTimeout(timer), say };
}
