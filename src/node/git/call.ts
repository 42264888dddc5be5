import { execFile } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { simpleGit } from 'simple-git';

/** One git process: everything about it is fixed by the door (`git.ts`) before it comes here. */
export interface GitCall {
  readonly program: string;
  readonly args: readonly string[];
  /** Absolute: where it stands. */
  readonly cwd: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly input: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Takes the output as it comes; then none is given back. */
  readonly onStdout: ((chunk: string) => void) | undefined;
  /** Milliseconds; absent: as long as any command may take. */
  readonly timeLimit: number | undefined;
}

export interface GitAnswer {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Generous: a checkout of a large repository over a slow disk ends in it, a program that waits for a person does not. */
const TIME_LIMIT = 30 * 60_000;
/** The exit code that stands for a command that was ended because its time was up, or because it was cancelled. */
const ENDED = -2;
/** The exit code that stands for a git that could not be started. */
const NOT_STARTED = -1;

/** What simple-git asks about is decided by the door: no argument, setting or variable comes from user input. */
const DECIDED = {
  allowUnsafeAlias: true,
  allowUnsafeAskPass: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCustomBinary: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeDiffExternal: true,
  allowUnsafeDiffTextConv: true,
  allowUnsafeEditor: true,
  allowUnsafeFilter: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeGitProxy: true,
  allowUnsafeGpgProgram: true,
  allowUnsafeHooksPath: true,
  allowUnsafeInclude: true,
  allowUnsafeMergeDriver: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeSubmodule: true,
  allowUnsafeTemplateDir: true,
  allowUnsafeUrlRewrite: true,
} as const;

const NOTHING = Buffer.alloc(0);

/** Runs one git, without a shell. Never rejects: what went wrong is in the exit code and on standard error. */
export async function callGit(request: GitCall): Promise<GitAnswer> {
  // simple-git leaves standard input open when there is nothing to write, and git waits for its end.
  if (request.input === '') return callWithoutInput(request);
  if (request.signal?.aborted) return { exitCode: ENDED, stdout: Buffer.alloc(0), stderr: 'it was cancelled' };
  const timer = new AbortController();
  const timeLimit = request.timeLimit ?? TIME_LIMIT;
  const limit = setTimeout(() => timer.abort(), timeLimit);
  let exitCode = NOT_STARTED;
  let stdout: readonly Buffer[] = [];
  let stderr = '';
  const { input, onStdout } = request;
  const git = simpleGit({
    baseDir: request.cwd,
    binary: request.program,
    allowEnvironment: Object.keys(request.env),
    unsafe: DECIDED,
    abort: request.signal ? AbortSignal.any([request.signal, timer.signal]) : timer.signal,
    completion: { onClose: true, onExit: false },
    ...(input === undefined ? {} : { input: () => input }),
    errors(error, result) {
      exitCode = result.exitCode;
      stdout = result.stdOut;
      stderr = Buffer.concat(result.stdErr).toString('utf8');
      return error && !(error instanceof Buffer) && result.exitCode === 0 ? error : undefined;
    },
  }).env(request.env);
  // simple-git reads the same stream as bytes: its encoding may not be set.
  const decoder = new StringDecoder('utf8');
  git.outputHandler((_command, out) => {
    if (onStdout) out.on('data', (chunk: Buffer) => onStdout(decoder.write(chunk)));
    // After a command that printed nothing it waits for 50 ms more, unless there was a chunk, be it an empty one.
    out.on('end', () => out.emit('data', NOTHING));
  });
  try {
    await git.raw([...request.args]);
  } catch (error) {
    stderr ||= error instanceof Error ? error.message : String(error);
    if (exitCode === 0) exitCode = NOT_STARTED;
  } finally {
    clearTimeout(limit);
  }
  if (timer.signal.aborted) return { exitCode: ENDED, stdout: Buffer.alloc(0), stderr: tooLong(timeLimit) };
  if (request.signal?.aborted) return { exitCode: ENDED, stdout: Buffer.alloc(0), stderr: 'it was cancelled' };
  return { exitCode, stdout: onStdout ? Buffer.alloc(0) : Buffer.concat(stdout), stderr };
}

function tooLong(limit: number): string {
  return limit < 60_000 ? `it did not end in ${limit / 1000} seconds` : `it did not end in ${limit / 60_000} minutes`;
}

function callWithoutInput({ program, args, cwd, env, signal, timeLimit = TIME_LIMIT }: GitCall): Promise<GitAnswer> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...args],
      {
        cwd,
        env,
        encoding: 'buffer',
        maxBuffer: Infinity,
        timeout: timeLimit,
        windowsHide: true,
        ...(signal ? { signal } : {}),
      },
      (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : child.exitCode;
        // Only its time limit makes Node end it without a signal of ours.
        const isOver = error?.killed === true && signal?.aborted !== true;
        resolve({
          exitCode: isOver ? ENDED : (code ?? (signal?.aborted ? ENDED : NOT_STARTED)),
          stdout,
          stderr: isOver ? tooLong(timeLimit) : stderr.toString('utf8') || (error?.message ?? ''),
        });
      },
    );
    // A git that ends early has said why in its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end();
  });
}
