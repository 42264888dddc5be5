import { scopeVerdict } from '../scope/contain.ts';
import type { GlobOptions } from '../scope/glob.ts';
import type { Scope } from '../task/model.ts';
import { gitCalls, type GitCall } from './git-calls.ts';
import { namedOnPurpose, sensitivityOf } from './sensitive.ts';

/**
 * What a run's hooks need to know, written to `policy.json` in the run directory before the agent starts. Scope entries
 * are plain globs here; spans and notes stay in the task spec.
 */
export interface ScopePolicy {
  readonly v: 1;
  readonly plan: string;
  readonly slice: string;
  /** Absolute. */
  readonly worktree: string;
  readonly scope: Scope;
  /** How the file system compares names; exactly, when it is not said. */
  readonly names?: GlobOptions;
  /** Paths that a person approved for this slice, whatever the scope says. */
  readonly approved: readonly string[];
}

export type Ruling = { readonly allow: true } | { readonly allow: false; readonly reason: string };

/**
 * Whether the agent may write a file, `path` relative to the worktree with forward slashes, `null` when it lies outside.
 * The reason is written for the agent: it says what to do instead.
 */
export function ruleOnEdit(policy: ScopePolicy, path: string | null, shown: string): Ruling {
  if (path === null) {
    return {
      allow: false,
      reason: `${shown} is outside this slice's worktree (${policy.worktree}). Write only inside it.`,
    };
  }
  if (policy.approved.includes(path)) return { allow: true };
  const verdict = scopeVerdict(policy.scope, { path, kind: 'modified' }, policy.names);
  const created = scopeVerdict(policy.scope, { path, kind: 'added' }, policy.names);
  if (!verdict.ok && !created.ok) {
    return {
      allow: false,
      reason:
        `${path} ${verdict.detail} of slice ${policy.slice}. ` +
        'Do the work without it, or stop and report status NEEDS_INPUT with the path and why it is needed.',
    };
  }
  const what = sensitivityOf(path);
  if (what && !namedOnPurpose(policy.scope, path)) {
    return {
      allow: false,
      reason: `${path} touches ${what}, a stop condition of slice ${policy.slice}. Stop and report status NEEDS_INPUT.`,
    };
  }
  return { allow: true };
}

/** Git commands that leave the slice's worktree or rewrite what others rely on. */
const FORBIDDEN: readonly { readonly when: (git: GitCall) => boolean; readonly reason: string }[] = [
  { when: (git) => git.command === 'push', reason: 'pushing is done by the person after integration' },
  {
    when: (git) => git.command === 'switch' || (git.command === 'checkout' && !has(git, /^(?:--|-p|--patch)$/)),
    reason: 'the branch of this worktree is fixed. To put a file back, write `git checkout -- <file>`',
  },
  {
    when: (git) => git.command === 'worktree' && git.args[0] !== undefined && git.args[0] !== 'list',
    reason: 'worktrees belong to Slicewave',
  },
  { when: (git) => git.command === 'update-ref' || git.command === 'symbolic-ref', reason: 'refs belong to Slicewave' },
  {
    when: (git) => git.command === 'branch' && has(git, /^(?:-[a-zA-Z]*[dDmMcCf]|--(?:delete|move|copy|force)$)/),
    reason: 'branches belong to Slicewave',
  },
  {
    // All worktrees share one file of settings, the person's own checkout included.
    when: (git) =>
      git.command === 'config' &&
      !has(git, /^(?:--get.*|--list|-l|get|list)$/) &&
      (git.args.length > 1 || has(git, /^-/)),
    reason: "the person's git settings are not part of the slice",
  },
  {
    when: (git) => git.command === 'stash' && git.args[0] !== 'list' && git.args[0] !== 'show',
    reason: 'all slices share one stash. Leave the work where it is',
  },
  {
    when: (git) =>
      git.options.some((option) => /^core\.hookspath\b/i.test(option)) ||
      (git.command === 'commit' && (git.args.includes('--no-verify') || git.args.some(skipsHooks))),
    reason: 'a commit is checked against the scope',
  },
];

function has(git: GitCall, pattern: RegExp): boolean {
  return git.args.some((word) => pattern.test(word));
}

/** `-n` among short options of `git commit`, before one that takes the rest of the word as its value (`-mname`). */
function skipsHooks(word: string): boolean {
  return /^-[abeiopqsuvz]*n/.test(word);
}

/** Whether the agent may run a command. Best effort by design: the check at the end of the run is the one that holds. */
export function ruleOnCommand(policy: ScopePolicy, command: string): Ruling {
  for (const call of gitCalls(command)) {
    const rule = FORBIDDEN.find(({ when }) => when(call));
    if (rule) return { allow: false, reason: `Not in slice ${policy.slice}: ${rule.reason}.` };
  }
  return { allow: true };
}
