import type { EnvironmentFile } from '../../core/gate/known-secrets.ts';
import type { Git } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';
import { toPosix } from '../paths.ts';
import { readEnvironmentFiles } from '../process/environment-files.ts';

/**
 * Files of environment values in a checkout that are nobody's but the user's: what the commit holds is no secret any
 * more, and what `besides` names (paths relative to the checkout) is judged itself.
 */
export async function privateValues(
  git: Git,
  dir: string,
  commit: string,
  besides: readonly string[] = [],
): Promise<readonly EnvironmentFile[]> {
  const files = await readEnvironmentFiles(dir);
  if (files.length === 0) return [];
  const names = files.map((file) => toPosix(file.name));
  const listing = ['ls-tree', '--full-tree', '--name-only', '-z', commit, '--', ...names];
  // A checkout without a commit holds nothing that everybody knows.
  const listed = await git.fields(listing, { accept: [0, 128] });
  const known = new Set([...listed, ...besides]);
  return files.filter((_file, at) => !known.has(names[at] ?? ''));
}

/**
 * The same in the checkout that is worked in, whose files are what `.worktreeinclude` copies, and in the primary one,
 * which is where they usually lie.
 */
export async function primaryValues({ git, root, primary }: Repository): Promise<readonly EnvironmentFile[]> {
  const own = await privateValues(git, root, 'HEAD');
  if (primary === null || primary === root) return own;
  return [...own, ...(await privateValues(git.in(primary), primary, 'HEAD'))];
}
