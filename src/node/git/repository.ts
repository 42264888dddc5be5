import { stat } from 'node:fs/promises';
import path from 'node:path';
import { success, type Result } from '../../core/text/result.ts';
import type { GlobOptions } from '../../core/scope/glob.ts';
import { fail, type EngineFailure } from '../failure.ts';
import { Git, GitError } from './git.ts';
import { layoutOf, runsDirOf, workedIn } from './layout.ts';
import { Worktrees } from './place.ts';

/** Where everything of one repository stands. All paths are absolute. */
export interface Repository {
  /**
   * The top level of the checkout that one works in: plans are read there, and start from its `HEAD`. In a worktree of a
   * slice it is the checkout that the plan was run in.
   */
  readonly root: string;
  /** The checkout beside the git directory; `null` where there is none, as of a bare repository. */
  readonly primary: string | null;
  /** The directory that holds the state of all checkouts: the primary one, or what stands for it. */
  readonly home: string;
  /** The git directory that all checkouts share. */
  readonly commonDir: string;
  /** `.agent-runs`, one for all checkouts. */
  readonly runsDir: string;
  /** Git in the checkout at `root`; `git.in(dir)` in another one or in a worktree. */
  readonly git: Git;
  /** What each worktree was when it was made. */
  readonly worktrees: Worktrees;
}

/**
 * Finds the repository around a directory. Every checkout of it sees the same state; what is worked on is the checkout
 * that one stands in. A repository without commits has nothing to branch from.
 */
export async function openRepository(dir: string): Promise<Result<Repository, EngineFailure>> {
  const at = path.resolve(dir);
  if (!(await stat(at).catch(() => null))?.isDirectory()) {
    return fail('no-repository', `${at} is not a directory`, 'Give the path of a git repository.');
  }
  const git = new Git(at);
  let top: string;
  let born: boolean;
  try {
    // One process for both: every command begins with this.
    const told = await git.run(
      ['rev-parse', '--path-format=absolute', '--show-toplevel', '--quiet', '--verify', 'HEAD'],
      {
        accept: [0, 1],
      },
    );
    born = told.exitCode === 0;
    top = told.stdout.replace(born ? /\r?\n[0-9a-f]{40,64}\r?\n$/ : /\r?\n$/, '');
  } catch (error) {
    if (error instanceof GitError && /must be run in a work tree/.test(error.stderr)) {
      return fail('no-repository', `${at} is a bare repository`, 'Run this in a checkout of the repository.');
    }
    if (error instanceof GitError && /dubious ownership/.test(error.stderr)) {
      return fail(
        'no-repository',
        `git refuses ${at}: it is owned by someone else`,
        `Run: git config --global --add safe.directory ${at}`,
      );
    }
    if (error instanceof GitError && error.exitCode >= 0) {
      return fail(
        'no-repository',
        `${at} is not inside a git repository`,
        'Run `git init` and commit once, or change into a repository.',
      );
    }
    return fail(
      'git',
      `git could not be started: ${(error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''}`,
      'Install git 2.38 or newer and put it on the path.',
    );
  }
  const layout = layoutOf(top);
  if (layout === null)
    return fail('no-repository', `${top} is not inside a git repository`, 'Change into a checkout of the repository.');
  const root = workedIn(top, layout);
  const { commonDir, primary, home } = layout;
  const runsDir = runsDirOf(layout);
  const worktrees = new Worktrees({ commonDir, runsDir, root, primary });
  const own = new Git(worktrees.placeOf(root));
  // What is worked in may be another checkout than the one that was asked.
  if (!(born && root === top) && (await own.resolve('HEAD')) === null) {
    return fail(
      'no-commits',
      `${root} has no commits yet`,
      'Commit once (`git commit --allow-empty -m "start"`): worktrees need a commit to start from.',
    );
  }
  return success({ root, primary, home, commonDir, runsDir, git: own, worktrees });
}

/**
 * How the file system under the repository compares names, as git found out when it made the repository
 * (`core.ignorecase`, `core.precomposeunicode`): for scopes, overlaps and the gate alike. The one place that asks.
 */
export async function nameRules(git: Git): Promise<GlobOptions> {
  const { stdout } = await git.run(NAME_SETTINGS, { accept: [0, 1] });
  return nameRulesOf(stdout);
}

/** What to ask git, for `nameRulesOf`. */
export const NAME_SETTINGS: readonly string[] = [
  'config',
  '--type=bool',
  '-z',
  '--get-regexp',
  String.raw`^core\.(ignorecase|precomposeunicode)$`,
];

/** Reads git's answer to `NAME_SETTINGS`. */
export function nameRulesOf(answer: string): GlobOptions {
  const set = new Map(answer.split('\0').map((line) => line.split('\n', 2) as [string, string | undefined]));
  return nameRulesFrom({
    ignoreCase: set.get('core.ignorecase') === 'true',
    precompose: set.get('core.precomposeunicode') === 'true',
  });
}

/** The rules that git's two settings come to. */
export function nameRulesFrom({
  ignoreCase,
  precompose,
}: {
  readonly ignoreCase: boolean;
  readonly precompose: boolean;
}): GlobOptions {
  return { ...(ignoreCase ? { caseInsensitive: true } : {}), ...(precompose ? { composed: true } : {}) };
}

/** What a setting of the person's says, whatever the tool sets for its own git; `null` when nothing does. */
async function settingOf(git: Git, key: string, type: 'path' | 'bool'): Promise<string | null> {
  const found = await git.run(['config', `--type=${type}`, '-z', '--show-scope', '--get-all', key], { accept: [0, 1] });
  const fields = found.stdout.split('\0');
  const values = fields.flatMap((scope, at) => (at % 2 === 0 && scope !== 'command' ? (fields[at + 1] ?? []) : []));
  return values.at(-1) ?? null;
}

/** Where the repository's own hooks are; `set`: as a setting says, `null` when none does. */
export async function hooksDir(repository: Repository): Promise<{ readonly dir: string; readonly set: string | null }> {
  const set = await settingOf(repository.git, 'core.hooksPath', 'path');
  return { dir: set === null ? path.join(repository.commonDir, 'hooks') : path.resolve(repository.root, set), set };
}
