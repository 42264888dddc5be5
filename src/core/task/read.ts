import { looksLikeCommand } from '../text/command-shape.ts';
import type { DocumentEntry } from '../text/document.ts';
import { field, locate, plain, textList, textOf } from '../text/document.ts';
import { parseEstimate } from '../text/estimate.ts';
import { finding } from '../text/finding.ts';
import type { Finding } from '../text/finding.ts';
import { headingKey, readMarkdown, titleSpan, trimmed, within } from '../text/markdown.ts';
import type { Markdown, MarkdownItem, MarkdownSection } from '../text/markdown.ts';
import { SourceText } from '../text/source.ts';
import type { Span } from '../text/source.ts';
import type { Located, SliceKind, TaskPlaces, TaskSection, TaskSpec } from './model.ts';
import { isUsualFrontMatter, taskFrontMatterSchema } from './schema.ts';
import { readScope, scopeHeadings } from './scope.ts';

const kinds: readonly string[] = ['engineering', 'support', 'ops', 'sales', 'product'] satisfies SliceKind[];
const passing =
  /\b(?:pass(?:es|ed|ing)?|succeeds?|is green|(?:exits?|returns?) (?:with )?(?:0|zero)|runs? (?:clean|without)|is clean|works)\b/i;
const negated = /\b(?:not|never|n't|fails?)\s+(?:yet\s+)?(?:pass|succeed|work)/i;

/**
 * Reads a task spec. Whatever is missing is `null` or empty; what could not be understood is a finding. Never throws.
 * `places` is all that is kept of the Markdown, which is several times as large as the text.
 */
export function readTaskSpec(text: string, file: string): { task: TaskSpec; findings: Finding[]; places: TaskPlaces } {
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  const findings: Finding[] = [];
  const map = markdown.frontMatter?.map;
  // Of a repeated key the last one counts.
  const entries = new Map(map?.entries.map((entry) => [entry.key, entry]));
  const get = (...names: string[]): DocumentEntry | undefined => {
    for (const name of names) {
      const entry = entries.get(name);
      if (entry) return entry;
    }
    return undefined;
  };
  const list = (...names: string[]) => textList(get(...names)?.value);
  const lines = (name: string) => textList(get(name)?.value, null);

  for (const problem of markdown.frontMatter?.problems ?? []) {
    findings.push(
      finding(
        source,
        problem.tolerated ? 'task.yaml-strict' : 'task.yaml',
        problem.tolerated ? 'warning' : 'error',
        `front matter: ${problem.message}`,
        problem.span,
      ),
    );
  }
  if (map) findings.push(...schemaFindings(source, map));

  const heading = markdown.sections.find((section) => section.level === 1);
  const { id: headingId, title: headingTitle } = splitTitle(heading);
  const idEntry = get('id');
  const id = textOf(idEntry?.value) ?? headingId;
  const sections = topSections(markdown, heading);
  const byKey = new Map(sections.toReversed().map((section) => [headingKey(section.title), section]));
  /** The first section under any of the headings. */
  const named = (...names: readonly string[]): TaskSection | undefined =>
    names.flatMap((name) => byKey.get(name) ?? []).toSorted((a, b) => a.heading.start - b.heading.start)[0];

  const scopeSection = named(...scopeHeadings) ?? null;
  const area = scopeSection?.body ?? { start: markdown.frontMatter?.span.end ?? 0, end: text.length };
  const { scope, findings: scopeFindings } = readScope(markdown, area);
  findings.push(...scopeFindings);

  const checklistSection = named(
    'checklist',
    'acceptance criteria',
    'acceptance',
    'acceptance checks',
    'definition of done',
    'done when',
  );
  const checklist = checklistSection ? itemsOf(markdown, checklistSection.body) : [];
  const evidence = named('evidence', 'verification', 'verify', 'checks', 'tests');
  const verify = [...lines('verify')];
  const addCheck = (check: Located<string>): void => {
    if (!verify.some((other) => other.value === check.value)) verify.push(check);
  };
  for (const item of checklist) for (const check of checksOf(source, item, false)) addCheck(check);
  if (evidence && evidence !== checklistSection) {
    for (const item of itemsOf(markdown, evidence.body))
      for (const check of checksOf(source, item, true)) addCheck(check);
    for (const check of fencedCommands(markdown, evidence.body)) addCheck(check);
  }

  const stopSection = named('stop conditions', 'stop condition', 'stop rules', 'stop and ask', 'stop');
  const stop: Located<string>[] = [...lines('stop')];
  if (stopSection) {
    const items = itemsOf(markdown, stopSection.body).filter((item) => item.text !== '');
    stop.push(...items.map((item) => ({ value: item.text, span: item.span })));
    if (items.length === 0 && stopSection.text !== '')
      stop.push({ value: stopSection.text, span: trimmed(text, stopSection.body) });
  }

  const estimateEntry = get('estimate', 'estimate_hours');
  const estimateText = textOf(estimateEntry?.value);
  const estimateMinutes = estimateText
    ? parseEstimate(estimateEntry?.key === 'estimate_hours' ? `${estimateText.value}h` : estimateText.value)
    : null;
  if (estimateText && estimateMinutes === null) {
    findings.push(
      finding(
        source,
        'task.estimate',
        'warning',
        `"${estimateText.value}" is not an estimate: write 3h, 90m, 1d or 2-4h`,
        estimateText.span,
      ),
    );
  }
  const waveText = textOf(get('wave')?.value);
  const wave =
    waveText && /^\d{1,6}$/.test(waveText.value) ? { value: Number(waveText.value), span: waveText.span } : null;
  const attempts = Number(textOf(get('attempts')?.value)?.value ?? 1);
  const kind = textOf(get('kind')?.value)?.value ?? 'engineering';

  const task: TaskSpec = {
    file,
    id,
    title: textOf(get('title')?.value)?.value ?? headingTitle,
    component: textOf(get('component')?.value)?.value ?? null,
    wave,
    deps: list('deps', 'dependencies', 'depends_on'),
    blocks: list('blocks'),
    agent: textOf(get('agent')?.value),
    skills: list('skills').map((skill) => skill.value),
    techSpec: textOf(get('tech_spec')?.value)?.value ?? null,
    contracts: list('contracts'),
    workstream: textOf(get('workstream')?.value),
    runtimeDeps: list('runtime_deps'),
    layers: list('layers').map((layer) => layer.value),
    verify,
    estimateMinutes,
    stop,
    attempts: Number.isInteger(attempts) && attempts >= 1 && attempts <= 16 ? attempts : 1,
    kind: kinds.includes(kind) ? (kind as SliceKind) : 'engineering',
    scope,
    scopeSection,
    requirements: named('requirements', 'requirement', 'objective', 'task')?.text ?? '',
    checklist: checklist.map((item) => ({ text: item.text, done: item.done === true, span: item.span })),
    sections,
    frontMatter: markdown.frontMatter?.span ?? null,
  };
  return { task, findings, places: placesIn(markdown, checklist[0]) };
}

function placesIn({ frontMatter, sections }: Markdown, item: MarkdownItem | undefined): TaskPlaces {
  const map = frontMatter?.map;
  return {
    title: titleSpan({ sections }),
    frontMatter: frontMatter && { body: frontMatter.body, isMap: map !== null },
    estimate: (field(map, 'estimate') ?? field(map, 'estimate_hours'))?.value.span,
    checklist: item && sections.findLast((section) => within(item.span, section.body))?.span,
  };
}

function schemaFindings(source: SourceText, map: NonNullable<NonNullable<Markdown['frontMatter']>['map']>): Finding[] {
  if (isUsualFrontMatter(map)) return [];
  const parsed = taskFrontMatterSchema.safeParse(plain(map));
  if (parsed.success) return [];
  // `id` may also stand in the heading or the file name, so its absence is no schema error.
  return parsed.error.issues
    .filter((issue) => !(issue.path.length === 1 && issue.path[0] === 'id' && !field(map, 'id')))
    .map((issue) => {
      const { value, keySpan } = locate(map, issue.path);
      const span = value.span.end > value.span.start ? value.span : (keySpan ?? value.span);
      return finding(source, 'task.schema', 'warning', `${issue.path.join('.')}: ${issue.message}`, span);
    });
}

/** `# task-001: Users` gives the id and the title; a heading without an id is the title. */
function splitTitle(heading: MarkdownSection | undefined): { id: Located<string> | null; title: string | null } {
  if (!heading || heading.text === '') return { id: null, title: null };
  const match = /^(?:Task\s+)?(`?)([A-Za-z][\w-]*\d[\w.-]*|\d+)\1\s*(?:[:–—]|\s-\s)\s*(.*)$/.exec(heading.text);
  if (!match) {
    const bare = /^[A-Za-z][A-Za-z]*-?\d+(?:-[\w-]+)?$/.test(heading.text);
    return bare ? { id: { value: heading.text, span: heading.span }, title: null } : { id: null, title: heading.text };
  }
  const id = match[2] ?? '';
  const at = heading.span.start + heading.text.indexOf(id);
  const title = match[3]?.trim() ?? '';
  return { id: { value: id, span: { start: at, end: at + id.length } }, title: title === '' ? null : title };
}

function topSections(markdown: Markdown, title: MarkdownSection | undefined): TaskSection[] {
  const level = Math.min(
    6,
    ...markdown.sections.filter((section) => section !== title).map((section) => section.level),
  );
  return markdown.sections
    .filter((section) => section !== title && section.level === level)
    .map((section) => ({
      title: section.text,
      heading: section.span,
      body: section.body,
      text: markdown.source.text.slice(section.body.start, section.body.end).trim(),
    }));
}

function itemsOf(markdown: Markdown, body: Span): MarkdownItem[] {
  return markdown.items.filter((item) => within(item.span, body));
}

/** Commands that an item names. `bare`: an item that is nothing but a code span counts without the word "passes". */
function checksOf(source: SourceText, item: MarkdownItem, bare: boolean): Located<string>[] {
  const raw = source.text.slice(item.span.start, item.span.end);
  if (!raw.includes('`')) return [];
  const says = passing.test(raw.replace(/`[^`]*`/g, '')) && !negated.test(raw);
  if (!says && !(bare && /^`[^`]+`[.;]?$/.test(raw.trim()))) return [];
  const checks: Located<string>[] = [];
  for (const match of raw.matchAll(/(`+)([^`]+)\1/g)) {
    const command = (match[2] ?? '').trim().replace(/^\$\s+/, '');
    if (!looksLikeCommand(command)) continue;
    const start = item.span.start + match.index + (match[1] ?? '').length;
    checks.push({ value: command, span: { start, end: start + (match[2] ?? '').length } });
  }
  return checks;
}

function fencedCommands(markdown: Markdown, body: Span): Located<string>[] {
  return markdown.fences
    .filter((fence) => within(fence.span, body) && /^(?:sh|bash|shell|console|zsh)$/.test(fence.language))
    .flatMap((fence) =>
      fence.content
        .split('\n')
        .map((line) => line.trim().replace(/^\$\s+/, ''))
        .filter((line) => line !== '' && !line.startsWith('#') && looksLikeCommand(line))
        .map((line) => {
          const start = markdown.source.text.indexOf(line, fence.span.start);
          return { value: line, span: start < 0 ? fence.span : { start, end: start + line.length } };
        }),
    );
}
