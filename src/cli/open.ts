import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Result } from '../core/text/result.ts';
import { success } from '../core/text/result.ts';
import { openEngine, type OpenEngine } from '../node/engine.ts';
import { type EngineFailure, fail } from '../node/failure.ts';
import type { Terminal } from './command.ts';

/** argv that starts this very program: the node that runs it, and the entry file (not the chunk this code stands in). */
export function selfArgv(): readonly string[] {
  const entry = process.argv[1] ?? fileURLToPath(import.meta.url);
  return [process.execPath, realpathSync(entry)];
}

export async function openHere(terminal: Terminal): Promise<Result<OpenEngine, EngineFailure>> {
  return openEngine(terminal.cwd, { slicewave: selfArgv() });
}

/** The engine and the plan that was named; without a name, the only plan there is. */
export async function openPlan(
  terminal: Terminal,
  named: string | undefined,
): Promise<Result<{ readonly engine: OpenEngine; readonly dir: string }, EngineFailure>> {
  const engine = await openHere(terminal);
  if (!engine.ok) return engine;
  if (named !== undefined) {
    const dir = await engine.value.planDir(named, terminal.cwd);
    return dir.ok ? success({ engine: engine.value, dir: dir.value }) : dir;
  }
  const plans = await engine.value.likelyPlans();
  const [only] = plans;
  if (only !== undefined && plans.length === 1) return success({ engine: engine.value, dir: only });
  return plans.length === 0
    ? fail('no-such-file', 'there is no plan here', 'Make one with `slicewave decompose <spec>`.')
    : fail('no-such-file', 'there are several plans here', `Name one: ${plans.join(', ')}.`);
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does what keeps this thread busy with nothing but thinking. No handler could be called meanwhile, so none is left: a
 * signal ends the process at once, as it would without any.
 */
export function whileDeaf<T>(think: () => T): T {
  const handlers = SIGNALS.map((signal) => [signal, process.listeners(signal)] as const);
  for (const [signal] of handlers) process.removeAllListeners(signal);
  try {
    return think();
  } finally {
    for (const [signal, all] of handlers) for (const handler of all) process.on(signal, handler);
  }
}

/** Aborts on the first Ctrl-C (or the closing of the terminal), so that work is stopped cleanly; a second one ends at once. */
export function abortOnSignals(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      if (signal === 'SIGINT') process.exit(130);
      return;
    }
    onFirst();
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, () => stop(signal));
  return controller.signal;
}
