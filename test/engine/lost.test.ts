import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { fake, Project, until, type Call } from './fixture.ts';

/** What was lost, or wrongly called done, when agents, people and machines did what they do. */
const preload = `--import=${pathToFileURL(path.join(import.meta.dirname, 'throws-at.mjs')).href}`;

suite('nothing is lost, and nothing is called done that is not', () => {
  let project: Project;

  teardown(async () => {
    await project.close();
  });

  const notesOf = (slice: string): string =>
    project
      .events()
      .filter((event) => event.slice === slice && event.type === 'note')
      .map(({ event }) => JSON.stringify(event['note']))
      .join('\n');

  const sliceOf = async (id: string) => (await project.status()).slices.find((slice) => slice.id === id);

  test('Ctrl-C right after a launch: the runner belongs to who launched it, and nothing goes on without them', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }] });
    const first = project.startRun();
    await until('a runner is there', () => project.processes().some(({ command }) => / exec /.test(command)));
    process.kill(first.child.pid ?? 0, 'SIGINT');
    const { code, out } = await first.finished;
    assert.equal(code, 130, out);
    assert.deepEqual(project.processes(), []);
    assert.ok(!['verified', 'running'].includes((await sliceOf('A1'))?.state ?? ''), out);
    const again = await project.run();
    assert.equal(again.code, 0, again.out);
    assert.equal((await sliceOf('A1'))?.state, 'verified');
  });

  test('Ctrl-C while the integration sets its checkout up: 130, nothing left running, no report of a failure', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }], setup: [fake('setup')] });
    assert.equal((await project.run()).code, 0);
    const holding = project.hold('setup');
    const integrating = project.start(['integrate', project.planDir]);
    await holding;
    process.kill(integrating.child.pid ?? 0, 'SIGINT');
    const { code, out, err } = await integrating.finished;
    assert.equal(code, 130, `${out}${err}`);
    assert.deepEqual(project.processes(), []);
    assert.ok(!existsSync(path.join(project.root, project.planDir, 'integration-report.md')));
    assert.equal((await project.cli('integrate', project.planDir)).code, 0);
  });

  test('a merge, a rebase or a HEAD on no branch that an agent left is cleared before the next attempt, with its work', async () => {
    project = await Project.create({
      slices: ['A1', 'B1', 'C1'].map((id) => ({ id, verify: [`grep -q good src/${id}.txt`] })),
    });
    const seen: Record<string, string> = {};
    const found: Record<string, string> = {};
    const git = (call: Call, ...args: readonly string[]): string => {
      try {
        return project.gitIn(call.cwd, ...args);
      } catch {
        return 'failed';
      }
    };
    const attempts = new Map<string, number>();
    project.on('agent', async (call) => {
      const id = call.slice;
      const attempt = (attempts.get(id) ?? 0) + 1;
      attempts.set(id, attempt);
      if (attempt > 1) {
        seen[id] = git(call, 'status');
        found[id] = project.gitIn(call.cwd, 'hash-object', `src/${id}.txt`);
        call.write(`src/${id}.txt`, 'good\n');
        await call.exit(0);
        return;
      }
      const commit = (text: string): void => {
        call.write(`src/${id}.txt`, text);
        git(call, 'add', '--all');
        git(call, 'commit', '--quiet', '-m', text.trim());
      };
      commit('one\n');
      const own = git(call, 'branch', '--show-current');
      if (id === 'C1') git(call, 'checkout', '--quiet', '--detach');
      else {
        git(call, 'checkout', '--quiet', '--detach', 'HEAD~1');
        commit('two\n');
        const two = git(call, 'rev-parse', 'HEAD');
        git(call, 'checkout', '--quiet', own);
        assert.equal(git(call, id === 'A1' ? 'merge' : 'rebase', two), 'failed', 'there was nothing to be stuck in');
      }
      call.write(`src/${id}.txt`, `half of ${id}\n`);
      await call.exit(0);
    });
    const { code, out } = await project.run();
    assert.equal(code, 0, out);
    for (const [id, what] of [
      ['A1', /left a merge behind/],
      ['B1', /left a rebase behind/],
      ['C1', /left a HEAD that is on no branch/],
    ] as const) {
      assert.match(notesOf(id), what);
      assert.match(seen[id] ?? '', new RegExp(`^On branch slicewave/${project.planId}/${id}\n`));
      assert.doesNotMatch(seen[id] ?? '', /merging|rebas|unmerged/i);
      writeFileSync(path.join(project.home, 'half'), `half of ${id}\n`);
      assert.equal(found[id], project.git('hash-object', path.join(project.home, 'half')), 'the work was lost');
    }
  });

  test('a worktree that its own agent took away is named as that', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }, { id: 'B1' }] });
    let isGone = false;
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, 'x\n');
      if (call.slice === 'A1' && !isGone) rmSync(call.cwd, { recursive: true, force: true });
      isGone ||= call.slice === 'A1';
      await call.exit(0);
    });
    assert.equal((await project.run('--only', 'A1')).code, 3);
    const stop = (await sliceOf('A1'))?.stop;
    assert.equal(stop?.condition, 'worktree-replaced');
    assert.match(stop?.detail ?? '', /the worktree \S+TS-1-shop\/A1 is gone/);
    assert.equal((await project.cli('retry', project.planDir, 'A1')).code, 0);
    const again = await project.run();
    assert.equal(again.code, 0, again.out);
  });

  test('a runner that dies twice at the same point stops the slice, says why, and costs no second agent', async () => {
    project = await Project.create({ slices: [{ id: 'A1' }, { id: 'B1' }] });
    project.on('agent', async (call) => {
      if (call.slice === 'A1') call.write('src/A1.txt', 'A1\n');
      else call.write('src/B1.txt', 'B1\n');
      await call.exit(0);
    });
    const args = ['run', project.planDir, '--only', 'A1', '--agent', 'command', '--agent-command', fake('agent')];
    const broken = await project.start(args, { env: { NODE_OPTIONS: preload, SLICEWAVE_TEST_THROW_AT: 'diff.patch' } })
      .finished;
    assert.equal(broken.code, 3, `${broken.out}${broken.err}`);
    const stop = (await sliceOf('A1'))?.stop;
    assert.equal(stop?.condition, 'runner-died');
    assert.match(
      stop.detail,
      /died twice while its scope was checked: it ended with exit code \d+: RangeError: Invalid/,
    );
    assert.deepEqual(project.callsOf('agent'), ['A1']);
    assert.equal(project.runIds().filter((id) => id.includes('-A1-')).length, 2);

    // Nobody starts it again by themselves, and the others go on.
    assert.equal((await project.run()).code, 3);
    assert.deepEqual(project.callsOf('agent'), ['A1', 'B1']);
    assert.equal((await project.cli('retry', project.planDir, 'A1')).code, 0);
    const again = await project.run();
    assert.equal(again.code, 0, again.out);
    assert.deepEqual(project.callsOf('agent'), ['A1', 'B1'], 'the work that was done is only checked');
  });

  test('a disk that is full when the commit is recorded takes nothing back, and nothing is committed twice', async () => {
    project = await Project.create({
      slices: [{ id: 'A1' }, { id: 'B1' }, { id: 'C1' }],
      mergePoints: [{ id: 'MP1', needs: ['A1', 'B1'], unlocks: ['C1'], verify: ['test -s src/A1.txt'] }],
    });
    const env = { NODE_OPTIONS: preload, SLICEWAVE_TEST_THROW_AT: 'trace.json', SLICEWAVE_TEST_FULL_AT: 'committed' };
    const args = ['run', project.planDir, '--agent', 'command', '--agent-command', fake('agent')];
    const full = await project.start(args, { env }).finished;
    assert.equal(full.code, 0, `${full.out}${full.err}`);
    assert.equal((await project.run()).code, 0);
    const committed = project.events().filter(({ type }) => type === 'committed');
    assert.deepEqual(committed.map(({ slice }) => slice).toSorted(), ['A1', 'B1', 'C1', 'MP1']);
  });

  test('110 MiB of build output in scope is a question, and what a person approves is committed', async () => {
    project = await Project.create({ slices: [{ id: 'A1', create: ['src/A1.txt', 'src/out/**'] }] });
    project.on('agent', async (call) => {
      call.write('src/A1.txt', 'A1\n');
      for (let part = 0; part < 11; part++) call.write(`src/out/part-${part}.bin`, '\0'.repeat(10 << 20));
      await call.exit(0);
    });
    assert.equal((await project.run()).code, 3);
    const stop = (await sliceOf('A1'))?.stop;
    assert.equal(stop?.condition, 'unexpected-scope');
    assert.match(stop.detail, /src\/out\/part-\d+\.bin \(10 MiB\): larger than sources are/);
    assert.equal(stop.paths.length, 2);
    assert.equal((await project.cli('approve', project.planDir, 'A1')).code, 0);
    const again = await project.run();
    assert.equal(again.code, 0, again.out);
    assert.ok(project.files(`slicewave/${project.planId}/A1`).includes('src/out/part-10.bin'));
  });

  suite('decisions that cannot be read', () => {
    let file: string;

    setup(async () => {
      project = await Project.create({ slices: [{ id: 'A1' }, { id: 'B1', deps: ['A1'] }] });
      assert.equal((await project.run('--only', 'A1')).code, 0);
      file = path.join(project.runsDir, 'plans', `${project.planId}.jsonl`);
      // What the plan started from is no longer where the branch is.
      project.write('src/later.txt', 'later\n');
      project.git('add', 'src/later.txt');
      project.git('commit', '--quiet', '-m', 'later');
    });

    const goesOn = async (): Promise<void> => {
      const { code, out, err } = await project.run();
      assert.equal(code, 0, `${out}${err}`);
      assert.deepEqual(project.callsOf('agent'), ['A1', 'B1'], 'somebody was paid twice');
      const commit = project.commit(`slicewave/${project.planId}/B1`) ?? '';
      assert.deepEqual(
        project.files(commit).filter((name) => name.startsWith('src/')),
        ['src/A1.txt', 'src/B1.txt', 'src/start.txt'],
        'it stands on another base than the one that the plan started from',
      );
      assert.equal((await project.cli('integrate', project.planDir)).code, 0);
    };

    for (const [name, torn] of [
      ['a torn first line', (lines: readonly string[]) => [lines[0]?.slice(0, 30) ?? '', ...lines.slice(1)]],
      ['every line torn', (lines: readonly string[]) => lines.map((line) => line.slice(0, 30))],
      ['nothing but half a line', (lines: readonly string[]) => [lines[0]?.slice(0, 30) ?? '']],
    ] as const)
      test(`${name}: said, and the plan goes on from what its runs tell`, async () => {
        const lines = readFileSync(file, 'utf8').split('\n');
        writeFileSync(file, torn(lines).join('\n'));
        const { slices, warnings, state } = await project.status();
        assert.equal(slices[0]?.state, 'verified');
        assert.notEqual(state, 'not-started');
        assert.ok(warnings.some(({ kind, paths }) => kind === 'evidence' && paths[0]?.endsWith('TS-1-shop.jsonl')));
        await goesOn();
      });

    test('a file that cannot be read: nobody is paid, it is said with what to do, and nothing is lost when it is back', async () => {
      renameSync(file, `${file}.away`);
      mkdirSync(file);
      const { slices, warnings } = await project.status();
      assert.equal(slices[0]?.state, 'verified');
      assert.ok(warnings.some(({ summary }) => /TS-1-shop\.jsonl cannot be read \(EISDIR\)/.test(summary)));
      for (const args of [
        ['run', project.planDir],
        ['skip', project.planDir, 'B1'],
      ]) {
        const refused = await project.cli(...args);
        assert.equal(refused.code, 1);
        assert.match(refused.err, /TS-1-shop\.jsonl.*\n {2}Something else stands in the place of that file/);
        assert.doesNotMatch(refused.err, /\n\s+at /);
      }
      assert.deepEqual(project.callsOf('agent'), ['A1']);
      rmSync(file, { recursive: true });
      renameSync(`${file}.away`, file);
      await goesOn();
    });
  });

  suite('what git does not take', () => {
    /** The files of the ref in which it is kept. */
    const keptBeside = (): string[] => {
      const refs = project.git('for-each-ref', '--format=%(refname)', 'refs/slicewave/runs').split('\n');
      return refs.filter((ref) => ref.endsWith('-beside')).flatMap((ref) => project.files(ref));
    };

    for (const [name, isCommitted] of [
      ['without a commit', false],
      ['with a commit', true],
    ] as const)
      test(`a repository inside ${name} is kept byte for byte, asked about, and no cleaning takes it`, async () => {
        project = await Project.create({ slices: [{ id: 'A1', create: ['src/A1.txt', 'src/inner/**'] }] });
        project.on('agent', async (call) => {
          call.write('src/A1.txt', 'A1\n');
          call.write('src/inner/deep/work.txt', 'work\n');
          const inner = path.join(call.cwd, 'src/inner');
          project.gitIn(inner, 'init', '--quiet');
          if (isCommitted) {
            project.gitIn(inner, 'add', '--all');
            project.gitIn(inner, 'commit', '--quiet', '-m', 'inner');
          }
          await call.exit(0);
        });
        assert.equal((await project.run()).code, 3);
        const stop = (await sliceOf('A1'))?.stop;
        assert.equal(stop?.condition, 'unexpected-scope');
        assert.match(stop?.detail ?? '', /src\/inner is a repository of its own/);
        assert.ok(keptBeside().includes('src/inner/deep/work.txt'), keptBeside().join(' '));
        assert.ok(keptBeside().includes('src/inner/.git-kept/HEAD'));
        assert.match(notesOf('A1'), /kept in refs\/slicewave\/runs\/\S+-beside/);
        assert.equal((await project.cli('skip', project.planDir, 'A1')).code, 0);
        const cleaned = await project.cli('clean', project.planDir, '--yes');
        assert.equal(cleaned.code, 0, cleaned.err);
        assert.match(cleaned.out, /keep .*A1 .*src\/inner is a repository of its own/);
        assert.ok(existsSync(path.join(project.worktree('A1'), 'src/inner/deep/work.txt')));
      });

    test('a file that a filter refuses keeps no other file out, and the slice asks', async () => {
      project = await Project.create({ slices: [{ id: 'A1', create: ['src/A1.txt', 'src/more/**'] }] });
      project.git('config', 'filter.refuses.clean', 'false');
      project.git('config', 'filter.refuses.required', 'true');
      mkdirSync(path.join(project.root, '.git/info'), { recursive: true });
      writeFileSync(path.join(project.root, '.git/info/attributes'), 'src/more/3.txt filter=refuses\n');
      project.on('agent', async (call) => {
        for (const name of ['A1', 'more/1', 'more/2', 'more/3', 'more/4']) call.write(`src/${name}.txt`, `${name}\n`);
        await call.exit(0);
      });
      assert.equal((await project.run()).code, 3);
      const slice = await sliceOf('A1');
      assert.match(slice?.stop?.detail ?? '', /src\/more\/3\.txt is not taken by git \(.*filter 'refuses' failed\)/);
      assert.deepEqual(slice?.stop?.paths, ['src/more/3.txt']);
      assert.deepEqual(keptBeside(), ['src/more/3.txt']);
      assert.deepEqual(slice?.files_changed.toSorted(), [
        'src/A1.txt',
        'src/more/1.txt',
        'src/more/2.txt',
        'src/more/4.txt',
      ]);
      project.git('config', '--unset', 'filter.refuses.required');
      project.git('config', 'filter.refuses.clean', 'cat');
      assert.equal((await project.cli('approve', project.planDir, 'A1')).code, 0);
      const again = await project.run();
      assert.equal(again.code, 0, again.out);
    });

    for (const convert of ['true', 'input'])
      test(`line ends of any kind, with core.safecrlf and core.autocrlf=${convert}`, async () => {
        project = await Project.create({ slices: [{ id: 'A1', create: ['src/A1.txt', 'src/*.txt'] }] });
        project.git('config', 'core.safecrlf', 'true');
        project.git('config', 'core.autocrlf', convert);
        project.on('agent', async (call) => {
          call.write('src/A1.txt', 'unix\n');
          call.write('src/dos.txt', 'dos\r\n');
          call.write('src/mixed.txt', 'dos\r\nunix\n');
          await call.exit(0);
        });
        const { code, out } = await project.run();
        assert.equal(code, 0, out);
        assert.ok(project.files(`slicewave/${project.planId}/A1`).includes('src/mixed.txt'));
      });
  });
});
