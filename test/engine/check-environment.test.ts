/** What a check finds by its environment is that of the checkout it is about. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { nodeVariables } from '../../src/node/process/processes.ts';
import { fake, Project } from './fixture.ts';
import { openCheckEnvironment } from '../../src/node/run/check-environment.ts';

suite('the environment of a check', () => {
  let top: string;
  let primary: string;
  let dir: string;

  setup(() => {
    top = realpathSync(mkdtempSync(path.join(tmpdir(), 'sw-env-')));
    [primary, dir] = [path.join(top, 'shop'), path.join(top, 'shop.worktrees')];
    for (const [place, says] of [
      [primary, 'primary'],
      [dir, 'checked'],
      [path.join(top, 'shop-elsewhere'), 'elsewhere'],
    ] as const) {
      mkdirSync(path.join(place, 'lib'), { recursive: true });
      writeFileSync(
        path.join(place, 'lib', `${says === 'elsewhere' ? 'other' : 'price'}.js`),
        `module.exports = '${says}';\n`,
      );
    }
    mkdirSync(path.join(primary, 'only-here/bin'), { recursive: true });
    mkdirSync(path.join(primary, 'bin'));
    mkdirSync(path.join(dir, 'bin'));
  });

  teardown(() => rmSync(top, { recursive: true, force: true }));

  test('modules are those of the checkout that is checked, not the primary one that a variable names', async () => {
    const given = {
      NODE_PATH: [path.join(primary, 'lib'), path.join(top, 'shop-elsewhere/lib')].join(path.delimiter),
      PYTHONPATH: `${primary}${path.delimiter}src`,
      PATH: [path.join(primary, 'bin'), path.join(primary, 'only-here/bin'), '/usr/bin'].join(path.delimiter),
      HOME: top,
    };
    const { env, close } = await openCheckEnvironment({ given, runId: 'a-run', primary, dir });
    try {
      const script = "process.stdout.write([require('price'), require('other')].join())";
      const run = (variables: NodeJS.ProcessEnv): string =>
        execFileSync(process.execPath, ['-e', script], { cwd: dir, env: variables, encoding: 'utf8' });
      assert.equal(run(given), 'primary,elsewhere');
      assert.equal(run(env), 'checked,elsewhere');
      assert.equal(env['PYTHONPATH'], `${dir}${path.delimiter}src`);
      // What was never set up in the other checkout is still found where it is.
      const programs = [path.join(dir, 'bin'), path.join(primary, 'only-here/bin'), '/usr/bin'];
      assert.equal(env['PATH'], programs.join(path.delimiter));
    } finally {
      await close();
    }
  });
});

suite('what steers the tool', () => {
  test('reaches neither agents nor checks', async function () {
    this.timeout(60_000);
    const site = await Project.create({
      slices: [
        {
          id: 'A1',
          verify: [
            `sh -c 'test -s src/A1.txt && test -z "$ELECTRON_RUN_AS_NODE$SLICEWAVE_WORKTREES$SLICEWAVE_SANDBOX"'`,
          ],
        },
      ],
    });
    try {
      const seen: Record<string, string>[] = [];
      site.on('agent', async (call) => {
        seen.push({ ...call.env });
        call.write('src/A1.txt', 'A1\n');
        await call.exit();
      });
      const env = { ELECTRON_RUN_AS_NODE: '1', SLICEWAVE_WORKTREES: path.join(site.home, 'elsewhere') };
      const args = ['run', site.planDir, '--agent', 'command', '--agent-command', fake('agent')];
      const { code, out } = await site.start(args, { env }).finished;
      assert.equal(code, 0, out);
      const [agent = {}] = seen;
      assert.equal(agent['SLICEWAVE_SLICE'], 'A1');
      for (const name of ['ELECTRON_RUN_AS_NODE', 'SLICEWAVE_WORKTREES', 'SLICEWAVE_SANDBOX'])
        assert.equal(agent[name], undefined, name);
    } finally {
      await site.close();
    }
  });

  test('an editor that runs the tool as its Node says so where the tool starts itself, and only there', () => {
    assert.deepEqual(nodeVariables('33.0.0'), { ELECTRON_RUN_AS_NODE: '1' });
    assert.deepEqual(nodeVariables(), {});
  });
});
