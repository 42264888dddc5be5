/** What is looked at once before a plan runs, and by the doctor: one list, each with its remedy, before anything is paid. */
import assert from 'node:assert/strict';
import { existsSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { Project, type Finished, type PlanShape } from './fixture.ts';

interface Check {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly remedy: string;
}

suite('preflight', function () {
  this.timeout(120_000);
  let project: Project;

  const create = async (files: Readonly<Record<string, string>>, shape?: PlanShape): Promise<void> => {
    project = await Project.create(shape ?? { slices: [{ id: 'A1' }, { id: 'B1' }] }, {
      files: { '.gitignore': 'parallel/\n', ...files },
    });
  };
  const run = (...args: readonly string[]): Promise<Finished> => project.run(...args);
  const doctor = async (): Promise<readonly Check[]> =>
    (await project.json<{ readonly checks: readonly Check[] }>('doctor', project.planDir)).checks;
  const named = async (name: string): Promise<readonly Check[]> =>
    (await doctor()).filter((check) => check.name === name);
  const nothingBegan = (): void => {
    assert.ok(!existsSync(`${project.root}.worktrees`), 'no worktree was made');
    assert.deepEqual(project.runIds(), []);
  };

  teardown(() => project.close());

  test('a set-up whose program is missing ends the run before a worktree is made, and says it once', async () => {
    await create({ 'package.json': '{}', 'bun.lock': '' }, undefined);
    project.writePlan({ slices: [{ id: 'A1' }, { id: 'B1' }], setup: ['no-such-installer install'] });
    const { code, out, err } = await run();
    assert.equal(code, 1, out);
    assert.equal(`${out}${err}`.match(/no-such-installer: not found on the path/g)?.length, 1, out + err);
    assert.match(err, /Install no-such-installer, or say another `setup` in manifest\.json \(\[\] for none\)/);
    nothingBegan();
    const [found] = await named('programs');
    assert.equal(found?.status, 'error');
    project.writePlan({ slices: [{ id: 'A1' }, { id: 'B1' }], setup: [] });
    assert.equal((await named('programs'))[0]?.status, 'ok');
  });

  test('so does a check that nothing could start; one that a slice writes is another thing', async () => {
    await create({}, { slices: [{ id: 'A1', verify: ['no-such-runner --all'] }] });
    const { code, err } = await run();
    assert.equal(code, 1);
    assert.match(err, /no-such-runner: not found on the path .*, and the check needs it: no-such-runner --all/);
    nothingBegan();
    project.writePlan({ slices: [{ id: 'A1', verify: ['cd src && ./made-by-it.sh'] }] });
    assert.equal((await named('programs'))[0]?.status, 'ok');
    // Who knows what a set-up of one's own puts on the path.
    project.writePlan({ slices: [{ id: 'A1', verify: ['no-such-runner --all'] }], setup: ['node install.js'] });
    assert.equal((await named('programs'))[0]?.status, 'warning');
  });

  test('a branch in the way of ours is named with what takes it away', async () => {
    await create({});
    project.git('branch', 'slicewave');
    const { code, err } = await run();
    assert.equal(code, 1);
    assert.match(err, /the branch slicewave is in the way of slicewave\/<plan>\/<slice>/);
    assert.match(err, /git branch -m slicewave slicewave-old/);
    nothingBegan();
  });

  test('what is only worth knowing is said once, and the run goes on', async () => {
    await create({
      '.gitignore': 'parallel/\n.env\n',
      '.worktreeinclude': '.env\n',
      'package.json': '{"dependencies":{"left-pad":"1.3.0"}}',
    });
    symlinkSync(path.join(project.home, 'elsewhere'), path.join(project.root, '.env'));
    const first = await run();
    assert.equal(first.code, 0, first.out + first.err);
    const said = first.out + first.err;
    assert.equal(said.match(/\.env is a link to nothing/g)?.length, 1, said);
    assert.match(said, /package\.json names dependencies and no lock file says which/);
    const again = await run();
    assert.doesNotMatch(again.out + again.err, /is a link to nothing/);
  });

  test('the doctor knows what development tools do in worktrees, and says what applies', async () => {
    const ignored = String.raw`{"jest":{"testPathIgnorePatterns":["/node_modules/","\\.worktrees/"]},"devDependencies":{"jest":"30.5.2"}}`;
    await create({ 'package.json': ignored, 'turbo.json': '{"tasks":{}}', 'lefthook.yml': '' });
    const [jest] = await named('Jest');
    assert.equal(jest?.status, 'warning');
    assert.match(jest.detail, /its ignore pattern \\\.worktrees\/ matches the path of the worktrees themselves/);
    assert.match((await named('Turborepo'))[0]?.remedy ?? '', /globalPassThroughEnv/);
    assert.equal((await named('lefthook')).length, 1);
    assert.equal((await named('Nx')).length, 0);
    const [disk] = await named('disk');
    assert.match(disk?.detail ?? '', /2 worktrees with their checks take about/);
  });
});
