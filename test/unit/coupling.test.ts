import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { couplingScore } from '../../src/core/judge/coupling-model.ts';
import { couplingAdvice, couplingText } from '../../src/core/judge/coupling-text.ts';
import type { Slice } from '../../src/core/plan/model.ts';
import { judge, only, writing, type Files } from './coupling-fixture.ts';
import { slice } from './plan-fixture.ts';

const task = slice('X').task;

suite('Couplings of slices that write different files', () => {
  const shop: Files = {
    'src/cart.ts': "import { Order } from './order.ts';\n",
    'src/order.ts': 'export class Order { total() {} }\nexport class Stock {}\n',
    'src/other.ts': 'export const x = 1;\n',
  };

  suite('imports', () => {
    test('a file of one that imports a file of the other, with its line', () => {
      const found = only(
        judge({ files: shop, slices: [writing('A', ['src/cart.ts']), writing('B', ['src/order.ts'])] }),
      );
      assert.deepEqual(found, {
        a: 'A',
        b: 'B',
        score: 30,
        verdict: 'reslice',
        before: 'B',
        after: 'A',
        evidence: [
          {
            kind: 'import',
            importer: 'A',
            imported: 'B',
            from: 'src/cart.ts',
            line: 1,
            specifier: './order.ts',
            to: 'src/order.ts',
            named: true,
            contract: null,
          },
        ],
      });
      assert.equal(
        couplingText(found),
        'A and B may run at the same time and are coupled (30 of 100): src/cart.ts:1 of A imports ./order.ts (src/order.ts), which B may write',
      );
      assert.equal(
        couplingAdvice(found),
        'write a contract for what A uses of src/order.ts, provided by B, or let A depend on B',
      );
    });

    test('nothing where no import leads from one to the other', () => {
      const slices = [writing('A', ['src/other.ts']), writing('B', ['src/order.ts'])];
      assert.deepEqual(judge({ files: shop, slices }).pairs, []);
    });

    test('nothing where the graph orders the two, also through a third', () => {
      const a = writing('A', ['src/cart.ts'], { deps: ['M'] });
      const middle = writing('M', ['docs/m.md'], { deps: ['B'] });
      assert.deepEqual(judge({ files: shop, slices: [a, middle, writing('B', ['src/order.ts'])] }).pairs, []);
    });

    test('nothing where the two overlap: that is said elsewhere', () => {
      const slices = [writing('A', ['src/cart.ts', 'src/order.ts']), writing('B', ['src/order.ts'])];
      assert.deepEqual(judge({ files: shop, slices }).pairs, []);
    });

    test('nothing where a BOUNDARY takes the file out of the scope', () => {
      const slices = [writing('A', ['src/cart.ts']), writing('B', ['src/o*.ts'], { boundary: ['src/order.ts'] })];
      assert.deepEqual(judge({ files: shop, slices }).pairs, []);
    });

    test('only names that the other may write count, where both are told', () => {
      const files = { ...shop, 'src/shelf.ts': "import { Stock } from './order.ts';\n" };
      const order = writing('B', ['src/order.ts::Order.total']);
      assert.equal(judge({ files, slices: [writing('A', ['src/cart.ts']), order] }).pairs.length, 1);
      assert.deepEqual(judge({ files, slices: [writing('A', ['src/shelf.ts']), order] }).pairs, []);
    });

    test('a contract that speaks for it leaves a small rest', () => {
      const slices = [writing('A', ['src/cart.ts']), writing('B', ['src/order.ts'])];
      const contract = { path: 'contracts/order.ts', target: null, provider: 'B', consumers: ['A'] };
      const covered = only(judge({ files: shop, slices, plan: { contracts: [contract] } }));
      assert.equal(covered.score, 5);
      assert.equal(covered.verdict, 'parallel');
      assert.match(couplingText(covered), /under the contract contracts\/order\.ts/);
      assert.match(couplingAdvice(covered), /in parallel/);
      const others = { ...contract, consumers: ['C'] };
      assert.equal(only(judge({ files: shop, slices, plan: { contracts: [others] } })).score, 30);
    });

    test('four imports call for an order, from what is imported to what imports', () => {
      const names = ['a', 'b', 'c', 'd'];
      const files = Object.fromEntries([
        ...names.map((name) => [`ui/${name}.ts`, `import '../api/${name}.js';\n`]),
        ...names.map((name) => [`api/${name}.ts`, 'export {};\n']),
      ]) as Files;
      const ui = writing('A-ui', ['ui/**']);
      const named = names.map((name) => `api/${name}.ts`);
      const found = only(judge({ files, slices: [writing('Z-api', named), ui] }));
      assert.equal(found.verdict, 'serial');
      assert.equal(found.score, 76);
      assert.deepEqual([found.before, found.after], ['Z-api', 'A-ui']);
      assert.match(couplingAdvice(found), /^let A-ui depend on Z-api, or /);
      assert.match(couplingText(found), /; one more reason$/);
      // That a pattern matches them says less of whether they will change.
      const wide = only(judge({ files, slices: [writing('Z-api', ['api/**']), ui] }));
      assert.equal(wide.verdict, 'reslice');
      assert.equal(wide.score, 59);
    });

    test('a whole package counts once, and the same file imported twice too', () => {
      const files = {
        'go.mod': 'module acme.io/shop\n',
        'main.go': 'package main\nimport "acme.io/shop/cart"\n',
        'cart/a.go': '',
        'cart/b.go': '',
        'x.ts': "import './y.ts';\nimport './y.ts';\n",
        'y.ts': '',
      };
      const packages = only(
        judge({ files, slices: [writing('A', ['main.go']), writing('B', ['cart/a.go', 'cart/b.go'])] }),
      );
      assert.equal(packages.evidence.length, 1);
      const twice = only(judge({ files, slices: [writing('A', ['x.ts']), writing('B', ['y.ts'])] }));
      assert.equal(twice.evidence.length, 1);
      assert.ok(twice.evidence[0]?.kind === 'import' && twice.evidence[0].line === 1);
    });

    test('of two slices that import each other the one that is imported more goes first', () => {
      const files = {
        'a/1.ts': "import '../b/1.ts';\nimport '../b/2.ts';\n",
        'a/2.ts': '',
        'b/1.ts': "import '../a/2.ts';\n",
        'b/2.ts': '',
      };
      const slices = [writing('A', ['a/1.ts', 'a/2.ts']), writing('B', ['b/1.ts', 'b/2.ts'])];
      const found = only(judge({ files, slices }));
      assert.deepEqual([found.before, found.after, found.evidence.length], ['B', 'A', 3]);
    });
  });

  suite('history', () => {
    const files = { 'api/a.sql': '', 'web/b.css': '', 'web/c.css': '' };
    const slices = [writing('A', ['api/**']), writing('B', ['web/**'])];
    const together = (count: number): string[][] => Array.from({ length: count }, () => ['api/a.sql', 'web/b.css']);

    test('files that changed together often enough', () => {
      const found = only(judge({ files, slices, commits: [...together(4), ['api/a.sql'], ['web/c.css']] }));
      assert.deepEqual(found.evidence, [
        { kind: 'history', a: 'api/a.sql', b: 'web/b.css', together: 4, changesA: 5, changesB: 4, confidence: 1 },
      ]);
      assert.equal(found.verdict, 'reslice');
      assert.match(
        couplingText(found),
        /api\/a\.sql and web\/b\.css changed together in 4 of the 4 commits of web\/b\.css/,
      );
    });

    test('too seldom, or mostly one without the other, is nothing', () => {
      assert.deepEqual(judge({ files, slices, commits: together(2) }).pairs, []);
      const alone = Array.from({ length: 10 }, (_, i) => [i % 2 ? 'api/a.sql' : 'web/b.css']);
      const busy = [...alone, ...alone, ...together(3)];
      assert.deepEqual(judge({ files, slices, commits: busy }).pairs, []);
      assert.equal(judge({ files, slices, commits: busy, limits: { leastConfidence: 0.2 } }).pairs.length, 1);
    });

    test('only the three strongest pairs count', () => {
      const names = Array.from({ length: 5 }, (_, i) => `web/${i}.css`);
      const many = { ...files, ...Object.fromEntries(names.map((name) => [name, ''])) };
      const commits = [3, 4, 5, 6, 7].flatMap((n, i) => Array.from({ length: n }, () => ['api/a.sql', `web/${i}.css`]));
      const found = only(judge({ files: many, slices, commits }));
      assert.deepEqual(
        found.evidence.map((item) => item.kind === 'history' && item.together),
        [7, 6, 5],
      );
    });

    test('what is no file of the repository any more is nothing', () => {
      const gone = { 'api/a.sql': '', 'web/c.css': '' };
      assert.deepEqual(judge({ files: gone, slices, commits: together(9) }).pairs, []);
    });
  });

  suite('shared tests', () => {
    const files = {
      'src/a.ts': '',
      'src/b.ts': '',
      'test/both.test.ts': "import '../src/a.ts';\nimport '../src/b.ts';\n",
      'test/one.test.ts': "import '../src/a.ts';\n",
    };
    const [a, b] = [writing('A', ['src/a.ts']), writing('B', ['src/b.ts'])];

    test('a test that imports files of both', () => {
      const found = only(judge({ files, slices: [a, b] }));
      assert.deepEqual(found.evidence, [{ kind: 'shared-test', test: 'test/both.test.ts', through: 'imports' }]);
      assert.equal(found.verdict, 'parallel');
      const { 'test/both.test.ts': _, ...rest } = files;
      assert.deepEqual(judge({ files: rest, slices: [a, b] }).pairs, []);
    });

    test('a test file that the checks of both run', () => {
      const { 'test/both.test.ts': _, ...rest } = files;
      const checked = (one: Slice, verify: string): Slice => ({ ...one, verify: [verify] });
      const found = only(
        judge({ files: rest, slices: [checked(a, 'mocha test/one.test.ts'), checked(b, 'mocha ./test/one.test.ts')] }),
      );
      assert.deepEqual(found.evidence, [{ kind: 'shared-test', test: 'test/one.test.ts', through: 'verify' }]);
      const everyone = ['src/a.ts', 'src/b.ts', 'src/c.ts', 'src/d.ts'].map((path, i) =>
        checked(writing(`S${i}`, [path]), 'mocha test/one.test.ts'),
      );
      assert.deepEqual(judge({ files: rest, slices: everyone }).pairs, []);
      const whole = [checked(a, 'npm test'), checked(b, 'npm test')];
      assert.deepEqual(judge({ files: rest, slices: whole }).pairs, []);
      const directory = [checked(a, 'mocha test'), checked(b, 'mocha test')];
      assert.deepEqual(judge({ files: rest, slices: directory }).pairs, []);
    });
  });

  suite('shared files', () => {
    test('a lock file that both manifests go into; not where each has its own, or a BOUNDARY forbids it', () => {
      const files = { 'package-lock.json': '', 'a/package.json': '{}', 'b/package.json': '{}' };
      const [a, b] = [writing('A', ['a/package.json']), writing('B', ['b/package.json'])];
      const found = only(judge({ files, slices: [a, b] }));
      assert.deepEqual(found.evidence, [{ kind: 'shared-file', file: 'package-lock.json', as: 'lock', surely: true }]);
      assert.equal(found.verdict, 'reslice');
      assert.match(couplingAdvice(found), /one slice that comes before both A and B/);
      const wide = only(judge({ files, slices: [a, writing('B', ['b/**'])] }));
      assert.equal(wide.verdict, 'parallel');
      assert.deepEqual(judge({ files: { ...files, 'b/yarn.lock': '' }, slices: [a, b] }).pairs, []);
      const walled = writing('B', ['b/package.json'], { boundary: ['package-lock.json'] });
      assert.deepEqual(judge({ files, slices: [a, walled] }).pairs, []);
    });

    test('the lock file itself in one scope, its manifest in the other', () => {
      const files = { 'Cargo.lock': '', 'Cargo.toml': '' };
      const slices = [writing('A', ['Cargo.lock']), writing('B', ['Cargo.toml'])];
      assert.equal(only(judge({ files, slices })).evidence[0]?.kind, 'shared-file');
      const other = [writing('A', ['Cargo.lock']), writing('B', ['go.mod'])];
      assert.deepEqual(judge({ files: { ...files, 'go.mod': '' }, slices: other }).pairs, []);
    });

    test('numbered migrations of both in one directory', () => {
      const files = { 'db/migrations/0001_init.sql': '', 'docs/versions/readme.md': '' };
      const making = (id: string, path: string): Slice => writing(id, [], { create: [path] });
      const found = only(
        judge({ files, slices: [making('A', 'db/migrations/0002_a.sql'), making('B', 'db/migrations/*_b.sql')] }),
      );
      assert.deepEqual(found.evidence, [
        { kind: 'shared-file', file: 'db/migrations', as: 'migrations', surely: true },
      ]);
      const unnumbered = [making('A', 'docs/versions/a.md'), making('B', 'docs/versions/b.md')];
      assert.deepEqual(judge({ files, slices: unnumbered }).pairs, []);
      const decisions = [making('A', 'docs/adr/0001-a.md'), making('B', 'docs/adr/0002-b.md')];
      assert.deepEqual(judge({ files, slices: decisions }).pairs, []);
      const apart = [making('A', 'a/migrations/0001_a.sql'), making('B', 'b/migrations/0001_b.sql')];
      assert.deepEqual(judge({ files, slices: apart }).pairs, []);
    });

    const parts = {
      'src/index.ts': "export * from './a/a.ts';\nexport * from './b/b.ts';\n",
      'src/a/a.ts': '',
      'src/b/b.ts': '',
    };

    test('a registry of files of both that neither may write; not one that a slice has', () => {
      const slices = [writing('A', ['src/a/**']), writing('B', ['src/b/**'])];
      const found = only(judge({ files: parts, slices }));
      assert.deepEqual(found.evidence, [{ kind: 'shared-file', file: 'src/index.ts', as: 'registry', surely: false }]);
      assert.equal(found.verdict, 'parallel');
      const last = writing('C', ['src/index.ts'], { deps: ['A', 'B'] });
      assert.deepEqual(judge({ files: parts, slices: [...slices, last] }).pairs, []);
      const plain = { 'src/order.ts': parts['src/index.ts'], 'src/a/a.ts': '', 'src/b/b.ts': '' };
      assert.deepEqual(judge({ files: plain, slices }).pairs, []);
    });

    test('a registry that lists a directory in which both create files', () => {
      const files = {
        'src/rules/index.ts': "import './one.ts';\nimport './two.ts';\n",
        'src/rules/one.ts': '',
        'src/rules/two.ts': '',
      };
      const making = (id: string, path: string): Slice => writing(id, [], { create: [path] });
      const found = only(judge({ files, slices: [making('A', 'src/rules/a.ts'), making('B', 'src/rules/b.ts')] }));
      assert.deepEqual(found.evidence, [
        { kind: 'shared-file', file: 'src/rules/index.ts', as: 'registry', surely: true },
      ]);
      assert.equal(found.verdict, 'reslice');
      const elsewhere = [making('A', 'src/rules/a.ts'), making('B', 'src/other/b.ts')];
      assert.deepEqual(judge({ files, slices: elsewhere }).pairs, []);
    });

    test('a generated file, by its header or its name, and by history', () => {
      const slices = [writing('A', ['src/a/**']), writing('B', ['src/b/**'])];
      const marked = { ...parts, 'src/index.ts': `// @generated by tool\n${parts['src/index.ts']}` };
      const [evidence] = only(judge({ files: marked, slices })).evidence;
      assert.ok(evidence?.kind === 'shared-file' && evidence.as === 'generated');
      const snap = 'ui/__snapshots__/all.snap';
      const files = { 'src/a/a.ts': '', 'src/b/b.ts': '', [snap]: '' };
      const commits = ['src/a/a.ts', 'src/b/b.ts'].flatMap((path) => [1, 2, 3].map(() => [path, snap]));
      assert.deepEqual(only(judge({ files, slices, commits })).evidence, [
        { kind: 'shared-file', file: snap, as: 'generated', surely: true },
      ]);
      assert.deepEqual(judge({ files, slices, commits: commits.slice(0, 4) }).pairs, []);
    });
  });

  test('requirements that name what the other brings, not what is there or what several bring', () => {
    const needing = (text: string): Slice => writing('A', ['a.ts'], { task: { ...task, requirements: text } });
    const b = writing('B', ['b.ts::Stock.take'], { create: ['src/new/order.ts'] });
    const files = { 'a.ts': '', 'b.ts': '' };
    const found = only(judge({ files, slices: [needing('Use src/new/order.ts.'), b] }));
    assert.deepEqual(found.evidence, [{ kind: 'mention', by: 'A', of: 'B', what: 'src/new/order.ts' }]);
    assert.equal(found.verdict, 'parallel');
    assert.deepEqual([found.before, found.after], ['B', 'A']);
    assert.equal(judge({ files, slices: [needing('Call `Stock.take(1)`.'), b] }).pairs.length, 1);
    assert.deepEqual(judge({ files, slices: [needing('Use src/new/orders.ts and b.ts and Stock.'), b] }).pairs, []);
    const twin = writing('C', ['c.ts::Stock.take']);
    assert.deepEqual(judge({ files, slices: [needing('Call `Stock.take(1)`.'), b, twin] }).pairs, []);
  });

  test('a file at which too many meet, and files that were not read, are said', () => {
    const files = { 'core.ts': '', ...Object.fromEntries([1, 2, 3, 4].map((n) => [`m${n}.ts`, ''])) };
    const all = { ...files, 'index.ts': "import './m1';\nimport './m2';\nimport './m3';\nimport './m4';\n" };
    const slices = [1, 2, 3, 4].map((n) => writing(`S${n}`, [`m${n}.ts`]));
    assert.equal(judge({ files: all, slices }).pairs.length, 6);
    const crowded = judge({ files: all, slices, limits: { mostSlices: 3 } });
    assert.deepEqual(crowded, { pairs: [], crowded: ['index.ts'], unread: 0 });
    assert.equal(judge({ files: all, slices, limits: { mostRead: 3 } }).unread, 2);
  });

  test('more evidence never lowers the score', () => {
    const evidence = fc.array(
      fc.record({
        kind: fc.constant('history' as const),
        a: fc.constant('a'),
        b: fc.constant('b'),
        together: fc.integer({ min: 1, max: 50 }),
        changesA: fc.constant(50),
        changesB: fc.constant(50),
        confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(evidence, (list) => {
        const score = couplingScore(list);
        assert.ok(score >= 0 && score <= 100 && couplingScore(list.slice(1)) <= score);
      }),
    );
  });
});
