/** What a check finds by its environment is that of the checkout it is about. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
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
