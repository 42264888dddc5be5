import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planIdOf } from '../../src/core/plan/plan-id.ts';
import { nodeName } from '../../src/core/run/names.ts';

suite('what a plan is known by', () => {
  test('in the parallel/ of the repository: the name of its directory, whatever that is', () => {
    assert.equal(planIdOf('parallel/TS-0001-x'), 'TS-0001-x');
    assert.equal(planIdOf('parallel/My Plan'), 'My Plan');
  });

  test('elsewhere: its place too', () => {
    assert.match(planIdOf('packages/a/parallel/TS-0001-x'), /^TS-0001-x-packages-a-[0-9a-f]{6}$/);
    assert.match(planIdOf('plans/TS-0001-x'), /^TS-0001-x-plans-[0-9a-f]{6}$/);
    assert.match(planIdOf('TS-0001-x'), /^TS-0001-x-[0-9a-f]{6}$/);
    assert.match(planIdOf('parallel/old/TS-0001-x'), /^TS-0001-x-parallel-old-[0-9a-f]{6}$/);
  });

  test('two directories never share one, and it names files and branches as it is', () => {
    const dirs = [
      'parallel/TS-0001-x',
      'TS-0001-x',
      'packages/a/parallel/TS-0001-x',
      'packages/a/TS-0001-x',
      'packages-a/parallel/TS-0001-x',
      'packages/b/parallel/TS-0001-x',
      'packages/a/parallel/parallel/TS-0001-x',
      'parallel/packages/a/TS-0001-x',
    ];
    assert.equal(new Set(dirs.map(planIdOf)).size, dirs.length);
    const part = fc.string({ minLength: 1 }).filter((text) => !text.includes('/'));
    fc.assert(
      fc.property(fc.array(part, { minLength: 3, maxLength: 6 }), (parts) => {
        const id = planIdOf(parts.join('/'));
        assert.match(id, /^[A-Za-z0-9_][A-Za-z0-9._-]*$/);
        assert.ok(!id.includes('..'));
        if (id.length <= 80) assert.equal(nodeName(id), id);
      }),
    );
  });
});
