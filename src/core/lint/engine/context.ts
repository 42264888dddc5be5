import type { CodeReader } from '../../code/model.ts';
import type { GlobOptions } from '../../scope/glob.ts';
import type { Skill } from '../../skill/model.ts';
import type { LintLimits } from './config.ts';

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
  /** How its file system compares names; by code point when nobody looked. */
  readonly names?: GlobOptions;
  /** Parses source files; absent or `null` when nobody loaded a parser, and names are then looked for as words. */
  readonly code?: CodeReader | null;
}

/** What the linter may know beyond the file at hand. */
export interface LintContext {
  /** `null` or absent when nobody looked: rules that need it stay silent. */
  readonly repository?: RepositoryFacts | null;
  /** What counts as too much; the defaults when absent. */
  readonly limits?: LintLimits;
  /** The skills of the repository by name; `null` or absent when nobody looked. */
  readonly skills?: ReadonlyMap<string, Skill> | null;
  readonly technology?: string | null;
  /** The agent the plan gives this slice to in its manifest. */
  readonly manifestAgent?: string | null;
  /** The agent most slices of the plan have, for the quick fix. */
  readonly usualAgent?: string | null;
  /** The task spec is linted as a part of its plan, which is asked what only all slices together show. */
  readonly inPlan?: boolean;
  /** Checks that run for this slice's wave anyway count for the slice. */
  readonly waveCheck?: boolean;
}
