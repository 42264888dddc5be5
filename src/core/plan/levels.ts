import type { PlanGraph, PlanNetwork } from './graph-model.ts';

/** The work of all slices that have a schedule. */
export function totalMinutes({ network }: PlanGraph): number {
  let total = 0;
  for (const v of network.order) total += network.minutes[v]!;
  return total;
}

/** Minutes from the start of each slice to the end along its longest path, by place. */
export function priorities({ digraph, order, minutes }: PlanNetwork): Float64Array {
  const remaining = new Float64Array(digraph.count);
  for (let k = order.length - 1; k >= 0; k--) {
    const v = order[k]!;
    let after = 0;
    // Dependents without a schedule have nothing remaining: they are never reached.
    for (let i = digraph.outStart[v]!; i < digraph.outStart[v + 1]!; i++) {
      const next = remaining[digraph.outTo[i]!]!;
      if (next > after) after = next;
    }
    remaining[v] = after + minutes[v]!;
  }
  return remaining;
}
