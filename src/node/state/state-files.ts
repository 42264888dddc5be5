import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, fstatSync, writeSync } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Decision, DecisionBody, RunEvent } from '../../core/run/model.ts';
import { identify, isAlive, type ProcessIdentity } from '../process/processes.ts';

/** Sorts by time; unique across machines: `20261121T034501123Z-A1-k3v9x2qa`. */
export function newRunId(node: string | null, now: Date = new Date()): string {
  const time = now.toISOString().replace(/[-:.]/g, '');
  const name = (node ?? 'exec').replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 24);
  const tail = [...randomBytes(8)].map((byte) => 'abcdefghijkmnpqrstuvwxyz23456789'[byte % 32]).join('');
  return `${time}-${name}-${tail}`;
}

/** Writes whole or not at all: temporary file, fsync, rename. Parent directories are made. */
export async function writeWhole(file: string, data: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, typeof data === 'string' ? data : Buffer.from(data), { fsync: true });
}

/**
 * The lines of a JSON-lines file. A torn last line (the writer died in the middle of it) and a damaged line are left
 * out; every other line counts. A missing file has no lines.
 */
export async function readJsonLines(file: string): Promise<unknown[]> {
  return (await checkedLines(file)).values;
}

/** The same, and how many lines were damaged. A torn last line is none: that is how a writer dies. */
async function checkedLines(file: string): Promise<{ readonly values: unknown[]; readonly damaged: number }> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const values: unknown[] = [];
  let damaged = 0;
  const lines = text.split('\n');
  lines.forEach((line, i) => {
    if (line.trim() === '') return;
    try {
      values.push(JSON.parse(line));
    } catch {
      // Left out, as said above: one damaged line must not hide the history around it.
      if (i + 1 < lines.length) damaged++;
    }
  });
  return { values, damaged };
}

/** An append-only file of JSON lines with one writer. Every line is on disk when `append` returns. */
export class JsonLines {
  readonly #file: string;
  readonly #descriptor: number;

  /** Ends a torn last line first, so that the next one stands alone. */
  constructor(file: string) {
    this.#file = file;
    this.#descriptor = openSync(file, 'a+', 0o644);
    const size = fstatSync(this.#descriptor).size;
    if (size > 0) {
      const last = Buffer.alloc(1);
      readSync(this.#descriptor, last, 0, 1, size - 1);
      if (last[0] !== 10) writeSync(this.#descriptor, '\n');
    }
  }

  /** @throws when the disk is full or gone; a half-written line is taken back. */
  append(value: unknown): void {
    const before = fstatSync(this.#descriptor).size;
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
      fsyncSync(this.#descriptor);
    } catch (error) {
      try {
        ftruncateSync(this.#descriptor, before);
      } catch {
        // Readers leave a torn line out anyway.
      }
      throw new Error(`cannot write ${this.#file}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Whether a value has the shape that every event and decision shares; the rest is checked where it is used. */
function isFact(value: unknown): value is { readonly v: 1; readonly t: string; readonly type: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    't' in value &&
    typeof value.t === 'string'
  );
}

/** The events of a run directory, oldest first. */
export async function readEvents(runDir: string): Promise<readonly RunEvent[]> {
  return (await readEventsChecked(runDir)).events;
}

/** The same, and how many lines were damaged or are no events at all. */
export async function readEventsChecked(
  runDir: string,
): Promise<{ readonly events: readonly RunEvent[]; readonly damaged: number }> {
  const { values, damaged } = await checkedLines(path.join(runDir, 'events.jsonl'));
  const events = values.filter(isFact) as unknown as RunEvent[];
  return { events, damaged: damaged + values.length - events.length };
}

export function decisionsFile(runsDir: string, plan: string): string {
  return path.join(runsDir, 'plans', `${plan}.jsonl`);
}

/**
 * The lock of whoever changes a plan's files. A runner holds it from reading its slice to its first event, so that
 * re-planning sees the run, or the run sees the new plan; nothing starts on half a plan.
 */
export function planLock(repository: { readonly runsDir: string }, plan: string): string {
  return path.join(repository.runsDir, 'plans', `${plan}.plan.lock`);
}

export async function readDecisions(runsDir: string, plan: string): Promise<readonly Decision[]> {
  return (await readJsonLines(decisionsFile(runsDir, plan))).filter(isFact) as unknown as Decision[];
}

/** Appends a decision under the plan's decision lock: the person and the scheduler may decide at the same moment. */
export async function appendDecision(runsDir: string, plan: string, by: string, body: DecisionBody): Promise<void> {
  const file = decisionsFile(runsDir, plan);
  await mkdir(path.dirname(file), { recursive: true });
  const lock = await acquireLock(`${file}.lock`, { wait: 10_000 });
  if (!lock) throw new Error(`${file} is locked by another process`);
  try {
    const lines = new JsonLines(file);
    try {
      lines.append({ v: 1, t: new Date().toISOString(), by, ...body });
    } finally {
      lines.close();
    }
  } finally {
    await lock.release();
  }
}

/** Names of run directories, oldest first. */
export async function listRunIds(runsDir: string): Promise<string[]> {
  const entries = await readdir(runsDir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && /^\d{8}T\d{9}Z-/.test(entry.name))
    .map((entry) => entry.name)
    .sort();
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
export async function readLock(file: string): Promise<LockContent | 'stale' | null> {
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
