import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  readDashboardMemory,
  readFromDashboard,
  readToDashboard,
  type FromDashboard,
} from '../../src/protocol/dashboard.ts';

suite('messages of the dashboard', () => {
  const commands: readonly FromDashboard[] = [
    { type: 'ready' },
    { type: 'run-plan' },
    { type: 'run-wave', wave: 2 },
    { type: 'stop-plan' },
    { type: 'integrate' },
    { type: 'copy' },
    { type: 'slice', action: 'approve', slice: 'A1', run: null },
    { type: 'slice', action: 'trace', slice: 'A1', run: 'r' },
    { type: 'answer', slice: 'A1', text: 'yes' },
    { type: 'file', slice: 'A1', run: 'r', path: 'src/a.ts' },
  ];

  test('every command survives the way', () => {
    for (const command of commands) assert.deepEqual(readFromDashboard(JSON.parse(JSON.stringify(command))), command);
  });

  test('drops what does not belong to a command', () => {
    assert.deepEqual(readFromDashboard({ type: 'copy', root: '/etc' }), { type: 'copy' });
  });

  for (const [name, value] of [
    ['an unknown type', { type: 'exec' }],
    ['an unknown action', { type: 'slice', action: 'delete', slice: 'A1', run: null }],
    ['a wave that is no number', { type: 'run-wave', wave: '2' }],
    ['an empty answer', { type: 'answer', slice: 'A1', text: '  ' }],
    ['a missing path', { type: 'file', slice: 'A1', run: 'r' }],
    ['a list', ['ready']],
    ['nothing', null],
  ] as const) {
    test(`refuses ${name}`, () => assert.equal(readFromDashboard(value), null));
  }

  test('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        readFromDashboard(value);
        readToDashboard(value);
        readDashboardMemory(value);
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...commands), fc.string(), fc.anything(), (command, key, value) => {
        readFromDashboard({ ...command, [key]: value });
      }),
    );
  });

  test('refuses a snapshot of another version', () => {
    const snapshot = {
      planDir: 'parallel/x',
      details: {},
      state: { slices: [], checkpoints: [], batches: [], attention: [], criticalPath: [] },
    };
    assert.notEqual(readToDashboard({ type: 'snapshot', root: '/r', snapshot }), null);
    assert.equal(readToDashboard({ type: 'snapshot', root: '/r', snapshot: { ...snapshot, state: {} } }), null);
    assert.equal(readToDashboard({ type: 'snapshot', snapshot }), null);
  });
});
