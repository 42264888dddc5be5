import { Heap } from '../text/heap.ts';
import type { NodeProfile, PlanProfile } from './profile.ts';

/** What would have made a plan shorter. */
export type Change =
  /** Everything that a person was asked is answered at once. */
  | 'answers'
  /** One slot more, or as many as there are slices. */
  | 'slot'
  | 'slots'
  /** Set-ups, checks and the tool itself take no time: what they cost at most. */
  | 'set-up'
  | 'checks'
  | 'slicewave'
  /** Somebody runs the plan all the time. */
  | 'nobody';

export interface Shorter {
  readonly change: Change;
  /** Milliseconds of the whole that it would have saved, at most. */
  readonly saves: number;
}

/** Below these (milliseconds, and part of the whole) nothing is worth a word. */
const LEAST = { saves: 500, share: 0.01 };

/**
 * What would have shortened a plan, the most first: the plan is made up again with the times that were seen, as a run
 * does it (whenever there is a slot, the slice with the longest rest of the plan goes first), once as it was and once
 * with each change. So a wait that was not on the way of anything saves nothing.
 */
export function whatShortens(profile: PlanProfile): readonly Shorter[] {
  const network = networkOf(profile.nodes);
  const whole = profile.to - profile.from;
  const most = Math.max(1, profile.most);
  const asItWas = makespan(network, profile.nodes.map(timesOf), most);
  const changes: readonly (readonly [Change, (spent: Times) => Times, number])[] = [
    ['answers', (times) => ({ ...times, person: 0 }), most],
    ['nobody', (times) => ({ ...times, nobody: 0 }), most],
    ['set-up', (times) => ({ ...times, 'set-up': 0 }), most],
    ['checks', (times) => ({ ...times, checks: 0 }), most],
    ['slicewave', (times) => ({ ...times, slicewave: 0 }), most],
    ['slot', (times) => times, most + 1],
    ['slots', (times) => times, Infinity],
  ];
  const found = changes.map(([change, changed, slots]): Shorter => {
    const times = profile.nodes.map((node) => changed(timesOf(node)));
    return { change, saves: Math.min(whole, Math.max(0, asItWas - makespan(network, times, slots))) };
  });
  const one = found.find(({ change }) => change === 'slot')?.saves ?? 0;
  return found
    .filter(
      ({ change, saves }) => saves >= Math.max(LEAST.saves, LEAST.share * whole) && (change !== 'slots' || saves > one),
    )
    .toSorted((a, b) => b.saves - a.saves);
}

type Times = Pick<NodeProfile['spent'], 'agent' | 'set-up' | 'checks' | 'slicewave' | 'person' | 'nobody'> & {
  readonly takesSlot: boolean;
};

function timesOf({ spent, kind }: NodeProfile): Times {
  return { ...spent, takesSlot: kind === 'slice' };
}

interface Network {
  /** By place: how many must be done before, and who waits. */
  readonly needs: readonly number[];
  readonly next: readonly (readonly number[])[];
  /** What is on a circle, or behind one, is left out. */
  readonly order: readonly number[];
}

function networkOf(nodes: readonly NodeProfile[]): Network {
  const place = new Map(nodes.map(({ id }, at) => [id, at]));
  const next: number[][] = nodes.map(() => []);
  const needs = nodes.map((node, at) => {
    const known = new Set(node.needs.flatMap((need) => place.get(need) ?? []));
    for (const need of known) next[need]!.push(at);
    return known.size;
  });
  const left = [...needs];
  const order = [...needs.keys()].filter((at) => needs[at] === 0);
  for (const at of order) for (const after of next[at]!) if (--left[after]! === 0) order.push(after);
  return { needs, next, order };
}

/** Milliseconds that the whole takes. Who waits for a person holds no slot meanwhile; checkpoints never hold one. */
function makespan({ needs, next, order }: Network, times: readonly Times[], slots: number): number {
  const busy = times.map((all) => all.agent + all['set-up'] + all.checks + all.slicewave);
  const idle = times.map(({ person, nobody }) => person + nobody);
  const rest = new Array<number>(times.length).fill(0);
  for (const at of order.toReversed())
    rest[at] = busy[at]! + idle[at]! + next[at]!.reduce((most, after) => Math.max(most, rest[after]!), 0);
  const ready = new Heap<number>((a, b) => rest[a]! > rest[b]! || (rest[a] === rest[b] && a < b));
  /** What ends when: the work of a slice gives its slot back, the waiting after it ends the slice. */
  const running = new Heap<{ readonly at: number; readonly ends: number; readonly isDone: boolean }>(
    (a, b) => a.ends < b.ends,
  );
  const left = [...needs];
  let free = slots;
  let now = 0;
  const begin = (at: number): void => running.push({ at, ends: now + busy[at]!, isDone: false });
  const allow = (at: number): void => {
    if (times[at]!.takesSlot) ready.push(at);
    else begin(at);
  };
  for (const at of order) if (needs[at] === 0) allow(at);
  for (;;) {
    while (free > 0 && ready.size > 0) {
      free--;
      begin(ready.take()!);
    }
    const ended = running.take();
    if (!ended) return now;
    now = ended.ends;
    const { at } = ended;
    if (!ended.isDone) {
      if (times[at]!.takesSlot) free++;
      running.push({ at, ends: now + idle[at]!, isDone: true });
    } else for (const after of next[at]!) if (--left[after]! === 0) allow(after);
  }
}
