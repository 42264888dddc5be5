import { foldText, holds, intersect, representatives, SLASH } from './charset.ts';
import { ACCEPT, readGlob, type Automaton, type GlobSyntax } from './glob-syntax.ts';

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
  /** What every match begins with: the key for an index. In lower case when case is ignored. */
  readonly prefix: string;
  /** What every match ends with, likewise. */
  readonly suffix: string;
  /**
   * The files the glob names when it has no wildcard: braces expanded, classes read as written. `null` for a pattern.
   */
  readonly texts: readonly string[] | null;
  /**
   * More brace alternatives than are worth following: the glob then matches everything below the directory in which
   * they begin. Right for finding collisions and for boundaries; too generous for granting access.
   */
  readonly approximate: boolean;
  matches(path: string): boolean;
}

export interface GlobOptions {
  readonly caseInsensitive?: boolean;
}

class CompiledGlob implements Glob {
  readonly source: string;
  readonly caseInsensitive: boolean;
  readonly texts: readonly string[] | null;
  readonly syntax: GlobSyntax;
  #matcher: Matcher | undefined;

  constructor(source: string, caseInsensitive: boolean) {
    this.source = source;
    this.caseInsensitive = caseInsensitive;
    this.syntax = readGlob(source, caseInsensitive);
    this.texts = this.syntax.texts?.filter(isPlainPath) ?? null;
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
    if (this.caseInsensitive) text = foldText(text);
    const { prefix, suffix, literal, subtree, automaton } = this.syntax;
    if (literal) return text === prefix && isPlainPath(text);
    if (!text.startsWith(prefix) || !text.endsWith(suffix) || !isPlainPath(text)) return false;
    if (subtree !== null) return text.length > subtree.length;
    this.#matcher ??= new Matcher(automaton());
    return this.#matcher.accepts(text);
  }
}

const CACHE_LIMIT = 50_000;
/** One for each kind of comparison: a key put together from both would have to be hashed anew at every look. */
const exact = new Map<string, CompiledGlob>();
const folded = new Map<string, CompiledGlob>();

function compiled(source: string, caseInsensitive: boolean): CompiledGlob {
  const cache = caseInsensitive ? folded : exact;
  let glob = cache.get(source);
  if (!glob) {
    if (cache.size >= CACHE_LIMIT) cache.clear();
    glob = new CompiledGlob(source, caseInsensitive);
    cache.set(source, glob);
  }
  return glob;
}

/** Compiles a glob; the same text gives the same object. Never fails: what is left open stands for itself. */
export function compileGlob(glob: string, options: GlobOptions = {}): Glob {
  return compiled(glob, options.caseInsensitive ?? false);
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
 * A path that both globs match, or `null` when there is none. Exact: a search of the product of the two automata, which
 * has at most as many states as the product of the globs' lengths. A short path is found, not the one in use.
 * With `except`, the path matches none of these globs; when that search grows too large, they are ignored.
 */
export function globsIntersect(
  a: string,
  b: string,
  options: GlobOptions & { readonly except?: readonly string[] } = {},
): string | null {
  const ignoreCase = options.caseInsensitive ?? false;
  const left = compiled(a, ignoreCase);
  const right = compiled(b, ignoreCase);
  const except = (options.except ?? []).map((glob) => compiled(glob, ignoreCase));
  if (!couldMeet(left.syntax, right.syntax)) return null;
  // The text of a glob makes the better witness: `app/[id]/page.tsx` instead of `app/d/page.tsx`.
  for (const [glob, other] of [
    [left, right],
    [right, left],
  ] as const) {
    for (const text of glob.texts ?? []) {
      if (glob.matches(text) && other.matches(text) && !except.some((e) => e.matches(text))) return text;
    }
    if (glob.syntax.literal) return null;
  }
  const relevant = except.filter((e) => couldMeet(e.syntax, left.syntax) && couldMeet(e.syntax, right.syntax));
  return search(left.syntax.automaton(), right.syntax.automaton(), relevant, ignoreCase);
}

/**
 * Whether every path that `inner` matches is matched by one of `outer`. Exact, except that `false` is answered when
 * the search grows too large.
 */
export function globContains(outer: string | readonly string[], inner: string, options: GlobOptions = {}): boolean {
  const ignoreCase = options.caseInsensitive ?? false;
  const glob = compiled(inner, ignoreCase);
  const around = (typeof outer === 'string' ? [outer] : outer).map((text) => compiled(text, ignoreCase));
  if (glob.syntax.literal) return !isPlainPath(glob.prefix) || around.some((e) => e.matches(glob.prefix));
  // What was widened may not count as containing something.
  if (around.some((e) => e.approximate)) return false;
  const anything = compiled('**', ignoreCase).syntax.automaton();
  return search(glob.syntax.automaton(), anything, around, ignoreCase) === null;
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
 */
function search(a: Automaton, b: Automaton, except: readonly CompiledGlob[], folded: boolean): string | null {
  const union = join(except.map((glob) => glob.syntax.automaton()));
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
  // With exceptions the number of planes is not known beforehand, and few of their states are met.
  const bits = except.length === 0 ? new Uint8Array((plane >> 3) + 1) : null;
  const seen = new Set<number>();
  const isNew = (key: number): boolean => {
    if (!bits) return seen.size < seen.add(key).size;
    const mask = 1 << (key & 7);
    if (bits[key >> 3]! & mask) return false;
    bits[key >> 3]! |= mask;
    return true;
  };

  const lefts: number[] = [];
  const rights: number[] = [];
  const dots: number[] = [];
  const sets: number[] = [];
  const parents: number[] = [];
  const read: number[] = [];
  let overflow = false;
  let found = -1;
  const visit = (
    fromA: readonly number[],
    fromB: readonly number[],
    subset: number,
    dot: number,
    parent: number,
    code: number,
  ): void => {
    const excepted = members[subset]!.includes(ACCEPT);
    for (const p of fromA) {
      for (const q of fromB) {
        if (p === ACCEPT && q === ACCEPT && dot === NAMED && !excepted) {
          found = lefts.length;
        } else if (p === ACCEPT || q === ACCEPT || !isNew(subset * plane + (p * width + q) * 4 + dot)) {
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
    if (!bits && seen.size > SEARCH_LIMIT) overflow = true;
  };

  visit(a.start, b.start, intern(union.start), 0, -1, 0);
  for (let at = 0; at < lefts.length && found < 0 && !overflow; at++) {
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
  if (found < 0) return overflow ? search(a, b, [], folded) : null;
  const path: number[] = [];
  for (let at = found; parents[at]! >= 0; at = parents[at]!) path.push(read[at]!);
  return String.fromCodePoint(...path.reverse());
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
