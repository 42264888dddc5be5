import type { StopCondition } from './model.ts';
import type { Attention } from './state-model.ts';

/** What "approve" means for a stop. */
export type Approval =
  /** The paths enter the slice's scope. */
  | 'scope'
  /** The paths may stay as they are; the scope does not grow. */
  | 'paths'
  /** The slice counts as done without these checks. */
  | 'checks'
  /** The person has looked at what is not as it was; the slice goes on to its gate. */
  | 'seen';

interface StopRow {
  /** Something was touched that is not the slice's: a person sees it before anything else. */
  readonly violation: boolean;
  readonly approve: Approval | null;
  /** Whether a sentence to the agent is an answer. */
  readonly answer: boolean;
  /** Whether a retry can put the paths in question back first. */
  readonly revert: boolean;
  /** What to do, beside what the stop itself asks; empty where that says it all. */
  readonly advice: string;
}

/** What can be done about each condition on which a slice stops; the command line, the tree and the dashboard go by it. */
const STOPS = {
  'unclear-instructions': { violation: false, approve: null, answer: true, revert: false, advice: '' },
  'unexpected-scope': { violation: false, approve: 'scope', answer: true, revert: true, advice: '' },
  'secrets-auth-production': { violation: true, approve: 'paths', answer: true, revert: true, advice: '' },
  'tests-failing': { violation: false, approve: 'checks', answer: true, revert: false, advice: '' },
  unverified: { violation: false, approve: 'checks', answer: true, revert: false, advice: '' },
  'time-limit': { violation: false, approve: null, answer: true, revert: false, advice: '' },
  'cost-limit': { violation: false, approve: null, answer: true, revert: false, advice: '' },
  'agent-stopped': { violation: false, approve: null, answer: true, revert: false, advice: '' },
  'runner-died': {
    violation: false,
    approve: null,
    answer: false,
    revert: false,
    advice: 'Mend what it died of, then retry; work that its agent had done is kept.',
  },
  'worktree-replaced': {
    violation: true,
    approve: null,
    answer: false,
    revert: false,
    advice:
      'Look at what stands there. Retry puts it aside and makes a new worktree; Skip goes on without the slice. Nothing is deleted.',
  },
  'outside-worktree': {
    violation: true,
    approve: 'seen',
    answer: false,
    revert: false,
    advice:
      'Look at it, and mend what is still changed. Approve goes on with the work of the slice, Retry lets the agent try again, Skip goes on without the slice.',
  },
} as const satisfies Record<StopCondition, StopRow>;

/** What to do about a question, beside what it asks itself; empty where that says it all. */
export function adviceOn({ condition, ways }: Pick<Attention, 'condition' | 'ways'>): string {
  const row = stopRow(condition);
  // A merge point has no work of its own that could be let pass.
  if (row?.violation && row.approve && !ways.includes('approve'))
    return 'Look at it, and mend what is still changed. Retry runs the checks again, Skip goes on without them.';
  return row?.advice ?? '';
}

/** `null`: no condition of a stop, but the reason of a failure. */
export function stopRow(condition: string): StopRow | null {
  return isStopCondition(condition) ? STOPS[condition] : null;
}

/** Whether something was touched that is not the slice's, be it why the slice waits or beside that. */
export function isViolation({ condition, violations }: Pick<Attention, 'condition' | 'violations'>): boolean {
  return violations.length > 0 || stopRow(condition)?.violation === true;
}

function isStopCondition(condition: string): condition is StopCondition {
  return Object.hasOwn(STOPS, condition);
}
