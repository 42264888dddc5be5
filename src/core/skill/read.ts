import { plain } from '../document.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { headingKey, readMarkdown } from '../markdown.ts';
import { SourceText } from '../source.ts';
import type { TaskSection } from '../task/model.ts';
import type { Skill } from './model.ts';

/** The headings under which each part of a policy skill is found. */
const headings = {
  goal: ['goal', 'goals', 'purpose', 'objective'],
  allowed: ['allowed', 'allowed actions', 'allowed scope', 'scope', 'permissions', 'what you may do'],
  requiredOutput: ['required output', 'required outputs', 'output', 'outputs', 'execution trace'],
  stopConditions: ['stop conditions', 'stop condition', 'stop rules', 'stop and ask', 'when to stop'],
  finalReply: ['final reply format', 'final reply', 'reply format', 'response format'],
} as const;

/** Reads a skill file of either family. Never throws. */
export function readSkill(text: string, file: string): { skill: Skill; findings: Finding[] } {
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  const findings = (markdown.frontMatter?.problems ?? []).map((problem) =>
    finding(
      source,
      problem.tolerated ? 'skill.yaml-strict' : 'skill.yaml',
      problem.tolerated ? 'warning' : 'error',
      `front matter: ${problem.message}`,
      problem.span,
    ),
  );
  const map = markdown.frontMatter?.map;
  const values = map ? plain(map) : {};
  const title = markdown.sections.find((section) => section.level === 1);
  const sections = markdown.sections
    .filter((section) => section !== title)
    .map((section) => ({
      title: section.text,
      heading: section.span,
      body: section.body,
      text: text.slice(section.body.start, section.body.end).trim(),
    }));
  const find = (names: readonly string[]): TaskSection | null => {
    for (const name of names) {
      const found = sections.find((section) => headingKey(section.title) === name);
      if (found) return found;
    }
    return null;
  };
  const skill: Skill = {
    file,
    frontMatter: typeof values === 'object' && values !== null ? (values as Record<string, unknown>) : {},
    frontMatterSpan: markdown.frontMatter?.span ?? null,
    title: title?.text ?? null,
    sections,
    goal: find(headings.goal),
    allowed: find(headings.allowed),
    requiredOutput: find(headings.requiredOutput),
    stopConditions: find(headings.stopConditions),
    finalReply: find(headings.finalReply),
  };
  return { skill, findings };
}
