/** An agent that leaves its worktree, where no sandbox holds it: who did what, what was put back, and what to do. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { extensionFolder } from '../example.ts';
import { useWorkbench } from '../fixture.ts';
import { eventually } from '../workbench.ts';
import { inventory, inventoryWindow, openPlans, plan, rowSays, sliceRow } from './window.ts';

/** Deletes a branch of the user's, which git's own trace shows, and writes into the user's checkout, which nothing shows. */
const AGENT = `import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
git('branch', '-D', 'keep');
const primary = path.dirname(git('rev-parse', '--path-format=absolute', '--git-common-dir'));
appendFileSync(path.join(primary, 'src/products/catalogue.ts'), '// not mine\\n');
`;

/** A folder that stands for the machine's programs, without those that confine. */
function programsWithoutSandbox(beside: string): string {
  const dir = path.join(beside, 'bin');
  mkdirSync(dir);
  for (const from of ['/usr/bin', '/usr/local/bin'])
    for (const name of readdirSync(from)) {
      if (/^(bwrap|node)$/.test(name)) continue;
      try {
        symlinkSync(path.join(from, name), path.join(dir, name));
      } catch (problem) {
        // The first of a name is the one that a search finds.
        if ((problem as NodeJS.ErrnoException).code !== 'EEXIST') throw problem;
      }
    }
  return `${path.join(extensionFolder, 'node_modules', '.bin')}${path.delimiter}${dir}`;
}

suite('a violation', () => {
  let folder = '';
  const wb = useWorkbench(() => {
    folder = inventory({ plan: true });
    const beside = path.dirname(folder);
    const script = path.join(beside, 'leaves-its-worktree.mjs');
    writeFileSync(script, AGENT);
    git('branch', 'keep');
    return inventoryWindow(folder, {
      viewport: { width: 1600, height: 1000 },
      ready: 'Slicewave',
      env: { PATH: programsWithoutSandbox(beside) },
      settings: { 'slicewave.agent': 'command', 'slicewave.agentCommand': [process.execPath, script] },
    });
  });
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  const question = /^A1: refs\/heads\/keep was removed by A1 \(git branch -D keep\); it was put back \(and 1 more\)$/;

  test('that nothing confines the agents is said once, before they start', async () => {
    await openPlans(wb());
    await wb().itemAction(sliceRow(wb(), 'A1'), 'Run Slice');
    await wb().toast(/agents and checks are NOT confined by the operating system: bubblewrap .* is not installed/);
    await wb().toast(/A1 stopped \(outside-worktree\): refs\/heads\/keep was removed by A1/);
    await wb().screenshot('violation-01-told');
    await rowSays(sliceRow(wb(), 'A1'), /^stopped · not confined/);
    // What was said stays behind the bell when it has left the screen.
    await wb().palette('Notifications: Show Notifications');
    const said = wb().page.locator('.notifications-center .notification-list-item', { hasText: 'NOT confined' });
    await said.first().waitFor();
    assert.equal(await said.count(), 1);
    await wb().clearToasts();
  });

  test('the tree shows it first: what was touched, by whom, and what was put back', async () => {
    const asks = wb().treeItem(question, { view: 'Plans' });
    await rowSays(asks, /^violation: outside-worktree · unblocks \d+$/);
    const rows = await eventually('all rows', async () => {
      const all = await wb().treeRows('Plans');
      return all.some((row) => row.includes('still changed')) && all;
    });
    const start = rows.findIndex((row) => /^ {2}Needs you/.test(row));
    assert.equal(start, 1, rows.join('\n'));
    assert.deepEqual(rows.slice(start + 2, start + 4), [
      '      refs/heads/keep was removed by A1 (git branch -D keep) · put back',
      '      src/products/catalogue.ts of the primary checkout was changed while A1 worked · still changed',
    ]);
    assert.match(git('branch', '--list', 'keep'), /keep/, 'the branch is there again');
    await asks.hover();
    const offered = await asks.getByRole('button').evaluateAll((all) => all.map((one) => one.ariaLabel ?? ''));
    assert.deepEqual(
      offered.map((label) => label.replace(/ \(.*$/, '')),
      ['Approve…', 'Retry…', 'Skip…'],
    );
    await wb().screenshot('violation-02-tree');
  });

  test('the dashboard shows the same, and that nothing confined the run', async () => {
    await wb().palette('Slicewave: Open Dashboard');
    const frame = await wb().webview(plan);
    const asks = frame.locator('.question.violation[data-slice=A1]');
    await asks.waitFor();
    assert.deepEqual(
      (await asks.locator('.violations li').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim()),
      [
        'refs/heads/keep was removed by A1 (git branch -D keep) put back',
        'src/products/catalogue.ts of the primary checkout was changed while A1 worked still changed',
      ],
    );
    assert.match(await asks.innerText(), /mend what is still changed\. Approve goes on .* Retry .* Skip/);
    const actions = await asks
      .locator('[data-action]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-action')));
    assert.deepEqual(actions, ['approve', 'retry', 'skip', 'diff', 'trace']);
    await frame.locator('.card-main[data-slice=A1]').click();
    assert.match(await frame.locator('.card-main[data-slice=A1]').innerText(), /not confined/);
    await frame.locator('.detail .unconfined', { hasText: /not confined: bubblewrap .* is not installed/ }).waitFor();
    await wb().screenshot('violation-03-dashboard');
  });

  test('approving says what was touched, and lets the slice go on; the violation stays with its run', async () => {
    await wb().itemAction(wb().treeItem(question, { view: 'Plans' }), 'Approve…');
    await eventually('what is approved', async () => (await wb().quickState()).title === 'Approve what A1 stopped on');
    const { rows } = await wb().quickState();
    assert.ok(
      rows.some((row) => row.includes('refs/heads/keep was removed by A1')),
      rows.join('\n'),
    );
    await wb().screenshot('violation-04-approve');
    await wb().pick('Approve');
    // Its work was elsewhere: in its own worktree there is none.
    const next = wb().treeItem('A1: the agent finished without changing a file', { view: 'Plans' });
    await rowSays(next, /^unverified/);
    await wb().expand(sliceRow(wb(), 'A1'));
    await rowSays(wb().treeItem('Attempt 1', { view: 'Plans' }), /command · 2 violations · not confined: bubblewrap/);
    assert.match(readFileSync(path.join(folder, 'src/products/catalogue.ts'), 'utf8'), /\/\/ not mine$/m);
    await wb().screenshot('violation-05-approved');
    assert.deepEqual(wb().outsideRequests(), []);
  });
});
