import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { planIdOf } from '../../src/core/plan/plan-id.ts';
import { openEngine } from '../../src/node/engine.ts';
import { fake, Project, type Finished, type PlanShape, type Status } from './fixture.ts';

const PLAN: PlanShape = {
  slices: [{ id: 'A1' }, { id: 'B1' }, { id: 'C1' }],
  mergePoints: [{ id: 'MP1', needs: ['A1', 'B1'], unlocks: ['C1'], verify: ['test -s src/A1.txt'] }],
};
const ONE = 'packages/a/parallel/TS-1-shop';
const OTHER = 'packages/b/parallel/TS-1-shop';

suite('two plans of one name', () => {
  let project: Project;

  setup(async () => {
    project = await Project.create(PLAN);
    for (const dir of [ONE, OTHER])
      cpSync(path.join(project.root, project.planDir), path.join(project.root, dir), { recursive: true });
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, `${call.slice} of ${call.env['SLICEWAVE_PLAN'] ?? ''}\n`);
      await call.exit(0);
    });
  });

  teardown(async () => {
    await project.close();
  });

  const run = (dir: string): Promise<Finished> =>
    project.start(['run', dir, '--agent', 'command', '--agent-command', fake('agent')]).finished;
  const stateOf = async (dir: string): Promise<string> => (await project.json<Status>('status', dir)).state;

  test('run beside each other and are integrated apart; the one in parallel/ was never started', async () => {
    for (const finished of await Promise.all([run(ONE), run(OTHER)]))
      assert.equal(finished.code, 0, `${finished.out}\n${finished.err}`);
    assert.deepEqual(project.callsOf('agent').toSorted(), ['A1', 'A1', 'B1', 'B1', 'C1', 'C1']);
    for (const dir of [ONE, OTHER]) {
      const integrated = await project.cli('integrate', dir);
      assert.equal(integrated.code, 0, `${integrated.out}\n${integrated.err}`);
      const id = planIdOf(dir);
      for (const slice of ['A1', 'B1', 'C1'])
        assert.equal(project.git('show', `slicewave/${id}/integration:src/${slice}.txt`), `${slice} of ${id}`);
      assert.equal(await stateOf(dir), 'integrated');
    }
    assert.equal(await stateOf(project.planDir), 'not-started');
    assert.deepEqual(project.decisions(), []);
    assert.equal(project.git('for-each-ref', `refs/heads/slicewave/${project.planId}`), '');

    const own = await project.run();
    assert.equal(own.code, 0, `${own.out}\n${own.err}`);
    assert.equal(project.git('show', `slicewave/${project.planId}/A1:src/A1.txt`), `A1 of ${project.planId}`);
    assert.deepEqual(
      readdirSync(`${project.root}.worktrees`).toSorted(),
      [project.planId, planIdOf(ONE), planIdOf(OTHER)].toSorted(),
    );
  });

  test('the plans of packages are among those that the tree lists', async () => {
    const engine = await openEngine(project.root, { slicewave: [] });
    assert.ok(engine.ok);
    assert.deepEqual(await engine.value.plans(), [ONE, OTHER, project.planDir].toSorted());
    // Without a name the one in `parallel/` is meant.
    assert.equal((await project.json<{ readonly plan: string }>('status')).plan, project.planId);
    rmSync(path.join(project.root, project.planDir), { recursive: true });
    const { code, out, err } = await project.cli('status');
    assert.notEqual(code, 0);
    assert.ok((out + err).includes(`${ONE}, ${OTHER}`), out + err);
  });

  test('a decision about one says nothing about the other', async () => {
    assert.equal((await project.cli('skip', ONE, 'B1')).code, 0);
    const [one, other] = await Promise.all([ONE, OTHER].map((dir) => project.json<Status>('status', dir)));
    assert.equal(one?.slices.find(({ id }) => id === 'B1')?.state, 'skipped');
    assert.equal(other?.slices.find(({ id }) => id === 'B1')?.state, 'ready');
  });

  test('what is stopped, given another attempt, put back and cleaned of one leaves the other as it is', async () => {
    project
      .hold('agent', (call) => call.env['SLICEWAVE_PLAN'] === planIdOf(ONE) && call.slice === 'B1')
      .then(
        async (call) => {
          call.write('src/elsewhere.txt', 'out of scope\n');
          await call.exit(0);
        },
        () => undefined,
      );
    const [one, other] = await Promise.all([run(ONE), run(OTHER)]);
    assert.equal(one.code, 3, `${one.out}\n${one.err}`);
    assert.equal(other.code, 0, `${other.out}\n${other.err}`);

    const worktrees = path.join(`${project.root}.worktrees`, planIdOf(OTHER));
    const heldOf = (): unknown => ({
      refs: project.git('for-each-ref', '--format=%(refname) %(objectname)').split('\n').filter(isOfOther),
      decisions: project.read(`.agent-runs/plans/${planIdOf(OTHER)}.jsonl`),
      runs: project
        .events()
        .filter(({ type, event }) => type === 'run_started' && event['plan'] === planIdOf(OTHER))
        .map(({ run: id }) => [id, project.read(`.agent-runs/${id}/events.jsonl`)]),
      worktrees: readdirSync(worktrees).toSorted(),
      listed: project.git('worktree', 'list', '--porcelain').split('\n').filter(isOfOther),
    });
    // What is cleaned of the one leaves snapshots beside those of runs.
    const isOfOther = (line: string): boolean =>
      line.includes(`/${planIdOf(OTHER)}/`) || /refs\/slicewave\/runs\/\d/.test(line);
    const before = heldOf();

    assert.equal((await project.cli('retry', ONE, 'B1', '--revert')).code, 0);
    const reverted = await project.json<Status>('status', ONE);
    assert.equal(reverted.slices.find(({ id }) => id === 'B1')?.state, 'ready');
    assert.equal(await stateOf(OTHER), 'done');
    assert.equal((await project.cli('skip', ONE, 'B1')).code, 0);
    const cleaned = await project.json<{ readonly removed: readonly string[] }>('clean', ONE, '--yes');
    assert.ok(cleaned.removed.length > 0);
    assert.deepEqual(heldOf(), before);
    assert.equal(await stateOf(OTHER), 'done');
    assert.equal((await project.cli('integrate', OTHER)).code, 0);
  });

  test('what an earlier version recorded under the name alone is told, and found again where that name is the id', async () => {
    assert.equal((await project.run('--only', 'A1')).code, 0);
    assert.equal((await project.cli('skip', project.planDir, 'B1')).code, 0);
    rmSync(path.join(project.root, 'packages'), { recursive: true });
    const move = (from: string, to: string): void => {
      mkdirSync(path.dirname(path.join(project.root, to)), { recursive: true });
      renameSync(path.join(project.root, from), path.join(project.root, to));
    };
    const earlier = async (dir: string): Promise<readonly string[]> =>
      (await project.json<Status>('status', dir)).warnings.flatMap(({ kind, summary, remedy }) =>
        kind === 'earlier' ? [`${summary}. ${remedy}`] : [],
      );
    assert.deepEqual(await earlier(project.planDir), []);
    move(project.planDir, ONE);
    const [said, ...more] = await earlier(ONE);
    assert.deepEqual(more, []);
    assert.match(
      said ?? '',
      /^1 run and \d+ decisions of a plan TS-1-shop are known by that name alone.*parallel\/TS-1-shop/,
    );
    const cleaned = await project.cli('clean', ONE, '--yes');
    assert.equal(cleaned.code, 0, cleaned.err);
    const started = await project.start(['run', ONE, '--only', 'C1', '--dry-run']).finished;
    assert.match(started.out, /known by that name alone/);

    move(ONE, project.planDir);
    const again = await project.status();
    assert.deepEqual(again.warnings, []);
    assert.deepEqual(
      again.slices.map(({ id, state }) => [id, state]),
      [
        ['A1', 'verified'],
        ['B1', 'skipped'],
        ['C1', 'pending'],
      ],
    );

    move(project.planDir, ONE);
    assert.equal((await project.cli('skip', ONE, 'B1')).code, 0);
    assert.deepEqual(await earlier(ONE), []);
  });

  test('a name that more than one has is an error that lists them; a path, an id and a name of its own are not', async () => {
    const both = await project.cli('status', 'TS-1-shop');
    assert.equal(both.code, 2);
    assert.match(
      both.err,
      /TS-1-shop could be packages\/a\/parallel\/TS-1-shop or packages\/b\/parallel\/TS-1-shop or parallel\/TS-1-shop/,
    );
    cpSync(path.join(project.root, ONE), path.join(project.root, 'packages/b/parallel/TS-2-till'), { recursive: true });
    const status = async (named: string, cwd: string): Promise<string> => {
      const { out, err } = await project.start(['status', named, '--json'], { cwd: path.join(project.root, cwd) })
        .finished;
      assert.equal(err, '');
      return (JSON.parse(out) as { readonly plan: string }).plan;
    };
    assert.equal(await status('TS-2-till', '.'), planIdOf('packages/b/parallel/TS-2-till'));
    assert.equal(await status(planIdOf(ONE), '.'), planIdOf(ONE));
    assert.equal(await status('parallel/TS-1-shop', 'packages/b'), planIdOf(OTHER));
    assert.equal(await status('parallel/TS-1-shop', '.'), project.planId);
  });
});
