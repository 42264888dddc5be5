/**
 * Holds the layer table (`layers.ts`) and what each bundle may contain. Reads the import lines of the sources, so that
 * types count too, and esbuild's metafiles, which tell what really is bundled; what is in a metafile must have been read
 * from the sources. Exits with 1 and one line per violation.
 *
 *   node .config/architecture.ts   (after a build)
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { importCycles, sourceImports } from './imports.ts';
import { forbiddenImport, LAYERS, roomOf } from './layers.ts';

const root = path.dirname(import.meta.dirname);

/**
 * Bundle -> modules that it may not contain, external ones included. `process` is a global of Node's: to import it reads
 * every property of it, and so opens the standard streams, at each start.
 */
const FORBIDDEN: Readonly<Record<string, readonly RegExp[]>> = {
  cli: [/^node:process$/, /^vscode$/, /^vscode-language/, /(^|\/)node_modules\/vscode-/, /(^|\/)node_modules\/lit/],
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
const sources = sourceImports(root);

// The layer table, on the sources.
for (const [file, imports] of sources) {
  for (const layered of LAYERS) {
    const room = roomOf(layered, file);
    if (room !== null && !layered.rooms.some(({ name }) => name === room))
      problems.push(`${file}: ${layered.folder}/${room} is no room of the layer table`);
  }
  for (const to of imports) {
    const why = forbiddenImport(file, to);
    if (why !== null) problems.push(`${file}: may not import ${to}: ${why}`);
  }
}
for (const cycle of importCycles(sources)) problems.push(`import each other: ${cycle.join(', ')}`);

// What is bundled.
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
    if (!file.startsWith('src/')) continue;
    seen.add(file);
    for (const { path: to, external } of imports) {
      if (external && file.startsWith('src/core/')) problems.push(`${file}: core is pure and may not import ${to}`);
      if (external && to === 'vscode' && !file.startsWith('src/extension/'))
        problems.push(`${file}: only src/extension imports vscode`);
      if (!external && to.startsWith('src/') && sources.get(file)?.includes(to) !== true)
        problems.push(`${file}: its import of ${to} was not found in its text, so the layer table was not applied`);
    }
  }
}

for (const file of sources.keys()) {
  if (seen.has(file) || BUILD_TIME.has(file)) continue;
  const text = readFileSync(path.join(root, file), 'utf8');
  // A file of types only leaves no trace in a bundle; one with code that no bundle has is dead or untested.
  if (/^export (?:async )?(?:function|const|class) /m.test(text)) problems.push(`${file}: is in no bundle`);
}

for (const problem of new Set(problems)) console.log(problem);
console.log(
  `architecture: ${sources.size} files, ${seen.size} of them in ${Object.keys(FORBIDDEN).length} bundles, ${new Set(problems).size} violations`,
);
process.exit(problems.length > 0 ? 1 : 0);
