/** The dashboard of a plan that waits for a person: what it shows, where its chips lead, and what is done from it. */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { FrameLocator, Locator } from 'playwright-core';
import { extensionFolder } from '../example.ts';
import { useWorkbench } from '../fixture.ts';
import { eventually } from '../workbench.ts';
import { inventoryWindow, plan, rowSays, sliceRow, waitingInventory } from './window.ts';

/** The picture in the README. A test run changes no file of the repository, so it is taken anew only when asked for. */
const README_PICTURE = path.join(extensionFolder, 'docs/images/dashboard.png');

suite('dashboard', () => {
  const wb = useWorkbench(() => inventoryWindow(waitingInventory(), { viewport: { width: 1600, height: 1000 } }));
  const dashboard = (): Promise<FrameLocator> => wb().webview(plan);
  const card = async (id: string): Promise<Locator> => (await dashboard()).locator(`.card-main[data-slice=${id}]`);
  /** The pane beside the board, once it shows what has this title. */
  const detailOf = async (title: RegExp): Promise<Locator> => {
    const detail = (await dashboard()).locator('.detail');
    await detail.locator('.detail-title', { hasText: title }).waitFor();
    return detail;
  };

  test('shows the plan, its critical path, batches, waves, cards and merge point', async () => {
    await wb().statusBar('2 need you');
    await wb().palette('Slicewave: Open Dashboard');
    const frame = await dashboard();
    await (await card('C1')).waitFor();
    await wb().clearToasts();
    await wb().screenshot('dashboard-01-board');
    assert.match(await frame.locator('.header').innerText(), /4 of 11 verified/);
    assert.match(await frame.locator('.header .pill').innerText(), /blocked|needs|waiting|stopped/i);
    assert.deepEqual(await frame.locator('.path .chip').allInnerTexts(), ['B2', '[MP1]', 'C1', 'C2', 'E2', 'E3']);
    const batches = await frame.locator('.batch-head').allInnerTexts();
    assert.equal(batches.length, 2);
    assert.match(batches[0] ?? '', /Batch 1\s+66% · 4\/6 verified/);
    assert.match(batches[1] ?? '', /Batch 2\s+0% · 0\/5 verified/);
    const waves = (await frame.locator('.wave-head').allInnerTexts()).join('\n');
    for (const wave of [/Wave 1 3\/3/, /Wave 2 1\/3/, /Wave 3 0\/1/, /Wave 4 0\/2/, /Wave 5 0\/1/, /Wave 6 0\/1/])
      assert.match(waves, wave);
    const c1 = frame.locator('.card', { has: frame.locator('.card-main[data-slice=C1]') });
    assert.match(await c1.innerText(), /C1[\s\S]*Order placement[\s\S]*blocked by/);
    assert.match(await frame.locator('[data-checkpoint=MP1]').innerText(), /MP1: A2 \+ B2 → C1/);
  });

  test('the tree of plans beside it tells the same states', async () => {
    await wb().openView('Plans');
    await wb().palette('Slicewave: Open Dashboard');
    await rowSays(sliceRow(wb(), 'B2'), /stopped/);
    await rowSays(sliceRow(wb(), 'D1'), /needs input/);
    await (await card('C1')).waitFor();
    await wb().clearToasts();
    const picture = await wb().screenshot('dashboard-07-tree');
    if (process.env['SLICEWAVE_PICTURES']) copyFileSync(picture, README_PICTURE);
  });

  test('shows what needs the person first, with the question, the paths and what it unblocks', async () => {
    const frame = await dashboard();
    assert.match(await frame.locator('#attention-title').innerText(), /Needs you\s+2/);
    const stopped = await frame.locator('.question[data-slice=B2]').innerText();
    assert.match(stopped, /src\/config\.ts was modified and is inside BOUNDARY/);
    assert.match(stopped, /unexpected scope/);
    const asks = await frame.locator('.question[data-slice=D1]').innerText();
    assert.match(asks, /Should discontinued products appear in the low-stock report\?/);
    assert.match(asks, /Unblocks/);
    assert.equal(await frame.locator('.question[data-slice=D1] [data-action=answer]').count(), 1);
  });

  test('a click on a card shows the slice, a blocked-by chip jumps to what blocks it', async () => {
    await (await card('C2')).click();
    const detail = await detailOf(/C2 Order cancellation/);
    assert.match(await detail.innerText(), /slack\s+none: on the critical path/);
    await wb().screenshot('dashboard-02-slice');
    const frame = await dashboard();
    const waits = (id: string): Locator =>
      frame.locator('.card', { has: frame.locator(`.card-main[data-slice=${id}]`) }).locator('.card-waits');
    await waits('C2').getByRole('button', { name: 'C1', exact: true }).click();
    await detailOf(/C1 Order placement/);
    assert.equal(await (await card('C1')).getAttribute('aria-pressed'), 'true');
    await waits('C1').getByRole('button', { name: '[MP1]', exact: true }).click();
    await detailOf(/Merge point MP1/);
    assert.equal(await (await card('C1')).getAttribute('aria-pressed'), 'false');
    assert.equal(await frame.locator('[data-checkpoint=MP1]').getAttribute('aria-pressed'), 'true');
  });

  test('a stopped slice shows its run and what it changed out of scope', async () => {
    await (await card('B2')).click();
    const text = await (await detailOf(/B2 Reservations/)).innerText();
    assert.match(text, /Attempt 1/);
    assert.match(text, /src\/config\.ts[\s\S]*out of scope/);
    await wb().screenshot('dashboard-03-stopped-slice');
  });

  test('the merge point says what it needs and unlocks', async () => {
    await (await dashboard()).locator('[data-checkpoint=MP1]').click();
    const detail = await detailOf(/Merge point MP1/);
    const under = (name: string): Promise<readonly string[]> =>
      detail
        .locator('dt', { hasText: new RegExp(`^${name}$`) })
        .locator('xpath=following-sibling::dd[1]//button')
        .allInnerTexts();
    assert.deepEqual(await under('needs'), ['A2', 'B2']);
    assert.deepEqual(await under('still waits for'), ['B2']);
    assert.deepEqual(await under('unlocks'), ['C1']);
    await wb().screenshot('dashboard-04-merge-point');
  });

  test('a chip of the critical path leads to its slice', async () => {
    await (await dashboard()).locator('.path').getByRole('button', { name: 'E3', exact: true }).click();
    await detailOf(/E3 API documentation/);
  });

  test('the keyboard alone selects cards', async () => {
    const c1 = await card('C1');
    await c1.focus();
    await wb().page.keyboard.press('Enter');
    await detailOf(/C1 Order placement/);
    await wb().page.keyboard.press('ArrowRight');
    await detailOf(/C2 Order cancellation/);
    await wb().page.keyboard.press('ArrowDown');
    await detailOf(/D2 Sales report/);
  });

  test('the state is copied as text', async () => {
    await wb().page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await (await dashboard()).locator('#copy').click();
    await wb().statusBar(`${plan} copied as text`);
    await wb().page.bringToFront();
    const text = await eventually('the copied text', async () => {
      const copied = await wb().page.evaluate(() => navigator.clipboard.readText());
      return copied.includes(plan) ? copied : undefined;
    });
    for (const part of [/Batch 1 .* 66%/, /D1 needs input/, /MP1 \(A2 \+ B2\)/, /Critical path: B2 → \[MP1\] → C1/])
      assert.match(text, part);
  });

  test('an answer typed in the dashboard reaches the slice that asked', async () => {
    const frame = await dashboard();
    const asks = frame.locator('.question[data-slice=D1]');
    await asks.locator('[data-action=answer]').click();
    const box = asks.locator('textarea');
    await box.fill('No: leave discontinued products out.');
    await wb().screenshot('dashboard-05-answer');
    await box.press('Control+Enter');
    await asks.waitFor({ state: 'hidden', timeout: 300_000 });
    await eventually('one question left', async () =>
      /\b1\b/.test(await frame.locator('#attention-title').innerText()),
    );
    await wb().screenshot('dashboard-06-answered');
    await wb().openView('Plans');
    await rowSays(sliceRow(wb(), 'D1'), /^(?!needs input)/);
  });

  test('nothing was asked of another machine', () => {
    assert.deepEqual(wb().outsideRequests(), []);
  });
});
