import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { runCheck } from '../../src/node/run/verify.ts';

suite('a check', () => {
  let root: string;

  setup(() => {
    root = mkdtempSync(path.join(tmpdir(), 'slicewave-check-'));
    mkdirSync(path.join(root, 'web/src'), { recursive: true });
    writeFileSync(path.join(root, 'web/here.txt'), '');
  });

  teardown(() => rmSync(root, { recursive: true, force: true }));

  const PATHS = { PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}` };
  const run = (command: string, env: Readonly<Record<string, string>> = PATHS) =>
    runCheck({
      runId: 'a-run-of-this-test',
      command,
      cwd: root,
      env,
      timeoutMs: 10_000,
      signal: new AbortController().signal,
      redact: (text) => text,
    });
  const reads = (file: string): string => `node -p "require('fs').readFileSync('${file}', 'utf8').length"`;

  test('steps into a directory of the worktree, and on from there', async () => {
    assert.equal((await run(`cd web && ${reads('here.txt')}`)).outcome, 'passed');
    assert.equal((await run(`cd web && cd src && ${reads('../here.txt')}`)).outcome, 'passed');
    assert.equal((await run(reads('here.txt'))).outcome, 'failed');
  });

  test('sees nothing of the tool; a port that its command names is filled in', async () => {
    const env = { PATH: process.env['PATH'] ?? '', SLICEWAVE_PORT: '20010', SLICEWAVE_PORT_RANGE: '20010-20019' };
    const command = `PORT=$SLICEWAVE_PORT node -p "JSON.stringify([process.env.PORT, process.argv[1], Object.keys(process.env).filter((name) => /slicewave/i.test(name))])" "\${SLICEWAVE_PORT_RANGE}"`;
    const { outcome, output } = await run(command, env);
    assert.deepEqual([outcome, output.trim()], ['passed', '["20010","20010-20019",[]]']);
    assert.equal((await run('node -v $HOME', env)).outcome, 'not-found');
  });

  test('fails where there is no such directory, or it is not of the worktree', async () => {
    for (const [command, says] of [
      ['cd wbe && node -v', 'cd wbe: is no directory'],
      ['cd web/here.txt && node -v', 'cd web/here.txt: is no directory'],
      ['cd .. && node -v', 'cd ..: is outside of the worktree'],
      ['cd / && node -v', 'cd /: is outside of the worktree'],
      ['cd web src && node -v', 'cd takes one directory'],
    ] as const) {
      const { outcome, exitCode, output } = await run(command);
      assert.deepEqual({ outcome, exitCode, output }, { outcome: 'failed', exitCode: 1, output: says });
    }
  });

  test('is answered without a program where it asks about one file', async () => {
    writeFileSync(path.join(root, 'web/full.txt'), 'x');
    // As on Windows: no `test` anywhere.
    const env = { PATH: path.join(root, 'web') };
    for (const [command, says] of [
      ['test ! -e web/gone.ts', ''],
      ['test ! -e web/here.txt', 'web/here.txt: is there\n'],
      ['test -e web', ''],
      ['test -f web', 'web: is no file\n'],
      ['test -d web/here.txt', 'web/here.txt: is no directory\n'],
      ['test -s web/full.txt && cd web && test -f here.txt', ''],
      ['test -s web/here.txt', 'web/here.txt: is empty, or not there\n'],
    ] as const) {
      const { outcome, exitCode, output } = await run(command, env);
      const expected = says === '' ? { outcome: 'passed', exitCode: 0 } : { outcome: 'failed', exitCode: 1 };
      assert.deepEqual({ outcome, exitCode, output }, { ...expected, output: says }, command);
    }
    // Of another place, and what else `test` can say, only the program can tell.
    symlinkSync(tmpdir(), path.join(root, 'out'), 'dir');
    for (const command of ['test ! -e ../gone', 'test ! -e out/gone', 'test -n web', 'test -f web -a -f web'])
      assert.equal((await run(command, env)).outcome, 'not-found', command);
  });
});
