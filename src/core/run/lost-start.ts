import type { Decision } from './model.ts';
import type { RunFacts } from './state-model.ts';

export type PlanStarted = Extract<Decision, { readonly type: 'plan_started' }>;

/**
 * The start of a plan whose decisions do not tell of one any more, though it has runs: from the first of them that stands
 * on nothing but the plan's base. `null`: it is told, or no run can tell.
 */
export function startFromRuns(decisions: readonly Decision[], runs: readonly RunFacts[]): PlanStarted | null {
  if (decisions.some((decision) => decision.type === 'plan_started')) return null;
  for (const { events } of runs) {
    const base = events.find((event) => event.type === 'base');
    if (base?.type !== 'base' || base.from.join(' ') !== 'base') continue;
    const { t = base.t } = events[0] ?? {};
    return {
      v: 1,
      t,
      by: 'slicewave',
      type: 'plan_started',
      base_commit: base.commit,
      base_name: null,
      prepared_commit: base.commit,
    };
  }
  return null;
}
