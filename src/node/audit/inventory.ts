import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import type { Inventory } from '../../core/audit/inventory.ts';
import { checkoutState } from '../git/changes.ts';
import type { Git } from '../git/git.ts';
import { indexEntries } from '../git/index-entries.ts';
import type { Repository } from '../git/repository.ts';
import { listOrigins, type ListedSettings } from '../git/settings.ts';
import { inside, toPosix } from '../paths.ts';
import { foldersAbove, lookedUpIn } from './lookups.ts';

/** What may be put back: the bytes of the files that are shared and small, and the stash's own log. */
export interface KeptFiles {
  /** Absolute path -> content; `null`: it was not there. */
  readonly files: ReadonlyMap<string, Kept | null>;
}

export interface Kept {
  readonly content: Uint8Array;
  readonly mode: number;
}

export interface TakenInventory extends KeptFiles {
  readonly inventory: Inventory;
  /** All settings, in git's order. */
  readonly settings: ListedSettings;
}

export interface InventoryRequest {
  readonly repository: Repository;
  /** The plan's directory, relative to the root: it has a watch of its own (its content is fixed when it starts). */
  readonly planDir: string;
  /** Directories whose entries are looked at by name: beside the repository, beside the worktrees. */
  readonly beside: readonly string[];
  /** Where checks run: what tools look up in the folders above it is looked at. */
  readonly checkout: string;
  readonly home?: string;
}

/** Files of HOME that something reads when it starts, and that no program changes by itself while agents work. */
const HOME_FILES: readonly string[] = [
  '.bash_aliases',
  '.bash_login',
  '.bash_logout',
  '.bash_profile',
  '.bashrc',
  '.cargo/config',
  '.cargo/config.toml',
  '.config/fish/config.fish',
  '.config/git/attributes',
  '.config/git/ignore',
  '.config/pip/pip.conf',
  '.config/nvim/init.lua',
  '.config/nvim/init.vim',
  '.curlrc',
  '.emacs',
  '.envrc',
  '.gemrc',
  '.gitattributes',
  '.gitignore',
  '.gnupg/gpg-agent.conf',
  '.gnupg/gpg.conf',
  '.gradle/gradle.properties',
  '.gradle/init.gradle',
  '.inputrc',
  '.m2/settings.xml',
  '.netrc',
  '.npmrc',
  '.pam_environment',
  '.pip/pip.conf',
  '.profile',
  '.pypirc',
  '.pythonrc',
  '.ssh/authorized_keys',
  '.ssh/config',
  '.tmux.conf',
  '.vimrc',
  '.wgetrc',
  '.xinitrc',
  '.xprofile',
  '.yarnrc',
  '.yarnrc.yml',
  '.zlogin',
  '.zlogout',
  '.zprofile',
  '.zshenv',
  '.zshrc',
];

/** Folders of HOME in which each file is started or read by itself, and files in them that change of themselves. */
const HOME_FOLDERS: readonly (readonly [folder: string, passing: RegExp | null])[] = [
  ['.bashrc.d', null],
  ['.config/autostart', null],
  ['.config/environment.d', null],
  ['.config/fish/conf.d', null],
  ['.config/git', null],
  ['.config/systemd/user', null],
  ['.git-templates', null],
  ['.gradle/init.d', null],
  ['.ssh', /^known_hosts/],
  ['Library/LaunchAgents', null],
];

/** Where programs stand that a person starts by their bare name. Tools renew themselves there: only these are looked at. */
const PROGRAM_FOLDERS = ['.local/bin', 'bin', '.npm-global/bin', '.cargo/bin'];
const PROGRAMS =
  'bash cargo code curl docker env gh git go gpg java kubectl ls make node npm npx perl php pip pip3 pnpm python python3 rm ruby sh ssh sudo yarn zsh'.split(
    ' ',
  );

/** What of HOME is looked at, by its name there. */
async function namesOfHome(home: string): Promise<readonly string[]> {
  const folders = await Promise.all(
    HOME_FOLDERS.map(async ([folder, passing]) =>
      (await listFiles(path.join(home, folder)))
        .filter((name) => passing === null || !passing.test(name))
        .map((name) => `${folder}/${name}`),
    ),
  );
  const programs = PROGRAM_FOLDERS.flatMap((folder) => PROGRAMS.map((name) => `${folder}/${name}`));
  return [...new Set([...HOME_FILES, ...folders.flat(), ...programs])];
}

/**
 * Which of some paths below a directory may be there. Nearly none of those of HOME are, and a look into each folder costs
 * less than one for each path. Where names of another case mean the same, all may be.
 */
async function thereIn(base: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (process.platform !== 'linux') return new Set(names);
  const looks = new Map<string, Promise<ReadonlySet<string> | null>>();
  const look = (folder: string): Promise<ReadonlySet<string> | null> => {
    const known = looks.get(folder) ?? readdir(path.join(base, folder)).then((found) => new Set(found), nothingIn);
    looks.set(folder, known);
    return known;
  };
  const mayBe = async (name: string): Promise<boolean> => {
    let folder = '';
    for (const part of name.split('/')) {
      const found = await look(folder);
      if (found === null) return true;
      if (!found.has(part)) return false;
      folder = path.posix.join(folder, part);
    }
    return true;
  };
  const may = await Promise.all(names.map(mayBe));
  return new Set(names.filter((_name, at) => may[at]));
}

/** What is in a folder that is none; `null`: it cannot be looked into, which says nothing of what is there. */
function nothingIn(error: unknown): ReadonlySet<string> | null {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' ? new Set() : null;
}

/** Files of the git directory that come and go with everyday work; what else lies there is looked at. */
const PASSING =
  /(?:HEAD|\.lock|_MSG|_EDITMSG|_RR|^index|^packed-refs|^gc\.|\.pid|^shallow|^config|^sequencer|^AUTO_MERGE|^description)$|^tmp_|^index\./;

/** No command of the tool's takes the primary's index, so that this is somebody's who is at work there, or was left. */
const INDEX_LOCK = 'index.lock';

const LARGEST = 1024 * 1024;

/**
 * Looks at everything that runs share: three git processes and one look at a handful of files, whatever the size of the
 * plan. Nothing of the repository is started (no hook, filter or monitor).
 */
export async function takeInventory(request: InventoryRequest): Promise<TakenInventory> {
  const { repository, planDir } = request;
  const { git, commonDir, root } = repository;
  const home = request.home ?? homedir();
  const own = (await git.gitDir()) ?? commonDir;
  const files = new Map<string, Kept | null>();
  const digestOf = async (file: string): Promise<string | null> => {
    const info = await lstat(file).catch(() => null);
    if (!info) {
      files.set(file, null);
      return null;
    }
    if (info.isSymbolicLink()) return `link ${await readlink(file).catch(() => '?')}`;
    if (!info.isFile()) return info.isDirectory() ? null : 'special';
    // Private keys are told by their marks, and not read.
    if (info.size > LARGEST || path.basename(file).startsWith('id_'))
      return `${info.size} ${info.mtimeMs} ${info.ctimeMs} ${info.ino}`;
    const content = await readFile(file).catch(() => null);
    if (!content) return 'unreadable';
    files.set(file, { content, mode: info.mode & 0o7777 });
    return `${(info.mode & 0o111) === 0 ? '' : 'x '}${digest(content)}`;
  };
  const named = async (base: string, names: readonly string[], prefix: string): Promise<Record<string, string>> => {
    const marks = await Promise.all(names.map(async (name) => [name, await digestOf(path.join(base, name))] as const));
    return Object.fromEntries(marks.flatMap(([name, mark]) => (mark === null ? [] : [[prefix + name, mark] as const])));
  };
  const ofHome = async (): Promise<Record<string, string>> => {
    const names = await namesOfHome(home);
    const there = await thereIn(home, names);
    for (const name of names) if (!there.has(name)) files.set(path.join(home, name), null);
    return named(home, [...there], '~/');
  };
  const [
    refs,
    hidden,
    config,
    checkout,
    hooks,
    info,
    top,
    headText,
    headLog,
    stashLog,
    indexInfo,
    beside,
    above,
    homeFiles,
  ] = await Promise.all([
    git.run(['for-each-ref', '--format=%(refname) %(objectname)']),
    hiddenPaths(git),
    listOrigins(git),
    checkoutFiles(git, planDir),
    listFiles(path.join(commonDir, 'hooks')),
    listFiles(path.join(commonDir, 'info')),
    readdir(commonDir, { withFileTypes: true }).catch(() => []),
    readFile(path.join(own, 'HEAD'), 'utf8').catch(() => ''),
    readFile(path.join(own, 'logs', 'HEAD'), 'utf8').catch(() => ''),
    readFile(path.join(commonDir, 'logs', 'refs', 'stash'), 'utf8').catch(() => ''),
    lstat(path.join(own, 'index')).catch(() => null),
    Promise.all(request.beside.map((dir) => readNames(dir, { foldersToo: dir !== path.dirname(root) }))),
    lookedUp(request.checkout, { root, home }),
    ofHome(),
  ]);
  const gitDir = toPosix(path.relative(root, commonDir)) || '.git';
  const shared = ['config', 'config.worktree', 'logs/refs/stash'];
  const marks = await Promise.all(shared.map((name) => digestOf(path.join(commonDir, name))));
  // What they say is compared setting by setting; that one has become a link is not seen there.
  const links = shared.flatMap((name, at) =>
    /^(?:link|special)/.test(marks[at] ?? '') ? [[`${gitDir}/${name}`, marks[at] ?? ''] as const] : [],
  );
  await digestOf(path.join(home, '.gitconfig'));
  const extra = top
    .filter((entry) => entry.isFile() && (entry.name === INDEX_LOCK || !PASSING.test(entry.name)))
    .map((entry) => entry.name);
  return {
    files,
    settings: config.map(({ setting }) => setting),
    inventory: {
      refs: Object.fromEntries(
        refs.stdout
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split(' ', 2) as [string, string]),
      ),
      head: headText.trim(),
      headLog,
      config: settingsOfFiles(config, { root, commonDir, home }),
      hooks: await named(
        path.join(commonDir, 'hooks'),
        hooks.filter((name) => !name.endsWith('.sample')),
        `${gitDir}/hooks/`,
      ),
      gitFiles: {
        ...Object.fromEntries(links),
        ...(await named(
          path.join(commonDir, 'info'),
          // lefthook notes there what it installed last; git never reads it.
          info.filter((name) => name !== 'refs' && name !== 'lefthook.checksum'),
          `${gitDir}/info/`,
        )),
        ...(await named(commonDir, [...extra, 'objects/info/alternates', 'info/grafts'], `${gitDir}/`)),
      },
      home: homeFiles,
      stash: stashLog
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ', 2)[1] ?? '')
        .toReversed(),
      hidden,
      index: indexInfo ? `${indexInfo.size} ${indexInfo.mtimeMs} ${indexInfo.ctimeMs}` : '',
      checkout,
      beside: [...new Set([...beside.flat(), ...above])].toSorted(),
    },
  };
}

/**
 * Where a name that appears is worth a look: beside the repository and in the folders of the worktrees. Not where
 * everybody puts things (HOME, the temporary directory): what appears there says nothing.
 */
export function placesBeside(root: string, worktrees: readonly string[]): readonly string[] {
  const crowded = new Set(
    [homedir(), tmpdir(), '/tmp', '/var/tmp', path.parse(root).root].map((dir) => path.resolve(dir)),
  );
  return [...new Set([path.dirname(root), ...worktrees])].filter((dir) => !crowded.has(path.resolve(dir)));
}

/** The primary checkout, and the settings of HOME, are looked at by themselves. */
async function lookedUp(checkout: string, at: { readonly root: string; readonly home: string }): Promise<string[]> {
  const folders = foldersAbove(checkout).filter((folder) => !inside(at.root, folder));
  const names = await Promise.all(
    folders.map(async (folder) =>
      (await lookedUpIn(folder))
        .filter((name) => folder !== at.home || !HOME_FILES.includes(name))
        .map((name) => toPosix(path.join(folder, name))),
    ),
  );
  return names.flat();
}

/** Beside the repository a new folder is what people make (the next clone); a file there is not. */
async function readNames(dir: string, { foldersToo }: { readonly foldersToo: boolean }): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => foldersToo || !entry.isDirectory())
    .map((entry) => toPosix(path.join(dir, entry.name)));
}

async function listFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

/** Paths that an index hides from git. */
async function hiddenPaths(git: Git): Promise<string[]> {
  const entries = await indexEntries(git);
  return entries.filter(({ isAssumed, isSkipped }) => isAssumed || isSkipped).map((entry) => entry.path);
}

function settingsOfFiles(
  listed: Awaited<ReturnType<typeof listOrigins>>,
  at: { readonly root: string; readonly commonDir: string; readonly home: string },
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { origin, setting } of listed) {
    if (!origin.startsWith('file:')) continue;
    const file = path.resolve(at.root, origin.slice('file:'.length));
    const [key, value] = setting;
    const name = `${shownFile(file, at)}: ${key}`;
    found[name] = name in found ? `${found[name]}\n${value ?? ''}` : (value ?? '');
  }
  return found;
}

function shownFile(
  file: string,
  at: { readonly root: string; readonly commonDir: string; readonly home: string },
): string {
  for (const [base, prefix] of [
    [at.root, ''],
    [at.home, '~/'],
  ] as const) {
    if (inside(base, file)) return prefix + toPosix(path.relative(base, file));
  }
  // Seen from a linked worktree, what all checkouts share lies elsewhere, and is the repository's own all the same.
  if (inside(at.commonDir, file)) return toPosix(path.relative(at.root, file));
  return toPosix(file);
}

/** What differs from `HEAD` in the primary, with a mark of each file's content that cannot be set back (change time). */
async function checkoutFiles(git: Git, planDir: string): Promise<Record<string, string>> {
  const status = new Map((await checkoutState(git)).status);
  // Ignored files at the top: `.env` and its kin, which no status shows.
  for (const name of await readdir(git.dir).catch(() => []))
    if (name.startsWith('.env') && !status.has(name)) status.set(name, 'ignored');
  const marks: Record<string, string> = {};
  const paths = [...status.keys()].filter((file) => file !== planDir && !file.startsWith(`${planDir}/`));
  for (const [at, info] of (
    await Promise.all(paths.map((file) => lstat(path.join(git.dir, file)).catch(() => null)))
  ).entries()) {
    const file = paths[at] ?? '';
    marks[file] = `${status.get(file)} ${info ? `${info.size} ${info.mtimeMs} ${info.ctimeMs} ${info.ino}` : 'gone'}`;
  }
  return marks;
}

function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
