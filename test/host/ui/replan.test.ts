/** Judging a plan and changing it, by clicking: question, document, tree, and back. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { useWorkbench } from '../fixture.ts';
import { eventually } from '../workbench.ts';
import { inventory, inventoryWindow, openPlans, plan, planDir, rowSays, sliceRow } from './window.ts';

suite('judging and re-planning', () => {
  let folder = '';
  const wb = useWorkbench(() => inventoryWindow((folder = inventory({ plan: true }))));
  const read = (file: string): string => readFileSync(path.join(folder, planDir, file), 'utf8');
  const replanned = `${plan} (re-planned).md`;
  const planRow = () => wb().treeItem(plan, { view: 'Plans' });
  const shown = (part: string): Promise<string> =>
    eventually(`"${part}" in the document`, async () => {
      const text = (await wb().editorLines()).join('\n');
      return text.includes(part) && text;
    });
  const tree = async (): Promise<string> => (await wb().treeRows('Plans')).join('\n');

  test('a manifest is judged from its title bar, and a finding leads to its place', async () => {
    await wb().openFile(`${planDir}/manifest.json`);
    await wb().editorAction('Judge Plan');
    await wb().tab(`${plan} (judged).md`).waitFor();
    assert.match(await shown('## Findings'), /Critical path: B1 -> B2 -> \[MP1\] -> C1 -> C2 -> E2 -> E3/);
    await wb().screenshot('replan-01-judged');
    await wb().followLink(/task-\d+/, 'task-');
    await wb().tab(`${plan} (judged).md`).click();
    await wb().editor().click();
    await wb().page.keyboard.press('Control+End');
    assert.match(await shown('## Context of each slice'), /E3: [\d,]+ of 12,?000 tokens/);
    await wb().palette('View: Close All Editors');
  });

  test('a slice is cut: first shown, then written, and the tree follows', async () => {
    await openPlans(wb());
    await sliceRow(wb(), 'A2').waitFor();
    const before = [await tree(), read('manifest.json')];
    await wb().contextMenu(planRow(), 'Re-plan…');
    await wb().pick('Cut slices');
    await wb().pickMany(['A2 Product search']);
    await wb().tab(replanned).waitFor();
    const text = await shown('## The whole');
    assert.match(text, /1 cut, 1 changed, 9 kept\. \*\*Nothing is written yet\.\*\*/);
    assert.match(text, /\*\*C1\*\* no longer waits for A2, which is cut/);
    await wb().screenshot('replan-02-shown');
    assert.equal(read('manifest.json'), before[1], 'nothing is written yet');
    // The message goes away by itself; the title bar still has both answers.
    await wb().clearToasts();
    await wb().editorAction('Discard Re-planning');
    await wb().tab(replanned).waitFor({ state: 'hidden' });
    assert.equal(read('manifest.json'), before[1]);

    await wb().contextMenu(sliceRow(wb(), 'A2'), 'Re-plan…');
    await wb().pick('Cut A2');
    await wb().tab(replanned).waitFor();
    await wb().editorAction('Apply Re-planning');
    await wb().toast(`${plan} is re-planned: 1 cut, 1 changed, 9 kept.`);
    await wb().tab(replanned).waitFor({ state: 'hidden' });
    await wb().statusBar('Slicewave 0/10');
    await eventually('the tree without A2', async () => !/^ *A2 /m.test(await tree()));
    assert.match(await tree(), /MP1 waiting for B2 · unlocks C1/);
    assert.equal(existsSync(path.join(folder, planDir, 'tasks/task-002-product-search.md')), false);
    await wb().screenshot('replan-03-applied');

    await wb().pressToast('is re-planned', 'Undo');
    await wb().toast(`${plan} is as it was before`);
    await wb().statusBar('Slicewave 0/11');
    await eventually('the tree as it was', async () => (await tree()) === before[0]);
    assert.equal(read('manifest.json'), before[1]);
    await wb().clearToasts();
  });

  test('a scope is changed by unchecking and typing, and what that leads to is told before', async () => {
    await wb().contextMenu(sliceRow(wb(), 'B2'), 'Re-plan…');
    await wb().pick('Re-scope B2');
    await wb().page.locator('.quick-input-widget:visible .monaco-list-row', { hasText: 'test/stock' }).first().click();
    await wb().pickMany([]);
    await eventually('the second question', async () => (await wb().quickState()).title.includes('2 of 2'));
    await wb().screenshot('replan-04-question');
    await wb().quickInput('src/products/catalogue.ts, src/stock/lots.ts');
    await wb().tab(replanned).waitFor();
    const text = await shown('## New findings');
    assert.match(text, /CREATE - test\/stock-reservations\.test\.ts/);
    assert.match(text, /CREATE \+ src\/stock\/lots\.ts/);
    assert.match(text, /MODIFY \+ src\/products\/catalogue\.ts/);
    assert.match(text, /warning: B2 and A1 may run at the same time/);
    await wb().screenshot('replan-05-findings');
    await wb().pressToast('Nothing is written yet', 'Discard');
    await wb().tab(replanned).waitFor({ state: 'hidden' });
  });

  test('one slice is not merged, and a slice that is added stands in the tree', async () => {
    await wb().palette('Slicewave: Re-plan…');
    await wb().pick('Merge slices');
    await wb().pickMany(['E3 API documentation']);
    await wb().toast('It takes two slices to merge. Check at least two.');
    await wb().clearToasts();
    await wb().palette('Slicewave: Re-plan…');
    await wb().pick('Add a slice');
    await wb().quickInput(
      'F1: Export (after A1; files: src/export.ts, test/export.test.ts; verify: npm test; estimate: 1h)',
    );
    await wb().pressToast('Nothing is written yet', 'Apply');
    await wb().toast('is re-planned: 1 added');
    await sliceRow(wb(), 'F1').waitFor();
    await wb().palette('Slicewave: Re-plan…');
    await wb().pick('Undo the last re-planning');
    await sliceRow(wb(), 'F1').waitFor({ state: 'hidden' });
    await wb().clearToasts();
  });

  test('decomposing a spec whose plan is there offers to re-plan, which keeps it', async () => {
    const before = read('manifest.json');
    await wb().openFile('specs/TS-0042-inventory.spec.md');
    await wb().editorAction('Decompose a Spec…');
    await wb().pressToast('Nothing is written yet', 'Write Plan');
    await wb().pick(/Re-plan/);
    await wb().toast('Nothing would change.');
    assert.equal(read('manifest.json'), before);
  });

  test('while slices are verified and others wait, what is verified stays', async () => {
    await wb().palette('View: Close All Editors');
    await openPlans(wb());
    await wb().itemAction(wb().treeItem('Wave 1', { view: 'Plans' }), 'Run Wave');
    for (const id of ['A1', 'B1', 'E1']) await rowSays(sliceRow(wb(), id), /^verified$/, 300_000);
    await wb().clearToasts();
    await wb().contextMenu(sliceRow(wb(), 'A1'), 'Re-plan…');
    await wb().pick('Cut A1');
    await wb().toast('A1 is verified, and what is verified stays. Add another slice instead.');
    await wb().clearToasts();

    await wb().contextMenu(planRow(), 'Re-plan…');
    await wb().pick('Split slices');
    const offered = (await wb().quickState()).rows;
    assert.ok(offered.includes('B2 Reservations') && !offered.some((row) => row.startsWith('A1')), offered.join('\n'));
    await wb().pickMany(['B2 Reservations']);
    await wb().tab(replanned).waitFor();
    await wb().screenshot('replan-06-split-under-way');
    assert.match(await shown('## Changes'), /B2/);
    await wb().editorAction('Apply Re-planning');
    await wb().toast(`${plan} is re-planned: `);
    await eventually('the parts of B2', async () => ((await tree()).match(/^ *B2\S* /gm) ?? []).length > 1);
    await wb().clearToasts();

    await wb().contextMenu(planRow(), 'Re-plan…');
    await wb().pick('Merge slices');
    await wb().pickMany(['D2 Sales report', 'E2 Routes of the service']);
    await wb().tab(replanned).waitFor();
    await wb().screenshot('replan-07-merge-under-way');
    await wb().editorAction('Apply Re-planning');
    await wb().toast(`${plan} is re-planned: `);
    await sliceRow(wb(), 'E2').waitFor({ state: 'hidden' });
    const rows = await tree();
    for (const id of ['A1', 'B1', 'E1']) assert.match(rows, new RegExp(`^ *${id} .* verified`, 'm'), `${id} stays`);
    await wb().screenshot('replan-08-verified-stays');
  });
});
