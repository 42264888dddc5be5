import type { Fix } from '../text/finding.ts';
import type { Span } from '../text/source.ts';

/**
 * Takes one item out of a list in front matter, however it is written: a line of its own, between brackets, or between
 * commas. `undefined` where the surroundings are not understood.
 */
export function removeItem(text: string, item: Span, title: string): Fix | undefined {
  const edit = (start: number, end: number, put = ''): Fix => ({ title, edits: [{ span: { start, end }, text: put }] });
  const line = text.lastIndexOf('\n', item.start - 1) + 1;
  const lineEnd = text.slice(item.end).search(/\r?\n|$/) + item.end;
  if (/^[ \t]*-[ \t]+$/.test(text.slice(line, item.start)) && /^[ \t]*(?:#.*)?$/.test(text.slice(item.end, lineEnd))) {
    // A key must keep a value, so the last item leaves an empty list behind.
    const above = /(?:^|\n)([ \t]*)[\w-]+:[ \t]*\r?\n$/.exec(text.slice(0, line));
    const next = text.slice(lineEnd).replace(/^\r?\n/, '');
    if (above && !/^[ \t]*-[ \t]/.test(next)) {
      const keyEnd = text.slice(0, line).trimEnd().length;
      return edit(keyEnd, lineEnd, ' []');
    }
    return edit(line, lineEnd + (/^\r?\n/.exec(text.slice(lineEnd))?.[0].length ?? 0));
  }
  const before = /,\s*$/.exec(text.slice(line, item.start));
  if (before) return edit(item.start - before[0].length, item.end);
  const after = /^\s*,[ \t]*/.exec(text.slice(item.end));
  if (after) return edit(item.start, item.end + after[0].length);
  if (/\[\s*$/.test(text.slice(line, item.start)) && /^\s*\]/.test(text.slice(item.end)))
    return edit(item.start, item.end);
  if (/^[ \t]*[\w-]+:[ \t]*$/.test(text.slice(line, item.start))) return edit(item.start, item.end, '[]');
  return undefined;
}

/** Adds an item behind one that is in a list of front matter, written the same way. */
export function addItem(text: string, behind: Span, word: string, title: string): Fix {
  const line = text.lastIndexOf('\n', behind.start - 1) + 1;
  const marker = /^[ \t]*-[ \t]+$/.exec(text.slice(line, behind.start))?.[0];
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lineEnd = text.slice(behind.end).search(/\r?\n|$/) + behind.end;
  const at = marker === undefined ? behind.end : lineEnd;
  return {
    title,
    edits: [{ span: { start: at, end: at }, text: marker === undefined ? `, ${word}` : newline + marker + word }],
  };
}
