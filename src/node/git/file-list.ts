import { realpathSync, type Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { inside } from '../paths.ts';
import { findProgram } from '../process/processes.ts';
import { Git } from './git.ts';

const maxDepth = 12;
const skipped = new Set([
  '.git',
  'node_modules',
  '.agent-runs',
  'dist',
  'out',
  'build',
  'target',
  '.venv',
  'venv',
  '__pycache__',
  '.next',
  '.cache',
]);

export interface FileListOptions {
  /** Which files are of interest; all when absent. */
  readonly wanted?: (name: string) => boolean;
  /** The list ends there. */
  readonly most: number;
}

/**
 * The files of a directory by path relative to it, with forward slashes, sorted: those that git tracks and that are
 * there, and those that it would track. Without git, well-known directories of generated files are left out.
 */
export async function listFiles(root: string, options: FileListOptions): Promise<string[]> {
  const wanted = options.wanted ?? (() => true);
  const listed = await listByGit(root);
  const names = listed ? listed.filter(wanted) : await listByWalk(root, wanted, options.most);
  return names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).slice(0, options.most);
}

/**
 * Git for a directory where the user has not said that the workspace can be trusted: it is not looked up inside the
 * directory, and does not fetch what a partial clone left out. `null` when there is no git.
 */
export async function untrustedGit(root: string): Promise<Git | null> {
  const program = await findProgram('git', { ...process.env, PATH: pathOutside(root), Path: undefined });
  const env = { GIT_NO_LAZY_FETCH: '1', GIT_CONFIG_PARAMETERS: "'protocol.allow=never'" };
  return program === null ? null : new Git({ dir: path.resolve(root), program, env });
}

/** What git prints about such a directory; `null` when there is no git, or it has no answer. */
export async function askGit(root: string, args: readonly string[]): Promise<string | null> {
  const git = await untrustedGit(root);
  const answer = await git?.run(args).catch(() => null);
  return answer?.stdout ?? null;
}

/** Up to so many paths git is simply asked: a second question costs more than it saves. */
const FEW_PATHS = 500;

/** Those of some paths, relative to a directory, that git would ignore if they were there; none without git. */
export async function ignoredAmong(root: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  const git = await untrustedGit(root);
  if (!git) return new Set();
  // For each path git looks through all files that it tracks, so that ten thousand paths took seconds. What no pattern
  // matches need not be looked for there; it is asked of the few that are left.
  if (paths.length <= FEW_PATHS || (await hidesIgnoreFiles(git))) return new Set(await askIgnored(git, paths));
  const matched = await askIgnored(git, paths, ['--no-index']);
  return new Set(matched.length === 0 ? [] : await askIgnored(git, matched));
}

async function askIgnored(git: Git, paths: readonly string[], how: readonly string[] = []): Promise<readonly string[]> {
  // A path that git takes for none (below a link, in a submodule) ends the answer; what came before it holds.
  const input = paths.map((path) => `${path}\0`).join('');
  // This command refuses to be told that paths are no patterns, and takes them as they are all the same.
  const options = { input, accept: [0, 1, 128], env: { GIT_LITERAL_PATHSPECS: '0' } };
  const answer = await git.run(['check-ignore', ...how, '-z', '--stdin'], options).catch(() => null);
  return answer?.stdout.split('\0').filter((path) => path !== '') ?? [];
}

/** Whether patterns are only in the index, because a sparse checkout leaves their file out. */
async function hidesIgnoreFiles(git: Git): Promise<boolean> {
  const args = ['ls-files', '-t', '-z', '--', ':(glob)**/.gitignore'];
  const answer = await git.run(args, { env: { GIT_LITERAL_PATHSPECS: '0' } }).catch(() => null);
  return answer === null || answer.stdout.split('\0').some((line) => line.startsWith('S '));
}

async function listByGit(root: string): Promise<string[] | null> {
  // With a tag before each name, of which `R` says that the file is gone, one process tells both.
  const answer = await askGit(root, ['ls-files', '-c', '-o', '-d', '-t', '--exclude-standard', '-z']);
  if (answer === null) return null;
  const names = new Set<string>();
  const missing: string[] = [];
  for (const line of answer.split('\0')) {
    const name = line.slice(2);
    if (line.startsWith('R ')) missing.push(name);
    else if (name !== '') names.add(name);
  }
  for (const name of missing) names.delete(name);
  return [...names];
}

/** The directories of the path that are absolute and not inside a directory. */
function pathOutside(root: string): string {
  const real = (dir: string): string => {
    try {
      return realpathSync(dir);
    } catch {
      return dir;
    }
  };
  const top = real(root);
  return (process.env['PATH'] ?? process.env['Path'] ?? '')
    .split(path.delimiter)
    .filter((dir) => path.isAbsolute(dir) && !inside(top, real(dir)))
    .join(path.delimiter);
}

async function listByWalk(root: string, wanted: (name: string) => boolean, most: number): Promise<string[]> {
  const names: string[] = [];
  const walk = async (dir: string, depth: number): Promise<void> => {
    if (depth > maxDepth || names.length >= most) return;
    let entries: Dirent[];
    try {
      entries = await readdir(path.join(root, dir), { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = dir === '' ? entry.name : `${dir}/${entry.name}`;
      if (entry.isDirectory() && !skipped.has(entry.name)) await walk(name, depth + 1);
      else if (entry.isFile() && wanted(name)) names.push(name);
      if (names.length >= most) return;
    }
  };
  await walk('', 0);
  return names;
}
