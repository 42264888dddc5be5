/** Proves that the page object finds and operates what it says it does, on an extension made for that. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useWorkbench } from '../fixture.ts';
import { eventually, openWorkbench } from '../workbench.ts';
import { writeSample } from './sample.ts';

suite('the workbench page object', () => {
  const sample = writeSample();
  suiteTeardown(() => sample.remove());
  const wb = useWorkbench({
    folder: sample.folder,
    extension: sample.extension,
    ready: 'sample: idle',
  });

  test('runs the one command with this title, shows and answers its notification', async () => {
    await wb().palette('Sample: Say Hello');
    await wb().toast('Hello from the sample');
    assert.deepEqual(await wb().toasts(), ['Hello from the sample']);
    await wb().pressToast('Hello from', 'Wave back');
    await wb().statusBar('answer Wave back');
    await wb().palette('Sample: Say Hello Again');
    await wb().toast('Hello again');
    await wb().clearToasts();
  });

  test('lists what the palette offers', async () => {
    assert.deepEqual((await wb().paletteRows('Sample: Say')).toSorted().slice(-2), [
      'Sample: Say Hello',
      'Sample: Say Hello Again',
    ]);
  });

  test('fills input boxes, picks one row and several', async () => {
    await wb().palette('Sample: Ask');
    await wb().quickInput('bad', { accept: false });
    await eventually('the validation message', async () =>
      (await wb().quickState()).message.startsWith('not that name'),
    );
    await wb().quickInput('Ada');
    await eventually('the second step', async () => (await wb().quickState()).title === 'Fruit');
    assert.deepEqual((await wb().quickState()).rows, ['apple', 'apple pie', 'pear']);
    await wb().pick('apple');
    await wb().statusBar(/asked Ada apple calm$/);
    await wb().palette('Sample: Ask Many');
    await wb().pickMany(['red', 'blue']);
    await wb().statusBar('many red+blue');
    await wb().palette('Sample: Choose File');
    await wb().chooseFile(path.join(sample.folder, 'other.txt'));
    await wb().statusBar('chose other.txt');
  });

  test('reads a modal dialog and presses its button', async () => {
    await wb().palette('Sample: Modal');
    assert.deepEqual(await wb().dialog(), {
      message: 'Really?',
      detail: 'It is final.',
      buttons: ['Wait', 'Cancel', 'Do It'],
    });
    await wb().pressDialog('Do It');
    await wb().statusBar('modal Do It');
  });

  test('opens a view, reads its tree, uses inline, header and context actions', async () => {
    await wb().openView('Sample Items');
    await wb().expand(wb().treeItem('beta', { view: 'Sample Items' }));
    await wb().treeItem('beta two').waitFor();
    assert.deepEqual(await wb().treeRows('Sample Items'), [
      'alpha 5 letters',
      'beta 4 letters',
      '  beta one 8 letters',
      '  beta two 8 letters',
      'gamma 5 letters',
    ]);
    await wb().itemAction(wb().treeItem('gamma'), 'Touch Item');
    await wb().statusBar('touched gamma');
    assert.deepEqual(await wb().contextMenuItems(wb().treeItem('alpha')), ['Touch Item']);
    await wb().contextMenu(wb().treeItem('alpha'), 'Touch Item');
    await wb().statusBar('touched alpha');
    assert.equal(await wb().hover(wb().treeItem('beta'), 'tip'), 'tip of beta');
    await wb().viewAction('Sample Items', 'Stir View');
    await wb().statusBar('stirred');
    await wb().expand(wb().treeItem('beta'), false);
  });

  test('reads a list longer than the screen', async () => {
    writeFileSync(path.join(sample.folder, 'many.txt'), 'badword\n'.repeat(30));
    await wb().openFile('many.txt');
    await wb().page.locator('.squiggly-error').first().waitFor();
    assert.deepEqual(
      (await wb().problems()).map(({ line }) => line),
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
    await wb().palette('View: Close Editor');
    await eventually('no problem', async () => (await wb().problems()).length === 0);
  });

  test('finds each webview by its title', async () => {
    await wb().openView('Sample Web');
    await wb().palette('Sample: Open Panel');
    for (const [title, text] of [
      ['Sample Web', 'Side'],
      ['Sample Panel', 'Panel'],
    ] as const) {
      const frame = await wb().webview(title);
      await frame.getByRole('heading', { name: text }).waitFor();
      await frame.getByRole('button', { name: 'Ping' }).click();
      await frame.getByText(`pong ${text}`).waitFor();
    }
  });

  test('opens files, reads problems, hovers, fixes, saves', async () => {
    await wb().openFile('sub/note.txt', { line: 2, column: 3 });
    assert.deepEqual(await wb().problem('bad word', 'sub/note.txt'), {
      file: 'sub/note.txt',
      severity: 'error',
      message: 'a bad word',
      source: 'sample',
      code: 'word.bad',
      line: 2,
      column: 6,
    });
    await wb().screenshot('self-problems');
    assert.match(await wb().hover('badword', 'word: badword'), /a bad word/);
    await wb().codeLens('Lens of the note');
    await wb().statusBar('stirred');
    await wb().editorAction('Check Note');
    await wb().statusBar('checked note.txt');
    await wb().quickFix('badword', 'Replace by goodword');
    await eventually('no problem', async () => (await wb().problems()).length === 0);
    assert.deepEqual(await wb().editorLines(), ['first line', 'some goodword here', '']);
    await wb().save();
    const saved = path.join(sample.folder, 'sub/note.txt');
    await eventually('the saved file', () => readFileSync(saved, 'utf8') === 'first line\nsome goodword here\n');
  });

  test('takes changed settings, survives a reload, sees a terminal work', async () => {
    wb().server.changeSettings({ 'sample.mood': 'merry' });
    await wb().reload('sample: idle merry');
    mkdirSync(path.join(sample.folder, '.vscode'));
    writeFileSync(path.join(sample.folder, '.vscode/settings.json'), '{ "sample.mood": "busy" }');
    await wb().statusBar('sample: idle busy');
    await wb().palette('Sample: Run Terminal');
    const file = path.join(sample.folder, 'term.out');
    await eventually('the output of the terminal', () => existsSync(file) && readFileSync(file, 'utf8') === '42\n');
    await eventually(
      'the detached process',
      () =>
        wb()
          .server.processes()
          .filter(({ command }) => command === 'sleep 600').length === 2,
    );
  });

  test('lists requests that leave the machine, and only those', async () => {
    assert.deepEqual(wb().outsideRequests(), []);
    await wb().page.evaluate(() => fetch('https://outside.invalid/path').catch(() => undefined));
    assert.deepEqual(wb().outsideRequests(), ['https://outside.invalid/path']);
  });

  test('keeps evidence of a failure', async () => {
    await wb().evidence('self evidence');
    const log = readFileSync(path.join(import.meta.dirname, '../shots/self-evidence.log'), 'utf8');
    assert.match(log, /sample activated/, 'output channels are among the logs');
    assert.ok(existsSync(path.join(import.meta.dirname, '../shots/self-evidence.png')));
  });
});

suite('the workbench and trust', () => {
  test('asks, stays restricted, is granted, and leaves nothing behind', async () => {
    const sample = writeSample();
    const wb = await openWorkbench({ folder: sample.folder, extension: sample.extension, workspaceTrust: 'ask' });
    try {
      assert.match((await wb.dialog()).message, /Do you trust the authors/);
      await wb.pressDialog(/^No, /);
      await wb.statusBar('sample: idle calm (restricted)');
      await wb.grantTrust();
      await wb.statusBar(/sample: idle calm$/);
      await wb.palette('Sample: Trusted Only');
      await wb.statusBar('trusted command');
    } finally {
      await wb.close();
      sample.remove();
    }
    assert.deepEqual(wb.server.processes(), []);
    assert.equal(existsSync(wb.server.folder), false);
  });

  test('installs a package, opens a workspace file, takes settings', async () => {
    const sample = writeSample();
    const vsix = path.join(path.dirname(sample.folder), 'sample.vsix');
    const flags = ['--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix];
    execFileSync('vsce', ['package', ...flags], { cwd: sample.extension, stdio: 'pipe' });
    const wb = await openWorkbench({
      folder: sample.workspace,
      vsix: [vsix],
      workspaceTrust: 'restricted',
      settings: { 'sample.mood': 'grave' },
      ready: 'sample: idle grave (restricted)',
    });
    try {
      await wb.openFile('folder with space/other.txt');
      assert.deepEqual(await wb.editorLines(), ['nothing special', '']);
      assert.ok(!(await wb.paletteRows('Sample: Trusted')).includes('Sample: Trusted Only'));
    } finally {
      await wb.close();
      sample.remove();
    }
  });
});
