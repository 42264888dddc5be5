/** What a diff does to tests and to the scripts that run them: what weakens them is doubted, honest work is not. */
import assert from 'node:assert/strict';
import type { TestReader } from '../../src/core/code/tests.ts';
import { scriptChanges } from '../../src/core/gate/check-scripts.ts';
import { doubtsOfResults } from '../../src/core/gate/result-doubts.ts';
import type { ChangedText } from '../../src/core/gate/changed-text.ts';
import { readsTests, testChanges } from '../../src/core/gate/test-changes.ts';
import type { Verification } from '../../src/core/run/model.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';

const changed = (path: string, before: string | null, after: string | null, from = path): ChangedText => ({
  path,
  from,
  before,
  after,
});

const JS = `const test = require('node:test'), assert = require('node:assert'), sum = require('./lib.js');
test('adds', () => { assert.equal(sum(1, 2), 3); });
test('adds zero', () => { assert.equal(sum(5, 0), 5); });
`;
const MOCHA = `it('adds', () => { if (require('./lib.js')(1, 2) !== 3) throw new Error('no'); });\nit('loads', () => {});\n`;
const PY = `import unittest, pytest\nfrom m import s\nclass T(unittest.TestCase):\n    def test_s(self):\n        self.assertEqual(s(1, 2), 3)\n    def test_z(self):\n        assert s(0, 0) == 0\n`;
const GO = `package x\nimport "testing"\nfunc TestA(t *testing.T) {\n\tif Sum(1, 2) != 3 {\n\t\tt.Fatal("no")\n\t}\n}\nfunc TestB(t *testing.T) {\n\tif Sum(0, 4) != 4 {\n\t\tt.Fatal("no")\n\t}\n}\n`;
const RUST = `pub fn s(a: i32, b: i32) -> i32 { a + b }\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn adds() {\n        assert_eq!(s(1, 2), 3);\n    }\n}\n`;
const JAVA = `class SumTest {\n  @Test\n  void adds() {\n    assertEquals(3, Sum.of(1, 2));\n  }\n}\n`;
const CS = `class SumTests {\n  [Fact]\n  public void Adds() {\n    Assert.Equal(3, Sum.Of(1, 2));\n  }\n}\n`;
const RUBY = `RSpec.describe Sum do\n  it 'adds' do\n    expect(Sum.of(1, 2)).to eq(3)\n  end\nend\n`;
const PHP = `<?php\nclass SumTest extends TestCase {\n  public function testAdds() {\n    $this->assertSame(3, sum(1, 2));\n  }\n}\n`;

const put = (text: string, find: string, by: string): string => {
  assert.ok(text.includes(find), find);
  return text.replace(find, by);
};

/** Name, files, the kind that is expected and the line it names. */
const WEAKER: readonly (readonly [string, readonly ChangedText[], string, number | null])[] = [
  ['js: skip', [changed('a.test.js', JS, put(JS, "test('adds',", "test.skip('adds',"))], 'test-skipped', 2],
  [
    'js: skip as an option',
    [changed('a.test.js', JS, put(JS, "'adds', ()", "'adds', { skip: true }, ()"))],
    'test-skipped',
    2,
  ],
  [
    'js: t.skip()',
    [changed('a.test.js', JS, put(JS, '() => { assert.equal(sum(1', '(t) => { t.skip(); assert.equal(sum(1'))],
    'test-skipped',
    2,
  ],
  ['js: todo', [changed('a.test.js', JS, put(JS, "test('adds',", "test.todo('adds',"))], 'test-skipped', 2],
  ['js: xit', [changed('a.test.js', MOCHA, put(MOCHA, "it('adds'", "xit('adds'"))], 'test-skipped', 1],
  [
    'js: describe.skip around it',
    [changed('a.test.js', JS, `describe.skip('x', () => {\n${JS}});`)],
    'test-skipped',
    3,
  ],
  ['js: only', [changed('a.test.js', MOCHA, put(MOCHA, "it('loads'", "it.only('loads'"))], 'selection-narrowed', 2],
  ['js: fit', [changed('a.test.js', MOCHA, put(MOCHA, "it('loads'", "fit('loads'"))], 'selection-narrowed', 2],
  ['js: emptied', [changed('a.test.js', JS, put(JS, 'assert.equal(sum(1, 2), 3);', ''))], 'test-weaker', 2],
  ['js: expectation', [changed('a.test.js', JS, put(JS, 'sum(1, 2), 3', 'sum(1, 2), -1'))], 'expectation-changed', 2],
  [
    'js: early return',
    [changed('a.test.js', JS, put(JS, '{ assert.equal(sum(1', '{ return; assert.equal(sum(1'))],
    'test-leaves-early',
    2,
  ],
  [
    'js: subject made here',
    [changed('a.test.js', JS, put(JS, "sum = require('./lib.js')", 'sum = (a, b) => a + b'))],
    'subject-replaced',
    1,
  ],
  [
    'js: subject mocked',
    [changed('a.test.js', JS, `jest.mock('./lib.js', () => (a, b) => a + b);\n${JS}`)],
    'subject-replaced',
    1,
  ],
  ['js: deleted', [changed('a.test.js', JS, JS.split('\n').toSpliced(1, 1).join('\n'))], 'test-removed', null],
  ['js: file deleted', [changed('a.test.js', JS, null)], 'test-removed', null],
  ['js: file emptied', [changed('a.test.js', JS, '// see lib.js\n')], 'test-removed', null],
  ['js: commented out', [changed('a.test.js', JS, JS.replaceAll(/^test/gm, '// test'))], 'test-removed', null],
  ['js: renamed out of the selection', [changed('a.disabled.js', JS, JS, 'a.test.js')], 'test-removed', null],
  [
    'js: ends the process',
    [changed('a.test.js', JS, put(JS, "test('adds',", "process.exit(0);\ntest('adds',"))],
    'check-bent',
    2,
  ],
  [
    'js: under a condition',
    [changed('a.test.js', JS, put(JS, "test('adds',", "if (process.env.FULL) test('adds',"))],
    'test-skipped',
    2,
  ],
  [
    'js: knows CI',
    [changed('a.test.js', JS, put(JS, '{ assert.equal(sum(1', '{ if (!process.env.CI) assert.equal(sum(1'))],
    'knows-the-check',
    2,
  ],
  [
    'js: vague',
    [
      changed(
        'a.test.js',
        put(JS, 'assert.equal(sum(1, 2), 3)', 'assert.equal(sum(1, 2), three)'),
        put(JS, 'assert.equal(sum(1, 2), 3)', 'assert.ok(sum(1, 2))'),
      ),
    ],
    'test-weaker',
    2,
  ],
  [
    'ts: import replaced',
    [
      changed(
        'a.test.ts',
        `import { sum } from './lib.ts';\ntest('a', () => { expect(sum(1)).toBe(2); });\n`,
        `const sum = (a: number) => a + 1;\ntest('a', () => { expect(sum(1)).toBe(2); });\n`,
      ),
    ],
    'subject-replaced',
    1,
  ],
  [
    'py: skip',
    [changed('test_m.py', PY, put(PY, '    def test_s', "    @unittest.skip('later')\n    def test_s"))],
    'test-skipped',
    5,
  ],
  [
    'py: mark.skip',
    [changed('test_m.py', PY, put(PY, '    def test_s', '    @pytest.mark.skip\n    def test_s'))],
    'test-skipped',
    5,
  ],
  [
    'py: xfail',
    [changed('test_m.py', PY, put(PY, '    def test_s', '    @pytest.mark.xfail\n    def test_s'))],
    'test-skipped',
    5,
  ],
  [
    'py: pytest.skip()',
    [
      changed(
        'test_m.py',
        PY,
        put(PY, '        self.assertEqual', "        pytest.skip('x')\n        self.assertEqual"),
      ),
    ],
    'test-skipped',
    4,
  ],
  ['py: emptied', [changed('test_m.py', PY, put(PY, 'self.assertEqual(s(1, 2), 3)', 'pass'))], 'test-weaker', 4],
  ['py: expectation', [changed('test_m.py', PY, put(PY, 's(1, 2), 3', 's(1, 2), 0'))], 'expectation-changed', 4],
  ['py: renamed away', [changed('test_m.py', PY, put(PY, 'def test_s', 'def xtest_s'))], 'test-removed', null],
  [
    'py: return',
    [changed('test_m.py', PY, put(PY, '        self.assertEqual', '        return\n        self.assertEqual'))],
    'test-leaves-early',
    5,
  ],
  [
    'py: patched',
    [
      changed(
        'test_m.py',
        PY,
        put(PY, 'class T', "from unittest import mock\n@mock.patch('m.s', lambda a, b: 3)\nclass T"),
      ),
    ],
    'subject-replaced',
    4,
  ],
  [
    'go: t.Skip',
    [changed('a_test.go', GO, put(GO, '{\n\tif Sum(1', '{\n\tt.Skip("x")\n\tif Sum(1'))],
    'test-skipped',
    3,
  ],
  [
    'go: emptied',
    [changed('a_test.go', GO, put(GO, '\tif Sum(1, 2) != 3 {\n\t\tt.Fatal("no")\n\t}\n', ''))],
    'test-weaker',
    3,
  ],
  ['go: renamed away', [changed('a_test.go', GO, put(GO, 'TestA', 'testA'))], 'test-removed', null],
  [
    'rust: ignore',
    [changed('src/lib.rs', RUST, put(RUST, '    fn adds', '    #[ignore]\n    fn adds'))],
    'test-skipped',
    7,
  ],
  ['rust: expectation', [changed('src/lib.rs', RUST, put(RUST, 's(1, 2), 3', 's(1, 2), 0'))], 'expectation-changed', 6],
  ['java: disabled', [changed('SumTest.java', JAVA, put(JAVA, '  @Test', '  @Disabled\n  @Test'))], 'test-skipped', 2],
  ['java: no annotation', [changed('SumTest.java', JAVA, put(JAVA, '  @Test\n', ''))], 'test-removed', null],
  ['c#: skip', [changed('SumTests.cs', CS, put(CS, '[Fact]', '[Fact(Skip = "later")]'))], 'test-skipped', 2],
  ['ruby: xit', [changed('sum_spec.rb', RUBY, put(RUBY, "it 'adds'", "xit 'adds'"))], 'test-skipped', 2],
  ['ruby: expectation', [changed('sum_spec.rb', RUBY, put(RUBY, 'eq(3)', 'eq(4)'))], 'expectation-changed', 2],
  [
    'php: skipped',
    [
      changed(
        'SumTest.php',
        PHP,
        put(PHP, '    $this->assertSame', '    $this->markTestSkipped();\n    $this->assertSame'),
      ),
    ],
    'test-skipped',
    3,
  ],
  ['php: expectation', [changed('SumTest.php', PHP, put(PHP, '(3,', '(9,'))], 'expectation-changed', 3],
  [
    'a snapshot that reads otherwise',
    [changed('__snapshots__/a.snap', 'exports[`a`] = `1`;\n', 'exports[`a`] = `2`;\n')],
    'expectation-changed',
    1,
  ],
  ['a snapshot that is gone', [changed('a.test.js.snap', 'exports[`a`] = `1`;\n', null)], 'expectation-changed', null],
  [
    'code that knows the gate',
    [changed('lib.js', '1;\n', 'module.exports = () => process.env.SLICEWAVE_RUN_ID;\n')],
    'knows-the-check',
    1,
  ],
];

const HONEST: readonly (readonly [string, readonly ChangedText[]])[] = [
  ['a new test', [changed('a.test.js', JS, `${JS}test('neg', () => assert.equal(sum(-1, 1), 0));\n`)]],
  [
    'a new file, with a skipped test and a mock',
    [
      changed(
        'b.test.js',
        null,
        `jest.mock('./db.js');\nit('a', () => { expect(1).toBe(1); });\nit.skip('b', () => {});\n`,
      ),
    ],
  ],
  [
    'folded into a table',
    [
      changed(
        'a.test.js',
        JS,
        `const test = require('node:test'), assert = require('node:assert'), sum = require('./lib.js');\nfor (const [a, b, c] of [[1, 2, 3], [5, 0, 5]]) test(\`sum \${a} \${b}\`, () => assert.strictEqual(sum(a, b), c));\n`,
      ),
    ],
  ],
  [
    'test.each',
    [
      changed(
        'a.test.js',
        JS,
        `const sum = require('./lib.js');\ntest.each([[1, 2, 3], [5, 0, 5]])('sum %i %i', (a, b, c) => { assert.equal(sum(a, b), c); });\n`,
      ),
    ],
  ],
  ['renamed tests', [changed('a.test.js', JS, put(JS, "'adds'", "'adds two numbers'"))]],
  [
    'renamed and rewritten with the same values',
    [
      changed(
        'a.test.js',
        JS,
        put(
          JS,
          "test('adds', () => { assert.equal(sum(1, 2), 3); })",
          "test('sums', () => { const got = sum(1, 2); assert.strictEqual(got, 3); })",
        ),
      ),
    ],
  ],
  ['a renamed file', [changed('sum.test.js', JS, JS, 'a.test.js')]],
  [
    'a file that is split',
    [
      changed('a.test.js', JS, null),
      changed('b.test.js', null, JS.split('\n').toSpliced(2, 1).join('\n')),
      changed('c.test.js', null, JS.split('\n').toSpliced(1, 1).join('\n')),
    ],
  ],
  [
    'moved into a folder with another import',
    [changed('test/a.test.js', JS, JS.replace('./lib.js', '../lib.js'), 'a.test.js')],
  ],
  [
    'a group around them',
    [changed('a.test.js', JS, `describe('sum', () => {\n${JS.replaceAll(/^test/gm, '  it')}});\n`)],
  ],
  [
    'two tests in one',
    [
      changed(
        'a.test.js',
        JS,
        `const test = require('node:test'), assert = require('node:assert'), sum = require('./lib.js');\ntest('adds', () => { assert.equal(sum(1, 2), 3); assert.equal(sum(5, 0), 5); });\n`,
      ),
    ],
  ],
  [
    'another style of assertion',
    [changed('a.test.js', JS, JS.replaceAll(/assert\.equal\((sum\(.*?\)), (\d)\)/g, 'expect($1).toBe($2)'))],
  ],
  [
    'tests that go with what they are about',
    [changed('src/lib.js', 'x\n', null), changed('test/lib.test.js', JS, null)],
  ],
  ['a skipped test that goes', [changed('a.test.js', `${JS}test.skip('old', () => { assert.equal(1, 1); });\n`, JS)]],
  ['a skipped test that runs again', [changed('a.test.js', put(JS, "test('adds',", "test.skip('adds',"), JS)]],
  ['a comment and blanks', [changed('a.test.js', JS, `// about sums\n\n${JS}`)]],
  ['setup around them', [changed('a.test.js', JS, `${JS}beforeEach(() => { reset(); });\n`)]],
  [
    'a stub of something else',
    [changed('a.test.js', JS, `jest.mock('./clock.js');\n${JS}test('late', () => { assert.equal(late(), true); });\n`)],
  ],
  [
    'py: parametrize',
    [
      changed(
        'test_m.py',
        PY,
        `import pytest\nfrom m import s\n@pytest.mark.parametrize('a,b,c', [(1, 2, 3), (0, 0, 0)])\ndef test_s(a, b, c):\n    assert s(a, b) == c\n`,
      ),
    ],
  ],
  [
    'py: plain functions',
    [
      changed(
        'test_m.py',
        PY,
        `from m import s\ndef test_s():\n    assert s(1, 2) == 3\ndef test_z():\n    assert s(0, 0) == 0\n`,
      ),
    ],
  ],
  [
    'go: a table',
    [
      changed(
        'a_test.go',
        GO,
        `package x\nimport "testing"\nfunc TestSum(t *testing.T) {\n\tfor _, c := range []struct{ a, b, want int }{{1, 2, 3}, {0, 4, 4}} {\n\t\tt.Run("x", func(t *testing.T) {\n\t\t\tif Sum(c.a, c.b) != c.want {\n\t\t\t\tt.Fatal("no")\n\t\t\t}\n\t\t})\n\t}\n}\n`,
      ),
    ],
  ],
  ['rust: the code changes, the tests stay', [changed('src/lib.rs', RUST, put(RUST, 'a + b', 'b + a'))]],
  [
    'new snapshots',
    [changed('__snapshots__/a.snap', 'exports[`a`] = `1`;\n', 'exports[`a`] = `1`;\n\nexports[`b`] = `2`;\n')],
  ],
  ['code that is no test', [changed('lib.js', 'a\n', "const re = /x/; if (re.test('a')) { return; }\n")]],
  [
    'settings for CI',
    [changed('playwright.config.ts', 'x\n', 'export const a = { retries: process.env.CI ? 2 : 0 };\n')],
  ],
];

suite('changes of tests', () => {
  let reader: TestReader | null;
  suiteSetup(async () => {
    reader = await openCodeReader();
    assert.ok(reader);
  });

  for (const [name, files, kind, line] of WEAKER) {
    test(`doubted: ${name}`, () => {
      const { doubts, keptAll } = testChanges(files, reader);
      const found = doubts.find((doubt) => doubt.kind === kind);
      assert.ok(found, `${kind} among ${JSON.stringify(doubts)}`);
      assert.equal(found.places[0]?.line, line, JSON.stringify(found));
      assert.equal(found.severity, 'high');
      if (kind === 'test-removed' && files[0]?.path === 'a.test.js') assert.equal(keptAll, false);
    });
  }

  for (const [name, files] of HONEST) {
    test(`not doubted: ${name}`, () => assert.deepEqual(testChanges(files, reader).doubts, []));
  }

  test('the reader is asked for where it has a say, and nowhere else', () => {
    for (const [name, files] of [...WEAKER, ...HONEST]) {
      const [withReader, without] = [testChanges(files, reader), testChanges(files, null)];
      if (!readsTests(files)) assert.deepEqual(without, withReader, name);
    }
    assert.equal(readsTests([changed('src/a.js', JS, `${JS}// x\n`), changed('notes.txt', 'a', 'b')]), false);
    assert.equal(readsTests([changed('a.test.js', JS, null)]), true);
    assert.equal(readsTests([changed('a_test.exs', 'x', 'y')]), false, 'there is no grammar');
  });

  test('tests that cannot be read are doubted only when they go', () => {
    assert.equal(testChanges([changed('a.test.js', JS, null)], null).doubts[0]?.kind, 'test-removed');
    const unread = testChanges([changed('a.test.js', JS, `${JS}// x\n`)], null);
    assert.deepEqual(unread, { doubts: [], keptAll: false });
  });
});

const pkg = (scripts: Readonly<Record<string, string>>, more: object = {}): string =>
  JSON.stringify({ scripts, ...more }, null, 2);

suite('changes of scripts and settings', () => {
  const test1 = pkg({ test: 'mocha test', build: 'tsc' });
  for (const [name, file, kind, line] of [
    ['|| true', changed('package.json', test1, pkg({ test: 'mocha test || true', build: 'tsc' })), 'check-bent', 3],
    ['; exit 0', changed('package.json', test1, pkg({ test: 'mocha test; exit 0', build: 'tsc' })), 'check-bent', 3],
    [
      'passWithNoTests',
      changed('package.json', pkg({ test: 'jest' }), pkg({ test: 'jest --passWithNoTests' })),
      'check-bent',
      3,
    ],
    ['--bail=0', changed('package.json', pkg({ test: 'jest' }), pkg({ test: 'jest --bail=0' })), 'check-bent', 3],
    [
      '--grep',
      changed('package.json', test1, pkg({ test: 'mocha test --grep loads', build: 'tsc' })),
      'selection-narrowed',
      3,
    ],
    ['-t', changed('package.json', pkg({ test: 'jest' }), pkg({ test: 'jest -t loads' })), 'selection-narrowed', 3],
    ['another program', changed('package.json', test1, pkg({ test: 'echo ok', build: 'tsc' })), 'check-bent', 3],
    ['taken out', changed('package.json', test1, pkg({ build: 'tsc' })), 'check-bent', null],
    [
      'jest in package.json',
      changed(
        'package.json',
        pkg({ test: 'jest' }, { jest: {} }),
        pkg({ test: 'jest' }, { jest: { testPathIgnorePatterns: ['lib'] } }),
      ),
      'selection-narrowed',
      null,
    ],
    ['Makefile', changed('Makefile', 'test:\n\tpytest\n', 'test:\n\tpytest || true\n'), 'check-bent', 2],
    ['Makefile, dash', changed('Makefile', 'test:\n\tpytest\n', 'test:\n\t-pytest\n'), 'check-bent', 2],
    ['Makefile, -k', changed('Makefile', 'test:\n\tpytest\n', 'test:\n\tpytest -k fast\n'), 'selection-narrowed', 2],
    [
      'jest.config',
      changed(
        'jest.config.js',
        'module.exports = {\n};\n',
        "module.exports = {\n  testPathIgnorePatterns: ['sum'],\n};\n",
      ),
      'selection-narrowed',
      2,
    ],
    [
      'pytest.ini',
      changed('pytest.ini', '[pytest]\n', '[pytest]\naddopts = --deselect test_m.py::test_s\n'),
      'selection-narrowed',
      2,
    ],
    [
      'pom.xml',
      changed('pom.xml', '<a>\n</a>\n', '<a>\n<testFailureIgnore>true</testFailureIgnore>\n</a>\n'),
      'check-bent',
      2,
    ],
    ['a shell script', changed('scripts/test.sh', 'set -e\nnpm test\n', 'set +e\nnpm test\n'), 'check-bent', 1],
  ] as const) {
    test(`doubted: ${name}`, () => {
      const doubts = scriptChanges([file]);
      assert.equal(doubts[0]?.kind, kind, JSON.stringify(doubts));
      assert.equal(doubts[0]?.places[0]?.line, line);
    });
  }

  for (const [name, file] of [
    [
      'a new script',
      changed('package.json', test1, pkg({ test: 'mocha test', build: 'tsc', 'test:fast': 'mocha -g fast || true' })),
    ],
    [
      'a dependency',
      changed('package.json', test1, pkg({ test: 'mocha test', build: 'tsc' }, { dependencies: { a: '1' } })),
    ],
    ['a build script', changed('package.json', test1, pkg({ test: 'mocha test', build: 'tsc || true' }))],
    ['one more reporter', changed('package.json', test1, pkg({ test: 'mocha test --reporter dot', build: 'tsc' }))],
    ['a step before', changed('package.json', test1, pkg({ test: 'tsc && mocha test', build: 'tsc' }))],
    ['a filter that goes', changed('package.json', pkg({ test: 'mocha -g a || true' }), pkg({ test: 'mocha' }))],
    ['a new Makefile', changed('Makefile', null, 'test:\n\t-pytest || true\n')],
    ['a clean target', changed('Makefile', 'test:\n\tpytest\n', 'test:\n\tpytest\nclean:\n\t-rm -r build\n')],
    ['a shell script that is no check', changed('deploy.sh', 'a\n', 'a || true\n')],
  ] as const) {
    test(`not doubted: ${name}`, () => assert.deepEqual(scriptChanges([file]), []));
  }
});

suite('results beside those of the base and of earlier attempts', () => {
  const counts = { ran: 5, passed: 5, failed: 0, skipped: 0, todo: 0, exact: true, replayed: null };
  const passed: Verification = { command: 'c', exitCode: 0, durationMs: 1, output: '', outcome: 'passed', counts };
  const failed: Verification = { ...passed, exitCode: 1, outcome: 'failed' };
  const fewer: Verification = { ...passed, counts: { ...counts, ran: 3, passed: 3 } };
  const kinds = (
    result: Verification,
    base: Verification | null,
    { keptAll = false, earlier = null as Verification | null } = {},
  ) =>
    doubtsOfResults({
      results: [result],
      onBase: new Map(base ? [['c', base]] : []),
      keptAll,
      earlier: new Map(earlier ? [['c', earlier]] : []),
    }).map(({ kind, severity }) => `${kind} ${severity}`);

  test('what fails on the base and passes now is what a check is for', () => {
    assert.deepEqual(kinds(passed, failed), []);
    assert.deepEqual(kinds(passed, null), []);
  });
  test('what passes on the base already is worth knowing, no accusation', () =>
    assert.deepEqual(kinds(passed, passed), ['passes-on-base low']));
  test('what runs more tests than on the base is not what passed there', () => {
    assert.deepEqual(kinds(passed, fewer), []);
    const unsure = { ...fewer, counts: { ...counts, ran: 3, passed: 3, exact: false } };
    assert.deepEqual(kinds(passed, unsure), ['passes-on-base low']);
  });
  test('fewer tests are doubted, unless the tests that changed show why', () => {
    assert.deepEqual(kinds(fewer, failed), ['fewer-tests high']);
    assert.deepEqual(kinds(fewer, failed, { keptAll: true }), []);
    assert.deepEqual(kinds({ ...fewer, counts: { ...counts, ran: 1, exact: false } }, failed), []);
  });
  test('two results for one tree are flaky', () => {
    assert.deepEqual(kinds(passed, null, { earlier: failed }), ['flaky high']);
    assert.deepEqual(kinds(passed, null, { earlier: passed }), []);
    assert.deepEqual(kinds(passed, null, { earlier: { ...failed, outcome: 'not-found' } }), []);
  });
  test('a result that is replayed in part is doubted', () =>
    assert.deepEqual(kinds({ ...passed, counts: { ...counts, replayed: 'some' } }, null), ['replayed high']));
});
