import type { PlanGraph } from './graph-model.ts';
import { totalMinutes } from './levels.ts';
import type { Plan } from './model.ts';
import { makespans } from './schedule.ts';

/** What working side by side costs the person, and when it is worth that. Minutes, unless said otherwise. */
export interface BreakEvenSettings {
  /** For each agent after the first: its worktree and context, its questions, reading what it did. */
  readonly agentMinutes: number;
  /** For each merge of parallel work, which one agent alone never needs: every merge point, and the integration. */
  readonly mergeMinutes: number;
  /** No more than this part of a slice of the usual length: ten minutes of work leave little to ask and to read. */
  readonly agentShare: number;
  /** One more agent must shorten the plan by at least this part of it, from 0 to 1. */
  readonly gain: number;
  /** Numbers of agents that are tried at most. */
  readonly mostAgents: number;
}

export const BREAK_EVEN: BreakEvenSettings = {
  agentMinutes: 10,
  mergeMinutes: 10,
  agentShare: 0.25,
  gain: 0.05,
  mostAgents: 64,
};

/**
 * Why it is this number. One agent: `sequential` (nothing runs side by side), and
 * `coordination` (more would cost more than they save). Several: `path` (the critical path allows little more),
 * `gain` (one more saves too little), `coordination` (one more costs more than it saves), `most` (no more were tried).
 */
export type BreakEvenReason = 'sequential' | 'coordination' | 'path' | 'gain' | 'most';

export interface BreakEvenRow {
  readonly agents: number;
  /** The best with so many agents or fewer: list scheduling is sometimes slower with one agent more, who may as well rest. */
  readonly makespanMinutes: number;
  readonly coordinationMinutes: number;
}

export interface BreakEven {
  readonly agents: number;
  readonly reason: BreakEvenReason;
  /** All work of the plan. */
  readonly workMinutes: number;
  /** The critical path: no number of agents is faster. */
  readonly pathMinutes: number;
  /** From one agent to the last that was tried; it ends where more can gain nothing worth having. */
  readonly rows: readonly BreakEvenRow[];
}

/**
 * How many agents are worth it. For `n` agents the plan takes its makespan under list scheduling, and coordination
 * takes `agentMinutes * (n - 1)` (less where slices are short, see `agentShare`), and `mergeMinutes` for each merge once there is more than one agent. More agents stop
 * paying where no larger number gains `gain` of the makespan for each agent that it adds; of what is left, the number
 * with the least time in all is taken, and the lowest of equals. Small plans are no exception: what counts is the time
 * that a person waits.
 */
export function breakEven(graph: PlanGraph, plan: Plan, options: Partial<BreakEvenSettings> = {}): BreakEven {
  const settings = { ...BREAK_EVEN, ...options };
  const workMinutes = totalMinutes(graph);
  const pathMinutes = graph.makespanMinutes;
  const rows = curve(graph, plan, settings);
  const one = (reason: BreakEvenReason): BreakEven => ({ agents: 1, reason, workMinutes, pathMinutes, rows });
  if (graph.width <= 1) return one('sequential');

  const stop = rows.findIndex((row, i) =>
    rows
      .slice(i + 1)
      .every(
        (more) =>
          row.makespanMinutes - more.makespanMinutes < settings.gain * row.makespanMinutes * (more.agents - row.agents),
      ),
  );
  const paying = rows.slice(0, stop + 1);
  const elapsed = (row: BreakEvenRow): number => row.makespanMinutes + row.coordinationMinutes;
  const best = paying.reduce((least, row) => (elapsed(row) < elapsed(least) ? row : least));
  if (best.agents < paying.length)
    return { agents: best.agents, reason: 'coordination', workMinutes, pathMinutes, rows };
  if (best.agents === settings.mostAgents)
    return { agents: best.agents, reason: 'most', workMinutes, pathMinutes, rows };
  const reason = best.makespanMinutes - pathMinutes < settings.gain * best.makespanMinutes ? 'path' : 'gain';
  return { agents: best.agents, reason, workMinutes, pathMinutes, rows };
}

/** Ends early where the critical path and the work leave less to gain than one more agent must bring. */
function curve(graph: PlanGraph, plan: Plan, settings: BreakEvenSettings): readonly BreakEvenRow[] {
  const merges = plan.mergePoints.length + 1;
  const rows: BreakEvenRow[] = [];
  let best = Infinity;
  const makespan = makespans(graph);
  const work = totalMinutes(graph);
  const usual = work / Math.max(1, graph.order.length);
  const perAgent = Math.min(settings.agentMinutes, usual * settings.agentShare);
  // By the bounds alone, so that what cannot be worth it is never computed.
  const couldGain = (now: number, from: number): boolean => {
    for (let to = from + 1; to <= settings.mostAgents; to++) {
      const least = Math.max(graph.makespanMinutes, work / to);
      if (now - least >= settings.gain * now * (to - from)) return true;
    }
    return false;
  };
  for (let agents = 1; agents <= settings.mostAgents; agents++) {
    best = Math.min(best, makespan(agents));
    rows.push({
      agents,
      makespanMinutes: best,
      coordinationMinutes: agents > 1 ? Math.round(perAgent * (agents - 1) + settings.mergeMinutes * merges) : 0,
    });
    if (!couldGain(best, agents)) break;
  }
  return rows;
}
