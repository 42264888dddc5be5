import assert from 'node:assert/strict';
import { Project } from './fixture.ts';

suite('a budget of minutes', () => {
  let project: Project;
  teardown(() => project.close());

  test('used up: nothing starts, the run says so and ends with 3; without it everything is done', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }] });
    const stopped = await project.run('--budget-minutes', '0.000001');
    assert.equal(stopped.code, 3, stopped.out + stopped.err);
    assert.match(
      stopped.out + stopped.err,
      /The budget is used up \(0 of 0\.000001 minutes\): no further agent starts/,
    );
    assert.match(stopped.out, /the slices that are left were not started/);
    assert.equal((await project.status()).slices[0]?.state, 'ready');
    assert.equal((await project.run()).code, 0);
  });
});
