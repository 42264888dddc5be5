import type { SandboxSetting } from '../sandbox/policy.ts';
import type { Located } from '../task/model.ts';

export interface ManifestTask {
  readonly id: Located<string>;
  readonly agent: string | null;
  readonly promptFile: string | null;
  readonly component: string | null;
}

export interface ManifestWave {
  readonly number: number;
  readonly tasks: readonly ManifestTask[];
  readonly validation: Located<string> | null;
}

export interface ManifestMergePoint {
  readonly id: string;
  readonly needs: readonly Located<string>[];
  readonly unlocks: readonly Located<string>[];
  readonly verify: readonly string[];
}

/** An interface file of the plan. `path` is relative to the plan directory. */
export interface ManifestContract {
  readonly path: string;
  /** Where the file is written in the repository before any agent starts; `null`: it is context only. */
  readonly target: string | null;
  readonly provider: string | null;
  readonly consumers: readonly string[];
}

export interface DependencyChanges {
  readonly add: readonly string[];
  readonly upgrade: readonly string[];
  readonly remove: readonly string[];
  readonly addDev: readonly string[];
}

/** What a plan may cost in all. `null`: as much as it takes. */
export interface Budget {
  /** Money of all attempts of the plan, as far as their agents tell it. */
  readonly costUsd: number | null;
  /** Tokens that went in and came out, of all attempts. */
  readonly tokens: number | null;
  /** Minutes of one call of `run`. */
  readonly minutes: number | null;
}

export interface PlanLimits {
  readonly maxParallel: number | null;
  /** Attempts after the first that feed a failing check back to the agent. The method allows two. */
  readonly maxRetries: number;
  readonly timeoutMinutes: number;
  /** Of one slice. */
  readonly maxCostUsd: number | null;
  /** Of the plan: what it may cost in all. */
  readonly budget: Budget;
}

export interface Manifest {
  readonly file: string;
  /** `current` is the documented form, `legacy` the older `version, tech_spec{...}, tasks{...}`. */
  readonly form: 'current' | 'legacy';
  readonly techSpecId: string;
  readonly name: string | null;
  readonly title: string | null;
  readonly technology: string | null;
  readonly specPath: string | null;
  readonly waves: readonly ManifestWave[];
  readonly workstreams: readonly { readonly id: string; readonly name: string; readonly boundary: readonly string[] }[];
  readonly mergePoints: readonly ManifestMergePoint[];
  readonly contracts: readonly ManifestContract[];
  readonly layers: Readonly<Record<string, readonly string[]>>;
  readonly limits: PlanLimits;
  readonly dependencies: Readonly<Record<string, DependencyChanges>>;
  readonly sandbox: SandboxSetting;
  /** Commands run in a fresh worktree before its agent starts; `null`: not said, so the table of set-ups has them. */
  readonly setup: readonly string[] | null;
  readonly metadata: {
    readonly totalTasks: Located<number> | null;
    readonly maxParallel: Located<number> | null;
    readonly criticalPath: readonly Located<string>[];
  };
}
