import type { Plan, PlanFiles } from './model.ts';
import type { Finding } from '../text/finding.ts';
import type { Digraph } from './layers.ts';
import type { SlicePlaces } from './slice-places.ts';

/** Why one slice waits for another. A declared edge wins over the others when two kinds name the same pair. */
export type EdgeKind = 'dep' | 'merge-point' | 'workstream';

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** The merge point, for `merge-point` edges. */
  readonly mergePoint?: string;
}

/** Times are minutes from the start of the plan, with as many agents as the plan can use. */
export interface SliceSchedule {
  readonly id: string;
  /** From 1: one more than the deepest dependency's. */
  readonly wave: number;
  /** From 1. */
  readonly batch: number;
  readonly deps: readonly string[];
  readonly dependents: readonly string[];
  /** What it is taken to last: its estimate, or what was given instead. */
  readonly minutes: number;
  readonly earliestStart: number;
  readonly latestStart: number;
  readonly slack: number;
  readonly critical: boolean;
}

/** The same graph in numbers: slices by their place in the plan. What loops over all of it needs no names. */
export interface PlanNetwork {
  readonly ids: readonly string[];
  /** The place by id; of slices with one id, the first one's. */
  readonly places: SlicePlaces;
  /** All edges, those on cycles too. */
  readonly digraph: Digraph;
  /** Topological; slices on a cycle, and what waits for them, are left out. */
  readonly order: Int32Array;
  /** What each slice is taken to last. */
  readonly minutes: Float64Array;
}

/** Everything that follows from a plan's edges and estimates. */
export interface PlanGraph {
  /** Topological; ties keep plan order. Slices on a cycle, and what waits for them, are left out. */
  readonly order: readonly string[];
  readonly network: PlanNetwork;
  readonly edges: readonly Edge[];
  readonly schedule: ReadonlyMap<string, SliceSchedule>;
  readonly waves: readonly (readonly string[])[];
  /** Wave numbers of each batch. */
  readonly batches: readonly (readonly number[])[];
  /** Slice ids with the merge points passed on the way in their places: `A1, A3, A8, MP1, C1`. */
  readonly criticalPath: readonly string[];
  readonly makespanMinutes: number;
  /** Slices in the widest wave. */
  readonly width: number;
  /** Each cycle as a trail that ends where it began: `A1, B2, A1`. */
  readonly cycles: readonly (readonly string[])[];
}

/** A plan as it was read, with its graph. */
export interface LoadedPlan {
  readonly plan: Plan;
  readonly graph: PlanGraph;
  readonly findings: readonly Finding[];
  readonly files: PlanFiles;
  /** Files of the plan directory that are not as this plan, by which runs go, has them: nobody has accepted that. */
  readonly unaccepted?: readonly string[];
}
