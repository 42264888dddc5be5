import type { CodeReader } from '../code/model.ts';
import type { GlobOptions } from './glob.ts';

/** What the repository around the linted files holds. Whoever has a file system gives it; the linter opens nothing. */
export interface RepositoryFacts {
  /** Every file that git tracks or would track, repository-relative with forward slashes, sorted. */
  readonly files: readonly string[];
  /** Names of the scripts in `package.json`, by its directory (`''` is the root). */
  readonly scripts: ReadonlyMap<string, ReadonlySet<string>>;
  /** Names of the programs that can be started by name; `null` when nobody looked. */
  readonly programs: ReadonlySet<string> | null;
  /** The text of one of `files`, or `null` when it cannot be read, is not text, or is larger than 1 MB. */
  readonly textOf: (file: string) => string | null;
  /**
   * Those of the paths that scopes want created (see `createdPaths`) which an ignore rule of git would hide; absent when
   * nobody asked.
   */
  readonly ignored?: ReadonlySet<string>;
  /** How its file system compares names; by code point when nobody looked. */
  readonly names?: GlobOptions;
  /** Parses source files; absent or `null` when nobody loaded a parser, and names are then looked for as words. */
  readonly code?: CodeReader | null;
}
