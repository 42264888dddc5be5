import { plain } from '../text/document.ts';
import { readYaml } from '../text/yaml.ts';
import type { TextEdit } from '../text/finding.ts';
import { readMarkdown } from '../text/markdown.ts';
import { SourceText } from '../text/source.ts';
import type { Span } from '../text/source.ts';
import type { Scope } from '../task/model.ts';
import { readScope } from '../task/scope.ts';
import type { Reading } from './readings.ts';
import { scopeArea } from './scope-places.ts';

const order = ['CREATE', 'MODIFY', 'BOUNDARY'];

/**
 * The edits that bring the front matter and a task spec's scope into their normal form; none for what is in it already,
 * or what cannot be brought into it without a change of meaning. `range`: only what it touches.
 *
 * - Front matter: one space behind a key's colon, lists as `[a, b]` or indented by two, no blanks at line ends. The order
 *   of the keys and every comment stay.
 * - Scope: CREATE, MODIFY, BOUNDARY in this order, each key plain and in capitals; one entry a line behind `- `, or all on
 *   the key's line as they were written. The order of the entries stays. Prose, comments and code among them are kept
 *   where they are, and then the directives stay in their order too.
 */
export function layout(reading: Reading, range: Span | null = null): TextEdit[] {
  const { kind, markdown, text } = reading;
  if (kind !== 'task' && kind !== 'spec' && kind !== 'skill') return [];
  const edits: TextEdit[] = [];
  const body = markdown.frontMatter?.body;
  if (body && body.end > body.start) {
    const before = text.slice(body.start, body.end);
    const after = layoutYaml(before);
    if (sameYaml(before, after)) edits.push({ span: body, text: after });
  }
  const hasScope = kind === 'task' && scopeArea(reading).start > (markdown.frontMatter?.span.end ?? 0);
  if (hasScope) {
    const area = scopeArea(reading);
    const after = layoutScope(text.slice(area.start, area.end));
    if (after !== null && sameScope(text, area, after)) edits.push({ span: area, text: after });
  }
  return edits
    .map((edit) => trimmedEdit(text, edit))
    .filter((edit) => edit.span.start < edit.span.end || edit.text !== '')
    .filter((edit) => !range || (edit.span.start <= range.end && range.start <= edit.span.end));
}

function layoutYaml(yaml: string): string {
  const lines = yaml.split('\n');
  /** Indentation of the key whose block text (`|`, `>`) or quoted text runs over lines; those are left alone. */
  let block = -1;
  let listOf: number | null = null;
  return lines
    .map((whole) => {
      const cr = whole.endsWith('\r') ? '\r' : '';
      const line = cr === '' ? whole : whole.slice(0, -1);
      const indent = /^ */.exec(line)?.[0].length ?? 0;
      if (block >= 0) {
        if (line.trim() === '' || indent > block) return whole;
        block = -1;
      }
      if (line.trim() === '') return cr;
      const entry = /^([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(.*?))?[ \t]*$/.exec(line);
      if (entry && indent === 0) {
        const value = entry[2] ?? '';
        listOf = value === '' || value.startsWith('#') ? 0 : null;
        if (/^[|>]/.test(value)) block = 0;
        return `${entry[1] ?? ''}:${value === '' ? '' : ` ${flowList(value)}`}${cr}`;
      }
      const item = /^[ \t]*-[ \t]+(\S.*?)[ \t]*$/.exec(line);
      // Only plain items: in a list of maps the indentation of the lines below would have to follow.
      if (item && listOf === 0 && !/^[\w-]+:(?:\s|$)/.test(item[1] ?? '') && !/^[|>&*!-]/.test(item[1] ?? ''))
        return `  - ${item[1] ?? ''}${cr}`;
      if (!item) listOf = /^\s*#/.test(line) ? listOf : null;
      return line.trimEnd() + cr;
    })
    .join('\n');
}

/** `[a,b ]` as `[a, b]`, when nothing in it is quoted or nested. */
function flowList(value: string): string {
  const match = /^\[([^[\]{}"'#]*)\]$/.exec(value);
  if (!match) return value;
  const words = (match[1] ?? '').split(',').map((word) => word.trim());
  if (words.at(-1) === '') words.pop();
  return words.includes('') ? value : `[${words.join(', ')}]`;
}

function sameYaml(before: string, after: string): boolean {
  if (before === after) return false;
  const a = readYaml(before);
  const b = readYaml(after);
  // What cannot be read cannot be compared, so it is left alone.
  if (a.problems.some((problem) => !problem.tolerated) || a.problems.length !== b.problems.length) return false;
  const value = (read: typeof a): string => (read.value ? JSON.stringify(plain(read.value)) : 'null');
  return value(a) === value(b) && comments(before) === comments(after);
}

function comments(yaml: string): number {
  return yaml.split('#').length;
}

interface Block {
  readonly key: string;
  readonly remark: string;
  readonly inline: string;
  readonly bullets: string[];
}

const head =
  /^[ \t]*(?:[-*+][ \t]+)?(?:\*\*|__)?(CREATE|MODIFY|BOUNDARY|Create|Modify|Boundary)(?:\*\*|__)?[ \t]*(\([^)\n]*\))?[ \t]*(?:\*\*|__)?[ \t]*:(?!:)(?:\*\*|__)?[ \t]*(.*?)[ \t]*$/;

/** `null` when the text holds anything but directives and their bullets. */
function layoutScope(text: string): string | null {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(/\r?\n/);
  const blocks: Block[] = [];
  let trailing = 0;
  while (lines.length > 0 && (lines.at(-1) ?? '').trim() === '') {
    lines.pop();
    trailing++;
  }
  let leading = 0;
  while (lines.length > 0 && (lines[0] ?? '').trim() === '') {
    lines.shift();
    leading++;
  }
  for (const line of lines) {
    if (line.trim() === '') continue;
    const directive = head.exec(line);
    if (directive) {
      blocks.push({
        key: (directive[1] ?? '').toUpperCase(),
        remark: directive[2] ?? '',
        inline: directive[3] ?? '',
        bullets: [],
      });
    } else {
      const bullet = /^[ \t]*[-*+•][ \t]+(\S.*?)[ \t]*$/.exec(line);
      const block = blocks.at(-1);
      if (!bullet || !block) return null;
      block.bullets.push(bullet[1] ?? '');
    }
  }
  if (blocks.length === 0) return null;
  const sorted = blocks.toSorted((a, b) => order.indexOf(a.key) - order.indexOf(b.key));
  const spaced = sorted.some((block) => block.bullets.length > 0);
  const written = sorted.map((block) => {
    const first = `${block.key}${block.remark === '' ? '' : ` ${block.remark}`}:${block.inline === '' ? '' : ` ${inlineList(block.inline)}`}`;
    return [first, ...block.bullets.map((entry) => `- ${entry}`)].join(eol);
  });
  const before = leading > 0 ? eol : '';
  return before + written.join(spaced ? eol + eol : eol) + (trailing > 1 ? eol + eol : eol.repeat(trailing));
}

/** One blank behind each comma that separates entries. */
function inlineList(list: string): string {
  if (/[`{(["']/.test(list) || /\s[-–—#]\s/.test(list)) return list;
  return list.replace(/[ \t]*,[ \t]*(?=\S)/g, ', ');
}

function sameScope(text: string, area: Span, after: string): boolean {
  const changed = text.slice(0, area.start) + after + text.slice(area.end);
  const read = (whole: string, span: Span): string => {
    const markdown = readMarkdown(new SourceText('', whole));
    const { scope } = readScope(markdown, span);
    const entries = (key: keyof Scope): unknown =>
      scope[key].map(({ path, symbol, note, exceptOf, text: written }) => [
        path,
        symbol,
        note,
        exceptOf ?? null,
        path === null ? written : null,
      ]);
    return JSON.stringify([entries('create'), entries('modify'), entries('boundary')]);
  };
  return read(text, area) === read(changed, { start: area.start, end: area.start + after.length });
}

/** Without the lines that stay as they are at both ends, so that cursors and folds elsewhere stay too. */
function trimmedEdit(text: string, { span, text: after }: TextEdit): TextEdit {
  const before = text.slice(span.start, span.end);
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end++;
  return { span: { start: span.start + start, end: span.end - end }, text: after.slice(start, after.length - end) };
}
