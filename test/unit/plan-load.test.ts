import { noBudget } from '../../src/core/manifest/read.ts';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { loadPlan, sliceResolver } from '../../src/core/plan/load.ts';

const dir = 'parallel/TS-0042-inventory';
const task = (id: string, fields = '', body = '') =>
  `---\nid: ${id}\n${fields}---\n# ${id}: Title of ${id}\n\n## Scope\nCREATE: src/${id}.ts\nBOUNDARY: docs/**\n${body}`;
const manifest = (value: object) => JSON.stringify({ tech_spec_id: 'TS-0042', ...value }, null, 2);
const load = (files: Record<string, string>) => loadPlan(new Map(Object.entries(files)), dir);

suite('plan from its directory', () => {
  test('ids that read as numbers or truth keep the text they were written as, in every notation', () => {
    const ids = ['1.1', '1.2', '1.10', '1e3', '001', '0x10', '1.0', 'True', '12345678901234567890'];
    const chain = (id: string, at: number) => ids[at - 1] ?? id;
    const notations: Record<string, (id: string, before: string) => string> = {
      'one line': (id, before) => `id: ${id}\ndeps: [${before}]\n`,
      'a list below': (id, before) => `id: ${id}\ndeps:\n  - ${before}\n`,
      'a word alone': (id, before) => `id: ${id}\ndeps: ${before}\n`,
      'with comments': (id, before) => `id: ${id} # mine\ndeps: [${before}] # earlier\n`,
      quoted: (id, before) => `id: "${id}"\ndeps: ['${before}']\n`,
    };
    for (const [notation, front] of Object.entries(notations)) {
      for (const listed of [ids.map((id) => JSON.stringify(id)), ['1.1', '1.2', '1.10', '1e3']]) {
        const files: Record<string, string> = {
          'manifest.json': `{ "tech_spec_id": "TS-0042", "waves": [{ "number": 1, "tasks": [${listed.map((id) => `{ "id": ${id} }`).join(', ')}] }] }`,
        };
        ids.forEach((id, at) => {
          const before = at === 0 ? '' : chain(id, at);
          const fields = before === '' ? `id: ${front(id, '').includes('"') ? `"${id}"` : id}\n` : front(id, before);
          files[`tasks/${id}.md`] = `---\n${fields}---\n# Title\n\n## Scope\nCREATE: src/${at}.ts\nBOUNDARY: docs/**\n`;
        });
        const { plan } = load(files);
        assert.deepEqual(
          new Map(plan?.slices.map(({ id, deps }) => [id, deps])),
          new Map(ids.map((id, at) => [id, at === 0 ? [] : [ids[at - 1]]])),
          notation,
        );
      }
    }
  });

  test('ids, defaults, order', () => {
    const { plan, findings } = load({
      'manifest.json': manifest({
        title: 'Inventory',
        technology: 'typescript',
        waves: [
          { number: 1, tasks: [{ id: 'task-002', agent: 'x' }, { id: 'task-001-a' }], validation: 'npm test' },
          { number: 2, tasks: [{ id: 'task-003' }] },
        ],
      }),
      'tasks/task-001-a.md': task('task-001-a', 'agent: own\nestimate: 3h\n'),
      'tasks/task-002-b.md': task('task-002'),
      'tasks/task-003-c.md': task(
        'task-003-c',
        'deps: [task-001, task-002-b, 2, task-1]\nruntime_deps: [task-002]\ncontracts: [types.ts, ../contracts/api.yaml]\n',
      ),
      'tasks/README.md': '# no task',
      'tasks/task-004-d.md': task('task-004-d'),
      'contracts/types.ts': '',
      'contracts/api.yaml': '',
    });
    assert.ok(plan);
    assert.deepEqual(
      [plan.id, plan.dir, plan.title, plan.techSpecId],
      ['TS-0042-inventory', dir, 'Inventory', 'TS-0042'],
    );
    assert.deepEqual(
      plan.slices.map((slice) => slice.id),
      ['task-002', 'task-001-a', 'task-003-c', 'task-004-d'],
    );
    const [second, first, third] = plan.slices;
    assert.deepEqual([second?.agent, first?.agent, third?.agent], ['x', 'own', null]);
    assert.deepEqual([first?.estimateMinutes, second?.estimateMinutes, second?.attempts], [180, 120, 1]);
    assert.deepEqual(third?.deps, ['task-001-a', 'task-002']);
    assert.deepEqual(third?.runtimeDeps, ['task-002']);
    assert.deepEqual(third?.contracts, ['contracts/types.ts', 'contracts/api.yaml']);
    assert.equal(first?.file, `${dir}/tasks/task-001-a.md`);
    assert.deepEqual(plan.limits, {
      maxParallel: null,
      maxRetries: 2,
      timeoutMinutes: 60,
      maxCostUsd: null,
      budget: noBudget,
    });
    assert.deepEqual(plan.waveChecks, [
      { wave: 1, slices: ['task-002', 'task-001-a'], dialect: 'command', text: 'npm test' },
    ]);
    assert.deepEqual(
      plan.contracts.map((contract) => [contract.path, contract.consumers]),
      [
        ['contracts/api.yaml', ['task-003-c']],
        ['contracts/types.ts', ['task-003-c']],
      ],
    );
    assert.deepEqual(
      findings.map((found) => found.code),
      ['manifest.validation-command', 'plan.not-listed'],
    );
    const resolve = sliceResolver(plan);
    assert.deepEqual(['task-003', 'TASK-003-C', 'tasks/task-003-c.md', 'task-9'].map(resolve), [
      'task-003-c',
      'task-003-c',
      'task-003-c',
      null,
    ]);
  });

  test('what does not exist is dropped and reported where it is named', () => {
    const text = task(
      'task-001-users',
      'deps: [task-001-usrs, task-009, task-001]\nruntime_deps: [ghost-1]\ncontracts: [no.ts]\n',
    );
    const { plan, findings } = load({
      'manifest.json': manifest({
        waves: [{ number: 1, tasks: [{ id: 'task-001' }, { id: 'task-007' }, { id: 'task-001' }] }],
        merge_points: [
          { id: 'MP1', needs: ['task-001', 'nobody-1'], unlocks: ['task-001'] },
          { id: 'MP2', needs: ['nobody-2'], unlocks: ['task-001'] },
        ],
        contracts: ['contracts/gone.ts'],
      }),
      'tasks/task-001-users.md': text,
    });
    assert.deepEqual(
      plan?.slices.map((slice) => slice.deps),
      [[]],
    );
    assert.deepEqual(plan?.mergePoints, [
      { id: 'MP1', needs: ['task-001-users'], unlocks: ['task-001-users'], verify: [] },
    ]);
    const words = (code: string) =>
      findings
        .filter((found) => found.code === code)
        .map((found) => [found.file, found.file.endsWith('.md') ? text.slice(found.span.start, found.span.end) : '']);
    const file = `${dir}/tasks/task-001-users.md`;
    assert.deepEqual(words('plan.unknown-dependency'), [
      [file, 'task-001-usrs'],
      [file, 'task-009'],
      [file, 'ghost-1'],
    ]);
    assert.deepEqual(words('plan.self-dependency'), [[file, 'task-001']]);
    assert.deepEqual(words('plan.contract-missing'), [
      [`${dir}/manifest.json`, ''],
      [file, 'no.ts'],
    ]);
    assert.equal(words('plan.task-file-missing').length, 1);
    assert.equal(words('plan.listed-twice').length, 1);
    assert.equal(words('plan.unknown-merge-slice').length, 2);
    const fixes = findings.filter((found) => found.code === 'plan.unknown-dependency').map((found) => found.fix?.title);
    assert.deepEqual(fixes, ['Change to task-001-users', undefined, undefined]);
  });

  test('a short id that two slices share means neither', () => {
    const { plan, findings } = load({
      'manifest.json': manifest({ waves: [] }),
      'tasks/task-001-a.md': task('task-001-a'),
      'tasks/task-001-b.md': task('task-001-b'),
      'tasks/task-002-c.md': task('task-002-c', 'deps: task-001\n'),
    });
    assert.deepEqual(plan?.slices[2]?.deps, []);
    assert.match(
      findings.find((found) => found.code === 'plan.unknown-dependency')?.message ?? '',
      /task-001-a or task-001-b/,
    );
  });

  test('ids that could not name a branch, or are taken, give way to the file name', () => {
    const { plan, findings } = load({
      'manifest.json': manifest({ waves: [] }),
      'tasks/task-001-a.md': task('../evil'),
      'tasks/task-002-b.md': task('task-003-c'),
      'tasks/task-003-c.md': task('TASK-003-C'),
      'tasks/task-004-d.md': task('task-002-B'),
    });
    assert.deepEqual(
      plan?.slices.map((slice) => slice.id),
      ['task-001-a', 'task-003-c', 'task-002-B'],
    );
    assert.deepEqual(
      findings.filter((found) => /bad-id|duplicate-id/.test(found.code)).map((found) => found.code),
      ['plan.bad-id', 'plan.duplicate-id'],
    );
  });

  test('no manifest, or one that is broken, is no plan; the task specs are read all the same', () => {
    for (const [files, code] of [
      [{}, 'plan.manifest-missing'],
      [{ 'manifest.json': '{"tech_spec_id": ' }, 'manifest.json'],
      [{ 'manifest.json': '' }, 'manifest.json'],
    ] as const) {
      const { plan, findings } = load({ ...files, 'tasks/task-001.md': '---\nestimate: soon\n---\n' });
      assert.equal(plan, null);
      assert.ok(findings.some((found) => found.code === code && found.file === `${dir}/manifest.json`));
      assert.ok(findings.some((found) => found.code === 'task.estimate'));
    }
  });

  test('the dialect of a validation is decided and said', () => {
    const { plan, findings } = load({
      'manifest.json': manifest({
        technology: 'python',
        waves: [
          { number: 1, tasks: [], validation: "from a import b; print('ok')" },
          { number: 2, tasks: [], validation: 'pytest' },
          { number: 3, tasks: [], validation: 'It should all work' },
        ],
      }),
    });
    assert.deepEqual(
      plan?.waveChecks.map((check) => check.dialect),
      ['source', 'command', 'command'],
    );
    assert.deepEqual(
      findings.map((found) => found.code),
      ['manifest.validation-source', 'manifest.validation-command', 'manifest.validation'],
    );
  });

  test('never throws; ids are unique; dependencies exist and are never the slice itself', () => {
    const name = fc.constantFrom(
      'task-001',
      'task-001-a',
      'task-002-b',
      'task-2',
      'A1',
      '3',
      '../x',
      '',
      'TASK-001',
      '__proto__',
      'constructor',
      '😀',
    );
    const files = fc.array(fc.tuple(name, name, fc.array(name, { maxLength: 4 })), { maxLength: 6 });
    const ids = fc.array(name, { maxLength: 4 });
    fc.assert(
      fc.property(files, ids, ids, fc.string({ unit: 'binary', maxLength: 20 }), (tasks, needs, unlocks, noise) => {
        const map = new Map(
          tasks.map(([file, id, deps]) => [
            `tasks/${file.replaceAll('/', '')}.md`,
            `---\nid: ${JSON.stringify(id)}\ndeps: ${JSON.stringify(deps)}\n---\n${noise}`,
          ]),
        );
        map.set(
          'manifest.json',
          manifest({
            waves: [{ number: 1, tasks: needs.map((id) => ({ id })), validation: noise }],
            merge_points: [{ id: 'MP1', needs, unlocks }],
          }),
        );
        const { plan } = loadPlan(map, dir);
        assert.ok(plan);
        const known = plan.slices.map((slice) => slice.id);
        assert.equal(new Set(known.map((id) => id.toLowerCase())).size, known.length);
        for (const slice of plan.slices) {
          for (const dep of slice.deps) assert.ok(known.includes(dep) && dep !== slice.id);
          assert.match(slice.id, /^[A-Za-z0-9][\w.-]*$/);
        }
        for (const point of plan.mergePoints)
          for (const id of [...point.needs, ...point.unlocks]) assert.ok(known.includes(id));
      }),
      { numRuns: 300 },
    );
  });
});
