/** What the language server adds to an editor, clicked and typed in a real VS Code. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useWorkbench } from '../fixture.ts';
import { eventually } from '../workbench.ts';
import { inventory, inventoryWindow, planDir } from './window.ts';

const LEDGER = `${planDir}/tasks/task-003-stock-ledger.md`;

suite('specs and plans in the editor', () => {
  let folder = '';
  const wb = useWorkbench(() => {
    folder = inventory({ plan: true });
    return inventoryWindow(folder, { ready: 'Slicewave' });
  });
  const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8');

  test('lenses over a slice offer to run it', async () => {
    await wb().openFile(LEDGER);
    const lens = wb().editor().locator('.codelens-decoration a', { hasText: 'Run' }).first();
    await lens.waitFor();
    await wb().screenshot('language-01-lenses');
  });

  test('a slice tells on hover what it touches', async () => {
    const said = await wb().hover('B2', /Reservations/, { keep: true });
    assert.match(said, /src\/stock\/reservations\.ts/);
    await wb().screenshot('language-02-hover');
  });

  test('what is typed into deps is completed with the slices of the plan', async () => {
    const { page } = wb();
    await wb().openFile(LEDGER, { line: 6, column: 8 });
    await page.keyboard.press('Control+Space');
    const rows = page.locator('.suggest-widget .monaco-list-row');
    await rows.filter({ hasText: 'A1' }).first().waitFor();
    await wb().screenshot('language-03-completion');
    await rows.filter({ hasText: 'A1' }).first().click();
    await eventually('the id is inserted', async () =>
      (await wb().editorLines()).some((line) => line.startsWith('deps: [A1')),
    );
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Escape');
  });

  test('a scope goes down to a symbol: completed and checked as a parser sees the file', async () => {
    const { page } = wb();
    // Only a parser sees that this declares nothing.
    const catalogue = path.join(folder, 'src/products/catalogue.ts');
    writeFileSync(catalogue, `/*\nexport class Ghost {}\n*/\n${readFileSync(catalogue, 'utf8')}`);
    await wb().openFile(`${planDir}/tasks/task-001-product-catalogue.md`);
    await wb().clickText('`src/products/catalogue.ts`');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.type('::');
    const rows = page.locator('.suggest-widget.visible .monaco-list-row');
    await rows.filter({ hasText: 'Catalogue.find' }).first().waitFor();
    assert.equal(await rows.filter({ hasText: 'Ghost' }).count(), 0);
    await wb().screenshot('language-06-symbols');
    await page.keyboard.press('Escape');
    await page.keyboard.type('Ghost');
    await page.keyboard.press('Escape');
    const problem = await wb().problem(/declares no Ghost/);
    assert.equal(problem.code, 'task.symbol-unknown');
    await page.keyboard.press('Control+1');
    for (let i = 0; i < 'Ghost'.length; i++) await page.keyboard.press('Backspace');
    await page.keyboard.type('Catalogue.find');
    await page.keyboard.press('Escape');
    await eventually(
      'no problem',
      async () => !(await wb().problems()).some(({ message }) => /declares no/.test(message)),
    );
    await wb().palette('File: Revert File');
  });

  test('a slice is renamed everywhere at once', async () => {
    const { page } = wb();
    await wb().openFile(LEDGER, { line: 2, column: 6 });
    await page.keyboard.press('F2');
    const box = page.locator('.rename-box input');
    await box.waitFor();
    assert.equal(await box.inputValue(), 'B1');
    await box.fill('B9');
    await page.keyboard.press('Enter');
    await eventually('the editor shows the new id', async () => (await wb().editorLines()).includes('id: B9'));
    await page.keyboard.press('Control+k');
    await page.keyboard.press('s');
    await eventually('every file has the new id', () => {
      const manifest = read(`${planDir}/manifest.json`);
      return (
        manifest.includes('"B9"') &&
        !manifest.includes('"B1"') &&
        /^deps: \[.*\bB9\b/m.test(read(`${planDir}/tasks/task-004-reservations.md`))
      );
    });
    assert.deepEqual(
      (await wb().problems()).filter((problem) => problem.severity === 'error').map((problem) => problem.message),
      [],
    );
    await wb().screenshot('language-04-renamed');
  });

  test('the code of a problem opens the page of its rule', async () => {
    const { page } = wb();
    await wb().openFile(LEDGER, { line: 6, column: 8 });
    await page.keyboard.type('NOPE');
    await page.keyboard.press('Escape');
    const problem = await wb().problem(/NOPE/, LEDGER);
    assert.equal(problem.code, 'plan.unknown-dependency');
    await page
      .locator('.markers-panel .monaco-tl-row a.code-link, .markers-panel .monaco-tl-row a', {
        hasText: 'plan.unknown-dependency',
      })
      .first()
      .click({ modifiers: ['Control'] });
    await eventually('the page of the rule', async () =>
      (await wb().editorLines()).some((line) => line.includes('plan.unknown-dependency')),
    );
    await wb().screenshot('language-05-rule');
  });
});
