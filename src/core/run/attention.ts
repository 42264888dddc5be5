import type { PlanGraph } from '../plan/graph-model.ts';
import type { Attention, CheckpointView, SliceView } from './state-model.ts';
import { isAsking } from './states.ts';
import { isViolation } from './stops.ts';
import { waysOf } from './ways.ts';

/** What waits for the person, the most urgent first. */
export function attentionOf(
  slices: readonly SliceView[],
  checkpoints: readonly CheckpointView[],
  graph: PlanGraph,
): Attention[] {
  const waiting: Attention[] = [];
  for (const slice of slices) {
    const run = slice.run;
    if (!run || slice.next) continue;
    if (!isAsking(slice.state) && slice.state !== 'failed') continue;
    const unblocks = dependentsOf(slice.id, graph);
    waiting.push(
      slice.state === 'failed'
        ? {
            slice: slice.id,
            runId: run.runId,
            condition: run.failure?.reason ?? 'internal',
            detail: run.failure?.detail ?? '',
            question: 'Retry or skip this slice?',
            paths: [],
            violations: run.violations,
            failedChecks: run.failedChecks,
            ways: waysOf(run),
            unblocks,
          }
        : {
            slice: slice.id,
            runId: run.runId,
            condition: run.stop?.condition ?? 'unclear-instructions',
            detail: run.stop?.detail ?? '',
            question: run.stop?.question ?? '',
            paths: run.stop?.paths ?? [],
            violations: run.violations,
            failedChecks: run.failedChecks,
            ways: waysOf(run),
            unblocks,
          },
    );
  }
  for (const checkpoint of checkpoints) {
    if (checkpoint.state !== 'failed' || !checkpoint.run) continue;
    waiting.push({
      slice: checkpoint.id,
      runId: checkpoint.run.runId,
      condition: checkpoint.run.failure?.reason ?? checkpoint.run.stop?.condition ?? 'internal',
      detail: checkpoint.run.failure?.detail ?? checkpoint.run.stop?.detail ?? '',
      question: checkpoint.run.stop?.question ?? 'Retry this checkpoint after mending its slices, or skip it?',
      paths: checkpoint.run.stop?.paths ?? [],
      violations: checkpoint.run.violations,
      failedChecks: checkpoint.run.failedChecks,
      ways: ['retry', 'skip'],
      unblocks: [...new Set(checkpoint.unlocks.flatMap((id) => [id, ...dependentsOf(id, graph)]))],
    });
  }
  // First what is not as it was: nobody should go on without having seen it. Then what unblocks most: the person's
  // minutes are the scarcest thing here.
  return waiting.sort(
    (a, b) => Number(isViolation(b)) - Number(isViolation(a)) || b.unblocks.length - a.unblocks.length,
  );
}

function dependentsOf(id: string, graph: PlanGraph): string[] {
  const seen = new Set<string>();
  const queue = [id];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const next of graph.schedule.get(at)?.dependents ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return graph.order.filter((other) => seen.has(other));
}
