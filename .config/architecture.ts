/**
 * Holds the layer table: which folder of `src/` may import which, and what each bundle may contain. Reads esbuild's
 * metafiles, so it judges what really is bundled. Exits with 1 and one line per violation.
 *
 *   node .config/architecture.ts   (after a build)
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);

/** Folder -> folders it may import, besides itself. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  node: ['core'],
  protocol: ['core'],
  server: ['core', 'node', 'protocol'],
  cli: ['core', 'node'],
  extension: ['core', 'node', 'protocol'],
  webview: ['core', 'protocol'],
};

/** Bundle -> modules that it may not contain, external ones included. */
const FORBIDDEN: Readonly<Record<string, readonly RegExp[]>> = {
  cli: [/^vscode$/, /^vscode-language/, /(^|\/)node_modules\/vscode-/, /(^|\/)node_modules\/lit/],
  server: [/^vscode$/, /(^|\/)node_modules\/vscode-languageclient\//],
  webview: [/^node:/, /^vscode$/, /^src\/node\//],
  extension: [/(^|\/)node_modules\/lit/, /^src\/cli\//],
};

/** Used while building, not shipped as code. */
const BUILD_TIME: ReadonlySet<string> = new Set(['src/core/schemas.ts']);

interface Metafile {
  readonly inputs: Readonly<
    Record<string, { readonly imports: readonly { readonly path: string; readonly external?: boolean }[] }>
  >;
}

const problems: string[] = [];
const seen = new Set<string>();
for (const [bundle, forbidden] of Object.entries(FORBIDDEN)) {
  const meta = JSON.parse(readFileSync(path.join(root, 'dist', `meta-${bundle}.json`), 'utf8')) as Metafile;
  const inputs = Object.entries(meta.inputs);
  if (inputs.length === 0) problems.push(`${bundle}: the bundle is empty`);
  for (const [file, { imports }] of inputs) {
    if (forbidden.some((pattern) => pattern.test(file))) problems.push(`${bundle}: contains ${file}`);
    for (const imported of imports) {
      if (imported.external && forbidden.some((pattern) => pattern.test(imported.path))) {
        problems.push(`${bundle}: ${file} imports ${imported.path}`);
      }
    }
    judge(
      file,
      imports.map((imported) => ({ to: imported.path, external: imported.external === true })),
    );
  }
}

function judge(file: string, imports: readonly { readonly to: string; readonly external: boolean }[]): void {
  const from = /^src\/([^/]+)\//.exec(file)?.[1];
  if (!from) return;
  seen.add(file);
  const allowed = LAYERS[from];
  if (!allowed) {
    problems.push(`${file}: src/${from} is no layer`);
    return;
  }
  for (const { to, external } of imports) {
    if (external && from === 'core') problems.push(`${file}: core is pure and may not import ${to}`);
    if (external && to === 'vscode' && from !== 'extension')
      problems.push(`${file}: only src/extension imports vscode`);
    const layer = /^src\/([^/]+)\//.exec(to)?.[1];
    if (layer && layer !== from && !allowed.includes(layer))
      problems.push(`${file}: ${from} may not import ${layer} (${to})`);
  }
}

const unused = readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
  .filter((file) => !seen.has(file) && !BUILD_TIME.has(file));
for (const file of unused) {
  const text = readFileSync(path.join(root, file), 'utf8');
  // A file of types only leaves no trace in a bundle; one with code that no bundle has is dead or untested.
  if (/^export (?:async )?(?:function|const|class) /m.test(text)) problems.push(`${file}: is in no bundle`);
}

for (const problem of new Set(problems)) console.log(problem);
console.log(
  `architecture: ${seen.size} files in ${Object.keys(FORBIDDEN).length} bundles, ${new Set(problems).size} violations`,
);
process.exit(problems.length > 0 ? 1 : 0);
