import type { Git } from './git.ts';

/** Bytes that are kept for who asks again. */
const MOST_KEPT = 64 * 1024 * 1024;

/**
 * Blobs by the names they are asked for (`<commit or tree>:<path>`, by full ids, so that a name means one thing for
 * good). What was read once is not read again; git is started twice, at most, for whatever is asked for together.
 */
export class Blobs {
  readonly #git: Git;
  /** What names stand for; `null`: no blob. */
  readonly #known = new Map<string, { readonly id: string; readonly size: number } | null>();
  readonly #kept = new Map<string, Buffer>();
  #keptBytes = 0;
  #expected: readonly string[] = [];
  #largestExpected = 0;

  constructor(git: Git) {
    this.#git = git;
  }

  /** Who asks first reads these as well, up to `maxBytes` each: others will ask for them. */
  expect(names: readonly string[], maxBytes: number): void {
    this.#expected = names;
    this.#largestExpected = maxBytes;
  }

  /** Their bytes; `null` when larger than `maxBytes`; what is no blob is left out. */
  async read(names: readonly string[], maxBytes: number): Promise<ReadonlyMap<string, Buffer | null>> {
    const found = new Map<string, Buffer | null>();
    const asked = [...new Set(names)];
    await this.#lookUp(asked);
    const wanted = new Map<string, number>();
    for (const name of asked) {
      const blob = this.#known.get(name);
      if (!blob) continue;
      if (blob.size > maxBytes) found.set(name, null);
      else wanted.set(blob.id, blob.size);
    }
    const bytes = await this.#bytesOf(wanted);
    for (const name of asked) {
      const content = bytes.get(this.#known.get(name)?.id ?? '');
      if (content && !found.has(name)) found.set(name, content);
    }
    return found;
  }

  /** Their sizes in bytes, without reading them; what is no blob is left out. */
  async sizes(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.#lookUp(names);
    return new Map(names.flatMap((name) => (this.#known.get(name) ? [[name, this.#known.get(name)?.size ?? 0]] : [])));
  }

  async #lookUp(names: readonly string[]): Promise<void> {
    if (names.every((name) => this.#known.has(name))) return;
    const asked = [...new Set([...names, ...this.#expected])].filter((name) => !this.#known.has(name));
    const answers = await this.#catFile('--batch-check=%(objecttype) %(objectsize) %(objectname)', asked);
    let at = 0;
    for (const name of asked) {
      // A name that stands for no object is said again, and may have line ends of its own.
      const again = Buffer.from(`${name} `);
      const isNone = answers.subarray(at, at + again.length).equals(again);
      const end = answers.indexOf(10, isNone ? at + again.length : at);
      const [type, size, id] = isNone || end < 0 ? [] : answers.toString('latin1', at, end).split(' ');
      this.#known.set(name, type === 'blob' && id !== undefined ? { id, size: Number(size) } : null);
      at = end < 0 ? answers.length : end + 1;
    }
  }

  async #bytesOf(wanted: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Buffer>> {
    const missing = new Set([...wanted.keys()].filter((id) => !this.#kept.has(id)));
    if (missing.size === 0) return this.#kept;
    let room = MOST_KEPT - this.#keptBytes;
    for (const id of missing) room -= wanted.get(id) ?? 0;
    for (const name of this.#expected) {
      const blob = this.#known.get(name);
      if (!blob || blob.size > Math.min(room, this.#largestExpected)) continue;
      if (missing.has(blob.id) || this.#kept.has(blob.id)) continue;
      missing.add(blob.id);
      room -= blob.size;
    }
    const bytes = await this.#catFile('--batch=%(objectsize)', [...missing]);
    const read = new Map<string, Buffer>();
    let at = 0;
    for (const id of missing) {
      const end = bytes.indexOf(10, at);
      if (end < 0) break;
      const size = Number(bytes.toString('latin1', at, end));
      read.set(id, bytes.subarray(end + 1, end + 1 + size));
      at = end + 1 + size + 1;
    }
    const all = new Map([...this.#kept, ...read]);
    // Parts of one buffer keep all of it.
    if (this.#keptBytes + bytes.length > MOST_KEPT) return all;
    for (const [id, content] of read) this.#kept.set(id, content);
    this.#keptBytes += bytes.length;
    return all;
  }

  /** Sizes are in bytes, and so is the answer. */
  #catFile(mode: string, names: readonly string[]): Promise<Buffer> {
    if (names.length === 0) return Promise.resolve(Buffer.alloc(0));
    return this.#git.bytes(['cat-file', mode, '-z'], { input: names.map((name) => `${name}\0`).join('') });
  }
}
