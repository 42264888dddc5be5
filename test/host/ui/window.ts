/** What the UI tests open: VS Code with the packaged extension, on the bundled example. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Locator } from 'playwright-core';
import { exampleRepository, extensionFolder } from '../example.ts';
import { eventually, longerEachTime, type Workbench, type WorkbenchOptions } from '../workbench.ts';

export const planDir = 'parallel/TS-0042-inventory';
export const plan = 'TS-0042-inventory';

/** The example's own checks are TypeScript that Node strips, so the Node of the project comes first. */
const searchPath = `${path.join(extensionFolder, 'node_modules', '.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`;
const scratch: string[] = [];
process.once('exit', () => {
  for (const dir of scratch) rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
});

let vsix: string | undefined;
let waiting: string | undefined;

/** What is built, as users install it; packaged once in a test run. */
function packagedExtension(): string {
  if (vsix !== undefined) return vsix;
  const dir = mkdtempSync(path.join(tmpdir(), 'slicewave-vsix-'));
  scratch.push(dir);
  const file = path.join(dir, 'slicewave.vsix');
  execFileSync(process.execPath, [path.join(extensionFolder, '.config/package.ts'), file], { stdio: 'pipe' });
  return (vsix = file);
}

/** Options for a window with the packaged extension in which the demo agent hardly waits. */
export function inventoryWindow(folder: string, more: Partial<WorkbenchOptions> = {}): WorkbenchOptions {
  return {
    folder,
    vsix: [packagedExtension()],
    env: { PATH: searchPath, SLICEWAVE_DEMO_SPEED: '0.1' },
    ...more,
  };
}

/** The example in a repository of its own, removed at the end of the test run. */
export function inventory(options: { readonly plan: boolean }): string {
  const folder = exampleRepository(options);
  scratch.push(path.dirname(folder));
  return folder;
}

/**
 * The example after the command line ran it as far as it goes without a person: A1, B1, E1 and A2 are verified, B2 was
 * stopped by the gate, D1 asks. Made once in a test run; those who use it must leave A1 and B2 as they are.
 */
export function waitingInventory(): string {
  if (waiting !== undefined) return waiting;
  const folder = inventory({ plan: true });
  const args = ['run', plan, '--agent', 'demo', '--max-parallel', '3'];
  const ran = spawnSync(process.execPath, [path.join(extensionFolder, 'dist/cli.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: searchPath, SLICEWAVE_DEMO_SPEED: '0' },
  });
  assert.equal(ran.status, 3, `slices should wait for an answer:\n${ran.stdout}\n${ran.stderr}`);
  return (waiting = folder);
}

/** Opens the view of plans by its icon in the activity bar. */
export async function openPlans(wb: Workbench): Promise<Locator> {
  const icon = wb.page.locator('.activitybar .action-item', { has: wb.page.locator('a[aria-label^="Slicewave"]') });
  await icon.waitFor();
  if (!/\bchecked\b/.test((await icon.getAttribute('class')) ?? '')) await icon.locator('a').click();
  const pane = wb.view('Plans');
  await pane.waitFor();
  return pane;
}

/** The row of a slice, whose label begins with its id. */
export function sliceRow(wb: Workbench, id: string): Locator {
  return wb.treeItem(new RegExp(`^${id} `), { view: 'Plans' });
}

/** Waits until a row of the tree says this beside its label. */
export async function rowSays(row: Locator, text: RegExp, timeout = 300_000): Promise<void> {
  let last = '';
  const time = longerEachTime(1_000);
  await eventually(
    `a row with ${String(text)}`,
    async () => {
      last = await row
        .locator('.label-description')
        .innerText({ timeout: time() })
        .catch(() => '(no such row)');
      return text.test(last);
    },
    timeout,
  ).catch((problem: unknown) => {
    throw new Error(`${String(problem)}; it says: ${last}`);
  });
}
