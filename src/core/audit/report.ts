import type { Blame, BlamedDifference } from './blame.ts';
import type { DifferenceKind } from './inventory.ts';

/** A difference as the run's evidence keeps it. */
export interface AuditedDifference {
  readonly kind: DifferenceKind;
  readonly what: string;
  readonly change: 'created' | 'changed' | 'gone';
  readonly blame: Blame;
  readonly evidence: string | null;
  /** It is as it was again; what was found instead is kept with the run. */
  readonly put_back: boolean;
  /** Slices that were at work at the time, this one among them. */
  readonly among: readonly string[];
}

export function audited(
  difference: BlamedDifference,
  more: { readonly putBack: boolean; readonly among: readonly string[] },
): AuditedDifference {
  return {
    kind: difference.kind,
    what: difference.what,
    change: changeOf(difference),
    blame: difference.blame,
    evidence: difference.evidence,
    put_back: more.putBack,
    among: difference.blame === 'proven' ? more.among.slice(0, 1) : more.among,
  };
}

function changeOf({ kind, before, after }: BlamedDifference): AuditedDifference['change'] {
  if (kind !== 'checkout-file') return before === null ? 'created' : after === null ? 'gone' : 'changed';
  // Of a checkout only what differs from its commit is looked at: a file that was not among that may well have been there.
  const untracked = (mark: string | null): boolean => mark !== null && /^(?:\?|ignored) /.test(mark);
  if (after === null) return untracked(before) ? 'gone' : 'changed';
  if (after.endsWith(' gone')) return 'gone';
  return before === null && untracked(after) ? 'created' : 'changed';
}

/** A difference in words: what was touched, by whom as far as that is shown, and whether it was put back. */
export interface Violation {
  /** `refs/heads/feature was removed` */
  readonly what: string;
  /** `by A1 (git branch -D feature)`, `while one of A1, B1 worked` */
  readonly by: string;
  readonly putBack: boolean;
}

/** What no person is known to have done; first what was shown to be the run's doing, and what is still changed. */
export function violationsIn(found: readonly AuditedDifference[]): readonly Violation[] {
  return found
    .filter((difference) => difference.blame !== 'person')
    .toSorted((a, b) => urgency(a) - urgency(b))
    .map(inWords);
}

/** Paths of the primary checkout that changed while a run worked, where nothing shows by whom: people edit there too. */
export function changedMeanwhile(found: readonly AuditedDifference[]): readonly string[] {
  return found.flatMap(({ kind, blame, what }) => (kind === 'checkout-file' && blame === 'person' ? [what] : []));
}

/** The question about them, for whoever looks; `null`: there is none. No slice waits for the answer. */
export function meanwhileText(slice: string, paths: readonly string[]): string | null {
  if (paths.length === 0) return null;
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : '';
  return `${paths.slice(0, 5).join(', ')}${more} of the primary checkout changed while ${slice} worked, and nothing shows by whom: was it you?`;
}

function urgency(difference: AuditedDifference): number {
  return (difference.blame === 'proven' ? 0 : 2) + (difference.put_back ? 1 : 0);
}

/** One sentence without its full stop. */
export function violationText({ what, by, putBack }: Violation): string {
  return `${what} ${by}${putBack ? '; it was put back' : ''}`;
}

/** One sentence without its full stop: what was touched, by whom as far as that is shown, and whether it was put back. */
export function auditSentence(difference: AuditedDifference): string {
  return violationText(inWords(difference));
}

function inWords(difference: AuditedDifference): Violation {
  const what = `${PLACE[difference.kind](difference.what)} ${difference.kind === 'head' ? 'moved' : `was ${CHANGE[difference.change]}`}`;
  const by =
    difference.blame === 'proven'
      ? `by ${difference.among.join(', ')}${difference.evidence ? ` (${difference.evidence})` : ''}`
      : difference.blame === 'suspected'
        ? `while ${difference.among.length > 1 ? `one of ${difference.among.join(', ')}` : difference.among.join('')} worked`
        : 'meanwhile; nothing shows by whom, and people do that';
  return { what, by, putBack: difference.put_back };
}

const CHANGE: Readonly<Record<AuditedDifference['change'], string>> = {
  created: 'made',
  changed: 'changed',
  gone: 'removed',
};

const PLACE: Readonly<Record<DifferenceKind, (what: string) => string>> = {
  'ref-created': (what) => what,
  'ref-moved': (what) => what,
  'ref-deleted': (what) => what,
  head: () => 'HEAD of the primary checkout (the branch it is on)',
  reflog: (what) => `${what} of the primary checkout`,
  config: (what) => `the setting ${what}`,
  hook: (what) => `the hook ${what}`,
  'git-file': (what) => what,
  'home-file': (what) => what,
  stash: () => 'the stash',
  'index-flag': (what) => `the mark in the index that hides ${what} from git`,
  'checkout-file': (what) => `${what} of the primary checkout`,
  beside: (what) => `${what}, outside of the worktree,`,
};
