/** From a spec to a branch, by the three commands that a person types: the shortest way through everything. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { specWith } from '../decompose-fixture.ts';
import { temporaryRepository, type TemporaryRepository } from '../repository.ts';
import { CLI, type Finished } from './fixture.ts';

const SPEC = 'specs/TS-7-shop.spec.md';
const PLAN = 'parallel/TS-7-shop';
const INTEGRATION = 'slicewave/TS-7-shop/integration';

const spec = specWith({
  id: 'TS-7',
  evidence: 'node src/door.js',
  more: `## Slices

- A1: Till (files: src/till.js; verify: node src/till.js)
- A2: Door (after A1; files: src/door.js; verify: node src/door.js)
`,
});

/** The door stands on the till: it passes only where the work of A1 is. */
const DEMO = {
  '.slicewave/demo/agent.yaml': `slices:
  A1:
    attempts:
      - steps: [{ write: src/till.js }]
        report: { status: COMPLETE, tests_passed: true }
  A2:
    attempts:
      - steps: [{ write: src/door.js }]
        report: { status: COMPLETE, tests_passed: true }
`,
  '.slicewave/demo/files/A1/src/till.js': 'exports.sum = (a, b) => a + b;\n',
  '.slicewave/demo/files/A2/src/door.js': "if (require('./till.js').sum(2, 3) !== 5) process.exit(1);\n",
};

suite('the whole loop', () => {
  let repository: TemporaryRepository;

  setup(() => {
    repository = temporaryRepository({ [SPEC]: spec, '.gitignore': '/parallel/\n', ...DEMO });
    repository.git('config', 'user.name', 'Pat');
    repository.git('config', 'user.email', 'pat@localhost');
  });
  teardown(() => repository.remove());

  function cli(...args: readonly string[]): Promise<Finished> {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: repository.root,
      env: { ...process.env, SLICEWAVE_SANDBOX: 'off', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  }

  test('a spec is decomposed, its slices are run and verified, and one branch holds what they made', async () => {
    const { root, git } = repository;
    const start = git('rev-parse', 'main');
    for (const args of [
      ['decompose', SPEC, '--yes'],
      ['run', PLAN, '--agent', 'demo'],
      ['integrate', PLAN],
    ]) {
      const { code, out, err } = await cli(...args);
      assert.equal(code, 0, `${args.join(' ')}\n${out}\n${err}`);
    }
    const { slices } = JSON.parse((await cli('status', PLAN, '--json')).out) as {
      readonly slices: readonly { readonly id: string; readonly state: string }[];
    };
    assert.deepEqual(
      slices.map(({ id, state }) => `${id} ${state}`),
      ['A1 merged', 'A2 merged'],
    );
    const profile = JSON.parse((await cli('profile', PLAN, '--json')).out) as {
      readonly done: boolean;
      readonly wall_ms: number;
      readonly spent_ms: Readonly<Record<string, number>>;
      readonly chain: readonly { readonly id: string }[];
      readonly nodes: readonly { readonly id: string; readonly spent_ms: Readonly<Record<string, number>> }[];
    };
    assert.deepEqual([profile.done, profile.chain.map(({ id }) => id)], [true, ['A1', 'A2']]);
    assert.equal(
      Object.values(profile.spent_ms).reduce((sum, ms) => sum + ms, 0),
      profile.wall_ms,
    );
    for (const { id, spent_ms: spent } of profile.nodes)
      for (const kind of ['agent', 'checks', 'slicewave']) assert.ok((spent[kind] ?? 0) > 0, `${id} spent no ${kind}`);
    assert.deepEqual(git('diff', '--name-only', start, INTEGRATION, '--', 'src').split('\n'), [
      'src/door.js',
      'src/till.js',
    ]);
    assert.equal(git('rev-parse', 'main'), start);
    assert.equal(git('status', '--porcelain'), '');
    const traces = readdirSync(path.join(root, '.agent-runs'), { recursive: true }).filter((file) =>
      String(file).endsWith('trace.json'),
    );
    assert.equal(traces.length, 2);
  });
});
