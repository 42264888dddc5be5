import type { PlanGraph } from '../plan/graph-model.ts';
import { isActive, isSettled } from './states.ts';
import type { Action, RunLimits } from './limits-model.ts';
import type { PlanState, SliceView } from './state-model.ts';

/**
 * What to start now. Pure: the same state and limits give the same actions. Slices on the longest remaining path come
 * first (list scheduling with critical-path priority); ties keep plan order.
 *
 * `starting` names nodes that were launched but have not left a fact yet: without it, the moment between launching a
 * runner and its first event would launch it twice.
 */
export function nextActions(
  state: PlanState,
  graph: PlanGraph,
  limits: RunLimits,
  starting: ReadonlySet<string>,
): readonly Action[] {
  const actions: Action[] = [];
  for (const checkpoint of state.checkpoints) {
    if (
      checkpoint.state === 'ready' &&
      !starting.has(checkpoint.id) &&
      checkpointWanted(checkpoint.unlocks, checkpoint.needs, limits)
    ) {
      actions.push({ type: 'checkpoint', checkpoint: checkpoint.id });
    }
  }
  const busy = new Set<string>();
  let active = 0;
  for (const slice of state.slices) {
    if (!isActive(slice.state) && !starting.has(slice.id)) continue;
    active++;
    if (slice.workstream) busy.add(slice.workstream);
  }
  const openWave = limits.barrier ? barrierWave(state) : Infinity;
  const candidates = state.slices
    .filter((slice) => slice.next !== null && !starting.has(slice.id))
    .filter((slice) => limits.only === null || limits.only.includes(slice.id))
    .filter((slice) => slice.wave <= openWave)
    .sort((a, b) => a.slackMinutes - b.slackMinutes || tail(b, graph) - tail(a, graph));
  for (const slice of candidates) {
    if (active >= limits.maxParallel) break;
    if (slice.workstream && busy.has(slice.workstream)) continue;
    if (!slice.next) continue;
    if (slice.workstream) busy.add(slice.workstream);
    active++;
    actions.push({ type: 'start', slice: slice.id, attempt: slice.next.attempt, mode: slice.next.mode });
  }
  return actions;
}

/** Planned minutes from the slice's start to the end of the plan: the longer, the earlier it should start. */
function tail(slice: SliceView, graph: PlanGraph): number {
  return graph.makespanMinutes - (graph.schedule.get(slice.id)?.latestStart ?? 0);
}

function checkpointWanted(unlocks: readonly string[], needs: readonly string[], limits: RunLimits): boolean {
  if (limits.only === null) return true;
  const only = new Set(limits.only);
  return unlocks.some((id) => only.has(id)) || needs.some((id) => only.has(id));
}

/** With strict waves: the first wave that is not settled, or whose validation was not passed. */
function barrierWave(state: PlanState): number {
  let open = Infinity;
  for (const slice of state.slices) if (!isSettled(slice.state)) open = Math.min(open, slice.wave);
  for (const checkpoint of state.checkpoints) {
    if (checkpoint.kind !== 'wave' || checkpoint.state === 'reached') continue;
    const waves = checkpoint.needs.map((id) => state.slices.find((s) => s.id === id)?.wave ?? 0);
    open = Math.min(open, Math.max(0, ...waves));
  }
  return open;
}
