import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createRedactor } from '../../core/gate/redact.ts';
import { dependencyCommands, type PackageManager } from '../../core/plan/dependencies.ts';
import { success, type Result } from '../../core/text/result.ts';
import { baseBranchOf } from '../../core/run/names.ts';
import { dateOf, prepareBase } from '../git/base.ts';
import { treeOfWorktree } from '../git/changes.ts';
import { type EngineFailure, fail } from '../failure.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { givenEnvironment, runProcess } from '../process/processes.ts';
import { type Repository } from '../git/repository.ts';
import { ensureWorktree, worktreeRoot } from '../git/worktree.ts';

/** Ecosystem of the manifest -> lock file -> manager; the last one is taken when no lock file is there. */
const MANAGERS: Readonly<Record<string, readonly { readonly lock: string; readonly manager: PackageManager }[]>> = {
  node: [
    { lock: 'pnpm-lock.yaml', manager: 'pnpm' },
    { lock: 'yarn.lock', manager: 'yarn' },
    { lock: 'package-lock.json', manager: 'npm' },
  ],
  python: [{ lock: 'uv.lock', manager: 'uv' }],
};

/**
 * What every slice starts from: the base that was chosen, the contracts in their places, and the plan's dependencies
 * installed and committed, so that no two agents change a lock file side by side.
 */
export async function preparePlan(
  repository: Repository,
  loaded: LoadedPlan,
  base: string,
  options: { readonly signal: AbortSignal; readonly say: (line: string) => void },
): Promise<Result<string, EngineFailure>> {
  const { plan } = loaded;
  const contents = new Map(
    [...loaded.files].filter(([file]) => plan.contracts.some((contract) => contract.path === file)),
  );
  const prepared = await prepareBase(repository, plan, contents, base);
  if (!prepared.ok) return prepared;
  const wanted = Object.entries(plan.dependencies).filter(([, changes]) =>
    Object.values(changes).some((list) => list.length > 0),
  );
  if (wanted.length === 0) return prepared;

  const dir = path.join(await worktreeRoot(repository), plan.id, '.base');
  const ready = await ensureWorktree(repository, {
    path: dir,
    branch: baseBranchOf(plan.id),
    base: prepared.value,
    mode: 'fresh',
    ours: true,
    // What an installation left half-way is made anew.
    snapshot: async () => prepared.value,
  });
  if (!ready.ok) return ready;
  for (const [ecosystem, changes] of wanted) {
    const known = MANAGERS[ecosystem];
    if (!known) {
      return fail(
        'bad-plan',
        `${plan.dir}/manifest.json: dependencies for ${ecosystem} cannot be installed`,
        `Ecosystems: ${Object.keys(MANAGERS).join(', ')}.`,
      );
    }
    const commands = dependencyCommands(changes, await managerOf(dir, known));
    if (!commands.ok)
      return fail(
        'bad-plan',
        `${plan.dir}/manifest.json: dependencies.${ecosystem}: ${commands.failure.message}`,
        'Name packages as the package manager does.',
      );
    for (const words of commands.value) {
      const failed = await install(words, dir, plan.limits.timeoutMinutes, options);
      if (failed) return failed;
    }
  }
  const git = repository.git.in(dir);
  const tree = await treeOfWorktree(git);
  if (tree === (await git.treeOf(prepared.value))) return prepared;
  const names = wanted.flatMap(([, changes]) => [
    ...changes.remove.map((name) => `remove ${name}`),
    ...changes.upgrade,
    ...changes.add,
    ...changes.addDev,
  ]);
  const message = `slicewave(${plan.id}): dependencies\n\n${names.join('\n')}\n\nSlicewave-Plan: ${plan.id}`;
  return success(await git.commitTree(tree, [prepared.value], message, await dateOf(git, prepared.value)));
}

async function managerOf(
  dir: string,
  known: readonly { readonly lock: string; readonly manager: PackageManager }[],
): Promise<PackageManager> {
  for (const { lock, manager } of known) if (await stat(path.join(dir, lock)).catch(() => null)) return manager;
  return known.at(-1)?.manager ?? 'npm';
}

async function install(
  words: readonly string[],
  cwd: string,
  timeoutMinutes: number,
  options: { readonly signal: AbortSignal; readonly say: (line: string) => void },
): Promise<ReturnType<typeof fail> | null> {
  const [program = '', ...args] = words;
  const shown = words.join(' ');
  options.say(`installing the plan's dependencies: ${shown}`);
  let output = '';
  const take = (chunk: string): void => void (output = (output + chunk).slice(-8000));
  const run = await runProcess({
    program,
    args,
    cwd,
    env: givenEnvironment(),
    signal: options.signal,
    timeout: timeoutMinutes * 60_000,
    onStdout: take,
    onStderr: take,
  });
  if (run.outcome === 'aborted')
    return fail('cancelled', 'stopped while installing dependencies', 'Nothing was started; run again.');
  if (run.outcome === 'not-found')
    return fail(
      'bad-plan',
      `${program} was not found`,
      `Install ${program}, or take the dependencies out of the manifest.`,
    );
  if (run.exitCode === 0) return null;
  const said = createRedactor(process.env)(output).trim().split('\n').slice(-6).join('\n');
  return fail(
    'bad-plan',
    `\`${shown}\` ${run.outcome === 'timed-out' ? 'did not end in time' : `ended with ${run.exitCode ?? 'a signal'}`}:\n${said}`,
    'Mend the dependencies in the manifest, then run again. No agent was started.',
  );
}
