import type { Decision, RunEvent } from './model.ts';
import type { PlanFacts, RunFacts } from './state-model.ts';

/** What a person said about a slice's run, which its agent is to hear. */
export type PersonsWord = Extract<Decision, { readonly type: 'answered' | 'approved' | 'retried' }>;

interface OfSlice {
  readonly facts: Pick<PlanFacts, 'decisions' | 'runs'>;
  readonly slice: string;
}

/** Paths to put back, and the decisions (by their time) that say so. */
export interface Reverts {
  readonly decisions: readonly string[];
  readonly paths: readonly string[];
}

/** Events that a run writes after it has put back what it was to put back: earlier versions wrote nothing of its own. */
const AFTER_REVERTS: ReadonlySet<RunEvent['type']> = new Set([
  'worktree_ready',
  'base_checked',
  'context',
  'agent_started',
  'scope_checked',
  'verified',
]);

/**
 * What a person took back and no run has put back yet. It stands until a run says `reverted`: one that was killed before
 * that did nothing that counts, and putting back twice what nobody touched in between is the same as once.
 *
 * `since`: the worktree was given work of a run that began then: what was taken back later is to be put back again.
 */
export function revertsDue({ facts, slice }: OfSlice, since: string | null = null): Reverts {
  const runs = runsOf(facts, slice);
  const isDone = ({ t }: Decision): boolean =>
    runs.some(
      ({ events }) =>
        events.some((event) => event.type === 'reverted' && event.decisions.includes(t)) ||
        ((events[0]?.t ?? '') > t && events.some((event) => AFTER_REVERTS.has(event.type))),
    );
  // What names no run is a change of the plan, which takes back nothing of a run's.
  const due = facts.decisions.filter(
    (decision) =>
      decision.type === 'retried' &&
      decision.slice === slice &&
      decision.run_id !== null &&
      decision.revert.length > 0 &&
      ((since !== null && decision.t > since) || !isDone(decision)),
  );
  const approvedAfter = (path: string, t: string): boolean =>
    facts.decisions.some(
      (decision) =>
        decision.type === 'approved' && decision.slice === slice && decision.t > t && decision.paths.includes(path),
    );
  const paths = due.flatMap((decision) =>
    decision.type === 'retried' ? decision.revert.filter((path) => !approvedAfter(path, decision.t)) : [],
  );
  return { decisions: due.map(({ t }) => t), paths: [...new Set(paths)] };
}

/**
 * What a person said that no agent has heard yet, oldest first. Not simply the last decision: an attempt that ended before
 * its agent could start (the program was missing, the machine went down) has delivered nothing, and the decision to try
 * again after it says nothing new.
 */
export function unheard({ facts, slice }: OfSlice): readonly PersonsWord[] {
  const runs = runsOf(facts, slice);
  const since = lastHeard({ facts, slice })?.events[0]?.t ?? '';
  const delivered = new Set(
    runs.flatMap(({ events }) => events.flatMap((event) => (event.type === 'delivered' ? event.decisions : []))),
  );
  return facts.decisions.filter((decision): decision is PersonsWord => {
    if (!('slice' in decision) || decision.slice !== slice) return false;
    // The agent's first sign stands for the event, should its runner have died between the two.
    if (decision.t < since || delivered.has(decision.t)) return false;
    if (decision.type === 'retried') return decision.revert.length > 0 || decision.note !== null;
    return decision.type === 'answered' || decision.type === 'approved';
  });
}

/** The slice's last run in which an agent came to hear something; `null` when none did. */
export function lastHeard({ facts, slice }: OfSlice): RunFacts | null {
  return runsOf(facts, slice).findLast((run) => run.events.some(showsThatItHeard)) ?? null;
}

/** Whether an agent that was given its prompt shows that it has it. */
export function showsThatItHeard(event: RunEvent): boolean {
  return (
    event.type === 'delivered' || event.type === 'agent_session' || (event.type === 'agent_exited' && !event.is_error)
  );
}

/** A merge that a person asked for, of which nothing says that it was made or refused; `null` when there is none. */
export function mergeDue(decisions: readonly Decision[]): Extract<Decision, { readonly type: 'merge_asked' }> | null {
  const asked = decisions.findLast((decision) => decision.type === 'merge_asked');
  if (asked?.type !== 'merge_asked') return null;
  const later = decisions.slice(decisions.indexOf(asked) + 1);
  const isSettled = later.some(
    (decision) => (decision.type === 'merged' || decision.type === 'merge_refused') && decision.into === asked.into,
  );
  return isSettled ? null : asked;
}

/** The runs of a slice, of all that are known, in their order. */
export function runsOf(facts: Pick<PlanFacts, 'runs'>, slice: string): readonly RunFacts[] {
  return facts.runs.filter(({ events: [first] }) => first?.type === 'run_started' && first.slice === slice);
}
