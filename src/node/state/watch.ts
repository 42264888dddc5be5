import { existsSync, type FSWatcher, readdirSync, watch } from 'node:fs';
import path from 'node:path';

export interface Watching {
  close(): void;
}

/** How often a living runner is looked at: its death leaves no file event. Reads `/proc`, starts nothing. */
const PULSE_MS = 1000;

/**
 * Calls back after something of a repository's runs or of a plan directory changed, debounced. While nothing changes,
 * nothing runs; `pulse` says whether a runner is alive, whose death must be noticed without an event.
 */
export function watchFacts(
  paths: { readonly runsDir: string; readonly planDir: string },
  pulse: () => boolean,
  onChange: () => void,
): Watching {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const changed = (): void => {
    if (closed) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      follow();
      onChange();
    }, 40);
  };
  /** `only`: changes of other entries of that directory do not count. */
  const add = (dir: string, only?: string): void => {
    if (watchers.has(dir) || !existsSync(dir)) return;
    try {
      const watcher = watch(dir, { persistent: false }, (_event, name) => {
        if (only === undefined || name === null || name === only) changed();
      });
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(dir);
      });
      watchers.set(dir, watcher);
    } catch {
      // Too many watches, or gone again: the pulse still sees what matters.
    }
  };
  const follow = (): void => {
    // Looking writes nothing: until the first run makes the directory, its place is watched.
    if (!existsSync(paths.runsDir)) {
      add(path.dirname(paths.runsDir), path.basename(paths.runsDir));
      add(paths.planDir);
      add(path.join(paths.planDir, 'tasks'));
      return;
    }
    const place = watchers.get(path.dirname(paths.runsDir));
    place?.close();
    watchers.delete(path.dirname(paths.runsDir));
    add(paths.runsDir);
    add(path.join(paths.runsDir, 'plans'));
    add(paths.planDir);
    add(path.join(paths.planDir, 'tasks'));
    // Only the newest run directories can still be written to; old ones need no watch.
    const runs = readdirSync(paths.runsDir)
      .filter((name) => /^\d{8}T/.test(name))
      .sort()
      .slice(-64);
    for (const run of runs) add(path.join(paths.runsDir, run));
    for (const [dir, watcher] of watchers) {
      if (/[/\\]\d{8}T\d{9}Z-[^/\\]*$/.test(dir) && !runs.includes(path.basename(dir))) {
        watcher.close();
        watchers.delete(dir);
      }
    }
  };
  follow();
  // Keeps the process alive on purpose: who watches runners of an earlier scheduler has nothing else that would.
  const beat = setInterval(() => {
    if (pulse()) changed();
  }, PULSE_MS);
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(beat);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
