import type { Glob } from './glob.ts';
import { GlobTrie } from './glob-trie.ts';

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
    const lists = this.#listsOf(prefix);
    // One list is in order.
    return lists.length === 1 ? lists[0]!.map((i) => this.#items[i]!) : this.#inOrder(lists.flat());
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

/**
 * What every match of a glob begins with, seen from several places: the whole path from the front and from the back, the
 * file's name and the directories above it, the first directories. Each is a necessary condition for two globs to meet:
 * one of the two beginnings continues the other.
 */
const KEYS: readonly ((glob: Glob) => string)[] = [
  (glob) => glob.prefix,
  (glob) => backwards(glob.suffix),
  (glob) => glob.segments.back[0] ?? '',
  (glob) => glob.segments.back[1] ?? '',
  (glob) => glob.segments.front[1] ?? '',
  (glob) => glob.segments.front[2] ?? '',
  (glob) => glob.segments.front[0] ?? '',
  (glob) => glob.segments.back[2] ?? '',
];

/** Candidates that look alike from all these places beyond which their globs are walked as a trie ... */
const MANY = 128;
/** ... for as long as that takes fewer steps than this for each of them: few at first, from the back and from the front. */
const STEPS = [0.25, 4];
/** Walks of one kind that found nothing out after which it is tried less and less often. */
const VAIN = 4;

/** Items by several keys of their globs: many begin alike (`src/**`), others end alike (`.ts`), and few are alike in all. */
export class MeetingIndex<T> {
  readonly #items: readonly T[];
  readonly #globOf: (item: T) => Glob;
  /** Made when they are asked for. */
  readonly #by: (() => PrefixIndex<T>)[];
  readonly #tries: { back?: GlobTrie; front?: GlobTrie } = {};
  readonly #walks = STEPS.flatMap((steps) =>
    (['back', 'front'] as const).map((from): Walk => ({ from, steps, vain: 0, rest: 0 })),
  );

  constructor(items: readonly T[], globOf: (item: T) => Glob) {
    this.#items = items;
    this.#globOf = globOf;
    this.#by = KEYS.map((_, i) => {
      let index: PrefixIndex<T> | undefined;
      return () => (index ??= new PrefixIndex(items, (item) => keysOf(globOf(item))[i]!));
    });
  }

  /** All items whose glob can share a path with the given one, in their order, and maybe others. */
  couldMeet(glob: Glob): T[] {
    const keys = keysOf(glob);
    let least = Infinity;
    let best = 0;
    for (const [i, by] of this.#by.entries()) {
      const count = by().countCompatible(keys[i]!);
      if (count >= least) continue;
      least = count;
      best = i;
      if (count <= FEW) break;
    }
    return (least > MANY ? this.#walked(glob, least) : null) ?? this.#by[best]!().compatible(keys[best]!);
  }

  /** What a walk finds when it is short and tells more apart than the keys do. */
  #walked(glob: Glob, count: number): T[] | null {
    for (const walk of this.#walks) {
      if (walk.rest > 0) {
        walk.rest--;
        continue;
      }
      const trie = (this.#tries[walk.from] ??= new GlobTrie(this.#items.map(this.#globOf), walk.from === 'back'));
      const found = trie.couldMeet(glob, { steps: walk.steps * count, found: count / 2 });
      if (found) {
        walk.vain = 0;
        return found.map((place) => this.#items[place]!);
      }
      walk.vain++;
      if (walk.vain > VAIN) walk.rest = 2 ** Math.min(walk.vain - VAIN, 10);
    }
    return null;
  }
}

/** One kind of walk, and how it has fared. */
interface Walk {
  readonly from: 'back' | 'front';
  readonly steps: number;
  vain: number;
  /** How often it is left out. */
  rest: number;
}

const known = new WeakMap<Glob, readonly string[]>();

function keysOf(glob: Glob): readonly string[] {
  let keys = known.get(glob);
  if (!keys) known.set(glob, (keys = KEYS.map((key) => key(glob))));
  return keys;
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

/** The first place from which on a condition holds, in a list that it splits in two. */
export function lowerBound(sorted: readonly string[], reached: (text: string) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reached(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
