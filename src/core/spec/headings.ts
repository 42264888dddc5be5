import { headingKey, within, type Markdown, type MarkdownSection } from '../text/markdown.ts';
import type { SpecAnswer, SpecSection } from './model.ts';

/** The headings that give each answer, the most telling first. */
export const answerHeadings: Readonly<Record<SpecAnswer, readonly string[]>> = {
  outcome: [
    'outcome',
    'desired outcome',
    'what outcome are we after',
    'goal',
    'goals',
    'objective',
    'objectives',
    'problem statement',
    'problem',
  ],
  in_scope: ['in scope', 'what is in scope', 'scope', 'scope boundary'],
  out_of_scope: ['out of scope', 'what is out of scope', 'non-goals', 'non goals', 'nongoals', 'not in scope'],
  evidence: [
    'evidence',
    'what evidence proves it worked',
    'acceptance criteria',
    'success criteria',
    'definition of done',
    'verification',
    'acceptance',
  ],
};

/** The headings of the sections that a spec may do without. */
export const optionalHeadings = {
  slices: [
    'workstreams',
    'workstream',
    'slices',
    'tasks',
    'slices/tasks',
    'slices / tasks',
    'work breakdown',
    'slice plan',
  ],
  contracts: [
    'contracts',
    'contract',
    'interfaces',
    'contracts/interfaces',
    'contracts / interfaces',
    'contracts and interfaces',
  ],
  conventions: ['conventions', 'convention', 'style'],
  testPlan: ['test plan', 'testing', 'tests'],
  constraints: ['constraints', 'constraint'],
  risks: ['risks', 'risk', 'risks and mitigations'],
  openQuestions: ['open questions', 'open question', 'questions'],
  stopConditions: ['stop conditions', 'stop condition', 'stop rules'],
} as const;

/** The name that a heading has, by its words, with or without what follows a colon or stands in brackets. */
export function headingNamed(section: MarkdownSection, names: readonly string[]): string | undefined {
  const whole = headingKey(section.text);
  const short = headingKey(section.text.replace(/\s*(?:[([—–:]|\s-\s).*$/, ''));
  return names.find((name) => name === whole) ?? names.find((name) => name === short);
}

/** The section that has one of the names, the first of them before the others. */
export function findSection(markdown: Markdown, names: readonly string[]): MarkdownSection | undefined {
  let best: { section: MarkdownSection; rank: number } | undefined;
  for (const section of markdown.sections) {
    const name = headingNamed(section, names);
    if (name === undefined) continue;
    // A section without words is only taken when no other one answers.
    const empty = markdown.source.text.slice(section.body.start, section.body.end).trim() === '';
    const rank = names.indexOf(name) + (empty ? names.length : 0);
    if (!best || rank < best.rank) best = { section, rank };
  }
  return best?.section;
}

/** A section's place, text and items. */
export function toSection(markdown: Markdown, section: MarkdownSection | undefined): SpecSection | null {
  if (!section) return null;
  const items = markdown.items.filter((item) => item.depth === 0 && within(item.span, section.body));
  return {
    heading: section.span,
    body: section.body,
    text: markdown.source.text.slice(section.body.start, section.body.end).trim(),
    items: items.map(({ text, span }) => ({ text, span })),
  };
}
