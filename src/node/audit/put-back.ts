import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BlamedDifference } from '../../core/audit/blame.ts';
import type { Repository } from '../git/repository.ts';
import type { TakenInventory } from './inventory.ts';

export interface PutBackRequest {
  readonly repository: Repository;
  readonly found: readonly BlamedDifference[];
  readonly before: TakenInventory;
  readonly after: TakenInventory;
  /** Where what is put away goes, so that nothing is lost: a directory of the run's evidence. */
  readonly keep: string;
  readonly home: string;
}

/**
 * Puts back what can be put back without touching a file of the user's checkout: refs, the stash, settings and hooks of
 * the repository. What was found there instead is kept. Gives the `what` of each difference that was put back.
 */
export async function putBack(request: PutBackRequest): Promise<ReadonlySet<string>> {
  const done = new Set<string>();
  await putBackRefs(request, done);
  await putBackFiles(request, done);
  return done;
}

async function putBackRefs(request: PutBackRequest, done: Set<string>): Promise<void> {
  const { repository, before, after } = request;
  let { found } = request;
  const checkedOut = branchOf(before.inventory.head);
  if (await putBackHead(request)) done.add('HEAD');
  else {
    // Without the branch that it stands on the checkout would have no commit at all.
    const standing = branchOf(after.inventory.head);
    if (standing !== undefined) found = found.filter(({ what }) => what !== standing || standing === checkedOut);
  }
  const untouched = before.inventory.index === after.inventory.index && before.inventory.head === after.inventory.head;
  const orders: string[] = [];
  const names: string[] = [];
  for (const difference of found) {
    if (!difference.kind.startsWith('ref-') || difference.blame === 'person') continue;
    // Moving the branch that the user stands on makes their index and files differ from it: only where they did not move.
    if (difference.what === checkedOut && !untouched) continue;
    orders.push(
      difference.before === null
        ? `delete ${difference.what}\0${difference.after ?? ''}\0`
        : `update ${difference.what}\0${difference.before}\0${difference.after ?? '0'.repeat(difference.before.length)}\0`,
    );
    names.push(difference.what);
  }
  if (orders.length === 0) return;
  const git = repository.git;
  // One order that fails (moved again meanwhile, its objects gone) must not keep the others from being carried out.
  const all = await git.run(['update-ref', '-z', '--stdin'], { input: orders.join(''), accept: [0, 1, 128] });
  if (all.exitCode === 0) for (const name of names) done.add(name);
  else
    for (const [at, order] of orders.entries()) {
      const one = await git.run(['update-ref', '-z', '--stdin'], { input: order, accept: [0, 1, 128] });
      if (one.exitCode === 0) done.add(names[at] ?? '');
    }
}

/** Only between two branches at one commit: there the index and the files are as they were. */
async function putBackHead({ repository, found, before, after }: PutBackRequest): Promise<boolean> {
  if (!found.some(({ kind, blame }) => kind === 'head' && blame !== 'person')) return false;
  const [was, is] = [branchOf(before.inventory.head), branchOf(after.inventory.head)];
  if (was === undefined || is === undefined) return false;
  const commit = before.inventory.refs[was];
  if (commit === undefined || after.inventory.refs[was] !== commit || after.inventory.refs[is] !== commit) return false;
  const args = ['symbolic-ref', '-m', 'slicewave: put back', 'HEAD', was];
  return (await repository.git.run(args, { accept: [0, 1, 128] })).exitCode === 0;
}

function branchOf(head: string): string | undefined {
  return /^ref: (.*)$/.exec(head)?.[1];
}

async function putBackFiles(request: PutBackRequest, done: Set<string>): Promise<void> {
  const { repository, found, before, after } = request;
  const { commonDir, root } = repository;
  const restore = async (file: string): Promise<boolean> => {
    const kept = before.files.get(file);
    if (kept === undefined) return false;
    const now = after.files.get(file);
    if (now) {
      const copy = path.join(request.keep, path.relative(path.dirname(root), file).replaceAll('..', '_'));
      await mkdir(path.dirname(copy), { recursive: true });
      await writeFile(copy, now.content, { mode: 0o600 });
    }
    if (kept === null) await rm(file, { force: true });
    else {
      await mkdir(path.dirname(file), { recursive: true });
      // In the place of what stands there: it may be a link, and what that leads to is not ours.
      const fresh = `${file}.slicewave-${process.pid}`;
      await writeFile(fresh, kept.content, { flag: 'wx' });
      await chmod(fresh, kept.mode);
      await rename(fresh, file);
    }
    return true;
  };
  const config = found.filter((difference) => difference.kind === 'config' && difference.blame !== 'person');
  for (const name of new Set(config.map((difference) => difference.what.slice(0, difference.what.indexOf(': '))))) {
    const own = !name.startsWith('~/') && !path.isAbsolute(name);
    const proven = config.some(
      (difference) => difference.what.startsWith(`${name}: `) && difference.blame === 'proven',
    );
    // The user's own settings are put back only where it is shown who changed them.
    if (!own && !proven) continue;
    const file = own ? path.resolve(root, name) : path.resolve(request.home, name.replace(/^~\//, ''));
    if (await restore(file)) {
      for (const difference of config) if (difference.what.startsWith(`${name}: `)) done.add(difference.what);
    }
  }
  for (const difference of found) {
    if (difference.blame === 'person') continue;
    // A lock may be a git's that works this moment: it is told, and taken away by nobody.
    if (difference.what.endsWith('/index.lock')) continue;
    if (difference.kind === 'hook' || difference.kind === 'git-file') {
      const below = difference.what.replace(/^.*?\/(?=hooks\/|info\/|objects\/|[^/]+$)/, '');
      const file = path.join(commonDir, below);
      if (!before.files.has(file) && difference.before === null) {
        const now = after.files.get(file);
        if (!now) continue;
        await mkdir(path.join(request.keep, path.dirname(below)), { recursive: true });
        await writeFile(path.join(request.keep, below), now.content, { mode: 0o600 });
        await rm(file, { force: true });
        done.add(difference.what);
      } else if (await restore(file)) done.add(difference.what);
    }
    if (difference.kind === 'stash') {
      const [top = ''] = before.inventory.stash;
      if (top !== '')
        await repository.git.run(['update-ref', '--create-reflog', 'refs/stash', top], { accept: [0, 1, 128] });
      if (await restore(path.join(commonDir, 'logs', 'refs', 'stash'))) done.add(difference.what);
    }
  }
}
