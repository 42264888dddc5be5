import { execFile } from 'node:child_process';
import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { mayBeOurs } from '../core/lint/kind.ts';

/** Caps against directories that are no repository of documents: more than this is not read. */
const maxFiles = 5_000;
const maxBytes = 1_000_000;
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

/**
 * The files of a directory that the linter may care about, by path relative to it: Markdown and manifests with their
 * text, contracts by name only (empty text). Untracked files count, ignored ones do not; without git, well-known
 * directories of generated files are left out. Never leaves the directory: symbolic links are not followed. Files that
 * cannot be read are missing from the result.
 */
export async function readWorkspaceFiles(root: string): Promise<Map<string, string>> {
  const names = ((await listByGit(root)) ?? (await listByWalk(root))).filter(isWanted).slice(0, maxFiles);
  const files = new Map<string, string>();
  const queue = names.values();
  // A few at a time: enough to hide latency, few enough for any limit of open files.
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const name of queue) {
        const text = await readWorkspaceFile(root, name);
        if (text !== null) files.set(name, text);
      }
    }),
  );
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One file as the linter gets it; `null` when it is not one for the linter, too large, a link, or unreadable. */
export async function readWorkspaceFile(root: string, name: string): Promise<string | null> {
  if (!isWanted(name) || name.split('/').includes('..')) return null;
  try {
    const file = path.join(root, name);
    const info = await lstat(file);
    if (!info.isFile()) return null;
    if (!mayBeOurs(name)) return '';
    // A link further up must not lead out of the directory either.
    const inside = path.relative(await realpath(root), await realpath(file));
    if (info.size > maxBytes || inside.startsWith('..') || path.isAbsolute(inside)) return null;
    return await readFile(file, 'utf8');
  } catch {
    return null;
  }
}

function isWanted(name: string): boolean {
  return mayBeOurs(name) || /(?:^|\/)contracts\//.test(name);
}

/**
 * Git is started here and not through `Git`, because this also runs where the user has not said that the workspace can
 * be trusted: settings of the repository that name programs are switched off, and git is not looked up in it.
 */
async function listByGit(root: string): Promise<string[] | null> {
  const options = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '--no-optional-locks', '-C', root];
  try {
    const { stdout } = await promisify(execFile)('git', [...options, 'ls-files', '-co', '--exclude-standard', '-z'], {
      cwd: tmpdir(),
      maxBuffer: 256 * 1024 * 1024,
      windowsHide: true,
    });
    return [...new Set(stdout.split('\0'))].filter((name) => name !== '');
  } catch {
    return null;
  }
}

async function listByWalk(root: string): Promise<string[]> {
  const names: string[] = [];
  const walk = async (dir: string, depth: number): Promise<void> => {
    if (depth > maxDepth || names.length >= maxFiles) return;
    let entries: Dirent[];
    try {
      entries = await readdir(path.join(root, dir), { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = dir === '' ? entry.name : `${dir}/${entry.name}`;
      if (entry.isDirectory() && !skipped.has(entry.name)) await walk(name, depth + 1);
      else if (entry.isFile() && isWanted(name)) names.push(name);
      if (names.length >= maxFiles) return;
    }
  };
  await walk('', 0);
  return names;
}
