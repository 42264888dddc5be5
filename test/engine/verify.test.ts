import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  const run = (command: string) =>
    runCheck({
      command,
      cwd: root,
      env: { PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}` },
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
});
