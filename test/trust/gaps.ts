/**
 * What is known not to be held yet, row by row. A row that stands here must fail as it says: once it does not, the test
 * fails and the entry goes.
 */
import type { Mode, Verdict } from './case.ts';

export interface Gap {
  readonly mode: Mode | 'both';
  /** What becomes of it today; anything else, better or worse, is news. */
  readonly is: Verdict;
  readonly why: string;
}

export const GAPS: Readonly<Record<string, Gap>> = {
  'neighbour-worktree': {
    mode: 'off',
    is: 'missed',
    why: 'what is written into the scope of a slice at work, in its worktree, counts as that slice’s own work',
  },
};
