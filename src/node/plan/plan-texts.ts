import { closeSync, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { PlanFiles } from '../../core/plan/model.ts';
import { success, type Result } from '../../core/text/result.ts';
import { type EngineFailure, fail } from '../failure.ts';
import type { Repository } from '../git/repository.ts';
import { toPosix } from '../paths.ts';

const LARGEST = 4 * 1024 * 1024;
/** Milliseconds of reading after which whoever waits for an answer gets it. */
const LONGEST_TURN = 10;

interface KeptText {
  readonly stat: FileStamp;
  /** `null`: too large, or no text. */
  readonly text: string | null;
}

/** Of what differs after a write. The time of the change is one that nobody can set back, as that of the writing. */
type FileStamp = Pick<Stats, 'size' | 'mtimeMs' | 'ctimeMs' | 'ino'>;

interface KeptDirectory {
  readonly texts: ReadonlyMap<string, KeptText>;
  readonly files: PlanFiles;
}

/**
 * The text files of plan directories, without large and binary ones. A file is read again only when its size or its times
 * changed, and as long as nothing changed a directory's answer is the same map: the state of a plan is asked for after
 * every event of every run.
 */
export class PlanTexts {
  readonly #root: string;
  readonly #kept = new Map<string, KeptDirectory>();
  #buffer = Buffer.allocUnsafe(64 * 1024);

  constructor(repository: Pick<Repository, 'root'>) {
    this.#root = repository.root;
  }

  /** The files by path relative to the plan directory `dir`, which is relative to the repository's root. */
  async read(dir: string): Promise<Result<PlanFiles, EngineFailure>> {
    const kept = this.#kept.get(dir);
    const root = path.join(this.#root, dir);
    const texts = new Map<string, KeptText>();
    const files = new Map<string, string>();
    let isSame = kept !== undefined;
    try {
      const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      // Small files one after the other are read in a third of the time that handing each to a thread takes.
      let turn = performance.now();
      /** What stands before the names of a directory's files. */
      const within = new Map<string, string>();
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const parent = entry.parentPath ?? entry.path;
        let above = within.get(parent);
        if (above === undefined) {
          const relative = toPosix(path.relative(root, parent));
          within.set(parent, (above = relative === '' ? '' : `${relative}/`));
        }
        const full = `${parent}${path.sep}${entry.name}`;
        const name = above + entry.name;
        const before = kept?.texts.get(name);
        const now = before && isAsKept(before, statSync(full)) ? before : this.#readFile(full);
        if (now !== before) isSame = false;
        texts.set(name, now);
        if (now.text !== null) files.set(name, now.text);
        if (performance.now() - turn < LONGEST_TURN) continue;
        await setImmediate();
        turn = performance.now();
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return fail(
        'bad-plan',
        `${dir} cannot be read: ${message}`,
        'Check that the directory exists and that you may read it.',
      );
    }
    if (!files.has('manifest.json')) {
      return fail(
        'bad-plan',
        `${dir} has no manifest.json`,
        'Make a plan with `slicewave decompose <spec>` or `slicewave init`.',
      );
    }
    if (kept && isSame && kept.texts.size === texts.size) return success(kept.files);
    this.#kept.set(dir, { texts, files });
    return success(files);
  }

  #readFile(full: string): KeptText {
    const handle = openSync(full, 'r');
    try {
      const { size, mtimeMs, ctimeMs, ino } = fstatSync(handle);
      const stat = { size, mtimeMs, ctimeMs, ino };
      if (size > LARGEST) return { stat, text: null };
      if (size > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(size);
      let length = 0;
      while (length < size) {
        const read = readSync(handle, this.#buffer, length, size - length, null);
        if (read === 0) break;
        length += read;
      }
      const bytes = this.#buffer.subarray(0, length);
      return { stat, text: bytes.includes(0) ? null : bytes.toString('utf8') };
    } finally {
      closeSync(handle);
    }
  }
}

function isAsKept({ stat }: KeptText, now: FileStamp): boolean {
  return (['size', 'mtimeMs', 'ctimeMs', 'ino'] as const).every((key) => stat[key] === now[key]);
}

/** Reads the text files of a plan directory once. Large and binary files are left out. */
export async function readPlanFiles(
  repository: Pick<Repository, 'root'>,
  dir: string,
): Promise<Result<PlanFiles, EngineFailure>> {
  return new PlanTexts(repository).read(dir);
}
