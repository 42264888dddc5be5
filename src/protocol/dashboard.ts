import { adviceOn, stopRow } from '../core/run/stops.ts';
import { isActive, isSettled } from '../core/run/states.ts';
import { violationText } from '../core/audit/report.ts';
import type { Attention, PlanState, RunView, SliceView } from '../core/run/state-model.ts';

/**
 * What passes between the extension and its dashboard: state down, commands up, one closed union each way. Both ends
 * check what they receive, because a restored or outdated webview may speak an older version of this.
 */

/** What the plan files say of a slice, beside its state: for the detail pane. */
export interface SliceDetail {
  /** The task spec, relative to the repository. */
  readonly file: string;
  readonly estimateMinutes: number;
  readonly create: readonly string[];
  readonly modify: readonly string[];
  readonly boundary: readonly string[];
  readonly verify: readonly string[];
  readonly deps: readonly string[];
}

/** Everything the dashboard shows; always sent whole. */
export interface DashboardSnapshot {
  readonly planDir: string;
  /** Name of the repository's folder. */
  readonly repository: string;
  readonly state: PlanState;
  readonly details: Readonly<Record<string, SliceDetail>>;
  /** Whether this window drives the plan. */
  readonly driving: boolean;
  /** Whether anything may be started: the workspace is trusted. */
  readonly trusted: boolean;
}

export type ToDashboard =
  | { readonly type: 'snapshot'; readonly root: string; readonly snapshot: DashboardSnapshot }
  | { readonly type: 'select'; readonly slice: string }
  /** There is nothing to show: why, and what to do. */
  | { readonly type: 'failure'; readonly message: string; readonly remedy: string };

/** What can be done with one slice or checkpoint. */
export type SliceAction =
  | 'run'
  | 'stop'
  | 'answer'
  | 'approve'
  | 'retry'
  | 'skip'
  | 'worktree'
  | 'terminal'
  | 'trace'
  | 'diff'
  | 'inspect'
  | 'task';

/** What confined a run, or why nothing did; `null` when that is not known. */
export function confinementOf({ sandbox }: RunView): string | null {
  if (!sandbox) return null;
  return sandbox.by === null ? `not confined: ${sandbox.whyNot ?? 'unknown'}` : `confined by ${sandbox.by}`;
}

/** Known to have run without a sandbox: that stays visible with the slice, whatever became of it. */
export function isUnconfined(run: RunView | null): boolean {
  return run?.sandbox?.by === null;
}

export type FromDashboard =
  | { readonly type: 'ready' }
  | { readonly type: 'run-plan' }
  | { readonly type: 'run-wave'; readonly wave: number }
  | { readonly type: 'stop-plan' }
  | { readonly type: 'integrate' }
  | { readonly type: 'copy' }
  /** Something to do with a slice or a checkpoint; `run` names an earlier run for trace, diff and inspect. */
  | { readonly type: 'slice'; readonly action: SliceAction; readonly slice: string; readonly run: string | null }
  /** The person's answer to a slice's question, typed in the dashboard. */
  | { readonly type: 'answer'; readonly slice: string; readonly text: string }
  | { readonly type: 'file'; readonly slice: string; readonly run: string; readonly path: string };

const SLICE_ACTIONS: ReadonlySet<string> = new Set<SliceAction>([
  'run',
  'stop',
  'answer',
  'approve',
  'retry',
  'skip',
  'worktree',
  'terminal',
  'trace',
  'diff',
  'inspect',
  'task',
]);

/** A command as sent by the dashboard, or `null` when it is none. */
export function readFromDashboard(value: unknown): FromDashboard | null {
  if (!isRecord(value)) return null;
  const { type, slice, run, wave, text, path, action } = value;
  switch (type) {
    case 'ready':
    case 'run-plan':
    case 'stop-plan':
    case 'integrate':
    case 'copy':
      return { type };
    case 'run-wave':
      return typeof wave === 'number' && Number.isInteger(wave) ? { type, wave } : null;
    case 'slice':
      return typeof slice === 'string' && isSliceAction(action) && (run === null || typeof run === 'string')
        ? { type, action, slice, run }
        : null;
    case 'answer':
      return typeof slice === 'string' && typeof text === 'string' && text.trim() !== '' ? { type, slice, text } : null;
    case 'file':
      return typeof slice === 'string' && typeof run === 'string' && typeof path === 'string'
        ? { type, slice, run, path }
        : null;
    default:
      return null;
  }
}

/** A message as sent by the extension, or `null` when it is none. */
export function readToDashboard(value: unknown): ToDashboard | null {
  if (!isRecord(value)) return null;
  const { type, root, snapshot, slice, message, remedy } = value;
  switch (type) {
    case 'snapshot':
      return typeof root === 'string' && isSnapshot(snapshot) ? { type, root, snapshot } : null;
    case 'select':
      return typeof slice === 'string' ? { type, slice } : null;
    case 'failure':
      return typeof message === 'string' && typeof remedy === 'string' ? { type, message, remedy } : null;
    default:
      return null;
  }
}

/** What the webview keeps over a reload, so that the extension can fill the panel again; `null` when it is none. */
export function readDashboardMemory(value: unknown): { readonly root: string; readonly planDir: string } | null {
  if (!isRecord(value)) return null;
  const { root, planDir } = value;
  return typeof root === 'string' && typeof planDir === 'string' ? { root, planDir } : null;
}

/** What makes sense for a slice as it stands; the same in the tree, its menus and the dashboard. */
export function actionsOf(slice: SliceView, attention: Attention | null): ReadonlySet<SliceAction> {
  const actions = new Set<SliceAction>(['task']);
  const { state } = slice;
  if (canRun(slice)) actions.add('run');
  if (isActive(state)) actions.add('stop').add('terminal');
  if (attention) {
    // Putting back is asked about at the retry.
    for (const way of ['retry', 'skip', 'answer', 'approve'] as const)
      if (attention.ways.includes(way)) actions.add(way);
  } else if (!isSettled(state) && !isActive(state)) actions.add('skip');
  if (slice.worktree !== null) actions.add('worktree');
  if (slice.run !== null) actions.add('trace').add('diff').add('inspect');
  return actions;
}

/** Whether running the slice would start something now. Running what failed is asking for another attempt. */
export function canRun(slice: SliceView): boolean {
  return !isActive(slice.state) && (slice.next !== null || slice.state === 'failed');
}

/** Whether running the plan would start something now. */
export function canRunPlan(state: PlanState): boolean {
  return (
    state.slices.some(canRun) ||
    state.checkpoints.some((checkpoint) => checkpoint.state === 'ready' || checkpoint.state === 'failed')
  );
}

/**
 * What to say first of something that waits: the agent's own question, or else what the gate found. Of several findings
 * of the audit it is the first: the others stand below it.
 */
export function headlineOf(attention: Attention): string {
  const [first, ...rest] = attention.violations;
  if (first) return rest.length === 0 ? violationText(first) : `${violationText(first)} (and ${rest.length} more)`;
  const asks = attention.condition === 'unclear-instructions';
  return asks ? attention.question || attention.detail : attention.detail || attention.question;
}

/** What can be done about something that waits for the person. Checkpoints have no question to answer. */
export function attentionActions(state: PlanState, attention: Attention): ReadonlySet<SliceAction> {
  const slice = state.slices.find((entry) => entry.id === attention.slice);
  return slice ? actionsOf(slice, attention) : new Set<SliceAction>(['retry', 'skip', 'trace']);
}

/** The paths in question that are files of the slice's own worktree, so that their changes can be shown. */
export function filesInQuestion(attention: Attention): readonly string[] {
  return stopRow(attention.condition)?.revert ? attention.paths : [];
}

/** What a person does about something that waits: its own question, or for a violation what helps. */
export function adviceOf(attention: Attention): string {
  const advice = adviceOn(attention);
  if (advice !== '') return advice;
  return attention.question === headlineOf(attention) ? '' : attention.question;
}

function isSliceAction(value: unknown): value is SliceAction {
  return typeof value === 'string' && SLICE_ACTIONS.has(value);
}

/** The sender is our own extension, so the parts are not checked one by one: this finds versions that do not match. */
function isSnapshot(value: unknown): value is DashboardSnapshot {
  if (!isRecord(value) || !isRecord(value['state']) || !isRecord(value['details'])) return false;
  const state = value['state'];
  const lists = [state['slices'], state['checkpoints'], state['batches'], state['attention'], state['criticalPath']];
  return typeof value['planDir'] === 'string' && lists.every((list) => Array.isArray(list));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
