import { statSync } from 'node:fs';
import { inside } from '../paths.ts';
import { namesIn, targetOf, textOf } from './proc.ts';
import { ancestry, seeProcesses, type SeenProcess } from './process-table.ts';
import { statIn } from './process-stat.ts';

/**
 * Whether nobody but runs, and what runs were started by, is at work in a directory: no shell or editor stands there,
 * holds a file of it or watches it. `false` where that cannot be seen (without `/proc`, or in an editor's terminal, whose
 * editor need not be a process of this machine).
 */
export function isAloneIn(dir: string): boolean {
  if (process.platform !== 'linux' || isInEditor(process.env)) return false;
  const all = seeProcesses();
  const byPid = new Map(all.map((seen) => [seen.pid, seen]));
  const me = byPid.get(process.pid);
  if (!me) return false;
  const line = ancestry(me, byPid);
  const groups = new Set(line.map(({ group }) => group));
  const pids = new Set(line.map(({ pid }) => pid));
  const mark = watchMark(dir);
  return !all.some((seen) => {
    if (pids.has(seen.pid)) return isTypedInto(seen, groups) && worksIn(seen.pid, dir, mark);
    if (groups.has(seen.group)) return false;
    // The cheap question first: hardly any process has to do with the directory.
    return (
      worksIn(seen.pid, dir, mark) &&
      !ancestry(seen, byPid).some((above) => above.pid === process.pid || isOfRun(above))
    );
  });
}

/**
 * Files that this was started to write to, as `slicewave run plan > run.txt` and `... | tee run.txt` do:
 * what its starters, and those in one pipeline with them, hold open for writing. What a run started is none of these.
 * Absolute paths; none where that cannot be seen.
 */
export function outputs(): ReadonlySet<string> {
  const found = new Set<string>();
  if (process.platform !== 'linux') return found;
  const all = seeProcesses();
  const byPid = new Map(all.map((seen) => [seen.pid, seen]));
  const me = byPid.get(process.pid);
  const groups = new Set(me ? ancestry(me, byPid).map(({ group }) => group) : []);
  for (const { pid, group, runId, checkOf, limit } of all) {
    if (!groups.has(group) || runId !== null || checkOf !== null || limit !== null) continue;
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      const target = targetOf(`/proc/${pid}/fd/${fd}`);
      if (target.startsWith('/') && isForWriting(textOf(`/proc/${pid}/fdinfo/${fd}`))) found.add(target);
    }
  }
  return found;
}

/** By what the system shows of an open file: its flags in octal, of which the last two bits tell. */
function isForWriting(fdinfo: string): boolean {
  const flags = /^flags:\s*([0-7]+)/m.exec(fdinfo)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0;
}

function isInEditor(env: NodeJS.ProcessEnv): boolean {
  return (
    env['TERM_PROGRAM'] === 'vscode' ||
    env['TERMINAL_EMULATOR'] !== undefined ||
    Object.keys(env).some((name) => name.startsWith('VSCODE_'))
  );
}

/** What a run started, by its marks, or a command of this very program: a runner, and the git that one calls. */
function isOfRun({ pid, runId, checkOf, limit }: SeenProcess): boolean {
  if (runId !== null || checkOf !== null || limit !== null) return true;
  const script = process.argv[1];
  return script !== undefined && textOf(`/proc/${pid}/cmdline`).split('\0', 3).includes(script);
}

/** Whether a shell that this was started from has its terminal for itself again: the command runs in the background. */
function isTypedInto({ pid, terminal }: SeenProcess, groups: ReadonlySet<number>): boolean {
  if (terminal === 0) return false;
  const foreground = Number(statIn(textOf(`/proc/${pid}/stat`))?.fields[5] ?? 0);
  return foreground > 0 && !groups.has(foreground);
}

function worksIn(pid: number, dir: string, mark: string | null): boolean {
  const place = targetOf(`/proc/${pid}/cwd`);
  if (place !== '' && inside(dir, place)) return true;
  return namesIn(`/proc/${pid}/fd`).some((fd) => {
    const target = targetOf(`/proc/${pid}/fd/${fd}`);
    if (target.startsWith('/')) return inside(dir, target);
    return mark !== null && target === 'anon_inode:inotify' && textOf(`/proc/${pid}/fdinfo/${fd}`).includes(mark);
  });
}

/** How a watch on the directory is shown: by its inode, in hexadecimal. */
function watchMark(dir: string): string | null {
  try {
    return ` ino:${statSync(dir).ino.toString(16)} `;
  } catch {
    return null;
  }
}
