import { lstat, mkdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { inside } from '../paths.ts';
import { linksIn } from './beside.ts';
import { lookAtAll } from './changes.ts';
import { Git } from './git.ts';
import { settingsAsEnvironment } from './hardening.ts';
import { gitDirOf } from './layout.ts';
import { WorktreeReplaced } from './place.ts';

/** A submodule of a checkout, as its commit has it. */
interface Submodule {
  /** Relative to the checkout. */
  readonly path: string;
  readonly name: string;
  /** The commit that it is to stand at. */
  readonly commit: string;
}

/** What came of the submodules of a checkout. */
export interface Submodules {
  /** Paths of those that were filled. */
  readonly filled: readonly string[];
  /** Those that stay as they are, each with the reason, for people. */
  readonly left: readonly string[];
}

/**
 * Fills the submodules of a linked worktree from those of the checkout it belongs to: git itself leaves their directories
 * empty. They are cloned from what is on this disk, so no address that a commit names is ever asked. A submodule that the
 * person's checkout has not initialised stays empty here too. No git is started in one whose `.git` leads elsewhere than
 * where it was cloned to: whoever works there may have written it.
 *
 * `again`: nobody works in them, so those that are there are put to their commit, and cleaned.
 */
export async function fillSubmodules(
  git: Git,
  { checkout, again }: { readonly checkout: string; readonly again: boolean },
): Promise<Submodules> {
  const filled: string[] = [];
  const left: string[] = [];
  for (const module of await submodulesOf(git)) {
    const target = path.join(git.dir, module.path);
    const source = gitDirOf(path.join(checkout, module.path));
    if (source === null || !inside(await realpath(git.dir), await realpath(target).catch(() => '/'))) {
      left.push(`${module.path}: it is not initialised in your checkout (git submodule update --init ${module.path})`);
      continue;
    }
    let there = gitDirOf(target);
    const made = await madeFor(git, module);
    if (there !== null && there !== made) {
      if (!again) {
        left.push(`${module.path}: ${BENT}`);
        continue;
      }
      await rm(target, { recursive: true, force: true });
      await mkdir(target);
      there = null;
    }
    const own = gitOf(git, module);
    if (there === null) {
      if (!(await holds(source, module.commit))) {
        left.push(
          `${module.path}: your checkout's clone of it does not hold ${module.commit.slice(0, 10)}: fetch in it`,
        );
        continue;
      }
      await clone(git, module, source);
      filled.push(module.path);
    } else if (again || (await isUntouched(own, source))) {
      if ((await own.resolve('HEAD')) !== module.commit) {
        if (!(await holds(there, module.commit)))
          await own.run(['fetch', '--quiet', '--no-tags', source, module.commit]);
        filled.push(module.path);
      }
      if (again) await lookAtAll(own);
      await own.run(['checkout', '--quiet', '--force', '--detach', module.commit]);
      if (again) await own.run(['clean', '-ffdxq']);
    } else if ((await own.resolve('HEAD')) !== module.commit) left.push(`${module.path}: it holds work of its own`);
    const below = await fillSubmodules(own, { checkout: path.join(checkout, module.path), again });
    filled.push(...below.filled.map((name) => `${module.path}/${name}`));
    left.push(...below.left.map((name) => `${module.path}/${name}`));
  }
  return { filled, left };
}

const BENT = 'its `.git` is not the one that was made for it';

/** What would be lost of the repositories inside of a worktree with it, for people; `null`: nothing. */
export async function unkeptInSubmodules(git: Git, checkout: string): Promise<string | null> {
  const modules = new Map((await submodulesOf(git)).map((module) => [module.path, module]));
  for (const at of await linksIn(git)) {
    const target = path.join(git.dir, at);
    const there = gitDirOf(target);
    if (there === null) continue;
    const module = modules.get(at);
    if (module === undefined || there !== (await madeFor(git, module))) return `the repository ${at} in it: ${BENT}`;
    const own = gitOf(git, module);
    const source = gitDirOf(path.join(checkout, at));
    if ((await own.text(['status', '--porcelain'])) !== '') return `the submodule ${at} has uncommitted changes`;
    const head = await own.resolve('HEAD');
    if (head !== null && (source === null || !(await holds(source, head))))
      return `the submodule ${at} stands at ${head.slice(0, 10)}, which your checkout's clone of it does not hold`;
    const below = await unkeptInSubmodules(own, path.join(checkout, at));
    if (below !== null) return below;
  }
  return null;
}

/** Where git keeps the clone of a submodule of this checkout; `null`: it keeps none there. */
async function madeFor(git: Git, { name }: Submodule): Promise<string | null> {
  const gitDir = await git.gitDir();
  if (gitDir === null) return null;
  const modules = path.join(gitDir, 'modules');
  const place = path.join(modules, name);
  return inside(modules, place) ? realpath(place).catch(() => null) : null;
}

/** Git in a submodule: by the clone that was made for it, whatever its `.git` says by then, and in its own directory. */
function gitOf(git: Git, module: Submodule): Git {
  const dir = path.join(git.dir, module.path);
  return new Git({
    dir,
    async hold() {
      const made = await madeFor(git, module);
      if (made === null || gitDirOf(dir) !== made) throw new WorktreeReplaced(dir, `is bent: ${BENT}`);
      return made;
    },
  });
}

/** The submodules that a checkout's index has and its `.gitmodules` names. */
export async function submodulesOf(git: Git): Promise<readonly Submodule[]> {
  const file = path.join(git.dir, '.gitmodules');
  if (!(await lstat(file).catch(() => null))?.isFile()) return [];
  const listed = await git.run(['config', '--file', file, '-z', '--get-regexp', String.raw`^submodule\..*\.path$`], {
    accept: [0, 1, 3, 128],
  });
  const names = new Map(
    listed.stdout.split('\0').flatMap((entry) => {
      const [key = '', value] = entry.split('\n', 2);
      const name = /^submodule\.(.+)\.path$/s.exec(key)?.[1];
      return name === undefined || value === undefined ? [] : [[value, name] as const];
    }),
  );
  const entries = await git.fields(['ls-files', '--stage', '-z']);
  return entries.flatMap((entry) => {
    const [, commit, at] = /^160000 ([0-9a-f]+) \d\t(.+)$/s.exec(entry) ?? [];
    const name = at === undefined ? undefined : names.get(at);
    return commit === undefined || at === undefined || name === undefined ? [] : [{ path: at, name, commit }];
  });
}

/** As `git submodule update --init` does it, from the clone of another checkout. */
async function clone(git: Git, module: Submodule, source: string): Promise<void> {
  const { path: at, name } = module;
  const settings = [
    [`submodule.${name}.url`, source],
    [`submodule.${name}.active`, 'true'],
    [`submodule.${name}.update`, 'checkout'],
    // Git clones from a path for a submodule only when told so: CVE-2022-39253.
    ['protocol.file.allow', 'always'],
  ] as const;
  const env = settingsAsEnvironment(settings, process.env);
  // The command works in no place that is named to it, only where it finds one: held just before.
  await git.gitDir();
  // What a clone that was there before says of its files is of no account.
  await new Git(git.dir).run(['submodule', '--quiet', 'update', '--checkout', '--force', '--', at], { env });
  // What is pushed from there goes where the person's own pushes go.
  const remote = await new Git(source).run(['config', '--get', 'remote.origin.url'], { accept: [0, 1] });
  const target = gitOf(git, module);
  if (remote.exitCode === 0) await target.run(['remote', 'set-url', 'origin', remote.stdout.trim()]);
  else await target.run(['remote', 'remove', 'origin'], { accept: [0, 2, 128] });
}

async function holds(gitDir: string, commit: string): Promise<boolean> {
  const asked = await new Git(gitDir).run(['cat-file', '-e', `${commit}^{commit}`], { accept: [0, 1, 128] });
  return asked.exitCode === 0;
}

/** Whether moving a submodule loses nothing: no change in it, and its commit is kept elsewhere. */
async function isUntouched(git: Git, source: string): Promise<boolean> {
  if ((await git.text(['status', '--porcelain'])) !== '') return false;
  const head = await git.resolve('HEAD');
  return head === null || (await holds(source, head));
}
