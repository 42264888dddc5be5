import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { mayBeOurs } from '../../core/lint/engine/kind.ts';
import { listFiles } from '../git/file-list.ts';
import { inside } from '../paths.ts';

/** Cap against directories that are no repository of documents: more files than this are not read. */
const maxWorkspaceFiles = 100_000;
const maxBytes = 1_000_000;
/** The manifest of 10,000 slices is larger than any document, and without it they are no plan. */
const maxManifestBytes = 16_000_000;
/** Milliseconds of reading after which whoever waits for an answer gets it. */
const longestTurn = 10;

export interface WorkspaceReadOptions {
  /** Called when there are more files than are read, with how many are left out at least. */
  readonly onLeftOut?: (atLeast: number) => void;
  /** How many files are read at most. */
  readonly most?: number;
  /** All files of the directory, sorted, where they were just listed. */
  readonly listed?: readonly string[];
}

/**
 * The files of a directory that the linter may care about, by path relative to it: Markdown and manifests with their
 * text, contracts by name only (empty text). Untracked files count, ignored ones do not; without git, well-known
 * directories of generated files are left out. Never leaves the directory: symbolic links are not followed. Files that
 * cannot be read are missing from the result.
 */
export async function readWorkspaceFiles(
  root: string,
  { onLeftOut, most = maxWorkspaceFiles, listed }: WorkspaceReadOptions = {},
): Promise<Map<string, string>> {
  const names = listed?.filter(isWanted) ?? (await listFiles(root, { wanted: isWanted, most: most + 1 }));
  if (names.length > most) onLeftOut?.(names.length - most);
  const files = new Map<string, string>();
  const reader = new FileReader(root);
  // Small files one after the other are read in a third of the time that handing each to a thread takes.
  let turn = performance.now();
  for (const name of names.slice(0, most)) {
    const text = reader.read(name);
    if (text !== null) files.set(name, text);
    if (performance.now() - turn < longestTurn) continue;
    await setImmediate();
    turn = performance.now();
  }
  return files;
}

/** One file as the linter gets it; `null` when it is not one for the linter, too large, a link, or unreadable. */
export async function readWorkspaceFile(root: string, name: string): Promise<string | null> {
  return new FileReader(root).read(name);
}

/** Reads the files of one directory for as long as it takes to read them once: where its directories are is kept. */
class FileReader {
  readonly #root: string;
  /** Whether a directory, by path relative to the root, really lies inside it. */
  readonly #inside = new Map<string, boolean>();
  #top: string | null = null;
  #buffer = Buffer.allocUnsafe(64 * 1024);

  constructor(root: string) {
    this.#root = root;
  }

  read(name: string): string | null {
    if (!isWanted(name) || name.split('/').includes('..')) return null;
    try {
      const file = path.join(this.#root, name);
      if (!mayBeOurs(name)) return lstatSync(file).isFile() ? '' : null;
      if (!this.#isInside(path.posix.dirname(name))) return null;
      // Windows knows no way to open a link itself.
      if (constants.O_NOFOLLOW === undefined && !lstatSync(file).isFile()) return null;
      // Without O_NONBLOCK, a pipe under one of our names would be waited for.
      const handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
      try {
        const info = fstatSync(handle);
        const most = name.endsWith('.json') ? maxManifestBytes : maxBytes;
        return info.isFile() && info.size <= most ? this.#text(handle, info.size) : null;
      } finally {
        closeSync(handle);
      }
    } catch {
      return null;
    }
  }

  #text(handle: number, size: number): string {
    if (size > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(size);
    let length = 0;
    while (length < size) {
      const read = readSync(handle, this.#buffer, length, size - length, null);
      if (read === 0) break;
      length += read;
    }
    return this.#buffer.toString('utf8', 0, length);
  }

  /** A link further up must not lead out of the directory either. */
  #isInside(dir: string): boolean {
    const known = this.#inside.get(dir);
    if (known !== undefined) return known;
    this.#top ??= realpathSync(this.#root);
    const result = inside(this.#top, realpathSync(path.join(this.#root, dir)));
    this.#inside.set(dir, result);
    return result;
  }
}

function isWanted(name: string): boolean {
  return mayBeOurs(name) || /(?:^|\/)contracts\//.test(name);
}
