/** Decomposition by the two real command lines, which talk to a scripted model. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decomposeSpecFile } from '../../src/node/decompose.ts';
import { decomposerAgent } from '../../src/node/decomposer-agent.ts';
import { createAgentHome, type AgentHome } from './agent-home.ts';
import { startModelEndpoint, type ModelEndpoint, type Turn } from './model-endpoint.ts';

const marker = 'MARKER-DECOMPOSE';
const spec = `# Shop

## Outcome

It sells. ${marker}

## In scope

- Selling

## Out of scope

- Giving away

## Evidence

- \`make test\` passes
`;

const slice = {
  id: 'task-001',
  title: 'Till',
  workstream: null,
  deps: [],
  create: ['src/till.py'],
  modify: [],
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
const sound = {
  slices: [slice, { ...slice, id: 'task-002', title: 'Door', create: ['src/door.py'], boundary: ['src/till.py'] }],
  ...rest,
};

suite('decomposing with a real agent', function () {
  this.timeout(120_000);
  let root = '';
  let endpoint: ModelEndpoint;
  let home: AgentHome;

  async function start(turns: readonly Turn[]): Promise<void> {
    root = mkdtempSync(path.join(tmpdir(), "slicewave décompose it's-"));
    execFileSync('git', ['init', '-q'], { cwd: root });
    mkdirSync(path.join(root, 'specs'));
    writeFileSync(path.join(root, 'specs/TS-9-shop.spec.md'), spec);
    execFileSync('git', ['add', '-A'], { cwd: root });
    endpoint = await startModelEndpoint({ script: { [marker]: turns } });
    home = createAgentHome(endpoint.url);
  }
  teardown(async () => {
    home.dispose();
    await endpoint.close();
    rmSync(root, { recursive: true, force: true });
  });

  const decompose = (id: 'claude' | 'codex', signal?: AbortSignal, said: string[] = []) =>
    decomposeSpecFile({
      root,
      specFile: 'specs/TS-9-shop.spec.md',
      with: id,
      runAgent: decomposerAgent({ id, root, env: home.env }),
      onProgress: (text) => said.push(text),
      ...(signal ? { signal } : {}),
    });

  for (const id of ['claude', 'codex'] as const) {
    test(`${id} is shown what does not hold and corrects it in the same session`, async () => {
      const answer = (value: object): Turn[] =>
        id === 'claude'
          ? [{ tool: 'StructuredOutput', input: value }, { say: 'Done.' }]
          : [{ say: JSON.stringify(value) }];
      await start([...answer(colliding), ...answer(sound)]);
      const said: string[] = [];
      const result = await decompose(id, undefined, said);
      assert.ok(result.ok, result.ok ? '' : result.failure.message);
      assert.deepEqual(
        result.value.loaded.plan.slices.map((item) => item.title),
        ['Till', 'Door'],
      );
      assert.deepEqual(
        result.value.loaded.findings.filter((finding) => finding.severity === 'error'),
        [],
      );
      assert.deepEqual(endpoint.problems, []);
      const requests = endpoint.requestsOf(marker);
      assert.ok(
        requests.some((request) => request.userTexts.some((text) => text.includes('share 100 % of what they write'))),
      );
      assert.equal(new Set(requests.map((request) => request.sessionId)).size, 1);
      assert.ok(said.some((text) => text.includes('correct its slices (1 of 2)')));
      assert.deepEqual(readdirSync(root).toSorted(), ['.git', 'specs']);
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
    });

    test(`${id} can be cancelled`, async () => {
      let release: () => void = () => undefined;
      await start([{ hold: new Promise<void>((resolve) => (release = resolve)) }, { say: 'too late' }]);
      const abort = new AbortController();
      const decomposing = decompose(id, abort.signal);
      await endpoint.asked(marker, 1);
      abort.abort();
      const result = await decomposing;
      release();
      assert.equal(result.ok ? '' : result.failure.reason, 'cancelled');
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
