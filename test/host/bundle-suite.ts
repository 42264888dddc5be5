/**
 * Bundles in-host tests for run-suite.ts: `node test/host/bundle-suite.ts [test folder] [output file]`, by default
 * test/host/suite/*.test.ts into test/host/out/suite.cjs. Prints the path of the bundle.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;

/** Bundles every *.test.ts of a folder into one CommonJS file that exports `run()`, and returns its path. */
export async function bundleSuite(
  options: { readonly tests?: string; readonly output?: string } = {},
): Promise<string> {
  const tests = path.resolve(options.tests ?? path.join(here, 'suite'));
  const output = path.resolve(options.output ?? path.join(here, 'out/suite.cjs'));
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .toSorted();
  if (files.length === 0) throw new Error(`there is no *.test.ts in ${tests}`);
  // Imported when called, not when the bundle is read: the tests need globals that mocha has to define first.
  const entries = files.map(
    (name) => `{ name: ${JSON.stringify(name)}, load: () => import(${JSON.stringify(path.join(tests, name))}) }`,
  );
  await build({
    stdin: {
      contents: `import { runTestFiles } from './suite-entry.ts';\nexport const run = () => runTestFiles(__filename, [${entries.join(', ')}]);\n`,
      resolveDir: here,
      loader: 'ts',
    },
    outfile: output,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    sourcemap: 'inline',
    logLevel: 'warning',
    // mocha finds its reporters and interfaces by itself at run time, from the project's node_modules.
    external: ['vscode', 'mocha'],
    define: {
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
      'import.meta.url': '__bundleUrl',
    },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  return output;
}

if (process.argv[1] === import.meta.filename) {
  const [tests, output] = process.argv.slice(2);
  console.log(await bundleSuite({ ...(tests ? { tests } : {}), ...(output ? { output } : {}) }));
}
