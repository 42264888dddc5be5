import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Git } from './git.ts';

/** A file in an index. */
export interface IndexEntry {
  readonly path: string;
  /** As git writes it in a tree: `160000` is a repository inside. */
  readonly mode: string;
  /** By `--assume-unchanged`, git does not look at it. */
  readonly isAssumed: boolean;
  /** By `--skip-worktree` (a sparse checkout does that), git does not look at it. */
  readonly isSkipped: boolean;
}

/**
 * The entries of an index, in its order; a path in conflict stands there once for each side. `index`: another one than
 * the place's own.
 *
 * Every look at a worktree asks this a few times, so it is read from the file as git would read it. Git itself is asked
 * where the file is not plain: damaged, in parts, of another form, or with files that are skipped, of which git takes
 * back those that are there.
 */
export async function indexEntries(git: Git, index?: string): Promise<readonly IndexEntry[]> {
  const gitDir = await git.gitDir();
  const isOwn = git.place.settings === undefined && git.place.env?.['GIT_INDEX_FILE'] === undefined;
  const file = index ?? (gitDir !== null && isOwn ? path.join(gitDir, 'index') : null);
  const bytes = file === null ? null : await readFile(file).catch(() => null);
  return (bytes && plainEntries(bytes)) ?? askedEntries(git, index);
}

async function askedEntries(git: Git, index: string | undefined): Promise<readonly IndexEntry[]> {
  const lines = await git.fields(['ls-files', '--stage', '-v', '-z'], index === undefined ? {} : { index });
  return lines.flatMap((line) => {
    const [, tag = '', mode = '', file = ''] = /^(\S) (\d+) [0-9a-f]+ \d\t(.+)$/s.exec(line) ?? [];
    if (file === '') return [];
    return [{ path: file, mode, isAssumed: /[a-z]/.test(tag), isSkipped: tag.toUpperCase() === 'S' }];
  });
}

const CHECKSUM = 20;
/** Times, device, inode, mode, owner, size, object and flags, before the name. */
const FIXED = 62;
/** Bits of an entry's flags: assumed unchanged; more flags follow. Of those: skipped. */
const ASSUMED = 0x8000;
const EXTENDED = 0x4000;
const SKIPPED = 0x4000;

/**
 * The entries of an index of version 2 or 3 that is whole (its checksum says so) and says all by itself; `null`
 * otherwise.
 */
export function plainEntries(bytes: Buffer): readonly IndexEntry[] | null {
  const end = bytes.length - CHECKSUM;
  if (end < 12 || bytes.toString('latin1', 0, 4) !== 'DIRC') return null;
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) return null;
  if (!createHash('sha1').update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end))) return null;
  const entries: IndexEntry[] = [];
  let at = 12;
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    if (at + FIXED > end) return null;
    const mode = bytes
      .readUInt32BE(at + 24)
      .toString(8)
      .padStart(6, '0');
    const flags = bytes.readUInt16BE(at + 60);
    const isExtended = (flags & EXTENDED) !== 0;
    // A folder stands for what is in it where an index is sparse.
    if (mode === '040000' || (isExtended && (bytes.readUInt16BE(at + FIXED) & SKIPPED) !== 0)) return null;
    const start = at + FIXED + (isExtended ? 2 : 0);
    const stop = bytes.indexOf(0, start);
    if (stop < 0 || stop >= end) return null;
    const file = bytes.toString('utf8', start, stop);
    entries.push({ path: file, mode, isAssumed: (flags & ASSUMED) !== 0, isSkipped: false });
    // Filled up to a multiple of eight, with one byte at least.
    at += (stop - at + 8) & ~7;
  }
  return extensionsAreOptional(bytes, at, end) ? entries : null;
}

/** What an index must be understood by has a name in small letters: entries in another file, folders for files. */
function extensionsAreOptional(bytes: Buffer, from: number, end: number): boolean {
  let at = from;
  while (at + 8 <= end) {
    if (!/^[A-Z]/.test(bytes.toString('latin1', at, at + 1))) return false;
    at += 8 + bytes.readUInt32BE(at + 4);
  }
  return at === end;
}
