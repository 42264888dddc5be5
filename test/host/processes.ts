/**
 * Finding and ending what a test server started. Every such process inherits one environment variable with a unique
 * value, so even a process that left its group and its parent is found, and no process of anyone else can be.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The environment variable that marks a process as belonging to one test server; its value is the server's folder. */
export const markVariable = 'SLICEWAVE_TEST_HOST';

export type MarkedProcess = { readonly pid: number; readonly command: string };

/** The living processes that carry this mark, by pid. */
export function markedProcesses(mark: string): readonly MarkedProcess[] {
  const wanted = `${markVariable}=${mark}`;
  const found: MarkedProcess[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!pid || pid === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(wanted)) continue;
      found.push({ pid, command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() });
    } catch {
      // Ended in the meantime, or not ours to read: not one of those we started.
    }
  }
  return found.toSorted((a, b) => a.pid - b.pid);
}

/**
 * Ends every process with this mark: first `leader` alone, so that the others can end in good order (an extension host
 * writes its coverage then), then all of them, then all of them by force. Resolves when none is left.
 */
export async function endMarkedProcesses(mark: string, leader?: number): Promise<void> {
  const patience = leader === undefined ? 0 : 3_000;
  if (leader !== undefined) signal(leader, 'SIGTERM');
  if (await noneLeft(mark, patience)) return;
  for (const { pid } of markedProcesses(mark)) signal(pid, 'SIGTERM');
  if (await noneLeft(mark, 1_000)) return;
  do {
    for (const { pid } of markedProcesses(mark)) signal(pid, 'SIGKILL');
  } while (!(await noneLeft(mark, 200)));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Already gone.
  }
}

async function noneLeft(mark: string, patience: number): Promise<boolean> {
  const end = performance.now() + patience;
  while (markedProcesses(mark).length > 0) {
    if (performance.now() >= end) return false;
    await delay(25);
  }
  return true;
}
