import type { SliceKind } from '../task/model.ts';
import type { Plan, Slice } from './model.ts';
import { byCodeUnit } from '../text/order.ts';

/** One slice that was carried through: what was declared, and what the agent really worked. */
export interface DurationSample {
  readonly plan: string;
  readonly slice: string;
  /** The command line that did it: `claude`, `codex`. Each is learned on its own. */
  readonly adapter: string;
  readonly kind: SliceKind;
  readonly declaredMinutes: number;
  /** Files that the scope lets it create or modify. */
  readonly writes: number;
  /** All attempts together, from the agent's start to its end; a person's answer, checks and merges not counted. */
  readonly actualMinutes: number;
  /** When it was verified, ISO 8601: of very many, the latest teach. */
  readonly at: string;
}

export type EstimateBasis = 'declared' | 'learned' | 'actual';

export interface SliceEstimate {
  readonly minutes: number;
  /** Four of five similar slices fell between these; both equal `minutes` where nothing is known. */
  readonly low: number;
  readonly high: number;
  readonly basis: EstimateBasis;
  /** Runs that it rests on. */
  readonly samples: number;
  /** How far the learned estimate is typically off; `null` where nothing was learned. */
  readonly errorPercent: number | null;
}

/** What an estimator says of itself. */
export interface EstimatorSummary {
  readonly adapter: string | null;
  readonly runs: number;
  /** The median error of each slice when it is left out and estimated from the others, in percent of what it took. */
  readonly errorPercent: number | null;
  /** The same error of the declared estimates: learning is used only where it is better. */
  readonly declaredErrorPercent: number | null;
}

export interface Estimator {
  readonly summary: EstimatorSummary;
  estimate(slice: Slice, plan: string): SliceEstimate;
}

/** Fewer slices than this teach nothing, in all and of one kind. */
const FEWEST = 5;
/** Percent that learned estimates may typically be off: those that are further off say nothing. */
export const MOST_ERROR = 100;
/** The latest that teach: each is left out once, so the cost grows with the square. */
const MOST = 500;
const SCRIPTED: ReadonlySet<string> = new Set(['demo', 'command']);
/** So many slices weigh as much as the belief that what was declared holds. */
const PRIOR = 3;

/**
 * Learns how long agents really take. The rule is one line: minutes = declared minutes x ratio, where the ratio is the
 * median of actual to declared of similar slices, drawn towards what is known more broadly while they are few: with `n`
 * slices, `ratio = exp((n * ln(median) + 3 * ln(broader)) / (n + 3))`. From broad to narrow: the declared estimate
 * (ratio 1), all slices, those of the same kind, those of the same kind and size. Size is by declared minutes: up to
 * one hour, up to three, more. A slice that declares none counts as 120 minutes, so at 120 the paths that it may write
 * decide: up to 2, up to 6, more.
 *
 * The range holds the middle four fifths of the ratios. The error is honest: each slice is estimated from all others.
 * Below five slices of a kind, where learning is no better than what people declared, or where it is off by more than
 * the estimate itself, the declared estimates stay.
 *
 * `adapter`: only its slices teach, since one agent's speed says little about another's; `null` takes the adapter with
 * most slices, by name where equal. Scripts stand in for agents in demonstrations and tests and take seconds, so those
 * of the adapters `demo` and `command` teach only when they are asked for by name.
 */
export function learnEstimator(samples: readonly DurationSample[], adapter: string | null = null): Estimator {
  const usable = samples.filter((s) => positive(s.declaredMinutes) && positive(s.actualMinutes));
  const chosen = adapter ?? mostSeen(usable);
  const known = usable
    .filter((s) => s.adapter === chosen)
    .sort((a, b) => byCodeUnit(b.at, a.at) || bySlice(a, b))
    .slice(0, MOST)
    .sort(bySlice);
  const actual = new Map(known.map((s) => [`${s.plan} ${s.slice}`, s.actualMinutes]));
  const rows = known.map((s): Row => ({ ...s, log: Math.log(s.actualMinutes / s.declaredMinutes), size: sizeOf(s) }));

  const declaredError = median(rows.map((row) => offBy(row.declaredMinutes, row.actualMinutes)));
  const error =
    rows.length < FEWEST
      ? null
      : median(
          rows.map((row, i) => {
            const rest = rows.toSpliced(i, 1);
            return offBy(row.declaredMinutes * Math.exp(learn(rest, row).log), row.actualMinutes);
          }),
        );
  const learned = error !== null && declaredError !== null && error < declaredError && error <= MOST_ERROR;
  const kinds = new Map<SliceKind, number>();
  for (const { kind } of rows) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const summary: EstimatorSummary = {
    adapter: chosen,
    runs: rows.length,
    errorPercent: error,
    declaredErrorPercent: declaredError,
  };
  return {
    summary,
    estimate(slice, plan) {
      const declared = positive(slice.estimateMinutes) ? slice.estimateMinutes : 0;
      const seen = actual.get(`${plan} ${slice.id}`);
      if (seen !== undefined) {
        return { minutes: tidy(seen), low: tidy(seen), high: tidy(seen), basis: 'actual', samples: 1, errorPercent: 0 };
      }
      if (!learned || declared === 0 || (kinds.get(slice.kind) ?? 0) < FEWEST) {
        const plain = { minutes: declared, low: declared, high: declared };
        return { ...plain, basis: 'declared', samples: 0, errorPercent: null };
      }
      const like = { kind: slice.kind, size: sizeOf({ declaredMinutes: declared, writes: writesOf(slice) }) };
      const { log, low, high, count } = learn(rows, like);
      return {
        minutes: tidy(declared * Math.exp(log)),
        low: tidy(declared * Math.exp(Math.min(low, log))),
        high: tidy(declared * Math.exp(Math.max(high, log))),
        basis: 'learned',
        samples: count,
        errorPercent: error,
      };
    },
  };
}

/** An estimator that knows nothing: what is declared counts. */
export const NOTHING_LEARNED: Estimator = learnEstimator([]);

/** The estimates of a plan's slices, and the minutes that `planGraph` takes. */
export function estimatesOf(
  plan: Plan,
  estimator: Estimator,
): { readonly estimates: ReadonlyMap<string, SliceEstimate>; readonly minutes: ReadonlyMap<string, number> } {
  const estimates = new Map(plan.slices.map((slice) => [slice.id, estimator.estimate(slice, plan.id)]));
  return { estimates, minutes: new Map(Array.from(estimates, ([id, { minutes }]) => [id, minutes])) };
}

/** Files that a slice's scope lets it create or modify, as entries. */
export function writesOf({ scope }: Pick<Slice, 'scope'>): number {
  return new Set([...scope.create, ...scope.modify].map((entry) => entry.path ?? entry.text)).size;
}

interface Row extends DurationSample {
  /** The logarithm of actual to declared: twice as long and half as long are equally far off. */
  readonly log: number;
  readonly size: number;
}

/** From the broadest group to the narrowest, each drawn towards the one before it. */
function learn(
  rows: readonly Row[],
  like: { readonly kind: SliceKind; readonly size: number },
): { readonly log: number; readonly low: number; readonly high: number; readonly count: number } {
  const ofKind = rows.filter((row) => row.kind === like.kind);
  const similar = ofKind.filter((row) => row.size === like.size);
  let log = 0;
  for (const group of [rows, ofKind, similar]) {
    const middle = median(group.map((row) => row.log));
    if (middle !== null) log = (group.length * middle + PRIOR * log) / (group.length + PRIOR);
  }
  // A range needs more than a middle does: the narrowest group that has enough.
  const around = [similar, ofKind, rows].find((group) => group.length >= 5) ?? rows;
  const logs = around.map((row) => row.log).sort((a, b) => a - b);
  const at = (part: number): number => logs[Math.round(part * (logs.length - 1))] ?? 0;
  const group = [similar, ofKind, rows].find((some) => some.length > 0) ?? rows;
  return { log, low: at(0.1), high: at(0.9), count: group.length };
}

function sizeOf({ declaredMinutes, writes }: Pick<DurationSample, 'declaredMinutes' | 'writes'>): number {
  // 120 minutes is what a slice without an estimate gets: its files say more.
  if (declaredMinutes === 120) return writes <= 2 ? 0 : writes <= 6 ? 1 : 2;
  return declaredMinutes <= 60 ? 0 : declaredMinutes <= 180 ? 1 : 2;
}

function mostSeen(samples: readonly DurationSample[]): string | null {
  const counts = new Map<string, number>();
  for (const { adapter } of samples) if (!SCRIPTED.has(adapter)) counts.set(adapter, (counts.get(adapter) ?? 0) + 1);
  const [first] = [...counts].sort(([a, n], [b, m]) => m - n || byCodeUnit(a, b));
  return first?.[0] ?? null;
}

/** By what is in them, never by the order in which they were found. */
function bySlice(a: DurationSample, b: DurationSample): number {
  return byCodeUnit(a.plan, b.plan) || byCodeUnit(a.slice, b.slice) || a.actualMinutes - b.actualMinutes;
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Percent of what it took. */
function offBy(estimated: number, actual: number): number {
  return (Math.abs(estimated - actual) / actual) * 100;
}

function positive(value: number): boolean {
  return value > 0 && Number.isFinite(value);
}

/** Whole minutes, and tenths below ten: no estimate knows more. */
function tidy(minutes: number): number {
  return minutes >= 10 ? Math.round(minutes) : Math.max(0.1, Math.round(minutes * 10) / 10);
}
