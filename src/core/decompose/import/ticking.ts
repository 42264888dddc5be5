import { readJson } from '../../text/json.ts';
import { field, textOf, type DocumentValue } from '../../text/document.ts';
import { readMarkdown } from '../../text/markdown.ts';
import { SourceText, type Span } from '../../text/source.ts';
import { flattened, readChecklist, type ChecklistItem } from './checklist.ts';
import type { SourceMark } from './model.ts';

/** One line of a source as it is and as it would be. */
export interface TickedLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/** A text in which tasks are done, and the lines that are others than before. */
export interface TickedText {
  readonly text: string;
  readonly lines: readonly TickedLine[];
}

const boxAtStart = /^([ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+)(?:(\\?\[)[^\]\\]{0,4}(\\?\])|[☐⬜□☑])/;

/**
 * A source without what says how far its tasks are: equal for two texts of which one has only more ticks. Dates of the
 * last change are left out with them, for the tools write both.
 */
export function withoutStates(path: string, text: string): string {
  if (path.endsWith('.json'))
    return text.replaceAll(/("(?:status|updatedAt|updated|lastModified)"\s*:\s*)"[^"\\\n]*"/g, '$1""');
  return text
    .split('\n')
    .map((line) => line.replace(boxAtStart, '$1[ ]').replace(/^(status|updated_date):.*$/, '$1:'))
    .join('\n');
}

/** How a board calls its states, in a front matter. */
export interface StatusWords {
  readonly open: string;
  /** `null`: it has no state between open and done. */
  readonly begun: string | null;
  readonly done: string;
}

/**
 * The words of a board by all its statuses, in their order; without any, those that Backlog.md begins with. What stands
 * between the first and the last is work in progress: the one that says so, else the first.
 */
export function statusWords(statuses: readonly string[]): StatusWords {
  const [open = 'To Do', ...rest] = statuses.length > 0 ? statuses : ['To Do', 'In Progress', 'Done'];
  const done = rest.pop() ?? open;
  return { open, begun: rest.find((word) => /progress|doing|started|wip|active/i.test(word)) ?? rest[0] ?? null, done };
}

/**
 * A source file with the tasks of some marks done: boxes ticked (with those below them, and those above of which all
 * parts are), or the status set. Those that have begun are in progress where the tool has a state for it (Kiro's `[-]`,
 * a status) and they are open; no task goes back. Marks whose line is no task are left out; the caller knows that the
 * text is what it was.
 */
export function ticked(
  path: string,
  text: string,
  marks: { readonly done: readonly SourceMark[]; readonly begun?: readonly SourceMark[] },
  words: StatusWords,
): TickedText {
  const source = new SourceText(path, text);
  const { done, begun = [] } = marks;
  const edits = path.endsWith('.json')
    ? [...jsonEdits(source, done), ...jsonBegun(source, begun)]
    : [...done, ...begun].every(({ line }) => isFrontMatter(source, line))
      ? frontMatterEdits(source, done.length > 0 ? 'done' : 'begun', words)
      : [...boxEdits(source, done), ...boxesBegun(source, begun)];
  let result = text;
  for (const { span, words } of edits.toSorted((a, b) => b.span.start - a.span.start))
    result = result.slice(0, span.start) + words + result.slice(span.end);
  const after = new SourceText(path, result);
  const lines = [...new Set(edits.map(({ span }) => source.position(span.start).line))]
    .toSorted((a, b) => a - b)
    .map((line): TickedLine => ({ file: path, line, before: source.line(line), after: after.line(line) }))
    .filter((line) => line.before !== line.after);
  return { text: result, lines };
}

interface Edit {
  readonly span: Span;
  readonly words: string;
}

function isFrontMatter(source: SourceText, line: number): boolean {
  const { frontMatter } = readMarkdown(source);
  return frontMatter !== null && (source.lineStarts[line - 1] ?? Infinity) < frontMatter.span.end;
}

function boxEdits(source: SourceText, marks: readonly SourceMark[]): Edit[] {
  const { items } = readChecklist(source);
  const wanted = new Set(marks.map(({ line }) => line));
  const done = new Set<ChecklistItem>();
  const all = flattened(items);
  for (const item of all) {
    if (!wanted.has(source.position(item.span.start).line)) continue;
    for (const one of flattened([item])) if (one.done === false && !one.optional) done.add(one);
  }
  const isDone = (item: ChecklistItem): boolean => item.done === true || done.has(item);
  // From the inside out: an open item is done when something in it was, and nothing in it is open but what is optional.
  for (const item of all.toReversed()) {
    if (item.done !== false || item.optional || done.has(item)) continue;
    const parts = flattened(item.children).filter((one) => one.done !== null && !one.optional);
    if (parts.some((part) => done.has(part)) && parts.every(isDone)) done.add(item);
  }
  return [...done].flatMap((item): Edit[] => {
    const { line } = source.position(item.span.start);
    const start = source.lineStarts[line - 1] ?? 0;
    const match = boxAtStart.exec(source.line(line));
    if (!match) return [];
    const [whole, marker = '', open, close] = match;
    const span = { start: start + marker.length, end: start + whole.length };
    return [{ span, words: open === undefined ? '☑' : `${open}x${close ?? ']'}` }];
  });
}

/** Only Kiro knows `[-]`; elsewhere it would be a mark that nobody understands. */
function boxesBegun(source: SourceText, marks: readonly SourceMark[]): Edit[] {
  if (!/(?:^|\/)\.kiro\//.test(source.file)) return [];
  return marks.flatMap(({ line }): Edit[] => {
    const start = source.lineStarts[line - 1] ?? 0;
    const match = /^([ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+\\?\[) ?(?=\\?\])/.exec(source.line(line));
    if (!match) return [];
    const [whole, before = ''] = match;
    return [{ span: { start: start + before.length, end: start + whole.length }, words: '-' }];
  });
}

/** The one task of a file whose front matter has a status. */
function frontMatterEdits(source: SourceText, state: 'done' | 'begun', words: StatusWords): Edit[] {
  const map = readMarkdown(source).frontMatter?.map;
  const status = textOf(field(map, 'status')?.value);
  const doneStatus = words[state];
  if (!status || doneStatus === null || status.value === doneStatus) return [];
  if (state === 'begun' && status.value !== words.open) return [];
  const written = source.text.slice(status.span.start, status.span.end);
  const quote = /^['"]/.exec(written)?.[0] ?? '';
  return [{ span: status.span, words: `${quote}${doneStatus}${quote}` }];
}

/** Of Task Master, what is pending. */
function jsonBegun(source: SourceText, marks: readonly SourceMark[]): Edit[] {
  return tasksAt(source, marks).flatMap((task) => {
    const status = textOf(field(task, 'status')?.value);
    return status?.value === 'pending' ? [{ span: status.span, words: '"in-progress"' }] : [];
  });
}

function jsonEdits(source: SourceText, marks: readonly SourceMark[]): Edit[] {
  const edits: Edit[] = [];
  const doneWords = new Set(['done', 'completed', 'cancelled', 'canceled', 'deferred']);
  const finish = (task: DocumentValue): void => {
    const status = textOf(field(task, 'status')?.value);
    if (status && !doneWords.has(status.value)) edits.push({ span: status.span, words: '"done"' });
    const parts = field(task, 'subtasks')?.value;
    if (parts?.kind === 'list') for (const part of parts.items) finish(part);
  };
  for (const task of tasksAt(source, marks)) finish(task);
  return edits;
}

/** The tasks whose ids stand where the marks are. */
function tasksAt(source: SourceText, marks: readonly SourceMark[]): DocumentValue[] {
  if (marks.length === 0) return [];
  const wanted = new Set(marks.map(({ line }) => line));
  const found: DocumentValue[] = [];
  const stack: DocumentValue[] = [readJson(source.text).value].filter((value) => value !== null);
  for (let value = stack.pop(); value; value = stack.pop()) {
    const id = textOf(field(value, 'id')?.value);
    if (id && wanted.has(source.position(id.span.start).line)) found.push(value);
    else if (value.kind === 'list') stack.push(...value.items);
    else if (value.kind === 'map') stack.push(...value.entries.map((entry) => entry.value));
  }
  return found;
}
