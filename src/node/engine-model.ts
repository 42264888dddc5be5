import type { Answer } from '../core/decompose/answer.ts';
import type { Making } from '../core/decompose/preview.ts';
import type { DecomposerId } from '../core/decompose/table.ts';
import type { Finding } from '../core/text/finding.ts';
import type { Judgement } from '../core/judge/judge.ts';
import type { Plan, PlanFiles } from '../core/plan/model.ts';
import type { PlanGraph } from '../core/plan/graph-model.ts';
import type { ReplanSummary } from '../core/replan/changes-text.ts';
import type { Operation } from '../core/replan/operations.ts';
import type { Reconciliation } from '../core/replan/reconcile.ts';
import type { Result } from '../core/text/result.ts';
import type { Trace } from '../core/run/model.ts';
import type { Action, RunLimits } from '../core/run/limits-model.ts';
import type { PlanState } from '../core/run/state-model.ts';
import type { AgentId } from '../core/agent/agents.ts';

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
  /** For the preview: who made it, and how. */
  readonly making: Making;
  /** What there is to say of it, whoever made it. */
  readonly judgement: Judgement;
}

/** Where the new plan comes from: edits of this one, or its spec decomposed anew (into the same directory). */
export type ReplanChange =
  | { readonly kind: 'operations'; readonly operations: readonly Operation[] }
  | { readonly kind: 'decomposition'; readonly decomposition: Pick<Decomposition, 'files' | 'loaded'> };

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

/** What is needed of a plan to write it. */
export type WritablePlan = Pick<Decomposition, 'dir' | 'files' | 'loaded'>;

/** One turn with an agent that decomposes a spec. */
export interface DecomposerTurn {
  readonly prompt: string;
  /** The session of the earlier turn; `null` starts one. */
  readonly sessionId: string | null;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface DecomposerAnswer {
  /** Not validated: an object, or what keeps the answer from being one, in words for the agent. */
  readonly answer: Answer;
  readonly sessionId: string;
}

export type DecomposerAgent = (turn: DecomposerTurn) => Promise<Result<DecomposerAnswer, EngineFailure>>;

export interface DecomposeOptions {
  /** Who cuts the slices. Default: the importer that knows the file, else `otherwise`. */
  readonly with?: DecomposerId;
  /** Who cuts the slices of a file that no importer knows. Default `structure`. */
  readonly otherwise?: DecomposerId;
  /** The plan directory, relative to the root. Default `parallel/<spec id and name>`. */
  readonly dir?: string;
  /** Model an agent is asked to use. */
  readonly model?: string;
  /** Program and arguments, for `command`. */
  readonly command?: readonly string[];
  /** How often an agent is told what does not hold, after its first answer. Default 2. */
  readonly corrections?: number;
  /** Takes what an agent answered last for this spec instead of asking anybody; the spec must not have changed since. */
  readonly last?: boolean;
  /** The language model of the editor, for `editor`; only VS Code has one. */
  readonly editorModel?: DecomposerAgent;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
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
  /** The slice, or the checkpoint (`MP1`, `wave-2`). */
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
  readonly state: 'passed' | 'failed' | 'conflict';
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
  /** Nothing is written: the result is shown (`previewOf`) and, when the person accepts it, given to `write`. */
  decompose(specFile: string, options: DecomposeOptions): Promise<Result<Decomposition, EngineFailure>>;
  /** Writes a decomposition whole or not at all. An existing plan is replaced only with `replace`. */
  write(
    decomposition: WritablePlan,
    options: { readonly replace: boolean },
  ): Promise<Result<{ readonly dir: string }, EngineFailure>>;
  /** Everything that can be said of a plan as it stands; starts nothing but git. */
  judge(
    planDir: string,
    options?: { readonly signal?: AbortSignal; readonly onProgress?: (text: string) => void },
  ): Promise<Result<{ readonly loaded: LoadedPlan; readonly judgement: Judgement }, EngineFailure>>;
  /** What a change of a plan would do, in the light of what already happened. Nothing is written; a plan may be running. */
  previewReplan(request: ReplanRequest): Promise<Result<ReplanPreview, EngineFailure>>;
  /** Does what a preview showed, or nothing when something that matters happened since. */
  applyReplan(preview: ReplanPreview): Promise<Result<{ readonly written: readonly string[] }, EngineFailure>>;
  /** Puts back the plan as it was before the last change. */
  undoReplan(
    planDir: string,
  ): Promise<Result<{ readonly restored: readonly string[]; readonly summary: string }, EngineFailure>>;
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
