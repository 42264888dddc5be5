import assert from 'node:assert/strict';
import { Project, type PlanShape } from './fixture.ts';

const PLAN: PlanShape = {
  slices: [{ id: 'A1' }, { id: 'B1' }, { id: 'C1', deps: ['A1'] }],
  mergePoints: [{ id: 'MP1', needs: ['A1', 'B1'], unlocks: ['C1'] }],
};

/** The released shapes: fields may be added, none removed. */
suite('machine output', () => {
  let project: Project;

  suiteSetup(async () => {
    project = await Project.create(PLAN);
  });

  suiteTeardown(async () => {
    await project.close();
  });

  async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
    const finished = await project.cli(...args);
    const value: unknown = JSON.parse(finished.out);
    assert.ok(typeof value === 'object' && value !== null, finished.out);
    const shape = value as Record<string, unknown>;
    assert.equal(shape['v'], 1);
    return shape;
  }

  function has(value: unknown, keys: readonly string[], what: string): void {
    assert.ok(typeof value === 'object' && value !== null, what);
    assert.deepEqual(
      keys.filter((key) => !Object.hasOwn(value, key)),
      [],
      `${what} lacks fields`,
    );
  }

  function first(value: unknown, what: string): unknown {
    assert.ok(Array.isArray(value) && value.length > 0, `${what} is an empty list`);
    return value[0];
  }

  test('plan', async () => {
    const plan = await json('plan', project.planDir, '--json', '--agents', '1..2');
    has(
      plan,
      [
        'plan',
        'slices',
        'waves',
        'batches',
        'merge_points',
        'critical_path',
        'makespan_minutes',
        'width',
        'overlaps',
        'findings',
        'what_if',
      ],
      'plan',
    );
    has(
      first(plan['slices'], 'slices'),
      [
        'id',
        'title',
        'wave',
        'batch',
        'workstream',
        'deps',
        'estimate_minutes',
        'slack_minutes',
        'critical',
        'context_tokens',
      ],
      'a slice',
    );
    has(first(plan['merge_points'], 'merge points'), ['id', 'needs', 'unlocks'], 'a merge point');
    has(first(plan['what_if'], 'what_if'), ['agents', 'makespan_minutes', 'lower_bound_minutes', 'speedup'], 'what_if');
  });

  test('status', async () => {
    const status = await json('status', project.planDir, '--json');
    has(
      status,
      [
        'plan',
        'state',
        'base_commit',
        'integration_branch',
        'slices',
        'attention',
        'merge_points',
        'critical_path',
        'cost_usd',
      ],
      'status',
    );
    has(
      first(status['slices'], 'slices'),
      [
        'id',
        'wave',
        'state',
        'run_id',
        'attempt',
        'branch',
        'worktree',
        'commit',
        'stop',
        'files_changed',
        'tests_passed',
      ],
      'a slice',
    );
    has(first(status['merge_points'], 'merge points'), ['id', 'state'], 'a merge point');
    assert.equal(status['state'], 'not-started');
    assert.deepEqual(status['critical_path'], ['A1', 'MP1', 'C1']);
  });

  test('lint, validate and doctor', async () => {
    for (const command of [['lint'], ['validate', project.planDir]]) {
      has(await json(...command, '--json'), ['findings', 'counts'], command.join(' '));
    }
    has(first((await json('doctor', '--json'))['checks'], 'checks'), ['name', 'status', 'detail', 'remedy'], 'a check');
  });

  test('profile, of what has not run', async () => {
    assert.deepEqual((await json('profile', project.planDir, '--json'))['error'], {
      reason: 'not-started',
      message: 'nothing of TS-1-shop has run yet',
      remedy: `Run it with \`slicewave run ${project.planDir}\`.`,
    });
  });

  test('trace list, and a failure', async () => {
    assert.deepEqual(await json('trace', 'list', '--json'), { v: 1, runs: [] });
    has((await json('trace', 'show', 'nothing', '--json'))['error'], ['reason', 'message', 'remedy'], 'an error');
  });
});
