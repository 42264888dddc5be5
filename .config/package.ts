/** Packages what was built as a `.vsix`, without network: `node .config/package.ts [file]`. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const file = path.resolve(process.argv[2] ?? path.join(root, 'slicewave.vsix'));
const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
const made = spawnSync(process.execPath, [vsce, 'package', '--no-dependencies', '--out', file], {
  cwd: root,
  encoding: 'utf8',
});
if (made.status !== 0) {
  process.stderr.write(`${made.stdout}${made.stderr}`);
  process.exit(made.status ?? 1);
}
console.log(`${file}: ${(statSync(file).size / 1024).toFixed(0)} KiB`);
