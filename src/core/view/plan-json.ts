import type { Finding } from '../text/finding.ts';
import type { CouplingEvidence } from '../judge/coupling-model.ts';
import { couplingAdvice } from '../judge/coupling-text.ts';
import type { Judgement } from '../judge/judge.ts';
import { proposeMergePoints } from '../judge/merge-points.ts';
import type { AdviceKind } from '../judge/overlap-advice.ts';
import { lintReport, type LintReport } from '../lint/engine/format.ts';
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
  /** Pairs that share no file and hang together all the same; absent where nobody looked. */
  readonly couplings?: readonly {
    readonly a: string;
    readonly b: string;
    readonly score: number;
    readonly verdict: Overlap['verdict'];
    readonly before: string;
    readonly after: string;
    readonly evidence: readonly CouplingEvidence[];
    readonly advice: string;
  }[];
  /** Interfaces between workstreams that no contract describes, and a file to start from; absent where nobody looked. */
  readonly missing_contracts?: readonly {
    readonly path: string;
    readonly language: string;
    readonly content: string;
    readonly provider: string | null;
    readonly consumers: readonly string[];
  }[];
  /** What to do about pairs that share too much; absent where nobody looked. */
  readonly reslice?: readonly {
    readonly a: string;
    readonly b: string;
    readonly advice: readonly {
      readonly kind: AdviceKind;
      readonly text: string;
      readonly verified: boolean;
      readonly percent_after: number;
      readonly cost_minutes: number;
    }[];
  }[];
  /** Tokens each agent starts with; absent where nobody looked. */
  readonly contexts?: readonly {
    readonly slice: string;
    readonly total: number;
    readonly limit: number;
    readonly layers: Readonly<Record<string, number>>;
    readonly advice: readonly string[];
  }[];
  /** What was not looked at, and why; absent where nobody looked. */
  readonly left_out?: readonly string[];
  /** What earlier runs taught; the error is `null` while there are too few. */
  readonly estimator: { readonly adapter: string | null; readonly runs: number; readonly error_percent: number | null };
}

/** What `planJson` shows when it is known. */
export interface PlanJsonExtras {
  /** Everything a judge says of the plan. */
  readonly judgement?: Judgement;
  /** The rows of `--agents`. */
  readonly whatIf?: readonly WhatIf[];
  /** What `graph` was made with, by slice id; without it the judgement's, and without that the declared ones. */
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
  const { judgement } = extras;
  const estimates = extras.estimates ?? judgement?.estimates;
  const estimator = extras.estimator ?? judgement?.estimator;
  const tokens = new Map(judgement?.contexts.map(({ slice, total }) => [slice, total]));
  return {
    v: 1,
    plan: plan.id,
    slices: plan.slices.map((slice) => {
      const at = graph.schedule.get(slice.id);
      const estimate = estimates?.get(slice.id) ?? NOTHING_LEARNED.estimate(slice, plan.id);
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
        context_tokens: tokens.get(slice.id) ?? null,
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
    proposed_merge_points: (judgement?.mergePoints ?? proposeMergePoints(plan, graph, overlaps)).map(
      ({ id, needs, unlocks, reason }) => ({
        id,
        needs,
        unlocks,
        reason,
      }),
    ),
    advice: adviceJson(breakEven(graph, plan)),
    estimator: {
      adapter: estimator?.adapter ?? null,
      runs: estimator?.runs ?? 0,
      error_percent: estimator?.errorPercent ?? null,
    },
    ...(judgement ? judgementJson(judgement) : {}),
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

function judgementJson({
  couplings,
  contracts,
  advice,
  contexts,
  leftOut,
}: Judgement): Pick<PlanJson, 'couplings' | 'missing_contracts' | 'reslice' | 'contexts' | 'left_out'> {
  return {
    couplings: couplings.pairs.map((pair) => ({ ...pair, advice: couplingAdvice(pair) })),
    missing_contracts: contracts.scaffolds.map(({ path, language, content, provider, consumers }) => ({
      path,
      language,
      content,
      provider,
      consumers,
    })),
    reslice: advice.map(({ overlap: { a, b }, advice: found }) => ({
      a,
      b,
      advice: found.map(({ kind, text, verified, percentAfter, costMinutes }) => ({
        kind,
        text,
        verified,
        percent_after: percentAfter,
        cost_minutes: costMinutes,
      })),
    })),
    contexts: contexts.map(({ slice, total, limit, layers, advice: found }) => ({
      slice,
      total,
      limit,
      layers: Object.fromEntries(layers.map(({ name, tokens }) => [name, tokens])),
      advice: found.map(({ text }) => text),
    })),
    left_out: leftOut,
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
