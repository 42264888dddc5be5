import { statfs } from 'node:fs/promises';
import { AGENT_IDS, agentRow } from '../../core/agent/agents.ts';
import { detectAgent } from '../agents/detect.ts';
import { Git } from '../git/git.ts';
import { openRepository } from '../git/repository.ts';
import { readSettings } from '../git/settings.ts';
import { SIGNING_REMEDY, signerOf, unsignedAhead, whyNotSigning } from '../git/signing.ts';
import { findSandbox } from '../process/sandbox.ts';
import { sweepTemporary } from '../process/temporary.ts';
import { worktreeRoot } from '../git/worktree.ts';

export interface DoctorCheck {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'error';
  readonly detail: string;
  readonly remedy: string;
}

/** `merge-tree --write-tree` came with git 2.38; without it no base can be made. */
const OLDEST_GIT: readonly [number, number] = [2, 38];
const LOW_DISK = 2 * 1024 ** 3;

/** What this machine has for running plans in `dir`, each with what to do when it lacks. */
export async function doctor(dir: string): Promise<readonly DoctorCheck[]> {
  const checks: DoctorCheck[] = [];
  const add = (name: string, status: DoctorCheck['status'], detail: string, remedy = ''): void => {
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
    const signer = signerOf(await readSettings(repository.value));
    const whyNot = signer && (await whyNotSigning(repository.value.git, signer));
    if (whyNot !== null) add('signing', 'warning', unsignedAhead(whyNot), SIGNING_REMEDY);
    else if (signer !== null) add('signing', 'ok', 'commits in your name are signed, as commit.gpgSign asks for');
    const disk = await statfs(repository.value.root).catch(() => null);
    if (disk) {
      const free = disk.bavail * disk.bsize;
      add(
        'disk',
        free < LOW_DISK ? 'warning' : 'ok',
        `${(free / 1024 ** 3).toFixed(1)} GiB free`,
        free < LOW_DISK ? 'See what `slicewave clean` could remove.' : '',
      );
    }
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
