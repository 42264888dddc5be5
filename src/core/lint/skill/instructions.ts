import { field, textOf } from '../../text/document.ts';
import type { DocumentEntry } from '../../text/document.ts';
import type { Finding, Fix } from '../../text/finding.ts';
import { readMarkdown, titleSpan } from '../../text/markdown.ts';
import type { FrontMatter } from '../../text/markdown.ts';
import { SourceText } from '../../text/source.ts';
import type { Span } from '../../text/source.ts';
import type { LintContext } from '../engine/context.ts';
import { permissionFindings } from './permissions.ts';
import { referenceFindings } from './references.ts';
import { report } from '../engine/rules.ts';
import { sizeFindings } from './size.ts';
import { addFrontMatter } from '../engine/templates.ts';
import { distance } from '../../text/edit-distance.ts';
import { textStart } from '../../text/byte-order-mark.ts';

/** Findings of a file that instructs agents: `AGENTS.md`, `CLAUDE.md`, `.claude/agents/*.md` and the like. */
export function lintInstructions(text: string, file: string, context: LintContext = {}): Finding[] {
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  return [
    ...(/(?:^|\/)\.claude\/agents\//.test(file) ? agentFindings(source, markdown.frontMatter) : []),
    ...permissionFindings(markdown, 'instructions'),
    ...referenceFindings(markdown, 'instructions', context.repository ?? null),
    ...sizeFindings(source, 'instructions', titleSpan(markdown)),
  ];
}

const aliases = ['sonnet', 'opus', 'haiku', 'inherit', 'default', 'best', 'opusplan'];

/** The front matter of an agent of Claude Code, which reads it less strictly than YAML is. */
function agentFindings(source: SourceText, frontMatter: FrontMatter | null): Finding[] {
  const { text, file } = source;
  const stem = (/([^/]+)\.md$/i.exec(file)?.[1] ?? '').toLowerCase();
  const usable = /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(stem) ? stem : null;
  if (!frontMatter) {
    return [
      report(
        source,
        'instructions.agent-front-matter',
        'Claude Code takes no agent from this file: it needs front matter with a name and a description',
      ),
    ];
  }
  const findings: Finding[] = [];
  const { map, body, problems } = frontMatter;
  const broken = problems.find((problem) => !problem.tolerated);
  if (broken) {
    findings.push(
      report(
        source,
        'instructions.agent-yaml',
        `this front matter is not YAML (${lowerFirst(broken.message)}): put the value in quotes, or tools other than Claude Code cannot read it`,
        broken.span,
      ),
    );
  }
  const start = { start: textStart(text), end: textStart(text) + 3 };
  for (const key of ['name', 'description'] as const) {
    const entry = field(map, key);
    // In YAML that breaks off, a value may be there and unread.
    const given =
      textOf(entry?.value) !== null ||
      (broken !== undefined && new RegExp(`^${key}:[ \\t]*\\S`, 'm').test(text.slice(0, 20_000)));
    if (given) continue;
    const fix: Fix | undefined =
      key === 'name' && usable !== null && !broken ? nameFix(text, body, entry, usable) : undefined;
    findings.push(
      report(
        source,
        'instructions.agent-incomplete',
        key === 'name'
          ? 'an agent needs a name; without it Claude Code leaves the agent out'
          : 'an agent needs a description that says when to hand work to it; without it Claude Code leaves the agent out',
        entry?.keySpan ?? start,
        fix,
      ),
    );
  }
  const name = textOf(field(map, 'name')?.value);
  if (name && !/^[\p{Ll}\p{Lo}\p{Lm}\p{M}\p{N}]+(?:-[\p{Ll}\p{Lo}\p{Lm}\p{M}\p{N}]+)*$/u.test(name.value)) {
    const slug = name.value
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '');
    const fix: Fix | undefined =
      slug === ''
        ? undefined
        : {
            title: `Change to ${slug}`,
            edits: [{ span: name.span, text: slug }],
            // Others call the agent by its name; where the file is called so too, there is no other choice.
            ...(slug === stem ? {} : { guess: true as const }),
          };
    findings.push(
      report(
        source,
        'instructions.agent-name',
        `an agent is called by lower-case letters and hyphens${slug === '' ? '' : `: ${slug}`}`,
        name.span,
        fix,
      ),
    );
  }
  const model = textOf(field(map, 'model')?.value);
  if (model) {
    const foreign = /^(?:gpt|o[1-9]|gemini|llama|mistral|deepseek|grok|qwen|codex|kimi|glm)\b/i.test(model.value);
    const near = aliases.includes(model.value.toLowerCase())
      ? undefined
      : aliases.find((alias) => distance(alias, model.value.toLowerCase(), 1) <= 1);
    if (foreign || near !== undefined) {
      const fix: Fix | undefined =
        near === undefined
          ? undefined
          : { title: `Change to ${near}`, edits: [{ span: model.span, text: near }], guess: true };
      findings.push(
        report(
          source,
          'instructions.agent-model',
          foreign
            ? `Claude Code does not run ${model.value}: name one of its models (sonnet, opus, haiku), or inherit`
            : `Claude Code knows no model "${model.value}"; did you mean ${near}?`,
          model.span,
          fix,
        ),
      );
    }
  }
  return findings;
}

function nameFix(text: string, body: Span, entry: DocumentEntry | undefined, name: string): Fix {
  const title = `Name it ${name}`;
  if (!entry) return addFrontMatter(text, body, `name: ${name}`, title);
  const at = entry.keySpan.end + 1;
  return { title, edits: [{ span: { start: at, end: at }, text: ` ${name}` }] };
}

function lowerFirst(words: string): string {
  return words.slice(0, 1).toLowerCase() + words.slice(1);
}
