import type { Severity } from '../core/text/finding.ts';

/** Asked of the language server: look at every file there is again, open or not, and publish what is found. */
export const lintWorkspaceRequest = 'slicewave/lintWorkspace';

/** The answer: how many files were looked at, and how many findings of each severity there are. */
export interface LintWorkspaceResult {
  readonly files: number;
  readonly counts: Readonly<Record<Severity, number>>;
}

/** `source` of every diagnostic the server publishes. */
export const diagnosticSource = 'slicewave';

/** The section of the editor's settings that the server asks for: `rules` and `limits`. */
export const lintSection = 'slicewave.lint';

/** `initializationOptions`: what this client can do beyond the protocol. Other clients send nothing of it. */
export interface ServerOptions {
  /** The scheme under which the client shows the page of a rule: `<scheme>:/rules/task.scope-missing.md`. */
  readonly rulePages?: string;
  /** Commands that code lenses, code actions and completions may call. */
  readonly commands?: readonly string[];
  /** The client completes and checks `manifest.json` by its schema itself. */
  readonly schemas?: boolean;
  /** The client lists the headings of Markdown files itself. */
  readonly headings?: boolean;
  /** Settings for clients that cannot be asked for them: the shape of the `slicewave.lint` section. */
  readonly lint?: unknown;
}

/** Where the page of a rule is shown by a client with `rulePages`. */
export function rulePageUri(scheme: string, code: string): string {
  return `${scheme}:/rules/${code}.md`;
}
