import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { planIdOf } from '../../core/plan/plan-id.ts';
import { promptPath } from '../../core/context/prompt.ts';
import type { PlanFiles, Slice } from '../../core/plan/model.ts';
import { differing, fixedFiles, fixedPlan, isRunBy, planDigest, type FixedPlan } from '../state/fixed-plan.ts';
import { planGraph } from '../../core/plan/graph.ts';
import { PlanReadings } from '../../core/plan/readings.ts';
import { loadPlan } from '../../core/plan/load.ts';
import { success, type Result } from '../../core/text/result.ts';
import { type EngineFailure, fail } from '../failure.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { Git, type GitOptions } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';
import { listWorktrees, worktreeRoot } from '../git/worktree.ts';
import { contained, inside, toPosix } from '../paths.ts';
import { PlanTexts, readPlanFiles } from './plan-texts.ts';

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
  let isElsewhere = false;
  for (const candidate of [path.resolve(cwd, given), path.resolve(repository.root, given)]) {
    if (!(await stat(candidate).catch(() => null))?.isDirectory()) continue;
    const relative = toPosix(path.relative(repository.root, candidate));
    // Who stands in the worktree of a slice has a copy of the plan there, and means the plan.
    if (relative !== '' && (await contained(repository.root, relative)) !== null) return success(relative);
    isElsewhere = true;
  }
  if (isElsewhere)
    return fail(
      'no-such-file',
      `${given} is not inside ${repository.root}`,
      'Give a plan directory of this repository.',
    );
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
  const fixed = await fixedPlan(repository, planIdOf(dir));
  const found = await readPlanFiles(repository, dir);
  return loadFixed({ repository, dir, found, readings: new PlanReadings() }, fixed);
}

interface PlanAsFound {
  readonly repository: Repository;
  readonly dir: string;
  readonly found: Result<PlanFiles, EngineFailure>;
  readonly readings: PlanReadings;
}

/** `found`: what the directory says now; `readings`: what was read of its files already. */
async function loadFixed(
  { repository, dir, found, readings }: PlanAsFound,
  fixed: FixedPlan | null,
): Promise<Result<LoadedPlan, EngineFailure>> {
  if (!fixed) return found.ok ? loadFiles(found.value, dir, readings) : found;
  if (found.ok && planDigest(found.value) === fixed.digest) return loadFiles(found.value, dir, readings);
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

export function loadFiles(
  files: PlanFiles,
  dir: string,
  readings: PlanReadings = new PlanReadings(),
): Result<LoadedPlan, EngineFailure> {
  const { plan, findings } = loadPlan(files, dir, readings);
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

/** Loads plans again only when a file of theirs changed, and reads no file that did not. */
export class PlanCache {
  readonly #repository: Repository;
  readonly #texts: PlanTexts;
  /** What was read of each plan's files. */
  readonly #readings = new Map<string, PlanReadings>();
  /** By plan directory: as it is run, and as it stands. */
  readonly #run = new Map<string, KnownPlan & { readonly digest: string | null }>();
  readonly #standing = new Map<string, KnownPlan>();

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#texts = new PlanTexts(repository);
  }

  /** The plan that runs go by, as `loadRunPlan` has it. */
  async load(dir: string): Promise<Result<LoadedPlan, EngineFailure>> {
    const fixed = await fixedPlan(this.#repository, planIdOf(dir));
    const found = await this.#texts.read(dir);
    if (!fixed) return this.#asFound(dir, found);
    const files = found.ok ? found.value : null;
    const known = this.#run.get(dir);
    if (known && known.files === files && known.digest === fixed.digest) return success(known.loaded);
    const isAsFound = files !== null && planDigest(files) === fixed.digest;
    const as = { repository: this.#repository, dir, found, readings: this.readingsOf(dir) };
    const loaded = isAsFound ? this.#asFound(dir, found) : await loadFixed(as, fixed);
    if (loaded.ok) this.#run.set(dir, { files, digest: fixed.digest, loaded: loaded.value });
    return loaded;
  }

  /** The plan as its directory stands, whatever it is run by. */
  async standing(dir: string): Promise<Result<LoadedPlan, EngineFailure>> {
    return this.#asFound(dir, await this.#texts.read(dir));
  }

  /** The texts of a plan directory, also of one that cannot be understood. */
  files(dir: string): Promise<Result<PlanFiles, EngineFailure>> {
    return this.#texts.read(dir);
  }

  /** What was read of a plan's files, for whoever looks at the same files again. */
  readingsOf(dir: string): PlanReadings {
    let readings = this.#readings.get(dir);
    if (!readings) this.#readings.set(dir, (readings = new PlanReadings()));
    return readings;
  }

  #asFound(dir: string, found: Result<PlanFiles, EngineFailure>): Result<LoadedPlan, EngineFailure> {
    if (!found.ok) return found;
    const known = this.#standing.get(dir);
    if (known && known.files === found.value) return success(known.loaded);
    const loaded = loadFiles(found.value, dir, this.readingsOf(dir));
    if (loaded.ok) this.#standing.set(dir, { files: found.value, loaded: loaded.value });
    return loaded;
  }
}

interface KnownPlan {
  /** What it was loaded from; `null` when the directory could not be read. */
  readonly files: PlanFiles | null;
  readonly loaded: LoadedPlan;
}

/** Files of a plan that say what this slice is to do, where nobody has accepted how they changed. */
export function questionedFiles({ plan, unaccepted = [] }: LoadedPlan, slice: Slice): readonly string[] {
  if (unaccepted.length === 0) return [];
  const own = new Set([slice.file.slice(plan.dir.length + 1), promptPath(slice)]);
  return unaccepted.filter((name) => own.has(name)).map((name) => `${plan.dir}/${name}`);
}
