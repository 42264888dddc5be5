import { isSettled } from '../core/run/states.ts';
import type { Attention, PlanState, SliceView } from '../core/run/state-model.ts';
import { minutes } from '../core/text/duration.ts';
import type { SliceAction } from '../protocol/dashboard.ts';

export function cost(usd: number): string {
  return usd > 0 && usd < 0.01 ? '< $0.01' : `$${usd.toFixed(2)}`;
}

export function settledCount(state: PlanState): number {
  return state.slices.filter((slice) => isSettled(slice.state)).length;
}

/** `unexpected-scope` as people say it. */
export function conditionWord(attention: Attention): string {
  return attention.condition.replaceAll('-', ' ');
}

export function slackWord(slice: SliceView): string {
  return slice.critical ? 'critical' : `slack ${minutes(slice.slackMinutes)}`;
}

export const actionWords: Readonly<Record<SliceAction, string>> = {
  run: 'Run',
  stop: 'Stop',
  answer: 'Answer…',
  approve: 'Approve',
  retry: 'Retry',
  skip: 'Skip',
  worktree: 'Open Worktree',
  terminal: 'Terminal',
  trace: 'Trace',
  diff: 'Changes',
  inspect: 'Inspect',
  task: 'Task Spec',
};
