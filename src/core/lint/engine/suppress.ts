import { Lexer } from 'yaml';
import type { Finding, Fix } from '../../text/finding.ts';
import { readMarkdown } from '../../text/markdown.ts';
import type { Markdown } from '../../text/markdown.ts';
import { SourceText } from '../../text/source.ts';
import type { Span } from '../../text/source.ts';
import { report, rules } from './rules.ts';
import { oneLine } from '../../text/printing.ts';
import { textStart } from '../../text/byte-order-mark.ts';

/** A finding that a comment hides, with the reason the comment gives. */
export interface Suppressed {
  readonly finding: Finding;
  readonly reason: string;
}

/** One code of a suppression comment that counts. */
interface Suppression {
  readonly code: string;
  readonly reason: string;
  /** The line it hides findings on, from 1; `null` for the whole file. */
  readonly line: number | null;
  readonly span: Span;
  /** Removes the code, or the comment when the code is its only one. */
  readonly removal: Fix;
}

/** The suppression comments of one file, and what is wrong with the comments themselves. */
export interface Suppressions {
  readonly entries: readonly Suppression[];
  readonly findings: readonly Finding[];
  readonly source: SourceText;
}

/** A comment as it stands in the file. */
interface Comment {
  /** With its marks. */
  readonly span: Span;
  /** The words between the marks. */
  readonly words: Span;
  readonly ownLine: boolean;
}

const codes = new Set<string>(rules.map((rule) => rule.code));
const looksLikeOne = /^slicewave-(?:disable|enable|ignore|suppress|allow|off)[\w-]*/;
/** Nobody writes a comment into a longer line, and looking for one there takes time. */
const longestLine = 2_000;
const form = '"slicewave-disable-next-line CODE: reason" or "slicewave-disable-file CODE: reason"';

/**
 * Reads the suppression comments of a Markdown file: `<!-- slicewave-disable-next-line CODE: reason -->`, in front matter
 * `# slicewave-disable-next-line CODE: reason`, and both with `-file`. `null` for a file without any, which is nearly
 * every file. JSON has no comments, so JSON files have no suppressions.
 */
export function readSuppressions(text: string, file: string): Suppressions | null {
  if (!text.includes('slicewave-') || !/\.md$/i.test(file)) return null;
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  const comments = [...yamlComments(markdown), ...markdownComments(markdown)].filter(({ words }) =>
    looksLikeOne.test(text.slice(words.start, words.end)),
  );
  if (comments.length === 0) return null;
  const entries: Suppression[] = [];
  const findings: Finding[] = [];
  const taken = new Set<number>();
  for (const { span } of comments) {
    const last = source.position(span.end).line;
    for (let line = source.position(span.start).line; line <= last; line++) taken.add(line);
  }
  for (const comment of comments) readOne(comment, { source, entries, findings, taken });
  return { entries, findings, source };
}

/**
 * Divides the findings of a file into those that remain and those that its comments hide. What is wrong with the comments
 * is among those that remain; `judgeUnused` says whether everything was looked at, so that a suppression that hides
 * nothing is one too many.
 */
export function suppress(
  findings: readonly Finding[],
  suppressions: Suppressions,
  judgeUnused: boolean,
): { readonly remaining: readonly Finding[]; readonly suppressed: readonly Suppressed[] } {
  const { entries, source } = suppressions;
  const used = new Set<Suppression>();
  const remaining: Finding[] = [];
  const suppressed: Suppressed[] = [];
  for (const finding of findings) {
    const hiding = entries.filter(
      ({ code, line }) => code === finding.code && (line === null || line === finding.line),
    );
    for (const entry of hiding) used.add(entry);
    if (hiding[0]) suppressed.push({ finding, reason: hiding[0].reason });
    else remaining.push(finding);
  }
  remaining.push(...suppressions.findings);
  if (judgeUnused) {
    for (const entry of entries) {
      if (used.has(entry)) continue;
      const where = entry.line === null ? 'in this file' : `on line ${entry.line}`;
      remaining.push(
        report(
          source,
          'suppression.unused',
          `this suppresses nothing: there is no finding ${entry.code} ${where}; remove it`,
          entry.span,
          entry.removal,
        ),
      );
    }
  }
  return { remaining, suppressed };
}

function readOne(
  comment: Comment,
  to: { source: SourceText; entries: Suppression[]; findings: Finding[]; taken: ReadonlySet<number> },
): void {
  const { source, entries, findings, taken } = to;
  const { text } = source;
  const words = text.slice(comment.words.start, comment.words.end);
  const at = (start: number, length: number): Span => ({
    start: comment.words.start + start,
    end: comment.words.start + start + length,
  });
  const verb = looksLikeOne.exec(words)?.[0] ?? '';
  const malformed = (message: string): void =>
    void findings.push(report(source, 'suppression.malformed', message, at(0, verb.length)));
  if (verb !== 'slicewave-disable-next-line' && verb !== 'slicewave-disable-file')
    return malformed(`"${verb}" is no suppression: write ${form}`);
  if (!comment.ownLine) return malformed('a suppression must stand alone on a line of its own, above what it is for');
  const rest = words.slice(verb.length);
  const colon = rest.indexOf(':');
  const list = colon < 0 ? rest : rest.slice(0, colon);
  const reason = colon < 0 ? '' : oneLine(rest.slice(colon + 1));
  const named: { code: string; start: number }[] = [];
  let offset = verb.length;
  for (const part of list.split(',')) {
    const code = part.trim();
    if (code !== '') named.push({ code, start: offset + part.indexOf(code) });
    offset += part.length + 1;
  }
  if (named.length === 0) return malformed(`this suppression names no rule: write ${form}`);
  if (named.some(({ code }) => /\s/.test(code)))
    return malformed(`separate rules with commas and begin the reason with a colon: ${form}`);
  if (reason === '') {
    const last = named.at(-1);
    findings.push(
      report(
        source,
        'suppression.reason-missing',
        'this suppression gives no reason, so it does not count: add ": " and why the finding may stay',
        at(named[0]?.start ?? 0, (last?.start ?? 0) + (last?.code.length ?? 0) - (named[0]?.start ?? 0)),
      ),
    );
    return;
  }
  const line = verb === 'slicewave-disable-file' ? null : lineBelow(source, comment, taken);
  const seen = new Set<string>();
  named.forEach(({ code, start }, index) => {
    const span = at(start, code.length);
    if (!codes.has(code)) {
      findings.push(unknownCode(source, code, span));
      return;
    }
    const before = named[index - 1];
    const after = named[index + 1];
    const removed = after
      ? { start: span.start, end: at(after.start, 0).start }
      : before
        ? { start: at(before.start + before.code.length, 0).start, end: span.end }
        : wholeLines(source, comment.span);
    const title = named.length > 1 ? `Remove ${code} from the suppression` : 'Remove the suppression';
    // The same code twice: the second one never hides anything.
    entries.push({
      code,
      reason,
      line: seen.has(code) ? 0 : line,
      span,
      removal: { title, edits: [{ span: removed, text: '' }] },
    });
    seen.add(code);
  });
}

function unknownCode(source: SourceText, code: string, span: Span): Finding {
  const near = [...codes].filter((known) => distance(known, code) <= 2);
  const [only] = near;
  return only !== undefined && near.length === 1
    ? report(source, 'suppression.unknown-code', `there is no rule "${code}"; did you mean "${only}"?`, span, {
        title: `Change to ${only}`,
        edits: [{ span, text: only }],
        guess: true,
      })
    : report(
        source,
        'suppression.unknown-code',
        `there is no rule "${code}"; \`slicewave lint --explain\` lists them all`,
        span,
      );
}

/** The next line that holds something other than a suppression; one past the end when there is none. */
function lineBelow(source: SourceText, comment: Comment, taken: ReadonlySet<number>): number {
  let line = source.position(comment.span.end).line + 1;
  while (line <= source.lineStarts.length && (taken.has(line) || source.line(line).trim() === '')) line++;
  return line;
}

/** A comment's lines with their line end; on the last line of a file, with the line end before them. */
function wholeLines(source: SourceText, span: Span): Span {
  const { text, lineStarts } = source;
  const first = source.position(span.start).line;
  const start = lineStarts[first - 1] ?? 0;
  const next = lineStarts[source.position(span.end).line];
  if (next !== undefined) return { start: Math.max(start, start === 0 ? textStart(text) : 0), end: next };
  const before = /(?:\r\n|\n|\r)$/.exec(text.slice(0, start))?.[0].length ?? 0;
  return { start: start - before, end: text.length };
}

function* markdownComments(markdown: Markdown): Generator<Comment> {
  const { text } = markdown.source;
  /** Where the comment that is open ends. */
  let close = 0;
  for (const { kind, start, end } of markdown.lines) {
    if (kind === 'comment') {
      if (start < close) continue;
      const from = text.indexOf('<!--', start);
      const to = text.indexOf('-->', from + 2);
      // Never closed: it hides the rest of the file, and means nothing.
      if (from < 0 || to < 0) return;
      close = to + 3;
      yield commentAt(text, { start: from, end: close }, { from: from + 4, to, ownLine: true });
    } else if ((kind === 'text' || kind === 'item' || kind === 'heading') && end - start <= longestLine) {
      const line = text.slice(start, end);
      if (!line.includes('<!--')) continue;
      // Code spans show comments, they do not write them.
      const shown = line.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, (code) => ' '.repeat(code.length));
      for (const match of shown.matchAll(/<!--(.*?)-->/g)) {
        const from = start + match.index;
        const to = from + match[0].length;
        yield commentAt(text, { start: from, end: to }, { from: from + 4, to: to - 3, ownLine: false });
      }
    }
  }
}

/** The comments of the front matter. The lexer tells them from `#` in quotes and in blocks of text. */
function* yamlComments(markdown: Markdown): Generator<Comment> {
  const { text } = markdown.source;
  const body = markdown.frontMatter?.body;
  if (!body || !text.slice(body.start, body.end).includes('slicewave-')) return;
  let at = body.start;
  for (const lexeme of new Lexer().lex(text.slice(body.start, body.end))) {
    // These marks are the lexer's own; they stand for nothing in the text.
    if (lexeme === '\u0002' || lexeme === '\u0018' || lexeme === '\u001f') continue;
    const start = at;
    at += lexeme.length;
    if (!lexeme.startsWith('#') || text.slice(start, at) !== lexeme) continue;
    const lineStart = Math.max(text.lastIndexOf('\n', start - 1), text.lastIndexOf('\r', start - 1)) + 1;
    yield commentAt(
      text,
      { start, end: at },
      { from: start + 1, to: at, ownLine: text.slice(lineStart, start).trim() === '' },
    );
  }
}

function commentAt(text: string, span: Span, inside: { from: number; to: number; ownLine: boolean }): Comment {
  let { from, to } = inside;
  while (from < to && /\s/.test(text[from] ?? '')) from++;
  while (to > from && /\s/.test(text[to - 1] ?? '')) to--;
  return { span, words: { start: from, end: to }, ownLine: inside.ownLine };
}

/** How many letters must be changed, added, removed or swapped with their neighbour to make one word the other. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
