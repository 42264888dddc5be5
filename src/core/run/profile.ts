import type { SliceState } from './states.ts';
import { checkpointsOf } from './checkpoints.ts';
import type { Decision } from './model.ts';
import { viewRun } from './run-view.ts';
import { noTime, runTimes, TIME_KINDS, type CommandTime, type RunTimes, type Spent, type TimeKind } from './spent.ts';
import type { PlanFacts, RunFacts } from './state-model.ts';

/** A time that a slice or checkpoint waited for a person. */
export interface PersonWait {
  /** What it stopped on: `unexpected-scope`; `failed` where it had failed. */
  readonly on: string;
  /** Milliseconds. */
  readonly took: number;
  readonly isOver: boolean;
}

/** A slice or a checkpoint, and where its time went from the moment in which what it needs was done. */
export interface NodeProfile {
  readonly id: string;
  readonly kind: 'slice' | 'checkpoint';
  /** Of its last run; `null`: it had none. */
  readonly state: SliceState | null;
  readonly runs: number;
  /** Milliseconds since the epoch: when it could start; `null` when what it needs is not done. */
  readonly ready: number | null;
  /** When it was done; `null` when it is not. */
  readonly done: number | null;
  /** From the start of the plan; together it is the time until it was done, or until now. */
  readonly spent: Spent;
  readonly waits: readonly PersonWait[];
  readonly commands: readonly CommandTime[];
  /** What must be done before it. */
  readonly needs: readonly string[];
}

/** One part of the chain that decided how long it took. */
export interface ChainLink {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Without `dependency`: that is what the links before it are. */
  readonly spent: Spent;
}

export interface PlanProfile {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Whether everything is done; otherwise `to` is now. */
  readonly isDone: boolean;
  readonly nodes: readonly NodeProfile[];
  /** From the first to what ended last: each link began when the one before it was done. */
  readonly chain: readonly ChainLink[];
  /** Of the chain: together it is `to - from`. */
  readonly spent: Spent;
  /** How many slices were ever worked on at once. */
  readonly most: number;
}

/** Nothing of the plan ran for at least so long (milliseconds): nobody ran it. What is shorter is the tool's own. */
const NOBODY = 60_000;

/**
 * Where the time of a plan went: for each slice and checkpoint, and along the chain that decided how long the whole took.
 * From the facts alone, by their own times. `null`: nothing of it ever ran. Costs the events once, and the logarithm of
 * the runs for each wait.
 */
export function profilePlan(facts: PlanFacts): PlanProfile | null {
  const { plan, graph, decisions, now } = facts;
  const checkpoints = checkpointsOf(plan);
  const histories = historiesOf(facts);
  const starts = decisions.flatMap((one) => (one.type === 'plan_started' ? [Date.parse(one.t)] : []));
  const runs = runsOf(histories);
  // Not one call with thousands of arguments: there is no end to how many runs a plan may have.
  const first = [...starts, ...runs.map(({ times }) => times.from)]
    .filter(Number.isFinite)
    .reduce((least, at) => Math.min(least, at), Infinity);
  if (!Number.isFinite(first)) return null;

  const clock = new BusyClock(
    plan.slices.flatMap(({ id }) => histories.get(id)?.runs ?? []),
    runs,
    { from: first, to: now },
  );
  const unlockedBy = new Map<string, string[]>();
  for (const { id, unlocks } of checkpoints)
    for (const slice of unlocks) {
      const points = unlockedBy.get(slice);
      if (points) points.push(id);
      else unlockedBy.set(slice, [id]);
    }
  const needsOf = new Map<string, readonly string[]>([
    ...plan.slices.map(
      ({ id, deps }) => [id, [...(graph.schedule.get(id)?.deps ?? deps), ...(unlockedBy.get(id) ?? [])]] as const,
    ),
    ...checkpoints.map(({ id, needs }) => [id, needs] as const),
  ]);
  const doneAt = new Map([...histories].map(([id, history]) => [id, history.done]));
  const nodes = [
    ...plan.slices.map(({ id }) => [id, 'slice'] as const),
    ...checkpoints.map(({ id }) => [id, 'checkpoint'] as const),
  ].map(([id, kind]) =>
    nodeProfile({ id, kind, needs: needsOf.get(id) ?? [], history: histories.get(id), doneAt, clock, first, now }),
  );
  const isDone = nodes.every(({ done }) => done !== null);
  const to = isDone ? nodes.reduce((last, { done }) => Math.max(last, done ?? first), first) : Math.max(first, now);
  const chain = chainOf(nodes, { from: first, to, isDone });
  return { from: first, to, isDone, nodes, chain, spent: sumOf(chain.map(({ spent }) => spent)), most: clock.most };
}

export function sumOf(all: readonly Spent[]): Spent {
  const sum = noTime();
  for (const spent of all) for (const kind of TIME_KINDS) sum[kind] += spent[kind];
  return sum;
}

interface TimedRun {
  readonly facts: RunFacts;
  readonly times: RunTimes;
  readonly end: string | null;
  readonly state: SliceState;
  readonly condition: string | null;
}

interface History {
  readonly runs: readonly TimedRun[];
  readonly decisions: readonly Decision[];
  readonly done: number | null;
}

function runsOf(histories: ReadonlyMap<string, History>): readonly TimedRun[] {
  return [...histories.values()].flatMap(({ runs }) => runs);
}

/** Runs and decisions by slice or checkpoint. */
function historiesOf({ plan, runs, decisions, now }: PlanFacts): ReadonlyMap<string, History> {
  const found = new Map<string, { runs: TimedRun[]; decisions: Decision[] }>();
  const of = (id: string): { runs: TimedRun[]; decisions: Decision[] } => {
    let history = found.get(id);
    if (!history) found.set(id, (history = { runs: [], decisions: [] }));
    return history;
  };
  for (const facts of runs) {
    const [started] = facts.events;
    if (started?.type !== 'run_started' || started.plan !== plan.id || started.slice === null) continue;
    const times = runTimes(facts.events, facts.alive ? now : null);
    if (!times) continue;
    const { end, state, stop } = viewRun(facts);
    of(started.slice).runs.push({ facts, times, end, state, condition: stop?.condition ?? null });
  }
  for (const decision of decisions) if ('slice' in decision) of(decision.slice).decisions.push(decision);
  return new Map(
    [...found].map(([id, history]) => {
      const last = history.decisions.at(-1);
      const verified = history.runs.findLast(({ end }) => end === 'verified');
      const done = last?.type === 'skipped' ? Date.parse(last.t) : (verified?.times.to ?? null);
      return [id, { ...history, done: Number.isNaN(done) ? null : done }];
    }),
  );
}

/** How many slices were worked on when, and how long nobody ran the plan, asked for any stretch. */
class BusyClock {
  /** How many slices were ever worked on at once. */
  readonly most: number;
  readonly #full: Stretches;
  readonly #nobody: Stretches;

  constructor(
    slices: readonly TimedRun[],
    all: readonly TimedRun[],
    { from, to }: { readonly from: number; readonly to: number },
  ) {
    const counts = stepsOf(slices);
    this.most = counts.reduce((most, { count }) => Math.max(most, count), 0);
    const full = stretchesOf(counts, { from, to }, (count) => count >= this.most && count > 0);
    this.#full = new Stretches(full);
    const none = stretchesOf(stepsOf(all), { from, to }, (count) => count === 0);
    this.#nobody = new Stretches(none.filter((stretch) => stretch.to - stretch.from >= NOBODY));
  }

  /** What one waits for that could start, between two moments. */
  waiting(from: number, to: number): Partial<Record<TimeKind, number>> {
    const slot = this.#full.within(from, to);
    const quiet = this.#nobody.within(from, to);
    // The end of a long rest, in which somebody started it again and a runner began, is the tool's own.
    const nobody = quiet >= NOBODY ? quiet : 0;
    return { slot, nobody, slicewave: Math.max(0, to - from - slot - nobody) };
  }
}

interface Stretch {
  readonly from: number;
  readonly to: number;
}

interface Step {
  readonly at: number;
  readonly count: number;
}

function stepsOf(runs: readonly TimedRun[]): readonly Step[] {
  const moves = runs
    .flatMap(({ times }) => [
      { at: times.from, by: 1 },
      { at: times.to, by: -1 },
    ])
    .toSorted((a, b) => a.at - b.at || a.by - b.by);
  let count = 0;
  return moves.map(({ at, by }) => ({ at, count: (count += by) }));
}

/** The stretches of a plan's time in which the count is such, in order; neighbours are one. */
function stretchesOf(
  steps: readonly Step[],
  { from, to }: Stretch,
  isSuch: (count: number) => boolean,
): readonly Stretch[] {
  const found: { from: number; to: number }[] = [];
  let since: number | null = isSuch(0) ? from : null;
  for (const { at, count } of steps) {
    if (isSuch(count)) since ??= at;
    else if (since !== null) {
      if (at > since) found.push({ from: since, to: at });
      since = null;
    }
  }
  if (since !== null && to > since) found.push({ from: since, to });
  return found;
}

/** Stretches that do not meet; the time of them within any other is a difference of two sums. */
class Stretches {
  readonly #list: readonly Stretch[];
  /** The time of all before each. */
  readonly #before: readonly number[];

  constructor(list: readonly Stretch[]) {
    this.#list = list;
    let sum = 0;
    this.#before = list.map(({ from, to }) => {
      const before = sum;
      sum += to - from;
      return before;
    });
  }

  within(from: number, to: number): number {
    return Math.max(0, this.#until(to) - this.#until(from));
  }

  #until(at: number): number {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#list[middle]!.from < at) low = middle + 1;
      else high = middle;
    }
    const last = this.#list[low - 1];
    return last === undefined ? 0 : this.#before[low - 1]! + Math.min(at, last.to) - last.from;
  }
}

function nodeProfile({
  id,
  kind,
  needs,
  history,
  doneAt,
  clock,
  first,
  now,
}: {
  readonly id: string;
  readonly kind: NodeProfile['kind'];
  readonly needs: readonly string[];
  readonly history: History | undefined;
  readonly doneAt: ReadonlyMap<string, number | null>;
  readonly clock: BusyClock;
  readonly first: number;
  readonly now: number;
}): NodeProfile {
  const { runs = [], decisions = [], done = null } = history ?? {};
  const until = Math.max(first, done ?? now);
  const began = runs[0]?.times.from ?? null;
  const couldStart = needs.reduce<number | null>((latest, need) => {
    const end = doneAt.get(need) ?? null;
    return latest === null || end === null ? null : Math.max(latest, end);
  }, first);
  // It ran, so it could: another machine's clock, or a plan that was changed since, is no reason to doubt that.
  const ready = began === null ? couldStart : Math.min(couldStart ?? began, began);
  const spent = noTime();
  const waits: PersonWait[] = [];
  const add = (part: Partial<Record<TimeKind, number>>): void => {
    for (const name of TIME_KINDS) spent[name] += part[name] ?? 0;
  };
  /** The time after a run in which a person had to decide; answers with the end of it. */
  const asked = (run: TimedRun, from: number, to: number): number => {
    if (!isForPerson(run)) return from;
    const decision = decisions.find(({ t, by }) => by !== 'scheduler' && Date.parse(t) >= run.times.to);
    const said = decision ? Math.max(from, Math.min(to, Date.parse(decision.t))) : to;
    // A failure that the next attempt follows by itself asked nobody.
    if (!decision && to < until) return from;
    const took = Math.max(0, said - from);
    spent.person += took;
    waits.push({ on: run.condition ?? 'failed', took, isOver: decision !== undefined || done !== null });
    return said;
  };
  // From when a runner was killed until the next one begins nobody is at work on the slice.
  const waited = (before: TimedRun | undefined, from: number, to: number): Partial<Record<TimeKind, number>> =>
    before?.state === 'interrupted' ? { nobody: Math.max(0, to - from) } : clock.waiting(from, to);
  let at = Math.min(ready ?? until, until);
  spent.dependency = at - first;
  for (const [place, run] of runs.entries()) {
    const { times } = run;
    if (done !== null && times.from >= done && times.to > done) break;
    const start = Math.max(at, times.from);
    const before = runs[place - 1];
    at = before ? Math.max(at, asked(before, at, start)) : at;
    add(waited(before, at, start));
    add(times.spent);
    at = Math.max(start, times.to);
  }
  const last = runs.at(-1);
  if (at < until) {
    if (last && done === null && isForPerson(last)) asked(last, at, until);
    else if (done !== null && last) asked(last, at, until);
    else if (ready !== null) add(waited(last, at, until));
  }
  return {
    id,
    kind,
    state: last?.state ?? null,
    runs: runs.length,
    ready,
    done,
    spent,
    waits,
    commands: runs.flatMap(({ times }) => times.commands),
    needs,
  };
}

function isForPerson({ end }: TimedRun): boolean {
  return end !== null && end !== 'verified';
}

/** From what ended last, or is being waited for longest, back to what each waited for last. */
function chainOf(
  nodes: readonly NodeProfile[],
  { from, to, isDone }: { readonly from: number; readonly to: number; readonly isDone: boolean },
): readonly ChainLink[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const open = nodes.filter(({ done, ready }) => done === null && ready !== null);
  let at = isDone
    ? nodes.reduce<NodeProfile | undefined>((last, node) => ((last?.done ?? -1) < node.done! ? node : last), undefined)
    : open.reduce<NodeProfile | undefined>(
        (first, node) => (first && first.ready! <= node.ready! ? first : node),
        undefined,
      );
  const links: ChainLink[] = [];
  const seen = new Set<string>();
  let end = to;
  while (at && !seen.has(at.id)) {
    seen.add(at.id);
    const start = Math.min(at.ready ?? from, end);
    links.push({ id: at.id, from: start, to: end, spent: cut({ ...at.spent, dependency: 0 }, end - start) });
    end = start;
    const node: NodeProfile = at;
    at = node.needs
      .flatMap((need) => byId.get(need) ?? [])
      .reduce<NodeProfile | undefined>(
        (last, need) => (need.done !== null && need.done <= end && (last?.done ?? -1) < need.done ? need : last),
        undefined,
      );
  }
  const all = links.toReversed();
  const [head, ...rest] = all;
  if (!head || head.from <= from) return all;
  // Before what the plan has now something else may have run, that was cut since.
  const spent = { ...head.spent, slicewave: head.spent.slicewave + head.from - from };
  return [{ ...head, from, spent }, ...rest];
}

/** The same kinds, but of a whole that is known: what is missing or too much is the tool's own. */
function cut(spent: Record<TimeKind, number>, whole: number): Spent {
  const sum = TIME_KINDS.reduce((all, kind) => all + spent[kind], 0);
  return { ...spent, slicewave: Math.max(0, spent.slicewave + whole - sum) };
}
