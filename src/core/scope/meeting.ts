import type { Slice } from '../plan/model.ts';
import type { Scope, ScopeEntry } from '../task/model.ts';
import { symbolsOverlap } from './contain.ts';
import { EndsIndex } from './glob-index.ts';
import { compileGlob, globsIntersect, type Glob, type GlobOptions } from './glob.ts';

/** Two entries that can name the same file, or the same part of it, and a path that shows it. */
export interface ScopeMeeting {
  readonly witness: string;
  readonly a: ScopeEntry;
  readonly b: ScopeEntry;
}

/** What a slice may write: CREATE and MODIFY, without the entries that are prose. */
export function writeSet(scope: Scope): readonly WriteEntry[] {
  return [...scope.create, ...scope.modify].filter((entry): entry is WriteEntry => entry.path !== null);
}

export type WriteEntry = ScopeEntry & { readonly path: string };

/**
 * The first meeting of two slices' write sets, or `null`. Exact: globs are intersected, not compared as text; what
 * either BOUNDARY forbids is no meeting; `file::A` meets `file::A.b` and the whole file, but not `file::B`.
 */
export function scopesOverlap(
  a: Pick<Slice, 'scope'>,
  b: Pick<Slice, 'scope'>,
  options: GlobOptions = {},
): ScopeMeeting | null {
  const first = scopeMeetings(a.scope, b.scope, options).next();
  return first.done ? null : first.value;
}

/** Every meeting of two write sets, by the order of the first one's entries, then of the second's; see `scopesOverlap`. */
export function* scopeMeetings(a: Scope, b: Scope, options: GlobOptions = {}): Generator<ScopeMeeting> {
  const rights = entriesOf(b, options);
  const walls = wallsOf(a, b, options);
  for (const left of writeSet(a)) {
    for (const right of rights(compileGlob(left.path, options))) {
      const witness = entriesMeet(left, right, walls, options);
      if (witness !== null) yield { witness, a: left, b: right };
    }
  }
}

/** Of some entries, in their order, all that can share a path with a glob, and maybe others. */
type Candidates = (glob: Glob) => Iterable<WriteEntry>;

/** So few entries are looked at one by one: to index them would take longer. */
const FEW = 16;

const indexed = new WeakMap<Scope, { readonly ignoreCase: boolean; readonly candidates: Candidates }>();

/** The write set of a scope, to be asked for what may meet a glob. */
export function entriesOf(scope: Scope, options: GlobOptions): Candidates {
  if (scope.create.length + scope.modify.length <= FEW) {
    const entries = writeSet(scope);
    return () => entries;
  }
  const ignoreCase = options.caseInsensitive ?? false;
  let known = indexed.get(scope);
  if (known?.ignoreCase !== ignoreCase) {
    known = { ignoreCase, candidates: candidatesAmong(writeSet(scope), options) };
    indexed.set(scope, known);
  }
  return known.candidates;
}

/** What the BOUNDARY of either scope forbids, likewise. */
export function wallsOf(a: Scope, b: Scope, options: GlobOptions): Candidates {
  return candidatesAmong(
    [...a.boundary, ...b.boundary].filter((entry): entry is WriteEntry => entry.path !== null),
    options,
  );
}

function candidatesAmong(entries: readonly WriteEntry[], options: GlobOptions): Candidates {
  if (entries.length <= FEW) return () => entries;
  let index: EndsIndex<WriteEntry> | undefined;
  return (glob) => {
    index ??= new EndsIndex(entries, (entry) => compileGlob(entry.path, options));
    return index.couldMeet(glob);
  };
}

/** A path that two entries share and no wall forbids; `null` when there is none. */
export function entriesMeet(
  left: WriteEntry,
  right: WriteEntry,
  walls: Candidates,
  options: GlobOptions,
): string | null {
  if (!symbolsOverlap(left.symbol, right.symbol)) return null;
  const glob = compileGlob(left.path, options);
  const other = compileGlob(right.path, options).prefix;
  if (!glob.prefix.startsWith(other) && !other.startsWith(glob.prefix)) return null;
  const except: string[] = [];
  for (const { path, symbol } of walls(glob)) {
    // A boundary around a symbol protects that symbol: it parts the two entries when one of them is inside it.
    if (symbol === null || isInside(left.symbol, symbol) || isInside(right.symbol, symbol)) except.push(path);
  }
  return globsIntersect(left.path, right.path, { ...options, except });
}

function isInside(symbol: string | null, outer: string): boolean {
  return symbol !== null && (symbol === outer || symbol.startsWith(`${outer}.`));
}
