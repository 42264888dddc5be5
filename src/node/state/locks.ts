import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { identify, isAlive, type ProcessIdentity } from '../process/processes.ts';

type Place = { readonly runsDir: string };

/**
 * The lock of whoever changes a plan's files. A runner holds it from reading its slice to its first event, so that
 * re-planning sees the run, or the run sees the new plan; nothing starts on half a plan.
 */
export function planLock(repository: Place, plan: string): string {
  return lockFile(repository, plan, 'plan.lock');
}

/** The lock of the scheduler that runs a plan. */
export function planLease(repository: Place, plan: string): string {
  return lockFile(repository, plan, 'lease');
}

/** The lock of the runner of a lane: a slice, a checkpoint, or the slices of one workstream, which share a worktree. */
export function laneLock(repository: Place, plan: string, lane: string): string {
  return lockFile(repository, plan, `${lane}.run.lock`);
}

/** The lock of an integration pass, which works in the integration worktree. */
export function integrationLock(repository: Place, plan: string): string {
  return lockFile(repository, plan, 'integrate.lock');
}

/** The lock of who runs checks in the worktree of a plan's base. */
export function baseLock(repository: Place, plan: string): string {
  return lockFile(repository, plan, 'base.lock');
}

/** The directory of all these locks. */
export function locksDir(repository: Place): string {
  return path.join(repository.runsDir, 'plans');
}

function lockFile(repository: Place, plan: string, name: string): string {
  return path.join(locksDir(repository), `${plan}.${name}`);
}

export interface Lock {
  readonly path: string;
  release(): Promise<void>;
}

interface LockContent extends ProcessIdentity {
  readonly since: string;
}

/**
 * Takes a lock file that names its holder (process id, start of the process, machine). The file appears whole, by
 * `link`, so that nobody reads half of it. A dead holder's lock is taken over, by one taker only: the stale file is
 * removed under a guard that only one taker can hold.
 *
 * `null`: held by a living process, or not got within `wait` milliseconds.
 */
export async function acquireLock(file: string, options: { readonly wait?: number } = {}): Promise<Lock | null> {
  await mkdir(path.dirname(file), { recursive: true });
  const me: LockContent = { ...(await identify()), since: new Date().toISOString() };
  const mine = `${file}.${me.pid}.${randomBytes(6).toString('hex')}`;
  await writeFile(mine, JSON.stringify(me));
  const until = performance.now() + (options.wait ?? 0);
  try {
    for (;;) {
      try {
        await link(mine, file);
        return heldLock(file);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      const holder = await readLock(file);
      if (holder === 'stale' || (holder !== null && !(await isAlive(holder)))) {
        await takeAside(file, holder === 'stale' ? null : holder);
        continue;
      }
      if (performance.now() >= until) return null;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** Whether a living process holds a lock. */
export async function isLocked(file: string): Promise<boolean> {
  const holder = await readLock(file);
  return holder !== null && holder !== 'stale' && (await isAlive(holder));
}

/** Takes away the lock files of dead holders, and the half-made ones of takers that died. Living holders keep theirs. */
export async function sweepLocks(dir: string): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const halfMade = /\.(\d+)\.[0-9a-f]{12}$/.test(name);
    if (!halfMade && !/\.(?:lock|lease)$/.test(name)) continue;
    const file = path.join(dir, name);
    const holder = await readLock(file);
    if (holder === null || (holder !== 'stale' && (await isAlive(holder)))) continue;
    if (halfMade) await rm(file, { force: true });
    else await takeAside(file, holder === 'stale' ? null : holder);
  }
}

function heldLock(file: string): Lock {
  // A heartbeat for holders on other machines and for people who look at the file's time.
  const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), 10_000);
  beat.unref();
  return {
    path: file,
    async release() {
      clearInterval(beat);
      const holder = await readLock(file);
      if (holder !== null && holder !== 'stale' && holder.pid === process.pid) await rm(file, { force: true });
    },
  };
}

/** The holder; `null` when the file is gone; `stale` when it holds no holder (damaged long ago). */
async function readLock(file: string): Promise<LockContent | 'stale' | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return null;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number') {
      const content = value as Partial<LockContent> & { pid: number };
      return { pid: content.pid, started: content.started ?? '', host: content.host ?? '', since: content.since ?? '' };
    }
  } catch {
    // Falls through: not JSON.
  }
  const age = Date.now() - ((await stat(file).catch(() => null))?.mtimeMs ?? Date.now());
  return age > 5000 ? 'stale' : null;
}

async function takeAside(file: string, holder: LockContent | null): Promise<void> {
  const guard = await open(`${file}.takeover`, 'wx').catch(() => null);
  if (!guard) {
    // Someone else is taking it over; a taker that died in this short moment is swept away after a while.
    const since = (await stat(`${file}.takeover`).catch(() => null))?.mtimeMs ?? Date.now();
    if (Date.now() - since > 2000) await rm(`${file}.takeover`, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 10));
    return;
  }
  try {
    const now = await readLock(file);
    const same =
      now === 'stale'
        ? holder === null
        : now !== null && holder !== null && now.pid === holder.pid && now.since === holder.since;
    if (same) await rm(file, { force: true });
  } finally {
    await guard.close();
    await rm(`${file}.takeover`, { force: true });
  }
}
