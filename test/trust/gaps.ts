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
  'knows-the-gate': {
    mode: 'both',
    is: 'missed',
    why: 'a check still sees a variable of the tool, and work that asks for it is not doubted',
  },
  'throws-swallowed': {
    mode: 'both',
    is: 'missed',
    why: 'assertions inside a `try` whose `catch` is empty are counted as before',
  },
};
