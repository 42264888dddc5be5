import { Git } from './git.ts';

/** Makes a repository of a directory, with everything in it as the first commit of `main`. */
export async function makeRepository(dir: string, message: string, date: string): Promise<void> {
  const git = new Git(dir);
  await git.run(['init', '--quiet', '--initial-branch=main']);
  await git.run(['add', '--all']);
  const tree = await git.text(['write-tree']);
  const commit = await git.commitTree(tree, [], message, date);
  await git.run(['update-ref', 'refs/heads/main', commit]);
}
