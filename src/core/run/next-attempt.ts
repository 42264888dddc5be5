import type { Decision } from './model.ts';
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
    // Stopped in the middle of its checks: the agent had finished, so only the gate is repeated.
    const plain = answer.revert.length === 0 && answer.note === null;
    if (agentDone && plain && run.failure?.reason === 'stopped-by-user') {
      return ready({ attempt: again, mode: 'check', why: 'retried' });
    }
    // An attempt that ended before its agent could start costs none, and goes on where the one before it stopped.
    const mode = agentBegan || run.mode !== 'fresh' ? 'continue' : 'fresh';
    return ready({ attempt: agentBegan || run.mode === 'check' ? more : again, mode, why: 'retried' });
  }

  if (run.state === 'interrupted' && decisions.some((d) => d.type === 'stop_asked' && d.run_id === run.runId)) {
    // Who was to end it may have died, or had to kill it: it is stopped all the same.
    const failure = { reason: 'stopped-by-user', detail: 'stopped; its runner could not say so' } as const;
    return { state: 'failed', run: { ...run, state: 'failed', end: 'failed', failure }, runs, next: null };
  }
  if (run.state === 'interrupted') return ready(resumed(run, again, agentDone, agentBegan));
  if (run.state === 'failed' && (run.failure?.reason === 'tests-failing' || run.failure?.reason === 'agent-failed')) {
    const answeredAt = decisions.findLast((d) => d.type === 'answered' || d.type === 'retried')?.t ?? '';
    const failed = runs.filter(
      (r) =>
        r.startedAt > answeredAt && (r.failure?.reason === 'tests-failing' || r.failure?.reason === 'agent-failed'),
    ).length;
    if (failed <= maxRetries) {
      const why = run.failure.reason === 'tests-failing' ? 'checks-failed' : 'agent-failed';
      return ready({ attempt: more, mode: 'continue', why });
    }
  }
  return { state: run.state, run, runs, next: null };
}

function resumed(run: RunView, attempt: number, agentDone: boolean, agentBegan: boolean): NextAttempt {
  if (agentDone || run.mode === 'check') return { attempt, mode: 'check', why: 'interrupted' };
  return { attempt, mode: agentBegan || run.mode === 'continue' ? 'continue' : 'fresh', why: 'interrupted' };
}
