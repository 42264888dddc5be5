import assert from 'node:assert/strict';
import fc from 'fast-check';
import { looksLikeCommand } from '../../src/core/text/command-shape.ts';
import { validationDialect } from '../../src/core/manifest/dialect.ts';
import { readManifest } from '../../src/core/manifest/read.ts';
import { assertFinding, caret } from './caret.ts';

const file = 'parallel/TS-1-x/manifest.json';
const read = (text: string) => readManifest(text, file);

suite('manifest', () => {
  test('every field', () => {
    const { manifest, findings } = read(
      JSON.stringify({
        tech_spec_id: 'TS-0042',
        name: 'inventory',
        technology: 'python',
        dependencies: {
          python: { add: ['pydantic==2.5.3', 'sqlalchemy[asyncio]==2.0.25'], add_dev: ['pytest==7.4.3'] },
          node: { upgrade: ['zod@4.1.0', '@a/b@1.2.3-rc.1'] },
        },
        waves: [
          {
            number: 1,
            tasks: [{ id: 'task-001', agent: 'a:b', prompt_file: 'prompts/task-001.txt', component: 'users' }],
            validation: 'pytest',
          },
          { number: 2, tasks: [{ id: 'task-002' }], validation: null },
        ],
        metadata: { tech_spec: 'specs/x.md', total_tasks: 2, max_parallel: 1, critical_path: ['task-001', 'task-002'] },
        workstreams: [{ id: 'WS-A', name: 'Users', boundary: ['apps/users/**'] }],
        merge_points: [{ id: 'MP1', needs: ['task-001'], unlocks: ['task-002'], verify: 'npm test' }],
        contracts: [
          'contracts/a.ts',
          { path: 'contracts/b.ts', target: 'src/b.ts', provider: 'task-001', consumers: ['task-002'] },
        ],
        layers: { api: ['src/api/**'] },
        limits: {
          max_parallel: 3,
          max_retries: 1,
          timeout_minutes: 5,
          max_cost_usd: 2.5,
          budget_usd: 40,
          budget_minutes: 90,
        },
        setup: ['npm ci'],
        something_else: { kept: true },
      }),
    );
    assert.deepEqual(findings, []);
    assert.ok(manifest);
    assert.deepEqual(
      [manifest.form, manifest.techSpecId, manifest.name, manifest.technology, manifest.specPath],
      ['current', 'TS-0042', 'inventory', 'python', 'specs/x.md'],
    );
    assert.deepEqual(
      manifest.waves.map((wave) => [
        wave.number,
        wave.tasks.map((task) => [task.id.value, task.agent, task.promptFile, task.component]),
        wave.validation?.value,
      ]),
      [
        [1, [['task-001', 'a:b', 'prompts/task-001.txt', 'users']], 'pytest'],
        [2, [['task-002', null, null, null]], undefined],
      ],
    );
    assert.deepEqual(
      manifest.mergePoints.map((point) => [
        point.id,
        point.needs.map((n) => n.value),
        point.unlocks.map((n) => n.value),
        point.verify,
      ]),
      [['MP1', ['task-001'], ['task-002'], ['npm test']]],
    );
    assert.deepEqual(manifest.contracts, [
      { path: 'contracts/a.ts', target: null, provider: null, consumers: [] },
      { path: 'contracts/b.ts', target: 'src/b.ts', provider: 'task-001', consumers: ['task-002'] },
    ]);
    assert.deepEqual(manifest.limits, {
      maxParallel: 3,
      maxRetries: 1,
      timeoutMinutes: 5,
      maxCostUsd: 2.5,
      budget: { costUsd: 40, tokens: null, minutes: 90 },
    });
    assert.deepEqual(manifest.dependencies['node'], {
      add: [],
      upgrade: ['zod@4.1.0', '@a/b@1.2.3-rc.1'],
      remove: [],
      addDev: [],
    });
    assert.deepEqual(
      manifest.metadata.criticalPath.map((step) => step.value),
      ['task-001', 'task-002'],
    );
    assert.deepEqual(manifest.layers, { api: ['src/api/**'] });
    assert.deepEqual(manifest.setup, ['npm ci']);
  });

  test('the older form, with its waves as a count, a list or a map', () => {
    for (const waves of [
      2,
      [['task-001'], ['task-002-b']],
      { wave_1: ['task-001'], wave_2: { tasks: ['task-002-b'], validation: 'make' } },
      [
        { number: 1, tasks: ['task-001'] },
        { wave: 2, tasks: [{ id: 'task-002-b' }] },
      ],
    ]) {
      const { manifest, findings } = read(
        JSON.stringify({
          version: '1.0',
          tech_spec: { id: 'TS-7', path: 'specs/a.md', title: 'Old' },
          tasks: { total: 2, waves, files: ['tasks/task-001-a.md', { file: 'tasks/task-002-b.md', wave: 2 }] },
        }),
      );
      assert.deepEqual(
        findings.map((found) => found.code),
        ['manifest.legacy'],
      );
      assert.deepEqual(
        [manifest?.form, manifest?.techSpecId, manifest?.title, manifest?.specPath],
        ['legacy', 'TS-7', 'Old', 'specs/a.md'],
      );
      assert.deepEqual(
        manifest?.waves.map((wave) => [wave.number, wave.tasks.map((task) => task.id.value)]),
        [
          [1, [waves === 2 ? 'task-001-a' : 'task-001']],
          [2, ['task-002-b']],
        ],
        JSON.stringify(waves),
      );
    }
  });

  test('schema errors are underlined, and the rest is read', () => {
    for (const marked of [
      '{"tech_spec_id": |7|, "waves": []}',
      '{"tech_spec_id": "T", "waves": [{"number": |"one"|, "tasks": []}]}',
      '{"tech_spec_id": "T", "waves": [{"number": 1, "tasks": [|{|"agent": "x"}]}]}',
      '|{|"waves": []}',
      '{"tech_spec_id": "T", "waves": [], |"limits"|: []}',
    ]) {
      const at = caret(marked);
      const { manifest, findings } = read(at.text);
      assertFinding(findings, 'manifest.schema', at);
      assert.ok(manifest);
    }
    assert.match(read('{"waves": []}').findings[0]?.message ?? '', /tech_spec_id: this required field is missing/);
    assert.equal(read('[1]').manifest, null);
  });

  test('what is not JSON is located; comments and commas are survived; a byte order mark too', () => {
    const at = caret('{"tech_spec_id": "T", "waves": [|oops|]}');
    assertFinding(read(at.text).findings, 'manifest.json', at);
    assert.deepEqual(
      read(at.text).findings.map((found) => found.code),
      ['manifest.json'],
    );
    const { manifest, findings } = read('\uFEFF{ // hi\n"tech_spec_id": "T", "waves": [],}');
    assert.equal(manifest?.techSpecId, 'T');
    assert.deepEqual([...new Set(findings.map((found) => found.code))], ['manifest.json-strict']);
  });

  test('versions that are not pinned', () => {
    const pinned = ['a==1.2', 'a[x]==1.2.3', "a==1; python_version > '3'", 'a @ git+https://x/y@v1'];
    const loose = ['a', 'a>=1', 'a~=1.2', 'a==1.*', 'a<2,>=1'];
    for (const [names, count] of [
      [pinned, 0],
      [loose, loose.length],
    ] as const) {
      const { findings } = read(
        JSON.stringify({ tech_spec_id: 'T', waves: [], dependencies: { python: { add: names, remove: ['b'] } } }),
      );
      assert.equal(
        findings.filter((found) => found.code === 'manifest.unpinned').length,
        count,
        JSON.stringify(findings.map((f) => f.message)),
      );
    }
    const at = caret(
      '{"tech_spec_id": "T", "waves": [], "dependencies": {"node": {"add_dev": ["a@1.0.0", |"b@^1.0.0"|]}}}',
    );
    assertFinding(read(at.text).findings, 'manifest.unpinned', at);
  });

  test('never throws, and every span lies in the text', () => {
    const whole = JSON.stringify({
      tech_spec_id: 'T',
      waves: [{ number: 1, tasks: [{ id: 'a' }], validation: 'x' }],
      metadata: { total_tasks: 1 },
      merge_points: [{ id: 'MP1', needs: ['a'], unlocks: [] }],
    });
    const mutated = fc
      .tuple(fc.nat(whole.length), fc.nat(6), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([at, cut, put]) => whole.slice(0, at) + put + whole.slice(at + cut));
    const wrong = fc
      .record(
        {
          tech_spec_id: fc.jsonValue(),
          waves: fc.jsonValue(),
          tasks: fc.jsonValue(),
          metadata: fc.jsonValue(),
          dependencies: fc.jsonValue(),
          limits: fc.jsonValue(),
          merge_points: fc.jsonValue(),
          contracts: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(mutated, wrong, fc.string({ unit: 'binary' })), (text) => {
        for (const { span } of read(text).findings)
          assert.ok(span.start >= 0 && span.start <= span.end && span.end <= text.length);
      }),
      { numRuns: 500 },
    );
  });
});

suite('validation dialect', () => {
  const cases: [string, string | null, 'command' | 'python' | 'javascript' | null][] = [
    ["from apps.users.models import User; print('Wave 1 OK')", 'python', 'python'],
    ["python -c 'from apps.users.models import User'", 'python', 'command'],
    ['import django; django.setup()', 'django', 'python'],
    ["x = 1\nassert x == 1, 'no'", 'python', 'python'],
    ["with open('x') as f: print(f.read())", 'python', 'python'],
    ["print('x')", null, 'python'],
    ['pytest apps/orders/tests/ -v', 'python', 'command'],
    ['pytest', 'python', 'command'],
    ['make -j4', 'python', 'command'],
    ['make test lint', 'python', 'command'],
    ['DEBUG=1 npm test', 'python', 'command'],
    ['npx tsc --noEmit && npm test', 'typescript', 'command'],
    ['node -e "import(\'./dist/x.js\')"', 'typescript', 'command'],
    ["import { a } from './a.ts'; console.log(a)", 'typescript', 'javascript'],
    ["const m = await import('./a.js'); if (!m.x) throw new Error('x')", 'typescript', 'javascript'],
    ["import { a } from './a.ts'; console.log(a)", null, 'javascript'],
    ['cargo test', 'rust', 'command'],
    ['acme check', 'cobol', 'command'],
    ["print('unclosed", 'python', null],
    ['Everything should work fine', 'python', null],
    ['', 'python', null],
  ];
  for (const [text, technology, expected] of cases) {
    test(`${JSON.stringify(text)} in ${technology ?? 'no technology'}`, () => {
      const decided = validationDialect(text, technology);
      assert.equal(decided === null ? null : decided.dialect === 'command' ? 'command' : decided.language, expected);
    });
  }

  test('commands are told from prose', () => {
    for (const text of [
      'npm test',
      'pytest',
      './scripts/check.sh',
      'A=1 make',
      'acme --check',
      'tools/run.py x',
      'golangci-lint run',
      'cd web && npm test',
    ])
      assert.ok(looksLikeCommand(text), text);
    for (const text of [
      'User',
      'the tests',
      'cd web',
      'apps/users',
      'apps/users/models.py',
      '',
      'npm "test',
      'config.yaml',
      'GET /users/{id}',
    ])
      assert.ok(!looksLikeCommand(text), text);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('python', 'typescript', null, 'x'),
        (text, technology) => void validationDialect(text, technology),
      ),
    );
  });
});
