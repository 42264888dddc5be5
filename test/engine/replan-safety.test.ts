import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { openEngine } from '../../src/node/engine.ts';
import type { Engine } from '../../src/node/engine.ts';
import type { ReplanRequest } from '../../src/node/replan/model.ts';
import type { ReplanJournal } from '../../src/node/state/replan-journal.ts';
import type { Repository } from '../../src/node/git/repository.ts';
import { CLI, Project, type PlanShape } from './fixture.ts';

const THREE: PlanShape = { slices: [{ id: 'A1' }, { id: 'B1' }, { id: 'A2', deps: ['A1'] }] };

/** What two processes, or one that dies, could do to a plan between two looks. */
suite('re-planning, seen from beside it', () => {
  let project: Project;

  teardown(async () => {
    await project.close();
  });

  async function engine(): Promise<Engine & { readonly repository: Repository }> {
    const opened = await openEngine(project.root, { slicewave: [process.execPath, CLI] });
    assert.ok(opened.ok);
    return opened.value;
  }

  function planFiles(): ReadonlyMap<string, string> {
    const dir = path.join(project.root, project.planDir);
    const names = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const files = names.map((entry) => path.join(entry.parentPath, entry.name));
    return new Map(files.map((file) => [path.relative(dir, file), readFileSync(file, 'utf8')]));
  }

  const journalFile = (): string => path.join(project.runsDir, 'plans', `${project.planId}.before-replan.json`);
  const journal = (): ReplanJournal => JSON.parse(readFileSync(journalFile(), 'utf8')) as ReplanJournal;

  function rescope(id: string, stopRunning: boolean): ReplanRequest {
    return {
      planDir: project.planDir,
      stopRunning,
      change: {
        kind: 'operations',
        operations: [{ kind: 'rescope', id, create: ['src/extra.txt'], modify: [], remove: [] }],
      },
    };
  }

  for (const stopRunning of [true, false])
    test(`a slice that started since it was shown keeps its task spec (stop running slices: ${stopRunning})`, async () => {
      project = await Project.create(THREE);
      const before = planFiles();
      const shown = await (await engine()).previewReplan(rescope('A1', stopRunning));
      assert.ok(shown.ok);
      assert.deepEqual(shown.value.summary.stop, []);
      const holding = project.hold('agent', 'A1');
      const running = project.startRun();
      const a1 = await holding;
      const applied = await (await engine()).applyReplan(shown.value);
      assert.equal(applied.ok ? 'written' : applied.failure.reason, 'busy');
      assert.deepEqual(planFiles(), before);
      a1.write('src/A1.txt', 'A1\n');
      await a1.exit(0);
      assert.equal((await running.finished).code, 0);
    });

  test('who was stopped for a change that was not written after all is named', async () => {
    project = await Project.create(THREE);
    const holding = project.hold('agent', 'B1');
    const running = project.startRun('--only', 'B1');
    await holding;
    const shown = await (await engine()).previewReplan(rescope('B1', true));
    assert.ok(shown.ok);
    assert.deepEqual(shown.value.summary.stop, ['B1']);
    const spec = [...planFiles().keys()].find((name) => name.includes('a1')) ?? '';
    project.write(`${project.planDir}/${spec}`, `${planFiles().get(spec) ?? ''}\n<!-- edited -->\n`);
    const applied = await (await engine()).applyReplan(shown.value);
    assert.ok(!applied.ok);
    assert.equal(applied.failure.reason, 'busy');
    assert.match(applied.failure.remedy ?? '', /B1 was stopped for it: slicewave retry \S+ B1$/);
    await running.finished;
    assert.equal((await project.cli('retry', project.planDir, 'B1')).code, 0);
  });

  test('a worktree in which a runner works stays, whatever became of its slice in the plan', async () => {
    project = await Project.create(THREE);
    const holding = project.hold('agent', 'B1');
    const running = project.startRun('--only', 'B1');
    const b1 = await holding;
    b1.write('src/B1.txt', 'B1\n');
    const spec = [...planFiles().keys()].find((name) => name.includes('b1')) ?? '';
    const file = path.join(project.root, project.planDir, spec);
    const text = readFileSync(file, 'utf8');
    rmSync(file);
    const cleaned = await project.cli('clean', project.planDir, '--yes');
    assert.match(cleaned.out, /a runner works in it/);
    assert.ok(existsSync(path.join(b1.cwd, 'src/B1.txt')));
    writeFileSync(file, text);
    await b1.exit(0);
    const { code, out, err } = await running.finished;
    assert.equal(code, 0, `${out}\n${err}`);
  });

  test('of two at once, one is written and the other is told', async () => {
    project = await Project.create(THREE);
    const [one, two] = [await engine(), await engine()];
    const shown = await Promise.all([one.previewReplan(rescope('A1', false)), two.previewReplan(rescope('A2', false))]);
    const [first, second] = shown;
    assert.ok(first.ok && second.ok);
    const done = await Promise.all([one.applyReplan(first.value), two.applyReplan(second.value)]);
    assert.deepEqual(done.map((result) => (result.ok ? 'written' : result.failure.reason)).toSorted(), [
      'busy',
      'written',
    ]);
    const grown = [...planFiles()].filter(
      ([name, text]) => name.startsWith('tasks/') && text.includes('src/extra.txt'),
    );
    assert.equal(grown.length, 1);
  });

  test('what is integrated after it: what was verified, the parts of a split slice, and nothing of a cut one', async () => {
    project = await Project.create({
      slices: [
        { id: 'A1' },
        { id: 'B1', create: ['src/left/B1.txt', 'src/right/B1.txt'], verify: ['true'], deps: ['A1'] },
        { id: 'C1', deps: ['B1'] },
        { id: 'D1', verify: ['false'] },
      ],
    });
    project.on('agent', async (call) => {
      const files: Readonly<Record<string, string>> = { B1a: 'src/left/B1.txt', B1b: 'src/right/B1.txt' };
      call.write(files[call.slice] ?? `src/${call.slice}.txt`, `${call.slice}\n`);
      await call.exit(0);
    });
    await project.run('--only', 'A1,D1');
    const verified = project.commit(`slicewave/${project.planId}/A1`);
    const done = await project.cli('replan', project.planDir, '--split', 'B1', '--cut', 'D1', '--yes');
    assert.equal(done.code, 0, done.out + done.err);
    const { code, out, err } = await project.run();
    assert.equal(code, 0, `${out}\n${err}`);
    assert.equal(project.commit(`slicewave/${project.planId}/A1`), verified);
    const integrated = await project.cli('integrate', project.planDir);
    assert.equal(integrated.code, 0, integrated.out + integrated.err);
    assert.deepEqual(
      project.files(`slicewave/${project.planId}/integration`).filter((name) => /[A-D]1/.test(name)),
      ['src/A1.txt', 'src/C1.txt', 'src/left/B1.txt', 'src/right/B1.txt'],
    );
    const { slices, attention } = await project.status();
    assert.deepEqual(slices.length, 4);
    assert.ok(
      slices.every((slice) => slice.state === 'merged'),
      JSON.stringify(slices.map(({ id, state }) => [id, state])),
    );
    assert.ok(!slices.some(({ id }) => id === 'B1' || id === 'D1'));
    assert.deepEqual(attention, []);
    const shown = await project.cli('status', project.planDir, '--ascii');
    assert.doesNotMatch(shown.out, /\bD1\b/);
    assert.ok(project.git('for-each-ref', 'refs/slicewave/runs').includes('-D1-'), 'the work of the cut slice is kept');
  });

  test('an undo that is cut short is finished by whoever comes next', async () => {
    project = await Project.create(THREE);
    const before = planFiles();
    const change = [
      'replan',
      project.planDir,
      '--cut',
      'A2',
      '--rescope',
      'B1',
      '--add-create',
      'src/more.txt',
      '--yes',
    ];
    const done = await project.cli(...change);
    assert.equal(done.code, 0, done.out + done.err);
    const after = planFiles();
    assert.notDeepEqual(after, before);
    // A directory in the place of a file stops it in the middle, as a process that dies does.
    const gone = [...before.keys()].find((name) => !after.has(name)) ?? '';
    const place = path.join(project.root, project.planDir, gone);
    mkdirSync(place);
    const undone = await project.cli('replan', project.planDir, '--undo');
    assert.notEqual(undone.code, 0);
    rmdirSync(place);
    assert.notDeepEqual(planFiles(), after, 'a part is put back');
    assert.notDeepEqual(planFiles(), before, 'a part is not');
    const shown = await project.cli('replan', project.planDir, '--cut', 'A2', '--json');
    assert.equal(shown.code, 3, shown.err);
    assert.deepEqual(planFiles(), before);
  });

  test('what somebody wrote into half a plan is set aside, not lost', async () => {
    project = await Project.create(THREE);
    const before = planFiles();
    assert.equal((await project.cli('replan', project.planDir, '--cut', 'A2', '--yes')).code, 0);
    const text = JSON.stringify({ ...journal(), state: 'writing' });
    const manifest = path.join(project.root, project.planDir, 'manifest.json');
    writeFileSync(manifest, '{"mine": true}\n');
    writeFileSync(journalFile(), text);
    assert.ok((await (await engine()).previewReplan(rescope('A1', false))).ok);
    const now = new Map(planFiles());
    assert.equal(now.get('manifest.json.edited'), '{"mine": true}\n');
    now.delete('manifest.json.edited');
    assert.deepEqual(now, before);
  });

  test('a plan that is decomposed anew is not put back by what was left of a re-planning', async () => {
    project = await Project.create(THREE);
    assert.equal((await project.cli('replan', project.planDir, '--cut', 'A2', '--yes')).code, 0);
    writeFileSync(journalFile(), JSON.stringify({ ...journal(), state: 'writing' }));
    const here = await engine();
    const loaded = await here.load(project.planDir);
    assert.ok(loaded.ok);
    const files = new Map([...loaded.value.files, ['context.md', '# Anew\n']]);
    const written = await here.write({ dir: project.planDir, files, loaded: loaded.value }, { replace: true });
    assert.ok(written.ok);
    const after = planFiles();
    assert.equal(after.get('context.md'), '# Anew\n');
    assert.ok((await here.previewReplan(rescope('A1', false))).ok);
    assert.deepEqual(planFiles(), after);
  });

  /** The prompt of the last attempt at a slice. */
  const lastPrompt = (id: string): string => {
    const run = project.runIds().findLast((name) => name.includes(`-${id}-`)) ?? '';
    return readFileSync(path.join(project.runsDir, run, 'prompt.txt'), 'utf8');
  };

  /** B1's agent leaves its scope at first, and does its work when it is started again. */
  async function strayed(): Promise<void> {
    project = await Project.create(THREE);
    let starts = 0;
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
      if (call.slice === 'B1' && starts++ === 0) call.write('src/rogue.txt', 'rogue\n');
      await call.exit(0);
    });
    await project.run('--only', 'B1');
    const { slices } = await project.status();
    assert.equal(slices.find(({ id }) => id === 'B1')?.stop?.condition, 'unexpected-scope');
  }

  const widen = (file: string): Promise<{ readonly code: number | null; readonly err: string }> =>
    project.cli('replan', project.planDir, '--rescope', 'B1', '--add-create', file, '--yes');

  test('what a person decided about a run is not lost to a change of the plan, nor one change to the next', async () => {
    await strayed();
    const retried = await project.cli('retry', project.planDir, 'B1', '--revert', '--note', 'Gently.');
    assert.equal(retried.code, 0, retried.err);
    for (const file of ['src/one.txt', 'src/two.txt']) assert.equal((await widen(file)).code, 0);
    const { code, out, err } = await project.run('--only', 'B1');
    assert.equal(code, 0, `${out}\n${err}`);
    const prompt = lastPrompt('B1');
    assert.match(prompt, /out of scope and have been put back:\n\n?- `?src\/rogue\.txt/);
    assert.match(prompt, /> Gently\.[^]*CREATE \+ src\/one\.txt[^]*CREATE \+ src\/two\.txt/);
    assert.ok(!project.files(`slicewave/${project.planId}/B1`).includes('src/rogue.txt'));
  });

  test('who was told of a change is told when it is undone', async () => {
    await strayed();
    assert.equal((await widen('src/one.txt')).code, 0);
    const undone = await project.cli('replan', project.planDir, '--undo');
    assert.equal(undone.code, 0, undone.err);
    await project.run('--only', 'B1');
    assert.match(lastPrompt('B1'), /CREATE \+ src\/one\.txt[^]*CREATE - src\/one\.txt/);
  });

  test('a process that is killed at any write leaves a whole plan, with its decisions, that can be undone', async () => {
    await strayed();
    const before = planFiles();
    const killer = path.join(import.meta.dirname, 'killed-at-write.mjs');
    const args = ['replan', project.planDir, '--rescope', 'B1', '--add-create', 'src/one.txt', '--cut', 'A2'];
    const decided = (): number => project.decisions().filter((entry) => entry['type'] === 'retried').length;
    const state = ['.agent-runs', 'parallel'];
    /** Runs a command to its end. What a kill would have left of it, for each of its writes, and what its end left. */
    const cutShort = async (...words: readonly string[]): Promise<{ cuts: readonly string[]; end: string }> => {
      const to = mkdtempSync(path.join(project.home, 'cuts-'));
      const [code] = (await once(
        spawn(process.execPath, ['--import', killer, CLI, ...words], {
          cwd: project.root,
          env: { ...project.env, SLICEWAVE_TEST_COPY_TO: to },
          stdio: 'ignore',
        }),
        'exit',
      )) as [number | null];
      assert.equal(code, 0);
      const cuts = readdirSync(to)
        .toSorted((one, other) => Number(one) - Number(other))
        .map((name) => path.join(to, name));
      const end = path.join(to, 'end');
      copyState(project.root, end);
      return { cuts, end };
    };
    const copyState = (from: string, to: string): void => {
      for (const dir of state) {
        rmSync(path.join(to, dir), { recursive: true, force: true });
        cpSync(path.join(from, dir), path.join(to, dir), {
          recursive: true,
          preserveTimestamps: true,
          verbatimSymlinks: true,
        });
      }
    };
    const look = async (): Promise<ReadonlyMap<string, string>> => {
      assert.ok((await (await engine()).previewReplan(rescope('A1', false))).ok);
      return planFiles();
    };
    const isSame = (now: ReadonlyMap<string, string>, then: ReadonlyMap<string, string>): boolean =>
      now.size === then.size && [...then].every(([name, text]) => now.get(name) === text);
    const known = decided();
    const change = await cutShort(...args, '--yes');
    let wholes = 0;
    for (const [at, cut] of change.cuts.entries()) {
      copyState(cut, project.root);
      const after = await look();
      if (wholes === 0 && isSame(after, before)) continue;
      wholes++;
      assert.ok(![...after.keys()].some((name) => name.includes('a2')), `half a plan before write ${at + 1}`);
      assert.equal(decided(), known + 1, `B1 is not told of the change that was cut short at write ${at + 1}`);
      assert.equal((await project.cli('replan', project.planDir, '--undo')).code, 0);
      assert.deepEqual(planFiles(), before);
    }
    assert.ok(wholes > 0 && wholes < change.cuts.length, 'it was never cut short on both sides of its last file');
    copyState(change.end, project.root);
    const after = planFiles();
    const undo = await cutShort('replan', project.planDir, '--undo');
    assert.deepEqual(planFiles(), before);
    let ends = 0;
    for (const [at, cut] of undo.cuts.entries()) {
      copyState(cut, project.root);
      const now = await look();
      if (isSame(now, after)) continue;
      ends++;
      assert.deepEqual(now, before, `write ${at + 1} of the undo`);
      assert.equal((await project.cli(...args, '--yes')).code, 0);
    }
    assert.ok(ends > 0 && ends < undo.cuts.length);
  });
});
