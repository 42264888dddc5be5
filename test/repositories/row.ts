import type { Site } from './site.ts';

/** A shape of a repository, or a setting, and what is right in it: the loop of `repositories.test.ts` is gone through. */
export interface RepositoryRow {
  /** What it is, as a noun. */
  readonly name: string;
  readonly kind: 'layout' | 'clone' | 'names' | 'branches' | 'merging' | 'settings';
  /** What is right, for the documentation. */
  readonly right: string;
  /** Builds it, and gives the folder of the site that one stands in; `specs/both.spec.md` lies there. */
  readonly build: (site: Site) => string;
  /** The plan is left uncommitted. */
  readonly uncommitted?: boolean;
  /** Where the verified work goes. Default: `main`. */
  readonly into?: string;
  readonly runOptions?: readonly string[];
  /** What the run says besides. */
  readonly says?: RegExp;
  /** Between the run and the integration. */
  readonly between?: (site: Site, where: string) => Promise<void> | void;
  /** What `integrate` says instead of moving the branch. */
  readonly refused?: RegExp;
  /** What `run` says instead of starting, or `decompose` already. */
  readonly unrunnable?: RegExp;
  /** What else must be true at the end. */
  readonly after?: (site: Site, where: string) => Promise<void> | void;
}

/** A text of thirty lines, for changes that merge. */
export const LINES = Array.from({ length: 30 }, (_, at) => `line ${at + 1}`);

/** Builds an ordinary repository, and lets `change` make it what the row is about. */
export function own(change: (site: Site) => void = () => undefined): (site: Site) => string {
  return (site) => {
    site.repository('r');
    change(site);
    return 'r';
  };
}

/** The branch moves on, so that the verified work cannot be had by a fast-forward. */
export function movesOn(site: Site): void {
  site.write('r/other.txt', 'by hand\n');
  site.commit('r', 'moved');
}
