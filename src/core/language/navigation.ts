import { findSymbol } from '../code/naming.ts';
import type { TextEdit } from '../text/finding.ts';
import { isSliceId } from '../plan/slice-ids.ts';
import { failure, success } from '../text/result.ts';
import type { Result } from '../text/result.ts';
import type { Span } from '../text/source.ts';
import { nameSpaceOf } from './occurrences.ts';
import type { NameKind, NameSpace, Occurrence } from './occurrences.ts';
import { fileSymbols } from './outline-symbols.ts';
import { baseName } from './readings.ts';
import type { Library, PlanReading } from './readings.ts';
import { scopeAt } from './scope-places.ts';

export interface Place {
  readonly file: string;
  readonly span: Span;
}

/** What a rename changes: edits by file, at its old path, and files that get a new path. */
export interface RenameEdits {
  readonly edits: ReadonlyMap<string, readonly TextEdit[]>;
  readonly moves: readonly { readonly from: string; readonly to: string }[];
}

/** Why nothing is renamed; `message` is for the person. */
export interface RenameRefusal {
  readonly reason: 'no-name' | 'invalid' | 'taken' | 'unknown' | 'cannot-move';
  readonly message: string;
}

const kindWords: Readonly<Record<NameKind, string>> = {
  slice: 'slice',
  workstream: 'workstream',
  'merge-point': 'merge point',
  contract: 'contract',
};

/** The name at an offset, the end of a word included. */
export function nameAt(
  library: Library,
  file: string,
  offset: number,
): { readonly space: NameSpace; readonly at: Occurrence } | null {
  const space = nameSpaceOf(library, file);
  const at = space?.occurrences.find((one) => one.file === file && one.span.start <= offset && offset <= one.span.end);
  return space && at ? { space, at } : null;
}

/** Where the name, the contract or the scope path at an offset is defined. */
export function definition(library: Library, file: string, offset: number): Place[] {
  const named = nameAt(library, file, offset);
  if (named) return definitionOf(library, named.space, named.at);
  const reading = library.reading(file);
  const entry = reading ? scopeAt(reading, offset) : null;
  const { repository } = library;
  if (!entry?.path || !repository?.files.includes(entry.path)) return [];
  const start = { file: entry.path, span: { start: 0, end: 0 } };
  if (entry.symbol === null) return [start];
  const text = repository.textOf(entry.path);
  const symbols = text === null ? null : fileSymbols(entry.path, text, repository.code);
  const name =
    symbols === null
      ? null
      : findSymbol(
          entry.symbol,
          symbols.map((one) => one.name),
        );
  const symbol = symbols?.find((one) => one.name === name);
  return [symbol ? { file: entry.path, span: symbol.span } : start];
}

function definitionOf(library: Library, space: NameSpace, at: Occurrence): Place[] {
  const { plan } = space;
  if (at.kind === 'contract') {
    const path = plan?.inRepository(at.name);
    if (path !== undefined && (library.sources.files.has(path) || library.repository?.files.includes(path)))
      return [{ file: path, span: { start: 0, end: 0 } }];
  }
  const declared = space.occurrences.filter(
    (one) => one.kind === at.kind && one.name === at.name && one.role === 'declaration',
  );
  // The plan's own declaration comes before the spec's; from there the way leads on to the spec.
  const inSpec = (one: Occurrence): boolean => one.file === space.spec?.file;
  const ranked = declared.toSorted((a, b) => Number(inSpec(a)) - Number(inSpec(b)));
  const other = ranked.find((one) => one.file !== at.file || one.span.start !== at.span.start);
  const best = ranked[0] === at ? (other ?? at) : ranked[0];
  if (best) return [{ file: best.file, span: best.span }];
  // A slice without an id of its own is called as its file.
  const slice = plan?.plan?.slices.find((one) => one.id === at.name);
  return at.kind === 'slice' && slice ? [{ file: slice.file, span: { start: 0, end: 0 } }] : [];
}

/** Every place that names what the offset names, in the order of the files. */
export function references(library: Library, file: string, offset: number, declarations: boolean): Place[] {
  const named = nameAt(library, file, offset);
  if (!named) return [];
  return named.space.occurrences
    .filter((one) => one.kind === named.at.kind && one.name === named.at.name)
    .filter((one) => declarations || one.role !== 'declaration')
    .map((one) => ({ file: one.file, span: one.span }));
}

/** The words a rename would replace with the whole name they stand for, or why it would not. */
export function prepareRename(
  library: Library,
  file: string,
  offset: number,
): Result<{ readonly span: Span; readonly name: string }, RenameRefusal> {
  const named = nameAt(library, file, offset);
  if (!named)
    return refuse('no-name', 'put the cursor on the id of a slice, workstream or merge point, or on a contract path');
  const { space, at } = named;
  if (!space.occurrences.some((one) => one.kind === at.kind && one.name === at.name && one.role !== 'mention'))
    return refuse('unknown', `nothing declares ${at.name}, so there is nothing to rename`);
  if (at.kind === 'contract' && !namesPlanPath(at, space.plan))
    return refuse('no-name', 'this path is where the contract is written in the repository; rename it in the manifest');
  return success({ span: at.span, name: at.name });
}

/**
 * Renames a name wherever the plan, its spec and its prompts write it. A task file called after its slice follows the
 * slice, and a contract its path, when `canMove` says that the editor can rename files.
 */
export function rename(
  library: Library,
  file: string,
  offset: number,
  wish: { readonly name: string; readonly canMove: boolean },
): Result<RenameEdits, RenameRefusal> {
  const prepared = prepareRename(library, file, offset);
  if (!prepared.ok) return prepared;
  const named = nameAt(library, file, offset);
  if (!named) return refuse('no-name', 'there is no name here');
  const { space, at } = named;
  const name = wish.name.trim();
  if (at.kind === 'contract') return renameContract(library, space, at, name, wish.canMove);
  const refusal = invalid(at, name, space) ?? taken(at, name, space);
  if (refusal) return refusal;

  const moves: { from: string; to: string }[] = [];
  const slice = at.kind === 'slice' ? space.plan?.plan?.slices.find((one) => one.id === at.name) : undefined;
  if (slice && baseName(slice.file) === at.name) {
    const declared = space.occurrences.some(
      (one) => one.file === slice.file && one.name === at.name && one.role === 'declaration',
    );
    if (wish.canMove)
      moves.push({ from: slice.file, to: `${slice.file.slice(0, slice.file.lastIndexOf('/') + 1)}${name}.md` });
    else if (!declared)
      return refuse(
        'cannot-move',
        `${at.name} is named by its file alone, and this editor cannot rename files: rename ${slice.file}, or give it an id`,
      );
  }
  const [move] = moves;
  if (move && library.sources.files.has(move.to)) return refuse('taken', `${move.to} exists already`);
  const edits = editsFor(space, at, (one) => (one.written === at.name || one.role !== 'mention' ? name : null));
  if (move) linksToFile(library, space, at.name, name, edits);
  return success({ edits: settled(edits), moves });
}

function renameContract(
  library: Library,
  space: NameSpace,
  at: Occurrence,
  wished: string,
  canMove: boolean,
): Result<RenameEdits, RenameRefusal> {
  const { plan } = space;
  if (!plan) return refuse('unknown', 'there is no plan around this contract');
  const path = wished.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '');
  const inside = plan.dir !== '' && path.startsWith(`${plan.dir}/`) ? path.slice(plan.dir.length + 1) : path;
  const name = inside.includes('/') ? inside : `contracts/${inside}`;
  if (!/^contracts\/(?:[\w@.()[\]-]+\/)*[\w@()[\]-][\w@.()[\]-]*$/.test(name) || name.split('/').includes('..'))
    return refuse('invalid', `"${wished}" is no contract path: it is a file below contracts/ in the plan's directory`);
  if (name === at.name) return refuse('taken', `it is called ${name} already`);
  const from = plan.inRepository(at.name);
  const to = plan.inRepository(name);
  if (plan.contracts.includes(name) || plan.plan?.contracts.some((contract) => contract.path === name))
    return refuse('taken', `${name} is a contract of this plan already`);
  const exists = plan.contracts.includes(at.name) || (library.repository?.files.includes(from) ?? false);
  if (exists && !canMove)
    return refuse('cannot-move', `this editor cannot rename files: rename ${from} to ${to} first, then the names`);
  const edits = editsFor(space, at, (one) => {
    if (!namesPlanPath(one, plan)) return null;
    if (!one.written.includes('/')) return name.slice('contracts/'.length);
    return one.written.slice(0, one.written.length - at.name.length) + name;
  });
  return success({ edits: settled(edits), moves: exists ? [{ from, to }] : [] });
}

/** `contracts/types.ts`, `types.ts` and the path from the root name the plan's file; the path it is written to does not. */
function namesPlanPath({ written, name }: Occurrence, plan: PlanReading | null): boolean {
  const path = written.replaceAll('\\', '/').replace(/^(?:\.{1,2}\/)+/, '');
  return path === name || path === plan?.inRepository(name) || name === `contracts/${path}`;
}

function editsFor(
  space: NameSpace,
  at: Occurrence,
  replacement: (one: Occurrence) => string | null,
): Map<string, TextEdit[]> {
  const edits = new Map<string, TextEdit[]>();
  for (const one of space.occurrences) {
    if (one.kind !== at.kind || one.name !== at.name) continue;
    const text = replacement(one);
    if (text === null) continue;
    const { span } = one;
    const list = edits.get(one.file);
    if (list) list.push({ span, text });
    else edits.set(one.file, [{ span, text }]);
  }
  return edits;
}

/** Links to a task file by its name: `tasks/task-003-config.md`. */
function linksToFile(
  library: Library,
  space: NameSpace,
  from: string,
  to: string,
  edits: Map<string, TextEdit[]>,
): void {
  const { plan } = space;
  if (!plan) return;
  const readings = [...(plan.manifest ? [plan.manifest] : []), ...plan.tasks, ...plan.pages, ...library.prompts(plan)];
  const link = new RegExp(`(?<=(?:^|[^\\w-])tasks/)${from.replace(/[.\\-]/g, '\\$&')}(?=\\.md(?!\\w))`, 'g');
  for (const reading of readings) {
    for (const match of reading.text.matchAll(link)) {
      const list = edits.get(reading.file) ?? [];
      const span = { start: match.index, end: match.index + from.length };
      if (list.some((edit) => edit.span.start < span.end && edit.span.end > span.start)) continue;
      list.push({ span, text: to });
      edits.set(reading.file, list);
    }
  }
}

function settled(edits: Map<string, TextEdit[]>): Map<string, readonly TextEdit[]> {
  return new Map([...edits].map(([file, list]) => [file, list.toSorted((a, b) => a.span.start - b.span.start)]));
}

function invalid(at: Occurrence, name: string, space: NameSpace): { ok: false; failure: RenameRefusal } | null {
  if (name === at.name) return refuse('taken', `it is called ${name} already`);
  const inSpec = space.occurrences.some(
    (one) => one.file === space.spec?.file && one.kind === at.kind && one.name === at.name,
  );
  switch (at.kind) {
    case 'slice':
      if (!isSliceId(name))
        return refuse('invalid', `"${name}" is no id of a slice: use letters, digits, "-", "_" and "."`);
      if (/^MP-?\d/i.test(name)) return refuse('invalid', `"${name}" reads as a merge point`);
      if (inSpec && !/^(?:[A-Z]{1,3}\d+[a-z]?|[Tt]ask-\d+(?:-[\w-]+)?)$/.test(name))
        return refuse('invalid', `the spec would not read "${name}" as a slice: write A3 or task-003-name`);
      return null;
    case 'workstream':
      if (!/^WS-[A-Za-z0-9]+$/.test(name)) return refuse('invalid', `"${name}" is no workstream: write WS-A`);
      return null;
    case 'merge-point':
      if (inSpec ? !/^MP-?\d+[a-z]?$/i.test(name) : !isSliceId(name))
        return refuse('invalid', `"${name}" is no merge point: write MP1`);
      return null;
    case 'contract':
      return null;
  }
}

function taken(at: Occurrence, name: string, space: NameSpace): { ok: false; failure: RenameRefusal } | null {
  const folded = name.toLowerCase();
  const names = new Set(
    space.occurrences
      .filter((one) => one.role === 'declaration' && !(one.kind === at.kind && one.name === at.name))
      .map((one) => one.name.toLowerCase()),
  );
  for (const slice of space.plan?.plan?.slices ?? []) {
    if (at.kind === 'slice' && slice.id === at.name) continue;
    names.add(slice.id.toLowerCase());
    if (at.kind === 'slice') names.add(baseName(slice.file).toLowerCase());
  }
  if (names.has(folded)) return refuse('taken', `${name} is taken: this plan has that name already, capitals aside`);
  // A short form of another slice's name would mean that slice in every file that uses it.
  const other = at.kind === 'slice' ? space.plan?.resolve(name) : null;
  if (other && other !== at.name) return refuse('taken', `${name} already means the ${kindWords.slice} ${other}`);
  return null;
}

function refuse(
  reason: RenameRefusal['reason'],
  message: string,
): { readonly ok: false; readonly failure: RenameRefusal } {
  return failure({ reason, message });
}
