import type { DependencyChanges, ManifestContract, PlanLimits } from '../manifest/model.ts';
import type { SandboxSetting } from '../sandbox/policy.ts';
import type { Scope, SliceKind, TaskSpec } from '../task/model.ts';

/** One unit of work for one agent, as the engine uses it: ids resolved, defaults applied. */
export interface Slice {
  readonly id: string;
  readonly title: string;
  /** The task spec, relative to the repository. */
  readonly file: string;
  readonly component: string | null;
  readonly workstream: string | null;
  /** Declared dependencies that exist in the plan, without duplicates. */
  readonly deps: readonly string[];
  readonly runtimeDeps: readonly string[];
  readonly agent: string | null;
  readonly skills: readonly string[];
  readonly contracts: readonly string[];
  readonly layers: readonly string[];
  readonly scope: Scope;
  readonly verify: readonly string[];
  /** Minutes; 120 when the task spec gives none (the middle of the method's "2-4 hours", rounded to its lower end). */
  readonly estimateMinutes: number;
  readonly stop: readonly string[];
  readonly attempts: number;
  readonly kind: SliceKind;
  readonly task: TaskSpec;
}

export interface Workstream {
  readonly id: string;
  readonly name: string;
  readonly boundary: readonly string[];
}

/** `MP1: A8 + B3 -> C1`: the needs must be verified and merged together before the unlocked slices may start. */
export interface MergePoint {
  readonly id: string;
  readonly needs: readonly string[];
  readonly unlocks: readonly string[];
  readonly verify: readonly string[];
}

/** A manifest wave's `validation`, after its dialect was decided. */
export interface WaveCheck {
  readonly wave: number;
  /** The slices the manifest lists in that wave. */
  readonly slices: readonly string[];
  readonly dialect: 'command' | 'source';
  /** For `command`: the command line. For `source`: program text of the plan's technology. */
  readonly text: string;
}

/** The decomposition of one spec. */
export interface Plan {
  /** The directory's name; also the name of its branches: `TS-0042-inventory`. */
  readonly id: string;
  /** Relative to the repository root, forward slashes: `parallel/TS-0042-inventory`. */
  readonly dir: string;
  readonly techSpecId: string;
  readonly title: string;
  readonly technology: string | null;
  readonly specPath: string | null;
  /** In manifest order; slices that only have a file follow, by file name. */
  readonly slices: readonly Slice[];
  readonly workstreams: readonly Workstream[];
  readonly mergePoints: readonly MergePoint[];
  readonly waveChecks: readonly WaveCheck[];
  readonly contracts: readonly ManifestContract[];
  readonly layers: Readonly<Record<string, readonly string[]>>;
  readonly limits: PlanLimits;
  readonly dependencies: Readonly<Record<string, DependencyChanges>>;
  readonly sandbox: SandboxSetting;
  /** Commands that make a worktree ready; `null`: not said, so the table of set-ups has them. */
  readonly setup: readonly string[] | null;
}

/** The text files of a plan directory: path relative to the plan directory -> content. */
export type PlanFiles = ReadonlyMap<string, string>;
