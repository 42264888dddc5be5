/** What a process that a run started may not decide. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { openEngine, type OpenEngine } from '../../src/node/engine.ts';
import { loadPlanDir } from '../../src/node/plan/plans.ts';
import { fixedPlan, fixPlan } from '../../src/node/state/fixed-plan.ts';
import { Project } from './fixture.ts';

suite('a plan written from within a run', () => {
  let project: Project;
  let engine: OpenEngine;
  const before = { config: process.env['GIT_CONFIG_GLOBAL'], run: process.env['SLICEWAVE_RUN_ID'] };

  setup(async () => {
    project = await Project.create({ slices: [{ id: 'S1' }] });
    process.env['GIT_CONFIG_GLOBAL'] = path.join(project.home, 'gitconfig');
    const opened = await openEngine(project.root, { slicewave: [] });
    assert.ok(opened.ok);
    engine = opened.value;
  });

  teardown(async () => {
    for (const [name, value] of [
      ['GIT_CONFIG_GLOBAL', before.config],
      ['SLICEWAVE_RUN_ID', before.run],
    ] as const)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    await project.close();
  });

  const write = async (): ReturnType<OpenEngine['write']> => {
    const loaded = await loadPlanDir(engine.repository, project.planDir);
    assert.ok(loaded.ok);
    const files = new Map([...loaded.value.files, ['notes.md', 'Do something else.\n']]);
    return engine.write({ dir: project.planDir, files, loaded: loaded.value }, { replace: true });
  };

  test('a plan that is under way is not replaced', async () => {
    const loaded = await loadPlanDir(engine.repository, project.planDir);
    assert.ok(loaded.ok);
    await fixPlan(engine.repository, project.planId, loaded.value.files, 'scheduler');
    const fixed = await fixedPlan(engine.repository, project.planId);
    process.env['SLICEWAVE_RUN_ID'] = 'a-run';
    const written = await write();
    assert.equal(written.ok ? '' : written.failure.reason, 'inside-run');
    assert.throws(() => readFileSync(path.join(project.root, project.planDir, 'notes.md')));
    assert.deepEqual(await fixedPlan(engine.repository, project.planId), fixed);
  });

  test('another plan may be written', async () => {
    process.env['SLICEWAVE_RUN_ID'] = 'a-run';
    assert.ok((await write()).ok);
  });
});
