import type { PlanGraph } from './graph-model.ts';
import { priorities, totalMinutes } from './levels.ts';

/** Minutes that no schedule can beat, each for its own reason. */
export interface Bounds {
  /** The critical path: what must run one after another. */
  readonly path: number;
  /** All work, shared evenly. */
  readonly work: number;
  /** What must still be done near the end, or can only begin near the start, shared evenly (see `lowerBounds`). */
  readonly level: number;
}

/**
 * What no schedule can beat, for any number of agents. Besides the critical path and the work shared evenly there is
 * the level bound, which sees a plan that is narrow at an end. Whatever the makespan `L` is, a slice whose longest path
 * to the end takes `q` minutes must have done `min(its minutes, q - b)` of its work when only `b` minutes are left; so
 * `L >= b + (all such work) / agents`, for every `b`. The same holds from the start, by the earliest ends. (The
 * intervals of Fernandez and Bussell, 1973, with one side at an end of the plan.)
 *
 * The sums change their slope only where a slice begins or ends to count, so those places are all that is looked at:
 * `n log n` once, then linear for each number of agents.
 */
export function lowerBounds(graph: PlanGraph): (agents: number) => Bounds {
  const { network, makespanMinutes: path } = graph;
  const { minutes, order, digraph } = network;
  const remaining = priorities(network);
  const ends = new Float64Array(digraph.count);
  for (const v of order) {
    let start = 0;
    for (let i = digraph.inStart[v]!; i < digraph.inStart[v + 1]!; i++) {
      const before = ends[digraph.inFrom[i]!]!;
      if (before > start) start = before;
    }
    ends[v] = start + minutes[v]!;
  }
  const sides = [overhang(order, minutes, remaining), overhang(order, minutes, ends)];
  const total = totalMinutes(graph);
  return (agents) => {
    let level = 0;
    for (const { at, work } of sides) {
      for (let i = 0; i < at.length; i++) {
        const bound = at[i]! + work[i]! / agents;
        if (bound > level) level = bound;
      }
    }
    return { path, work: total / agents, level };
  };
}

/** For each place `b` where the slope changes, the work that reaches beyond it: the sum of `min(minutes, reach - b)`. */
function overhang(
  order: Int32Array,
  minutes: Float64Array,
  reach: Float64Array,
): { readonly at: Float64Array; readonly work: Float64Array } {
  const outer = Float64Array.from(order, (v) => reach[v]!).sort();
  const inner = Float64Array.from(order, (v) => reach[v]! - minutes[v]!).sort();
  const at = new Float64Array(outer.length * 2);
  const work = new Float64Array(outer.length * 2);
  let i = outer.length - 1;
  let j = inner.length - 1;
  let sum = 0;
  let open = 0;
  let before = outer[i] ?? 0;
  for (let k = 0; k < at.length; k++) {
    const opens = i >= 0 && outer[i]! >= inner[j]!;
    const here = opens ? outer[i]! : inner[j]!;
    sum += open * (before - here);
    before = here;
    at[k] = here;
    work[k] = sum;
    if (opens) {
      open++;
      i--;
    } else {
      open--;
      j--;
    }
  }
  return { at, work };
}
