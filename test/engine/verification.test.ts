/** What a check runs on and in: a clean checkout of the commit, an environment of its own, nothing left of the agent. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { openCheckEnvironment } from '../../src/node/run/check-environment.ts';
import { endProcesses } from '../../src/node/process/process-table.ts';
import { fake, Project, type Call } from './fixture.ts';

const NODE = `'${process.execPath}'`;
const TEST = `const test = require('node:test'), assert = require('node:assert'), sum = require('./lib.js');\ntest('adds', () => assert.equal(sum(1, 2), 3));\ntest('more', () => assert.equal(sum(2, 2), 4));\n`;
const GOOD = 'module.exports = (a, b) => a + b;\n';
const BAD = 'module.exports = (a, b) => a - b;\n';

suite('what a slice is verified on', () => {
  let project: Project;
  teardown(async () => project.close());

  const files = { 'lib.js': BAD, 'lib.test.js': TEST, '.gitignore': 'build/\nnode_modules/\n' };
  const begin = async (
    agent: (call: Call) => void,
    verify = `${NODE} --test lib.test.js`,
    more = {},
  ): Promise<void> => {
    project = await Project.create(
      {
        slices: [
          {
            id: 'A1',
            create: ['lib.js', 'lib.test.js', 'extra/**'],
            modify: ['lib.js', 'lib.test.js'],
            verify: [verify],
            ...more,
          },
        ],
        limits: { max_retries: 0 },
      },
      { files },
    );
    project.on('agent', async (call) => {
      agent(call);
      await call.exit();
    });
    await project.run();
  };
  const slice = async () => (await project.status()).slices[0];
  const doubts = (): { kind: string; summary: string }[] =>
    project.runIds().flatMap((id) => {
      const trace = JSON.parse(readFileSync(path.join(project.runsDir, id, 'trace.json'), 'utf8')) as {
        doubts: { kind: string; summary: string }[];
      };
      return trace.doubts;
    });

  test('honest work passes, and is not doubted', async () => {
    await begin((call) => call.write('lib.js', GOOD));
    assert.equal((await slice())?.state, 'verified');
    assert.deepEqual(doubts(), []);
    assert.equal(project.git('show', `slicewave/${project.planId}/A1:lib.js`), GOOD.trimEnd());
  });

  test('ignored files of the agent reach no check', async () => {
    await begin((call) => {
      mkdirSync(path.join(call.cwd, 'build'));
      writeFileSync(path.join(call.cwd, 'build/out.js'), GOOD);
      call.write('lib.js', "module.exports = require('./build/out.js');\n");
    });
    assert.equal((await slice())?.state, 'stopped');
    assert.equal((await slice())?.stop?.condition, 'tests-failing');
  });

  test('nothing tells a program that it is judged', async () => {
    await begin((call) =>
      call.write('lib.js', 'module.exports = (a, b) => process.env.SLICEWAVE_RUN_ID ? a + b : a - b;\n'),
    );
    assert.equal((await slice())?.state, 'stopped');
    assert.ok(doubts().some((doubt) => doubt.kind === 'knows-the-check'));
  });

  test('a skipped test is verified with a doubt that every view shows', async () => {
    await begin((call) =>
      call.write('lib.test.js', TEST.replace("test('adds'", "test.skip('adds'").replace('2, 2), 4', '2, 2), 0')),
    );
    const state = await slice();
    assert.equal(state?.state, 'verified');
    const kinds = doubts().map((doubt) => doubt.kind);
    assert.ok(kinds.includes('test-skipped') && kinds.includes('expectation-changed'), kinds.join());
    const shown = await project.cli('status', project.planDir);
    assert.match(shown.out, /A1 ok, \d doubts/);
    assert.match(shown.out, /the test "adds" is skipped now \(lib\.test\.js:2\)/);
    assert.ok(JSON.stringify(await project.status()).includes('"kind":"test-skipped"'));
  });

  test('a check that passes without the change is said to, before the agent starts', async () => {
    await begin((call) => call.write('extra/a.txt', 'a\n'), `${NODE} -e 0`);
    assert.equal((await slice())?.state, 'verified');
    assert.deepEqual(
      doubts().map((doubt) => doubt.kind),
      ['passes-on-base'],
    );
    const types = project.events().map((event) => event.type);
    assert.ok(types.indexOf('base_checked') < types.indexOf('agent_started'));
  });

  test('a file that the scope wants and git ignores stops the slice', async () => {
    await begin((call) => call.write('build/out.js', GOOD), `${NODE} -e 0`, {
      create: ['build/out.js'],
      modify: ['lib.js'],
    });
    const stop = (await slice())?.stop;
    assert.deepEqual(stop?.paths, ['build/out.js']);
    assert.match(stop?.detail ?? '', /an ignore rule hides build\/out\.js/);
  });

  test('a renamed test file is found by the pattern of the check', async () => {
    await begin(
      (call) => {
        call.write('lib.js', GOOD);
        project.gitIn(call.cwd, 'mv', 'lib.test.js', 'extra.test.js');
      },
      `${NODE} --test *.test.js`,
      { create: ['*.js'], modify: ['*.js'] },
    );
    assert.equal((await slice())?.state, 'verified');
    assert.deepEqual(doubts(), []);
  });

  test('set-up is run once for the agent and once for its checks, however often they run', async () => {
    project = await Project.create({
      slices: [{ id: 'A1', verify: [fake('check')] }],
      setup: [fake('setup')],
      limits: { max_retries: 2 },
    });
    let checks = 0;
    project.on('check', (call) => call.exit(++checks > 2 ? 0 : 1));
    await project.run();
    assert.equal((await slice())?.state, 'verified');
    assert.equal(project.callsOf('setup').length, 2);
    assert.equal(project.callsOf('agent').length, 2);
  });
});

suite('the environment of a check', () => {
  test('has a home of its own, no caches of results, and of ours only the ports, for the command', async () => {
    const { env, close } = await openCheckEnvironment({
      given: {
        HOME: '/nowhere',
        PATH: '/bin',
        SLICEWAVE_RUN_ID: 'r',
        SLICEWAVE_SLICE: 'A1',
        SLICEWAVE_PORT: '20000',
        GIT_DIR: '/x',
        XDG_CACHE_HOME: '/c',
      },
      runId: 'run-1',
      primary: '/shop',
      dir: '/shop.worktrees',
    });
    try {
      assert.deepEqual(
        Object.keys(env).filter((name) => /^(?:SLICEWAVE|GIT|XDG)_/.test(name)),
        ['SLICEWAVE_PORT'],
      );
      assert.equal(env['PATH'], '/bin');
      assert.equal(env['CI'], '1');
      assert.equal(env['TURBO_FORCE'], 'true');
      assert.equal(env['NX_SKIP_NX_CACHE'], 'true');
      assert.equal(env['MOON_CACHE'], 'write');
      assert.match(env['GRADLE_OPTS'] ?? '', /daemon=false -Dorg\.gradle\.caching=false/);
      assert.deepEqual([env['RUSH_BUILD_CACHE_ENABLED'], env['PANTS_TEST_FORCE']], ['0', 'true']);
      assert.match(env['GOFLAGS'] ?? '', /-count=1/);
      assert.ok(existsSync(path.join(env['HOME'] ?? '', '.gitconfig')));
      assert.ok(existsSync(env['TMPDIR'] ?? ''));
    } finally {
      await close();
    }
    assert.ok(!existsSync(env['HOME'] ?? ''));
  });
});

suite('what an agent leaves running', () => {
  test('is found by the mark of its run, in whatever session, and named', async function () {
    if (process.platform !== 'linux') this.skip();
    const mark = `mark-${process.pid}-${Math.random()}`;
    const child = spawn('sleep', ['600'], {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, SLICEWAVE_RUN_ID: mark },
    });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.once('spawn', resolve));
    const ended = await endProcesses((seen) => seen.runId === mark);
    assert.deepEqual(
      ended.map(({ pid, name }) => [pid, name]),
      [[child.pid, 'sleep']],
    );
    await gone;
  });
});
