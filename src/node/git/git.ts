import { execFile } from 'node:child_process';
import { readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { simpleGit } from 'simple-git';
import writeFileAtomic from 'write-file-atomic';

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
}

export interface GitOptions {
  /** Another index than the worktree's own. */
  readonly index?: string;
  readonly input?: string;
  /** Exit codes that are answers, not errors. Default: only 0. */
  readonly accept?: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface GitOutput {
  readonly exitCode: number;
  readonly stdout: string;
}

const ENVIRONMENT = [
  'GIT_INDEX_FILE',
  'GIT_AUTHOR_NAME',
  'GIT_AUTHOR_EMAIL',
  'GIT_AUTHOR_DATE',
  'GIT_COMMITTER_NAME',
  'GIT_COMMITTER_EMAIL',
  'GIT_COMMITTER_DATE',
  'GIT_OPTIONAL_LOCKS',
  'GIT_LITERAL_PATHSPECS',
  'GIT_TERMINAL_PROMPT',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_CONFIG_GLOBAL',
];

/**
 * A repository may name a program that git starts whenever it looks for changed files. That must not happen where nobody
 * trusts the repository, and git's own monitor would go on running for every worktree.
 */
const WITHOUT_MONITOR = ['-c', 'core.fsmonitor=false'];

/**
 * Git looks at every worktree before it makes one or moves a branch, and gives up when another git is just making one:
 * eight `git worktree add` at once fail now and then. It gives up before it does anything, so it can be asked again.
 */
const HALF_MADE = /[/\\]worktrees[/\\].+[/\\]commondir\b/;
const HALF_MADE_TRIES = 60;

/** Git in one directory. Every call is one process, started without a shell; nothing from outside can become an option. */
export class Git {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  in(dir: string): Git {
    return new Git(dir);
  }

  /** Runs git and gives its output as it is. Rejects with `GitError` on an exit code that is not accepted. */
  async run(args: readonly string[], options: GitOptions = {}): Promise<GitOutput> {
    for (let left = HALF_MADE_TRIES; ; left--) {
      const { exitCode, stdout, stderr } = await this.#start(args, options);
      if (exitCode === 128 && left > 0 && HALF_MADE.test(stderr)) {
        await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 20));
        continue;
      }
      if (!(options.accept ?? [0]).includes(exitCode)) throw new GitError(args, exitCode, stdout, stderr);
      return { exitCode, stdout };
    }
  }

  async #start(args: readonly string[], options: GitOptions): Promise<GitOutput & { readonly stderr: string }> {
    let exitCode = 0;
    let stdout = '';
    let stderr = '';
    const git = simpleGit({
      baseDir: this.dir,
      allowEnvironment: ENVIRONMENT,
      // The arguments are built here and nowhere else; what simple-git guards against are options in user input.
      unsafe: { allowUnsafeConfigPaths: true, allowUnsafeHooksPath: true, allowUnsafeFsMonitor: true },
      ...(options.input === undefined ? {} : { input: () => options.input }),
      completion: { onClose: true, onExit: false },
      errors(error, result) {
        exitCode = result.exitCode;
        stdout = Buffer.concat(result.stdOut).toString('utf8');
        stderr = Buffer.concat(result.stdErr).toString('utf8');
        return error && !(error instanceof Buffer) && result.exitCode === 0 ? error : undefined;
      },
    }).env({
      ...gitEnvironment(process.env),
      GIT_OPTIONAL_LOCKS: '0',
      GIT_TERMINAL_PROMPT: '0',
      GIT_LITERAL_PATHSPECS: '1',
      ...(options.index ? { GIT_INDEX_FILE: options.index } : {}),
      ...options.env,
    });
    const text = await git.raw([...WITHOUT_MONITOR, ...args]);
    return { exitCode, stdout: exitCode === 0 ? text : stdout, stderr };
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

  /** A file's bytes at a commit; `null` when it is not there. Past simple-git, whose output is text. */
  blob(commit: string, file: string): Promise<Uint8Array | null> {
    return new Promise((resolve) => {
      execFile(
        'git',
        ['cat-file', 'blob', `${commit}:${file}`],
        { cwd: this.dir, env: gitEnvironment(process.env), encoding: 'buffer', maxBuffer: 256 * 1024 * 1024 },
        (error, stdout) => resolve(error ? null : stdout),
      );
    });
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

  /** Gives `work` the path of a temporary index, which is removed afterwards. Starts as a copy of `from` when given. */
  async withIndex<T>(from: string | null, work: (index: string) => Promise<T>): Promise<T> {
    const index = path.join(tmpdir(), `slicewave-index-${process.pid}-${randomUUID()}`);
    try {
      if (from) {
        // Its time before its bytes: another git may put a younger index in its place in between.
        const info = await stat(from).catch(() => null);
        const bytes = await readFile(from).catch(() => null);
        if (bytes) await writeFileAtomic(index, bytes, { fsync: false });
        // Git looks into files that are as young as their index. A younger copy would make it overlook what was written
        // in the second of the checkout, when the size is the same. Whole seconds: rounding must not make it younger;
        // and not zero, which git takes for no time at all.
        const seconds = Math.max(1, Math.floor((info?.mtimeMs ?? 0) / 1000));
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
    const args = ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])];
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

/** A caller's `GIT_DIR` and the like (we may run inside a hook) would send every command to another repository. */
export function gitEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) {
    if (value === undefined || /^(GIT_|EDITOR$|VISUAL$|PAGER$|SSH_ASKPASS$|PREFIX$)/.test(key)) continue;
    kept[key] = value;
  }
  for (const key of ['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM']) {
    const value = env[key];
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}
