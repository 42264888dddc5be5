import type { Finding } from '../core/finding.ts';
import type { Plan, PlanFiles } from '../core/plan/model.ts';
import type { PlanGraph } from '../core/plan/graph-model.ts';
import type { Result } from '../core/result.ts';
import type { Trace } from '../core/run/model.ts';
import type { Action, RunLimits } from '../core/run/limits-model.ts';
import type { PlanState } from '../core/run/state-model.ts';
import type { AgentId } from './agents/adapter.ts';

/** An expected failure, ready to be read by a person: what is wrong, where, and what to do next. */
export interface EngineFailure {
  readonly reason:
    | 'no-repository'
    | 'no-commits'
    | 'no-such-file'
    | 'bad-plan'
    | 'bad-spec'
    | 'exists'
    | 'busy'
    | 'not-waiting'
    | 'no-such-slice'
    | 'no-such-run'
    | 'not-started'
    | 'not-verified'
    | 'conflict'
    | 'failing'
    | 'agent'
    | 'cancelled'
    | 'git'
    | 'write';
  readonly message: string;
  /** What the person can do next, in one sentence. */
  readonly remedy: string;
  readonly findings?: readonly Finding[];
}

export interface LoadedPlan {
  readonly plan: Plan;
  readonly graph: PlanGraph;
  readonly findings: readonly Finding[];
  readonly files: PlanFiles;
}

/** A decomposition that was not written yet. */
export interface Decomposition {
  /** Relative to the repository: `parallel/TS-0042-inventory`. */
  readonly dir: string;
  readonly files: PlanFiles;
  readonly loaded: LoadedPlan;
  /** Whether that directory already holds a plan. */
  readonly exists: boolean;
}

/** How one attempt's runner process is started: as a child process (CLI) or in a terminal (VS Code). */
export interface Launcher {
  /**
   * Starts `slicewave exec <plan> <slice>` (argv in `args`, to be run by `program`) in `cwd` and resolves with its exit
   * code when it has ended. `null`: ended without one (closed, killed).
   */
  launch(command: LaunchCommand): Promise<number | null>;
}

export interface LaunchCommand {
  /** The slice, or the gate (`MP1`, `wave-2`). */
  readonly node: string;
  readonly title: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface RunRequest {
  readonly planDir: string;
  readonly limits: Partial<RunLimits>;
  /** Overrides the plan's agents. */
  readonly agent?: AgentId;
  /** Program and arguments for the `command` agent. */
  readonly agentCommand?: readonly string[];
  readonly model?: string;
  /** Commit to start from, when the plan was not started yet. Default `HEAD`. */
  readonly base?: string;
  readonly launcher: Launcher;
  /** Aborting stops cleanly: running attempts are asked to stop, snapshotted, and can be resumed. */
  readonly signal: AbortSignal;
  /** Go on waiting for answers instead of ending when only waiting slices are left. */
  readonly waitForAnswers?: boolean;
  /** What is done before the first slice starts, one line each. */
  readonly onProgress?: (text: string) => void;
  readonly onState?: (state: PlanState) => void;
  readonly onAction?: (action: Action) => void;
}

export type RunOutcome = 'done' | 'failed' | 'waiting' | 'interrupted';

export interface IntegrationReport {
  readonly v: 1;
  readonly plan: string;
  readonly state: 'passed' | 'failed' | 'conflict' | 'incomplete';
  readonly branch: string;
  readonly commit: string | null;
  readonly merged: readonly string[];
  readonly conflicts: readonly { readonly slice: string; readonly files: readonly string[] }[];
  readonly failing: readonly { readonly slice: string; readonly check: string }[];
  readonly checks: readonly {
    readonly name: string;
    readonly status: 'passed' | 'failed' | 'not-run';
    readonly details: string;
  }[];
  readonly report_path: string;
}

export interface RunSummary {
  readonly runId: string;
  readonly plan: string | null;
  readonly slice: string | null;
  readonly attempt: number;
  readonly state: string;
  readonly startedAt: string;
  readonly adapter: string | null;
}

/** The one door to everything that does I/O. `openEngine(dir)` in `engine.ts` finds the repository around `dir`. */
export interface Engine {
  /** Absolute path of the primary checkout's top level. */
  readonly root: string;
  /** Plan directories relative to the root, by name. */
  plans(): Promise<readonly string[]>;
  load(planDir: string): Promise<Result<LoadedPlan, EngineFailure>>;
  state(planDir: string): Promise<Result<PlanState, EngineFailure>>;
  /** Calls back once at the start and after every change (debounced); nothing runs while nothing changes. */
  watch(planDir: string, onState: (state: PlanState) => void): { close(): void };
  decompose(
    specFile: string,
    options: {
      readonly with?: 'structure' | 'claude' | 'codex';
      readonly signal?: AbortSignal;
      readonly onProgress?: (text: string) => void;
      readonly dir?: string;
    },
  ): Promise<Result<Decomposition, EngineFailure>>;
  /** Writes a decomposition whole or not at all. An existing plan is replaced only with `replace`. */
  write(
    decomposition: Decomposition,
    options: { readonly replace: boolean },
  ): Promise<Result<{ readonly dir: string }, EngineFailure>>;
  run(request: RunRequest): Promise<Result<{ readonly outcome: RunOutcome; readonly state: PlanState }, EngineFailure>>;
  answer(planDir: string, slice: string, text: string): Promise<Result<null, EngineFailure>>;
  /** Approves the paths or failing checks that the slice stopped on; scope growth is written into the task spec. */
  approve(planDir: string, slice: string): Promise<Result<{ readonly paths: readonly string[] }, EngineFailure>>;
  /** Another attempt; `revert` first puts what is out of scope back to the base (snapshotted before). */
  retry(
    planDir: string,
    slice: string,
    options: { readonly revert: boolean; readonly note?: string },
  ): Promise<Result<null, EngineFailure>>;
  skip(planDir: string, slice: string, reason?: string): Promise<Result<null, EngineFailure>>;
  /** Asks the slice's running attempt to stop; resolves when its runner has ended. */
  stop(planDir: string, slice: string): Promise<Result<null, EngineFailure>>;
  integrate(
    planDir: string,
    options: { readonly into?: string; readonly signal?: AbortSignal; readonly onProgress?: (text: string) => void },
  ): Promise<Result<IntegrationReport, EngineFailure>>;
  runs(filter?: { readonly plan?: string; readonly slice?: string }): Promise<readonly RunSummary[]>;
  trace(runId: string): Promise<Result<Trace, EngineFailure>>;
  /** The unified diff of a run: its base against its snapshot (live worktree state when it has none yet). */
  diff(runId: string): Promise<Result<string, EngineFailure>>;
  /** A file's content at a commit; `null` when it does not exist there. */
  fileAt(commit: string, path: string): Promise<Uint8Array | null>;
}
