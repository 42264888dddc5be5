/** A workspace that nobody trusts: everything reads, nothing starts. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useWorkbench } from '../fixture.ts';
import { eventually } from '../workbench.ts';
import { inventory, inventoryWindow, openPlans, plan, planDir, rowSays, sliceRow } from './window.ts';

const STARTING = [
  'Run Plan',
  'Run Wave',
  'Run Slice',
  'Stop All Slices',
  'Answer…',
  'Approve…',
  'Retry…',
  'Skip…',
  'Integrate',
  'Re-plan…',
];

suite('workspace trust', () => {
  let folder = '';
  let trap = '';
  const wb = useWorkbench(() => {
    folder = inventory({ plan: true });
    trap = path.join(path.dirname(folder), 'the-repository-started-this');
    // A repository may name programs in its own settings; git starts this one whenever it looks for changed files.
    const program = path.join(path.dirname(folder), 'fsmonitor');
    writeFileSync(program, `#!/bin/sh\necho "$@" >> '${trap}'\n`);
    chmodSync(program, 0o755);
    execFileSync('git', ['config', 'core.fsmonitor', program], { cwd: folder });
    const task = path.join(folder, planDir, 'tasks/task-003-stock-ledger.md');
    writeFileSync(task, readFileSync(task, 'utf8').replace(/^deps: .*$/m, 'deps: [NOPE]'));
    return inventoryWindow(folder, {
      workspaceTrust: 'restricted',
      ready: 'Slicewave',
      // Of the person, not of the repository: a workspace could not choose this before it is trusted.
      settings: { 'slicewave.decomposer': 'editor' },
    });
  });
  const started = (): readonly string[] =>
    wb()
      .server.processes()
      .map((one) => one.command)
      .filter((command) => /cli\.js (exec|demo-agent)/.test(command));
  /** Those of these titles that the palette offers; it draws only some rows, so each is asked for by itself. */
  const offered = async (titles: readonly string[]): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const title of titles) {
      const rows = await wb().paletteRows(`Slicewave: ${title}`);
      if (rows.some((row) => row.startsWith(`Slicewave: ${title}`))) found.push(title);
    }
    return found;
  };

  test('untrusted, the tree and the dashboard read', async () => {
    await openPlans(wb());
    await rowSays(sliceRow(wb(), 'A1'), /^ready/);
    await wb().palette('Slicewave: Open Dashboard');
    const frame = await wb().webview(plan);
    await frame.locator('.card-main[data-slice=A1]').click();
    await frame.locator('.detail-title', { hasText: 'Product catalogue' }).waitFor();
    await frame.getByText('This workspace is not trusted: everything can be read, nothing starts.').waitFor();
    for (const name of ['Run Plan', 'Stop All', 'Integrate', 'Run A1', 'Skip A1']) {
      const button = frame.getByRole('button', { name, exact: true });
      assert.equal(await button.getAttribute('disabled'), '', `${name} is disabled`);
    }
    assert.equal(await frame.getByRole('button', { name: /^Run wave/ }).count(), 0);
    await wb().screenshot('trust-01-restricted');
  });

  test('untrusted, specs and plans are checked and a spec is previewed', async () => {
    const finding = await wb().problem(/NOPE/, `${planDir}/tasks/task-003-stock-ledger.md`);
    assert.equal(finding.code, 'plan.unknown-dependency');
    const manifest = readFileSync(path.join(folder, planDir, 'manifest.json'), 'utf8');
    await wb().palette('Slicewave: Decompose a Spec…');
    await wb().toast('This workspace is not trusted, so Language model of VS Code is not asked about it.');
    await wb().pressToast('is not asked about it', 'By Structure');
    await wb().toast('Nothing is written yet.');
    await wb().pressToast('Nothing is written yet.', 'Write Plan');
    await wb().toast('This workspace is not trusted, so Slicewave starts nothing in it.');
    await wb().screenshot('trust-02-refused');
    assert.equal(readFileSync(path.join(folder, planDir, 'manifest.json'), 'utf8'), manifest);
    await wb().clearToasts();
  });

  test('untrusted, a plan is judged and not re-planned', async () => {
    await wb().palette('Slicewave: Judge Plan');
    await wb().tab(`${plan} (judged).md`).waitFor();
    const lines = await eventually('the judgement', async () => {
      const shown = await wb().editorLines();
      return shown.includes('## Findings') && shown;
    });
    assert.ok(
      lines.some((line) => line.includes('NOPE') && line.includes('error')),
      lines.join('\n'),
    );
    await wb().screenshot('trust-03-judged');
    const replan = wb()
      .page.locator('.editor-group-container.active .editor-actions')
      .getByRole('button', { name: 'Re-plan…' });
    assert.equal(await replan.getAttribute('aria-disabled'), 'true');
    await wb().palette('View: Close All Editors');
  });

  test('untrusted, nothing that starts something is offered, and nothing was started or written', async () => {
    assert.deepEqual(await offered([...STARTING, 'Open Dashboard']), ['Open Dashboard']);
    const run = sliceRow(wb(), 'A1').getByRole('button', { name: 'Run Slice' });
    await sliceRow(wb(), 'A1').hover();
    await run.first().waitFor();
    assert.equal(await run.first().getAttribute('aria-disabled'), 'true');
    await run.first().click({ force: true });
    await wb().page.keyboard.press('Control+Alt+w');
    await wb().page.keyboard.press('r');
    assert.deepEqual(started(), []);
    // The command line wrote the plan, and locked it there while it did.
    assert.deepEqual(readdirSync(path.join(folder, '.agent-runs'), { recursive: true }), ['plans'], 'no run directory');
    assert.equal(existsSync(trap), false, 'no program that the repository names');
    assert.deepEqual(wb().outsideRequests(), []);
  });

  test('trusted, the same commands are offered, and a slice runs', async () => {
    await wb().grantTrust();
    await eventually('the commands', async () => (await offered(STARTING)).length === STARTING.length, 300_000);
    await openPlans(wb());
    await wb().itemAction(sliceRow(wb(), 'A1'), 'Run Slice');
    await rowSays(sliceRow(wb(), 'A1'), /^verified/, 300_000);
    await wb().screenshot('trust-04-trusted');
  });
});
