import { foldText, holds, intersect, NOT_SLASH, representatives, SLASH } from './charset.ts';
import type { Steps } from './glob-steps.ts';
import { rowsCouldMeet } from './segment-rows.ts';
import {
  ACCEPT,
  readGlob,
  type Automaton,
  type GlobSyntax,
  type SegmentGlob,
  type SegmentKeys,
  type SegmentRow,
} from './glob-syntax.ts';

/**
 * The glob language of scopes, over paths relative to the repository root with forward slashes:
 *
 * - `*` any characters of one name, a leading dot included; `?` exactly one; `**` as a whole segment any number of
 *   directories (at the end: everything below, at any depth);
 * - `[abc]`, `[a-z]`, `[!a]`, `[^a]` one character; a class also matches its own text, because `app/[id]/page.tsx`
 *   is the literal name of a file in several web frameworks;
 * - `{a,b}` alternatives, nested, with or without slashes, as the shell expands them; `{a}` stands for itself;
 * - `dir/` and a trailing `dir/*` mean the whole subtree; a lone `*` means the files at the top;
 * - `\` makes the next character plain; a leading `./` or `/` is dropped; `.` and `./` mean everything;
 * - a path is matched only when no segment of it is empty, `.` or `..`.
 */
export interface Glob {
  readonly source: string;
  readonly caseInsensitive: boolean;
  readonly composed: boolean;
  /** What every match begins with: the key for an index. In lower case when case is ignored. */
  readonly prefix: string;
  /** What every match ends with, likewise. */
  readonly suffix: string;
  /**
   * The files the glob names when it has no wildcard: braces expanded, classes read as written. `null` for a pattern.
   */
  readonly texts: readonly string[] | null;
  /** What single segments of every match begin with, by place; for an index (see `segmentKeys`). */
  readonly segments: SegmentKeys;
  /** Texts that every match holds somewhere, of three characters or more; not of every glob all of them. */
  readonly pieces: readonly string[];
  /** The ways to read a match, for an index of globs that look alike (see `stepsOf`). */
  readonly steps: readonly Steps[];
  /**
   * More brace alternatives than are worth following: the glob then matches everything below the directory in which
   * they begin. Right for finding collisions and for boundaries; too generous for granting access.
   */
  readonly approximate: boolean;
  matches(path: string): boolean;
}

/** How the file system of the repository compares names; without any, by code point, as git and Linux do. */
export interface GlobOptions {
  /** `core.ignorecase`: `User.ts` and `user.ts` are one file (macOS, Windows). */
  readonly caseInsensitive?: boolean;
  /**
   * `core.precomposeunicode`: `é` is one name whether it is written as one character or as `e` with an accent (macOS).
   * Globs and paths are compared in their composed form (NFC); `?` then stands for one composed character.
   */
  readonly composed?: boolean;
}

/** A path in the form in which the file system compares it. */
export function comparedPath(path: string, { caseInsensitive, composed }: GlobOptions): string {
  const text = composed ? path.normalize('NFC') : path;
  return caseInsensitive ? foldText(text) : text;
}

/** Whether a search came to its end. */
export interface GlobMeeting {
  /** A path that both globs match and no exception does; `null` when there is none. */
  readonly witness: string | null;
  /**
   * Whether the answer is certain. If not, the search with the exceptions grew too large, and they were ignored, or a glob
   * holds more alternatives than are followed: the globs may meet less than it says, never more.
   */
  readonly exact: boolean;
}

class CompiledGlob implements Glob {
  readonly source: string;
  readonly caseInsensitive: boolean;
  readonly composed: boolean;
  readonly texts: readonly string[] | null;
  readonly syntax: GlobSyntax;
  /** Counts up: a short key for what is remembered of two globs. */
  readonly number = ++compiledGlobs;
  #matcher: Matcher | undefined;
  /** Of the pieces those that neither the beginning nor the end holds. */
  #inner: readonly string[] | undefined;

  constructor(source: string, { caseInsensitive = false, composed = false }: GlobOptions) {
    this.source = source;
    this.caseInsensitive = caseInsensitive;
    this.composed = composed;
    this.syntax = readGlob(composed ? source.normalize('NFC') : source, caseInsensitive);
    this.texts = this.syntax.texts?.filter(isPlainPath) ?? null;
  }

  get pieces(): readonly string[] {
    return this.syntax.pieces();
  }

  get steps(): readonly Steps[] {
    return this.syntax.steps();
  }

  get segments(): SegmentKeys {
    return this.syntax.segments();
  }

  get prefix(): string {
    return this.syntax.prefix;
  }

  get suffix(): string {
    return this.syntax.suffix;
  }

  get approximate(): boolean {
    return this.syntax.approximate;
  }

  matches(path: string): boolean {
    let text = path.startsWith('./') ? path.replace(/^(?:\.\/+)+/, '') : path;
    if (this.caseInsensitive || this.composed) text = comparedPath(text, this);
    const { prefix, suffix, literal, subtree, automaton } = this.syntax;
    if (literal) return text === prefix && isPlainPath(text);
    if (!text.startsWith(prefix) || !text.endsWith(suffix)) return false;
    if (subtree !== null) return text.length > subtree.length && isPlainPath(text);
    this.#inner ??= this.pieces.filter((piece) => !prefix.includes(piece) && !suffix.includes(piece));
    for (const piece of this.#inner) if (!text.includes(piece)) return false;
    if (!isPlainPath(text)) return false;
    this.#matcher ??= new Matcher(automaton());
    return this.#matcher.accepts(text);
  }
}

let compiledGlobs = 0;

const CACHE_LIMIT = 50_000;
/** One for each kind of comparison: a key put together from both would have to be hashed anew at every look. */
const caches = Array.from({ length: 4 }, () => new Map<string, CompiledGlob>());

function compiled(source: string, options: GlobOptions): CompiledGlob {
  const cache = caches[(options.caseInsensitive ? 1 : 0) + (options.composed ? 2 : 0)]!;
  let glob = cache.get(source);
  if (!glob) {
    if (cache.size >= CACHE_LIMIT) cache.clear();
    glob = new CompiledGlob(source, options);
    cache.set(source, glob);
  }
  return glob;
}

/** Compiles a glob; the same text gives the same object. Never fails: what is left open stands for itself. */
export function compileGlob(glob: string, options: GlobOptions = {}): Glob {
  return compiled(glob, options);
}

/** Whether a path is one that git could track: relative, with no segment that is empty, `.` or `..`. */
export function isPlainPath(path: string): boolean {
  let start = 0;
  for (let i = 0; i <= path.length; i++) {
    if (i < path.length && path.charCodeAt(i) !== 0x2f) continue;
    const length = i - start;
    if (length === 0) return false;
    if (length <= 2 && path.charCodeAt(start) === 0x2e && path.charCodeAt(i - 1) === 0x2e) return false;
    start = i + 1;
  }
  return true;
}

/**
 * A path that both globs match, or `null` when there is none. A search of the product of the two automata, which
 * has at most as many states as the product of the globs' lengths. A short path is found, not the one in use.
 * With `except`, the path matches none of these globs; see `meetGlobs` for whether that could be made sure.
 */
export function globsIntersect(
  a: string,
  b: string,
  options: GlobOptions & { readonly except?: readonly string[] } = {},
): string | null {
  return meetGlobs(a, b, options).witness;
}

/** `globsIntersect`, with word on whether the answer is certain. */
export function meetGlobs(
  a: string,
  b: string,
  options: GlobOptions & { readonly except?: readonly string[] } = {},
): GlobMeeting {
  return meetCompiled(compiled(a, options), compiled(b, options), () =>
    (options.except ?? []).map((glob) => compiled(glob, options)),
  );
}

/** Whether two compiled globs share a path. */
export function globsMeet(left: Glob, right: Glob): boolean {
  return plainMeeting(left as CompiledGlob, right as CompiledGlob) !== null;
}

/** `meetGlobs` for globs that are compiled already; the exceptions are only asked for when the globs meet at all. */
export function meetCompiled(a: Glob, b: Glob, exceptions: () => readonly Glob[]): GlobMeeting {
  // There is no other kind of `Glob`.
  const [left, right] = [a as CompiledGlob, b as CompiledGlob];
  const plain = plainMeeting(left, right);
  if (plain === null) return { witness: null, exact: true };
  const except = (exceptions() as readonly CompiledGlob[]).filter(
    (e) => couldMeet(e.syntax, left.syntax) && couldMeet(e.syntax, right.syntax),
  );
  if (except.length === 0) return { witness: plain, exact: isExact(plain, [left, right]) };
  // Most walls stand elsewhere.
  if (!except.some((e) => e.matches(plain))) return { witness: plain, exact: isExact(plain, [left, right]) };
  for (const text of textsInBoth(left, right))
    if (!except.some((e) => e.matches(text))) return { witness: text, exact: isExact(text, [left, right]) };
  const globs = [left, right, ...except];
  if (left.syntax.literal || right.syntax.literal) return { witness: null, exact: isExact(null, globs) };
  const relevant = except.filter((e) => plainMeeting(e, left) !== null && plainMeeting(e, right) !== null);
  const { witness, overflow } = search(
    left.syntax.automaton(),
    right.syntax.automaton(),
    relevant,
    left.caseInsensitive,
  );
  return overflow ? { witness: plain, exact: false } : { witness, exact: isExact(witness, globs) };
}

/** Widened globs match too much: then only what none of them had a part in is certain. */
function isExact(witness: string | null, globs: readonly CompiledGlob[]): boolean {
  return (witness === null && globs.length === 2) || !globs.some((glob) => glob.approximate);
}

const MOST_MEETINGS = 200_000;
/** What was found for two globs; they are asked about again with other exceptions, and by other callers. */
const meetings = new Map<number, string | null>();

function plainMeeting(left: CompiledGlob, right: CompiledGlob): string | null {
  if (!couldMeet(left.syntax, right.syntax)) return null;
  if (left.texts || right.texts) for (const text of textsInBoth(left, right)) return text;
  if (left.syntax.literal || right.syntax.literal) return null;
  const [lefts, rights] = [left.syntax.rows(), right.syntax.rows()];
  // Not remembered: to look it up would take as long.
  if (!rowsCouldMeet(lefts, rights)) return null;
  const key = left.number * 2 ** 26 + right.number;
  let witness = meetings.get(key);
  if (witness === undefined) {
    witness = rowsMeet(lefts, rights);
    if (meetings.size >= MOST_MEETINGS) meetings.clear();
    meetings.set(key, witness);
  }
  return witness;
}

/**
 * A path that a row of each of two globs matches. Segment by segment, for a name has few of them: character by character
 * only two segments with wildcards are ever compared, and that once.
 */
function rowsMeet(lefts: readonly SegmentRow[], rights: readonly SegmentRow[]): string | null {
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
    name = search(a.automaton(), b.automaton(), [], a.caseInsensitive).witness;
    if (names.size >= MOST_MEETINGS) names.clear();
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
    const { witness } = search(segment.automaton(), segment.automaton(), [], segment.caseInsensitive);
    examples.set(segment, (example = { name: witness }));
  }
  return example.name;
}

/** The text of a glob makes the better witness: `app/[id]/page.tsx` instead of `app/d/page.tsx`. */
function* textsInBoth(left: CompiledGlob, right: CompiledGlob): Generator<string> {
  for (const text of left.texts ?? []) if (left.matches(text) && right.matches(text)) yield text;
  for (const text of right.texts ?? []) if (right.matches(text) && left.matches(text)) yield text;
}

/**
 * Whether every path that `inner` matches is matched by one of `outer`. `false` is answered too when the search grows
 * too large, or when an outer glob holds more alternatives than are followed; `globEscapes` tells them apart.
 */
export function globContains(outer: string | readonly string[], inner: string, options: GlobOptions = {}): boolean {
  const { witness, exact } = globEscapes(inner, typeof outer === 'string' ? [outer] : outer, options);
  return witness === null && exact;
}

/** A path that `inner` matches and none of `outer` does: what keeps `inner` from being contained. */
export function globEscapes(inner: string, outer: readonly string[], options: GlobOptions = {}): GlobMeeting {
  const glob = compiled(inner, options);
  if (glob.syntax.literal) {
    const around = outer.find((text) => compiled(text, options).matches(glob.prefix));
    const escapes = isPlainPath(glob.prefix) && around === undefined;
    return {
      witness: escapes ? glob.prefix : null,
      exact: around === undefined || !compiled(around, options).approximate,
    };
  }
  // What was widened may not count as containing something.
  const around = outer.filter((text) => !compiled(text, options).approximate);
  const { witness, exact } = meetGlobs(inner, '**', { ...options, except: around });
  return { witness, exact: witness === null || (exact && around.length === outer.length) };
}

/** A cheap necessary condition: of the beginnings, and of the ends, one continues the other. */
function couldMeet(a: GlobSyntax, b: GlobSyntax): boolean {
  return (
    (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix)) &&
    (a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix))
  );
}

/** Paths that a glob is asked about before its transitions are worth remembering. */
const WARM = 32;
/** Sets of states remembered; past it the memory starts anew, so no glob can make it grow. */
const MOST_REMEMBERED = 500;
const UNKNOWN = -1;
const DEAD = -2;

/** Runs an automaton over paths: all states at once, so no glob can make it backtrack. */
class Matcher {
  readonly #automaton: Automaton;
  readonly #seen: Int32Array;
  #step = 0;
  #asked = 0;
  /** The remembered part: sets of states by number, and for each where an ASCII character leads. */
  #members: (readonly number[])[] = [];
  #moves: Int16Array[] = [];
  #numbers = new Map<string, number>();

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
    this.#seen = new Int32Array(automaton.sets.length);
  }

  accepts(text: string): boolean {
    return this.#asked++ < WARM ? this.#run(text, 0, this.#automaton.start) : this.#runRemembered(text);
  }

  #run(text: string, from: number, start: readonly number[]): boolean {
    let states = start;
    for (let at = from; at < text.length;) {
      const code = text.codePointAt(at)!;
      at += code > 0xffff ? 2 : 1;
      states = this.#after(states, code);
      if (states.length === 0) return false;
    }
    return states.includes(ACCEPT);
  }

  #runRemembered(text: string): boolean {
    let state = this.#number(this.#automaton.start);
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= 0x80) return this.#run(text, at, this.#members[state]!);
      let next = this.#moves[state]![code]!;
      if (next === UNKNOWN) {
        const members = this.#after(this.#members[state]!, code);
        const moves = this.#moves[state]!;
        next = members.length ? this.#number(members) : DEAD;
        moves[code] = next;
      }
      if (next === DEAD) return false;
      state = next;
    }
    return this.#members[state]!.includes(ACCEPT);
  }

  #after(states: readonly number[], code: number): readonly number[] {
    const { sets, next } = this.#automaton;
    const reached: number[] = [];
    let accepted = false;
    this.#step++;
    for (const state of states) {
      if (state === ACCEPT || !holds(sets[state]!, code)) continue;
      for (const to of next[state]!) {
        if (to === ACCEPT) accepted = true;
        else if (this.#seen[to] !== this.#step) {
          this.#seen[to] = this.#step;
          reached.push(to);
        }
      }
    }
    if (accepted) reached.push(ACCEPT);
    return reached;
  }

  #number(members: readonly number[]): number {
    const key = members.join();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      if (this.#members.length >= MOST_REMEMBERED) {
        this.#members = [];
        this.#moves = [];
        this.#numbers = new Map();
      }
      number = this.#members.push(members) - 1;
      this.#moves.push(new Int16Array(0x80).fill(UNKNOWN));
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/** How many states a search with exceptions may visit; each can be a set of the exceptions' states. */
const SEARCH_LIMIT = 200_000;

/**
 * Breadth first over pairs of states, and the set of states that the exceptions can be in. A fourth part follows how
 * much of the current segment is dots, so that no path with an empty, `.` or `..` segment is ever found.
 *
 * What escapes from many states of the exceptions escapes from fewer, so of the sets met at one place only those are
 * followed that hold no other one (antichains: De Wulf, Doyen, Henzinger, Raskin, CAV 2006), and none from which an
 * exception matches whatever follows. That keeps the sets few where determinising would make very many.
 */
function search(
  a: Automaton,
  b: Automaton,
  except: readonly CompiledGlob[],
  folded: boolean,
): { readonly witness: string | null; readonly overflow: boolean } {
  const union = join(except.map((glob) => glob.syntax.automaton()));
  const endless = union.next.map((next, s) => isEndless(union, next, s));
  const subsets = new Map<string, number>();
  const members: (readonly number[])[] = [];
  const intern = (states: readonly number[]): number => {
    const sorted = [...new Set(states)].sort((x, y) => x - y);
    const key = sorted.join();
    let index = subsets.get(key);
    if (index === undefined) {
      index = members.push(sorted) - 1;
      subsets.set(key, index);
    }
    return index;
  };

  const width = b.sets.length + 1;
  const plane = (a.sets.length + 1) * width * 4;
  const bits = except.length === 0 ? new Uint8Array((plane >> 3) + 1) : null;
  const antichains = new Map<number, number[]>();
  const isNew = (key: number, subset: number): boolean => {
    if (bits) {
      const mask = 1 << (key & 7);
      if (bits[key >> 3]! & mask) return false;
      bits[key >> 3]! |= mask;
      return true;
    }
    const known = antichains.get(key);
    if (!known) {
      antichains.set(key, [subset]);
      return true;
    }
    if (known.some((other) => other === subset || isSubset(members[other]!, members[subset]!))) return false;
    known.push(subset);
    return true;
  };

  const lefts: number[] = [];
  const rights: number[] = [];
  const dots: number[] = [];
  const sets: number[] = [];
  const parents: number[] = [];
  const read: number[] = [];
  let found = -1;
  const visit = (
    fromA: readonly number[],
    fromB: readonly number[],
    subset: number,
    dot: number,
    parent: number,
    code: number,
  ): void => {
    const states = members[subset]!;
    const excepted = states[0] === ACCEPT;
    // At the start of a segment something follows; inside one, the path may also end here.
    if (states.some((s) => s !== ACCEPT && endless[s]) && (dot === 0 || excepted)) return;
    for (const p of fromA) {
      for (const q of fromB) {
        if (p === ACCEPT && q === ACCEPT && dot === NAMED && !excepted) {
          found = lefts.length;
        } else if (p === ACCEPT || q === ACCEPT || !isNew((p * width + q) * 4 + dot, subset)) {
          continue;
        }
        lefts.push(p);
        rights.push(q);
        dots.push(dot);
        sets.push(subset);
        parents.push(parent);
        read.push(code);
        if (found >= 0) return;
      }
    }
  };

  visit(a.start, b.start, intern(union.start), 0, -1, 0);
  for (let at = 0; at < lefts.length && found < 0; at++) {
    if (!bits && lefts.length > SEARCH_LIMIT) return { witness: null, overflow: true };
    const p = lefts[at]!;
    const q = rights[at]!;
    const dot = dots[at]!;
    const common = intersect(a.sets[p]!, b.sets[q]!);
    if (common.length === 0) continue;
    const others = members[sets[at]!]!;
    const isSlash = common[0] === SLASH[0];
    if (isSlash && dot !== NAMED) continue;
    const next = isSlash
      ? SLASH.slice(1)
      : representatives(
          common,
          others.filter((s) => s !== ACCEPT).map((s) => union.sets[s]!),
          folded,
        );
    for (const code of next) {
      const after: number[] = [];
      for (const s of others) if (s !== ACCEPT && holds(union.sets[s]!, code)) after.push(...union.next[s]!);
      const dotAfter = isSlash ? 0 : code === 0x2e ? Math.min(dot + 1, NAMED) : NAMED;
      visit(a.next[p]!, b.next[q]!, except.length ? intern(after) : 0, dotAfter, at, code);
      if (found >= 0) break;
    }
  }
  if (found < 0) return { witness: null, overflow: false };
  const path: number[] = [];
  for (let at = found; parents[at]! >= 0; at = parents[at]!) path.push(read[at]!);
  return { witness: String.fromCodePoint(...path.reverse()), overflow: false };
}

/** Both sorted. */
function isSubset(small: readonly number[], large: readonly number[]): boolean {
  if (small.length > large.length) return false;
  let at = 0;
  for (const state of small) {
    while (at < large.length && large[at]! < state) at++;
    if (large[at] !== state) return false;
  }
  return true;
}

/** Whether a state is that of a `**` at the end, which reads any path from here on. */
function isEndless(automaton: Automaton, next: readonly number[], state: number): boolean {
  return (
    automaton.sets[state] === NOT_SLASH &&
    next.includes(ACCEPT) &&
    next.includes(state) &&
    next.some((to) => to !== ACCEPT && automaton.sets[to] === SLASH && automaton.next[to]!.includes(state))
  );
}

/** Of the counts of the dot part, 0 to 3, the one at which a segment may end: a character other than a dot, or three dots. */
const NAMED = 3;

function join(automata: readonly Automaton[]): Automaton {
  const sets: Automaton['sets'][number][] = [];
  const next: (readonly number[])[] = [];
  const start: number[] = [];
  for (const automaton of automata) {
    const base = sets.length;
    const shift = (state: number): number => (state === ACCEPT ? ACCEPT : state + base);
    sets.push(...automaton.sets);
    for (const states of automaton.next) next.push(states.map(shift));
    start.push(...automaton.start.map(shift));
  }
  return { sets, next, start };
}
