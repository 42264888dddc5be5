import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { namesIn, targetOf, textOf } from './proc.ts';
import { STARTED, statIn } from './process-stat.ts';
import { limitIn, limitOfRun } from './run-mark.ts';

/** What the system says of one process. */
export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Number of its controlling terminal; 0: it has none. */
  readonly terminal: number;
  /** In clock ticks since the system started; empty where that is not to be had. */
  readonly started: string;
  /** Whether the leader of its group lives. */
  readonly led: boolean;
  /** Its program, as the system shortens it. */
  readonly name: string;
  /** `SLICEWAVE_RUN_ID` of its environment. */
  readonly runId: string | null;
  /** The mark of the run whose check it is: those are told by their temporary directory. */
  readonly checkOf: string | null;
  /** The mark of a run that it cannot have taken off, as {@link limitOfRun} has it. */
  readonly limit: string | null;
  /** `SLICEWAVE_WORKTREE` of its environment. */
  readonly worktree: string | null;
}

/** Stands for a run in the name of the directory that its checks have for their home: short, for sockets are put there. */
export function checkMark(runId: string): string {
  return createHash('sha256').update(runId).digest('hex').slice(0, 12);
}

/** Tells the processes that one of these runs started, by the marks that they have. */
export function ofRuns(runIds: readonly string[]): (seen: SeenProcess) => boolean {
  const ids = new Set(runIds);
  const checks = new Set(runIds.map(checkMark));
  const limits = new Set(runIds.map(limitOfRun));
  return ({ runId, checkOf, limit }) =>
    (runId !== null && ids.has(runId)) ||
    (checkOf !== null && checks.has(checkOf)) ||
    (limit !== null && limits.has(limit));
}

/** Runs that began in this process. */
const begunHere = new Set<string>();

/** Notes that a run begins in this process, so that nothing older than that is ever one of its processes. */
export function beginsHere(runId: string): void {
  begunHere.add(runId);
}

/** Ends what a run left running, as {@link endProcesses} does. */
export function endRun(runId: string): Promise<readonly SeenProcess[]> {
  const own = begunHere.has(runId) ? statIn(textOf('/proc/self/stat'))?.fields[STARTED] : undefined;
  return endProcesses(ofRuns([runId]), Number(own ?? 0));
}

/** How often what started more of its kind in the moment of its end is looked for again. */
const ROUNDS = 50;

/**
 * Ends matching processes: asked first (git takes its lock files away), killed after two seconds. Never ourselves. Comes
 * back when none is left; what cannot be killed (it hangs in the kernel) is not waited for longer than a second. `since`:
 * as {@link seeProcesses} has it.
 */
export async function endProcesses(
  matches: (seen: SeenProcess) => boolean,
  since = 0,
): Promise<readonly SeenProcess[]> {
  const find = (): readonly SeenProcess[] => {
    const all = seeProcesses(since);
    const byPid = new Map(all.map((seen) => [seen.pid, seen]));
    const me = byPid.get(process.pid);
    const ours = new Set(me ? ancestry(me, byPid) : []);
    return all.filter((seen) => seen.pid !== process.pid && !ours.has(seen) && matches(seen));
  };
  const found = find();
  let left = found;
  if (left.length === 0) return [];
  for (const { pid } of left) signalProcess(pid, 'SIGTERM');
  const until = performance.now() + 2000;
  while (left.length > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    left = find();
  }
  for (let round = 0; left.length > 0 && round < ROUNDS; round++) {
    for (const { pid } of left) signalProcess(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 20));
    left = find();
  }
  return found;
}

/**
 * The living processes, as far as `/proc` shows them, or `ps` on macOS. Read without giving way: a file of `/proc` is
 * answered from memory, and waiting for it would cost more than reading it does. `since` (clock ticks): the marks of
 * those that started earlier are not read, as if they had none.
 */
export function seeProcesses(since = 0): readonly SeenProcess[] {
  const seen = process.platform === 'darwin' ? readPs(processStatus()) : inProc(since);
  const pids = new Set(seen.map(({ pid }) => pid));
  return seen.map((process_) => ({ ...process_, led: pids.has(process_.group) }));
}

/** From the process itself to the one that the system's first process is left with. */
export function ancestry(process_: SeenProcess, byPid: ReadonlyMap<number, SeenProcess>): readonly SeenProcess[] {
  const line = [process_];
  for (let at = byPid.get(process_.parent); at && at.pid > 1 && !line.includes(at); at = byPid.get(at.parent))
    line.push(at);
  return line;
}

type Unled = Omit<SeenProcess, 'led'>;

function inProc(since: number): readonly Unled[] {
  return namesIn('/proc').flatMap((name): readonly Unled[] => {
    if (!/^\d+$/.test(name)) return [];
    const stat = statIn(textOf(`/proc/${name}/stat`));
    if (!stat) return [];
    const { fields } = stat;
    const isMarked = Number(fields[STARTED]) >= since;
    const environment = isMarked ? textOf(`/proc/${name}/environ`).split('\0') : [];
    return [
      {
        pid: Number(name),
        parent: Number(fields[1]),
        group: Number(fields[2]),
        session: Number(fields[3]),
        terminal: Number(fields[4]),
        started: fields[STARTED] ?? '',
        name: stat.name,
        limit: isMarked ? limitIn(textOf(`/proc/${name}/limits`)) : null,
        ...marksIn(environment),
      },
    ];
  });
}

/** The temporary directory that a check's environment names. */
const OF_CHECK = /\/tmp-([\da-f]{12})-[^/]+\/tmp$/;

/** `entries`: the environment, or words in which it stands. */
function marksIn(entries: readonly string[]): Pick<SeenProcess, 'runId' | 'checkOf' | 'worktree'> {
  const valueOf = (name: string): string | null =>
    entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  return {
    runId: valueOf('SLICEWAVE_RUN_ID'),
    checkOf: OF_CHECK.exec(valueOf('TMPDIR') ?? '')?.[1] ?? null,
    worktree: valueOf('SLICEWAVE_WORKTREE'),
  };
}

function processStatus(): string {
  try {
    const args = ['-axwwE', '-o', 'pid=,ppid=,pgid=,state=,tty=,command='];
    return execFileSync('/bin/ps', args, {
      encoding: 'latin1',
      maxBuffer: 64 << 20,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}

/** Reads what macOS' `ps` says; it shows an environment behind its command, and none of Apple's own programs. */
export function readPs(text: string): readonly Unled[] {
  return text.split('\n').flatMap((line): readonly Unled[] => {
    const [pid, parent, group, state = '', tty = '', ...words] = line.trim().split(/\s+/);
    const [program = ''] = words;
    if (program === '' || state.startsWith('Z')) return [];
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        session: 0,
        terminal: /^\?+$/.test(tty) ? 0 : 1,
        started: '',
        name: program.slice(program.lastIndexOf('/') + 1),
        limit: null,
        ...marksIn(words),
      },
    ];
  });
}

/**
 * Processes without a mark that work in one of these directories (stand there, run a program or hold a file of it),
 * started since `since` (clock ticks), and were cut off from whoever started them. That may have been a run, by way of a
 * service of the system that knows no marks, or a person: nobody can tell, so nobody ends them. Needs `/proc`.
 */
export function strangersIn(dirs: readonly string[], since: string): readonly SeenProcess[] {
  if (since === '' || process.platform !== 'linux') return [];
  const all = seeProcesses(Infinity);
  const names = new Map(all.map(({ pid, name }) => [pid, name]));
  const isBelow = (place: string): boolean => dirs.some((dir) => place === dir || place.startsWith(`${dir}/`));
  return all.filter(({ pid, parent, terminal, started }) => {
    const isCutOff = parent === 1 || /^(?:systemd|init)$/.test(names.get(parent) ?? '');
    if (!isCutOff || terminal !== 0 || pid === process.pid || Number(started) < Number(since)) return false;
    const files = ['cwd', 'exe', ...namesIn(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`)];
    return files.some((file) => isBelow(targetOf(`/proc/${pid}/${file}`)));
  });
}

/** Signals a process; one that has ended in the same moment is none. */
export function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Ended in the same moment.
  }
}
