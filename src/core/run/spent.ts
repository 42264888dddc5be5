import type { RunEvent } from './model.ts';

/**
 * Where the time of a slice goes.
 *
 * - `agent`: its agent worked. `set-up`: commands made the worktree ready. `checks`: its checks ran, on the base too.
 * - `slicewave`: the tool itself: worktrees, looks, commits, the time until a runner starts.
 * - `person`: somebody had to answer, approve or retry. `slot`: as many agents worked as ever did at once.
 * - `dependency`: what it needs was not done. `nobody`: nothing of the plan ran for a minute or more, since nobody ran it,
 *   or its runner had been killed.
 */
export type TimeKind = 'agent' | 'set-up' | 'checks' | 'slicewave' | 'person' | 'slot' | 'dependency' | 'nobody';

/** Milliseconds by kind; a kind that took none is 0. */
export type Spent = Readonly<Record<TimeKind, number>>;

export const TIME_KINDS = [
  'agent',
  'set-up',
  'checks',
  'slicewave',
  'person',
  'slot',
  'dependency',
  'nobody',
] as const satisfies readonly TimeKind[];

export function noTime(): Record<TimeKind, number> {
  return { agent: 0, 'set-up': 0, checks: 0, slicewave: 0, person: 0, slot: 0, dependency: 0, nobody: 0 };
}

/** One command that a run waited for, as its record tells it. */
export interface CommandTime {
  readonly kind: 'set-up' | 'checks';
  readonly command: string;
  /** Milliseconds. */
  readonly took: number;
}

export interface RunTimes {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Only what a run itself does: `agent`, `set-up`, `checks` and `slicewave`; together they are `to - from`. */
  readonly spent: Spent;
  readonly commands: readonly CommandTime[];
}

/**
 * What one run spent its time on, by its events: each stretch belongs to the event that ends it. `now` counts for a run
 * that is still at work. A clock that was put back makes a stretch of no length, never one of less. `null`: its record
 * has no usable time.
 */
export function runTimes(events: readonly RunEvent[], now: number | null): RunTimes | null {
  const from = Date.parse(events[0]?.t ?? '');
  if (Number.isNaN(from)) return null;
  const spent = noTime();
  const commands: CommandTime[] = [];
  let at = from;
  let isAgentAtWork = false;
  let isChecking = false;
  /** The stretch up to this event, of which commands took a part that is known. */
  const stretch = (until: number, kind: 'set-up' | 'checks' | null, took = 0): void => {
    const length = Math.max(0, until - at);
    const part = Math.min(length, Math.max(0, took));
    if (isAgentAtWork) spent.agent += length;
    else {
      if (kind !== null) spent[kind] += part;
      spent.slicewave += length - (kind === null ? 0 : part);
    }
    at += length;
  };
  for (const event of events) {
    const t = Date.parse(event.t);
    if (Number.isNaN(t)) continue;
    if (event.type === 'worktree_ready') {
      const known = event.setup.filter(({ durationMs }) => durationMs !== null);
      stretch(
        t,
        'set-up',
        known.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0),
      );
      for (const { command, durationMs } of known) commands.push({ kind: 'set-up', command, took: durationMs ?? 0 });
    } else if (event.type === 'verification' || event.type === 'base_checked') {
      stretch(t, 'checks', event.result.durationMs);
      commands.push({ kind: 'checks', command: event.result.command, took: event.result.durationMs });
    } else stretch(t, null);
    if (event.type === 'agent_started') isAgentAtWork = true;
    if (event.type === 'agent_exited' || event.type === 'ended') isAgentAtWork = false;
    isChecking = event.type === 'scope_checked' || event.type === 'verification';
  }
  if (now !== null && events.at(-1)?.type !== 'ended') stretch(now, 'checks', isChecking ? Infinity : 0);
  return { from, to: at, spent, commands };
}
