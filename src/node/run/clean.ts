import { lstat, readdir, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isActive } from '../../core/run/states.ts';
import { holdsNothingBut, notTaken, restoreSnapshot, takeSnapshot } from '../git/changes.ts';
import type { Git } from '../git/git.ts';
import { WorktreeReplaced } from '../git/place.ts';
import { unkeptInSubmodules } from '../git/submodules.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { FactsReader } from '../state/facts.ts';
import type { Repository } from '../git/repository.ts';
import { integrationLock, isLocked } from '../state/locks.ts';
import {
  forgetWorktree,
  listWorktrees,
  removeCleanWorktree,
  runOfLock,
  worktreeRoot,
  type WorktreeEntry,
} from '../git/worktree.ts';
import { sweepTemporary } from '../process/temporary.ts';
import { checkPlace, elsewhere } from './check-place.ts';
import { ignoredWork } from './ignored-work.ts';
import { leftOfRemovedPlans } from './removed-plans.ts';

export interface CleanItem {
  readonly path: string;
  readonly branch: string | null;
  /** Bytes on disk. */
  readonly size: number;
  readonly verdict: 'removable' | 'kept';
  /** Why it is kept, or what makes its removal safe. */
  readonly why: string;
}

/**
 * The worktrees of a plan, with their sizes, and whether each may go: what is clean and committed may; what holds
 * uncommitted work may once it is snapshotted; what a runner works in may not.
 */
export async function cleanable(repository: Repository, loaded: LoadedPlan): Promise<readonly CleanItem[]> {
  const root = path.join(await worktreeRoot(repository), loaded.plan.id);
  const reader = new FactsReader(repository);
  const state = await reader.state(loaded);
  // A runner of a slice that is in the plan no longer works on all the same.
  const alive = new Set((await reader.runs(loaded.plan.id)).flatMap((run) => (run.alive ? run.runId : [])));
  const busy = new Set(state.slices.filter((slice) => isActive(slice.state)).map((slice) => slice.worktree));
  const waiting = new Map(
    state.attention.map((item) => [state.slices.find((s) => s.id === item.slice)?.worktree, item.slice]),
  );
  const inUse = new Map<string, string>();
  if (await isLocked(integrationLock(repository, loaded.plan.id))) {
    const worktree = path.join(root, 'integration');
    inUse.set(worktree, 'the integration');
    inUse.set((await checkPlace(repository, { worktree, plan: loaded.plan.id })).dir, 'the integration');
  }
  const scopes = new Map(
    loaded.plan.slices.flatMap((slice) => {
      const worktree = state.slices.find((view) => view.id === slice.id)?.worktree;
      return worktree ? [[worktree, slice.scope] as const] : [];
    }),
  );
  const whyKept = async (entry: WorktreeEntry): Promise<string | null> => {
    const replaced = entry.prunable ? null : await whyReplaced(repository, entry.path);
    if (busy.has(entry.path) || alive.has(runOfLock(entry) ?? '')) return 'a runner works in it';
    if (inUse.has(entry.path)) return `${inUse.get(entry.path) ?? ''} runs in it`;
    if (entry.locked !== null && runOfLock(entry) === null)
      return `locked${entry.locked === '' ? '' : `: ${entry.locked}`}`;
    if (replaced !== null) return replaced;
    if (waiting.has(entry.path)) return `${waiting.get(entry.path) ?? ''} waits for you`;
    const not = entry.prunable ? [] : await notTaken(repository.git.in(entry.path)).catch(() => []);
    if (not[0] !== undefined)
      return `${not[0].path} ${not[0].why}${not.length > 1 ? `, and ${not.length - 1} more like it` : ''}: move it away, or take it away yourself`;
    const unkept = entry.prunable ? null : await unkeptInSubmodules(repository.git.in(entry.path), repository.root);
    if (unkept !== null) return `${unkept}: commit it there and push it, or throw it away`;
    const scope = scopes.get(entry.path);
    const lost = scope && !entry.prunable ? await ignoredWork(repository.git.in(entry.path), scope) : [];
    if (lost.length === 0) return null;
    const named = `${lost.slice(0, 3).join(', ')}${lost.length > 3 ? ` and ${lost.length - 3} more` : ''}`;
    return `its slice was to create ${named}, which git ignores, so no commit and no snapshot holds it: mend the ignore rule, or move it away`;
  };
  const others = await Promise.all(
    elsewhere(repository, loaded.plan.id).map((place) => realpath(place).catch(() => null)),
  );
  const roots = [root, ...others.filter((place) => place !== null)];
  const items: CleanItem[] = [];
  for (const entry of await listWorktrees(repository)) {
    if (!roots.some((place) => entry.path.startsWith(`${place}${path.sep}`))) continue;
    const item = { path: entry.path, branch: entry.branch, size: await sizeOf(entry.path) };
    const kept = await whyKept(entry);
    if (kept !== null) items.push({ ...item, verdict: 'kept', why: kept });
    else if (entry.prunable || (await isClean(repository.git.in(entry.path)).catch(() => false))) {
      items.push({ ...item, verdict: 'removable', why: 'everything in it is committed' });
    } else items.push({ ...item, verdict: 'removable', why: 'uncommitted work is snapshotted first' });
  }
  return items;
}

/** What belongs to no plan of the checkout. */
export interface Leftovers {
  /** Checkouts for checks, which hold nobody's work. */
  readonly items: readonly CleanItem[];
  /** Files with the recorded settings of plans that are gone. */
  readonly settings: readonly string[];
}

/** What removed plans left. `sweep`: what killed processes left in the temporary directory is taken away at once. */
export async function leftovers(repository: Repository, { sweep }: { readonly sweep: boolean }): Promise<Leftovers> {
  if (sweep) await sweepTemporary();
  const { checkouts, settings } = await leftOfRemovedPlans(repository);
  const why = 'checks ran in it, and its plan is gone';
  const items = checkouts.map(async ({ path: dir, branch }): Promise<CleanItem> => {
    return { path: dir, branch, size: await sizeOf(dir), verdict: 'removable', why };
  });
  return { items: await Promise.all(items), settings };
}

/** Takes the recorded settings of removed plans away. */
export async function forgetSettings({ settings }: Leftovers): Promise<void> {
  await Promise.all(settings.map((file) => rm(file, { force: true })));
}

/** What keeps a worktree from being the one that was made there; `null` when nothing does. */
async function whyReplaced(repository: Repository, dir: string): Promise<string | null> {
  try {
    await repository.worktrees.hold(dir);
    return null;
  } catch (error) {
    if (error instanceof WorktreeReplaced) return `${error.why}: look at it and take it away yourself`;
    throw error;
  }
}

/**
 * Removes one worktree. Never with `--force` on work that no ref holds; the branch stays.
 *
 * @throws WorktreeReplaced when it is not what it was when it was made: nothing is removed then.
 */
export async function removeWorktree(repository: Repository, item: CleanItem): Promise<void> {
  if (!(await lstat(item.path).catch(() => null))) {
    // Somebody removed the directory by hand: only git's note of it is left.
    await forgetWorktree(repository, item.path);
    return;
  }
  const git = repository.git.in(item.path);
  const unkept = await unkeptInSubmodules(git, repository.root);
  if (unkept !== null) throw new Error(`${item.path} was not removed: ${unkept}`);
  // Commits on no branch are as easily lost as files in no commit; a snapshot holds both.
  if (item.branch === null || !(await isClean(git))) {
    await takeSnapshot(
      git,
      `clean-${Date.now()}-${path.basename(item.path)}`,
      `slicewave: before removing ${item.path}`,
    );
    await restoreSnapshot(git, 'HEAD');
  }
  await removeCleanWorktree(repository, item.path);
}

/** Bytes that a directory takes, links not followed. */
async function sizeOf(dir: string): Promise<number> {
  let total = 0;
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const full = path.join(dir, entry.name);
    if (entry.isDirectory()) total += await sizeOf(full);
    else total += (await stat(full).catch(() => null))?.size ?? 0;
  }
  return total;
}

/** Whether a worktree holds nothing that its commit does not: what may be removed without a snapshot. */
async function isClean(git: Git): Promise<boolean> {
  return holdsNothingBut(git, 'HEAD');
}
