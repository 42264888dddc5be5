import type { Finding, Fix } from '../../text/finding.ts';
import { headingKey } from '../../text/markdown.ts';
import type { Skill } from '../../skill/model.ts';
import type { SourceText, Span } from '../../text/source.ts';
import type { TaskSection } from '../../task/model.ts';
import { report } from '../engine/rules.ts';
import type { RuleCode } from '../engine/rules.ts';
import {
  allowedTemplate,
  appendSection,
  finalReplyTemplate,
  goalTemplate,
  requiredOutput,
  requiredOutputTemplate,
  stopConditions,
  stopTemplate,
} from '../engine/templates.ts';

/** What stop conditions should speak of, and the words that show they do. */
const stopTopics: readonly {
  readonly words: RegExp;
  readonly line: (typeof stopConditions)[number];
  readonly topic: string;
}[] = [
  {
    words: /unclear|ambigu|not clear|contradict|underspecified|missing (?:instruction|requirement)|in doubt/i,
    line: stopConditions[0],
    topic: 'unclear instructions',
  },
  {
    words: /scope|outside|beyond|boundar|unexpected file|other files|expands/i,
    line: stopConditions[1],
    topic: 'scope that grows',
  },
  {
    words: /secret|credential|\bauth|password|production|token/i,
    line: stopConditions[2],
    topic: 'secrets, auth or production data',
  },
  {
    words: /(?:test|check|build|verif)[^.\n]*(?:fail|retr|red)|(?:fail|retr)[^.\n]*(?:test|check|build|verif)/i,
    line: stopConditions[3],
    topic: 'tests that keep failing',
  },
];

/** Headings that only a policy has. Ordinary skills have a "Purpose" or an "Output" as well. */
const policyHeadings = new Set([
  'allowed',
  'allowed actions',
  'allowed scope',
  'required output',
  'required outputs',
  'stop conditions',
  'stop condition',
  'stop rules',
  'stop and ask',
  'final reply format',
  'final reply',
]);

interface Part {
  readonly code: RuleCode;
  readonly section: TaskSection | null;
  readonly message: string;
  readonly template: string;
  readonly title: string;
  readonly guess?: true;
}

/**
 * Findings of the sections that a policy skill must have. A skill that has none of them is an ordinary one, which teaches
 * and does not bound; of those a repository has dozens, and where a slice leans on one for its stop conditions, the task
 * spec is where that is said.
 */
export function policyFindings(source: SourceText, skill: Skill, title: Span | undefined): Finding[] {
  if (!isPolicy(skill)) return [];
  const { text } = source;
  const parts: readonly Part[] = [
    {
      code: 'skill.goal-missing',
      section: skill.goal,
      message: 'this skill does not say what it is for: add a section "Goal"',
      template: goalTemplate,
      title: 'Add a section "Goal"',
    },
    {
      code: 'skill.allowed-missing',
      section: skill.allowed,
      message: 'this skill does not say what the agent is allowed to do: add a section "Allowed"',
      template: allowedTemplate,
      title: 'Add a section "Allowed"',
      // Rights are for a person to give.
      guess: true,
    },
    {
      code: 'skill.required-output-missing',
      section: skill.requiredOutput,
      message: 'this skill does not say what a run must leave behind: add a section "Required output"',
      template: requiredOutputTemplate,
      title: 'Add a section "Required output"',
    },
    {
      code: 'skill.stop-missing',
      section: skill.stopConditions,
      message: 'this skill does not say when the agent must stop and ask: add a section "Stop conditions"',
      template: stopTemplate,
      title: 'Add the usual stop conditions',
    },
    {
      code: 'skill.final-reply-missing',
      section: skill.finalReply,
      message: 'this skill does not say what the last message must hold: add a section "Final reply format"',
      template: finalReplyTemplate,
      title: 'Add a section "Final reply format"',
    },
  ];
  return [
    ...parts.flatMap(({ code, section, message, template, title: fixTitle, ...guess }) =>
      section === null || section.text === ''
        ? [report(source, code, message, title, { ...appendSection(text, template, fixTitle), ...guess })]
        : [],
    ),
    ...requiredOutputFindings(source, skill.requiredOutput),
    ...stopFindings(source, skill.stopConditions),
  ];
}

function isPolicy(skill: Skill): boolean {
  return (
    /\.skill\.md$/i.test(skill.file) ||
    skill.frontMatter['slicewave'] === 'skill' ||
    skill.sections.some((section) => policyHeadings.has(headingKey(section.title)))
  );
}

function requiredOutputFindings(source: SourceText, section: TaskSection | null): Finding[] {
  if (section === null || section.text === '') return [];
  const words = section.text.toLowerCase().replace(/[\s-]+/g, '_');
  const absent = requiredOutput.filter((name) => !words.includes(name));
  if (absent.length === 0) return [];
  return [
    report(
      source,
      'skill.required-output-incomplete',
      `the required output omits ${absent.join(', ')}`,
      section.heading,
      appendLines(source.text, section.body, absent, `Add ${absent.join(', ')}`),
    ),
  ];
}

function stopFindings(source: SourceText, section: TaskSection | null): Finding[] {
  if (section === null || section.text === '') return [];
  const absent = stopTopics.filter(({ words }) => !words.test(section.text));
  if (absent.length === 0) return [];
  return [
    report(
      source,
      'skill.stop-incomplete',
      `the stop conditions say nothing about ${absent.map(({ topic }) => topic).join('; ')}`,
      section.heading,
      appendLines(
        source.text,
        section.body,
        absent.map(({ line }) => line),
        'Add the missing stop conditions',
      ),
    ),
  ];
}

/** Bullets below the last line of a section. */
function appendLines(text: string, body: Span, lines: readonly string[], title: string): Fix {
  const end = body.start + text.slice(body.start, body.end).trimEnd().length;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  return { title, edits: [{ span: { start: end, end }, text: lines.map((line) => `${newline}- ${line}`).join('') }] };
}
