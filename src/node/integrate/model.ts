/** What an integration pass came to, as `integrate --json` prints it. */
export interface IntegrationReport {
  readonly v: 1;
  readonly plan: string;
  /** `unproven`: nothing failed, and not all of the spec's evidence was run. */
  readonly state: 'passed' | 'unproven' | 'failed' | 'conflict';
  readonly branch: string;
  readonly commit: string | null;
  readonly merged: readonly string[];
  readonly conflicts: readonly { readonly slice: string; readonly files: readonly string[] }[];
  readonly failing: readonly Failing[];
  readonly checks: readonly CheckLine[];
  /** What the spec says proves its outcome, and what came of it. */
  readonly evidence: readonly ProvenItem[];
  /** What nobody should take for verified, a line each. */
  readonly not_verified: readonly string[];
  readonly report_path: string;
}

/** An item of the spec's evidence. `not-run`: a person has to see it. */
export interface ProvenItem {
  readonly text: string;
  readonly status: 'passed' | 'failed' | 'not-run';
  readonly details: string;
}

/** A check that fails on the merged whole, and the slice after whose merge it first does. */
export interface Failing {
  readonly slice: string;
  readonly check: string;
}

/** One line of the report: something that was looked at, and what came of it. */
export interface CheckLine {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'not-run';
  readonly details: string;
}
