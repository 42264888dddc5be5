import type { Scope, ScopeEntry } from '../task/model.ts';
import { compileGlob, isPlainPath, type GlobOptions } from './glob.ts';

/** What happened to one path. `from` is where a renamed or copied file came from. */
export interface ScopeChange {
  readonly path: string;
  readonly kind: 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'type-changed';
  readonly from?: string;
}

export type ScopeVerdict =
  | { readonly ok: true; readonly as: 'create' | 'modify' }
  | {
      readonly ok: false;
      /**
       * `unsafe-path`: absolute, or with an empty, `.` or `..` segment. `boundary`: the slice must not touch it.
       * `outside`: no entry names it. `delete-not-allowed`: only CREATE names it, which does not cover removing.
       */
      readonly reason: 'unsafe-path' | 'boundary' | 'outside' | 'delete-not-allowed';
      /** The path that is refused: the old one when a rename's source is out of scope. */
      readonly path: string;
      /** The reason in words, to stand behind the path: "is inside BOUNDARY `src/orders/**`". */
      readonly detail: string;
    };

/**
 * Which part of the scope names a path. BOUNDARY wins over the other two, CREATE comes before MODIFY. An entry with
 * a symbol names its file, except in BOUNDARY, where `file::Symbol` leaves the rest of the file free (see
 * `symbolsInScope`). Unsafe paths are in no part.
 */
export function pathInScope(
  scope: Scope,
  path: string,
  options: GlobOptions = {},
): 'create' | 'modify' | 'boundary' | null {
  const clean = path.startsWith('./') ? path.slice(2) : path;
  if (!isPlainPath(clean)) return null;
  if (boundaryEntry(scope, clean, options)) return 'boundary';
  if (grants(scope.create, clean, options)) return 'create';
  return grants(scope.modify, clean, options) ? 'modify' : null;
}

const OUTSIDE = 'is in neither CREATE nor MODIFY';

/**
 * Whether a slice may make a change. The rules:
 *
 * - BOUNDARY refuses everything;
 * - a file may be added where CREATE or MODIFY names it: a MODIFY glob speaks for its files, also those to come;
 * - a file may be modified, or change its type, where MODIFY or CREATE names it: what a slice created in its first
 *   attempt, it modifies in its second;
 * - a file may be deleted where MODIFY names it. CREATE does not cover removing what others made; a file that the run
 *   itself created and dropped again is no change against the base, so it never comes here;
 * - a rename is a deletion of the old path and an addition of the new one; a copy is an addition.
 */
export function scopeVerdict(scope: Scope, change: ScopeChange, options: GlobOptions = {}): ScopeVerdict {
  if (change.kind === 'renamed' && change.from !== undefined) {
    const removal = scopeVerdict(scope, { path: change.from, kind: 'deleted' }, options);
    if (!removal.ok) return removal;
  }
  const { path } = change;
  if (!isPlainPath(path))
    return { ok: false, reason: 'unsafe-path', path, detail: 'is not a plain path inside the repository' };
  const boundary = boundaryEntry(scope, path, options);
  if (boundary)
    return { ok: false, reason: 'boundary', path, detail: `is inside BOUNDARY \`${boundary.path ?? boundary.text}\`` };
  const modify = grants(scope.modify, path, options);
  const create = grants(scope.create, path, options);
  if (change.kind === 'deleted') {
    if (modify) return { ok: true, as: 'modify' };
    return create
      ? { ok: false, reason: 'delete-not-allowed', path, detail: 'is in CREATE only, which does not cover deleting it' }
      : { ok: false, reason: 'outside', path, detail: OUTSIDE };
  }
  if (!modify && !create) return { ok: false, reason: 'outside', path, detail: OUTSIDE };
  const isNew = change.kind === 'added' || change.kind === 'renamed' || change.kind === 'copied';
  return { ok: true, as: (isNew && create) || !modify ? 'create' : 'modify' };
}

/**
 * Down to the symbol: `allowed` lists what CREATE and MODIFY name inside a file (`null`: the whole file), `forbidden`
 * what BOUNDARY names in it. `allowed` is empty when the path is not in scope at all.
 */
export function symbolsInScope(
  scope: Scope,
  path: string,
  options: GlobOptions = {},
): { readonly allowed: readonly string[] | null; readonly forbidden: readonly string[] } {
  const place = pathInScope(scope, path, options);
  if (place === null || place === 'boundary') return { allowed: [], forbidden: [] };
  const naming = (entries: readonly ScopeEntry[]): ScopeEntry[] =>
    entries.filter((entry) => names(entry, path, options));
  const symbols = (entries: readonly ScopeEntry[]): string[] =>
    entries.flatMap((e) => (e.symbol === null ? [] : [e.symbol]));
  const granting = naming([...scope.create, ...scope.modify]).filter((entry) => !isTooWide(entry, options));
  const whole = granting.some((entry) => entry.symbol === null);
  return {
    allowed: whole ? null : [...new Set(symbols(granting))],
    forbidden: [...new Set(symbols(naming(scope.boundary)))],
  };
}

/** Whether one symbol is the other or holds it: `A` and `A.b`, but not `A` and `Ab`. `null` is the whole file. */
export function symbolsOverlap(a: string | null, b: string | null): boolean {
  return a === null || b === null || a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

function boundaryEntry(scope: Scope, path: string, options: GlobOptions): ScopeEntry | undefined {
  return scope.boundary.find((entry) => entry.symbol === null && names(entry, path, options));
}

function grants(entries: readonly ScopeEntry[], path: string, options: GlobOptions): boolean {
  return entries.some((entry) => names(entry, path, options) && !isTooWide(entry, options));
}

function names(entry: ScopeEntry, path: string, options: GlobOptions): boolean {
  return entry.path !== null && compileGlob(entry.path, options).matches(path);
}

/** A glob that had to be widened must not grant what its author did not write. */
function isTooWide(entry: ScopeEntry, options: GlobOptions): boolean {
  return entry.path !== null && compileGlob(entry.path, options).approximate;
}
