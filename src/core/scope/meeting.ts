import type { Slice } from '../plan/model.ts';
import type { Scope, ScopeEntry } from '../task/model.ts';
import { symbolsOverlap } from './contain.ts';
import { MeetingIndex } from './glob-index.ts';
import { compileGlob, meetCompiled, type Glob, type GlobMeeting, type GlobOptions } from './glob.ts';

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
  const rights = entriesFacing(a.scope, b.scope, options);
  const walls = wallsOf(a.scope, b.scope, options);
  for (const left of writtenBy(a.scope, options).entries) {
    for (const right of rights(left.glob)) {
      const { witness } = entriesMeet(left, right, walls);
      if (witness !== null) return { witness, a: left.entry, b: right.entry };
    }
  }
  return null;
}

/** Every meeting of two write sets, by the order of the first one's entries, then of the second's; see `scopesOverlap`. */
export function* scopeMeetings(a: Scope, b: Scope, options: GlobOptions = {}): Generator<ScopeMeeting> {
  const rights = entriesFacing(a, b, options);
  const walls = wallsOf(a, b, options);
  for (const left of writtenBy(a, options).entries) {
    for (const right of rights(left.glob)) {
      const { witness } = entriesMeet(left, right, walls);
      if (witness !== null) yield { witness, a: left.entry, b: right.entry };
    }
  }
}

/** An entry with what its path means. */
export interface NamedEntry {
  readonly entry: WriteEntry;
  readonly glob: Glob;
}

/** Of some entries, in their order, all that can share a path with a glob, and maybe others. */
export type Candidates = (glob: Glob) => Iterable<NamedEntry>;

/** So few entries are looked at one by one: to index them would take longer. */
const FEW = 16;

export interface Written {
  readonly options: GlobOptions;
  readonly entries: readonly NamedEntry[];
  /** The entries by what they can meet, made when it is asked for; `null` when they are too few for that to pay. */
  readonly index: () => MeetingIndex<NamedEntry> | null;
  readonly walls: readonly NamedEntry[];
}

const known = new WeakMap<Scope, Written>();

/** A scope with its globs compiled; kept, because it is compared with many others. */
export function writtenBy(scope: Scope, options: GlobOptions): Written {
  let written = known.get(scope);
  if (!written || !sameOptions(written.options, options)) {
    const named = (entries: readonly WriteEntry[]): NamedEntry[] =>
      entries.map((entry) => ({ entry, glob: compileGlob(entry.path, options) }));
    const entries = named(writeSet(scope));
    written = {
      options,
      entries,
      index: indexOf(entries),
      walls: named(scope.boundary.filter((entry): entry is WriteEntry => entry.path !== null)),
    };
    known.set(scope, written);
  }
  return written;
}

/** The write set of the second scope, to be asked for what may meet a glob of the first one's. */
export function entriesFacing(first: Scope, second: Scope, options: GlobOptions): Candidates {
  const { entries, index } = writtenBy(second, options);
  const from = writtenBy(first, options).index;
  return (glob) => index()?.couldMeet(glob, from() ?? undefined) ?? entries;
}

/** Whether two file systems compare names alike. */
export function sameOptions(a: GlobOptions, b: GlobOptions): boolean {
  return (
    (a.caseInsensitive ?? false) === (b.caseInsensitive ?? false) && (a.composed ?? false) === (b.composed ?? false)
  );
}

/** What the BOUNDARY of either scope forbids, likewise. */
export function wallsOf(a: Scope, b: Scope, options: GlobOptions): Candidates {
  let walls: Candidates | undefined;
  return (glob) => (walls ??= candidatesAmong([...writtenBy(a, options).walls, ...writtenBy(b, options).walls]))(glob);
}

function candidatesAmong(entries: readonly NamedEntry[]): Candidates {
  const index = indexOf(entries);
  return (glob) => index()?.couldMeet(glob) ?? entries;
}

function indexOf(entries: readonly NamedEntry[]): () => MeetingIndex<NamedEntry> | null {
  if (entries.length <= FEW) return () => null;
  let index: MeetingIndex<NamedEntry> | undefined;
  return () => (index ??= new MeetingIndex(entries, (entry) => entry.glob));
}

/** A path that two entries share and no wall forbids, and whether that is certain. */
export function entriesMeet(left: NamedEntry, right: NamedEntry, walls: Candidates): GlobMeeting {
  const { prefix, suffix } = left.glob;
  const other = right.glob;
  if (!prefix.startsWith(other.prefix) && !other.prefix.startsWith(prefix)) return APART;
  if (!suffix.endsWith(other.suffix) && !other.suffix.endsWith(suffix)) return APART;
  const [a, b] = [left.entry, right.entry];
  if (!symbolsOverlap(a.symbol, b.symbol)) return APART;
  return meetCompiled(left.glob, right.glob, () => {
    const except: Glob[] = [];
    for (const { entry, glob } of walls(left.glob)) {
      // A boundary around a symbol protects that symbol: it parts the two entries when one of them is inside it.
      const { symbol } = entry;
      if (symbol === null || isInside(a.symbol, symbol) || isInside(b.symbol, symbol)) except.push(glob);
    }
    return except;
  });
}

const APART: GlobMeeting = { witness: null, exact: true };

function isInside(symbol: string | null, outer: string): boolean {
  return symbol !== null && (symbol === outer || symbol.startsWith(`${outer}.`));
}
