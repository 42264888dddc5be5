import { deepEqual, equal } from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fake, Project } from './fixture.ts';
import { gitThatWrites, type GitStart } from './git-log.ts';

const COUNT = path.join(import.meta.dirname, 'count-calls.mjs');

interface Calls {
  readonly opened: readonly string[];
  readonly git: readonly string[];
}

/** Every file of a plan is read once by a process, and git is asked as little as can be, whatever the plan's size. */
suite('what one command reads', () => {
  const slices = Array.from({ length: 12 }, (_, i) => ({ id: `S${i + 1}`, deps: i === 0 ? [] : [`S${i}`] }));
  let project: Project;
  setup(async () => {
    project = await Project.create({ slices });
  });
  teardown(() => project.close());

  async function calls(...args: readonly string[]): Promise<Calls> {
    const { err } = await project.start(args, { program: [process.execPath, '--import', COUNT] }).finished;
    return JSON.parse(err.trim().split('\n').at(-1) ?? '') as Calls;
  }

  for (const [name, most] of [
    ['plan', 5],
    ['validate', 5],
    ['status', 1],
    ['lint', 3],
  ] as const) {
    test(`${name} reads each file of the plan once`, async () => {
      // What is learned of the history is kept for the second time.
      await calls(name, '--json');
      const { opened, git } = await calls(name, '--json');
      const dir = path.join(project.root, project.planDir) + path.sep;
      const own = opened.filter((file) => path.resolve(project.root, file).startsWith(dir));
      equal(
        own.length,
        new Set(own).size,
        `more than once: ${own.filter((file, i) => own.indexOf(file) !== i).join(', ')}`,
      );
      equal(own.filter((file) => file.includes(`${path.sep}tasks${path.sep}`)).length, slices.length);
      equal(git.length <= most, true, `git was started ${git.length} times: ${git.join(', ')}`);
    });
  }

  test('compiled code is kept where no agent writes, and none by what an agent starts', async () => {
    const state = path.join(project.home, 'state');
    const env = { XDG_STATE_HOME: state, TMPDIR: path.join(project.home, 'tmp') };
    mkdirSync(env.TMPDIR);
    const kept = path.join(state, 'slicewave', 'compiled');
    await project.start(['hook', 'pre-commit'], { env }).finished;
    equal(existsSync(kept), false);
    equal((await project.start(['status'], { env }).finished).code, 0);
    equal(statSync(kept).mode & 0o777, 0o700);
    equal(readdirSync(kept).length > 0, true);
    deepEqual(readdirSync(env.TMPDIR), []);
  });

  test('status asks git for nothing but where it stands', async () => {
    deepEqual((await calls('status', '--json')).git, ['rev-parse']);
  });
});

/** A git that writes down what it is started with stands first on the path of a whole run, and of its runner. */
suite('what one slice starts', () => {
  let project: Project;
  setup(async () => {
    project = await Project.create({ slices: [{ id: 'S1' }] });
  });
  teardown(() => project.close());

  test('git, no oftener than is known', async () => {
    const git = gitThatWrites(project);
    const args = ['run', project.planDir, '--agent=command', `--agent-command=${fake('agent')}`];
    const { code, err } = await project.start(args, { env: git.env }).finished;
    equal(code, 0, err);
    const of = (who: GitStart['by']): readonly string[] =>
      git
        .started()
        .flatMap(({ by, command }) => (by === who ? [command] : []))
        .toSorted();
    const [runner, scheduler] = [of('runner'), of('scheduler')];
    equal(runner.filter((command) => command === 'worktree').length, 2, runner.join(', '));
    equal(runner.length <= MOST.runner, true, `${runner.length} by the runner: ${runner.join(', ')}`);
    equal(scheduler.length <= MOST.scheduler, true, `${scheduler.length} by the scheduler: ${scheduler.join(', ')}`);
  });
});

/** Processes of git; whoever needs one more says here why that is worth it for every slice there is. */
const MOST = { runner: 33, scheduler: 12 };
