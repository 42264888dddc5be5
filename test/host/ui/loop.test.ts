/** The main job in a real VS Code: from a spec to slices that are verified and integrated, with the demo agent. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { useWorkbench } from '../fixture.ts';
import { eventually } from '../workbench.ts';
import { inventory, inventoryWindow, openPlans, plan, planDir, rowSays, sliceRow } from './window.ts';

suite('from a spec to an integrated plan', () => {
  let folder = '';
  const wb = useWorkbench(() => inventoryWindow((folder = inventory({ plan: false }))));
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  const planExists = (): boolean => existsSync(path.join(folder, 'parallel'));

  test('without a plan, the view says what to do', async () => {
    const plans = await openPlans(wb());
    await plans.getByText('There is no plan in this workspace yet.').waitFor();
    for (const name of ['Decompose a Spec', 'New Spec']) await plans.getByRole('button', { name }).waitFor();
    await wb().screenshot('loop-01-welcome');
  });

  test('decomposing shows waves and findings, and discarding writes nothing', async () => {
    await wb().palette('Slicewave: Decompose a Spec…');
    await wb().toast('11 slices in 6 waves. 2 info. Nothing is written yet.');
    await wb().tab(`${plan}.md`).waitFor();
    await wb().screenshot('loop-02-preview');
    const shown = (await wb().editorLines()).join('\n');
    assert.match(shown, /# TS-0042: Inventory with stock, orders and reports/);
    assert.match(shown, /\*\*Nothing is written yet\.\*\*/);
    assert.match(shown, /## Findings\s+2 are told below, with what to do/);
    assert.match(shown, /## Waves/);
    assert.match(shown, /### Wave 1\s+- A1 Product catalogue \(2h00m; slack 1h00m; WS-A\)/);
    assert.match(shown, /- B2 Reservations \(after B1; 3h00m; critical; WS-B\)/);
    await wb().pressToast('Nothing is written yet', 'Discard');
    await wb().tab(`${plan}.md`).waitFor({ state: 'hidden' });
    assert.equal(planExists(), false);
  });

  test('accepting the preview writes the plan, and the tree shows it', async () => {
    await wb().openFile('specs/TS-0042-inventory.spec.md');
    await wb().editorAction('Decompose a Spec…');
    await wb().tab(`${plan}.md`).waitFor();
    await wb().toast('Nothing is written yet');
    assert.equal(planExists(), false);
    await wb().clearToasts();
    await wb().editorAction('Write Plan');
    await wb().toast(`Wrote 11 slices in 6 waves to ${planDir}.`);
    assert.equal(readdirSync(path.join(folder, planDir, 'tasks')).length, 11);
    await wb().statusBar('Slicewave 0/11');
    await eventually('all rows', async () => (await wb().treeRows('Plans')).length === 21);
    await wb().screenshot('loop-03-tree');
    assert.deepEqual(await wb().treeRows('Plans'), [
      'TS-0042-inventory not started · 0/11 verified',
      '  Batch 1 0/6 verified · ready',
      '    Wave 1 0/3 verified',
      '      A1 Product catalogue ready',
      '      B1 Stock ledger ready · critical',
      '      E1 Router and request bodies ready',
      '    Wave 2 0/3 verified',
      '      A2 Product search blocked by A1',
      '      B2 Reservations blocked by B1 · critical',
      '      D1 Low-stock report blocked by A1, B1',
      '    MP1 waiting for A2, B2 · unlocks C1',
      '  Batch 2 0/5 verified · blocked',
      '    Wave 3 0/1 verified',
      '      C1 Order placement blocked by MP1 · critical',
      '    Wave 4 0/2 verified',
      '      C2 Order cancellation and shipping blocked by C1 · critical',
      '      D2 Sales report blocked by D1, C1',
      '    Wave 5 0/1 verified',
      '      E2 Routes of the service blocked by E1, C2, D2 · critical',
      '    Wave 6 0/1 verified',
      '      E3 API documentation blocked by E2 · critical',
    ]);
    await wb().clearToasts();
  });

  test('a slice that has not run opens its task spec and says why', async () => {
    await sliceRow(wb(), 'A1').click();
    await wb().statusBar('A1 has no worktree before its first run: this is its task spec');
    await wb().tab('task-001-product-catalogue.md').waitFor();
    await wb().screenshot('loop-04-task-spec');
  });

  test('a wave runs, each slice in a terminal of its own', async () => {
    await wb().itemAction(wb().treeItem('Wave 1', { view: 'Plans' }), 'Run Wave');
    const terminals = wb().page.locator('.terminal-tabs-entry');
    let names: readonly string[] = [];
    await eventually(
      'three named terminals',
      async () => {
        names = (await terminals.locator('.label-name').allInnerTexts()).map((name) => name.trim()).toSorted();
        return names.length === 3 && names.every((name) => name !== '');
      },
      300_000,
    );
    assert.deepEqual(names, ['A1 Product catalogue', 'B1 Stock ledger', 'E1 Router and request bodies']);
    await wb().statusBar(/Slicewave \d\/11 · \d running/);
    await wb().screenshot('loop-05-wave-runs');
    for (const id of ['A1', 'B1', 'E1']) await rowSays(sliceRow(wb(), id), /^verified$/, 300_000);
    await wb().toast('what you asked for is done. 3 of 11 slices are verified.');
    await wb().screenshot('loop-06-wave-verified');
    await eventually('the terminals to be gone', async () => (await terminals.count()) === 0);
    assert.match((await wb().treeRows('Plans')).join('\n'), /Wave 1 3\/3 verified/);
    assert.match(git('log', '--format=%s', `slicewave/${plan}/A1`), /A1/);
    await wb().clearToasts();
  });

  test('a question and a stop come to the person', async () => {
    await wb().palette('Slicewave: Run Plan');
    await wb().toast(/B2 stopped \(unexpected-scope\)/);
    await rowSays(sliceRow(wb(), 'B2'), /^stopped/, 300_000);
    await rowSays(sliceRow(wb(), 'D1'), /^needs input/, 300_000);
    await rowSays(wb().treeItem('Needs you', { view: 'Plans' }), /^2 slices wait$/);
    await wb().statusBar(/2 need you/);
    await wb().page.locator('.activitybar .badge-content', { hasText: /^2$/ }).waitFor();
    await wb().screenshot('loop-07-needs-you');
    const rows = (await wb().treeRows('Plans')).join('\n');
    assert.match(rows, /B2: src\/config\.ts was modified and is inside BOUNDARY .* unexpected-scope · unblocks 5/);
    assert.match(
      rows,
      /D1: Should discontinued products appear in the low-stock report\? unclear-instructions · unblocks 3/,
    );
  });

  test('an answer goes to the slice that asked', async () => {
    await wb().clearToasts();
    await wb().treeItem(/^D1: /, { view: 'Plans' }).click();
    await eventually('the question', async () => (await wb().quickState()).title === 'D1 asks');
    assert.match((await wb().quickState()).message, /Should discontinued products appear in the low-stock report\?/);
    await wb().screenshot('loop-08-answer');
    await wb().quickInput('No: leave discontinued products out of the report.');
    await rowSays(sliceRow(wb(), 'D1'), /^verified · attempt 2$/, 300_000);
    const decisions = readFileSync(path.join(folder, '.agent-runs/plans', `${plan}.jsonl`), 'utf8');
    assert.match(decisions, /No: leave discontinued products out of the report\./);
  });

  test('what was out of scope is put back, and the slice tries again', async () => {
    await wb().itemAction(wb().treeItem(/^B2: /, { view: 'Plans' }), 'Retry…');
    await eventually('the choice', async () => (await wb().quickState()).title === 'Retry B2');
    await wb().screenshot('loop-09-retry');
    await wb().pick('Put them back first');
    await rowSays(sliceRow(wb(), 'B2'), /^verified · attempt 2$/, 300_000);
    await rowSays(wb().treeItem('MP1', { view: 'Plans' }), /^reached/, 300_000);
    assert.equal(git('diff', '--name-only', `slicewave/${plan}/B1`, `slicewave/${plan}/B2`, '--', 'src/config.ts'), '');
    await wb().screenshot('loop-10-merge-point');
  });

  test('a plan is stopped and resumed without losing anything', async () => {
    await rowSays(sliceRow(wb(), 'C1'), /^(preparing|running|checking|verifying)/);
    await wb().palette('Slicewave: Stop All Slices');
    await wb().toast(`${plan} was stopped.`);
    await wb().screenshot('loop-11-stopped');
    await eventually('no runner', () =>
      wb()
        .server.processes()
        .every(({ command }) => !/cli\.js exec/.test(command)),
    );
    await wb().pressToast(`${plan} was stopped.`, 'Resume');
    await rowSays(sliceRow(wb(), 'C1'), /^verified/, 300_000);
  });

  test('everything is verified, merged and reported, and the branch of the person stays', async () => {
    const main = git('rev-parse', 'main');
    const done = wb().page.locator('.notifications-toasts .notification-list-item', {
      hasText: 'every slice is verified',
    });
    await done.waitFor({ timeout: 300_000 });
    await wb().screenshot('loop-12-done');
    await done.getByRole('button', { name: 'Integrate', exact: true }).click();
    const merged = wb().page.locator('.notifications-toasts .notification-list-item', {
      hasText: '11 slices are merged on',
    });
    await merged.waitFor({ timeout: 300_000 });
    await wb().tab('integration-report.md').waitFor();
    await wb().screenshot('loop-13-integrated');
    assert.equal(git('rev-parse', 'main'), main);
    assert.equal(git('status', '--porcelain', '--untracked-files=no'), '');
    assert.match(git('ls-tree', '-r', '--name-only', `slicewave/${plan}/integration`), /^src\/http\/routes\.ts$/m);
    await wb().clearToasts();
  });

  test('clicking a slice opens its worktree', async () => {
    await sliceRow(wb(), 'E3').click();
    await eventually('the ways', async () => (await wb().quickState()).title === 'Worktree of E3');
    assert.deepEqual(
      (await wb().quickState()).rows.map((row) => row.trim()),
      ['Add to Workspace', 'Open in New Window'],
    );
    await wb().screenshot('loop-14-worktree');
    await wb().pick('Add to Workspace');
    await wb().statusBar('Slicewave 11/11');
    await wb().palette('View: Show Explorer');
    const added = wb()
      .page.locator('.explorer-folders-view [role=treeitem]', { hasText: 'E3 API documentation' })
      .first();
    let emptySince = Number.POSITIVE_INFINITY;
    await eventually(
      'the worktree in the explorer',
      async () => {
        // The window that is left for one with two folders shows both for a moment, too.
        if (!wb().page.url().includes('workspace=')) return false;
        if (await added.isVisible()) return true;
        // The window that VS Code opens anew may read its workspace file before its server has written it, and then
        // stays empty until a person reloads it. On its way there it is empty for a moment as well.
        const { page } = wb();
        const empty = await page.getByText('You have not yet added a folder').isVisible();
        emptySince = empty ? Math.min(emptySince, performance.now()) : Number.POSITIVE_INFINITY;
        if (performance.now() - emptySince < 5_000 || !empty) return false;
        await wb().reload('Slicewave 11/11');
        return false;
      },
      300_000,
    );
    await wb().expand(added);
    await wb().page.locator('.explorer-folders-view [role=treeitem]', { hasText: 'docs' }).first().waitFor();
    await wb().screenshot('loop-15-worktree-open');
    await openPlans(wb());
    await eventually('the plan, once', async () => {
      const roots = (await wb().treeRows('Plans')).filter((row) => !row.startsWith(' '));
      return roots.length === 1 && /TS-0042-inventory .*11\/11 verified/.test(roots[0] ?? '');
    });
    assert.deepEqual(wb().outsideRequests(), []);
  });
});
