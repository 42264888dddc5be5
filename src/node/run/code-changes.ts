import type { ChangedText } from '../../core/gate/changed-text.ts';
import { isUtf8 } from 'node:buffer';
import { fileHunks, type Hunk } from '../../core/code/hunks.ts';
import { languageOf } from '../../core/code/languages.ts';
import { isTwofold, type OutlineReader } from '../../core/code/outline.ts';
import { symbolsTouched, type CodeVersion } from '../../core/code/touched.ts';
import type { CodeChange, Unread } from '../../core/gate/symbol-check.ts';
import { symbolsInScope } from '../../core/scope/contain.ts';
import type { GlobOptions } from '../../core/scope/glob.ts';
import type { Scope } from '../../core/task/model.ts';
import { Blobs } from '../git/blobs.ts';
import type { BareChange } from '../git/changes.ts';
import type { Git } from '../git/git.ts';

/** Changed files that are read for their symbols; those whose scope names symbols are read in any case. */
const maxFiles = 200;
/** A change of more files is generated, or a move. */
const mostTexts = 1_000;
/** Larger files are generated. The reader's own limit counts characters, which take no more than this. */
const maxBytes = 4_000_000;

export interface CodeChangesRequest {
  readonly git: Git;
  readonly from: string;
  readonly to: string;
  readonly changes: readonly BareChange[];
  /** What was read of them already, and is kept for others; absent: nothing. */
  readonly blobs?: Blobs;
  /** `null` when nothing is judged. */
  readonly scope: Scope | null;
  /** How the file system compares names. */
  readonly names?: GlobOptions;
}

/**
 * What changed in source files, down to the symbol, by path. Files in languages without a grammar are left out, unless
 * the scope names symbols in them: then the answer says why they could not be read.
 */
export async function readCodeChanges(request: CodeChangesRequest): Promise<ReadonlyMap<string, CodeChange>> {
  const { git, from, to, scope, blobs = new Blobs(git) } = request;
  const found = new Map<string, CodeChange>();
  const scoped: BareChange[] = [];
  const others: BareChange[] = [];
  for (const change of request.changes) {
    const isScoped =
      scope !== null &&
      [change.path, change.from ?? change.path].some((path) => namesSymbols(scope, path, request.names));
    const isKnown = languageOf(change.path) !== null || (change.from !== undefined && languageOf(change.from) !== null);
    if (isKnown && isText(change)) (isScoped ? scoped : others).push(change);
    else if (isScoped) found.set(change.path, unreadChange(isKnown ? 'unreadable' : 'no-grammar'));
  }
  const wanted = [...scoped, ...others.slice(0, Math.max(0, maxFiles - scoped.length))];
  if (wanted.length === 0) return found;
  const { openCodeReader } = await import('../workspace/code-reader.ts');
  const [reader, texts, hunks] = await Promise.all([
    openCodeReader(),
    textsOf(blobs, [
      ...wanted.flatMap((change) => (change.change === 'added' ? [] : [`${from}:${change.from ?? change.path}`])),
      ...wanted.flatMap((change) => (change.change === 'deleted' ? [] : [`${to}:${change.path}`])),
    ]),
    hunksBetween(git, from, to, wanted),
  ]);
  for (const change of wanted) {
    const before = change.from ?? change.path;
    // A link or a submodule has no symbols: what the file held is gone.
    const old = isPlain(change.oldMode) ? sideOf(reader, before, texts.get(`${from}:${before}`)) : absent;
    const now = isPlain(change.newMode) ? sideOf(reader, change.path, texts.get(`${to}:${change.path}`)) : absent;
    found.set(change.path, codeChange(change, old, now, hunks.get(change.path) ?? null));
  }
  return found;
}

function codeChange(change: BareChange, old: Side, now: Side, hunks: readonly Hunk[] | null): CodeChange {
  const was = old.state === 'read' && change.change !== 'copied' ? old.version : null;
  const is = now.state === 'read' ? now.version : null;
  const isMove = change.change === 'renamed';
  // What a run itself broke weighs more than what could never be read.
  const broke = now.state === 'unread' && now.why === 'broken' && old.state === 'read' ? 'broke' : null;
  const lost = old.state === 'unread' ? old.why : null;
  const unread = now.state === 'unread' ? (broke ?? now.why) : null;
  return {
    known: new Set(was?.outline.symbols.map((symbol) => symbol.name)),
    symbols: new Set([was, is].flatMap((side) => side?.outline.symbols.map((symbol) => symbol.name) ?? [])),
    touched: lost ?? unread ?? symbolsTouched(was, is, hunks ?? everything(was, is)),
    left: isMove ? (lost ?? symbolsTouched(was, null, [])) : [],
    arrived: isMove ? (unread ?? symbolsTouched(null, is, [])) : [],
  };
}

function namesSymbols(scope: Scope, path: string, names?: GlobOptions): boolean {
  const { allowed, forbidden } = symbolsInScope(scope, path, names);
  return (allowed !== null && allowed.length > 0) || forbidden.length > 0;
}

function isText({ oldMode, newMode }: BareChange): boolean {
  return isPlain(oldMode) || isPlain(newMode);
}

function isPlain(mode: string): boolean {
  return mode.startsWith('100');
}

type Side =
  | { readonly state: 'absent' }
  | { readonly state: 'read'; readonly version: CodeVersion }
  | { readonly state: 'unread'; readonly why: Exclude<Unread, 'broke'> };

const absent: Side = { state: 'absent' };

function unreadChange(why: Unread): CodeChange {
  return { symbols: new Set(), known: new Set(), touched: why, left: why, arrived: why };
}

function sideOf(reader: OutlineReader | null, path: string, text: string | null | undefined): Side {
  if (languageOf(path) === null) return { state: 'unread', why: 'no-grammar' };
  if (text === undefined) return { state: 'unread', why: 'unreadable' };
  if (!reader) return { state: 'unread', why: 'no-parser' };
  const outline = text === null ? null : reader.read(path, text);
  if (!outline || text === null) return { state: 'unread', why: 'too-large' };
  if (isTwofold(outline.language, text)) return { state: 'unread', why: 'twofold' };
  return outline.broken ? { state: 'unread', why: 'broken' } : { state: 'read', version: { outline, text } };
}

/** Stands in where git draws no diff: all of it changed, or nothing. */
function everything(before: CodeVersion | null, after: CodeVersion | null): Hunk[] {
  if (before?.text === after?.text) return [];
  const all = (side: CodeVersion | null) => (side ? { first: 1, last: side.text.split('\n').length } : null);
  return [{ removed: all(before), added: all(after), at: 1 }];
}

async function hunksBetween(
  git: Git,
  from: string,
  to: string,
  changes: readonly BareChange[],
): Promise<ReadonlyMap<string, readonly Hunk[]>> {
  // Attributes may call a source file binary.
  const { stdout } = await git.run([
    'diff',
    '--text',
    '--ignore-submodules',
    '-U0',
    '-M',
    from,
    to,
    '--',
    ...new Set(changes.flatMap((change) => [change.path, change.from ?? change.path])),
  ]);
  const found = new Map<string, readonly Hunk[]>();
  const files = fileHunks(stdout);
  for (const change of changes) {
    const file = files.get(change.path);
    // Among fewer files, git may see another rename than among all.
    if (file && (file.from ?? change.path) === (change.from ?? change.path)) found.set(change.path, file.hunks);
  }
  return found;
}

/** The blobs of all that changed between two trees, on both sides: whoever reads the first of them reads the others too. */
export function blobsBetween(git: Git, from: string, to: string, changes: readonly BareChange[]): Blobs {
  const blobs = new Blobs(git);
  blobs.expect(
    changes
      .slice(0, mostTexts)
      .flatMap((change) => [
        ...(isPlain(change.oldMode) ? [nameBefore(from, change)] : []),
        ...(isPlain(change.newMode) ? [`${to}:${change.path}`] : []),
      ]),
    maxBytes,
  );
  return blobs;
}

function nameBefore(from: string, { path, from: was }: BareChange): string {
  return `${from}:${was ?? path}`;
}

/** Both texts of each changed file that is text on a side and not too large to be read; the first thousand of them. */
export async function textsBetween(
  blobs: Blobs,
  from: string,
  to: string,
  changes: readonly BareChange[],
): Promise<readonly ChangedText[]> {
  const wanted = changes.filter((change) => isText(change) && change.additions !== null).slice(0, mostTexts);
  const texts = await textsOf(blobs, [
    ...wanted.flatMap((change) => (isPlain(change.oldMode) ? [nameBefore(from, change)] : [])),
    ...wanted.flatMap((change) => (isPlain(change.newMode) ? [`${to}:${change.path}`] : [])),
  ]);
  return wanted.map((change) => ({
    path: change.path,
    from: change.from ?? change.path,
    // A copy takes nothing away from where it came from.
    before: change.change === 'copied' ? null : (texts.get(nameBefore(from, change)) ?? null),
    after: texts.get(`${to}:${change.path}`) ?? null,
  }));
}

/** The texts of blobs by the names they were asked for; `null` when too large; what is no blob is left out. */
async function textsOf(blobs: Blobs, names: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
  const found = await blobs.read(names, maxBytes);
  return new Map([...found].map(([name, bytes]) => [name, bytes && textOf(bytes)]));
}

/** Bytes that are no UTF-8 are kept apart: as replacement characters, two different ones would look the same. */
function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}
