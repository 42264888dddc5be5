import { SourceText } from '../core/text/source.ts';
import { filePath, Folder } from './folder.ts';

/** A document in the folder that owns it. */
export interface Owned {
  readonly folder: Folder;
  readonly name: string;
}

/** The workspace's folders, and a place for documents that lie in none of them. */
export class Workspace {
  #folders: Folder[] = [];
  readonly #loose = new Folder(null);
  /** One scan after the other: two at once could finish in the wrong order and bring old text back. */
  #scanning: Promise<number> = Promise.resolve(0);
  readonly #onError: (message: string) => void;

  constructor(onError: (message: string) => void) {
    this.#onError = onError;
  }

  get folders(): readonly Folder[] {
    return [...this.#folders, this.#loose];
  }

  /** Makes these the folders. What was known of one that stays is kept. */
  setFolders(uris: readonly string[]): void {
    const before = new Map(this.#folders.map((folder) => [folder.root, folder]));
    this.#folders = [...new Set(uris.flatMap((uri) => filePath(uri) ?? []))].map(
      (root) => before.get(root) ?? new Folder(root),
    );
    for (const folder of before.values()) if (!this.#folders.includes(folder)) folder.dispose();
  }

  dispose(): void {
    for (const folder of this.#folders) folder.dispose();
  }

  /** Folders may be nested; the innermost one owns the document. */
  ownerOf(uri: string): Owned {
    let best: Owned | null = null;
    for (const folder of this.#folders) {
      const name = folder.pathOf(uri);
      if (name !== null && (best === null || name.length < best.name.length)) best = { folder, name };
    }
    return best ?? { folder: this.#loose, name: uri };
  }

  /** Gives an open document to the folder that owns it now; another one may have owned it before the folders changed. */
  adopt(uri: string, text: string): void {
    const { folder, name } = this.ownerOf(uri);
    for (const other of this.folders) if (other !== folder) other.release(uri);
    folder.open(name, uri, text);
  }

  /** The text of a document as the answers see it, for turning its positions into offsets; `null` when unknown. */
  sourceOf(uri: string): (Owned & { readonly source: SourceText }) | null {
    const owned = this.ownerOf(uri);
    const text = owned.folder.language.textOf(owned.name);
    return text === null ? null : { ...owned, source: new SourceText(owned.name, text) };
  }

  /** Reads every folder again; answers how many files there are. */
  scan(): Promise<number> {
    this.#scanning = this.#scanning
      .then(async () => {
        let files = 0;
        for (const folder of this.#folders) files += await folder.scan();
        return files;
      })
      .catch((error: unknown) => {
        this.#onError(`reading the workspace failed: ${String(error)}`);
        return 0;
      });
    return this.#scanning;
  }
}
