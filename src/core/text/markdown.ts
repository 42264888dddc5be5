import { readYaml } from './yaml.ts';
import type { DocumentMap, DocumentProblem } from './document.ts';
import type { SourceText, Span } from './source.ts';
import { textStart } from './byte-order-mark.ts';

export interface MarkdownHeading {
  readonly level: number;
  /** Without markers, numbering is kept. */
  readonly text: string;
  /** The words of the heading. */
  readonly span: Span;
  /** From the start of its first line to the start of the line below it. */
  readonly block: Span;
}

export interface MarkdownSection extends MarkdownHeading {
  /** Everything up to the next heading of the same or a higher level. */
  readonly body: Span;
  /** Headings above this one, outermost first. */
  readonly parents: readonly MarkdownHeading[];
}

export interface MarkdownItem {
  /** 0 for an item at the margin of its list, 1 for one nested in it, ... */
  readonly depth: number;
  /** The item's words with its continuation lines, joined by spaces; no marker, no checkbox. */
  readonly text: string;
  readonly span: Span;
  /** `null` when the item has no checkbox. */
  readonly done: boolean | null;
}

export interface MarkdownFence {
  readonly language: string;
  /** All that follows the fence's opening mark. */
  readonly info: string;
  readonly content: string;
  readonly span: Span;
  /** The nearest line of text above the fence, when nothing else stands between them. */
  readonly caption: string | null;
  readonly closed: boolean;
}

export interface MarkdownLine {
  readonly start: number;
  readonly end: number;
  /** What kind of block the line belongs to. Code and comments are never read as anything else. */
  readonly kind: 'text' | 'heading' | 'item' | 'fence' | 'comment' | 'blank' | 'front-matter';
}

export interface FrontMatter {
  /** With both `---` lines. */
  readonly span: Span;
  /** The YAML between them. */
  readonly body: Span;
  readonly map: DocumentMap | null;
  readonly problems: readonly DocumentProblem[];
}

/** What Slicewave needs of a Markdown file, with positions. */
export interface Markdown {
  readonly source: SourceText;
  readonly frontMatter: FrontMatter | null;
  readonly sections: readonly MarkdownSection[];
  readonly items: readonly MarkdownItem[];
  readonly fences: readonly MarkdownFence[];
  readonly lines: readonly MarkdownLine[];
}

const fenceOpen = /^(?:[ \t]{0,3}|[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+|[ \t]+)(`{3,}|~{3,})([^`]*)$/;
const atxHeading = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
/** What an item's marker can begin with. */
const mayMark = '-*+•0123456789';
const itemStart = /^([ \t]*)([-*+•]|\d{1,9}[.)])([ \t]+|$)(?:\[([ xX])\](?:[ \t]+|$))?/;

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

/** Reads the structure of a Markdown text: front matter, headings with their bodies, list items, fenced code. */
export function readMarkdown(source: SourceText): Markdown {
  const { text } = source;
  const frontMatter = readFrontMatter(text);
  const lines: MarkdownLine[] = [];
  const headings: MarkdownHeading[] = [];
  const items: { depth: number; parts: string[]; span: Span; done: boolean | null }[] = [];
  const fences: MarkdownFence[] = [];
  let fence: {
    mark: string;
    indent: number;
    info: string;
    start: number;
    content: string[];
    caption: string | null;
  } | null = null;
  let comment = false;
  /** Indentations of the items that are open, outermost first. */
  let indents: number[] = [];
  let lastText: string | null = null;
  let blankBefore = true;

  const starts = source.lineStarts;
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i] ?? 0;
    const next = starts[i + 1] ?? text.length;
    let end = next;
    while (end > start && isLineEnd(text.charCodeAt(end - 1))) end--;
    const from = i === 0 ? start + textStart(text) : start;
    if (frontMatter && start < frontMatter.span.end) {
      lines.push({ start: from, end, kind: 'front-matter' });
      continue;
    }
    const line = text.slice(from, end);
    if (fence) {
      const closing = line.trim();
      if (closing.startsWith(fence.mark) && closing.replaceAll(fence.mark[0] ?? '`', '') === '') {
        fences.push(finishFence(fence, end, true));
        fence = null;
      } else fence.content.push(dedent(line, fence.indent));
      lines.push({ start: from, end, kind: 'fence' });
      continue;
    }
    if (comment) {
      comment = !line.includes('-->');
      lines.push({ start: from, end, kind: 'comment' });
      continue;
    }
    // The first character rules out most kinds of line, without a pattern for each of them.
    const first = line.trimStart().charAt(0);
    if (first === '') {
      blankBefore = true;
      lines.push({ start: from, end, kind: 'blank' });
      continue;
    }
    const opened = line.includes('```') || line.includes('~~~') ? fenceOpen.exec(line) : null;
    if (opened) {
      const mark = opened[1] ?? '```';
      const caption = lastText;
      lastText = null;
      fence = {
        mark,
        indent: line.indexOf(mark),
        info: (opened[2] ?? '').trim(),
        start: from,
        content: [],
        caption,
      };
      blankBefore = false;
      lines.push({ start: from, end, kind: 'fence' });
      continue;
    }
    if (first === '<' && /^\s*<!--/.test(line) && !/-->\s*\S/.test(line)) {
      comment = !line.includes('-->');
      lines.push({ start: from, end, kind: 'comment' });
      continue;
    }
    const heading = first === '#' ? atxHeading.exec(line) : null;
    if (heading) {
      const words = heading[2] ?? '';
      const at =
        from + (words === '' ? line.indexOf('#') : line.indexOf(words, line.indexOf('#') + (heading[1]?.length ?? 1)));
      headings.push({
        level: heading[1]?.length ?? 1,
        text: words,
        span: { start: at, end: words === '' ? end : at + words.length },
        block: { start: from, end: next },
      });
      indents = [];
      lastText = words;
      blankBefore = false;
      lines.push({ start: from, end, kind: 'heading' });
      continue;
    }
    const previous = lines.at(-1);
    const underline = first === '=' || first === '-' ? /^ {0,3}(=+|-{2,})[ \t]*$/.exec(line) : null;
    if (underline && previous?.kind === 'text' && !blankBefore) {
      const raw = text.slice(previous.start, previous.end);
      const at = previous.start + (raw.length - raw.trimStart().length);
      headings.push({
        level: underline[1]?.startsWith('=') ? 1 : 2,
        text: raw.trim(),
        span: { start: at, end: at + raw.trim().length },
        block: { start: previous.start, end: next },
      });
      lines[lines.length - 1] = { ...previous, kind: 'heading' };
      indents = [];
      lines.push({ start: from, end, kind: 'heading' });
      continue;
    }
    const item = mayMark.includes(first) ? itemStart.exec(line) : null;
    if (item && !/^\s*([-*_])[ \t]*(?:\1[ \t]*){2,}$/.test(line)) {
      const indent = width(item[1] ?? '');
      while (indents.length > 0 && (indents.at(-1) ?? 0) >= indent) indents.pop();
      const words = line.slice(item[0].length).trimEnd();
      const at = from + item[0].length;
      items.push({
        depth: indents.length,
        parts: [words],
        span: { start: Math.min(at, end), end: at + words.length },
        done: item[4] === undefined ? null : item[4] !== ' ',
      });
      indents.push(indent);
      lastText = words;
      blankBefore = false;
      lines.push({ start: from, end, kind: 'item' });
      continue;
    }
    const open = items.at(-1);
    // `MP1: ...` or `Boundary: ...` at the margin under a list is a line of its own, whatever CommonMark says.
    const labelled = /^[A-Z][\w-]*\s*:/.test(line);
    if (
      open &&
      indents.length > 0 &&
      !labelled &&
      (!blankBefore || width(/^[ \t]*/.exec(line)?.[0] ?? '') > (indents.at(-1) ?? 0))
    ) {
      open.parts.push(line.trim());
      open.span = { start: open.span.start, end: from + line.trimEnd().length };
    } else indents = [];
    lastText = line.trim();
    blankBefore = false;
    lines.push({ start: from, end, kind: 'text' });
  }
  if (fence) fences.push(finishFence(fence, text.length, false));

  // Open headings, outermost first; there may be very many headings, so each is looked at once.
  const open: { readonly heading: MarkdownHeading; readonly index: number }[] = [];
  const ends: number[] = headings.map(() => text.length);
  const parentsOf = headings.map((heading, index): readonly MarkdownHeading[] => {
    while ((open.at(-1)?.heading.level ?? 0) >= heading.level) ends[open.pop()?.index ?? 0] = heading.block.start;
    const parents = open.map((one) => one.heading);
    open.push({ heading, index });
    return parents;
  });
  const sections = headings.map((heading, index): MarkdownSection => ({
    ...heading,
    parents: parentsOf[index] ?? [],
    body: { start: heading.block.end, end: ends[index] ?? text.length },
  }));
  return {
    source,
    frontMatter,
    sections,
    items: items.map(({ parts, ...item }) => ({ ...item, text: parts.join(' ').trim() })),
    fences,
    lines,
  };
}

/** The words of the first top-level heading, where findings about a whole file are shown. */
export function titleSpan({ sections }: Pick<Markdown, 'sections'>): Span | undefined {
  return sections.find((section) => section.level === 1 && section.text !== '')?.span;
}

/** Whether a range lies inside another. */
export function within(inner: Span, outer: Span): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}

/** A heading as it is compared: lower case, no numbering, emphasis, code marks, emoji or trailing punctuation. */
export function headingKey(text: string): string {
  // Nearly all headings are plain words already.
  if (/^[A-Za-z]+(?: [A-Za-z]+)*$/.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[`*_]/g, ' ')
    .replace(/^[\s\d.)(:#-]*(?=\p{L})/u, '')
    .replace(/[^\p{L}\p{N}/&'-]+/gu, ' ')
    .trim();
}

/** Removes the body's outer blank space from its span. */
export function trimmed(text: string, span: Span): Span {
  let { start, end } = span;
  while (end > start && /\s/.test(text[end - 1] ?? '')) end--;
  while (start < end && /\s/.test(text[start] ?? '')) start++;
  return { start, end };
}

function readFrontMatter(text: string): FrontMatter | null {
  const opening = /^\uFEFF?---[ \t]*(?:\r\n|\n|\r)/.exec(text)?.[0];
  if (opening === undefined) return null;
  const closing = /^(?:---|\.\.\.)[ \t]*(?=\r|\n|$(?![^]))/gm;
  closing.lastIndex = opening.length;
  const close = closing.exec(text);
  if (!close) {
    const end = text.length;
    const span = { start: 0, end: Math.min(end, opening.trimEnd().length) };
    // Without an end the whole file would be YAML; a lone `---` is more likely a rule above ordinary text.
    if (!/^[A-Za-z_][\w-]*:/.test(text.slice(opening.length))) return null;
    return {
      span,
      body: { start: opening.length, end: opening.length },
      map: null,
      problems: [{ message: 'the front matter is never closed by a second ---', span, tolerated: false }],
    };
  }
  const body = { start: opening.length, end: close.index };
  const lineEnd = /^(?:\r\n|\n|\r)/.exec(text.slice(close.index + close[0].length))?.[0].length ?? 0;
  const span = { start: 0, end: close.index + close[0].length + lineEnd };
  const { value, problems } = readYaml(text.slice(body.start, body.end), body.start);
  if (value && value.kind !== 'map') {
    return {
      span,
      body,
      map: null,
      problems: [
        ...problems,
        { message: 'the front matter must be "key: value" lines', span: value.span, tolerated: false },
      ],
    };
  }
  return { span, body, map: value, problems };
}

function finishFence(
  fence: { info: string; start: number; content: string[]; caption: string | null },
  end: number,
  closed: boolean,
): MarkdownFence {
  return {
    language: /^[^\s{:=]*/.exec(fence.info)?.[0] ?? '',
    info: fence.info,
    content: fence.content.length === 0 ? '' : fence.content.join('\n') + '\n',
    span: { start: fence.start, end },
    caption: fence.caption,
    closed,
  };
}

function dedent(line: string, indent: number): string {
  let at = 0;
  while (at < indent && (line[at] === ' ' || line[at] === '\t')) at++;
  return line.slice(at);
}

function width(space: string): number {
  return space.includes('\t') ? space.replaceAll('\t', '    ').length : space.length;
}
