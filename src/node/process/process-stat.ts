import { readFile } from 'node:fs/promises';

/** Its program's name, and the fields of `/proc/<pid>/stat` from the third on; `null` when it has ended, or without `/proc`. */
export async function statOf(
  pid: number,
): Promise<{ readonly name: string; readonly fields: readonly string[] } | null> {
  return statIn(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
}

/** The same, of the text of that file; empty: it was not to be read. */
export function statIn(stat: string): { readonly name: string; readonly fields: readonly string[] } | null {
  // The program name may hold spaces and brackets: fields are counted from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '' || fields[0] === 'Z') return null;
  return { name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')), fields };
}

/** Of the fields of {@link statOf}, when the process started: clock ticks since boot. */
export const STARTED = 19;

/** When a process started, as the system says it; empty where that is not to be had. */
export async function startOf(pid: number): Promise<string> {
  return (await statOf(pid))?.fields[STARTED] ?? '';
}
