import { parseEstimate } from '../text/estimate.ts';
import { finding, type Finding } from '../text/finding.ts';
import { trimmed, within, type Markdown, type MarkdownItem } from '../text/markdown.ts';
import type { SourceText, Span } from '../text/source.ts';
import {
  attributeOf,
  ids,
  sliceIdPattern,
  splitAttributes,
  splitOutside,
  unquote,
  type Attribute,
} from './attributes.ts';
import { headingNamed, optionalHeadings } from './headings.ts';
import type { SpecSlice, SpecWorkstream } from './model.ts';

const sliceItem = new RegExp(String.raw`^[*_\`]*(${sliceIdPattern})[*_\`]*\s*(?:[:–—]|\s-\s|\.\s)[*_]*\s*(.+)$`);
const workstreamHeading = /^(?:(WS-[A-Za-z0-9]+)|Workstream\s+([A-Z0-9]+))\b[*_]*\s*[:–—-]?\s*(.*)$/i;

/** A workstream with the part of the spec in which its slices stand. */
type PlacedWorkstream = SpecWorkstream & { readonly body: Span };

/** The workstreams that headings or items name, each once. */
export function readWorkstreams(markdown: Markdown): PlacedWorkstream[] {
  const found: PlacedWorkstream[] = [];
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

/** The items under a heading for slices or under a workstream that begin with an id, with what is indented below them. */
export function readSlices(
  markdown: Markdown,
  workstreams: readonly PlacedWorkstream[],
  findings: Finding[],
): SpecSlice[] {
  const { source } = markdown;
  const areas = markdown.sections
    .filter((section) => headingNamed(section, optionalHeadings.slices) !== undefined)
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
  workstreams: readonly PlacedWorkstream[],
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

function firstWord(source: SourceText, item: MarkdownItem): Span {
  const text = source.text.slice(item.span.start, item.span.end);
  const length = /^\S+?(?=[:\s]|$)/.exec(text)?.[0].length ?? text.length;
  return { start: item.span.start, end: item.span.start + length };
}

function spanOf(source: SourceText, item: MarkdownItem, words: string): Span {
  const at = source.text.indexOf(words, item.span.start);
  return at >= 0 && at < item.span.end ? { start: at, end: at + words.length } : trimmed(source.text, item.span);
}
