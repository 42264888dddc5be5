/** The set-up of a slice's worktree: the person's own where the tree is, and no more than a check's where agents wrote it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findSandbox } from '../../src/node/process/sandbox.ts';
import { installSandbox } from '../sandbox/install.ts';
import { Project, type Finished } from './fixture.ts';

suite('the set-up of a worktree', function () {
  this.timeout(240_000);
  let project: Project;

  /** What A1 makes of the set-up: in the worktree of B1 it writes to everything that it can reach. */
  const planting = (fails = false): string => `
    const { writeFileSync } = require('node:fs');
    const { execFileSync } = require('node:child_process');
    const attempt = (work) => { try { work(); } catch {} };
    if (process.env.SLICEWAVE_SLICE === 'B1') {
      attempt(() => writeFileSync(${JSON.stringify(path.join(project.root, '.git/hooks/post-checkout'))}, '#!/bin/sh\\n', { mode: 0o755 }));
      attempt(() => execFileSync('git', ['config', 'alias.planted', 'status']));
      attempt(() => writeFileSync(${JSON.stringify(path.join(project.home, '.profile'))}, 'planted'));
      attempt(() => execFileSync('git', ['update-ref', 'refs/heads/planted', 'HEAD']));
    }
    if (process.env.SLICEWAVE_SLICE === 'B1' && ${fails}) process.exit(1);
    require('./made.js');
  `;

  setup(async () => {
    if (process.platform === 'linux') await installSandbox();
    project = await Project.create();
    // In the base it writes where the person's own set-up may: a home directory.
    project.write(
      'prepare.js',
      `if (process.env.SLICEWAVE_SLICE) require('node:fs').appendFileSync(process.env.HOME + '/prepared.txt', process.env.SLICEWAVE_SLICE + '\\n');\nrequire('./made.js');\n`,
    );
    project.write('made.js', `require('node:fs').writeFileSync('made.txt', process.env.SLICEWAVE_PORT ?? '');\n`);
    writeFileSync(path.join(project.root, '.gitignore'), 'made.txt\nparallel/\n');
    project.git('add', 'prepare.js', 'made.js', '.gitignore');
    project.git('commit', '--quiet', '-m', 'set-up');
    project.writePlan({
      setup: ['node prepare.js'],
      slices: [
        { id: 'A1', modify: ['prepare.js'], verify: ['test -f made.txt'] },
        { id: 'B1', deps: ['A1'], verify: ['test -f src/B1.txt && test -f made.txt'] },
      ],
    });
    writeFileSync(path.join(project.home, 'planting.js'), planting());
    writeFileSync(
      path.join(project.home, 'agent.sh'),
      `test -s made.txt || exit 9
echo work > "src/$SLICEWAVE_SLICE.txt"
[ "$SLICEWAVE_SLICE" = B1 ] || cp '${path.join(project.home, 'planting.js')}' prepare.js\n`,
    );
  });

  teardown(() => project.close());

  const run = (sandbox: string): Promise<Finished> => {
    const agent = `bash '${path.join(project.home, 'agent.sh')}'`;
    const args = ['run', project.planDir, '--agent', 'command', '--agent-command', agent, '--sandbox', sandbox];
    return project.start(args).finished;
  };

  const planted = (): readonly string[] => [
    ...['.git/hooks/post-checkout'].filter((file) => existsSync(path.join(project.root, file))),
    ...(readFileSync(path.join(project.root, '.git/config'), 'utf8').includes('planted') ? ['.git/config'] : []),
    ...(existsSync(path.join(project.home, '.profile')) ? ['~/.profile'] : []),
    ...(project.git('for-each-ref', 'refs/heads/planted') === '' ? [] : ['refs/heads/planted']),
  ];

  const stateOf = async (id: string): Promise<string | undefined> =>
    (await project.status()).slices.find((slice) => slice.id === id)?.state;

  test('in a sandbox one that agents wrote plants nothing, and the person’s own is as it always was', async function () {
    if (!(await findSandbox()).ok) return this.skip();
    const { out, err } = await run('required');
    assert.equal(await stateOf('A1'), 'verified', out + err);
    assert.equal(await stateOf('B1'), 'verified', out + err);
    assert.deepEqual(planted(), []);
    assert.equal(readFileSync(path.join(project.home, 'prepared.txt'), 'utf8'), 'A1\n');
  });

  const isNamed = async (): Promise<void> => {
    const { out, err } = await run('off');
    assert.equal(await stateOf('A1'), 'verified', out + err);
    const stop = (await project.status()).slices.find(({ id }) => id === 'B1')?.stop;
    assert.equal(stop?.condition, 'outside-worktree', out + err);
    const told = JSON.stringify(stop);
    for (const place of ['post-checkout', 'alias.planted', '.profile', 'refs/heads/planted'])
      assert.ok(told.includes(place), `${place} is not named: ${told}`);
    assert.deepEqual(planted(), ['~/.profile']);
    assert.ok(
      !project.events().some(({ type, slice }) => type === 'agent_started' && slice === 'B1'),
      'no agent is paid for it',
    );
  };

  test('without one, what it planted is named, and git’s part is put back', isNamed);

  test('so is what one planted that fails', async () => {
    writeFileSync(path.join(project.home, 'planting.js'), planting(true));
    await isNamed();
  });
});
