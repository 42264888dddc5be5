import assert from 'node:assert/strict';
import { Project } from './fixture.ts';

suite('run --from', () => {
  let project: Project;
  teardown(() => project.close());

  test('these slices and all that wait for them, over merge points too; nothing beside them', async () => {
    project = await Project.create({
      slices: [{ id: 'A1' }, { id: 'A2' }, { id: 'B1', deps: ['A1'] }, { id: 'C1', deps: [] }],
      mergePoints: [{ id: 'MP1', needs: ['B1', 'A1'], unlocks: ['C1'] }],
    });
    const { code, out, err } = await project.run('--from', 'A1');
    assert.equal(code, 0, out + err);
    const states = Object.fromEntries((await project.status()).slices.map(({ id, state }) => [id, state]));
    assert.deepEqual(states, { A1: 'verified', A2: 'ready', B1: 'verified', C1: 'verified' });
  });
});
