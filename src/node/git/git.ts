import { readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { temporaryFile } from '../process/temporary.ts';
import { callGit } from './call.ts';
import { FIXED_OPTIONS, FIXED_SETTINGS, gitEnvironment } from './hardening.ts';

/** A git command that ended with a non-zero exit code. */
export class GitError extends Error {
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;

  constructor(args: readonly string[], exitCode: number, stdout: string, stderr: string) {
    super(`git ${args.slice(0, 3).join(' ')} failed (${exitCode}): ${(stderr || stdout).trim().slice(0, 2000)}`);
    this.name = 'GitError';
    this.args = args;
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** The line of git's that says most: the last that is fatal or an error, without that word; empty: it said nothing. */
  get said(): string {
    const lines = this.stderr.split('\n').filter((line) => line.trim() !== '');
    const line =
      lines.findLast((one) => /^(?:fatal|error): /.test(one) && !one.includes('adding files failed')) ?? lines.at(-1);
    return (line ?? '')
      .replace(/^(?:fatal|error): /, '')
      .trim()
      .slice(0, 500);
  }
}

export interface GitOptions {
  /** Another index than the worktree's own. */
  readonly index?: string;
  readonly input?: string;
  /** Exit codes that are answers, not errors. Default: only 0. */
  readonly accept?: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds; for commands that may wait for a person, who is not there. */
  readonly timeLimit?: number;
  /** Takes the output as it comes; then none is given back. */
  readonly onStdout?: (chunk: string) => void;
}

export interface GitOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Where git works. With a git directory named, no `.git` file, link or setting decides which repository or which files
 * a command is about; without, git looks around itself, which only the first look at an unknown place may do.
 */
export interface GitPlace {
  /** Absolute: the directory whose files are meant. */
  readonly dir: string;
  /**
   * The git directory, asked for before every command: rejects when `dir` is not what it was when the place was
   * recorded.
   */
  readonly hold?: () => Promise<string>;
  /** The git directory that all worktrees share. */
  readonly commonDir?: string;
  /** A git directory of the tool's own with recorded settings: commands that read or write files work through it. */
  readonly settings?: string;
  /** Where another directory of the same repository stands. */
  readonly beside?: (dir: string) => GitPlace;
  /** The program; looked up on the path when absent. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The bytes of an index, and the time of its file: git looks into files that are as young. */
export interface TrustedIndex {
  readonly bytes: Uint8Array;
  readonly mtimeMs: number;
}

/**
 * Git looks at every worktree before it makes one or moves a branch, and gives up when another git is just making one:
 * eight `git worktree add` at once fail now and then. It gives up before it does anything, so it can be asked again.
 */
const HALF_MADE = /[/\\]worktrees[/\\].+[/\\]commondir\b/;
const HALF_MADE_TRIES = 60;

/** Commands about refs, worktrees and who makes a commit: recorded settings have no say there, and no refs either. */
const OF_THE_REPOSITORY: ReadonlySet<string> = new Set([
  'rev-parse',
  'update-ref',
  'symbolic-ref',
  'for-each-ref',
  'worktree',
  'merge-base',
  'var',
  'log',
  'show',
]);

/**
 * Git in one directory: the one door to it. Every call is one process, started without a shell; nothing from outside can
 * become an option, and nothing that a repository, a user's settings or an agent wrote can bend an answer
 * (`hardening.ts`).
 */
export class Git {
  readonly place: GitPlace;
  /** An index of this directory that nobody else could have written: its file times can be believed. */
  trustedIndex: TrustedIndex | null = null;

  constructor(place: string | GitPlace) {
    this.place = typeof place === 'string' ? { dir: place } : place;
  }

  get dir(): string {
    return this.place.dir;
  }

  /** Git in another directory of the same repository: it must be a checkout of it or one of its worktrees. */
  in(dir: string): Git {
    return new Git(this.place.beside?.(dir) ?? { ...this.place, dir });
  }

  /** The git directory of this place; `null` where git is to look around itself. Rejects as `hold` does. */
  async gitDir(): Promise<string | null> {
    return (await this.place.hold?.()) ?? null;
  }

  /** Runs git and gives its output as it is. Rejects with `GitError` on an exit code that is not accepted. */
  async run(args: readonly string[], options: GitOptions = {}): Promise<GitOutput> {
    const { exitCode, stdout, stderr } = await this.#answer(args, options);
    return { exitCode, stdout: stdout.toString('utf8'), stderr };
  }

  /** The same, for output that is not text. */
  async bytes(args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
    return (await this.#answer(args, options)).stdout;
  }

  async #answer(
    args: readonly string[],
    options: GitOptions,
  ): Promise<{ readonly exitCode: number; readonly stdout: Buffer; readonly stderr: string }> {
    for (let left = HALF_MADE_TRIES; ; left--) {
      const { exitCode, stdout, stderr } = await this.#start(args, options);
      if (exitCode === 128 && left > 0 && HALF_MADE.test(stderr)) {
        await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 20));
        continue;
      }
      if (!(options.accept ?? [0]).includes(exitCode)) throw new GitError(args, exitCode, stdout.toString(), stderr);
      return { exitCode, stdout, stderr };
    }
  }

  async #start(
    args: readonly string[],
    options: GitOptions,
  ): Promise<{ readonly exitCode: number; readonly stdout: Buffer; readonly stderr: string }> {
    const { place } = this;
    const held = await this.gitDir();
    const [command = '', ...rest] = args;
    const fixed = place.settings !== undefined && !OF_THE_REPOSITORY.has(command) ? place.settings : null;
    const gitDir = fixed ?? held;
    const { index } = options;
    const env = {
      ...gitEnvironment(process.env),
      ...(fixed ? { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_COUNT: '0' } : {}),
      ...(gitDir ? { GIT_DIR: gitDir, GIT_WORK_TREE: place.dir } : {}),
      ...(place.commonDir && !fixed && held !== place.commonDir ? { GIT_COMMON_DIR: place.commonDir } : {}),
      ...(index ? { GIT_INDEX_FILE: index } : {}),
      ...place.env,
      ...options.env,
    };
    return callGit({
      program: place.program ?? 'git',
      args: [
        ...(place.program ? ['-C', place.dir] : []),
        ...FIXED_SETTINGS,
        command,
        ...(FIXED_OPTIONS.get(command) ?? []),
        ...rest,
      ],
      cwd: standingIn(gitDir, place),
      env,
      input: options.input,
      signal: options.signal,
      onStdout: options.onStdout,
      timeLimit: options.timeLimit,
    });
  }

  /** The output, without the last line end. */
  async text(args: readonly string[], options: GitOptions = {}): Promise<string> {
    return (await this.run(args, options)).stdout.replace(/\r?\n$/, '');
  }

  /** The fields of `-z` output. */
  async fields(args: readonly string[], options: GitOptions = {}): Promise<string[]> {
    const out = (await this.run(args, options)).stdout;
    return out === '' ? [] : out.replace(/\0$/, '').split('\0');
  }

  /** A file's bytes at a commit; `null` when it is not there. */
  async blob(commit: string, file: string): Promise<Uint8Array | null> {
    const { exitCode, stdout } = await this.#answer(['cat-file', 'blob', `${commit}:${file}`], { accept: [0, 1, 128] });
    return exitCode === 0 ? stdout : null;
  }

  /** The commit a name stands for, or `null`. */
  async resolve(name: string): Promise<string | null> {
    const { exitCode, stdout } = await this.run(
      ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
      {
        accept: [0, 1, 128],
      },
    );
    return exitCode === 0 ? stdout.trim() : null;
  }

  /**
   * The commit that a person means by a name, or `null`: of a branch and a tag of one name the branch, whereas git would
   * take the tag. `main~2` and the like count from there.
   */
  async resolveNamed(name: string): Promise<string | null> {
    const [branch = ''] = name.split(/[~^@:]/, 1);
    const isPlain = branch !== '' && branch !== 'HEAD' && !/^(?:refs\/|[0-9a-f]{40}(?:[0-9a-f]{24})?$)/i.test(branch);
    const ofBranch = isPlain ? await this.resolve(`refs/heads/${name}`) : null;
    return ofBranch ?? this.resolve(name);
  }

  /** The branch that is checked out; `null` where none is. */
  async branch(): Promise<string | null> {
    const { exitCode, stdout } = await this.run(['symbolic-ref', '--quiet', 'HEAD'], { accept: [0, 1, 128] });
    return exitCode === 0 ? stdout.trim().replace(/^refs\/heads\//, '') : null;
  }

  async treeOf(commit: string): Promise<string> {
    return this.text(['rev-parse', '--verify', '--end-of-options', `${commit}^{tree}`]);
  }

  async isAncestor(ancestor: string, of: string): Promise<boolean> {
    return (await this.run(['merge-base', '--is-ancestor', ancestor, of], { accept: [0, 1] })).exitCode === 0;
  }

  /** The best common ancestor of two commits, or `null`. One of the two when it is an ancestor of the other. */
  async mergeBase(a: string, b: string): Promise<string | null> {
    const { exitCode, stdout } = await this.run(['merge-base', a, b], { accept: [0, 1] });
    return exitCode === 0 ? stdout.trim() : null;
  }

  /**
   * Points a branch, or another ref, at a commit. What an agent made a name for somebody else's branch is made a ref of
   * its own again: the commit never goes through it.
   */
  async point(ref: string, commit: string, from?: string): Promise<void> {
    await this.run(['update-ref', '--no-deref', ref, commit, ...(from === undefined ? [] : [from])]);
  }

  /** Gives `work` the path of a temporary index, which is removed afterwards. Starts as a copy of `from` when given. */
  async withIndex<T>(from: string | TrustedIndex | null, work: (index: string) => Promise<T>): Promise<T> {
    const index = await temporaryFile('index');
    try {
      if (from !== null) {
        // Its time before its bytes: another git may put a younger index in its place in between.
        const trusted = typeof from === 'string' ? await readIndex(from) : from;
        const bytes = trusted && Buffer.from(trusted.bytes);
        if (bytes) await writeFileAtomic(index, bytes, { fsync: false });
        // Git looks into files that are as young as their index. A younger copy would make it overlook what was written
        // in the second of the checkout, when the size is the same. Whole seconds: rounding must not make it younger;
        // and not zero, which git takes for no time at all.
        const seconds = Math.max(1, Math.floor((trusted?.mtimeMs ?? 0) / 1000));
        if (bytes) await utimes(index, seconds, seconds);
      }
      return await work(index);
    } finally {
      await rm(index, { force: true });
      await rm(`${index}.lock`, { force: true });
    }
  }

  /**
   * A commit of a tree. With `date` (ISO) and the tool's own name, the same input gives the same commit id; without, it
   * is the user's, and the tool's only where git knows no user: such a machine must still be able to run.
   */
  async commitTree(tree: string, parents: readonly string[], message: string, date?: string): Promise<string> {
    const args = ['commit-tree', '--no-gpg-sign', tree, ...parents.flatMap((parent) => ['-p', parent])];
    const input = message.endsWith('\n') ? message : `${message}\n`;
    if (!date) {
      const own = await this.run(args, { input, accept: [0, 128] });
      if (own.exitCode === 0) return own.stdout.trim();
    }
    return this.text(args, { input, env: identity(date ?? new Date().toISOString()) });
  }

  /** Who makes a commit, as environment: the user as git knows them, else the tool. */
  async author(): Promise<Readonly<Record<string, string>>> {
    const known = await this.run(['var', 'GIT_COMMITTER_IDENT'], { accept: [0, 1, 128] });
    return known.exitCode === 0 ? {} : identity(new Date().toISOString());
  }

  /** The name by which the user commits; `null` when git knows none. */
  async person(): Promise<string | null> {
    const known = await this.run(['var', 'GIT_COMMITTER_IDENT'], { accept: [0, 1, 128] });
    return (known.exitCode === 0 && /^(.*?)\s*</.exec(known.stdout)?.[1]) || null;
  }

  /** Merges commits without a checkout. Gives the tree, or the conflicting paths. */
  async mergeTree(
    ours: string,
    theirs: string,
  ): Promise<{ readonly tree: string } | { readonly conflicts: readonly string[] }> {
    const out = await this.run(['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs], {
      accept: [0, 1],
    });
    const [tree = '', ...names] = out.stdout.split('\0');
    if (out.exitCode === 0) return { tree: tree.trim() };
    return { conflicts: [...new Set(names.filter((name) => name !== ''))] };
  }
}

/**
 * What is named needs no place to stand in, and none where a repository could put a program called git. Inside of the
 * directory that is meant, though, paths would be told from there.
 */
function standingIn(gitDir: string | null, place: GitPlace): string {
  if (gitDir === null) return place.program ? tmpdir() : place.dir;
  return gitDir.startsWith(`${place.dir}${path.sep}`) ? place.dir : gitDir;
}

/** An index as it stands; `null` when there is none. */
export async function readIndex(file: string): Promise<TrustedIndex | null> {
  const info = await stat(file).catch(() => null);
  const bytes = info && (await readFile(file).catch(() => null));
  return info && bytes ? { bytes, mtimeMs: info.mtimeMs } : null;
}

function identity(date: string): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: 'Slicewave',
    GIT_AUTHOR_EMAIL: 'slicewave@localhost',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: 'Slicewave',
    GIT_COMMITTER_EMAIL: 'slicewave@localhost',
    GIT_COMMITTER_DATE: date,
  };
}
