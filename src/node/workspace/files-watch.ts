import { type FSWatcher, lstatSync, readdirSync, type Stats, watch } from 'node:fs';
import path from 'node:path';
import { toPosix } from '../paths.ts';

/** What happened to an entry below the watched directory, as far as the file system tells. */
export type FileEvent = 'changed' | 'made' | 'gone';

export interface FilesWatchOptions {
  readonly root: string;
  /** Directories of which nobody is told, by path relative to the root; nothing below them is looked at. */
  readonly leavesOut: (name: string) => boolean;
  /** `name`: relative to the root, with forward slashes. A directory that comes or goes stands for all below it. */
  readonly onEvent: (name: string, event: FileEvent) => void;
  /** The system gives no more watches: from here on some directories are not watched. Called once. */
  readonly onLimit: () => void;
}

/**
 * Tells what happens to files below a directory, for clients that cannot watch. One watch for each directory in which
 * there are files that count, none for files: what a build makes in the directories that git ignores costs nothing.
 */
export class FilesWatch {
  readonly #options: FilesWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #isLimited = false;
  #isClosed = false;

  constructor(options: FilesWatchOptions) {
    this.#options = options;
    this.#add('');
  }

  /** Watches the directories of these files and those above them, and no others any more. */
  follow(files: Iterable<string>): void {
    const wanted = new Set(['']);
    for (const file of files) {
      for (let end = file.lastIndexOf('/'); end > 0; end = file.lastIndexOf('/', end - 1)) {
        const dir = file.slice(0, end);
        if (wanted.has(dir)) break;
        wanted.add(dir);
      }
    }
    for (const [dir, watcher] of this.#watchers) {
      // An empty directory is in no list of files, and may be about to get one.
      if (wanted.has(dir) || this.#isDirectory(dir)) continue;
      watcher.close();
      this.#watchers.delete(dir);
    }
    for (const dir of wanted) this.#add(dir);
  }

  close(): void {
    this.#isClosed = true;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #add(dir: string): void {
    if (this.#isClosed || this.#watchers.has(dir) || (dir !== '' && this.#options.leavesOut(dir))) return;
    if (!this.#isDirectory(dir)) return;
    try {
      const watcher = watch(this.#at(dir), { persistent: false }, (kind, name) => this.#happened(dir, kind, name));
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(dir);
      });
      this.#watchers.set(dir, watcher);
    } catch {
      // It may be gone again; where it is not, the system gives no more.
      if (this.#isLimited || !this.#isDirectory(dir)) return;
      this.#isLimited = true;
      this.#options.onLimit();
    }
  }

  #happened(dir: string, kind: 'change' | 'rename', entry: string | null): void {
    if (this.#isClosed) return;
    const name = entry === null ? dir : toPosix(path.join(dir, entry));
    if (name !== '' && this.#options.leavesOut(name)) return;
    if (kind === 'change' && entry !== null) this.#options.onEvent(name, 'changed');
    else if (this.#look(name) === null) {
      this.#forget(name);
      this.#options.onEvent(name, 'gone');
    } else {
      this.#addAll(name);
      this.#options.onEvent(name, 'made');
    }
  }

  /** A directory that comes with others in it tells nothing of theirs. */
  #addAll(dir: string): void {
    if (!this.#isDirectory(dir) || this.#options.leavesOut(dir)) return;
    this.#add(dir);
    if (!this.#watchers.has(dir)) return;
    try {
      for (const entry of readdirSync(this.#at(dir), { withFileTypes: true }))
        if (entry.isDirectory()) this.#addAll(toPosix(path.join(dir, entry.name)));
    } catch {
      // Gone again.
    }
  }

  /** The watch of a directory that is gone would stay at what it was, also when another one is made in its place. */
  #forget(gone: string): void {
    for (const [dir, watcher] of this.#watchers) {
      if (dir !== gone && !dir.startsWith(`${gone}/`)) continue;
      watcher.close();
      this.#watchers.delete(dir);
    }
  }

  /** Links are not followed: what is behind one is none of the workspace's. */
  #isDirectory(dir: string): boolean {
    const info = this.#look(dir);
    return info?.isDirectory() === true || (dir === '' && info?.isSymbolicLink() === true);
  }

  /** `null`: nothing is there, or where a directory was there is a file by now, or it cannot be looked at. */
  #look(name: string): Stats | null {
    try {
      return lstatSync(this.#at(name));
    } catch {
      return null;
    }
  }

  #at(name: string): string {
    return path.join(this.#options.root, name);
  }
}
