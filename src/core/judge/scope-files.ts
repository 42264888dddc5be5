import { fileIndex, type FileIndex } from '../scope/file-index.ts';
import { comparedPath, compileGlob, type Glob, type GlobOptions } from '../scope/glob.ts';
import { writeSet } from '../scope/meeting.ts';
import type { Scope } from '../task/model.ts';

/** A list of files, to be asked which of them globs match, as they are written and not as they are compared. */
export class ScopeFiles {
  readonly #index: FileIndex;
  readonly #options: GlobOptions;
  /** By the form in which the file system compares them; `null` where that is how they are written. */
  readonly #written: ReadonlyMap<string, readonly string[]> | null;
  readonly #matching = new Map<string, readonly string[]>();

  constructor(files: readonly string[], options: GlobOptions = {}) {
    this.#index = fileIndex(files, options);
    this.#options = options;
    this.#written = options.caseInsensitive || options.composed ? byComparedPath(files, options) : null;
  }

  /** Those that a glob matches, each once, sorted. Found once for each glob. */
  matching(source: string): readonly string[] {
    let found = this.#matching.get(source);
    if (!found) {
      const some = this.#index.matching(compileGlob(source, this.#options));
      const written = this.#written ? some.flatMap((path) => this.#written?.get(path) ?? []) : some;
      found = [...new Set(written)].sort();
      this.#matching.set(source, found);
    }
    return found;
  }

  /** Those that a scope may write, each once, in no order: what its entries match and its BOUNDARY leaves. */
  writable(scope: Scope): string[] {
    const walls = wholeWalls(scope, this.#options);
    const paths = new Set(writeSet(scope).flatMap((entry) => this.matching(entry.path)));
    return [...paths].filter((path) => !walls.some((wall) => wall.matches(path)));
  }
}

/** What a scope must not touch at all. */
export function wholeWalls(scope: Scope, options: GlobOptions): readonly Glob[] {
  return scope.boundary.flatMap((wall) =>
    wall.path !== null && wall.symbol === null ? [compileGlob(wall.path, options)] : [],
  );
}

function byComparedPath(files: readonly string[], options: GlobOptions): ReadonlyMap<string, readonly string[]> {
  const written = new Map<string, string[]>();
  for (const file of files) {
    const compared = comparedPath(file, options);
    const same = written.get(compared);
    if (same) same.push(file);
    else written.set(compared, [file]);
  }
  return written;
}
