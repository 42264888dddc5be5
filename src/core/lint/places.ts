import type { Plan, Slice } from '../plan/model.ts';
import { compileGlob, globsIntersect } from '../scope/glob.ts';
import { PrefixIndex } from '../scope/glob-index.ts';
import type { ScopeEntry } from '../task/model.ts';

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
export function placesOf(plan: Plan, key: Place['key']): Place[] {
  return plan.slices.flatMap((slice, number) => placesIn(slice, number, key));
}

function placesIn({ id, scope }: Slice, slice: number, key: Place['key']): Place[] {
  return scope[key].flatMap(({ path, symbol }, entry) =>
    path === null ? [] : [{ id, slice, key, entry, path, symbol, prefix: compileGlob(path).prefix }],
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

/** Places by what their paths begin with: to find those that meet a glob without a look at all others. */
export class PlaceIndex {
  /** By prefix, then in the order of the plan. */
  readonly sorted: readonly Place[];
  readonly #key: Place['key'];
  #byPrefix: PrefixIndex<Place> | null = null;

  /** `places` in the order of the plan, or, with `sorted`, in that of the index. */
  constructor(key: Place['key'], places: readonly Place[], sorted = false) {
    this.#key = key;
    this.sorted = sorted ? places : places.toSorted(byPrefix);
  }

  /** The index of a plan whose slices have the same ids: the same one, unless they name other files. */
  after(before: Plan, plan: Plan): PlaceIndex {
    const key = this.#key;
    const changed = new Map<number, Slice>();
    plan.slices.forEach((slice, number) => {
      const last = before.slices[number]?.scope;
      if (last !== slice.scope && !sameEntries(last?.[key] ?? [], slice.scope[key])) changed.set(number, slice);
    });
    if (changed.size === 0) return this;
    const added = [...changed].flatMap(([number, slice]) => placesIn(slice, number, key)).sort(byPrefix);
    const merged: Place[] = [];
    let next = 0;
    for (const place of this.sorted) {
      if (changed.has(place.slice)) continue;
      for (let at = added[next]; at && byPrefix(at, place) < 0; at = added[++next]) merged.push(at);
      merged.push(place);
    }
    for (const place of added.slice(next)) merged.push(place);
    return new PlaceIndex(key, merged, true);
  }

  /** Every place that shares a path with the glob. */
  *meeting(glob: string): Generator<Place> {
    this.#byPrefix ??= new PrefixIndex(this.sorted, (place) => place.prefix);
    for (const place of this.#byPrefix.compatible(compileGlob(glob).prefix)) {
      if (place.path === glob || globsIntersect(place.path, glob) !== null) yield place;
    }
  }
}

/**
 * Pairs of places in different slices with a path in common. Sorted by what every match begins with, a place can only
 * meet those that follow it for as long as they continue its own beginning.
 */
export function* meetings(sorted: readonly Place[]): Generator<{ first: Place; second: Place; witness: string }> {
  for (let i = 0; i < sorted.length; i++) {
    const first = sorted[i];
    for (let j = i + 1; first && j < sorted.length; j++) {
      const second = sorted[j];
      if (!second?.prefix.startsWith(first.prefix)) break;
      if (first.slice === second.slice) continue;
      const witness = globsIntersect(first.path, second.path);
      if (witness !== null) yield { first, second, witness };
    }
  }
}
