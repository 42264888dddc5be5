import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {
  changesBetween,
  notTaken,
  patchBetween,
  putOnBranch,
  takeSnapshot,
  treeOfWorktree,
} from '../../src/node/git/changes.ts';
import { readIndex, type Git } from '../../src/node/git/git.ts';
import { gitEnvironment } from '../../src/node/git/hardening.ts';
import { WorktreeReplaced } from '../../src/node/git/place.ts';
import { nameRules, openRepository, type Repository } from '../../src/node/git/repository.ts';
import { planSettings, readSettings, settingsDrift, withSettings } from '../../src/node/git/settings.ts';
import { fillSubmodules, unkeptInSubmodules } from '../../src/node/git/submodules.ts';
import { ensureWorktree, removeCleanWorktree } from '../../src/node/git/worktree.ts';
import { environment } from '../../src/node/process/processes.ts';
import { Project } from './fixture.ts';

suite('git that nobody bends', () => {
  let project: Project;
  let repository: Repository;
  let worktree: string;
  let base: string;
  const config = process.env['GIT_CONFIG_GLOBAL'];

  setup(async () => {
    project = await Project.create({ slices: [{ id: 'S1' }] }, { files: { 'src/other.txt': 'other\n' } });
    process.env['GIT_CONFIG_GLOBAL'] = path.join(project.home, 'gitconfig');
    const opened = await openRepository(project.root);
    assert.ok(opened.ok);
    repository = opened.value;
    base = project.git('rev-parse', 'HEAD');
    worktree = path.join(project.home, 'made', 'S1');
    await planSettings(repository, 'T');
    const ready = await ensureWorktree(repository, request());
    assert.ok(ready.ok && ready.value.created);
    project.write('notes.txt', 'mine\n');
  });

  teardown(async () => {
    if (config === undefined) delete process.env['GIT_CONFIG_GLOBAL'];
    else process.env['GIT_CONFIG_GLOBAL'] = config;
    await project.close();
  });

  const request = () =>
    ({
      path: worktree,
      branch: 'slicewave/T/S1',
      base,
      mode: 'fresh',
      ours: true,
      snapshot: () => Promise.resolve(''),
    }) as const;

  const inside = (file: string): string => path.join(worktree, file);

  /** What the gate sees of the worktree: the changed paths, by the settings of the start. */
  async function seen(): Promise<readonly string[]> {
    const settings = await planSettings(repository, 'T');
    const { git, dispose } = await withSettings(repository.git.in(worktree), settings);
    try {
      const snapshot = await takeSnapshot(git, 'run', 'end', base);
      return (await changesBetween(git, base, snapshot.tree)).map((change) => change.path);
    } finally {
      await dispose();
    }
  }

  /** Nothing of the person's has moved, whatever was tried. */
  function primaryIsWhole(): void {
    assert.equal(project.git('rev-parse', 'HEAD'), base);
    assert.equal(project.git('branch', '--show-current'), 'main');
    assert.equal(project.read('notes.txt'), 'mine\n');
  }

  suite('a worktree that is not what it was', () => {
    const replaced: readonly (readonly [string, () => void, RegExp])[] = [
      ['a `.git` file that names the primary', () => rewrite(path.join(project.root, '.git')), /`\.git` file/],
      ['a `.git` that is a repository', () => ownRepository(), /a repository now/],
      ['a link to the primary', () => replaceByLink(project.root), /link to/],
      ['a directory that is gone', () => rmSync(worktree, { recursive: true }), /is gone/],
      ['another directory with the same `.git` file', () => replaceByCopy(), /another directory/],
      ['an index that is a link to the primary’s', () => linkIndex(), /index .* is a link/],
    ];
    for (const [name, bend, why] of replaced) {
      test(`${name}: no git there, nothing cleaned, reset, put back or removed`, async () => {
        bend();
        const git = repository.git.in(worktree);
        const isReplaced = (error: unknown): boolean =>
          error instanceof WorktreeReplaced && error.place === worktree && why.test(error.why);
        await assert.rejects(git.run(['clean', '-fdq']), isReplaced);
        await assert.rejects(git.run(['reset', '--hard']), isReplaced);
        await assert.rejects(putOnBranch(git, 'slicewave/T/S1', base), isReplaced);
        await assert.rejects(removeCleanWorktree(repository, worktree), isReplaced);
        primaryIsWhole();
      });
    }

    test('the work in it is kept where its directory is the one that was made', async () => {
      writeFileSync(inside('src/start.txt'), 'work\n');
      rewrite(path.join(project.root, '.git'));
      const { Git: Door } = await import('../../src/node/git/git.ts');
      const place = repository.worktrees.readableOf(worktree);
      const { git, dispose } = await withSettings(new Door(place), await planSettings(repository, 'T'));
      const snapshot = await takeSnapshot(git, 'kept', 'kept', base);
      await dispose();
      assert.equal(project.git('show', `${snapshot.commit}:src/start.txt`), 'work');
      assert.equal(project.git('rev-parse', `${snapshot.commit}^`), base);
      primaryIsWhole();
    });

    test('when the person goes on, it is put aside, and a new worktree stands in its place', async () => {
      replaceByLink(project.root);
      await assert.rejects(ensureWorktree(repository, request()), WorktreeReplaced);
      const ready = await ensureWorktree(repository, { ...request(), putAside: true });
      assert.ok(ready.ok && ready.value.created);
      assert.equal(readFileSync(inside('src/start.txt'), 'utf8'), 'start\n');
      primaryIsWhole();
    });

    test('a branch that is another name for the person’s does not move theirs', async () => {
      const tip = project.git('commit-tree', '-p', base, '-m', 'new', `${base}^{tree}`);
      project.git('symbolic-ref', 'refs/heads/slicewave/T/S1', 'refs/heads/main');
      await putOnBranch(repository.git.in(worktree), 'slicewave/T/S1', tip);
      primaryIsWhole();
      assert.equal(project.git('rev-parse', 'slicewave/T/S1'), tip);
    });

    test('an honest agent that commits, stashes and rebases in its worktree is not accused', async () => {
      writeFileSync(inside('src/start.txt'), 'work\n');
      project.gitIn(worktree, 'commit', '--quiet', '--all', '--message', 'work');
      writeFileSync(inside('src/start.txt'), 'more\n');
      project.gitIn(worktree, 'stash', '--quiet');
      project.gitIn(worktree, 'stash', 'pop', '--quiet');
      assert.deepEqual(await seen(), ['src/start.txt']);
      assert.deepEqual(settingsDrift(await planSettings(repository, 'T'), await readSettings(repository)), []);
      await putOnBranch(repository.git.in(worktree), 'slicewave/T/S1', base);
      await removeCleanWorktree(repository, worktree);
      assert.equal(existsSync(worktree), false);
    });
  });

  suite('what an agent sets', () => {
    const hidden: readonly (readonly [string, () => void, readonly string[], string])[] = [
      [
        'a filter that gives back the base',
        () => {
          project.gitIn(worktree, 'config', 'filter.f.clean', 'git cat-file blob HEAD:src/start.txt');
          writeFileSync(path.join(project.root, '.git/info/attributes'), 'src/start.txt filter=f\n');
          writeFileSync(inside('src/start.txt'), 'evil\n');
        },
        ['src/start.txt'],
        'filter.f.clean, info/attributes',
      ],
      [
        'an exclude',
        () => {
          appendFileSync(path.join(project.root, '.git/info/exclude'), 'src/hid.txt\n');
          writeFileSync(inside('src/hid.txt'), 'evil\n');
        },
        ['src/hid.txt'],
        'info/exclude',
      ],
      [
        'flags of the index',
        () => {
          project.gitIn(worktree, 'update-index', '--skip-worktree', 'src/start.txt');
          project.gitIn(worktree, 'update-index', '--assume-unchanged', 'src/other.txt');
          writeFileSync(inside('src/start.txt'), 'evil\n');
          writeFileSync(inside('src/other.txt'), 'evil\n');
        },
        ['src/other.txt', 'src/start.txt'],
        '',
      ],
      [
        'file times that are put back',
        () => {
          project.gitIn(worktree, 'config', 'core.trustctime', 'false');
          const then = new Date(1_700_000_000_000);
          utimesSync(inside('src/start.txt'), then, then);
          project.gitIn(worktree, 'update-index', '--refresh');
          writeFileSync(inside('src/start.txt'), 'START\n');
          utimesSync(inside('src/start.txt'), then, then);
        },
        ['src/start.txt'],
        '',
      ],
    ];
    for (const [name, bend, changed, drift] of hidden) {
      test(`${name} hides no change`, async () => {
        bend();
        assert.deepEqual(await seen(), changed);
        const now = await readSettings(repository);
        assert.equal(settingsDrift(await planSettings(repository, 'T'), now).join(', '), drift);
      });
    }

    test('names are compared as when the plan started', async () => {
      project.gitIn(worktree, 'config', 'core.ignorecase', 'true');
      const { git, dispose } = await withSettings(repository.git.in(worktree), await planSettings(repository, 'T'));
      assert.deepEqual(await nameRules(git), {});
      await dispose();
    });

    test('an attribute that calls a file binary does not keep its lines from being read', async () => {
      writeFileSync(path.join(project.root, '.git/info/attributes'), '*.txt binary\n');
      writeFileSync(inside('src/start.txt'), 'a line to read\n');
      const { git, dispose } = await withSettings(repository.git.in(worktree), await planSettings(repository, 'T'));
      const patch = await patchBetween(git, base, await treeOfWorktree(git));
      await dispose();
      assert.match(patch, /^\+a line to read$/m);
    });

    test('a replace ref stands for nothing', async () => {
      const evil = project.git('commit-tree', '-m', 'evil', project.git('mktree', '--missing'));
      project.git('replace', base, evil);
      const tree = await repository.git.treeOf(base);
      assert.equal(tree, project.git('--no-replace-objects', 'rev-parse', `${base}^{tree}`));
    });

    test('its hooks are not run by the tool', async () => {
      writeFileSync(path.join(project.root, '.git/hooks/reference-transaction'), '#!/bin/sh\nexit 1\n', {
        mode: 0o755,
      });
      await repository.git.point('refs/slicewave/test', base);
      assert.equal(project.git('rev-parse', 'refs/slicewave/test'), base);
    });
  });

  suite('what the person sets', () => {
    test('settings of `git diff` change no patch', async () => {
      const global = path.join(project.home, 'gitconfig');
      appendFileSync(
        global,
        '[diff]\n\tnoprefix = true\n\texternal = /bin/false\n\tsubmodule = log\n\trenames = copies\n[color]\n\tui = always\n',
      );
      writeFileSync(inside('src/start.txt'), 'changed\n');
      const git: Git = repository.git.in(worktree);
      const patch = await patchBetween(git, base, await treeOfWorktree(git));
      writeFileSync(path.join(project.home, 'p'), patch);
      project.git('apply', '--check', path.join(project.home, 'p'));
      assert.match(patch, /^diff --git a\/src\/start\.txt b\/src\/start\.txt$/m);
    });

    test('`core.safecrlf` refuses no agent’s line ends', async () => {
      project.git('config', 'core.autocrlf', 'true');
      project.git('config', 'core.safecrlf', 'true');
      rmSync(path.join(project.runsDir, 'settings'), { recursive: true });
      writeFileSync(inside('src/start.txt'), 'dos\r\nmixed\n');
      assert.deepEqual(await seen(), ['src/start.txt']);
    });

    test('who they are and what they set by environment reaches git, and no other repository’s names do', () => {
      const kept = gitEnvironment({
        GIT_AUTHOR_NAME: 'Bot',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        GIT_DIR: '/elsewhere',
        GIT_INDEX_FILE: '/elsewhere/index',
        GIT_EXTERNAL_DIFF: 'evil',
        LC_ALL: 'de_DE.UTF-8',
      });
      assert.equal(kept['GIT_AUTHOR_NAME'], 'Bot');
      assert.equal(kept['GIT_CONFIG_VALUE_0'], '*');
      assert.equal(kept['LC_ALL'], 'C');
      for (const name of ['GIT_DIR', 'GIT_INDEX_FILE', 'GIT_EXTERNAL_DIFF']) assert.equal(kept[name], undefined);
    });

    test('`GIT_DIR` and its kin reach no agent and no check', () => {
      const names = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_COMMON_DIR', 'GIT_OBJECT_DIRECTORY'];
      for (const name of names) process.env[name] = '/elsewhere';
      try {
        const given = environment();
        assert.deepEqual(
          names.filter((name) => name in given),
          [],
        );
      } finally {
        for (const name of names) delete process.env[name];
      }
    });
  });

  function rewrite(gitDir: string): void {
    writeFileSync(inside('.git'), `gitdir: ${gitDir}\n`);
  }

  function ownRepository(): void {
    rmSync(inside('.git'));
    project.gitIn(worktree, 'init', '--quiet');
  }

  function replaceByLink(to: string): void {
    renameSync(worktree, `${worktree}.moved`);
    symlinkSync(to, worktree);
  }

  function replaceByCopy(): void {
    const text = readFileSync(inside('.git'), 'utf8');
    renameSync(worktree, `${worktree}.moved`);
    mkdirSync(worktree);
    writeFileSync(inside('.git'), text);
    assert.notEqual(statSync(worktree).ino, statSync(`${worktree}.moved`).ino);
  }

  function linkIndex(): void {
    const index = path.join(readFileSync(inside('.git'), 'utf8').trim().slice('gitdir: '.length), 'index');
    rmSync(index);
    symlinkSync(path.join(project.root, '.git/index'), index);
  }

  test('an index in which git alone had its hands is believed, and sees every later change', async () => {
    const settings = await planSettings(repository, 'T');
    const held = repository.git.in(worktree);
    held.trustedIndex = await readIndex(path.join((await held.gitDir()) ?? '', 'index'));
    assert.ok(held.trustedIndex);
    writeFileSync(inside('src/start.txt'), 'START\n');
    const { git, dispose } = await withSettings(held, settings);
    const tree = await treeOfWorktree(git);
    await dispose();
    assert.equal(project.git('show', `${tree}:src/start.txt`), 'START');
  });

  suite('repositories inside of a worktree', () => {
    const mark = (): string => path.join(project.home, 'filtered');

    setup(async () => {
      const lib = path.join(project.home, 'lib');
      mkdirSync(lib);
      project.gitIn(lib, 'init', '--quiet');
      writeFileSync(path.join(lib, 'lib.txt'), 'one\n');
      project.gitIn(lib, 'add', '--all');
      project.gitIn(lib, 'commit', '--quiet', '-m', 'lib');
      project.git('submodule', '--quiet', 'add', lib, 'vendor/lib');
      project.git('commit', '--quiet', '-m', 'with a submodule');
      project.gitIn(worktree, 'reset', '--quiet', '--hard', 'main');
      const { filled, left } = await fill();
      assert.deepEqual([filled, left], [['vendor/lib'], []]);
    });

    const fill = (again = false): ReturnType<typeof fillSubmodules> =>
      fillSubmodules(repository.git.in(worktree), { checkout: project.root, again });

    /** A repository with a filter, and a file of the same size, so that git has to ask the filter whether it changed. */
    function armed(dir: string): void {
      project.gitIn(dir, 'config', 'filter.armed.clean', `touch '${mark()}'; cat`);
      project.gitIn(dir, 'config', 'filter.armed.smudge', `touch '${mark()}'; cat`);
      writeFileSync(path.join(dir, '.git/info/attributes'), '* filter=armed\n');
      writeFileSync(path.join(dir, 'lib.txt'), 'two\n');
      utimesSync(path.join(dir, 'lib.txt'), 1, 1);
    }

    function replaceSubmodule(): void {
      const at = inside('vendor/lib');
      rmSync(at, { recursive: true });
      project.gitIn(path.dirname(at), 'clone', '--quiet', path.join(project.home, 'lib'), 'lib');
      armed(at);
    }

    async function looks(): Promise<void> {
      const git = repository.git.in(worktree);
      await treeOfWorktree(git);
      await treeOfWorktree(git);
      await git.text(['status', '--porcelain', '--ignored']);
      await git.text(['diff', '--name-only', 'HEAD']);
      await seen();
      const settings = await planSettings(repository, 'T');
      const { git: fixed, dispose } = await withSettings(repository.git.in(worktree), settings);
      for (const end of ['one', 'two']) await takeSnapshot(fixed, end, 'end', project.git('rev-parse', 'HEAD'));
      await dispose();
    }

    test('start no filter when a worktree is looked at: one that an agent made, and one in a submodule’s place', async () => {
      replaceSubmodule();
      project.gitIn(worktree, 'clone', '--quiet', path.join(project.home, 'lib'), 'own');
      armed(inside('own'));
      project.gitIn(inside('own'), 'status', '--porcelain');
      assert.ok(existsSync(mark()), 'the filter is one that git would start');
      rmSync(mark());
      for (const dir of ['own', 'vendor/lib']) utimesSync(inside(`${dir}/lib.txt`), 2, 2);
      await looks();
      assert.ok(!existsSync(mark()));
    });

    test('are not asked in a submodule’s place, and go from where only checks run', async () => {
      replaceSubmodule();
      assert.match((await fill()).left.join(), /^vendor\/lib: its `\.git` is not the one that was made for it/);
      assert.match(
        (await unkeptInSubmodules(repository.git.in(worktree), project.root)) ?? '',
        /vendor\/lib in it: its `\.git` is not/,
      );
      assert.equal(readFileSync(inside('vendor/lib/lib.txt'), 'utf8'), 'two\n');
      assert.deepEqual(await fill(true), { filled: ['vendor/lib'], left: [] });
      assert.equal(readFileSync(inside('vendor/lib/lib.txt'), 'utf8'), 'one\n');
      assert.equal(await unkeptInSubmodules(repository.git.in(worktree), project.root), null);
      assert.ok(!existsSync(mark()));
    });

    test('are seen to stand at another commit, also where `.gitmodules` says not to look at them', async () => {
      for (const ignored of ['all', 'dirty', 'none']) {
        project.gitIn(worktree, 'config', '--file', '.gitmodules', 'submodule.vendor/lib.ignore', ignored);
        project.gitIn(worktree, 'commit', '--quiet', '-am', `ignores ${ignored}`);
        const before = project.gitIn(worktree, 'rev-parse', 'HEAD');
        writeFileSync(inside('vendor/lib/lib.txt'), `${ignored}\n`);
        project.gitIn(inside('vendor/lib'), 'commit', '--quiet', '-am', ignored);
        const git = repository.git.in(worktree);
        const changes = await changesBetween(git, before, await treeOfWorktree(git));
        assert.deepEqual(
          changes.map((change) => change.path),
          ['vendor/lib'],
          ignored,
        );
      }
    });

    test('files in a submodule’s place that no repository has are named, and kept beside', async () => {
      const git = repository.git.in(worktree);
      rmSync(inside('vendor/lib'), { recursive: true });
      mkdirSync(inside('vendor/lib'));
      assert.deepEqual(await notTaken(git), [], 'an empty one is one that was never filled');
      writeFileSync(inside('vendor/lib/own.txt'), 'own\n');
      assert.deepEqual(await notTaken(git), [
        { path: 'vendor/lib', why: 'is the place of a submodule, and the files in it are in no repository' },
      ]);
      await takeSnapshot(git, 'own', 'end', project.git('rev-parse', 'HEAD'));
      assert.equal(project.git('show', 'refs/slicewave/runs/own-beside:vendor/lib/own.txt'), 'own');
    });

    test('are in a tree by their commit, and are gone from it when they are, or a file or a link has their place', async () => {
      const entry = async (): Promise<string> =>
        project.git('ls-tree', await treeOfWorktree(repository.git.in(worktree)), 'vendor/lib');
      const before = await entry();
      assert.match(before, /^160000 commit /);
      writeFileSync(inside('vendor/lib/lib.txt'), 'more\n');
      assert.equal(await entry(), before, 'what is in no commit of it');
      project.gitIn(inside('vendor/lib'), 'commit', '--quiet', '-am', 'more');
      const head = project.gitIn(inside('vendor/lib'), 'rev-parse', 'HEAD');
      assert.ok((await entry()).startsWith(`160000 commit ${head}\t`));
      renameSync(inside('vendor'), inside('moved'));
      assert.equal(await entry(), '');
      symlinkSync('moved', inside('vendor'));
      assert.equal(await entry(), '');
      rmSync(inside('vendor'));
      mkdirSync(inside('vendor'));
      writeFileSync(inside('vendor/lib'), 'a file\n');
      assert.match(await entry(), /^100644 blob /);
    });
  });
});
