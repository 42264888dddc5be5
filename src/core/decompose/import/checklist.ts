import { readMarkdown, type Markdown, type MarkdownSection } from '../../text/markdown.ts';
import type { SourceText, Span } from '../../text/source.ts';
import type { ImportReport } from './model.ts';
import { oneLine, shortened } from '../../text/printing.ts';

/** A list item, with or without a box, and what is nested in it. */
export interface ChecklistItem {
  /** Without marker and box. */
  readonly text: string;
  readonly span: Span;
  /**
   * `null`: there is no box. In progress (`[-]`, `[~]`, `[/]`) is not done, nor is a box with a mark that nobody knows.
   */
  readonly done: boolean | null;
  /** What stands in a box that says neither open nor done: `?`, `>`, `!`. */
  readonly mark: string | null;
  /** Kiro's `- [ ]*`, which some formatters write as `- [ ]\*`. */
  readonly optional: boolean;
  readonly children: readonly ChecklistItem[];
  /** Index into `sections` of the innermost heading above it; -1 above the first one. */
  readonly section: number;
}

export interface Checklist {
  readonly source: SourceText;
  readonly markdown: Markdown;
  /** Items at the margin of their lists, in order. */
  readonly items: readonly ChecklistItem[];
  readonly sections: readonly MarkdownSection[];
}

/**
 * A box as people and formatters write it: with nothing or blanks in it, with a sign, with escaped brackets. Letters
 * other than `x` and numbers are marks of something else (`[P]`, `[1]`), and a link is no box.
 */
const box = /^(?:\\?\[(\s{0,4}(?:[xX]|[^\p{L}\p{N}\s[\]\\]\uFE0F?)?\s{0,4})\\?\]|([☐⬜□☑]\uFE0F?))(\\?\*)?(?:\s+|$)/u;
const doneMarks = new Set(['x', 'X', '✓', '✔', '✅', '☑', '☒', '√']);
const openMarks = new Set(['', '-', '~', '/', '☐', '⬜', '□']);
const escapedStar = /^\\?\*\s+/;

/** Reads the lists of a Markdown text as trees. Code and comments hold no items. */
export function readChecklist(source: SourceText): Checklist {
  const markdown = readMarkdown(source);
  const top: ChecklistItem[] = [];
  const open: { readonly children: ChecklistItem[]; readonly depth: number; readonly section: number }[] = [];
  let section = -1;
  for (const item of markdown.items) {
    while ((markdown.sections[section + 1]?.span.start ?? Infinity) <= item.span.start) section++;
    const match = item.done === null ? box.exec(item.text) : null;
    const children: ChecklistItem[] = [];
    // The Markdown reader knows `[ ]` and `[x]`; the other boxes are still part of the words.
    const words = match ? item.text.slice(match[0].length) : item.text;
    const starred = item.done !== null && escapedStar.test(words);
    const mark = match ? (match[1] ?? match[2] ?? '').replace('\uFE0F', '').trim() : null;
    const read: ChecklistItem = {
      text: oneLine(starred ? words.replace(escapedStar, '') : words),
      span: item.span,
      done: mark === null ? item.done : doneMarks.has(mark),
      mark: mark === null || doneMarks.has(mark) || openMarks.has(mark) ? null : mark,
      optional: match?.[3] !== undefined || starred,
      children,
      section,
    };
    // A heading ends every list above it.
    while (open.length > 0 && ((open.at(-1)?.depth ?? 0) >= item.depth || open.at(-1)?.section !== section)) open.pop();
    (open.at(-1)?.children ?? top).push(read);
    open.push({ children, depth: item.depth, section });
  }
  return { source, markdown, items: top, sections: markdown.sections };
}

/**
 * A code block that is never closed takes in everything below it: tasks in there are said, for they are not imported.
 */
export function reportOpenFence({ source, markdown }: Checklist, report: ImportReport): void {
  const fence = markdown.fences.find(({ closed }) => !closed);
  const tasks = fence?.content.match(/^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX~/-]\]/gm) ?? [];
  if (!fence || tasks.length === 0) return;
  const { start } = fence.span;
  const line = source.text.indexOf('\n', start);
  const what =
    tasks.length === 1 ? 'one line that looks like a task is' : `${tasks.length} lines that look like tasks are`;
  report.add(
    'import.code-open',
    'warning',
    `this code block is never closed, so ${what} taken for code: close it with the mark that opens it`,
    { source, span: { start, end: line < 0 ? source.text.length : line } },
  );
}

/** An item that has a box, and the words of the items that it stands below. */
export interface BoxedItem {
  readonly item: ChecklistItem;
  readonly above: readonly ChecklistItem[];
}

/**
 * The items with a box, in order. What is below an open one belongs to it; below one without a box, or below one that
 * is ticked while something in it is still open, the boxes stand for themselves.
 */
export function boxedItems(items: readonly ChecklistItem[]): BoxedItem[] {
  const boxed = new Set<ChecklistItem>();
  const open = new Set<ChecklistItem>();
  for (const item of flattened(items).toReversed()) {
    if (item.done !== null || item.children.some((child) => boxed.has(child))) boxed.add(item);
    if (item.done === false || item.children.some((child) => open.has(child))) open.add(item);
  }
  const result: BoxedItem[] = [];
  const stack: BoxedItem[] = items.toReversed().map((item) => ({ item, above: [] }));
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { item, above } = next;
    if (item.done !== null) result.push(next);
    if (item.done === false) continue;
    const inside = item.children.filter((child) => (item.done === null ? boxed : open).has(child));
    // Nobody reads more than that many headlines, and each level would carry all above it.
    for (const child of inside.toReversed()) stack.push({ item: child, above: [...above, item].slice(-mostAbove) });
  }
  return result;
}

const mostAbove = 4;

/**
 * Says of every line that looks like a task and was not imported that it was not: an open box, a number, a line without
 * a box among those that have one, a task outside of any list. `taken` is what became a task, a part of one or its
 * evidence. Boxes with a mark that nobody knows are said as well.
 */
export function reportLeftOut(checklist: Checklist, taken: ReadonlySet<ChecklistItem>, report: ImportReport): void {
  const { source, items, markdown } = checklist;
  const all = flattened(items);
  /** Sections that have a task at the margin of a list. */
  const withTasks = new Set(items.flatMap((item) => (item.done !== null && taken.has(item) ? item.section : [])));
  const outer = new Set(items);
  for (const item of all) {
    if (taken.has(item)) {
      if (item.mark !== null)
        report.add('import.box', 'info', `[${item.mark}] says neither open nor done: taken for open`, {
          source,
          span: item.span,
        });
      continue;
    }
    if (item.done === true) continue;
    if (item.done === false)
      leftOut('the box is open, and nothing else says that it is a task of this format', item.span);
    else if (numbered.test(item.text)) leftOut('it has a number, and no box before it', item.span);
    else if (outer.has(item) && withTasks.has(item.section))
      leftOut('it has no box, and those beside it have one', item.span);
  }
  // `### 1.9 Add the table`, where tasks are items of lists.
  const starts = all.flatMap((item) => (taken.has(item) ? item.span.start : [])).toSorted((a, b) => a - b);
  let next = 0;
  for (const { text, span, body } of checklist.sections) {
    while ((starts[next] ?? Infinity) < body.start) next++;
    if (looseTask.test(text) && (starts[next] ?? Infinity) >= body.end)
      leftOut('it is a heading with the number of a task, and no task stands below it', span);
  }
  const inItems = all.map(({ span }) => span).toSorted((a, b) => a.start - b.start);
  let at = 0;
  for (const { start, end, kind } of markdown.lines) {
    if (kind !== 'text') continue;
    while ((inItems[at]?.end ?? Infinity) < start) at++;
    const inside = (inItems[at]?.start ?? Infinity) <= start;
    const line = source.text.slice(start, end);
    if (inside ? looseBox.test(line) : looseTask.test(line) || looseBox.test(line))
      leftOut('it looks like a task and stands in no list', { start, end });
  }
  function leftOut(why: string, span: Span): void {
    const words = shortened(oneLine(source.text.slice(span.start, span.end)));
    report.add('import.left-out', 'warning', `"${words}" is not imported: ${why}`, { source, span });
  }
}

const numbered = /^(?:\[\w{1,4}\]\s+)?(?:\*\*)?(?:\d+(?:\.\d+)+[.):]?|T\d{2,4}[a-z]?:?)\s+\S/;
const looseTask = /^\s*(?:task\s+)?(?:\d+(?:\.\d+)+[.):]?|T\d{3,4}[a-z]?:?)\s+\S/i;
/** A box at the beginning of a line, be it behind a mark that makes no list of it, or in a cell of a table. */
const looseBox = /^\s*(?:[-–—•>*+]\s*){0,3}\[[ ~/-]?\]\s*\S|^\s*\|(?:[^|]*\|)*\s*\[ ?\]\s*(?:\||\S)/;

/** An item and everything nested in it, in order. Nesting may be deep, so no recursion. */
export function flattened(items: readonly ChecklistItem[]): ChecklistItem[] {
  const result: ChecklistItem[] = [];
  const stack = items.toReversed();
  for (let item = stack.pop(); item; item = stack.pop()) {
    result.push(item);
    for (let i = item.children.length - 1; i >= 0; i--) stack.push(item.children[i] as ChecklistItem);
  }
  return result;
}
