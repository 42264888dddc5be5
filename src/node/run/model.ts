import type { AgentId } from '../../core/agent/agents.ts';
import type { Action, RunLimits } from '../../core/run/limits-model.ts';
import type { PlanState } from '../../core/run/state-model.ts';
import type { SandboxMode } from '../../core/sandbox/policy.ts';
import type { Launcher } from './launcher.ts';

/** What is asked of the scheduler. */
export interface RunRequest {
  readonly planDir: string;
  readonly limits: Partial<RunLimits>;
  /** Overrides the plan's agents. */
  readonly agent?: AgentId;
  /** Program and arguments for the `command` agent. */
  readonly agentCommand?: readonly string[];
  readonly model?: string;
  /** Overrides the plan's word on confinement. */
  readonly sandbox?: SandboxMode;
  /** Commit to start from, when the plan was not started yet. Default `HEAD`. */
  readonly base?: string;
  readonly launcher: Launcher;
  /** Aborting stops cleanly: running attempts are asked to stop, snapshotted, and can be resumed. */
  readonly signal: AbortSignal;
  /** Go on waiting for answers instead of ending when only waiting slices are left. */
  readonly waitForAnswers?: boolean;
  /** What is done before the first slice starts, one line each. */
  readonly onProgress?: (text: string) => void;
  /** What a person should see whatever else they look at, one line each. Without it, progress. */
  readonly onWarning?: (text: string) => void;
  readonly onState?: (state: PlanState) => void;
  readonly onAction?: (action: Action) => void;
}

/** `spent`: a budget is used up, and agents that are left were not started. */
export type RunOutcome = 'done' | 'failed' | 'waiting' | 'spent' | 'interrupted';

/** The comfortable number of agents for one person, by the method. Agents mostly wait for their model, not for a core. */
export const DEFAULT_PARALLEL = 4;
