import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan } from '../plan/model.ts';

export interface Remaining {
  readonly slices: ReadonlyMap<string, { readonly slack: number; readonly critical: boolean }>;
  /** Unfinished slices on the longest chain, with the merge points passed on the way. */
  readonly criticalPath: readonly string[];
  /** Minutes. */
  readonly makespan: number;
}

/**
 * Critical path method over what is left: a settled slice takes no more time, a running one its estimate less what has
 * passed (never below a tenth of the estimate, since an overdue slice is not a finished one).
 */
export function remainingSchedule(
  plan: Plan,
  graph: PlanGraph,
  progress: (id: string) => { readonly settled: boolean; readonly elapsedMinutes: number },
): Remaining {
  const left = new Map<string, number>();
  for (const slice of plan.slices) {
    const { settled, elapsedMinutes } = progress(slice.id);
    // What it is taken to last is the graph's word: it may know better than what was declared.
    const estimate = graph.schedule.get(slice.id)?.minutes ?? slice.estimateMinutes;
    left.set(slice.id, settled ? 0 : Math.max(estimate - elapsedMinutes, estimate / 10));
  }
  const finish = new Map<string, number>();
  let makespan = 0;
  for (const id of graph.order) {
    let start = 0;
    for (const dep of graph.schedule.get(id)?.deps ?? []) start = Math.max(start, finish.get(dep) ?? 0);
    const end = start + (left.get(id) ?? 0);
    finish.set(id, end);
    makespan = Math.max(makespan, end);
  }
  const latest = new Map<string, number>();
  const slices = new Map<string, { slack: number; critical: boolean }>();
  for (let i = graph.order.length - 1; i >= 0; i--) {
    const id = graph.order[i] ?? '';
    let end = makespan;
    for (const next of graph.schedule.get(id)?.dependents ?? []) {
      end = Math.min(end, (latest.get(next) ?? makespan) - (left.get(next) ?? 0));
    }
    latest.set(id, end);
    const slack = Math.round(end - (finish.get(id) ?? 0));
    slices.set(id, { slack, critical: (left.get(id) ?? 0) > 0 && slack <= 0 });
  }
  return { slices, criticalPath: chain(plan, graph, left, finish, makespan), makespan: Math.round(makespan) };
}

function chain(
  plan: Plan,
  graph: PlanGraph,
  left: ReadonlyMap<string, number>,
  finish: ReadonlyMap<string, number>,
  makespan: number,
): string[] {
  const path: string[] = [];
  let at = graph.order.find((id) => (left.get(id) ?? 0) > 0 && finish.get(id) === makespan);
  while (at !== undefined) {
    path.unshift(at);
    const start: number = (finish.get(at) ?? 0) - (left.get(at) ?? 0);
    const here: string = at;
    const before: string | undefined = (graph.schedule.get(here)?.deps ?? []).find(
      (dep) => (left.get(dep) ?? 0) > 0 && Math.abs((finish.get(dep) ?? 0) - start) < 1e-9,
    );
    if (before !== undefined) {
      // Asked of the plan: where a dependency is declared as well, the edge no longer names the merge point.
      const point = plan.mergePoints.find((p) => p.needs.includes(before) && p.unlocks.includes(here));
      if (point) path.unshift(point.id);
    }
    at = before;
  }
  return path;
}
