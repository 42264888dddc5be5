import type { Finding, TextEdit } from '../../text/finding.ts';

/** One pass over one file. */
export interface FixedText {
  readonly text: string;
  /** The findings whose quick fixes were applied. */
  readonly applied: readonly Finding[];
}

/** Files with their findings, linted anew after each change: the linter's session. */
export interface FixableFiles {
  readonly files: ReadonlyMap<string, string>;
  findings(): ReadonlyMap<string, readonly Finding[]>;
  set(file: string, text: string): void;
}

/** What happened to one file. */
export interface FixedFile extends FixedText {
  readonly file: string;
  readonly before: string;
}

/** More passes than any file needs: a chain of fixes that each make room for the next is a few links long. */
const maxPasses = 50;

/**
 * Whether a fix may be applied without anybody looking. A guess may not, and one that puts in words in angle brackets
 * (`<what anyone can do>`) leaves the answer to a person.
 */
export function isSafe(found: Finding): boolean {
  const { fix } = found;
  return fix !== undefined && fix.guess === undefined && !fix.edits.some(({ text }) => /<\p{L}[^<>\n]*>/u.test(text));
}

/**
 * Applies the safe fixes of a file's findings to its text, in the order of the text, leaving out every fix that meets one
 * already taken: those are found again in the next pass. Findings of other files are ignored. The findings must be of
 * exactly this text.
 */
export function fixAll(text: string, file: string, findings: readonly Finding[]): FixedText {
  const taken: TextEdit[] = [];
  const applied: Finding[] = [];
  for (const found of findings) {
    if (found.file !== file || !found.fix || !isSafe(found)) continue;
    const { edits } = found.fix;
    if (edits.some((edit) => edit.span.start < 0 || edit.span.end > text.length)) continue;
    if (edits.some((edit) => taken.some((other) => meet(edit, other)))) continue;
    taken.push(...edits);
    applied.push(found);
  }
  return { text: applyEdits(text, taken), applied };
}

/** Replaces the spans of edits, which must not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let at = 0;
  for (const { span, text: replacement } of edits.toSorted(
    (a, b) => a.span.start - b.span.start || a.span.end - b.span.end,
  )) {
    result += text.slice(at, span.start) + replacement;
    at = span.end;
  }
  return result + text.slice(at);
}

/**
 * Applies safe fixes to the files that `wanted` names, pass after pass, until none is left. The session ends up with the
 * new texts. Files that did not change are left out. A file whose fixes undo each other is left alone after they did so
 * once, so this always ends.
 */
export function fixFiles(session: FixableFiles, wanted: (file: string) => boolean): readonly FixedFile[] {
  const changed = new Map<string, { before: string; text: string; applied: Finding[]; seen: Set<string> }>();
  for (let pass = 0; pass < maxPasses; pass++) {
    const next: [file: string, text: string][] = [];
    for (const [file, findings] of session.findings()) {
      const before = session.files.get(file);
      if (before === undefined || !wanted(file)) continue;
      const { text, applied } = fixAll(before, file, findings);
      if (text === before) continue;
      const state = changed.get(file) ?? { before, text, applied: [], seen: new Set([before]) };
      if (state.seen.has(text)) continue;
      state.seen.add(text);
      state.text = text;
      state.applied.push(...applied);
      changed.set(file, state);
      next.push([file, text]);
    }
    if (next.length === 0) break;
    for (const [file, text] of next) session.set(file, text);
  }
  return [...changed].map(([file, { before, text, applied }]) => ({ file, before, text, applied }));
}

/** Whether two edits touch: also when one begins where the other ends, because their order would then matter. */
function meet(a: TextEdit, b: TextEdit): boolean {
  return a.span.start <= b.span.end && b.span.start <= a.span.end;
}
