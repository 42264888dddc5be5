import type { FailureReason, RunEnd, Stop } from '../../core/run/model.ts';
import type { WorktreeReplaced } from '../git/place.ts';
import { failureOf } from '../git/unforeseen.ts';

/** How a run ends: what its event `ended` will say. */
export interface Ending {
  readonly end: RunEnd;
  readonly reason?: FailureReason;
  readonly detail?: string;
  readonly stop?: Stop;
}

export const ABORTED: Ending = {
  end: 'failed',
  reason: 'stopped-by-user',
  detail: 'stopped; `run` or `retry` goes on from here',
};

/** A limit that the agent reached: the person decides whether it is worth another attempt. */
export function stoppedAt(slice: string, condition: Stop['condition'], detail: string): Ending {
  return {
    end: 'stopped',
    stop: { condition, detail, question: `Slice ${slice}: ${detail}. Retry, or skip it?`, paths: [] },
  };
}

/** What stands in the worktree's place is none of ours: nothing is done there, and the person is told. */
export function stoppedAtReplaced(slice: string, { place, message }: WorktreeReplaced): Ending {
  const question = `Slice ${slice}: ${message}. Nothing was done there. Look at it, then retry (whatever stands there is put aside, and a new worktree is made), or skip?`;
  const detail = `${message}; no git was started there`;
  return { end: 'stopped', stop: { condition: 'worktree-replaced', detail, question, paths: [place] } };
}

/** What was thrown on the way: git or a file, with what to do about it; or a fault of the program. */
export function failedAt(error: unknown): Ending & { readonly reason: FailureReason; readonly detail: string } {
  const failure = failureOf(error);
  if (failure === null)
    return { end: 'failed', reason: 'internal', detail: error instanceof Error ? error.message : String(error) };
  const reason = failure.reason === 'write' ? 'write-failed' : 'git-failed';
  return { end: 'failed', reason, detail: `${failure.message}. ${failure.remedy}` };
}

/** One line for the terminal. */
export function endLine(slice: string, ending: Ending): string {
  if (ending.end === 'verified') return `${slice}: verified and committed`;
  if (ending.stop)
    return `${slice}: ${ending.end === 'needs_input' ? 'needs input' : 'stopped'} (${ending.stop.condition}): ${ending.stop.question}`;
  return `${slice}: failed (${ending.reason ?? 'internal'}): ${ending.detail ?? ''}`;
}
