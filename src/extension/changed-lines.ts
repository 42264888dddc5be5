/** Lines of the new file, from 1, both ends included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The lines that a unified diff adds or changes, by path in the new tree. Where lines were only removed, the line that
 * stands there now is named. Takes git's quoting of unusual names apart; what is no diff yields nothing.
 */
export function changedLines(diff: string): ReadonlyMap<string, readonly LineRange[]> {
  const files = new Map<string, LineRange[]>();
  let ranges: LineRange[] | null = null;
  let line = 0;
  let oldLeft = 0;
  let newLeft = 0;
  for (const text of diff.split('\n')) {
    if (oldLeft > 0 || newLeft > 0) {
      const mark = text[0];
      if (mark === '+') {
        if (ranges) extend(ranges, line);
        line++;
        newLeft--;
      } else if (mark === '-') {
        if (ranges) extend(ranges, Math.max(1, newLeft > 0 ? line : line - 1));
        oldLeft--;
      } else if (mark !== '\\') {
        line++;
        oldLeft--;
        newLeft--;
      }
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(text);
    if (hunk) {
      oldLeft = Number(hunk[1] ?? 1);
      newLeft = Number(hunk[3] ?? 1);
      // A hunk without new lines names the line before it.
      line = Number(hunk[2]) + (newLeft === 0 ? 1 : 0);
    } else if (text.startsWith('+++ ')) {
      const path = newPath(text.slice(4));
      ranges = null;
      if (path !== null) {
        ranges = files.get(path) ?? [];
        files.set(path, ranges);
      }
    } else if (text.startsWith('diff --git ')) ranges = null;
  }
  return files;
}

function extend(ranges: LineRange[], line: number): void {
  const last = ranges.at(-1);
  if (last && line <= last.last + 1) ranges[ranges.length - 1] = { first: last.first, last: Math.max(last.last, line) };
  else ranges.push({ first: line, last: line });
}

/** `b/src/a.ts`, or `"b/\303\244.ts"` as git quotes it; `null` for `/dev/null`. */
function newPath(field: string): string | null {
  const bare = field.replace(/\t.*$/, '').replace(/\r$/, '');
  const path = bare.startsWith('"') ? unquoted(bare) : bare;
  return path === '/dev/null' ? null : path.replace(/^b\//, '');
}

function unquoted(text: string): string {
  const bytes: number[] = [];
  const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, '"': 34, '\\': 92 };
  const inner = text.slice(1, text.lastIndexOf('"'));
  for (const part of inner.matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/g)) {
    if (part[1] !== undefined) bytes.push(Number.parseInt(part[1], 8));
    else if (part[2] !== undefined) bytes.push(escapes[part[2]] ?? part[2].charCodeAt(0));
    else bytes.push(...new TextEncoder().encode(part[3] ?? ''));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
