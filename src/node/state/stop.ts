import { whereabouts, type ProcessIdentity } from '../../core/run/liveness.ts';
import type { RunEvent } from '../../core/run/model.ts';
import type { RunFacts } from '../../core/run/state-model.ts';
import { endProcesses, ofRuns, signalProcess } from '../process/process-table.ts';
import { isAlive, placeHere } from '../process/machine.ts';
import type { Repository } from '../git/repository.ts';
import { locksDir, sweepLocks } from './locks.ts';
import { listWorktrees, runOfLock, unlockWorktree } from '../git/worktree.ts';

/** The process of a run's runner, as its first event names it. */
export function runnerOf(first: Extract<RunEvent, { readonly type: 'run_started' }>): ProcessIdentity {
  const { pid, pid_started: started, host, machine = '', boot = '', space = '' } = first;
  return { pid, started, host, machine, boot, space };
}

/**
 * Asks runners to end (they stop their agent, snapshot the worktree and say so in their events) and waits until they
 * have, at most `patience` milliseconds; then they are killed, which loses nothing but the last word.
 */
export async function endRunners(runs: readonly RunFacts[], patience = 15_000): Promise<void> {
  await Promise.all(
    runs.map(async (run) => {
      const first = run.events[0];
      if (first?.type !== 'run_started') return;
      const identity = runnerOf(first);
      // One that works elsewhere is not to be reached from here: its number is somebody else's.
      if (!(await isAlive(identity))) return;
      signalProcess(first.pid, 'SIGTERM');
      const until = performance.now() + patience;
      while (await isAlive(identity)) {
        if (performance.now() > until) {
          signalProcess(first.pid, 'SIGKILL');
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }),
  );
}

/**
 * Clears up after runners that were killed before they could do it themselves: ends what they left running, and gives
 * back the locks they held. Called before anything new is started; what belongs to a living runner is not touched.
 */
export async function clearDead(repository: Repository, runs: readonly RunFacts[]): Promise<void> {
  await endOrphans(runs);
  const alive = new Set(runs.filter((run) => run.alive).map((run) => run.runId));
  for (const entry of await listWorktrees(repository)) {
    const run = runOfLock(entry);
    if (run !== null && !alive.has(run) && runs.some((known) => known.runId === run))
      await unlockWorktree(repository, entry.path);
  }
  await sweepLocks(locksDir(repository));
}

/**
 * Ends what dead runners left running: agents and checks have process groups of their own, so that they outlive a killed
 * runner and would go on writing into the worktree of the next attempt. They are known by the marks of
 * their run; the runner's own git commands by its process group. Needs `/proc`; elsewhere nothing is found.
 */
export async function endOrphans(runs: readonly RunFacts[]): Promise<void> {
  const dead = runs.filter((run) => !run.alive && run.events.length > 0 && run.events.at(-1)?.type !== 'ended');
  const ids: string[] = [];
  const groups = new Map<number, string>();
  const here = await placeHere();
  for (const run of dead) {
    const first = run.events[0];
    if (first?.type !== 'run_started' || whereabouts(runnerOf(first), here) !== 'here') continue;
    ids.push(run.runId);
    groups.set(first.pid, first.pid_started);
  }
  if (ids.length === 0) return;
  const isOfThem = ofRuns(ids);
  await endProcesses((seen) => {
    if (isOfThem(seen)) return true;
    // A group keeps its number from being given away: a member that is younger than the dead leader is its child.
    const leader = groups.get(seen.group);
    // Where a leader lives, it is another process: the number was given away since (or the machine was started anew).
    return (
      leader !== undefined &&
      leader !== '' &&
      !seen.led &&
      seen.pid !== seen.group &&
      Number(seen.started) >= Number(leader)
    );
  });
}
