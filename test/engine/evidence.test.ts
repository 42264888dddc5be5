import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEngine } from '../../src/node/engine.ts';
import { childNodes, faceOf, rootNodes, type NodeFace, type TreeNode } from '../../src/extension/tree/tree-nodes.ts';
import type { RunFacts } from '../../src/core/run/state-model.ts';
import { FactsReader } from '../../src/node/state/facts.ts';
import { CLI, Project, until, type PlanShape, type Status } from './fixture.ts';

/** A run as it was read before its runner said its last word. */
function cut({ events, record }: RunFacts): Partial<RunFacts> {
  return { events: events.slice(0, -1), ...(record ? { record: { ...record, digest: 'of the line before' } } : {}) };
}

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

  test('a run that ends between the look at the runs and the look at the decisions is no changed one', async () => {
    const opened = await openEngine(project.root, { slicewave: [] });
    assert.ok(opened.ok);
    const engine = opened.value;
    assert.equal((await project.run()).code, 0);
    const loaded = await engine.load(project.planDir);
    assert.ok(loaded.ok);
    const reader = new FactsReader(engine.repository);
    const runs = await reader.runs(project.planId);
    assert.equal(runs.length, 1);
    for (const early of [runs.map((run) => ({ ...run, ...cut(run) })), []]) {
      const facts = await reader.facts(loaded.value, early);
      assert.deepEqual(facts.warnings, []);
      assert.deepEqual(
        facts.runs.map(({ events: all }) => all.at(-1)?.type),
        ['ended'],
      );
    }
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
    for (const file of [events(run), decisions()]) {
      const before = readFileSync(file, 'utf8').split('\n').length - 1 - damaged.length;
      const warning = status.warnings.find(({ paths }) => paths.includes(path.relative(project.root, file)));
      assert.equal(warning?.line, before + 1);
      const first = [1, 2, 3, 4, 5].map((number) => before + number).join(', ');
      assert.ok(warning.summary.includes(`(lines ${first} and 2 more)`), warning.summary);
      assert.ok((await project.cli('status')).out.includes(warning.summary));
    }
    const engine = await openEngine(project.root, { slicewave: [] });
    assert.ok(engine.ok);
    const state = await engine.value.state(project.planDir);
    assert.ok(state.ok);
    // The tree, as VS Code asks for it.
    const open = { root: project.root, dir: project.planDir, state: state.value, failure: null };
    const faces = (nodes: readonly TreeNode[]): readonly NodeFace[] =>
      nodes.flatMap((node) => [faceOf(node), ...faces(childNodes(node))]);
    const rows = faces(rootNodes([open]));
    assert.ok(rows.some(({ label, description }) => label.startsWith('A1') && description.startsWith('stopped')));
    for (const { summary } of status.warnings)
      assert.ok(
        rows.some(({ label }) => label === summary),
        summary,
      );
    for (const command of [['status'], ['trace', 'list'], ['trace', 'show', run]])
      assert.equal((await project.cli(...command)).code, 0, command.join(' '));
  });

  test('a run that has not ended and whose events cannot be read is said, until they can be', async () => {
    const held = project.hold('agent', 'A1');
    const { finished } = project.startRun();
    const agent = await held;
    const [run = ''] = project.runIds();
    renameSync(events(run), `${events(run)}.away`);
    mkdirSync(events(run));
    const status = await project.status();
    const told = new RegExp(
      `${run}/events\\.jsonl cannot be read \\(EISDIR\\): what this run of A1 does or did is not counted`,
    );
    assert.match(said(status), told);
    const engine = await openEngine(project.root, { slicewave: [] });
    assert.ok(engine.ok);
    const seen = async (): Promise<string> => {
      const state = await engine.value.state(project.planDir);
      assert.ok(state.ok);
      return state.value.warnings.map(({ summary }) => summary).join('\n');
    };
    assert.match(await seen(), told);
    rmSync(events(run), { recursive: true });
    renameSync(`${events(run)}.away`, events(run));
    assert.equal(await seen(), '', 'also to whoever kept what they had read');
    agent.write('src/A1.txt', 'A1\n');
    await agent.exit();
    assert.equal((await finished).code, 0);
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

suite('the plan that a run is judged by', () => {
  let project: Project;

  setup(async () => {
    project = await Project.create({ slices: [{ id: 'A1' }, { id: 'B1', deps: ['A1'] }, { id: 'C1' }] });
  });

  teardown(async () => {
    await project.close();
  });

  const spec = (id: string): string => {
    const dir = `${project.planDir}/tasks`;
    const name = readdirSync(path.join(project.root, dir)).find((entry) => entry.endsWith(`-${id.toLowerCase()}.md`));
    return `${dir}/${name ?? ''}`;
  };
  const widen = (id: string): void =>
    project.write(spec(id), project.read(spec(id)).replace(/CREATE:\n- `src/, 'CREATE:\n- `src/rogue.txt`\n- `src'));
  const stateOf = async (id: string): Promise<string | undefined> =>
    (await project.status()).slices.find((slice) => slice.id === id)?.state;
  const questions = async (): Promise<readonly string[]> =>
    (await project.status()).warnings.filter(({ kind }) => kind === 'plan').map(({ summary }) => summary);

  test('is fixed when it starts: a task spec that an agent widens lets nothing pass, and is a question', async () => {
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
      if (call.slice === 'A1') {
        widen('A1');
        call.write('src/rogue.txt', 'rogue\n');
      }
      await call.exit(0);
    });
    assert.equal((await project.run()).code, 3);
    assert.equal(await stateOf('A1'), 'stopped');
    assert.equal(await stateOf('C1'), 'verified');
    assert.match((await questions()).join(), /task-001-a1\.md changed, and nobody has accepted that/);
  });

  test('goes on for slices that a change does not concern; those that it does wait for a yes', async () => {
    assert.equal((await project.run('--only', 'A1')).code, 0);
    widen('B1');
    project.write(`${project.planDir}/tasks/task-009-d1.md`, project.read(spec('C1')).replaceAll('C1', 'D1'));
    const first = await project.run();
    assert.equal(first.code, 3, first.out + first.err);
    assert.match(first.out, /task-002-b1\.md, .*task-009-d1\.md changed[^]*slicewave accept parallel\/TS-1-shop/);
    assert.equal(await stateOf('B1'), 'ready');
    assert.equal(await stateOf('C1'), 'verified');
    assert.equal(await stateOf('D1'), undefined);
    const accepted = await project.cli('accept', project.planDir);
    assert.equal(accepted.code, 0, accepted.err);
    assert.deepEqual(await questions(), []);
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
      if (call.slice === 'B1') call.write('src/rogue.txt', 'as the task spec says by now\n');
      await call.exit(0);
    });
    assert.equal((await project.run()).code, 0);
    assert.equal(await stateOf('D1'), 'verified');
  });

  test('a change that is put back is no question any more', async () => {
    assert.equal((await project.run('--only', 'A1')).code, 0);
    const before = project.read(spec('B1'));
    widen('B1');
    assert.equal((await questions()).length, 1);
    project.write(spec('B1'), before);
    assert.deepEqual(await questions(), []);
  });

  test("what the tool writes on a person's word is no question: approval, re-planning and its undoing, integration", async () => {
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
      if (call.slice === 'A1') call.write('src/rogue.txt', 'rogue\n');
      await call.exit(0);
    });
    assert.equal((await project.run()).code, 3);
    assert.equal((await project.cli('approve', project.planDir, 'A1')).code, 0);
    assert.deepEqual(await questions(), []);
    assert.equal((await project.cli('replan', project.planDir, '--cut', 'B1', '--yes')).code, 0);
    assert.deepEqual(await questions(), []);
    assert.equal((await project.cli('replan', project.planDir, '--undo')).code, 0);
    assert.deepEqual(await questions(), []);
    assert.equal((await project.run()).code, 0);
    assert.equal((await project.cli('integrate', project.planDir)).code, 0);
    assert.deepEqual((await project.status()).warnings, []);
  });
});
