/** Findings in Problems, with quick fixes, in a real VS Code. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useWorkbench } from '../fixture.ts';
import { eventually } from '../workbench.ts';
import { inventory, inventoryWindow, planDir } from './window.ts';

const SKILL = 'skills/parallel-agent-spec.skill.md';

suite('findings in Problems', () => {
  let folder = '';
  const wb = useWorkbench(() => {
    folder = inventory({ plan: true });
    change(SKILL, (text) => text.replace(/## Stop conditions[\s\S]*?(?=## Final)/, ''));
    change(`${planDir}/tasks/task-003-stock-ledger.md`, (text) => text.replace(/^deps: .*$/m, 'deps: [NOPE]'));
    return inventoryWindow(folder, { ready: 'Slicewave' });
  });
  const change = (file: string, edit: (text: string) => string): void => {
    const full = path.join(folder, file);
    const before = readFileSync(full, 'utf8');
    const after = edit(before);
    assert.notEqual(after, before, `${file} was to be changed`);
    writeFileSync(full, after);
  };

  test('files that nobody opened are checked too', async () => {
    const unknown = await wb().problem(/NOPE/, `${planDir}/tasks/task-003-stock-ledger.md`);
    assert.equal(unknown.severity, 'error');
    assert.equal(unknown.code, 'plan.unknown-dependency');
    const skill = await wb().problem(/stop conditions/i, SKILL);
    assert.equal(skill.code, 'skill.stop-missing');
    await wb().screenshot('problems-01-found');
  });

  test('a quick fix inserts the missing section, and the finding goes', async () => {
    await wb().openFile(SKILL);
    const skill = await wb().problem(/stop conditions/i, SKILL);
    const line = (await wb().editorLines())[skill.line - 1] ?? '';
    await wb().quickFix(line.trim().replace(/^#+ /, ''), /stop conditions/i);
    // The section goes to the end of the file, below what the editor shows: the finding tells that it is there.
    await eventually(
      'no finding while typing',
      async () => !(await wb().problems()).some((one) => one.code === skill.code && one.file === skill.file),
    );
    await wb().save();
    await eventually('the section in the file', () =>
      /## Stop conditions\s+(?:[-*] |\S)/.test(readFileSync(path.join(folder, SKILL), 'utf8')),
    );
    await eventually(
      'no finding of the skill',
      async () => !(await wb().problems()).some((one) => one.code === skill.code && one.file === skill.file),
    );
    await wb().screenshot('problems-02-fixed');
  });

  test('a manifest that its schema refuses is a finding at the exact place', async () => {
    change(`${planDir}/manifest.json`, (text) => text.replace('"tech_spec_id": "TS-0042"', '"tech_spec_id": 42'));
    const finding = await wb().problem(/tech_spec_id/, `${planDir}/manifest.json`);
    assert.equal(finding.severity, 'error');
    assert.equal(finding.line, 2);
  });
});
