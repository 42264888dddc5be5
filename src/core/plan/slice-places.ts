/** Steps along its chains for each id beyond which a table of ids that fall together is given up. */
const MOST_STEPS = 16;

/**
 * Places in a list of ids, to be looked up by id. Of equal ids, the first one's. A hash table in flat arrays, in which ids
 * that are numbered one after another stand next to each other: slices depend on their neighbours, and a plan of a hundred
 * thousand is then read along, where a `Map` is read all over. Ids that fall together get a `Map`.
 */
export class SlicePlaces {
  readonly size: number;
  readonly #ids: readonly string[];
  readonly #mask: number;
  /** By hash, the first place with it, and by place, the next one; from 1, for 0 is none. */
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  #map: Map<string, number> | null = null;

  constructor(ids: readonly string[]) {
    const count = ids.length;
    let size = 16;
    while (size < count * 2) size *= 2;
    this.#ids = ids;
    this.#mask = size - 1;
    this.#heads = new Int32Array(size);
    this.#next = new Int32Array(count + 1);
    let distinct = 0;
    let steps = 0;
    // From the end, so that the first of equal ids comes to stand in front.
    for (let v = count - 1; v >= 0 && steps <= count * MOST_STEPS; v--) {
      const id = ids[v]!;
      const hash = hashOf(id) & this.#mask;
      const head = this.#heads[hash]!;
      let at = head;
      for (; at !== 0 && ids[at - 1] !== id; steps++) at = this.#next[at]!;
      if (at === 0) distinct++;
      this.#next[v + 1] = head;
      this.#heads[hash] = v + 1;
    }
    if (steps > count * MOST_STEPS) {
      this.#map = new Map();
      for (let v = count - 1; v >= 0; v--) this.#map.set(ids[v]!, v);
      distinct = this.#map.size;
    }
    this.size = distinct;
  }

  get(id: string): number | undefined {
    if (this.#map) return this.#map.get(id);
    let at = this.#heads[hashOf(id) & this.#mask]!;
    while (at !== 0 && this.#ids[at - 1] !== id) at = this.#next[at]!;
    return at === 0 ? undefined : at - 1;
  }
}

/** Odd, so that no character is lost; little more than ten, so that numbers that follow each other do so here too. */
const BASE = 11;

function hashOf(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (Math.imul(hash, BASE) + id.charCodeAt(i)) | 0;
  return hash;
}
