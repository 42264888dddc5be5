import assert from 'node:assert/strict';
import type { Finding } from '../../src/core/text/finding.ts';

/** A text with the words between two `|` marked: the text without the marks, and where the words stood. */
export function caret(marked: string): { readonly text: string; readonly start: number; readonly end: number } {
  const [before, words, after, ...rest] = marked.split('|');
  assert.ok(before !== undefined && words !== undefined && after !== undefined && rest.length === 0, 'two carets');
  return { text: before + words + after, start: before.length, end: before.length + words.length };
}

/** Asserts that exactly one finding has the code, and that it underlines the words between the carets. */
export function assertFinding(
  findings: readonly Finding[],
  code: string,
  marked: { readonly text: string; readonly start: number; readonly end: number },
): Finding {
  const matching = findings.filter((found) => found.code === code);
  assert.equal(matching.length, 1, `${code} once, among ${findings.map((found) => found.code).join(', ')}`);
  const [found] = matching;
  assert.ok(found);
  assert.equal(marked.text.slice(found.span.start, found.span.end), marked.text.slice(marked.start, marked.end));
  assert.equal(found.span.start, marked.start);
  return found;
}

/** Applies a finding's quick fix. */
export function applyFix(text: string, found: Finding): string {
  assert.ok(found.fix, `${found.code} has a fix`);
  let result = text;
  for (const { span, text: replacement } of found.fix.edits.toSorted((a, b) => b.span.start - a.span.start)) {
    result = result.slice(0, span.start) + replacement + result.slice(span.end);
  }
  return result;
}
