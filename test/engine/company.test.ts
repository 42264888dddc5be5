import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { isAloneIn, outputs } from '../../src/node/process/company.ts';

suite('who else is at work in a checkout', () => {
  let dir = '';
  let editor: Record<string, string | undefined> = {};
  const started: number[] = [];

  setup(() => {
    dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'sw-company-')));
    mkdirSync(path.join(dir, 'src'));
    writeFileSync(path.join(dir, 'src/a.txt'), 'a\n');
    // The terminal of an editor, which these tests may have been started in, is never alone.
    const names = Object.keys(process.env).filter((name) => /^(?:VSCODE_|TERM_PROGRAM|TERMINAL_EMULATOR)/.test(name));
    editor = Object.fromEntries(names.map((name) => [name, process.env[name]]));
    for (const name of names) delete process.env[name];
  });

  teardown(() => {
    for (const pid of started.splice(0)) process.kill(pid, 'SIGKILL');
    for (const [name, value] of Object.entries(editor)) process.env[name] = value;
    rmSync(dir, { recursive: true, force: true });
  });

  /** Starts a node program, not below this process (that would be a runner's own), and waits until it is where it should be. */
  async function program(script: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const text = `${script}; process.stdout.write(process.pid + '\\n'); setInterval(() => {}, 1e6);`;
    const shell = spawn('sh', ['-c', '"$0" -e "$1" "$2" &', process.execPath, text, dir], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const [said] = (await once(shell.stdout.setEncoding('utf8'), 'data')) as [string];
    started.push(Number(said));
    if (shell.exitCode === null) await once(shell, 'exit');
  }

  const outside = tmpdir();
  // `/proc` shows what a process holds; elsewhere nobody is ever taken to be alone.
  const see = process.platform === 'linux' ? test : test.skip;

  see('nobody', () => assert.equal(isAloneIn(dir), true));

  const company: readonly (readonly [string, () => Promise<void>])[] = [
    ['somebody stands there', () => program('0', path.join(dir, 'src'))],
    ['somebody holds a file', () => program("fs.openSync(process.argv[1] + '/src/a.txt')", outside)],
    ['somebody watches it, as editors do', () => program('fs.watch(process.argv[1])', outside)],
  ];
  for (const [name, enter] of company)
    see(`${name}: not alone`, async () => {
      await enter();
      assert.equal(isAloneIn(dir), false);
    });

  see('in the terminal of an editor: not alone', () => {
    process.env['TERM_PROGRAM'] = 'vscode';
    try {
      assert.equal(isAloneIn(dir), false);
    } finally {
      delete process.env['TERM_PROGRAM'];
    }
  });

  const nobody: readonly (readonly [string, () => Promise<void>])[] = [
    ['what a run started is no person', () => program('0', dir, { SLICEWAVE_RUN_ID: 'r1' })],
    ['what stands beside it is not there', () => program('0', outside)],
  ];
  for (const [name, enter] of nobody)
    see(name, async () => {
      await enter();
      assert.equal(isAloneIn(dir), true);
    });

  see(
    'what this is made to print into is known, through a pipeline too; what a run writes is not taken for it',
    async () => {
      const module = path.join(import.meta.dirname, '../../src/node/process/company.ts');
      const script = `
      const { outputs } = await import(process.argv[1]);
      const { spawn } = await import('node:child_process');
      const fs = await import('node:fs');
      fs.openSync(process.argv[2] + '/src/a.txt', 'r');
      const agent = spawn('sh', ['-c', 'echo ready; exec sleep 60 > agent.txt'], {
        cwd: process.argv[2], env: { ...process.env, SLICEWAVE_RUN_ID: 'r1' }, stdio: ['ignore', 'pipe', 'ignore'],
      });
      await new Promise((resolve) => agent.stdout.once('data', resolve));
      while (!fs.existsSync(process.argv[2] + '/agent.txt')) await new Promise((resolve) => setTimeout(resolve, 10));
      fs.writeSync(3, [...outputs()].filter((file) => file.startsWith(process.argv[2])).join(' '));
      agent.kill('SIGKILL');`;
      const line = '("$0" --input-type=module -e "$1" "$2" "$3" 3>answer.txt | tee teed.txt) 2>errors.txt';
      const shell = spawn('sh', ['-c', line, process.execPath, script, module, dir], {
        cwd: dir,
        stdio: ['ignore', 'ignore', 'inherit'],
        detached: true,
      });
      await once(shell, 'exit');
      const names = ['answer.txt', 'errors.txt', 'teed.txt'];
      assert.deepEqual(
        readFileSync(path.join(dir, 'answer.txt'), 'utf8').split(' ').toSorted(),
        names.map((name) => path.join(dir, name)),
        readFileSync(path.join(dir, 'errors.txt'), 'utf8'),
      );
      assert.deepEqual(
        [...outputs()].filter((file) => file.startsWith(dir)),
        [],
      );
    },
  );
});
