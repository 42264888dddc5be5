import type { PlanGraph } from './graph-model.ts';
import type { Plan, Slice } from './model.ts';
import { printable } from '../text/printing.ts';

/**
 * What a slice waits for, as a person states it: declared dependencies that no merge point stands for, the merge points
 * that unlock it, then its neighbour in the workstream.
 */
export function waitReasons(slice: Slice, plan: Plan, graph: PlanGraph): string[] {
  const points = plan.mergePoints.filter((point) => point.unlocks.includes(slice.id));
  const met = new Set(points.flatMap((point) => point.needs));
  const direct = slice.deps.filter((dep) => !met.has(dep));
  const chained = (graph.schedule.get(slice.id)?.deps ?? []).filter(
    (dep) => !met.has(dep) && !slice.deps.includes(dep),
  );
  return [...direct, ...points.map((point) => point.id), ...chained.map((dep) => `${dep} (${slice.workstream ?? ''})`)];
}

/** `A1 -> A3 -> [MP1] -> C1` */
export function criticalPathText(plan: Plan, graph: PlanGraph, arrow: string): string {
  const points = new Set(plan.mergePoints.map((point) => point.id));
  const slices = new Set(graph.order);
  return graph.criticalPath
    .map((id) => (points.has(id) && !slices.has(id) ? `[${printable(id)}]` : printable(id)))
    .join(arrow);
}
