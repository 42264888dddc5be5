/** One package of a repository is what the window opens: its plan, its slices and their worktrees. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { specWith } from '../../decompose-fixture.ts';
import { temporaryRepository } from '../../repository.ts';
import { useWorkbench } from '../fixture.ts';
import { inventoryWindow, openPlans, rowSays, sliceRow } from './window.ts';

const PLAN = 'TS-0031-cart';
/** Writes what its task asks for, from where it stands, as agents do. */
const AGENT = `import { appendFileSync, existsSync } from 'node:fs';
const file = 'apps/web/src/totals.ts';
if (!existsSync(file)) throw new Error('stands in ' + process.cwd());
appendFileSync(file, 'export const total = 1;\\n');
`;
const files: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "shop", "private": true, "workspaces": ["apps/*"] }\n',
  'apps/web/package.json': '{ "name": "web", "type": "module", "scripts": { "test": "node --test" } }\n',
  'apps/web/src/totals.ts': 'export const none = 0;\n',
  'apps/api/package.json': '{ "name": "api", "type": "module" }\n',
  'apps/api/src/totals.ts': 'export const none = 0;\n',
  'apps/web/specs/TS-0031-cart.spec.md': specWith({
    id: 'TS-0031',
    evidence: 'grep -q total src/totals.ts',
    more: '## Slices\n\n- A1: Totals (files: src/totals.ts; verify: grep -q "const total" src/totals.ts)\n',
  }),
};

suite('a package of a repository', () => {
  const { root, beside } = temporaryRepository(files, { prefix: 'slicewave-package-', name: 'shop' });
  const web = path.join(root, 'apps/web');
  process.once('exit', () => rmSync(beside, { recursive: true, force: true, maxRetries: 3 }));
  const wb = useWorkbench(() => {
    const script = path.join(beside, 'totals.mjs');
    writeFileSync(script, AGENT);
    return inventoryWindow(web, {
      settings: { 'slicewave.agent': 'command', 'slicewave.agentCommand': [process.execPath, script] },
    });
  });

  test('its spec is decomposed into a plan that the tree shows', async () => {
    await openPlans(wb());
    await wb().openFile('specs/TS-0031-cart.spec.md');
    await wb().editorAction('Decompose a Spec…');
    await wb().tab(`${PLAN}.md`).waitFor();
    await wb().screenshot('package-01-preview');
    await wb().clearToasts();
    await wb().editorAction('Write Plan');
    await wb().toast(/Wrote 1 slice in 1 wave to /);
    await wb().statusBar('Slicewave 0/1');
    await wb().screenshot('package-02-tree');
    assert.ok((await wb().treeRows('Plans')).some((row) => row.includes('A1 ')));
    const plan = ['parallel', 'apps/web/parallel']
      .map((dir) => path.join(root, dir, PLAN))
      .filter((dir) => existsSync(dir));
    assert.equal(plan.length, 1, 'there is one plan');
    await wb().clearToasts();
  });

  test('a slice opens its task spec, which stands above the folder that is open', async () => {
    await sliceRow(wb(), 'A1').click();
    await wb().tab('task-001-totals.md').waitFor();
    assert.match((await wb().editorLines()).join('\n'), /apps\/web\/src\/totals\.ts/);
  });

  test('its slice changes the file of the package, and is verified', async () => {
    await wb().itemAction(sliceRow(wb(), 'A1'), 'Run Slice');
    await rowSays(sliceRow(wb(), 'A1'), /^verified$/);
    await wb().screenshot('package-03-verified');
    assert.equal(readFileSync(path.join(root, 'apps/api/src/totals.ts'), 'utf8'), 'export const none = 0;\n');
    assert.deepEqual(await wb().problems(), []);
  });
});
