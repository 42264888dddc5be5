import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { identify, isAlive, placeHere } from './machine.ts';
import { seeProcesses } from './process-table.ts';

/** What is kept for as long as one process works, by what it is for. */
type Kind = 'check' | 'decompose' | 'git' | 'index' | 'output' | 'probe' | 'tmp';

/**
 * A new directory below the system's temporary one, by its real path. Whoever asked takes it away; should that process be
 * killed before, {@link sweepTemporary} does. `mark`: the run whose check it is for, as `checkMark` has it.
 */
export async function temporaryDirectory(kind: Kind, mark?: string): Promise<string> {
  return realpath(await mkdtemp(`${await nameOf(kind, mark)}-`));
}

/** The path of a file that is not there yet, for which the same holds. */
export async function temporaryFile(kind: Kind): Promise<string> {
  return `${await nameOf(kind)}-${randomUUID()}`;
}

async function nameOf(kind: Kind, mark?: string): Promise<string> {
  const [{ pid, started }, place] = await Promise.all([(me ??= identify()), (here ??= whereNumbersHold())]);
  const owner = [place, pid.toString(36), started && Number(started).toString(36)].join('.');
  // What is checked sees the home of its check: it may not read there who checks it.
  const words = kind === 'check' && mark !== undefined ? ['tmp', mark] : ['slicewave', kind];
  return path.join(tmpdir(), [...words, owner].join('-'));
}

const NAME =
  /^(?:slicewave-(?:decompose|git|index|output|probe|tmp)|tmp-(?<mark>[\da-f]{12}))-(?<place>[0-9a-f]{6})\.(?<pid>[0-9a-z]+)\.(?<started>[0-9a-z]*)-(?:\w{6}|[0-9a-f-]{36}(?:\.lock)?)$/;

/** What another machine or container left cannot be asked for its owner: it has to be old. */
const OLD = 7 * 24 * 60 * 60_000;

/**
 * Takes away what processes left that were killed before they could: only what bears the tool's name, belongs to this
 * user, is no link, and has an owner that does not live any more. Answers with how many things went.
 */
export async function sweepTemporary(): Promise<number> {
  const top = tmpdir();
  const place = await (here ??= whereNumbersHold());
  const owners = new Map<string, Promise<boolean>>();
  const left: { readonly path: string; readonly mark: string | undefined }[] = [];
  for (const name of await readdir(top).catch(() => [])) {
    const groups = NAME.exec(name)?.groups;
    if (!groups) continue;
    const { pid = '', started = '', mark } = groups;
    const full = path.join(top, name);
    const found = await lstat(full).catch(() => null);
    if (!found || found.isSymbolicLink() || found.uid !== (process.getuid?.() ?? found.uid)) continue;
    if (groups['place'] !== place) {
      if (Date.now() - found.mtimeMs > OLD) left.push({ path: full, mark });
      continue;
    }
    const key = `${pid}.${started}`;
    const number = (text: string): number => Number.parseInt(text, 36);
    if (!owners.has(key)) {
      const owner = { pid: number(pid), started: started && String(number(started)), ...(await placeHere()) };
      owners.set(key, isAlive(owner));
    }
    if (!(await owners.get(key))) left.push({ path: full, mark });
  }
  if (left.length === 0) return 0;
  // A check may outlive its runner, and has its home there until whoever goes on with the slice ends it.
  const running = new Set(seeProcesses().map(({ checkOf }) => checkOf));
  const dead = left.filter(({ mark }) => mark === undefined || !running.has(mark));
  await Promise.all(dead.map((entry) => rm(entry.path, { recursive: true, force: true }).catch(() => undefined)));
  return dead.length;
}

let me: ReturnType<typeof identify> | undefined;
let here: Promise<string> | undefined;

/** Stands for what the numbers of processes are unique in: one boot of one machine, and one namespace of numbers. */
async function whereNumbersHold(): Promise<string> {
  const { host, machine, boot, space } = await placeHere();
  // A boot that is only known by its time is not written down the same twice.
  const exactly = boot?.startsWith('at:') ? '' : boot;
  return createHash('sha256')
    .update(`${machine || host}\0${exactly}\0${space}`)
    .digest('hex')
    .slice(0, 6);
}
