import type { Plan } from '../plan/model.ts';
import { safeName, shortHash } from '../text/safe-name.ts';

/** Branches and worktrees of the tool's own: a slice or workstream of that name gets another one. */
const RESERVED = /^(?:integration|base)$/i;

/**
 * An id as part of a branch, a ref and a path. Ids come from files that people and agents write: `../x`, `a b` and
 * `x.lock` are no names git takes, and the first would leave its directory. What has to be changed gets a short hash
 * of the id, so that two ids never meet in one name.
 */
export function nodeName(id: string): string {
  const safe = safeName(id);
  return safe === id && !RESERVED.test(id) ? id : `${safe}-${shortHash(id)}`.replace(/^-/, '');
}

/** Names the lane of a node, and so its lock and its worktree: slices of one workstream share them. */
export function laneOf(plan: Plan, node: string): string {
  return nodeName(plan.slices.find((slice) => slice.id === node)?.workstream ?? node);
}

/** What the names of all branches of a plan begin with. */
export function branchPrefixOf(plan: string): string {
  return `slicewave/${nodeName(plan)}/`;
}

export function branchOf(plan: string, node: string): string {
  return `${branchPrefixOf(plan)}${nodeName(node)}`;
}

export function integrationBranchOf(plan: string): string {
  return `${branchPrefixOf(plan)}integration`;
}

/** The branch of the worktree in which checks run on a plan's base. */
export function baseBranchOf(plan: string): string {
  return `${branchPrefixOf(plan)}base`;
}
