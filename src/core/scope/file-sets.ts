import { withoutParameters } from '../text/parameter-names.ts';
import type { Plan } from '../plan/model.ts';
import type { Scope, ScopeEntry } from '../task/model.ts';
import { symbolsOverlap } from './contain.ts';
import { FileIndex, fileIndex } from './file-index.ts';
import { comparedPath, compileGlob, type Glob, type GlobOptions } from './glob.ts';
import { PrefixIndex } from './glob-index.ts';
import {
  entriesFacing,
  entriesMeet,
  wallsOf,
  writeSet,
  writtenBy,
  type NamedEntry,
  type WriteEntry,
} from './meeting.ts';

/** One glob text of the plan, with all entries that use it. */
export interface Pattern {
  readonly glob: Glob;
  /** The only paths it matches, or `null` when a wildcard or a class makes it match others. */
  readonly paths: readonly string[] | null;
  readonly users: { readonly slice: number; readonly entry: WriteEntry }[];
}

/** The globs of a plan's write sets, each once. */
export function collectPatterns(plan: Plan, options: GlobOptions): Pattern[] {
  const patterns = new Map<string, Pattern>();
  plan.slices.forEach((slice, i) => {
    for (const entry of writeSet(slice.scope)) {
      let pattern = patterns.get(entry.path);
      if (!pattern) {
        const glob = compileGlob(entry.path, options);
        pattern = { glob, paths: pathsOf(glob), users: [] };
        patterns.set(entry.path, pattern);
      }
      pattern.users.push({ slice: i, entry });
    }
  });
  return [...patterns.values()];
}

/** A class also matches what its letters say, so only braces and plain paths are read off. */
function pathsOf(glob: Glob): readonly string[] | null {
  return withoutParameters(glob.source).includes('[') ? null : glob.texts;
}

/** What a slice writes, file by file: `null` for the whole file, else the symbols. */
interface FileSet {
  readonly files: ReadonlyMap<string, ReadonlySet<string> | null>;
  /** Entries that match no file known yet. */
  readonly unseen: readonly NamedEntry[];
  readonly size: number;
}

/** Which files each slice of a plan writes, and how much two of them share. */
export class FileSets {
  readonly #plan: Plan;
  readonly #options: GlobOptions;
  readonly #existing: FileIndex;
  readonly #patterns: () => readonly Pattern[];
  /** Paths the plan names, likewise; made when a wildcard asks. */
  #named: FileIndex | undefined;
  readonly #matched = new Map<string, readonly string[]>();
  readonly #sets = new Map<string, FileSet>();
  readonly #keys = new Map<number, string>();

  /** `patterns`: those of the plan, asked for when a wildcard is. */
  constructor(plan: Plan, repoFiles: readonly string[], patterns: () => readonly Pattern[], options: GlobOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#patterns = patterns;
    this.#existing = fileIndex(repoFiles, options);
  }

  static of(plan: Plan, repoFiles: readonly string[], options: GlobOptions): FileSets {
    return new FileSets(plan, repoFiles, () => collectPatterns(plan, options), options);
  }

  /** |shared| / min(|A|, |B|), counted on the smaller side. */
  share(a: number, b: number): number {
    const left = this.#of(a);
    const right = this.#of(b);
    const least = Math.min(left.size, right.size);
    if (least === 0) return 0;
    const counts: number[] = [];
    if (left.size === least) counts.push(this.#shared(left, a, right, b));
    if (right.size === least) counts.push(this.#shared(right, b, left, a));
    return Math.max(...counts) / least;
  }

  #shared(small: FileSet, a: number, large: FileSet, b: number): number {
    let shared = 0;
    for (const [file, symbols] of small.files) {
      const others = large.files.get(file);
      if (others === undefined) continue;
      if (symbols === null) shared++;
      else if (others === null) shared += symbols.size;
      else
        for (const symbol of symbols)
          if (others.has(symbol) || [...others].some((other) => symbolsOverlap(symbol, other))) shared++;
    }
    if (small.unseen.length === 0) return shared;
    const own = this.#plan.slices[a]!.scope;
    const other = this.#plan.slices[b]!.scope;
    const rights = entriesFacing(own, other, this.#options);
    const walls = wallsOf(own, other, this.#options);
    for (const entry of small.unseen) {
      for (const right of rights(entry.glob)) {
        if (entriesMeet(entry, right, walls).witness === null) continue;
        shared++;
        break;
      }
    }
    return shared;
  }

  #of(slice: number): FileSet {
    const { scope } = this.#plan.slices[slice]!;
    let key = this.#keys.get(slice);
    if (key === undefined) {
      const text = (entries: readonly ScopeEntry[]): string[] =>
        entries.map((entry) => `${entry.path ?? ''}\n${entry.symbol ?? ''}`);
      key = JSON.stringify([text(writeSet(scope)), text(scope.boundary)]);
      this.#keys.set(slice, key);
    }
    let set = this.#sets.get(key);
    if (!set) {
      set = this.#collect(scope);
      this.#sets.set(key, set);
    }
    return set;
  }

  #collect(scope: Scope): FileSet {
    const written = writtenBy(scope, this.#options);
    const walls = new PrefixIndex(
      written.walls.flatMap(({ entry, glob }) => (entry.symbol === null ? [glob] : [])),
      (wall) => wall.prefix,
    );
    const files = new Map<string, Set<string> | null>();
    const unseen: NamedEntry[] = [];
    for (const named of written.entries) {
      const { entry } = named;
      const matched = this.#matching(entry.path);
      if (matched.length === 0) unseen.push(named);
      for (const file of matched) {
        if (walls.beginningOf(file).some((wall) => wall.matches(file))) continue;
        const symbols = files.get(file);
        if (entry.symbol === null || symbols === null) files.set(file, null);
        else if (!symbols) files.set(file, new Set([entry.symbol]));
        else symbols.add(entry.symbol);
      }
    }
    let size = unseen.length;
    for (const symbols of files.values()) size += symbols === null ? 1 : symbols.size;
    return { files, unseen, size };
  }

  #matching(path: string): readonly string[] {
    let matched = this.#matched.get(path);
    if (!matched) {
      const glob = compileGlob(path, this.#options);
      const paths = pathsOf(glob);
      // What is named literally is among the files known anyway.
      matched = [
        ...new Set(
          paths
            ? paths.map((text) => comparedPath(text, this.#options))
            : [...this.#existing.matching(glob), ...this.#namedPaths().matching(glob)],
        ),
      ];
      this.#matched.set(path, matched);
    }
    return matched;
  }

  #namedPaths(): FileIndex {
    this.#named ??= new FileIndex(
      this.#patterns()
        .flatMap(({ glob, paths }) => {
          if (paths) return paths;
          // `[id].ts` names a file to come only where it does not, as a class, name files that are there.
          return glob.texts && this.#existing.matching(glob).length === 0 ? glob.texts : [];
        })
        .map((path) => comparedPath(path, this.#options)),
    );
    return this.#named;
  }
}
