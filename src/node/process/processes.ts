import { type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import spawn from 'cross-spawn';
import { Output } from './output.ts';
import { canMark, markArguments } from './run-mark.ts';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Makes of a command the one that runs it confined by the operating system. */
export interface Confining {
  /** Whether nothing that was started in it outlives the command. */
  readonly endsAll: boolean;
  enter(command: Command): Promise<Command>;
}

export interface SpawnRequest extends Command {
  /** Absent or `null`: the program may what this process may. */
  readonly confined?: Confining | null;
  /** The run it is part of: what it starts and leaves behind is known by that, see {@link markArguments}. */
  readonly runId?: string;
  /** File for standard input; absent: closed. */
  readonly stdinFile?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds; the group is ended when they have passed. */
  readonly timeout?: number;
  /** For a program that does not wait until what it says is read, see {@link Output.open}. */
  readonly outputIntoFile?: boolean;
  readonly onStdout?: (chunk: string) => void;
  readonly onStderr?: (chunk: string) => void;
  readonly onSpawn?: (pid: number) => void;
}

export interface SpawnOutcome {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly outcome: 'exited' | 'not-found' | 'timed-out' | 'aborted';
  readonly error: string | null;
  readonly durationMs: number;
}

/**
 * Runs a program without a shell, in a process group of its own, so that whatever it started ends with it. Never
 * rejects: a program that cannot be started is an outcome.
 */
export async function runProcess(request: SpawnRequest): Promise<SpawnOutcome> {
  const began = performance.now();
  if (request.signal?.aborted) return notStarted('aborted', null);
  let stdin: number | 'ignore' = 'ignore';
  let output: Output | null = null;
  try {
    const command = await prepared(request);
    if (typeof command === 'string') return notStarted('not-found', command);
    if (request.stdinFile) stdin = openSync(request.stdinFile, 'r');
    const written = (output = await Output.open(request.outputIntoFile ?? false));
    if (request.signal?.aborted) return notStarted('aborted', null);
    const child = spawn(command.program, [...command.args], {
      cwd: command.cwd,
      env: { ...command.env },
      stdio: [stdin, ...written.writeEnds],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    return await new Promise<SpawnOutcome>((resolve) => {
      let outcome: SpawnOutcome['outcome'] = 'exited';
      let error: string | null = null;
      let patience: NodeJS.Timeout | undefined;
      const end = (why: 'timed-out' | 'aborted'): void => {
        if (outcome === 'exited') outcome = why;
        if (!request.confined || !endConfined(child)) endGroup(child, 'SIGTERM');
        patience ??= setTimeout(() => endGroup(child, 'SIGKILL'), 3000);
      };
      const abort = (): void => end('aborted');
      request.signal?.addEventListener('abort', abort, { once: true });
      const clock = request.timeout ? setTimeout(() => end('timed-out'), request.timeout) : undefined;
      child.once('spawn', () => {
        if (child.pid !== undefined) request.onSpawn?.(child.pid);
      });
      written.read(child, request.onStdout, request.onStderr);
      const finish = (exitCode: number | null, signal: string | null): void => {
        clearTimeout(clock);
        clearTimeout(patience);
        request.signal?.removeEventListener('abort', abort);
        resolve({ exitCode, signal, outcome, error, durationMs: Math.round(performance.now() - began) });
      };
      child.once('error', (cause: NodeJS.ErrnoException) => {
        if (child.pid !== undefined) return;
        error = cause.message;
        outcome = cause.code === 'ENOENT' || cause.code === 'EACCES' ? 'not-found' : 'exited';
        finish(null, null);
      });
      child.once('exit', (exitCode, signal) => {
        // What the program left behind in its group (a dev server, a watcher) must not outlive the attempt, and must
        // not hold its output open for ever either.
        endGroup(child, 'SIGTERM');
        const leftBehind = setTimeout(() => {
          endGroup(child, 'SIGKILL');
          void written.cut();
        }, 1000);
        void written.ended().then(() => {
          clearTimeout(leftBehind);
          finish(exitCode, signal);
        });
      });
    });
  } finally {
    if (typeof stdin === 'number') closeSync(stdin);
    output?.close();
  }
}

function notStarted(outcome: SpawnOutcome['outcome'], error: string | null): SpawnOutcome {
  return { exitCode: null, signal: null, outcome, error, durationMs: 0 };
}

/**
 * The command as it is to be started, or why it cannot be: a program that starts another one is always there, and would
 * only say in its own words that the one it was given is not.
 */
async function prepared(request: SpawnRequest): Promise<Command | string> {
  const { program, args, cwd, env, confined, runId } = request;
  // What leaves a sandbox's process namespace behind ends with it.
  const marker = confined || runId === undefined ? null : await (marking ??= findMarker());
  if (!confined && marker === null) return request;
  // A name with a directory in it is looked up from where the command runs.
  const name = program.includes('/') ? path.resolve(cwd, program) : program;
  if ((await findProgram(name, env)) === null) return `spawn ${program} ENOENT`;
  if (confined) return confined.enter({ program, args, cwd, env });
  return { program: marker ?? '', args: [...markArguments(runId ?? ''), program, ...args], cwd, env };
}

let marking: Promise<string | null> | undefined;

/** `prlimit` of util-linux, where this process can give marks with it. */
async function findMarker(): Promise<string | null> {
  return process.platform === 'linux' && (await canMark()) ? findProgram('prlimit', environment()) : null;
}

/**
 * Asks what runs in bubblewrap to end, which its own process would answer by killing it. Below that one stands the
 * first process of the namespace, and below it the program with its group. `false`: they cannot be found.
 */
function endConfined(child: ChildProcess): boolean {
  const children = (pid: number): readonly number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  try {
    // It leads the program's group, and ignores the signal itself, as the first process of a namespace does.
    const first = children(child.pid ?? 0);
    for (const pid of first) process.kill(-pid, 'SIGTERM');
    return first.length > 0;
  } catch {
    return false;
  }
}

function endGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // The group is gone already, which is what was asked for.
  }
}

/** Finds a program on the path as the system would. `null` when there is none. */
export async function findProgram(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | null> {
  const { access, constants } = await import('node:fs/promises');
  const usable = async (file: string): Promise<boolean> =>
    access(file, process.platform === 'win32' ? constants.F_OK : constants.X_OK).then(
      () => true,
      () => false,
    );
  if (path.isAbsolute(name) || name.includes('/')) return (await usable(name)) ? path.resolve(name) : null;
  const extensions = process.platform === 'win32' ? (env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';') : [''];
  for (const dir of (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter)) {
    if (dir === '') continue;
    for (const extension of extensions) {
      const file = path.join(dir, name + extension);
      if (await usable(file)) return file;
    }
  }
  return null;
}

/**
 * The environment for agents, checks and other programs: without the variables by which a git that started us (as a hook
 * or an alias) names its own repository, index and files; theirs would be changed.
 */
export function environment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(process.env))
    if (value !== undefined && !OF_ANOTHER_GIT.test(key) && key !== AS_NODE) env[key] = value;
  return env;
}

/**
 * The environment that agents and checks are given theirs from: without what steers the tool itself, which would steer
 * what they start of it too.
 */
export function givenEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment()).filter(([key]) => key !== 'SLICEWAVE_SANDBOX' && key !== 'SLICEWAVE_WORKTREES'),
  );
}

/** Makes VS Code's own program a Node. Who inherits it starts no editor any more, and no other Electron program. */
const AS_NODE = 'ELECTRON_RUN_AS_NODE';

/** What the program that runs this needs in its environment to run it again. */
export function nodeVariables(electron = process.versions['electron']): Readonly<Record<string, string>> {
  return electron === undefined ? {} : { [AS_NODE]: '1' };
}

/** `git rev-parse --local-env-vars`, but for settings that the user gives every git in this way. */
const OF_ANOTHER_GIT =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|INDEX_VERSION|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|NAMESPACE|PREFIX|CONFIG|CONFIG_PARAMETERS|IMPLICIT_WORK_TREE|GRAFT_FILE|SHALLOW_FILE|NO_REPLACE_OBJECTS|REPLACE_REF_BASE|QUARANTINE_PATH|ATTR_SOURCE|INTERNAL_.*|EXEC_PATH|LITERAL_PATHSPECS|GLOB_PATHSPECS|NOGLOB_PATHSPECS|ICASE_PATHSPECS|REFLOG_ACTION)$/;
