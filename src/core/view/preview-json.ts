import type { Preview } from '../decompose/preview.ts';
import { planJson, type PlanJson } from './plan-json.ts';

/** The `decompose --json` object (`v: 1`): a plan's, and what is known before it is written. Fields may be added. */
export interface PreviewJson extends PlanJson {
  readonly dir: string;
  readonly exists: boolean;
  /** Whether the plan is on the disk now. */
  readonly written: boolean;
  readonly decomposer: string;
  /** `null`: this decomposer is not corrected. */
  readonly rounds: {
    readonly end: string;
    readonly chosen: number;
    readonly detail: string | null;
    readonly list: readonly { readonly number: number; readonly errors: number; readonly warnings: number }[];
  } | null;
  readonly estimate: {
    readonly work_minutes: number;
    readonly agents: readonly {
      readonly agents: number;
      readonly makespan_minutes: number;
      readonly advised: boolean;
    }[];
    /** `null`: not measured. */
    readonly context_tokens: number | null;
    /** `null`, here and below: no earlier run tells. */
    readonly input_tokens: number | null;
    readonly output_tokens: number | null;
    readonly cost_usd: number | null;
    readonly earlier_slices: number;
  };
  /** Commands that make each worktree ready; `null`: what the lock files call for. */
  readonly setup: readonly string[] | null;
  readonly contracts: readonly { readonly path: string; readonly target: string | null }[];
  /** Scopes of slices whose tasks name no file: where they may work, and why. `taken`: they are in the slices. */
  readonly guesses: readonly {
    readonly slice: string;
    readonly confidence: string;
    readonly taken: boolean;
    readonly paths: readonly { readonly path: string; readonly evidence: readonly string[] }[];
  }[];
  /** What the spec leaves open. */
  readonly open: readonly string[];
  /** Relative to the plan directory. */
  readonly files: readonly string[];
}

export function previewJson(preview: Preview, { written }: { readonly written: boolean }): PreviewJson {
  const { plan, graph, overlaps, rounds, estimate, judgement } = preview;
  const findings = preview.findings.flatMap((group) => group.findings);
  return {
    ...planJson(plan, graph, overlaps, findings, { judgement }),
    dir: preview.dir,
    exists: preview.exists,
    written,
    decomposer: preview.by.id,
    rounds: rounds && {
      end: rounds.end,
      chosen: rounds.chosen,
      detail: rounds.detail,
      list: rounds.list.map(({ number, errors, warnings }) => ({ number, errors, warnings })),
    },
    estimate: {
      work_minutes: estimate.workMinutes,
      agents: estimate.agents.map(({ agents, makespanMinutes, advised }) => ({
        agents,
        makespan_minutes: makespanMinutes,
        advised,
      })),
      context_tokens: estimate.context?.total ?? null,
      input_tokens: estimate.usage?.inputTokens ?? null,
      output_tokens: estimate.usage?.outputTokens ?? null,
      cost_usd: estimate.usage?.costUsd ?? null,
      earlier_slices: estimate.usage?.earlier.slices ?? 0,
    },
    setup: plan.setup,
    contracts: preview.contracts.map(({ path, target }) => ({ path, target })),
    guesses: preview.guesses.list.map(({ slice, confidence, paths }) => ({
      slice,
      confidence,
      taken: preview.guesses.taken,
      paths: paths.map(({ path, evidence }) => ({ path, evidence })),
    })),
    open: preview.open,
    files: preview.files.map(({ path }) => path.slice(preview.dir.length + 1)),
  };
}
