import type { Plan, Slice } from '../../plan/model.ts';
import { compileGlob, globsIntersect, type Glob, type GlobOptions } from '../../scope/glob.ts';
import { MeetingIndex, PrefixIndex } from '../../scope/glob-index.ts';
import type { ScopeEntry } from '../../task/model.ts';

/** Where a scope entry stands in a plan, by numbers: still true when only the text around it has changed. */
export interface Place {
  /** The slice's id and its place among the slices. */
  readonly id: string;
  readonly slice: number;
  readonly key: 'create' | 'modify';
  /** The entry's place under its directive. */
  readonly entry: number;
  readonly path: string;
  readonly symbol: string | null;
  /** What every path it matches begins with. */
  readonly prefix: string;
}

/** The entries of one directive over the whole plan; prose is left out. */
export function placesOf(plan: Plan, key: Place['key'], names: GlobOptions = {}): Place[] {
  return plan.slices.flatMap((slice, number) => placesIn({ slice, number, key, names }));
}

function placesIn(of: {
  readonly slice: Slice;
  readonly number: number;
  readonly key: Place['key'];
  readonly names: GlobOptions;
}): Place[] {
  const { key, names, number: slice } = of;
  const { id, scope } = of.slice;
  return scope[key].flatMap(({ path, symbol }, entry) =>
    path === null ? [] : [{ id, slice, key, entry, path, symbol, prefix: compileGlob(path, names).prefix }],
  );
}

/** Whether entries say the same, wherever they stand. */
export function sameEntries(a: readonly ScopeEntry[], b: readonly ScopeEntry[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ path, symbol, note }, i) => path === b[i]?.path && symbol === b[i]?.symbol && note === b[i]?.note)
  );
}

/** What stands at a place now. */
export function entryAt(plan: Plan, place: Place): { readonly slice: Slice; readonly entry: ScopeEntry } | null {
  const slice = plan.slices[place.slice];
  const entry = slice?.scope[place.key][place.entry];
  return slice && entry ? { slice, entry } : null;
}

function byPrefix(a: Place, b: Place): number {
  if (a.prefix !== b.prefix) return a.prefix < b.prefix ? -1 : 1;
  return a.slice - b.slice || a.entry - b.entry;
}

/** Questions that are answered by a look at every place. */
const FEW_QUESTIONS = 8;

/** Places by what their paths begin with: to find those that meet a glob without a look at all others. */
export class PlaceIndex {
  /** By prefix, then in the order of the plan. */
  readonly sorted: readonly Place[];
  readonly #key: Place['key'];
  readonly #names: GlobOptions;
  #byPrefix: PrefixIndex<Place> | null = null;
  #asked = 0;

  /** `places` in the order of the plan, or, with `sorted`, in that of the index. */
  constructor(
    key: Place['key'],
    places: readonly Place[],
    { sorted = false, ...names }: GlobOptions & { readonly sorted?: boolean } = {},
  ) {
    this.#key = key;
    this.#names = names;
    this.sorted = sorted ? places : places.toSorted(byPrefix);
  }

  /** The index of a plan whose slices have the same ids: the same one, unless they name other files. */
  after(before: Plan, plan: Plan): PlaceIndex {
    const key = this.#key;
    const names = this.#names;
    const changed = new Map<number, Slice>();
    plan.slices.forEach((slice, number) => {
      const last = before.slices[number]?.scope;
      if (last !== slice.scope && !sameEntries(last?.[key] ?? [], slice.scope[key])) changed.set(number, slice);
    });
    if (changed.size === 0) return this;
    const added = [...changed].flatMap(([number, slice]) => placesIn({ slice, number, key, names })).sort(byPrefix);
    const merged: Place[] = [];
    let next = 0;
    for (const place of this.sorted) {
      if (changed.has(place.slice)) continue;
      for (let at = added[next]; at && byPrefix(at, place) < 0; at = added[++next]) merged.push(at);
      merged.push(place);
    }
    for (const place of added.slice(next)) merged.push(place);
    return new PlaceIndex(key, merged, { ...names, sorted: true });
  }

  /** Every place that shares a path with the glob. */
  *meeting(glob: string): Generator<Place> {
    const { prefix } = compileGlob(glob, this.#names);
    // To order all of them takes longer than to look through them a few times, and a keystroke makes a new index.
    if (this.#byPrefix === null && ++this.#asked > FEW_QUESTIONS)
      this.#byPrefix = new PrefixIndex(this.sorted, (place) => place.prefix);
    const near =
      this.#byPrefix?.compatible(prefix) ??
      this.sorted.filter((place) => place.prefix.startsWith(prefix) || prefix.startsWith(place.prefix));
    for (const place of near) {
      if (place.path === glob || globsIntersect(place.path, glob, this.#names) !== null) yield place;
    }
  }
}

/** Places that begin alike beyond which it is looked at more than how they begin. */
const MANY = 64;

/**
 * Pairs of places in different slices with a path in common. Sorted by what every match begins with, a place can only
 * meet those that follow it for as long as they continue its own beginning.
 */
export function* meetings(
  sorted: readonly Place[],
  names: GlobOptions = {},
): Generator<{ first: Place; second: Place; witness: string }> {
  let index: MeetingIndex<number> | undefined;
  const globOf = (i: number): Glob => compileGlob(sorted[i]?.path ?? '', names);
  const following = (i: number): readonly number[] => {
    const prefix = sorted[i]?.prefix ?? '';
    const found: number[] = [];
    for (let j = i + 1; j < sorted.length && sorted[j]?.prefix.startsWith(prefix); j++) {
      if (found.push(j) <= MANY) continue;
      index ??= new MeetingIndex([...sorted.keys()], globOf);
      return index.couldMeetItem(i).filter((other) => other > i);
    }
    return found;
  };
  for (const [i, first] of sorted.entries()) {
    for (const j of following(i)) {
      const second = sorted[j];
      if (!second || first.slice === second.slice) continue;
      const witness = globsIntersect(first.path, second.path, names);
      if (witness !== null) yield { first, second, witness };
    }
  }
}
