/** Why a green check may prove less than it seems to. Literals: views and reports tell them apart. */
export type DoubtKind =
  | 'test-removed'
  | 'test-skipped'
  | 'test-weaker'
  | 'expectation-changed'
  | 'subject-replaced'
  | 'test-leaves-early'
  | 'check-bent'
  | 'selection-narrowed'
  | 'knows-the-check'
  | 'fewer-tests'
  | 'passes-on-base'
  | 'replayed'
  | 'flaky'
  | 'processes-ended'
  | 'processes-left'
  | 'same-names'
  | 'unsigned';

export interface DoubtPlace {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  /** From 1; `null`: the whole file. */
  readonly line: number | null;
}

/** Something for a person to confirm. It stays with the run to the end, whatever becomes of the slice. */
export interface Doubt {
  readonly kind: DoubtKind;
  /** One sentence without a full stop; names what is doubted. */
  readonly summary: string;
  /** `low`: worth knowing, and what honest work looks like too. `high`: somebody has to look. */
  readonly severity: 'low' | 'high';
  readonly places: readonly DoubtPlace[];
}

/** `a.test.js:3`, the first three and how many more. */
export function placesText(places: readonly DoubtPlace[]): string {
  const shown = places.slice(0, 3).map(({ path, line }) => (line === null ? path : `${path}:${line}`));
  const more = places.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

/** A doubt as one line for lists. */
export function doubtText(doubt: Doubt): string {
  return doubt.places.length === 0 ? doubt.summary : `${doubt.summary} (${placesText(doubt.places)})`;
}

/** A run, or a slice by its last run. */
interface Remarkable {
  readonly doubts: readonly Doubt[];
  readonly refuted: readonly string[];
}

/** What a state is said with, wherever it is said: `2 claims refuted`, `1 doubt`. Quiet ones are in the trace. */
export function remarksOf(run: Remarkable): readonly string[] {
  const doubts = run.doubts.filter((doubt) => doubt.severity === 'high').length;
  const refuted = run.refuted.length;
  return [
    ...(refuted > 0 ? [`${refuted} claim${refuted === 1 ? '' : 's'} refuted`] : []),
    ...(doubts > 0 ? [`${doubts} doubt${doubts === 1 ? '' : 's'}`] : []),
  ];
}

/** All that is doubted or refuted, a line each: what a person has to look at, first. */
export function remarkLines(run: Remarkable): readonly string[] {
  const loudFirst = run.doubts.toSorted((a, b) => Number(b.severity === 'high') - Number(a.severity === 'high'));
  return [...run.refuted, ...loudFirst.map(doubtText)];
}
