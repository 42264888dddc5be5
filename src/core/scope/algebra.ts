import type { Scope, ScopeEntry } from '../task/model.ts';
import { compileGlob, globEscapes, meetGlobs, type GlobOptions } from './glob.ts';
import { entriesFacing, entriesMeet, wallsOf, writtenBy } from './meeting.ts';

/**
 * The algebra of whole scopes. A scope stands for a set of places: the parts of files that it may write, which is what
 * CREATE and MODIFY name, less what BOUNDARY and the exceptions (`!path`) name. `file` holds every symbol of the file
 * and what belongs to none; `file::A` holds `A` and everything inside it, `A.b` too.
 */
export interface ScopePlace {
  /** A short path, not one in use: it need not exist. */
  readonly path: string;
  /** `null`: the file as a whole, or the part of it that no symbol in question names. */
  readonly symbol: string | null;
}

export interface ScopeAnswer {
  /** A place that shows it; `null` when there is none. */
  readonly witness: ScopePlace | null;
  /**
   * Whether the answer is certain. Where a search grew too large, or a glob holds more brace alternatives than are
   * followed, scopes are taken to meet, and not to be contained: the careful answer either way.
   */
  readonly exact: boolean;
}

/** A place that both scopes may write. */
export function scopeIntersection(a: Scope, b: Scope, options: GlobOptions = {}): ScopeAnswer {
  const rights = entriesFacing(a, b, options);
  const walls = wallsOf(a, b, options);
  let doubtful: ScopePlace | null = null;
  for (const left of writtenBy(a, options).entries) {
    for (const right of rights(left.glob)) {
      const { witness: path, exact } = entriesMeet(left, right, walls);
      if (path === null) continue;
      const witness = { path, symbol: deeper(left.entry.symbol, right.entry.symbol) };
      if (exact) return { witness, exact };
      doubtful ??= witness;
    }
  }
  return { witness: doubtful, exact: doubtful === null };
}

/** A place that `a` may write and `b` may not. */
export function scopeDifference(a: Scope, b: Scope, options: GlobOptions = {}): ScopeAnswer {
  let doubtful: ScopePlace | null = null;
  let certain = true;
  // Symbols that nothing tells apart are alike, so the named ones and the rest of the file stand for all.
  for (const symbol of symbolsOf(a, b)) {
    const holding = (entries: readonly ScopeEntry[]): string[] => [
      ...new Set(entries.flatMap((e) => (e.path !== null && holds(e.symbol, symbol) ? [e.path] : []))),
    ];
    const walls = holding(a.boundary);
    const outer = holding([...b.create, ...b.modify]);
    const narrow = outer.filter((glob) => !compileGlob(glob, options).approximate);
    for (const path of holding([...a.create, ...a.modify])) {
      // A less (B less W) is what A has outside B, and what it has inside W.
      const outside = globEscapes(path, [...narrow, ...walls], options);
      const answers = [
        { ...outside, exact: outside.exact && (outside.witness === null || narrow.length === outer.length) },
        ...holding(b.boundary).map((wall) => meetGlobs(path, wall, { ...options, except: walls })),
      ];
      for (const { witness, exact } of answers) {
        if (witness !== null && exact) return { witness: { path: witness, symbol }, exact };
        if (witness !== null) doubtful ??= { path: witness, symbol };
        certain &&= exact;
      }
    }
  }
  return { witness: doubtful, exact: certain };
}

/** Whether `outer` may write everything that `inner` may; the witness is what it may not. */
export function scopeContains(
  outer: Scope,
  inner: Scope,
  options: GlobOptions = {},
): ScopeAnswer & { readonly contains: boolean } {
  const { witness, exact } = scopeDifference(inner, outer, options);
  return { contains: witness === null && exact, witness, exact };
}

/** Whether an entry that names `outer` speaks for `symbol`. */
function holds(outer: string | null, symbol: string | null): boolean {
  return outer === null || (symbol !== null && (symbol === outer || symbol.startsWith(`${outer}.`)));
}

/** Of two symbols one of which holds the other, the inner one. */
function deeper(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b.length > a.length) ? b : a;
}

function symbolsOf(a: Scope, b: Scope): readonly (string | null)[] {
  const entries = [a, b].flatMap((scope) => [...scope.create, ...scope.modify, ...scope.boundary]);
  return [null, ...new Set(entries.flatMap((entry) => entry.symbol ?? []))];
}
