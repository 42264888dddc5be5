import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { RunFacts } from '../../core/run/state-model.ts';
import { isAlive } from '../process/processes.ts';
import type { Repository } from '../git/repository.ts';
import { sweepLocks } from './state-files.ts';
import { listWorktrees, runOfLock, unlockWorktree } from '../git/worktree.ts';

/**
 * Asks runners to end (they stop their agent, snapshot the worktree and say so in their events) and waits until they
 * have, at most `patience` milliseconds; then they are killed, which loses nothing but the last word.
 */
export async function endRunners(runs: readonly RunFacts[], patience = 15_000): Promise<void> {
  await Promise.all(
    runs.map(async (run) => {
      const first = run.events[0];
      if (first?.type !== 'run_started') return;
      const identity = { pid: first.pid, started: first.pid_started, host: first.host };
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

function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Ended in the same moment.
  }
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
  await sweepLocks(path.join(repository.runsDir, 'plans'));
}

/**
 * Ends what dead runners left running: agents and checks have process groups of their own, so that they outlive a killed
 * runner and would go on writing into the worktree of the next attempt. They are known by the run id in their
 * environment; the runner's own git commands by its process group. Needs `/proc`; elsewhere nothing is found.
 */
export async function endOrphans(runs: readonly RunFacts[]): Promise<void> {
  const dead = runs.filter((run) => !run.alive && run.events.length > 0 && run.events.at(-1)?.type !== 'ended');
  const ids = new Set<string>();
  const groups = new Map<number, string>();
  for (const run of dead) {
    const first = run.events[0];
    if (first?.type !== 'run_started' || first.host !== hostname()) continue;
    ids.add(run.runId);
    groups.set(first.pid, first.pid_started);
  }
  await endProcesses((seen) => {
    if (seen.runId !== null && ids.has(seen.runId)) return true;
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

/** What `/proc` says of one process. */
export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly started: string;
  /** Whether the leader of its group lives. */
  readonly led: boolean;
  /** `SLICEWAVE_RUN_ID` of its environment. */
  readonly runId: string | null;
}

/** Ends matching processes: asked first (git takes its lock files away), killed after two seconds. Never ourselves. */
export async function endProcesses(matches: (seen: SeenProcess) => boolean): Promise<void> {
  const find = async (): Promise<readonly SeenProcess[]> => {
    const all = await seeProcesses();
    const ours = new Set<number>();
    for (let pid = process.pid; pid > 1 && !ours.has(pid); pid = all.find((seen) => seen.pid === pid)?.parent ?? 0)
      ours.add(pid);
    return all.filter((seen) => !ours.has(seen.pid) && matches(seen));
  };
  let left = await find();
  if (left.length === 0) return;
  for (const { pid } of left) signalProcess(pid, 'SIGTERM');
  const until = performance.now() + 2000;
  while (left.length > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    left = await find();
  }
  for (const { pid } of left) signalProcess(pid, 'SIGKILL');
}

async function seeProcesses(): Promise<readonly SeenProcess[]> {
  const names = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const seen = await Promise.all(
    names.map(async (name): Promise<Omit<SeenProcess, 'led'> | null> => {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      // The program name may hold spaces and brackets: fields are counted from the last bracket.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (stat === '' || fields[0] === 'Z') return null;
      const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
      const runId = /(?:^|\0)SLICEWAVE_RUN_ID=([^\0]*)/.exec(environment)?.[1] ?? null;
      return {
        pid: Number(name),
        parent: Number(fields[1]),
        group: Number(fields[2]),
        started: fields[19] ?? '',
        runId,
      };
    }),
  );
  const living = seen.filter((process_) => process_ !== null);
  const pids = new Set(living.map(({ pid }) => pid));
  return living.map((process_) => ({ ...process_, led: pids.has(process_.group) }));
}
