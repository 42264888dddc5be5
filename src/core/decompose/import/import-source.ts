import { headingKey, readMarkdown, type Markdown, type MarkdownSection } from '../../text/markdown.ts';
import { SourceText } from '../../text/source.ts';
import type { Spec, SpecAnswer, SpecSection } from '../../spec/model.ts';
import type { ImportReport } from './model.ts';
import { withoutByteOrderMark } from '../../text/byte-order-mark.ts';

/** A Markdown companion, looked at by its headings. */
export class SourceDocument {
  readonly source: SourceText;
  readonly markdown: Markdown;

  constructor(path: string, text: string) {
    this.source = new SourceText(path, text);
    this.markdown = readMarkdown(this.source);
  }

  get path(): string {
    return this.source.file;
  }

  get title(): string {
    return this.markdown.sections.find((section) => section.level === 1 && section.text !== '')?.text.trim() ?? '';
  }

  /** The first section whose heading has one of the names; the names in order of preference. */
  find(...names: readonly string[]): MarkdownSection | null {
    for (const name of names) {
      const found = this.markdown.sections.find((section) => keyOf(section) === name);
      if (found) return found;
    }
    return null;
  }

  /** Sections whose heading matches. */
  all(pattern: RegExp): MarkdownSection[] {
    return this.markdown.sections.filter((section) => pattern.test(section.text));
  }

  /** What stands below a heading: comments and rules left out. */
  body(section: MarkdownSection): string {
    return cleaned(this.source.text.slice(section.body.start, section.body.end));
  }

  /** The same, up to the next heading of any level. */
  lead(section: MarkdownSection): string {
    const next = this.markdown.sections.find((other) => other.span.start > section.span.start);
    const end = Math.min(section.body.end, next?.block.start ?? section.body.end);
    return cleaned(this.source.text.slice(section.body.start, end));
  }

  /** The body of the first section with one of the names; empty when there is none. */
  text(...names: readonly string[]): string {
    const section = this.find(...names);
    return section ? this.body(section) : '';
  }

  /** Everything between the title and the first heading after it. */
  preface(): string {
    const first = this.markdown.sections.find((section) => section.level === 1);
    if (first) return this.lead(first);
    const end = this.markdown.sections[0]?.block.start ?? this.source.text.length;
    return cleaned(this.source.text.slice(this.markdown.frontMatter?.span.end ?? 0, end));
  }
}

/** `## User Scenarios & Testing *(mandatory)*` is `user scenarios & testing`. */
function keyOf(section: MarkdownSection): string {
  return headingKey(section.text.replaceAll(/[*_]*\((?:mandatory|optional|include)[^)]*\)[*_]*/gi, ''));
}

export function documentOf(input: ReadonlyMap<string, string>, path: string): SourceDocument | null {
  const text = input.get(path);
  return text === undefined || text.trim() === '' ? null : new SourceDocument(path, text);
}

function cleaned(text: string): string {
  return withoutByteOrderMark(text)
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replaceAll(/^[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

const nowhere = { start: 0, end: 0 };

/** Words as a section of a spec. Its items are the list items at the margin; `null` when there are no words. */
export function sectionOf(text: string): SpecSection | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const items = [...trimmed.matchAll(/^(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(.+)$/gm)];
  return {
    heading: nowhere,
    body: nowhere,
    text: trimmed,
    items: items.map((match) => ({ text: (match[1] ?? '').trim(), span: nowhere })),
  };
}

/** The parts of a spec as the source has them; empty text where it has none. */
export interface ImportedParts {
  readonly file: string;
  readonly id: string;
  readonly title: string;
  readonly technology?: string | null;
  readonly outcome: string;
  readonly inScope: string;
  readonly outOfScope: string;
  readonly evidence: string;
  readonly constraints?: string;
  readonly risks?: string;
  readonly openQuestions?: string;
  readonly testPlan?: string;
  readonly conventions?: string;
}

const asked: Readonly<Record<SpecAnswer, { readonly what: string; readonly heading: string }>> = {
  outcome: { what: 'which outcome is wanted', heading: 'Outcome' },
  in_scope: { what: 'what is in scope', heading: 'In scope' },
  out_of_scope: { what: 'what is out of scope', heading: 'Out of scope' },
  evidence: { what: 'which evidence proves it worked', heading: 'Evidence' },
};

/**
 * The spec of an import. An answer that the source does not give is a warning and not an error: people bring plans they
 * already work by. `places` says for each answer where it would stand.
 */
export function importedSpec(
  parts: ImportedParts,
  report: ImportReport,
  places: Readonly<Partial<Record<SpecAnswer, string>>> = {},
): Spec {
  const answers = {
    outcome: sectionOf(parts.outcome),
    in_scope: sectionOf(parts.inScope),
    out_of_scope: sectionOf(parts.outOfScope),
    evidence: sectionOf(parts.evidence),
  };
  for (const answer of ['outcome', 'in_scope', 'out_of_scope', 'evidence'] as const) {
    if (answers[answer]) continue;
    const { what, heading } = asked[answer];
    const place = places[answer] ?? `a section "${heading}" in ${parts.file}`;
    report.add('import.answer-missing', 'warning', `nothing says ${what}: write it into ${place}`);
  }
  return {
    file: parts.file,
    id: parts.id,
    title: parts.title,
    status: null,
    technology: parts.technology ?? null,
    confidence: null,
    answers,
    workstreams: [],
    slices: [],
    done: [],
    mergePoints: [],
    contracts: [],
    conventions: sectionOf(parts.conventions ?? ''),
    testPlan: sectionOf(parts.testPlan ?? ''),
    constraints: sectionOf(parts.constraints ?? ''),
    risks: sectionOf(parts.risks ?? ''),
    openQuestions: sectionOf(parts.openQuestions ?? ''),
    stopConditions: null,
  };
}

/**
 * Questions that a document still asks; each is a finding, because slices that hang on the answer may be done twice.
 */
export function openQuestions(document: SourceDocument | null, text: string, report: ImportReport): string {
  const items = text
    .split('\n')
    .flatMap((line) => /^\s*(?:[-*+]|\d+[.)])\s+(.+)$/.exec(line)?.[1] ?? [])
    .filter((item) => !/^[*_]*(?:none|n\/a|nothing|no open questions?|[-–—])[*_]*\.?$/i.test(item.trim()));
  if (items.length > 0 && document) {
    const at = document.source.text.indexOf(items[0] ?? '');
    report.add(
      'import.open-questions',
      'warning',
      `${items.length} open question${items.length === 1 ? '' : 's'} left: slices that depend on the answers may have to be redone`,
      { source: document.source, ...(at >= 0 ? { span: { start: at, end: at + (items[0]?.length ?? 0) } } : {}) },
    );
  }
  return items.map((item) => `- ${item}`).join('\n');
}

export function bulleted(items: readonly string[]): string {
  return items
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => `- ${item}`)
    .join('\n');
}

/** The companions, as files an agent may look into: a plan repeats only a part of them. */
export function documentsToRead(input: { readonly companions: ReadonlyMap<string, string> }): string {
  return bulleted(
    [...input.companions.keys()]
      .filter((path) => path.endsWith('.md'))
      .toSorted()
      .map((path) => `Background to read when in doubt: \`${path}\``),
  );
}

/** Parts that have words, with an empty line between them. */
export function joined(...parts: readonly (string | null | undefined)[]): string {
  return parts.filter((part) => (part?.trim() ?? '') !== '').join('\n\n');
}

/** `**Goal**: words` anywhere in a text. */
export function labelled(text: string, ...labels: readonly string[]): string {
  for (const label of labels) {
    const match = new RegExp(String.raw`^[ \t>*_-]*${label}[*_]*[ \t]*[:：][*_]*[ \t]*(\S.*)$`, 'im').exec(text);
    if (match) return (match[1] ?? '').replace(/[*_]+$/, '').trim();
  }
  return '';
}

const languages: readonly (readonly [RegExp, string])[] = [
  [/\btypescript\b/i, 'typescript'],
  [/\bjavascript\b|\bnode(?:\.js)?\b/i, 'javascript'],
  [/\bpython\b/i, 'python'],
  [/\bgo(?:lang)?\b(?=\s*(?:\d|,|$))/i, 'go'],
  [/\brust\b/i, 'rust'],
  [/\bkotlin\b/i, 'kotlin'],
  [/\bjava\b/i, 'java'],
  [/\bc#|\.net\b/i, 'csharp'],
  [/\bruby\b/i, 'ruby'],
  [/\bphp\b/i, 'php'],
  [/\bswift\b/i, 'swift'],
];

/** The language a plan names first; `null` when it names none that is known. */
export function technologyIn(text: string): string | null {
  let best: { readonly at: number; readonly name: string } | null = null;
  for (const [pattern, name] of languages) {
    const at = text.search(pattern);
    if (at >= 0 && (!best || at < best.at)) best = { at, name };
  }
  return best?.name ?? null;
}

const runners: readonly (readonly [RegExp, string])[] = [
  [/\bvitest\b/i, 'npx vitest run'],
  [/\bjest\b/i, 'npx jest'],
  [/\bpytest\b/i, 'pytest'],
  [/\bcargo test\b/i, 'cargo test'],
  [/\bgo test\b/i, 'go test ./...'],
  [/\b(?:xunit|nunit|mstest|dotnet test)\b/i, 'dotnet test'],
  [/\brspec\b/i, 'bundle exec rspec'],
  [/\bphpunit\b/i, 'vendor/bin/phpunit'],
];

/** The commands of the test runners that a plan names, for a repository that has no test command yet. */
export function runnersIn(text: string): string[] {
  return runners.flatMap(([pattern, command]) => (pattern.test(text) ? [command] : []));
}
