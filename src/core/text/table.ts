import type { Span } from './source.ts';

/**
 * The trimmed cells of one line of a table, with or without bars at its ends. Bars in code marks and behind a backslash
 * are text.
 */
export function tableCells(text: string, line: Span): Span[] {
  const cells: Span[] = [];
  let { start, end } = trimmedSpan(text, line);
  if (text[start] === '|') start++;
  if (end > start && text[end - 1] === '|' && text[end - 2] !== '\\') end--;
  let from = start;
  for (let at = start; at < end; at++) {
    const c = text[at];
    if (c === '\\') at++;
    else if (c === '`') {
      let width = 1;
      while (text[at + width] === '`') width++;
      const close = text.indexOf('`'.repeat(width), at + width);
      at = close >= 0 && close < end ? close + width - 1 : at + width - 1;
    } else if (c === '|') {
      cells.push(trimmedSpan(text, { start: from, end: at }));
      from = at + 1;
    }
  }
  cells.push(trimmedSpan(text, { start: from, end }));
  return cells;
}

function trimmedSpan(text: string, { start, end }: Span): Span {
  while (end > start && /\s/.test(text[end - 1] ?? '')) end--;
  while (start < end && /\s/.test(text[start] ?? '')) start++;
  return { start, end };
}
