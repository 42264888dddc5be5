import { lstat, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { planIdOf } from '../../core/plan/plan-id.ts';
import type { Repository } from '../git/repository.ts';
import { listWorktrees, runOfLock, worktreeRoot, type WorktreeEntry } from '../git/worktree.ts';
import { listPlans, manifestDirs } from '../plan/plans.ts';
import { FactsReader } from '../state/facts.ts';
import { isLocked, planLease } from '../state/locks.ts';
import { elsewhere, isCheckPlace } from './check-place.ts';

/** What is left of plans that the checkout does not hold any more. All of it is made anew should one come back. */
interface LeftOfPlans {
  /** Checkouts for checks that nothing runs in. */
  readonly checkouts: readonly WorktreeEntry[];
  /** Recorded settings of plans without any worktree of their slices, by path. */
  readonly settings: readonly string[];
}

/** Reads what is left; writes nothing. */
export async function leftOfRemovedPlans(repository: Repository): Promise<LeftOfPlans> {
  const [known, root, worktrees] = await Promise.all([
    knownPlans(repository),
    worktreeRoot(repository),
    listWorktrees(repository),
  ]);
  const others = elsewhere(repository, 'any').map((place) => path.dirname(place));
  const tops = [
    root,
    ...(await Promise.all(others.map((place) => realpath(place).catch(() => null)))).filter((place) => place !== null),
  ];
  const checkouts: WorktreeEntry[] = [];
  const worked = new Set<string>();
  let running: ReadonlySet<string> | undefined;
  for (const entry of worktrees) {
    const dir = path.dirname(entry.path);
    const plan = path.basename(dir);
    if (!tops.includes(path.dirname(dir)) || known.has(plan)) continue;
    if (!isCheckPlace(entry.path)) {
      worked.add(plan);
      continue;
    }
    const run = runOfLock(entry);
    running ??= await runningRuns(repository);
    if (entry.locked !== null && (run === null || running.has(run))) worked.add(plan);
    else checkouts.push(entry);
  }
  const dir = path.join(repository.runsDir, 'settings');
  const settings: string[] = [];
  for (const name of await readdir(dir).catch(() => [])) {
    const plan = /^(.+)\.json$/.exec(name)?.[1];
    if (plan === undefined || known.has(plan) || worked.has(plan)) continue;
    if (await isLocked(planLease(repository, plan))) continue;
    if ((await lstat(path.join(dir, name)).catch(() => null))?.isFile()) settings.push(path.join(dir, name));
  }
  return { checkouts, settings };
}

/** Ids of the plans of the checkout, wherever their directories are; and their names, which earlier versions went by. */
async function knownPlans(repository: Repository): Promise<ReadonlySet<string>> {
  const [usual, dirs] = await Promise.all([listPlans(repository), manifestDirs(repository.git, '**/manifest.json')]);
  return new Set([...usual, ...dirs].flatMap((dir) => [planIdOf(dir), path.posix.basename(dir)]));
}

/** Runs whose runner lives. */
async function runningRuns(repository: Repository): Promise<ReadonlySet<string>> {
  const runs = await new FactsReader(repository).runs();
  return new Set(runs.flatMap((run) => (run.alive ? run.runId : [])));
}
