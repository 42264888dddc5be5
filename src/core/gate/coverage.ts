/**
 * How test runners say that they found nothing to run. A green exit code with one of these proves nothing: a filter
 * that matches no test is the most common way to "pass" in one second. Each pattern is the runner's own wording.
 */
const EMPTY: readonly RegExp[] = [
  /^(?:#|ℹ) tests 0$/m, // node:test, tap and spec reporters
  /^\s*0 passing\b/m, // mocha
  /\bno tests ran\b/i, // pytest, unittest
  /\bcollected 0 items\b/, // pytest
  /^No tests found\b/m, // jest
  /^No test files found\b/m, // vitest
  /\[no test files\]\s*$/, // go test, last package
  /^running 0 tests$/m, // cargo test
  /\bTests run: 0,/, // JUnit, Surefire
];

const SOME: readonly RegExp[] = [
  /^(?:#|ℹ) tests [1-9]/m,
  /^\s*[1-9]\d* passing\b/m,
  /\b[1-9]\d* passed\b/,
  /^ok\s+\S+\s+[\d.]+s/m,
  /^running [1-9]\d* tests?$/m,
  /\bTests run: [1-9]/,
];

/** Whether the output of a successful check shows that no test ran. */
export function ranNoTest(output: string): boolean {
  return EMPTY.some((pattern) => pattern.test(output)) && !SOME.some((pattern) => pattern.test(output));
}
