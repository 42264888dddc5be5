/** What becomes of a decomposition when the agent fails, is stopped, or does what it must not: real programs, real git. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { roundsText } from '../../src/core/decompose/rounds.ts';
import { decomposerAgent } from '../../src/node/decompose/decomposers/agent-turns.ts';
import { decomposeSpecFile } from '../../src/node/decompose/decompose.ts';
import { commandAgent } from '../../src/node/decompose/decomposers/command.ts';
import type { DecomposerAgent } from '../../src/node/decompose/model.ts';
import { isAlive } from '../../src/node/process/machine.ts';
import { specWith } from '../decompose-fixture.ts';
import { temporaryRepository, type TemporaryRepository } from '../repository.ts';
import { CLI, until } from './fixture.ts';

const specFile = 'specs/TS-7-shop.spec.md';
const answer = JSON.stringify({
  slices: [
    { id: 'A1', title: 'Till', create: ['src/till.py'], requirements: ['It rings'], verify: ['make till'] },
    { id: 'A2', title: 'Door', create: ['src/door.py'], requirements: ['It opens'], verify: ['make door'] },
  ],
});

suite('decomposing with an agent that fails', () => {
  let repository: TemporaryRepository;
  let base = '';
  let root = '';
  let scratch = '';
  const temporary = process.env['TMPDIR'];

  setup(() => {
    repository = temporaryRepository({ [specFile]: specWith() }, { prefix: "slicewave fails it's-" });
    ({ root, beside: base } = repository);
    repository.write('notes.md', 'Mine.\n');
    scratch = path.join(base, 'scratch');
    mkdirSync(scratch);
    // What is left behind shows, whoever else uses the machine's own.
    process.env['TMPDIR'] = scratch;
  });
  teardown(() => {
    if (temporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporary;
    repository.remove();
  });

  /** A program, outside the repository, that runs these lines. */
  function program(lines: string): string[] {
    const file = path.join(base, 'agent.mjs');
    writeFileSync(file, `import * as fs from 'node:fs';\nimport { spawn } from 'node:child_process';\n${lines}\n`);
    return [process.execPath, file, '{prompt_file}'];
  }

  const decompose = (agent: DecomposerAgent, said: string[] = [], signal?: AbortSignal) =>
    decomposeSpecFile({
      root,
      specFile,
      with: 'command',
      runAgent: agent,
      onProgress: (text) => said.push(text),
      ...(signal ? { signal } : {}),
    });

  async function failure(agent: DecomposerAgent): Promise<{ readonly message: string; readonly remedy: string }> {
    const result = await decompose(agent);
    assert.ok(!result.ok);
    assert.equal(result.failure.reason, 'agent');
    nothingLeft();
    return result.failure;
  }

  function nothingLeft(...more: readonly string[]): void {
    // Node keeps what it compiled of the command line there.
    assert.deepEqual(
      readdirSync(scratch).filter((name) => name !== 'node-compile-cache'),
      [],
    );
    assert.deepEqual(readdirSync(root).toSorted(), ['.git', 'notes.md', 'specs', ...more].toSorted());
  }

  const command = (lines: string, minutes?: number): DecomposerAgent =>
    commandAgent({ command: program(lines), root, ...(minutes === undefined ? {} : { minutes }) });

  /** A program in the place of a real agent's, with nothing on the path besides. */
  const standIn = (id: 'claude' | 'codex', text: string | null): DecomposerAgent => {
    const bin = path.join(base, 'bin');
    mkdirSync(bin);
    if (text !== null) writeFileSync(path.join(bin, id), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return decomposerAgent({ id, root, env: { PATH: bin, HOME: base }, minutes: 0.02 });
  };

  test('prints nothing: it is not asked again, and its last word is told', async () => {
    const log = path.join(base, 'log');
    const silent = await failure(command(`fs.appendFileSync(${JSON.stringify(log)}, 'x'); console.error('no key');`));
    assert.match(silent.message, /printed nothing; its last word was: no key$/);
    assert.match(silent.remedy, /print the JSON object to standard output/);
    assert.equal(readFileSync(log, 'utf8'), 'x');
  });

  test('ends with an error: its last word is told', async () => {
    const { message } = await failure(command(`console.error('quota exceeded'); process.exit(7);`));
    assert.match(message, /failed: quota exceeded$/);
  });

  test('takes too long: it ends with all that it started', async () => {
    const pid = path.join(base, 'pid');
    const lines = `const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
fs.writeFileSync(${JSON.stringify(pid)}, String(child.pid));
console.error('waiting for the network');
setInterval(() => {}, 1000);`;
    const { message, remedy } = await failure(command(lines, 0.02));
    assert.match(message, /gave no answer within 0\.02 minutes \(waiting for the network\)$/);
    assert.match(remedy, /--with structure/);
    await until(
      'its child ended',
      async () => !(await isAlive({ pid: Number(readFileSync(pid, 'utf8')), started: '', host: hostname() })),
    );
  });

  for (const id of ['claude', 'codex'] as const) {
    const title = id === 'claude' ? 'Claude Code' : 'Codex';
    test(`${id} is not on the path: where it is to be had is told`, async () => {
      const { message, remedy } = await failure(standIn(id, null));
      assert.equal(message, `${title} was not found (${id})`);
      assert.match(remedy, /npm install -g @\w+/);
    });

    if (process.platform !== 'win32') {
      test(`${id} says nothing at all: it is not asked again`, async () => {
        const { message, remedy } = await failure(standIn(id, 'exit 0'));
        assert.equal(message, `${title} failed: it ended without a word`);
        assert.match(remedy, new RegExp(`works by itself and is signed in \\(.*\`${id}`));
      });

      test(`${id} hangs: what it said last of it is told`, async () => {
        const said = `echo '{"type":"error","message":"Reconnecting... waiting for network"}'; exec /bin/sleep 60`;
        const { message } = await failure(standIn(id, said));
        assert.match(message, /gave no answer within 0\.02 minutes \(Reconnecting\.\.\. waiting for network\)$/);
      });
    }
  }

  test('writes into the checkout: the plan is shown, and what changed is told', async () => {
    const touch = `fs.writeFileSync('evil.txt', 'x'); fs.appendFileSync('notes.md', 'Not mine.');
fs.appendFileSync(${JSON.stringify(specFile)}, '\\n');`;
    const result = await decompose(command(`${touch} console.log(${JSON.stringify(answer)});`));
    assert.ok(result.ok, result.ok ? '' : result.failure.message);
    const { rounds } = result.value.making;
    assert.ok(rounds);
    assert.deepEqual(
      rounds.changed?.toSorted(),
      ['evil.txt changed', 'notes.md changed', `${specFile} changed`].toSorted(),
    );
    assert.match(
      roundsText(rounds),
      /^1 round; nothing is left to correct; while it was asked, .*evil\.txt changed.*: if this was not you, look at it/,
    );
    nothingLeft('evil.txt');
  });

  test('writes and then fails: that is told as well', async () => {
    const result = await decompose(command(`fs.writeFileSync('evil.txt', 'x'); process.exit(1);`));
    assert.ok(!result.ok);
    assert.match(
      result.failure.message,
      /failed: exit code 1; while it was asked, evil\.txt changed: if this was not you/,
    );
    assert.match(result.failure.remedy, /git status/);
  });

  test('reads only: nothing is told', async () => {
    appendFileSync(path.join(root, 'notes.md'), 'More of mine.\n');
    const result = await decompose(command(`fs.readFileSync('notes.md'); console.log(${JSON.stringify(answer)});`));
    assert.ok(result.ok);
    assert.equal(result.value.making.rounds?.changed, undefined);
  });

  test('Ctrl-C in the middle of a round: it ends with all that it started, and nothing is written', async function () {
    if (process.platform === 'win32') this.skip();
    const pid = path.join(base, 'pid');
    const lines = `const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
process.on('SIGTERM', () => undefined);
fs.writeFileSync(${JSON.stringify(pid)}, child.pid + ' ' + process.pid);
setInterval(() => {}, 1000);`;
    const [node = '', file = ''] = program(lines);
    const line = `'${node}' "${file}" {prompt_file}`;
    const args = [CLI, 'decompose', specFile, '--with', 'command', '--agent-command', line, '--yes'];
    const child = spawn(process.execPath, args, { cwd: root, env: process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await until('it was asked', () => existsSync(pid) && readFileSync(pid, 'utf8').includes(' '));
    child.kill('SIGINT');
    assert.equal(await ended, 130, text);
    assert.match(text, /cancelling \.\.\.\n[\s\S]*The decomposition was cancelled\n {2}Nothing was written/);
    for (const id of readFileSync(pid, 'utf8').split(' '))
      await until(`${id} ended`, async () => !(await isAlive({ pid: Number(id), started: '', host: hostname() })));
    nothingLeft();
  });
});
