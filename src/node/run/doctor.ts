import { AGENT_IDS, agentRow } from '../../core/agent/agents.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { detectAgent } from '../agents/detect.ts';
import { Git } from '../git/git.ts';
import { openRepository } from '../git/repository.ts';
import { findSandbox } from '../process/sandbox.ts';
import { sweepTemporary } from '../process/temporary.ts';
import { worktreeRoot } from '../git/worktree.ts';
import { tryChecks } from './base-trial.ts';
import { preflight, type PreflightCheck } from './preflight.ts';

/** `merge-tree --write-tree` came with git 2.38; without it no base can be made. */
const OLDEST_GIT: readonly [number, number] = [2, 38];

export interface Examination {
  /** The plan that is to run; absent or `null`: whichever. */
  readonly loaded?: LoadedPlan | null;
  /** How a checkout of its base is set up, and its checks are tried there; absent: they are not. */
  readonly trial?: { readonly signal: AbortSignal; readonly say: (line: string) => void };
}

/** What this machine has for running plans (or one plan) in `dir`, each with what to do when it lacks. */
export async function doctor(
  dir: string,
  { loaded = null, trial }: Examination = {},
): Promise<readonly PreflightCheck[]> {
  const checks: PreflightCheck[] = [];
  const add = (name: string, status: PreflightCheck['status'], detail: string, remedy = ''): void => {
    checks.push({ name, status, detail, remedy });
  };
  const version = /(\d+)\.(\d+)(?:\.\d+)*/.exec(await new Git(dir).text(['version']).catch(() => ''));
  if (!version) add('git', 'error', 'git was not found', 'Install git 2.38 or newer and put it on the path.');
  else {
    const [major, minor] = [Number(version[1]), Number(version[2])];
    const enough = major > OLDEST_GIT[0] || (major === OLDEST_GIT[0] && minor >= OLDEST_GIT[1]);
    add(
      'git',
      enough ? 'ok' : 'error',
      `git ${version[0]}`,
      enough ? '' : 'Install git 2.38 or newer: bases are made with `git merge-tree --write-tree`.',
    );
  }
  add('node', 'ok', `node ${process.versions.node} on ${process.platform} ${process.arch}`);
  const sandbox = await findSandbox();
  if (sandbox.ok) add('sandbox', 'ok', `${sandbox.value.title} confines agents and checks`);
  else
    add('sandbox', 'warning', `agents and checks run unconfined: ${sandbox.failure.message}`, sandbox.failure.remedy);
  const repository = await openRepository(dir);
  if (repository.ok) {
    add('repository', 'ok', repository.value.root);
    const root = await worktreeRoot(repository.value);
    const support = await repository.value.git.run(['worktree', 'list', '--porcelain'], { accept: [0, 1, 128, 129] });
    add(
      'worktrees',
      support.exitCode === 0 ? 'ok' : 'error',
      `worktrees go to ${root}`,
      support.exitCode === 0 ? '' : 'This git cannot list worktrees.',
    );
    const ahead = await preflight(repository.value, { loaded, signing: true });
    checks.push(...ahead);
    // Where a run would not start, nothing could be tried either.
    const mayRun = ahead.every(({ status }) => status !== 'error');
    if (loaded && trial && mayRun) checks.push(...(await tryChecks(repository.value, loaded, trial)));
  } else add('repository', 'error', repository.failure.message, repository.failure.remedy);
  const swept = await sweepTemporary();
  if (swept > 0) add('leftovers', 'ok', `${swept} temporary thing${swept === 1 ? '' : 's'} of killed runs taken away`);
  const agents = await Promise.all(
    AGENT_IDS.map(async (id) => ({ id, found: await detectAgent(id, { version: true, cwd: dir }) })),
  );
  for (const { id, found } of agents) {
    const { title, program } = agentRow(id);
    if (program === undefined) add(`agent ${id}`, 'ok', `${title}: built in`);
    else if (found.found)
      add(`agent ${id}`, 'ok', `${title} ${found.version ?? '(version unknown)'} at ${found.path ?? ''}`);
    else add(`agent ${id}`, 'warning', `${title} was not found`, found.remedy ?? '');
  }
  return checks;
}
