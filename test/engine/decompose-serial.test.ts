/** Slices that write mostly the same files: the agent is told first, then the rule of the method decides. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { previewOf } from '../../src/core/decompose/preview.ts';
import { previewText } from '../../src/core/view/preview-text.ts';
import { decomposeSpecFile, type DecomposeRequest } from '../../src/node/decompose/decompose.ts';
import type { Decomposition } from '../../src/node/decompose/model.ts';
import { openEngine } from '../../src/node/engine.ts';
import { writeDecomposition } from '../../src/node/plan/directory.ts';
import { scriptedAgent, specWith } from '../decompose-fixture.ts';
import { temporaryRepository, type TemporaryRepository } from '../repository.ts';

const specFile = 'specs/TS-8-till.spec.md';
const spec = specWith({ title: 'Till', outcome: 'It rings.', inScope: 'The till', outOfScope: 'The door' });

const till = {
  id: 'task-001',
  title: 'Ring the bell',
  modify: ['src/till.py', 'src/bell.py'],
  requirements: ['It rings'],
  verify: ['make bell'],
};
/** Shares both files of the smaller scope. */
const drawer = { ...till, id: 'task-002', title: 'Open the drawer', modify: [...till.modify, 'src/drawer.py'] };
const apart = { ...drawer, modify: ['src/drawer.py'] };

suite('slices that share more than half of what they write', () => {
  let root = '';
  let repository: TemporaryRepository;

  setup(() => {
    repository = temporaryRepository(
      {
        [specFile]: spec,
        'src/till.py': 'def ring():\n    pass\n',
        'src/bell.py': 'BELL = 1\n',
        'src/drawer.py': 'def pull():\n    pass\n',
      },
      { prefix: "slicewave sérial it's-" },
    );
    ({ root } = repository);
  });
  teardown(() => repository.remove());

  async function decomposed(request: Partial<DecomposeRequest>): Promise<Decomposition> {
    const result = await decomposeSpecFile({ root, specFile, with: 'claude', ...request });
    assert.ok(result.ok, result.ok ? '' : result.failure.message);
    return result.value;
  }
  const depsOf = ({ loaded }: Decomposition): (readonly [string, readonly string[]])[] =>
    loaded.plan.slices.map(({ id, deps }) => [id, deps]);
  const codes = ({ loaded }: Decomposition): string[] =>
    loaded.findings.filter(({ severity }) => severity !== 'hint').map(({ code, severity }) => `${severity} ${code}`);
  const pair = { slices: [till, drawer] };

  test('the agent is told, with what helps; when it mends that, no dependency is added', async () => {
    const { agent, turns } = scriptedAgent(pair, { slices: [till, apart] });
    const decomposition = await decomposed({ runAgent: agent });
    assert.equal(turns.length, 2);
    assert.match(
      turns[1]?.prompt ?? '',
      /warning: task-002 and task-001 may run at the same time and share 100 % .*src\/till\.py/,
    );
    assert.match(turns[1]?.prompt ?? '', /These ways were tried on your plan, and help:\n\n- task-001 and task-002: /);
    assert.deepEqual(depsOf(decomposition), [
      ['task-001', []],
      ['task-002', []],
    ]);
    assert.equal(decomposition.making.rounds?.end, 'sound');
    assert.ok(!codes(decomposition).includes('info judge.ordered'));
  });

  test('one that insists is overruled: a dependency is added, the preview says so, and the plan has no fault left', async () => {
    const { agent, turns } = scriptedAgent(pair, pair, pair);
    const decomposition = await decomposed({ runAgent: agent, corrections: 5 });
    assert.equal(turns.length, 2, 'the same faults again are not asked about a third time');
    assert.deepEqual(depsOf(decomposition), [
      ['task-001', []],
      ['task-002', ['task-001']],
    ]);
    const { rounds } = decomposition.making;
    assert.deepEqual([rounds?.end, rounds?.ordered], ['no-better', 1]);
    assert.deepEqual(codes(decomposition), ['info judge.ordered']);
    const shown = previewText(previewOf(decomposition), { ascii: true });
    assert.match(shown, /task-002 now waits for task-001: they share 100 % of what they write \(src\/till\.py\)/);
    assert.match(shown, /1 warning left: .*; 1 dependency was added to it, for slices that share too much/);

    assert.ok(!existsSync(path.join(root, 'parallel')));
    const written = await writeDecomposition(root, decomposition, { replace: false });
    assert.ok(written.ok);
    const engine = await openEngine(root, { slicewave: [] });
    assert.ok(engine.ok);
    const judged = await engine.value.judge(decomposition.dir);
    assert.ok(judged.ok);
    assert.deepEqual(judged.value.judgement.overlaps, []);
    assert.deepEqual(judged.value.loaded.plan.slices[1]?.deps, ['task-001']);
  });

  test('advice alone costs no round', async () => {
    // Three workstreams meet in one slice without a merge point: worth saying, no fault.
    const streams = ['A', 'B', 'C'].map((letter) => ({ id: `WS-${letter}`, name: letter, boundary: [] }));
    const contract = { path: 'src/contracts/all.py', language: 'python', content: 'ALL = 1\n' };
    const slice = (letter: string, file: string, deps: readonly string[]): object => ({
      ...till,
      id: `${letter}1`,
      title: `Work of ${letter}`,
      workstream: `WS-${letter}`,
      modify: [file],
      deps,
      contracts: [contract.path],
    });
    const { agent, turns } = scriptedAgent({
      workstreams: streams,
      contracts: [contract],
      slices: [slice('A', 'src/till.py', []), slice('B', 'src/bell.py', []), slice('C', 'src/drawer.py', ['A1', 'B1'])],
    });
    const decomposition = await decomposed({ runAgent: agent });
    assert.equal(turns.length, 1);
    assert.equal(decomposition.making.rounds?.end, 'sound');
    assert.ok(codes(decomposition).includes('info judge.merge-point'), codes(decomposition).join());
  });
});
