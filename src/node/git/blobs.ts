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
    this.#expected = names.filter(isOneLine);
    this.#largestExpected = maxBytes;
  }

  /** Their bytes; `null` when larger than `maxBytes`; what is no blob is left out. */
  async read(names: readonly string[], maxBytes: number): Promise<ReadonlyMap<string, Buffer | null>> {
    const found = new Map<string, Buffer | null>();
    // A line end in a name cannot be told to git, which reads one name a line.
    const asked = [...new Set(names)];
    for (const name of asked.filter((candidate) => !isOneLine(candidate))) {
      const [commit = '', ...file] = name.split(':');
      const bytes = await this.#git.blob(commit, file.join(':'));
      if (bytes) found.set(name, bytes.length > maxBytes ? null : Buffer.from(bytes));
    }
    const lines = asked.filter(isOneLine);
    await this.#lookUp(lines);
    const wanted = new Map<string, number>();
    for (const name of lines) {
      const blob = this.#known.get(name);
      if (!blob) continue;
      if (blob.size > maxBytes) found.set(name, null);
      else wanted.set(blob.id, blob.size);
    }
    const bytes = await this.#bytesOf(wanted);
    for (const name of lines) {
      const content = bytes.get(this.#known.get(name)?.id ?? '');
      if (content && !found.has(name)) found.set(name, content);
    }
    return found;
  }

  /** Their sizes in bytes, without reading them; what is no blob is left out. */
  async sizes(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.#lookUp(names.filter(isOneLine));
    return new Map(names.flatMap((name) => (this.#known.get(name) ? [[name, this.#known.get(name)?.size ?? 0]] : [])));
  }

  async #lookUp(names: readonly string[]): Promise<void> {
    if (names.every((name) => this.#known.has(name))) return;
    const asked = [...new Set([...names, ...this.#expected])].filter((name) => !this.#known.has(name));
    const answers = (await this.#catFile('--batch-check=%(objecttype) %(objectsize) %(objectname)', asked))
      .toString('utf8')
      .split('\n');
    asked.forEach((name, at) => {
      const [type, size, id] = (answers[at] ?? '').split(' ');
      this.#known.set(name, type === 'blob' && id !== undefined ? { id, size: Number(size) } : null);
    });
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
    return this.#git.bytes(['cat-file', mode], { input: names.map((name) => `${name}\n`).join('') });
  }
}

function isOneLine(name: string): boolean {
  return !name.includes('\n');
}
