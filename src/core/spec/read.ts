import { field, textOf } from '../text/document.ts';
import { parseEstimate } from '../text/estimate.ts';
import { finding } from '../text/finding.ts';
import type { Finding } from '../text/finding.ts';
import { headingKey, readMarkdown, trimmed, within } from '../text/markdown.ts';
import type { Markdown, MarkdownFence, MarkdownItem, MarkdownSection } from '../text/markdown.ts';
import { SourceText } from '../text/source.ts';
import type { Span } from '../text/source.ts';
import type {
  Spec,
  SpecAnswer,
  SpecContract,
  SpecMergePoint,
  SpecSection,
  SpecSlice,
  SpecWorkstream,
} from './model.ts';

/** The headings that give each answer, the most telling first. */
const answerHeadings: Readonly<Record<SpecAnswer, readonly string[]>> = {
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

const optionalHeadings = {
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

const sliceId = String.raw`(?!MP\d)(?:[A-Z]{1,3}\d+[a-z]?|[Tt]ask-\d+(?:-[\w-]+)?)`;
const sliceItem = new RegExp(String.raw`^[*_\`]*(${sliceId})[*_\`]*\s*(?:[:–—]|\s-\s|\.\s)[*_]*\s*(.+)$`);
const workstreamHeading = /^(?:(WS-[A-Za-z0-9]+)|Workstream\s+([A-Z0-9]+))\b[*_]*\s*[:–—-]?\s*(.*)$/i;
const mergePointLine = /^(?:[-*+•]\s+|>\s*)?[*_`]*(?:Merge point\s+)?(MP-?\d+[a-z]?)[*_`]*\s*(?::|=)\s*[*_]*\s*(.*)$/i;

/** Reads a spec. Headings decide the meaning, at any level and in any order. Never throws. */
export function readSpec(text: string, file: string): { spec: Spec; findings: Finding[] } {
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  const findings: Finding[] = [];
  const map = markdown.frontMatter?.map;
  const value = (key: string) => textOf(field(map, key)?.value);
  const choice = <T extends string>(key: string, options: readonly T[], fold: (text: string) => string): T | null => {
    const found = value(key);
    if (!found) return null;
    const match = options.find((option) => option === fold(found.value));
    if (!match)
      findings.push(
        finding(
          source,
          'spec.front-matter',
          'warning',
          `${key} is one of ${options.join(', ')}, not "${found.value}"`,
          found.span,
        ),
      );
    return match ?? null;
  };
  for (const problem of markdown.frontMatter?.problems ?? []) {
    findings.push(
      finding(
        source,
        problem.tolerated ? 'spec.yaml-strict' : 'spec.yaml',
        problem.tolerated ? 'warning' : 'error',
        `front matter: ${problem.message}`,
        problem.span,
      ),
    );
  }
  const section = (names: readonly string[]) => toSection(markdown, findSection(markdown, names));
  const answer = (name: SpecAnswer): SpecSection | null => {
    const found = findSection(markdown, answerHeadings[name]);
    // "Scope" often holds "Out of scope" as a part; what lies outside is not what lies inside.
    const rival = name === 'in_scope' ? findSection(markdown, answerHeadings.out_of_scope) : undefined;
    const cut = found && rival && rival.block.start > found.block.start && rival.block.end <= found.body.end;
    return toSection(
      markdown,
      found && cut ? { ...found, body: { start: found.body.start, end: rival.block.start } } : found,
    );
  };
  const title = markdown.sections.find((heading) => heading.level === 1)?.text ?? '';
  const name = file.slice(file.lastIndexOf('/') + 1);
  const workstreams = readWorkstreams(markdown);
  const slices = readSlices(markdown, workstreams, findings);
  const mergePoints = readMergePoints(markdown, findings);
  findings.push(...referenceFindings(source, slices, mergePoints));

  const spec: Spec = {
    file,
    id: value('id')?.value ?? /^([A-Za-z]{2,8}-\d+)/.exec(name)?.[1]?.toUpperCase() ?? null,
    title:
      value('title')?.value ??
      (title === '' ? name.replace(/(?:\.spec)?\.md$/i, '') : title.replace(/^[A-Z]{2,8}-\d+\s*[:–—-]\s*/, '')),
    status: choice('status', ['draft', 'approved'] as const, (word) => word.toLowerCase()),
    technology: value('technology')?.value ?? null,
    confidence: choice('confidence', ['HIGH', 'MEDIUM', 'LOW'] as const, (word) => word.toUpperCase()),
    answers: {
      outcome: answer('outcome'),
      in_scope: answer('in_scope'),
      out_of_scope: answer('out_of_scope'),
      evidence: answer('evidence'),
    },
    workstreams: workstreams.map(({ id, name, boundary, span }) => ({ id, name, boundary, span })),
    slices,
    mergePoints,
    contracts: readContracts(markdown, findings),
    conventions: section(optionalHeadings.conventions),
    testPlan: section(optionalHeadings.testPlan),
    constraints: section(optionalHeadings.constraints),
    risks: section(optionalHeadings.risks),
    openQuestions: section(optionalHeadings.openQuestions),
    stopConditions: section(optionalHeadings.stopConditions),
  };
  return { spec, findings };
}

/** A heading matches by its words, with or without what follows a colon or stands in brackets. */
function matches(section: MarkdownSection, names: readonly string[]): string | undefined {
  const whole = headingKey(section.text);
  const short = headingKey(section.text.replace(/\s*(?:[([—–:]|\s-\s).*$/, ''));
  return names.find((name) => name === whole) ?? names.find((name) => name === short);
}

function findSection(markdown: Markdown, names: readonly string[]): MarkdownSection | undefined {
  let best: { section: MarkdownSection; rank: number } | undefined;
  for (const section of markdown.sections) {
    const name = matches(section, names);
    if (name === undefined) continue;
    // A section without words is only taken when no other one answers.
    const empty = markdown.source.text.slice(section.body.start, section.body.end).trim() === '';
    const rank = names.indexOf(name) + (empty ? names.length : 0);
    if (!best || rank < best.rank) best = { section, rank };
  }
  return best?.section;
}

function toSection(markdown: Markdown, section: MarkdownSection | undefined): SpecSection | null {
  if (!section) return null;
  const items = markdown.items.filter((item) => item.depth === 0 && within(item.span, section.body));
  return {
    heading: section.span,
    body: section.body,
    text: markdown.source.text.slice(section.body.start, section.body.end).trim(),
    items: items.map(({ text, span }) => ({ text, span })),
  };
}

function readWorkstreams(markdown: Markdown): (SpecWorkstream & { readonly body: Span })[] {
  const found: (SpecWorkstream & { readonly body: Span })[] = [];
  const add = (id: string, name: string, boundary: readonly string[], span: Span, body: Span): void => {
    if (!found.some((other) => other.id === id))
      found.push({ id, name: name === '' ? id : name, boundary, span, body });
  };
  for (const section of markdown.sections) {
    const match = workstreamHeading.exec(section.text.replace(/^[*_`]+/, ''));
    if (!match) continue;
    const boundary: string[] = [];
    for (const line of markdown.lines) {
      if (
        line.start < section.body.start ||
        line.end > section.body.end ||
        line.kind === 'fence' ||
        line.kind === 'comment'
      )
        continue;
      const text = markdown.source.text.slice(line.start, line.end);
      const paths = /^\s*(?:[-*+•]\s+)?[*_]*Boundary[*_]*\s*:[*_]*\s*(.+)$/i.exec(text)?.[1];
      if (paths)
        boundary.push(
          ...splitOutside(paths, ',')
            .map(unquote)
            .filter((path) => path !== ''),
        );
    }
    add(
      (match[1] ?? `WS-${match[2] ?? ''}`).toUpperCase(),
      unquote(match[3] ?? ''),
      boundary,
      section.span,
      section.body,
    );
  }
  for (const item of markdown.items) {
    const match = /^[*_`]*(WS-[A-Za-z0-9]+)[*_`]*\s*[:–—]\s*(.+)$/.exec(item.text);
    if (!match) continue;
    const { title, attributes } = splitAttributes(match[2] ?? '');
    const boundary = attributes
      .filter(({ key }) => key === 'boundary')
      .flatMap(({ value }) => splitOutside(value, ',').map(unquote));
    add((match[1] ?? '').toUpperCase(), title, boundary, item.span, { start: 0, end: 0 });
  }
  return found;
}

type DraftSlice = Omit<SpecSlice, 'details'> & { details: string[] };

function readSlices(
  markdown: Markdown,
  workstreams: readonly (SpecWorkstream & { readonly body: Span })[],
  findings: Finding[],
): SpecSlice[] {
  const { source } = markdown;
  const areas = markdown.sections
    .filter((section) => matches(section, optionalHeadings.slices) !== undefined)
    .map((section) => section.body)
    .concat(workstreams.map((workstream) => workstream.body));
  const slices: DraftSlice[] = [];
  let open: { slice: DraftSlice; depth: number } | null = null;
  for (const item of markdown.items) {
    if (!areas.some((area) => within(item.span, area))) {
      open = null;
      continue;
    }
    const match = sliceItem.exec(item.text);
    if (match) {
      const slice = readSlice(source, item, match, workstreams, findings);
      if (slices.some((other) => other.id === slice.id)) {
        findings.push(
          finding(
            source,
            'spec.duplicate-slice',
            'error',
            `the slice ${slice.id} is declared twice`,
            firstWord(source, item),
          ),
        );
      } else {
        slices.push(slice);
        open = { slice, depth: item.depth };
      }
    } else if (open && item.depth > open.depth) {
      const attribute = attributeOf(item.text);
      if (attribute) open.slice = assign(slices, open.slice, [attribute], source, item, findings);
      else open.slice.details.push(item.text);
    } else open = null;
  }
  return slices;
}

function readSlice(
  source: SourceText,
  item: MarkdownItem,
  match: RegExpExecArray,
  workstreams: readonly (SpecWorkstream & { readonly body: Span })[],
  findings: Finding[],
): DraftSlice {
  const id = match[1] ?? '';
  const { title, attributes } = splitAttributes(match[2] ?? '');
  const under = workstreams.findLast((workstream) => within(item.span, workstream.body))?.id ?? null;
  const letter = /^([A-Z]{1,3})\d/.exec(id)?.[1];
  const slice: DraftSlice = {
    id,
    title,
    after: [],
    files: [],
    verify: [],
    estimateMinutes: null,
    workstream: under ?? (letter === undefined ? null : `WS-${letter}`),
    agent: null,
    details: [],
    span: item.span,
  };
  return applyAttributes(slice, attributes, source, item, findings);
}

function assign(
  slices: DraftSlice[],
  slice: DraftSlice,
  attributes: readonly Attribute[],
  source: SourceText,
  item: MarkdownItem,
  findings: Finding[],
): DraftSlice {
  const changed = applyAttributes(slice, attributes, source, item, findings);
  slices[slices.indexOf(slice)] = changed;
  return changed;
}

function applyAttributes(
  slice: DraftSlice,
  attributes: readonly Attribute[],
  source: SourceText,
  item: MarkdownItem,
  findings: Finding[],
): DraftSlice {
  let result = slice;
  for (const { key, value } of attributes) {
    switch (key) {
      case 'after':
        result = { ...result, after: [...new Set([...result.after, ...ids(value)])] };
        break;
      case 'files':
        result = {
          ...result,
          files: [
            ...result.files,
            ...splitOutside(value, ',')
              .map(unquote)
              .filter((path) => path !== ''),
          ],
        };
        break;
      case 'verify':
        result = { ...result, verify: [...result.verify, unquote(value)] };
        break;
      case 'estimate': {
        const minutes = parseEstimate(unquote(value));
        if (minutes === null) {
          findings.push(
            finding(
              source,
              'spec.estimate',
              'warning',
              `"${value}" is not an estimate: write 3h, 90m, 1d or 2-4h`,
              spanOf(source, item, value),
            ),
          );
        } else result = { ...result, estimateMinutes: minutes };
        break;
      }
      case 'workstream':
        result = {
          ...result,
          workstream: /^WS-/i.test(unquote(value))
            ? unquote(value).toUpperCase()
            : `WS-${unquote(value).toUpperCase()}`,
        };
        break;
      case 'agent':
        result = { ...result, agent: unquote(value) };
        break;
      case 'boundary':
        break;
    }
  }
  return result;
}

interface Attribute {
  readonly key: 'after' | 'files' | 'verify' | 'estimate' | 'workstream' | 'agent' | 'boundary';
  readonly value: string;
}

const attributeNames: Readonly<Record<string, Attribute['key']>> = {
  after: 'after',
  deps: 'after',
  'depends on': 'after',
  needs: 'after',
  files: 'files',
  file: 'files',
  verify: 'verify',
  check: 'verify',
  estimate: 'estimate',
  workstream: 'workstream',
  agent: 'agent',
  boundary: 'boundary',
};

function attributeOf(text: string): Attribute | null {
  const match =
    /^[*_]*(after|deps|depends on|needs|files?|verify|check|estimate|workstream|agent|boundary)[*_]*(?:\s*:[*_]*\s*|\s+(?=[A-Z`]|task-))(.+)$/i.exec(
      text.trim(),
    );
  const key = attributeNames[match?.[1]?.toLowerCase() ?? ''];
  if (!match || !key) return null;
  // Only `after A1, B2` may do without a colon.
  if (!/^[^:]*?[*_]*\s*:/.test(text) && (key !== 'after' || !new RegExp(`^[\`*_]*${sliceId}`).test(match[2] ?? '')))
    return null;
  return { key, value: (match[2] ?? '').trim() };
}

/** Takes the brackets at the end apart when they hold at least one attribute; otherwise they belong to the title. */
function splitAttributes(text: string): { title: string; attributes: Attribute[] } {
  const trimmedText = text.trim().replace(/\.$/, '');
  if (!trimmedText.endsWith(')')) return { title: clean(text), attributes: [] };
  let depth = 0;
  let at = trimmedText.length - 1;
  for (; at >= 0; at--) {
    if (trimmedText[at] === ')') depth++;
    if (trimmedText[at] === '(' && --depth === 0) break;
  }
  if (at < 0) return { title: clean(text), attributes: [] };
  const attributes: Attribute[] = [];
  for (const part of splitOutside(trimmedText.slice(at + 1, -1), ';')) {
    const attribute = attributeOf(part);
    if (attribute) attributes.push(attribute);
  }
  return attributes.length === 0
    ? { title: clean(text), attributes }
    : { title: clean(trimmedText.slice(0, at)), attributes };
}

function readMergePoints(markdown: Markdown, findings: Finding[]): SpecMergePoint[] {
  const { source } = markdown;
  const points: SpecMergePoint[] = [];
  for (const line of markdown.lines) {
    if (line.kind !== 'text' && line.kind !== 'item' && line.kind !== 'heading') continue;
    const raw = source.text.slice(line.start, line.end);
    const indent = raw.length - raw.trimStart().length;
    const text = raw.trim().replace(/^#{1,6}\s+/, '');
    const match = mergePointLine.exec(text);
    if (!match) continue;
    const id = (match[1] ?? '').toUpperCase();
    const span = {
      start: line.start + indent + (raw.trim().length - text.length) + text.indexOf(match[1] ?? ''),
      end: line.start + raw.trimEnd().length,
    };
    const { title, attributes } = splitAttributes(match[2] ?? '');
    const sides = title.split(/\s*(?:--?>|=>|→|⇒|\bunlocks\b)\s*/i);
    const needs = ids(sides[0] ?? '');
    const unlocks = ids(sides[1] ?? '');
    if (sides.length !== 2 || needs.length === 0 || unlocks.length === 0) {
      findings.push(
        finding(
          source,
          'spec.merge-point',
          'warning',
          `a merge point reads "${id}: A8 + B3 -> C1": slices it needs, an arrow, slices it unlocks`,
          span,
        ),
      );
      continue;
    }
    if (points.some((point) => point.id === id)) {
      findings.push(
        finding(source, 'spec.duplicate-merge-point', 'error', `the merge point ${id} is declared twice`, span),
      );
      continue;
    }
    points.push({
      id,
      needs,
      unlocks,
      verify: attributes.filter(({ key }) => key === 'verify').map(({ value }) => unquote(value)),
      span,
    });
  }
  return points;
}

/** The fenced blocks under Contracts or Interfaces, with the file each becomes; `null` where none is named. */
export function contractBlocks(
  markdown: Markdown,
): readonly { readonly fence: MarkdownFence; readonly path: string | null }[] {
  const areas = markdown.sections
    .filter((section) => matches(section, optionalHeadings.contracts) !== undefined)
    .map((section) => section.body);
  return markdown.fences
    .filter((fence) => areas.some((area) => within(fence.span, area)))
    .map((fence) => ({ fence, path: contractPath(fence) }));
}

function readContracts(markdown: Markdown, findings: Finding[]): SpecContract[] {
  const contracts: SpecContract[] = [];
  for (const { fence, path } of contractBlocks(markdown)) {
    if (path === null) {
      findings.push(
        finding(
          markdown.source,
          'spec.contract-name',
          'info',
          'name the file this contract becomes, in the line above or behind the language: ```ts src/contracts/types.ts',
          {
            start: fence.span.start,
            end: Math.min(fence.span.end, fence.span.start + 3 + fence.info.length),
          },
        ),
      );
      continue;
    }
    if (!contracts.some((contract) => contract.path === path))
      contracts.push({ path, language: fence.language, content: fence.content, span: fence.span });
  }
  return contracts;
}

/** The file name behind the language, in the line above, or in a comment that is the block's first line. */
function contractPath(fence: MarkdownFence): string | null {
  const info = fence.info.slice(fence.language.length).trim();
  const candidates = [
    /(?:title|file|filename|path)\s*=\s*["']?([^"'\s}]+)/.exec(info)?.[1],
    info.replace(/^[:{=]\s*/, '').split(/\s+/)[0],
    /`([^`]+)`/.exec(fence.caption ?? '')?.[1],
    (fence.caption ?? '')
      .replace(/^(?:file|path)\s*:\s*/i, '')
      .replace(/[*_]{2}|:$/g, '')
      .trim(),
    /^(?:\/\/|#|--|;|<!--|\/\*)\s*(\S+)/.exec(fence.content)?.[1],
  ];
  for (const candidate of candidates) {
    const path = candidate?.replace(/^\.\//, '') ?? '';
    if (/^[\w@.()[\]-]+(?:\/[\w@.()[\]-]+)*\.\w+$/.test(path) && !path.split('/').includes('..')) return path;
  }
  return null;
}

function referenceFindings(
  source: SourceText,
  slices: readonly SpecSlice[],
  mergePoints: readonly SpecMergePoint[],
): Finding[] {
  const known = new Set(slices.map((slice) => slice.id));
  if (known.size === 0) return [];
  const findings: Finding[] = [];
  const check = (id: string, span: Span, who: string): void => {
    if (!known.has(id))
      findings.push(
        finding(
          source,
          'spec.unknown-slice',
          'error',
          `${who} names the slice ${id}, which this spec does not declare`,
          wordSpan(source, span, id),
        ),
      );
  };
  for (const slice of slices) for (const id of slice.after) if (!/^MP-?\d/.test(id)) check(id, slice.span, slice.id);
  for (const point of mergePoints) for (const id of [...point.needs, ...point.unlocks]) check(id, point.span, point.id);
  return findings;
}

function ids(text: string): string[] {
  return text
    .split(/\s*(?:[+,&]|\band\b)\s*/)
    .map((word) =>
      unquote(word)
        .replace(/[[\]().]/g, '')
        .trim(),
    )
    .filter((word) => /^[A-Za-z][\w-]*\d[\w-]*$/.test(word));
}

/** Splits at a separator that stands outside quotes, code marks and brackets. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let current = '';
  let depth = 0;
  let quote = '';
  for (const c of text) {
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if (c === '`' || c === '"' || (c === "'" && !/\w$/.test(current))) quote = c;
    else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (c === separator && depth <= 0) {
      parts.push(current.trim());
      current = '';
      continue;
    }
    current += c;
  }
  parts.push(current.trim());
  return parts.filter((part) => part !== '');
}

function unquote(text: string): string {
  const trimmedText = text.trim();
  return /^(`+)([^`]*)\1$/.exec(trimmedText)?.[2]?.trim() ?? trimmedText;
}

function clean(title: string): string {
  return title
    .trim()
    .replace(/^\*\*(.*)\*\*$/, '$1')
    .replace(/\*\*$/, '')
    .trim();
}

function firstWord(source: SourceText, item: MarkdownItem): Span {
  const text = source.text.slice(item.span.start, item.span.end);
  const length = /^\S+?(?=[:\s]|$)/.exec(text)?.[0].length ?? text.length;
  return { start: item.span.start, end: item.span.start + length };
}

function spanOf(source: SourceText, item: MarkdownItem, words: string): Span {
  const at = source.text.indexOf(words, item.span.start);
  return at >= 0 && at < item.span.end ? { start: at, end: at + words.length } : trimmed(source.text, item.span);
}

/** The last place a word stands at in a range: ids are named behind what they belong to. */
function wordSpan(source: SourceText, span: Span, word: string): Span {
  const at = source.text.slice(span.start, span.end).lastIndexOf(word);
  return at < 0 ? span : { start: span.start + at, end: span.start + at + word.length };
}
