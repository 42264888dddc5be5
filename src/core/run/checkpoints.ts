import type { Plan } from '../plan/model.ts';
import type { CheckpointView, RunFacts, RunView } from './state-model.ts';
import type { CheckpointState } from './states.ts';

/** The checkpoints of a plan: its merge points, and each wave validation as `wave-N`. */
export function checkpointsOf(
  plan: Plan,
): readonly Pick<CheckpointView, 'id' | 'kind' | 'needs' | 'unlocks' | 'verify'>[] {
  const known = new Set(plan.slices.map((slice) => slice.id));
  return [
    ...plan.mergePoints.map((point) => ({
      id: point.id,
      kind: 'merge-point' as const,
      needs: point.needs.filter((id) => known.has(id)),
      unlocks: point.unlocks.filter((id) => known.has(id)),
      verify: point.verify,
    })),
    ...plan.waveChecks.map((check) => ({
      id: `wave-${check.wave}`,
      kind: 'wave' as const,
      needs: check.slices.filter((id) => known.has(id)),
      unlocks: [],
      verify: [check.text],
    })),
  ];
}

/** Where a checkpoint stands, by its last run and what was decided about it. */
export function checkpointState(
  run: RunView | null,
  waitingFor: readonly string[],
  asked: boolean,
  skipped: boolean,
): CheckpointState {
  if (skipped) return 'reached';
  if (waitingFor.length > 0) return 'waiting';
  if (run?.end === 'verified' && !asked) return 'reached';
  if (!run || asked || run.state === 'interrupted') return 'ready';
  return run.end === null ? 'running' : 'failed';
}

/** What a checkpoint's run merged; `null` when it did not come to that. */
export function partsOf(run: RunFacts | undefined): readonly string[] | null {
  const base = run?.events.find((event) => event.type === 'base');
  return base?.type === 'base' ? base.from : null;
}
