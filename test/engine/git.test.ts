import { strict as assert } from 'node:assert';
import { mkdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createHook } from 'node:async_hooks';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Blobs } from '../../src/node/git/blobs.ts';
import { changesBetween, treeOfWorktree } from '../../src/node/git/changes.ts';
import { Git, GitError } from '../../src/node/git/git.ts';
import { openRepository } from '../../src/node/git/repository.ts';
import { ensureWorktree, listWorktrees } from '../../src/node/git/worktree.ts';
import { Project } from './fixture.ts';

suite('Git beside another git', () => {
  let project: Project;

  setup(async () => {
    project = await Project.create({ slices: [{ id: 'S1' }] });
  });

  teardown(() => project.close());

  /** What stands in the git directory while `git worktree add` is in the middle of its work. */
  function halfMade(): string {
    const admin = path.join(project.root, '.git/worktrees/half');
    mkdirSync(admin, { recursive: true });
    writeFileSync(path.join(admin, 'gitdir'), `${path.join(project.home, 'half/.git')}\n`);
    writeFileSync(path.join(admin, 'HEAD'), `${project.git('rev-parse', 'HEAD')}\n`);
    writeFileSync(path.join(admin, 'commondir'), '');
    return admin;
  }

  test('a worktree that is just being made is waited for', async () => {
    const admin = halfMade();
    const listing = new Git(project.root).fields(['worktree', 'list', '--porcelain', '-z']);
    let settled = false;
    void listing.then(() => (settled = true)).catch(() => (settled = true));
    await delay(150);
    assert.equal(settled, false);
    writeFileSync(path.join(admin, 'commondir'), '../..\n');
    assert.ok((await listing).includes(`worktree ${path.join(project.home, 'half')}`));
  });

  test('a command that prints nothing has ended when git has', async () => {
    const waits: (number | undefined)[] = [];
    const real = globalThis.setTimeout;
    globalThis.setTimeout = Object.assign((...given: Parameters<typeof real>) => {
      waits.push(given[1]);
      return real(...given);
    }, real);
    try {
      const git = new Git(project.root);
      assert.equal((await git.run(['update-ref', 'refs/slicewave/quiet', 'HEAD'])).stdout, '');
      assert.equal((await git.run(['config', '--get', 'no.such'], { accept: [1] })).exitCode, 1);
    } finally {
      globalThis.setTimeout = real;
    }
    // What is left is the limit of each command.
    assert.deepEqual(
      waits.filter((ms) => (ms ?? 0) < 60_000),
      [],
    );
  });

  test('blobs that are expected are read with the first, and none is read twice', async () => {
    project.write('src/one.txt', 'one\n');
    project.write('src/large.txt', `${'large '.repeat(20)}\n`);
    project.git('add', '--all');
    project.git('commit', '--quiet', '--message=blobs');
    const tree = project.git('rev-parse', 'HEAD^{tree}');
    const [start, one, large, none] = ['start', 'one', 'large', 'none'].map((name) => `${tree}:src/${name}.txt`);
    assert.ok(start && one && large && none);
    const blobs = new Blobs(new Git(project.root));
    blobs.expect([start, one, large, none], 50);
    const texts = async (names: readonly string[], most: number): Promise<unknown> =>
      [...(await blobs.read(names, most))].map(([name, bytes]) => [name, bytes?.toString() ?? null]);
    assert.deepEqual(await texts([start], 50), [[start, 'start\n']]);
    assert.deepEqual(await texts([large], 50), [[large, null]]);
    assert.deepEqual(await texts([large], 500), [[large, `${'large '.repeat(20)}\n`]]);
    rmSync(path.join(project.root, '.git/objects'), { recursive: true });
    assert.deepEqual(await texts([none, one, start, large], 500), [
      [one, 'one\n'],
      [start, 'start\n'],
      [large, `${'large '.repeat(20)}\n`],
    ]);
    assert.deepEqual(await texts([one], 2), [[one, null]]);
  });

  test('blobs whose names have line ends are found among those that have none, whatever is missing', async () => {
    project.write('src/two\nlines.txt', 'two\n');
    project.write('src/last.txt', 'last\n');
    project.git('add', '--all');
    project.git('commit', '--quiet', '--message=names');
    const tree = project.git('rev-parse', 'HEAD^{tree}');
    const names = ['gone\nmissing', 'two\nlines.txt', 'gone', 'gone\nblob 3 x\n', 'last.txt'].map(
      (name) => `${tree}:src/${name}`,
    );
    const read = [...(await new Blobs(new Git(project.root)).read(names, 50))];
    assert.deepEqual(
      read.map(([name, bytes]) => [name, bytes?.toString()]),
      [
        [names[1], 'two\n'],
        [names[4], 'last\n'],
      ],
    );
  });

  test('where links lead is asked of git at once', async () => {
    mkdirSync(path.join(project.root, 'src/links'));
    for (let i = 0; i < 40; i++) symlinkSync(`../start-${i}.txt`, path.join(project.root, `src/links/l${i}`));
    const git = new Git(project.root);
    const tree = await treeOfWorktree(git);
    let started = 0;
    const processes = createHook({ init: (_id, type) => void (type === 'PROCESSWRAP' && started++) }).enable();
    const changes = await changesBetween(git, 'HEAD', tree).finally(() => processes.disable());
    assert.equal(started, 3);
    assert.deepEqual(
      changes.flatMap(({ linkTarget }) => linkTarget ?? []).toSorted(),
      Array.from({ length: 40 }, (_, i) => `../start-${i}.txt`).toSorted(),
    );
  });

  test('a worktree is made although another one is just being made', async () => {
    const repository = await openRepository(project.root);
    assert.ok(repository.ok);
    const admin = halfMade();
    const made = ensureWorktree(repository.value, {
      path: path.join(project.home, 'mine'),
      branch: 'slicewave/test/mine',
      base: project.git('rev-parse', 'HEAD'),
      mode: 'fresh',
      ours: false,
      snapshot: () => Promise.resolve(''),
    });
    await delay(100);
    rmSync(admin, { recursive: true });
    const result = await made;
    assert.ok(result.ok && result.value.created);
    const branches = (await listWorktrees(repository.value)).map((entry) => entry.branch);
    assert.ok(branches.includes('slicewave/test/mine'));
  });

  test('what was written in the second of the checkout is seen, even when the size is the same', async () => {
    project.git('config', 'core.trustctime', 'false');
    const file = path.join(project.root, 'src/start.txt');
    const then = new Date(1_700_000_000_000);
    utimesSync(file, then, then);
    project.git('update-index', '--refresh');
    utimesSync(path.join(project.root, '.git/index'), then, then);
    writeFileSync(file, 'START\n');
    utimesSync(file, then, then);
    const tree = await treeOfWorktree(new Git(project.root));
    assert.equal(project.git('show', `${tree}:src/start.txt`), 'START');
  });

  test('the copy of an index is never younger than the index', async () => {
    const index = path.join(project.root, '.git/index');
    for (const seconds of [1_700_000_000.9999, 1_700_000_000.0006, 1_700_000_000]) {
      utimesSync(index, seconds, seconds);
      const copied = await new Git(project.root).withIndex(index, async (copy) => (await stat(copy)).mtimeMs);
      assert.ok(copied <= statSync(index).mtimeMs && copied > 0, `${copied}`);
    }
  });

  test('one that stays half made is an error that names it', async () => {
    halfMade();
    await assert.rejects(
      new Git(project.root).run(['worktree', 'list']),
      (error) => error instanceof GitError && /worktrees\/half\/commondir/.test(error.stderr),
    );
  });

  test('a machine without a name for the user still makes commits', async () => {
    writeFileSync(path.join(project.home, 'gitconfig'), '[user]\n\tuseConfigOnly = true\n');
    const known = process.env['GIT_CONFIG_GLOBAL'];
    process.env['GIT_CONFIG_GLOBAL'] = path.join(project.home, 'gitconfig');
    try {
      const git = new Git(project.root);
      const commit = await git.commitTree(await git.treeOf('HEAD'), [], 'alone');
      assert.equal(project.git('show', '-s', '--format=%an <%ae> %s', commit), 'Slicewave <slicewave@localhost> alone');
    } finally {
      if (known === undefined) delete process.env['GIT_CONFIG_GLOBAL'];
      else process.env['GIT_CONFIG_GLOBAL'] = known;
    }
  });
});
