import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Repository } from '../git/repository.ts';

/** Where the check checkout of a slice stands. */
export interface CheckPlace {
  readonly dir: string;
  /** A `node_modules` above it, in which a check would find packages that no set-up installed; `null`: there is none. */
  readonly above: string | null;
}

/**
 * Where a slice's checks run: beside its worktree, unless a `node_modules` lies above (worktrees inside the checkout,
 * packages in the person's home), which a missing package would be taken from. Then in the first place without one:
 * the person's cache, or the temporary directory.
 */
export async function checkPlace(
  repository: Pick<Repository, 'root'>,
  { worktree, plan }: { readonly worktree: string; readonly plan: string },
): Promise<CheckPlace> {
  // What is checked sees its own path: it says nothing of a check, nor of us.
  const name = `.${path.basename(worktree)}.2`;
  const beside = path.join(path.dirname(worktree), name);
  const above = await packagesAbove(beside);
  if (above === null) return { dir: beside, above };
  for (const parent of elsewhere(repository, plan)) {
    // Others on the machine may not put anything there, nor be there first.
    const made = await mkdir(parent, { recursive: true, mode: 0o700 }).then(
      () => realpath(parent),
      () => null,
    );
    if (made === null || !(await isOwn(made))) continue;
    const dir = path.join(made, name);
    if ((await packagesAbove(dir)) === null) return { dir, above: null };
  }
  return { dir: beside, above };
}

/** Whether a worktree is one in which checks run, by its name. */
export function isCheckPlace(dir: string): boolean {
  return /^\..+\.2$/.test(path.basename(dir));
}

/** Directories that check checkouts of a plan may stand in when it is not beside the worktrees. */
export function elsewhere({ root }: Pick<Repository, 'root'>, plan: string): readonly string[] {
  const own = path.join(createHash('sha256').update(root).digest('hex').slice(0, 16), plan);
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  return [path.join(cache, 'worktrees', own), path.join(tmpdir(), `worktrees-${process.getuid?.() ?? 0}`, own)];
}

async function isOwn(dir: string): Promise<boolean> {
  const { uid, mode } = await lstat(dir);
  const user = process.getuid?.();
  return user === undefined || (uid === user && (mode & 0o022) === 0);
}

async function packagesAbove(dir: string): Promise<string | null> {
  for (let at = path.dirname(dir); ; at = path.dirname(at)) {
    const found = path.join(at, 'node_modules');
    if (await lstat(found).catch(() => null)) return found;
    if (path.dirname(at) === at) return null;
  }
}
