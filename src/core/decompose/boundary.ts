import { withoutParameters } from '../text/parameter-names.ts';
import { globContains, globsIntersect } from '../scope/glob.ts';

export interface BoundaryRequest {
  /** What the slice writes: globs, with `::Symbol` where only a part of a file is meant. */
  readonly own: readonly string[];
  /** Files that are nobody's: contract targets and what the spec puts out of scope. */
  readonly forbidden: readonly string[];
  /** Boundaries of the workstreams the slice is not in. */
  readonly foreign: readonly string[];
  /** What the other slices write. */
  readonly others: readonly string[];
}

/** From this many files of one directory on, the directory says it shorter. */
const collapseFrom = 5;

/**
 * What a slice must not touch, as few globs as say it, none of which meets what the slice itself writes: a boundary
 * that forbids the slice's own work could not be obeyed.
 */
export function boundaryOf(request: BoundaryRequest): string[] {
  const own = request.own.map(splitSymbol);
  const entries = new Set<string>();
  // Only globs can cover another path; of hundreds of plain files none is compared with each other.
  const wide: string[] = [];
  const covered = (path: string): boolean =>
    entries.has(path) || wide.some((entry) => entry !== path && globContains(entry, path));
  const add = (text: string): void => {
    const { path, symbol } = splitSymbol(text);
    const meeting = own.filter((mine) => globsIntersect(mine.path, path) !== null);
    // Two slices may share a file by symbols; then only the other's symbol is out of bounds.
    const byOtherSymbol =
      symbol !== null && meeting.every((mine) => mine.symbol !== null && !sameSymbol(mine.symbol, symbol));
    if (meeting.length > 0 && !byOtherSymbol) return;
    const entry = meeting.length > 0 ? text : path;
    if (covered(entry)) return;
    entries.add(entry);
    if (isWide(entry)) wide.push(entry);
  };
  for (const path of [...request.forbidden, ...request.foreign]) add(path);
  const rest = request.others.filter((path) => !covered(splitSymbol(path).path));
  for (const path of collapsed(
    rest,
    own.map((mine) => mine.path),
  ))
    add(path);
  return [...entries].filter(
    (entry) => !wide.some((wider) => wider !== entry && globContains(wider, splitSymbol(entry).path)),
  );
}

/** Whether an entry can stand for more than one path. */
function isWide(entry: string): boolean {
  const { path, symbol } = splitSymbol(entry);
  return symbol === null && isGlob(path);
}

export function isGlob(path: string): boolean {
  return /[*?[{]/.test(withoutParameters(path));
}

export function splitSymbol(text: string): { readonly path: string; readonly symbol: string | null } {
  const at = text.indexOf('::');
  return at < 0 ? { path: text, symbol: null } : { path: text.slice(0, at), symbol: text.slice(at + 2) || null };
}

/** `A` and `A.b` are the same place, `A` and `B` are not. */
function sameSymbol(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

function collapsed(paths: readonly string[], own: readonly string[]): string[] {
  const perDirectory = new Map<string, Set<string>>();
  for (const text of paths) {
    const { path } = splitSymbol(text);
    const directory = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (directory === '' || isGlob(directory)) continue;
    perDirectory.set(directory, (perDirectory.get(directory) ?? new Set()).add(path));
  }
  const whole = [...perDirectory]
    .filter(
      ([directory, files]) =>
        files.size >= collapseFrom && !own.some((mine) => globsIntersect(mine, `${directory}/**`) !== null),
    )
    .map(([directory]) => directory);
  const shared = new Set(whole);
  const wholeAbove = (path: string): string | undefined => {
    // The first in the list is taken, as when one stands below the other.
    const above = path
      .split('/')
      .slice(0, -1)
      .map((_, i, parts) => parts.slice(0, i + 1).join('/'));
    const found = above.filter((directory) => shared.has(directory));
    return found.length > 1 ? whole.find((directory) => found.includes(directory)) : found[0];
  };
  const result = new Set<string>();
  for (const text of paths) {
    const { path } = splitSymbol(text);
    const directory = wholeAbove(path);
    result.add(directory ? `${directory}/**` : text);
  }
  return [...result];
}
