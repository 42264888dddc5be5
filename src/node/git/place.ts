import { lstat, mkdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { GitPlace } from './git.ts';
import { gitDirOf, worktreeRecord } from './layout.ts';

/**
 * What a worktree is, as it was when it was made: kept outside of it, because whoever works in it can replace the
 * directory, or let its `.git` file name another repository, and everything that follows would be done there.
 */
interface WorktreeIdentity {
  readonly v: 1;
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  /** The worktree's own git directory, links resolved. */
  readonly git_dir: string;
  readonly git_device: number;
  readonly git_inode: number;
  /** The text of its `.git` file. */
  readonly git_file: string;
  /** The checkout that it was made from. */
  readonly made_from?: string;
}

/** A worktree is not what it was: no git may be started there, and nothing may be removed. */
export class WorktreeReplaced extends Error {
  readonly place: string;
  /** What is wrong, as the end of a sentence that begins with the place. */
  readonly why: string;

  constructor(place: string, why: string) {
    super(`the worktree ${place} ${why}`);
    this.name = 'WorktreeReplaced';
    this.place = place;
    this.why = why;
  }
}

/** No `.git` file that git writes is longer than a path. */
const LONGEST = 8192;

/** The worktrees of one repository, by what they were when they were made. */
export class Worktrees {
  readonly #commonDir: string;
  readonly #runsDir: string;
  readonly #root: string;
  /** Checkouts of people, with their git directories: the one that is worked in, and the primary. */
  readonly #peoples: ReadonlyMap<string, string>;
  /** Identities that this process does not read again. */
  readonly #kept = new Map<string, WorktreeIdentity>();

  constructor(repository: {
    readonly commonDir: string;
    readonly runsDir: string;
    readonly root: string;
    readonly primary: string | null;
  }) {
    this.#commonDir = repository.commonDir;
    this.#runsDir = repository.runsDir;
    this.#root = repository.root;
    const { root, primary } = repository;
    this.#peoples = new Map(
      [root, ...(primary === null ? [] : [primary])].flatMap((dir) => {
        const gitDir = gitDirOf(dir);
        return gitDir === null ? [] : [[path.resolve(dir), gitDir] as const];
      }),
    );
  }

  /** A checkout of a person's, or a worktree that is held to what it was. */
  placeOf(dir: string): GitPlace {
    const gitDir = this.#peoples.get(path.resolve(dir));
    const hold = gitDir === undefined ? async () => (await this.hold(dir)).git_dir : () => Promise.resolve(gitDir);
    return { dir, hold, commonDir: this.#commonDir, beside: (other) => this.placeOf(other) };
  }

  /**
   * The same directory without its git directory, which somebody may have bent: files can be read, through settings of
   * the tool's own, as long as the directory itself is the one that was made.
   */
  readableOf(dir: string): GitPlace {
    const hold = async (): Promise<string> => {
      const known = await this.#known(dir);
      const is = await lstat(dir).catch(() => null);
      if (!known || !is || !is.isDirectory() || is.ino !== known.inode || is.dev !== known.device)
        throw new WorktreeReplaced(dir, 'cannot be read any more');
      return this.#commonDir;
    };
    return { dir, hold, commonDir: this.#commonDir };
  }

  /** Proves that a directory is the worktree that was made there. Rejects with `WorktreeReplaced`. */
  async hold(dir: string): Promise<WorktreeIdentity> {
    const [known, is] = [await this.#known(dir), await this.#look(dir)];
    if (!known) return is;
    const moved = is.device !== known.device && is.git_device !== known.git_device && !this.#kept.has(dir);
    // A disk may get another number when the machine starts anew; then everything on it has.
    if (is.inode !== known.inode || (is.device !== known.device && !moved))
      throw new WorktreeReplaced(dir, 'is another directory than the one that was made');
    if (is.git_file !== known.git_file)
      throw new WorktreeReplaced(dir, 'is bent: its `.git` file was rewritten and names another place');
    if (is.git_dir !== known.git_dir || is.git_inode !== known.git_inode)
      throw new WorktreeReplaced(dir, 'has another git directory than the one that was made');
    return is;
  }

  /** Records what a worktree is; it was just made, or proven to be one. */
  async record(dir: string): Promise<void> {
    const is = { ...(await this.#look(dir)), made_from: this.#root };
    const file = worktreeRecord(this.#runsDir, dir);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(file, `${JSON.stringify(is)}\n`, { fsync: false });
  }

  /** From now on this process believes what it just saw, whatever is written to the record. */
  async keep(dir: string): Promise<void> {
    this.#kept.set(dir, await this.hold(dir));
  }

  /** Forgets a worktree that is gone. */
  async forget(dir: string): Promise<void> {
    this.#kept.delete(dir);
    await rm(worktreeRecord(this.#runsDir, dir), { force: true });
  }

  /** Whether a worktree was recorded at this place. */
  async isRecorded(dir: string): Promise<boolean> {
    return (await this.#known(dir)) !== null;
  }

  /** The recorded git directory, where it is one of this repository's; to give back a lock without asking git. */
  async gitDirOf(dir: string): Promise<string | null> {
    const known = await this.#known(dir).catch(() => null);
    const gitDir = known?.git_dir ?? (await this.#look(dir).catch(() => null))?.git_dir;
    return gitDir !== undefined && this.#isOurs(gitDir) ? gitDir : null;
  }

  async #known(dir: string): Promise<WorktreeIdentity | null> {
    const kept = this.#kept.get(dir);
    if (kept) return kept;
    const text = await readFile(worktreeRecord(this.#runsDir, dir), 'utf8').catch(() => null);
    if (text === null) return null;
    try {
      const value: unknown = JSON.parse(text);
      if (isIdentity(value) && value.path === dir) return value;
    } catch {
      // Falls through: damaged, or not ours.
    }
    throw new WorktreeReplaced(dir, `cannot be proven: ${worktreeRecord(this.#runsDir, dir)} is damaged`);
  }

  /** What stands at a place now, when it is a worktree of this repository and both sides say so. */
  async #look(dir: string): Promise<WorktreeIdentity> {
    const wrong = (why: string): never => {
      throw new WorktreeReplaced(dir, why);
    };
    const is = await lstat(dir).catch(() => null);
    if (!is) return wrong('is gone');
    if (is.isSymbolicLink())
      return wrong(`was replaced by a link to ${await readlink(dir).catch(() => 'another place')}`);
    if (!is.isDirectory()) return wrong('was replaced by a file');
    const file = path.join(dir, '.git');
    const pointer = await lstat(file).catch(() => null);
    if (!pointer) return wrong('has lost its `.git` file');
    if (!pointer.isFile() || pointer.size > LONGEST)
      return wrong(`is bent: its \`.git\` is ${pointer.isDirectory() ? 'a repository' : 'a link'} now`);
    const text = await readFile(file, 'utf8');
    const named = /^gitdir: (.+?)\r?\n?$/s.exec(text)?.[1] ?? '';
    const gitDir = await realpath(path.resolve(dir, named)).catch(() => '');
    if (!this.#isOurs(gitDir)) return wrong('is bent: its `.git` file names another place');
    const own = await lstat(gitDir).catch(() => null);
    const back = (await readFile(path.join(gitDir, 'gitdir'), 'utf8').catch(() => '')).trimEnd();
    const there = path.resolve(gitDir, back);
    if (!own?.isDirectory() || back === '' || (there !== file && (await realpath(there).catch(() => '')) !== file))
      return wrong('is bent: its `.git` file names the git directory of another worktree');
    // Git writes through links: an index that is one would be somebody else's.
    for (const name of ['index', 'HEAD'])
      if ((await lstat(path.join(gitDir, name)).catch(() => null))?.isSymbolicLink())
        return wrong(`is bent: the ${name} in its git directory is a link`);
    return {
      v: 1,
      path: dir,
      device: is.dev,
      inode: is.ino,
      git_dir: gitDir,
      git_device: own.dev,
      git_inode: own.ino,
      git_file: text,
    };
  }

  #isOurs(gitDir: string): boolean {
    return path.dirname(gitDir) === path.join(this.#commonDir, 'worktrees');
  }
}

function isIdentity(value: unknown): value is WorktreeIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const form = value as { readonly [key: string]: unknown };
  return (
    form['v'] === 1 &&
    ['path', 'git_dir', 'git_file'].every((key) => typeof form[key] === 'string') &&
    ['device', 'inode', 'git_device', 'git_inode'].every((key) => typeof form[key] === 'number')
  );
}
