import { strict as assert } from 'node:assert';
import { COMMANDS } from '../../src/cli/command-table.ts';

suite('the table of commands', () => {
  for (const row of COMMANDS) {
    test(`${row.name}: what the overview says is what its own help says`, async () => {
      assert.ok(row.load, 'every command can be called');
      const command = await row.load();
      assert.equal(command.name, row.name);
      assert.equal(command.internal ?? false, row.internal ?? false);
      if (!row.internal) assert.equal(command.summary, row.summary);
      assert.ok(command.examples.length > 0 || row.internal, 'its help has examples');
    });
  }

  test('no name stands for two commands', () => {
    const names = COMMANDS.map((row) => row.name);
    assert.deepEqual(names, [...new Set(names)]);
  });
});
