import * as vscode from 'vscode';
import type { Projects } from '../projects.ts';

/** Files as they are in a commit: `slicewave-git:/src/app.ts?{"root":…,"commit":…}`. Read only, binary safe. */
export const COMMIT_SCHEME = 'slicewave-git';

interface CommitFile {
  readonly root: string;
  /** `null`: an empty file, to compare with what did not exist. */
  readonly commit: string | null;
  readonly path: string;
}

export function commitUri(file: CommitFile): vscode.Uri {
  const { root, commit, path } = file;
  return vscode.Uri.from({ scheme: COMMIT_SCHEME, path: `/${path}`, query: JSON.stringify({ root, commit }) });
}

/** What a `slicewave-git:` URI names; `null` for any other. */
export function commitFileOf(uri: vscode.Uri): CommitFile | null {
  if (uri.scheme !== COMMIT_SCHEME) return null;
  try {
    const value: unknown = JSON.parse(uri.query);
    if (typeof value !== 'object' || value === null || !('root' in value) || !('commit' in value)) return null;
    const { root, commit } = value;
    if (typeof root !== 'string' || (commit !== null && typeof commit !== 'string')) return null;
    return { root, commit, path: uri.path.slice(1) };
  } catch {
    return null;
  }
}

/**
 * A file system rather than a text provider, so that images and other binary files show as what they are. A commit
 * never changes, so there is nothing to watch; the last few files are kept because VS Code asks for each one twice.
 */
export class CommitFiles implements vscode.FileSystemProvider {
  readonly #projects: Projects;
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly #recent = new Map<string, Promise<Uint8Array>>();

  readonly onDidChangeFile = this.#changed.event;

  constructor(projects: Projects) {
    this.#projects = projects;
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const bytes = await this.readFile(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: bytes.byteLength };
  }

  readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const key = uri.toString();
    const known = this.#recent.get(key);
    if (known) return known;
    const reading = this.#read(uri);
    this.#recent.set(key, reading);
    reading.catch(() => this.#recent.delete(key));
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > KEPT && oldest !== undefined) this.#recent.delete(oldest);
    return reading;
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(): never {
    throw vscode.FileSystemError.NoPermissions('A commit cannot be changed.');
  }

  writeFile(): never {
    throw vscode.FileSystemError.NoPermissions('A commit cannot be changed.');
  }

  delete(): never {
    throw vscode.FileSystemError.NoPermissions('A commit cannot be changed.');
  }

  rename(): never {
    throw vscode.FileSystemError.NoPermissions('A commit cannot be changed.');
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #read(uri: vscode.Uri): Promise<Uint8Array> {
    const file = commitFileOf(uri);
    if (!file) throw vscode.FileSystemError.FileNotFound(uri);
    if (file.commit === null) return new Uint8Array();
    // After a reload VS Code restores such editors before the repositories were looked for.
    if (!this.#projects.engine(file.root)) await this.#projects.refresh();
    const bytes = await this.#projects.engine(file.root)?.fileAt(file.commit, file.path);
    if (!bytes) throw vscode.FileSystemError.FileNotFound(uri);
    return bytes;
  }
}

const KEPT = 64;
