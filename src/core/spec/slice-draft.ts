import { looksLikeCommand } from '../text/command-shape.ts';
import { parseEstimate } from '../text/estimate.ts';
import { finding, type Finding } from '../text/finding.ts';
import { SourceText, type Span } from '../text/source.ts';
import { readEntry, splitEntries } from '../task/scope-entry.ts';
import { splitOutside, unquote, type Attribute } from './attributes.ts';
import type { SpecSlice } from './model.ts';
import { withoutComments, type SliceWords } from './slice-words.ts';

/** A longer title is told in the requirements, and the slice is named by how it begins. */
const longestTitle = 100;

/** A slice while its lines are read. */
export class SliceDraft {
  readonly id: string | null;
  readonly number: string | null;
  readonly span: Span;
  /** Of its heading; 0 for an item. */
  readonly level: number;
  readonly after: { readonly text: string; readonly written: string; readonly colon: boolean; readonly place: Span }[] =
    [];
  readonly findings: Finding[] = [];
  title: string;
  done: boolean | null;
  /** Boxes below it that are not ticked. */
  openParts = 0;
  readonly #source: SourceText;
  readonly #files: string[] = [];
  readonly #boundary: string[] = [];
  readonly #verify: string[] = [];
  readonly #details: string[] = [];
  #estimateMinutes: number | null = null;
  #workstream: string | null;
  #agent: string | null = null;
  /** What the next line goes on with when it begins nothing. */
  #last: 'title' | 'detail' | Attribute = 'title';

  constructor(given: {
    readonly source: SourceText;
    readonly words: SliceWords;
    readonly span: Span;
    readonly level: number;
    readonly number: string | null;
    /** Of the heading that it stands under. */
    readonly workstream: string | null;
  }) {
    const { words } = given;
    this.#source = given.source;
    this.id = words.id;
    this.number = given.number;
    this.span = given.span;
    this.level = given.level;
    this.title = words.title;
    this.done = words.done;
    const letter = /^([A-Z]{1,3})\d/.exec(words.id ?? '')?.[1];
    this.#workstream = given.workstream ?? (letter === undefined ? null : `WS-${letter}`);
    for (const attribute of words.attributes) this.add(attribute, given.span);
    for (const text of words.rest) this.addDetail(text, null);
    this.#last = 'title';
  }

  /** Whether it says nothing but its title. */
  get isBare(): boolean {
    return (
      this.#files.length + this.#verify.length + this.#details.length + this.after.length === 0 &&
      this.#estimateMinutes === null
    );
  }

  /** Takes an attribute; what is none of its kind is a finding, or one of the details. */
  add(attribute: Attribute, place: Span): void {
    const { key, written } = attribute;
    const value = withoutComments(attribute.value).trim();
    this.#last = /[,;]$/.test(value) ? attribute : 'detail';
    switch (key) {
      case 'after':
        this.after.push({ text: value, written, colon: attribute.colon, place });
        break;
      case 'files':
      case 'boundary':
        this.#addPaths(key, value, place);
        break;
      case 'verify':
        this.#addChecks(value, written);
        break;
      case 'estimate': {
        const bare = unquote(value).replace(/\.$/, '');
        const minutes = parseEstimate(/^[\d.,]+$/.test(bare) && /^\s*hours\b/i.test(written) ? `${bare}h` : bare);
        if (minutes !== null) this.#estimateMinutes = minutes;
        else if (!/^(?:[-–—?]|n\/a|tbd)$/i.test(bare))
          this.#find(
            'spec.estimate',
            `"${value}" is not an estimate: write 3h, 90m, 1d or 2-4h`,
            this.#wordSpan(place, value),
          );
        break;
      }
      case 'workstream': {
        const name = unquote(value);
        if (/^(?:[-–—]|n\/a)$/i.test(name)) break;
        this.#workstream = /^WS-/i.test(name) ? name.toUpperCase() : `WS-${name.toUpperCase().replaceAll(/\s+/g, '-')}`;
        break;
      }
      case 'agent':
        if (!/^(?:[-–—]|n\/a|any)$/i.test(value)) this.#agent = unquote(value);
        break;
      case 'title':
        this.title = this.title === '' ? value : this.title;
        if (this.title !== value) this.addDetail(written, null);
        break;
      case 'status':
        if (/^(?:\[?[xX✓✔✅]\]?|✅.*|done|completed?|finished|closed|merged|shipped|yes)\b/i.test(value))
          this.done = true;
        else if (/[✓✔✅☑]/u.test(value)) this.done = true;
        else if (!/^(?:\[\s*\]|☐|[-–—]|no|open|todo|to do|planned|pending|new|ready|not started|backlog)$/i.test(value))
          this.addDetail(written, null);
        break;
      case 'details':
        for (const part of value.split(/<br\s*\/?>/i)) this.addDetail(part, null);
        break;
    }
  }

  /** A requirement, in the words of the spec. */
  addDetail(text: string, done: boolean | null): void {
    const words = withoutComments(text).trim();
    if (words === '') return;
    if (done === false) this.openParts++;
    this.#details.push(done === true ? `${words} (ticked: it is there already)` : words);
    this.#last = 'detail';
  }

  /** A line of a paragraph below its heading. */
  addProse(text: string): void {
    if (typeof this.#last === 'object') this.add({ ...this.#last, value: text, written: text }, this.span);
    else if (this.#last === 'detail' && this.#prose) this.#append(text);
    else this.addDetail(text, null);
    this.#prose = true;
  }
  #prose = false;

  /** The next line of its title, of a detail, or of a list that ended with a comma. */
  continueTitle(text: string): void {
    if (typeof this.#last === 'object') this.add({ ...this.#last, value: text, written: text }, this.span);
    else if (this.#last === 'title') this.title = `${this.title} ${withoutComments(text).trim()}`.trim();
    else if (this.#details.length > 0) this.#append(text);
    else this.addDetail(text, null);
  }

  #append(text: string): void {
    const last = this.#details.pop() ?? '';
    this.#details.push(`${last} ${withoutComments(text).trim()}`.trim());
  }

  /** Ends a paragraph: what comes is a detail of its own. */
  endParagraph(): void {
    this.#prose = false;
  }

  #addPaths(key: 'files' | 'boundary', value: string, place: Span): void {
    const list = listed(value);
    const source = new SourceText(this.#source.file, list);
    for (const part of splitEntries(list, { start: 0, end: list.length }, false)) {
      const found: Finding[] = [];
      for (const { path, symbol, exceptOf, text } of readEntry(source, part, 'modify', found)) {
        const to = key === 'boundary' || exceptOf ? this.#boundary : this.#files;
        if (path === null) continue;
        // A directory keeps its slash until somebody knows the repository.
        const bare = path.endsWith('/**') && !text.includes('**') ? path.slice(0, -2) : path;
        const name = symbol === null ? bare : `${bare}::${symbol}`;
        if (!to.includes(name)) to.push(name);
      }
      for (const { code, message } of found)
        if (code === 'task.scope-prose' || code === 'task.scope-outside' || code === 'task.scope-unclear')
          this.#find('spec.slice-files', message, this.#wordSpan(place, list.slice(part.start, part.end)));
    }
  }

  /** Commands: those in code marks, or else the whole text. */
  #addChecks(value: string, written: string): void {
    if (/^(?:[-–—]|none|n\/a|tbd)\.?$/i.test(value)) return;
    const marked = [...value.matchAll(/(`+)([^`]+)\1/g)].map((match) => (match[2] ?? '').trim().replace(/^\$\s+/, ''));
    const around = value
      .replaceAll(/(`+)[^`]+\1/g, ' ')
      .replaceAll(/\b(?:and|then|passes|pass|succeeds?|is green|are green|run)\b|[,;.&+]|<br\s*\/?>/gi, ' ');
    if (marked.length > 0 && around.trim() === '') return void this.#verify.push(...marked);
    const sure =
      /^[*_`\s]*(?:verify|verification|verified by|check|checks|checked by|test command|commands?)\b/i.test(written) ||
      written === value;
    for (const part of value.split(/<br\s*\/?>/i)) {
      const command = unquote(part.trim())
        .replace(/\s+(?:passes|succeeds|is green)\.?$/i, '')
        .replace(/(?<=[\w)])\.$/, '');
      if (command === '') continue;
      if (sure || looksLikeCommand(command)) this.#verify.push(command);
      else {
        // "Tests: the limit, and its end" says what is to be shown, and commands in it how.
        this.#verify.push(...marked.filter(looksLikeCommand));
        this.addDetail(written.replaceAll('**', ''), null);
        return;
      }
    }
  }

  #find(code: string, message: string, span: Span): void {
    this.findings.push(finding(this.#source, code, 'warning', message, span));
  }

  #wordSpan(place: Span, words: string): Span {
    const at = this.#source.text.slice(place.start, place.end).indexOf(words);
    return at < 0 ? place : { start: place.start + at, end: place.start + at + words.length };
  }

  /** The slice, once it has a name and knows what the names of others mean. */
  finished(id: string, after: readonly string[]): SpecSlice {
    const title = this.title === '' ? (this.#details[0] ?? this.#files[0] ?? id) : this.title;
    const short = title.length > longestTitle ? beginning(title) : title;
    return {
      id,
      title: short,
      after,
      files: this.#files,
      verify: [...new Set(this.#verify)],
      estimateMinutes: this.#estimateMinutes,
      workstream: this.#workstream,
      agent: this.#agent,
      boundary: this.#boundary,
      details: short === title ? this.#details : [title, ...this.#details],
      span: this.span,
    };
  }
}

/** The first sentence, or as many words as fit. */
function beginning(title: string): string {
  const sentence = /^(.{15,100}?)[.;!?](?:\s|$)/.exec(title)?.[1];
  if (sentence !== undefined) return sentence;
  const cut = title.slice(0, longestTitle - 1);
  const space = cut.lastIndexOf(' ');
  return `${cut.slice(0, space > 40 ? space : cut.length).replace(/[,:;–—-]\s*$/, '')}…`;
}

/** Paths as people list them: with commas, with "and", on lines of their own, with blanks. */
function listed(value: string): string {
  const list = value
    .replaceAll(/<br\s*\/?>|\r?\n/gi, ', ')
    .replaceAll(/(?<=[\w`*}\])/])\s+(?:and|&|\+|und)\s+(?=[`\w.*{[@])/g, ', ');
  const words = list.trim().split(/\s+/);
  const isPath = (word: string): boolean =>
    /^`?[\w.@*{}[\],()-]+(?:\/[\w.@*{}[\],()-]*)+`?$|^`?[\w*-]+\.\w{1,5}`?$/.test(word);
  return words.length > 1 && !splitOutside(list, ',')[1] && words.every(isPath) ? words.join(', ') : list;
}
