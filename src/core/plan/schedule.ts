import { sliceMinutes } from './graph.ts';
import type { PlanGraph } from './graph-model.ts';
import type { Plan } from './model.ts';

export interface WhatIf {
  readonly agents: number;
  /** With list scheduling: at most `2 - 1/agents` times the best possible (Graham, 1969). */
  readonly makespanMinutes: number;
  /** No schedule is shorter: the critical path, or all work shared evenly. */
  readonly lowerBoundMinutes: number;
  /** Against one agent. */
  readonly speedup: number;
}

/**
 * The minutes from the start of each slice to the end of the plan along its longest path: slices with more go first.
 * Slices without a schedule are left out.
 */
export function priorityOf(graph: PlanGraph, plan: Plan): ReadonlyMap<string, number> {
  const duration = durations(plan);
  const remaining = new Map<string, number>();
  for (let i = graph.order.length - 1; i >= 0; i--) {
    const id = graph.order[i]!;
    let after = 0;
    for (const next of graph.schedule.get(id)!.dependents) after = Math.max(after, remaining.get(next) ?? 0);
    remaining.set(id, after + (duration.get(id) ?? 0));
  }
  return remaining;
}

/**
 * How long the plan takes with each number of agents (less than one counts as one). A free agent takes the ready slice
 * with the longest remaining path; ties keep the graph's order.
 */
export function whatIf(graph: PlanGraph, plan: Plan, agents: readonly number[]): WhatIf[] {
  const { order } = graph;
  const place = new Map(order.map((id, i) => [id, i]));
  const priority = priorityOf(graph, plan);
  const duration = durations(plan);
  const work = {
    minutes: Float64Array.from(order, (id) => duration.get(id) ?? 0),
    priority: Float64Array.from(order, (id) => priority.get(id) ?? 0),
    dependents: order.map((id) => graph.schedule.get(id)!.dependents.flatMap((next) => place.get(next) ?? [])),
    waiting: Int32Array.from(order, (id) => graph.schedule.get(id)!.deps.length),
  };
  const total = work.minutes.reduce((sum, value) => sum + value, 0);
  return agents.map((asked) => {
    const count = Math.max(1, Math.floor(asked) || 1);
    const makespanMinutes = listSchedule(work, count);
    return {
      agents: count,
      makespanMinutes,
      lowerBoundMinutes: Math.max(graph.makespanMinutes, total / count),
      speedup: makespanMinutes > 0 ? total / makespanMinutes : 1,
    };
  });
}

/**
 * How many agents are worth it: the fewest whose plan takes at most a twentieth longer than with as many as can ever
 * work at once.
 */
export function agentsWorthIt(graph: PlanGraph, plan: Plan): WhatIf {
  const most = Math.max(1, graph.width);
  const cached = new Map<number, WhatIf>();
  const at = (agents: number): WhatIf => {
    const row = cached.get(agents) ?? whatIf(graph, plan, [agents])[0]!;
    cached.set(agents, row);
    return row;
  };
  const enough = Math.max(graph.makespanMinutes, at(most).makespanMinutes) * 1.05;
  // Fewer agents are never much faster (list scheduling has small anomalies), so halving finds the place.
  let low = 1;
  let high = most;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(middle).makespanMinutes <= enough) high = middle;
    else low = middle + 1;
  }
  return at(low);
}

function durations(plan: Plan): ReadonlyMap<string, number> {
  return new Map(plan.slices.map((slice) => [slice.id, sliceMinutes(slice)]));
}

interface Work {
  readonly minutes: Float64Array;
  readonly priority: Float64Array;
  readonly dependents: readonly (readonly number[])[];
  readonly waiting: Int32Array;
}

function listSchedule(work: Work, agents: number): number {
  const waiting = work.waiting.slice();
  const finish = new Float64Array(waiting.length);
  const ready = new Heap((a, b) => work.priority[b]! - work.priority[a]! || a - b);
  const running = new Heap((a, b) => finish[a]! - finish[b]! || a - b);
  waiting.forEach((left, v) => {
    if (left === 0) ready.push(v);
  });
  let now = 0;
  for (;;) {
    while (running.size < agents && ready.size > 0) {
      const v = ready.pop();
      finish[v] = now + work.minutes[v]!;
      running.push(v);
    }
    if (running.size === 0) return now;
    const ends = finish[running.first()]!;
    now = ends;
    // All that end now, before anything starts: who ended first at the same minute must not matter.
    while (running.size > 0 && finish[running.first()] === ends) {
      for (const next of work.dependents[running.pop()]!) if (--waiting[next]! === 0) ready.push(next);
    }
  }
}

/** A binary heap of vertices; the least by `compare` first. */
class Heap {
  readonly #items: number[] = [];
  readonly #compare: (a: number, b: number) => number;

  constructor(compare: (a: number, b: number) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  first(): number {
    return this.#items[0]!;
  }

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#compare(items[parent]!, item) <= 0) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): number {
    const items = this.#items;
    const top = items[0]!;
    const item = items.pop()!;
    if (items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#compare(items[child + 1]!, items[child]!) < 0) child++;
      if (this.#compare(items[child]!, item) >= 0) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
    return top;
  }
}
