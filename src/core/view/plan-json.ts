import type { Finding } from '../finding.ts';
import { proposeMergePoints } from '../judge/merge-points.ts';
import { lintReport, type LintReport } from '../lint/format.ts';
import { breakEven, type BreakEven, type BreakEvenReason } from '../plan/break-even.ts';
import { NOTHING_LEARNED, type EstimateBasis, type EstimatorSummary, type SliceEstimate } from '../plan/estimator.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan } from '../plan/model.ts';
import type { WhatIf } from '../plan/schedule.ts';
import type { Overlap } from '../scope/overlap.ts';

/** The `plan --json` object (`v: 1`); fields may be added, none removed. */
export interface PlanJson {
  readonly v: 1;
  readonly plan: string;
  readonly slices: readonly {
    readonly id: string;
    readonly title: string;
    /** `null` for slices on a cycle or behind one, here and below. */
    readonly wave: number | null;
    readonly batch: number | null;
    readonly workstream: string | null;
    readonly deps: readonly string[];
    /** What the plan declares. */
    readonly estimate_minutes: number;
    /** What the times below were computed with: between these it should fall, `learned` and `actual` from earlier runs. */
    readonly estimate_used: number;
    readonly estimate_low: number;
    readonly estimate_high: number;
    readonly estimate_basis: EstimateBasis;
    readonly slack_minutes: number | null;
    readonly critical: boolean;
    /** `null` when the context was not measured. */
    readonly context_tokens: number | null;
  }[];
  readonly waves: readonly (readonly string[])[];
  readonly batches: readonly (readonly number[])[];
  readonly merge_points: readonly {
    readonly id: string;
    readonly needs: readonly string[];
    readonly unlocks: readonly string[];
  }[];
  readonly critical_path: readonly string[];
  readonly makespan_minutes: number;
  readonly width: number;
  /** Trails that end where they began, along the edges. */
  readonly cycles: readonly (readonly string[])[];
  readonly overlaps: readonly Overlap[];
  readonly findings: LintReport['findings'];
  readonly what_if?: readonly {
    readonly agents: number;
    readonly makespan_minutes: number;
    readonly lower_bound_minutes: number;
    readonly speedup: number;
    /** The three bounds of which `lower_bound_minutes` is the greatest. */
    readonly bounds: { readonly path: number; readonly work: number; readonly level: number };
    readonly idle_share: number;
  }[];
  /** Merge points that the plan lacks. */
  readonly proposed_merge_points: readonly {
    readonly id: string;
    readonly needs: readonly string[];
    readonly unlocks: readonly string[];
    readonly reason: string;
  }[];
  /** How many agents are worth it. */
  readonly advice: {
    readonly agents: number;
    readonly reason: BreakEvenReason;
    readonly makespan_minutes: number;
    readonly coordination_minutes: number;
  };
  /** What earlier runs taught; the error is `null` while there are too few. */
  readonly estimator: { readonly adapter: string | null; readonly runs: number; readonly error_percent: number | null };
}

/** What `planJson` shows when it is known. */
export interface PlanJsonExtras {
  /** Tokens of context by slice id. */
  readonly contextTokens?: ReadonlyMap<string, number>;
  /** The rows of `--agents`. */
  readonly whatIf?: readonly WhatIf[];
  /** What `graph` was made with, by slice id; without it the declared estimates stand. */
  readonly estimates?: ReadonlyMap<string, SliceEstimate>;
  readonly estimator?: EstimatorSummary;
}

/** Slices in plan order, waves and the rest as in the graph. */
export function planJson(
  plan: Plan,
  graph: PlanGraph,
  overlaps: readonly Overlap[],
  findings: readonly Finding[] = [],
  extras: PlanJsonExtras = {},
): PlanJson {
  return {
    v: 1,
    plan: plan.id,
    slices: plan.slices.map((slice) => {
      const at = graph.schedule.get(slice.id);
      const estimate = extras.estimates?.get(slice.id) ?? NOTHING_LEARNED.estimate(slice, plan.id);
      return {
        id: slice.id,
        title: slice.title,
        wave: at?.wave ?? null,
        batch: at?.batch ?? null,
        workstream: slice.workstream,
        deps: slice.deps,
        estimate_minutes: slice.estimateMinutes,
        estimate_used: estimate.minutes,
        estimate_low: estimate.low,
        estimate_high: estimate.high,
        estimate_basis: estimate.basis,
        slack_minutes: at?.slack ?? null,
        critical: at?.critical ?? false,
        context_tokens: extras.contextTokens?.get(slice.id) ?? null,
      };
    }),
    waves: graph.waves,
    batches: graph.batches,
    merge_points: plan.mergePoints.map(({ id, needs, unlocks }) => ({ id, needs, unlocks })),
    critical_path: graph.criticalPath,
    makespan_minutes: graph.makespanMinutes,
    width: graph.width,
    cycles: graph.cycles,
    overlaps: overlaps.map(({ a, b, percent, verdict, witness }) => ({ a, b, percent, verdict, witness })),
    findings: lintReport(findings).findings,
    proposed_merge_points: proposeMergePoints(plan, graph, overlaps).map(({ id, needs, unlocks, reason }) => ({
      id,
      needs,
      unlocks,
      reason,
    })),
    advice: adviceJson(breakEven(graph, plan)),
    estimator: {
      adapter: extras.estimator?.adapter ?? null,
      runs: extras.estimator?.runs ?? 0,
      error_percent: extras.estimator?.errorPercent ?? null,
    },
    ...(extras.whatIf
      ? {
          what_if: extras.whatIf.map((row) => ({
            agents: row.agents,
            makespan_minutes: row.makespanMinutes,
            lower_bound_minutes: row.lowerBoundMinutes,
            speedup: row.speedup,
            bounds: row.bounds,
            idle_share: row.idleShare,
          })),
        }
      : {}),
  };
}

function adviceJson({ agents, reason, rows }: BreakEven): PlanJson['advice'] {
  const row = rows.find((some) => some.agents === agents);
  return {
    agents,
    reason,
    makespan_minutes: row?.makespanMinutes ?? 0,
    coordination_minutes: row?.coordinationMinutes ?? 0,
  };
}
