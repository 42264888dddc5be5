import { deepEqual, equal } from 'node:assert/strict';
import path from 'node:path';
import process from 'node:process';
import { Project } from './fixture.ts';

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

  test('status asks git for nothing but where it stands', async () => {
    deepEqual((await calls('status', '--json')).git, ['rev-parse']);
  });
});
