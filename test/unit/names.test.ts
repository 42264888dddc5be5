import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { branchOf, nodeName } from '../../src/core/run/names.ts';

suite('names of branches and directories', () => {
  test('leaves ordinary ids as they are', () => {
    for (const id of ['A1', 'task-001', 'WS-A', 'MP1', 'TS-0042-inventory']) assert.equal(nodeName(id), id);
  });

  test('no id leaves its directory or meets another', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 }), (a, b) => {
        assert.match(nodeName(a), /^[A-Za-z0-9_][A-Za-z0-9._-]*$/);
        assert.ok(!nodeName(a).includes('..'));
        if (a !== b && nodeName(a) === nodeName(b)) assert.fail(`${a} and ${b} are both ${nodeName(a)}`);
      }),
    );
    assert.notEqual(nodeName('a/b'), nodeName('a b'));
  });

  test('git takes the branches', () => {
    for (const id of ['../x', 'a b', 'x.lock', '..', '-x', 'ü/é', 'a..b', '@{', '.hidden', 'x.']) {
      execFileSync('git', ['check-ref-format', '--branch', branchOf('TS 1', id)]);
    }
  });
});
