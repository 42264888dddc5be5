/** Decomposition by the two real command lines, which talk to a scripted model. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decomposeSpecFile } from '../../src/node/decompose/decompose.ts';
import { decomposerAgent } from '../../src/node/decompose/decomposers/agent-turns.ts';
import { specWith } from '../decompose-fixture.ts';
import { temporaryRepository, type TemporaryRepository } from '../repository.ts';
import { createAgentHome, type AgentHome } from './agent-home.ts';
import { startModelEndpoint, type ModelEndpoint, type Turn } from './model-endpoint.ts';

const marker = 'MARKER-DECOMPOSE';
const specFile = 'specs/TS-9-shop.spec.md';
const spec = specWith({ outcome: `It sells. ${marker}` });

const slice = {
  id: 'task-001',
  title: 'Till',
  workstream: null,
  deps: [],
  create: ['src/till.py'],
  modify: [],
  removed: [],
  boundary: ['src/door.py'],
  requirements: ['It rings'],
  checklist: [],
  verify: ['make till'],
  estimate: '2h',
  agent: null,
  contracts: [],
  stop: [],
};
const rest = { workstreams: [], merge_points: [], contracts: [], setup: [], conventions: null };
const colliding = { slices: [slice, { ...slice, id: 'task-002', title: 'Same again' }], ...rest };
const cyclic = {
  slices: [
    { ...slice, deps: ['task-002'] },
    { ...slice, id: 'task-002', title: 'Door', deps: ['task-001'], create: ['src/door.py'], boundary: ['src/till.py'] },
  ],
  ...rest,
};
const sound = {
  slices: [slice, { ...slice, id: 'task-002', title: 'Door', create: ['src/door.py'], boundary: ['src/till.py'] }],
  ...rest,
};

suite('decomposing with a real agent', () => {
  let root = '';
  let repository: TemporaryRepository;
  let endpoint: ModelEndpoint;
  let home: AgentHome;

  async function start(turns: readonly Turn[]): Promise<void> {
    repository = temporaryRepository({ [specFile]: spec }, { prefix: "slicewave décompose it's-", files: 'added' });
    ({ root } = repository);
    endpoint = await startModelEndpoint({ script: { [marker]: turns } });
    home = createAgentHome(endpoint.url);
  }
  teardown(async () => {
    home.dispose();
    await endpoint.close();
    repository.remove();
  });

  interface Asked {
    readonly signal?: AbortSignal;
    readonly said?: string[];
    readonly corrections?: number;
  }
  const decompose = (id: 'claude' | 'codex', { signal, said = [], corrections }: Asked = {}) =>
    decomposeSpecFile({
      root,
      specFile,
      with: id,
      runAgent: decomposerAgent({ id, root, env: home.env }),
      onProgress: (text) => said.push(text),
      ...(signal ? { signal } : {}),
      ...(corrections === undefined ? {} : { corrections }),
    });

  /** The model's turns for one answer. Claude Code takes structured output by a tool of its own. */
  const answer = (id: 'claude' | 'codex', value: object): Turn[] =>
    id === 'claude' ? [{ tool: 'StructuredOutput', input: value }, { say: 'Done.' }] : [{ say: JSON.stringify(value) }];

  for (const id of ['claude', 'codex'] as const) {
    test(`${id} answers with no JSON, a cycle and an overlap, and is corrected in the same session`, async () => {
      await start([...unreadable(id), ...[cyclic, colliding, sound].flatMap((value) => answer(id, value))]);
      const said: string[] = [];
      const result = await decompose(id, { said, corrections: 3 });
      assert.ok(result.ok, result.ok ? '' : result.failure.message);
      const { loaded, making } = result.value;
      assert.deepEqual(
        loaded.plan.slices.map((item) => item.title),
        ['Till', 'Door'],
      );
      assert.deepEqual(
        loaded.findings.filter((finding) => finding.severity === 'error'),
        [],
      );
      assert.deepEqual(endpoint.problems, []);
      const requests = endpoint.requestsOf(marker);
      const told = (text: string): boolean =>
        requests.some((request) => request.userTexts.some((user) => user.includes(text)));
      for (const fault of [
        'There is no JSON object in your answer',
        'these slices wait for each other: task-001 -> task-002 -> task-001',
        'src/till.py is created by task-001 as well',
      ])
        assert.ok(told(fault), `${id} was not told: ${fault}\n${said.join('\n')}`);
      assert.equal(new Set(requests.map((request) => request.sessionId)).size, 1);
      assert.deepEqual(
        making.rounds?.list.map(({ number, problems }) => [number, problems.length]),
        [
          [1, 1],
          [2, 0],
          [3, 0],
          [4, 0],
        ],
      );
      assert.equal(making.rounds?.end, 'sound');
      assert.ok(said.includes('round 4: nothing is left to correct'), said.join('\n'));
      assert.deepEqual(readdirSync(root).toSorted(), ['.git', 'specs']);
    });

    test(`${id} that never gets it right: its best answer comes back with its findings`, async () => {
      const unchecked = ['task-003', 'task-004'].map((own) => ({ ...slice, id: own, verify: [] }));
      const worse = { ...cyclic, slices: [...cyclic.slices, ...unchecked] };
      await start([worse, colliding, worse].flatMap((value) => answer(id, value)));
      const result = await decompose(id);
      assert.ok(result.ok, result.ok ? '' : result.failure.message);
      const { loaded, making } = result.value;
      assert.deepEqual([making.rounds?.end, making.rounds?.chosen], ['used-up', 2]);
      const errors = loaded.findings.filter((finding) => finding.severity === 'error');
      assert.ok(
        errors.some((finding) => finding.code === 'plan.create-twice'),
        JSON.stringify(errors),
      );
      assert.equal(errors.length, making.rounds?.list[1]?.errors);
    });

    test(`${id} cannot write while it decomposes`, async () => {
      const evil = path.join(tmpdir(), `slicewave-evil-${process.pid}-${id}`);
      const turns: Turn[] = [{ exec: `touch "${evil}" evil.txt` }, { say: JSON.stringify(sound) }];
      await start(
        id === 'claude' ? [{ tool: 'Write', input: { file_path: evil, content: 'x' } }, ...turns, ...nudged] : turns,
      );
      const result = await decompose(id);
      assert.ok(result.ok, result.ok ? '' : result.failure.message);
      assert.ok(!existsSync(evil) && !existsSync(path.join(root, 'evil.txt')));
      assert.equal(result.value.making.rounds?.changed, undefined);
    });

    test(`${id} can be cancelled`, async () => {
      let release: () => void = () => undefined;
      await start([{ hold: new Promise<void>((resolve) => (release = resolve)) }, { say: 'too late' }]);
      const abort = new AbortController();
      const decomposing = decompose(id, { signal: abort.signal });
      await endpoint.asked(marker, 1);
      abort.abort();
      const result = await decomposing;
      release();
      assert.equal(result.ok ? '' : result.failure.reason, 'cancelled');
    });

    test(`${id} that is not signed in says so, and how it is done`, async () => {
      await start([]);
      const { ANTHROPIC_API_KEY: _a, ANTHROPIC_BASE_URL: _b, SCRIPTED_KEY: _c, ...env } = home.env;
      const result = await decomposeSpecFile({
        root,
        specFile,
        with: id,
        runAgent: decomposerAgent({ id, root, env }),
      });
      assert.ok(!result.ok);
      const { message, remedy } = result.failure;
      assert.match(message, id === 'claude' ? /Not logged in/ : /Missing environment variable: `SCRIPTED_KEY`/);
      assert.match(remedy, id === 'claude' ? /signed in \(start `claude` and type \/login\)/ : /`codex login`/);
      assert.deepEqual(endpoint.requestsOf(marker), []);
    });

    test(`${id} that fails is reported in its own words`, async () => {
      await start(Array.from({ length: 12 }, () => ({ status: 401 })));
      const result = await decompose(id);
      assert.ok(!result.ok);
      assert.equal(result.failure.reason, 'agent');
      assert.match(result.failure.message, /401|auth|API key/i);
    });
  }
});

/** Claude Code asks again when a session with a schema ends without structured output. */
const nudged: readonly Turn[] = [{ tool: 'StructuredOutput', input: sound }, { say: 'Done.' }];

/** What the client lets through that is no JSON; Claude Code insists once on structured output before it does. */
function unreadable(id: 'claude' | 'codex'): readonly Turn[] {
  return id === 'codex' ? [{ say: 'I would cut it in two.' }] : [{ say: 'In two.' }, { say: 'In two.' }];
}
