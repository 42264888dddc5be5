import { abridged } from './printing.ts';
import type { SourceText, Span } from './source.ts';

export type Severity = 'error' | 'warning' | 'info' | 'hint';

/** Replaces the text of `span` with `text`. The edits of one fix never overlap. */
export interface TextEdit {
  readonly span: Span;
  readonly text: string;
}

/** A quick fix: what the user reads, and the edits in the finding's own file. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
  /** Likely but not certain, or a decision: offered to a person one by one, never applied by `--fix` or "fix all". */
  readonly guess?: true;
}

/** Something wrong at an exact place. Lines and columns count from 1; the end is exclusive. */
export interface Finding {
  /** Dotted literal, stable once released: `task.scope-missing`. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** Repository-relative, with forward slashes. */
  readonly file: string;
  readonly span: Span;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly fix?: Fix;
}

/** Builds a finding; an absent span means the first character of the file. */
export function finding(
  source: SourceText,
  code: string,
  severity: Severity,
  message: string,
  span: Span = { start: 0, end: Math.min(1, source.text.length) },
  fix?: Fix,
): Finding {
  const start = source.position(span.start);
  const end = source.position(span.end);
  return {
    code,
    severity,
    // A longer message quotes a word of the file that is no word: a terminal full of it hides the rest.
    message: abridged(message),
    file: source.file,
    span,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    ...(fix ? { fix } : {}),
  };
}
