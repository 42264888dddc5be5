import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, fstatSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/**
 * The lines of a JSON-lines file. A torn last line (the writer died in the middle of it) and a damaged line are left
 * out; every other line counts. A missing file has no lines. `damaged` does not count a torn last line: that is how a writer
 * dies.
 */
export async function readJsonLines(file: string): Promise<{ readonly values: unknown[]; readonly damaged: number }> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const values: unknown[] = [];
  let damaged = 0;
  const lines = text.split('\n');
  lines.forEach((line, i) => {
    if (line.trim() === '') return;
    try {
      values.push(JSON.parse(line));
    } catch {
      // Left out, as said above: one damaged line must not hide the history around it.
      if (i + 1 < lines.length) damaged++;
    }
  });
  return { values, damaged };
}

/** An append-only file of JSON lines with one writer. Every line is on disk when `append` returns. */
export class JsonLines {
  readonly #file: string;
  readonly #descriptor: number;

  /** Ends a torn last line first, so that the next one stands alone. */
  constructor(file: string) {
    this.#file = file;
    this.#descriptor = openSync(file, 'a+', 0o644);
    const size = fstatSync(this.#descriptor).size;
    if (size > 0) {
      const last = Buffer.alloc(1);
      readSync(this.#descriptor, last, 0, 1, size - 1);
      if (last[0] !== 10) writeSync(this.#descriptor, '\n');
    }
  }

  /** @throws when the disk is full or gone; a half-written line is taken back. */
  append(value: unknown): void {
    const before = fstatSync(this.#descriptor).size;
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
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
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Whether a value has the shape that every event and decision shares; the rest is checked where it is used. */
export function isFact(value: unknown): value is { readonly v: 1; readonly t: string; readonly type: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    't' in value &&
    typeof value.t === 'string'
  );
}
