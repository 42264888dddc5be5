import type { Plan } from '../plan/model.ts';
import type { Violation } from '../audit/report.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Doubt } from './doubt.ts';
import type { Decision, FailureReason, FileChange, RunEnd, RunEvent, Stop } from './model.ts';
import type { Spent } from './spent.ts';
import type { Warning } from './warning.ts';
import type { CheckpointState, PlanStateName, SliceState } from './states.ts';

/** What is known of one run: its events, and whether its runner still lives. The only impure fact, collected by node. */
export interface RunFacts {
  readonly runId: string;
  readonly events: readonly RunEvent[];
  readonly alive: boolean;
  /** What is known of how its record came to be; absent where nobody asked. */
  readonly record?: RunRecord;
}

/** Who wrote a run's record, and what in it is not as they left it. */
export interface RunRecord {
  /** By the lines that count. `none`: there are no lines. */
  readonly origin: 'own' | 'foreign' | 'plain' | 'none';
  /** The digest of its last line that counts. */
  readonly digest: string | null;
  /** SHA-256 of the whole record; `null` for one's own, which holds line by line. */
  readonly content: string | null;
  /** Numbers of lines that Slicewave did not write, or that came after the end. */
  readonly strange: readonly number[];
  /** Numbers of lines that are no events, or not even JSON. */
  readonly damaged: readonly number[];
  /** Places where lines are missing. */
  readonly gaps: number;
  /** Why there are no lines although there is a record: the code of the system's error. */
  readonly unreadable?: string;
}

export interface PlanFacts {
  readonly plan: Plan;
  readonly graph: PlanGraph;
  readonly decisions: readonly Decision[];
  /** In order of run id, which is the order of time. */
  readonly runs: readonly RunFacts[];
  /** What is to be said of the facts themselves. */
  readonly warnings?: readonly Warning[];
  /** Now, in milliseconds since the epoch: for "running 12m" and nothing else. */
  readonly now: number;
}

/** A check that did not pass and that nobody waived. */
export interface FailedCheck {
  readonly command: string;
  /** What came of it, as the rest of a sentence: `ended with 1`. */
  readonly outcome: string;
  /** The last lines of what it printed. */
  readonly output: string;
}

export interface RunView {
  readonly runId: string;
  readonly attempt: number;
  readonly mode: string;
  readonly state: SliceState;
  readonly end: RunEnd | null;
  readonly alive: boolean;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly adapter: string | null;
  readonly sessionId: string | null;
  readonly baseCommit: string | null;
  readonly snapshotCommit: string | null;
  readonly commit: string | null;
  readonly filesChanged: readonly FileChange[];
  readonly testsPassed: boolean | null;
  readonly costUsd: number;
  /** That went in and came out. */
  readonly tokens: number;
  /** What its time went on, until its last event; `null` where that has no times. */
  readonly spent: Spent | null;
  /** What confined it, or why nothing did; `null` when that is not known. */
  readonly sandbox: { readonly by: string | null; readonly whyNot: string | null } | null;
  readonly stop: Stop | null;
  /** What the audit found outside of the worktree and no person is known to have done. */
  readonly violations: readonly Violation[];
  /** Paths of the primary checkout that somebody changed while it worked; nothing shows who. */
  readonly changedMeanwhile: readonly string[];
  readonly failure: { readonly reason: FailureReason; readonly detail: string } | null;
  /** How its runner died, where whoever launched it saw that. */
  readonly died: string | null;
  /** Its checks that did not pass, with the end of what each printed. */
  readonly failedChecks: readonly FailedCheck[];
  /** What its checks prove less than they seem to, in the order in which it was found. */
  readonly doubts: readonly Doubt[];
  /** Claims of its agent that observation refutes. */
  readonly refuted: readonly string[];
}

/** `continue` goes on where the last run stopped; `check` only repeats the gate, the agent's work being done. */
export interface NextAttempt {
  readonly attempt: number;
  readonly mode: 'fresh' | 'continue' | 'check';
  readonly why: 'first' | 'interrupted' | 'answered' | 'approved' | 'retried' | 'checks-failed' | 'agent-failed';
}

/** What a person decided about a slice or a checkpoint, as a report tells it. */
export interface PersonsWord {
  readonly what: 'approved' | 'skipped';
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** What was approved: paths, and what need not pass. Empty: that it was seen. */
  readonly approved: readonly string[];
  /** Why it was skipped. */
  readonly reason: string | null;
}

export interface SliceView {
  readonly id: string;
  readonly title: string;
  readonly state: SliceState;
  readonly wave: number;
  readonly batch: number;
  readonly workstream: string | null;
  /** Unfinished slices and merge points it waits for. */
  readonly blockedBy: readonly string[];
  readonly runs: readonly RunView[];
  /** The last run. */
  readonly run: RunView | null;
  readonly branch: string;
  readonly worktree: string | null;
  /** Of its last run. */
  readonly doubts: readonly Doubt[];
  /** Of the last run in which its agent reported: an approval later on takes nothing back. */
  readonly refuted: readonly string[];
  /** Approvals, and that it was skipped where it still is, oldest first. */
  readonly decided: readonly PersonsWord[];
  /** Of all its runs: see there. */
  readonly changedMeanwhile: readonly string[];
  /** The verified commit, once there is one. */
  readonly commit: string | null;
  readonly runningMs: number | null;
  /** Remaining slack in minutes, recomputed from what really happened. */
  readonly slackMinutes: number;
  readonly critical: boolean;
  /** The attempt that would come next, when there is one to make and nothing it waits for. */
  readonly next: NextAttempt | null;
}

/** A merge point, or a wave's validation: named slices merged together and checked. */
export interface CheckpointView {
  readonly id: string;
  readonly kind: 'merge-point' | 'wave';
  readonly needs: readonly string[];
  readonly unlocks: readonly string[];
  readonly verify: readonly string[];
  readonly state: CheckpointState;
  /** A person let it go by: it counts as reached, and nothing was merged or checked. */
  readonly skipped: boolean;
  /** As of a slice. */
  readonly decided: readonly PersonsWord[];
  readonly waitingFor: readonly string[];
  readonly run: RunView | null;
  /** The merged commit, once reached. */
  readonly commit: string | null;
}

/** What a person can do about something that waits. `revert`: another attempt, with the paths in question put back first. */
export type Way = 'approve' | 'revert' | 'answer' | 'retry' | 'skip';

/** An entry of the attention queue: a slice that waits for the person. */
export interface Attention {
  readonly slice: string;
  readonly runId: string;
  readonly condition: string;
  readonly detail: string;
  readonly question: string;
  readonly paths: readonly string[];
  /** Of its run. */
  readonly violations: readonly Violation[];
  /** Of its run. */
  readonly failedChecks: readonly FailedCheck[];
  /** Exactly what settles it. */
  readonly ways: readonly Way[];
  /** Slices that cannot start before this one is settled, directly or not. */
  readonly unblocks: readonly string[];
}

export interface BatchView {
  readonly number: number;
  readonly waves: readonly number[];
  readonly slices: readonly string[];
  readonly done: number;
  readonly total: number;
  readonly state: 'done' | 'active' | 'blocked' | 'ready';
}

/** The state shown anywhere: a pure fold over plan, decisions and runs. */
export interface PlanState {
  readonly plan: string;
  /** Its directory, relative to the repository. */
  readonly dir: string;
  readonly title: string;
  readonly state: PlanStateName;
  readonly baseCommit: string | null;
  readonly preparedCommit: string | null;
  readonly integrationBranch: string;
  readonly slices: readonly SliceView[];
  readonly checkpoints: readonly CheckpointView[];
  readonly batches: readonly BatchView[];
  readonly attention: readonly Attention[];
  /** What a person should know before they go by all this. */
  readonly warnings: readonly Warning[];
  /** Remaining critical path, recomputed from what really happened; merge points stand in their places. */
  readonly criticalPath: readonly string[];
  readonly remainingMinutes: number;
  readonly costUsd: number;
  readonly tokens: number;
}
