import { createHash } from 'node:crypto';
import { readFile, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {
  statusWords,
  ticked,
  withoutStates,
  type StatusWords,
  type TickedLine,
} from '../../core/decompose/import/ticking.ts';
import type { MarkAbove, SourceMark } from '../../core/decompose/import/model.ts';
import { planIdOf } from '../../core/plan/plan-id.ts';
import type { PlanFiles } from '../../core/plan/model.ts';
import type { PlanState } from '../../core/run/state-model.ts';
import { isActive, isAsking } from '../../core/run/states.ts';
import { failure, success, type Result } from '../../core/text/result.ts';
import { field, textList } from '../../core/text/document.ts';
import { readYaml } from '../../core/text/yaml.ts';
import { fail, type EngineFailure } from '../failure.ts';
import type { Repository } from '../git/repository.ts';
import { contained } from '../paths.ts';
import { acquireLock, planLock } from '../state/locks.ts';
import { writeWhole } from '../state/whole-write.ts';

/** The file of a plan directory that says where the tasks of its slices stand in what they were imported from. */
export const ORIGIN_FILE = 'source.json';

const place = { id: z.string(), file: z.string(), line: z.number().int().positive() };
const originSchema = z.object({
  v: z.literal(1),
  importer: z.string(),
  /** Digests of the files that hold tasks, without what says how far those are. */
  files: z.record(z.string(), z.string()),
  slices: z.record(z.string(), z.array(z.object(place))),
  /** Tasks without work of their own, which are done when their parts are. */
  above: z.array(z.object({ ...place, parts: z.array(z.string()) })).default([]),
});

/** The text of that file. `root`: what the files of the marks are relative to. */
export async function originText(
  origin: {
    readonly importer: string;
    readonly slices: Readonly<Record<string, readonly SourceMark[]>>;
    readonly above: readonly MarkAbove[];
  },
  root: string,
): Promise<string> {
  const all = [...Object.values(origin.slices).flat(), ...origin.above];
  const names = [...new Set(all.map(({ file }) => file))].toSorted();
  const files: Record<string, string> = {};
  for (const name of names) files[name] = printOf(name, await readFile(path.join(root, name), 'utf8'));
  return `${JSON.stringify({ v: 1, ...origin, files }, null, 2)}\n`;
}

function printOf(name: string, text: string): string {
  return createHash('sha256').update(withoutStates(name, text)).digest('hex');
}

/** What would be ticked off; nothing is written. */
export interface Ticking {
  readonly plan: string;
  readonly slices: readonly string[];
  readonly lines: readonly TickedLine[];
  readonly files: readonly { readonly path: string; readonly before: string; readonly after: string }[];
}

/**
 * What of the source of an imported plan is done: the tasks of its slices that are verified or merged. Fails when the
 * source says something else by now than when it was imported; more or fewer ticks are no difference.
 */
export async function tickingOf(request: {
  readonly root: string;
  readonly dir: string;
  readonly files: PlanFiles;
  readonly state: PlanState;
  /** Also what has begun is in progress, where the tool has a state for it. */
  readonly begun?: boolean;
}): Promise<Result<Ticking, EngineFailure>> {
  const { root, dir, files, state } = request;
  const again = 'Decompose it again; `slicewave replan` keeps what is verified.';
  const read = originSchema.safeParse(parsed(files.get(ORIGIN_FILE) ?? ''));
  if (!read.success)
    return fail('bad-plan', `${dir}/${ORIGIN_FILE} does not say which tasks the plan was imported from`, again);
  const done = state.slices.filter((slice) => slice.state === 'verified' || slice.state === 'merged');
  const own = done.flatMap(({ id }) => read.data.slices[id] ?? []);
  const ids = new Set(own.map(({ id }) => id));
  const marks = [
    ...own,
    ...read.data.above.filter(({ parts }) => parts.length > 0 && parts.every((id) => ids.has(id))),
  ];
  const started = request.begun ? state.slices.filter((slice) => isActive(slice.state) || isAsking(slice.state)) : [];
  const begun = started.flatMap(({ id }) => read.data.slices[id] ?? []);
  const result: { path: string; before: string; after: string }[] = [];
  const lines: TickedLine[] = [];
  for (const name of [...new Set([...marks, ...begun].map(({ file }) => file))].toSorted()) {
    const full = await contained(root, name);
    const before = full === null ? null : await readFile(full, 'utf8').catch(() => null);
    if (before === null)
      return fail('bad-plan', `${name}, which the plan was imported from, is not there any more`, again);
    if (printOf(name, before) !== read.data.files[name])
      return fail(
        'bad-plan',
        `${name} says something else than when it was imported, so nothing is ticked off in it`,
        again,
      );
    const here = (list: readonly SourceMark[]): SourceMark[] => list.filter(({ file }) => file === name);
    const made = ticked(name, before, { done: here(marks), begun: here(begun) }, await wordsOf(root, name));
    if (made.text === before) continue;
    result.push({ path: name, before, after: made.text });
    lines.push(...made.lines);
  }
  return success({ plan: dir, slices: done.map(({ id }) => id), lines, files: result });
}

/** The statuses of a board, by its settings beside or above the task. */
async function wordsOf(root: string, name: string): Promise<StatusWords> {
  const parts = name.split('/').slice(0, -1);
  for (let length = parts.length; length >= 0; length--) {
    const dir = parts.slice(0, length).join('/');
    for (const file of ['config.yml', 'config.yaml', 'backlog.config.yml']) {
      const text = await readFile(path.join(root, dir, file), 'utf8').catch(() => null);
      const all = text === null ? [] : textList(field(readYaml(text).value, 'statuses')?.value);
      if (all.length > 0) return statusWords(all.map(({ value }) => value));
    }
  }
  return statusWords([]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

type TickPlace = Pick<Repository, 'root' | 'commonDir' | 'runsDir'>;

const undoSchema = z.object({
  files: z.array(z.object({ path: z.string(), before: z.string(), after: z.string() })),
});

function undoFile({ commonDir }: TickPlace, dir: string): string {
  return path.join(commonDir, 'slicewave', 'ticked', `${encodeURIComponent(planIdOf(dir))}.json`);
}

/** Writes it, each file whole; what was there is kept for `untick`. A file that changed meanwhile stops all of it. */
export async function tick(repository: Repository, ticking: Ticking): Promise<Result<Ticking, EngineFailure>> {
  const undo = JSON.stringify({ files: ticking.files });
  return replaced(repository, ticking.plan, () => success({ files: ticking.files, result: ticking, undo }));
}

/** Takes back what was ticked off last, unless somebody has changed one of the files since. */
export async function untick(
  repository: Repository,
  dir: string,
): Promise<Result<{ readonly files: readonly string[] }, EngineFailure>> {
  return replaced(repository, dir, (undo) => {
    const kept = undoSchema.safeParse(parsed(undo ?? ''));
    if (!kept.success)
      return fail(
        'bad-plan',
        `nothing was ticked off for ${dir}, or it was taken back already`,
        'There is nothing to do.',
      );
    const files = kept.data.files.map(({ path: name, before, after }) => ({
      path: name,
      before: after,
      after: before,
    }));
    return success({ files, result: { files: files.map(({ path: name }) => name) }, undo: null });
  });
}

/** A file as it is and as it is to be; `null`: not there. */
interface Replacement {
  readonly full: string;
  readonly before: string | null;
  readonly after: string | null;
}

interface Replacing<T> {
  readonly files: Ticking['files'];
  readonly result: T;
  /** What `untick` goes by afterwards; `null`: there is nothing to take back. */
  readonly undo: string | null;
}

/** Replaces files that are as they are expected to be, or none. `prepare` gets what can be taken back now. */
async function replaced<T>(
  repository: Repository,
  dir: string,
  prepare: (undo: string | null) => Result<Replacing<T>, EngineFailure>,
): Promise<Result<T, EngineFailure>> {
  const { root } = repository;
  const lock = await acquireLock(planLock(repository, planIdOf(dir)), { wait: 10_000 });
  if (!lock) return fail('busy', `${dir} is being changed by another process`, 'Try again in a moment.');
  try {
    const undone = undoFile(repository, dir);
    const before = await readFile(undone, 'utf8').catch(() => null);
    const prepared = prepare(before);
    if (!prepared.ok) return prepared;
    const { files, result, undo } = prepared.value;
    const places: Replacement[] = [];
    for (const { path: name, before: expected, after } of files) {
      const full = await contained(root, name);
      if (full === null || (await readFile(full, 'utf8').catch(() => null)) !== expected)
        return fail(
          'bad-plan',
          `${name} was changed meanwhile; nothing was written`,
          'Look at the file, then try again.',
        );
      // What a link leads to is written, and stays what it leads to.
      places.push({ full: await realpath(full), before: expected, after });
    }
    // What is ticked off can be taken back at every moment, and until it is.
    const kept = { full: undone, before, after: undo };
    const problem = await replaceAll(undo === null ? [...places, kept] : [kept, ...places]);
    if (problem === null) return success(result);
    return failure({ reason: 'write', message: problem, remedy: 'Check that you may write there.' });
  } finally {
    await lock.release();
  }
}

/** `null`, or why it could not be done; then all is as it was, but for what the answer names. */
async function replaceAll(all: readonly Replacement[]): Promise<string | null> {
  const written: Replacement[] = [];
  try {
    for (const one of all) {
      await put(one.full, one.after);
      written.push(one);
    }
    return null;
  } catch (error) {
    const left: string[] = [];
    for (const { full, before } of written.toReversed()) await put(full, before).catch(() => left.push(full));
    const message = error instanceof Error ? error.message : String(error);
    return left.length === 0
      ? `nothing was written: ${message}`
      : `${left.join(', ')} could not be put back as it was after this: ${message}`;
  }
}

function put(full: string, text: string | null): Promise<void> {
  return text === null ? rm(full, { force: true }) : writeWhole(full, text);
}
