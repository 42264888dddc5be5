import { lstat, readFile, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { FileChange } from '../../core/run/model.ts';
import { addAll, treeBeside, type NotTaken } from './beside.ts';
import { Blobs } from './blobs.ts';
import { readIndex, type Git } from './git.ts';
import { indexEntries } from './index-entries.ts';

/** What a worktree held at one moment: every file that git does not ignore, untracked ones included. */
export interface Snapshot {
  readonly tree: string;
  readonly commit: string;
  /** What git refuses, so that the tree lacks it, or has it as it was before. */
  readonly refused: readonly NotTaken[];
  /** Where the bytes are that are in no tree, in words; `null`: there are none. */
  readonly beside: string | null;
}

/** What a worktree holds; its own index is not touched. */
interface FullState {
  readonly tree: string;
  readonly head: string | null;
  readonly refused: readonly NotTaken[];
  /** Repositories of their own: the tree has the name of a commit for each. */
  readonly embedded: readonly NotTaken[];
}

/** The tree of a worktree's full state, through a temporary index; the worktree's own index is not touched. */
export async function treeOfWorktree(git: Git): Promise<string> {
  return (await fullState(git)).tree;
}

/** What of a worktree no tree would hold. */
export async function notTaken(git: Git): Promise<readonly NotTaken[]> {
  const { refused, embedded } = await fullState(git);
  return [...refused, ...embedded];
}

/** Whether a worktree holds a commit's files and nothing else that git could see. */
export async function holdsNothingBut(git: Git, commit: string): Promise<boolean> {
  const { tree, refused, embedded } = await fullState(git);
  return refused.length + embedded.length === 0 && tree === (await git.treeOf(commit));
}

/** `base`: what a place by recorded settings starts from when its index cannot be trusted. */
async function fullState(git: Git, base?: string): Promise<FullState> {
  const asked = ['rev-parse', '--path-format=absolute', '--git-path', 'index', 'HEAD'];
  // Without a commit yet, git answers the first question and fails at the second.
  const [own = '', head = ''] = (await git.run(asked, { accept: [0, 128] })).stdout.split('\n');
  const isFixed = git.place.settings !== undefined;
  // An index carries file times, so that only changed files are read. Where an agent could have written it, it may call
  // a file unchanged, or not to be looked at: then everything is read.
  const state = await git.withIndex(git.trustedIndex ?? (isFixed ? null : own), async (index) => {
    if (!git.trustedIndex && isFixed) await startIndex(git, index, { from: base ?? head, own });
    else if (!isFixed) await lookAtAll(git, index);
    const left = await addAll(git, index);
    const tree = await git.text(['write-tree'], { index });
    if (isFixed) git.trustedIndex = await readIndex(index);
    return { tree, ...left };
  });
  // Where only the shared git directory could be trusted, its HEAD is somebody else's.
  const at = isFixed && (await git.gitDir()) === git.place.commonDir ? (base ?? '') : head;
  return { ...state, head: /^[0-9a-f]{40,}$/.test(at) ? at : null };
}

/** An index of a commit, without file times. What a sparse checkout left out of the directory is not missing. */
async function startIndex(
  git: Git,
  index: string,
  { from, own }: { readonly from: string; readonly own: string },
): Promise<void> {
  await git.run(['read-tree', from], { index });
  if (!(await isSparse(git))) return;
  const known = new Set(await git.fields(['ls-files', '-z'], { index }));
  const left = (await git.fields(['ls-files', '-t', '-z'], { index: own }))
    .filter((entry) => entry.startsWith('S ') && known.has(entry.slice(2)))
    .map((entry) => entry.slice(2));
  const there = await areThere(git.dir, left);
  const skipped = left.filter((_file, at) => !there[at]);
  if (skipped.length > 0)
    await git.run(['update-index', '--skip-worktree', '-z', '--stdin'], {
      index,
      input: skipped.map((file) => `${file}\0`).join(''),
    });
}

async function isSparse(git: Git): Promise<boolean> {
  const set = await git.run(['config', '--type=bool', '--get', 'core.sparseCheckout'], { accept: [0, 1] });
  return set.stdout.trim() === 'true';
}

function areThere(dir: string, files: readonly string[]): Promise<readonly boolean[]> {
  return Promise.all(
    files.map((file) =>
      lstat(path.join(dir, file)).then(
        () => true,
        () => false,
      ),
    ),
  );
}

/**
 * Takes away the flags by which an index tells git not to look at a file (`--assume-unchanged`, `--skip-worktree`): what
 * an agent hid that way would pass the scope check and still be there when the checks run. A sparse checkout keeps the
 * flag on what it left out. `index`: another one than the place's own.
 */
export async function lookAtAll(git: Git, index?: string): Promise<void> {
  const which = index === undefined ? {} : { index };
  const flagged = (await indexEntries(git, index)).filter(({ isAssumed, isSkipped }) => isAssumed || isSkipped);
  if (flagged.length === 0) return;
  const unmark = async (option: string, files: readonly string[]): Promise<void> => {
    if (files.length > 0)
      await git.run(['update-index', option, '-z', '--stdin'], {
        ...which,
        input: files.map((file) => `${file}\0`).join(''),
      });
  };
  await unmark(
    '--no-assume-unchanged',
    flagged.filter(({ isAssumed }) => isAssumed).map((entry) => entry.path),
  );
  const skipped = flagged.filter(({ isSkipped }) => isSkipped).map((entry) => entry.path);
  if (skipped.length === 0) return;
  const sparse = await isSparse(git);
  const there = await areThere(git.dir, skipped);
  await unmark(
    '--no-skip-worktree',
    skipped.filter((_file, at) => !sparse || there[at]),
  );
}

export function snapshotRef(runId: string): string {
  return `refs/slicewave/runs/${runId}`;
}

/**
 * Puts the worktree's full state under `refs/slicewave/runs/<run_id>`, so that no clean-up can lose it; what git does not
 * take, byte for byte, under the same name with `-beside`. `base`: the commit that the worktree was made at.
 */
export async function takeSnapshot(git: Git, runId: string, message: string, base?: string): Promise<Snapshot> {
  const { tree, head, refused, embedded } = await fullState(git, base);
  const now = new Date().toISOString();
  const commit = await git.commitTree(tree, head ? [head] : [], message, now);
  await git.point(snapshotRef(runId), commit);
  const not = [...refused, ...embedded];
  if (not.length === 0) return { tree, commit, refused, beside: null };
  const ref = `${snapshotRef(runId)}-beside`;
  const beside = await treeBeside(git, not);
  await git.point(ref, await git.commitTree(beside.tree, [], `${message}: what git did not take`, now));
  const files = not.map(({ path: file, why }) => `${file} ${why}`).join('; ');
  const unread =
    beside.left.length === 0 ? '' : `, but for ${beside.left.slice(0, 5).join(', ')}, which cannot be read`;
  return { tree, commit, refused, beside: `${files}: kept in ${ref}${unread}` };
}

/**
 * Puts a worktree's files to a commit's; HEAD stays. Its index says afterwards what `head` has: the commit itself, or
 * the one that the worktree stands at.
 */
async function putFiles(git: Git, commit: string, head: string): Promise<void> {
  const gitDir = await git.gitDir();
  if (gitDir === null) throw new Error('files are only put where the git directory is known');
  const own = path.join(gitDir, 'index');
  await git.withIndex(git.trustedIndex ?? own, async (index) => {
    // An index that git cannot read says nothing of the files; without one, they are all written anew.
    if (!git.trustedIndex) await lookAtAll(git, index).catch(() => rm(index, { force: true }));
    await git.run(['read-tree', '--reset', '-u', commit], { index });
    // Twice: repositories inside go too.
    await git.run(['clean', '-ffdq'], { index });
    if (head !== commit) await git.run(['read-tree', '-m', head], { index });
    const now = await readIndex(index);
    if (!now) throw new Error(`git left no index for ${git.dir}`);
    git.trustedIndex = git.place.settings === undefined ? null : now;
    // Held once more: whoever made the index a link in the meantime would have it written elsewhere by git, not so here.
    await git.gitDir();
    await writeFileAtomic(own, Buffer.from(now.bytes), { fsync: false });
    const seconds = Math.max(1, Math.floor(now.mtimeMs / 1000));
    await utimes(own, seconds, seconds);
  });
}

/**
 * Puts a worktree back to a snapshot's state; HEAD stays. What checks left behind since then is nobody's work, and the
 * next attempt must not be blamed for it.
 */
export async function restoreSnapshot(git: Git, commit: string): Promise<void> {
  await putFiles(git, commit, (await git.resolve('HEAD')) ?? commit);
}

/** Puts a worktree on a branch at a commit, whatever stood there; what is in no commit is gone, ignored files are not. */
export async function putOnBranch(git: Git, branch: string, commit: string): Promise<void> {
  await putFiles(git, commit, commit);
  const gitDir = (await git.gitDir()) ?? '';
  // A merge or a rebase that was under way ends with what it was about.
  for (const { notes } of UNDER_WAY)
    for (const name of notes) await rm(path.join(gitDir, name), { recursive: true, force: true });
  await git.point(`refs/heads/${branch}`, commit);
  const head = await readFile(path.join(gitDir, 'HEAD'), 'utf8').catch(() => '');
  if (head !== `ref: refs/heads/${branch}\n`) await git.run(['symbolic-ref', 'HEAD', `refs/heads/${branch}`]);
}

/** What git can be in the middle of in a worktree, and its notes of that in the worktree's git directory. */
const UNDER_WAY = [
  { what: 'a rebase', notes: ['rebase-merge', 'REBASE_HEAD'] },
  { what: 'a rebase or `git am`', notes: ['rebase-apply'] },
  { what: 'a merge', notes: ['MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE', 'AUTO_MERGE'] },
  { what: 'a cherry-pick', notes: ['CHERRY_PICK_HEAD', 'sequencer'] },
  { what: 'a revert', notes: ['REVERT_HEAD'] },
  { what: 'a bisection', notes: ['BISECT_LOG', 'BISECT_START', 'BISECT_TERMS', 'BISECT_NAMES', 'BISECT_EXPECTED_REV'] },
  { what: 'a squash', notes: ['SQUASH_MSG'] },
] as const;

/** What git is in the middle of in a worktree, in words; empty: nothing. The first note of each says so. */
export async function underWay(git: Git): Promise<readonly string[]> {
  const gitDir = await git.gitDir();
  if (gitDir === null) return [];
  const isThere = await areThere(
    gitDir,
    UNDER_WAY.map(({ notes: [first] }) => first),
  );
  return UNDER_WAY.filter((_row, at) => isThere[at]).map(({ what }) => what);
}

/** A change without the verdict on its scope. */
export type BareChange = Omit<FileChange, 'inScope' | 'symbols'>;

/** What differs between two trees: renames, modes, symlinks with their targets and submodules included. */
export async function changesBetween(git: Git, from: string, to: string): Promise<readonly BareChange[]> {
  const fields = await git.fields(['diff-tree', '-r', '-z', '-M', '--raw', '--numstat', from, to]);
  const changes: { change: BareChange; blob: string }[] = [];
  const counts = new Map<string, { additions: number | null; deletions: number | null }>();
  for (let i = 0; i < fields.length;) {
    const field = fields[i++] ?? '';
    if (field.startsWith(':')) {
      const [oldMode = '', newMode = '', , blob = '', status = ''] = field.slice(1).split(' ');
      const moved = status.startsWith('R') || status.startsWith('C');
      const first = fields[i++] ?? '';
      const file = moved ? (fields[i++] ?? '') : first;
      const kind =
        { A: 'added', D: 'deleted', R: 'renamed', C: 'copied', T: 'type-changed' }[status[0] ?? ''] ?? 'modified';
      changes.push({
        blob,
        change: {
          path: file,
          ...(moved ? { from: first } : {}),
          change: kind as FileChange['change'],
          additions: null,
          deletions: null,
          oldMode,
          newMode,
        },
      });
    } else {
      const [added = '-', deleted = '-', file = ''] = field.split('\t');
      let name = file;
      if (name === '') {
        i++;
        name = fields[i++] ?? '';
      }
      counts.set(name, {
        additions: added === '-' ? null : Number(added),
        deletions: deleted === '-' ? null : Number(deleted),
      });
    }
  }
  const links = changes.flatMap(({ change, blob }) => (change.newMode === '120000' ? [blob] : []));
  const targets = await new Blobs(git).read(links, Infinity);
  return changes.map(({ change, blob }) => {
    const counted = { ...change, ...counts.get(change.path) };
    if (change.newMode !== '120000') return counted;
    const target = targets.get(blob);
    // Where it leads decides whether it may be.
    if (!target) throw new Error(`git does not give where ${change.path} leads (${blob})`);
    return { ...counted, linkTarget: target.toString('utf8') };
  });
}

/** A unified diff between two trees, binary-safe: `git apply` takes it. */
export async function patchBetween(git: Git, from: string, to: string): Promise<string> {
  return (await git.run(['diff', '--binary', '--full-index', '-M', from, to, '--'])).stdout;
}

/** Whether a symlink's target leads out of the worktree. */
export function leadsOutside(change: BareChange): boolean {
  if (change.linkTarget === undefined) return false;
  if (path.posix.isAbsolute(change.linkTarget) || path.win32.isAbsolute(change.linkTarget)) return true;
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(change.path), change.linkTarget));
  return target === '..' || target.startsWith('../');
}

/** What a checkout looks like: compared before and after, it shows what changed in it. */
export interface CheckoutState {
  readonly head: string;
  readonly branch: string;
  /** Files that differ from the commit, or are new, each with how it does. */
  readonly status: ReadonlyMap<string, string>;
}

/** `git`: in a checkout of a person's, whose submodules are looked into. */
export async function checkoutState(git: Git): Promise<CheckoutState> {
  const fields = await git.fields([
    'status',
    '--ignore-submodules=none',
    '--porcelain=v2',
    '--branch',
    '--no-ahead-behind',
    '-z',
    '--untracked-files=all',
    '--no-renames',
  ]);
  const status = new Map<string, string>();
  let head = '';
  let branch = '';
  for (const field of fields) {
    if (field.startsWith('# branch.oid ')) head = field.slice(13);
    else if (field.startsWith('# branch.head ')) branch = field.slice(14);
    else if (field.startsWith('? ')) status.set(field.slice(2), '?');
    else if (field.startsWith('1 ')) {
      const parts = field.split(' ');
      status.set(parts.slice(8).join(' '), `${parts[1]} ${parts[7]}`);
    } else if (field.startsWith('u ')) status.set(field.split(' ').slice(10).join(' '), 'u');
  }
  return { head, branch, status };
}

/** What changed in a checkout between two looks, in sentences; empty when nothing did. */
export function checkoutDrift(before: CheckoutState, after: CheckoutState): string[] {
  const drift: string[] = [];
  if (before.branch !== after.branch) drift.push(`the branch changed from ${before.branch} to ${after.branch}`);
  if (before.head !== after.head)
    drift.push(`HEAD moved from ${before.head.slice(0, 10)} to ${after.head.slice(0, 10)}`);
  for (const [file, state] of after.status) if (before.status.get(file) !== state) drift.push(`${file} changed`);
  for (const file of before.status.keys()) if (!after.status.has(file)) drift.push(`${file} went back or away`);
  return drift;
}
