import type { Finding } from '../../text/finding.ts';
import type { SourceText, Span } from '../../text/source.ts';
import type { Located, TaskSpec } from '../../task/model.ts';
import { splitCommand } from '../../text/words.ts';
import type { RepositoryIndex } from '../../scope/repository-index.ts';
import { report } from '../engine/rules.ts';

/** Words that a check may begin with though no file of that name need be on the path. */
const builtIn = new Set('cd true false echo test [ export set exit pwd printf command'.split(' '));

/** Programs that start those of a project. */
const runners = new Set('npm npx pnpm yarn bun bunx deno uv uvx poetry pipx cargo go make just task mise'.split(' '));

/** What was found wrong with the checks of a task spec before asking whether a slice may write what is missing. */
const kept = new WeakMap<TaskSpec, { readonly index: RepositoryIndex; readonly found: readonly CheckFault[] }>();

const none: readonly Finding[] = [];

interface CheckFault {
  readonly check: Located<string>;
  readonly unknown: Unknown;
}

export interface CheckSurroundings {
  readonly index: RepositoryIndex;
  /** Whether the slice, or another of its plan, may write a file: then it may yet come, or get what it lacks. */
  readonly mayBeWritten: (file: string) => boolean;
}

/** Commands that cannot run in the repository as it is: unknown scripts, files and programs. */
export function checkFindings(
  { file, task }: { readonly file: string; readonly task: TaskSpec },
  sourceOf: (file: string) => SourceText,
  { index, mayBeWritten }: CheckSurroundings,
): readonly Finding[] {
  let known = kept.get(task);
  if (known?.index !== index) {
    known = { index, found: task.verify.flatMap((check) => faultsOf(check, index)) };
    kept.set(task, known);
  }
  if (known.found.length === 0) return none;
  return known.found
    .filter(({ unknown }) => unknown.file === null || !mayBeWritten(unknown.file))
    .map(({ check, unknown }) => {
      const source = sourceOf(file);
      return report(source, unknown.code, unknown.message, wordSpan(source, check.span, unknown.word));
    });
}

function faultsOf(check: Located<string>, index: RepositoryIndex): CheckFault[] {
  const line = splitCommand(check.value);
  if (!line.ok) return [];
  const found: CheckFault[] = [];
  let directory = '';
  for (const { words } of line.value) {
    const [program = '', ...args] = words;
    if (program === 'cd') {
      const to = joined(directory, args[0] ?? '');
      if (to === null) break;
      directory = to;
      continue;
    }
    const unknown = lookAt(program, args, directory, index);
    if (unknown) found.push({ check, unknown });
  }
  return found;
}

interface Unknown {
  readonly code: 'task.check-unknown' | 'task.program-unknown';
  readonly message: string;
  readonly word: string;
  /** The file that would mend it; `null` when none would. */
  readonly file: string | null;
}

function lookAt(program: string, args: readonly string[], directory: string, index: RepositoryIndex): Unknown | null {
  if (program.includes('/')) return absentFile(program, directory, index);
  const script = scriptFile(program, args);
  const absent = script === null ? null : absentFile(script, directory, index);
  if (absent) return absent;
  const wanted = scriptOf(program, args, directory);
  if (wanted) {
    const home = packageAbove(wanted.directory, wanted.exact, index);
    const file = joined(home ?? wanted.directory, 'package.json') ?? 'package.json';
    const scripts = home === null ? undefined : index.facts.scripts.get(home);
    const unknown = { code: 'task.check-unknown', word: wanted.script, file } as const;
    if (home === null && !wanted.exact && index.size > 0 && !index.has(file))
      return { ...unknown, message: `there is no package.json, so ${program} has no script "${wanted.script}" to run` };
    if (scripts && !scripts.has(wanted.script)) {
      const near = [...scripts].filter((name) => name.startsWith(wanted.script) || wanted.script.startsWith(name));
      const hint = near.length > 0 ? `; it has ${near.slice(0, 3).join(', ')}` : '';
      return { ...unknown, message: `${file} has no script "${wanted.script}"${hint}` };
    }
  }
  const { programs } = index.facts;
  if (programs === null || builtIn.has(program) || programs.has(program)) return null;
  if (programs.has(program.toLowerCase().replace(/\.(?:exe|cmd|bat|com)$/, ''))) return null;
  return {
    code: 'task.program-unknown',
    message:
      `"${program}" is no program on the path of this machine, and checks are started without a shell` +
      (runners.has(program) ? '' : "; a project's own tools need their runner (npx, uv run)"),
    word: program,
    file: null,
  };
}

function absentFile(word: string, directory: string, index: RepositoryIndex): Unknown | null {
  const file = word.startsWith('/') ? null : joined(directory, word);
  if (file === null || index.size === 0 || index.has(file)) return null;
  const parent = file.slice(0, Math.max(0, file.lastIndexOf('/')));
  // What an installation or a build puts there is in directories git does not list.
  if (parent !== '' && !index.isDirectory(parent)) return null;
  const message = `${file} does not exist in the repository, and nothing planned here may create it: correct the name, or add it to CREATE`;
  return { code: 'task.check-unknown', message, word, file };
}

/** The one file that an interpreter runs; `null` where anything else could be meant, such as a flag's value. */
function scriptFile(program: string, args: readonly string[]): string | null {
  if (!/^(?:node|python3?|bash|sh|ruby)$/.test(program)) return null;
  const [first = '', second = ''] = args;
  const word = program === 'node' && first === '--test' ? second : first;
  return /^[\w@./-]+\.(?:[cm]?[jt]s|py|sh|rb)$/.test(word) && !word.startsWith('-') ? word : null;
}

interface WantedScript {
  readonly script: string;
  readonly directory: string;
  /** The package was named: nothing is looked up above it. */
  readonly exact: boolean;
}

/** The script that a package manager is asked for; `null` when it is asked for something else, or not surely. */
function scriptOf(program: string, args: readonly string[], from: string): WantedScript | null {
  if (program !== 'npm' && program !== 'pnpm' && program !== 'yarn') return null;
  let directory = from;
  let exact = false;
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') break;
    const named = /^(?:-w|--workspace|--prefix|-C|--dir|--cwd)(?:=(.*))?$/.exec(arg);
    if (named) {
      const to = joined(arg.startsWith('-w') || arg.startsWith('--workspace') ? '' : from, named[1] ?? args[++i] ?? '');
      if (to === null) return null;
      directory = to;
      exact = true;
    } else if (/^(?:--if-present|--workspaces|-ws|-r|--recursive|-F|--filter.*|--if-present=.*)$/.test(arg))
      return null;
    else if (!arg.startsWith('-')) words.push(arg);
  }
  const [first = '', second = ''] = words;
  const asked = /^(?:run|run-script|rum|urn)$/.test(first) ? second : '';
  if (program === 'npm') {
    if (asked !== '') return { script: asked, directory, exact };
    return /^(?:test|t|tst)$/.test(first) ? { script: 'test', directory, exact } : null;
  }
  if (first === 'test') return { script: 'test', directory, exact };
  // Yarn also runs programs of installed packages this way; these few are never programs.
  if (asked !== '' && (program === 'pnpm' || /^(?:test|build|lint|start|check|typecheck|format)$/.test(asked)))
    return { script: asked, directory, exact };
  return null;
}

/** The directory of the nearest `package.json` at or above a directory; `null` when there is none, or it is unknown. */
function packageAbove(directory: string, exact: boolean, { facts }: RepositoryIndex): string | null {
  for (let at = directory; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    if (facts.scripts.has(at)) return at;
    if (exact || at === '') return null;
  }
}

/** `null` when the path leaves the repository. */
function joined(from: string, to: string): string | null {
  if (to.startsWith('/') || to.startsWith('~') || /^[A-Za-z]:/.test(to)) return null;
  const parts = from === '' ? [] : from.split('/');
  for (const part of to.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

/** The word inside the command: the program itself, or what stands behind `run` or the package manager. */
function wordSpan(source: SourceText, span: Span, word: string): Span {
  const text = source.text.slice(span.start, span.end);
  const literal = word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const match =
    new RegExp(String.raw`(?:\b(?:run|run-script|npm|pnpm|yarn)\s+(?:-\S+\s+)*)(${literal})(?=[\s"']|$)`).exec(text) ??
    new RegExp(String.raw`(?:^|[\s"'])(${literal})(?=[\s"']|$)`).exec(text);
  if (!match) return span;
  const start = span.start + match.index + match[0].length - word.length;
  return { start, end: start + word.length };
}
