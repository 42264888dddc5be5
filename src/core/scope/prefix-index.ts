/** Items by what everything they match begins with: to find those that can meet without a look at all others. */
export class PrefixIndex<T> {
  /** Numbers of the items, by prefix. */
  readonly #byPrefix = new Map<string, number[]>();
  readonly #sorted: readonly string[];
  /** How long prefixes are, shortest first. */
  readonly #lengths: readonly number[];
  readonly #items: readonly T[];

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
    const found = this.#shorter(prefix);
    for (const longer of startingWith(this.#sorted, prefix)) for (const i of this.#byPrefix.get(longer)!) found.push(i);
    return this.#inOrder(found);
  }

  /** All items whose prefix a text begins with, in their order. */
  beginningOf(text: string): T[] {
    const found = this.#shorter(text);
    for (const i of this.#byPrefix.get(text) ?? []) found.push(i);
    return this.#inOrder(found);
  }

  #shorter(text: string): number[] {
    const found: number[] = [];
    for (const length of this.#lengths) {
      if (length >= text.length) break;
      for (const i of this.#byPrefix.get(text.slice(0, length)) ?? []) found.push(i);
    }
    return found;
  }

  #inOrder(numbers: number[]): T[] {
    if (numbers.length > 1) numbers.sort((a, b) => a - b);
    return numbers.map((i) => this.#items[i]!);
  }
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
