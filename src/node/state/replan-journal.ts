import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { PlanFiles } from '../../core/plan/model.ts';
import { planIdOf } from '../../core/plan/plan-id.ts';
import type { DecisionBody } from '../../core/run/model.ts';
import type { Repository } from '../git/repository.ts';
import { contained } from '../paths.ts';
import { acquireLock, planLock } from './locks.ts';
import { amendFixed, differing } from './fixed-plan.ts';
import { appendDecision, readDecisions, recordTime } from './decision-log.ts';
import { writeWhole } from './whole-write.ts';

/** What re-planning replaced, kept until the next time: for undoing it, and for a process that dies half-way. */
export interface ReplanJournal {
  readonly v: 1;
  /** `writing`: half a plan, to be put back. `recording`: the files are whole, decisions are missing. */
  readonly state: 'writing' | 'recording' | 'done';
  readonly t: string;
  readonly summary: string;
  /** Slices that are new or changed: what they deliver stands on the new plan. */
  readonly slices: readonly string[];
  /** Each file that was written or removed, relative to the plan directory. `null`: it was, or is, not there. */
  readonly files: readonly {
    readonly name: string;
    readonly before: string | null;
    /** SHA-256 of the new bytes. */
    readonly after: string | null;
  }[];
  /** Decisions that belong to what is written or put back, made when the files are whole. */
  readonly records?: readonly DecisionBody[];
}

function journalFile(repository: Repository, plan: string): string {
  return path.join(repository.runsDir, 'plans', `${plan}.before-replan.json`);
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The journal of the last re-planning; `null` when there is none, or none that can be read. */
export async function readJournal(repository: Repository, plan: string): Promise<ReplanJournal | null> {
  const text = await readFile(journalFile(repository, plan), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('files' in value) || !Array.isArray(value.files)) return null;
    return value as ReplanJournal;
  } catch {
    return null;
  }
}

export async function removeJournal(repository: Repository, plan: string): Promise<void> {
  await rm(journalFile(repository, plan), { force: true });
}

/**
 * Writes what differs between two versions of a plan directory, file by file, the manifest last but for the files that
 * go: whoever reads without asking for the lock sees slices that are not listed yet, never a list without its slices.
 * What is replaced is kept first, and the decisions that go with it follow. The caller holds the plan's lock.
 */
export async function writeReplan(
  repository: Repository,
  planDir: string,
  change: {
    readonly before: PlanFiles;
    readonly after: PlanFiles;
    readonly summary: string;
    readonly slices: readonly string[];
    readonly records: readonly DecisionBody[];
  },
): Promise<void> {
  const { before, after, records } = change;
  const names = differing(before, after).toSorted((a, b) => rank(a) - rank(b));
  const plan = planIdOf(planDir);
  const journal: ReplanJournal = {
    v: 1,
    state: 'writing',
    t: (await recordTime(repository.runsDir, plan)).toISOString(),
    summary: change.summary,
    slices: change.slices,
    files: names.map((name) => {
      const now = after.get(name);
      return { name, before: before.get(name) ?? null, after: now === undefined ? null : digest(now) };
    }),
  };
  await writeWhole(journalFile(repository, plan), `${JSON.stringify(journal)}\n`);
  try {
    for (const name of names.filter((entry) => after.has(entry)))
      await put(repository, planDir, name, after.get(name) ?? null);
    for (const name of names.filter((entry) => !after.has(entry))) await put(repository, planDir, name, null);
  } catch (error) {
    await restore(repository, planDir, journal);
    await removeJournal(repository, plan);
    throw error;
  }
  await record(repository, plan, { ...journal, records });
  await amendFixed(
    repository,
    plan,
    names.map((name) => ({ name, before: before.get(name) ?? null, after: after.get(name) ?? null })),
  );
}

/** Makes the decisions of a journal whose files are whole. Those that a process made before it died are not made twice. */
async function record(repository: Repository, plan: string, journal: ReplanJournal): Promise<void> {
  const { records = [], ...rest } = journal;
  if (records.length > 0)
    await writeWhole(journalFile(repository, plan), `${JSON.stringify({ ...journal, state: 'recording' })}\n`);
  await decide(repository, plan, journal);
  await writeWhole(journalFile(repository, plan), `${JSON.stringify({ ...rest, state: 'done' })}\n`);
}

async function decide(repository: Repository, plan: string, { t, records = [] }: ReplanJournal): Promise<void> {
  if (records.length === 0) return;
  const made = (await readDecisions(repository.runsDir, plan)).filter((decision) => decision.t >= t);
  for (const body of records) {
    const isMade = made.some((decision) =>
      Object.entries(body).every(([key, value]) =>
        isDeepStrictEqual(Object.getOwnPropertyDescriptor(decision, key)?.value, value),
      ),
    );
    if (!isMade) await appendDecision(repository.runsDir, plan, 'person', body);
  }
}

function rank(name: string): number {
  return name === 'manifest.json' ? 2 : 1;
}

async function put(repository: Repository, planDir: string, name: string, text: string | null): Promise<void> {
  const file = await contained(repository.root, `${planDir}/${name}`);
  if (file === null) throw new Error(`${planDir}/${name} leads out of the repository`);
  if (text === null) await rm(file, { force: true });
  else await writeWhole(file, text);
}

/**
 * Puts back what was there before, and makes the journal's decisions. The manifest comes last but for what was new. Who
 * dies on the way leaves it to be finished by `recoverReplan`. The caller holds the plan's lock.
 */
export async function restore(repository: Repository, planDir: string, journal: ReplanJournal): Promise<void> {
  if (journal.state !== 'writing')
    await writeWhole(
      journalFile(repository, planIdOf(planDir)),
      `${JSON.stringify({ ...journal, state: 'writing' })}\n`,
    );
  for (const { name, before } of journal.files) if (before !== null) await put(repository, planDir, name, before);
  for (const { name, before } of journal.files) if (before === null) await put(repository, planDir, name, null);
  await decide(repository, planIdOf(planDir), journal);
}

/**
 * A process that died while it wrote a plan has left half of it: what was there before is put back, before anything is
 * read. When only its decisions were missing, they are made. Answers whether there was something to do.
 */
export async function recoverReplan(repository: Repository, planDir: string): Promise<boolean> {
  const plan = planIdOf(planDir);
  const state = (await readJournal(repository, plan))?.state ?? 'done';
  if (state === 'done') return false;
  const lock = await acquireLock(planLock(repository, plan), { wait: 10_000 });
  if (!lock) return false;
  try {
    return await recoverHeld(repository, planDir);
  } finally {
    await lock.release();
  }
}

/** The same for who holds the plan's lock already. */
export async function recoverHeld(repository: Repository, planDir: string): Promise<boolean> {
  const plan = planIdOf(planDir);
  const journal = await readJournal(repository, plan);
  if (journal?.state === 'recording') {
    await record(repository, plan, journal);
    return true;
  }
  if (journal?.state !== 'writing') return false;
  await setAside(repository, planDir, journal);
  await sweepHalfWritten(repository, planDir, journal);
  await restore(repository, planDir, journal);
  await removeJournal(repository, plan);
  return true;
}

/** A file is written beside its place under its name and a number, and moved there: who died before leaves that. */
async function sweepHalfWritten(repository: Repository, planDir: string, journal: ReplanJournal): Promise<void> {
  const places = new Set(journal.files.map(({ name }) => path.posix.dirname(name)));
  for (const place of places) {
    const dir = await contained(repository.root, path.posix.join(planDir, place));
    if (dir === null) continue;
    const written = new Set(journal.files.map(({ name }) => path.posix.basename(name)));
    for (const entry of await readdir(dir).catch(() => [])) {
      const own = /^(.+)\.\d{5,10}$/.exec(entry)?.[1];
      if (own !== undefined && written.has(own)) await rm(path.join(dir, entry), { force: true });
    }
  }
}

/** Files are written whole, so what is neither the old text nor the new one is somebody's work: `<name>.edited` keeps it. */
async function setAside(repository: Repository, planDir: string, journal: ReplanJournal): Promise<void> {
  for (const { name, before, after } of journal.files) {
    const file = await contained(repository.root, `${planDir}/${name}`);
    const text = file === null ? null : await readFile(file, 'utf8').catch(() => null);
    if (file === null || text === null || text === before || digest(text) === after) continue;
    let kept = `${file}.edited`;
    for (let number = 2; existsSync(kept); number++) kept = `${file}.edited-${number}`;
    await writeWhole(kept, text);
  }
}
