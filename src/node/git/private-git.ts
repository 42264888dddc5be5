import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inside } from '../paths.ts';
import { gitDirOf } from './layout.ts';
import type { Repository } from './repository.ts';

/**
 * Makes a git directory that answers as a worktree's own does and shares nothing with it that could be written: objects
 * are borrowed, refs, index, HEAD and settings are copies. Whoever works with it may stage, commit, stash and branch;
 * the repository sees none of it. `false`: not made, for the repository keeps its refs, or says where its files are, in
 * a way that a copy would not follow.
 */
export async function makePrivateGit(
  { git, commonDir }: Pick<Repository, 'git' | 'commonDir'>,
  worktree: string,
  into: string,
): Promise<boolean> {
  const own = gitDirOf(worktree);
  if (own === null || !inside(path.join(commonDir, 'worktrees'), own)) return false;
  const config = await readFile(path.join(commonDir, 'config'), 'utf8').catch(() => null);
  if (config === null || /^\s*(?:worktree|refstorage)\s*=/im.test(config)) return false;
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info', 'hooks'])
    await mkdir(path.join(into, folder), { recursive: true });
  const refs = await git.run(['for-each-ref', '--format=%(objectname) %(refname)']);
  const lines = refs.stdout.split('\n').filter((line) => line !== '');
  await Promise.all([
    writeFile(path.join(into, 'packed-refs'), ['# pack-refs with: sorted ', ...lines, ''].join('\n')),
    // The last value counts. What lies here goes with the run: nothing needs to be tidied.
    writeFile(
      path.join(into, 'config'),
      `${config}\n[core]\n\tbare = false\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n`,
    ),
    writeFile(path.join(into, 'objects/info/alternates'), `${(await objectStores(commonDir)).join('\n')}\n`),
    copy(path.join(own, 'HEAD'), path.join(into, 'HEAD')),
    copy(path.join(own, 'index'), path.join(into, 'index')),
    copy(path.join(own, 'config.worktree'), path.join(into, 'config.worktree')),
    copy(path.join(own, 'info/sparse-checkout'), path.join(into, 'info/sparse-checkout')),
    copy(path.join(commonDir, 'info/exclude'), path.join(into, 'info/exclude')),
    copy(path.join(commonDir, 'info/attributes'), path.join(into, 'info/attributes')),
    copy(path.join(commonDir, 'shallow'), path.join(into, 'shallow')),
    ...(await readdir(own))
      .filter((name) => name.startsWith('sharedindex.'))
      .map((name) => copy(path.join(own, name), path.join(into, name))),
  ]);
  return true;
}

/** The repository's store of objects and those that it borrows from: git follows relative ones only one step. */
async function objectStores(commonDir: string): Promise<readonly string[]> {
  const objects = path.join(commonDir, 'objects');
  const borrowed = await readFile(path.join(objects, 'info/alternates'), 'utf8').catch(() => '');
  const named = borrowed.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return [objects, ...named.map((place) => path.resolve(objects, place))];
}

/** What is not there is not needed. */
async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
}
