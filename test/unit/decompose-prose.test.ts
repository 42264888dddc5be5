import assert from 'node:assert/strict';
import { intentOf } from '../../src/core/decompose/clauses.ts';
import type { CodeReader } from '../../src/core/code/model.ts';
import { isRemovedFile } from '../../src/core/task/model.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';
import { cutByStructure, decomposed } from '../decompose-fixture.ts';
import { assertLinear } from './cost.ts';

/** What people write who have no time: what is wanted, with files, in running text. */
function prose(inScope: string, evidence = '`npm test -- limit` passes.'): string {
  return `# Rate limit

## Outcome
Requests are limited to 100 a minute per key.
## In scope
${inScope}
## Out of scope
Billing.
## Evidence
${evidence}
`;
}

const limits =
  'Add a limiter in src/limit.ts, call it from src/server.ts, cover both in test/limit.test.ts. The old src/throttle.ts goes away; docs in docs/limits.md.';

const service: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "service", "type": "module", "scripts": { "test": "node --test" } }',
  'src/server.ts': "import { throttle } from './throttle.ts';\nexport const start = () => throttle();\n",
  'src/throttle.ts': 'export const throttle = () => true;\n',
  'src/log.ts': 'export const log = () => {};\n',
  'test/log.test.ts': "import { log } from '../src/log.ts';\nlog();\n",
};

suite('decompose: prose', () => {
  let code: CodeReader | null = null;
  suiteSetup(async () => {
    code = await openCodeReader();
  });

  function source(specText: string, files: Readonly<Record<string, string>>) {
    return {
      specPath: 'specs/limit.md',
      specText,
      repoFiles: Object.keys(files),
      texts: new Map(Object.entries(files)),
      sources: { textOf: (path: string) => files[path] ?? null, code },
    };
  }
  const cut = (inScope: string, files = service, evidence?: string) => {
    const made = cutByStructure(source(prose(inScope, evidence), files));
    assert.ok(made.proposal, made.findings.map(({ message }) => message).join('\n'));
    return { ...made, proposal: made.proposal };
  };
  const rows = (inScope: string, files?: Readonly<Record<string, string>>) =>
    cut(inScope, files).proposal.slices.map((slice) => [slice.id, slice.title, slice.deps, slice.create, slice.modify]);

  test('of a file that goes away the task says so, and the agent is told', () => {
    const { files, plan } = decomposed({
      specPath: 'specs/limit.md',
      specText: prose(limits),
      repoFiles: Object.keys(service),
      texts: new Map(Object.entries(service)),
    });
    const file = plan.slices.find(({ title }) => title === 'Remove src/throttle.ts')?.file ?? '';
    const entry = '- `src/throttle.ts` - is removed';
    const number = /task-(\d+)/.exec(file)?.[1];
    for (const name of [file.slice(file.indexOf('tasks/')), `prompts/task-${number}.txt`])
      assert.ok(files.get(name)?.includes(entry), `${name}\n${files.get(name)}`);
    const removed = plan.slices.flatMap(({ scope }) => scope.modify.filter(isRemovedFile).map(({ path }) => path));
    assert.deepEqual(removed, ['src/throttle.ts']);
    const said = (note: string | null) => isRemovedFile({ note });
    assert.deepEqual(['deleted', 'to be removed.', 'gone'].map(said), [true, true, true]);
    assert.deepEqual([null, 'is removed from the list', 'as agreed'].map(said), [false, false, false]);
  });

  test('a limiter with its test, who calls it after it, what goes away after that, documents beside them', () => {
    const { proposal, findings } = cut(limits);
    assert.deepEqual(
      proposal.slices.map((slice) => [slice.title, slice.deps, slice.create, slice.modify]),
      [
        ['Add a limiter', [], ['src/limit.ts', 'test/limit.test.ts'], []],
        ['Call the limiter from src/server.ts', ['task-001'], [], ['src/server.ts']],
        ['Remove src/throttle.ts', ['task-002'], [], ['src/throttle.ts']],
        ['Docs in docs/limits.md', [], ['docs/limits.md'], []],
      ],
    );
    assert.deepEqual(
      proposal.slices.map(({ requirements }) => requirements),
      [
        ['Add a limiter in src/limit.ts', 'cover both in test/limit.test.ts'],
        ['call it from src/server.ts'],
        ['The old src/throttle.ts goes away'],
        ['docs in docs/limits.md'],
      ],
    );
    assert.deepEqual(
      proposal.slices.map(({ verify }) => verify),
      [
        ['npm test -- limit'],
        ['npm test -- limit'],
        ['test ! -e src/throttle.ts', 'npm test'],
        ['test -s docs/limits.md'],
      ],
    );
    assert.deepEqual([proposal.workstreams, proposal.contracts, proposal.merge_points], [[], [], []]);
    assert.deepEqual(findings, []);
  });

  test('the same where nobody reads the sources, and where each thing is an item of a list', () => {
    const shape = (inScope: string, files: Readonly<Record<string, string>>) =>
      cut(inScope, files).proposal.slices.map(({ deps, create, modify }) => [deps, create, modify]);
    const blind = Object.fromEntries(Object.keys(service).map((path) => [path, '']));
    assert.deepEqual(shape(limits, blind), shape(limits, service));
    const list = `- Add a limiter in \`src/limit.ts\`, tested in \`test/limit.test.ts\`
- Use the limiter in \`src/server.ts\`
- Delete the old \`src/throttle.ts\`
- Docs in \`docs/limits.md\``;
    assert.deepEqual(shape(list, service), shape(limits, service));
  });

  test('what is done to a path is told by the words around it', () => {
    const path = 'src/throttle.ts';
    const removed = [
      'The old src/throttle.ts goes away',
      'src/throttle.ts is gone',
      'drop `src/throttle.ts`',
      'Delete the old throttle (`src/throttle.ts`)',
      'Remove src/throttle.ts and its callers',
      'get rid of src/throttle.ts',
      '`src/throttle.ts` can be deleted once nobody uses it',
      'src/throttle.ts is no longer needed.',
      'remove the old throttle in src/throttle.ts',
      'src/throttle.ts should be removed',
    ];
    for (const text of removed) assert.equal(intentOf(path, text), 'remove', text);
    const written = [
      'Remove the flag from src/throttle.ts',
      'Drop support for keys in src/throttle.ts',
      'src/throttle.ts drops the connection',
      'Delete rows older than a day in src/throttle.ts',
      'remove the header and log it in src/throttle.ts',
      'The limit in src/throttle.ts is no longer fixed',
      'src/throttle.ts goes through the queue',
      'do not remove src/throttle.ts, fix it',
    ];
    for (const text of written) assert.equal(intentOf(path, text), 'write', text);
    const kept = ['src/throttle.ts stays as it is', 'leave src/throttle.ts alone', 'without touching src/throttle.ts'];
    for (const text of kept) assert.equal(intentOf(path, text), 'keep', text);
    const read = ['the same pattern as in src/throttle.ts', 'a limiter like `src/throttle.ts`', 'see src/throttle.ts'];
    for (const text of read) assert.equal(intentOf(path, text), 'read', text);
  });

  test('what stands between a path and what is said of it is gone through once', () => {
    const path = 'src/throttle.ts';
    const deep = 'src/main/java/com/example/shop/orders/controllers/admin/v2/internal/OrderController.java';
    assert.equal(intentOf(path, `${path}, ${deep} and ${deep} must follow`), 'write');
    assert.equal(intentOf(path, `${path}, ${deep} and ${deep} go away`), 'remove');
    assert.equal(intentOf(path, `see the tests in ${'in '.repeat(60)}a row of ${path}`), 'write');
    assert.equal(intentOf(path, `see what is in the code in ${path}`), 'write');
    assert.equal(intentOf(path, `see the code in ${path}`), 'read');
  });

  test('a long line of marks, blanks or words costs what its length lets expect', () => {
    for (const part of ['.', '!', ', ', '  ', '[', '/', ':', 'in ', 'and then ', 'drop src/log.ts and '])
      assertLinear(part, 40_000, (size) => cut(`- Change src/log.ts ${part.repeat(size / part.length)}x`));
  });

  test('what is kept or only looked at is in no slice', () => {
    const text = 'Add a limiter in src/limit.ts, like the one in src/throttle.ts. src/log.ts stays as it is.';
    assert.deepEqual(rows(text), [['task-001', 'Add a limiter', [], ['src/limit.ts'], []]]);
  });

  test('an import that is there is an edge, whichever comes first in the text', () => {
    const files = {
      ...service,
      'src/money.ts': 'export const round = (x: number) => x;\n',
      'src/cart.ts': "import { round } from './money.ts';\nexport const total = () => round(1);\n",
      'test/cart.test.ts': "import { total } from '../src/cart.ts';\ntotal();\n",
    };
    assert.deepEqual(
      rows(
        '- Totals with discounts in `src/cart.ts`\n- Round half to even in `src/money.ts`\n- Log levels in `src/log.ts`',
        files,
      ),
      [
        ['task-001', 'Totals with discounts', ['task-002'], [], ['src/cart.ts', 'test/cart.test.ts']],
        ['task-002', 'Round half to even', [], [], ['src/money.ts']],
        ['task-003', 'Log levels', [], [], ['src/log.ts', 'test/log.test.ts']],
      ],
    );
  });

  test('who still imports what goes away is given to whoever removes it', () => {
    const { proposal, findings } = cut('- Remove `src/throttle.ts`');
    assert.deepEqual(proposal.slices[0]?.modify, ['src/throttle.ts', 'src/server.ts']);
    assert.deepEqual(
      findings.map(({ code: name, severity }) => [name, severity]),
      [['decompose.removed-in-use', 'info']],
    );
  });

  test('no file is in two slices, however often it is named', () => {
    const inScope = `- Add \`src/a.ts\` and export it from \`src/index.ts\`
- Add \`src/b.ts\` and export it from \`src/index.ts\`
- Add \`src/c.ts\` and export it from \`src/index.ts\``;
    const { proposal } = cut(inScope);
    const all = proposal.slices.flatMap(({ create, modify }) => [...create, ...modify]);
    assert.deepEqual(all.toSorted(), ['src/a.ts', 'src/b.ts', 'src/c.ts', 'src/index.ts']);
    const index = proposal.slices.find(({ create }) => create.includes('src/index.ts'));
    assert.deepEqual(index?.deps.length, 3);
  });

  test('a check is that of the slice: its test files, its package', () => {
    const files = {
      'package.json':
        '{ "workspaces": ["packages/*"], "scripts": { "test": "node --import tsx --test \\"packages/*/test\\"" } }',
      'package-lock.json': '{}',
      'packages/core/package.json': '{ "name": "@x/core", "scripts": { "test": "node --test" } }',
      'packages/core/src/cart.ts': '',
      'packages/web/package.json': '{ "name": "@x/web" }',
      'packages/web/src/page.ts': '',
    };
    const { proposal } = cut(
      '- Totals in `packages/core/src/cart.ts`\n- Page in `packages/web/src/page.ts`',
      files,
      'It adds up.',
    );
    assert.deepEqual(
      proposal.slices.map(({ verify }) => verify),
      [['npm test -w packages/core'], ['npm test']],
    );
    const python = { 'pyproject.toml': '', 'app/users.py': '', 'tests/test_users.py': '' };
    assert.deepEqual(cut('- Users in `app/users.py`', python, 'It works.').proposal.slices[0]?.verify, [
      'pytest tests/test_users.py',
    ]);
  });

  test('what was told by names of the repository alone is said, with who could do better', () => {
    const { findings } = cut('- Levels can be set', { ...service, 'src/level.ts': '' });
    assert.deepEqual(
      findings.map(({ code: name, severity, message }) => [name, severity, message.includes('--with claude')]),
      [['decompose.guessed', 'info', true]],
    );
  });

  test('the plan of it has no error', () => {
    const { loaded } = decomposed(source(prose(limits), service));
    assert.deepEqual(loaded, []);
  });
});
