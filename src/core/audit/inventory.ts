/**
 * What all runs of a repository share and none of them may change, at one moment: the audit takes one inventory before an
 * agent starts and one after it has ended. Values are opaque (object ids, digests): they are compared, never read.
 */
export interface Inventory {
  /** Every ref, by its full name. */
  readonly refs: Readonly<Record<string, string>>;
  /** The text of the primary checkout's `HEAD`. */
  readonly head: string;
  /** The log to which git appends each move of `HEAD`; `''` where it keeps none. */
  readonly headLog: string;
  /** Settings of all levels in use, by file and key: `.git/config: core.hookspath`; several values in their order. */
  readonly config: Readonly<Record<string, string>>;
  /** Hooks, by path below the git directory. */
  readonly hooks: Readonly<Record<string, string>>;
  /** `info/*`, alternates and other files of the git directory that bend what git answers. */
  readonly gitFiles: Readonly<Record<string, string>>;
  /** Files of HOME that a shell, git or a package manager reads. */
  readonly home: Readonly<Record<string, string>>;
  /** Entries of the stash, newest first. */
  readonly stash: readonly string[];
  /** Paths of the primary that its index hides from git. */
  readonly hidden: readonly string[];
  /** Digest of the primary's index as a file. */
  readonly index: string;
  /** Paths of the primary that differ from its `HEAD`, untracked ones included, and what there is of each. */
  readonly checkout: Readonly<Record<string, string>>;
  /** Names beside the repository and beside the worktrees of the plan. */
  readonly beside: readonly string[];
}

export type DifferenceKind =
  | 'ref-created'
  | 'ref-moved'
  | 'ref-deleted'
  | 'head'
  | 'reflog'
  | 'config'
  | 'hook'
  | 'git-file'
  | 'home-file'
  | 'stash'
  | 'index-flag'
  | 'checkout-file'
  | 'beside';

/** One thing that is not as it was before the agent ran. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** What it is, as a person would name it: `refs/heads/main`, `.git/hooks/post-checkout`, `src/leak.js`. */
  readonly what: string;
  /** `null`: it was not there. */
  readonly before: string | null;
  /** `null`: it is gone. */
  readonly after: string | null;
}

/** Refs that runs and the scheduler write themselves, at any time; those of this run, and those of its neighbours. */
export function isToolRef(ref: string): boolean {
  return ref.startsWith('refs/heads/slicewave/') || ref.startsWith('refs/slicewave/');
}

/**
 * What differs between two inventories, in a fixed order. A ref of the tool's own counts when it is new (who made it is
 * for `blame`), when it is gone, or when it is not where the evidence says that it must be (`expected`, by full name).
 */
export function differences(
  before: Inventory,
  after: Inventory,
  expected: Readonly<Record<string, string>> = {},
): Difference[] {
  const found: Difference[] = [];
  const add = (kind: DifferenceKind, what: string, was: string | null, is: string | null): void => {
    found.push({ kind, what, before: was, after: is });
  };
  for (const [ref, was, is] of changed(before.refs, after.refs)) {
    if (ref === 'refs/stash') continue;
    if (is === null) add('ref-deleted', ref, was, null);
    else if (!isToolRef(ref) || was === null) add(was === null ? 'ref-created' : 'ref-moved', ref, was, is);
  }
  for (const [ref, commit] of Object.entries(expected)) {
    const is = after.refs[ref] ?? null;
    if (is !== commit && !(is === null && ref in before.refs))
      add(is === null ? 'ref-deleted' : 'ref-moved', ref, commit, is);
  }
  if (before.head !== after.head) add('head', 'HEAD', before.head, after.head);
  if (!after.headLog.startsWith(before.headLog))
    add('reflog', 'the reflog of HEAD', 'longer', after.headLog === '' ? null : 'shorter');
  for (const [what, was, is] of changed(before.config, after.config)) add('config', what, was, is);
  for (const [what, was, is] of changed(before.hooks, after.hooks)) add('hook', what, was, is);
  for (const [what, was, is] of changed(before.gitFiles, after.gitFiles)) add('git-file', what, was, is);
  for (const [what, was, is] of changed(before.home, after.home)) add('home-file', what, was, is);
  if (before.stash.join('\n') !== after.stash.join('\n'))
    add('stash', 'the stash', before.stash.join(' '), after.stash.join(' '));
  const known = new Set(before.hidden);
  for (const file of after.hidden) if (!known.has(file)) add('index-flag', file, null, 'hidden from git');
  for (const [file, was, is] of changed(before.checkout, after.checkout)) add('checkout-file', file, was, is);
  const there = new Set(after.beside);
  const were = new Set(before.beside);
  for (const name of after.beside) if (!were.has(name)) add('beside', name, null, 'new');
  for (const name of before.beside) if (!there.has(name)) add('beside', name, 'there', null);
  return found;
}

function* changed(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Generator<readonly [string, string | null, string | null]> {
  for (const [key, was] of Object.entries(before)) {
    const is = Object.hasOwn(after, key) ? (after[key] ?? null) : null;
    if (is !== was) yield [key, was, is];
  }
  for (const [key, is] of Object.entries(after)) if (!Object.hasOwn(before, key)) yield [key, null, is];
}
