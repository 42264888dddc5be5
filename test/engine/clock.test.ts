import assert from 'node:assert/strict';
import { Project, type PlanShape } from './fixture.ts';

const HOUR = 3_600_000;

const PLAN: PlanShape = {
  slices: [{ id: 'A1' }, { id: 'B1', deps: ['A1'] }],
  mergePoints: [{ id: 'MP1', needs: ['A1'], unlocks: ['B1'], verify: ['grep -q mended src/A1.txt'] }],
};

/** Every start of the command line has a clock of its own: it was set, or another machine shares the repository. */
suite('a clock that goes back', () => {
  let project: Project;

  setup(async () => {
    project = await Project.create(PLAN);
  });

  teardown(async () => {
    await project.close();
  });

  const stateOf = async (id: string): Promise<string | undefined> =>
    (await project.status()).slices.find((slice) => slice.id === id)?.state;

  test('the newer attempt counts, a decision is carried out once, and nobody is paid twice', async () => {
    let work = 'half\n';
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, call.slice === 'A1' ? work : 'B1\n');
      if (work === 'half\n') call.write('src/rogue.txt', 'out of scope\n');
      await call.exit(0);
    });
    assert.equal((await project.run()).code, 3);

    project.clock = -2 * HOUR;
    assert.equal((await project.cli('retry', project.planDir, 'A1', '--revert', '--note', 'Stay inside')).code, 0);
    work = 'whole\n';
    assert.equal((await project.run()).code, 1, 'the merge point fails');
    assert.equal(await stateOf('A1'), 'verified');
    assert.deepEqual(project.callsOf('agent'), ['A1', 'A1']);
    assert.equal(project.commit(`slicewave/${project.planId}/A1`) === null, false);

    project.clock = -4 * HOUR;
    assert.equal((await project.cli('retry', project.planDir, 'A1', '--note', 'Mend it')).code, 0);
    work = 'mended\n';
    const mended = await project.run();
    assert.equal(mended.code, 0, `${mended.out}${mended.err}`);
    assert.deepEqual(project.callsOf('agent'), ['A1', 'A1', 'A1', 'B1']);
    assert.equal(project.git('show', `slicewave/${project.planId}/B1:src/A1.txt`), 'mended');

    project.clock = -6 * HOUR;
    const again = await project.run();
    assert.equal(again.code, 0, again.out);
    assert.equal(project.callsOf('agent').length, 4);
    assert.equal((await project.cli('integrate', project.planDir, '--into', 'main')).code, 0);
    assert.equal((await project.status()).state, 'merged');

    const times = project.decisions().map((decision) => String(decision['t']));
    assert.deepEqual(times, [...new Set(times)].toSorted(), 'decisions bear the order in which they were made');
    const started = project.events().filter(({ type }) => type === 'run_started');
    assert.deepEqual(
      started.filter(({ slice }) => slice === 'A1').map(({ event }) => event['attempt']),
      [1, 2, 3],
    );
  });

  test('an attempt that was killed before the clock went back is gone on with, and its decision kept', async () => {
    const holding = project.hold('agent', 'A1');
    const first = project.startRun();
    await holding;
    project.kill();
    await first.finished;
    project.clock = -2 * HOUR;
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, 'mended\n');
      await call.exit(0);
    });
    const { code, out, err } = await project.run();
    assert.equal(code, 0, `${out}${err}`);
    assert.deepEqual(project.callsOf('agent'), ['A1', 'A1', 'B1']);
    assert.equal(await stateOf('A1'), 'verified');
  });

  test('a directory from the far future that nobody of Slicewave made says nothing about the order', async () => {
    project.write('.agent-runs/99991231T235959999Z-A1-aaaaaaaa/events.jsonl', '{"v":1,"type":"run_started"}\n');
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, 'mended\n');
      await call.exit(0);
    });
    const { code, out } = await project.run();
    assert.equal(code, 0, out);
    const year = String(new Date().getFullYear());
    assert.ok(project.decisions().every((decision) => String(decision['t']).startsWith(year)));
  });
});
