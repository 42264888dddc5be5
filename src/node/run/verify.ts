import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Tail } from '../../core/text/chunks.ts';
import { coverageOf, readTestCounts } from '../../core/run/test-counts.ts';
import type { Redact } from '../../core/gate/redact.ts';
import { failure, success, type Result } from '../../core/text/result.ts';
import type { Verification } from '../../core/run/model.ts';
import { compileGlob } from '../../core/scope/glob.ts';
import { hidingPatternOf } from '../../core/setup/development-tools.ts';
import { fileTestOf, splitCommand, withPorts, type FileTest } from '../../core/text/words.ts';
import { Git } from '../git/git.ts';
import { contained, inside } from '../paths.ts';
import { endRun } from '../process/process-table.ts';
import { runProcess, type Confining } from '../process/processes.ts';
import { shellQuoted } from '../../core/text/shell-quoting.ts';

export interface CheckRequest {
  readonly command: string;
  readonly cwd: string;
  /** A check gets it without `SLICEWAVE_*`: by those a program could tell that it is checked. */
  readonly env: Readonly<Record<string, string>>;
  /** It sets a worktree up, and proves nothing: it may know where it is. */
  readonly isSetup?: true;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly redact: Redact;
  /** The run that it is part of. */
  readonly runId: string;
  /** What the operating system confines it by; absent or `null`: nothing. */
  readonly confined?: Confining | null;
}

/** Characters of output kept as evidence: the end, where test runners say what failed. */
const KEPT = 16_000;
/** Characters of output in which the numbers of tests are looked for: machine formats write a line a test. */
const COUNTED = 8_000_000;

/**
 * Runs one verification command as {@link runCommand} does. What it leaves running is ended: a server would answer the
 * next check, and that of another slice.
 */
export async function runCheck(request: CheckRequest): Promise<Verification> {
  const result = await runCommand(request);
  if (request.confined?.endsAll) return result;
  const left = await endRun(request.runId);
  if (left.length === 0) return result;
  const line = `[ended what the check left running: ${left.map(({ name, pid }) => `${name} (${pid})`).join(', ')}]`;
  return { ...result, output: `${result.output.trimEnd()}\n${line}\n`.trimStart() };
}

/**
 * Runs one command of a plan, without a shell, and says what was observed. `a && b` runs in order; the first that fails
 * ends it. `cd web && b` runs `b` in that directory of the worktree, as a shell would, and what `test` is asked about one
 * file of it is answered without a program.
 */
export async function runCommand(request: CheckRequest): Promise<Verification> {
  const { command } = request;
  const line = splitCommand(command);
  if (!line.ok) {
    return { command, exitCode: null, durationMs: 0, output: line.failure.message, outcome: 'not-found' };
  }
  const printed = new Tail(COUNTED);
  let durationMs = 0;
  const take = (chunk: string): void => {
    printed.add(chunk);
  };
  let cwd = request.cwd;
  const own = Object.entries(request.env).filter(([name]) => request.isSetup || !name.startsWith('SLICEWAVE_'));
  const filled = (word: string): string => withPorts(word, request.env);
  for (const step of line.value) {
    if (step.words[0] === 'cd') {
      const entered = await enter(step.words.slice(1), cwd, request.cwd);
      if (!entered.ok) return { command, exitCode: 1, durationMs, output: entered.failure, outcome: 'failed' };
      cwd = entered.value;
      continue;
    }
    const words = await expand(step.words.map(filled), step.patterns, cwd);
    const asked = fileTestOf(words);
    const holds = asked && (await answer(asked, cwd, request.cwd));
    if (holds === true) continue;
    if (asked && holds === false) {
      take(`${asked.path}: ${asked.not ? 'is there' : missing[asked.asks]}\n`);
      return { command, exitCode: 1, durationMs, output: request.redact(printed.text.slice(-KEPT)), outcome: 'failed' };
    }
    const [program = '', ...args] = words;
    const run = await runProcess({
      program,
      args,
      cwd,
      env: {
        ...Object.fromEntries(own),
        ...Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, filled(value)])),
      },
      confined: request.confined,
      runId: request.runId,
      timeout: request.timeoutMs,
      signal: request.signal,
      onStdout: take,
      onStderr: take,
    });
    durationMs += run.durationMs;
    const evidence = (): string =>
      request.redact(`${printed.text.slice(-KEPT * 4)}${whyNoTest(printed.text, cwd)}`).slice(-KEPT);
    const counted = (): Pick<Verification, 'counts'> => {
      const counts = readTestCounts(printed.text);
      return counts === null ? {} : { counts };
    };
    if (run.outcome === 'not-found') {
      return {
        command,
        exitCode: 127,
        durationMs,
        output: `${program}: not found on the path (${run.error ?? ''})`,
        outcome: 'not-found',
      };
    }
    if (run.outcome === 'timed-out') {
      return { command, exitCode: null, durationMs, output: evidence(), outcome: 'timed-out' };
    }
    if (run.exitCode !== 0) {
      // Without an exit code only this says why: a signal, or a system that would not start it.
      if (run.exitCode === null) take(`\nended by ${run.signal ?? run.error ?? run.outcome}\n`);
      return { command, exitCode: run.exitCode, durationMs, output: evidence(), ...counted(), outcome: 'failed' };
    }
  }
  const text = request.redact(`${printed.text.slice(-KEPT * 4)}${whyNoTest(printed.text, cwd)}`).slice(-KEPT);
  const counts = readTestCounts(printed.text);
  const coverage = coverageOf(counts);
  const proves = coverage === 'tests' || coverage === 'unknown';
  return {
    command,
    exitCode: 0,
    durationMs,
    output: text,
    ...(counts === null ? {} : { counts }),
    outcome: proves ? 'passed' : 'no-coverage',
  };
}

/** A line that names the setting which hides every test of a checkout; empty where none does. */
function whyNoTest(output: string, dir: string): string {
  const pattern = hidingPatternOf(output, dir);
  if (pattern === null) return '';
  return `\n[testPathIgnorePatterns of Jest has ${pattern}, which matches the path of this checkout itself (${dir}): every test in it is ignored. Begin the pattern with <rootDir>.]\n`;
}

const missing = { e: 'is not there', f: 'is no file', d: 'is no directory', s: 'is empty, or not there' } as const;

/** Whether it is so; `null` for a place outside of the worktree, links included, of which the program has to tell. */
async function answer({ asks, path: asked, not }: FileTest, from: string, worktree: string): Promise<boolean | null> {
  const place = await contained(worktree, path.resolve(from, asked));
  if (place === null) return null;
  const found = await stat(place).catch(() => null);
  const holds =
    found !== null &&
    (asks === 'e' ||
      (asks === 'd' && found.isDirectory()) ||
      (asks === 'f' && found.isFile()) ||
      (asks === 's' && found.size > 0));
  return holds !== not;
}

/** The directory that `cd` steps into, which stays in the worktree: no check is about another place. */
async function enter(args: readonly string[], from: string, worktree: string): Promise<Result<string, string>> {
  const [to] = args;
  if (to === undefined || args.length !== 1) return failure('cd takes one directory');
  const target = path.resolve(from, to);
  if (!inside(worktree, target)) return failure(`cd ${to}: is outside of the worktree`);
  const directory = await stat(target).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return directory ? success(target) : failure(`cd ${to}: is no directory`);
}

/**
 * Expands unquoted patterns as a shell would: over the files that are there, sorted; a pattern that matches nothing
 * stays as it is written. Files that git ignores are no one's tests and are left out.
 */
async function expand(words: readonly string[], patterns: readonly number[], cwd: string): Promise<readonly string[]> {
  if (patterns.length === 0) return words;
  const git = new Git(cwd);
  const [listed, deleted] = await Promise.all(
    [['--cached', '--others', '--exclude-standard'], ['--deleted']].map((which) =>
      git.fields(['ls-files', ...which, '-z']).catch((): string[] => []),
    ),
  );
  // The index still has what was deleted or renamed away.
  const gone = new Set(deleted);
  const files = [...new Set(listed)].filter((file) => !gone.has(file)).sort();
  return words.flatMap((word, index) => {
    if (!patterns.includes(index)) return [word];
    const glob = compileGlob(word);
    const found = files.filter((file) => glob.matches(file));
    return found.length > 0 ? found : [word];
  });
}

/** The command that runs a wave's `validation`, whichever of the two dialects it is written in. */
export function validationCommand(
  check: { readonly dialect: 'command' | 'source'; readonly text: string },
  technology: string | null,
): string {
  if (check.dialect === 'command') return check.text;
  const quoted = shellQuoted(check.text);
  const language = (technology ?? 'python').toLowerCase();
  if (/typescript|javascript|node/.test(language)) return `node --input-type=module -e ${quoted}`;
  return `python3 -c ${quoted}`;
}
