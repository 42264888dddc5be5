import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { finish, history, nothingIsLeft, progress } from './aftermath.ts';
import { fake, Project, until, type Call, type PlanShape } from './fixture.ts';

/** Two slices, a merge point over them, and one that it unlocks; whatever runs in them can be held. */
const PLAN: PlanShape = {
  slices: [{ id: 'A1', workstream: 'WS-A' }, { id: 'B1' }, { id: 'C1' }].map((slice) => ({
    ...slice,
    verify: [fake('check', slice.id)],
  })),
  mergePoints: [{ id: 'MP1', needs: ['A1', 'B1'], unlocks: ['C1'], verify: [fake('gate')] }],
  setup: [fake('setup')],
  contracts: [{ path: 'contracts/shape.txt', target: 'src/shape.txt', text: 'one shape for all\n' }],
};

/** Everything, as a power cut; or only what belongs to slicewave, so that agents and checks go on as orphans. */
const EVERYTHING = (): boolean => true;
const OWN = (command: string): boolean => /cli\.js (run|exec|integrate) /.test(command);

interface Point {
  readonly name: string;
  /** Slices whose agents are not answered: they get no further than that. */
  readonly held: readonly string[];
  /** Which command is killed. Default `run`. */
  readonly during?: 'integrate';
  readonly kill?: (command: string) => boolean;
  /** Resolves when the point is reached. Set up before the start, awaited after it. */
  readonly reach: (project: Project) => Promise<unknown>;
  /** Between the kill and the next start. */
  readonly after?: (project: Project) => void;
}

const lease = (project: Project): string => path.join(project.runsDir, 'plans', `${project.planId}.lease`);

/** The check of B1 at its gate: the one on the base stands in the same checkout, without its file. */
const ofB1 = (call: Call): boolean =>
  call.args[0] === 'B1' && path.basename(call.cwd) === '.B1.2' && existsSync(path.join(call.cwd, 'src/B1.txt'));

/** In the order in which one plan comes to them: each start goes on from the kill before it. */
const POINTS: readonly Point[] = [
  {
    name: 'before anything was written',
    held: ['A1', 'B1'],
    reach: (p) => until('the lease is held', () => existsSync(lease(p))),
  },
  {
    name: 'when the first runner was launched',
    held: ['A1', 'B1'],
    reach: (p) => until('a run directory is there', () => p.runIds().length > 0),
  },
  {
    name: 'while git checks a worktree out',
    held: ['A1', 'B1'],
    reach: (p) => p.hold('smudge', (call) => call.cwd === p.worktree('WS-A') && call.args[0] === 'src/start.txt'),
  },
  { name: 'while a worktree is set up', held: ['A1', 'B1'], reach: (p) => p.hold('setup', 'B1') },
  { name: 'while an agent writes', held: ['B1'], reach: async (p) => halfDone(await p.hold('agent', 'A1')) },
  {
    name: 'while an agent writes, and the agent lives on',
    held: ['B1'],
    kill: OWN,
    reach: async (p) => halfDone(await p.hold('agent', 'A1')),
  },
  {
    name: 'after the agent, while the snapshot is taken',
    held: ['B1'],
    reach: (p) => p.hold('clean', (call) => call.args[0] === 'src/A1.txt'),
  },
  {
    name: 'between verified and committed',
    held: ['B1'],
    reach: (p) => until('A1 is verified', () => p.events().some((e) => e.slice === 'A1' && e.type === 'verified')),
    // The commit may have been made between the look and the kill: nobody has said so, which is the same point.
    after: (p) => tearAfter(p, 'A1', 'verified'),
  },
  {
    name: 'while a slice is verified',
    held: [],
    reach: async (p) => leaveBehind(await p.hold('check', ofB1)),
  },
  {
    name: 'while a slice is verified, and the check lives on',
    held: [],
    kill: OWN,
    reach: async (p) => leaveBehind(await p.hold('check', ofB1)),
  },
  {
    name: 'after the commit, before the run has ended',
    held: [],
    reach: (p) => until('B1 is committed', () => p.events().some((e) => e.slice === 'B1' && e.type === 'committed')),
    // The next event may have been written between the look and the kill: then it is torn, which is the same point.
    after: (p) => tearAfter(p, 'B1', 'committed'),
  },
  { name: 'while a merge point is checked', held: [], reach: (p) => p.hold('gate') },
  {
    name: 'while the integration merges',
    held: [],
    during: 'integrate',
    reach: (p) => p.hold('smudge', (call) => call.cwd === p.worktree('integration') && call.args[0] === 'src/B1.txt'),
  },
  {
    name: 'while the integration verifies, and the check lives on',
    held: [],
    during: 'integrate',
    kill: OWN,
    reach: (p) => p.hold('check', (call) => call.cwd === p.worktree('.integration.2') && call.args[0] === 'B1'),
  },
];

suite('killed and started again', () => {
  let undisturbed = '';
  let project: Project;

  suiteSetup(async () => {
    const calm = await Project.create(PLAN);
    try {
      await finish(calm);
      undisturbed = calm.finalTree;
      assert.deepEqual(calm.callsOf('agent').toSorted(), ['A1', 'B1', 'C1']);
    } finally {
      await calm.close();
    }
  });

  suite('one plan, from kill to kill', function () {
    // What comes after a point that was not reached says nothing.
    this.bail(true);
    let held: readonly string[] = [];
    let before: ReturnType<typeof progress> = { runs: new Set(), agentDone: new Set() };

    suiteSetup(async () => {
      project = await Project.create(PLAN);
      project.driveGit();
      const answer = project.handlerOf('agent');
      project.on('agent', (call) => (held.includes(call.slice) ? undefined : answer?.(call)));
    });

    teardown(function () {
      if (this.currentTest?.state === 'failed') console.log(history(project));
    });

    suiteTeardown(async () => {
      await project.close();
    });

    /** No agent that was done was started again since the last look. */
    const nobodyTwice = (): void => {
      const again = project
        .events()
        .filter((e) => e.type === 'agent_started' && !before.runs.has(e.run) && before.agentDone.has(e.slice))
        .map((e) => e.slice);
      assert.deepEqual(again, [], 'an agent that was done was started again');
      before = progress(project);
    };

    for (const point of POINTS)
      test(point.name, async () => {
        held = point.held;
        if (point.during === 'integrate') {
          const run = await project.run();
          assert.equal(run.code, 0, `${run.out}\n${run.err}`);
        }
        const reached = point.reach(project);
        const running =
          point.during === 'integrate' ? project.start(['integrate', project.planDir]) : project.startRun();
        await reached;
        assert.ok(project.kill(point.kill ?? EVERYTHING) > 0, 'nothing was there to be killed');
        await running.finished;
        point.after?.(project);
        nobodyTwice();
      });

    test('in the end: the same tree, every slice committed once, and nothing left', async () => {
      held = [];
      await finish(project);
      nobodyTwice();
      assert.equal(project.finalTree, undisturbed);
      for (const slice of ['A1', 'B1', 'C1']) {
        const commits = project.events().filter((e) => e.slice === slice && e.type === 'committed');
        assert.equal(commits.length, 1, `${slice} was committed ${commits.length} times`);
      }
      nothingIsLeft(project);
    });
  });

  suite('one by one', () => {
    teardown(async function () {
      if (this.currentTest?.state === 'failed') console.log(history(project));
      await project.close();
    });

    test('only the scheduler: its runners go on, and the next one adopts them', async () => {
      project = await Project.create(PLAN);
      const holding = project.hold('agent', 'A1');
      const first = project.startRun();
      const agent = await holding;
      process.kill(first.child.pid ?? 0, 'SIGKILL');
      await first.finished;
      const runner = project.processes().filter((candidate) => / exec /.test(candidate.command));
      assert.ok(runner.length > 0, 'the runner died with its scheduler');

      const second = project.startRun('--json');
      await until('B1 is verified', () => project.events().some((e) => e.slice === 'B1' && e.type === 'ended'));
      agent.write('src/A1.txt', readFileSync(path.join(project.worktree('WS-A'), 'src/start.txt'), 'utf8'));
      await agent.exit(0);
      const { code, out, err } = await second.finished;

      assert.equal(code, 0, `${out}\n${err}`);
      assert.deepEqual(project.callsOf('agent').toSorted(), ['A1', 'B1', 'C1']);
      assert.doesNotMatch(out, /"type":"start","slice":"A1"/);
      nothingIsLeft(project);
    });

    test('the scheduler right after it launched: nothing runs twice, and nothing counts as failed', async () => {
      project = await Project.create(PLAN);
      const first = project.startRun();
      await until('a runner is there', () => project.processes().some((candidate) => / exec /.test(candidate.command)));
      process.kill(first.child.pid ?? 0, 'SIGKILL');
      await first.finished;

      const { code, out, err } = await project.run();

      assert.equal(code, 0, `${out}\n${err}`);
      assert.deepEqual(project.callsOf('agent').toSorted(), ['A1', 'B1', 'C1']);
      nothingIsLeft(project);
    });

    test('only a runner: the scheduler starts the slice again, and ends the agent it left behind', async () => {
      project = await Project.create(PLAN);
      const holding = project.hold('agent', 'A1');
      const running = project.startRun();
      const orphan = await holding;
      halfDone(orphan);
      const [started] = project.events().filter((e) => e.slice === 'A1' && e.type === 'run_started');
      process.kill(Number(started?.event['pid']), 'SIGKILL');
      const { code, out, err } = await running.finished;

      assert.equal(code, 0, `${out}\n${err}`);
      await orphan.gone;
      assert.deepEqual(project.callsOf('agent').filter((slice) => slice === 'A1').length, 2);
      assert.equal(project.git('show', `slicewave/${project.planId}/A1:src/A1.txt`), 'A1 saw shape.txt start.txt');
      assert.deepEqual(
        project.files(`slicewave/${project.planId}/A1`).filter((file) => file.includes('elsewhere')),
        [],
      );
      const status = await project.status();
      assert.equal(status.slices.find((slice) => slice.id === 'A1')?.attempt, 1, 'an interruption costs no attempt');
      nothingIsLeft(project);
    });

    test('a second scheduler is refused, and the first goes on', async () => {
      project = await Project.create(PLAN);
      const holding = project.hold('agent', 'A1');
      const first = project.startRun();
      const agent = await holding;

      const second = await project.run();
      assert.equal(second.code, 1);
      assert.match(second.err, /another process is running TS-1-shop/);
      assert.match(second.err, /slicewave status/);
      const json = await project.json<{ error: { reason: string } }>(
        'run',
        project.planDir,
        '--agent',
        'command',
        '--agent-command',
        fake('agent'),
      );
      assert.equal(json.error.reason, 'busy');
      const runner = await project.cli(
        'exec',
        project.planDir,
        'A1',
        '--agent',
        'command',
        '--agent-command',
        fake('agent'),
      );
      assert.equal(runner.code, 1);
      assert.match(runner.err, /A1 is being worked on by another process/);

      agent.write('src/A1.txt', 'A1\n');
      await agent.exit(0);
      assert.equal((await first.finished).code, 0);
      assert.deepEqual(project.callsOf('agent').toSorted(), ['A1', 'B1', 'C1']);
    });

    test('Ctrl-C: agents are ended, their work is kept, and the next start goes on', async () => {
      project = await Project.create(PLAN);
      const holding = project.hold('agent', 'A1');
      const first = project.startRun();
      const agent = await holding;
      halfDone(agent);
      await until('B1 is verified', () => project.events().some((e) => e.slice === 'B1' && e.type === 'ended'));
      process.kill(first.child.pid ?? 0, 'SIGINT');
      const { code, out } = await first.finished;

      assert.equal(code, 130, out);
      assert.match(out, /slicewave run parallel\/TS-1-shop` goes on from here/);
      await agent.gone;
      nothingIsLeft(project);
      const run = project.events().findLast((e) => e.slice === 'A1')?.run ?? '';
      assert.deepEqual(
        project.files(`refs/slicewave/runs/${run}`).filter((file) => file.includes('elsewhere')),
        ['src/elsewhere.txt'],
        'the work was not kept',
      );
      const status = await project.status();
      assert.equal(status.slices.find((slice) => slice.id === 'A1')?.failure?.reason, 'stopped-by-user');

      const before = project.calls.length;
      project.on('agent', async (call) => {
        // An agent that goes on finds its own work where it left it.
        const kept = existsSync(path.join(call.cwd, 'src/elsewhere.txt'));
        rmSync(path.join(call.cwd, 'src/elsewhere.txt'), { force: true });
        if (call.slice === 'A1') call.write('src/A1.txt', 'A1 saw shape.txt start.txt\n');
        else call.write('src/C1.txt', 'C1 saw A1.txt B1.txt shape.txt start.txt\n');
        await call.exit(call.slice === 'A1' && !kept ? 1 : 0);
      });
      await finish(project);
      assert.deepEqual(
        project.calls
          .slice(before)
          .filter((call) => call.role === 'agent')
          .map((call) => call.slice),
        ['A1', 'C1'],
      );
      assert.equal(project.finalTree, undisturbed);
    });
  });
});

/** Half of an edit, and a file that must never reach the final tree. */
function halfDone(agent: Call): void {
  agent.write(`src/${agent.slice}.txt`, 'half a li');
  agent.write('src/elsewhere.txt', 'out of scope\n');
}

/** What checks leave in a worktree is nobody's work. */
function leaveBehind(check: Call): void {
  check.write('coverage/report.txt', '100 %\n');
}

function tearAfter(project: Project, slice: string, type: string): void {
  const run = project.events().find((e) => e.slice === slice && e.type === type)?.run ?? '';
  const file = path.join(project.runsDir, run, 'events.jsonl');
  const text = readFileSync(file, 'utf8');
  const end = text.indexOf('\n', text.indexOf(`"type":"${type}"`)) + 1;
  if (text.length > end) truncateSync(file, end + 20);
}
