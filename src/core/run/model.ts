import type { Doubt } from './doubt.ts';
import type { TestCounts } from './test-counts.ts';
import type { AuditedDifference } from '../audit/report.ts';

/** The files a slice's run changed, as git saw them. */
export interface FileChange {
  readonly path: string;
  /** For renames and copies: where it came from. */
  readonly from?: string;
  readonly change: 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'type-changed';
  /** Lines; `null` for binary files. */
  readonly additions: number | null;
  readonly deletions: number | null;
  /** Git modes, octal: `100644`, `100755`, `120000` (symlink), `160000` (submodule), `000000` (absent). */
  readonly oldMode: string;
  readonly newMode: string;
  /** For symlinks: the target as stored. */
  readonly linkTarget?: string;
  readonly inScope: boolean;
  readonly symbols: readonly string[];
}

export interface CommandRun {
  readonly command: string;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
  readonly at: string;
  /** `agent`: seen in the agent's event stream. `setup`: run by the tool before the agent. */
  readonly source: 'agent' | 'setup';
}

export interface Verification {
  readonly command: string;
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** The last part of what it printed, secrets redacted. */
  readonly output: string;
  /** The same command on the base, run when it failed on the slice. */
  readonly baseExitCode?: number | null;
  /** Set when a person decided that this failure does not block. */
  readonly waived?: boolean;
  /** The tests in its output; absent when it prints no numbers that are known. */
  readonly counts?: TestCounts;
  /** `no-coverage`: it succeeded but ran no test, skipped all, or replayed an earlier result: that proves nothing. */
  readonly outcome: 'passed' | 'failed' | 'no-coverage' | 'not-found' | 'timed-out';
}

export interface RiskNote {
  readonly summary: string;
  readonly severity: 'low' | 'medium' | 'high' | 'critical';
  readonly suggestedAction: string;
}

/** What the agent said of itself in its final report. A claim, never evidence. */
export interface Claims {
  readonly status: 'COMPLETE' | 'NEEDS_INPUT' | 'BLOCKED' | null;
  readonly specSummary: string | null;
  readonly slicePlan: string | null;
  readonly filesChanged: readonly string[] | null;
  readonly commandsRun: readonly string[] | null;
  readonly testsPassed: boolean | null;
  /** How many tests it says have passed; absent in runs recorded before that was read. */
  readonly testCount?: number | null;
  readonly riskNotes: readonly RiskNote[];
  readonly reviewNeeded: boolean | null;
  readonly question: string | null;
  readonly learnings: readonly string[];
}

/** Why a slice stopped and asks. */
export type StopCondition =
  | 'unclear-instructions'
  | 'unexpected-scope'
  | 'secrets-auth-production'
  | 'tests-failing'
  | 'unverified'
  | 'time-limit'
  | 'cost-limit'
  /** Something else stands where the slice's worktree was: no git is started there. */
  | 'worktree-replaced'
  | 'agent-stopped'
  /** Its runner came to no end, twice at the same point. */
  | 'runner-died'
  /** Something outside of its worktree changed, and nothing shows that it was a person. */
  | 'outside-worktree';

export interface Stop {
  readonly condition: StopCondition;
  /** One line for lists. */
  readonly detail: string;
  /** What the person is asked. */
  readonly question: string;
  /** The paths in question, for scope and secrets. */
  readonly paths: readonly string[];
}

/** Why a run failed for good, as far as that run can tell. */
export type FailureReason =
  | 'agent-missing'
  | 'sandbox-missing'
  | 'agent-failed'
  | 'base-conflict'
  | 'setup-failed'
  | 'worktree-failed'
  | 'tests-failing'
  | 'git-failed'
  | 'write-failed'
  | 'stopped-by-user'
  | 'internal';

/** How a run ended. A run without an end is still going, or died: `interrupted`. */
export type RunEnd = 'verified' | 'needs_input' | 'stopped' | 'failed';

/** One line of `events.jsonl`. `t` is ISO 8601 in UTC. The runner is the only writer. */
export type RunEvent = { readonly v: 1; readonly t: string } & RunEventBody;

export type RunEventBody =
  | {
      readonly type: 'run_started';
      readonly run_id: string;
      readonly plan: string | null;
      /** The slice, or a checkpoint's id (`MP1`, `wave-2`), or `null` for `exec -- command`. */
      readonly slice: string | null;
      readonly attempt: number;
      /** Older runs of checkpoints say `gate`. */
      readonly mode: 'fresh' | 'continue' | 'check' | 'checkpoint' | 'wrap';
      readonly pid: number;
      readonly pid_started: string;
      readonly host: string;
      /** Machine, boot and namespace of process numbers, as far as they are known; absent in runs of earlier versions. */
      readonly machine?: string;
      readonly boot?: string;
      readonly space?: string;
      readonly worktree: string;
      readonly branch: string | null;
    }
  | { readonly type: 'base'; readonly commit: string; readonly from: readonly string[] }
  /** What confines the agent and the checks of this run: name and version, or why nothing does. */
  | { readonly type: 'sandbox'; readonly by: string | null; readonly why_not: string | null }
  | {
      readonly type: 'worktree_ready';
      readonly setup: readonly CommandRun[];
      /** A digest of the files that say what a set-up installs; absent: it failed, or belongs to no agent's worktree. */
      readonly inputs?: string;
    }
  | {
      readonly type: 'context';
      readonly tokens: number;
      readonly layers: readonly { readonly name: string; readonly tokens: number }[];
    }
  /** What a person took back is put back in the worktree; `decisions`: those that said so, by their `t`. */
  | { readonly type: 'reverted'; readonly decisions: readonly string[]; readonly paths: readonly string[] }
  | {
      readonly type: 'agent_started';
      readonly adapter: string;
      readonly version: string | null;
      readonly session_id: string;
      readonly pid: number;
    }
  | {
      readonly type: 'agent_session';
      readonly session_id: string;
      readonly model: string | null;
      readonly version: string | null;
    }
  | {
      readonly type: 'agent_command';
      readonly command: string;
      readonly exit_code: number | null;
      readonly duration_ms: number | null;
    }
  | { readonly type: 'agent_edit'; readonly tool: string; readonly path: string }
  | { readonly type: 'agent_denied'; readonly tool: string; readonly target: string; readonly reason: string }
  | {
      readonly type: 'agent_usage';
      readonly input_tokens: number;
      readonly output_tokens: number;
      readonly cost_usd: number | null;
    }
  /** The agent shows that it has its prompt, and with it what these decisions (by their `t`) say. */
  | { readonly type: 'delivered'; readonly decisions: readonly string[] }
  | { readonly type: 'agent_report'; readonly claims: Claims }
  | { readonly type: 'note'; readonly note: RiskNote }
  | {
      readonly type: 'agent_exited';
      readonly code: number | null;
      readonly signal: string | null;
      readonly is_error: boolean;
      readonly reason: string;
    }
  /** What all runs share and was not as before when the agent had ended. */
  | { readonly type: 'audited'; readonly found: readonly AuditedDifference[] }
  | { readonly type: 'snapshot'; readonly commit: string; readonly tree: string }
  | { readonly type: 'scope_checked'; readonly files: readonly FileChange[]; readonly violations: readonly string[] }
  | { readonly type: 'verification'; readonly result: Verification }
  /** A check on the commit that the slice stands on, before its agent or at the gate. */
  | { readonly type: 'base_checked'; readonly commit: string; readonly result: Verification }
  | { readonly type: 'doubted'; readonly doubt: Doubt }
  | {
      readonly type: 'verified';
      readonly tree: string /** `null`: a person approved without any check. */;
      readonly tests_passed: boolean | null;
    }
  | { readonly type: 'committed'; readonly commit: string }
  | {
      readonly type: 'ended';
      readonly end: RunEnd;
      readonly reason: FailureReason | null;
      readonly detail: string | null;
      readonly stop: Stop | null;
    };

/** One line of `.agent-runs/plans/<plan>.jsonl`: decisions of the person and of the scheduler. */
export type Decision = { readonly v: 1; readonly t: string; readonly by: string } & DecisionBody;

export type DecisionBody =
  | {
      readonly type: 'plan_started';
      readonly base_commit: string;
      readonly base_name: string | null;
      readonly prepared_commit: string;
    }
  | { readonly type: 'answered'; readonly slice: string; readonly run_id: string; readonly text: string }
  | {
      readonly type: 'approved';
      readonly slice: string;
      readonly run_id: string;
      readonly paths: readonly string[];
      readonly waive: readonly string[];
    }
  /** Run again; `revert` puts these paths back to the base first. */
  | {
      readonly type: 'retried';
      readonly slice: string;
      readonly run_id: string | null;
      readonly revert: readonly string[];
      readonly note: string | null;
    }
  | { readonly type: 'skipped'; readonly slice: string; readonly reason: string | null }
  | { readonly type: 'stop_asked'; readonly slice: string; readonly run_id: string }
  | {
      readonly type: 'integrated';
      readonly commit: string;
      readonly branch: string;
      readonly slices: readonly string[];
    }
  /** A branch is to take this commit in. It stands until it was merged or refused, whoever dies in between. */
  | { readonly type: 'merge_asked'; readonly commit: string; readonly into: string }
  | { readonly type: 'merge_refused'; readonly into: string; readonly reason: string }
  | { readonly type: 'merged'; readonly commit: string; readonly into: string }
  /** The plan was changed while under way. A slice that was cut keeps its runs, so none other may take its name. */
  | {
      readonly type: 'replanned';
      readonly summary: string;
      readonly added: readonly string[];
      readonly cut: readonly string[];
      readonly changed: readonly string[];
    }
  /**
   * From here on lines carry digests: what had none before is named with the digest of its content, and what has none and
   * is not named was not written by Slicewave.
   */
  | {
      readonly type: 'evidence_began';
      readonly runs: Readonly<Record<string, string>>;
      /** Of the decisions before this one that have no digest. */
      readonly decisions: string;
    }
  /** What the plan is run by from here on: the digest of its files, and the git object that keeps them. */
  | { readonly type: 'plan_fixed'; readonly digest: string; readonly object: string }
  /** A person vouches for what another machine's key signed: runs by the digest of their content, decisions by their own. */
  | { readonly type: 'trusted'; readonly runs: Readonly<Record<string, string>>; readonly lines: readonly string[] }
  /** A runner came to no end while whoever launched it looked on. `detail`: how, as the end of a sentence. */
  | { readonly type: 'runner_died'; readonly run_id: string; readonly node: string; readonly detail: string }
  /** A run is over: what its record says, and the last digest in it, so that nobody can take it back. */
  | {
      readonly type: 'run_ended';
      readonly run_id: string;
      /** Slice or checkpoint. Not called `slice`: nobody decided anything about it. */
      readonly node: string;
      readonly digest: string;
      /** Its outcome, should its record be lost: from its start over its commit to its end. */
      readonly events: readonly RunEvent[];
    };

/** `trace.json`: the summary of one run, as released (`v: 1`). */
export interface Trace {
  readonly v: 1;
  readonly run_id: string;
  readonly plan: string | null;
  readonly slice: string | null;
  readonly attempt: number;
  readonly agent: {
    readonly adapter: string;
    readonly version: string | null;
    readonly session_id: string | null;
    readonly model: string | null;
  };
  readonly base_commit: string | null;
  readonly snapshot_commit: string | null;
  readonly commit: string | null;
  readonly branch: string | null;
  readonly worktree: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly state: string;
  /** `detail`: what went wrong, of a run that failed; absent in traces of earlier versions. */
  readonly exit: { readonly code: number | null; readonly reason: string | null; readonly detail?: string };
  readonly spec_summary: string | null;
  readonly slice_plan: string | null;
  readonly files_changed: readonly {
    readonly path: string;
    readonly change: string;
    readonly additions: number | null;
    readonly deletions: number | null;
    readonly in_scope: boolean;
    readonly symbols: readonly string[];
  }[];
  readonly commands_run: readonly {
    readonly command: string;
    readonly exit_code: number | null;
    readonly duration_ms: number | null;
    readonly at: string;
    readonly source: string;
  }[];
  readonly verification: readonly {
    readonly command: string;
    readonly exit_code: number | null;
    readonly duration_ms: number;
    readonly output: string;
    readonly base_exit_code?: number | null;
    readonly waived?: boolean;
    readonly outcome: string;
  }[];
  /** `null`: no check ran, so nothing is known ("unverified"). */
  readonly tests_passed: boolean | null;
  readonly claims: {
    readonly status: string | null;
    readonly files_changed: readonly string[] | null;
    readonly commands_run: readonly string[] | null;
    readonly tests_passed: boolean | null;
    readonly review_needed: boolean | null;
    readonly learnings: readonly string[];
  };
  readonly contradictions: readonly string[];
  /** Absent in traces of earlier versions. */
  readonly doubts?: readonly Doubt[];
  readonly risk_notes: readonly {
    readonly summary: string;
    readonly severity: string;
    readonly suggested_action: string;
  }[];
  readonly review_needed: boolean;
  readonly denied: readonly { readonly tool: string; readonly target: string; readonly reason: string }[];
  readonly stop: {
    readonly condition: string;
    readonly detail: string;
    readonly question: string;
    readonly paths: readonly string[];
  } | null;
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number; readonly cost_usd: number | null };
  readonly context: {
    readonly tokens: number;
    readonly layers: readonly { readonly name: string; readonly tokens: number }[];
  };
  /** `null`: the run ended before it was settled, or is older than this field. */
  readonly sandbox: { readonly by: string | null; readonly why_not: string | null } | null;
}
