import { readMarkdown, type Markdown, type MarkdownSection } from '../../text/markdown.ts';
import type { SourceText, Span } from '../../text/source.ts';
import type { ImportReport } from './model.ts';
import { oneLine } from '../../text/printing.ts';

/** A list item, with or without a box, and what is nested in it. */
export interface ChecklistItem {
  /** Without marker and box. */
  readonly text: string;
  readonly span: Span;
  /** `null`: there is no box. In progress (`[-]`, `[~]`, `[/]`) is not done. */
  readonly done: boolean | null;
  /** Kiro's `- [ ]*`. */
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

const box = /^\[([ xX~/-])\](\*)?(?:\s+|$)/;

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
    const starred = item.done !== null && /^\*\s+/.test(words);
    const read: ChecklistItem = {
      text: oneLine(starred ? words.replace(/^\*\s+/, '') : words),
      span: item.span,
      done: match ? /[xX]/.test(match[1] ?? '') : item.done,
      optional: match?.[2] === '*' || starred,
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

/** A code block that is never closed takes in everything below it: tasks in there are said, for they are not imported. */
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
