/** The evidence of a run in VS Code's own means: gutter bars and peek against the run's base, multi-diff, trace. */
import assert from 'node:assert/strict';
import { useWorkbench } from '../fixture.ts';
import { eventually, longerEachTime } from '../workbench.ts';
import { inventoryWindow, sliceRow, waitingInventory } from './window.ts';

suite('evidence of a run', () => {
  const wb = useWorkbench(() => inventoryWindow(waitingInventory()));

  test('the changes of a run open in the multi-diff editor', async () => {
    await wb().openView('Plans');
    // A wave that is done starts folded.
    await wb().expand(wb().treeItem('Wave 1', { view: 'Plans' }));
    await sliceRow(wb(), 'A1').waitFor();
    await wb().clearToasts();
    await wb().contextMenu(sliceRow(wb(), 'A1'), 'Open Changes');
    await wb().tab('A1 · attempt 1').waitFor();
    const diffs = wb().page.locator('.multiDiffEditor, .multi-diff-editor');
    await eventually('inserted lines', async () => (await wb().page.locator('.line-insert').count()) > 0);
    assert.match((await diffs.first().innerText()).replaceAll('\u00A0', ' '), /\.ts/);
    await wb().screenshot('evidence-01-changes');
  });

  test('the trace of a run is a document', async () => {
    await wb().contextMenu(sliceRow(wb(), 'A1'), 'Open Trace');
    await wb().tab('A1 attempt 1.md').waitFor();
    await eventually('the trace', async () => /# A1 · attempt 1: /.test((await wb().editorLines()).join('\n')));
    const shown = (await wb().editorLines()).join('\n');
    assert.match(shown, /\| agent\s+\| demo/);
    await wb().screenshot('evidence-02-trace');
  });

  test('an inspected run marks its lines in the gutter and lists its files in Source Control', async () => {
    await wb().contextMenu(sliceRow(wb(), 'A1'), 'Inspect Run in Source Control');
    const bars = wb().editor().locator('.dirty-diff-added, .dirty-diff-modified');
    await eventually('gutter bars', async () => (await bars.count()) > 0, 300_000);
    await wb().page.locator('.scm-view', { hasText: 'In Scope' }).first().waitFor();
    await wb().screenshot('evidence-03-inspection');
  });

  test('the native peek opens on a change', async () => {
    const peek = wb().page.locator('.peekview-widget');
    await wb().editor().locator('.view-line').first().click();
    // Alt+F3 is VS Code's own key for the next change of the active quick diff.
    const time = longerEachTime(2_000);
    await eventually('the peek', async () => {
      await wb().page.keyboard.press('Alt+F3');
      return peek.waitFor({ timeout: time() }).then(
        () => true,
        () => false,
      );
    });
    assert.match(await peek.innerText(), /\d+ of \d+ change/);
    await wb().screenshot('evidence-04-peek');
    await wb().page.keyboard.press('Escape');
  });

  test('nothing was asked of another machine', () => {
    assert.deepEqual(wb().outsideRequests(), []);
  });
});
