import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import type { ReplanSummary } from '../../core/replan/changes-text.ts';
import type { Operation } from '../../core/replan/operations.ts';
import type { Reconciliation } from '../../core/replan/reconcile.ts';
import type { Finding } from '../../core/text/finding.ts';
import type { WritablePlan } from '../plan/directory.ts';

/** Where the new plan comes from: edits of this one, or its spec decomposed anew (into the same directory). */
export type ReplanChange =
  | { readonly kind: 'operations'; readonly operations: readonly Operation[] }
  | { readonly kind: 'decomposition'; readonly decomposition: Pick<WritablePlan, 'files' | 'loaded'> };

export interface ReplanRequest {
  /** Relative to the root. */
  readonly planDir: string;
  readonly change: ReplanChange;
  /** Stop running slices that would change or go; otherwise they stay as they are. */
  readonly stopRunning?: boolean;
}

/** What re-planning would do. Nothing is written yet. */
export interface ReplanPreview {
  readonly request: ReplanRequest;
  readonly loaded: LoadedPlan;
  readonly next: LoadedPlan;
  readonly summary: ReplanSummary;
  /** What is found in the new plan and was not found in the old one. An error among them keeps it from being written. */
  readonly findings: readonly Finding[];
  readonly renewed: Reconciliation['renewed'];
  /** Files that would be written or removed, relative to the plan directory. Empty: nothing changes at all. */
  readonly changed: readonly string[];
}
