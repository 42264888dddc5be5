import { field } from '../../text/document.ts';
import type { DocumentEntry, DocumentMap, DocumentValue } from '../../text/document.ts';
import type { Finding, Fix } from '../../text/finding.ts';
import type { Markdown } from '../../text/markdown.ts';
import type { SourceText, Span } from '../../text/source.ts';
import { report } from '../engine/rules.ts';
import { addFrontMatter } from '../engine/templates.ts';
import { textStart } from '../../text/byte-order-mark.ts';

/**
 * The front matter of an Agent Skill, as the format's reference validator (`skills-ref validate` of
 * agentskills/agentskills) judges it. An error is what it refuses, and nothing else; fields that one agent added are
 * refused by it as well, but agents merely ignore them, so they are only pointed out.
 */
const portable = new Set(['name', 'description', 'license', 'compatibility', 'allowed-tools', 'metadata']);
const maxName = 64;
const maxDescription = 1024;
const maxCompatibility = 500;

/** Whose a field is. Where several agents have it, the one that documents it first. */
const vendors: Readonly<Record<string, string>> = {
  'argument-hint': 'Claude Code',
  arguments: 'Claude Code',
  agent: 'Claude Code',
  background: 'Claude Code',
  context: 'Claude Code',
  'disable-model-invocation': 'Claude Code',
  'disallowed-tools': 'Claude Code',
  effort: 'Claude Code',
  hooks: 'Claude Code',
  model: 'Claude Code',
  paths: 'Claude Code',
  shell: 'Claude Code',
  'user-invocable': 'Claude Code',
  when_to_use: 'Claude Code',
  alwaysApply: 'Cursor',
  globs: 'Cursor',
  applyTo: 'GitHub Copilot',
  'command-arg-mode': 'OpenClaw',
  'command-dispatch': 'OpenClaw',
  'command-tool': 'OpenClaw',
};

/** The directory whose name an Agent Skill must have; `null` where the path does not tell. */
export function skillDirectory(file: string): string | null {
  return /(?:^|\/)([^/]+)\/(?:SKILL|skill)\.md$/.exec(file)?.[1] ?? null;
}

/** Whether the path is that of an Agent Skill, which must keep to the format. */
export function isAgentSkill(file: string): boolean {
  return /(?:^|\/)(?:SKILL|skill)\.md$/.test(file);
}

/** Findings of the front matter of an Agent Skill. Problems of its YAML are the reader's. */
export function frontMatterFindings(source: SourceText, markdown: Markdown): Finding[] {
  const { text, file } = source;
  const directory = skillDirectory(file);
  if (!markdown.frontMatter) return [withoutFrontMatter(source, directory)];
  const findings: Finding[] = [];
  if (textStart(text) > 0) {
    const mark = { start: 0, end: 1 };
    findings.push(
      report(
        source,
        'skill.front-matter',
        'a byte order mark stands before the front matter, which must start the file: save it as UTF-8 without one',
        mark,
        { title: 'Remove the byte order mark', edits: [{ span: mark, text: '' }] },
      ),
    );
  }
  const { map, body, problems } = markdown.frontMatter;
  // In YAML that breaks off, what seems to be missing may only be unread.
  const whole = problems.every((problem) => problem.tolerated);
  findings.push(
    ...nameFindings(source, map, directory, whole ? body : null),
    ...descriptionFindings(source, map, whole),
    ...compatibilityFindings(source, map),
  );
  for (const entry of map?.entries ?? []) findings.push(...portabilityFindings(source, entry));
  return findings;
}

function withoutFrontMatter(source: SourceText, directory: string | null): Finding {
  const { text } = source;
  const before = /^\uFEFF?\s+(?=---[ \t]*\r?\n[A-Za-z_])/.exec(text)?.[0];
  if (before !== undefined) {
    const span = { start: 0, end: before.length };
    return report(
      source,
      'skill.front-matter',
      'blank space stands before the front matter, which must start the file',
      span,
      {
        title: 'Remove what stands before the front matter',
        edits: [{ span, text: '' }],
      },
    );
  }
  const fix: Fix | undefined =
    directory === null
      ? undefined
      : addFrontMatter(
          text,
          null,
          `name: ${directory}\ndescription: <what this skill does, and when to use it>`.replaceAll(
            '\n',
            text.includes('\r\n') ? '\r\n' : '\n',
          ),
          'Add front matter',
        );
  return report(
    source,
    'skill.front-matter',
    'a SKILL.md must start with front matter that gives a name and a description; without it no agent finds the skill',
    undefined,
    fix,
  );
}

function nameFindings(
  source: SourceText,
  map: DocumentMap | null,
  directory: string | null,
  body: Span | null,
): Finding[] {
  const entry = field(map, 'name');
  if (!entry) {
    if (!body) return [];
    const fix =
      directory === null ? undefined : addFrontMatter(source.text, body, `name: ${directory}`, `Name it ${directory}`);
    return [report(source, 'skill.name', 'a SKILL.md needs a name in its front matter', frontMatterStart(source), fix)];
  }
  const found = (message: string, fix?: Fix): Finding[] => [report(source, 'skill.name', message, wordsOf(entry), fix)];
  const rename = (to: string): Fix => ({ title: `Change to ${to}`, edits: [{ span: entry.value.span, text: to }] });
  const raw = scalarText(entry.value, source.text);
  if (raw === null) return found('a name is a single word');
  const name = raw.trim().normalize('NFKC');
  if (name === '')
    return !body
      ? []
      : found(
          'a SKILL.md needs a name in its front matter',
          directory === null
            ? undefined
            : { title: `Name it ${directory}`, edits: [{ span: after(entry), text: ` ${directory}` }] },
        );
  // The directory has the last word where it is a valid name itself; otherwise only a person can choose. Where both are
  // valid, the directory may be what is to be renamed, and other files may know the skill by its written name.
  const fix = directory !== null && shapeOf(directory.normalize('NFKC')) === null ? rename(directory) : undefined;
  const wrong = shapeOf(name);
  if (wrong !== null) return found(wrong, fix);
  if (directory !== null && directory.normalize('NFKC') !== name)
    return found(`the name must be that of the directory: ${directory}`, fix && { ...fix, guess: true });
  return [];
}

/** What is wrong with the form of a name, or `null`. Letters of any script count, in lower case. */
function shapeOf(name: string): string | null {
  const length = [...name].length;
  if (length > maxName) return `a name has at most ${maxName} characters; this one has ${length}`;
  if (name !== name.toLowerCase()) return 'a name is in lower case';
  if (/[^\p{L}\p{N}-]/u.test(name)) return 'a name has only letters, digits and hyphens';
  if (/^-|-$|--/.test(name)) return 'a name has single hyphens, between letters or digits only';
  return null;
}

function descriptionFindings(source: SourceText, map: DocumentMap | null, whole: boolean): Finding[] {
  const entry = field(map, 'description');
  const needed = 'a SKILL.md needs a description: what it does and when to use it';
  if (!entry) return whole ? [report(source, 'skill.description', needed, frontMatterStart(source))] : [];
  const description = scalarText(entry.value, source.text);
  if (description === null || description.trim() === '')
    return !whole ? [] : [report(source, 'skill.description', needed, entry.keySpan)];
  const length = [...description].length;
  if (length <= maxDescription) return [];
  return [
    report(
      source,
      'skill.description',
      `a description has at most ${maxDescription} characters; this one has ${length}`,
      entry.value.span,
    ),
  ];
}

function compatibilityFindings(source: SourceText, map: DocumentMap | null): Finding[] {
  const entry = field(map, 'compatibility');
  if (!entry) return [];
  const value = scalarText(entry.value, source.text);
  if (value === null)
    return [report(source, 'skill.compatibility', 'compatibility is text, not a list', wordsOf(entry))];
  const length = [...value].length;
  if (length <= maxCompatibility) return [];
  return [
    report(
      source,
      'skill.compatibility',
      `compatibility has at most ${maxCompatibility} characters; this one has ${length}`,
      entry.value.span,
    ),
  ];
}

function portabilityFindings(source: SourceText, entry: DocumentEntry): Finding[] {
  const found = (message: string, span: Span): Finding[] => [report(source, 'skill.not-portable', message, span)];
  if (!portable.has(entry.key)) {
    if (entry.key === 'tools')
      return found(
        '"tools" is no field of the Agent Skills format; its field for that is called allowed-tools',
        entry.keySpan,
      );
    const vendor = Object.hasOwn(vendors, entry.key) ? vendors[entry.key] : undefined;
    return found(
      vendor
        ? `"${entry.key}" is a field of ${vendor}; the Agent Skills format has none of that name, so other agents ignore or refuse it`
        : `"${entry.key}" is no field of the Agent Skills format; agents ignore or refuse it: move it under metadata`,
      entry.keySpan,
    );
  }
  const { value } = entry;
  const brackets = value.kind !== 'scalar' && /^[[{]/.test(source.text.slice(value.span.start, value.span.start + 1));
  if (entry.key === 'allowed-tools' && value.kind !== 'scalar') {
    return found(
      brackets
        ? 'allowed-tools is one string of names with spaces between; the format takes no list in brackets'
        : 'allowed-tools is one string of names with spaces between; some agents take no list',
      value.span,
    );
  }
  if (entry.key === 'metadata' && value.kind !== 'map')
    return found('metadata maps words to strings', value.span.end > value.span.start ? value.span : entry.keySpan);
  if (brackets) return found('the format takes no YAML in brackets: write one entry a line', value.span);
  return [];
}

/** The words of a scalar as the format's YAML reads them, where every scalar is text; `null` for lists and maps. */
function scalarText(value: DocumentValue, text: string): string | null {
  if (value.kind !== 'scalar') return null;
  return typeof value.value === 'string' ? value.value : text.slice(value.span.start, value.span.end);
}

function wordsOf(entry: DocumentEntry): Span {
  return entry.value.span.end > entry.value.span.start ? entry.value.span : entry.keySpan;
}

/** Just behind the colon of an entry that has no value. */
function after(entry: DocumentEntry): Span {
  return { start: entry.keySpan.end + 1, end: entry.keySpan.end + 1 };
}

function frontMatterStart(source: SourceText): Span {
  const start = textStart(source.text);
  return { start, end: start + 3 };
}
