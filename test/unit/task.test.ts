import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addToScope } from '../../src/core/task/edit.ts';
import { readTaskSpec } from '../../src/core/task/read.ts';
import { isUsualFrontMatter, taskFrontMatterSchema } from '../../src/core/task/schema.ts';
import { plain } from '../../src/core/text/document.ts';
import { readYaml } from '../../src/core/text/yaml.ts';
import type { Scope } from '../../src/core/task/model.ts';
import { assertFinding, caret } from './caret.ts';

const file = 'parallel/TS-1-x/tasks/task-001-users.md';
const scopeOf = (lines: string) =>
  readTaskSpec(`---\nid: task-001\n---\n# task-001: T\n\n## Scope\n\n${lines}\n\n## Requirements\n\n- do`, file);
/** `path::symbol` of every entry, `null` for prose. */
const shape = (scope: Scope) =>
  Object.fromEntries(
    Object.entries(scope).map(([key, entries]) => [
      key,
      (entries as Scope['create']).map((entry) =>
        entry.path === null ? null : entry.symbol === null ? entry.path : `${entry.path}::${entry.symbol}`,
      ),
    ]),
  );

suite('task spec: front matter', () => {
  test('every field, with its place', () => {
    const text = [
      '---',
      'id: task-003-orders',
      'component: orders',
      'wave: 2',
      'deps: [task-001, task-002-products]',
      'blocks:',
      '  - task-009',
      'agent: "python-experts:django-expert"',
      'skills: parallel-agent-spec, testing',
      'contracts: [contracts/types.py]',
      'workstream: WS-B',
      'runtime_deps: task-004',
      'layers: [api]',
      'verify: pytest apps/orders -k "a, b"',
      'estimate: 2-4h',
      'stop: [the schema must change]',
      'attempts: 2',
      'kind: ops',
      '---',
      '# task-003-orders: Orders & baskets',
      '',
      '## Requirements',
      '- one',
      '## Checklist',
      '- [x] `ruff check .` passes',
      '- [ ] `npm test` does not pass yet',
      '- [ ] `Order` passes validation',
      '- [ ] all tests in `apps/orders` pass',
      '## Stop conditions',
      '- unclear instructions',
      '## Evidence',
      '- `pytest -q`',
      '```sh',
      '$ make check',
      '# a comment',
      '```',
    ].join('\n');
    const { task, findings } = readTaskSpec(text, file);
    const at = (located: { span: { start: number; end: number } } | null | undefined) =>
      located && text.slice(located.span.start, located.span.end);
    assert.deepEqual(findings, []);
    assert.equal(task.id?.value, 'task-003-orders');
    assert.equal(task.title, 'Orders & baskets');
    assert.deepEqual(task.wave && [task.wave.value, at(task.wave)], [2, '2']);
    assert.deepEqual(task.deps.map(at), ['task-001', 'task-002-products']);
    assert.deepEqual(task.blocks.map(at), ['task-009']);
    assert.equal(task.agent?.value, 'python-experts:django-expert');
    assert.deepEqual(task.skills, ['parallel-agent-spec', 'testing']);
    assert.deepEqual(task.runtimeDeps.map(at), ['task-004']);
    assert.equal(task.workstream?.value, 'WS-B');
    assert.deepEqual(
      task.verify.map((check) => check.value),
      ['pytest apps/orders -k "a, b"', 'ruff check .', 'pytest -q', 'make check'],
    );
    assert.deepEqual(task.verify.slice(1).map(at), ['ruff check .', 'pytest -q', 'make check']);
    assert.deepEqual(
      task.stop.map((rule) => rule.value),
      ['the schema must change', 'unclear instructions'],
    );
    assert.deepEqual([task.estimateMinutes, task.attempts, task.kind], [180, 2, 'ops']);
    assert.deepEqual(
      task.checklist.map((item) => item.done),
      [true, false, false, false],
    );
    assert.equal(task.requirements, '- one');
  });

  test('the id may stand in the heading alone', () => {
    for (const [heading, id, title] of [
      ['# task-007: Users', 'task-007', 'Users'],
      ['# Task A3 - Endpoint', 'A3', 'Endpoint'],
      ['# task-007-users', 'task-007-users', null],
      ['# Users and products', undefined, 'Users and products'],
    ] as const) {
      const { task } = readTaskSpec(heading, file);
      assert.equal(task.id?.value, id, heading);
      assert.equal(task.title, title, heading);
    }
  });

  test('wrong values are underlined', () => {
    for (const [code, marked] of [
      ['task.estimate', '---\nid: a1\nestimate: |soon|\n---\n'],
      ['task.schema', '---\nid: a1\nattempts: |0|\n---\n'],
      ['task.schema', '---\nid: a1\nkind: |magic|\n---\n'],
      ['task.yaml-strict', '---\nid: a1\n|id|: a2\n---\n'],
      ['task.yaml', '---\nid: a1\ndeps: [a, b\n|-|--\n'],
    ] as const) {
      const at = caret(marked);
      const { findings } = readTaskSpec(at.text, file);
      if (code === 'task.yaml') assert.ok(findings.some((found) => found.code === code));
      else assertFinding(findings, code, at);
    }
  });
});

suite('task spec: scope', () => {
  const cases: { name: string; lines: string; scope: Record<string, (string | null)[]>; codes?: string[] }[] = [
    {
      name: 'inline lists, braces whole',
      lines: 'CREATE: src/{a,b}.ts, src/c/*\nMODIFY: x.ts::Foo\nBOUNDARY: docs/**',
      scope: { create: ['src/{a,b}.ts', 'src/c/*'], modify: ['x.ts::Foo'], boundary: ['docs/**'] },
    },
    {
      name: 'bulleted',
      lines: 'CREATE:\n- src/a.ts\n* src/b.ts\n\nMODIFY:\n  - src/c.ts\nBOUNDARY:\n1. docs/',
      scope: { create: ['src/a.ts', 'src/b.ts'], modify: ['src/c.ts'], boundary: ['docs/**'] },
    },
    {
      name: 'bold keys and remarks behind them',
      lines: '**CREATE**: a.ts\n**MODIFY:** b.ts\n**BOUNDARY** (do not touch): c.ts',
      scope: { create: ['a.ts'], modify: ['b.ts'], boundary: ['c.ts'] },
    },
    {
      name: 'more remarks',
      lines: 'CREATE (new files, see docs/a.md): a.ts\nMODIFY - existing files: b.ts\n- **BOUNDARY (never):** c.ts',
      scope: { create: ['a.ts'], modify: ['b.ts'], boundary: ['c.ts'] },
    },
    {
      name: 'as headings',
      lines: '### CREATE\n- a.ts\n### Modify (existing)\n- b.ts\n### BOUNDARY:\n- c.ts',
      scope: { create: ['a.ts'], modify: ['b.ts'], boundary: ['c.ts'] },
    },
    {
      name: 'the forms of empty',
      lines: 'CREATE: []\nMODIFY: none\nBOUNDARY: (none)',
      scope: { create: [], modify: [], boundary: [] },
    },
    {
      name: 'more forms of empty',
      lines: 'CREATE:\nMODIFY:\n- None.\nBOUNDARY: n/a',
      scope: { create: [], modify: [], boundary: [] },
    },
    {
      name: 'a bracketed list',
      lines: 'CREATE: [a.ts, src/[id]/b.ts]\nMODIFY: src/[id].ts\nBOUNDARY: `c.ts`, `d e.ts`, [slug].ts',
      scope: { create: ['a.ts', 'src/[id]/b.ts'], modify: ['src/[id].ts'], boundary: ['c.ts', 'd e.ts', '[slug].ts'] },
      codes: ['task.scope-brackets', 'task.scope-brackets'],
    },
    {
      name: 'remarks behind entries',
      lines:
        'CREATE: a.ts - the model, with checks, b.ts (new), c.ts – why\nMODIFY:\n- d.ts - like x.ts, y.ts\n- `e.ts` - one, two\nBOUNDARY: f.ts: not ours',
      scope: { create: ['a.ts', 'b.ts', 'c.ts'], modify: ['d.ts', 'e.ts'], boundary: ['f.ts'] },
    },
    {
      name: 'symbols',
      lines: 'MODIFY: a.py::Foo.bar, `b.py::baz()`, `c.py`::Qux - why, d.py::{A, B}, e.rs::A::b',
      scope: {
        create: [],
        modify: ['a.py::Foo.bar', 'b.py::baz', 'c.py::Qux', 'd.py::A', 'd.py::B', 'e.rs::A.b'],
        boundary: [],
      },
    },
    {
      name: 'spellings of a path',
      lines: 'CREATE: ./a.ts, /b.ts, c\\d.ts, e//f.ts, g/../h.ts, apps/\\*\\*, [i.ts](i.ts), Makefile, src/',
      scope: {
        create: ['a.ts', 'b.ts', 'c/d.ts', 'e/f.ts', 'h.ts', 'apps/**', 'i.ts', 'Makefile', 'src/**'],
        modify: [],
        boundary: [],
      },
    },
    {
      name: 'lines that continue',
      lines: 'CREATE: a.ts,\n        b.ts\nMODIFY:\n    c.ts\n    d.ts\n\nSome prose about e.ts.\nBOUNDARY: f.ts',
      scope: { create: ['a.ts', 'b.ts'], modify: ['c.ts', 'd.ts'], boundary: ['f.ts'] },
    },
    {
      name: 'in a code block',
      lines: '```\nCREATE: a.ts\nBOUNDARY:\n- b.ts\n```',
      scope: { create: ['a.ts'], modify: [], boundary: ['b.ts'] },
    },
    {
      name: 'prose',
      lines: 'BOUNDARY: all implementation files, docs/**, everything',
      scope: { create: [], modify: [], boundary: [null, 'docs/**', null] },
      codes: ['task.boundary-prose', 'task.boundary-prose'],
    },
    {
      name: 'prose where rights are given',
      lines: 'MODIFY: whatever is needed',
      scope: { create: [], modify: [null], boundary: [] },
      codes: ['task.scope-prose'],
    },
    {
      name: 'out of the repository',
      lines: 'CREATE: ../a.ts, ~/b.ts, C:\\c.ts',
      scope: { create: [null, null, null], modify: [], boundary: [] },
      codes: ['task.scope-outside', 'task.scope-outside', 'task.scope-outside'],
    },
    {
      name: 'a remark without a mark',
      lines: 'CREATE: src/a.ts for the model',
      scope: { create: ['src/a.ts'], modify: [], boundary: [] },
      codes: ['task.scope-unclear'],
    },
    {
      name: 'two code spans',
      lines: 'CREATE: `a.ts` and `b.ts`',
      scope: { create: ['a.ts', 'b.ts'], modify: [], boundary: [] },
    },
    {
      name: 'a directory without a slash',
      lines: 'BOUNDARY: src/users',
      scope: { create: [], modify: [], boundary: ['src/users'] },
      codes: ['task.scope-directory'],
    },
  ];
  for (const { name, lines, scope, codes } of cases) {
    test(name, () => {
      const { task, findings } = scopeOf(lines);
      assert.deepEqual(shape(task.scope), scope);
      assert.deepEqual(
        findings.map((found) => found.code),
        codes ?? [],
      );
    });
  }

  const globs = [
    '**/x.ts',
    '**/*',
    '**',
    'c?.ts',
    'a?',
    '{b,c}b.ts',
    '{a,b}',
    '{a,{b,c}}.ts',
    '[ab]b.ts',
    '[ab]b',
    '[!a]b.ts',
    '[.a]',
    'vite.config.{ts,js}',
    '[slug].ts',
    '[...rest].tsx',
    'src/app/[slug]/page.tsx',
    '[[...path]].tsx',
    '(group)/a.ts',
    '__init__.py',
    '$id.tsx',
    '+page.svelte',
    'größe.ts',
    'a#b.ts',
    '*.{ts,tsx}',
    'a/[ab]',
    '?b',
  ];
  const notations: Readonly<Record<string, (glob: string) => string>> = {
    'on the line': (glob) => `MODIFY: ${glob}`,
    'without a blank': (glob) => `MODIFY:${glob}`,
    'between others': (glob) => `MODIFY: zz/first.ts, ${glob}, zz/last.ts`,
    'behind a bold key': (glob) => `**MODIFY**: ${glob}`,
    'behind a bold key with its colon': (glob) => `**MODIFY:** ${glob}`,
    'in a bulleted key': (glob) => `- **MODIFY**: ${glob}`,
    'in a bullet': (glob) => `MODIFY:\n- ${glob}`,
    'in a star bullet': (glob) => `MODIFY:\n* ${glob}`,
    'with a remark': (glob) => `MODIFY:\n- ${glob} - the thing`,
    'in code marks': (glob) => `MODIFY: \`${glob}\``,
    'in a bullet with code marks': (glob) => `MODIFY:\n- \`${glob}\` (as agreed)`,
    'in a fence': (glob) => `\`\`\`\nMODIFY: ${glob}\n\`\`\``,
    'in a row': (glob) => `| directive | files |\n|---|---|\n| MODIFY | ${glob} |`,
    'in a row with code marks': (glob) => `| | |\n|:--|--:|\n| **MODIFY** | zz/first.ts, \`${glob}\` |`,
    'in a column': (glob) => `| CREATE | MODIFY |\n|---|---|\n| zz/new.ts | ${glob} |`,
    'in a list': (glob) => `MODIFY: [zz/first.ts, ${glob}]`,
  };
  for (const [name, write] of Object.entries(notations))
    test(`globs are read as written ${name}`, () => {
      for (const glob of globs) {
        const { task, findings } = scopeOf(write(glob));
        const paths = task.scope.modify.flatMap(({ path }) => (path?.startsWith('zz/') ? [] : [path]));
        assert.deepEqual(paths, [glob], write(glob));
        assert.deepEqual(
          findings.filter(({ severity }) => severity !== 'hint'),
          [],
        );
      }
    });

  test("marks around a whole directive are its own; a backslash is the glob's in code, else Markdown's", () => {
    for (const [line, path] of [
      ['**MODIFY: src/a.ts**', 'src/a.ts'],
      ['`MODIFY: src/*.ts`', 'src/*.ts'],
      ['MODIFY: src/a.ts.', 'src/a.ts'],
      ['MODIFY: \\*\\*/a\\_b.ts', '**/a_b.ts'],
      ['MODIFY: `\\[slug\\].ts`', '\\[slug\\].ts'],
      ['MODIFY： src/a.ts', 'src/a.ts'],
    ] as const)
      assert.deepEqual(shape(scopeOf(line).task.scope)['modify'], [path], line);
    for (const words of ['tbd?', 'anything', 'e.g.', 'the rest of it'])
      assert.deepEqual(shape(scopeOf(`MODIFY: ${words}`).task.scope)['modify'], [null], words);
  });

  test('every entry keeps its words and its place', () => {
    const at = caret('## Scope\nBOUNDARY:\n- `a.ts`\n- |all tests, please|\n');
    const { task, findings } = readTaskSpec(at.text, file);
    assert.equal(task.scope.boundary[1]?.text, 'all tests');
    assertFinding(findings.slice(0, 1), 'task.boundary-prose', { ...at, end: at.start + 'all tests'.length });
  });

  test('directives are found without a scope heading, and not in other sections when there is one', () => {
    assert.deepEqual(shape(readTaskSpec('# t\nCREATE: a.ts\n', file).task.scope).create, ['a.ts']);
    assert.deepEqual(
      shape(readTaskSpec('# t\n## Scope\nCREATE: a.ts\n## Notes\nMODIFY: b.ts\n', file).task.scope).modify,
      [],
    );
  });

  test('never throws; every span lies in the text; entries are the words at their span', () => {
    const piece = fc.constantFrom(
      'CREATE',
      'MODIFY',
      'BOUNDARY',
      ': ',
      '\n',
      '- ',
      '**',
      '`',
      'a/b.ts',
      '::',
      'Foo',
      ',',
      ' - ',
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      'none',
      ' prose ',
      '..',
      '/',
      '\\',
      '## Scope\n',
      '---\n',
      'deps: ',
      'estimate: 1h\n',
      '😀',
      '\r\n',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 60 }).map((all) => `## Scope\n${all.join('')}`),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          const { task, findings } = readTaskSpec(text, file);
          for (const entry of [...task.scope.create, ...task.scope.modify, ...task.scope.boundary]) {
            assert.equal(text.slice(entry.span.start, entry.span.end), entry.text);
            assert.ok(entry.path === null || (!entry.path.startsWith('/') && !entry.path.split('/').includes('..')));
          }
          for (const { span } of findings)
            assert.ok(span.start >= 0 && span.start <= span.end && span.end <= text.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});

suite('task spec: growing the scope', () => {
  const cases: [string, string, string][] = [
    [
      'inline',
      '## Scope\nCREATE: a.ts - why, and more\nMODIFY: none\nBOUNDARY: x/**\n',
      '## Scope\nCREATE: `n.ts`, a.ts - why, and more\nMODIFY: `m.ts`\nBOUNDARY: x/**\n',
    ],
    [
      'bulleted',
      '## Scope\n**CREATE**:\n  * `a.ts`\n\n**MODIFY**:\n',
      '## Scope\n**CREATE**:\n  * `a.ts`\n  * `n.ts`\n\n**MODIFY**: `m.ts`\n',
    ],
    ['bracketed', '## Scope\nCREATE: [a.ts]\nMODIFY: []\n', '## Scope\nCREATE: [`n.ts`, a.ts]\nMODIFY: `m.ts`\n'],
    [
      'missing directives',
      '## Scope\nBOUNDARY: x/**\n## Rest\n',
      '## Scope\nCREATE: `n.ts`\nMODIFY: `m.ts`\nBOUNDARY: x/**\n## Rest\n',
    ],
    ['no scope at all', '# t', '# t\n\n## Scope\n\nCREATE: `n.ts`\nMODIFY: `m.ts`\n'],
    ['already there', '## Scope\nCREATE: n.ts\nMODIFY: m.ts\n', '## Scope\nCREATE: n.ts\nMODIFY: m.ts\n'],
    [
      'CRLF',
      '## Scope\r\nCREATE:\r\n- a.ts\r\nMODIFY: x.ts\r\n',
      '## Scope\r\nCREATE:\r\n- a.ts\r\n- `n.ts`\r\nMODIFY: `m.ts`, x.ts\r\n',
    ],
  ];
  for (const [name, before, after] of cases) {
    test(name, () => assert.equal(addToScope(before, file, { create: ['n.ts'], modify: ['m.ts'] }), after));
  }

  test('what was added is read back, whatever it is called', () => {
    const path = fc
      .stringMatching(/^[a-z][a-z ,()[\]{}-]{0,10}\/[a-z ]{0,5}[a-z]\.ts$/)
      .filter((p) => !p.includes('//') && !/[{}]/.test(p) && !/ \//.test(p));
    fc.assert(
      fc.property(
        fc.array(path, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(
          'CREATE: a.ts',
          'CREATE:\n- a.ts',
          'CREATE: none',
          'BOUNDARY: x',
          '**CREATE** (new): `q.ts` - note, more',
        ),
        (paths, lines) => {
          const grown = addToScope(`## Scope\n${lines}\n`, file, { create: paths, modify: [] });
          const known = new Set(readTaskSpec(grown, file).task.scope.create.map((entry) => entry.path));
          for (const wanted of paths) assert.ok(known.has(wanted), `${wanted} in ${grown}`);
          assert.equal(addToScope(grown, file, { create: paths, modify: [] }), grown);
        },
      ),
    );
  });
});

suite('task spec: what is read once', () => {
  test('front matter that passes for usual is what the schema takes', () => {
    const keys = Object.keys(taskFrontMatterSchema.shape);
    const scalar = fc.oneof(
      fc.constantFrom(
        'a',
        'WS-A',
        '2h',
        '12',
        '-1',
        '0',
        '1.5',
        '17',
        '1e400',
        '.inf',
        'true',
        '',
        '~',
        'support',
        '"12"',
      ),
      fc.stringMatching(/^[a-z0-9]{1,4}$/),
    );
    const value = fc.oneof(
      scalar,
      fc.array(scalar, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc.array(scalar, { minLength: 1, maxLength: 3 }).map((items) => items.map((item) => `\n  - ${item}`).join('')),
      fc.constant('{a: 1}'),
      fc.constant('[[a], {b: c}]'),
    );
    let usual = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.constantFrom(...keys, 'other'), value), { minLength: 1, maxLength: 4 }),
        (lines) => {
          const map = readYaml(`id: task-1\n${lines.map(([key, text]) => `${key}: ${text}\n`).join('')}`).value;
          if (map?.kind !== 'map' || !isUsualFrontMatter(map)) return;
          usual++;
          assert.deepEqual(taskFrontMatterSchema.safeParse(plain(map)).error?.issues, undefined);
        },
      ),
      { numRuns: 2_000 },
    );
    assert.ok(usual > 50, `${usual} were usual`);
    const map = readYaml(
      'id: task-1\nwave: 2\ndeps: [task-2, 3]\nverify:\n  - npm test\nestimate: 2h\nkind: ops\n',
    ).value;
    assert.equal(map?.kind === 'map' && isUsualFrontMatter(map), true);
  });

  test('one line means the same wherever it stands again, except for what its directive makes of it', () => {
    const lines = [
      'CREATE:',
      '- `src/a.ts`',
      '- src/b.ts - the second, with a remark',
      '- `!src/c.ts`',
      '- `src/d.ts::A, B`',
      '- src/e.ts (read only)',
      '- some words',
      'MODIFY:',
      '- `src/a.ts`',
      '- `src/d.ts::A, B`',
      '- `!src/c.ts`',
      'BOUNDARY:',
      '- src/b.ts - the second, with a remark',
      '- src/e.ts (read only)',
      '- some words',
    ].join('\n');
    const first = scopeOf(lines);
    const again = scopeOf(lines);
    assert.deepEqual(again, first);
    assert.deepEqual(shape(again.task.scope), {
      create: ['src/a.ts', 'src/b.ts', 'src/d.ts::A', 'src/d.ts::B', 'src/e.ts', null],
      modify: ['src/a.ts', 'src/d.ts::A', 'src/d.ts::B'],
      boundary: ['src/b.ts', 'src/e.ts', null, 'src/c.ts', 'src/c.ts'],
    });
    assert.deepEqual(
      again.task.scope.boundary.map((entry) => entry.exceptOf),
      [undefined, undefined, undefined, 'create', 'modify'],
    );
    for (const entries of Object.values(again.task.scope) as Scope['create'][])
      for (const { text, span } of entries) {
        const whole = `---\nid: task-001\n---\n# task-001: T\n\n## Scope\n\n${lines}`;
        assert.equal(whole.slice(span.start, span.end), text);
      }
  });
});
