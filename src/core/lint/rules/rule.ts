import type { Severity } from '../../text/finding.ts';

/** A row of the rule table. */
export interface Rule {
  /** Dotted literal; the first part is the kind of file it is about. Stable once released. */
  readonly code: string;
  readonly severity: Severity;
  /** One line: what is wrong, and why it matters. */
  readonly summary: string;
  /**
   * The page of `slicewave lint --explain CODE`, as Markdown without headings: what is looked at, why it matters, how to
   * mend it, with a short example of each side where words alone would not do.
   */
  readonly details: string;
}
