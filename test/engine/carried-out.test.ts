import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { CLI, fake, Project, until } from './fixture.ts';

const KILLER = path.join(import.meta.dirname, 'killed-at-write.mjs');
const AGENT = ['--agent', 'command', '--agent-command', fake('agent')];

suite('a decision is carried out once, whoever dies in between', () => {
  let project: Project;

  setup(async () => {
    project = await Project.create({ slices: [{ id: 'A1' }] });
  });

  teardown(async () => {
    await project.close();
  });

  /** Whether a command died right before the `at`th time that it would write. */
  const killed = async (at: number, ...words: readonly string[]): Promise<boolean> => {
    const [, signal] = (await once(
      spawn(process.execPath, ['--import', KILLER, CLI, ...words], {
        cwd: project.root,
        env: { ...project.env, SLICEWAVE_TEST_KILL_AT: String(at) },
        stdio: 'ignore',
      }),
      'exit',
    )) as [number | null, string | null];
    return signal === 'SIGKILL';
  };

  const decided = (type: string): number => project.decisions().filter((entry) => entry['type'] === type).length;

  test('retry --revert: runners that are killed at write after write put it back, and tell the agent, once', async () => {
    project.on('agent', async (call) => {
      call.write('src/A1.txt', 'A1\n');
      call.write('src/rogue.txt', 'out of scope\n');
      await call.exit(0);
    });
    assert.equal((await project.run()).code, 3);
    for (let at = 1; await killed(at, 'retry', project.planDir, 'A1', '--revert'); at++)
      if (decided('retried') > 0) break;
    assert.equal(decided('retried'), 1);

    const prompts: string[] = [];
    const kept: boolean[] = [];
    project.on('agent', async (call) => {
      prompts.push(project.read(path.relative(project.root, call.env['SLICEWAVE_PROMPT_FILE'] ?? '')));
      kept.push(project.gitIn(call.cwd, 'status', '--porcelain').includes('rogue'));
      call.write('src/A1.txt', 'A1 again\n');
      await call.exit(0);
    });
    // Each runner gets a step further than the one before it; what an agent has heard is heard.
    for (let at = 1; prompts.length === 0; at++) await killed(at, 'exec', project.planDir, 'A1', ...AGENT);
    await until('what was killed has ended', () => project.processes().length === 0);
    const run = await project.run();
    assert.equal(run.code, 0, `${run.out}\n${run.err}`);

    assert.match(prompts[0] ?? '', /src\/rogue\.txt/);
    assert.ok(
      kept.every((one) => !one),
      'an agent found what had been taken back',
    );
    const { commit } = (await project.status()).slices[0] ?? {};
    assert.ok(!project.files(commit ?? '').includes('src/rogue.txt'));
    const delivered = (): number => project.events().filter(({ type }) => type === 'delivered').length;
    // A runner that died right after its agent's first sign has no time for the event: the sign stands for it.
    const before = delivered();
    assert.ok(before <= 1);
    assert.equal((await project.cli('retry', project.planDir, 'A1', '--note', 'Once more')).code, 0);
    assert.equal((await project.run()).code, 0);
    assert.match(prompts.at(-1) ?? '', /> Once more/);
    assert.doesNotMatch(prompts.at(-1) ?? '', /rogue/);
    assert.equal(delivered(), before + 1);
    assert.ok(project.events().some(({ type }) => type === 'reverted'));
  });

  test('integrate --into: killed at every write, the branch gets one merge, and that is recorded', async () => {
    assert.equal((await project.run()).code, 0);
    project.git('switch', '--quiet', '-c', 'elsewhere');
    project.git('branch', 'target', 'main');
    const side = project.git('commit-tree', '-p', 'target', '-m', 'meanwhile', 'main^{tree}');
    project.git('update-ref', 'refs/heads/target', side);
    const args = ['integrate', project.planDir, '--into', 'target'];
    const asked: number[] = [];
    for (let at = 1; await killed(at, ...args); at++) {
      await until('what was killed has ended', () => project.processes().length === 0);
      if (decided('merge_asked') > decided('merged')) asked.push(at);
    }
    assert.ok(asked.length > 0, 'it was never killed between the word and its effect');
    assert.ok(project.files('target').includes('src/A1.txt'));
    assert.equal(project.git('rev-list', '--count', '--first-parent', `${side}..target`), '1');
    assert.equal((await project.status()).state, 'merged');
    assert.equal((await project.cli('integrate', project.planDir)).code, 0);
    assert.deepEqual((await project.status()).warnings, []);
    assert.equal(project.git('rev-list', '--count', '--first-parent', `${side}..target`), '1');
  });

  test('stop: who asked died before the runner was told; the next start ends it', async () => {
    const holding = project.hold('agent', 'A1');
    const first = project.startRun();
    const agent = await holding;
    process.kill(first.child.pid ?? 0, 'SIGKILL');
    await first.finished;
    for (let at = 1; decided('stop_asked') === 0; at++) {
      assert.ok(await killed(at, 'stop', project.planDir, 'A1'), 'it was never killed after its decision');
    }
    const next = project.startRun();
    await agent.gone;
    const { code, out } = await next.finished;
    assert.equal(code, 0, out);
    const ends = project.events().flatMap(({ type, event }) => (type === 'ended' ? [event['reason']] : []));
    assert.equal(ends[0], 'stopped-by-user');
  });
});
