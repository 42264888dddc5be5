import { AGENTS } from '../agent/agents.ts';
import type { Span } from '../text/source.ts';
import { nameSpaceOf } from './occurrences.ts';
import type { NameSpace } from './occurrences.ts';
import { fileSymbols } from './outline-symbols.ts';
import type { Library, Reading } from './readings.ts';

/** Something that can stand at an offset. `insert` replaces the text of `span`, which ends at or behind the offset. */
export interface Completion {
  readonly label: string;
  readonly kind:
    | 'slice'
    | 'workstream'
    | 'merge-point'
    | 'file'
    | 'folder'
    | 'symbol'
    | 'agent'
    | 'skill'
    | 'contract'
    | 'section'
    | 'stop-condition'
    | 'key'
    | 'value'
    | 'rule'
    | 'directive';
  readonly detail?: string;
  readonly documentation?: string;
  readonly insert: string;
  /** `insert` has placeholders in the editors' snippet syntax. */
  readonly snippet?: boolean;
  readonly span: Span;
  /** More can follow at once: a directory's files. */
  readonly again?: boolean;
}

/** More paths than anybody reads; the next letters make them fewer. */
const mostPaths = 200;

/** An offset with what stands around it. */
export class Cursor {
  readonly library: Library;
  readonly reading: Reading;
  readonly offset: number;
  /** The line up to the offset. */
  readonly before: string;
  readonly lineStart: number;
  #space: NameSpace | null | undefined;

  constructor(library: Library, reading: Reading, offset: number) {
    this.library = library;
    this.reading = reading;
    this.offset = offset;
    const { text } = reading;
    this.lineStart = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
    this.before = text.slice(this.lineStart, offset);
  }

  get space(): NameSpace | null {
    if (this.#space === undefined) this.#space = nameSpaceOf(this.library, this.reading.file);
    return this.#space;
  }

  /** Also in a front matter that is being written and has no end yet. */
  get inFrontMatter(): boolean {
    const { text, kind } = this.reading;
    if (kind === 'instructions' && !text.startsWith('---')) return false;
    const opening = /^\uFEFF?---[ \t]*\r?\n/.exec(text)?.[0];
    if (opening === undefined || this.offset < opening.length) return false;
    return !/^(?:---|\.\.\.)[ \t]*$/m.test(text.slice(opening.length, this.lineStart));
  }

  /** The text of the file with blanks in place of the line at the offset. */
  get others(): string {
    const { text } = this.reading;
    const end = text.slice(this.offset).search(/[\r\n]|$/) + this.offset;
    return text.slice(0, this.lineStart) + ' '.repeat(end - this.lineStart) + text.slice(end);
  }

  /** The span of the last letters typed. */
  word(pattern: RegExp): Span & { readonly typed: string } {
    const typed = pattern.exec(this.before)?.[0] ?? '';
    return { typed, start: this.offset - typed.length, end: this.offset };
  }

  /** Lines above this one, nearest first. */
  *above(): Generator<string> {
    const lines = this.reading.text.slice(0, Math.max(0, this.lineStart - 1)).split('\n');
    for (let i = lines.length - 1; i >= 0; i--) yield (lines[i] ?? '').replace(/\r$/, '');
  }
}

export type Word = Span & { readonly typed: string };

export function item(name: string, kind: Completion['kind'], word: Span, detail?: string): Completion {
  return {
    label: name,
    kind,
    insert: name,
    span: { start: word.start, end: word.end },
    ...(detail === undefined ? {} : { detail }),
  };
}

export function slices(at: Cursor, word: Word): Completion[] {
  const { space } = at;
  const found = new Map<string, string>();
  for (const slice of space?.plan?.plan?.slices ?? []) found.set(slice.id, slice.title);
  // A manifest under repair loads no plan, and a spec without one has its own.
  for (const task of space?.plan?.plan ? [] : (space?.plan?.tasks ?? []))
    if (task.task.id) found.set(task.task.id.value, task.task.title ?? '');
  if (at.reading.kind === 'spec')
    for (const slice of at.reading.spec.slices) if (!found.has(slice.id)) found.set(slice.id, slice.title);
  return [...found].map(([id, title]) => item(id, 'slice', word, title));
}

export function mergePoints(at: Cursor, word: Word): Completion[] {
  const names = new Set(
    at.space?.occurrences
      .filter((one) => one.kind === 'merge-point' && one.role === 'declaration')
      .map((one) => one.name),
  );
  return [...names].map((name) => item(name, 'merge-point', word));
}

export function workstreams(at: Cursor, word: Word): Completion[] {
  const found = new Map<string, string>();
  for (const stream of at.space?.plan?.plan?.workstreams ?? []) found.set(stream.id, stream.name);
  for (const stream of at.space?.spec?.spec.workstreams ?? [])
    if (!found.has(stream.id)) found.set(stream.id, stream.name);
  // The word that is being typed names none yet, although the plan takes it for one.
  const elsewhere = new Set(
    at.space?.occurrences
      .filter((one) => one.file !== at.reading.file || one.span.start !== word.start)
      .map((one) => one.name),
  );
  return [...found].filter(([id]) => elsewhere.has(id)).map(([id, name]) => item(id, 'workstream', word, name));
}

export function agents(at: Cursor, word: Word): Completion[] {
  const view = at.space?.plan;
  const listed =
    view?.manifest?.manifest?.waves.flatMap((wave) => wave.tasks.flatMap((task) => task.agent ?? [])) ?? [];
  const own = (view?.tasks ?? []).flatMap((task) => (task === at.reading ? [] : (task.task.agent?.value ?? [])));
  const all = [...listed, ...own];
  // The word that is being typed is no agent yet, unless something else calls one so.
  const used = all.filter((name) => name !== word.typed || all.indexOf(name) !== all.lastIndexOf(name));
  return [...new Set([...used, ...AGENTS.map(({ id }) => id)])].map((name) => {
    const known = AGENTS.find(({ id }) => id === name);
    const about = known && { documentation: `${known.about} Its boundary while it works: ${known.boundary}.` };
    return { ...item(name, 'agent', word, used.includes(name) ? 'used in this plan' : 'known to Slicewave'), ...about };
  });
}

export function contracts(at: Cursor, word: Word): Completion[] {
  const plan = at.space?.plan;
  const all = new Set([...(plan?.contracts ?? []), ...(plan?.plan?.contracts.map((one) => one.path) ?? [])]);
  return [...all].map((path) => item(path, 'contract', word));
}

export function specs(at: Cursor, word: Word): Completion[] {
  return [...at.library.sources.files.keys()]
    .filter((file) => /\.md$/i.test(file) && at.library.reading(file)?.kind === 'spec')
    .map((file) => item(file, 'file', word));
}

export function pathOrSymbol(at: Cursor, word: Word): Completion[] {
  // `src/{http,st`: one of several ways on from the same directory.
  const open = /([^\s;`"'()[\]{}]*)\{([^\s{}`"']*,)?([^\s{},`"']*)$/.exec(at.before);
  if (open) {
    const from = (open[1] ?? '').replace(/^.*,/, '');
    const tail = open[3] ?? '';
    return paths(at, { typed: tail, start: at.offset - tail.length, end: word.end }, from);
  }
  const cut = word.typed.indexOf('::');
  if (cut < 0) return paths(at, word);
  const path = word.typed.slice(0, cut).replace(/^\.?\//, '');
  const text = at.library.repository?.textOf(path) ?? null;
  if (text === null) return [];
  const span = { start: word.start + cut + 2, end: word.end };
  return fileSymbols(path, text, at.library.repository?.code).map(({ name, kind }) => item(name, 'symbol', span, kind));
}

/** The next segment of a path: what lies in the directory that is typed already, the words `before` included. */
export function paths(at: Cursor, word: Word, before = ''): Completion[] {
  const { repository } = at.library;
  if (!repository) return [];
  const typed = (before + word.typed).replace(/^\.?\//, '');
  const dir = typed.slice(0, typed.lastIndexOf('/') + 1);
  const span = { start: word.start + word.typed.lastIndexOf('/') + 1, end: word.end };
  const begins = typed.slice(dir.length).toLowerCase();
  const found = new Map<string, 'file' | 'folder'>();
  for (const file of repository.files) {
    if (!file.startsWith(dir)) continue;
    const end = file.indexOf('/', dir.length);
    const name = end < 0 ? file.slice(dir.length) : file.slice(dir.length, end + 1);
    if (!name.toLowerCase().startsWith(begins)) continue;
    found.set(name, end < 0 ? 'file' : 'folder');
    if (found.size >= mostPaths) break;
  }
  const list: Completion[] = [...found].map(([name, kind]) => ({
    ...item(name, kind, span),
    ...(kind === 'folder' ? { again: true } : {}),
  }));
  list.sort((a, b) => (a.kind === b.kind ? (a.label < b.label ? -1 : 1) : a.kind === 'folder' ? -1 : 1));
  if (dir !== '' && list.length > 0 && begins === '') list.unshift(item('**', 'folder', span, `everything in ${dir}`));
  return list;
}
