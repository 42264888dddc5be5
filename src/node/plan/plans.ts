import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { planIdOf } from '../../core/plan/plan-id.ts';
import { promptPath } from '../../core/context/prompt.ts';
import type { PlanFiles, Slice } from '../../core/plan/model.ts';
import { differing, fixedFiles, fixedPlan, isRunBy, planDigest, type FixedPlan } from '../state/fixed-plan.ts';
import { planGraph } from '../../core/plan/graph.ts';
import { loadPlan } from '../../core/plan/load.ts';
import { success, type Result } from '../../core/text/result.ts';
import { type EngineFailure, fail } from '../failure.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { Git, type GitOptions } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';
import { listWorktrees, worktreeRoot } from '../git/worktree.ts';
import { contained, inside, toPosix } from '../paths.ts';

const LARGEST = 4 * 1024 * 1024;

/** Plan directories: each directory under `parallel/` that holds a manifest. Relative to the root, by name. */
export async function listPlans(repository: Pick<Repository, 'root'>): Promise<readonly string[]> {
  const home = path.join(repository.root, 'parallel');
  const entries = await readdir(home, { withFileTypes: true }).catch(() => []);
  const plans: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    if (await stat(path.join(home, entry.name, 'manifest.json')).catch(() => null))
      plans.push(`parallel/${entry.name}`);
  }
  return plans.sort();
}

/** All plan directories: those of `listPlans`, and those below a `parallel/` elsewhere that git tracks or would track. */
export async function findPlans(
  repository: Pick<Repository, 'root'> & Partial<Pick<Repository, 'git'>>,
): Promise<readonly string[]> {
  const { root, git = new Git(root) } = repository;
  const [own, dirs] = await Promise.all([
    listPlans(repository),
    // Outside of a repository there is nothing to look through.
    manifestDirs(git, '**/parallel/*/manifest.json', { accept: [0, 128] }),
  ]);
  const there = await Promise.all(
    dirs.map(async (dir) => ((await stat(path.join(root, dir, 'manifest.json')).catch(() => null)) ? [dir] : [])),
  );
  return [...new Set([...own, ...there.flat()])].sort();
}

/** Directories of the manifests that git tracks, or would track, and a glob matches. */
export async function manifestDirs(
  git: Git,
  glob: string,
  options: Pick<GitOptions, 'accept'> = {},
): Promise<readonly string[]> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', `:(glob)${glob}`];
  const files = await git.fields(args, { ...options, env: { GIT_LITERAL_PATHSPECS: '0' } });
  return files.map((file) => path.posix.dirname(file));
}

/**
 * Turns what a person typed (an absolute path, a path from where they stand or from the root, a plan's id, its directory's
 * name where only one plan has it) into a plan directory relative to the root.
 */
export async function resolvePlanDir(
  repository: Repository,
  given: string,
  cwd: string,
): Promise<Result<string, EngineFailure>> {
  for (const candidate of [path.resolve(cwd, given), path.resolve(repository.root, given)]) {
    if (!(await stat(candidate).catch(() => null))?.isDirectory()) continue;
    const relative = toPosix(path.relative(repository.root, candidate));
    if (relative === '' || (await contained(repository.root, relative)) === null) {
      return fail(
        'no-such-file',
        `${given} is not inside ${repository.root}`,
        'Give a plan directory of this repository.',
      );
    }
    return success(relative);
  }
  const known = await findPlans(repository);
  const named = known.filter((dir) => path.posix.basename(dir) === given);
  const [dir] = named.length > 0 ? named : known.filter((one) => planIdOf(one) === given);
  if (named.length > 1)
    return fail('no-such-file', `${given} could be ${named.join(' or ')}`, 'Give the directory of the one you mean.');
  if (dir !== undefined) return success(dir);
  const elsewhere = await checkoutWith(repository, given);
  if (elsewhere !== null)
    return fail(
      'no-such-file',
      `there is no plan directory ${given} in this checkout`,
      `There is one in ${elsewhere}: change to it, or bring the plan over (commit it there, and merge).`,
    );
  return fail(
    'no-such-file',
    `there is no plan directory ${given}`,
    known.length > 0
      ? `Plans here: ${known.join(', ')}.`
      : 'Make one with `slicewave decompose <spec>` or `slicewave init`.',
  );
}

/** Another checkout of a person's in which a plan directory by this name or path stands. */
async function checkoutWith(repository: Repository, given: string): Promise<string | null> {
  const worktrees = await worktreeRoot(repository);
  for (const { path: dir } of await listWorktrees(repository)) {
    if (dir === repository.root || inside(worktrees, dir)) continue;
    for (const place of [given, path.join('parallel', given)])
      if (await stat(path.join(dir, place, 'manifest.json')).catch(() => null)) return dir;
  }
  return null;
}

/** Reads the text files of a plan directory. Large and binary files are left out. */
export async function readPlanFiles(
  repository: Pick<Repository, 'root'>,
  dir: string,
): Promise<Result<PlanFiles, EngineFailure>> {
  const files = new Map<string, string>();
  const root = path.join(repository.root, dir);
  try {
    const names = await readdir(root, { recursive: true, withFileTypes: true });
    for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!entry.isFile()) continue;
      const full = path.join(entry.parentPath ?? entry.path, entry.name);
      const info = await stat(full);
      if (info.size > LARGEST) continue;
      const bytes = await readFile(full);
      if (!bytes.includes(0)) files.set(toPosix(path.relative(root, full)), bytes.toString('utf8'));
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail(
      'bad-plan',
      `${dir} cannot be read: ${message}`,
      'Check that the directory exists and that you may read it.',
    );
  }
  if (!files.has('manifest.json')) {
    return fail(
      'bad-plan',
      `${dir} has no manifest.json`,
      'Make a plan with `slicewave decompose <spec>` or `slicewave init`.',
    );
  }
  return success(files);
}

/** Loads a plan with its graph. Findings are no failure here; a manifest that cannot be understood at all is. */
export async function loadPlanDir(
  repository: Pick<Repository, 'root'>,
  dir: string,
): Promise<Result<LoadedPlan, EngineFailure>> {
  const files = await readPlanFiles(repository, dir);
  if (!files.ok) return files;
  return loadFiles(files.value, dir);
}

/**
 * Loads the plan that runs go by: a plan under way is fixed, and what its directory says otherwise is named in
 * `unaccepted`. A plan that was never fixed is what its directory says.
 */
export async function loadRunPlan(repository: Repository, dir: string): Promise<Result<LoadedPlan, EngineFailure>> {
  return loadFixed(repository, dir, await fixedPlan(repository, planIdOf(dir)));
}

async function loadFixed(
  repository: Repository,
  dir: string,
  fixed: FixedPlan | null,
): Promise<Result<LoadedPlan, EngineFailure>> {
  if (!fixed) return loadPlanDir(repository, dir);
  const found = await readPlanFiles(repository, dir);
  if (found.ok && planDigest(found.value) === fixed.digest) return loadFiles(found.value, dir);
  const files = await fixedFiles(repository, fixed);
  if (!files) {
    return fail(
      'bad-plan',
      `${dir} was changed, and what it was is not in the repository any more (${fixed.object})`,
      `When the plan is right as it stands: slicewave accept ${dir}`,
    );
  }
  const now: PlanFiles = found.ok ? found.value : new Map();
  const unaccepted = differing(files, now).filter(isRunBy);
  const loaded = loadFiles(files, dir);
  return loaded.ok ? success({ ...loaded.value, unaccepted }) : loaded;
}

export function loadFiles(files: PlanFiles, dir: string): Result<LoadedPlan, EngineFailure> {
  const { plan, findings } = loadPlan(files, dir);
  if (!plan) {
    const first = findings.find((finding) => finding.severity === 'error') ?? findings[0];
    const where = first
      ? `${first.file}:${first.line}:${first.column}: ${first.message}`
      : `${dir}/manifest.json is empty`;
    return {
      ok: false,
      failure: {
        reason: 'bad-plan',
        message: where,
        remedy: `Mend the file; \`slicewave lint ${dir}\` shows everything.`,
        findings,
      },
    };
  }
  return success({ plan, graph: planGraph(plan), findings, files });
}

/** Loads plans again only when a file of theirs changed: the state is read after every event of every run. */
export class PlanCache {
  readonly #repository: Repository;
  readonly #known = new Map<string, { readonly signature: string; readonly loaded: LoadedPlan }>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  async load(dir: string): Promise<Result<LoadedPlan, EngineFailure>> {
    const fixed = await fixedPlan(this.#repository, planIdOf(dir));
    const signature = `${fixed?.digest ?? ''}\n${await signatureOf(path.join(this.#repository.root, dir))}`;
    const known = this.#known.get(dir);
    if (known && known.signature === signature) return success(known.loaded);
    const loaded = await loadFixed(this.#repository, dir, fixed);
    if (loaded.ok) this.#known.set(dir, { signature, loaded: loaded.value });
    return loaded;
  }
}

/** Names, sizes and times of what is in a directory. */
async function signatureOf(root: string): Promise<string> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const parts = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const full = path.join(entry.parentPath ?? entry.path, entry.name);
        const info = await stat(full).catch(() => null);
        return `${full}\0${info?.size ?? 0}\0${info?.mtimeMs ?? 0}`;
      }),
  );
  return parts.sort().join('\n');
}

/** Files of a plan that say what this slice is to do, where nobody has accepted how they changed. */
export function questionedFiles({ plan, unaccepted = [] }: LoadedPlan, slice: Slice): readonly string[] {
  if (unaccepted.length === 0) return [];
  const own = new Set([slice.file.slice(plan.dir.length + 1), promptPath(slice)]);
  return unaccepted.filter((name) => own.has(name)).map((name) => `${plan.dir}/${name}`);
}
