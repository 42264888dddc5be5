import { tableCells } from '../text/table.ts';
import type { Span } from '../text/source.ts';
import { attributeNamed, unquote, type AttributeKey } from './attributes.ts';

type Column = AttributeKey | 'id' | 'other' | 'number';

/** A row of a table of slices, cell by cell. */
export interface SliceRow {
  readonly span: Span;
  readonly id: string | null;
  readonly title: string;
  readonly number: string | null;
  readonly cells: readonly {
    readonly key: AttributeKey | null;
    readonly name: string;
    readonly text: string;
    readonly span: Span;
  }[];
}

const idWords = /^(?:id|ids|no\.?|nr\.?|#|№|number|key|slice id|task id|ticket|ref|code)$/i;
const eitherWords = /^(?:slices?|tasks?|work items?|items?|steps?|stor(?:y|ies)|issues?)$/i;
const titleWords = /^(?:title|name|summary|description|what|work|deliverables?|topic|subject|feature|goal)$/i;

/** Column names that a table of slices is told by, for messages. */
export const tableColumns = 'id, title, files, after, verify and estimate';

/**
 * Reads a table whose columns are named after what they hold, in any order. `null` when no column names a slice: then it
 * is a table about something else.
 */
export function sliceRows(text: string, lines: readonly Span[]): readonly SliceRow[] | null {
  const [head, second, ...rest] = lines;
  if (!head || !second) return null;
  const names = tableCells(text, head).map((cell) => plain(text.slice(cell.start, cell.end)));
  const ruled = isRule(text, second);
  const columns = columnsOf(names);
  if (!columns) return null;
  const rows = ruled ? rest : [second, ...rest];
  return rows.flatMap((line): SliceRow[] => {
    const cells = tableCells(text, line);
    const words = cells.map((cell) => text.slice(cell.start, cell.end));
    if (words.every((one) => /^[-–—:\s]*$/.test(one))) return [];
    const at = (column: Column): string => {
      const index = columns.indexOf(column);
      return index < 0 ? '' : (words[index] ?? '');
    };
    const title = unescaped(at('title'));
    const id = plain(at('id'));
    return [
      {
        span: { start: cells[0]?.start ?? line.start, end: cells.at(-1)?.end ?? line.end },
        id: id === '' || /\s/.test(id) ? null : id,
        title: title === '' || /\s/.test(id) ? [/\s/.test(id) ? id : '', title].filter(Boolean).join(': ') : title,
        number: plain(at('number')) || null,
        cells: cells.flatMap((span, i) => {
          const column = columns[i] ?? 'other';
          const value = unescaped(words[i] ?? '').trim();
          if (column === 'id' || column === 'title' || column === 'number' || value === '') return [];
          return [{ key: column === 'other' ? null : column, name: names[i] ?? '', text: value, span }];
        }),
      },
    ];
  });
}

/** Whether a line is the rule between a table's head and its rows. */
export function isRule(text: string, line: Span): boolean {
  return /^[ \t]*(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*(?::?-+:?[ \t]*)?)*$/.test(text.slice(line.start, line.end));
}

function columnsOf(names: readonly string[]): readonly Column[] | null {
  const columns: Column[] = names.map((name) => {
    if (idWords.test(name)) return 'id';
    return attributeNamed(name) ?? 'other';
  });
  const first = (pattern: RegExp): number => names.findIndex((name, i) => columns[i] === 'other' && pattern.test(name));
  // A column of running numbers beside one of ids only counts.
  const counting = names.findIndex((name) => /^(?:#|no\.?|nr\.?|№|number)$/i.test(name));
  if (counting >= 0 && columns.filter((column) => column === 'id').length > 1) columns[counting] = 'number';
  if (!columns.includes('title')) {
    const titled = first(titleWords);
    if (titled >= 0) columns[titled] = 'title';
  }
  const either = first(eitherWords);
  if (either >= 0) {
    if (!columns.includes('title')) columns[either] = 'title';
    else if (!columns.includes('id')) columns[either] = 'id';
  }
  if (!columns.includes('title')) {
    // "Description" is what a slice is called where nothing else is.
    const detail = names.findIndex((name, i) => columns[i] === 'details' && titleWords.test(name));
    if (detail >= 0) columns[detail] = 'title';
  }
  if (!columns.includes('id') && !columns.includes('title')) {
    if (!columns.includes('files') || columns[0] === 'files') return null;
    columns[0] = 'title';
  }
  return columns;
}

function plain(cell: string): string {
  return unquote(cell.trim().replaceAll(/\*\*|(?<!\w)[_*]|[_*](?!\w)/g, ''))
    .replace(/^\[([^\]]*)\]\([^)]*\)$/, '$1')
    .replace(/^\[([^\]]*)\]$/, '$1')
    .replace(/^#(?=\w)/, '')
    .trim();
}

function unescaped(cell: string): string {
  return cell.replaceAll(String.raw`\|`, '|');
}
