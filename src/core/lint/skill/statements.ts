import type { Markdown, MarkdownLine } from '../../text/markdown.ts';
import type { Span } from '../../text/source.ts';

/** A sentence of running text, a list item or a table row, with what it must be read together with. */
export interface Statement {
  /** As written, line ends and marks included. */
  readonly text: string;
  readonly span: Span;
  /** The heading it stands under, as written; empty above the first. */
  readonly heading: string;
  /** What introduces it: the line above its list and the items it is nested in. */
  readonly lead: string;
}

/** Words by which a text says that something is not to be done, in the languages instructions are often written in. */
const negation =
  /\b(?:never|not|don['’]t|mustn['’]t|shouldn['’]t|can['’]t|cannot|won['’]t|isn['’]t|no|none|nor|neither|without|instead of|rather than|avoid\w*|forbid\w*|forbidden|prohibit\w*|disallow\w*|ban(?:s|ned)?|refus\w+|reject\w*|block\w*|den(?:y|ies|ied)|stop if|off[- ]limits|anti-?patterns?|wrong|bad|incorrect|niemals|nie|nicht|kein\w*|verboten|jamais|interdit\w*|nunca|jamás|prohibid\w*|não|proibid\w*|mai|vietato|nooit|nigdy|zakaz\w*|asla)\b|❌|🚫|⛔|никогда|нельзя|не\s|запрещ|禁止|不要|不得|不可|切勿|请勿|严禁|勿|ない|ません|だめ|ダメ|決して|절대|금지|하지\s?마/iu;

/** Whether a statement, what introduces it or the heading above it speaks against what the statement names. */
export function speaksAgainst(statement: Statement): boolean {
  return negation.test(statement.text) || negation.test(statement.lead) || negation.test(statement.heading);
}

/** Whether words by themselves speak against something. */
export function isNegative(words: string): boolean {
  return negation.test(words);
}

/** The statements of a text in order. Code, comments, headings and front matter are none. */
export function readStatements(markdown: Markdown): Statement[] {
  const { text } = markdown.source;
  const headings = new Map(markdown.sections.map((section) => [section.block.start, section.text]));
  const statements: Statement[] = [];
  let heading = '';
  /** The line of text that ended last with a colon, until other text or a heading follows. */
  let intro = '';
  let items: { readonly indent: number; readonly text: string }[] = [];
  let block: { start: number; end: number; lead: string } | null = null;

  const close = (): void => {
    if (!block) return;
    for (const span of sentences(text, block.start, block.end))
      statements.push({ text: text.slice(span.start, span.end), span, heading, lead: block.lead });
    block = null;
  };
  for (const line of markdown.lines) {
    if (line.kind === 'heading') {
      close();
      heading = headings.get(line.start) ?? heading;
      intro = '';
      items = [];
    } else if (line.kind === 'item') {
      close();
      const indent = width(text, line);
      while (items.length > 0 && (items.at(-1)?.indent ?? 0) >= indent) items.pop();
      const mark =
        /^\s*(?:[-*+•]|\d{1,9}[.)])\s*(?:\[[ xX]\]\s*)?/.exec(text.slice(line.start, line.end))?.[0].length ?? 0;
      const words = text.slice(line.start + mark, line.end);
      block = {
        start: line.start + mark,
        end: line.end,
        lead: [intro, ...items.map((item) => item.text)].filter((part) => part !== '').join('\n'),
      };
      items.push({ indent, text: words });
    } else if (line.kind === 'text') {
      const words = text.slice(line.start, line.end);
      const row = /^\s*\|/.test(words);
      if (row || !block) {
        close();
        // Text at the margin ends a list; what it introduces comes after it.
        if (!/^\s/.test(words)) items = [];
        const leads = [row ? intro : '', ...items.map((item) => item.text)];
        block = { start: line.start, end: line.end, lead: leads.filter((part) => part !== '').join('\n') };
      } else block.end = line.end;
      if (items.length === 0 && !row) intro = /[:：]\W*$/.test(words) ? words.trim() : '';
    } else close();
  }
  close();
  return statements;
}

function* sentences(text: string, start: number, end: number): Generator<Span> {
  // A part of its own, or a search without a hit would run to the end of the file for every block.
  const block = text.slice(start, end);
  let from = 0;
  for (const found of block.matchAll(/[.!?;][*_"')\]]*\s+|[。！？；]/g)) {
    // `e.g. x` and `1. x` are no ends of sentences.
    if (/(?:^|[\s(])(?:e\.g|i\.e|etc|vs|\d+)$/i.test(block.slice(Math.max(from, found.index - 8), found.index)))
      continue;
    const to = found.index + found[0].trimEnd().length;
    if (to > from) yield { start: start + from, end: start + to };
    from = found.index + found[0].length;
  }
  if (block.slice(from).trim() !== '') yield { start: start + from, end };
}

function width(text: string, line: MarkdownLine): number {
  const space = /^[ \t]*/.exec(text.slice(line.start, line.end))?.[0] ?? '';
  return space.replaceAll('\t', '    ').length;
}
