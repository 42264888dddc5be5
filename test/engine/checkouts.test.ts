import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fake, Project, until, type Call, type PlanShape } from './fixture.ts';

const ONE: PlanShape = { slices: [{ id: 'A1' }] };

/** An agent that asks once, with a file half done, and is done when it is called again. */
function asksOnce(project: Project): void {
  let asked = false;
  project.on('agent', async (call) => {
    if (!asked) {
      asked = true;
      call.write('src/A1.txt', 'half\n');
      call.print('```json\n{"status": "NEEDS_INPUT", "question": "Which half?"}\n```\n');
      return call.exit(0);
    }
    const half = existsSync(path.join(call.cwd, 'src/A1.txt'))
      ? readFileSync(path.join(call.cwd, 'src/A1.txt'), 'utf8')
      : 'nothing\n';
    call.write('src/A1.txt', `${half}whole\n`);
    return call.exit(0);
  });
}

suite('checkouts of every kind', () => {
  let project: Project;

  teardown(async () => {
    await project.close();
  });

  async function ran(expected = 0): Promise<void> {
    const { code, out, err } = await project.run();
    assert.equal(code, expected, `${out}\n${err}`);
  }

  async function integrated(...args: readonly string[]): Promise<void> {
    const { code, out, err } = await project.cli('integrate', project.planDir, ...args);
    assert.equal(code, 0, `${out}\n${err}`);
  }

  const branch = (slice: string): string => `slicewave/${project.planId}/${slice}`;

  test('worktrees behind a symbolic link are found again, with the work in them', async () => {
    project = await Project.create(ONE);
    mkdirSync(path.join(project.home, 'disk'));
    symlinkSync('disk', path.join(project.home, 'link'));
    project.git('config', 'slicewave.worktrees', path.join(project.home, 'link'));
    asksOnce(project);
    await ran(3);
    assert.ok(existsSync(path.join(project.home, 'disk', project.planId, 'A1/src/A1.txt')));
    assert.equal((await project.cli('answer', project.planDir, 'A1', 'the left one')).code, 0);
    await ran();
    assert.equal(project.git('show', `${branch('A1')}:src/A1.txt`), 'half\nwhole');
    const cleaned = await project.cli('clean', project.planDir, '--yes');
    assert.match(cleaned.out, /2 of 2 worktrees can go/);
    assert.ok(!existsSync(path.join(project.home, 'disk', project.planId, 'A1')));
  });

  test('a sparse checkout: the parts that are not there stay in the commits', async () => {
    project = await Project.create(
      {
        slices: [
          { id: 'A1', create: ['src/A1.txt', 'docs/A1.txt'] },
          { id: 'B1', deps: ['A1'] },
        ],
      },
      { files: { 'docs/old.txt': 'old\n', 'lib/kept.txt': 'kept\n' } },
    );
    project.git('sparse-checkout', 'set', 'src', 'parallel');
    assert.ok(!existsSync(path.join(project.root, 'docs/old.txt')));
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
      // Outside of what is checked out: git hides such a file from a plain `git add`.
      if (call.slice === 'A1') call.write('docs/A1.txt', 'A1\n');
      await call.exit(0);
    });
    await ran();
    await integrated();
    assert.deepEqual(project.files(branch('integration')), [
      'docs/A1.txt',
      'docs/old.txt',
      'lib/kept.txt',
      'src/A1.txt',
      'src/B1.txt',
      'src/start.txt',
    ]);
    assert.ok(!existsSync(path.join(project.root, 'docs')));
  });

  test('a submodule stays what it is, and its worktree can be cleaned away', async () => {
    project = await Project.create(ONE, {
      beforeCommit: (made) => {
        const other = path.join(made.home, 'other');
        mkdirSync(other);
        made.gitIn(other, 'init', '--quiet');
        writeFileSync(path.join(other, 'part.txt'), 'part\n');
        made.gitIn(other, 'add', '--all');
        made.gitIn(other, 'commit', '--quiet', '-m', 'part');
        made.git('submodule', '--quiet', 'add', other, 'vendor/part');
      },
    });
    await ran();
    await integrated();
    assert.match(project.git('ls-tree', branch('integration'), 'vendor/part'), /^160000 commit /);
    const cleaned = await project.cli('clean', project.planDir, '--yes');
    assert.equal(cleaned.code, 0, cleaned.err);
    assert.ok(!existsSync(project.worktree('A1')), cleaned.out);
  });

  test('commands given inside a slice’s worktree, or below it, mean the plan of the repository', async () => {
    project = await Project.create(ONE, { beforeCommit: (made) => made.write('parallel/readme.txt', 'plans\n') });
    project.git('add', 'parallel');
    project.git('commit', '--quiet', '-m', 'the plan is versioned');
    await ran();
    const inside = path.join(project.worktree('A1'), 'src');
    for (const named of [[], [project.planDir], [project.planId]]) {
      const { code, out, err } = await project.start(['status', ...named], { cwd: inside }).finished;
      assert.equal(code, 0, `${named.join(' ')}: ${err}`);
      assert.match(out, /done \(1 of 1 slices\)/);
    }
    assert.ok(!existsSync(path.join(project.worktree('A1'), '.agent-runs')), 'state was written into a worktree');
  });

  test('.worktreeinclude brings what is ignored and named, and nothing else, and never into a commit', async () => {
    project = await Project.create(ONE, {
      files: { '.gitignore': '.env\nsecret.key\nbuild/\n', '.worktreeinclude': '.env\nbuild/cache/\nnotes.txt\n' },
    });
    project.write('.env', 'TOKEN=1\n');
    project.write('secret.key', 'never\n');
    project.write('build/cache/données 1.bin', 'cached\n');
    project.write('build/out.js', 'never\n');
    project.write('notes.txt', 'untracked, but not ignored\n');
    let seen: Record<string, boolean> = {};
    project.on('agent', async (call) => {
      seen = Object.fromEntries(
        ['.env', 'build/cache/données 1.bin', 'secret.key', 'build/out.js', 'notes.txt'].map((file) => [
          file,
          existsSync(path.join(call.cwd, file)),
        ]),
      );
      call.write('src/A1.txt', 'A1\n');
      await call.exit(0);
    });
    await ran();
    assert.deepEqual(seen, {
      '.env': true,
      'build/cache/données 1.bin': true,
      'secret.key': false,
      'build/out.js': false,
      'notes.txt': false,
    });
    assert.deepEqual(project.files(branch('A1')), ['.gitignore', '.worktreeinclude', 'src/A1.txt', 'src/start.txt']);
  });

  test('checks take packages from their own set-up: none from above, none that was changed after it', async () => {
    project = await Project.create(
      { slices: [{ id: 'A1', verify: [fake('check')] }], setup: [fake('setup')] },
      { files: { '.gitignore': 'node_modules/\n' } },
    );
    const shared = path.join(`${project.root}.worktrees`, 'node_modules');
    mkdirSync(shared, { recursive: true });
    const seen: { readonly dir: string; readonly text: string }[] = [];
    project.on('setup', async (call) => {
      call.write('node_modules/lib/index.txt', 'installed\n');
      await call.exit(0);
    });
    project.on('check', async (call) => {
      seen.push({ dir: call.cwd, text: readFileSync(path.join(call.cwd, 'node_modules/lib/index.txt'), 'utf8') });
      await call.exit(existsSync(path.join(call.cwd, 'src/A1.txt')) ? 0 : 1);
    });
    project.on('agent', async (call) => {
      for (const { dir } of seen) writeFileSync(path.join(dir, 'node_modules/lib/index.txt'), 'changed by the agent\n');
      call.write('src/A1.txt', 'A1\n');
      await call.exit(0);
    });
    await ran();
    assert.equal(seen.length, 2, 'on the base, and at the gate');
    for (const { dir, text } of seen) {
      assert.equal(text, 'installed\n');
      for (let at = path.dirname(dir); at !== path.dirname(at); at = path.dirname(at))
        assert.ok(!existsSync(path.join(at, 'node_modules')), `${dir} lies below packages of ${at}`);
    }
    const cleaned = await project.cli('clean', project.planDir, '--yes');
    assert.match(cleaned.out, /2 of 2 worktrees can go/);
    assert.ok(!existsSync(seen[0]?.dir ?? ''), cleaned.out);
  });

  test('a terminal shows no more of a secret than a trace does', async () => {
    project = await Project.create(ONE, { files: { '.gitignore': '.env\n' } });
    project.write('.env', 'SERVICE_PASSWORD=hunter2-correct-horse\n');
    project.on('agent', async (call) => {
      call.print('```json\n{"status": "NEEDS_INPUT", "question": "Is hunter2-correct-horse right?"}\n```\n');
      await call.exit(0);
    });
    const { out, err } = await project.run();
    assert.match(out, /Is \[redacted\] right\?/);
    assert.doesNotMatch(`${out}${err}`, /hunter2/);
  });

  test('a set-up that fails is a failed attempt without an agent, and is made again before one starts', async () => {
    project = await Project.create({ ...ONE, setup: [fake('setup')] });
    let works = false;
    project.on('setup', async (call) => {
      if (!works) call.print('registry: no such package\n');
      await call.exit(works ? 0 : 4);
    });
    await ran(1);
    const [slice] = (await project.status()).slices;
    assert.equal(slice?.failure?.reason, 'setup-failed');
    assert.match(slice?.failure?.detail ?? '', /no such package/);
    assert.deepEqual(project.callsOf('agent'), []);
    works = true;
    await ran();
    assert.deepEqual(
      project.calls.map((call) => call.role),
      // That which failed, that of the worktree, and that of the checkout in which the check is tried on the base.
      ['setup', 'setup', 'setup', 'agent'],
    );
  });

  test('a file that was only made executable has changed, and is judged by the scope', async () => {
    project = await Project.create(ONE);
    project.on('agent', async (call) => {
      call.write('src/A1.txt', 'A1\n');
      chmodSync(path.join(call.cwd, 'src/start.txt'), 0o755);
      await call.exit(0);
    });
    await ran(3);
    const [slice] = (await project.status()).slices;
    assert.deepEqual(slice?.stop?.paths, ['src/start.txt']);
    const reverted = await project.cli('retry', project.planDir, 'A1', '--revert');
    assert.equal(reverted.code, 0, reverted.err);
    project.on('agent', (call) => call.exit(0));
    await ran();
    assert.match(project.git('ls-tree', branch('A1'), 'src/start.txt'), /^100644 /);
  });

  test('a machine that does not know who the person is still runs, integrates and merges', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }, { id: 'B1' }] });
    writeFileSync(
      path.join(project.home, 'gitconfig'),
      '[user]\n\tuseConfigOnly = true\n[init]\n\tdefaultBranch = main\n',
    );
    await ran();
    await integrated();
    // The person's branch moved on meanwhile, so that `--into` has to merge.
    const tree = project.git('write-tree');
    const ahead = project.git(
      '-c',
      'user.name=P',
      '-c',
      'user.email=p@example.com',
      'commit-tree',
      tree,
      '-p',
      'HEAD',
      '-m',
      'meanwhile',
    );
    project.git('update-ref', 'refs/heads/main', ahead);
    await integrated('--into', 'main');
    assert.ok(existsSync(path.join(project.root, 'src/A1.txt')));
    assert.equal(project.git('merge-base', 'main', ahead), ahead);
  });

  test('slices of one workstream share a worktree, one after the other, each on its own branch', async () => {
    project = await Project.create({
      slices: [{ id: 'A1', workstream: 'WS-A' }, { id: 'A2', workstream: 'WS-A' }, { id: 'B1' }],
    });
    let busy = 0;
    let most = 0;
    project.on('agent', async (call) => {
      if (call.cwd === project.worktree('WS-A')) most = Math.max(most, ++busy);
      call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
      if (call.slice === 'A1')
        await until('B1 is verified', () => project.events().some((e) => e.slice === 'B1' && e.type === 'committed'));
      if (call.cwd === project.worktree('WS-A')) busy--;
      await call.exit(0);
    });
    await ran();
    assert.equal(most, 1);
    const places = project.calls
      .filter((call) => call.role === 'agent')
      .map((call) => `${call.slice} ${path.basename(call.cwd)}`);
    assert.deepEqual(places.toSorted(), ['A1 WS-A', 'A2 WS-A', 'B1 B1']);
    for (const id of ['A1', 'A2', 'B1']) assert.ok(project.files(branch(id)).includes(`src/${id}.txt`), id);
  });

  test('clean keeps what is nowhere else: the work of a stopped slice, and what a person left in a worktree', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }, { id: 'B1' }, { id: 'C1' }, { id: 'D1' }] });
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
      if (call.slice === 'B1') call.write('elsewhere.txt', 'B1\n');
      await call.exit(0);
    });
    await ran(3);
    writeFileSync(path.join(project.worktree('C1'), 'notes.txt'), 'by hand\n');
    rmSync(project.worktree('D1'), { recursive: true });
    // A commit that no branch knows.
    project.gitIn(project.worktree('A1'), 'checkout', '--quiet', '--detach');
    writeFileSync(path.join(project.worktree('A1'), 'src/A1.txt'), 'by hand\n');
    project.gitIn(project.worktree('A1'), 'commit', '--quiet', '--all', '-m', 'by hand');
    const detached = project.gitIn(project.worktree('A1'), 'rev-parse', 'HEAD');

    const shown = await project.cli('clean', project.planDir);
    assert.equal(shown.code, 0);
    assert.match(shown.out, /7 of 8 worktrees can go/);
    assert.ok(existsSync(project.worktree('A1')), 'it was removed without being asked');
    const { code, out, err } = await project.cli('clean', project.planDir, '--yes');
    assert.equal(code, 0, `${out}\n${err}`);
    assert.ok(!existsSync(project.worktree('A1')));
    assert.ok(existsSync(path.join(project.worktree('B1'), 'elsewhere.txt')), 'a slice that waits lost its worktree');

    assert.deepEqual(project.git('worktree', 'list', '--porcelain').match(/^worktree .*$/gm), [
      `worktree ${project.root}`,
      `worktree ${project.worktree('B1')}`,
    ]);
    const snapshot = (id: string): string =>
      project
        .git('for-each-ref', '--format=%(refname)', 'refs/slicewave/runs')
        .split('\n')
        .find((name) => /clean-/.test(name) && name.endsWith(id)) ?? '';
    assert.equal(project.git('show', `${snapshot('C1')}:notes.txt`), 'by hand');
    assert.equal(project.git('merge-base', snapshot('A1'), detached), detached);
    assert.equal(project.git('show', `${branch('A1')}:src/A1.txt`), 'A1');
  });

  test('a file that the scope wants and git ignores is told of before, and no cleaning takes it away', async () => {
    project = await Project.create(ONE, { files: { '.gitignore': 'src/A1.txt\n' } });
    const checked = await project.cli('validate', project.planDir);
    assert.match(checked.out, /task\.create-ignored git ignores src\/A1\.txt/);
    project.on('agent', async (call) => {
      call.write('src/A1.txt', 'A1\n');
      await call.exit(0);
    });
    await ran(3);
    assert.equal((await project.cli('skip', project.planDir, 'A1')).code, 0);
    const cleaned = await project.cli('clean', project.planDir, '--yes');
    assert.match(cleaned.out, /keep .*A1 .*was to create src\/A1\.txt, which git ignores/);
    assert.ok(existsSync(path.join(project.worktree('A1'), 'src/A1.txt')), cleaned.out);
  });

  test('the base of a slice has the same id, however often and wherever it is made', async () => {
    const plan: PlanShape = { slices: [{ id: 'A1' }, { id: 'B1' }, { id: 'C1', deps: ['A1', 'B1'] }] };
    project = await Project.create(plan);
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
      // The first attempt at C1 fails, so that its base is made twice.
      const first = project.callsOf('agent').filter((id) => id === 'C1').length === 1;
      await call.exit(call.slice === 'C1' && first ? 1 : 0);
    });
    await ran();
    const bases = project
      .events()
      .filter((e) => e.slice === 'C1' && e.type === 'base')
      .map((e) => String(e.event['commit']));
    assert.equal(bases.length, 2);
    assert.equal(bases[0], bases[1]);
    assert.equal(
      project.git('show', '-s', '--format=%cI', bases[0] ?? ''),
      project.git('show', '-s', '--format=%cI', 'main'),
    );
    assert.equal(project.git('rev-parse', `${branch('C1')}^`), bases[0]);
  });

  test('integrating again names the same slice as the first time', async () => {
    const lonely = `'${process.execPath}' -e "process.exit(fs.existsSync('src/B1.txt') && fs.existsSync('src/A1.txt') ? 1 : 0)"`;
    project = await Project.create({ slices: [{ id: 'A1', verify: [lonely] }, { id: 'B1' }, { id: 'C1' }] });
    await ran();
    const named: (string | undefined)[] = [];
    for (let i = 0; i < 2; i++) {
      const report = await project.json<{ state: string; failing: readonly { slice: string }[] }>(
        'integrate',
        project.planDir,
      );
      assert.equal(report.state, 'failed');
      named.push(report.failing[0]?.slice);
    }
    assert.deepEqual(named, ['B1', 'B1']);
  });

  test('--into a branch that moved on merges, checked out or not, and refuses where it conflicts', async () => {
    project = await Project.create(ONE);
    await ran();
    for (const [name, files] of [
      ['apart', { 'other.txt': 'other\n' }],
      ['clash', { 'src/A1.txt': 'another A1\n' }],
    ] as const) {
      project.git('checkout', '--quiet', '-b', name);
      for (const [file, text] of Object.entries(files)) project.write(file, text);
      project.git('add', 'src', ...Object.keys(files));
      project.git('commit', '--quiet', '-m', name);
      project.git('checkout', '--quiet', 'main');
    }
    await integrated('--into', 'apart');
    assert.deepEqual(
      project.files('apart').filter((file) => !file.startsWith('parallel')),
      ['other.txt', 'src/A1.txt', 'src/start.txt'],
    );
    assert.equal(project.git('branch', '--show-current'), 'main');

    const before = project.git('rev-parse', 'clash');
    const refused = await project.cli('integrate', project.planDir, '--into', 'clash');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /clash was not moved: it conflicts in src\/A1\.txt/);
    project.git('checkout', '--quiet', 'clash');
    const again = await project.cli('integrate', project.planDir, '--into', 'clash');
    assert.equal(again.code, 1);
    assert.match(again.err, /clash was not moved/);
    assert.equal(project.git('rev-parse', 'clash'), before);
    assert.equal(project.git('status', '--porcelain', '--untracked-files=no'), '');
    assert.equal(project.read('src/A1.txt'), 'another A1\n');
    const nowhere = await project.cli('integrate', project.planDir, '--into', 'nowhere');
    assert.match(nowhere.err, /there is no branch nowhere\n {2}Make it first/);
  });

  test('what a failing check leaves behind is not blamed on the next attempt', async () => {
    project = await Project.create({ slices: [{ id: 'A1', verify: [fake('check')] }] });
    let checks = 0;
    project.on('check', async (call: Call) => {
      checks++;
      call.write('coverage/report.txt', '100 %\n');
      rmSync(path.join(call.cwd, 'src/start.txt'), { force: true });
      // Fails on the base, and once on the slice.
      await call.exit(checks > 2 ? 0 : 1);
    });
    await ran();
    assert.equal((await project.status()).slices[0]?.attempt, 2);
    assert.deepEqual(project.files(branch('A1')), ['src/A1.txt', 'src/start.txt']);
  });
});
