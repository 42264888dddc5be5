/**
 * Builds what users run: four bundles and the generated JSON Schemas, into `dist/`.
 *
 *   node .config/build.ts [--watch] [--quiet] [--only cli,extension,...]
 *
 * The command line is split into chunks so that `slicewave --version` loads next to nothing.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';

const root = path.dirname(import.meta.dirname);
const { values } = parseArgs({
  options: { watch: { type: 'boolean' }, quiet: { type: 'boolean' }, only: { type: 'string' } },
});
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };

const shared: esbuild.BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  keepNames: false,
  legalComments: 'none',
  metafile: true,
  logLevel: values.quiet ? 'warning' : 'info',
  define: { SLICEWAVE_VERSION: JSON.stringify(version) },
};

const bundles: Record<string, esbuild.BuildOptions> = {
  cli: {
    ...shared,
    entryPoints: { cli: 'src/cli/main.ts' },
    outdir: 'dist',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // Some bundled packages are CommonJS and ask for `require` and `__filename`.
    banner: {
      js:
        '#!/usr/bin/env node\n' +
        "import{createRequire as __slicewaveRequire}from'node:module';" +
        'const require=__slicewaveRequire(import.meta.url),__filename=import.meta.filename;',
    },
  },
  extension: {
    ...shared,
    entryPoints: { extension: 'src/extension/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
  },
  server: {
    ...shared,
    entryPoints: { server: 'src/server/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    platform: 'node',
    target: 'node20',
    format: 'cjs',
  },
  webview: {
    ...shared,
    entryPoints: { webview: 'src/webview/main.ts' },
    outdir: 'dist',
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
  },
};

async function schemas(): Promise<void> {
  const { jsonSchemas } = await import('../src/core/schemas.ts');
  mkdirSync(path.join(root, 'dist/schemas'), { recursive: true });
  for (const [name, schema] of Object.entries(jsonSchemas())) {
    writeFileSync(path.join(root, 'dist/schemas', `${name}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`);
  }
}

const wanted = values.only ? values.only.split(',') : Object.keys(bundles);
if (!values.only && !values.watch) rmSync(path.join(root, 'dist'), { recursive: true, force: true });
mkdirSync(path.join(root, 'dist'), { recursive: true });
for (const name of wanted) {
  const options = bundles[name];
  if (!options) throw new Error(`there is no bundle ${name}: ${Object.keys(bundles).join(', ')}`);
  if (values.watch) {
    const context = await esbuild.context({ ...options, minify: false, sourcemap: true });
    await context.watch();
    continue;
  }
  const result = await esbuild.build(options);
  writeFileSync(path.join(root, 'dist', `meta-${name}.json`), JSON.stringify(result.metafile));
  if (name === 'cli') chmodSync(path.join(root, 'dist/cli.js'), 0o755);
}
await schemas();
