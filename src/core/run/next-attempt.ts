import type { Decision, FailureReason, RunEvent, Stop } from './model.ts';
import type { NextAttempt, RunFacts, RunView } from './state-model.ts';
import { isActive, type SliceState } from './states.ts';

/** A slice by its own runs and decisions, without regard to what it waits for. */
export interface BareSlice {
  readonly state: SliceState;
  readonly run: RunView | null;
  readonly runs: readonly RunView[];
  readonly next: NextAttempt | null;
}

/** Where a slice stands by itself, and which attempt would be its next; `null` when it is a person's turn, or it is done. */
export function bareSlice(
  runs: readonly RunView[],
  facts: ReadonlyMap<string, RunFacts>,
  decisions: readonly Decision[],
  maxRetries: number,
): BareSlice {
  const run = runs.at(-1) ?? null;
  const last = decisions.at(-1);
  if (last?.type === 'skipped') return { state: 'skipped', run, runs, next: null };
  if (!run) return { state: 'ready', run, runs, next: { attempt: 1, mode: 'fresh', why: 'first' } };
  if (isActive(run.state)) return { state: run.state, run, runs, next: null };

  const agentDone = (facts.get(run.runId)?.events ?? []).some((e) => e.type === 'agent_exited' && !e.is_error);
  const agentBegan = (facts.get(run.runId)?.events ?? []).some((e) => e.type === 'agent_started');
  const ready = (next: NextAttempt): BareSlice => ({ state: 'ready', run, runs, next });
  // Attempts count what an agent was asked to do; an attempt that was cut short is made again under its number.
  const again = run.attempt;
  const more = run.attempt + 1;

  // A decision answers the run it names (or any run before it, when it names none).
  const answer = decisions.findLast(
    (d) =>
      (d.type === 'answered' || d.type === 'approved' || d.type === 'retried') &&
      (d.run_id === run.runId || (d.run_id === null && d.t > run.startedAt)),
  );
  if (answer?.type === 'answered') return ready({ attempt: more, mode: 'continue', why: 'answered' });
  if (answer?.type === 'approved') return ready({ attempt: again, mode: 'check', why: 'approved' });
  if (answer?.type === 'retried') {
    // The agent had finished, and what ended its run says nothing of its work: only the gate is repeated.
    const plain = answer.revert.length === 0 && answer.note === null;
    const isWorkDone = agentDone || run.mode === 'check';
    const isCutShort = run.state === 'interrupted' || (run.failure !== null && !isOfTheWork(run.failure.reason));
    if (isWorkDone && plain && isCutShort) return ready({ attempt: again, mode: 'check', why: 'retried' });
    // An attempt that ended before its agent could start costs none, and goes on where the one before it stopped.
    const mode = agentBegan || run.mode !== 'fresh' ? 'continue' : 'fresh';
    return ready({ attempt: agentBegan || run.mode === 'check' ? more : again, mode, why: 'retried' });
  }

  if (run.state === 'interrupted' && decisions.some((d) => d.type === 'stop_asked' && d.run_id === run.runId)) {
    // Who was to end it may have died, or had to kill it: it is stopped all the same.
    const failure = { reason: 'stopped-by-user', detail: 'stopped; its runner could not say so' } as const;
    return { state: 'failed', run: { ...run, state: 'failed', end: 'failed', failure }, runs, next: null };
  }
  const stop = diedTwice(runs, facts, decisions);
  if (stop) return { state: 'stopped', run: { ...run, state: 'stopped', end: 'stopped', stop }, runs, next: null };
  if (run.state === 'interrupted') return ready(resumed(run, again, agentDone, agentBegan));
  if (run.state === 'failed' && run.failure && isOfTheWork(run.failure.reason)) {
    const answeredAt = decisions.findLast((d) => d.type === 'answered' || d.type === 'retried')?.t ?? '';
    const failed = runs.filter((r) => r.startedAt > answeredAt && r.failure && isOfTheWork(r.failure.reason)).length;
    if (failed <= maxRetries) {
      const why = run.failure.reason === 'tests-failing' ? 'checks-failed' : 'agent-failed';
      return ready({ attempt: more, mode: 'continue', why });
    }
  }
  return { state: run.state, run, runs, next: null };
}

/** Whether an agent could do better; a full disk, git or a person ends a run whatever its work is like. */
function isOfTheWork(reason: FailureReason): boolean {
  return reason === 'tests-failing' || reason === 'agent-failed';
}

/** The points that an attempt gets to, the furthest first, each with the event that says so. */
const POINTS: readonly (readonly [RunEvent['type'], string])[] = [
  ['scope_checked', 'while its work was verified'],
  ['snapshot', 'while its scope was checked'],
  ['agent_exited', 'after its agent had ended'],
  ['agent_started', 'while its agent worked'],
  ['base', 'while its worktree was made ready'],
  ['run_started', 'as it began'],
];

/**
 * What kills a runner twice at the same point kills it a third time, and each time may cost an agent: the slice stops and
 * says why. Only deaths count that whoever launched the runner saw: a machine that went down says nothing of a slice.
 */
function diedTwice(
  runs: readonly RunView[],
  facts: ReadonlyMap<string, RunFacts>,
  decisions: readonly Decision[],
): Stop | null {
  const [before, last] = runs.slice(-2);
  if (!before || !last || ![before, last].every((run) => run.state === 'interrupted' && run.died !== null)) return null;
  const reached = (run: RunView): string => {
    const events = new Set((facts.get(run.runId)?.events ?? []).map(({ type }) => type));
    return POINTS.find(([type]) => events.has(type))?.[1] ?? '';
  };
  const point = reached(last);
  const isSettled = decisions.some((d) => 'run_id' in d && d.run_id === before.runId && d.type !== 'stop_asked');
  if (point !== reached(before) || isSettled) return null;
  const detail = `its runner died twice ${point}: it ${last.died ?? ''}`;
  const first = facts.get(last.runId)?.events[0];
  const slice = first?.type === 'run_started' ? first.slice : null;
  return {
    condition: 'runner-died',
    detail,
    question: `Slice ${slice ?? ''}: ${detail}. Retry, or skip it?`,
    paths: [],
  };
}

function resumed(run: RunView, attempt: number, agentDone: boolean, agentBegan: boolean): NextAttempt {
  if (agentDone || run.mode === 'check') return { attempt, mode: 'check', why: 'interrupted' };
  return { attempt, mode: agentBegan || run.mode === 'continue' ? 'continue' : 'fresh', why: 'interrupted' };
}
