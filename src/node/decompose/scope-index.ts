import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  indexedFile,
  mayBeMeant,
  ScopeIndex,
  type IndexedCommit,
  type IndexedFile,
} from '../../core/decompose/import/scope-index.ts';
import { Git } from '../git/git.ts';

/** Larger files are tables or generated; they are known by their names alone. */
const LARGEST = 200_000;
/** Characters that are read of all files together. */
const MOST_READ = 256_000_000;
const AT_ONCE = 32;
const MOST_FILES = 50_000;
/** So many of the newest commits tell what changes with what; of one that touches more files than that, nothing is told. */
const MOST_COMMITS = 3_000;
const MOST_TOUCHED = 30;

/**
 * Indexes the files of a directory and the history of it, for guessing where a task works. Reads each file once; what
 * cannot be read is known by its name, and without a history nothing is told by it. Starts git once.
 */
export async function readScopeIndex(root: string, files: readonly string[]): Promise<ScopeIndex> {
  const wanted = files.filter(mayBeMeant).slice(0, MOST_FILES);
  const found: (IndexedFile | null)[] = Array.from({ length: wanted.length }, () => null);
  let next = 0;
  let read = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < wanted.length; at = next++) {
      const file = wanted[at] ?? '';
      const full = path.join(root, file);
      const info = await lstat(full).catch(() => null);
      if (!info?.isFile()) continue;
      const isRead = info.size <= LARGEST && read + info.size <= MOST_READ;
      if (isRead) read += info.size;
      const text = isRead ? await readFile(full, 'utf8').catch(() => '') : '';
      found[at] = indexedFile(file, text.includes('\0') ? '' : text);
    }
  };
  const [commits] = await Promise.all([commitsOf(root), ...Array.from({ length: AT_ONCE }, work)]);
  return new ScopeIndex(
    found.filter((file) => file !== null),
    commits,
  );
}

async function commitsOf(root: string): Promise<IndexedCommit[]> {
  const log = ['log', '-z', `--max-count=${MOST_COMMITS}`, '--no-merges', '--no-renames', '--name-only', '--relative'];
  const fields = await new Git(root).fields([...log, '--format=%x01%s', 'HEAD']).catch(() => []);
  const commits: { subject: string; files: string[] }[] = [];
  for (const field of fields) {
    if (field.startsWith('\u0001')) commits.push({ subject: field.slice(1), files: [] });
    else if (field !== '') commits.at(-1)?.files.push(field.replace(/^\n/, ''));
  }
  return commits.filter(({ files }) => files.length > 0 && files.length <= MOST_TOUCHED);
}
