import spawn from 'cross-spawn';
import { environment, nodeVariables } from '../process/processes.ts';

/** How one attempt's runner process is started: as a child process (CLI) or in a terminal (VS Code). */
export interface Launcher {
  /**
   * Starts `slicewave exec <plan> <slice>` (argv in `args`, to be run by `program`) in `cwd` and resolves when it has
   * ended.
   */
  launch(command: LaunchCommand): Promise<RunnerEnd>;
}

/** How a runner's process ended. */
export interface RunnerEnd {
  /** `null`: ended without one (closed, killed). */
  readonly exitCode: number | null;
  /** What it printed to standard error, or its last part; empty where nobody could see that. */
  readonly said: string;
}

export interface LaunchCommand {
  /** The slice, or the checkpoint (`MP1`, `wave-2`). */
  readonly node: string;
  readonly title: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /**
   * When it aborts, the runner is asked to end (SIGTERM), however far it has come: it belongs to whoever launched it, also
   * before anything tells of its run.
   */
  readonly signal: AbortSignal;
}

/**
 * Starts runners as child processes in groups of their own: a Ctrl-C in the terminal reaches the scheduler, which ends
 * them properly, and a killed scheduler leaves them running. `onProblem` gets what a runner printed to standard error,
 * which it does only when it could not do its work at all.
 */
export function childLauncher(onProblem: (node: string, text: string) => void): Launcher {
  return {
    launch: (command) =>
      new Promise((resolve) => {
        const child = spawn(command.program, [...command.args], {
          cwd: command.cwd,
          env: { ...environment(), ...command.env, ...nodeVariables() },
          stdio: ['ignore', 'ignore', 'pipe'],
          detached: process.platform !== 'win32',
          windowsHide: true,
        });
        const end = (): void => void child.kill('SIGTERM');
        command.signal.addEventListener('abort', end, { once: true });
        let errors = '';
        child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (errors = (errors + chunk).slice(-4000)));
        child.once('error', (error) => {
          onProblem(command.node, error.message);
          resolve({ exitCode: null, said: error.message });
        });
        child.once('close', (code) => {
          command.signal.removeEventListener('abort', end);
          if (errors.trim() !== '') onProblem(command.node, errors.trim());
          resolve({ exitCode: code, said: errors });
        });
      }),
  };
}
