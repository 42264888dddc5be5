import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { lookedUpAbove } from '../audit/lookups.ts';
import type { Repository } from '../git/repository.ts';

/** Where the check checkout of a slice stands. */
export interface CheckPlace {
  readonly dir: string;
  /** What lies above it and would be taken for the project's: packages that no set-up installed, other settings. */
  readonly above: readonly string[];
}

/**
 * Where a slice's checks run: beside its worktree, unless something lies above that tools look up (worktrees inside the
 * checkout, packages in the person's home), which would stand for what the commit lacks. Then where there is least of
 * it: the person's cache, or the temporary directory.
 */
export async function checkPlace(
  repository: Pick<Repository, 'root'>,
  { worktree, plan }: { readonly worktree: string; readonly plan: string },
): Promise<CheckPlace> {
  // What is checked sees its own path: it says nothing of a check, nor of us.
  const name = `.${path.basename(worktree)}.2`;
  const beside = path.join(path.dirname(worktree), name);
  let best: CheckPlace = { dir: beside, above: await lookedUpAbove(beside) };
  for (const parent of elsewhere(repository, plan)) {
    if (best.above.length === 0) break;
    // Others on the machine may not put anything there, nor be there first.
    const made = await mkdir(parent, { recursive: true, mode: 0o700 }).then(
      () => realpath(parent),
      () => null,
    );
    if (made === null || !(await isOwn(made))) continue;
    const dir = path.join(made, name);
    const above = await lookedUpAbove(dir);
    if (above.length < best.above.length) best = { dir, above };
  }
  return best;
}

/** That checks may find what lies above them, for people; `null`: there is nothing. */
export function aboveText({ above }: CheckPlace): string | null {
  const [first] = above;
  if (first === undefined) return null;
  const more = above.length > 1 ? ` and ${above.length - 1} more` : '';
  return `checks can find ${first}${more} above their checkout, which no commit holds and no set-up of theirs made`;
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
