import { accessSync, constants } from 'node:fs';
import {
  appendFile,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { success, type Result } from '../../core/text/result.ts';
import { type EngineFailure, fail } from '../failure.ts';
import type { Repository } from './repository.ts';
import { inside, toPosix } from '../paths.ts';
import { seeProcesses } from '../process/process-table.ts';
import { checkoutAround } from './checkout.ts';
import { holdsNothingBut, putOnBranch, restoreSnapshot, underWay } from './changes.ts';
import { GitError, type Git } from './git.ts';
import { WorktreeReplaced } from './place.ts';
import { linksIn } from './beside.ts';

export interface WorktreeEntry {
  readonly path: string;
  readonly branch: string | null;
  readonly head: string | null;
  readonly locked: string | null;
  readonly prunable: boolean;
}

/**
 * Where a plan's worktrees stand: `<root>/<plan>/<slice or workstream>`, the same from every checkout. The root is
 * `SLICEWAVE_WORKTREES`, else the git setting `slicewave.worktrees` (both relative to the primary checkout), else
 * `../<repository>.worktrees`.
 */
export async function worktreeRoot(repository: Repository): Promise<string> {
  const { home, git } = repository;
  const named = process.env['SLICEWAVE_WORKTREES'];
  if (named) return realPlace(path.resolve(home, named));
  const set = await git.run(['config', '--type=path', '--get', 'slicewave.worktrees'], { accept: [0, 1] });
  const place = set.exitCode === 0 ? set.stdout.trim() : '';
  return realPlace(place === '' ? placeOfItsOwn(repository) : path.resolve(home, place));
}

/**
 * Keeps `.agent-runs/`, and worktrees that somebody wants to have inside of the repository, out of every status, diff and
 * merge, without touching a tracked file. Gives back where the worktrees stand.
 */
export async function excludeState(repository: Repository): Promise<string> {
  const { root, primary, commonDir, runsDir } = repository;
  await mkdir(runsDir, { recursive: true });
  const worktrees = await worktreeRoot(repository);
  const wanted = ['/.agent-runs/'];
  for (const checkout of new Set([root, primary ?? root]))
    if (inside(checkout, worktrees) && worktrees !== checkout)
      wanted.push(`/${toPosix(path.relative(checkout, worktrees)).replaceAll(/[\\*?[]/g, String.raw`\$&`)}/`);
  const file = path.join(commonDir, 'info', 'exclude');
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = new Set(text.split(/\r?\n/));
  const missing = wanted.filter((line) => !lines.has(line));
  if (missing.length > 0) {
    await mkdir(path.dirname(file), { recursive: true });
    await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
  }
  return worktrees;
}

/** Beside the primary checkout; beside the checkouts of a bare repository; and never in a checkout around it. */
function placeOfItsOwn({ primary, home, commonDir }: Repository): string {
  if (primary === null) {
    const container = home === commonDir ? path.dirname(commonDir) : home;
    const name = path.basename(home).replace(/\.git$/, '');
    return path.join(container, `${name === '' ? 'repository' : name}.worktrees`);
  }
  let top = primary;
  for (let around = outerCheckout(top); around !== null; around = outerCheckout(top)) top = around;
  const name = path.relative(path.dirname(top), primary).split(path.sep).join('.');
  return path.join(path.dirname(top), `${name}.worktrees`);
}

/** The checkout that a checkout lies in, unless beside it there is no room: somebody keeps their whole home in git. */
function outerCheckout(top: string): string | null {
  const around = checkoutAround(path.dirname(top));
  if (around === null || inside(around, homedir())) return null;
  try {
    accessSync(path.dirname(around), constants.W_OK);
    return around;
  } catch {
    return null;
  }
}

/** A path as git will name it: links resolved in the part that exists. By another name, no worktree would be found again. */
async function realPlace(place: string): Promise<string> {
  const missing: string[] = [];
  for (let at = place; ; at = path.dirname(at)) {
    const real = await realpath(at).catch(() => null);
    if (real !== null) return path.join(real, ...missing);
    if (path.dirname(at) === at) return place;
    missing.unshift(path.basename(at));
  }
}

export async function listWorktrees(repository: Repository): Promise<readonly WorktreeEntry[]> {
  const out = (await repository.git.run(['worktree', 'list', '--porcelain', '-z'])).stdout;
  return out
    .split('\0\0')
    .filter((block) => block.trim() !== '')
    .map((block, at) => {
      const lines = block.split('\0');
      const value = (key: string): string | null => {
        const line = lines.find((l) => l === key || l.startsWith(`${key} `));
        return line === undefined ? null : line.slice(key.length + 1);
      };
      return {
        // The first one is the primary: git names the git directory where that does not stand beside its files.
        path: (at === 0 ? repository.primary : null) ?? value('worktree') ?? '',
        branch: value('branch')?.replace(/^refs\/heads\//, '') ?? null,
        head: value('HEAD'),
        locked: value('locked'),
        prunable: value('prunable') !== null,
      };
    });
}

/** Where the checkouts of a repository stand, those included whose directory is gone: what git notes, without git. */
export async function worktreePlaces({ primary, root, commonDir }: Repository): Promise<ReadonlySet<string>> {
  const all = path.join(commonDir, 'worktrees');
  const names = await readdir(all).catch((): string[] => []);
  const noted = await Promise.all(
    names.map(async (name) => {
      const text = (await readFile(path.join(all, name, 'gitdir'), 'utf8').catch(() => '')).trimEnd();
      return text === '' ? [] : [path.dirname(path.resolve(all, name, text))];
    }),
  );
  return new Set([primary ?? root, ...noted.flat()]);
}

export interface WorktreeRequest {
  readonly path: string;
  readonly branch: string;
  readonly base: string;
  /** `keep`: as the last attempt left it. `fresh`: at the base, whatever stood there before. */
  readonly mode: 'keep' | 'fresh';
  /** Whether an earlier run of ours may have made the branch or the directory. */
  readonly ours: boolean;
  /** Whether the person was told that something else stands in the worktree's place, and wants to go on. */
  readonly putAside?: boolean;
  /** Whether what stands in it was left by the last attempt at the very slice that it is made ready for. */
  readonly own?: boolean;
  /** Called before anything of an existing worktree is thrown away; gives the commit that holds it. */
  readonly snapshot: (dir: string) => Promise<string>;
}

export interface ReadyWorktree {
  readonly created: boolean;
  /** Whether the last attempt's work is in it; otherwise it stands at the base. */
  readonly kept: boolean;
  /** What an earlier attempt had left git in the middle of, and is no more; files are as they were. */
  readonly cleared: readonly string[];
}

/** The run that holds a worktree's lock; `null` when it is not locked, or by somebody else. */
export function runOfLock(entry: WorktreeEntry): string | null {
  return /^slicewave run (\S+)$/.exec(entry.locked ?? '')?.[1] ?? null;
}

/**
 * Takes away lock files that a killed git left in a worktree of ours. The caller holds the worktree's own lock and has
 * ended what an earlier attempt left running; a git that still works in there is the person's, and keeps its lock.
 * `branch`: `null` where none is checked out.
 */
export async function clearGitLocks(repository: Repository, dir: string, branch: string | null): Promise<void> {
  const gitDir = await repository.worktrees.gitDirOf(dir);
  const locks = [
    ...(gitDir ? [path.join(gitDir, 'index.lock'), path.join(gitDir, 'HEAD.lock')] : []),
    ...(branch === null ? [] : [path.join(repository.commonDir, 'refs', 'heads', `${branch}.lock`)]),
  ];
  for (const lock of locks) {
    if (!(await stat(lock).catch(() => null)) || (await gitWorksIn(dir))) continue;
    await rm(lock, { force: true });
  }
}

async function gitWorksIn(dir: string): Promise<boolean> {
  const real = await realpath(dir).catch(() => dir);
  for (const { pid, name } of seeProcesses()) {
    if (name === 'git' && inside(real, await readlink(`/proc/${pid}/cwd`).catch(() => '/'))) return true;
  }
  return false;
}

/**
 * Makes a worktree ready at its place and says whether it was new. What it is then is recorded, and every later call of
 * git there is held to it. Locks are the caller's.
 *
 * @throws WorktreeReplaced when something else stands where an earlier run of ours had its worktree, unless `putAside`.
 */
export async function ensureWorktree(
  repository: Repository,
  request: WorktreeRequest,
): Promise<Result<ReadyWorktree, EngineFailure>> {
  const ready = await makeReady(repository, request);
  if (ready.ok) await repository.worktrees.record(request.path);
  return ready;
}

async function makeReady(
  repository: Repository,
  request: WorktreeRequest,
): Promise<Result<ReadyWorktree, EngineFailure>> {
  const { git, worktrees } = repository;
  if (request.ours) await clearGitLocks(repository, request.path, request.branch);
  else if (!(await lstat(request.path).catch(() => null))) {
    // Nearly always nothing is in the way, and then this is the only process. Otherwise git refuses before it makes
    // anything, and what is in the way is looked at below.
    const added = await addWorktree(repository, request, '-b');
    if (added.ok || (await lstat(request.path).catch(() => null))) return added;
  }
  let here = (await listWorktrees(repository)).find((entry) => samePath(entry.path, request.path));
  const there = await lstat(request.path).catch(() => null);
  if (there && here) {
    const replaced = await worktrees.hold(request.path).then(
      () => null,
      (error: unknown) => error,
    );
    if (replaced !== null) {
      if (!(replaced instanceof WorktreeReplaced) || !request.putAside) throw replaced;
      // A rename follows no link: whatever stands there is only called something else.
      await rename(request.path, `${request.path}.replaced-${Date.now()}`);
      await forgetWorktree(repository, request.path);
      here = undefined;
    }
  }
  if (here && there && !here.prunable) {
    const usable = await git
      .in(request.path)
      .run(['rev-parse', '--verify', '--quiet', 'HEAD'], { accept: [0, 1, 128] })
      .catch(() => null);
    const initializing = here.locked === 'initializing';
    if (usable?.exitCode === 0 && !initializing) return reuse(repository, request, here);
    if (!request.ours) return taken(request.path, 'is a worktree that git cannot read');
    // Killed while git was still checking it out: no agent has ever been in there, so there is nothing to lose.
    await forgetWorktree(repository, request.path);
    await rm(request.path, { recursive: true, force: true });
  } else if (here) await forgetWorktree(repository, request.path);
  const found = await lstat(request.path).catch(() => null);
  if (found && (!found.isDirectory() || (await readdir(request.path)).length > 0)) {
    const pointer = found.isDirectory() ? await readFile(path.join(request.path, '.git'), 'utf8').catch(() => '') : '';
    if (!request.ours || !pointer.includes(repository.commonDir)) {
      return taken(request.path, 'exists already and is not a worktree of this plan');
    }
    // Git knows nothing of it any more, so no snapshot can be taken: whatever it holds is put aside, not away.
    await rename(request.path, `${request.path}.old-${Date.now()}`);
  }
  const tip = await git.resolve(`refs/heads/${request.branch}`);
  if (tip && !request.ours && tip !== request.base) {
    return fail(
      'exists',
      `the branch ${request.branch} exists already (at ${tip.slice(0, 10)}) and no run of this plan made it`,
      `Look at it with \`git log ${request.branch}\`; then delete or rename it: git branch -m ${request.branch} ${request.branch}-old`,
    );
  }
  // Git would move what a branch of ours was made another name for.
  if (tip) await git.point(`refs/heads/${request.branch}`, request.base);
  return addWorktree(repository, request, '-B');
}

/**
 * Takes away git's note of a worktree that is gone or was never finished: that one's alone, since a worktree of the
 * person's may be on a disk that is not there today. The directory, when there is one, is not touched.
 */
export async function forgetWorktree(repository: Repository, dir: string): Promise<void> {
  const gitDir = (await repository.worktrees.gitDirOf(dir)) ?? (await adminOf(repository, dir));
  if (gitDir !== null) await rm(gitDir, { recursive: true, force: true });
  await repository.worktrees.forget(dir);
}

/** The directory below the shared one in which git keeps what it knows of the worktree at a path. */
async function adminOf(repository: Repository, dir: string): Promise<string | null> {
  const all = path.join(repository.commonDir, 'worktrees');
  for (const name of await readdir(all).catch(() => [])) {
    const noted = (await readFile(path.join(all, name, 'gitdir'), 'utf8').catch(() => '')).trimEnd();
    if (noted !== '' && samePath(path.resolve(all, name, noted), path.join(dir, '.git'))) return path.join(all, name);
  }
  return null;
}

/** `-b` makes the branch, `-B` moves one that is there. */
async function addWorktree(
  repository: Repository,
  request: WorktreeRequest,
  flag: '-b' | '-B',
): Promise<Result<ReadyWorktree, EngineFailure>> {
  await mkdir(path.dirname(request.path), { recursive: true });
  try {
    await repository.git.run(['worktree', 'add', '--quiet', flag, request.branch, request.path, request.base]);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const elsewhere = /already (?:checked out|used by worktree) at '([^']+)'/.exec(error.stderr);
    if (elsewhere) {
      return fail(
        'exists',
        `the branch ${request.branch} is checked out at ${elsewhere[1]}`,
        `Remove that worktree: git worktree remove ${elsewhere[1]}`,
      );
    }
    return fail('git', error.message, 'Mend what git names, then run again.');
  }
  return success({ created: true, kept: false, cleared: [] });
}

async function reuse(
  repository: Repository,
  request: WorktreeRequest,
  here: WorktreeEntry,
): Promise<Result<ReadyWorktree, EngineFailure>> {
  const inside = repository.git.in(request.path);
  if (!request.ours && here.branch !== request.branch) {
    return taken(request.path, `is a worktree of the branch ${here.branch ?? '(none)'}`);
  }
  const cleared = request.ours ? await leftBehind(inside, here.branch, request.branch) : [];
  if (request.mode === 'keep' && here.branch === request.branch && cleared.length === 0)
    return success({ created: false, kept: true, cleared });
  const isChanged = cleared.length > 0 || !(await holdsNothingBut(inside, request.base));
  const snapshot = isChanged ? await request.snapshot(request.path) : null;
  const tip = here.branch === request.branch ? here.head : null;
  await putOnBranch(inside, request.branch, (request.mode === 'keep' ? tip : null) ?? request.base);
  // Of another slice of the workstream, or of none: that work is in its own snapshots.
  const kept = request.mode === 'keep' && cleared.length > 0 && (tip !== null || request.own === true);
  if (kept && snapshot !== null) await restoreSnapshot(inside, snapshot);
  return success({ created: false, kept, cleared });
}

/** What an agent left git in the middle of, where the next one would be told to go on with it; and a HEAD it left nowhere. */
async function leftBehind(git: Git, branch: string | null, own: string): Promise<readonly string[]> {
  const found = await underWay(git);
  if (branch !== null || found.length > 0) return found;
  return [`a HEAD that is on no branch, not on ${own}`];
}

function taken(dir: string, why: string): ReturnType<typeof fail> {
  return fail(
    'exists',
    `${dir} ${why}`,
    'Move it away, or choose another place with `git config slicewave.worktrees <dir>`.',
  );
}

/** Keeps git, and the person, from removing a worktree that is in use. It must be what it was when it was made. */
export async function lockWorktree(repository: Repository, dir: string, reason: string): Promise<void> {
  const { git_dir: gitDir } = await repository.worktrees.hold(dir);
  await writeFile(path.join(gitDir, 'locked'), `${reason}\n`, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Gives the lock back, without asking git: whatever stands at `dir` by now, the lock is where it was put. */
export async function unlockWorktree(repository: Repository, dir: string): Promise<void> {
  const gitDir = await repository.worktrees.gitDirOf(dir);
  if (gitDir !== null) await rm(path.join(gitDir, 'locked'), { force: true });
}

/**
 * Takes away a worktree that is clean. It must be what it was when it was made; git refuses when it is not clean. One with
 * repositories inside git never removes without force: then the caller has seen that nothing in it would be lost.
 */
export async function removeCleanWorktree(repository: Repository, dir: string): Promise<void> {
  await unlockWorktree(repository, dir);
  await repository.worktrees.hold(dir);
  const isForced = (await linksIn(repository.git.in(dir))).length > 0;
  await repository.git.run(['worktree', 'remove', ...(isForced ? ['--force'] : []), dir]);
  await repository.worktrees.forget(dir);
}

/** What `.worktreeinclude` brought into a worktree. */
interface Included {
  readonly copied: readonly string[];
  /** What it names and is not copied, each with the reason, for people. */
  readonly leftOut: readonly string[];
}

/**
 * The files of the checkout that is worked in that `.worktreeinclude` (gitignore syntax) brings into worktrees: those that match it
 * *and* are ignored, such as `.env`. Tracked files are there already, and untracked ones are nobody's promise.
 */
export async function includedFiles(
  repository: Repository,
): Promise<{ readonly files: readonly string[]; readonly leftOut: readonly string[] }> {
  const rules = path.join(repository.root, '.worktreeinclude');
  if (!(await stat(rules).catch(() => null))?.isFile()) return { files: [], leftOut: [] };
  const { git } = repository;
  const [matching, all, root] = await Promise.all([
    git.fields(['ls-files', '--others', '--ignored', `--exclude-from=${rules}`, '-z']),
    git.fields(['ls-files', '--others', '--ignored', '--exclude-standard', '-z']),
    realpath(repository.root),
  ]);
  const ignored = new Set(all);
  const files: string[] = [];
  const leftOut: string[] = [];
  for (const file of matching) {
    if (file.startsWith('.agent-runs/')) continue;
    const real = await realpath(path.join(root, file)).catch(() => null);
    if (!ignored.has(file)) leftOut.push(`${file} is not ignored, so it is for a commit to bring`);
    else if (real === null) leftOut.push(`${file} is a link to nothing`);
    // A link could lead anywhere; what stands behind it is not ours to copy.
    else if (!inside(root, real)) leftOut.push(`${file} is a link to outside of the repository`);
    else if (!(await stat(real)).isFile()) leftOut.push(`${file} is no file`);
    else files.push(file);
  }
  return { files, leftOut };
}

/** Copies what `.worktreeinclude` names into a worktree, as {@link includedFiles} has it. */
export async function copyIncluded(repository: Repository, worktree: string): Promise<Included> {
  const { files, leftOut } = await includedFiles(repository);
  if (files.length === 0) return { copied: [], leftOut };
  const target = await realpath(worktree);
  const copied: string[] = [];
  const failed: string[] = [];
  for (const file of files) {
    const to = path.join(worktree, file);
    try {
      await mkdir(path.dirname(to), { recursive: true });
      if (!inside(target, await realpath(path.dirname(to)))) throw new Error('it would be written through a link');
      await rm(to, { force: true });
      await copyFile(path.join(repository.root, file), to, constants.COPYFILE_FICLONE);
      copied.push(file);
    } catch (error) {
      failed.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { copied, leftOut: [...leftOut, ...failed] };
}

function samePath(a: string, b: string): boolean {
  return path.resolve(a) === path.resolve(b);
}
