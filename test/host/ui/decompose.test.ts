/** From a spec to a preview and to a plan: what is shown, by whom it was cut, and that nothing is written before. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { useWorkbench } from '../fixture.ts';
import { eventually, longerEachTime } from '../workbench.ts';
import { albums, scriptedDecomposer, shop, shopPlan, shopSpec } from './shop.ts';
import { inventoryWindow, openPlans } from './window.ts';

const planDir = `parallel/${shopPlan}`;

suite('decomposing', () => {
  let folder = '';
  let beside = '';
  const wb = useWorkbench(() => {
    ({ folder, beside } = shop());
    return inventoryWindow(folder);
  });
  const planned = (): boolean => existsSync(path.join(folder, 'parallel'));
  /** The text of the active editor, by way of the clipboard: the editor itself draws only what is on screen. */
  const wholeDocument = async (): Promise<string> => {
    const { page } = wb();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate(() => navigator.clipboard.writeText(''));
    return eventually('the whole document', async () => {
      await wb()
        .editor()
        .click({ position: { x: 400, y: 30 } });
      await press('Control+a', 'Control+c');
      const text = (await page.evaluate(() => navigator.clipboard.readText())).replaceAll('\r\n', '\n');
      await press('Control+Home');
      return text.startsWith('# ') && text;
    });
  };
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await wb().page.keyboard.press(key);
  };
  /** A command, by the keyboard and nothing else. What is typed goes to whatever has the keyboard: each step is seen. */
  const typeCommand = async (title: string): Promise<void> => {
    const { page } = wb();
    const time = longerEachTime(3_000);
    const widget = page.locator('.quick-input-widget:visible');
    const row = widget.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: title });
    const seen = async (what: Locator, state: 'visible' | 'hidden', timeout: number): Promise<boolean> =>
      what.waitFor({ state, timeout }).then(
        () => true,
        () => false,
      );
    await eventually(`${title} in the palette`, async () => {
      const timeout = time();
      await press('F1');
      if (!(await seen(widget.locator('input:focus'), 'visible', timeout))) return false;
      await page.keyboard.type(title);
      if (await seen(row, 'visible', timeout)) return true;
      await press('Escape', 'Escape');
      return false;
    });
    await eventually(`${title} to be taken`, async () => {
      await press('Enter');
      // Long, because a second Enter would answer what the command asks.
      return seen(row, 'hidden', 60_000);
    });
  };
  /** The editor of a tab, at the first place of a text. */
  const find = async (text: string): Promise<void> => {
    const { page } = wb();
    const time = longerEachTime(3_000);
    const input = page
      .locator('.find-widget.visible .find-part textarea, .find-widget.visible .find-part input')
      .first();
    await eventually(`"${text}" on screen`, async () => {
      const timeout = time();
      await wb()
        .editor()
        .click({ position: { x: 400, y: 60 }, timeout })
        .catch(() => undefined);
      await press('Control+Home', 'Control+f');
      try {
        await input.fill(text, { timeout });
        await input.press('Enter', { timeout });
        await input.press('Escape', { timeout });
      } catch {
        return false;
      }
      return (await wb().editorLines()).some((line) => line.includes(text));
    });
  };

  test('waves, overlaps, advice, coupling and estimates are seen by the keyboard alone, and nothing is written', async () => {
    await wb().statusBar('main');
    await typeCommand('Slicewave: Decompose a Spec');
    // Spec Kit's files stand in specs/ as well, so it is asked which one is meant.
    await eventually('the question', async () => (await wb().quickState()).placeholder.startsWith('Which spec'));
    assert.deepEqual((await wb().quickState()).rows, [albums, shopSpec], 'what belongs together stands there once');
    await wb().screenshot('decompose-01-which-spec');
    await wb().page.keyboard.type('TS-0900');
    await press('Enter');
    await wb().tab(`${shopPlan}.md`).waitFor();
    await wb().toast('5 slices in 2 waves.');
    await wb().screenshot('decompose-02-preview');
    const text = await wholeDocument();
    for (const part of [
      'made by: Structure of the spec',
      '- Who holds the key?',
      '### Wave 1',
      'C1 -> C2',
      '- work      9h00m in all; 3 of 5 slices have no estimate of their own and are guessed',
      '50%~',
      'give `src/shop/till.ts` to B2 alone and take it out of C1',
      'changed together in 7 of the 7 commits of src/app.ts',
      'src/shop/cart.ts:1 of B1 imports ./price.ts',
      '- contracts/ws-a.ts',
    ])
      assert.ok(text.includes(part), `${part} is missing in\n${text}`);
    await find('## Overlaps');
    await eventually('the matrix', async () => (await wb().editorLines()).some((line) => line.includes('50%~')));
    await wb().screenshot('decompose-03-matrix');
    assert.equal(planned(), false);
    await typeCommand('Slicewave: Discard Preview');
    await wb().tab(`${shopPlan}.md`).waitFor({ state: 'hidden' });
    assert.equal(planned(), false);
    await wb().clearToasts();
  });

  test('what speaks for a finding leads to the line of the repository', async () => {
    await wb().openFile(shopSpec);
    await wb().editorAction('Decompose a Spec…');
    await wb().tab(`${shopPlan}.md`).waitFor();
    await wb().clearToasts();
    await find('## Hidden coupling');
    await wb().followLink('src/shop/cart.ts:1', 'cart.ts');
    await wb().screenshot('decompose-04-evidence');
  });

  test('the preview is accepted by the keyboard, and the plan is written whole', async () => {
    await wb().tab(`${shopPlan}.md`).click();
    assert.equal(planned(), false);
    await typeCommand('Slicewave: Write Plan');
    await wb().toast(`Wrote 5 slices in 2 waves to ${planDir}.`);
    assert.deepEqual(readdirSync(path.join(folder, planDir)).toSorted(), [
      'architecture.md',
      'context.md',
      'conventions.md',
      'manifest.json',
      'prompts',
      'task-graph.md',
      'tasks',
      'test-plan.md',
    ]);
    await wb().statusBar('Slicewave 0/5');
    await openPlans(wb());
    await wb().screenshot('decompose-05-written');
    await wb().clearToasts();
  });

  test('the plan is judged: overlaps with advice, coupling and contracts, each leading to its place', async () => {
    await typeCommand('Slicewave: Judge Plan');
    await wb().tab(`${shopPlan} (judged).md`).waitFor();
    const text = await wholeDocument();
    for (const part of [
      '5 slices in 2 waves and 1 batch.',
      'C1 and B2: 50 %, reslice',
      'give `src/app.ts` to C2 alone and take it out of B1',
      '## Hidden coupling (2)',
      '## Contracts to be written (1)',
      '## With how many agents',
    ])
      assert.ok(text.includes(part), `${part} is missing in\n${text}`);
    await press('Control+Home');
    await wb().screenshot('decompose-06-judged');
    await wb().editor().locator('.detected-link', { hasText: 'task-002-cart.md:17' }).first().waitFor();
    await find('## How to cut');
    await wb().screenshot('decompose-07-advice');
    await wb().palette('View: Close All Editors');
  });

  test('tasks of Spec Kit are read as they are, whoever cuts specs here', async () => {
    const { command, calls } = scriptedDecomposer(beside, ['nobody should ask']);
    wb().server.changeSettings({ 'slicewave.decomposer': 'command', 'slicewave.agentCommand': command });
    await wb().reload('Slicewave 0/5');
    await wb().openFile(albums);
    await wb().editorAction('Decompose a Spec…');
    await wb().tab('001-photo-albums.md').waitFor();
    await wb().toast('Nothing is written yet');
    const text = await wholeDocument();
    assert.match(text, /made by: GitHub Spec Kit/);
    assert.match(text, /T007 US1 Create albums: Build the album page \(after T006; /);
    await press('Control+Home');
    await wb().screenshot('decompose-08-spec-kit');
    assert.equal(existsSync(path.join(folder, 'parallel/001-photo-albums')), false);
    assert.equal(existsSync(calls), false, 'nobody is asked');
    await wb().editorAction('Write Plan');
    await wb().toast('to parallel/001-photo-albums.');
    assert.ok(existsSync(path.join(folder, 'parallel/001-photo-albums/manifest.json')));
    await wb().clearToasts();
  });

  test('the decomposer of the settings cuts a spec, is told what does not hold, and is asked again to re-plan', async () => {
    const slice = (id: string, title: string, create: readonly string[], deps: readonly string[] = []) => ({
      id,
      title,
      create,
      deps,
      requirements: [`${title} does what the spec says.`],
      verify: ['npm test'],
      estimate: '1h',
    });
    const lists = [
      slice('L1', 'List', ['src/wish/list.ts', 'test/list.test.ts']),
      slice('L2', 'Share', ['src/wish/share.ts', 'test/share.test.ts'], ['L1']),
    ];
    const [list, share] = lists;
    const { calls } = scriptedDecomposer(beside, [
      { slices: [{ ...list, deps: ['L2'] }, share] },
      { slices: lists },
      { slices: [...lists, slice('L3', 'Print', ['src/wish/print.ts', 'test/print.test.ts'], ['L1'])] },
    ]);
    const asked = (): number => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').length : 0);
    const spec = readFileSync(path.join(folder, shopSpec), 'utf8').replaceAll('0900', '0901');
    const wishes = spec.slice(0, spec.indexOf('## Open questions')).replaceAll('Shop', 'Wishes');
    writeFileSync(path.join(folder, 'specs/TS-0901-wishes.spec.md'), wishes);
    await wb().openFile('specs/TS-0901-wishes.spec.md');
    await wb().editorAction('Decompose a Spec…');
    await wb().tab('TS-0901-wishes.md').waitFor();
    await wb().toast('2 slices in 2 waves.');
    assert.equal(asked(), 2);
    const text = await wholeDocument();
    assert.match(text, /made by: Any agent, as a command/);
    assert.match(text, /Corrected in 2 rounds/);
    await press('Control+Home');
    await wb().screenshot('decompose-09-by-a-command');
    await wb().clearToasts();
    await wb().editorAction('Discard Preview');
    await wb().pressToast('The answer (Any agent, as a command) is kept', 'Show Again');
    await wb().tab('TS-0901-wishes.md').waitFor();
    await wb().toast('2 slices in 2 waves.');
    assert.equal(asked(), 2, 'nobody is asked again');
    assert.equal(await wholeDocument(), text);
    await press('Control+Home');
    // Of more than three notifications within 0.8 s VS Code shows the rest behind its bell only.
    await wb().clearToasts();
    await wb().page.waitForTimeout(1_000);
    await wb().editorAction('Write Plan');
    await wb().toast('Wrote 2 slices in 2 waves to parallel/TS-0901-wishes.');
    await wb().clearToasts();

    await wb().openFile('parallel/TS-0901-wishes/manifest.json');
    await wb().editorAction('Re-plan…');
    await wb().pick('Decompose the spec anew');
    await wb().tab('TS-0901-wishes (re-planned).md').waitFor();
    assert.equal(asked(), 3);
    assert.match(await wholeDocument(), /1 added, 2 changed\. \*\*Nothing is written yet\.\*\*[\s\S]*L3 {2}Print/);
    await press('Control+Home');
    await wb().screenshot('decompose-10-re-planned-from-spec');
    await wb().editorAction('Apply Re-planning');
    await wb().toast('TS-0901-wishes is re-planned: 1 added, 2 changed.');
    assert.match(readFileSync(path.join(folder, 'parallel/TS-0901-wishes/manifest.json'), 'utf8'), /"L3"/);
  });

  test('an agent is asked from the notice where tasks work that name no file', async () => {
    const tasks = '.kiro/specs/moon/tasks.md';
    mkdirSync(path.dirname(path.join(folder, tasks)), { recursive: true });
    writeFileSync(path.join(folder, tasks), '# Plan\n\n- [ ] 1. Think of colours\n- [ ] 2. Mend src/app.ts\n');
    const { calls } = scriptedDecomposer(beside, [
      { scopes: [{ id: 'task-1', paths: [{ path: 'src/colours.ts', why: 'new' }] }] },
    ]);
    const asked = (): number => readFileSync(calls, 'utf8').trim().split('\n').length;
    const before = asked();
    await wb().clearToasts();
    await wb().openFile(tasks);
    await wb().editorAction('Decompose a Spec…');
    await wb().tab('moon.md').waitFor();
    await wb().pressToast('2 slices in ', 'Ask an Agent');
    await eventually('the question', async () =>
      (await wb().quickState()).title.startsWith('Where do the tasks work that name no file?'),
    );
    await wb().screenshot('decompose-11-whom-to-ask');
    // Settings are linked in Markdown (`#slicewave.agentCommand#`); a list to pick from shows such text as it is.
    const details = await wb().page.locator('.quick-input-widget:visible .quick-input-list-rows').allInnerTexts();
    assert.ok(details.length > 1);
    assert.deepEqual(
      details.filter((text) => !/ Needs [^`#*]+\.$/.test(text.trim())),
      [],
    );
    await wb().pick('Any agent, as a command');
    await wb().toast('1 scope guessed: look at them before you write the plan.');
    assert.equal(asked(), before + 1, 'one round for all');
    assert.match(await wholeDocument(), /src\/colours\.ts/);
    await press('Control+Home');
    await wb().screenshot('decompose-12-asked');
    assert.equal(existsSync(path.join(folder, 'parallel/moon')), false, 'nothing is written');
  });
});
