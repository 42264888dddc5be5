import { foldText } from './charset.ts';
import { Matcher } from './glob-automaton.ts';
import { searchPath } from './glob-search.ts';
import type { Steps } from './glob-steps.ts';
import { readGlob, type GlobSyntax, type SegmentKeys } from './glob-syntax.ts';
import { rowsCouldMeet, rowsMeet } from './segment-rows.ts';

/**
 * The glob language of scopes, over paths relative to the repository root with forward slashes:
 *
 * - `*` any characters of one name, a leading dot included; `?` exactly one; `**` as a whole segment any number of
 *   directories (at the end: everything below, at any depth);
 * - `[abc]`, `[a-z]`, `[!a]`, `[^a]` one character; a class also matches its own text, since a file may be called so;
 * - `[slug]`, `[id]`, `[...rest]` and `[[...rest]]` are that very name, as several web frameworks have it (see
 *   `parameterNames`);
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
    const { texts } = this.syntax;
    this.texts = !texts || texts.every(isPlainPath) ? texts : texts.filter(isPlainPath);
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
    const { prefix, suffix, literal, subtree } = this.syntax;
    if (literal) return text === prefix && isPlainPath(text);
    if (!text.startsWith(prefix) || !text.endsWith(suffix)) return false;
    if (subtree !== null) return text.length > subtree.length && isPlainPath(text);
    this.#inner ??= this.pieces.filter((piece) => !prefix.includes(piece) && !suffix.includes(piece));
    for (const piece of this.#inner) if (!text.includes(piece)) return false;
    if (!isPlainPath(text)) return false;
    this.#matcher ??= new Matcher(this.syntax.automaton());
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
  const { witness, overflow } = searchPath(left.syntax.automaton(), right.syntax.automaton(), {
    except: relevant.map((e) => e.syntax.automaton()),
    folded: left.caseInsensitive,
  });
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
