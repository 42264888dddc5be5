/** A repository to open in the tests: the bundled example, with its plan decomposed, as a newcomer would have it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const cli = path.join(root, 'dist', 'cli.js');

/** Makes it and gives its absolute path. `plan`: also decompose the spec. */
export function exampleRepository(options: { readonly plan: boolean }): string {
  const dir = path.join(realpathSync(mkdtempSync(path.join(tmpdir(), 'slicewave-example-'))), 'inventory');
  execFileSync(process.execPath, [cli, 'demo', '--prepare', '--dir', dir], { stdio: 'pipe' });
  if (options.plan)
    execFileSync(process.execPath, [cli, 'decompose', 'specs/TS-0042-inventory.spec.md', '--yes'], {
      cwd: dir,
      stdio: 'pipe',
    });
  return dir;
}

/** The folder that VS Code loads as the extension: what was built, beside its package.json. */
export const extensionFolder = root;
