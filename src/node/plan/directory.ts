import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { editedPrompt, promptPath } from '../../core/context/prompt.ts';
import { planGraph } from '../../core/plan/graph.ts';
import { loadPlan } from '../../core/plan/load.ts';
import type { PlanFiles } from '../../core/plan/model.ts';
import { success, type Result } from '../../core/text/result.ts';
import { type EngineFailure, fail } from '../failure.ts';
import { contained, inside, toPosix } from '../paths.ts';
import { ORIGIN_FILE } from './tick.ts';

/** What is needed of a plan to write it. */
export interface WritablePlan {
  /** Relative to the repository: `parallel/TS-0042-inventory`. */
  readonly dir: string;
  readonly files: PlanFiles;
  readonly loaded: LoadedPlan;
}

/**
 * Writes a decomposition whole or not at all: everything goes into a directory beside the plan, is brought to the disk,
 * and takes the plan's place by renaming. An existing plan is replaced only with `replace`; then prompts that somebody
 * edited by hand stay as they were edited, and files that no decomposition writes (notes, reports) stay too.
 */
export async function writeDecomposition(
  root: string,
  decomposition: WritablePlan,
  options: { readonly replace: boolean },
): Promise<Result<{ readonly dir: string; readonly kept: readonly string[] }, EngineFailure>> {
  const { dir } = decomposition;
  const full = await contained(root, dir);
  if (full === null || full === path.resolve(root)) {
    return fail('write', `${dir} is not inside ${root}`, 'Choose a plan directory inside the repository.');
  }
  try {
    await recover(full);
    const existing = await stat(full).catch(() => null);
    if (existing && !existing.isDirectory())
      return fail('exists', `${dir} is a file`, 'Choose another directory, or move the file away.');
    if (existing && !options.replace && (await readdir(full)).length > 0) {
      return fail('exists', `${dir} already holds a plan`, 'Replace it with --replace, or choose another directory.');
    }
    const kept = existing ? await keepsakes(full, decomposition) : { files: new Map<string, string>(), copies: [] };
    const files = new Map([...decomposition.files, ...kept.files]);
    await place(full, files, kept.copies);
    return success({ dir, kept: [...kept.files.keys(), ...kept.copies].toSorted() });
  } catch (error) {
    return writeFailure(dir, error);
  }
}

export function writeFailure(dir: string, error: unknown): { readonly ok: false; readonly failure: EngineFailure } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  const remedy =
    code === 'ENOSPC'
      ? 'Free some disk space and try again; nothing was changed.'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'Check that you may write there and try again; nothing was changed.'
        : 'Nothing was changed; mend the cause and try again.';
  return fail('write', `${dir} could not be written: ${message}`, remedy);
}

/**
 * Puts a directory of text files in the place of `full`, with `copies` (relative paths) taken over from the directory
 * that is there now. Either all of it is there afterwards or nothing has changed.
 */
export async function place(full: string, files: PlanFiles, copies: readonly string[]): Promise<void> {
  const parent = path.dirname(full);
  await mkdir(parent, { recursive: true });
  const staging = path.join(parent, `.${path.basename(full)}.new-${randomBytes(6).toString('hex')}`);
  const aside = path.join(parent, `.${path.basename(full)}.old`);
  try {
    for (const [name, text] of files) await writeDurably(staging, name, text);
    for (const name of copies) {
      await mkdir(path.dirname(path.join(staging, name)), { recursive: true });
      await cp(path.join(full, name), path.join(staging, name), { recursive: true, verbatimSymlinks: true });
    }
    await syncDirectories(staging);
    const replacing = (await stat(full).catch(() => null)) !== null;
    if (replacing) {
      await rm(aside, { recursive: true, force: true });
      await rename(full, aside);
    }
    try {
      await rename(staging, full);
    } catch (error) {
      if (replacing) await rename(aside, full);
      throw error;
    }
    await syncDirectory(parent);
    if (replacing) await rm(aside, { recursive: true, force: true });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** A process that died between the two renames has left the plan aside: put it back before anything else. */
async function recover(full: string): Promise<void> {
  const aside = path.join(path.dirname(full), `.${path.basename(full)}.old`);
  if ((await stat(full).catch(() => null)) === null && (await stat(aside).catch(() => null)) !== null)
    await rename(aside, full);
}

const pages = [
  'manifest.json',
  'context.md',
  'conventions.md',
  'architecture.md',
  'task-graph.md',
  'test-plan.md',
  'prompts/agent-prompts.md',
  ORIGIN_FILE,
];

/** What a replaced plan hands on: edited prompts as texts, and files of other origin by name. */
async function keepsakes(
  full: string,
  decomposition: WritablePlan,
): Promise<{ readonly files: ReadonlyMap<string, string>; readonly copies: readonly string[] }> {
  const old = await readTree(full);
  const files = new Map<string, string>();
  const { plan } = loadPlan(old, decomposition.dir);
  const successors = new Map(decomposition.loaded.plan.slices.map((slice) => [slice.id, slice]));
  const graph = plan ? planGraph(plan) : null;
  for (const slice of plan?.slices ?? []) {
    const edited = plan && graph ? editedPrompt(plan, slice, graph, old) : null;
    if (edited === null) continue;
    const successor = successors.get(slice.id);
    const name = successor ? promptPath(successor) : `prompts/edited-${path.posix.basename(promptPath(slice))}`;
    if (decomposition.files.get(name) !== edited) files.set(name, edited);
  }
  const inPlan = (file: string): string => file.slice(decomposition.dir.length + 1);
  const generated = new Set([
    ...(plan?.slices ?? []).flatMap((slice) => [inPlan(slice.file), promptPath(slice)]),
    ...(plan?.contracts ?? []).map((contract) => contract.path),
    ...pages,
  ]);
  const copies = (await listTree(full)).filter((name) => {
    // Any task spec would become a slice of the new plan, and an empty directory's mark has done its work.
    if (name.startsWith('tasks/') || name.endsWith('/.gitkeep')) return false;
    return !generated.has(name) && !decomposition.files.has(name);
  });
  return { files, copies };
}

async function readTree(full: string): Promise<PlanFiles> {
  const files = new Map<string, string>();
  for (const name of await listTree(full)) {
    if (/\.(md|json|txt|ya?ml|[a-z]{1,4})$/i.test(name)) files.set(name, await readFile(path.join(full, name), 'utf8'));
  }
  return files;
}

/** Files (and links) below a directory, relative to it, with forward slashes. */
async function listTree(full: string): Promise<string[]> {
  const entries = await readdir(full, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => toPosix(path.relative(full, path.join(entry.parentPath, entry.name))))
    .toSorted();
}

async function writeDurably(base: string, name: string, text: string): Promise<void> {
  const file = path.resolve(base, name);
  if (!inside(base, file) || file === base) throw new Error(`${name} leads out of the plan directory`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text, { flag: 'wx', flush: true });
}

async function syncDirectories(base: string): Promise<void> {
  for (const entry of await readdir(base, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) await syncDirectory(path.join(entry.parentPath, entry.name));
  }
  await syncDirectory(base);
}

/** Windows cannot open a directory for this; there, the rename itself has to do. */
async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
