import { plain } from '../text/document.ts';
import { readYaml } from '../text/yaml.ts';
import type { DocumentProblem } from '../text/document.ts';
import { finding } from '../text/finding.ts';
import type { Finding } from '../text/finding.ts';
import { headingKey, readMarkdown } from '../text/markdown.ts';
import type { Markdown } from '../text/markdown.ts';
import { SourceText } from '../text/source.ts';
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

/** What is not YAML, with the quick fix for the usual case: a value with a colon in it that stands without quotes. */
function brokenYaml(source: SourceText, problem: DocumentProblem, markdown: Markdown): Finding {
  const { text } = source;
  const start = text.lastIndexOf('\n', Math.max(0, problem.span.start - 1)) + 1;
  const line = /^([A-Za-z_][\w-]*:[ \t]+)([^'"\s|>[{&*!#][^\r\n]*?)[ \t]*(?=\r|\n|$)/.exec(
    text.slice(start, start + 4000),
  );
  const body = markdown.frontMatter?.body;
  if (!line || !body || !(line[2] ?? '').includes(': '))
    return finding(source, 'skill.yaml', 'error', `front matter: ${problem.message}`, problem.span);
  const at = start + (line[1] ?? '').length;
  const span = { start: at, end: at + (line[2] ?? '').length };
  const quoted = `'${(line[2] ?? '').replaceAll("'", "''")}'`;
  // Offered only when it mends all of it.
  const mended = readYaml(text.slice(body.start, span.start) + quoted + text.slice(span.end, body.end));
  return finding(
    source,
    'skill.yaml',
    'error',
    'front matter: this value holds a colon and stands without quotes, so it is not YAML: put it in quotes',
    span,
    mended.problems.length === 0 ? { title: 'Put the value in quotes', edits: [{ span, text: quoted }] } : undefined,
  );
}

/** Reads a skill file of either family. Never throws. */
export function readSkill(text: string, file: string): { skill: Skill; findings: Finding[] } {
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  const findings: Finding[] = [];
  for (const problem of markdown.frontMatter?.problems ?? []) {
    if (problem.tolerated)
      findings.push(finding(source, 'skill.yaml-strict', 'warning', `front matter: ${problem.message}`, problem.span));
    // After the first error the others are mostly its echo.
    else if (!findings.some((found) => found.code === 'skill.yaml'))
      findings.push(brokenYaml(source, problem, markdown));
  }
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

/** Skills by every name a task spec may call them: their own, their directory's, their file's. The first file wins. */
export function skillsByName(files: readonly string[], textOf: (file: string) => string): Map<string, Skill> {
  const skills = new Map<string, Skill>();
  for (const file of files) {
    const { skill } = readSkill(textOf(file), file);
    const names = [
      skill.frontMatter['name'],
      /(?:^|\/)([^/]+)\/SKILL\.md$/.exec(file)?.[1],
      /([^/]+)\.skill\.md$/i.exec(file)?.[1],
    ];
    for (const name of names) if (typeof name === 'string' && !skills.has(name)) skills.set(name, skill);
  }
  return skills;
}
