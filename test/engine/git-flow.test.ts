import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Project, SMALL, until, type Call, type PlanShape } from './fixture.ts';

/** Two slices that may both change the start file, at the same time: what they make of it cannot be merged. */
const CLASH: PlanShape = {
  slices: [
    { id: 'A1', modify: ['src/start.txt'], boundary: [] },
    { id: 'B1', modify: ['src/start.txt'], boundary: [] },
  ],
};

async function clash(call: Call): Promise<void> {
  call.write('src/start.txt', `${call.slice} was here\n`);
  call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
  await call.exit(0);
}

suite('how work flows through git', () => {
  let project: Project;

  teardown(async () => {
    await project.close();
  });

  async function ran(expected = 0): Promise<void> {
    const { code, out, err } = await project.run();
    assert.equal(code, expected, `${out}\n${err}`);
  }

  const branch = (slice: string): string => `slicewave/${project.planId}/${slice}`;

  test('a dependency is in the base of what stands on it, and contracts are in every base', async () => {
    project = await Project.create(SMALL);
    await ran();

    const seen = (slice: string): string => project.git('show', `${branch(slice)}:src/${slice}.txt`);
    assert.equal(seen('A1'), 'A1 saw shape.txt start.txt');
    assert.equal(seen('B1'), 'B1 saw shape.txt start.txt');
    assert.equal(seen('A2'), 'A2 saw A1.txt shape.txt start.txt');
    assert.equal(seen('B2'), 'B2 saw B1.txt shape.txt start.txt');
    assert.equal(seen('C1'), 'C1 saw A1.txt B1.txt shape.txt start.txt');
    assert.equal(seen('D1'), 'D1 saw A1.txt A2.txt B1.txt C1.txt shape.txt start.txt');
    for (const slice of SMALL.slices) {
      assert.equal(project.git('show', `${branch(slice.id)}:src/shape.txt`), 'one shape for all');
    }
    // The person's own branch holds none of it.
    assert.deepEqual(project.files('main'), ['src/start.txt']);
  });

  test('what earlier runs took decides who goes first', async function () {
    // Declared, A takes twice as long as B; slices of A's size have taken half an hour, those of B's all of theirs.
    project = await Project.create({
      slices: [
        { id: 'A', estimate: '150m' },
        { id: 'B', estimate: '1h' },
      ],
      limits: { max_parallel: 1 },
    });
    const before = 'parallel/TS-0-before';
    project.write(`${before}/manifest.json`, '{"tech_spec_id": "TS-0", "waves": []}');
    for (let i = 0; i < 16; i++) {
      const [id, estimate, minutes] = i % 2 === 0 ? [`L${i}`, '150m', 30] : [`S${i}`, '1h', 60];
      project.write(`${before}/tasks/${id}.md`, `---\nid: ${id}\nestimate: ${estimate}\n---\n# Task ${id}: ${id}\n`);
      const run = `202601${String(i + 10)}T000000000Z-${id}-x`;
      const at = (after: number): string => new Date(Date.UTC(2026, 0, i + 10, 0, after)).toISOString();
      const start = { type: 'run_started', run_id: run, plan: 'TS-0-before', slice: id, attempt: 1, mode: 'fresh' };
      const where = { pid: 1, pid_started: '', host: '', worktree: '/w', branch: null };
      const events = [
        { v: 1, t: at(0), ...start, ...where },
        { v: 1, t: at(0), type: 'agent_started', adapter: 'claude', version: null, session_id: '', pid: 1 },
        { v: 1, t: at(minutes), type: 'agent_exited', code: 0, signal: null, is_error: false, reason: '' },
        { v: 1, t: at(minutes), type: 'ended', end: 'verified', reason: null, detail: null, stop: null },
      ];
      project.write(`.agent-runs/${run}/events.jsonl`, `${events.map((event) => JSON.stringify(event)).join('\n')}\n`);
    }
    const { code, err } = await project.run();
    assert.equal(code, 0, err);
    assert.deepEqual(project.callsOf('agent'), ['B', 'A']);
  });

  test('a merge point holds back exactly the slices that it unlocks', async () => {
    project = await Project.create(SMALL);
    const holding = project.hold('gate');
    const running = project.startRun();
    const gate = await holding;
    await until('A2 and B2 are verified', () =>
      ['A2', 'B2'].every((id) => project.events().some((e) => e.slice === id && e.type === 'committed')),
    );

    assert.deepEqual(project.callsOf('agent').toSorted(), ['A1', 'A2', 'B1', 'B2']);
    assert.equal((await project.status()).merge_points[0]?.state, 'running');
    assert.ok(
      existsSync(path.join(gate.cwd, 'src/A1.txt')) && existsSync(path.join(gate.cwd, 'src/B1.txt')),
      'the gate checks something else than what it needs',
    );
    assert.ok(!existsSync(path.join(gate.cwd, 'src/A2.txt')), 'the gate checks more than what it needs');
    await gate.exit(1);
    const { code } = await running.finished;

    assert.notEqual(code, 0);
    assert.equal((await project.status()).merge_points[0]?.state, 'failed');
    assert.deepEqual(
      project.callsOf('agent').toSorted(),
      ['A1', 'A2', 'B1', 'B2'],
      'a slice passed a failed merge point',
    );
    assert.equal((await project.cli('retry', project.planDir, 'MP1')).code, 0);
    await ran();
    assert.deepEqual(project.callsOf('agent').slice(4), ['C1', 'D1']);
  });

  test('dependencies that conflict are found before an agent starts on them', async () => {
    project = await Project.create({ slices: [...CLASH.slices, { id: 'C1', deps: ['A1', 'B1'] }] });
    project.on('agent', clash);
    await ran(1);

    assert.deepEqual(project.callsOf('agent').toSorted(), ['A1', 'B1']);
    const status = await project.status();
    const [, , waiting] = status.slices;
    assert.equal(waiting?.failure?.reason, 'base-conflict');
    assert.match(waiting?.failure?.detail ?? '', /B1 conflicts with .*A1.* in src\/start\.txt/);
    assert.ok(!existsSync(project.worktree('C1')));
  });

  test('a conflict of the integration is resolved by hand in its worktree, and integrating goes on from there', async () => {
    project = await Project.create(CLASH);
    project.on('agent', clash);
    await ran();
    const before = project.git('rev-parse', 'main');

    const first = await project.cli('integrate', project.planDir);
    assert.equal(first.code, 1);
    assert.match(first.out, /conflict: B1 in src\/start\.txt/);
    const unresolved = await project.cli('integrate', project.planDir);
    assert.equal(unresolved.code, 1);
    assert.match(unresolved.err, /still has conflicts in src\/start\.txt/);

    const dir = project.worktree('integration');
    project.gitIn(dir, 'checkout', '--theirs', 'src/start.txt');
    project.gitIn(dir, 'add', 'src/start.txt');
    project.gitIn(dir, 'commit', '--quiet', '--no-edit');
    const resolved = project.gitIn(dir, 'rev-parse', 'HEAD');
    const second = await project.cli('integrate', project.planDir);

    assert.equal(second.code, 0, `${second.out}\n${second.err}`);
    assert.equal(project.git('rev-parse', branch('integration')), resolved, 'the resolution was made anew');
    assert.equal(project.git('show', `${branch('integration')}:src/start.txt`), 'B1 was here');
    assert.equal(project.git('rev-parse', 'main'), before);
  });

  test('when the whole breaks, the bisection names the slice that breaks it', async () => {
    // Passes for A1 alone, and on the branch of every slice, for B1 and C1 never meet A1 before the integration.
    const lonely = `'${process.execPath}' -e "process.exit(fs.existsSync('src/B1.txt') && fs.existsSync('src/A1.txt') ? 1 : 0)"`;
    project = await Project.create({ slices: [{ id: 'A1', verify: [lonely] }, { id: 'B1' }, { id: 'C1' }] });
    await ran();

    const { code, out } = await project.cli('integrate', project.planDir);

    assert.equal(code, 1, out);
    assert.match(out, /fails from the merge of B1 on/);
    const report = readFileSync(path.join(project.root, project.planDir, 'integration-report.md'), 'utf8');
    assert.match(report, /B1/);
    assert.equal(project.gitIn(project.worktree('integration'), 'branch', '--show-current'), branch('integration'));
    assert.equal(
      project.commit(branch('integration')),
      project.gitIn(project.worktree('integration'), 'rev-parse', 'HEAD'),
    );
  });

  test('--into refuses to overwrite uncommitted work, and goes forward once it is out of the way', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }] });
    await ran();
    const before = project.git('rev-parse', 'main');
    project.write('src/A1.txt', 'written by the person, never committed\n');

    const refused = await project.cli('integrate', project.planDir, '--into', 'main');
    assert.equal(refused.code, 1, refused.out);
    assert.match(refused.err, /main was not moved: .*src\/A1\.txt/);
    assert.equal(project.git('rev-parse', 'main'), before);
    assert.equal(project.read('src/A1.txt'), 'written by the person, never committed\n');

    project.git('stash', 'push', '--quiet', '--include-untracked', '--', 'src/A1.txt');
    project.write('src/start.txt', 'also changed, but in nobody’s way\n');
    const moved = await project.cli('integrate', project.planDir, '--into', 'main');
    assert.equal(moved.code, 0, `${moved.out}\n${moved.err}`);
    assert.equal(
      project.git('rev-parse', 'main'),
      project.git('rev-parse', branch('integration')),
      'not a fast-forward',
    );
    assert.equal(project.read('src/A1.txt'), 'A1 saw start.txt\n');
    assert.equal(project.read('src/start.txt'), 'also changed, but in nobody’s way\n');
    assert.equal(project.git('show', 'stash@{0}^3:src/A1.txt'), 'written by the person, never committed');
  });

  test('work out of scope is kept, approved, and verified without another agent', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }] });
    project.on('agent', async (call) => {
      call.write('src/A1.txt', 'A1\n');
      call.write('src/more/untracked.txt', 'needed as well\n');
      await call.exit(0);
    });
    await ran(3);

    const [stopped] = (await project.status()).slices;
    assert.equal(stopped?.stop?.condition, 'unexpected-scope');
    assert.deepEqual(stopped?.stop?.paths, ['src/more/untracked.txt']);
    assert.equal(project.commit(`refs/heads/${branch('A1')}`), project.commit('main'), 'unverified work was committed');
    const snapshot = `refs/slicewave/runs/${stopped?.run_id ?? ''}`;
    assert.deepEqual(project.files(snapshot), ['src/A1.txt', 'src/more/untracked.txt', 'src/start.txt']);
    assert.equal(project.git('show', `${snapshot}:src/more/untracked.txt`), 'needed as well');

    const approved = await project.cli('approve', project.planDir, 'A1');
    assert.equal(approved.code, 0, approved.err);
    assert.match(approved.out, /approved src\/more\/untracked\.txt/);
    const spec = project.read(`${project.planDir}/tasks/task-001-a1.md`);
    assert.match(spec, /CREATE:\n(?:- .*\n)*- `src\/more\/untracked\.txt`/);
    await ran();
    assert.deepEqual(project.callsOf('agent'), ['A1'], 'the agent was started again');
    assert.deepEqual(project.files(branch('A1')), ['src/A1.txt', 'src/more/untracked.txt', 'src/start.txt']);
  });

  test('exec -- leaves evidence of any command, apart from what was dirty before, and passes its exit code on', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }] });
    project.write('src/mine.txt', 'dirty before\n');
    const script = "fs.writeFileSync('src/made.txt', 'made\\n'); console.log('said'); process.exit(7)";
    const { code, out, err } = await project.cli('exec', '--', process.execPath, '-e', script);

    assert.equal(code, 7, err);
    assert.equal(out, 'said\n');
    const run = /evidence in \.agent-runs\/(\S+)/.exec(err)?.[1] ?? '';
    const evidence = (name: string): string => project.read(`.agent-runs/${run}/${name}`);
    assert.equal(evidence('files-changed.txt'), 'src/made.txt\n');
    assert.equal(evidence('output.txt'), 'said\n');
    assert.match(evidence('diff.patch'), /^\+made$/m);
    assert.doesNotMatch(evidence('diff.patch'), /dirty before/);
    const command = project.events().find((e) => e.type === 'agent_command');
    assert.equal(command?.event['exit_code'], 7);
    assert.equal(project.git('show', `refs/slicewave/runs/${run}:src/mine.txt`), 'dirty before');
    assert.equal(project.git('status', '--porcelain', '--', 'src'), '?? src/made.txt\n?? src/mine.txt');
  });

  test('exec -- keeps secrets out of what it prints, also when they come in parts', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }] });
    const secret = ['velvet', 'otter', '93', 'quarry'].join('-');
    project.write('.env', `SHOP_PASSWORD=${secret}\n`);
    const script = `const s = fs.readFileSync('.env', 'utf8').slice(14).trim(); process.stdout.write('a ' + s.slice(0, 9)); setTimeout(() => { console.log(s.slice(9) + ' b'); process.stderr.write(s); }, 50)`;
    const { code, out, err } = await project.cli('exec', '--', process.execPath, '-e', script);

    assert.equal(code, 0, err);
    assert.equal(out, 'a [redacted] b\n');
    assert.match(err, /^\[redacted\]/);
    assert.ok(!err.includes(secret));
  });

  test('what somebody changed in the primary meanwhile is asked about, and no slice waits for the answer', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }] });
    project.write('mine.txt', 'before\n');
    project.on('agent', async (call) => {
      writeFileSync(path.join(call.cwd, 'src/A1.txt'), 'A1\n');
      // Nothing tells who it was: it may be a person at the keyboard.
      project.write('mine.txt', 'after\n');
      await call.exit(0);
    });
    const { out } = await project.run();
    const asked = 'mine.txt of the primary checkout changed while A1 worked, and nothing shows by whom: was it you?';
    assert.ok(out.includes(asked), out);
    const status = await project.cli('status', project.planDir);
    assert.ok(status.out.includes(asked), status.out);
    const { slices, attention } = JSON.parse((await project.cli('status', project.planDir, '--json')).out);
    assert.deepEqual([slices[0].state, slices[0].changed_meanwhile, attention], ['verified', ['mine.txt'], []]);
    assert.equal(project.read('mine.txt'), 'after\n');
  });

  test('where nobody else is at work in the primary, what changes there stops the slice until the person has said', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }] }, { alone: true });
    project.write('mine.txt', 'before\n');
    const manifest = `${project.planDir}/manifest.json`;
    const asItWas = project.read(manifest);
    project.on('agent', async (call) => {
      writeFileSync(path.join(call.cwd, 'src/A1.txt'), 'A1\n');
      project.write('mine.txt', 'after\n');
      project.write('.git/index.lock', '');
      project.write(manifest, asItWas.replace('"waves"', '"note":"by whom?","waves"'));
      await call.exit(0);
    });
    await ran(3);
    const [stopped] = (await project.status()).slices;
    assert.equal(stopped?.stop?.condition, 'outside-worktree');
    assert.deepEqual(stopped?.stop?.paths.toSorted(), ['.git/index.lock', 'mine.txt', manifest]);
    assert.match(stopped?.stop?.detail ?? '', /mine\.txt of the primary checkout was changed while A1 worked/);

    project.write(manifest, asItWas);
    rmSync(path.join(project.root, '.git/index.lock'));
    assert.equal((await project.cli('approve', project.planDir, 'A1')).code, 0);
    await ran();
    assert.deepEqual(project.callsOf('agent'), ['A1'], 'the agent was started again');
    assert.equal(project.read('mine.txt'), 'after\n');
  });

  test('a dirty checkout is the same after run and integrate, byte for byte', async () => {
    project = await Project.create(
      { slices: [{ id: 'A1' }, { id: 'B1', deps: ['A1'] }] },
      { files: { 'src/staged.txt': 'old\n', 'src/gone.txt': 'old\n' } },
    );
    project.write('src/start.txt', 'changed, not staged\r\n');
    project.write('src/staged.txt', 'staged\n');
    project.git('add', 'src/staged.txt');
    project.write('src/staged.txt', 'staged, then changed again\n');
    project.git('rm', '--quiet', 'src/gone.txt');
    project.write('src/A1.txt', 'the person has a file of that name\n');
    const before = checkout(project);

    await ran();
    const { code, out } = await project.cli('integrate', project.planDir);

    assert.equal(code, 0, out);
    assert.deepEqual(checkout(project), before);
    assert.deepEqual(project.files(branch('integration')), [
      'src/A1.txt',
      'src/B1.txt',
      'src/gone.txt',
      'src/staged.txt',
      'src/start.txt',
    ]);
    assert.equal(project.git('show', `${branch('integration')}:src/A1.txt`), 'A1 saw gone.txt staged.txt start.txt');
  });
});

/** Everything of the person's: files with their modes, what is staged, where HEAD stands, stashes. */
function checkout(project: Project): Record<string, string> {
  const seen: Record<string, string> = {
    index: project.git('ls-files', '--stage'),
    head: readFileSync(path.join(project.root, '.git/HEAD'), 'utf8'),
    main: project.git('rev-parse', 'main'),
    stashes: project.git('stash', 'list'),
  };
  for (const entry of readdirSync(project.root, { recursive: true, withFileTypes: true })) {
    const full = path.join(entry.parentPath, entry.name);
    const name = path.relative(project.root, full);
    if (!entry.isFile() || /^(?:\.git|\.agent-runs|parallel)(?:\/|$)/.test(name)) continue;
    seen[name] = `${statSync(full).mode.toString(8)} ${createHash('sha256').update(readFileSync(full)).digest('hex')}`;
  }
  return seen;
}
