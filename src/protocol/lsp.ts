import type { Severity } from '../core/finding.ts';

/** Asked of the language server: look at every file there is again, open or not, and publish what is found. */
export const lintWorkspaceRequest = 'slicewave/lintWorkspace';

/** The answer: how many files were looked at, and how many findings of each severity there are. */
export interface LintWorkspaceResult {
  readonly files: number;
  readonly counts: Readonly<Record<Severity, number>>;
}

/** `source` of every diagnostic the server publishes. */
export const diagnosticSource = 'slicewave';
