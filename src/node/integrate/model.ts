/** What an integration pass came to, as `integrate --json` prints it. */
export interface IntegrationReport {
  readonly v: 1;
  readonly plan: string;
  readonly state: 'passed' | 'failed' | 'conflict';
  readonly branch: string;
  readonly commit: string | null;
  readonly merged: readonly string[];
  readonly conflicts: readonly { readonly slice: string; readonly files: readonly string[] }[];
  readonly failing: readonly Failing[];
  readonly checks: readonly CheckLine[];
  readonly report_path: string;
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
