/** Set-ups by the table: what is run, how often, by itself or not, and what it leaves; submodules; included files. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Project, type Finished, type PlanShape } from './fixture.ts';

suite('set-ups of a project', function () {
  this.timeout(240_000);
  let project: Project;
  let bin: string;

  /** A program of the path that writes its arguments down, and then does what `script` says. */
  const program = (name: string, script: string): void =>
    writeFileSync(
      path.join(bin, name),
      `#!/bin/bash\necho "$(basename "$PWD") $*" >> '${path.join(project.home, `${name}.log`)}'\n${script}\n`,
      { mode: 0o755 },
    );

  const calls = (name: string): readonly string[] => {
    const log = path.join(project.home, `${name}.log`);
    return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  };

  const create = async (shape: PlanShape, files: Readonly<Record<string, string>>): Promise<void> => {
    project = await Project.create(shape, { files: { '.gitignore': 'parallel/\n', ...files } });
    bin = path.join(project.home, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(project.home, 'agent.sh'), 'echo work > "src/$SLICEWAVE_SLICE.txt"\n');
  };

  const run = (...args: readonly string[]): Promise<Finished> =>
    project.start(
      ['run', project.planDir, '--agent', 'command', '--agent-command', `bash ${project.home}/agent.sh`, ...args],
      { env: { PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}` } },
    ).finished;

  const states = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries((await project.status()).slices.map(({ id, state }) => [id, state]));

  const notes = (): string => JSON.stringify(project.events().filter(({ type }) => type === 'note'));

  teardown(() => project.close());

  const NPM = 'mkdir -p node_modules; cp package.json node_modules/from; [ -e node_modules/from ]';

  test('a manifest that says nothing gets the install of the lock file, for a workspace whose root needs nothing too', async () => {
    await create(
      { slices: [{ id: 'A1', verify: ['test -f node_modules/from'] }] },
      { 'package.json': '{"private":true,"workspaces":["packages/*"]}', 'package-lock.json': '{}' },
    );
    program('npm', NPM);
    const { out, err } = await run();
    // The repository does not ignore node_modules: what a set-up made is no work of the agent's.
    assert.deepEqual(await states(), { A1: 'verified' }, out + err);
    assert.deepEqual(calls('npm'), ['A1 ci', '.A1.2 ci']);
  });

  test('an empty list means none', async () => {
    await create(
      { slices: [{ id: 'A1', verify: ['test ! -e node_modules'] }], setup: [] },
      { 'package.json': '{}', 'package-lock.json': '{}' },
    );
    program('npm', NPM);
    const { out, err } = await run();
    assert.deepEqual(await states(), { A1: 'verified' }, out + err);
    assert.deepEqual(calls('npm'), []);
  });

  test('in a worktree that is used again it is repeated when the manifests differ, and only then', async () => {
    await create(
      {
        slices: [
          { id: 'A1', workstream: 'WS-A' },
          { id: 'A2', workstream: 'WS-A', deps: ['A1'] },
          { id: 'B1', modify: ['package.json'], verify: ['test -s package.json'] },
          { id: 'A3', workstream: 'WS-A', deps: ['A2', 'B1'] },
        ],
      },
      { 'package.json': '{}', 'package-lock.json': '{}', '.gitignore': 'parallel/\nnode_modules/\n' },
    );
    program('npm', NPM);
    writeFileSync(
      path.join(project.home, 'agent.sh'),
      `case $SLICEWAVE_SLICE in
  B1) echo '{"dependencies":{"left-pad":"1.3.0"}}' > package.json ;;
  A3) cmp package.json node_modules/from || exit 9; echo work > src/A3.txt ;;
  *) echo work > "src/$SLICEWAVE_SLICE.txt" ;;
esac\n`,
    );
    const { out, err } = await run();
    assert.deepEqual(await states(), { A1: 'verified', A2: 'verified', B1: 'verified', A3: 'verified' }, out + err);
    assert.deepEqual(
      calls('npm').filter((call) => call.startsWith('WS-A ')),
      ['WS-A ci', 'WS-A ci'],
    );
  });

  test('what only fills a store is run once for its lock file, by whoever comes first', async () => {
    await create(
      { slices: [{ id: 'A1' }, { id: 'A2', deps: ['A1'] }, { id: 'A3', deps: ['A2'] }] },
      { 'Cargo.toml': '', 'Cargo.lock': 'version = 4\n' },
    );
    program('cargo', 'exit 0');
    const { out, err } = await run('--max-parallel', '1');
    assert.deepEqual(await states(), { A1: 'verified', A2: 'verified', A3: 'verified' }, out + err);
    assert.deepEqual(calls('cargo'), ['A1 fetch --locked']);
  });

  test('Yarn 1 installs one at a time', async () => {
    await create(
      { slices: [{ id: 'A1' }, { id: 'A2' }, { id: 'A3' }, { id: 'A4' }] },
      { 'package.json': '{}', 'yarn.lock': '# yarn lockfile v1\n' },
    );
    // Two at once break each other, as two of Yarn 1 do.
    const store = path.join(project.home, 'store');
    program('yarn', `mkdir '${store}' || exit 1; sleep 0.3; rmdir '${store}'; mkdir -p node_modules`);
    const { out, err } = await run('--max-parallel', '4');
    assert.deepEqual(await states(), { A1: 'verified', A2: 'verified', A3: 'verified', A4: 'verified' }, out + err);
    assert.equal(calls('yarn').length, 8);
    assert.ok(calls('yarn').every((call) => call.endsWith(' install --frozen-lockfile')));
  });

  test('what stands in a virtual environment is found by agent and checks, each in its own', async () => {
    await create({ slices: [{ id: 'A1', verify: ['checker'] }] }, { 'requirements.txt': 'checker==1\n' });
    const made = ['python', 'checker'].map(
      (name) => `printf '#!/bin/sh\\necho "$0"\\n' > .venv/bin/${name}; chmod +x .venv/bin/${name}`,
    );
    program('python3', `mkdir -p .venv/bin; ${made.join('; ')}`);
    writeFileSync(path.join(project.home, 'agent.sh'), 'checker > src/A1.txt\n');
    const { out, err } = await run();
    assert.deepEqual(await states(), { A1: 'verified' }, out + err);
    const programs = path.join(project.worktree('A1'), '.venv/bin/checker');
    assert.equal(project.git('show', `slicewave/${project.planId}/A1:src/A1.txt`), programs);
    const results = project.events().filter(({ type }) => type === 'verification');
    assert.match(JSON.stringify(results), /\.A1\.2\/\.venv\/bin\/checker/);
  });

  test('what .worktreeinclude names is copied, and what is left out is said', async () => {
    await create(
      { slices: [{ id: 'A1', verify: ['grep -q secret .env'] }] },
      { '.gitignore': 'parallel/\n.env\n*.local\n', '.worktreeinclude': '.env\n*.local\nnotes.txt\n' },
    );
    project.write('.env', 'A=secret\n');
    project.write('notes.txt', 'mine\n');
    writeFileSync(path.join(project.home, 'far.txt'), 'far\n');
    symlinkSync(path.join(project.home, 'far.txt'), path.join(project.root, 'far.local'));
    const { out, err } = await run();
    assert.deepEqual(await states(), { A1: 'verified' }, out + err);
    assert.match(notes(), /not copied, though \.worktreeinclude names it: far\.local is a link to outside of the/);
    assert.match(notes(), /not copied, though \.worktreeinclude names it: notes\.txt is not ignored/);
    assert.ok(!existsSync(path.join(project.worktree('A1'), 'far.local')));
  });
});

suite('submodules in worktrees', function () {
  this.timeout(240_000);
  let project: Project;

  setup(async () => {
    project = await Project.create(
      { slices: [{ id: 'A1', verify: ['grep -q lib vendor/lib/index.txt'] }] },
      {
        beforeCommit(made) {
          const lib = path.join(made.home, 'lib');
          mkdirSync(lib);
          made.gitIn(lib, 'init', '--quiet');
          writeFileSync(path.join(lib, 'index.txt'), 'lib\n');
          made.gitIn(lib, 'add', '--all');
          made.gitIn(lib, 'commit', '--quiet', '-m', 'lib');
          made.write('.gitignore', 'parallel/\n');
          made.git('submodule', '--quiet', 'add', lib, 'vendor/lib');
        },
      },
    );
    writeFileSync(path.join(project.home, 'agent.sh'), 'cat vendor/lib/index.txt > src/A1.txt\n');
  });

  teardown(() => project.close());

  const run = (): Promise<Finished> =>
    project.start(['run', project.planDir, '--agent', 'command', '--agent-command', `bash ${project.home}/agent.sh`])
      .finished;
  const stateOf = async (): Promise<string | undefined> => (await project.status()).slices[0]?.state;

  test('are filled for agent and checks from the clone on this disk, and clean takes such worktrees away', async () => {
    // Where it came from is gone: nothing is fetched.
    project.git('config', '--file', '.gitmodules', 'submodule.vendor/lib.url', 'https://nowhere.invalid/lib.git');
    project.git('commit', '--quiet', '-am', 'moved');
    const { out, err } = await run();
    assert.equal(await stateOf(), 'verified', out + err);
    assert.match(out + err, /submodules: worktrees get vendor\/lib from your checkout/);
    assert.equal(
      project.gitIn(path.join(project.worktree('A1'), 'vendor/lib'), 'config', 'remote.origin.url').trim(),
      path.join(project.home, 'lib'),
    );
    const cleaned = await project.cli('clean', '--yes');
    assert.equal(cleaned.code, 0, cleaned.out + cleaned.err);
    assert.ok(!existsSync(project.worktree('A1')));
    assert.equal(project.git('worktree', 'list', '--porcelain').match(/^worktree /gm)?.length, 1);
  });

  test('a worktree whose submodule holds work that nothing else holds is kept', async () => {
    await run();
    const lib = path.join(project.worktree('A1'), 'vendor/lib');
    writeFileSync(path.join(lib, 'index.txt'), 'changed\n');
    const dirty = await project.cli('clean', '--yes');
    assert.match(dirty.out, /the submodule vendor\/lib has uncommitted changes/);
    project.gitIn(lib, 'commit', '--quiet', '-am', 'mine');
    const ahead = await project.cli('clean', '--yes');
    assert.match(
      ahead.out,
      /the submodule vendor\/lib stands at [0-9a-f]+, which your checkout's clone of it does not/,
    );
    assert.equal(readFileSync(path.join(lib, 'index.txt'), 'utf8'), 'changed\n');
  });

  test('no git is started by what an agent writes into one: not by the snapshot, the next attempt, the checks or clean', async () => {
    const ran = path.join(project.home, 'ran');
    const heads = (): string =>
      project.git('rev-parse', 'HEAD') + project.git('symbolic-ref', 'HEAD') + project.git('status', '--porcelain');
    const before = heads();
    // A repository of the agent's own in its place, whose settings start a program for every file that is looked at.
    const script = `rm -rf vendor/lib && git init -q vendor/lib && cd vendor/lib && echo own > own.txt && git add . &&
      git -c user.name=a -c user.email=a@b commit -qm own && git config filter.x.clean "date >> '${ran}'; cat" &&
      echo '* filter=x' > .git/info/attributes && sleep 1 && echo changed > own.txt && cd ../.. && echo made > src/A1.txt`;
    writeFileSync(path.join(project.home, 'agent.sh'), `${script}\n`);
    await run();
    await project.cli('retry', project.planDir, 'A1');
    await run();
    assert.match(JSON.stringify(project.events()), /vendor\/lib: its `.git` is not the one that was made for it/);
    // It leads to the person's own repository.
    const gitFile = `gitdir: ${path.join(project.root, '.git')}\n`;
    writeFileSync(
      path.join(project.home, 'agent.sh'),
      `rm -rf vendor/lib && mkdir vendor/lib && printf '${gitFile}' > vendor/lib/.git && cp -r '${project.root}/src' vendor/lib/ && echo again > src/A1.txt\n`,
    );
    await project.cli('retry', project.planDir, 'A1');
    await run();
    await project.cli('retry', project.planDir, 'A1');
    await run();
    await project.cli('skip', project.planDir, 'A1');
    const cleaned = await project.cli('clean', '--yes');
    assert.match(cleaned.out, /the repository vendor\/lib in it: its `.git` is not the one/);
    assert.ok(!existsSync(ran), 'a program of the agent was started by the tool');
    assert.equal(heads(), before);
  });

  test('one that your checkout has not initialised stays empty, and that is said', async () => {
    project.git('submodule', '--quiet', 'deinit', '--force', 'vendor/lib');
    await run();
    assert.match(
      JSON.stringify(project.events()),
      /the submodule vendor\/lib: it is not initialised in your checkout \(git submodule update/,
    );
    assert.equal(await stateOf(), 'failed');
  });
});
