import { headingKey, within, type Markdown, type MarkdownHeading, type MarkdownSection } from '../text/markdown.ts';
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
    'outcomes',
    'aim',
    'aims',
    'purpose',
    'intent',
    'expected outcome',
    'what we want',
    'what we are after',
    'why',
    'why this matters',
    'motivation',
  ],
  in_scope: [
    'in scope',
    'what is in scope',
    'scope',
    'scope boundary',
    'included',
    'deliverables',
    'deliverable',
    'what we build',
    'what we will build',
    'what changes',
    'changes',
    'what we do',
    'will do',
    'we will',
    'in',
    'what',
    'features',
    'requirements',
    'functional requirements',
  ],
  out_of_scope: [
    'out of scope',
    'what is out of scope',
    'non-goals',
    'non goals',
    'nongoals',
    'not in scope',
    'not',
    "won't do",
    'wont do',
    'will not do',
    "we won't",
    "what we won't do",
    "what we don't do",
    'what we will not do',
    "don't",
    'not doing',
    'not now',
    'not included',
    'excluded',
    'exclusions',
    'out',
    'no-gos',
    'no gos',
    'anti-goals',
    'later',
    'left out',
  ],
  evidence: [
    'evidence',
    'what evidence proves it worked',
    'acceptance criteria',
    'success criteria',
    'definition of done',
    'verification',
    'acceptance',
    'done when',
    'done if',
    "it's done when",
    'how we know',
    'how we know it worked',
    'how we know it works',
    "how we'll know",
    'how do we know',
    'how to verify',
    'how to check',
    'proof',
    'acceptance tests',
    'exit criteria',
    'done criteria',
    'criteria',
    'success metrics',
    'measures of success',
    'validation',
    'checks',
    'check',
    'verify',
    'testing',
    'tests',
    'test',
  ],
};

/** The headings that are read as an answer, for messages. */
export function acceptedHeadings(answer: SpecAnswer): string {
  const names = answerHeadings[answer].map((name) => name.charAt(0).toUpperCase() + name.slice(1));
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** Headings below which only what is clearly a slice is one; the rest is prose. */
export const looseSlices: readonly string[] = [
  'workstreams',
  'workstream',
  'plan',
  'work plan',
  'implementation plan',
  'implementation',
  'steps',
  'milestones',
  'phases',
  'roadmap',
  'todo',
  'todos',
  'to do',
  'work',
  'parallel plan',
];

/** The headings of the sections that a spec may do without. */
export const optionalHeadings = {
  slices: [
    'slices',
    'slice',
    'tasks',
    'task',
    'slices/tasks',
    'slices / tasks',
    'tasks/slices',
    'slices and tasks',
    'work breakdown',
    'breakdown',
    'task breakdown',
    'slice plan',
    'slice list',
    'task list',
    'work items',
    'work packages',
    'implementation tasks',
    'stories',
    'user stories',
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

/** All names, each with what it is the name of; of two meanings the first. */
const meanings: ReadonlyMap<string, SpecAnswer | keyof typeof optionalHeadings | 'loose'> = new Map(
  [...Object.entries(answerHeadings), ...Object.entries(optionalHeadings), ['loose', looseSlices] as const]
    .toReversed()
    .flatMap(([meaning, names]) =>
      names.map((name) => [name, meaning as SpecAnswer | keyof typeof optionalHeadings | 'loose'] as const),
    ),
);
const longestName = Math.max(...[...meanings.keys()].map((name) => name.length));

/** A text may have very many headings, and hardly one of them means something here. */
const known = new WeakMap<Markdown, readonly MarkdownSection[]>();

/** The sections whose headings mean something, in the order of the text. */
export function knownSections(markdown: Markdown): readonly MarkdownSection[] {
  let found = known.get(markdown);
  if (!found) {
    found = markdown.sections.filter((section) => meaningOf(section) !== null);
    known.set(markdown, found);
  }
  return found;
}

/** What a heading is the name of. */
export function meaningOf(heading: MarkdownHeading): SpecAnswer | keyof typeof optionalHeadings | 'loose' | null {
  const { whole, short } = namesOf(heading);
  return meanings.get(whole) ?? meanings.get(short) ?? null;
}

/** The name that a heading has, by its words, with or without what follows a colon or stands in brackets. */
export function headingNamed(section: MarkdownHeading, names: readonly string[]): string | undefined {
  const { whole, short } = namesOf(section);
  return names.find((name) => name === whole) ?? names.find((name) => name === short);
}

function namesOf({ text }: MarkdownHeading): { readonly whole: string; readonly short: string } {
  const whole = wordsOf(text.slice(0, 4 * longestName));
  // Words alone have nothing behind them that could be left out.
  if (/^[a-z /']*$/.test(whole) && !/[([（—–:：-]/.test(text)) return { whole, short: whole };
  return { whole, short: wordsOf(text.replace(/\s*(?:[([（—–:：]|\s-\s).*$/, '').slice(0, 4 * longestName)) };
}

function wordsOf(heading: string): string {
  return headingKey(heading.includes('’') ? heading.replaceAll('’', "'") : heading)
    .replace(/^(?:the|our)\s+/, '')
    .replace(/^what's\s+/, 'what is ');
}

/** The section that has one of the names, the first of them before the others. */
export function findSection(markdown: Markdown, names: readonly string[]): MarkdownSection | undefined {
  let best: { section: MarkdownSection; rank: number } | undefined;
  for (const section of knownSections(markdown)) {
    const name = headingNamed(section, names);
    // "Tests" below a slice is the slice's.
    if (name === undefined || section.parents.slice(0, -1).some(isSlices)) continue;
    // A section without words is only taken when no other one answers.
    const empty = markdown.source.text.slice(section.body.start, section.body.end).trim() === '';
    const rank = names.indexOf(name) + (empty ? names.length : 0);
    if (!best || rank < best.rank) best = { section, rank };
  }
  return best?.section;
}

function isSlices(heading: MarkdownHeading): boolean {
  return headingNamed(heading, optionalHeadings.slices) !== undefined;
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
