import { searchPath } from './glob-search.ts';
import { ANY_CODE, type SegmentGlob, type SegmentRow } from './segment-glob.ts';

/**
 * Whether a row of each of two globs may match the same path, by what their names begin and end with: a necessary
 * condition, at a fraction of what the search for a path costs. It parts most globs that look alike.
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

/**
 * A path that a row of each of two globs matches. Segment by segment, for a name has few of them: character by character
 * only two segments with wildcards are ever compared, and that once.
 */
export function rowsMeet(lefts: readonly SegmentRow[], rights: readonly SegmentRow[]): string | null {
  for (const left of lefts) {
    for (const right of rights) {
      const witness = rowMeets(left, right);
      if (witness !== null) return witness;
    }
  }
  return null;
}

/** Breadth first over pairs of places in the rows. */
function rowMeets(left: SegmentRow, right: SegmentRow): string | null {
  const [n, m] = [left.length, right.length];
  const seen = new Uint8Array((n + 1) * (m + 1));
  const states: number[] = [];
  const parents: number[] = [];
  const names: string[] = [];
  const add = (i: number, j: number, parent: number, name: string): void => {
    const state = i * (m + 1) + j;
    if (seen[state]) return;
    seen[state] = 1;
    states.push(state);
    parents.push(parent);
    names.push(name);
    // In the middle, `**` may stand for nothing.
    if (i < n - 1 && left[i] === '**') add(i + 1, j, parent, name);
    if (j < m - 1 && right[j] === '**') add(i, j + 1, parent, name);
  };
  add(0, 0, -1, '');
  for (let at = 0; at < states.length; at++) {
    const state = states[at]!;
    const j = state % (m + 1);
    const i = (state - j) / (m + 1);
    if (i === n && j === m) {
      const path: string[] = [];
      for (let step = at; parents[step]! >= 0; step = parents[step]!) path.push(names[step]!);
      return path.reverse().join('/');
    }
    if (i === n || j === m) continue;
    const [a, b] = [left[i]!, right[j]!];
    const name = segmentsMeet(a, b);
    if (name === null) continue;
    const endA = i === n - 1;
    const endB = j === m - 1;
    const nextI = a === '**' ? i : i + 1;
    const nextJ = b === '**' ? j : j + 1;
    if (endA && endB) add(n, m, at, name);
    else if (endA && a === '**') add(n, nextJ, at, name);
    else if (endB && b === '**') add(nextI, m, at, name);
    add(nextI, nextJ, at, name);
  }
  return null;
}

const MOST_NAMES = 200_000;
/** By the numbers of two segments' globs. */
const names = new Map<number, string | null>();

/** A name that two segments match; `null` when there is none. */
function segmentsMeet(a: SegmentGlob | '**', b: SegmentGlob | '**'): string | null {
  if (a === '**') return b === '**' ? 'a' : exampleOf(b);
  if (b === '**' || a === b) return exampleOf(a);
  if (a.text !== null && b.text !== null) return a.text === b.text ? exampleOf(a) : null;
  const key = a.number * 2 ** 26 + b.number;
  let name = names.get(key);
  if (name === undefined) {
    name = nameOfBoth(a, b);
    if (names.size >= MOST_NAMES) names.clear();
    names.set(key, name);
  }
  return name;
}

const examples = new WeakMap<SegmentGlob, { readonly name: string | null }>();

/** A name that a segment matches; `null` when there is none, as for `..`. */
function exampleOf(segment: SegmentGlob): string | null {
  if (segment.any) return 'a';
  let example = examples.get(segment);
  if (!example) {
    example = { name: nameOfBoth(segment, segment) };
    examples.set(segment, example);
  }
  return example.name;
}

function nameOfBoth(a: SegmentGlob, b: SegmentGlob): string | null {
  return searchPath(a.automaton(), b.automaton(), { except: [], folded: a.caseInsensitive }).witness;
}
