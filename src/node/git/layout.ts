import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';

/** Where the parts of a repository stand, whichever of its checkouts one stands in. All paths are absolute. */
export interface Layout {
  /** The git directory that all checkouts share. */
  readonly commonDir: string;
  /** The checkout that stands beside the git directory; `null` where the repository has none (bare) or does not say. */
  readonly primary: string | null;
  /** The directory that holds `.agent-runs`: the primary checkout, or what stands for it. */
  readonly home: string;
}

/**
 * The layout of the repository that the checkout at `top` is of; `null` when that is no checkout. Read from git's files,
 * without git: faces that must answer at once ask as well.
 */
export function layoutOf(top: string): Layout | null {
  const gitDir = gitDirOf(top);
  if (gitDir === null) return null;
  const commonDir = commonDirOf(gitDir);
  const settings = readCore(commonDir);
  const named = path.basename(commonDir);
  const beside = named === '.git' || named === '.bare' ? path.dirname(commonDir) : null;
  // The git directory of a submodule lies in that of the repository around it, and names its checkout.
  const elsewhere = settings.worktree === null ? null : real(path.resolve(commonDir, settings.worktree));
  const own = gitDir === commonDir ? top : null;
  const primary = settings.bare ? null : (elsewhere ?? own ?? (named === '.git' ? beside : null));
  return { commonDir, primary, home: elsewhere ?? beside ?? commonDir };
}

/** `.agent-runs` of a repository. */
export function runsDirOf({ home }: Pick<Layout, 'home'>): string {
  return path.join(home, '.agent-runs');
}

/** Where it is written down what the worktree at a place was when it was made. */
export function worktreeRecord(runsDir: string, dir: string): string {
  return path.join(runsDir, 'worktrees', `${createHash('sha256').update(dir).digest('hex').slice(0, 24)}.json`);
}

/**
 * The checkout that plans are run in, seen from the checkout at `top`: that one itself, or, where it is a worktree that a
 * plan made for a slice, the one from which that was done.
 */
export function workedIn(top: string, layout: Layout): string {
  const owner = ownerOf(top, layout);
  return owner !== null && layoutOf(owner)?.commonDir === layout.commonDir ? owner : top;
}

function ownerOf(top: string, { primary, home }: Layout): string | null {
  try {
    const record: unknown = JSON.parse(readFileSync(worktreeRecord(runsDirOf({ home }), top), 'utf8'));
    if (typeof record !== 'object' || record === null) return null;
    return 'made_from' in record && typeof record.made_from === 'string' ? record.made_from : primary;
  } catch {
    return null;
  }
}

/** The git directory of a checkout, as its `.git` says; `null` when it says nothing. */
export function gitDirOf(top: string): string | null {
  const file = path.join(top, '.git');
  try {
    const found = statSync(file);
    if (found.isDirectory()) return realpathSync(file);
    // Anything else than a small file (a pipe has no end) was put there by somebody else than git.
    if (!found.isFile() || found.size > 16_384) return null;
    const named = /^gitdir: (.+?)\r?\n?$/s.exec(readFileSync(file, 'utf8'))?.[1];
    return named === undefined ? null : realpathSync(path.resolve(top, named));
  } catch {
    return null;
  }
}

/** A linked worktree's git directory names the shared one. */
function commonDirOf(gitDir: string): string {
  try {
    return realpathSync(path.resolve(gitDir, readFileSync(path.join(gitDir, 'commondir'), 'utf8').trimEnd()));
  } catch {
    return gitDir;
  }
}

/** What a git directory says of its own checkout: only git itself writes these lines, and writes them plainly. */
function readCore(commonDir: string): { readonly bare: boolean; readonly worktree: string | null } {
  let bare = false;
  let worktree: string | null = null;
  for (const name of ['config', 'config.worktree']) {
    let isCore = false;
    for (const line of textOf(path.join(commonDir, name)).split(/\r?\n/)) {
      if (line.startsWith('[')) isCore = /^\[core\]/i.test(line);
      const [, key, value = ''] = (isCore && /^\s*(bare|worktree)\s*=\s*(.*?)\s*$/i.exec(line)) || [];
      if (key?.toLowerCase() === 'bare') bare = value === 'true';
      if (key?.toLowerCase() === 'worktree') worktree = value.replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1');
    }
  }
  return { bare, worktree };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function real(place: string): string | null {
  try {
    return lstatSync(path.join(place, '.git')) ? realpathSync(place) : null;
  } catch {
    return null;
  }
}
