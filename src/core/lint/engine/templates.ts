import type { Fix } from '../../text/finding.ts';
import type { Markdown } from '../../text/markdown.ts';
import type { SpecAnswer } from '../../spec/model.ts';
import { textStart } from '../../text/byte-order-mark.ts';

/** The method's conditions under which every agent stops and asks. */
export const stopConditions = [
  'unclear instructions',
  'unexpected file scope',
  'secrets, auth, or production data',
  'test failure after two retries',
] as const;

/** What a run must leave behind. */
export const requiredOutput = [
  'run_id',
  'files_changed',
  'commands_run',
  'tests_passed',
  'risk_notes',
  'review_needed',
] as const;

const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}\n`).join('');

/** Only a person can answer these, so the template asks; words in angle brackets still count as no answer. */
export const answerTemplates: Readonly<Record<SpecAnswer, string>> = {
  outcome: '## Outcome\n\n<Who can do what afterwards that they cannot do now, and how anyone would notice>\n',
  in_scope: '## In scope\n\n- <behaviour or directory that this work covers>\n',
  out_of_scope: '## Out of scope\n\n- <what a reader could expect to be covered, and is not>\n',
  evidence: '## Evidence\n\n- [ ] `<command>` passes\n- [ ] <what can be seen when it works>\n',
};

export const stopTemplate = `## Stop conditions\n\n${bullets(stopConditions)}`;
export const allowedTemplate = `## Allowed\n\n${bullets([
  'Read files inside the assigned repository',
  'Edit only files named in the task',
  'Run test and build commands',
])}`;
export const requiredOutputTemplate = `## Required output\n\n${bullets(requiredOutput)}`;

export const goalTemplate =
  '## Goal\n\nTurn the task into a small, verified change that touches only the files the task names.\n';
export const finalReplyTemplate = `## Final reply format

1. What changed, in one sentence
2. The files changed
3. The commands run, each with its result
4. Risks, and whether a person should review
`;

/** The test command people of a technology expect, for a check that is to be filled in. */
export function usualCheck(technology: string | null): string {
  const name = technology?.toLowerCase() ?? '';
  if (/python|django|flask|fastapi/.test(name)) return 'pytest';
  if (/rust/.test(name)) return 'cargo test';
  if (/^go(?:lang)?$/.test(name)) return 'go test ./...';
  return 'npm test';
}

/** Adds a section at the end of a file, one blank line below what stands there. */
export function appendSection(text: string, section: string, title: string): Fix {
  const kept = text.trimEnd().length;
  const gap = kept === 0 ? '' : '\n\n';
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const addition = (gap + section).replaceAll('\n', newline);
  return { title, edits: [{ span: { start: kept, end: text.length }, text: addition }] };
}

/** Whether a section at the end of a file would be read as one, and not as part of an open fence or comment. */
export function takesMore({ source, fences, lines }: Markdown): boolean {
  const last = lines.findLast((line) => line.kind !== 'blank');
  if (last?.kind === 'comment') return source.text.slice(last.start, last.end).includes('-->');
  return last?.kind !== 'fence' || fences.every((fence) => fence.closed);
}

/** The fix, unless the text it leaves behind would still be wrong: an open fence or comment swallows what follows it. */
export function ifMended(text: string, fix: Fix, isRight: (mended: string) => boolean): Fix | undefined {
  let mended = text;
  for (const { span, text: put } of fix.edits.toSorted((a, b) => b.span.start - a.span.start))
    mended = mended.slice(0, span.start) + put + mended.slice(span.end);
  return isRight(mended) ? fix : undefined;
}

/** Adds a `key: value` line at the end of the front matter, or a front matter when there is none. */
export function addFrontMatter(
  text: string,
  body: { readonly start: number; readonly end: number } | null,
  line: string,
  title: string,
): Fix {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const at = body ? body.end : textStart(text);
  return {
    title,
    edits: [
      { span: { start: at, end: at }, text: body ? line + newline : `---${newline}${line}${newline}---${newline}` },
    ],
  };
}
