import { failure, success, type Result } from './result.ts';

/** A command line as a list of programs to run one after another; each must succeed for the next to start (`&&`). */
export type CommandLine = readonly {
  readonly env: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  /** Indexes of words with an unquoted `*`, `?` or `[`: the runner expands them over the worktree's files. */
  readonly patterns: readonly number[];
}[];

interface Word {
  text: string;
  quoted: boolean;
  pattern: boolean;
}

/** What a command may name of the run that it is for: its first port, and its ten ports. */
const PORT = /^\$(?:SLICEWAVE_PORT(?:_RANGE)?(?!\w)|\{SLICEWAVE_PORT(?:_RANGE)?\})/;

/** A word of a command with the ports that it names filled in; what is not given stays as it is written. */
export function withPorts(word: string, given: Readonly<Record<string, string>>): string {
  return word.replaceAll(
    /\$(?:(SLICEWAVE_PORT(?:_RANGE)?)(?!\w)|\{(SLICEWAVE_PORT(?:_RANGE)?)\})/g,
    (written, plain?: string, braced?: string) => given[plain ?? braced ?? ''] ?? written,
  );
}

/** The programs that a command starts one after another, as written; none of one that needs a shell. */
export function programsOf(command: string): readonly string[] {
  const line = splitCommand(command);
  return line.ok
    ? line.value.flatMap(({ words }) => (words[0] === undefined || fileTestOf(words) !== null ? [] : [words[0]]))
    : [];
}

/** What a file is asked by `test`: whether anything stands at a path, a file, a directory, or a file that is not empty. */
export interface FileTest {
  readonly asks: 'e' | 'f' | 'd' | 's';
  /** Relative, as written. */
  readonly path: string;
  /** With `!`: it passes where that is not so. */
  readonly not: boolean;
}

/**
 * A step that asks about one file of the checkout (`test -s docs/a.md`, `test ! -e src/old.ts`). Slicewave answers it
 * itself, so that such a check means the same where there is no `test`, as on Windows. `null` for every other.
 */
export function fileTestOf(words: readonly string[]): FileTest | null {
  if (words[0] !== 'test') return null;
  const not = words[1] === '!';
  const [operator = '', path, ...more] = words.slice(not ? 2 : 1);
  const asks = /^-([efds])$/.exec(operator)?.[1] as FileTest['asks'] | undefined;
  return asks === undefined || path === undefined || path === '' || more.length > 0 ? null : { asks, path, not };
}

/**
 * Splits a command into words as a POSIX shell would split it, and refuses what only a shell can do: pipes,
 * redirections, substitutions, background. Nothing is ever handed to a shell as a string; whoever needs one
 * writes `sh -c '...'`, and everybody can see that they did. `$SLICEWAVE_PORT` and `$SLICEWAVE_PORT_RANGE` stay in the
 * words for {@link withPorts}.
 */
export function splitCommand(text: string): Result<CommandLine, { readonly message: string; readonly offset: number }> {
  const steps: { env: Record<string, string>; words: string[]; patterns: number[] }[] = [];
  let words: Word[] = [];
  let word: Word | null = null;
  const refuse = (what: string, offset: number) =>
    failure({ message: `${what} needs a shell: write it as sh -c '...' or as a script`, offset });
  const endWord = (): void => {
    if (word) words.push(word);
    word = null;
  };
  const endStep = (): boolean => {
    endWord();
    const env: Record<string, string> = {};
    let first = 0;
    for (; first < words.length; first++) {
      const match = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(words[first]?.text ?? '');
      if (!match || words[first]?.quoted) break;
      env[match[1] ?? ''] = match[2] ?? '';
    }
    const kept = words.slice(first);
    const rest = kept.map((w) => w.text);
    const patterns = kept.flatMap((w, index) => (w.pattern ? [index] : []));
    words = [];
    if (rest.length === 0) return false;
    steps.push({ env, words: rest, patterns });
    return true;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === "'" || c === '"') {
      const start: number = i;
      word ??= { text: '', quoted: false, pattern: false };
      // `A='x y'` is still an assignment: only a word that begins with a quote cannot be one.
      if (word.text === '') word.quoted = true;
      for (i++; i < text.length && text[i] !== c; i++) {
        const inner = text[i] ?? '';
        if (c === '"' && (inner === '`' || (inner === '$' && !PORT.test(text.slice(i)))))
          return refuse(inner === '$' ? 'a variable' : 'a substitution', i);
        if (c === '"' && inner === '\\' && /["\\$`]/.test(text[i + 1] ?? '')) i++;
        word.text += text[i] ?? '';
      }
      if (i >= text.length) return failure({ message: `the quote ${c} is not closed`, offset: start });
    } else if (c === '\\') {
      if (i + 1 >= text.length) return failure({ message: 'a backslash at the end escapes nothing', offset: i });
      word ??= { text: '', quoted: false, pattern: false };
      word.text += text[++i] ?? '';
    } else if (/\s/.test(c)) {
      endWord();
    } else if (c === '&' && text[i + 1] === '&') {
      if (!endStep()) return failure({ message: 'nothing to run before &&', offset: i });
      i++;
      if (text.slice(i + 1).trim() === '') return failure({ message: 'nothing to run after &&', offset: i });
    } else if ('|&;<>()`$'.includes(c) && !PORT.test(text.slice(i))) {
      return refuse(
        {
          '|': 'a pipe',
          '&': 'a background command',
          ';': 'a list',
          '<': 'a redirection',
          '>': 'a redirection',
          $: 'a variable',
          '`': 'a substitution',
        }[c] ?? 'a group',
        i,
      );
    } else {
      word ??= { text: '', quoted: false, pattern: false };
      word.text += c;
      if (c === '*' || c === '?' || c === '[') word.pattern = true;
    }
  }
  if (!endStep()) return failure({ message: 'there is no program to run', offset: 0 });
  return success(steps);
}
