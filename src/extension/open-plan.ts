import type { Attention, PlanState, RunView, SliceView } from '../core/run/state-model.ts';
import type { EngineFailure } from '../node/failure.ts';

/** What every room speaks of: a plan as the window sees it, and what in it a command is about. */

/** One plan as the window sees it: its state, or why it cannot be read. */
export interface OpenPlan {
  /** Top level of the checkout that is worked in. */
  readonly root: string;
  /** Relative to the root: `parallel/TS-0042-inventory`. */
  readonly dir: string;
  readonly state: PlanState | null;
  readonly failure: EngineFailure | null;
}

/** A plan whose state could be read. */
export type ReadPlan = OpenPlan & { readonly state: PlanState };

export function isRead(plan: OpenPlan): plan is ReadPlan {
  return plan.state !== null;
}

/** What a command was asked about. Passed by tree nodes, by the dashboard, by buttons; absent from the palette. */
export interface Target {
  readonly root: string;
  readonly planDir: string;
  readonly wave?: number;
  /** The slice or checkpoint. */
  readonly slice?: string;
  readonly run?: string;
  readonly path?: string;
}

export interface SliceTarget {
  readonly plan: ReadPlan;
  readonly slice: SliceView;
}

/** Something that waits for the person: a slice, or a checkpoint. */
export interface AttentionTarget {
  readonly plan: ReadPlan;
  readonly attention: Attention;
}

export interface RunTarget {
  readonly plan: ReadPlan;
  /** The slice or checkpoint. */
  readonly slice: string;
  readonly run: RunView;
}
