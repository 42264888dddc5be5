import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Finding } from '../core/finding.ts';
import { LintSession } from '../core/lint/lint.ts';
import { readWorkspaceFile, readWorkspaceFiles } from '../node/workspace-files.ts';

/**
 * One workspace folder: its files on disk, with the text of open documents in their place, and the findings of both.
 * A folder without a root holds documents that lie in no workspace folder, each under its own URI.
 */
export class Folder {
  readonly root: string | null;
  readonly #session = new LintSession();
  /** Open documents by path in the session; they win over the disk. */
  readonly #open = new Map<string, string>();
  /** URIs as the editor spells them: a path alone does not tell how it escapes a colon. */
  readonly #uris = new Map<string, string>();

  constructor(root: string | null) {
    this.root = root;
  }

  /** The path of a document in this folder, or `null` when it is not inside. */
  pathOf(uri: string): string | null {
    if (this.root === null) return uri;
    const file = filePath(uri);
    if (file === null) return null;
    const inside = path.relative(this.root, file);
    if (inside === '' || inside.startsWith('..') || path.isAbsolute(inside)) return null;
    return inside.replaceAll('\\', '/');
  }

  uriOf(name: string): string {
    const known = this.#uris.get(name);
    if (known !== undefined) return known;
    return this.root === null ? name : pathToFileURL(path.join(this.root, name)).href;
  }

  open(name: string, uri: string, text: string): void {
    this.#open.set(name, text);
    this.#uris.set(name, uri);
    this.#session.set(name, text);
  }

  /** Closing a document brings back what the disk holds. */
  async close(name: string): Promise<void> {
    this.#open.delete(name);
    await this.refresh(name);
  }

  /** Reads one file again, unless it is open in the editor. */
  async refresh(name: string): Promise<void> {
    const text = this.root === null ? null : await readWorkspaceFile(this.root, name);
    // It may be open, or have been opened while the disk was read.
    if (this.#open.has(name)) return;
    if (text === null) this.#session.delete(name);
    else this.#session.set(name, text);
  }

  /** Reads the disk again, whole; answers how many files there are. */
  async scan(): Promise<number> {
    if (this.root !== null) {
      const files = await readWorkspaceFiles(this.root);
      for (const name of this.#session.files.keys())
        if (!files.has(name) && !this.#open.has(name)) this.#session.delete(name);
      for (const [name, text] of files) if (!this.#open.has(name)) this.#session.set(name, text);
    }
    return this.#session.files.size;
  }

  textOf(name: string): string | null {
    return this.#session.files.get(name) ?? null;
  }

  findings(): ReadonlyMap<string, readonly Finding[]> {
    return this.#session.findings();
  }
}

/** `null` for documents that are not files. */
export function filePath(uri: string): string | null {
  if (!uri.startsWith('file:')) return null;
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}
