import assert from 'node:assert/strict';
import { boundaryOf } from '../../src/core/decompose/boundary.ts';
import { pathsIn, RepoPaths, commandsIn } from '../../src/core/text/mentions.ts';
import { projectFacts } from '../../src/core/decompose/project.ts';
import { globsIntersect } from '../../src/core/scope/glob.ts';
import { cutByStructure } from '../decompose-fixture.ts';
import { assertLinear } from './cost.ts';

interface Options {
  readonly files?: readonly string[];
  readonly texts?: Readonly<Record<string, string>>;
}

function decompose(specText: string, { files = [], texts = {} }: Options = {}) {
  const specPath = 'specs/TS-1-x.spec.md';
  return cutByStructure({ specPath, specText, repoFiles: files, texts: new Map(Object.entries(texts)) });
}

function slicesOf(specText: string, options?: Options) {
  const { proposal, findings } = decompose(specText, options);
  assert.ok(proposal, findings.map((finding) => finding.message).join('\n'));
  return new Map(proposal.slices.map((slice) => [slice.id, slice]));
}

/** A spec with all four answers, and whatever else is given. */
function spec(more: string, inScope = '- Users', front = ''): string {
  return `---
id: TS-1
title: X
${front}---

# X

## Outcome

Users exist.

## In scope

${inScope}

## Out of scope

- Payment in \`apps/billing/\`

## Evidence

- \`pytest\` passes

${more}`;
}

const declared = spec(`## Workstreams

### WS-A: Users

Boundary: apps/users/**

- A1: Model (files: apps/users/models.py; verify: pytest apps/users)
- A2: API (after A1; files: apps/users/api.py, apps/users/models.py; estimate: 3h)

Names are unique.

### WS-B: Orders

Boundary: apps/orders/**

- B1: Orders (after A2; files: apps/orders/, apps/settings.py::ORDERS)

### Merge points

- MP1: A2 -> B1

## Contracts

\`\`\`py apps/contracts/types.py
class User: ...
\`\`\`

## Risks

- A2 may leak names

## Test plan

| what | slice |
|---|---|
| a name is taken once | A1 |
`);

suite('decompose: declared slices', () => {
  test('a file that exists is modified, a new one is created by its first writer and modified by later ones', () => {
    const slices = slicesOf(declared, { files: ['apps/settings.py'] });
    assert.deepEqual(slices.get('A1')?.create, ['apps/users/models.py']);
    assert.deepEqual(slices.get('A2')?.create, ['apps/users/api.py']);
    assert.deepEqual(slices.get('A2')?.modify, ['apps/users/models.py']);
    assert.deepEqual(slices.get('B1')?.create, ['apps/orders/**']);
    assert.deepEqual(slices.get('B1')?.modify, ['apps/settings.py::ORDERS']);
  });

  test('a glob is modified as soon as it matches something', () => {
    const slices = slicesOf(declared, { files: ['apps/orders/x.py'] });
    assert.deepEqual(slices.get('B1')?.modify, ['apps/orders/**']);
    assert.deepEqual(slices.get('B1')?.create, ['apps/settings.py']);
  });

  test('a boundary holds contracts, what is out of scope, other workstreams and sibling slices, not what is shared', () => {
    const slices = slicesOf(declared);
    assert.deepEqual(slices.get('A2')?.boundary, [
      'apps/contracts/types.py',
      'apps/billing/**',
      'apps/orders/**',
      'apps/settings.py',
    ]);
    assert.deepEqual(slices.get('B1')?.boundary, ['apps/contracts/types.py', 'apps/billing/**', 'apps/users/**']);
  });

  test('requirements come from the workstream and the risks, the checklist from the test plan', () => {
    const slices = slicesOf(declared);
    assert.ok(slices.get('A1')?.requirements.includes('Names are unique.'));
    assert.deepEqual(slices.get('A1')?.checklist, ['a name is taken once']);
    assert.ok(slices.get('A2')?.requirements.some((text) => text.includes('A2 may leak names')));
    assert.ok(!slices.get('B1')?.requirements.some((text) => text.includes('leak')));
  });

  test('a slice without a check gets the test command of the repository; the merge point what the evidence says passes, or none', () => {
    const options = {
      files: ['package.json', 'package-lock.json'],
      texts: { 'package.json': '{"scripts":{"test":"mocha"}}' },
    };
    const { proposal } = decompose(declared, options);
    assert.deepEqual(
      proposal?.slices.map((slice) => slice.verify),
      [['pytest apps/users'], ['npm test'], ['npm test']],
    );
    assert.deepEqual(proposal?.merge_points, [{ id: 'MP1', needs: ['A2'], unlocks: ['B1'], verify: ['pytest'] }]);
    const bare = decompose(declared.replace('- `pytest` passes', '- Somebody looks at it'), options);
    assert.deepEqual(bare.proposal?.merge_points[0]?.verify, []);
    assert.deepEqual(
      bare.findings.flatMap(({ code, severity }) => (code.includes('merge-point') ? [[code, severity]] : [])),
      [['decompose.merge-point-check', 'warning']],
    );
    assert.deepEqual(proposal?.setup, ['npm ci']);
    assert.deepEqual(slicesOf(declared).get('A2')?.verify, ['pytest']);
  });

  test('the order of the files of the repository does not matter', () => {
    const files = ['b/x_y.py', 'apps/orders/x.py', 'a/test_z.py', 'apps/users/models.py'];
    assert.deepEqual(decompose(declared, { files: files.toReversed() }), decompose(declared, { files }));
  });

  test('what does not exist or has no files is found where it stands', () => {
    const { findings } = decompose(
      spec('## Slices\n\n- A1: One (after Z9; verify: make)\n\n## Merge points\n\n- MP1: A1 + Q1 -> A1\n'),
    );
    const found = findings.map((finding) => [finding.code, finding.severity]);
    assert.deepEqual(found, [
      ['decompose.unknown-slice', 'error'],
      ['decompose.no-files', 'error'],
      ['decompose.unknown-slice', 'error'],
    ]);
    assert.equal(findings[0]?.line, declaredLine(findings[0]?.file ?? '', 'A1: One'));
  });

  test('a file outside its workstream is a warning', () => {
    const text = declared.replace('files: apps/users/models.py;', 'files: lib/models.py;');
    assert.deepEqual(
      decompose(text).findings.map((finding) => finding.code),
      ['decompose.outside-workstream', 'decompose.outside-workstream'],
    );
  });

  test('of one slice it is one warning that names all of them, and a test beside other tests is none', () => {
    const text = declared.replace('files: apps/users/models.py;', 'files: lib/a.py, lib/b.py, tests/test_users.py;');
    assert.deepEqual(
      decompose(text).findings.map(({ code, message }) => (message.includes('lib/') ? message : code)),
      [
        'A1 writes lib/a.py, lib/b.py, outside the boundary of WS-A: widen the boundary, or leave them to another slice',
        'decompose.outside-workstream',
      ],
    );
  });
});

/** The line of the slice in the spec of the test above. */
function declaredLine(file: string, words: string): number {
  assert.equal(file, 'specs/TS-1-x.spec.md');
  const text = spec('## Slices\n\n- A1: One (after Z9; verify: make)\n');
  return text.slice(0, text.indexOf(words)).split('\n').length;
}

suite('decompose: specs that are blocked', () => {
  const whole = spec('## Slices\n\n- A1: One (files: a.py; verify: pytest)\n');

  for (const [heading, name] of [
    ['Outcome', 'outcome'],
    ['In scope', 'in scope'],
    ['Out of scope', 'out of scope'],
    ['Evidence', 'evidence'],
  ] as const) {
    test(`without the answer ${heading}`, () => {
      const { proposal, findings } = decompose(whole.replace(`## ${heading}\n`, '## Elsewhere\n'));
      assert.equal(proposal, null);
      assert.deepEqual(
        findings.map((finding) => finding.code),
        ['decompose.answer-missing'],
      );
      assert.match(findings[0]?.message ?? '', new RegExp(name, 'i'));
    });
  }

  test('with low confidence, underlined where it stands', () => {
    const { proposal, findings } = decompose(
      spec('## Slices\n\n- A1: One (files: a.py)\n', '- Users', 'confidence: LOW\n'),
    );
    assert.equal(proposal, null);
    assert.deepEqual([findings[0]?.code, findings[0]?.line], ['decompose.low-confidence', 4]);
  });

  test('with open questions once it is approved; a draft is only warned', () => {
    const questions = '\n## Open questions\n\n- Are names unique?\n';
    const approved = decompose(
      spec(`## Slices\n\n- A1: One (files: a.py)\n${questions}`, '- Users', 'status: approved\n'),
    );
    assert.equal(approved.proposal, null);
    assert.deepEqual(
      approved.findings.map((finding) => [finding.code, finding.severity]),
      [['decompose.open-questions', 'error']],
    );
    const draft = decompose(`${whole}${questions}`);
    assert.ok(draft.proposal);
    assert.deepEqual(
      draft.findings.map((finding) => finding.severity),
      ['warning'],
    );
    assert.ok(
      decompose(
        spec('## Slices\n\n- A1: One (files: a.py)\n\n## Open questions\n\n- None.\n', '- Users', 'status: approved\n'),
      ).proposal,
    );
  });

  test('when nothing says which files to work on', () => {
    const { proposal, findings } = decompose(spec(''));
    assert.equal(proposal, null);
    assert.equal(findings.at(-1)?.code, 'decompose.nothing-named');
  });
});

suite('decompose: clustering', () => {
  const scope = `- Users can register (\`apps/users/models.py\`, \`apps/users/api.py\`), with tests in \`tests/test_users.py\`
- Orders in \`apps/orders/\`
  - an order belongs to a user
- Shared types in \`apps/types/user.py\`
- A user can leave
- An end-to-end test in \`tests/test_sale.py\`
- The whole is described in \`docs/api.md\` and wired up in \`main.py\``;

  test('one slice for each thing that is wanted: contracts, then code, then tests; documents wait for nothing', () => {
    const slices = [...slicesOf(spec('', scope), { files: ['apps/users/models.py'] }).values()];
    assert.deepEqual(
      slices.map((slice) => [slice.id, slice.title, slice.deps, [...slice.create, ...slice.modify]]),
      [
        ['task-001', 'Shared types', [], ['apps/types/user.py']],
        [
          'task-002',
          'Users can register',
          ['task-001'],
          ['apps/users/api.py', 'tests/test_users.py', 'apps/users/models.py'],
        ],
        ['task-003', 'Orders in apps/orders/', ['task-001'], ['apps/orders/**']],
        ['task-004', 'Wired up in main.py', ['task-002', 'task-003'], ['main.py']],
        ['task-005', 'An end-to-end test', ['task-004'], ['tests/test_sale.py']],
        ['task-006', 'The whole is described in docs/api.md', [], ['docs/api.md']],
      ],
    );
  });

  test('what names no file goes to the area it speaks of, nested items stay with theirs', () => {
    const slices = slicesOf(spec('', scope));
    assert.ok(slices.get('task-002')?.requirements.includes('A user can leave'));
    assert.ok(slices.get('task-003')?.requirements.includes('an order belongs to a user'));
  });

  test('an item nobody can place is a warning, not a silent loss', () => {
    const { findings } = decompose(spec('', `${scope}\n- World peace`));
    assert.deepEqual(
      findings.map((finding) => [finding.code, finding.severity]),
      [['decompose.item-without-files', 'warning']],
    );
    assert.match(findings[0]?.message ?? '', /World peace/);
  });

  test('words find directories of the repository', () => {
    const slices = slicesOf(spec('', '- Invoices are numbered'), { files: ['src/invoice/number.py', 'src/main.py'] });
    assert.deepEqual(slices.get('task-001')?.modify, ['src/invoice/**']);
  });

  test('workstreams without slices are areas with their boundary as scope', () => {
    const streams =
      '## Workstreams\n\n### WS-A: Users\n\nBoundary: apps/users/**\n\n### WS-B: Orders\n\nBoundary: apps/orders/**\n';
    const slices = [...slicesOf(spec(streams, '- Register users')).values()];
    assert.deepEqual(
      slices.map((slice) => [slice.workstream, slice.create]),
      [
        ['WS-A', ['apps/users/**']],
        ['WS-B', ['apps/orders/**']],
      ],
    );
    assert.deepEqual(slices[0]?.boundary, ['apps/billing/**', 'apps/orders/**']);
  });

  test('a directory and a file in it are one slice', () => {
    const slices = slicesOf(spec('', '- All of `apps/users/`\n- The form in `apps/users/forms/form.py`'));
    assert.deepEqual(
      [...slices.values()].map((slice) => slice.create),
      [['apps/users/**']],
    );
    assert.equal(slices.get('task-001')?.requirements.length, 2);
  });

  test('what is out of scope is in no slice', () => {
    const slices = slicesOf(spec('', '- `apps/users/` without touching `apps/billing/x.py`'));
    assert.deepEqual(
      [...slices.values()].map((slice) => slice.create),
      [['apps/users/**']],
    );
    assert.deepEqual(slices.get('task-001')?.boundary, ['apps/billing/**']);
  });

  test('the last slices prove the whole, the others what the repository can test', () => {
    const slices = slicesOf(spec('', scope), { files: ['go.mod'] });
    assert.deepEqual(slices.get('task-002')?.verify, ['go test ./...']);
    assert.deepEqual(slices.get('task-005')?.verify, ['pytest']);
  });
});

suite('decompose: clusters that belong together', () => {
  test('a directory that is called as every other is named after the one above it', () => {
    const slices = slicesOf(spec('', '- `packages/core/src/cart.ts`\n- `web/src/Form.tsx`\n- `src/cli/`'));
    assert.deepEqual(
      [...slices.values()].map(({ title }) => title),
      ['Core', 'Web', 'Cli'],
    );
  });

  test('a file brings the test that is named after it, and no other', () => {
    const files = [
      'core/src/cart.ts',
      'core/test/cart.test.ts',
      'api/src/cart.ts',
      'api/test/cart.test.ts',
      'go/rates.go',
      'go/rates_test.go',
      'db/a/pool.py',
      'db/b/pool.py',
      'db/tests/test_pool.py',
    ];
    const slices = slicesOf(spec('', '- `core/src/cart.ts`\n- `go/rates.go`\n- `db/a/pool.py`'), { files });
    assert.deepEqual(
      [...slices.values()].map(({ create, modify }) => [...create, ...modify]),
      [['core/src/cart.ts', 'core/test/cart.test.ts'], ['go/rates.go', 'go/rates_test.go'], ['db/a/pool.py']],
    );
  });

  test('evidence that is run in a directory proves the slices below it', () => {
    const text = spec('', '- `web/src/form.js`\n- `internal/rates/rates.go`').replace(
      '- `pytest` passes',
      '- `go test ./...` passes\n- `cd web && npm test` passes',
    );
    const slices = slicesOf(text, { files: ['go.mod', 'web/src/form.js', 'internal/rates/rates.go'] });
    assert.deepEqual(
      [...slices.values()].map(({ verify }) => verify),
      [['cd web && npm test'], ['go test ./internal/rates/...']],
    );
  });

  test('directories that one item alone names are one slice; what another names too stays apart', () => {
    const titles = (scope: string, files: readonly string[] = []): (readonly [string, readonly string[]])[] =>
      [...slicesOf(spec('', scope), { files }).values()].map((slice) => [
        slice.title,
        [...slice.create, ...slice.modify],
      ]);
    assert.deepEqual(titles('- `src/queue/` and `src/redis/` change together\n- `src/cli/`'), [
      ['src/queue/ and src/redis/ change together', ['src/queue/**', 'src/redis/**']],
      ['Cli', ['src/cli/**']],
    ]);
    assert.equal(titles('- `src/queue/` and `src/redis/`\n- `src/redis/` gets a pool').length, 2);
    assert.equal(titles('- `a/x/`, `a/y/`, `a/z/` and `a/w/` are formatted').length, 4);
  });

  test('a path inside a directory of the same slice is not said twice', () => {
    const slices = slicesOf(spec('', '- `src/cli/`, with its tests in `src/cli/test/`'));
    assert.deepEqual(
      [...slices.values()].map((slice) => slice.create),
      [['src/cli/**']],
    );
  });

  test('a document at the top is found by its name', () => {
    const slices = slicesOf(spec('', '- `src/cli/` is rewritten\n- The changelog gets an entry'), {
      files: ['CHANGELOG.md', 'README.md'],
    });
    assert.deepEqual(slices.get('task-002')?.modify, ['CHANGELOG.md']);
  });
});

suite('decompose: workstreams and contracts', () => {
  const workstreams = (slices: string) =>
    decompose(spec(`## Slices\n\n${slices}`)).proposal?.slices.map((slice) => slice.workstream);

  test('one letter for all tells nothing apart; several do, and are listed', () => {
    assert.deepEqual(workstreams('- A1: One (files: a.py)\n- A2: Two (files: b.py)\n'), [null, null]);
    const { proposal } = decompose(spec('## Slices\n\n- A1: One (files: a.py)\n- B1: Two (files: b.py)\n'));
    assert.deepEqual(
      proposal?.slices.map((slice) => slice.workstream),
      ['WS-A', 'WS-B'],
    );
    assert.deepEqual(proposal?.workstreams, [
      { id: 'WS-A', name: 'WS-A', boundary: [] },
      { id: 'WS-B', name: 'WS-B', boundary: [] },
    ]);
    assert.deepEqual(workstreams('- A1: One (files: a.py; workstream: X)\n- A2: Two (files: b.py; workstream: X)\n'), [
      'WS-X',
      'WS-X',
    ]);
  });

  test('a contract has its provider and only the consumers that need it', () => {
    const { proposal, findings } = decompose(declared);
    assert.deepEqual(
      proposal?.contracts.map(({ path, provider, consumers }) => [path, provider, consumers]),
      [['apps/contracts/types.py', 'A1', ['A2']]],
    );
    assert.deepEqual(
      proposal?.slices.map((slice) => slice.contracts.length),
      [1, 1, 0],
    );
    assert.ok(!findings.some((finding) => finding.code === 'decompose.contract-provider'));
  });

  test('when nothing tells who provides it, that is said where the contract stands', () => {
    const { proposal, findings } = decompose(declared.replace('class User', 'class Zebra'));
    assert.deepEqual(
      findings.flatMap((finding) =>
        finding.code.includes('contract') ? [[finding.code, finding.severity, finding.line]] : [],
      ),
      [['decompose.contract-provider', 'info', declared.slice(0, declared.indexOf('```py')).split('\n').length]],
    );
    assert.deepEqual(proposal?.contracts[0]?.consumers, ['A1', 'A2', 'B1']);
  });
});

suite('decompose: boundaries', () => {
  test('never meet what the slice writes', () => {
    const own = ['src/a/*.ts', 'lib/x.ts::A'];
    const boundary = boundaryOf({
      own,
      forbidden: ['src/a/b.ts'],
      foreign: ['src/**', 'lib/**'],
      others: ['src/b/1.ts', 'lib/x.ts::B', 'lib/y.ts'],
    });
    assert.deepEqual(boundary, ['src/b/1.ts', 'lib/x.ts::B', 'lib/y.ts']);
    for (const entry of boundary.filter((text) => !text.includes('::'))) {
      for (const path of ['src/a/*.ts', 'lib/x.ts']) assert.equal(globsIntersect(path, entry), null);
    }
  });

  test('many files of one directory become the directory', () => {
    const others = ['1', '2', '3', '4', '5'].map((name) => `src/b/${name}.ts`);
    assert.deepEqual(boundaryOf({ own: ['src/a.ts'], forbidden: [], foreign: [], others }), ['src/b/**']);
    assert.deepEqual(boundaryOf({ own: ['src/b/9.ts'], forbidden: [], foreign: [], others }), others);
  });

  test('a boundary costs what the files of the others let expect', () => {
    assertLinear('files of others', 8_000, (size) =>
      boundaryOf({
        own: ['src/own/**'],
        forbidden: ['docs/**'],
        foreign: [],
        others: Array.from({ length: size }, (_, i) => `src/d${Math.floor(i / 4)}/f${i}.ts`),
      }),
    );
  });
});

suite('decompose: what a text names', () => {
  const repo = new RepoPaths(['src/store/disk.ts', 'README.md', 'Makefile']);

  test('paths, and not routes, media types, packages or alternatives', () => {
    const text =
      'Keep `src/store`, `src/new/thing.ts::Thing`, `docs/`, README.md and src/x/y.ts; `GET /health`, `/products`, `application/json`, `@types/node`, and/or, `orders.place`, https://example.org/a/b.html';
    assert.deepEqual(pathsIn(text, repo), [
      'src/store/**',
      'src/new/thing.ts::Thing',
      'docs/**',
      'README.md',
      'src/x/y.ts',
    ]);
  });

  test('commands', () => {
    assert.deepEqual(commandsIn('`npm test`, `src/x.ts`, `User`, `node --test "a b.ts"` and ``pytest -k `x` ``'), [
      'npm test',
      'node --test "a b.ts"',
      'pytest -k `x`',
    ]);
  });
});

suite('decompose: what a repository says of itself', () => {
  const facts = (files: string[], texts: Record<string, string> = {}, technology: string | null = null) =>
    projectFacts(files, new Map(Object.entries(texts)), technology);

  test('test commands', () => {
    assert.deepEqual(facts(['pyproject.toml']).tests, ['pytest']);
    assert.deepEqual(facts(['pyproject.toml', 'uv.lock']), { tests: ['uv run pytest'], setup: ['uv sync --locked'] });
    assert.deepEqual(facts(['Cargo.toml', 'go.mod']).tests, ['go test ./...', 'cargo test']);
    assert.deepEqual(
      facts(['package.json'], {
        'package.json': '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}',
      }).tests,
      [],
    );
    assert.deepEqual(
      facts(['package.json', 'pnpm-lock.yaml'], { 'package.json': '{"scripts":{"test":"vitest"}}' }).tests,
      ['pnpm test'],
    );
    assert.deepEqual(facts(['package.json'], { 'package.json': '{broken' }), { tests: [], setup: [] });
    assert.deepEqual(facts([], {}, 'Python').tests, ['pytest']);
  });
});
