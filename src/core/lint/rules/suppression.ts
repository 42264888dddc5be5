import type { Rule } from './rule.ts';

/** What can be wrong with suppressions of findings. */
export const suppressionRules = [
  {
    code: 'suppression.malformed',
    severity: 'warning',
    summary: 'A comment looks like a suppression but is none, so what it was meant for is still reported.',
    details: `A comment that begins with \`slicewave-\` and a word such as \`disable\` or \`ignore\` is read as a suppression. These are the two that exist:

\`<!-- slicewave-disable-next-line CODE: reason -->\` stands alone on the line above the one that is meant; blank lines and other suppressions may stand between them. In front matter it is a YAML comment: \`# slicewave-disable-next-line CODE: reason\`.

\`<!-- slicewave-disable-file CODE: reason -->\` stands anywhere in the file and counts for all of it.

Several codes are separated by commas, and the reason begins after the first colon. Comments in fenced code and behind other words on a line do not count. \`manifest.json\` and \`trace.json\` are JSON, which has no comments: use \`overrides\` in \`.slicewave/lint.yaml\` for them.`,
  },
  {
    code: 'suppression.reason-missing',
    severity: 'warning',
    summary: 'A suppression gives no reason, so nobody can judge later whether it still holds; it does not count.',
    details: `A suppression hides a finding from everyone, the reviewer and the agents included. The reason after the colon is what lets the next person decide whether it may go. Without one, the finding is reported as before.

Bad: \`<!-- slicewave-disable-next-line task.stop-missing -->\`

Good: \`<!-- slicewave-disable-next-line task.stop-missing: the plan's skill is kept in another repository -->\``,
  },
  {
    code: 'suppression.unknown-code',
    severity: 'warning',
    summary: 'A suppression names a rule that does not exist, so it hides nothing.',
    details: `Codes are two words with a dot between them, as they are printed behind every finding: \`task.stop-missing\`. \`slicewave lint --explain\` lists them all. A suppression takes whole codes only, no \`task.*\`: what hides a whole kind of finding belongs into the settings, where it is seen.

The quick fix puts in the one code that is spelled almost the same, when there is one.`,
  },
  {
    code: 'suppression.unused',
    severity: 'warning',
    summary: 'A suppression hides nothing, so it would hide the next real finding there.',
    details: `The finding it was written for has gone: the text was mended, the line moved, or the rule no longer fires. What remains would silently hide a new finding of the same rule at that place. The quick fix removes the code, and the whole comment when it was the only one.

A suppression is judged before the settings are applied, so switching a rule off does not make its suppressions unused. It is only judged where the whole repository was looked at.`,
  },
] as const satisfies readonly Rule[];
