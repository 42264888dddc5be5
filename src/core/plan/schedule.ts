import type { PlanGraph, PlanNetwork } from './graph-model.ts';
import { priorities, totalMinutes } from './levels.ts';
import { lowerBounds, type Bounds } from './lower-bounds.ts';
import { byCodeUnit } from '../text/order.ts';

export interface WhatIf {
  readonly agents: number;
  /** With list scheduling: at most `2 - 1/agents` times the best possible (Graham, 1969). */
  readonly makespanMinutes: number;
  /** No schedule is shorter: the greatest of the three bounds below. */
  readonly lowerBoundMinutes: number;
  readonly bounds: Bounds;
  /** Against one agent. */
  readonly speedup: number;
  /** The part of all agents' time in which they have nothing to do, from 0 to 1. */
  readonly idleShare: number;
}

/** One slice in a schedule; minutes from the start of the plan. */
export interface Assignment {
  readonly id: string;
  /** From 1; a free agent with the lowest number takes the next slice. */
  readonly agent: number;
  readonly start: number;
  readonly end: number;
}

export interface AgentSchedule {
  readonly agents: number;
  readonly makespanMinutes: number;
  /** How many ever work at once. */
  readonly busiest: number;
  /** In the order in which they start; of one minute, who goes first stands first. */
  readonly assignments: readonly Assignment[];
}

/**
 * The minutes from the start of each slice to the end of the plan along its longest path: slices with more go first.
 * Slices without a schedule are left out.
 */
export function priorityOf(graph: PlanGraph): ReadonlyMap<string, number> {
  const { ids, order } = graph.network;
  const remaining = priorities(graph.network);
  return new Map(Array.from(order, (v) => [ids[v]!, remaining[v]!]));
}

/**
 * Who does what and when with so many agents (less than one counts as one): whenever an agent is free it takes the
 * ready slice with the longest remaining path; of equals, the one whose id comes first. Independent of the order in
 * which the plan lists its slices.
 */
export function listSchedule(graph: PlanGraph, agents: number): AgentSchedule {
  const { network } = graph;
  const count = whole(agents);
  const record: Recorded = {
    agent: new Int32Array(network.ids.length),
    start: new Float64Array(network.ids.length),
    started: [],
  };
  const { makespan, busiest } = new Simulation(network).run(count, record);
  const assignments = record.started.map((v): Assignment => {
    const start = record.start[v]!;
    return { id: network.ids[v]!, agent: record.agent[v]!, start, end: start + network.minutes[v]! };
  });
  return { agents: count, makespanMinutes: makespan, busiest, assignments };
}

/**
 * How long the plan takes with each number of agents, and how near that is to the best possible.
 */
export function whatIf(graph: PlanGraph, agents: readonly number[]): WhatIf[] {
  const makespan = makespans(graph);
  const bound = lowerBounds(graph);
  const total = totalMinutes(graph);
  return agents.map((asked) => {
    const count = whole(asked);
    const makespanMinutes = makespan(count);
    const bounds = bound(count);
    return {
      agents: count,
      makespanMinutes,
      // A bound that is met exactly may come out a rounding error above it.
      lowerBoundMinutes: Math.min(makespanMinutes, Math.max(bounds.path, bounds.work, bounds.level)),
      bounds,
      speedup: makespanMinutes > 0 ? total / makespanMinutes : 1,
      idleShare: makespanMinutes > 0 ? Math.max(0, 1 - total / (count * makespanMinutes)) : 0,
    };
  });
}

/**
 * The makespan for any number of agents, by list scheduling. Once no slice ever waits for an agent, more agents change
 * nothing and nothing more is computed.
 */
export function makespans(graph: PlanGraph): (agents: number) => number {
  const simulation = new Simulation(graph.network);
  const known = new Map<number, number>();
  let enough = Infinity;
  return (agents) => {
    const count = Math.min(whole(agents), enough);
    const seen = known.get(count);
    if (seen !== undefined) return seen;
    const { makespan, waited } = simulation.run(count);
    if (!waited) enough = count;
    known.set(count, makespan);
    return makespan;
  };
}

function whole(agents: number): number {
  return Math.max(1, Math.floor(agents) || 1);
}

interface Recorded {
  readonly agent: Int32Array;
  readonly start: Float64Array;
  readonly started: number[];
}

/**
 * Runs the plan with any number of agents, over arrays that are made once: a curve of 64 points over ten thousand
 * slices costs 64 passes and no memory.
 */
class Simulation {
  readonly #network: PlanNetwork;
  /** Who goes first has rank 0. */
  readonly #rank: Int32Array;
  readonly #byRank: Int32Array;
  readonly #incoming: Int32Array;
  readonly #waiting: Int32Array;
  readonly #ready: Int32Array;
  readonly #running: Int32Array;
  readonly #ends: Float64Array;

  constructor(network: PlanNetwork) {
    const { digraph, order, ids } = network;
    const priority = priorities(network);
    this.#network = network;
    this.#byRank = order.slice().sort((a, b) => priority[b]! - priority[a]! || byCodeUnit(ids[a]!, ids[b]!) || a - b);
    this.#rank = new Int32Array(digraph.count);
    this.#byRank.forEach((v, rank) => (this.#rank[v] = rank));
    this.#incoming = new Int32Array(digraph.count);
    for (let v = 0; v < digraph.count; v++) this.#incoming[v] = digraph.inStart[v + 1]! - digraph.inStart[v]!;
    this.#waiting = new Int32Array(digraph.count);
    this.#ready = new Int32Array(order.length);
    this.#running = new Int32Array(order.length);
    this.#ends = new Float64Array(order.length);
  }

  /** `waited`: some ready slice found no free agent, so more agents could change something. */
  run(agents: number, record?: Recorded): { makespan: number; busiest: number; waited: boolean } {
    const { digraph, minutes, order } = this.#network;
    const waiting = this.#waiting;
    const ends = this.#ends;
    waiting.set(this.#incoming);
    let ready = 0;
    let running = 0;
    let busiest = 0;
    let waited = false;
    let now = 0;
    const free = record ? new FreeAgents() : null;
    for (const v of order) if (waiting[v] === 0) pushInt(this.#ready, ready++, this.#rank[v]!);
    for (;;) {
      while (running < agents && ready > 0) {
        const v = this.#byRank[popInt(this.#ready, ready--)]!;
        if (record && free) {
          record.started.push(v);
          record.start[v] = now;
          record.agent[v] = free.take();
        }
        pushEnd(ends, this.#running, running++, now + minutes[v]!, v);
      }
      if (ready > 0) waited = true;
      if (running > busiest) busiest = running;
      if (running === 0) return { makespan: now, busiest, waited };
      now = ends[0]!;
      // All that end now, before anything starts: who ended first at the same minute must not matter.
      while (running > 0 && ends[0] === now) {
        const v = this.#running[0]!;
        popEnd(ends, this.#running, running--);
        if (record && free) free.give(record.agent[v]!);
        for (let i = digraph.outStart[v]!; i < digraph.outStart[v + 1]!; i++) {
          const next = digraph.outTo[i]!;
          if (--waiting[next]! === 0) pushInt(this.#ready, ready++, this.#rank[next]!);
        }
      }
    }
  }
}

/** Agents that have nothing to do, lowest number first; there are always more. */
class FreeAgents {
  readonly #given: number[] = [];
  #next = 1;

  take(): number {
    if (this.#given.length === 0) return this.#next++;
    let least = 0;
    for (let i = 1; i < this.#given.length; i++) if (this.#given[i]! < this.#given[least]!) least = i;
    const agent = this.#given[least]!;
    this.#given[least] = this.#given.at(-1)!;
    this.#given.pop();
    return agent;
  }

  give(agent: number): void {
    this.#given.push(agent);
  }
}

/** Binary heaps in flat arrays, the least first; `size` is the one before the call. */
function pushInt(heap: Int32Array, size: number, item: number): void {
  let at = size;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= item) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = item;
}

function popInt(heap: Int32Array, size: number): number {
  const top = heap[0]!;
  const last = size - 1;
  const item = heap[last]!;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= last) break;
    if (child + 1 < last && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= item) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = item;
  return top;
}

/** The same with a time as key and a place beside it. */
function pushEnd(keys: Float64Array, places: Int32Array, size: number, key: number, place: number): void {
  let at = size;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (keys[parent]! <= key) break;
    keys[at] = keys[parent]!;
    places[at] = places[parent]!;
    at = parent;
  }
  keys[at] = key;
  places[at] = place;
}

function popEnd(keys: Float64Array, places: Int32Array, size: number): void {
  const last = size - 1;
  const key = keys[last]!;
  const place = places[last]!;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= last) break;
    if (child + 1 < last && keys[child + 1]! < keys[child]!) child++;
    if (keys[child]! >= key) break;
    keys[at] = keys[child]!;
    places[at] = places[child]!;
    at = child;
  }
  keys[at] = key;
  places[at] = place;
}
