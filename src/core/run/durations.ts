import { writesOf, type DurationSample } from '../plan/estimator.ts';
import { sliceMinutes } from '../plan/graph.ts';
import type { Plan } from '../plan/model.ts';
import { viewRun } from './run-view.ts';
import type { RunFacts } from './state-model.ts';

/**
 * How long agents really worked on the slices of a plan that were verified. A slice's attempts up to the verified one
 * are added up, each from the agent's start to its end, so that neither a person's answer nor checks nor merges count;
 * an attempt that was cut short counts until its last event. Slices that several agents worked on say nothing about
 * either and are left out, as is what has no usable times.
 */
export function durationSamples(plan: Plan, runs: readonly RunFacts[]): DurationSample[] {
  const attempts = new Map<string, RunFacts[]>();
  for (const run of runs) {
    const [first] = run.events;
    if (first?.type !== 'run_started' || first.plan !== plan.id || typeof first.slice !== 'string') continue;
    const known = attempts.get(first.slice);
    if (known) known.push(run);
    else attempts.set(first.slice, [run]);
  }
  return plan.slices.flatMap((slice): DurationSample[] => {
    const all = (attempts.get(slice.id) ?? []).toSorted((a, b) => (a.runId < b.runId ? -1 : 1));
    const done = all.findLastIndex((run) => viewRun({ ...run, alive: false }).end === 'verified');
    const counted = all.slice(0, done + 1);
    const spells = counted.flatMap((run) => spellsOf(run));
    const adapters = new Set(spells.map((spell) => spell.adapter));
    const [adapter] = adapters;
    const declaredMinutes = sliceMinutes(slice);
    const actualMinutes = spells.reduce((sum, spell) => sum + spell.minutes, 0);
    if (adapter === undefined || adapters.size > 1 || declaredMinutes <= 0 || actualMinutes <= 0) return [];
    return [
      {
        plan: plan.id,
        slice: slice.id,
        adapter,
        kind: slice.kind,
        declaredMinutes,
        writes: writesOf(slice),
        actualMinutes,
        at: counted.at(-1)?.events.at(-1)?.t ?? '',
      },
    ];
  });
}

interface Spell {
  readonly adapter: string;
  readonly minutes: number;
}

/** Minutes that no agent works at a stretch: thirty days. */
const LONGEST = 30 * 24 * 60;

/** The stretches of one run in which its agent worked. */
function spellsOf({ events }: RunFacts): Spell[] {
  const spells: Spell[] = [];
  let open: { readonly adapter: string; readonly since: number } | null = null;
  const close = (t: string): void => {
    const minutes = open ? (Date.parse(t) - open.since) / 60_000 : Number.NaN;
    // A clock that was put back, or far ahead, makes nonsense of a stretch, not of the others.
    if (open && minutes > 0 && minutes <= LONGEST) spells.push({ adapter: open.adapter, minutes });
    open = null;
  };
  for (const event of events) {
    if (event.type === 'agent_started') {
      if (open) close(event.t);
      if (typeof event.adapter === 'string') open = { adapter: event.adapter, since: Date.parse(event.t) };
    } else if (event.type === 'agent_exited') close(event.t);
  }
  const last = events.at(-1);
  if (open && last) close(last.t);
  return spells;
}
