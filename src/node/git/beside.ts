import { constants } from 'node:fs';
import { access, lstat, readdir, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { GitError, type Git } from './git.ts';
import { indexEntries } from './index-entries.ts';
import { gitDirOf } from './layout.ts';

/** What git does not put into a tree as it stands. */
export interface NotTaken {
  readonly path: string;
  /** Why, as the end of a sentence that begins with the path. */
  readonly why: string;
}

/** What came of putting a worktree's files into an index. */
interface Taken {
  /** What is not in the index as it stands. */
  readonly refused: readonly NotTaken[];
  /** Repositories, of which only the commit is. */
  readonly embedded: readonly NotTaken[];
}

const EMBEDDED = /^warning: adding embedded git repository: (.+)$/gm;

/**
 * Puts a worktree's files into an index: all that git takes. One file that it refuses (a filter that fails, a repository
 * without a commit, an encoding) does not keep the others out: of a list that fails, each half is tried by itself.
 */
export async function addAll(git: Git, index: string): Promise<Taken> {
  const inner = await repositoriesIn(git, index);
  const input = inner.map((file) => `${file}\0`).join('');
  const update = async (...how: readonly string[]): Promise<void> => {
    if (inner.length > 0) await git.run(['update-index', ...how, '-z', '--stdin'], { index, input });
  };
  await update('--skip-worktree');
  const taken = await addFiles(git, index);
  await update('--no-skip-worktree');
  await update('--add', '--remove');
  return { ...taken, refused: [...taken.refused, ...(await ownerless(git, inner))] };
}

/** Places of submodules with files and no repository: git looks into none of them, and says nothing. */
async function ownerless(git: Git, places: readonly string[]): Promise<readonly NotTaken[]> {
  const isOwnerless = async (file: string): Promise<boolean> => {
    const place = path.join(git.dir, file);
    return gitDirOf(place) === null && (await readdir(place).catch(() => [])).length > 0;
  };
  const are = await Promise.all(places.map(isOwnerless));
  return places
    .filter((_file, at) => are[at])
    .map((file) => ({ path: file, why: 'is the place of a submodule, and the files in it are in no repository' }));
}

/**
 * Repositories in the worktree of which the index has a commit. `git add` starts a git in each, which would run, outside
 * of every sandbox, the filters that whoever worked there has set; where HEAD stands, `update-index` reads by itself.
 */
async function repositoriesIn(git: Git, index: string): Promise<readonly string[]> {
  const named = await linksIn(git, { index, areLeftOut: false });
  const top = await realpath(git.dir);
  const isDirectory = async (file: string): Promise<boolean> => {
    const place = path.join(top, file);
    // One behind a link is gone, as git sees it.
    return (await realpath(place).catch(() => null)) === place && (await lstat(place)).isDirectory();
  };
  const are = await Promise.all(named.map(isDirectory));
  return named.filter((_file, at) => are[at]);
}

/**
 * Repositories inside of a worktree of which its index (or another one) has the commit: submodules, mostly.
 * `areLeftOut: false`: without those that a sparse checkout leaves out.
 */
export async function linksIn(
  git: Git,
  { index, areLeftOut = true }: { readonly index?: string; readonly areLeftOut?: boolean } = {},
): Promise<readonly string[]> {
  const entries = await indexEntries(git, index);
  return entries
    .filter(({ mode, isSkipped }) => mode === '160000' && (areLeftOut || !isSkipped))
    .map((entry) => entry.path);
}

async function addFiles(git: Git, index: string): Promise<Taken> {
  // `--sparse`: what an agent wrote outside of a sparse checkout is work like any other.
  const all = ['add', '--all', '--sparse'];
  try {
    return { refused: [], embedded: embeddedIn((await git.run(all, { index })).stderr) };
  } catch (error) {
    if (!(error instanceof GitError) || isFull(error)) throw error;
  }
  const which = ['--others', '--modified', '--deleted', '--exclude-standard', '-z'];
  const changed = [...new Set(await git.fields(['ls-files', ...which], { index }))];
  const refused: NotTaken[] = [];
  const embedded: NotTaken[] = [];
  const add = async (files: readonly string[]): Promise<void> => {
    if (files.length === 0) return;
    try {
      const input = files.map((file) => `${file}\0`).join('');
      const { stderr } = await git.run([...all, '--pathspec-from-file=-', '--pathspec-file-nul'], { index, input });
      embedded.push(...embeddedIn(stderr));
    } catch (error) {
      if (!(error instanceof GitError) || isFull(error)) throw error;
      const [file = ''] = files;
      if (files.length === 1) return void refused.push({ path: file.replace(/\/$/, ''), why: reasonOf(error) });
      const half = Math.ceil(files.length / 2);
      await add(files.slice(0, half));
      await add(files.slice(half));
    }
  };
  await add(changed);
  return { refused, embedded };
}

/** That nothing can be written any more is no fault of a file's. */
function isFull({ exitCode, stderr }: GitError): boolean {
  return (
    exitCode < 0 ||
    /No space left|Read-only file system|Disk quota|unable to create temporary file|\.lock'/.test(stderr)
  );
}

function embeddedIn(stderr: string): NotTaken[] {
  return [...stderr.matchAll(EMBEDDED)].map(([, file = '']) => ({
    path: file,
    why: 'is a repository of its own, of which a commit holds the name and no file',
  }));
}

function reasonOf(error: GitError): string {
  if (/does not have a commit checked out/.test(error.stderr)) return 'is a repository of its own without a commit';
  return `is not taken by git (${error.said || 'no reason was given'})`;
}

/** Links that are kept; each takes a process. Nobody makes as many in a place that git refuses. */
const MOST_LINKS = 64;

/**
 * A tree with the bytes of what git did not take, past every filter, the history of repositories included: `.git` is
 * called `.git-kept` in it, for git would refuse it by its name. `left`: what could not even be read.
 */
export async function treeBeside(
  git: Git,
  taken: readonly NotTaken[],
): Promise<{ readonly tree: string; readonly left: readonly string[] }> {
  const files: { readonly file: string; readonly mode: string }[] = [];
  const links: string[] = [];
  const left: string[] = [];
  const walk = async (file: string): Promise<void> => {
    const full = path.join(git.dir, file);
    const info = await lstat(full).catch(() => null);
    if (info?.isDirectory()) {
      const names = await readdir(full).catch(() => null);
      if (names === null) left.push(file);
      for (const name of names ?? []) await walk(`${file}/${name}`);
    } else if (info?.isSymbolicLink() && links.length < MOST_LINKS) links.push(file);
    else if (info?.isFile() && !file.includes('\n') && (await isReadable(full)))
      files.push({ file, mode: info.mode & 0o100 ? '100755' : '100644' });
    else if (info) left.push(file);
  };
  for (const { path: file } of taken) await walk(file);
  const input = files.map(({ file }) => `${path.join(git.dir, file)}\n`).join('');
  const hash = ['hash-object', '-w', '--no-filters'];
  const ids = input === '' ? [] : (await git.text([...hash, '--stdin-paths'], { input })).split('\n');
  const entries = files.map(({ file, mode }, at) => `${mode} ${ids[at] ?? ''}\t${kept(file)}\0`);
  for (const file of links) {
    const id = await git.text([...hash, '--stdin'], { input: await readlink(path.join(git.dir, file)) });
    entries.push(`120000 ${id}\t${kept(file)}\0`);
  }
  const tree = await git.withIndex(null, async (index) => {
    await git.run(['update-index', '--add', '-z', '--index-info'], { index, input: entries.join('') });
    return git.text(['write-tree'], { index });
  });
  return { tree, left };
}

function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}

function kept(file: string): string {
  return file
    .split('/')
    .map((name) => (name.toLowerCase() === '.git' ? '.git-kept' : name))
    .join('/');
}
