/** Scripts and settings by which checks pass whatever happens, or run less; and the honest changes beside them. */
import assert from 'node:assert/strict';
import { checkAwareDoubts } from '../../src/core/gate/check-aware.ts';
import { scriptChanges } from '../../src/core/gate/check-scripts.ts';
import { testChanges, unreadSnapshots } from '../../src/core/gate/test-changes.ts';

const doubtsOf = (path: string, before: string | null, after: string | null): readonly string[] =>
  scriptChanges([{ path, from: path, before, after }]).map(({ kind }) => kind);
const scripts = (of: Readonly<Record<string, string>>): string => JSON.stringify({ scripts: of }, null, 2);
const JEST =
  "module.exports = {\n  testMatch: [\n    '**/*.test.js',\n    '**/*.spec.js',\n  ],\n  coverageThreshold: {\n    global: {\n      branches: 80,\n    },\n  },\n};\n";

suite('scripts and settings of checks', () => {
  for (const [name, kind, path, before, after] of [
    ['a trap', 'check-bent', 'test.sh', 'npm test\n', "trap 'exit 0' EXIT\nnpm test\n"],
    ['a last word', 'check-bent', 'scripts/check.sh', 'npm test\n', 'npm test\nexit 0\n'],
    ['no pipefail', 'check-bent', 'test.sh', 'set -o pipefail\nnpm test\n', 'set +o pipefail\nnpm test\n'],
    ['a pipe', 'check-bent', 'package.json', scripts({ test: 'mocha' }), scripts({ test: 'mocha | tee log' })],
    [
      'tests that are only listed',
      'check-bent',
      'package.json',
      scripts({ test: 'jest' }),
      scripts({ test: 'jest --listTests' }),
    ],
    [
      'snapshots that are written',
      'check-bent',
      'package.json',
      scripts({ test: 'jest' }),
      scripts({ test: 'jest -u' }),
    ],
    [
      'a step before',
      'check-bent',
      'package.json',
      scripts({ test: 'jest' }),
      scripts({ pretest: 'rm -rf test/sum.test.js', test: 'jest' }),
    ],
    [
      'a workflow',
      'check-bent',
      '.github/workflows/ci.yml',
      '- run: npm test\n',
      '- run: npm test\n  continue-on-error: true\n',
    ],
    ['another shell for scripts', 'check-bent', '.npmrc', null, 'script-shell=/bin/true\n'],
    ['less coverage', 'check-bent', 'jest.config.js', JEST, JEST.replace('80', '10')],
    ['no coverage', 'check-bent', 'jest.config.js', JEST, JEST.replace('      branches: 80,\n', '')],
    [
      'less coverage in a section',
      'check-bent',
      'pyproject.toml',
      '[tool.coverage.report]\nfail_under = 90\n',
      '[tool.coverage.report]\nfail_under = 5\n',
    ],
    ['a pattern less', 'selection-narrowed', 'jest.config.js', JEST, JEST.replace("    '**/*.spec.js',\n", '')],
    [
      'a pattern more that is left out',
      'selection-narrowed',
      'vitest.config.ts',
      'export default {\n  exclude: [\n  ],\n};\n',
      "export default {\n  exclude: [\n    'src/sum.test.ts',\n  ],\n};\n",
    ],
    [
      'new settings that leave out',
      'selection-narrowed',
      '.mocharc.json',
      null,
      '{\n  "ignore": ["test/sum.test.js"]\n}\n',
    ],
    ['new options of pytest', 'selection-narrowed', 'pytest.ini', null, '[pytest]\naddopts = --ignore=test_sum.py\n'],
    ['settings that go', 'selection-narrowed', '.mocharc.json', '{ "spec": "test" }\n', null],
    [
      'a stand-in by name',
      'subject-replaced',
      'jest.config.js',
      'module.exports = {\n};\n',
      "module.exports = {\n  moduleNameMapper: { './sum': './mocks/sum' },\n};\n",
    ],
    [
      'another runner',
      'subject-replaced',
      'jest.config.js',
      'module.exports = {\n};\n',
      "module.exports = {\n  testRunner: './runner.js',\n};\n",
    ],
    [
      'a check that asks less',
      'check-bent',
      'tools/check.js',
      'if (sum(1, 2) !== 3) process.exit(1);\n',
      'sum(1, 2);\nprocess.exit(0);\n',
    ],
  ] as const)
    test(`doubted: ${name}`, () => {
      const found = doubtsOf(path, before, after);
      assert.ok(found.includes(kind), JSON.stringify(found));
    });

  for (const [name, path, before, after] of [
    [
      'a linter in the same file',
      'pyproject.toml',
      '[tool.ruff]\nignore = []\n[tool.pytest.ini_options]\n',
      '[tool.ruff]\nignore = ["E501"]\nexclude = ["x"]\n[tool.pytest.ini_options]\n',
    ],
    ['more coverage', 'jest.config.js', JEST, JEST.replace('80', '90')],
    [
      'new settings',
      'jest.config.js',
      null,
      "module.exports = {\n  testMatch: ['**/*.test.js'],\n  testPathIgnorePatterns: ['/node_modules/', '/dist/'],\n};\n",
    ],
    ['a dependency that is left out', 'build.gradle', 'a\n', "a\nexclude group: 'commons-logging'\n"],
    ['a build before', 'package.json', scripts({ test: 'jest' }), scripts({ pretest: 'npm run build', test: 'jest' })],
    [
      'a workflow that grows',
      '.github/workflows/ci.yml',
      '- run: npm test\n',
      '- run: npm test\n- run: npm run lint\n',
    ],
    [
      'a check that asks more',
      'tools/check.js',
      'if (sum(1, 2) !== 3) process.exit(1);\n',
      'if (sum(1, 2) !== 3) process.exit(1);\nif (sum(0, 0) !== 0) process.exit(1);\n',
    ],
    [
      'tests that share a function',
      'sum.test.js',
      'assert.equal(1, 1);\nassert.equal(2, 2);\n',
      'check(1, 1);\ncheck(2, 2);\n',
    ],
    ['registries', '.npmrc', null, 'fund=false\n'],
  ] as const)
    test(`not doubted: ${name}`, () => assert.deepEqual(doubtsOf(path, before, after), []));
});

suite('code that knows of its check', () => {
  const found = (line: string, before: string | null = 'a;\n', path = 'src/sum.js'): number =>
    checkAwareDoubts({ path, from: path, before, after: `${before ?? ''}${line}\n` }, false).length;

  for (const line of [
    'return process.env.CI ? a + b : a - b;',
    'const { CI } = process.env;',
    "if ('CI' in process.env) return;",
    'Object.keys(process.env).some((name) => name.startsWith("SLICEWAVE_"))',
    "if (process.cwd().includes('check')) return a + b;",
    "if (require('node:os').hostname() === 'runner') return a + b;",
    'if (/worktrees/.test(process.cwd())) return a + b;',
    "if (process.env.HOME.startsWith('/tmp')) return a + b;",
    "if (fs.existsSync('.slicewave')) return a + b;",
    "if (fs.statSync('.git').isFile()) return a + b;",
    "if (process.execArgv.includes('--test')) return a + b;",
    "if (typeof describe === 'function') return a + b;",
    "if (new Error().stack.includes('test')) return a + b;",
    "fs.readFileSync('/proc/self/cgroup', 'utf8')",
  ])
    test(`doubted: ${line}`, () => assert.equal(found(line), 1));

  test('doubted in other languages', () => {
    assert.equal(found("if 'pytest' in sys.modules: return 3", 'a\n', 'sums.py'), 1);
    assert.equal(found("if os.environ.get('CI'): return 3", 'a\n', 'sums.py'), 1);
    assert.equal(found("if 'tmp' in os.getcwd(): return 3", 'a\n', 'sums.py'), 1);
    assert.equal(found('if testing.Testing() {', 'a\n', 'sum.go'), 1);
    assert.equal(found('if flag.Lookup("test.v") != nil {', 'a\n', 'sum.go'), 1);
    assert.equal(found('if cfg!(test) {', 'a\n', 'sum.rs'), 1);
    assert.equal(found('return 3 if defined?(RSpec)', 'a\n', 'sum.rb'), 1);
    assert.equal(found("if (class_exists('PHPUnit\\\\Framework\\\\TestCase')) return 3;", '<?php\n', 'sum.php'), 1);
    assert.equal(found('if (System.getenv("CI") != null) return 3;', 'a\n', 'Sum.java'), 1);
  });

  for (const line of [
    "const file = path.join(process.cwd(), 'settings.json');",
    'if (file.startsWith(process.cwd())) return;',
    'const home = os.homedir();',
    "const port = Number(process.env.PORT ?? '3000');",
    'log.info({ host: os.hostname() });',
    "if (process.argv.includes('--help')) return;",
    'if (re.test(name)) return;',
    '// see the check in CI',
    "ignore('.git');",
  ])
    test(`not doubted: ${line}`, () => assert.equal(found(line), 0));

  test('what stood there before, and settings of runners, are no news', () => {
    const line = 'export const retries = process.env.CI ? 2 : 0;';
    const of = (path: string, before: string | null): number =>
      checkAwareDoubts({ path, from: path, before, after: `${line}\n` }, false).length;
    assert.equal(of('src/a.js', `${line}\n`), 0);
    assert.equal(of('playwright.config.ts', null), 0);
    assert.equal(found('const mark = "slicewave";', 'const name = "slicewave";\n'), 0);
  });
});

suite('files that tests compare with', () => {
  const of = (path: string, before: string | null, after: string | null): readonly string[] =>
    testChanges([{ path, from: path, before, after }], null).doubts.map(({ kind }) => kind);
  test('what they held and hold no more is doubted', () => {
    assert.deepEqual(of('test/golden/sum.txt', '3\n', '-1\n'), ['expectation-changed']);
    assert.deepEqual(of('testdata/sum.json', '{"a":1}\n', null), ['expectation-changed']);
    assert.deepEqual(of('test/sum.expected.txt', '3\n', '4\n'), ['expectation-changed']);
    assert.deepEqual(of('test/golden/sum.txt', '3\n', '3\n4\n'), []);
    assert.deepEqual(of('test/golden/new.txt', null, '3\n'), []);
  });
  test('pictures have no text', () => {
    const changed = [{ path: 'a/__image_snapshots__/x.png', change: 'modified' }];
    assert.equal(unreadSnapshots(changed, []).length, 1);
    assert.deepEqual(unreadSnapshots([{ path: 'a/icon.png', change: 'modified' }], []), []);
    assert.deepEqual(unreadSnapshots([{ path: 'a/golden/x.png', change: 'added' }], []), []);
  });
});
