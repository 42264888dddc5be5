import type { PlanNetwork, SliceSchedule } from './graph-model.ts';

/** What a plan's passes leave behind, by the slices' places. */
export interface ScheduleColumns {
  /** From 1; 0 for slices on a cycle or behind one. */
  readonly wave: Int32Array;
  /** The batch of each wave. */
  readonly batchOf: readonly number[];
  readonly earliest: Float64Array;
  readonly latest: Float64Array;
  /** Where a slice's dependencies are just the declared ones, this very list stands for them. */
  readonly declared: readonly (readonly string[])[];
  /** Minutes of slack that count as none. */
  readonly tolerance: number;
}

/**
 * The schedule of each slice by its id, in the order of the plan's waves. An entry is made whenever one is asked for,
 * and not kept: a plan of a hundred thousand slices is then some flat arrays instead of a million small objects, and
 * the garbage collector has nothing to trace or to move. So two look-ups give equal entries, not the same one.
 */
export class SliceSchedules implements ReadonlyMap<string, SliceSchedule> {
  readonly #network: PlanNetwork;
  readonly #columns: ScheduleColumns;

  constructor(network: PlanNetwork, columns: ScheduleColumns) {
    this.#network = network;
    this.#columns = columns;
  }

  get size(): number {
    const { ids, places, order } = this.#network;
    // Two slices of one id are one entry.
    return places.size === ids.length ? order.length : [...this.keys()].length;
  }

  has(id: string): boolean {
    const place = this.#network.places.get(id);
    return place !== undefined && this.#columns.wave[place]! > 0;
  }

  get(id: string): SliceSchedule | undefined {
    const place = this.#network.places.get(id);
    return place !== undefined && this.#columns.wave[place]! > 0 ? this.#entry(place) : undefined;
  }

  forEach(visit: (value: SliceSchedule, key: string, map: ReadonlyMap<string, SliceSchedule>) => void): void {
    for (const [id, entry] of this) visit(entry, id, this);
  }

  *keys(): MapIterator<string> {
    const { ids, places, order } = this.#network;
    for (const v of order) if (places.get(ids[v]!) === v) yield ids[v]!;
  }

  *values(): MapIterator<SliceSchedule> {
    for (const [, entry] of this) yield entry;
  }

  entries(): MapIterator<[string, SliceSchedule]> {
    return this[Symbol.iterator]();
  }

  *[Symbol.iterator](): MapIterator<[string, SliceSchedule]> {
    const { ids, places, order } = this.#network;
    for (const v of order) if (places.get(ids[v]!) === v) yield [ids[v]!, this.#entry(v)];
  }

  #entry(v: number): SliceSchedule {
    const { ids, digraph, minutes } = this.#network;
    const { wave, batchOf, earliest, latest, declared } = this.#columns;
    const start = earliest[v]!;
    const slack = latest[v]! - start;
    const critical = slack < this.#columns.tolerance;
    return {
      id: ids[v]!,
      wave: wave[v]!,
      batch: batchOf[wave[v]! - 1]!,
      deps: ends(ids, { far: digraph.inFrom, start: digraph.inStart }, v, declared[v]!),
      dependents: ends(ids, { far: digraph.outTo, start: digraph.outStart }, v, NONE),
      minutes: minutes[v]!,
      earliestStart: start,
      latestStart: critical ? start : latest[v]!,
      slack: critical ? 0 : slack,
      critical,
    };
  }
}

const NONE: readonly string[] = [];

interface Ends {
  /** The vertices at the other ends of `v`'s edges: `far[start[v]] .. far[start[v + 1] - 1]`. */
  readonly far: Int32Array;
  readonly start: Int32Array;
}

/** The ids at the other ends of a vertex's edges; `known` itself where that says the same. */
function ends(ids: readonly string[], { far, start }: Ends, v: number, known: readonly string[]): readonly string[] {
  const first = start[v]!;
  const count = start[v + 1]! - first;
  if (count === known.length) {
    let i = 0;
    while (i < count && ids[far[first + i]!] === known[i]) i++;
    if (i === count) return known;
  }
  const found: string[] = new Array(count);
  for (let i = 0; i < count; i++) found[i] = ids[far[first + i]!]!;
  return found;
}
