import type { Finding } from '../../text/finding.ts';
import { readMarkdown, titleSpan } from '../../text/markdown.ts';
import { SourceText } from '../../text/source.ts';
import type { Span } from '../../text/source.ts';
import { report } from '../engine/rules.ts';

/** So many lines in a row, or one line this long, count as the same text; shorter repetitions are chance. */
const runLines = 3;
const minCharacters = 200;

interface Line {
  readonly words: string;
  readonly span: Span;
}

interface Entry {
  readonly source: SourceText;
  readonly lines: readonly Line[];
  /** A key for every run of lines that may be found again, with the index of its first line. */
  readonly runs: readonly { readonly key: string; readonly line: number; readonly length: number }[];
  /** Where in `lines` a run stands first. */
  readonly first: ReadonlyMap<string, number>;
  /** All its words, to see whether a file is a copy as a whole. */
  readonly whole: string;
  readonly title: Span | undefined;
}

/**
 * Text that stands in two files of instructions or skills, kept up to date while they change: a change costs as much as
 * the file and those that share text with it.
 */
export class DuplicateText {
  readonly #entries = new Map<string, Entry>();
  readonly #byKey = new Map<string, Set<string>>();
  readonly #results = new Map<string, readonly Finding[]>();

  set(file: string, text: string): void {
    this.delete(file);
    const entry = read(file, text);
    this.#entries.set(file, entry);
    for (const key of keysOf(entry)) {
      const files = this.#byKey.get(key);
      if (files) files.add(file);
      else this.#byKey.set(key, new Set([file]));
    }
    this.#forget(entry);
  }

  delete(file: string): void {
    const entry = this.#entries.get(file);
    if (!entry) return;
    this.#forget(entry);
    this.#entries.delete(file);
    this.#results.delete(file);
    for (const key of keysOf(entry)) {
      const files = this.#byKey.get(key);
      files?.delete(file);
      if (files?.size === 0) this.#byKey.delete(key);
    }
  }

  files(): Iterable<string> {
    return this.#entries.keys();
  }

  /** The findings of one file: each shared text is reported in all files but the first that holds it. */
  findings(file: string): readonly Finding[] {
    const before = this.#results.get(file);
    if (before) return before;
    const entry = this.#entries.get(file);
    const found = entry ? this.#compare(file, entry) : [];
    this.#results.set(file, found);
    return found;
  }

  #forget(entry: Entry): void {
    for (const key of keysOf(entry)) for (const file of this.#byKey.get(key) ?? []) this.#results.delete(file);
  }

  #compare(file: string, entry: Entry): Finding[] {
    const copies = entry.whole === '' ? [] : [...(this.#byKey.get(wholeKey(entry)) ?? [])];
    const original = firstOf(copies);
    if (original !== null && original !== file) return [copyFinding(entry, original)];

    /** For every line of this file: the first other file in which a run through it stands, and where. */
    const shared = new Map<number, { readonly file: string; readonly line: number }>();
    for (const run of entry.runs) {
      const others = [...(this.#byKey.get(run.key) ?? [])].filter((other) => {
        const there = this.#entries.get(other);
        return other !== file && there !== undefined && there.whole !== entry.whole;
      });
      const first = firstOf([...others, file]);
      if (first === null || first === file) continue;
      const there = this.#entries.get(first);
      const at = there?.first.get(run.key);
      if (!there || at === undefined) continue;
      for (let i = 0; i < run.length; i++)
        if (!shared.has(run.line + i))
          shared.set(run.line + i, {
            file: first,
            line: there.source.position(there.lines[at + i]?.span.start ?? 0).line,
          });
    }
    const findings: Finding[] = [];
    for (let i = 0; i < entry.lines.length; i++) {
      const start = shared.get(i);
      if (!start) continue;
      let last = i;
      while (shared.get(last + 1)?.file === start.file) last++;
      const lines = entry.lines.slice(i, last + 1);
      i = last;
      if (lines.reduce((sum, line) => sum + line.words.length, 0) < minCharacters) continue;
      const what = lines.length === 1 ? 'this line stands' : `these ${lines.length} lines stand`;
      findings.push(
        report(
          entry.source,
          'instructions.duplicated',
          `${what} in ${start.file} too (line ${start.line}): keep them in one place and refer to it, or the copies will drift apart`,
          { start: lines[0]?.span.start ?? 0, end: lines.at(-1)?.span.end ?? 0 },
        ),
      );
    }
    return findings;
  }
}

function copyFinding(entry: Entry, original: string): Finding {
  const directory = (file: string): string => file.slice(0, file.lastIndexOf('/') + 1);
  const name = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
  const { file } = entry.source;
  const advice =
    /^CLAUDE(?:\.local)?\.md$/.test(name(file)) && directory(file) === directory(original)
      ? `let it hold one line, @${name(original)}, or make it a symbolic link`
      : 'make it a symbolic link, or keep one of the two';
  return report(
    entry.source,
    'instructions.duplicated',
    `this file says the same as ${original}: ${advice}`,
    entry.title,
  );
}

/** The file that is taken for the original: `AGENTS.md` is read by most agents, then what stands highest. */
function firstOf(files: readonly string[]): string | null {
  const rank = (file: string): number => (/(?:^|\/)AGENTS\.md$/.test(file) ? 0 : 1);
  const depth = (file: string): number => file.split('/').length;
  let first: string | null = null;
  for (const file of files) {
    if (first === null) first = file;
    else if ((rank(file) - rank(first) || depth(file) - depth(first) || (file < first ? -1 : 1)) < 0) first = file;
  }
  return first;
}

function read(file: string, text: string): Entry {
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  const lines: Line[] = [];
  const runs: { key: string; line: number; length: number }[] = [];
  /** Index of the first line of the block at hand; a blank line between items of a list does not end it. */
  let block = 0;
  for (const line of markdown.lines) {
    if (line.kind === 'blank') continue;
    if (line.kind !== 'text' && line.kind !== 'item') {
      block = lines.length;
      continue;
    }
    const raw = text.slice(line.start, line.end);
    const words = raw
      .replace(/^\s*(?:[-*+•]|\d{1,9}[.)])\s+/, '')
      .replace(/\s+/g, ' ')
      .trim()
      .toLowerCase();
    // Rules of tables and rows of dashes are alike everywhere.
    if (!/[\p{L}\p{N}]{2}/u.test(words)) continue;
    const start = line.start + (raw.length - raw.trimStart().length);
    lines.push({ words, span: { start, end: line.start + raw.trimEnd().length } });
    const at = lines.length - 1;
    if (words.length >= minCharacters) runs.push({ key: `1\n${words}`, line: at, length: 1 });
    if (at - block + 1 >= runLines) {
      const from = at - runLines + 1;
      const joined = lines
        .slice(from)
        .map((each) => each.words)
        .join('\n');
      runs.push({ key: joined, line: from, length: runLines });
    }
  }
  return {
    source,
    lines,
    runs,
    first: new Map(runs.toReversed().map((run) => [run.key, run.line])),
    whole:
      lines.reduce((sum, line) => sum + line.words.length, 0) < minCharacters
        ? ''
        : lines.map((line) => line.words).join('\n'),
    title: titleSpan(markdown),
  };
}

function wholeKey(entry: Entry): string {
  return `0\n${entry.whole}`;
}

function* keysOf(entry: Entry): Generator<string> {
  for (const run of entry.runs) yield run.key;
  if (entry.whole !== '') yield wholeKey(entry);
}
