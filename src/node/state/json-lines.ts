import { closeSync, fsyncSync, ftruncateSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { BEGINNING, seal, unseal } from './chain.ts';
import { evidenceKey } from './evidence-key.ts';

/** The last line of one's own is looked for in this much of a file's end before all of it is read. */
const TAIL = 256 * 1024;

/**
 * An append-only file of JSON lines with one writer at a time, each line with its digest. Every line is on disk when
 * `append` returns.
 */
export class JsonLines {
  readonly #file: string;
  readonly #name: string;
  readonly #descriptor: number;
  #last: string;
  #lastTime = 0;

  /** Ends a torn last line first, so that the next one stands alone. `name`: what the digests bind the lines to. */
  constructor(file: string, name: string) {
    this.#file = file;
    this.#name = name;
    this.#descriptor = openSync(file, 'a+', 0o644);
    const { size } = fstatSync(this.#descriptor);
    if (size > 0 && this.#read(size - 1, size) !== '\n') writeSync(this.#descriptor, '\n');
    this.#last = this.#lastDigest(size);
  }

  /** The digest of the last own line; `null` when there is none. */
  get digest(): string | null {
    return this.#last === BEGINNING ? null : this.#last;
  }

  /** When the last own line says that it was written (its `t`), in milliseconds since the epoch; 0: there is none. */
  get lastTime(): number {
    return this.#lastTime;
  }

  /** @throws when the disk is full or gone; a half-written line is taken back. */
  append(value: object): void {
    const before = fstatSync(this.#descriptor).size;
    const sealed = seal(value, this.#last, this.#name, evidenceKey());
    const bytes = Buffer.from(`${sealed.text}\n`);
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
      fsyncSync(this.#descriptor);
    } catch (error) {
      try {
        ftruncateSync(this.#descriptor, before);
      } catch {
        // Readers leave a torn line out anyway.
      }
      throw new Error(`cannot write ${this.#file}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    this.#last = sealed.digest;
    this.#lastTime = timeIn(value);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #read(from: number, to: number): string {
    const bytes = Buffer.alloc(to - from);
    const read = readSync(this.#descriptor, bytes, 0, bytes.length, from);
    return bytes.toString('utf8', 0, read);
  }

  #lastDigest(size: number): string {
    if (size === 0) return BEGINNING;
    const from = Math.max(0, size - TAIL);
    for (const start of from === 0 ? [0] : [from, 0]) {
      const own = unseal(this.#read(start, size), this.#name, evidenceKey()).findLast((line) => line.origin === 'own');
      if (!own?.digest) continue;
      this.#lastTime = timeIn(own.value);
      return own.digest;
    }
    return BEGINNING;
  }
}

function timeIn(value: unknown): number {
  const t: unknown = typeof value === 'object' && value !== null && 't' in value ? value.t : undefined;
  return typeof t === 'string' ? Date.parse(t) || 0 : 0;
}
