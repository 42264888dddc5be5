/**
 * `evidence`: lines or records that Slicewave did not write, that cannot be read, or that are gone. `other-machine`:
 * written by somebody with a key that is not here. `plan`: the plan directory is not what is run by. `earlier`: an earlier
 * version may have recorded what belongs to the plan. `unfinished`: a merge that a person asked for was not carried out
 * yet.
 */
export type WarningKind = 'evidence' | 'other-machine' | 'plan' | 'earlier' | 'unfinished';

/** What a person should know of a plan's facts before they go by them, whatever its slices are doing. */
export interface Warning {
  readonly kind: WarningKind;
  /** One sentence without its full stop. */
  readonly summary: string;
  /** What to do, as a sentence; `null` when there is nothing to do. */
  readonly remedy: string | null;
  /** Relative to the root. */
  readonly paths: readonly string[];
  /** Of the one path, where it is about a line of it: its number, from 1. */
  readonly line?: number;
}

/** A warning as one line for lists. */
export function warningText({ summary, remedy }: Warning): string {
  return remedy === null ? summary : `${summary}. ${remedy}`;
}

/** Whether a person can take what is warned of for what the plan is run by. */
export function isAcceptable({ kind }: Warning): boolean {
  return kind === 'plan' || kind === 'other-machine';
}
