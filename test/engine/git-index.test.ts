import { deepEqual, equal } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lookAtAll } from '../../src/node/git/changes.ts';
import { Git } from '../../src/node/git/git.ts';
import { indexEntries, plainEntries } from '../../src/node/git/index-entries.ts';

/** What is read from an index is what git says of it; what cannot be read plainly is asked of git. */
suite('the entries of an index', () => {
  let dir = '';
  let git: Git;

  const command = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), text);
  };
  const bytes = (): Buffer => readFileSync(path.join(dir, '.git/index'));
  /** By git's own words. */
  const told = (): readonly string[] => command('ls-files', '--stage', '-v', '-z').split('\0').filter(Boolean);
  const asLine = (entry: Awaited<ReturnType<typeof indexEntries>>[number]): string =>
    `${entry.mode} ${entry.isAssumed ? 'assumed ' : ''}${entry.isSkipped ? 'skipped ' : ''}${entry.path}`;
  const asTold = (line: string): string => {
    const [, tag = '', mode = '', file = ''] = /^(\S) (\d+) \S+ \d\t(.+)$/s.exec(line) ?? [];
    return `${mode} ${/[a-z]/.test(tag) ? 'assumed ' : ''}${/[sS]/.test(tag) ? 'skipped ' : ''}${file}`;
  };

  /** `isPlain`: whether it is read without git. */
  async function agrees(isPlain: boolean): Promise<void> {
    const expected = told().map(asTold);
    deepEqual((await indexEntries(git)).map(asLine), expected);
    const plain = plainEntries(bytes());
    deepEqual(plain && plain.map(asLine), isPlain ? expected : null);
  }

  function start(...options: readonly string[]): void {
    command('init', '--quiet', ...options);
    for (const [key, value] of [
      ['user.name', 'T'],
      ['user.email', 't@example.com'],
    ] as const)
      command('config', key, value);
    for (const file of ['a.txt', 'b c/ü.txt', 'run.sh', 'tab\there.txt', `deep/${'x'.repeat(200)}.txt`])
      write(file, file);
    command('add', '--all');
    command('update-index', '--chmod=+x', 'run.sh');
    command('commit', '--quiet', '-m', 'start');
    git = new Git({ dir, hold: () => Promise.resolve(path.join(dir, '.git')) });
  }

  setup(() => {
    dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'sw-index-')));
  });
  teardown(() => rmSync(dir, { recursive: true, force: true }));

  test('files of every kind, names of every length, links and commits of other repositories', async () => {
    start();
    // Every way to fill up to a multiple of eight.
    for (let length = 1; length <= 17; length++) write('n'.repeat(length), '');
    execFileSync('ln', ['-s', 'a.txt', 'link'], { cwd: dir });
    command('add', '--all');
    command('update-index', '--add', '--cacheinfo', `160000,${command('rev-parse', 'HEAD').trim()},module`);
    await agrees(true);
    equal(
      (await indexEntries(git)).some(({ mode, path: file }) => mode === '160000' && file === 'module'),
      true,
    );
  });

  test('files that git is told to call unchanged, and files that are to come', async () => {
    start();
    write('soon.txt', 'soon');
    command('add', '--intent-to-add', 'soon.txt');
    command('update-index', '--assume-unchanged', 'a.txt', 'b c/ü.txt');
    await agrees(true);
    deepEqual(
      (await indexEntries(git)).filter(({ isAssumed }) => isAssumed).map((entry) => entry.path),
      ['a.txt', 'b c/ü.txt'],
    );
    await lookAtAll(git);
    await agrees(true);
    equal(
      (await indexEntries(git)).some(({ isAssumed }) => isAssumed),
      false,
    );
  });

  test('files that are skipped are asked of git, also those that are assumed unchanged as well', async () => {
    start();
    command('update-index', '--skip-worktree', 'a.txt', 'run.sh');
    command('update-index', '--assume-unchanged', 'run.sh');
    await agrees(false);
    await lookAtAll(git);
    deepEqual(
      (await indexEntries(git)).filter(({ isAssumed, isSkipped }) => isAssumed || isSkipped),
      [],
    );
  });

  test('a merge in conflict has each side', async () => {
    start();
    command('checkout', '--quiet', '-b', 'other');
    write('a.txt', 'theirs');
    command('commit', '--quiet', '-am', 'theirs');
    command('checkout', '--quiet', '-');
    write('a.txt', 'ours');
    command('commit', '--quiet', '-am', 'ours');
    try {
      command('merge', 'other');
    } catch {
      // In conflict, as wanted.
    }
    await agrees(true);
    equal((await indexEntries(git)).filter((entry) => entry.path === 'a.txt').length, 3);
  });

  test('an index of another form, in parts or of a sparse checkout is asked of git', async () => {
    start();
    command('update-index', '--index-version', '4');
    await agrees(false);
    command('update-index', '--index-version', '2');
    await agrees(true);
    command('update-index', '--split-index');
    await agrees(false);
    command('update-index', '--no-split-index');
    await agrees(true);
    command('sparse-checkout', 'set', '--cone', '--sparse-index', 'b c');
    equal(plainEntries(bytes()), null);
    deepEqual((await indexEntries(git)).map(asLine), told().map(asTold));
  });

  test('an index by another digest is asked of git', async () => {
    start('--object-format=sha256');
    await agrees(false);
  });

  test('a damaged index says nothing by itself, wherever it is damaged', () => {
    start();
    const whole = bytes();
    equal(plainEntries(whole)?.length, 5);
    for (let at = 0; at < whole.length; at += 7) {
      const bent = Buffer.from(whole);
      bent[at] = (bent[at] ?? 0) ^ 0xff;
      equal(plainEntries(bent), null, `byte ${at}`);
    }
    for (const length of [0, 4, 12, 31, 100, whole.length - 1])
      equal(plainEntries(whole.subarray(0, length)), null, `${length} bytes`);
  });

  test('no index yet is an empty one', async () => {
    command('init', '--quiet');
    git = new Git({ dir, hold: () => Promise.resolve(path.join(dir, '.git')) });
    deepEqual(await indexEntries(git), []);
  });
});
