import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * A mark that a process cannot take off: a hard resource limit, which goes on to everything that it starts, whatever
 * session, environment or directory that has, and which only the system's administrator can raise again. The limit is
 * that of real-time scheduling without a pause, in microseconds: at this height (over 140 years) it limits nothing.
 */
const LOWEST = 2 ** 52;
const MARKS = 2 ** 48;

/** The limit that marks the processes of a run, as `/proc/<pid>/limits` shows it. */
export function limitOfRun(runId: string): string {
  const number = Number.parseInt(createHash('sha256').update(runId).digest('hex').slice(0, 12), 16);
  return String(LOWEST + number);
}

/** The mark in the text of `/proc/<pid>/limits`; `null`: it has none. */
export function limitIn(text: string): string | null {
  const hard = /^Max realtime timeout +\S+ +(\d{16})\b/m.exec(text)?.[1];
  return hard !== undefined && Number(hard) >= LOWEST && Number(hard) < LOWEST + MARKS ? hard : null;
}

/** Arguments for `prlimit` that start a program with a run's mark. */
export function markArguments(runId: string): readonly string[] {
  const limit = limitOfRun(runId);
  return [`--rttime=${limit}:${limit}`, '--'];
}

/**
 * Whether this process can give marks: what is marked itself, as part of another run, keeps that mark, and what has a
 * lower limit cannot have a higher one.
 */
export async function canMark(): Promise<boolean> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  return /^Max realtime timeout +\S+ +unlimited\b/m.test(limits);
}
