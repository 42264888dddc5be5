import type { Glob } from './glob.ts';

/** Items by what everything they match begins with: to find those that can meet without a look at all others. */
export class PrefixIndex<T> {
  readonly #items: readonly T[];
  /** Places among the items, by prefix. */
  readonly #byPrefix = new Map<string, number[]>();
  readonly #sorted: readonly string[];
  /** How long prefixes are, shortest first. */
  readonly #lengths: readonly number[];

  constructor(items: readonly T[], prefixOf: (item: T) => string) {
    this.#items = items;
    items.forEach((item, i) => {
      const prefix = prefixOf(item);
      const same = this.#byPrefix.get(prefix);
      if (same) same.push(i);
      else this.#byPrefix.set(prefix, [i]);
    });
    this.#sorted = [...this.#byPrefix.keys()].sort();
    this.#lengths = [...new Set(this.#sorted.map((prefix) => prefix.length))].sort((a, b) => a - b);
  }

  /** All items whose prefix continues the given one, or is continued by it, in their order. */
  compatible(prefix: string): T[] {
    return this.#inOrder(this.#listsOf(prefix).flat());
  }

  /** How many those are. */
  countCompatible(prefix: string): number {
    return this.#listsOf(prefix).reduce((sum, places) => sum + places.length, 0);
  }

  /** All items with whose prefix a text begins, in their order. */
  beginningOf(text: string): T[] {
    return this.#inOrder([...this.#shorter(text), this.#byPrefix.get(text) ?? []].flat());
  }

  #listsOf(prefix: string): (readonly number[])[] {
    const lists = this.#shorter(prefix);
    for (const longer of startingWith(this.#sorted, prefix)) lists.push(this.#byPrefix.get(longer)!);
    return lists;
  }

  #shorter(text: string): (readonly number[])[] {
    const lists: (readonly number[])[] = [];
    for (const length of this.#lengths) {
      if (length >= text.length) break;
      const same = this.#byPrefix.get(text.slice(0, length));
      if (same) lists.push(same);
    }
    return lists;
  }

  #inOrder(places: number[]): T[] {
    if (places.length > 1) places.sort((a, b) => a - b);
    return places.map((i) => this.#items[i]!);
  }
}

/** Candidates by their beginning that are so few that it does not pay to look at their ends. */
const FEW = 16;

/** Items by both ends of what their globs match: many begin alike (`src/**`), others end alike (`.ts`). */
export class EndsIndex<T> {
  readonly #starts: PrefixIndex<T>;
  /** By the end, read backwards; made when it is asked for. */
  readonly #ends: () => PrefixIndex<T>;

  constructor(items: readonly T[], globOf: (item: T) => Glob) {
    this.#starts = new PrefixIndex(items, (item) => globOf(item).prefix);
    let ends: PrefixIndex<T> | undefined;
    this.#ends = () => (ends ??= new PrefixIndex(items, (item) => backwards(globOf(item).suffix)));
  }

  /** All items whose glob can share a path with the given one, in their order, and maybe others. */
  couldMeet(glob: Glob): T[] {
    const count = this.#starts.countCompatible(glob.prefix);
    const end = backwards(glob.suffix);
    return count > FEW && this.#ends().countCompatible(end) < count
      ? this.#ends().compatible(end)
      : this.#starts.compatible(glob.prefix);
  }
}

function backwards(text: string): string {
  let reversed = '';
  for (let i = text.length - 1; i >= 0; i--) reversed += text[i]!;
  return reversed;
}

/** The part of a list, sorted by code unit, that begins with a prefix. */
export function startingWith(sorted: readonly string[], prefix: string): readonly string[] {
  const from = lowerBound(sorted, (text) => text >= prefix);
  return sorted.slice(
    from,
    lowerBound(sorted, (text) => text > prefix && !text.startsWith(prefix)),
  );
}

function lowerBound(sorted: readonly string[], reached: (text: string) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reached(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
