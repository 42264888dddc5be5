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
  const listed = await git.fields(['ls-tree', '--full-tree', '--name-only', '-z', commit, '--', ...names]);
  const known = new Set([...listed, ...besides]);
  return files.filter((_file, at) => !known.has(names[at] ?? ''));
}

/** The same in the primary checkout, whose files are what `.worktreeinclude` copies, and more. */
export function primaryValues(repository: Repository): Promise<readonly EnvironmentFile[]> {
  return privateValues(repository.git, repository.root, 'HEAD');
}
