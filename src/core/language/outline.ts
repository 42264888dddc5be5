import { field, scalarText, textList, textOf } from '../text/document.ts';
import type { DocumentValue } from '../text/document.ts';
import { headingKey, within } from '../text/markdown.ts';
import type { Span } from '../text/source.ts';
import { nameSpaceOf } from './occurrences.ts';
import type { NameKind } from './occurrences.ts';
import type { Library, Reading } from './readings.ts';
import { pathPlaces, scopeArea } from './scope-places.ts';

/** An entry of the outline. `name` stands in `selection`, which lies in `span`. */
export interface OutlineEntry {
  readonly name: string;
  readonly detail: string;
  readonly kind: 'section' | 'slice' | 'workstream' | 'merge-point' | 'wave' | 'contract' | 'directive' | 'key';
  readonly span: Span;
  readonly selection: Span;
  readonly children: readonly OutlineEntry[];
}

/** Words with a meaning, for colouring. Never overlapping, in the order of the text, each on one line. */
export interface Token {
  readonly span: Span;
  readonly kind: NameKind | 'directive' | 'path' | 'stop-condition';
}

/** Headings of a section of stop conditions in any kind of file. */
const stopHeadings = ['stop conditions', 'stop condition', 'stop rules', 'stop and ask', 'when to stop', 'stop'];

/** What a file declares, as a tree in the order of the text; empty for files that are none of ours. */
export function outline(reading: Reading): OutlineEntry[] {
  return reading.kind === 'manifest' ? manifestOutline(reading) : markdownOutline(reading);
}

interface MutableEntry extends OutlineEntry {
  span: Span;
  readonly children: OutlineEntry[];
}

/** Headings, and in them the slices, merge points and scope directives that the readers see. */
function markdownOutline(reading: Reading): OutlineEntry[] {
  if (reading.kind === null || reading.kind === 'prompt') return [];
  const { markdown, text } = reading;
  const roots: OutlineEntry[] = [];
  const open: { readonly level: number; readonly entry: MutableEntry }[] = [];
  const all: MutableEntry[] = [];
  const parents = new Map<MutableEntry, MutableEntry>();
  for (const section of markdown.sections) {
    while (open.length > 0 && (open.at(-1)?.level ?? 0) >= section.level) open.pop();
    const entry: MutableEntry = {
      name: section.text === '' ? '(no words)' : section.text,
      detail: '',
      kind: reading.kind === 'spec' && /^(?:WS-|Workstream\s)/i.test(section.text) ? 'workstream' : 'section',
      // Blanks at the end of a heading without words are its only place.
      span: { start: section.block.start, end: endOf(text, section.body.end, section.span.end) },
      selection: section.span,
      children: [],
    };
    const outer = open.at(-1)?.entry;
    (outer?.children ?? roots).push(entry);
    if (outer) parents.set(entry, outer);
    for (const { entry: above } of open)
      if (above.span.end < entry.span.end) above.span = { start: above.span.start, end: entry.span.end };
    open.push({ level: section.level, entry });
    all.push(entry);
  }
  const place = (entry: OutlineEntry): void => {
    // From the last section that begins before it outwards: sections are in the order of the text.
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((all[middle]?.span.start ?? 0) <= entry.span.start) low = middle + 1;
      else high = middle;
    }
    let parent = all[low - 1];
    while (parent && parent.span.end < entry.span.end) parent = parents.get(parent);
    (parent?.children ?? roots).push(entry);
  };
  const inner = (name: string, detail: string, kind: OutlineEntry['kind'], span: Span): void =>
    place({ name, detail, kind, span, selection: span, children: [] });
  if (reading.kind === 'spec') {
    const { spec } = reading;
    for (const slice of spec.slices) inner(slice.id, slice.title, 'slice', slice.span);
    for (const point of spec.mergePoints)
      inner(point.id, `${point.needs.join(' + ')} -> ${point.unlocks.join(', ')}`, 'merge-point', point.span);
    for (const contract of spec.contracts) inner(contract.path, '', 'contract', contract.span);
  }
  if (reading.kind === 'task') {
    for (const { key, span } of directives(reading)) {
      const count = reading.task.scope[key].length;
      inner(key.toUpperCase(), `${count} ${count === 1 ? 'entry' : 'entries'}`, 'directive', span);
    }
  }
  const byPlace = (list: OutlineEntry[]): void => {
    list.sort((a, b) => a.span.start - b.span.start);
  };
  byPlace(roots);
  for (const entry of all) byPlace(entry.children);
  return roots;
}

function manifestOutline(reading: Reading): OutlineEntry[] {
  const root = reading.json;
  if (root?.kind !== 'map') return [];
  const items = (value: DocumentValue | undefined): readonly DocumentValue[] =>
    value?.kind === 'list' ? value.items : [];
  const leaf = (value: DocumentValue, key: string, kind: OutlineEntry['kind'], detail: string): OutlineEntry[] => {
    const name = textOf(value) ?? textOf(field(value, key)?.value);
    return name ? [{ name: name.value, detail, kind, span: value.span, selection: name.span, children: [] }] : [];
  };
  return root.entries.map(({ key, keySpan, value }): OutlineEntry => {
    const children = items(value).flatMap((item): OutlineEntry[] => {
      if (key === 'waves') {
        const number = textOf(field(item, 'number')?.value);
        const tasks = items(field(item, 'tasks')?.value);
        return [
          {
            name: `Wave ${number?.value ?? '?'}`,
            detail: `${tasks.length} ${tasks.length === 1 ? 'slice' : 'slices'}`,
            kind: 'wave',
            span: item.span,
            selection: number?.span ?? { start: item.span.start, end: Math.min(item.span.start + 1, item.span.end) },
            children: tasks.flatMap((task) =>
              leaf(task, 'id', 'slice', textOf(field(task, 'agent')?.value)?.value ?? ''),
            ),
          },
        ];
      }
      if (key === 'workstreams') return leaf(item, 'id', 'workstream', textOf(field(item, 'name')?.value)?.value ?? '');
      if (key === 'merge_points') return leaf(item, 'id', 'merge-point', '');
      if (key === 'contracts') return leaf(item, 'path', 'contract', '');
      return [];
    });
    const detail = value.kind === 'scalar' && value.value !== null ? scalarText(value) : '';
    return {
      name: key,
      detail,
      kind: 'key',
      span: { start: keySpan.start, end: value.span.end },
      selection: keySpan,
      children,
    };
  });
}

/** Ranges that can be folded: front matter, each section to its last words, and each scope directive with bullets. */
export function folding(reading: Reading): Span[] {
  const { text } = reading;
  if (reading.kind === 'prompt') return promptSections(text);
  if (reading.kind === 'manifest' || reading.kind === null) return [];
  const { markdown } = reading;
  const spans: Span[] = [];
  if (markdown.frontMatter) spans.push({ start: 0, end: endOf(text, markdown.frontMatter.span.end, 0) });
  for (const section of markdown.sections)
    spans.push({ start: section.block.start, end: endOf(text, section.body.end, section.block.start) });
  if (reading.kind === 'task') spans.push(...directives(reading).map((one) => one.span));
  return spans.filter(({ start, end }) => text.slice(start, end).includes('\n'));
}

function promptSections(text: string): Span[] {
  const starts = [...text.matchAll(/^=== .+ ===[ \t]*$/gm)].map((match) => match.index);
  return starts.map((start, i) => ({ start, end: endOf(text, starts[i + 1] ?? text.length, start) }));
}

/** Scope directives, each up to its last entry. */
function directives(
  reading: Reading,
): { readonly key: 'create' | 'modify' | 'boundary'; readonly word: Span; readonly span: Span }[] {
  const area = scopeArea(reading);
  const { text } = reading;
  const found: { key: 'create' | 'modify' | 'boundary'; word: Span; span: Span }[] = [];
  const line = /^[ \t]*(?:[-*+][ \t]+)?(?:#{1,6}[ \t]+)?[*_`]*(CREATE|MODIFY|BOUNDARY)\b(?=[^\n]*:|[*_` \t]*$)/gm;
  for (const match of text.slice(area.start, area.end).matchAll(line)) {
    const word = match[1] ?? '';
    const start = area.start + match.index;
    const at = start + match[0].length - word.length;
    found.push({
      key: word.toLowerCase() as 'create' | 'modify' | 'boundary',
      word: { start: at, end: at + word.length },
      span: { start, end: area.end },
    });
  }
  const next = { create: 0, modify: 0, boundary: 0 };
  return found.map((one, i) => {
    const stop = found[i + 1]?.span.start ?? area.end;
    const lineEnd = text.indexOf('\n', one.word.end);
    let last = lineEnd < 0 ? stop : lineEnd;
    // Entries and directives are both in the order of the text.
    const entries = reading.task.scope[one.key];
    for (; (entries[next[one.key]]?.span.end ?? Infinity) <= stop; next[one.key]++) {
      const entry = entries[next[one.key]]?.span;
      if (entry && entry.start >= one.span.start) last = Math.max(last, entry.end);
    }
    return { ...one, span: { start: one.span.start, end: endOf(text, Math.min(last, stop), one.span.start) } };
  });
}

/** The end of the last words before `end`. */
function endOf(text: string, end: number, least: number): number {
  let at = end;
  while (at > least && /\s/.test(text[at - 1] ?? '')) at--;
  return at;
}

/** Where stop conditions are written: the items of their section, line by line, and the values of `stop`. */
function stopLines(reading: Reading): Span[] {
  const { kind, markdown, text } = reading;
  if (kind !== 'task' && kind !== 'spec' && kind !== 'skill' && kind !== 'instructions') return [];
  const found = textList(field(markdown.frontMatter?.map, 'stop')?.value).map((one) => one.span);
  const bodies = markdown.sections.filter((one) => stopHeadings.includes(headingKey(one.text))).map((one) => one.body);
  for (const item of bodies.length === 0 ? [] : markdown.items)
    if (bodies.some((body) => within(item.span, body))) found.push(item.span);
  return found.flatMap(({ start, end }) =>
    [...text.slice(start, end).matchAll(/\S(?:.*\S)?/g)].map((line) => ({
      start: start + line.index,
      end: start + line.index + line[0].length,
    })),
  );
}

/** Scope directives, paths, names and stop conditions, for semantic colouring. */
export function tokens(library: Library, reading: Reading): Token[] {
  const found: Token[] = [];
  if (reading.kind === 'task')
    for (const { word } of directives(reading)) found.push({ span: word, kind: 'directive' });
  for (const place of pathPlaces(reading)) found.push({ span: place.span, kind: 'path' });
  for (const one of nameSpaceOf(library, reading.file)?.occurrences ?? [])
    if (one.file === reading.file) found.push({ span: one.span, kind: one.kind });
  found.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  let end = 0;
  const words = found.filter(({ span }) => {
    if (span.start < end || span.end <= span.start || /[\r\n]/.test(reading.text.slice(span.start, span.end)))
      return false;
    end = span.end;
    return true;
  });
  return [...words, ...around(words, stopLines(reading))].sort((a, b) => a.span.start - b.span.start);
}

/** What is left of lines without the words in them that have a colour of their own. Both in the order of the text. */
function around(words: readonly Token[], lines: readonly Span[]): Token[] {
  const found: Token[] = [];
  let next = 0;
  let end = 0;
  for (const line of lines.toSorted((a, b) => a.start - b.start)) {
    let at = Math.max(line.start, end);
    while (next < words.length && (words[next]?.span.end ?? 0) <= at) next++;
    for (let i = next; at < line.end; i++) {
      const word = words[i]?.span;
      const stop = Math.min(word?.start ?? line.end, line.end);
      if (stop > at) found.push({ span: { start: at, end: stop }, kind: 'stop-condition' });
      at = word && word.start < line.end ? word.end : line.end;
    }
    end = Math.max(end, line.end);
  }
  return found;
}
