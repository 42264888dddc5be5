import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CLI, Project, until, type PlanShape, type Status } from './fixture.ts';

const ONE: PlanShape = { slices: [{ id: 'A1' }] };

suite('evidence that cannot be forged', () => {
  let project: Project;

  setup(async () => {
    project = await Project.create(ONE);
  });

  teardown(async () => {
    await project.close();
  });

  const events = (run: string): string => path.join(project.runsDir, run, 'events.jsonl');
  const decisions = (): string => path.join(project.runsDir, 'plans', `${project.planId}.jsonl`);
  const said = ({ warnings }: Status): string => warnings.map(({ summary }) => summary).join('\n');
  const slice = (status: Status): Status['slices'][number] => {
    const [found] = status.slices;
    assert.ok(found);
    return found;
  };
  /** A run that stopped out of scope. */
  const stopped = async (): Promise<string> => {
    project.on('agent', async (call) => {
      call.write('src/A1.txt', 'A1\n');
      call.write('src/rogue.txt', 'rogue\n');
      await call.exit(0);
    });
    assert.equal((await project.run()).code, 3);
    const [run] = project.runIds();
    assert.ok(run);
    return run;
  };

  test('an honest plan has nothing to be warned of, and every line its digest', async () => {
    assert.equal((await project.run()).code, 0);
    assert.deepEqual((await project.status()).warnings, []);
    for (const file of [decisions(), ...project.runIds().map(events)])
      for (const line of readFileSync(file, 'utf8').trim().split('\n'))
        assert.match(line, /"chain":"[0-9a-f.]{74}"\}$/);
  });

  test('a decision and an end that are appended by hand are kept, named, and do not count', async () => {
    const run = await stopped();
    const at = new Date().toISOString();
    const approved = {
      v: 1,
      t: at,
      by: 'person',
      type: 'approved',
      slice: 'A1',
      run_id: run,
      paths: ['src/rogue.txt'],
      waive: [],
    };
    appendFileSync(decisions(), `${JSON.stringify(approved)}\n`);
    const commit = project.commit('HEAD');
    appendFileSync(
      events(run),
      `${JSON.stringify({ v: 1, t: at, type: 'committed', commit })}\n${JSON.stringify({ v: 1, t: at, type: 'ended', end: 'verified', reason: null, detail: null, stop: null })}\n`,
    );
    const status = await project.status();
    assert.equal(slice(status).state, 'stopped');
    assert.equal(slice(status).commit, null);
    assert.match(said(status), new RegExp(`2 lines of .*${run}/events.jsonl were not written by slicewave`));
    assert.match(said(status), /1 line of \.agent-runs\/plans\/TS-1-shop\.jsonl was not written by slicewave/);
    assert.match(readFileSync(decisions(), 'utf8'), /"type":"approved"/);
    assert.match((await project.cli('status', project.planDir)).out, /Look at this first:[^]*not written by slicewave/);
    // What the person does decide counts all the same.
    assert.equal((await project.cli('retry', project.planDir, 'A1', '--revert')).code, 0);
    project.on('agent', async (call) => call.exit(0));
    assert.equal((await project.run()).code, 0);
  });

  test('a run that nobody began makes nothing verified', async () => {
    await stopped();
    for (const name of ['20200101T000000000Z-A1-aaaaaaaa', '20990101T000000000Z-A1-aaaaaaaa']) {
      const at = new Date().toISOString();
      const lines = [
        {
          v: 1,
          t: at,
          type: 'run_started',
          run_id: name,
          plan: project.planId,
          slice: 'A1',
          attempt: 1,
          mode: 'fresh',
          pid: 1,
          pid_started: '',
          host: '',
          worktree: project.worktree('A1'),
          branch: null,
        },
        { v: 1, t: at, type: 'committed', commit: project.commit('HEAD') },
        { v: 1, t: at, type: 'ended', end: 'verified', reason: null, detail: null, stop: null },
      ];
      mkdirSync(path.join(project.runsDir, name), { recursive: true });
      writeFileSync(events(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    }
    const status = await project.status();
    assert.equal(slice(status).state, 'stopped');
    assert.equal(slice(status).commit, null);
    assert.equal(said(status).match(/was not written by slicewave and not counted/g)?.length, 2);
  });

  test('a run that is edited, cut short or taken away after its end keeps its outcome', async () => {
    assert.equal((await project.run()).code, 0);
    const [run = ''] = project.runIds();
    const whole = readFileSync(events(run), 'utf8');
    const { commit } = slice(await project.status());
    const lines = whole.trim().split('\n');
    const changes: readonly [string, () => void][] = [
      ['changed after its end', () => writeFileSync(events(run), whole.replaceAll(String(commit), '0'.repeat(40)))],
      ['changed after its end', () => writeFileSync(events(run), `${lines.slice(0, 2).join('\n')}\n`)],
      ['is gone', () => rmSync(path.join(project.runsDir, run), { recursive: true })],
    ];
    for (const [what, change] of changes) {
      change();
      const status = await project.status();
      assert.equal(slice(status).state, 'verified', what);
      assert.equal(slice(status).commit, commit, what);
      assert.match(said(status), new RegExp(what));
      mkdirSync(path.join(project.runsDir, run), { recursive: true });
      writeFileSync(events(run), whole);
    }
    assert.deepEqual((await project.status()).warnings, []);
  });

  test('decisions that are taken out, from the middle or the end, are missed', async () => {
    await stopped();
    assert.equal((await project.cli('skip', project.planDir, 'A1')).code, 0);
    const lines = readFileSync(decisions(), 'utf8').trim().split('\n');
    for (const left of [lines.slice(0, -1), lines.filter((line) => !line.includes('run_ended'))]) {
      writeFileSync(decisions(), `${left.join('\n')}\n`);
      assert.match(said(await project.status()), /lines of .*TS-1-shop\.jsonl were removed/);
    }
  });

  test('damaged lines are skipped and named, and take no view down', async () => {
    const run = await stopped();
    const damaged = [
      'null',
      '[]',
      '3',
      '{"type":"approved"}',
      '{"v":1,"t":"x","type":"ended"}',
      '{"chain":"aaaaaaaa.x.y"}',
      'x'.repeat(70_000),
    ];
    appendFileSync(events(run), `${damaged.join('\n')}\n`);
    appendFileSync(decisions(), `${damaged.join('\n')}\n`);
    const status = await project.status();
    assert.equal(slice(status).state, 'stopped');
    assert.equal(said(status).match(/7 lines of/g)?.length, 2);
    for (const command of [['status'], ['trace', 'list'], ['trace', 'show', run]])
      assert.equal((await project.cli(...command)).code, 0, command.join(' '));
  });

  test('a plan of before digests is read on, and what it had counts as it was', async () => {
    assert.equal((await project.run()).code, 0);
    const [run = ''] = project.runIds();
    const plain = (file: string): void =>
      writeFileSync(
        file,
        readFileSync(file, 'utf8')
          .replaceAll(/,"chain":"[^"]*"\}$/gm, '}')
          .replaceAll(/^.*"(?:evidence_began|run_ended)".*\n/gm, ''),
      );
    plain(events(run));
    plain(decisions());
    // Another machine has never seen the plan.
    const env = { XDG_STATE_HOME: mkdtempSync(path.join(tmpdir(), 'sw-state-')) };
    const status = async (): Promise<Status> =>
      JSON.parse((await project.start(['status', project.planDir, '--json'], { env }).finished).out) as Status;
    assert.deepEqual((await status()).warnings, []);
    assert.equal(slice(await status()).state, 'verified');
    assert.equal((await project.start(['integrate', project.planDir], { env }).finished).code, 0);
    assert.deepEqual((await status()).warnings, []);
    assert.equal(slice(await status()).state, 'merged');
    // From then on it is held as it was.
    writeFileSync(events(run), readFileSync(events(run), 'utf8').replace('"attempt":1', '"attempt":2'));
    assert.match(said(await status()), /was not written by slicewave and not counted/);
    rmSync(env.XDG_STATE_HOME, { recursive: true, force: true });
  });
});

suite('decisions of a person', () => {
  let project: Project;

  setup(async () => {
    project = await Project.create({ slices: [{ id: 'A1' }, { id: 'B1' }] });
  });

  teardown(async () => {
    await project.close();
  });

  /** Runs the plan with an agent that starts `script` (`$N`, `$C`: node and the command line; `$P`: the plan). */
  const tried = async (script: string): Promise<string> => {
    const out = path.join(project.home, 'said.txt');
    const words = [
      'bash',
      '-c',
      `N='${process.execPath}' C='${CLI}' P='${project.planDir}' R='${project.root}' OUT='${out}'; ${script}; until [ -s "$OUT.done" ]; do sleep .1; done; echo done > src/$SLICEWAVE_SLICE.txt`,
    ];
    const running = project.start(['exec', project.planDir, 'A1', `--agent-argv=${JSON.stringify(words)}`]);
    await running.finished;
    return existsSync(out) ? readFileSync(out, 'utf8') : '';
  };
  const started = async (): Promise<void> => {
    project.on('agent', async (call) => call.exit(1));
    await project.run('--only', 'B1');
  };

  const skip = '"$N" "$C" skip "$P" B1 > "$OUT" 2>&1; echo done > "$OUT.done"';
  const ways: readonly [string, string][] = [
    ['as it is', `cd "$R"; (${skip}); cd - >/dev/null`],
    [
      'with a clean environment',
      `cd "$R"; export N C P OUT; env -i PATH="$PATH" HOME="$HOME" N="$N" C="$C" P="$P" OUT="$OUT" bash -c '${skip}'; cd - >/dev/null`,
    ],
    [
      'detached',
      `export N C P OUT; (cd "$R"; env -i PATH="$PATH" HOME="$HOME" N="$N" C="$C" P="$P" OUT="$OUT" setsid --fork bash -c 'sleep .2; ${skip}' </dev/null >/dev/null 2>&1)`,
    ],
  ];
  for (const [how, script] of ways) {
    test(`are refused when a slice's agent makes them, ${how}`, async () => {
      await started();
      const out = await tried(script);
      assert.match(out, /for a person to decide/);
      assert.ok(!project.decisions().some((decision) => decision['type'] === 'skipped'));
    });
  }

  test('are taken from a person while slices are at work', async () => {
    await started();
    const holding = project.hold('agent', 'A1');
    const running = project.startRun('--only', 'A1');
    const a1 = await holding;
    const done = await project.cli('skip', project.planDir, 'B1');
    assert.equal(done.code, 0, done.err);
    a1.write('src/A1.txt', 'A1\n');
    await a1.exit(0);
    assert.equal((await running.finished).code, 0);
    await until('B1 is skipped', async () =>
      (await project.status()).slices.some((one) => one.id === 'B1' && one.state === 'skipped'),
    );
  });

  test('are refused in the worktree of a slice', async () => {
    await started();
    const done = await project.start(['skip', project.planDir, 'B1'], { cwd: project.worktree('B1') }).finished;
    assert.notEqual(done.code, 0);
    assert.match(done.err, /started in a slice's worktree/);
  });
});
