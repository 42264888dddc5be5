/**
 * Builds what users run: four bundles, the generated JSON Schemas and the grammars of source files, into `dist/`.
 *
 *   node .config/build.ts [--watch] [--quiet] [--only cli,extension,...]
 *
 * The command line is split into chunks so that `slicewave --version` loads next to nothing.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';
import { languageIds } from '../src/core/code/languages.ts';

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

/** A CommonJS bundle has no `import.meta`, and the parser's ES module asks for it. */
const commonJs: esbuild.BuildOptions = {
  format: 'cjs',
  define: { ...shared.define, 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  alias: { 'web-tree-sitter': './node_modules/web-tree-sitter/web-tree-sitter.cjs' },
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
    ...commonJs,
    entryPoints: { extension: 'src/extension/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    platform: 'node',
    target: 'node20',
    external: ['vscode'],
  },
  server: {
    ...shared,
    ...commonJs,
    entryPoints: { server: 'src/server/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    platform: 'node',
    target: 'node20',
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

/** Next to the bundles, where the reader of source files looks for them. */
function grammars(): void {
  const packages = path.join(root, 'node_modules');
  const to = path.join(root, 'dist/grammars');
  mkdirSync(to, { recursive: true });
  for (const id of languageIds) {
    const name = `tree-sitter-${id}.wasm`;
    copyFileSync(path.join(packages, '@vscode/tree-sitter-wasm/wasm', name), path.join(to, name));
  }
  copyFileSync(path.join(packages, 'web-tree-sitter/web-tree-sitter.wasm'), path.join(to, 'web-tree-sitter.wasm'));
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
grammars();
