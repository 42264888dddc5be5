import type { Finding } from '../finding.ts';
import type { Proposal } from './proposal.ts';

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
  /** It was told as often as it may be. */
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
}

/** How often an agent is told what does not hold, after its first answer. */
export const DEFAULT_CORRECTIONS = 2;
export const MOST_CORRECTIONS = 10;

/** What a decomposer can mend: errors and warnings. The rest is for the person to know. */
export function mendable(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => finding.severity === 'error' || finding.severity === 'warning');
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
  if (end === 'sound') return `${count}; nothing is left to correct`;
  const faults = leftText(shown?.errors ?? 0, shown?.warnings ?? 0);
  const why = {
    'used-up': 'it was asked to correct them as often as it may be',
    'no-better': 'it answered with the same faults again',
    failed: `it failed when it was asked to correct them (${detail ?? 'no reason given'})`,
  }[end];
  const best = list.length > 1 ? `; the best answer, of round ${chosen}, is shown` : '';
  return `${count}; ${faults} left: ${why}${best}`;
}

/** `2 errors and 1 warning` */
export function leftText(errors: number, warnings: number): string {
  const parts = [
    errors > 0 ? `${errors} ${errors === 1 ? 'error' : 'errors'}` : '',
    warnings > 0 ? `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : '',
  ];
  return parts.filter((part) => part !== '').join(' and ') || 'nothing';
}
