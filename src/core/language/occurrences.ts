import { field, textList, textOf } from '../text/document.ts';
import type { DocumentValue } from '../text/document.ts';
import type { Span } from '../text/source.ts';
import type { Located } from '../task/model.ts';
import type { Library, PlanReading, Reading } from './readings.ts';

export type NameKind = 'slice' | 'workstream' | 'merge-point' | 'contract';

/** A name as it stands in a file. `mention` is a word in prose: it counts only when it spells a known name exactly. */
interface RawOccurrence {
  readonly kind: NameKind | 'any';
  readonly role: 'declaration' | 'reference' | 'mention';
  readonly written: string;
  readonly span: Span;
}

/** A place that names a slice, workstream, merge point or contract. */
export interface Occurrence {
  readonly kind: NameKind;
  readonly role: RawOccurrence['role'];
  /** The name it stands for: `task-003-config` where `task-003` is written. */
  readonly name: string;
  readonly written: string;
  readonly file: string;
  /** The words themselves, without quotes. */
  readonly span: Span;
}

/** The files in which the same names mean the same things: a plan with its spec and prompts, or a spec alone. */
export interface NameSpace {
  readonly plan: PlanReading | null;
  readonly spec: Reading | null;
  readonly occurrences: readonly Occurrence[];
}

const cache = new WeakMap<Reading, readonly RawOccurrence[]>();
const spaces = new WeakMap<PlanReading, { readonly files: readonly Reading[]; readonly space: NameSpace }>();

/** The names of the plan that a file belongs to, or of the spec that it is; `null` for other files. */
export function nameSpaceOf(library: Library, file: string): NameSpace | null {
  const around = library.planAround(file);
  if (around) return planNames(library, around);
  const reading = library.reading(file);
  if (reading?.kind !== 'spec') return null;
  const [plan] = library.plansOf(reading);
  if (plan) return planNames(library, plan);
  const declared = new Set(reading.spec.slices.map((slice) => slice.id));
  return {
    plan: null,
    spec: reading,
    occurrences: resolved([reading], {
      slice: (name) => (declared.has(name) ? name : null),
      contract: () => null,
      exact: declared,
      contracts: '',
    }),
  };
}

function planNames(library: Library, plan: PlanReading): NameSpace {
  const spec = library.specOf(plan);
  const files = [
    ...(plan.manifest ? [plan.manifest] : []),
    ...plan.tasks,
    ...(spec ? [spec] : []),
    ...library.prompts(plan),
    ...plan.pages,
  ];
  const known = spaces.get(plan);
  if (known && known.files.length === files.length && known.files.every((file, i) => file === files[i]))
    return known.space;
  const contracts = new Set([...plan.contracts, ...(plan.plan?.contracts.map((contract) => contract.path) ?? [])]);
  const space: NameSpace = {
    plan,
    spec,
    occurrences: resolved(files, {
      slice: plan.resolve,
      contract: (written) => contractOf(written, plan, contracts),
      exact: new Set(plan.plan?.slices.map((slice) => slice.id) ?? []),
      contracts: JSON.stringify([
        ...contracts,
        ...(plan.plan?.contracts ?? []).map(({ path, target }) => [path, target]),
      ]),
    }),
  };
  spaces.set(plan, { files, space });
  return space;
}

function resolved(
  files: readonly Reading[],
  names: {
    readonly slice: (written: string) => string | null;
    readonly contract: (written: string) => string | null;
    readonly exact: ReadonlySet<string>;
    /** All that `contract` goes by. */
    readonly contracts: string;
  },
): Occurrence[] {
  const workstreams = declared(files, 'workstream');
  const points = declared(files, 'merge-point');
  const before = lastMeant.get(names.slice);
  // Readings whose names meant something when the names themselves were these need not be asked again. Those of slices
  // are: what finds them would be another function.
  const meant =
    before &&
    before.contracts === names.contracts &&
    sameWords(before.workstreams, workstreams) &&
    sameWords(before.points, points)
      ? before
      : {
          contracts: names.contracts,
          workstreams,
          points,
          byReading: new WeakMap<Reading, readonly Occurrence[]>(),
        };
  lastMeant.set(names.slice, meant);
  const nameOf = (one: RawOccurrence): { readonly kind: NameKind; readonly name: string } | null => {
    const { written, kind } = one;
    if (kind === 'any') {
      if (names.exact.has(written)) return { kind: 'slice', name: written };
      const contract = written.includes('/') ? names.contract(written) : null;
      if (contract !== null) return { kind: 'contract', name: contract };
      const point = points.get(written);
      if (point !== undefined) return { kind: 'merge-point', name: point };
      const stream = workstreams.get(written);
      return stream === undefined ? null : { kind: 'workstream', name: stream };
    }
    if (kind === 'workstream') return { kind, name: workstreams.get(written.toUpperCase()) ?? written };
    if (kind === 'merge-point') return { kind, name: points.get(written.toUpperCase()) ?? written };
    if (kind === 'contract') {
      const name = names.contract(written);
      return name === null ? null : { kind, name };
    }
    // What a slice waits for may also be a merge point, in a spec.
    const slice = names.slice(written);
    if (slice !== null) return { kind, name: slice };
    const point = points.get(written.toUpperCase());
    return point === undefined ? null : { kind: 'merge-point', name: point };
  };
  const all: Occurrence[] = [];
  for (const reading of files) {
    let found = meant.byReading.get(reading);
    if (!found) {
      found = rawOccurrences(reading).flatMap((one): Occurrence[] => {
        const means = nameOf(one);
        if (!means) return [];
        // `A3` in a sentence may be a paper size; `task-003-config` is a slice wherever it stands.
        if (one.role === 'mention' && !isWritten(reading) && !/[-_/]/.test(one.written)) return [];
        return [{ ...means, role: one.role, written: one.written, file: reading.file, span: one.span }];
      });
      meant.byReading.set(reading, found);
    }
    for (const one of found) all.push(one);
  }
  return all;
}

/** What the names in files meant, and all that decided it besides the files. */
interface Meant {
  readonly contracts: string;
  readonly workstreams: Words;
  readonly points: Words;
  readonly byReading: WeakMap<Reading, readonly Occurrence[]>;
}

type Words = ReadonlyMap<string, string>;

/** By what finds slices by their names: the same function as long as the names are the same. */
const lastMeant = new WeakMap<object, Meant>();

function sameWords(a: Words, b: Words): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  const others = b.entries();
  for (const [key, value] of a.entries()) {
    const other = others.next().value;
    if (other?.[0] !== key || other[1] !== value) return false;
  }
  return true;
}

const declaredIn = new WeakMap<Reading, ReadonlyMap<NameKind, readonly (readonly [key: string, written: string])[]>>();

/** The names of a kind as they are first written, by what is the same in them however they are written. */
function declared(files: readonly Reading[], kind: NameKind): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const reading of files) {
    let own = declaredIn.get(reading);
    if (!own) {
      const byKind = new Map<NameKind, [string, string][]>();
      for (const one of rawOccurrences(reading)) {
        if ((one.kind !== 'workstream' && one.kind !== 'merge-point') || one.role === 'mention') continue;
        const list = byKind.get(one.kind);
        if (list) list.push([one.written.toUpperCase(), one.written]);
        else byKind.set(one.kind, [[one.written.toUpperCase(), one.written]]);
      }
      own = byKind;
      declaredIn.set(reading, own);
    }
    for (const [key, written] of own.get(kind) ?? []) if (!known.has(key)) known.set(key, written);
  }
  return known;
}

/** Files that Slicewave writes from the plan: what looks like an id in them is one. */
function isWritten(reading: Reading): boolean {
  return (
    reading.kind === 'prompt' ||
    (reading.kind === null && /(?:^|\/)(?:task-graph|architecture|test-plan|agent-prompts)\.md$/.test(reading.file))
  );
}

/** The contract that a plan's file means, as a path relative to the plan directory. */
function contractOf(written: string, plan: PlanReading, contracts: ReadonlySet<string>): string | null {
  const path = written.replaceAll('\\', '/').replace(/^(?:\.{1,2}\/)+/, '');
  const inside = plan.dir !== '' && path.startsWith(`${plan.dir}/`) ? path.slice(plan.dir.length + 1) : path;
  const full = inside.includes('/') ? inside : `contracts/${inside}`;
  if (contracts.has(full)) return full;
  return plan.plan?.contracts.find((contract) => contract.target !== null && contract.target === path)?.path ?? null;
}

function rawOccurrences(reading: Reading): readonly RawOccurrence[] {
  const known = cache.get(reading);
  if (known) return known;
  const found: RawOccurrence[] = [];
  if (reading.kind === 'manifest') manifestNames(reading, found);
  else if (reading.kind === 'task') taskNames(reading, found);
  else if (reading.kind === 'spec') specNames(reading, found);
  const mentioned = reading.kind === 'manifest' ? [] : mentions(reading);
  // A word counts once, as what was said of it first.
  const starts = new Set<number>();
  const all = [...found, ...mentioned]
    .filter(({ span }) => !starts.has(span.start) && starts.add(span.start))
    .sort((a, b) => a.span.start - b.span.start);
  cache.set(reading, all);
  return all;
}

/** A value's own words: quotes and brackets around it are no part of a name. */
function add(
  reading: Reading,
  found: RawOccurrence[],
  kind: NameKind,
  role: RawOccurrence['role'],
  value: Located<string> | null,
): void {
  if (!value) return;
  const at = reading.text.slice(value.span.start, value.span.end).indexOf(value.value);
  if (at < 0) return;
  const start = value.span.start + at;
  found.push({ kind, role, written: value.value, span: { start, end: start + value.value.length } });
}

function manifestNames(reading: Reading, found: RawOccurrence[]): void {
  const root = reading.json;
  const items = (value: DocumentValue | undefined): readonly DocumentValue[] =>
    value?.kind === 'list' ? value.items : [];
  const each = (value: DocumentValue | undefined, kind: NameKind, role: RawOccurrence['role'] = 'reference'): void => {
    for (const word of textList(value)) add(reading, found, kind, role, word);
  };
  const task = (value: DocumentValue): void =>
    add(reading, found, 'slice', 'reference', textOf(value) ?? textOf(field(value, 'id')?.value));
  for (const wave of items(field(root, 'waves')?.value)) items(field(wave, 'tasks')?.value).forEach(task);
  const legacy = field(root, 'tasks')?.value;
  for (const wave of items(field(legacy, 'waves')?.value))
    (wave.kind === 'list' ? wave.items : items(field(wave, 'tasks')?.value)).forEach(task);
  for (const point of items(field(root, 'merge_points')?.value)) {
    add(reading, found, 'merge-point', 'declaration', textOf(field(point, 'id')?.value));
    each(field(point, 'needs')?.value, 'slice');
    each(field(point, 'unlocks')?.value, 'slice');
  }
  for (const stream of items(field(root, 'workstreams')?.value))
    add(reading, found, 'workstream', 'declaration', textOf(field(stream, 'id')?.value));
  for (const contract of items(field(root, 'contracts')?.value)) {
    add(reading, found, 'contract', 'declaration', textOf(contract) ?? textOf(field(contract, 'path')?.value));
    each(field(contract, 'provider')?.value, 'slice');
    each(field(contract, 'consumers')?.value, 'slice');
  }
  for (const name of textList(field(field(root, 'metadata')?.value, 'critical_path')?.value)) {
    const point = /^\[(.+)\]$/.exec(name.value)?.[1];
    add(reading, found, 'slice', 'reference', point === undefined ? name : { value: point, span: name.span });
  }
}

function taskNames(reading: Reading, found: RawOccurrence[]): void {
  const { task, markdown, text } = reading;
  const own = field(markdown.frontMatter?.map, 'id');
  add(reading, found, 'slice', 'declaration', textOf(own?.value));
  const heading = markdown.sections.find((section) => section.level === 1);
  if (task.id && heading && heading.text.startsWith(task.id.value)) {
    const span = { start: heading.span.start, end: heading.span.start + task.id.value.length };
    if (!/[\w-]/.test(text[span.end] ?? ''))
      found.push({ kind: 'slice', role: own ? 'reference' : 'declaration', written: task.id.value, span });
  }
  for (const name of [...task.deps, ...task.blocks, ...task.runtimeDeps])
    add(reading, found, 'slice', 'reference', name);
  add(reading, found, 'workstream', 'reference', task.workstream);
  for (const path of task.contracts) add(reading, found, 'contract', 'reference', path);
  // A risk that the spec tells of a slice is copied to it, with the names it has there.
  for (const line of text.matchAll(/^[-*] Mind the risk: .*$/gm)) idsIn(line[0], line.index, found);
}

/** Names in a text whose names have a meaning: they count when a slice or a merge point is called exactly so. */
function idsIn(text: string, start: number, found: RawOccurrence[]): void {
  for (const { 0: written, index } of text.matchAll(/(?<![\w./\\-])[A-Za-z][\w-]*\d[\w-]*(?![\w/\\-]|\.\w)/g)) {
    const span = { start: start + index, end: start + index + written.length };
    found.push({ kind: 'any', role: 'reference', written, span });
  }
}

const word = /[A-Za-z][\w-]*\d[\w-]*|WS-[A-Za-z0-9]+/g;
const waitsFor = /(?<![\w-])(?:after|deps|depends on|needs)\b[*_]*(?:\s*:[*_]*\s*|\s+)([^;)\r\n]*)/gi;
const inWorkstream = /(?<![\w-])workstream[*_]*\s*:[*_]*\s*`?(WS-[A-Za-z0-9]+)/gi;

function specNames(reading: Reading, found: RawOccurrence[]): void {
  const { spec, markdown, text } = reading;
  const push = (kind: NameKind, role: RawOccurrence['role'], start: number, written: string): void =>
    void found.push({ kind, role, written, span: { start, end: start + written.length } });
  for (const slice of spec.slices) {
    const at = text.slice(slice.span.start, slice.span.end).indexOf(slice.id);
    if (at >= 0) push('slice', 'declaration', slice.span.start + at, slice.id);
  }
  const owners = spec.slices.map((slice) => slice.span).sort((a, b) => a.start - b.start);
  let owner = 0;
  let owned = -1;
  let under = false;
  for (const item of markdown.items) {
    if (item.depth === 0) under = false;
    for (; owner < owners.length && (owners[owner]?.start ?? 0) <= item.span.start; owner++)
      owned = Math.max(owned, owners[owner]?.end ?? 0);
    if (item.span.end <= owned) under = true;
    if (!under) continue;
    const raw = text.slice(item.span.start, item.span.end);
    for (const list of raw.matchAll(waitsFor)) {
      const from = item.span.start + list.index + list[0].length - (list[1] ?? '').length;
      for (const name of (list[1] ?? '').matchAll(word)) push('slice', 'reference', from + name.index, name[0]);
    }
    for (const stream of raw.matchAll(inWorkstream)) {
      const id = stream[1] ?? '';
      push('workstream', 'reference', item.span.start + stream.index + stream[0].length - id.length, id);
    }
  }
  for (const point of spec.mergePoints) {
    const raw = text.slice(point.span.start, point.span.end);
    const id = /^\S+?(?=[\s:=*_`]|$)/.exec(raw)?.[0] ?? point.id;
    push('merge-point', 'declaration', point.span.start, id);
    const end = raw.indexOf('(');
    for (const name of raw.slice(0, end < 0 ? raw.length : end).matchAll(word))
      if (name.index >= id.length) push('slice', 'reference', point.span.start + name.index, name[0]);
  }
  for (const stream of spec.workstreams) {
    const raw = text.slice(stream.span.start, stream.span.end);
    const at = raw.toUpperCase().indexOf(stream.id.toUpperCase());
    if (at >= 0) push('workstream', 'declaration', stream.span.start + at, raw.slice(at, at + stream.id.length));
    else {
      // "Workstream A" declares WS-A too; a new id takes the place of both words.
      const words = /^[*_`]*(Workstream\s+[A-Z0-9]+)/i.exec(raw);
      if (!words) continue;
      const start = stream.span.start + words[0].length - (words[1] ?? '').length;
      const span = { start, end: start + (words[1] ?? '').length };
      found.push({ kind: 'workstream', role: 'declaration', written: stream.id, span });
    }
  }
  // The rows of the test plan become checks of the slices they name, and the risks go to the slices they name.
  if (spec.testPlan) {
    const { start, end } = spec.testPlan.body;
    for (const line of text.slice(start, end).matchAll(/^[ \t]*(?:\|.*|[-*+][ \t].*?:)/gm))
      idsIn(line[0], start + line.index, found);
  }
  for (const risk of spec.risks?.items ?? []) idsIn(text.slice(risk.span.start, risk.span.end), risk.span.start, found);
  for (const contract of spec.contracts) {
    const from = Math.max(0, contract.span.start - 300);
    const opening = text.slice(from, text.indexOf('\n', contract.span.start) + 1 || text.length);
    const at = opening.lastIndexOf(contract.path);
    if (at >= 0) push('contract', 'reference', from + at, contract.path);
  }
}

/** Words of prose that may be names: whole ones, no parts of paths or longer words. */
function mentions(reading: Reading): RawOccurrence[] {
  const found: RawOccurrence[] = [];
  const front = reading.kind === 'prompt' ? 0 : (reading.markdown.frontMatter?.span.end ?? 0);
  // Code has names of its own; a page that is quoted, or a diagram of the plan, has the plan's.
  const code = reading.markdown.fences
    .filter((fence) => !/^(?:md|markdown|mermaid)?$/i.test(fence.language))
    .map((fence) => fence.span);
  const scan = (pattern: RegExp): void => {
    let next = 0;
    for (const match of reading.text.slice(front).matchAll(pattern)) {
      const start = front + match.index;
      while (next < code.length && (code[next]?.end ?? 0) <= start) next++;
      if (start >= (code[next]?.start ?? Infinity)) continue;
      found.push({
        kind: 'any',
        role: 'mention',
        written: match[0],
        span: { start, end: start + match[0].length },
      });
    }
  };
  scan(/(?<![\p{L}\p{N}_./\\-])(?:[A-Za-z][\w-]*\d[\w-]*|WS-[A-Za-z0-9]+)(?![\p{L}\p{N}_/\\-]|\.\w)/gu);
  scan(/(?<![\w./\\-])(?:[\w@.-]+\/)*contracts\/[\w@.()[\]/-]*\w/g);
  return found;
}
