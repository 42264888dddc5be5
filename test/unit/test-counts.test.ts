/**
 * Numbers of tests against what the real runners printed (`test/fixtures/test-output`): node 22.23.3 (TAP and spec),
 * mocha 12.0.3, jest 30.5.2, vitest 4.1.12, pytest 7.2.1, unittest of Python 3.11, go 1.19.8, cargo 1.95.0, RSpec 3.12,
 * PHPUnit 9.6.7, turbo 2.11.11, nx 24.0.6. Bun, dotnet, Surefire, Gradle, minitest and Playwright are from what their
 * documentation shows: they could not be run here.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { coverageOf, readTestCounts, type Coverage, type TestCounts } from '../../src/core/run/test-counts.ts';

const dir = path.join(import.meta.dirname, '../fixtures/test-output');

/** `ran skipped todo`, with a `+` where more may have run, and what a green exit code then proves. */
function shown(counts: TestCounts | null): string {
  const coverage = coverageOf(counts);
  if (!counts) return coverage;
  return `${counts.ran}${counts.exact ? '' : '+'} ${counts.skipped} ${counts.todo} ${coverage}`;
}

const REAL: Readonly<Record<string, string>> = {
  'cargo-text-none': '0 0 0 none',
  'cargo-text-skip': '0 1 0 skipped',
  'cargo-text-some': '1 1 0 tests',
  'go-json-none': '0 0 0 none',
  'go-json-some': '1 1 0 tests',
  'go-text-cached': '1+ 0 0 replayed',
  'go-text-none': '0 0 0 none',
  'go-text-some': '1+ 0 0 tests',
  'go-v-skip': '0 1 0 skipped',
  'go-v-some': '1 1 0 tests',
  'jest-json-skip': '0 1 1 skipped',
  'jest-json-some': '2 1 1 tests',
  'jest-text-filtered': '0 4 0 skipped',
  'jest-text-none': '0 0 0 none',
  'jest-text-skip': '0 1 1 skipped',
  'jest-text-some': '2 1 1 tests',
  'mocha-dot-none': '0 0 0 none',
  'mocha-dot-skip': '0 2 0 skipped',
  'mocha-dot-some': '2 2 0 tests',
  'mocha-json-none': '0 0 0 none',
  'mocha-json-skip': '0 2 0 skipped',
  'mocha-json-some': '2 2 0 tests',
  'mocha-spec-none': '0 0 0 none',
  'mocha-spec-skip': '0 2 0 skipped',
  'mocha-spec-some': '2 2 0 tests',
  // This reporter shows a dot for a file without tests, and for skipped ones.
  'node-dot-empty': '1+ 0 0 tests',
  'node-dot-skip': '2+ 0 0 tests',
  'node-dot-some': '4+ 0 0 tests',
  'node-spec-empty': '0 0 0 none',
  'node-spec-none': '0 0 0 none',
  'node-spec-skip': '0 1 1 skipped',
  'node-spec-some': '2 1 1 tests',
  'node-tap-empty': '0 0 0 none',
  'node-tap-skip': '0 1 1 skipped',
  'node-tap-some': '2 1 1 tests',
  'nx-one-forced': '1 0 0 tests',
  'nx-one-hit': '1 0 0 replayed',
  'nx-text-hit': '0+ 0 0 replayed',
  'nx-text-miss': 'unknown',
  'phpunit-text-none': '0 0 0 none',
  'phpunit-text-ok': '1 0 0 tests',
  'phpunit-text-skip': '0 1 0 skipped',
  'phpunit-text-some': '1 1 0 tests',
  'pytest-quiet-none': '0 0 0 none',
  'pytest-quiet-skip': '0 1 0 skipped',
  'pytest-quiet-some': '2 1 1 tests',
  'pytest-text-none': '0 0 0 none',
  'pytest-text-skip': '0 1 0 skipped',
  'pytest-text-some': '2 1 1 tests',
  'rspec-text-none': '0 0 0 none',
  'rspec-text-skip': '0 1 0 skipped',
  'rspec-text-some': '1 1 0 tests',
  'turbo-text-forced': '1 0 0 tests',
  'turbo-text-miss': '1 0 0 tests',
  'unittest-text-none': '0 0 0 none',
  'unittest-text-skip': '0 1 0 skipped',
  'unittest-text-some': '1 1 0 tests',
  'vitest-tap-skip': '0 1 1 skipped',
  'vitest-tap-some': '2 1 1 tests',
  'vitest-text-none': '0 0 0 none',
  'vitest-text-skip': '0 1 1 skipped',
  'vitest-text-some': '2 1 1 tests',
};

suite('numbers of tests in what the real runners print', () => {
  for (const file of readdirSync(dir)) {
    const name = file.replace(/\.txt$/, '');
    test(name, () => assert.equal(shown(readTestCounts(readFileSync(path.join(dir, file), 'utf8'))), REAL[name]));
  }
  test('no recording is left out', () => {
    assert.deepEqual(
      Object.keys(REAL).sort(),
      readdirSync(dir)
        .map((file) => file.replace(/\.txt$/, ''))
        .sort(),
    );
  });
});

const DOCUMENTED: readonly (readonly [string, string, string])[] = [
  [
    'bun',
    'bun test v1.1.0\n\n 3 pass\n 1 skip\n 1 todo\n 0 fail\nRan 5 tests across 1 files. [5.00ms]\n',
    '3 1 1 tests',
  ],
  ['bun, none', 'bun test v1.1.0\n\n 0 pass\n 0 fail\nRan 0 tests across 1 files. [5.00ms]\n', '0 0 0 none'],
  ['dotnet', 'Passed!  - Failed:     0, Passed:     3, Skipped:     1, Total:     4, Duration: 2 ms', '3 1 0 tests'],
  ['dotnet, none', 'No test is available in /x/y.dll. Make sure that test discoverer ...', '0 0 0 none'],
  [
    'dotnet platform',
    'Test run summary: Passed!\n  total: 4\n  failed: 0\n  succeeded: 3\n  skipped: 1\n',
    '3 1 0 tests',
  ],
  [
    'surefire, classes and their sum',
    '[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.1 s -- in a.T\n[INFO] Results:\n[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 1\n[INFO] BUILD SUCCESS\n',
    '1 1 0 tests',
  ],
  [
    'surefire, none',
    '[INFO] --- surefire:3.2.5:test ---\n[INFO] No tests to run.\n[INFO] BUILD SUCCESS\n',
    '0 0 0 none',
  ],
  ['surefire, left out', '[INFO] Tests are skipped.\n[INFO] BUILD SUCCESS\n', '0 0 0 none'],
  ['gradle', '> Task :compileJava UP-TO-DATE\n> Task :test\n\nBUILD SUCCESSFUL in 1s\n', '1+ 0 0 tests'],
  ['gradle, from a cache', '> Task :app:test FROM-CACHE\n\nBUILD SUCCESSFUL in 1s\n', '1+ 0 0 replayed'],
  ['gradle, up to date', '> Task :test UP-TO-DATE\n\nBUILD SUCCESSFUL in 1s\n', '1+ 0 0 replayed'],
  ['gradle, none', '> Task :test NO-SOURCE\n\nBUILD SUCCESSFUL in 1s\n', '0 0 0 none'],
  ['minitest', '3 runs, 4 assertions, 0 failures, 0 errors, 1 skips\n', '2 1 0 tests'],
  ['playwright', '  1 skipped\n  12 passed (3.4s)\n', '12 1 0 tests'],
  ['node-tap', 'TAP version 13\n1..2\nok 1 - a\nnot ok 2 - b\n', '2 0 0 tests'],
  ['TAP, none', 'TAP version 13\n1..0 # no tests\n', '0 0 0 none'],
  ['TAP, all skipped', '1..2\nok 1 # skip no db\nok 2 - b # TODO\n', '0 1 1 skipped'],
  [
    'turbo, replayed',
    'a:test: cache hit, replaying logs 2f1b33ed46346e07\na:test: # tests 3\na:test: # pass 3\n\n Tasks:    1 successful, 1 total\nCached:    1 cached, 1 total\n',
    '3 0 0 replayed',
  ],
  [
    'turbo, only the build replayed',
    'a:build: cache hit, replaying logs 2f1b33ed46346e07\na:test: cache miss, executing 2f1b33ed46346e07\na:test: # tests 3\na:test: # pass 3\nCached:    1 cached, 2 total\n',
    '3 0 0 tests',
  ],
  ['a script of its own', '2 passed (cached)\n', '2 0 0 replayed'],
  [
    'go, several packages',
    'ok  \tx/a\t0.1s [no tests to run]\nok  \tx/b\t0.1s\n?   \tx/c\t[no test files]\n',
    '1+ 0 0 tests',
  ],
  ['go, warned', 'testing: warning: no tests to run\nPASS\nok  \tx\t0.003s [no tests to run]\n', '0 0 0 none'],
  [
    'cargo, doc tests',
    'test result: ok. 4 passed; 0 failed\n\n   Doc-tests x\n\ntest result: ok. 0 passed\n',
    '4 0 0 tests',
  ],
  ['nextest', '     Summary [   0.012s] 3 tests run: 2 passed, 1 failed, 1 skipped\n', '3 1 0 tests'],
  [
    'jest, workspaces',
    'Tests:       1 skipped, 11 passed, 12 total\nNo tests found related to files changed\n',
    '11 1 0 tests',
  ],
  ['colours', '\u001B[1m Tests \u001B[22m \u001B[32m2 passed\u001B[39m (2)\n', '2 0 0 tests'],
];

suite('numbers of tests in documented output', () => {
  for (const [name, output, expected] of DOCUMENTED)
    test(name, () => assert.equal(shown(readTestCounts(output)), expected));

  for (const output of ['built in 2s', '', 'ok', 'checked 12 files\nno problems', 'usage: x [--skip]']) {
    test(`none are read into ${JSON.stringify(output)}`, () => {
      const coverage: Coverage = coverageOf(readTestCounts(output));
      assert.equal(coverage, 'unknown');
    });
  }
});
