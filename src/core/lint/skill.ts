import { estimateTokenCount } from 'tokenx';
import { field, textOf } from '../document.ts';
import type { DocumentMap } from '../document.ts';
import type { Finding } from '../finding.ts';
import { readMarkdown, titleSpan } from '../markdown.ts';
import { readSkill } from '../skill/read.ts';
import type { Skill } from '../skill/model.ts';
import { SourceText } from '../source.ts';
import type { Span } from '../source.ts';
import { report } from './rules.ts';
import type { RuleCode } from './rules.ts';
import {
  addFrontMatter,
  allowedTemplate,
  appendSection,
  requiredOutput,
  requiredOutputTemplate,
  stopConditions,
  stopTemplate,
} from './templates.ts';

/** Fields of the Agent Skills format; everything else is one vendor's own. */
const portable = new Set(['name', 'description', 'license', 'compatibility', 'allowed-tools', 'metadata']);

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

/** Findings of one skill file. Policy sections are advice (`info`) in an Agent Skill that has none of them. */
export function lintSkill(text: string, file: string): Finding[] {
  const { skill, findings } = readSkill(text, file);
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  const title = titleSpan(markdown);
  const map = markdown.frontMatter?.map ?? null;
  const isPolicy =
    /\.skill\.md$/i.test(file) ||
    map === null ||
    skill.allowed !== null ||
    skill.requiredOutput !== null ||
    skill.stopConditions !== null;
  if (/(?:^|\/)SKILL\.md$/.test(file))
    findings.push(...frontMatterFindings(source, map, markdown.frontMatter?.body ?? null));
  for (const found of policyFindings(source, skill, title))
    findings.push(isPolicy ? found : { ...found, severity: 'info' });

  const lines = source.lineStarts.length - (/[\r\n]$/.test(text) ? 1 : 0);
  const tokens = estimateTokenCount(text);
  if (lines > 500 || tokens > 5000) {
    const size = lines > 500 ? `${lines} lines; 500 are the most` : `about ${tokens} tokens; 5000 are the most`;
    findings.push(
      report(source, 'skill.too-long', `this skill has ${size}: move detail into files it refers to`, title),
    );
  }
  return findings;
}

function policyFindings(source: SourceText, skill: Skill, title: Span | undefined): Finding[] {
  const { text } = source;
  const findings: Finding[] = [];
  const missing = (code: RuleCode, message: string, template: string, fixTitle: string): void => {
    findings.push(report(source, code, message, title, appendSection(text, template, fixTitle)));
  };
  const empty = (section: { readonly text: string } | null): boolean => section === null || section.text === '';
  if (empty(skill.allowed))
    missing(
      'skill.allowed-missing',
      'this skill does not say what the agent is allowed to do: add a section "Allowed"',
      allowedTemplate,
      'Add a section "Allowed"',
    );
  if (empty(skill.requiredOutput)) {
    missing(
      'skill.required-output-missing',
      'this skill does not say what a run must leave behind: add a section "Required output"',
      requiredOutputTemplate,
      'Add a section "Required output"',
    );
  } else if (skill.requiredOutput) {
    const { text: body, heading, body: span } = skill.requiredOutput;
    const words = body.toLowerCase().replace(/[\s-]+/g, '_');
    const absent = requiredOutput.filter((name) => !words.includes(name));
    if (absent.length > 0) {
      findings.push(
        report(
          source,
          'skill.required-output-incomplete',
          `the required output omits ${absent.join(', ')}`,
          heading,
          appendLines(text, span, absent, `Add ${absent.join(', ')}`),
        ),
      );
    }
  }
  if (empty(skill.stopConditions)) {
    missing(
      'skill.stop-missing',
      'this skill does not say when the agent must stop and ask: add a section "Stop conditions"',
      stopTemplate,
      'Add the usual stop conditions',
    );
  } else if (skill.stopConditions) {
    const { text: body, heading, body: span } = skill.stopConditions;
    const absent = stopTopics.filter(({ words }) => !words.test(body));
    if (absent.length > 0) {
      const fix = appendLines(
        text,
        span,
        absent.map(({ line }) => line),
        'Add the missing stop conditions',
      );
      findings.push(
        report(
          source,
          'skill.stop-incomplete',
          `the stop conditions say nothing about ${absent.map(({ topic }) => topic).join('; ')}`,
          heading,
          fix,
        ),
      );
    }
  }
  return findings;
}

/** The rules of the Agent Skills format for front matter. */
function frontMatterFindings(source: SourceText, map: DocumentMap | null, body: Span | null): Finding[] {
  const findings: Finding[] = [];
  const directory = /(?:^|\/)([^/]+)\/SKILL\.md$/.exec(source.file)?.[1] ?? null;
  const name = textOf(field(map, 'name')?.value);
  if (!name) {
    const fix =
      directory !== null && (map || !body)
        ? addFrontMatter(source.text, body, `name: ${directory}`, `Name it ${directory}`)
        : undefined;
    findings.push(
      report(source, 'skill.name', 'a SKILL.md needs a name in its front matter', field(map, 'name')?.keySpan, fix),
    );
  } else if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name.value) || name.value.length > 64) {
    findings.push(
      report(
        source,
        'skill.name',
        'a name has at most 64 lower-case letters and digits, with single hyphens between',
        name.span,
      ),
    );
  } else if (directory !== null && directory !== name.value) {
    const fix = { title: `Change to ${directory}`, edits: [{ span: name.span, text: directory }] };
    findings.push(report(source, 'skill.name', `the name must be that of the directory: ${directory}`, name.span, fix));
  }
  const description = textOf(field(map, 'description')?.value);
  if (!description)
    findings.push(
      report(
        source,
        'skill.description',
        'a SKILL.md needs a description: what it does and when to use it',
        field(map, 'description')?.keySpan,
      ),
    );
  else if (description.value.length > 1024) {
    findings.push(
      report(
        source,
        'skill.description',
        `a description has at most 1024 characters; this one has ${description.value.length}`,
        description.span,
      ),
    );
  }
  const compatibility = textOf(field(map, 'compatibility')?.value);
  if (compatibility && compatibility.value.length > 500) {
    findings.push(report(source, 'skill.not-portable', 'compatibility has at most 500 characters', compatibility.span));
  }
  for (const entry of map?.entries ?? []) {
    if (!portable.has(entry.key)) {
      findings.push(
        report(
          source,
          'skill.not-portable',
          `"${entry.key}" is not part of the Agent Skills format; other agents ignore or refuse it`,
          entry.keySpan,
        ),
      );
    } else if (entry.key === 'allowed-tools' && entry.value.kind !== 'scalar') {
      findings.push(
        report(
          source,
          'skill.not-portable',
          'allowed-tools is one string of names with spaces between',
          entry.value.span,
        ),
      );
    } else if (
      entry.key === 'metadata' &&
      !(
        entry.value.kind === 'map' &&
        entry.value.entries.every((child) => child.value.kind === 'scalar' && typeof child.value.value === 'string')
      )
    ) {
      findings.push(
        report(
          source,
          'skill.not-portable',
          'metadata maps words to strings',
          entry.value.span.end > entry.value.span.start ? entry.value.span : entry.keySpan,
        ),
      );
    }
  }
  return findings;
}

/** Bullets below the last line of a section. */
function appendLines(text: string, body: Span, lines: readonly string[], title: string) {
  const end = body.start + text.slice(body.start, body.end).trimEnd().length;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  return { title, edits: [{ span: { start: end, end }, text: lines.map((line) => `${newline}- ${line}`).join('') }] };
}
