import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';

/*
 * Looks at `/proc`, whose entries come and go: empty for what is not there any more, or is not ours to read. Read without
 * giving way: it is answered from memory, and waiting for it would cost more than reading it does.
 */

/** Where a link leads: `cwd`, `exe`, an open file. */
export function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

/** Used again for every file: these have no size, and a buffer for each would be most of what reading them costs. */
const buffer = Buffer.alloc(64 * 1024);

export function textOf(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    let text = '';
    for (;;) {
      const read = readSync(descriptor, buffer, 0, buffer.length, null);
      if (read === 0) return text;
      text += buffer.toString('latin1', 0, read);
    }
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

export function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
