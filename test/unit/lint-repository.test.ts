import assert from 'node:assert/strict';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { lintFile, lintWorkspace } from '../../src/core/lint/lint.ts';
import { applyFix } from './caret.ts';
import { repositoryOf } from './lint-cases/repository.ts';

const dir = 'parallel/TS-7-x';

interface Sliced {
  readonly fields?: string;
  readonly scope: string;
  readonly check?: string;
}

/** A plan of slices in the order given, each in a wave of its own unless `waves` says otherwise. */
function planOf(
  slices: Readonly<Record<string, Sliced>>,
  more: Readonly<Record<string, unknown>> = {},
): Map<string, string> {
  const ids = Object.keys(slices);
  const files = new Map<string, string>();
  for (const [id, { fields = '', scope, check = '`npx mocha` passes' }] of Object.entries(slices)) {
    files.set(
      `${dir}/tasks/${id}.md`,
      `---\nid: ${id}\nagent: claude\n${fields}---\n# ${id}: T\n\n## Scope\n\n${scope}\nBOUNDARY: .env*\n\n## Checklist\n\n- [ ] ${check}\n\n## Stop conditions\n\n- unclear\n`,
    );
  }
  const waves = ids.map((id, index) => ({ number: index + 1, tasks: [{ id, agent: 'claude' }] }));
  files.set(`${dir}/manifest.json`, JSON.stringify({ tech_spec_id: 'TS-7', waves, ...more }, null, 2));
  return files;
}

const found = (files: ReadonlyMap<string, string>, code: string, repository: RepositoryFacts | null = null) =>
  lintWorkspace(files, repository).filter((finding) => finding.code === code);

suite('lint against a repository', () => {
  const repository = repositoryOf({
    'src/a.ts': 'export function go() {}',
    'package.json': '{"scripts": {"test": ""}}',
  });

  test('what an earlier slice creates is there for all behind it, by whatever way they wait', () => {
    const slices = {
      'task-001': { scope: 'CREATE: src/new/**' },
      'task-002': { fields: 'deps: [task-001]\n', scope: 'CREATE: src/x.ts' },
      'task-003': { fields: 'deps: [task-002]\n', scope: 'MODIFY: src/new/model.ts' },
      'task-004': { scope: 'MODIFY: src/new/other.ts' },
    };
    assert.deepEqual(
      found(planOf(slices), 'task.modify-nothing', repository).map((finding) => finding.message),
      [
        '"src/new/other.ts" matches nothing in the repository; task-001 creates it, so make this slice depend on task-001',
      ],
    );
    const point = { merge_points: [{ id: 'MP1', needs: ['task-002'], unlocks: ['task-004'] }] };
    assert.deepEqual(found(planOf(slices, point), 'task.modify-nothing', repository), []);
  });

  test('a circle elsewhere, or before it, makes nobody forget what a slice waits for', () => {
    const slices = {
      'task-001': { fields: 'deps: [task-002]\n', scope: 'CREATE: src/one.ts' },
      'task-002': { fields: 'deps: [task-001]\n', scope: 'CREATE: src/two.ts\nMODIFY: src/one.ts' },
      'task-003': { fields: 'deps: [task-002]\n', scope: 'CREATE: src/new/**' },
      'task-004': { fields: 'deps: [task-003]\n', scope: 'CREATE: src/x.ts' },
      'task-005': { fields: 'deps: [task-004]\n', scope: 'MODIFY: src/new/model.ts, src/one.ts' },
    };
    assert.deepEqual(found(planOf(slices), 'task.modify-nothing', repository), []);
    const early = { ...slices, 'task-005': { scope: 'MODIFY: src/new/model.ts' } };
    assert.equal(found(planOf(early), 'task.modify-nothing', repository).length, 1);
  });

  test('a contract is written before every slice; a submodule keeps its files to itself', () => {
    const files = planOf(
      { 'task-001': { scope: 'MODIFY: src/types.ts, vendor/lib/x.c' } },
      { contracts: [{ path: 'contracts/types.ts', target: 'src/types.ts', provider: 'task-001' }] },
    );
    const withSubmodule = repositoryOf({ 'src/a.ts': '', 'vendor/lib': '' });
    assert.deepEqual(found(files, 'task.modify-nothing', withSubmodule), []);
  });

  test('a directory is no file, and the fix says so', () => {
    const files = planOf({ 'task-001': { scope: 'MODIFY: `src`' } });
    const [one] = found(files, 'task.modify-nothing', repository);
    assert.ok(one);
    const fixed = applyFix(files.get(one.file) ?? '', one);
    assert.match(fixed, /MODIFY: `src\/\*\*`\n/);
  });

  test('a symbol that a slice before writes may come with it', () => {
    const slices = {
      'task-001': { scope: 'MODIFY: src/a.ts' },
      'task-002': { fields: 'deps: [task-001]\n', scope: 'MODIFY: src/a.ts::stop' },
      'task-003': { scope: 'MODIFY: src/a.ts::halt' },
    };
    assert.deepEqual(
      found(planOf(slices), 'task.symbol-unknown', repository).map((finding) => finding.file),
      [`${dir}/tasks/task-003.md`],
    );
  });

  test('a plan that was carried out is left alone, and so is a slice with every item ticked', () => {
    const there = repositoryOf({ 'src/1.ts': '', 'src/2.ts': '', 'src/3.ts': '' });
    const one = { 'task-001': { scope: 'CREATE: src/1.ts' } };
    assert.equal(found(planOf(one), 'task.create-exists', there).length, 1);
    assert.equal(
      found(planOf({ 'task-001': { scope: 'CREATE: src/1.ts, src/2.ts, src/3.ts' } }), 'task.create-exists', there)
        .length,
      0,
    );
    const ticked = new Map([...planOf(one)].map(([file, text]) => [file, text.replace('- [ ]', '- [x]')]));
    assert.deepEqual(found(ticked, 'task.create-exists', there), []);
  });

  test('a task spec by itself that waits for others is not told what they may bring', () => {
    const lint = (deps: string): string[] =>
      lintFile(`---\nid: task-002\ndeps: [${deps}]\n---\n# t\n## Scope\nMODIFY: src/none.ts\n`, 'tasks/task-002.md', {
        repository,
      }).map((finding) => finding.code);
    assert.ok(lint('').includes('task.modify-nothing'));
    assert.ok(!lint('task-001').includes('task.modify-nothing'));
  });

  test('scripts are those of the package that the command means', () => {
    const packages = repositoryOf(
      {
        'package.json': '{"scripts": {"test": "", "lint": ""}}',
        'web/package.json': '{"scripts": {"test:web": ""}}',
        'web/src/a.ts': '',
        'scripts/check.sh': '',
        'broken/x': '',
      },
      ['npm', 'pnpm', 'yarn', 'npx', 'node'],
    );
    const checks: [string, string | null][] = [
      ['npm test', null],
      ['npm t -- --grep x', null],
      ['npm run lint', null],
      ['npm run lnt', 'lnt'],
      ['npm run lnt --if-present', null],
      ['npm run --silent lnt', 'lnt'],
      ['npm run test:web', 'test:web'],
      ['npm run test:web -w web', null],
      ['npm --prefix web run lint', 'lint'],
      ['cd web && npm run test:web', null],
      ['cd web && npm run lint', 'lint'],
      ['cd web/src && npm run test:web', null],
      ['npm run lint -w @acme/web', null],
      ['npm ci', null],
      ['pnpm run lint', null],
      ['pnpm run lnt', 'lnt'],
      ['pnpm --filter web run lnt', null],
      ['yarn run eslint', null],
      ['yarn test', null],
      ['npx anything', null],
      ['./scripts/check.sh', null],
      ['./scripts/chk.sh', './scripts/chk.sh'],
      ['./node_modules/.bin/x run', null],
      ['node scripts/chk.mjs', 'scripts/chk.mjs'],
      ['node --test scripts/chk.test.js', 'scripts/chk.test.js'],
      ['cd web && node --test src/a.test.ts', 'src/a.test.ts'],
      ['node --test src/q.ts', null],
      ['node --test', null],
      ['node --test scripts/*.test.js', null],
      ['node --import scripts/hook.mjs scripts/run.mjs', null],
      ['node dist/cli.js', null],
      ['node -e "a.js"', null],
      ['CI=1 npm run lnt', 'lnt'],
      ['mytool run', 'mytool'],
      ['sh -c "npm run lnt"', 'sh'],
    ];
    for (const [command, word] of checks) {
      const files = planOf({
        'task-001': {
          scope: 'CREATE: src/q.ts',
          check: `\`${command}\` passes`,
          fields: `verify: [${JSON.stringify(command)}]\n`,
        },
      });
      const seen = lintWorkspace(files, packages).filter((finding) =>
        /^task\.(?:check|program)-unknown$/.test(finding.code),
      );
      const words = seen.map((finding) => files.get(finding.file)?.slice(finding.span.start, finding.span.end));
      assert.deepEqual(words, word === null ? [] : [word], command);
    }
    const grows = planOf({
      'task-001': { scope: 'MODIFY: package.json', check: '`npx tsc` passes' },
      'task-002': { fields: 'deps: [task-001]\n', scope: 'CREATE: src/q.ts', check: '`npm run new` passes' },
    });
    assert.deepEqual(found(grows, 'task.check-unknown', packages), []);
  });

  test('a dependency is pinned to what the lock file says, when the manifest leaves room for it', () => {
    const pins = (
      add: readonly string[],
      ecosystem: string,
      texts: Readonly<Record<string, string>>,
    ): (string | null)[] => {
      const files = planOf({ 'task-001': { scope: 'CREATE: q.ts' } }, { dependencies: { [ecosystem]: { add } } });
      const text = files.get(`${dir}/manifest.json`) ?? '';
      return found(files, 'manifest.unpinned', repositoryOf(texts)).map((finding) => {
        if (!finding.fix) return null;
        const fixed = applyFix(text, finding);
        return /\[\s*"([^"]*)"/.exec(fixed.slice(finding.span.start - 20))?.[1] ?? fixed;
      });
    };
    const lock = { 'package-lock.json': '{"packages": {"node_modules/zod": {"version": "4.1.5"}}}' };
    for (const [range, pinned] of [
      ['zod', 'zod@4.1.5'],
      ['zod@^4', 'zod@4.1.5'],
      ['zod@~4.1.0', 'zod@4.1.5'],
      ['zod@>=4.0', 'zod@4.1.5'],
      ['zod@4.x', 'zod@4.1.5'],
      ['zod@^3', null],
      ['zod@~4.0', null],
      ['zod@>=4.2', null],
      ['zod@latest', null],
      ['lunr', null],
    ] as const)
      assert.deepEqual(pins([range], 'node', lock), [pinned], range);
    assert.deepEqual(pins(['@a/b@^1'], 'node', { 'package.json': '{"devDependencies": {"@a/b": "1.2.3"}}' }), [
      '@a/b@1.2.3',
    ]);
    assert.deepEqual(pins(['a@^1'], 'node', { 'package.json': '{"dependencies": {"a": "^1.2.3"}}' }), [null]);
    const uv = { 'uv.lock': '[[package]]\nname = "pydantic-core"\nversion = "2.5.3"\n' };
    assert.deepEqual(pins(['pydantic_core>=2,<3'], 'python', uv), ['pydantic_core==2.5.3']);
    assert.deepEqual(pins(['pydantic-core[x]~=2.4'], 'python', uv), ['pydantic-core[x]==2.5.3']);
    assert.deepEqual(pins(['pydantic-core>=3'], 'python', uv), [null]);
    const pnpm = {
      'pnpm-lock.yaml':
        'importers:\n  .:\n    dependencies:\n      zod:\n        specifier: ^4\n        version: 4.2.0\n',
    };
    assert.deepEqual(pins(['zod@^4'], 'node', pnpm), ['zod@4.2.0']);
  });
});

suite('lint of a plan', () => {
  test('a pair of slices that collide has one finding, by what weighs most', () => {
    const both = (a: string, b: string): string[] =>
      lintWorkspace(planOf({ 'task-001': { scope: a }, 'task-002': { scope: b } }))
        .map((finding) => finding.code)
        .filter((code) => /create-twice|overlap|modify-together/.test(code));
    assert.deepEqual(both('CREATE: src/a.ts\nMODIFY: src/b.ts', 'CREATE: src/a.ts\nMODIFY: src/b.ts'), [
      'plan.create-twice',
    ]);
    assert.deepEqual(both('MODIFY: src/a.ts, src/b.ts', 'MODIFY: src/a.ts, src/c.ts'), ['plan.overlap']);
    const many = (letter: string): string => Array.from({ length: 6 }, (_, i) => `src/${letter}${i}.ts`).join(', ');
    assert.deepEqual(both(`MODIFY: src/s.ts, ${many('a')}`, `MODIFY: src/s.ts, ${many('b')}`), [
      'plan.modify-together',
    ]);
    assert.deepEqual(both(`CREATE: src/s.ts\nMODIFY: ${many('a')}`, `MODIFY: src/s.ts, ${many('b')}`), []);
  });

  test('globs of new files may meet where one slice comes after the other; a file that both name may not', () => {
    const told = (first: string, second: string, deps: readonly string[]): string[] =>
      lintWorkspace(
        planOf({
          'task-001': { scope: `CREATE: ${first}` },
          'task-002': { scope: 'CREATE: zz/between.ts', fields: 'deps: [task-001]\n' },
          'task-003': { scope: `CREATE: ${second}`, fields: `deps: [${deps.join(', ')}]\n` },
        }),
      )
        .filter(({ code }) => /^plan\.create|overlap/.test(code))
        .map(({ code, severity, message }) => `${severity} ${code} ${/^\S+/.exec(message)?.[0]}`);
    const after = ['task-002'];
    for (const [first, second, witness] of [
      ['src/api/**', 'src/api/users.ts', 'src/api/users.ts'],
      ['src/api/users.ts', 'src/api/**', 'src/api/users.ts'],
      ['src/[ab].ts', 'src/a.ts', 'src/a.ts'],
      ['src/*.ts', 'src/a*', 'src/a.ts'],
    ] as const) {
      assert.deepEqual(told(first, second, after), [`info plan.create-may-meet ${witness}`]);
      assert.deepEqual(told(first, second, []), [`error plan.create-twice ${witness}`]);
    }
    assert.deepEqual(told('src/a.ts', 'src/a.ts', after), ['error plan.create-twice src/a.ts']);
    assert.deepEqual(told('src/{a,b}.ts', 'src/{b,c}.ts', after), ['error plan.create-twice src/b.ts']);
    // What both name weighs more than what a glob beside it may meet.
    assert.deepEqual(told('src/**, src/a.ts', 'src/a.ts', after), ['error plan.create-twice src/a.ts']);
    assert.deepEqual(told('src/a.ts, src/**', 'src/a.ts', after), ['error plan.create-twice src/a.ts']);
  });

  test('the advice depends on how much two slices share, and names what it is', () => {
    const advice = (a: string, b: string): string | undefined =>
      found(planOf({ 'task-001': { scope: `MODIFY: ${a}` }, 'task-002': { scope: `MODIFY: ${b}` } }), 'plan.overlap')[0]
        ?.message;
    assert.match(
      advice('src/a.ts, src/b.ts', 'src/a.ts, src/c.ts') ?? '',
      /share 50 % .*\(src\/a\.ts\): give it to one/,
    );
    assert.match(advice('src/**', 'src/a.ts') ?? '', /share 100 % .*\(src\/a\.ts\): make one depend/);
  });

  test('a merge point is idle when other ways lead from all its needs to all it unlocks', () => {
    const slices = {
      'task-001': { scope: 'CREATE: a.ts' },
      'task-002': { fields: 'deps: [task-001]\n', scope: 'CREATE: b.ts' },
      'task-003': { fields: 'deps: [task-002]\n', scope: 'CREATE: c.ts' },
      'task-004': { scope: 'CREATE: d.ts' },
    };
    const idle = (...points: { id: string; needs: string[]; unlocks: string[] }[]): string[] =>
      found(planOf(slices, { merge_points: points }), 'plan.merge-point-idle').map((finding) => finding.message);
    assert.equal(idle({ id: 'MP1', needs: ['task-001'], unlocks: ['task-003'] }).length, 1);
    assert.equal(idle({ id: 'MP1', needs: ['task-001', 'task-004'], unlocks: ['task-003'] }).length, 0);
    assert.equal(idle({ id: 'MP1', needs: ['task-001'], unlocks: ['task-003', 'task-004'] }).length, 0);
    assert.equal(idle({ id: 'MP1', needs: ['task-001'], unlocks: [] }).length, 1);
    const twice = { needs: ['task-003'], unlocks: ['task-004'] };
    assert.equal(idle({ id: 'MP1', ...twice }, { id: 'MP2', ...twice }).length, 1, 'one of two that are the same');
  });

  test('lists in front matter are mended in the style they are written in', () => {
    const mend = (fields: string, code: string): string | undefined => {
      const files = planOf({
        'task-001': { fields, scope: 'CREATE: a.ts' },
        'task-002': { fields: 'deps: [task-001]\n', scope: 'CREATE: b.ts' },
        'task-003': { fields: 'deps: [task-001]\n', scope: 'CREATE: c.ts' },
        'task-004': { scope: 'CREATE: d.ts' },
      });
      const [one] = found(files, code);
      assert.ok(one, fields);
      const fixed = applyFix(files.get(one.file) ?? '', one);
      assert.equal(found(new Map(files).set(one.file, fixed), code).length, 0, fixed);
      return /agent: claude\n([^]*?)---/.exec(fixed)?.[1];
    };
    assert.equal(mend('blocks: [task-002]\n', 'plan.blocks-incomplete'), 'blocks: [task-002, task-003]\n');
    assert.equal(
      mend('blocks:\n  - task-002 # why\n', 'plan.blocks-incomplete'),
      'blocks:\n  - task-002 # why\n  - task-003\n',
    );
    assert.equal(mend('blocks: task-002\n', 'plan.blocks-incomplete'), 'blocks: task-002, task-003\n');
    assert.equal(
      mend('blocks: [task-004, task-002, task-003]\n', 'plan.blocks-disagree'),
      'blocks: [task-002, task-003]\n',
    );
    assert.equal(mend('blocks: [task-002, task-004]\n', 'plan.blocks-disagree'), 'blocks: [task-002]\n');
    assert.equal(mend('blocks: [ task-004 ]\n', 'plan.blocks-disagree'), 'blocks: [  ]\n');
    assert.equal(mend('blocks: task-004\n', 'plan.blocks-disagree'), 'blocks: []\n');
    assert.equal(mend('blocks:\n- task-004\nwave: 1\n', 'plan.blocks-disagree'), 'blocks: []\nwave: 1\n');
    assert.equal(mend('blocks:\n  - task-002\n  - "task-004"\n', 'plan.blocks-disagree'), 'blocks:\n  - task-002\n');
    assert.equal(mend('deps:\n  - task-001\n', 'plan.self-dependency'), 'deps: []\n');
    assert.equal(mend('deps: [4, task-004]\n', 'task.duplicate-dependency'), 'deps: [4]\n');
  });

  test('a manifest of the older form is written anew with all it says', () => {
    const file = `${dir}/manifest.json`;
    const files = planOf({ 'task-001': { scope: 'CREATE: a.ts' }, 'task-002': { scope: 'CREATE: b.ts' } });
    const old = {
      version: '1.0',
      tech_spec: { id: 'TS-7', path: 'specs/TS-7.md', title: 'Seven', owner: 'Kim' },
      tasks: {
        total: 2,
        waves: [{ wave: 1, name: 'base', tasks: ['task-001'], validation: 'npm test' }],
        files: ['tasks/task-001.md', { file: 'tasks/task-002.md', wave: 2, agent: 'codex', risk: 'low' }],
        note: 'by hand',
      },
      metadata: { generated_at: 'today', total_tasks: 9 },
      layers: { api: ['src/api/**'] },
    };
    files.set(file, JSON.stringify(old, null, '\t'));
    const [one] = found(files, 'manifest.legacy');
    assert.ok(one);
    const fixed = applyFix(files.get(file) ?? '', one);
    assert.deepEqual(JSON.parse(fixed), {
      tech_spec_id: 'TS-7',
      title: 'Seven',
      version: '1.0',
      layers: { api: ['src/api/**'] },
      tech_spec: { owner: 'Kim' },
      tasks: { note: 'by hand' },
      waves: [
        { number: 1, name: 'base', tasks: [{ id: 'task-001' }], validation: 'npm test' },
        { number: 2, tasks: [{ agent: 'codex', risk: 'low', id: 'task-002' }] },
      ],
      metadata: { generated_at: 'today', tech_spec: 'specs/TS-7.md', total_tasks: 2 },
    });
    assert.match(fixed, /^\{\n\t"tech_spec_id"/);
    const left = lintWorkspace(new Map(files).set(file, fixed)).map((finding) => finding.code);
    assert.ok(!left.some((code) => /^manifest\.(?:legacy|schema|json)/.test(code)), left.join());
    assert.equal(
      found(files.set(file, '{"tech_spec": {}, "tasks": {"files": []}}'), 'manifest.legacy')[0]?.fix,
      undefined,
    );
  });
});
