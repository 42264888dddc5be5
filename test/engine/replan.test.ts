import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fake, Project, until, type PlanShape } from './fixture.ts';

/** A1 and B1 run side by side; A2 and A3 wait for A1, C1 for B1. */
const FIVE: PlanShape = {
  slices: [
    { id: 'A1' },
    { id: 'B1' },
    { id: 'A2', deps: ['A1'] },
    { id: 'A3', deps: ['A2'] },
    { id: 'C1', deps: ['B1'] },
  ],
};

suite('re-planning a plan under way', () => {
  let project: Project;

  teardown(async () => {
    await project.close();
  });

  const state = async (id: string): Promise<string | undefined> =>
    (await project.status()).slices.find((slice) => slice.id === id)?.state;
  const add = (id: string, after: string): string =>
    `${id}: More (after ${after}; files: src/${id}.txt; verify: ${fake('check')})`;
  const taskSpecs = (): ReadonlyMap<string, string> => {
    const dir = path.join(project.root, project.planDir, 'tasks');
    return new Map(readdirSync(dir).map((name) => [name, readFileSync(path.join(dir, name), 'utf8')]));
  };

  test('slices are added and cut while others run; what is verified stays, and the whole is integrated', async () => {
    project = await Project.create(FIVE);
    const holding = project.hold('agent', 'B1');
    const held = project.hold('agent', 'A2');
    const running = project.startRun();
    const b1 = await holding;
    const a2 = await held;
    await until('A1 is verified', async () => (await state('A1')) === 'verified');
    const before = taskSpecs();
    const commit = project.commit(`slicewave/${project.planId}/A1`);

    // Shown only: nothing is written without a yes.
    const shown = await project.cli('replan', project.planDir, '--cut', 'A3,A1,A2', '--add', add('D1', 'A2'));
    assert.equal(shown.code, 3, shown.err);
    assert.match(shown.out, /- A3/);
    assert.match(shown.out, /A1 stays: it is verified/);
    assert.match(shown.out, /A2 stays: it is running/);
    assert.deepEqual(taskSpecs(), before);

    const done = await project.cli('replan', project.planDir, '--cut', 'A3,A1,A2', '--add', add('D1', 'A2'), '--yes');
    assert.equal(done.code, 0, done.out + done.err);
    const after = taskSpecs();
    for (const [name, text] of before) assert.equal(after.get(name), name.includes('a3') ? undefined : text, name);
    assert.equal(await state('A3'), undefined);
    assert.equal(await state('A1'), 'verified');

    a2.write('src/A2.txt', 'A2\n');
    await a2.exit(0);
    b1.write('src/B1.txt', 'B1\n');
    await b1.exit(0);
    const { code, out, err } = await running.finished;
    assert.equal(code, 0, `${out}\n${err}`);
    assert.equal(project.commit(`slicewave/${project.planId}/A1`), commit);
    assert.ok(project.callsOf('agent').includes('D1'), 'the new slice ran');
    assert.ok(!project.callsOf('agent').includes('A3'), 'the cut one never did');
    const integrated = await project.cli('integrate', project.planDir);
    assert.equal(integrated.code, 0, integrated.out + integrated.err);
    assert.deepEqual(
      project.files(`slicewave/${project.planId}/integration`).filter((name) => /[A-D]\d/.test(name)),
      ['src/A1.txt', 'src/A2.txt', 'src/B1.txt', 'src/C1.txt', 'src/D1.txt'],
    );
    const decision = project.decisions().find((entry) => entry['type'] === 'replanned');
    assert.deepEqual([decision?.['added'], decision?.['cut']], [['D1'], ['A3']]);
  });

  test('a scheduler that runs takes the new slice up by itself', async () => {
    project = await Project.create(FIVE);
    const holding = project.hold('agent', 'B1');
    const running = project.startRun();
    const b1 = await holding;
    const done = await project.cli('replan', project.planDir, '--cut', 'C1', '--add', add('D1', 'B1'), '--yes');
    assert.equal(done.code, 0, done.out + done.err);
    b1.write('src/B1.txt', 'B1\n');
    await b1.exit(0);
    const { code, out, err } = await running.finished;
    assert.equal(code, 0, `${out}\n${err}`);
    assert.equal(await state('D1'), 'verified');
    assert.match(project.git('show', `slicewave/${project.planId}/D1:src/D1.txt`), /B1\.txt/);
    assert.deepEqual(
      project.callsOf('agent').filter((slice) => slice === 'C1'),
      [],
    );
  });

  test('a running slice is stopped on request, its work kept, and goes on with what changed', async () => {
    project = await Project.create(FIVE);
    const holding = project.hold('agent', 'B1');
    const running = project.startRun();
    const b1 = await holding;
    b1.write('src/B1.txt', 'half\n');
    const args = ['replan', project.planDir, '--rescope', 'B1', '--add-create', 'src/extra.txt', '--yes'];
    const kept = await project.cli(...args);
    assert.match(kept.out, /B1 stays as it is: it is running/);
    const again = project.hold('agent', 'B1');
    const done = await project.cli(...args, '--stop-running');
    assert.equal(done.code, 0, done.out + done.err);
    const second = await again;
    const prompt = readFileSync(path.join(project.runsDir, second.env['SLICEWAVE_RUN_ID'] ?? '', 'prompt.txt'), 'utf8');
    assert.match(prompt, /The plan was changed\. For this slice: CREATE \+ src\/extra\.txt/);
    second.write('src/B1.txt', 'whole\n');
    second.write('src/extra.txt', 'more\n');
    await second.exit(0);
    const { code, out, err } = await running.finished;
    assert.equal(code, 0, `${out}\n${err}`);
    assert.equal(await state('B1'), 'verified');
    assert.equal(project.git('show', `slicewave/${project.planId}/B1:src/extra.txt`), 'more');
  });

  test('the spec is decomposed anew: what is verified stays, the rest follows the spec', async () => {
    const line = (id: string, files: string, after = ''): string =>
      `- ${id}: Part ${/\d/.exec(files)?.[0] ?? ''} (${after}files: ${files}; verify: ${fake('check')}; estimate: 1h)`;
    const spec = (...lines: readonly string[]): string =>
      `---\nid: TS-1\ntitle: Shop\n---\n\n# Shop\n\n## Outcome\n\nIt sells.\n\n## In scope\n\n- src/\n\n## Out of scope\n\n- docs/\n\n## Evidence\n\n- It passes\n\n## Slices\n\n${lines.join('\n')}\n`;
    project = await Project.create(FIVE, {
      files: {
        'specs/shop.spec.md': spec(
          line('A1', 'src/A1.txt'),
          line('A2', 'src/A2.txt', 'after A1; '),
          line('A3', 'src/A3.txt', 'after A2; '),
        ),
      },
    });
    const made = await project.cli('decompose', 'specs/shop.spec.md', '--dir', project.planDir, '--replace', '--yes');
    assert.equal(made.code, 0, made.err + made.out);
    const nothing = await project.cli('replan', project.planDir, '--yes', '--json');
    assert.deepEqual((JSON.parse(nothing.out) as { same: boolean; files: string[] }).files, []);
    await project.run('--only', 'A1');
    const before = taskSpecs();

    // A1 is to do more, what was A2 is counted as A3 now, A3 is gone, and A4 is new.
    project.write(
      'specs/shop.spec.md',
      spec(
        line('A1', 'src/A1.txt, src/more.txt'),
        line('A3', 'src/A2.txt', 'after A1; '),
        line('A4', 'src/A4.txt', 'after A3; '),
      ),
    );
    const done = await project.cli('replan', project.planDir, '--yes', '--ascii');
    assert.equal(done.code, 0, done.out + done.err);
    assert.match(done.out, /- A3 {2}Part 3\n {2}\+ A4 {2}Part 4/);
    assert.match(done.out, /A1 stays as it is: it is verified \(wanted: CREATE \+ src\/more\.txt\)/);
    assert.match(done.out, /--add "A1a: Part 1 \(after A1; files: src\/more\.txt/);
    const after = taskSpecs();
    const first = [...before.keys()].find((name) => name.includes('001')) ?? '';
    assert.equal(after.get(first), before.get(first));
    const { code, out, err } = await project.run();
    assert.equal(code, 0, `${out}\n${err}`);
    assert.deepEqual(
      (await project.status()).slices.map((slice) => [slice.id, slice.state]),
      ['A1', 'A2', 'A4'].map((id) => [id, 'verified']),
    );
    assert.equal(project.git('show', `slicewave/${project.planId}/A4:src/A4.txt`), 'A4 saw A1.txt A2.txt start.txt');
  });

  test('a merge point that comes to need a verified slice is merged anew', async () => {
    project = await Project.create({
      slices: [{ id: 'A1' }, { id: 'B1' }, { id: 'C1' }],
      mergePoints: [{ id: 'MP1', needs: ['A1'], unlocks: ['C1'], verify: [fake('gate')] }],
    });
    await project.run('--only', 'A1,B1');
    await until('MP1 is reached', async () => (await project.status()).merge_points[0]?.state === 'reached');
    const file = path.join(project.root, project.planDir, 'manifest.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"needs": \[\s*"A1"\s*\]/, '"needs": ["A1", "B1"]'));
    // Written by hand, it is a question until the person says yes.
    assert.equal((await project.status()).merge_points[0]?.state, 'reached');
    const accepted = await project.cli('accept', project.planDir);
    assert.equal(accepted.code, 0, accepted.err);
    assert.equal((await project.status()).merge_points[0]?.state, 'ready');
    const { code, out, err } = await project.run();
    assert.equal(code, 0, `${out}\n${err}`);
    assert.match(project.git('show', `slicewave/${project.planId}/C1:src/C1.txt`), /A1\.txt B1\.txt/);
  });

  test('it is undone as long as nothing stands on it', async () => {
    project = await Project.create(FIVE);
    await project.run('--only', 'A1');
    const before = taskSpecs();
    const manifest = project.read(`${project.planDir}/manifest.json`);
    const change = ['replan', project.planDir, '--cut', 'A3', '--add', add('D1', 'A1'), '--yes'];
    assert.equal((await project.cli(...change)).code, 0);
    assert.notDeepEqual(taskSpecs(), before);
    const undone = await project.cli('replan', project.planDir, '--undo');
    assert.equal(undone.code, 0, undone.err);
    assert.deepEqual(taskSpecs(), before);
    assert.equal(project.read(`${project.planDir}/manifest.json`), manifest);
    assert.equal((await project.cli('replan', project.planDir, '--undo')).code, 2);

    // D1's name was given away and taken back before anything ran, so that only what runs keeps it.
    const again = await project.cli('replan', project.planDir, '--cut', 'A3', '--add', add('E1', 'A1'), '--yes');
    assert.equal(again.code, 0, again.err);
    await project.run('--only', 'E1');
    const refused = await project.cli('replan', project.planDir, '--undo');
    assert.equal(refused.code, 2);
    assert.match(refused.err, /E1 is verified on the new plan/);
  });

  test('a name that has runs is given to nobody else', async () => {
    project = await Project.create(FIVE);
    project.on('agent', (call) => (call.slice === 'B1' ? call.exit(1) : call.exit(0)));
    await project.run('--only', 'B1');
    assert.equal((await project.cli('replan', project.planDir, '--cut', 'B1', '--yes')).code, 0);
    const refused = await project.cli('replan', project.planDir, '--add', add('B1', 'A1'), '--yes');
    assert.equal(refused.code, 2);
    assert.match(refused.err, /the id B1 was used in this plan already\n {2}Take another one, such as B1a/);
    assert.ok(
      project.runIds().some((run) => run.includes('-B1-')),
      'its runs are kept',
    );
    assert.ok(project.git('for-each-ref', 'refs/slicewave/runs').includes('B1'), 'and their snapshots');
  });

  test('a task spec that is taken away by hand lets nothing start on a base without its work', async () => {
    project = await Project.create(FIVE);
    const holding = project.hold('agent', 'B1');
    const running = project.startRun('--only', 'A1,B1,C1');
    const b1 = await holding;
    const name = [...taskSpecs().keys()].find((file) => file.includes('b1')) ?? '';
    const file = path.join(project.root, project.planDir, 'tasks', name);
    const text = readFileSync(file, 'utf8');
    rmSync(file);
    const alone = await project.cli(
      'exec',
      project.planDir,
      'C1',
      '--agent',
      'command',
      '--agent-command',
      fake('agent'),
    );
    assert.equal(alone.code, 2);
    // The plan that runs go by still has B1, so that C1 waits for it as before.
    assert.match(alone.err, /C1 waits for B1/);
    writeFileSync(file, text);
    b1.write('src/B1.txt', 'B1\n');
    await b1.exit(0);
    const { code, out, err } = await running.finished;
    assert.equal(code, 0, `${out}\n${err}`);
    assert.match(project.git('show', `slicewave/${project.planId}/C1:src/C1.txt`), /B1\.txt/);
  });

  test('a process that dies while it writes leaves the plan that was there', async () => {
    project = await Project.create(FIVE);
    await project.run('--only', 'A1');
    const manifest = project.read(`${project.planDir}/manifest.json`);
    assert.equal((await project.cli('replan', project.planDir, '--cut', 'A3', '--yes')).code, 0);
    const journal = path.join(project.runsDir, 'plans', `${project.planId}.before-replan.json`);
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('"state":"done"', '"state":"writing"'));
    const writing = readFileSync(journal, 'utf8');
    await project.run('--only', 'A2');
    assert.equal(project.read(`${project.planDir}/manifest.json`), manifest);
    // The change had been accepted before it is taken back here, so that going back is a question too.
    assert.equal((await project.cli('accept', project.planDir)).code, 0);
    assert.equal(await state('A3'), 'ready');

    // The same for a runner that somebody starts alone.
    project.write(`${project.planDir}/manifest.json`, '{"waves": []}');
    writeFileSync(journal, writing);
    const alone = await project.cli(
      'exec',
      project.planDir,
      'A3',
      '--agent',
      'command',
      '--agent-command',
      fake('agent'),
    );
    assert.equal(alone.code, 0, alone.err);
    assert.equal(project.read(`${project.planDir}/manifest.json`), manifest);
  });

  test('a plan in the old form says how to migrate, and loses nothing', async () => {
    project = await Project.create(FIVE);
    const file = `${project.planDir}/manifest.json`;
    const current = JSON.parse(project.read(file)) as {
      waves: { number: number; tasks: unknown[] }[];
      limits: unknown;
    };
    const waves = current.waves.map(({ number, tasks }) => ({ number, tasks, validation: fake('wave') }));
    const old = {
      version: '1.0',
      tech_spec: { id: 'TS-1', path: 'specs/s.md', owner: 'kim' },
      tasks: { total: 5, waves },
      limits: current.limits,
      note: 'kept',
    };
    project.write(file, JSON.stringify(old, null, 2));
    const plan = await project.cli('plan', project.planDir);
    assert.equal(plan.code, 0);
    assert.match(plan.err, new RegExp(`slicewave migrate ${project.planDir}`));
    const refused = await project.cli('replan', project.planDir, '--cut', 'A3', '--yes');
    assert.match(refused.err, /slicewave migrate/);
    const migrated = await project.cli('migrate', project.planDir);
    assert.equal(migrated.code, 0, migrated.err);
    const now = JSON.parse(project.read(file)) as Record<string, unknown>;
    assert.deepEqual([now['note'], now['version'], now['tech_spec']], ['kept', '1.0', { owner: 'kim' }]);
    assert.deepEqual(
      (now['waves'] as { validation: string }[]).map(({ validation }) => validation),
      waves.map(() => fake('wave')),
    );
    const again = await project.cli('plan', project.planDir);
    assert.equal(again.out, plan.out);
    assert.doesNotMatch(again.err, /migrate/);
    assert.equal((await project.run()).code, 0);
  });
});
