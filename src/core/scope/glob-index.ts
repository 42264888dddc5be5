import type { Glob } from './glob.ts';
import { GlobTrie } from './glob-trie.ts';

/** Items by what everything they match begins with: to find those that can meet without a look at all others. */
export class PrefixIndex<T> {
  readonly #items: readonly T[];
  /** Places among the items, by prefix. */
  readonly #byPrefix = new Map<string, number[]>();
  readonly #sorted: readonly string[];
  /** How many items there are under the prefixes in front of one, by its place. */
  readonly #before: readonly number[];
  /** How long prefixes are, shortest first. */
  readonly #lengths: readonly number[];
  /** What was asked last: those that look alike come one after another. */
  #last: { readonly prefix: string; readonly places: readonly number[] } | undefined;

  constructor(items: readonly T[], prefixOf: (item: T) => string) {
    this.#items = items;
    items.forEach((item, i) => {
      const prefix = prefixOf(item);
      const same = this.#byPrefix.get(prefix);
      if (same) same.push(i);
      else this.#byPrefix.set(prefix, [i]);
    });
    this.#sorted = [...this.#byPrefix.keys()].sort();
    const before = [0];
    for (const prefix of this.#sorted) before.push(before.at(-1)! + this.#byPrefix.get(prefix)!.length);
    this.#before = before;
    this.#lengths = [...new Set(this.#sorted.map((prefix) => prefix.length))].sort((a, b) => a - b);
  }

  /** All items whose prefix continues the given one, or is continued by it, in their order. */
  compatible(prefix: string): T[] {
    return this.placesCompatible(prefix).map((i) => this.#items[i]!);
  }

  /** The places of those items, from the first on. */
  placesCompatible(prefix: string): readonly number[] {
    if (this.#last?.prefix === prefix) return this.#last.places;
    const lists = this.#shorter(prefix);
    const [from, to] = this.#continuing(prefix);
    for (let i = from; i < to; i++) lists.push(this.#byPrefix.get(this.#sorted[i]!)!);
    // One list is in order.
    if (lists.length < 2) return lists[0] ?? [];
    const places = [...Int32Array.from(lists.flat()).sort()];
    this.#last = { prefix, places };
    return places;
  }

  /** How many those are. */
  countCompatible(prefix: string): number {
    const [from, to] = this.#continuing(prefix);
    return this.#shorter(prefix).reduce((sum, places) => sum + places.length, this.#before[to]! - this.#before[from]!);
  }

  /** All items with whose prefix a text begins, in their order. */
  beginningOf(text: string): T[] {
    const places = [...this.#shorter(text), this.#byPrefix.get(text) ?? []].flat();
    if (places.length > 1) places.sort((a, b) => a - b);
    return places.map((i) => this.#items[i]!);
  }

  /** From where to where the prefixes stand that continue the given one, or are it. */
  #continuing(prefix: string): [from: number, to: number] {
    const from = lowerBound(this.#sorted, (text) => text >= prefix);
    return [from, lowerBound(this.#sorted, (text) => text > prefix && !text.startsWith(prefix))];
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
/** Walks for globs of one shape that found nothing out after which they are tried less and less often. */
const VAIN = 4;
/** Steps in vain, some seconds' worth, after which no more walks are begun. */
const MOST_VAIN_STEPS = 30_000_000;
/** Items that no walk told apart from the others after which it pays to walk from those others. */
const HARD = 16;
/** Items found from the other side that are remembered. */
const MOST_REMEMBERED = 4_000_000;

/** Items by several keys of their globs: many begin alike (`src/**`), others end alike (`.ts`), and few are alike in all. */
export class MeetingIndex<T> {
  readonly #items: readonly T[];
  readonly #globOf: (item: T) => Glob;
  /** Made when they are asked for. */
  readonly #by: (() => PrefixIndex<T>)[];
  readonly #tries: { back?: GlobTrie; front?: GlobTrie } = {};
  readonly #walks = new Map<string, readonly Walk[]>();
  #vainSteps = 0;
  /** Of the index that asked last. */
  #asked: { readonly from: MeetingIndex<T>; hard: number; found: FoundByOthers | null } | undefined;

  constructor(items: readonly T[], globOf: (item: T) => Glob) {
    this.#items = items;
    this.#globOf = globOf;
    this.#by = KEYS.map((_, i) => {
      let index: PrefixIndex<T> | undefined;
      return () => (index ??= new PrefixIndex(items, (item) => keysOf(globOf(item))[i]!));
    });
  }

  /**
   * All items whose glob can share a path with the given one, in their order, and maybe others. Two globs meet from either
   * side: a glob that could meet anything, as far as a walk can tell, but that is one of those of another index, `from`, is
   * still told apart from the items from which a walk among those found out more.
   */
  couldMeet(glob: Glob, from?: MeetingIndex<T>): T[] {
    const { by, keys, count } = this.#best(glob);
    const found = count > MANY ? this.#walked(glob, count) : null;
    if (found) return found.map((place) => this.#items[place]!);
    const candidates = by.placesCompatible(keys);
    const told = count > MANY && from ? this.#toldFrom(from) : null;
    if (!told) return candidates.map((place) => this.#items[place]!);
    const own = new Set(told.finders.get(glob));
    const items: T[] = [];
    for (const place of candidates) if (told.hard[place] || own.has(place)) items.push(this.#items[place]!);
    return items;
  }

  /** The same for one of the items, by its place. */
  couldMeetItem(place: number): T[] {
    return this.couldMeet(this.#globOf(this.#items[place]!), this);
  }

  /** What walks from the items say of the other index's globs; `null` while too few of those were hard to tell apart. */
  #toldFrom(from: MeetingIndex<T>): FoundByOthers | null {
    if (this.#asked?.from !== from) this.#asked = { from, hard: 0, found: null };
    const asked = this.#asked;
    if (++asked.hard <= HARD) return null;
    return (asked.found ??= this.#walkedAmong(from));
  }

  #walkedAmong(others: MeetingIndex<T>): FoundByOthers {
    const hard = new Uint8Array(this.#items.length).fill(1);
    const finders = new Map<Glob, number[]>();
    let remembered = 0;
    this.#items.forEach((item, place) => {
      if (remembered > MOST_REMEMBERED) return;
      const glob = this.#globOf(item);
      const { by, keys, count } = others.#best(glob);
      const found = count > MANY ? others.#walked(glob, count) : by.placesCompatible(keys);
      if (!found) return;
      hard[place] = 0;
      remembered += found.length;
      for (const other of found) {
        const finder = others.#globOf(others.#items[other]!);
        const list = finders.get(finder);
        if (list) list.push(place);
        else finders.set(finder, [place]);
      }
    });
    return { hard, finders };
  }

  /** The key that leaves the fewest candidates, or few enough. */
  #best(glob: Glob): { readonly by: PrefixIndex<T>; readonly keys: string; readonly count: number } {
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
    return { by: this.#by[best]!(), keys: keys[best]!, count: least };
  }

  /** What a walk finds when it is short and tells more apart than the keys do. */
  #walked(glob: Glob, count: number): readonly number[] | null {
    const shape = glob.source.replace(/[^*?[\]{}/]+/g, 'x');
    let walks = this.#walks.get(shape);
    if (!walks) {
      walks = STEPS.flatMap((steps) => FROM.map((from): Walk => ({ from, steps, vain: 0, rest: 0 })));
      this.#walks.set(shape, walks);
    }
    for (const walk of walks) {
      if (walk.rest > 0) {
        walk.rest--;
        continue;
      }
      if (this.#vainSteps > MOST_VAIN_STEPS) return null;
      const steps = walk.steps * count;
      const trie = (this.#tries[walk.from] ??= new GlobTrie(this.#items.map(this.#globOf), walk.from === 'back'));
      const found = trie.couldMeet(glob, { steps, found: count / 2 });
      if (found) {
        walk.vain = 0;
        return found;
      }
      this.#vainSteps += steps;
      walk.vain++;
      if (walk.vain > VAIN) walk.rest = 2 ** Math.min(walk.vain - VAIN, 10);
    }
    return null;
  }
}

const FROM = ['back', 'front'] as const;

/** One kind of walk for globs of one shape, and how it has fared. */
interface Walk {
  readonly from: (typeof FROM)[number];
  readonly steps: number;
  vain: number;
  /** How often it is left out. */
  rest: number;
}

/** What walks from all items of an index say of another's globs. */
interface FoundByOthers {
  /** By place, whether nothing was found out from there. */
  readonly hard: Uint8Array;
  /** By glob, the places from which it was found. */
  readonly finders: ReadonlyMap<Glob, readonly number[]>;
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
