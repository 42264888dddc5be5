import { finding, type Finding } from '../text/finding.ts';
import {
  headingKey,
  within,
  type Markdown,
  type MarkdownItem,
  type MarkdownLine,
  type MarkdownSection,
} from '../text/markdown.ts';
import type { Span } from '../text/source.ts';
import { attributeNamed, attributeOf, splitAttributes, type Attribute, type AttributeKey } from './attributes.ts';
import { headingNamed, knownSections, looseSlices, meaningOf, optionalHeadings } from './headings.ts';
import { SliceDraft } from './slice-draft.ts';
import { isRule, sliceRows, tableColumns } from './slice-table.ts';
import { isRemark, mergePointLine, sliceWords, wordInFront, type SliceWords } from './slice-words.ts';
import { boundaryLine, workstreamHeading, workstreamItem, type PlacedWorkstream } from './workstreams.ts';

const groupHeading = /^(?:phase|wave|milestone|batch|stage|sprint|iteration|week|group|round|mvp)\b/i;
const nothing = /^(?:none|n\/a|tbd|todo|\.\.\.|…|-|–|—)?\.?$/i;

/** Where slices are declared. `strict`: every line there is one, or is said not to be. */
interface Area {
  readonly body: Span;
  readonly strict: boolean;
}

/** A line or a heading that stands above several slices and is none itself. */
export interface SliceGroup {
  readonly names: readonly (string | null)[];
  readonly span: Span;
  readonly depth: number;
  readonly slices: SliceDraft[];
  /** Whether it says what its slices are for, and nothing more. */
  readonly heading: boolean;
}

interface Open {
  readonly draft: SliceDraft;
  /** How deep its item is nested; `null` for a heading, to which all below belongs. */
  readonly depth: number | null;
  /** The attribute whose value is what follows. */
  field: { readonly key: AttributeKey; readonly depth: number } | null;
}

/** Reads the lines of a spec that declare slices, whatever they look like. */
export class SliceReader {
  /** In the order of the text. */
  readonly drafts: SliceDraft[] = [];
  readonly #markdown: Markdown;
  readonly #text: string;
  readonly #workstreams: readonly PlacedWorkstream[];
  readonly #findings: Finding[];
  readonly #areas: readonly Area[];
  /** Sections inside of an area that are about something else. */
  readonly #other: readonly Span[];
  readonly #sectionAt: ReadonlyMap<number, MarkdownSection>;
  readonly #wordIds: (word: string) => boolean;
  #open: Open | null = null;
  readonly groups: SliceGroup[] = [];
  /** Those around the line that is read, outermost first. */
  #around: SliceGroup[] = [];
  /** A paragraph that belongs to nothing yet. */
  #prose: Span | null = null;

  constructor(markdown: Markdown, workstreams: readonly PlacedWorkstream[], findings: Finding[]) {
    this.#markdown = markdown;
    this.#text = markdown.source.text;
    this.#workstreams = workstreams;
    this.#findings = findings;
    const sections = knownSections(markdown);
    const answers = sections.filter((section) => !['slices', 'loose'].includes(meaningOf(section) ?? ''));
    const whole = (section: MarkdownSection): boolean =>
      section.level === 1 && answers.some((other) => other !== section && within(other.block, section.body));
    const named = (names: readonly string[]): Span[] =>
      sections.flatMap((section) =>
        headingNamed(section, names) !== undefined && !whole(section) ? [section.body] : [],
      );
    this.#areas = [
      ...named(optionalHeadings.slices).map((body) => ({ body, strict: true })),
      ...[...named(looseSlices), ...workstreams.map(({ body }) => body)].map((body) => ({ body, strict: false })),
    ].filter(({ body }) => body.end > body.start);
    const strict = this.#areas.filter((area) => area.strict);
    this.#other = answers.flatMap((section) =>
      strict.some(({ body }) => within(section.block, body)) && !this.#isField(section)
        ? [{ start: section.block.start, end: section.body.end }]
        : [],
    );
    this.#sectionAt = new Map(markdown.sections.map((section) => [section.block.start, section]));
    const counts = new Map<string, number>();
    for (const item of markdown.items) {
      const word = strict.some(({ body }) => within(item.span, body)) ? wordInFront(item.text) : null;
      if (word !== null) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    this.#wordIds = (word) => counts.get(word) === 1;
  }

  /** Fills `drafts` and `groups`. */
  read(): void {
    const { lines } = this.#markdown;
    let area: Area | undefined;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!;
      const found = this.#areaOf(line);
      if (found !== area) this.#close();
      area = found;
      if (!area) continue;
      if (line.kind === 'blank') {
        this.#endProse();
        continue;
      }
      if (line.kind === 'comment' || line.kind === 'front-matter') continue;
      if (line.kind !== 'text') this.#endProse();
      if (line.kind === 'heading') this.#heading(line, area);
      else if (line.kind === 'fence') i = this.#fence(i, area);
      else if (line.kind === 'item') i = this.#item(i, area);
      else if (this.#isTable(i)) i = this.#table(i, area);
      else this.#line(line, area);
    }
    this.#close();
    for (const { slices, span, heading } of this.groups)
      if (slices.length === 0) this.#say(span, 'stands above no slice');
      else if (!heading)
        this.#say(
          span,
          `stands above ${slices.length === 1 ? 'a slice' : `${slices.length} slices`} and is none itself`,
        );
  }

  #areaOf(line: MarkdownLine): Area | undefined {
    const span = { start: line.start, end: Math.min(line.end, this.#text.length) };
    if (this.#areas.length === 0 || this.#other.some((other) => within(span, other))) return undefined;
    return (
      this.#areas.find((area) => area.strict && within(span, area.body)) ??
      this.#areas.find((area) => within(span, area.body))
    );
  }

  /** Whether a heading names an attribute of the slice above it. */
  #isField(section: MarkdownSection): boolean {
    const parent = section.parents.at(-1);
    if (!parent || attributeNamed(headingKey(section.text)) === null) return false;
    // Directly below "Slices" it is a section of its own.
    return !this.#areas.some((area) => area.body.start === parent.block.end && area.strict);
  }

  #close(): void {
    this.#endProse();
    this.#open = null;
  }

  #heading(line: MarkdownLine, area: Area): void {
    const section = this.#sectionAt.get(line.start);
    if (!section) return;
    if (mergePointLine.test(section.text)) return;
    const named = attributeNamed(headingKey(section.text));
    if (named !== null && this.#open?.depth === null && section.level > this.#open.draft.level) {
      this.#open.field = { key: named, depth: -1 };
      return;
    }
    this.#open = null;
    // Headings count from below zero, so that every item is deeper.
    const depth = section.level - 10;
    this.#around = this.#around.filter((group) => group.heading && group.depth < depth);
    const bare = section.text.replace(/^[*_`]+/, '');
    if (!area.strict || workstreamHeading.test(bare)) return;
    const words = sliceWords(section.text, () => false);
    if (!this.#isSlice(section, words)) {
      const names = [words.id, words.title, section.text, /^\w+\s+\w+/.exec(bare)?.[0] ?? null];
      this.#group({ names, span: section.span, depth, slices: [], heading: true });
      return;
    }
    this.#begin({ words, span: section.span, depth: null, level: section.level, number: null });
  }

  /** Whether a heading below "Slices" is a slice, rather than one that holds several. */
  #isSlice(section: MarkdownSection, words: SliceWords): boolean {
    if (words.attributes.length > 0) return true;
    const { sections, items } = this.#markdown;
    const inner = between(sections, ({ block }) => block.start, section.body);
    const children = inner.filter((other) => attributeNamed(headingKey(other.text)) === null);
    const own = { start: section.body.start, end: inner[0]?.block.start ?? section.body.end };
    const its = between(items, ({ span }) => span.start, own);
    const top = its.filter((item) => item.depth === 0);
    const hasField =
      top.some((item) => attributeOf(item.text, true) !== null) ||
      between(this.#markdown.lines, ({ start }) => start, own).some(
        (line) => line.kind === 'text' && attributeOf(this.#text.slice(line.start, line.end), true) !== null,
      );
    const named = (other: MarkdownSection): boolean =>
      other.parents.at(-1)?.block.start === section.block.start && !children.includes(other);
    if (hasField || (inner[0] && named(inner[0]))) return true;
    if (its.some((item) => ['id', 'files'].includes(sliceWords(item.text, () => false).kind))) return false;
    if (children.length > 0) return false;
    if (this.#hasTable(own)) return false;
    if (words.id !== null && !groupHeading.test(section.text)) return true;
    if (groupHeading.test(section.text) || top.some((item) => item.done !== null)) return false;
    return top.length === 0 || !top.every((item) => /[\w*]\/[\w*]|\w\.\w{1,4}\b/.test(item.text));
  }

  #hasTable(area: Span): boolean {
    return between(this.#markdown.lines, ({ start }) => start, area).some(
      (line) => line.kind === 'text' && /^\s*\|/.test(this.#text.slice(line.start, line.end)),
    );
  }

  #item(index: number, area: Area): number {
    const { lines, items } = this.#markdown;
    const first = lines[index]!;
    const [item] = between(items, ({ span }) => span.start, { start: first.start, end: first.end + 1 });
    if (!item) return index;
    let last = index;
    const isMore = ({ kind, end }: MarkdownLine): boolean =>
      (kind === 'text' || kind === 'comment') && end <= item.span.end;
    while (lines[last + 1] && isMore(lines[last + 1]!)) last++;
    const words = this.#text.slice(item.span.start, Math.min(first.end, item.span.end)).trimEnd();
    const more = lines.slice(index + 1, last + 1).filter(({ kind }) => kind === 'text');
    this.#itemWords({ item, words, line: first, area });
    for (const line of more) this.#line(line, area, true);
    return last;
  }

  #itemWords({ item, words, line, area }: { item: MarkdownItem; words: string; line: MarkdownLine; area: Area }): void {
    if (mergePointLine.test(words) || workstreamItem.test(words)) return;
    const open = this.#open;
    const read = sliceWords(words, this.#wordIds);
    const done = read.done ?? item.done;
    const nested = open !== null && (open.depth === null || item.depth > open.depth);
    if (nested) {
      const { field } = open;
      if (field && item.depth > field.depth) {
        open.draft.add({ key: field.key, value: words, written: words, colon: true }, item.span);
        return;
      }
      open.field = null;
      const attribute = attributeOf(words);
      if (attribute && this.#takes(attribute, item.span, item.depth)) return;
      const own = read.kind === 'id' || (read.kind === 'files' && open.depth !== null);
      if (!own) {
        open.draft.addDetail(words, done);
        return;
      }
      // What only stands above slices is no slice.
      if (open.draft.isBare && open.depth !== null) {
        const { draft } = open;
        this.drafts.splice(this.drafts.lastIndexOf(draft), 1);
        for (const group of this.#around) group.slices.splice(group.slices.lastIndexOf(draft), 1);
        this.#group({
          names: [draft.id, draft.title, draft.number],
          span: draft.span,
          depth: open.depth,
          slices: [],
          heading: false,
        });
      }
    } else {
      const attribute = open ? attributeOf(words, true) : null;
      if (attribute && this.#takes(attribute, item.span, item.depth)) return;
      this.#open = null;
    }
    if (area.strict ? nothing.test(words.trim()) : read.kind !== 'id' && read.attributes.length === 0) return;
    if (boundaryLine(words) !== null && this.#workstreams.some(({ body }) => within(item.span, body))) return;
    if (isRemark(words)) {
      this.#say(item.span, 'is a remark');
      return;
    }
    const marker = /(\d+)[.)]/.exec(this.#text.slice(line.start, item.span.start))?.[1] ?? null;
    // The number in front of an item is its id when it has no other.
    const span =
      marker !== null && read.id === null
        ? { start: line.start + this.#text.slice(line.start, line.end).indexOf(marker), end: item.span.end }
        : item.span;
    this.#begin({ words: { ...read, done }, span, depth: item.depth, level: 0, number: marker });
  }

  /** A line of text: more of an item, an attribute, a slice without a bullet, or prose. */
  #line(line: MarkdownLine, area: Area, continues = false): void {
    const text = this.#text.slice(line.start, line.end);
    const words = text.trim().replace(/^>\s*/, '');
    const span = { start: line.start + text.indexOf(text.trim()), end: line.end };
    if (mergePointLine.test(words)) {
      this.#open = null;
      return;
    }
    const inWorkstream = this.#workstreams.some(({ body }) => within(line, body));
    if (inWorkstream && boundaryLine(words) !== null) return;
    const open = this.#open;
    if (open) {
      const attribute = attributeOf(words, open.depth !== null && !continues);
      if (attribute && this.#takes(attribute, span, open.depth ?? -1)) return;
      if (open.field && (open.depth === null || continues)) {
        open.draft.add({ key: open.field.key, value: words, written: words, colon: true }, span);
        return;
      }
      const split = splitAttributes(words);
      if (continues || open.depth === null) {
        if (continues && split.attributes.length === 0) open.draft.continueTitle(words);
        else {
          const prose = split.attributes.length === 0 ? words : split.title;
          if (prose !== '') open.draft.addProse(prose);
          for (const one of split.attributes) open.draft.add(one, span);
          for (const one of split.rest) open.draft.addDetail(one, null);
        }
        return;
      }
    }
    const read = sliceWords(words, () => false);
    if (read.kind === 'id' || (area.strict && read.attributes.some(({ key }) => key === 'files'))) {
      this.#begin({ words: read, span, depth: 0, level: 0, number: null });
      return;
    }
    if (!area.strict || inWorkstream) return;
    this.#prose = this.#prose ? { start: this.#prose.start, end: span.end } : span;
  }

  /** Gives the open slice an attribute. Without a colon it only is one when what follows names slices. */
  #takes(attribute: Attribute, span: Span, depth: number): boolean {
    const open = this.#open;
    if (!open || (!attribute.colon && !/^[`*_]*(?:[A-Z]{1,3}\d|task-\d)/i.test(attribute.value))) return false;
    if (attribute.value === '') open.field = { key: attribute.key, depth };
    else {
      open.field = null;
      open.draft.add(attribute, span);
    }
    return true;
  }

  #endProse(): void {
    if (this.#prose)
      this.#say(
        this.#prose,
        'is no slice: one is a list item, a heading, a row of a table, or begins with its id and a colon',
      );
    this.#prose = null;
  }

  #say(span: Span, what: string): void {
    const words = this.#text.slice(span.start, span.end).replaceAll(/\s+/g, ' ').trim();
    if (!/[\p{L}\p{N}]/u.test(words)) return;
    const short = words.length > 60 ? `${words.slice(0, 59)}…` : words;
    this.#findings.push(finding(this.#markdown.source, 'spec.slice-line', 'info', `"${short}" ${what}`, span));
  }

  /** A block of code: the commands of a check, or nothing that is read. */
  #fence(index: number, area: Area): number {
    const { lines, fences } = this.#markdown;
    const line = lines[index]!;
    const [fence] = between(fences, ({ span }) => span.start, { start: line.start, end: line.end + 1 });
    let last = index;
    while (fence && lines[last + 1]?.kind === 'fence' && lines[last + 1]!.end <= fence.span.end) last++;
    if (!fence) return last;
    const open = this.#open;
    const shell = /^(?:sh|bash|shell|console|zsh)$/.test(fence.language);
    const key = open?.field?.key ?? (shell ? 'verify' : null);
    if (open && (key === 'verify' || key === 'files')) {
      for (const text of fence.content.split('\n')) {
        const words = text.trim().replace(/^\$\s+/, '');
        if (words !== '' && !words.startsWith('# '))
          open.draft.add({ key, value: words, written: words, colon: true }, fence.span);
      }
    } else if (area.strict) this.#say(fence.span, 'is code, which is not read');
    return last;
  }

  #isTable(index: number): boolean {
    const { lines } = this.#markdown;
    const line = lines[index]!;
    const text = this.#text.slice(line.start, line.end);
    if (!text.includes('|')) return false;
    const next = lines[index + 1];
    return /^\s*\|/.test(text) || (next?.kind === 'text' && isRule(this.#text, next));
  }

  #table(index: number, area: Area): number {
    const { lines } = this.#markdown;
    const next = lines[index + 1];
    // A cell may begin like an item does: `1. Login | src/login.ts`.
    const kinds = next && isRule(this.#text, next) ? ['text', 'item'] : ['text'];
    let last = index;
    while (
      kinds.includes(lines[last + 1]?.kind ?? '') &&
      this.#text.slice(lines[last + 1]!.start, lines[last + 1]!.end).includes('|')
    )
      last++;
    const rows = lines.slice(index, last + 1);
    const head = rows[0]!;
    const read = sliceRows(this.#text, rows);
    if (!read) {
      if (area.strict) {
        const span = { start: head.start, end: rows.at(-1)!.end };
        this.#say(span, `has no column that names slices (${tableColumns}), so none of its rows is read`);
      }
      return last;
    }
    for (const row of read) {
      const words = sliceWords(row.title, () => false);
      const id = row.id ?? words.id;
      const open = this.#begin({
        words: { ...words, id, title: row.id === null ? words.title : sliceTitle(row.title, row.id, words) },
        span: row.span,
        depth: 0,
        level: 0,
        number: row.number,
      });
      for (const cell of row.cells)
        if (cell.key === null) open.addDetail(`${cell.name}: ${cell.text}`, null);
        else
          open.add({ key: cell.key, value: cell.text, written: `${cell.name}: ${cell.text}`, colon: true }, cell.span);
      this.#open = null;
    }
    return last;
  }

  #group(group: SliceGroup): void {
    this.groups.push(group);
    this.#around.push(group);
  }

  #begin(given: {
    readonly words: SliceWords;
    readonly span: Span;
    readonly depth: number | null;
    readonly level: number;
    readonly number: string | null;
  }): SliceDraft {
    const { words, span, depth, level, number } = given;
    const workstream = this.#workstreams.findLast(({ body }) => within(span, body))?.id ?? null;
    const draft = new SliceDraft({ source: this.#markdown.source, words, span, level, number, workstream });
    this.drafts.push(draft);
    this.#around = this.#around.filter((group) => depth === null || group.depth < depth);
    for (const group of this.#around) group.slices.push(draft);
    this.#open = { draft, depth, field: null };
    return draft;
  }
}

/** A title is read like any line's, but nothing is cut from its front where the id has a column of its own. */
function sliceTitle(title: string, id: string, words: SliceWords): string {
  return words.id === null || words.id === id ? words.title : splitAttributes(title).title;
}

/** Those that begin in a range of the text, of a list in the order of the text. */
function between<T>(list: readonly T[], startOf: (one: T) => number, { start, end }: Span): readonly T[] {
  const first = (at: number): number => {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (startOf(list[middle]!) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return list.slice(first(start), first(end));
}
