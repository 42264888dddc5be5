/** Ways to weaken a test, in each language that is read; and the honest change that looks most like each. */
import assert from 'node:assert/strict';
import type { TestReader } from '../../src/core/code/tests.ts';
import type { ChangedText } from '../../src/core/gate/changed-text.ts';
import { testChanges } from '../../src/core/gate/test-changes.ts';
import type { DoubtKind } from '../../src/core/run/doubt.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';

/** One test in a language, around its statements. */
interface Frame {
  readonly path: string;
  readonly around: (body: string, more?: { readonly above?: string; readonly beside?: string }) => string;
  /** The statement that asserts. */
  readonly asserts: string;
}

const FRAMES = {
  js: {
    path: 'sum.test.js',
    around: (body, { beside = '' } = {}) =>
      `const test = require('node:test');\nconst assert = require('node:assert');\nconst sum = require('./sum.js');\n${beside}\ntest('adds', async () => {\n${body}\n});\ntest('loads', () => {\n  assert.equal(sum(9, 9), 18);\n});\n`,
    asserts: 'assert.equal(sum(1, 2), 3);',
  },
  jest: {
    path: 'sum.test.ts',
    around: (body, { beside = '' } = {}) =>
      `import { sum } from './sum';\n${beside}\nit('adds', async () => {\n${body}\n});\n`,
    asserts: 'expect(sum(1, 2)).toBe(3);',
  },
  py: {
    path: 'test_sum.py',
    around: (body, { above = '', beside = '' } = {}) =>
      `import pytest\nfrom sums import total\n${beside}\n${above}def test_adds():\n${body.replaceAll(/^/gm, '    ')}\n`,
    asserts: 'assert total(1, 2) == 3',
  },
  unittest: {
    path: 'test_case.py',
    around: (body, { above = '', beside = '' } = {}) =>
      `import unittest\nfrom sums import total\nclass T(unittest.TestCase):\n${beside}    ${above}def test_adds(self):\n${body.replaceAll(/^/gm, '        ')}\n`,
    asserts: 'self.assertEqual(total(1, 2), 3)',
  },
  go: {
    path: 'sum_test.go',
    around: (body, { beside = '' } = {}) =>
      `package x\nimport "testing"\n${beside}\nfunc TestAdds(t *testing.T) {\n${body}\n}\n`,
    asserts: 'if Sum(1, 2) != 3 {\n  t.Fatal("no")\n}',
  },
  rust: {
    path: 'tests/sum.rs',
    around: (body, { above = '', beside = '' } = {}) =>
      `use x::sum;\n${beside}\n${above}#[test]\nfn adds() {\n${body}\n}\n`,
    asserts: 'assert_eq!(sum(1, 2), 3);',
  },
  java: {
    path: 'SumTest.java',
    around: (body, { above = '', beside = '' } = {}) =>
      `class SumTest {\n${beside}\n${above}@Test\nvoid adds() {\n${body}\n}\n}\n`,
    asserts: 'assertEquals(3, Sum.of(1, 2));',
  },
  cs: {
    path: 'SumTests.cs',
    around: (body, { above = '', beside = '' } = {}) =>
      `class SumTests {\n${beside}\n${above}[Fact]\npublic void Adds() {\n${body}\n}\n}\n`,
    asserts: 'Assert.Equal(3, Sum.Of(1, 2));',
  },
  ruby: {
    path: 'sum_spec.rb',
    around: (body, { beside = '' } = {}) => `RSpec.describe Sum do\n${beside}\nit 'adds' do\n${body}\nend\nend\n`,
    asserts: 'expect(Sum.of(1, 2)).to eq(3)',
  },
  php: {
    path: 'SumTest.php',
    around: (body, { beside = '' } = {}) =>
      `<?php\nclass SumTest extends TestCase {\n${beside}\npublic function testAdds() {\n${body}\n}\n}\n`,
    asserts: '$this->assertSame(3, sum(1, 2));',
  },
} as const satisfies Readonly<Record<string, Frame>>;
type Language = keyof typeof FRAMES;

const A = Object.fromEntries(Object.entries(FRAMES).map(([name, { asserts }]) => [name, asserts])) as Readonly<
  Record<Language, string>
>;
const indented = (text: string): string => text.replaceAll(/^/gm, '    ');

/** What becomes of the body. */
const WEAKER: readonly (readonly [string, Language, DoubtKind, string, { above?: string; beside?: string }?])[] = [
  ['an empty catch', 'js', 'test-weaker', `try {\n${A.js}\n} catch {}`],
  [
    'a catch that only speaks',
    'js',
    'test-weaker',
    `try {\n${A.js}\n} catch (error) {\n  console.error('fails', error);\n}`,
  ],
  ['a catch that returns', 'jest', 'test-weaker', `try {\n${A.jest}\n} catch (error) {\n  return;\n}`],
  ['a finally that returns', 'js', 'test-weaker', `try {\n${A.js}\n} finally {\n  return;\n}`],
  [
    'a promise whose failure is dropped',
    'js',
    'test-weaker',
    `await Promise.resolve().then(() => { ${A.js} }).catch(() => {});`,
  ],
  [
    'a matcher whose failure is dropped',
    'jest',
    'test-weaker',
    'await expect(sum(1, 2)).resolves.toBe(3).catch(() => undefined);',
  ],
  [
    'a second handler that is silent',
    'js',
    'test-weaker',
    `await Promise.resolve().then(() => { ${A.js} }).then(null, () => {});`,
  ],
  ['a timer that nobody waits for', 'js', 'test-weaker', `setTimeout(() => { ${A.js} }, 10);`],
  ['an assertion that has to fail', 'js', 'test-weaker', `assert.throws(() => ${A.js.replace(';', '')});`],
  [
    'a helper that swallows',
    'js',
    'test-weaker',
    'check(sum(1, 2), 3);',
    { beside: 'const check = (a, b) => { try { assert.equal(a, b); } catch {} };' },
  ],
  ['a helper that nobody calls', 'js', 'test-weaker', `const check = () => {\n${A.js}\n};`],
  ['true', 'js', 'test-weaker', 'assert.ok(true);'],
  ['one', 'js', 'test-weaker', 'sum(1, 2); assert(3);'],
  ['itself', 'jest', 'test-weaker', 'const three = 3; sum(1, 2); expect(three).toBe(three);'],
  ['true toBe true', 'jest', 'test-weaker', 'sum(1, 2); expect(true).toBe(true); 3;'],
  ['or true', 'js', 'test-weaker', 'assert.ok(sum(1, 2) === 3 || true);'],
  ['under a condition', 'js', 'test-weaker', `if (sum(1, 2) === 3) ${A.js}`],
  ['an early return under a condition', 'js', 'test-leaves-early', `if (!global.ready) return;\n${A.js}`],
  ['an assertion library that is made here', 'js', 'check-bent', A.js, { beside: 'assert.equal = () => {};' }],
  ['more tries', 'jest', 'test-weaker', A.jest, { beside: 'jest.retryTimes(3);' }],
  ['more time', 'jest', 'test-weaker', A.jest, { beside: 'jest.setTimeout(600000);' }],
  [
    'a stub of the subject',
    'js',
    'subject-replaced',
    A.js,
    { beside: 'const lib = require("./sum.js");\nrequire.cache[require.resolve("./sum.js")].exports = () => 3;' },
  ],
  [
    'an exit code of its own',
    'js',
    'check-bent',
    A.js,
    { beside: "process.on('exit', () => { process.exitCode = 0; });" },
  ],
  [
    'a function of the subject',
    'js',
    'subject-replaced',
    A.js,
    { beside: "const lib = require('./sum.js');\nlib.add = () => 3;" },
  ],
  ['a method of the subject', 'js', 'subject-replaced', A.js, { beside: "test.mock.method(sum, 'call', () => 3);" }],
  [
    'a spy that answers',
    'jest',
    'subject-replaced',
    A.jest,
    { beside: "import * as lib from './sum';\nbeforeEach(() => { jest.spyOn(lib, 'sum').mockReturnValue(3); });" },
  ],
  ['except: pass', 'py', 'test-weaker', `try:\n${indented(A.py)}\nexcept Exception:\n    pass`],
  ['a bare except that prints', 'py', 'test-weaker', `try:\n${indented(A.py)}\nexcept:\n    print('no')`],
  ['suppress', 'py', 'test-weaker', `with contextlib.suppress(AssertionError):\n${indented(A.py)}`],
  ['raises', 'py', 'test-weaker', `with pytest.raises(AssertionError):\n${indented(A.py)}`],
  ['assert True', 'py', 'test-weaker', 'total(1, 2)\nassert True'],
  ['or True', 'py', 'test-weaker', 'assert total(1, 2) == 3 or True'],
  ['under a condition', 'py', 'test-weaker', `if total(1, 2) == 3:\n${indented(A.py)}`],
  ['skipif', 'py', 'test-skipped', A.py, { above: "@pytest.mark.skipif(True, reason='x')\n" }],
  ['a mark on the file', 'py', 'test-skipped', A.py, { beside: 'pytestmark = pytest.mark.skip' }],
  ['a test that is none', 'py', 'test-skipped', A.py, { beside: '__test__ = False' }],
  ['more tries', 'py', 'test-weaker', A.py, { above: '@pytest.mark.flaky(reruns=3)\n' }],
  [
    'a hook that drops tests',
    'py',
    'selection-narrowed',
    A.py,
    { beside: 'def pytest_collection_modifyitems(items):\n    items.clear()' },
  ],
  [
    'a patched subject',
    'py',
    'subject-replaced',
    A.py,
    { beside: 'import sums\nsums.total = lambda a, b: 3\ntotal = sums.total' },
  ],
  [
    'except in a case',
    'unittest',
    'test-weaker',
    `try:\n${indented(A.unittest)}\nexcept AssertionError as error:\n    print(error)`,
  ],
  ['assertTrue(True)', 'unittest', 'test-weaker', 'total(1, 2)\nself.assertTrue(True)'],
  ['skipUnless', 'unittest', 'test-skipped', A.unittest, { above: "@unittest.skipUnless(False, 'x')\n    " }],
  ['expectedFailure', 'unittest', 'test-skipped', A.unittest, { above: '@unittest.expectedFailure\n    ' }],
  [
    'an assertion that is made here',
    'unittest',
    'check-bent',
    A.unittest,
    { beside: '    def assertEqual(self, a, b): pass\n' },
  ],
  ['recover', 'go', 'test-weaker', `defer func() { recover() }()\n${A.go}`],
  ['Skip under a condition', 'go', 'test-leaves-early', `if testing.Short() {\n  t.Skip("later")\n}\n${A.go}`],
  ['Log in place of Fatal', 'go', 'test-weaker', A.go.replace('Fatal', 'Log')],
  ['a condition that never holds', 'go', 'expectation-changed', A.go.replace('!= 3', '!= Sum(1, 2)')],
  [
    'a TestMain that runs nothing',
    'go',
    'check-bent',
    A.go,
    { beside: 'func TestMain(m *testing.M) {\n  os.Exit(0)\n}' },
  ],
  ['catch_unwind', 'rust', 'test-weaker', `let _ = std::panic::catch_unwind(|| {\n${A.rust}\n});`],
  ['should_panic', 'rust', 'test-weaker', A.rust, { above: '#[should_panic]\n' }],
  ['assert!(true)', 'rust', 'test-weaker', 'sum(1, 2);\nassert!(true);'],
  ['itself', 'rust', 'test-weaker', 'let a = sum(1, 2);\nassert_eq!(a, a);'],
  ['ignore by a feature', 'rust', 'test-skipped', A.rust, { above: '#[cfg_attr(not(feature = "slow"), ignore)]\n' }],
  ['cfg', 'rust', 'test-skipped', A.rust, { above: '#[cfg(feature = "slow")]\n' }],
  ['an empty catch', 'java', 'test-weaker', `try {\n${A.java}\n} catch (Throwable error) {\n}`],
  [
    'an empty catch of assertions',
    'java',
    'test-weaker',
    `try {\n${A.java}\n} catch (AssertionError error) {\n  // later\n}`,
  ],
  ['assertTrue(true)', 'java', 'test-weaker', 'Sum.of(1, 2);\nassertTrue(true);'],
  [
    'DisabledIf',
    'java',
    'test-skipped',
    A.java,
    { above: '@DisabledIfEnvironmentVariable(named = "CI", matches = "1")\n' },
  ],
  ['an empty catch', 'cs', 'test-weaker', `try {\n${A.cs}\n} catch {\n}`],
  ['a catch of everything', 'cs', 'test-weaker', `try {\n${A.cs}\n} catch (Exception e) {\n  Console.WriteLine(e);\n}`],
  ['True(true)', 'cs', 'test-weaker', 'Sum.Of(1, 2);\nAssert.True(true);'],
  ['Ignore', 'cs', 'test-skipped', A.cs, { above: '[Ignore("later")]\n' }],
  ['rescue', 'ruby', 'test-weaker', `begin\n${A.ruby}\nrescue Exception\nend`],
  ['rescue that prints', 'ruby', 'test-weaker', `begin\n${A.ruby}\nrescue => error\n  puts error\nend`],
  ['rescue nil', 'ruby', 'test-weaker', `(${A.ruby}) rescue nil`],
  ['a block that rescues', 'ruby', 'test-weaker', `${A.ruby}\nrescue Exception\nnil`],
  ['a stub of the subject', 'ruby', 'subject-replaced', `allow(Sum).to receive(:of).and_return(3)\n${A.ruby}`],
  ['true', 'ruby', 'test-weaker', 'Sum.of(1, 2)\nexpect(true).to be_truthy'],
  ['skip', 'ruby', 'test-skipped', `skip 'later'\n${A.ruby}`],
  ['pending', 'ruby', 'test-skipped', `pending\n${A.ruby}`],
  ['an empty catch', 'php', 'test-weaker', `try {\n${A.php}\n} catch (\\Throwable $error) {\n}`],
  ['assertTrue(true)', 'php', 'test-weaker', 'sum(1, 2);\n$this->assertTrue(true);'],
  ['incomplete', 'php', 'test-skipped', `$this->markTestIncomplete();\n${A.php}`],
];

/** Honest changes of the body. */
const HONEST: readonly (readonly [string, Language, string, { above?: string; beside?: string }?])[] = [
  [
    'a helper with a name',
    'js',
    'check(1, 2, 3);',
    { beside: 'const check = (a, b, expected) => { assert.equal(sum(a, b), expected); };' },
  ],
  [
    'a helper function in the test',
    'js',
    'function check(a, b, expected) { assert.equal(sum(a, b), expected); }\ncheck(1, 2, 3);',
  ],
  [
    'a helper that is handed on',
    'js',
    'const check = ([a, b, expected]) => assert.equal(sum(a, b), expected);\n[[1, 2, 3]].forEach(check);',
  ],
  ['cleaning up', 'js', `try {\n${A.js}\n} finally {\n  reset();\n}`],
  ['a catch that says more', 'js', `try {\n${A.js}\n} catch (error) {\n  console.error(sum);\n  throw error;\n}`],
  [
    'what is caught is looked at',
    'js',
    `let caught = null;\ntry {\n${A.js}\n} catch (error) {\n  caught = error;\n}\nassert.equal(caught, null);`,
  ],
  ['cleaning up that may fail', 'js', `${A.js}\nawait close().catch(() => {});\ntry { reset(); } catch {}`],
  ['another style', 'js', 'expect(sum(1, 2)).toBe(3);'],
  ['deepEqual', 'js', 'assert.deepStrictEqual(sum(1, 2), 3);'],
  ['a message', 'js', "assert.equal(sum(1, 2), 3, 'one and two');"],
  ['a promise that is awaited', 'js', `await Promise.resolve().then(() => { ${A.js} });`],
  ['an error that is expected', 'js', `${A.js}\nassert.throws(() => sum('a'), TypeError);`],
  ['a loop', 'jest', 'for (const [a, b, c] of [[1, 2, 3]]) expect(sum(a, b)).toBe(c);'],
  [
    'what must throw',
    'jest',
    `${A.jest}\ntry { sum(null); expect.fail('throws'); } catch (error) { expect(error).toBeInstanceOf(TypeError); }`,
  ],
  ['what is the same twice', 'jest', `${A.jest}\nexpect(sum(1, 2)).toBe(sum(1, 2));`],
  ['a spy that only looks', 'jest', A.jest, { beside: "import * as lib from './sum';\njest.spyOn(lib, 'sum');" }],
  [
    'a stub of something else',
    'jest',
    A.jest,
    { beside: "import * as clock from './clock';\njest.spyOn(clock, 'now').mockReturnValue(3);" },
  ],
  ['a helper', 'py', 'check(1, 2, 3)', { beside: 'def check(a, b, expected):\n    assert total(a, b) == expected\n' }],
  ['an error that is expected', 'py', `${A.py}\nwith pytest.raises(TypeError):\n    total(None, 1)`],
  ['another exception', 'py', `try:\n${indented(A.py)}\nexcept OSError:\n    pass`],
  ['cleaning up', 'py', `${A.py}\nwith contextlib.suppress(FileNotFoundError):\n    remove()`],
  ['assertEqual to assert', 'unittest', 'assert total(1, 2) == 3'],
  [
    'a method',
    'unittest',
    'self.check(1, 2, 3)',
    { beside: '    def check(self, a, b, c):\n        self.assertEqual(total(a, b), c)\n' },
  ],
  [
    'a helper',
    'go',
    'check(t, 1, 2, 3)',
    {
      beside:
        'func check(t *testing.T, a, b, want int) {\n  t.Helper()\n  if Sum(a, b) != want {\n    t.Fatal("no")\n  }\n}',
    },
  ],
  ['Errorf', 'go', A.go.replace('t.Fatal("no")', 't.Errorf("got %d", Sum(1, 2))')],
  [
    'what must panic',
    'go',
    `${A.go}\ndefer func() {\n  if recover() == nil {\n    t.Error("did not panic")\n  }\n}()\nSum(-1, 0)`,
  ],
  ['a helper', 'rust', 'check(1, 2, 3);', { beside: 'fn check(a: i32, b: i32, c: i32) { assert_eq!(sum(a, b), c); }' }],
  [
    'what must panic',
    'rust',
    `${A.rust}\nlet result = std::panic::catch_unwind(|| sum(-1, 0));\nassert!(result.is_err());`,
  ],
  [
    'a helper',
    'java',
    'check(3, 1, 2);',
    { beside: 'private void check(int c, int a, int b) { assertEquals(c, Sum.of(a, b)); }' },
  ],
  ['another exception', 'java', `try {\n${A.java}\n} catch (IOException error) {\n}`],
  ['assertThat', 'java', 'assertThat(Sum.of(1, 2)).isEqualTo(3);'],
  [
    'a helper',
    'cs',
    'Check(3, 1, 2);',
    { beside: 'private static void Check(int c, int a, int b) { Assert.Equal(c, Sum.Of(a, b)); }' },
  ],
  ['another exception', 'cs', `try {\n${A.cs}\n} catch (IOException) {\n}`],
  ['a helper', 'ruby', 'check(1, 2, 3)', { beside: 'def check(a, b, c)\n  expect(Sum.of(a, b)).to eq(c)\nend' }],
  ['should', 'ruby', 'Sum.of(1, 2).should eq(3)'],
  [
    'a helper',
    'php',
    '$this->check(3, 1, 2);',
    { beside: 'private function check($c, $a, $b) { $this->assertSame($c, sum($a, $b)); }' },
  ],
];

suite('weakened tests, language by language', () => {
  let reader: TestReader | null;
  suiteSetup(async () => {
    reader = await openCodeReader();
    assert.ok(reader);
  });
  const doubtsOf = (language: Language, before: string, body: string, more: object = {}): readonly DoubtKind[] => {
    const frame: Frame = FRAMES[language];
    const file: ChangedText = {
      path: frame.path,
      from: frame.path,
      before: frame.around(before),
      after: frame.around(body, more),
    };
    return testChanges([file], reader).doubts.map(({ kind, summary }) => {
      assert.notEqual(summary, '');
      return kind;
    });
  };

  for (const [name, language, kind, body, more] of WEAKER) {
    test(`doubted: ${language}: ${name}`, () => {
      const found = doubtsOf(language, A[language], body, more);
      assert.ok(found.includes(kind), `${kind} among ${JSON.stringify(found)}`);
    });
  }

  for (const [name, language, body, more] of HONEST)
    test(`not doubted: ${language}: ${name}`, () => assert.deepEqual(doubtsOf(language, A[language], body, more), []));

  test('doubted: a number of assertions that is not held any more', () => {
    const counted = `expect.assertions(1);\n${A.jest}`;
    assert.deepEqual(doubtsOf('jest', counted, A.jest), ['test-weaker']);
    assert.deepEqual(doubtsOf('jest', A.jest, counted), []);
  });

  test('what a test dropped before is no news', () => {
    const dropped = `try {\n${A.js}\n} catch {}`;
    assert.deepEqual(doubtsOf('js', dropped, `// later\n${dropped}`), []);
    assert.deepEqual(doubtsOf('js', dropped, A.js), []);
  });
});
