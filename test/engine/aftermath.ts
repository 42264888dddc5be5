import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Project } from './fixture.ts';

/** Runs and integrates what is left. */
export async function finish(project: Project): Promise<void> {
  const run = await project.run();
  assert.equal(run.code, 0, `${run.out}\n${run.err}\n${JSON.stringify((await project.status()).attention, null, 1)}`);
  const integrated = await project.cli('integrate', project.planDir);
  assert.equal(integrated.code, 0, `${integrated.out}\n${integrated.err}`);
}

/** What is known when everything is dead: the runs there are, and whose agent had ended its work. */
export function progress(project: Project): { runs: ReadonlySet<string>; agentDone: ReadonlySet<string> } {
  const done = project
    .events()
    .filter((e) => e.type === 'agent_exited' && e.event['is_error'] === false)
    .map((e) => e.slice);
  return { runs: new Set(project.runIds()), agentDone: new Set(done) };
}

/** What every run wrote down, for whoever reads a failure. */
export function history(project: Project): string {
  return project
    .events()
    .map(({ run, type, event }) => {
      const what = ['pid', 'why', 'mode', 'end', 'reason', 'detail', 'is_error'].flatMap((key) =>
        event[key] === undefined || event[key] === null ? [] : [`${key}=${JSON.stringify(event[key])}`],
      );
      return `${String(event['t'])} ${run} ${type} ${what.join(' ')}`;
    })
    .join('\n');
}

/**
 * No process, lock, index file or half of a merge is left, and the person's checkout is as it was.
 */
export function nothingIsLeft(project: Project): void {
  assert.deepEqual(project.processes(), []);
  assert.deepEqual(project.lockedWorktrees(), []);
  const plans = path.join(project.runsDir, 'plans');
  assert.deepEqual(
    readdirSync(plans).filter((name) => !name.endsWith('.jsonl')),
    [],
    'locks were left behind',
  );
  const gitDir = path.join(project.root, '.git');
  const left = readdirSync(gitDir, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('objects') && /\.lock$|MERGE_HEAD$|rebase-/.test(name),
  );
  assert.deepEqual(left, [], 'git was left in the middle of something');
  assert.equal(project.git('status', '--porcelain', '--', 'src'), '');
  assert.equal(project.git('branch', '--show-current'), 'main');
}
