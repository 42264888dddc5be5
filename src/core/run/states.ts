/**
 * Every state that a slice, a merge point or a plan can be in: one row each, read by the tree, the dashboard, the command
 * line and the language server. To add a state: a row here; what does not know it yet no longer compiles.
 */

/** How a state is meant. Terminal, tree and dashboard take their colours from it, and each says the state in words too. */
export type Tone = 'quiet' | 'next' | 'busy' | 'waits' | 'bad' | 'good';

/** What a state looks like. The tree has a codicon for each, the dashboard a drawing. */
export type StateIcon =
  | 'blocked'
  | 'ready'
  | 'turning'
  | 'checking'
  | 'question'
  | 'paused'
  | 'cut-off'
  | 'failed'
  | 'passed'
  | 'joining'
  | 'merged'
  | 'skipped';

/**
 * `open`: nothing was begun. `active`: a runner is at work on it right now. `asking`: it ended with
 * something for the person to settle. `cut-off`: its runner is gone. `failed`: it ended without the result. `proved`: its
 * work is done and was checked. `left-out`: it will not be done, and holds nothing up.
 */
type Phase = 'open' | 'active' | 'asking' | 'cut-off' | 'failed' | 'proved' | 'left-out';

interface Look {
  /** For people; the same word everywhere. */
  readonly label: string;
  readonly tone: Tone;
}

interface SliceStateRow extends Look {
  /** Where lines are narrow, when the label is not said there. */
  readonly brief?: string;
  readonly icon: StateIcon;
  readonly phase: Phase;
}

/** `pending`: waits for dependencies. `ready`: could start. The rest is what the last run shows. */
const SLICE_STATES = {
  pending: { label: 'blocked', icon: 'blocked', tone: 'quiet', phase: 'open' },
  ready: { label: 'ready', icon: 'ready', tone: 'next', phase: 'open' },
  preparing: { label: 'preparing', icon: 'turning', tone: 'busy', phase: 'active' },
  running: { label: 'running', icon: 'turning', tone: 'busy', phase: 'active' },
  checking: { label: 'checking scope', icon: 'checking', tone: 'busy', phase: 'active' },
  verifying: { label: 'verifying', icon: 'checking', tone: 'busy', phase: 'active' },
  needs_input: { label: 'needs input', icon: 'question', tone: 'waits', phase: 'asking' },
  stopped: { label: 'stopped', icon: 'paused', tone: 'waits', phase: 'asking' },
  interrupted: { label: 'interrupted', icon: 'cut-off', tone: 'waits', phase: 'cut-off' },
  failed: { label: 'failed', icon: 'failed', tone: 'bad', phase: 'failed' },
  verified: { label: 'verified', brief: 'ok', icon: 'passed', tone: 'good', phase: 'proved' },
  merged: { label: 'merged', icon: 'merged', tone: 'good', phase: 'proved' },
  skipped: { label: 'skipped', icon: 'skipped', tone: 'quiet', phase: 'left-out' },
} as const satisfies Record<string, SliceStateRow>;

export type SliceState = keyof typeof SLICE_STATES;

/** Every state of a slice, in the order in which a slice comes to them. */
export const SLICE_STATE_NAMES = Object.keys(SLICE_STATES) as readonly SliceState[];

/** The row of a slice's state, or of a run's. */
export function sliceStateRow(state: SliceState): SliceStateRow {
  return SLICE_STATES[state];
}

/** A state as one word for people; the same in the tree, the dashboard and the command line. */
export function stateLabel(state: SliceState): string {
  return SLICE_STATES[state].label;
}

/** A runner is at work on it right now. */
export function isActive(state: SliceState): boolean {
  return SLICE_STATES[state].phase === 'active';
}

/** It ended with something for the person to settle. */
export function isAsking(state: SliceState): boolean {
  return SLICE_STATES[state].phase === 'asking';
}

/** Its work is done and was checked. */
export function isProved(state: SliceState): boolean {
  return SLICE_STATES[state].phase === 'proved';
}

/** It no longer holds anything up: proved, or left out. */
export function isSettled(state: SliceState): boolean {
  return isProved(state) || SLICE_STATES[state].phase === 'left-out';
}

/** Whether a word, as in the file of a trace, names a state of a slice. */
export function isSliceState(word: string): word is SliceState {
  return Object.hasOwn(SLICE_STATES, word);
}

interface CheckpointStateRow extends Look {
  readonly icon: StateIcon;
  /** In the text of a dashboard, where it has to catch the eye; `waiting` names what it waits for instead. */
  readonly loud: string;
}

/** The states of a merge point, and of the checks at the end of a wave. */
const CHECKPOINT_STATES = {
  waiting: { label: 'waiting', loud: 'waits for', icon: 'joining', tone: 'quiet' },
  ready: { label: 'ready', loud: 'READY', icon: 'joining', tone: 'next' },
  running: { label: 'running', loud: 'MERGING', icon: 'turning', tone: 'busy' },
  reached: { label: 'reached', loud: 'REACHED', icon: 'passed', tone: 'good' },
  failed: { label: 'failed', loud: 'FAILED', icon: 'failed', tone: 'bad' },
} as const satisfies Record<string, CheckpointStateRow>;

export type CheckpointState = keyof typeof CHECKPOINT_STATES;

/** The state of a checkpoint as a word for people: one that was let go by was never reached. */
export function checkpointLabel({
  state,
  skipped,
}: {
  readonly state: CheckpointState;
  readonly skipped: boolean;
}): string {
  return skipped ? 'skipped' : CHECKPOINT_STATES[state].label;
}

export function checkpointStateRow(state: CheckpointState): CheckpointStateRow {
  return CHECKPOINT_STATES[state];
}

/** A runner is at work on a slice or on a checkpoint right now. */
export function isAnyActive(plan: {
  readonly slices: readonly { readonly state: SliceState }[];
  readonly checkpoints: readonly { readonly state: CheckpointState }[];
}): boolean {
  return plan.slices.some(({ state }) => isActive(state)) || plan.checkpoints.some(({ state }) => state === 'running');
}

interface PlanStateRow extends Look {
  /** `plan`: nothing happens to it right now. */
  readonly icon: StateIcon | 'plan';
}

/** The states of a whole plan. */
const PLAN_STATES = {
  'not-started': { label: 'not started', icon: 'plan', tone: 'next' },
  running: { label: 'running', icon: 'turning', tone: 'busy' },
  waiting: { label: 'waiting', icon: 'question', tone: 'waits' },
  idle: { label: 'idle', icon: 'plan', tone: 'next' },
  failed: { label: 'failed', icon: 'failed', tone: 'bad' },
  done: { label: 'done', icon: 'passed', tone: 'good' },
  integrated: { label: 'integrated', icon: 'merged', tone: 'good' },
  merged: { label: 'merged', icon: 'merged', tone: 'good' },
} as const satisfies Record<string, PlanStateRow>;

export type PlanStateName = keyof typeof PLAN_STATES;

export function planStateRow(state: PlanStateName): PlanStateRow {
  return PLAN_STATES[state];
}
