/** What is looked at once before a plan runs, and by the doctor: one list, each with its remedy, before anything is paid. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
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
  const doctor = async (...options: readonly string[]): Promise<readonly Check[]> =>
    (await project.json<{ readonly checks: readonly Check[] }>('doctor', project.planDir, ...options)).checks;
  const named = async (name: string): Promise<readonly Check[]> =>
    (await doctor(...(name === 'checks' ? [] : ['--quick']))).filter((check) => check.name === name);
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

  test('an agent that the plan names and the path has not ends the run before anybody is paid; another may be named', async () => {
    await create({});
    const nobody = await project.cli('run', project.planDir);
    assert.match(nobody.err, /A1, B1: the agent `command` has no program/);
    nothingBegan();
    const manifest = path.join(project.root, project.planDir, 'manifest.json');
    const tasks = path.join(project.root, project.planDir, 'tasks');
    for (const file of [manifest, ...readdirSync(tasks).map((name) => path.join(tasks, name))])
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/(?<="agent": "|agent: )command/g, 'codex'));
    const start = (...args: readonly string[]): Promise<Finished> =>
      project.start(['run', project.planDir, ...args], {
        env: { SLICEWAVE_CODEX_PATH: path.join(project.home, 'no-codex') },
      }).finished;
    const { code, out, err } = await start();
    assert.equal(code, 1, out);
    assert.match(err, /Codex was not found, and A1, B1 are for it/);
    assert.match(err, /SLICEWAVE_CODEX_PATH names .*no-codex.*--agent/);
    nothingBegan();
    const [found] = await named('agents');
    assert.ok(found === undefined || found.status === 'warning', 'who starts the run may choose another one');
    assert.equal((await run()).code, 0);
  });

  test('a filter that is required and cannot be started ends the run; one that is not set up is said', async () => {
    await create({
      '.gitattributes': '# filter=none\n*.bin filter=lfs -text\n*.key filter=vault\n',
      'a.bin': 'pointer\n',
    });
    assert.deepEqual(
      (await named('filters')).map(({ status, detail }) => `${status} ${detail}`),
      [
        'warning *.bin is kept by Git LFS, which is not set up here: worktrees have pointers in place of the files',
        'warning *.key goes through the filter vault, which is not set up here: worktrees have what git keeps',
      ],
    );
    project.git('config', 'filter.lfs.process', 'no-git-lfs filter-process');
    project.git('config', 'filter.lfs.required', 'true');
    project.git('config', 'filter.vault.smudge', 'cat');
    project.git('config', 'filter.vault.clean', 'cat');
    const { code, err } = await run();
    assert.equal(code, 1);
    assert.match(err, /no-git-lfs: not found, and git keeps \*\.bin with it \(filter=lfs\): no worktree can be made/);
    assert.match(err, /Install Git LFS, then `git lfs install`/);
    nothingBegan();
    assert.equal((await named('filters')).length, 1);
  });

  test('the doctor tries the checks of a plan on its base, in a checkout that is gone afterwards', async () => {
    await create(
      { 'there.txt': 'there\n', 'calls.sh': 'no-such-tool\n' },
      {
        slices: [
          { id: 'A1', verify: ['grep -q there there.txt', 'sh calls.sh'] },
          { id: 'B1', verify: ['grep new there.txt'] },
        ],
        validation: { 1: 'test -s there.txt' },
      },
    );
    const checks = await named('checks');
    assert.deepEqual(
      checks.map(({ status, detail }) => `${status} ${detail.replace(/base \w+/, 'base')}`),
      [
        'ok `grep -q there there.txt` (A1), on the base: passes already, without the change',
        `warning ${checks[1]?.detail.replace(/base \w+/, 'base') ?? ''}`,
        'ok `grep new there.txt` (B1), on the base: ended with 1',
        'ok `test -s there.txt` (wave-1), on the base: passes already, without the change',
      ],
    );
    assert.match(
      checks[1]?.detail ?? '',
      /^`sh calls\.sh` \(A1\), on the base \w+: ended with 127: .*no-such-tool.*not found/,
    );
    assert.match(checks[1]?.remedy ?? '', /before A1 is paid for/);
    assert.equal(project.git('worktree', 'list').trim().split('\n').length, 1);
    assert.deepEqual(project.runIds(), []);
    assert.ok((await doctor('--quick')).every(({ name }) => name !== 'checks'));
  });

  test('paths of a plan in a package that mean what is at the top, or nothing, are said; those in full are not', async () => {
    project = await Project.create(
      {
        slices: [
          { id: 'A1', create: [], modify: ['src/cart.txt'] },
          { id: 'B1', create: ['lib/new.txt'] },
        ],
      },
      {
        plan: '../apps/web/parallel/TS-1-shop',
        files: {
          '.gitignore': 'parallel/\n',
          'apps/web/package.json': '{}',
          'apps/web/src/cart.txt': '1\n',
          'apps/web/lib/old.txt': '1\n',
          'src/cart.txt': '1\n',
        },
      },
    );
    const said = async (): Promise<readonly string[]> => (await named('paths')).map(({ detail }) => detail);
    assert.deepEqual(await said(), [
      'apps/web/parallel/TS-1-shop lies in the package apps/web, and paths of plans are read from the top of the repository: src/cart.txt of A1 is the file there, and 1 more like it',
    ]);
    const linted = await project.cli('lint', 'apps/web/parallel/TS-1-shop');
    assert.match(
      linted.out,
      /task\.package-path "lib\/new\.txt" is read from the top of the repository, and nothing is there; .* is apps\/web\/lib\/new\.txt meant\?/,
    );
    project.writePlan({
      slices: [
        { id: 'A1', create: [], modify: ['apps/web/src/cart.txt', 'src/cart.txt'] },
        { id: 'B1', create: ['apps/web/lib/new.txt'] },
      ],
    });
    assert.deepEqual(await said(), []);
  });
});
