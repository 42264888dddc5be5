import type { RepositoryFacts } from '../../scope/repository-facts.ts';
import type { Skill } from '../../skill/model.ts';
import type { LintLimits } from './config.ts';

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
