import type { Finding } from '../text/finding.ts';
import type { Plan, PlanFiles } from '../plan/model.ts';
import type { Spec } from '../spec/model.ts';
import type { Proposal } from '../plan/proposal.ts';

/** One answer of a decomposer that is corrected, as the judge saw it. */
export interface Round {
  /** From 1. */
  readonly number: number;
  /** Why the answer could not be used at all; empty when it became a plan. */
  readonly problems: readonly string[];
  /** What its plan still has against it. */
  readonly errors: number;
  readonly warnings: number;
}

/** How the rounds came to their end. */
export type RoundsEnd =
  /** Nothing is left that the decomposer could mend. */
  | 'sound'
  /** It had all the corrections that it may have. */
  | 'used-up'
  /** It answered with the same faults as before. */
  | 'no-better'
  /** It failed after it had given an answer that can be shown. */
  | 'failed';

export interface Rounds {
  readonly list: readonly Round[];
  readonly end: RoundsEnd;
  /** Number of the round whose answer is shown. */
  readonly chosen: number;
  /** For `failed`: what happened. */
  readonly detail: string | null;
  /** Dependencies that were added afterwards, for pairs that still shared too much. Default 0. */
  readonly ordered?: number;
  /** What changed in the checkout while it was asked, in words; it should only have read. Default nothing. */
  readonly changed?: readonly string[];
}

/** How many corrections an agent gets, after its first answer. */
export const DEFAULT_CORRECTIONS = 2;
export const MOST_CORRECTIONS = 10;

export interface MendableRequest {
  readonly findings: readonly Finding[];
  /** Declares what wins over any answer. */
  readonly spec: Spec;
  /** The plan of the answer, as it would be written. */
  readonly plan: Plan;
  readonly files: PlanFiles;
  /** Trails of slices that wait for each other, as the plan's graph has them. */
  readonly cycles: readonly (readonly string[])[];
}

/**
 * What the plan's writer works out from the answer: when it is wrong, something else in the answer is, and was found.
 */
const derived: ReadonlySet<string> = new Set([
  'plan.agent-differs',
  'plan.blocks-disagree',
  'plan.blocks-incomplete',
  'plan.blocks-unknown',
  'plan.not-listed',
  'plan.wave-contradicts',
  'plan.wave-order',
  'plan.wrong-count',
  'plan.wrong-critical-path',
  'plan.wrong-parallel',
]);

/**
 * What a decomposer can mend: errors and warnings, without those that only the author of the spec can: how long a slice
 * takes, which checks it has and how wide its files are where the spec says so, and circles of what it declares. The
 * rest is for the person to know, and asking for it would cost rounds.
 */
export function mendable(request: MendableRequest): Finding[] {
  const { findings, spec, plan, files, cycles } = request;
  const declared = new Map(spec.slices.map((slice) => [slice.id, slice]));
  const sliceOf = new Map(plan.slices.map((slice) => [slice.file, declared.get(slice.id)]));
  const settledCircles = cycles.filter((trail) => isDeclaredCircle(trail, spec)).map((trail) => trail.join(' -> '));
  return findings.filter((finding) => {
    if (finding.severity !== 'error' && finding.severity !== 'warning') return false;
    if (derived.has(finding.code)) return false;
    if (finding.code === 'plan.cycle') return !settledCircles.some((trail) => finding.message.endsWith(trail));
    const slice = sliceOf.get(finding.file);
    if (!slice) return true;
    const text = files.get(finding.file.slice(plan.dir === '' ? 0 : plan.dir.length + 1)) ?? '';
    const line = text.split('\n')[finding.line - 1] ?? '';
    switch (finding.code) {
      case 'task.too-long':
        return slice.estimateMinutes === null;
      case 'task.check-unknown':
      case 'task.check-needs-shell':
        return !slice.verify.some((command) => line.includes(command));
      case 'task.scope-wide':
        return !slice.files.some((file) => line.includes(file));
      default:
        return true;
    }
  });
}

/** Whether each step of a circle is one that the spec declares; no answer can take those away. */
function isDeclaredCircle(trail: readonly string[], spec: Spec): boolean {
  return trail.slice(1).every((id, i) => isDeclaredStep(trail[i] ?? '', id, spec));
}

/** Whether the spec itself says that one slice, or merge point, comes before another. */
export function isDeclaredStep(before: string, id: string, spec: Spec): boolean {
  const slice = spec.slices.find((other) => other.id === id);
  return (
    slice?.after.includes(before) === true ||
    spec.mergePoints.some((point) => point.needs.includes(before) && point.unlocks.includes(id)) ||
    spec.mergePoints.some(
      (point) =>
        (point.id === id && point.needs.includes(before)) || (point.id === before && point.unlocks.includes(id)),
    )
  );
}

/** The same faults give the same text, in whatever order they were found. */
export function faultsText(problems: readonly string[], findings: readonly Finding[]): string {
  return [...problems, ...findings.map((finding) => `${finding.code}\0${finding.message}`)].toSorted().join('\n');
}

/** Whether one plan's faults weigh less than another's: fewer errors, then fewer warnings. */
export function fewerFaults(a: Pick<Round, 'errors' | 'warnings'>, b: Pick<Round, 'errors' | 'warnings'>): boolean {
  return a.errors !== b.errors ? a.errors < b.errors : a.warnings < b.warnings;
}

/** What no plan can be written with: ids used twice. Windows and macOS see no difference in case either. */
export function idProblems(proposal: Proposal): string[] {
  const seen = new Map<string, string>();
  const problems: string[] = [];
  for (const { id } of proposal.slices) {
    const first = seen.get(id.toLowerCase());
    if (first === undefined) seen.set(id.toLowerCase(), id);
    else if (first === id) problems.push(`The id ${id} is used by two slices`);
    else problems.push(`The ids ${first} and ${id} differ in case only`);
  }
  return problems;
}

/** What became of the rounds, for the person: `3 rounds; 1 error left; it answered with the same faults again`. */
export function roundsText(rounds: Rounds): string {
  const { list, end, chosen, detail } = rounds;
  const count = `${list.length} ${list.length === 1 ? 'round' : 'rounds'}`;
  const shown = list.find((round) => round.number === chosen);
  const changed = rounds.changed ? `; ${changedText(rounds.changed)}` : '';
  if (end === 'sound') return `${count}; nothing is left to correct${changed}`;
  const faults = leftText(shown?.errors ?? 0, shown?.warnings ?? 0);
  const why = {
    'used-up': 'it was asked to correct them as often as it may be',
    'no-better': 'it answered with the same faults again',
    failed: `it failed when it was asked to correct them (${detail ?? 'no reason given'})`,
  }[end];
  const best = list.length > 1 ? `; the best answer, of round ${chosen}, is shown` : '';
  const { ordered = 0 } = rounds;
  const settled =
    ordered > 0
      ? `; ${ordered} ${ordered === 1 ? 'dependency was' : 'dependencies were'} added to it, for slices that share too much`
      : '';
  return `${count}; ${faults} left: ${why}${best}${settled}${changed}`;
}

/** Of these more is one program that does what it likes. */
const mostChanges = 5;

/** `while it was asked, src/a.ts changed: if this was not you, look at it`. For at least one change. */
export function changedText(changed: readonly string[]): string {
  const more = changed.length - mostChanges;
  const all = `${changed.slice(0, mostChanges).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `while it was asked, ${all}: if this was not you, look at it, for it was only to read`;
}

/** `2 errors and 1 warning` */
export function leftText(errors: number, warnings: number): string {
  const parts = [
    errors > 0 ? `${errors} ${errors === 1 ? 'error' : 'errors'}` : '',
    warnings > 0 ? `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : '',
  ];
  return parts.filter((part) => part !== '').join(' and ') || 'nothing';
}
