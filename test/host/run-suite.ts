/**
 * Runs a bundled mocha suite inside the extension host of a real VS Code:
 *
 *   node test/host/run-suite.ts --bundle <file> --extension <folder> --folder <folder to open>
 *                               [--grep pattern] [--timeout seconds] [--result file] [--verbose]
 *
 * Prints mocha's report as it comes. Exit code 0: every test passed. 1: a test failed, none ran, or the suite could
 * not be loaded. 2: the test host broke, the extension host died, or the time ran out.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { injectExtension, launchChromium, workbenchUrl } from './browser.ts';
import { startServer, type Environment, type ServerOptions, type StartedServer } from './code-server.ts';
import type { SuiteResult } from './suite-entry.ts';

export type SuiteRun = Pick<ServerOptions, 'settings' | 'workspaceTrust'> & {
  readonly env?: Environment;
  /** CommonJS file that exports `run()`, from bundle-suite.ts. */
  readonly bundle: string;
  readonly extension: string;
  /** Folders of further extensions that the tests need. */
  readonly others?: readonly string[];
  /** Folder or .code-workspace file to open. */
  readonly folder: string;
  readonly grep?: string;
  /** For the whole run; 180 by default. */
  readonly seconds?: number;
  /** Where to leave the counts of a run that came to its end, as JSON: a `SuiteResult`. */
  readonly resultFile?: string;
  /** Also print the workbench's own log. */
  readonly verbose?: boolean;
};

type End = { readonly code: number; readonly why?: string };

/** Runs the suite and returns the exit code; see the head of this file. */
export async function runSuite(run: SuiteRun): Promise<0 | 1 | 2> {
  let server: StartedServer | undefined;
  let browser: Browser | undefined;
  try {
    for (const file of [run.bundle, run.extension, run.folder]) {
      if (!existsSync(file)) throw new Error(`there is no ${file}`);
    }
    // The extension host inherits the environment of the server: that is how parameters reach the suite.
    const report = 'suite-report.txt';
    const result = 'suite-result.json';
    server = await startServer({
      // In a browser VS Code saves after a second: what a slow test has typed would stay in the file.
      settings: { 'files.autoSave': 'off', ...run.settings },
      ...(run.workspaceTrust ? { workspaceTrust: run.workspaceTrust } : {}),
      env: (folder) => ({
        ...run.env,
        ...(run.grep ? { MOCHA_GREP: run.grep } : {}),
        SLICEWAVE_SUITE_REPORT: path.join(folder, report),
        SLICEWAVE_SUITE_RESULT: path.join(folder, result),
      }),
    });
    browser = await launchChromium();
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const { promise, resolve: finish } = Promise.withResolvers<End>();
    // The workbench calls these two when it runs tests; they must exist before it loads.
    await page.exposeFunction('codeAutomationLog', (type: string, parts: readonly unknown[]) => {
      if (run.verbose) console.error(`  {${type}}`, ...parts);
    });
    await page.exposeFunction('codeAutomationExit', (code: number) => finish({ code }));
    page.on('crash', () => finish({ code: 2, why: 'the page crashed' }));
    const seconds = run.seconds ?? 180;
    setTimeout(() => finish({ code: 2, why: `no end after ${seconds} s` }), seconds * 1000).unref();
    const show = printGrowing(path.join(server.folder, report));
    const tail = setInterval(show, 100).unref();
    await injectExtension(page, server, {
      extension: run.extension,
      tests: run.bundle,
      ...(run.others ? { others: run.others } : {}),
    });
    await page.goto(workbenchUrl(server, realpathSync(run.folder)), { timeout: 180_000 });
    const end = judge(await promise, path.join(server.folder, result));
    if (run.resultFile && existsSync(path.join(server.folder, result))) {
      copyFileSync(path.join(server.folder, result), run.resultFile);
    }
    clearInterval(tail);
    show();
    if (end.why) {
      const shots = path.join(import.meta.dirname, 'shots');
      mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: path.join(shots, 'suite-failed.png') }).catch(() => undefined);
      if (end.code === 2) console.error(server.logs(/remoteexthost\.log|output_logging/).slice(-8_000));
      console.error(`run-suite: ${end.why}`);
    }
    return end.code === 0 || end.code === 1 ? end.code : 2;
  } catch (problem) {
    console.error(problem);
    return 2;
  } finally {
    await browser?.close();
    await server?.stop();
  }
}

/**
 * VS Code says 0 for an extension host that died in the middle of a suite, and 1 both for a failed test and for a suite
 * it could not load, so the result file that only a finished run leaves has the last word.
 */
function judge(end: End, resultFile: string): End {
  if (end.why) return end;
  if (!existsSync(resultFile)) {
    return end.code === 0
      ? { code: 2, why: 'the suite left no result: the extension host died, or run() returned early' }
      : { code: end.code, why: 'the suite could not be loaded, or failed outside its tests; --verbose shows why' };
  }
  const { tests, passes, failures } = JSON.parse(readFileSync(resultFile, 'utf8')) as SuiteResult;
  if (failures > 0) return { code: 1, why: `${failures} of ${tests} tests failed` };
  if (passes === 0) return { code: 1, why: 'no test ran' };
  return end.code === 0 ? end : { code: end.code, why: `VS Code ended with ${end.code} although all tests passed` };
}

/** A function that prints what was added to a file since it was called last. */
function printGrowing(file: string): () => void {
  let printed = 0;
  return () => {
    if (!existsSync(file)) return;
    const all = readFileSync(file);
    process.stdout.write(all.subarray(printed));
    printed = all.length;
  };
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      bundle: { type: 'string', default: path.join(import.meta.dirname, 'out/suite.cjs') },
      extension: { type: 'string', default: path.join(import.meta.dirname, '../..') },
      folder: { type: 'string' },
      grep: { type: 'string' },
      timeout: { type: 'string', default: '180' },
      result: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  if (!values.folder) {
    console.error('run-suite: --folder must name the folder to open');
    process.exit(2);
  }
  process.exitCode = await runSuite({
    bundle: values.bundle,
    extension: values.extension,
    folder: values.folder,
    seconds: Number(values.timeout),
    verbose: values.verbose,
    ...(values.grep ? { grep: values.grep } : {}),
    ...(values.result ? { resultFile: values.result } : {}),
  });
}
