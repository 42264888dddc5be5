import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decomposeSpecFile, type DecomposeRequest } from '../../src/node/decompose/decompose.ts';
import type { Decomposition } from '../../src/node/decompose/model.ts';
import { writeDecomposition } from '../../src/node/plan/directory.ts';
import { initPlan } from '../../src/node/plan/init.ts';
import { scriptedAgent, specWith } from '../decompose-fixture.ts';
import { temporaryRepository, type TemporaryRepository } from '../repository.ts';

const specFile = 'specs/TS-7-shop.spec.md';
const dir = 'parallel/TS-7-shop';

const spec = specWith({
  id: 'TS-7',
  more: `## Slices

- A1: Till (files: src/till.py; verify: make till)
- A2: Door (after A1; files: src/door.py; verify: make door)
`,
});

suite('decomposing a spec file', () => {
  let root = '';
  let repository: TemporaryRepository;

  setup(() => {
    repository = temporaryRepository(
      { [specFile]: spec, 'src/till.py': 'till = 1\n' },
      { prefix: "slicewave décompose it's-", files: 'added' },
    );
    ({ root } = repository);
  });
  teardown(() => repository.remove());

  async function decompose(more: Partial<DecomposeRequest> = {}): Promise<Decomposition> {
    const result = await decomposeSpecFile({ root, specFile, ...more });
    assert.ok(result.ok, result.ok ? '' : `${result.failure.message} ${result.failure.remedy}`);
    return result.value;
  }

  async function failureOf(more: Partial<DecomposeRequest>) {
    const result = await decomposeSpecFile({ root, specFile, ...more });
    assert.ok(!result.ok);
    return result.failure;
  }

  const read = (name: string): string => readFileSync(path.join(root, dir, name), 'utf8');

  suite('by structure', () => {
    test('gives a plan and writes nothing', async () => {
      const decomposition = await decompose();
      assert.equal(decomposition.dir, dir);
      assert.equal(decomposition.exists, false);
      assert.deepEqual(decomposition.loaded.graph.waves, [['A1'], ['A2']]);
      assert.deepEqual(decomposition.loaded.findings, []);
      assert.deepEqual(readdirSync(root).toSorted(), ['.git', 'specs', 'src']);
    });

    test('is the same again when the plan is committed', async () => {
      const first = await decompose();
      assert.ok((await writeDecomposition(root, first, { replace: false })).ok);
      repository.git('add', '-A');
      const second = await decompose();
      assert.equal(second.exists, true);
      assert.deepEqual([...second.files], [...first.files]);
    });

    test('takes an absolute path and another plan directory', async () => {
      const decomposition = await decompose({ specFile: path.join(root, specFile), dir: 'plans/shop/' });
      assert.equal(decomposition.dir, 'plans/shop');
      assert.equal(decomposition.loaded.plan.slices[0]?.file, 'plans/shop/tasks/task-001-till.md');
    });

    test('fails with the findings of a spec that must not be decomposed', async () => {
      writeFileSync(path.join(root, specFile), spec.replace('## Evidence', '## Anything'));
      const failure = await failureOf({});
      assert.equal(failure.reason, 'bad-spec');
      assert.match(failure.message, /specs\/TS-7-shop\.spec\.md:1:1: .*evidence/);
      assert.ok(failure.findings?.some((finding) => finding.code === 'decompose.answer-missing'));
    });

    test('names the file that is not there, is a directory, or is elsewhere', async () => {
      assert.match((await failureOf({ specFile: 'specs/none.md' })).message, /specs\/none\.md does not exist/);
      assert.match((await failureOf({ specFile: 'specs' })).message, /is a directory/);
      assert.equal((await failureOf({ specFile: '../x.md' })).reason, 'no-such-file');
      for (const bad of ['../x', '.', 'plan', '/etc/plan'])
        assert.equal((await failureOf({ dir: bad })).reason, 'write', bad);
    });
  });

  suite('what another tool wrote', () => {
    const tasks =
      '# Implementation Plan\n\n- [ ] 1. Login route\n  - Create src/auth/login.ts\n  - _Requirements: 1.1_\n';
    const requirements =
      '# Requirements Document\n\n## Introduction\n\nUsers log in.\n\n### Requirement 1\n\n1. WHEN a user posts a password THEN the system SHALL answer 200\n';

    test('is recognised by its file, its directory, or another file of it, though git does not know it yet', async () => {
      mkdirSync(path.join(root, '.kiro/specs/login'), { recursive: true });
      writeFileSync(path.join(root, '.kiro/specs/login/tasks.md'), tasks);
      writeFileSync(path.join(root, '.kiro/specs/login/requirements.md'), requirements);
      for (const named of ['.kiro/specs/login/tasks.md', '.kiro/specs/login', '.kiro/specs/login/requirements.md']) {
        const { dir: place, making, loaded } = await decompose({ specFile: named, otherwise: 'claude' });
        assert.deepEqual([making.by, making.specPath], ['kiro', '.kiro/specs/login/tasks.md'], named);
        assert.equal(place, 'parallel/login');
        assert.deepEqual(
          loaded.plan.slices.map((slice) => slice.scope.create.map((entry) => entry.path)),
          [['src/auth/login.ts']],
        );
      }
      const forced = await failureOf({ specFile: '.kiro/specs/login/tasks.md', with: 'structure' });
      assert.equal(forced.reason, 'bad-spec');
    });

    test('is not what a whole spec is, whatever lists stand in it', async () => {
      writeFileSync(path.join(root, specFile), `${spec}\n- [ ] #12 Sweep the floor\n- [x] Paint the sign\n`);
      assert.equal((await decompose()).making.by, 'structure');
    });
  });

  suite('with an agent', () => {
    const good = {
      slices: [{ id: 'A1', title: 'Till', modify: ['src/till.py'], verify: ['make till'], requirements: ['It rings'] }],
    };

    test('takes a sound proposal at once', async () => {
      const { agent, turns } = scriptedAgent(sound);
      const { loaded } = await decompose({ with: 'claude', runAgent: agent });
      assert.equal(turns.length, 1);
      assert.equal(turns[0]?.sessionId, null);
      assert.match(turns[0]?.prompt ?? '', /It sells\.[\s\S]*src\/till\.py[\s\S]*"merge_points"/);
      assert.deepEqual(
        loaded.plan.slices.map((slice) => slice.id),
        ['A1', 'A2'],
      );
      assert.ok(!loaded.findings.some((finding) => finding.severity === 'error'), JSON.stringify(loaded.findings));
    });

    const cyclic = {
      slices: [
        { ...good.slices[0], deps: ['A2'] },
        { id: 'A2', title: 'B', deps: ['A1'], create: ['src/door.py'], verify: ['make'] },
      ],
    };
    const sound = {
      slices: [good.slices[0], { id: 'A2', title: 'B', deps: ['A1'], create: ['src/door.py'], verify: ['make'] }],
    };

    test('feeds back what does not hold, in the same session, and takes the correction', async () => {
      const overlapping = { slices: [good.slices[0], { ...good.slices[0], id: 'A3', deps: [] }, sound.slices[1]] };
      const { agent, turns } = scriptedAgent('nothing', overlapping, sound);
      const said: string[] = [];
      const { loaded, making } = await decompose({
        with: 'codex',
        runAgent: agent,
        onProgress: (text) => said.push(text),
      });
      assert.deepEqual(
        turns.map((turn) => turn.sessionId),
        [null, 'session-1', 'session-1'],
      );
      assert.match(turns[1]?.prompt ?? '', /There is no JSON object in your answer/);
      assert.match(turns[2]?.prompt ?? '', /warning: A3 and A1 may run at the same time and share 100 %/);
      assert.deepEqual(
        loaded.plan.slices.map((slice) => slice.id),
        ['A1', 'A2'],
      );
      assert.deepEqual(making.rounds?.end, 'sound');
      assert.ok(said.includes('round 3: nothing is left to correct'), said.join('\n'));
      assert.ok(
        said.some((text) => text.startsWith('round 2: 1 finding left (1 warning)')),
        said.join('\n'),
      );
    });

    test('is told of whatever it answers that is no plan', async () => {
      const twice = { slices: [good.slices[0], { ...good.slices[0], id: 'a1', modify: [], create: ['x.py'] }] };
      const unknown = { slices: [sound.slices[0], { ...sound.slices[1], deps: ['A1', 'A9'] }] };
      const huge = { slices: Array.from({ length: 1001 }, (_, i) => ({ id: `S${i}`, title: 'x' })) };
      const cases: [string, object | string, RegExp][] = [
        ['prose', 'I would cut it in two.', /no JSON object/],
        ['truncated', JSON.stringify(sound).slice(0, -40), /ends before it is complete/],
        ['broken', '```json\n{"slices": [{"id": "A1",, }]}\n```', /cannot be read: /],
        ['ids twice', { slices: [good.slices[0], good.slices[0]] }, /The id A1 is used by two slices/],
        ['ids that differ in case', twice, /The ids A1 and a1 differ in case only/],
        ['an unknown dependency', unknown, /A9/],
        ['a thousand slices', huge, /1001 slices are more than the 1000/],
        ['a wrong shape', { slices: [{ id: '../x', title: 'x' }] }, /slices\.0\.id \("\.\.\/x"\): is no id/],
        ['a declared slice left out', good, /the spec declares A2 \(Door\), and no slice/],
      ];
      for (const [what, answer, expected] of cases) {
        const { agent, turns } = scriptedAgent(answer, sound);
        const { loaded } = await decompose({ with: 'claude', runAgent: agent });
        assert.match(turns[1]?.prompt ?? '', expected, what);
        assert.equal(loaded.plan.slices.length, 2, what);
      }
    });

    test('may put prose around its answer', async () => {
      const said = `Slices {two}:\n\n${JSON.stringify(sound)}\n\nThat is all {really}.`;
      const { agent, turns } = scriptedAgent(said);
      await decompose({ with: 'claude', runAgent: agent });
      assert.equal(turns.length, 1);
    });

    test('is corrected as often as it may be; then its best answer is shown with its findings', async () => {
      const worse = { slices: [...cyclic.slices, { id: 'A3', title: 'C', verify: ['make'] }] };
      const third = { slices: [...cyclic.slices, { id: 'A4', title: 'D' }] };
      const { agent, turns } = scriptedAgent(worse, cyclic, third, sound);
      const { loaded, making } = await decompose({ with: 'claude', runAgent: agent });
      assert.equal(turns.length, 3);
      assert.equal(making.rounds?.end, 'used-up');
      assert.equal(making.rounds?.chosen, 2);
      assert.equal(loaded.plan.slices.length, 2);
      assert.ok(loaded.findings.some((finding) => finding.code === 'plan.cycle' && finding.severity === 'error'));
      const more = scriptedAgent(worse, cyclic, third, sound);
      assert.equal(
        (await decompose({ with: 'claude', runAgent: more.agent, corrections: 3 })).making.rounds?.end,
        'sound',
      );
      const none = scriptedAgent(cyclic, sound);
      const once = await decompose({ with: 'claude', runAgent: none.agent, corrections: 0 });
      assert.equal(none.turns.length, 1);
      assert.equal(once.making.rounds?.end, 'used-up');
    });

    test('that repeats its faults is not asked again', async () => {
      const { agent, turns } = scriptedAgent(cyclic, cyclic, sound);
      const { making } = await decompose({ with: 'claude', runAgent: agent, corrections: 5 });
      assert.equal(turns.length, 2);
      assert.equal(making.rounds?.end, 'no-better');
    });

    test('that fails when it is corrected leaves its earlier answer to the person, with the reason', async () => {
      const { making, loaded } = await decompose({ with: 'claude', runAgent: scriptedAgent(cyclic).agent });
      assert.equal(making.rounds?.end, 'failed');
      assert.match(making.rounds?.detail ?? '', /no answer left/);
      assert.ok(loaded.findings.some((finding) => finding.code === 'plan.cycle'));
    });

    test('that never gives a plan is a failure', async () => {
      const { agent, turns } = scriptedAgent('no', 'no', 'no');
      const failure = await failureOf({ with: 'claude', runAgent: agent });
      assert.equal(turns.length, 3);
      assert.equal(failure.reason, 'agent');
      assert.match(failure.message, /in 3 rounds: There is no JSON object/);
    });

    test('cannot change what the spec declares', async () => {
      const own = {
        slices: [
          { id: 'A1', title: 'Cash desk', create: ['src/desk.py'], verify: ['true'], estimate: '4h' },
          { id: 'A2', title: 'Gate', deps: [], create: ['src/door.py'], verify: ['make door'] },
        ],
      };
      const { loaded } = await decompose({ with: 'claude', runAgent: scriptedAgent(own).agent, corrections: 0 });
      const [till, door] = loaded.plan.slices;
      assert.deepEqual([till?.title, door?.title, door?.deps], ['Till', 'Door', ['A1']]);
      assert.ok(till?.verify.includes('make till'));
      assert.deepEqual(
        till?.scope.modify.map((entry) => entry.path),
        ['src/till.py'],
      );
      assert.deepEqual(
        till?.scope.create.map((entry) => entry.path),
        ['src/desk.py'],
      );
    });

    test('is not asked about a spec that must not be decomposed', async () => {
      writeFileSync(path.join(root, specFile), spec.replace('title: Shop', 'title: Shop\nconfidence: LOW'));
      const { agent, turns } = scriptedAgent(good);
      assert.equal((await failureOf({ with: 'claude', runAgent: agent })).reason, 'bad-spec');
      assert.equal(turns.length, 0);
    });

    test('a program that is not there is named', async () => {
      const before = process.env['SLICEWAVE_CODEX_PATH'];
      process.env['SLICEWAVE_CODEX_PATH'] = '/nowhere/codex';
      try {
        const failure = await failureOf({ with: 'codex' });
        assert.equal(failure.reason, 'agent');
        assert.match(`${failure.message} ${failure.remedy}`, /\/nowhere\/codex/);
      } finally {
        if (before === undefined) delete process.env['SLICEWAVE_CODEX_PATH'];
        else process.env['SLICEWAVE_CODEX_PATH'] = before;
      }
    });
  });

  suite('writing it', () => {
    test('whole, and only over a plan when told to', async () => {
      const decomposition = await decompose();
      assert.deepEqual(await writeDecomposition(root, decomposition, { replace: false }), {
        ok: true,
        value: { dir, kept: [] },
      });
      for (const [name, text] of decomposition.files) assert.equal(read(name), text);
      const again = await writeDecomposition(root, decomposition, { replace: false });
      assert.equal(again.ok ? '' : again.failure.reason, 'exists');
      assert.deepEqual(readdirSync(path.join(root, 'parallel')), ['TS-7-shop']);
    });

    test('keeps edited prompts and files of other origin, and drops what the new plan has not', async () => {
      await writeDecomposition(root, await decompose(), { replace: false });
      writeFileSync(path.join(root, dir, 'prompts/task-001.txt'), 'My way.\n');
      writeFileSync(path.join(root, dir, 'prompts/task-002.txt'), 'Gone, but not lost.\n');
      writeFileSync(path.join(root, dir, 'integration-report.md'), 'report\n');
      mkdirSync(path.join(root, dir, 'notes'));
      writeFileSync(path.join(root, dir, 'notes/photo.bin'), Buffer.from([0, 255, 1]));
      symlinkSync('../context.md', path.join(root, dir, 'notes/link'));
      writeFileSync(path.join(root, specFile), spec.replace(/- A2:.*\n/, ''));
      const result = await writeDecomposition(root, await decompose(), { replace: true });
      assert.deepEqual(result.ok && result.value.kept, [
        'integration-report.md',
        'notes/link',
        'notes/photo.bin',
        'prompts/edited-task-002.txt',
        'prompts/task-001.txt',
      ]);
      assert.equal(read('prompts/task-001.txt'), 'My way.\n');
      assert.equal(read('prompts/edited-task-002.txt'), 'Gone, but not lost.\n');
      assert.equal(readFileSync(path.join(root, dir, 'notes/photo.bin')).length, 3);
      assert.ok(!existsSync(path.join(root, dir, 'tasks/task-002-door.md')));
      assert.deepEqual(readdirSync(path.join(root, 'parallel')), ['TS-7-shop']);
      const twice = await writeDecomposition(root, await decompose(), { replace: true });
      assert.ok(twice.ok);
      assert.equal(read('prompts/task-001.txt'), 'My way.\n');
      assert.equal(read('prompts/edited-task-002.txt'), 'Gone, but not lost.\n');
    });

    test('and where tasks of an imported plan stood is gone with it', async () => {
      const tasks = '- [ ] 1. Till in src/till.py\n';
      mkdirSync(path.join(root, '.kiro/specs/shop'), { recursive: true });
      writeFileSync(path.join(root, '.kiro/specs/shop/tasks.md'), tasks);
      const imported = await decompose({ specFile: '.kiro/specs/shop/tasks.md', dir });
      assert.ok((await writeDecomposition(root, imported, { replace: false })).ok);
      assert.match(read('source.json'), /"importer": "kiro"/);
      const result = await writeDecomposition(root, await decompose(), { replace: true });
      assert.deepEqual(result.ok && result.value.kept, []);
      assert.ok(!existsSync(path.join(root, dir, 'source.json')));
    });

    test('a plan left aside by a killed process is put back first', async () => {
      await writeDecomposition(root, await decompose(), { replace: false });
      renameSync(path.join(root, dir), path.join(root, 'parallel/.TS-7-shop.old'));
      const result = await writeDecomposition(root, await decompose(), { replace: false });
      assert.equal(result.ok ? '' : result.failure.reason, 'exists');
      assert.ok(existsSync(path.join(root, dir, 'manifest.json')));
    });

    test('or not at all: a failure in the middle leaves the old plan and no remains', async () => {
      await writeDecomposition(root, await decompose(), { replace: false });
      const before = read('manifest.json');
      const decomposition = await decompose();
      const broken = { ...decomposition, files: new Map([...decomposition.files, ['context.md/inside', 'x']]) };
      const result = await writeDecomposition(root, broken, { replace: true });
      assert.equal(result.ok ? '' : result.failure.reason, 'write');
      assert.equal(read('manifest.json'), before);
      assert.deepEqual(readdirSync(path.join(root, 'parallel')), ['TS-7-shop']);
      const escaping = { ...decomposition, files: new Map([['../../evil.txt', 'x']]) };
      assert.ok(!(await writeDecomposition(root, escaping, { replace: true })).ok);
      assert.ok(!existsSync(path.join(root, 'evil.txt')));
    });

    test('not through a link that leads out of the repository', async () => {
      const outside = mkdtempSync(path.join(tmpdir(), 'slicewave-outside-'));
      try {
        symlinkSync(outside, path.join(root, 'parallel'));
        const failure = await failureOf({});
        assert.equal(failure.reason, 'write');
        assert.deepEqual(readdirSync(outside), []);
      } finally {
        rmSync(outside, { recursive: true });
      }
    });

    test('a place that cannot be written is named, with what to do', async () => {
      const decomposition = await decompose();
      writeFileSync(path.join(root, 'parallel'), 'in the way');
      const result = await writeDecomposition(root, decomposition, { replace: false });
      assert.ok(!result.ok);
      assert.equal(result.failure.reason, 'write');
      assert.match(
        `${result.failure.message} ${result.failure.remedy}`,
        /parallel\/TS-7-shop could not be written: .* Nothing was changed/,
      );
      assert.equal(readFileSync(path.join(root, 'parallel'), 'utf8'), 'in the way');
    });
  });

  suite('init', () => {
    test('makes a plan directory for a spec, and the home of plans', async () => {
      const result = await initPlan({ root, dir, techSpec: specFile, name: 'shop' });
      assert.deepEqual(result, {
        ok: true,
        value: {
          dir,
          files: [
            'manifest.json',
            'context.md',
            'conventions.md',
            'tasks/.gitkeep',
            'contracts/.gitkeep',
            'prompts/.gitkeep',
          ],
        },
      });
      assert.deepEqual(JSON.parse(read('manifest.json')), {
        tech_spec_id: 'TS-7',
        name: 'shop',
        title: 'Shop',
        waves: [],
        metadata: { tech_spec: specFile, total_tasks: 0, max_parallel: 0, critical_path: [] },
      });
      assert.deepEqual(readdirSync(path.join(root, 'parallel')).toSorted(), ['.gitignore', 'README.md', 'TS-7-shop']);
    });

    test('takes an id for a spec that is elsewhere', async () => {
      assert.ok((await initPlan({ root, dir, techSpec: 'TS-0042', name: 'shop' })).ok);
      assert.equal(JSON.parse(read('manifest.json')).tech_spec_id, 'TS-0042');
    });

    test('refuses to write over anything, and what cannot be', async () => {
      assert.ok((await initPlan({ root, dir, techSpec: specFile, name: 'shop' })).ok);
      const before = read('manifest.json');
      const reason = async (change: Partial<Parameters<typeof initPlan>[0]>) => {
        const result = await initPlan({ root, dir: 'parallel/other', techSpec: specFile, name: 'x', ...change });
        return result.ok ? 'ok' : result.failure.reason;
      };
      assert.equal(await reason({ dir }), 'exists');
      assert.equal(read('manifest.json'), before);
      assert.equal(await reason({ dir: specFile }), 'exists');
      assert.equal(await reason({ dir: '../out' }), 'write');
      assert.equal(await reason({ dir: '.' }), 'write');
      assert.equal(await reason({ techSpec: 'specs/none.md' }), 'no-such-file');
      assert.equal(await reason({ name: 'a\nb' }), 'bad-plan');
      assert.equal(await reason({}), 'ok');
    });
  });
});
