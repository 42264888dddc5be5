import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';
import { STARTED, statOf } from './processes.ts';

/** What `/proc` says of one process. */
export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Number of its controlling terminal; 0: it has none. */
  readonly terminal: number;
  readonly started: string;
  /** Whether the leader of its group lives. */
  readonly led: boolean;
  /** Its program, as the system shortens it. */
  readonly name: string;
  /** `SLICEWAVE_RUN_ID` of its environment. */
  readonly runId: string | null;
  /** The mark of the run whose check it is: those are told by their temporary directory. */
  readonly checkOf: string | null;
  /** `SLICEWAVE_WORKTREE` of its environment. */
  readonly worktree: string | null;
}

/** Stands for a run in the name of the directory that its checks have for their home: short, for sockets are put there. */
export function checkMark(runId: string): string {
  return createHash('sha256').update(runId).digest('hex').slice(0, 12);
}

/** Whether a run started it, by the marks that it has. */
export function isOfRun(seen: SeenProcess, runId: string): boolean {
  return seen.runId === runId || (seen.checkOf !== null && seen.checkOf === checkMark(runId));
}

/** Ends matching processes: asked first (git takes its lock files away), killed after two seconds. Never ourselves. */
export async function endProcesses(matches: (seen: SeenProcess) => boolean): Promise<readonly SeenProcess[]> {
  const find = async (): Promise<readonly SeenProcess[]> => {
    const all = await seeProcesses();
    const ours = new Set<number>();
    for (let pid = process.pid; pid > 1 && !ours.has(pid); pid = all.find((seen) => seen.pid === pid)?.parent ?? 0)
      ours.add(pid);
    return all.filter((seen) => !ours.has(seen.pid) && matches(seen));
  };
  const found = await find();
  let left = found;
  if (left.length === 0) return [];
  for (const { pid } of left) signalProcess(pid, 'SIGTERM');
  const until = performance.now() + 2000;
  while (left.length > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    left = await find();
  }
  for (const { pid } of left) signalProcess(pid, 'SIGKILL');
  return found;
}

/** The living processes, as far as `/proc` shows them. */
export async function seeProcesses(): Promise<readonly SeenProcess[]> {
  const names = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const seen = await Promise.all(
    names.map(async (name): Promise<Omit<SeenProcess, 'led'> | null> => {
      const stat = await statOf(Number(name));
      if (!stat) return null;
      const { fields } = stat;
      const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
      const valueOf = (name_: string): string | null =>
        new RegExp(`(?:^|\\0)${name_}=([^\\0]*)`).exec(environment)?.[1] ?? null;
      return {
        pid: Number(name),
        parent: Number(fields[1]),
        group: Number(fields[2]),
        session: Number(fields[3]),
        terminal: Number(fields[4]),
        started: fields[STARTED] ?? '',
        name: stat.name,
        runId: valueOf('SLICEWAVE_RUN_ID'),
        checkOf: /(?:^|\0)TMPDIR=[^\0]*\/tmp-([\da-f]{12})-[^\0/]+\/tmp(?:\0|$)/.exec(environment)?.[1] ?? null,
        worktree: valueOf('SLICEWAVE_WORKTREE'),
      };
    }),
  );
  const living = seen.filter((process_) => process_ !== null);
  const pids = new Set(living.map(({ pid }) => pid));
  return living.map((process_) => ({ ...process_, led: pids.has(process_.group) }));
}

/** Signals a process; one that has ended in the same moment is none. */
export function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Ended in the same moment.
  }
}
