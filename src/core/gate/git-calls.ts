/** One call of git inside a shell command line. */
export interface GitCall {
  readonly command: string;
  /** Words between `git` and the subcommand (`-C`, its value, ...). */
  readonly options: readonly string[];
  /** Words after the subcommand. */
  readonly args: readonly string[];
}

/**
 * The calls of git in a shell command line, as far as reading it can tell: behind separators, assignments and programs
 * that start others, inside `sh -c '...'` and `$(...)`. A word that merely says "git push" (a message, a path, a search)
 * is none. What a script or a variable hides stays hidden.
 */
export function gitCalls(command: string): readonly GitCall[] {
  return callsIn(command, 0);
}

/** Deep enough for `sh -c "$(...)"`; a text nested deeper was not written to be read. */
const DEEPEST = 4;

function callsIn(text: string, depth: number): readonly GitCall[] {
  if (depth > DEEPEST) return [];
  const { commands, nested } = scan(text);
  return [
    ...commands.flatMap((words) => callOf(words, depth)),
    ...nested.flatMap((inner) => callsIn(inner, depth + 1)),
  ];
}

/** Words of the shell after which a program stands. */
const KEYWORDS = new Set(['then', 'do', 'else', 'elif', 'if', 'while', 'until', '!', '{', 'time']);
/** Programs that start another one, named somewhere among their own options. */
const STARTERS = new Set(['sudo', 'env', 'exec', 'xargs', 'command', 'nohup', 'nice', 'timeout', 'setsid']);
const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'eval']);
/** Options of git that take the next word as their value. */
const VALUED = new Set(['-C', '-c', '--git-dir', '--work-tree', '--namespace', '--config-env', '--super-prefix']);

function callOf(words: readonly string[], depth: number): readonly GitCall[] {
  let at = 0;
  while (KEYWORDS.has(words[at] ?? '') || /^[A-Za-z_]\w*=/.test(words[at] ?? '')) at++;
  if (STARTERS.has(nameOf(words[at]))) {
    const rest = words.slice(at + 1);
    const started = rest.findIndex((word) => isGit(nameOf(word)) || SHELLS.has(nameOf(word)));
    if (started < 0) return [];
    at += 1 + started;
  }
  const program = nameOf(words[at]);
  if (SHELLS.has(program))
    return words.slice(at + 1).flatMap((word) => (/\s/.test(word) ? callsIn(word, depth + 1) : []));
  if (!isGit(program)) return [];
  const first = at + 1;
  for (at = first; at < words.length && words[at]?.startsWith('-'); at++) if (VALUED.has(words[at] ?? '')) at++;
  const subcommand = words[at];
  return subcommand === undefined
    ? []
    : [{ command: subcommand, options: words.slice(first, at), args: words.slice(at + 1) }];
}

function nameOf(word: string | undefined): string {
  return (word ?? '').slice((word ?? '').lastIndexOf('/') + 1);
}

function isGit(program: string): boolean {
  return program === 'git' || program === 'git.exe';
}

/** Splits a line at the shell's separators into commands of words, quotes taken off. One pass, whatever the text is. */
function scan(text: string): { readonly commands: readonly (readonly string[])[]; readonly nested: readonly string[] } {
  const commands: string[][] = [];
  const nested: string[] = [];
  let words: string[] = [];
  let word: string | null = null;
  const endWord = (): void => {
    if (word !== null) words.push(word);
    word = null;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === '\\') {
      // A line end behind a backslash joins the lines.
      if (text[i + 1] !== '\n') word = (word ?? '') + (text[i + 1] ?? '');
      i++;
    } else if (c === "'") {
      const close = text.indexOf("'", i + 1);
      const end = close < 0 ? text.length : close;
      word = (word ?? '') + text.slice(i + 1, end);
      i = end;
    } else if (c === '"') {
      const start = i + 1;
      const parts: string[] = [];
      for (i++; i < text.length && text[i] !== '"'; i++) {
        if (text[i] === '\\' && i + 1 < text.length) i++;
        parts.push(text[i] ?? '');
      }
      const inner = text.slice(start, i);
      word = (word ?? '') + parts.join('');
      const substitution = /\$\(|`/.exec(inner);
      if (substitution) nested.push(inner.slice(substitution.index + substitution[0].length));
    } else if (
      c === '\n' ||
      c === ';' ||
      c === '&' ||
      c === '|' ||
      c === '(' ||
      c === ')' ||
      c === '`' ||
      (c === '{' && word === null)
    ) {
      endCommand();
    } else if (/\s/.test(c)) endWord();
    else word = (word ?? '') + c;
  }
  endCommand();
  return { commands, nested };
}
