import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { holderText, type Liveness } from '../../core/run/liveness.ts';
import { hasNumber, identify, livenessOf, placeHere } from '../process/machine.ts';

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

/** What a lock file says; those of earlier versions know a machine by its name alone. */
const lockForm = z.object({
  pid: z.number(),
  started: z.string().default(''),
  host: z.string().default(''),
  machine: z.string().default(''),
  boot: z.string().default(''),
  space: z.string().default(''),
  since: z.string().default(''),
});

type LockContent = z.infer<typeof lockForm>;

/** Who holds a lock. `stale`: nobody can tell, for the file is damaged, and was for a while. */
type Holder = LockContent | 'stale';

/**
 * Takes a lock file that names its holder (process id, start of the process, machine, boot). The file appears whole, by
 * `link`, so that nobody reads half of it. A dead holder's lock is taken over, by one taker only: the stale file is
 * removed under a guard that only one taker can hold. A holder elsewhere cannot be asked: it counts as dead when it gave
 * no sign for long, and `say` is told that.
 *
 * `null`: held by a living process, or not got within `wait` milliseconds.
 */
export async function acquireLock(
  file: string,
  options: { readonly wait?: number; readonly say?: (text: string) => void } = {},
): Promise<Lock | null> {
  await mkdir(path.dirname(file), { recursive: true });
  const me: LockContent = lockForm.parse({ ...(await identify()), since: new Date().toISOString() });
  const mine = `${file}.${me.pid}.${randomBytes(6).toString('hex')}`;
  await writeFile(mine, JSON.stringify(me));
  const until = performance.now() + (options.wait ?? 0);
  try {
    for (;;) {
      try {
        await link(mine, file);
        return heldLock(file, me);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : null;
        // Somebody who could not see that we live has swept what we had begun.
        if (code === 'ENOENT') {
          await writeFile(mine, JSON.stringify(me));
          continue;
        }
        if (code !== 'EEXIST') throw error;
      }
      const holder = await readLock(file);
      const life = holder && (await lifeOf(file, holder));
      if (holder && life && !life.alive) {
        const named = life.by === 'silence' ? await textOf(file, holder) : null;
        if ((await takeAside(file, holder)) && named !== null)
          (options.say ?? process.emitWarning)(`took ${path.basename(file)} over from ${named}`);
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
  return holder !== null && (await lifeOf(file, holder)).alive;
}

/** Who holds a lock, as the end of a sentence about it; empty when nobody does by now. */
export async function heldBy(file: string): Promise<string> {
  const holder = await readLock(file);
  return holder && holder !== 'stale' ? `: ${await textOf(file, holder)}` : '';
}

async function textOf(file: string, holder: Holder): Promise<string> {
  if (holder === 'stale') return 'nobody that it names';
  const sign = await signOf(file);
  return holderText(holder, await placeHere(), sign === null ? null : Date.now() - sign);
}

async function lifeOf(file: string, holder: Holder): Promise<Liveness> {
  return holder === 'stale' ? { alive: false, by: 'process' } : livenessOf(holder, await signOf(file));
}

/** When the holder last touched its lock; `null` when the file is gone. */
async function signOf(file: string): Promise<number | null> {
  return (await stat(file).catch(() => null))?.mtimeMs ?? null;
}

/** Takes away the lock files of dead holders, and the half-made ones of takers that died. Living holders keep theirs. */
export async function sweepLocks(dir: string): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const maker = /\.(\d+)\.[0-9a-f]{12}$/.exec(name)?.[1];
    const halfMade = maker !== undefined;
    if (!halfMade && !/\.(?:lock|lease)$/.test(name)) continue;
    const file = path.join(dir, name);
    const holder = await readLock(file);
    // Killed before it had said who it is; its name has the number. A living one on another machine makes it anew.
    if (halfMade && holder === null && !hasNumber(Number(maker))) await rm(file, { force: true });
    const life = holder && (await lifeOf(file, holder));
    // Of one that cannot be asked nothing is swept: whoever wants that lock says so when it is taken over.
    if (!holder || !life || life.alive || life.by === 'silence') continue;
    if (halfMade) await rm(file, { force: true });
    else await takeAside(file, holder);
  }
}

function heldLock(file: string, me: LockContent): Lock {
  // The sign of life for those who cannot ask for our number.
  const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), 10_000);
  beat.unref();
  return {
    path: file,
    async release() {
      clearInterval(beat);
      const holder = await readLock(file);
      if (holder !== null && isSame(holder, me)) await rm(file, { force: true });
    },
  };
}

/** The holder; `null` when the file is gone; `stale` when it holds no holder (damaged long ago). */
async function readLock(file: string): Promise<Holder | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return null;
  }
  try {
    const read = lockForm.safeParse(JSON.parse(text));
    if (read.success) return read.data;
  } catch {
    // Falls through: not JSON.
  }
  const age = Date.now() - ((await stat(file).catch(() => null))?.mtimeMs ?? Date.now());
  return age > 5000 ? 'stale' : null;
}

function isSame(a: Holder, b: Holder): boolean {
  if (a === 'stale' || b === 'stale') return a === b;
  return a.pid === b.pid && a.since === b.since && a.machine === b.machine && a.host === b.host;
}

/** Removes the lock of a dead holder, if it is still that one's. */
async function takeAside(file: string, holder: Holder): Promise<boolean> {
  const guard = await open(`${file}.takeover`, 'wx').catch(() => null);
  if (!guard) {
    // Someone else is taking it over; a taker that died in this short moment is swept away after a while.
    const since = (await stat(`${file}.takeover`).catch(() => null))?.mtimeMs ?? Date.now();
    if (Date.now() - since > 2000) await rm(`${file}.takeover`, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 10));
    return false;
  }
  try {
    const now = await readLock(file);
    const same = now !== null && isSame(now, holder);
    if (same) await rm(file, { force: true });
    return same;
  } finally {
    await guard.close();
    await rm(`${file}.takeover`, { force: true });
  }
}
