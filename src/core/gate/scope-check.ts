import type { FileChange, Stop } from '../run/model.ts';
import { scopeVerdict } from '../scope/contain.ts';
import type { Scope } from '../task/model.ts';
import { namedOnPurpose, sensitivityOf } from './sensitive.ts';

/** A change as git saw it, before the verdict. `leadsOutside`: a symlink whose target leaves the worktree. */
export interface ObservedChange extends Omit<FileChange, 'inScope' | 'symbols'> {
  readonly leadsOutside: boolean;
}

export interface ScopeCheck {
  readonly files: readonly FileChange[];
  /** One sentence per path that is not in scope. */
  readonly violations: readonly string[];
  /** The stop that follows, if any; scope growth comes before sensitivity. */
  readonly stop: Stop | null;
}

/**
 * The third and uniform enforcement of the scope: every change between base and worktree against the slice's scope.
 * A rename counts as a deletion and an addition; a symlink as a file with a target; a mode change as a modification.
 * This holds for every agent, even one that ignores everything else. Paths that a person approved pass, a boundary
 * included: the decision is on record.
 */
export function checkScope(
  slice: string,
  scope: Scope,
  changes: readonly ObservedChange[],
  approved: ReadonlySet<string>,
): ScopeCheck {
  const violations: string[] = [];
  const outside: string[] = [];
  const sensitive: { path: string; what: string }[] = [];
  const files = changes.map(({ leadsOutside, ...change }): FileChange => {
    const reasons: string[] = [];
    const judge = (path: string, kind: 'added' | 'modified' | 'deleted'): void => {
      if (approved.has(path)) return;
      const verdict = scopeVerdict(scope, { path, kind });
      if (!verdict.ok) reasons.push(`${path} was ${kind} and ${verdict.detail}`);
    };
    if (change.change === 'renamed') {
      judge(change.from ?? change.path, 'deleted');
      judge(change.path, 'added');
    } else if (change.change === 'added' || change.change === 'copied') judge(change.path, 'added');
    else if (change.change === 'deleted') judge(change.path, 'deleted');
    else judge(change.path, 'modified');
    if (leadsOutside && !approved.has(change.path))
      reasons.push(`${change.path} is a symbolic link that leads out of the worktree (${change.linkTarget ?? ''})`);
    if (change.newMode === '160000' && change.change === 'added' && !approved.has(change.path)) {
      reasons.push(`${change.path} is a repository of its own inside the worktree`);
    }
    const inScope = reasons.length === 0;
    if (!inScope) {
      violations.push(...reasons);
      outside.push(change.path);
      if (change.from) outside.push(change.from);
    }
    const what = sensitivityOf(change.path);
    if (inScope && what && !approved.has(change.path) && !namedOnPurpose(scope, change.path))
      sensitive.push({ path: change.path, what });
    return { ...change, inScope, symbols: [] };
  });
  return { files, violations, stop: stopFor(slice, violations, outside, sensitive) };
}

function stopFor(
  slice: string,
  violations: readonly string[],
  outside: readonly string[],
  sensitive: readonly { readonly path: string; readonly what: string }[],
): Stop | null {
  if (violations.length > 0) {
    const paths = [...new Set(outside)].sort();
    return {
      condition: 'unexpected-scope',
      detail: violations.join('; '),
      question: `Slice ${slice} changed ${listed(paths)} outside its scope. Approve the growth, revert it, or skip the slice?`,
      paths,
    };
  }
  if (sensitive.length > 0) {
    const what = [...new Set(sensitive.map((item) => item.what))].join(' and ');
    const paths = sensitive.map((item) => item.path).sort();
    return {
      condition: 'secrets-auth-production',
      detail: `${listed(paths)} touches ${what}`,
      question: `Slice ${slice} touches ${what}: ${listed(paths)}. Approve, revert, or skip the slice?`,
      paths,
    };
  }
  return null;
}

function listed(paths: readonly string[]): string {
  return paths.length <= 4 ? paths.join(', ') : `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more`;
}
