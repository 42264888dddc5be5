import * as vscode from 'vscode';
import type { LaunchCommand, Launcher, RunnerEnd } from '../../node/run/launcher.ts';
import type { Settings } from '../settings.ts';

/** Asks the process of a terminal, which is its runner, to end. */
function endProcess(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended, which is what was asked for.
  }
}

/** Where the engine and its runners put worktrees. */
export const WORKTREES_VARIABLE = 'SLICEWAVE_WORKTREES';

/**
 * Starts runners in terminals: one terminal for each attempt, whose process *is* the runner. Nothing is typed into it,
 * and its exit code is the only thing that is read from it.
 */
export class TerminalLauncher implements Launcher {
  /** Settings are read at each launch, so that a change holds from the next slice on. */
  readonly #settings: () => Pick<Settings, 'revealTerminal' | 'worktreeRoot'>;
  readonly #running = new Map<
    vscode.Terminal,
    { readonly node: string; readonly ended: (code: number | null) => void }
  >();
  readonly #closed: vscode.Disposable;
  #shown = false;

  constructor(settings: () => Pick<Settings, 'revealTerminal' | 'worktreeRoot'>) {
    this.#settings = settings;
    this.#closed = vscode.window.onDidCloseTerminal((terminal) => {
      const entry = this.#running.get(terminal);
      if (!entry) return;
      this.#running.delete(terminal);
      if (this.#running.size === 0) this.#shown = false;
      entry.ended(terminal.exitStatus?.code ?? null);
    });
  }

  launch(command: LaunchCommand): Promise<RunnerEnd> {
    // The runner may be any slicewave, but ours runs on VS Code's own Node: nobody needs to have one installed.
    const asNode = command.program === process.execPath ? { ELECTRON_RUN_AS_NODE: '1' } : {};
    const { revealTerminal, worktreeRoot } = this.#settings();
    // Terminals do not inherit what the extension host has in its environment.
    const worktrees = worktreeRoot === null ? {} : { [WORKTREES_VARIABLE]: worktreeRoot };
    return new Promise((ended) => {
      const terminal = vscode.window.createTerminal({
        name: `${command.node} ${command.title}`.trim(),
        shellPath: command.program,
        shellArgs: [...command.args],
        cwd: command.cwd,
        env: { ...worktrees, ...command.env, ...asNode },
        iconPath: new vscode.ThemeIcon('layers'),
        isTransient: true,
      });
      const end = (): void => void terminal.processId.then((pid) => endProcess(pid));
      command.signal.addEventListener('abort', end, { once: true });
      this.#running.set(terminal, {
        node: command.node,
        ended: (code) => {
          command.signal.removeEventListener('abort', end);
          ended({ exitCode: code, said: '' });
        },
      });
      if (revealTerminal === 'always' || (revealTerminal === 'first' && !this.#shown)) {
        this.#shown = true;
        terminal.show(true);
      }
    });
  }

  /** Brings a slice's terminal to the front; `false` when it has none in this window. */
  show(slice: string): boolean {
    for (const [terminal, entry] of this.#running) {
      if (entry.node !== slice) continue;
      terminal.show();
      return true;
    }
    return false;
  }

  dispose(): void {
    this.#closed.dispose();
  }
}
