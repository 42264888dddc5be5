import assert from 'node:assert/strict';
import { dependencyCommands } from '../../src/core/plan/dependencies.ts';

const none = { add: [], upgrade: [], remove: [], addDev: [] };

suite('the dependencies of a plan', () => {
  test('remove, upgrade, add, add_dev, in this order', () => {
    const commands = dependencyCommands(
      { add: ['pydantic==2.5.3'], upgrade: ['requests==2.31.0'], remove: ['old-lib'], addDev: ['pytest==7.4.3'] },
      'uv',
    );
    assert.ok(commands.ok);
    assert.deepEqual(commands.value, [
      ['uv', 'remove', 'old-lib'],
      ['uv', 'add', '--upgrade', 'requests==2.31.0'],
      ['uv', 'add', 'pydantic==2.5.3'],
      ['uv', 'add', '--dev', 'pytest==7.4.3'],
    ]);
  });

  test('nothing to do is no command', () => {
    const commands = dependencyCommands(none, 'npm');
    assert.ok(commands.ok);
    assert.deepEqual(commands.value, []);
  });

  test('a package that looks like an option is refused', () => {
    assert.ok(!dependencyCommands({ ...none, add: ['--global'] }, 'npm').ok);
  });
});
