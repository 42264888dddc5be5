/** The user's world as it is on disk: what no agent and no run may change. Nothing of Slicewave's own code is used. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** Where a site has the user's things. */
export interface Places {
  /** Holds all others. */
  readonly top: string;
  readonly primary: string;
  readonly home: string;
}

export type World = ReadonlyMap<string, string>;

/** Files that git itself writes at will. */
const GIT_OWN = /^(?:index|.*HEAD.*|COMMIT_EDITMSG|packed-refs|config|description|.*\.lock|gc\.log)$/;
/** What the site puts beside the user's things. */
const SITE_OWN = /^(?:shop|shop\.worktrees|home|agent|tmp|clean-.*)$/;

/** One entry for each thing; two worlds are the same when their maps are. */
export function worldOf({ top, primary, home }: Places): World {
  const git = path.join(primary, '.git');
  const world = new Map<string, string>();
  for (const line of plainGit(primary, 'for-each-ref', '--format=%(refname) %(objectname)').split('\n')) {
    const [ref, commit = ''] = line.split(' ');
    if (ref && !ref.startsWith('refs/heads/slicewave/') && !ref.startsWith('refs/slicewave/'))
      world.set(`ref ${ref}`, commit);
  }
  world.set('HEAD', textOf(path.join(git, 'HEAD')));
  world.set('config', hashOf(path.join(git, 'config')));
  for (const name of ['hooks', 'info']) {
    for (const file of below(path.join(git, name))) {
      if (file.endsWith('.sample') || file === 'refs') continue;
      const at = path.join(git, name, file);
      const text = textOf(at)
        .split('\n')
        .filter((line) => !line.includes('.agent-runs') && !/^# git ls-files|^# Lines that start|^# exclude/.test(line))
        .join('\n');
      if (text.trim() !== '') world.set(`${name}/${file}`, `${lstatSync(at).mode & 0o111} ${text}`);
    }
  }
  for (const entry of readdirSync(git, { withFileTypes: true }))
    if (entry.isFile() && !GIT_OWN.test(entry.name))
      world.set(`git file ${entry.name}`, hashOf(path.join(git, entry.name)));
  world.set('alternates', textOf(path.join(git, 'objects/info/alternates')));
  for (const log of ['HEAD', 'refs/stash'])
    world.set(`reflog ${log}`, String(textOf(path.join(git, 'logs', log)).split('\n').length));
  world.set(
    'index',
    createHash('sha1')
      .update(plainGit(primary, 'ls-files', '-svz'))
      .digest('hex'),
  );
  for (const file of below(primary, new Set(['.git', '.agent-runs'])))
    world.set(`file ${file}`, stateOf(path.join(primary, file)));
  for (const file of below(home, new Set(['.npm', '.cache', '.claude', '.codex'])))
    world.set(`home ${file}`, stateOf(path.join(home, file)));
  for (const name of readdirSync(top)) if (!SITE_OWN.test(name)) world.set(`beside ${name}`, 'there');
  return world;
}

/** What is different, by name. */
export function differences(before: World, after: World): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

/** Git that no setting of the repository bends. */
export function plainGit(primary: string, ...args: readonly string[]): string {
  const fixed = ['--no-replace-objects', '-c', 'core.fsmonitor=false', '-c', 'core.quotePath=false'];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  return execFileSync('git', [`--git-dir=${path.join(primary, '.git')}`, `--work-tree=${primary}`, ...fixed, ...args], {
    encoding: 'utf8',
    cwd: primary,
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1e8,
    env: { ...env, GIT_CONFIG_NOSYSTEM: '1', GIT_OPTIONAL_LOCKS: '0' },
  });
}

/** All files and links below, relative; folders themselves are not told, a link is not followed. */
function below(root: string, without: ReadonlySet<string> = new Set()): string[] {
  const found: string[] = [];
  const visit = (folder: string): void => {
    let entries;
    try {
      entries = readdirSync(path.join(root, folder), { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries) {
      const name = path.join(folder, entry.name);
      if (without.has(name)) continue;
      if (entry.isDirectory()) visit(name);
      else found.push(name);
    }
  };
  visit('');
  return found;
}

function stateOf(file: string): string {
  const { mode } = lstatSync(file);
  return `${mode.toString(8)} ${hashOf(file)}`;
}

function hashOf(file: string): string {
  return createHash('sha1').update(textOf(file, 'latin1')).digest('hex');
}

function textOf(file: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  try {
    const stats = lstatSync(file);
    if (stats.isSymbolicLink()) return `-> ${readlinkSync(file)}`;
    return stats.isFile() ? readFileSync(file, encoding) : 'no file';
  } catch {
    return '';
  }
}
