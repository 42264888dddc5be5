import type { Lines } from './outline.ts';

/** One place of a file that a diff changes: what went and what came, without what stands around it. */
export interface Hunk {
  /** Lines of the old file. */
  readonly removed: Lines | null;
  /** Lines of the new file. */
  readonly added: Lines | null;
  /** The line of the new file that stands there now. */
  readonly at: number;
}

/** What a diff says of one file. */
export interface FileHunks {
  /** The path in the old tree; `null` for a new file. */
  readonly from: string | null;
  readonly isDeleted: boolean;
  readonly hunks: readonly Hunk[];
}

/**
 * The places that a unified diff changes, by path in the new tree (in the old one for deleted files). Any number of
 * context lines will do. Takes git's quoting of unusual names apart; what is no diff yields nothing.
 */
export function fileHunks(diff: string): ReadonlyMap<string, FileHunks> {
  const files = new Map<string, FileHunks & { readonly hunks: Hunk[] }>();
  let from: string | null = null;
  let hunks: Hunk[] | null = null;
  let [oldLine, newLine, oldLeft, newLeft] = [0, 0, 0, 0];
  let open: { removed: Lines | null; added: Lines | null; at: number } | null = null;
  const close = (): void => {
    if (open) hunks?.push(open);
    open = null;
  };
  for (const text of diff.split('\n')) {
    if (oldLeft > 0 || newLeft > 0) {
      const mark = text[0];
      if (mark === '+') {
        open ??= { removed: null, added: null, at: newLine };
        open = { ...open, added: grown(open.added, newLine), at: open.added?.first ?? newLine };
        newLine++;
        newLeft--;
      } else if (mark === '-') {
        if (open?.added) close();
        open ??= { removed: null, added: null, at: Math.max(1, newLeft > 0 ? newLine : newLine - 1) };
        open = { ...open, removed: grown(open.removed, oldLine) };
        oldLine++;
        oldLeft--;
      } else if (mark !== '\\') {
        close();
        oldLine++;
        newLine++;
        oldLeft--;
        newLeft--;
      }
      continue;
    }
    if (text.startsWith('\\')) continue;
    close();
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(text);
    if (hunk) {
      oldLeft = Number(hunk[2] ?? 1);
      newLeft = Number(hunk[4] ?? 1);
      // A side without lines names the line before it.
      oldLine = Number(hunk[1]) + (oldLeft === 0 ? 1 : 0);
      newLine = Number(hunk[3]) + (newLeft === 0 ? 1 : 0);
    } else if (text.startsWith('--- ')) from = pathIn(text.slice(4), 'a/');
    else if (text.startsWith('+++ ')) {
      const to = pathIn(text.slice(4), 'b/');
      const path = to ?? from;
      hunks = null;
      if (path !== null) {
        const file = files.get(path) ?? { from, isDeleted: to === null, hunks: [] };
        hunks = file.hunks;
        files.set(path, file);
      }
    } else if (text.startsWith('diff --git ')) [from, hunks] = [null, null];
  }
  close();
  return files;
}

function grown(lines: Lines | null, line: number): Lines {
  return { first: lines?.first ?? line, last: line };
}

/** `b/src/a.ts`, or `"b/\303\244.ts"` as git quotes it; `null` for `/dev/null`. */
function pathIn(field: string, prefix: string): string | null {
  const bare = field.replace(/\t.*$/, '').replace(/\r$/, '');
  const path = bare.startsWith('"') ? unquoted(bare) : bare;
  return path === '/dev/null' ? null : path.startsWith(prefix) ? path.slice(prefix.length) : path;
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
