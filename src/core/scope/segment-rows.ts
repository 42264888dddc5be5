import { ANY_CODE, type SegmentGlob, type SegmentRow } from './glob-syntax.ts';

/**
 * Whether a row of each of two globs may match the same path, by what their names begin and end with: a necessary
 * condition, at a fraction of what the search for a path costs. Most globs that look alike are told apart by it.
 */
export function rowsCouldMeet(lefts: readonly SegmentRow[], rights: readonly SegmentRow[]): boolean {
  for (const left of lefts) for (const right of rights) if (rowCouldMeet(left, right)) return true;
  return false;
}

/** Rows longer than this are left to the search. */
const LONGEST = 30;

/** By place in the left row, the places in the right one that it may be at, as bits. */
const reached = new Int32Array(LONGEST + 1);

/** The same steps as those of the search for a path (`rowMeets`), without the names. */
function rowCouldMeet(left: SegmentRow, right: SegmentRow): boolean {
  const [n, m] = [left.length, right.length];
  if (n > LONGEST || m > LONGEST) return true;
  reached.fill(0, 0, n + 1);
  reached[0] = 1;
  for (let i = 0; i < n; i++) {
    const a = left[i]!;
    for (let j = 0; j < m; j++) {
      if (!(reached[i]! & (1 << j))) continue;
      const b = right[j]!;
      // In the middle, `**` may stand for nothing.
      if (a === '**' && i < n - 1) reached[i + 1]! |= 1 << j;
      if (b === '**' && j < m - 1) reached[i]! |= 2 << j;
      if (a !== '**' && b !== '**' && !namesCouldMeet(a, b)) continue;
      // At the end, it reads one name or more.
      const next = b !== '**' ? 2 << j : j === m - 1 ? 3 << j : 1 << j;
      if (a === '**') reached[i]! |= next;
      if (a !== '**' || i === n - 1) reached[i + 1]! |= next;
    }
  }
  return (reached[n]! & (1 << m)) !== 0;
}

/** Whether what two names begin with agrees, and what they end with; and how long they are where that is known. */
function namesCouldMeet(a: SegmentGlob, b: SegmentGlob): boolean {
  if (a === b) return true;
  if (a.text !== null && b.text !== null) return a.text === b.text;
  const [left, right] = [a.ends(), b.ends()];
  if (left.open !== right.open) {
    const [open, closed] = left.open ? [left, right] : [right, left];
    if (open.front.length + open.back.length > closed.front.length) return false;
  } else if (!left.open && left.front.length !== right.front.length) return false;
  return agree(left.front, right.front) && agree(left.back, right.back);
}

/** Both in the order in which they are read from their end of the name. */
function agree(a: readonly number[], b: readonly number[]): boolean {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i] && a[i] !== ANY_CODE && b[i] !== ANY_CODE) return false;
  return true;
}
