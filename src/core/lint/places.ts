import type { Plan, Slice } from '../plan/model.ts';
import { compileGlob, globsIntersect } from '../scope/glob.ts';
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
export function placesOf(plan: Plan, key: 'create' | 'modify'): Place[] {
  const places: Place[] = [];
  plan.slices.forEach(({ id, scope }, slice) => {
    scope[key].forEach(({ path, symbol }, entry) => {
      if (path !== null) places.push({ id, slice, key, entry, path, symbol, prefix: compileGlob(path).prefix });
    });
  });
  return places;
}

/** What stands at a place now. */
export function entryAt(plan: Plan, place: Place): { readonly slice: Slice; readonly entry: ScopeEntry } | null {
  const slice = plan.slices[place.slice];
  const entry = slice?.scope[place.key][place.entry];
  return slice && entry ? { slice, entry } : null;
}

/** Places by what their paths begin with: to find those that meet a glob without a look at all others. */
export class PlaceIndex {
  /** By prefix. */
  readonly sorted: readonly Place[];
  readonly #byPrefix = new Map<string, Place[]>();

  constructor(places: readonly Place[]) {
    this.sorted = places.toSorted((a, b) => (a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : 0));
    for (const place of this.sorted) {
      const same = this.#byPrefix.get(place.prefix);
      if (same) same.push(place);
      else this.#byPrefix.set(place.prefix, [place]);
    }
  }

  /** Every place that shares a path with the glob. */
  *meeting(glob: string): Generator<Place> {
    const { prefix } = compileGlob(glob);
    for (const place of this.#candidates(prefix)) {
      if (place.path === glob || globsIntersect(place.path, glob) !== null) yield place;
    }
  }

  /** One beginning must continue the other. */
  *#candidates(prefix: string): Generator<Place> {
    for (let length = 0; length < prefix.length; length++) {
      const same = this.#byPrefix.get(prefix.slice(0, length));
      if (same) yield* same;
    }
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sorted[middle]?.prefix ?? '') >= prefix) high = middle;
      else low = middle + 1;
    }
    for (let i = low; this.sorted[i]?.prefix.startsWith(prefix); i++) {
      const place = this.sorted[i];
      if (place) yield place;
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
