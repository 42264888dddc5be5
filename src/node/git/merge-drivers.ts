import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryDirectory } from '../process/temporary.ts';
import { Blobs } from './blobs.ts';
import type { Git } from './git.ts';

interface MadeMerge {
  readonly ours: string;
  readonly theirs: string;
  /** The commit or tree that came of it. */
  readonly merged: string;
}

/**
 * Files of which a merge driver (`merge.<name>.driver`, by `.gitattributes`) kept one side alone, though both had changed
 * them and nobody would call the one a part of the other: git calls such a merge clean, and the other side's work is in
 * no file. Asks git once where no driver is set, as nearly always.
 */
export async function keptOneSide(git: Git, { ours, theirs, merged }: MadeMerge): Promise<readonly string[]> {
  const drivers = await git.run(['config', '--get-regexp', String.raw`^merge\..*\.driver$`], { accept: [0, 1] });
  if (drivers.exitCode !== 0) return [];
  const base = await git.mergeBase(ours, theirs);
  if (base === null || base === ours || base === theirs) return [];
  const [ofOurs, ofTheirs] = await Promise.all([changedBlobs(git, base, ours), changedBlobs(git, base, theirs)]);
  const both = [...ofOurs.keys()].filter((file) => ofTheirs.has(file));
  if (both.length === 0) return [];
  const result = await changedBlobs(git, base, merged);
  const lost: string[] = [];
  for (const file of both) {
    const [our, their] = [ofOurs.get(file), ofTheirs.get(file)];
    const kept = result.get(file)?.after ?? our?.before;
    if (!our || !their || our.after === their.after || (kept !== our.after && kept !== their.after)) continue;
    if (!(await isPlainMerge(git, { base: our.before, ours: our.after, theirs: their.after, kept }))) lost.push(file);
  }
  return lost;
}

interface ChangedBlob {
  readonly before: string;
  readonly after: string;
}

/** Files that are there before and after, with their blobs. */
async function changedBlobs(git: Git, from: string, to: string): Promise<ReadonlyMap<string, ChangedBlob>> {
  const fields = await git.fields(['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', from, to]);
  const found = new Map<string, ChangedBlob>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, , before = '', after = '', status] = (fields[at] ?? '').split(' ');
    if (status === 'M') found.set(fields[at + 1] ?? '', { before, after });
  }
  return found;
}

/** Whether git alone, line by line, comes to the same: then nothing is lost. */
async function isPlainMerge(
  git: Git,
  {
    base,
    ours,
    theirs,
    kept,
  }: { readonly base: string; readonly ours: string; readonly theirs: string; readonly kept: string },
): Promise<boolean> {
  const dir = await temporaryDirectory('tmp');
  try {
    const blobs = await new Blobs(git).read([ours, base, theirs, kept], Infinity);
    const bytesOf = (id: string): Buffer => blobs.get(id) ?? Buffer.alloc(0);
    const files = ['ours', 'base', 'theirs'].map((name) => path.join(dir, name));
    await Promise.all([ours, base, theirs].map((id, at) => writeFile(files[at] ?? '', bytesOf(id))));
    const accept = [...Array(128).keys(), 255];
    const { exitCode } = await git.run(['merge-file', '--quiet', ...files], { accept });
    if (exitCode !== 0) return false;
    const [first = ''] = files;
    return (await readFile(first)).equals(bytesOf(kept));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
