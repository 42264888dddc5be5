import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

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

export function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

export function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
