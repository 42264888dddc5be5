import { isToolRef, type Difference } from './inventory.ts';
import type { GitCommand } from './git-trace.ts';

/**
 * Who made a difference.
 *
 * - `proven`: this run did it; git's own trace of the run's commands, or the agent's own event stream, shows it.
 * - `suspected`: it happened while the agent ran, nothing shows who did it, and a person seldom does it meanwhile. The
 *   person is asked; nobody is blamed.
 * - `person`: what people normally do beside a run (commit, switch a branch, edit a file): told, no alarm.
 */
export type Blame = 'proven' | 'suspected' | 'person';

export interface BlamedDifference extends Difference {
  readonly blame: Blame;
  /** What shows it, for `proven`: `git branch -D feature`. */
  readonly evidence: string | null;
}

export interface BlameContext {
  /** New refs of the tool's own that nothing of the tool has made. */
  readonly stray: ReadonlySet<string>;
  /** Git commands of this run. */
  readonly commands: readonly GitCommand[];
  /** Absolute paths and command lines from the agent's own event stream, where it has one. */
  readonly seen: readonly string[];
  /** Absolute path of the primary checkout. */
  readonly primary: string;
  /** Directories that the slice's scope and boundary lie in, relative to the repository; `''` is its root. */
  readonly near: ReadonlySet<string>;
  /** Nobody but runs is at work in the primary checkout: what changes there is no person's everyday work. */
  readonly alone: boolean;
  /** Whether a ref that moved still holds what it held before (a fast-forward). */
  readonly forward: (ref: string) => boolean;
  /** Whether git noted a move of `HEAD` in its log, as every command of its own does. */
  readonly headLogged: boolean;
}

/** Subcommands that may move a ref, each named or not. */
const MOVES_REFS: ReadonlySet<string> = new Set(
  (
    'am branch checkout cherry-pick commit fetch filter-branch merge mktag notes pull push rebase remote replace reset ' +
    'revert stash switch symbolic-ref tag update-ref worktree'
  ).split(' '),
);
/** Subcommands that write files of the checkout they work in. */
const WRITES_FILES: ReadonlySet<string> = new Set(
  (
    'am apply checkout checkout-index cherry-pick clean commit merge mv pull read-tree rebase reset restore revert rm ' +
    'stash switch sparse-checkout submodule update-index'
  ).split(' '),
);
const WRITES_CONFIG: ReadonlySet<string> = new Set(
  'branch checkout clone config lfs maintenance push remote sparse-checkout submodule switch worktree'.split(' '),
);

/** Subcommands that make a ref which their arguments name. */
const MAKES_REFS: ReadonlySet<string> = new Set(
  'branch checkout fetch pull push switch update-ref worktree'.split(' '),
);

/**
 * Says of each difference who made it, as far as that can be shown. A new ref of the tool's own that no command of the
 * run names and that is no stray is the tool's, and is left out.
 */
export function blame(found: readonly Difference[], context: BlameContext): BlamedDifference[] {
  const text = unquoted(context.seen.join('\n'));
  // Who commits or switches a branch is there, and that changes files too.
  const alone = context.alone && !found.some(({ kind }) => kind === 'head' || kind === 'ref-moved');
  return found.flatMap((difference): BlamedDifference | readonly [] => {
    const command = commandFor(difference, context);
    if (command) return { ...difference, blame: 'proven', evidence: shown(command) };
    if (difference.kind === 'ref-created' && isToolRef(difference.what) && !context.stray.has(difference.what))
      return [];
    const seen = pathsOf(difference, context.primary).find((path) => text.includes(unquoted(path)));
    if (seen !== undefined) return { ...difference, blame: 'proven', evidence: `the agent's own record of ${seen}` };
    return {
      ...difference,
      blame: suspicious(difference, { ...context, alone }) ? 'suspected' : 'person',
      evidence: null,
    };
  });
}

function commandFor(difference: Difference, context: BlameContext): GitCommand | undefined {
  const { commands, primary } = context;
  const inPrimary = (command: GitCommand): boolean => command.worktree === primary;
  switch (difference.kind) {
    case 'ref-created':
    case 'ref-moved':
    case 'ref-deleted': {
      const short = difference.what.replace(/^refs\/(?:heads|tags|remotes|replace)\//, '');
      if (difference.kind === 'ref-created' && isToolRef(difference.what))
        return commands.findLast((command) => MAKES_REFS.has(command.name) && names(command, difference.what, short));
      return commands.findLast(
        (command) =>
          MOVES_REFS.has(command.name) &&
          (names(command, difference.what, short) ||
            command.argv.includes('--stdin') ||
            (difference.what.startsWith('refs/replace/') && command.name === 'replace') ||
            (difference.what.startsWith('refs/remotes/') && /^(?:fetch|pull|push|remote)$/.test(command.name)) ||
            (difference.what.startsWith('refs/tags/') && /^(?:fetch|pull)$/.test(command.name)) ||
            (difference.what.startsWith('refs/heads/') && inPrimary(command))),
      );
    }
    case 'head':
      return commands.findLast((command) => MOVES_REFS.has(command.name) && inPrimary(command));
    case 'stash':
      return commands.findLast(
        (command) =>
          (command.name === 'stash' &&
            !/^(?:list|show)$/.test(command.argv[command.argv.indexOf('stash') + 1] ?? '')) ||
          (command.name === 'update-ref' && command.argv.includes('refs/stash')) ||
          (command.name === 'reflog' && command.argv.some((word) => word.includes('stash'))),
      );
    case 'reflog':
      return commands.findLast(
        ({ name, argv }) =>
          name === 'gc' || (name === 'reflog' && argv.some((word) => word === 'expire' || word === 'delete')),
      );
    case 'config':
      return commands.findLast((command) => WRITES_CONFIG.has(command.name) && !reads(command));
    case 'index-flag':
      return commands.findLast((command) => command.name === 'update-index' && inPrimary(command));
    case 'checkout-file':
      return commands.findLast((command) => WRITES_FILES.has(command.name) && inPrimary(command));
    case 'hook':
    case 'git-file':
    case 'home-file':
    case 'beside':
      return undefined;
  }
}

/** Whether a command line names a ref, in full, short, or as what is fetched or pushed to. */
function names({ argv }: GitCommand, ref: string, short: string): boolean {
  return argv.some((word) => word === ref || word === short || word.endsWith(`:${ref}`) || word.endsWith(`:${short}`));
}

/** `git config --get x`, `git branch` and the like write nothing. */
function reads(command: GitCommand): boolean {
  const words = command.argv.slice(command.argv.indexOf(command.name) + 1);
  if (command.name !== 'config') return words.length === 0;
  const options = words.filter((word) => word.startsWith('-'));
  if (options.some((word) => /^(?:--get|--list$|-l$|--show-)/.test(word)) || words[0] === 'get' || words[0] === 'list')
    return true;
  const plain = words.filter((word) => !word.startsWith('-'));
  return plain.length < 2 && !options.some((word) => /^--(?:unset|add|remove|rename|replace|edit)/.test(word));
}

/** A command line quotes what a path does not. */
function unquoted(text: string): string {
  return text.replaceAll(/['"\\]/g, '');
}

function pathsOf(difference: Difference, primary: string): readonly string[] {
  if (difference.kind === 'checkout-file') return [`${primary}/${difference.what}`];
  if (difference.kind === 'hook' || difference.kind === 'git-file') return [`${primary}/${difference.what}`];
  return [];
}

function suspicious(difference: Difference, context: BlameContext): boolean {
  switch (difference.kind) {
    case 'ref-created':
      // Nobody makes these by hand while agents run, and each changes what git answers.
      return /^refs\/(?:replace|original)\//.test(difference.what) || isToolRef(difference.what);
    case 'ref-moved':
      return !difference.what.startsWith('refs/remotes/') && !context.forward(difference.what);
    case 'ref-deleted':
      return !difference.what.startsWith('refs/remotes/');
    case 'head':
      return !context.headLogged;
    case 'reflog':
      // A person's git takes old entries away by itself now and then.
      return context.alone;
    case 'stash':
      return lost(difference.before, difference.after);
    case 'config':
      // What `git push -u` and `git switch --track` write.
      return !/: (?:branch|gui|maintenance)\./.test(difference.what);
    case 'git-file':
      // Every git command of a person takes and leaves it.
      return !difference.what.endsWith('/index.lock') || (context.alone && difference.after !== null);
    case 'hook':
    case 'home-file':
    case 'index-flag':
    case 'beside':
      return true;
    case 'checkout-file':
      return context.alone || STARTED.test(difference.what) || context.near.has(directoryOf(difference.what));
  }
}

/** Files of a checkout that editors, shells and git start programs by; a person seldom writes them meanwhile. */
const STARTED =
  /^(?:\.vscode\/(?:tasks|launch)\.json|\.devcontainer\/.*|\.envrc|\.npmrc|\.yarnrc(?:\.yml)?|\.husky\/.*|\.githooks\/.*|\.idea\/(?:runConfigurations|workspace)\b.*)$/;

/** Whether an entry of the stash is gone; a new one is what people make. */
function lost(before: string | null, after: string | null): boolean {
  const there = new Set((after ?? '').split(' '));
  return (before ?? '').split(' ').some((entry) => entry !== '' && !there.has(entry));
}

function directoryOf(file: string): string {
  const cut = file.lastIndexOf('/');
  return cut < 0 ? '' : file.slice(0, cut);
}

function shown(command: GitCommand): string {
  const text = command.argv.join(' ');
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
