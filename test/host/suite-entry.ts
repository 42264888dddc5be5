/**
 * What the extension host calls to run the in-host tests. bundle-suite.ts puts it into one CommonJS file together with
 * the tests, which are loaded only once mocha's `suite` and `test` exist.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

export type TestFile = { readonly name: string; readonly load: () => Promise<unknown> };

/** What a finished run leaves for run-suite.ts; a run without it did not finish. */
export type SuiteResult = { readonly tests: number; readonly passes: number; readonly failures: number };

/**
 * Runs the tests of these files, which are part of `bundle`. Rejects when one failed or none ran. Environment: SLICEWAVE_SUITE_REPORT (file that
 * mocha's output is appended to), SLICEWAVE_SUITE_RESULT (file for the result), MOCHA_GREP.
 */
export async function runTestFiles(bundle: string, files: readonly TestFile[]): Promise<void> {
  const { SLICEWAVE_SUITE_REPORT: report, SLICEWAVE_SUITE_RESULT: resultFile, MOCHA_GREP: grep } = process.env;
  // To a file, because printed lines would arrive in the middle of the workbench's own log, and unformatted.
  if (report)
    Mocha.reporters.Base.consoleLog = (...parts: unknown[]) => appendFileSync(report, `${format(...parts)}\n`);

  const mocha = new Mocha({
    ui: 'tdd',
    color: false,
    // Ends what hangs. How fast a test is, on a machine with other work, is nothing to fail for.
    timeout: 300_000,
    forbidOnly: true,
    forbidPending: true,
    ...(grep ? { grep } : {}),
  });
  for (const { name, load } of files) {
    mocha.suite.emit('pre-require', globalThis, name, mocha);
    mocha.suite.emit('require', await load(), name, mocha);
    mocha.suite.emit('post-require', globalThis, name, mocha);
  }
  const result = await new Promise<SuiteResult>((resolve) => {
    const runner = mocha.run((failures) => {
      const { tests = 0, passes = 0 } = runner.stats ?? {};
      resolve({ tests, passes, failures });
    });
    const toSource = sourcePositions(bundle);
    runner.on('fail', (_test, problem: unknown) => {
      if (problem instanceof Error && problem.stack) problem.stack = toSource(problem.stack);
    });
  });
  if (resultFile) writeFileSync(resultFile, JSON.stringify(result));
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.tests} tests failed`);
  if (result.passes === 0) throw new Error('no test ran');
}

/**
 * Rewrites positions in the bundle to positions in the files it was made of. Node's own support for source maps has no
 * say here: VS Code formats stacks itself.
 */
function sourcePositions(bundle: string): (stack: string) => string {
  const inline = /\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/.exec(
    readFileSync(bundle, 'utf8'),
  )?.[1];
  if (!inline) return (stack) => stack;
  const map = new SourceMap(JSON.parse(Buffer.from(inline, 'base64').toString('utf8')));
  return (stack) =>
    stack.replaceAll(/(\/[^\s()]+):(\d+):(\d+)/g, (place, file: string, line: string, column: string) => {
      if (file !== bundle) return place;
      const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
      if (!('originalSource' in entry)) return place;
      const source = path.resolve(path.dirname(bundle), entry.originalSource);
      return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
}
