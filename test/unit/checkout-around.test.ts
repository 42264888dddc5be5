/** Where a checkout begins, found without git, against git's own word. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkoutAround } from '../../src/node/git/checkout.ts';

suite('the checkout around a directory', () => {
  let top = '';

  setup(() => {
    top = realpathSync(mkdtempSync(path.join(tmpdir(), 'slicewave-around-')));
  });
  teardown(() => rmSync(top, { recursive: true, force: true }));

  const git = (dir: string, ...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@localhost', ...args], {
      cwd: dir,
      encoding: 'utf8',
      stdio: 'pipe',
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
    }).trim();
  const made = (...names: readonly string[]): string => {
    const dir = path.join(top, ...names);
    mkdirSync(dir, { recursive: true });
    return dir;
  };
  /** What git says, which fails where there is no repository. */
  const asGit = (dir: string): string | null => {
    try {
      return git(dir, 'rev-parse', '--show-toplevel');
    } catch {
      return null;
    }
  };

  test('a repository, its subfolders, and a linked worktree', () => {
    const shop = made('shop');
    git(shop, 'init', '-q');
    git(shop, 'commit', '-q', '--allow-empty', '-m', 'base');
    git(shop, 'worktree', 'add', '-q', path.join(top, 'linked'));
    const deep = made('shop', 'src', 'a');
    for (const [dir, root] of [
      [shop, shop],
      [deep, shop],
      [made('linked', 'src'), path.join(top, 'linked')],
    ] as const)
      assert.deepEqual([checkoutAround(dir), asGit(dir)], [root, root]);
  });

  test('an empty .git folder, as a sandbox leaves it, is none: the search goes on above it', () => {
    const below = made('shop', 'tmp', 'plan');
    made('shop', 'tmp', '.git');
    assert.equal(checkoutAround(below), asGit(below));
    assert.notEqual(checkoutAround(below), path.join(top, 'shop', 'tmp'));
    git(path.join(top, 'shop'), 'init', '-q');
    assert.deepEqual([checkoutAround(below), asGit(below)], [path.join(top, 'shop'), path.join(top, 'shop')]);
  });

  test('a branch that is not born yet behind a HEAD that is a symbolic link', () => {
    const shop = made('shop');
    git(shop, 'init', '-q');
    unlinkSync(path.join(shop, '.git/HEAD'));
    symlinkSync('refs/heads/main', path.join(shop, '.git/HEAD'));
    assert.deepEqual([checkoutAround(shop), asGit(shop)], [shop, shop]);
  });

  test('a file that only has the name ends the search, as it ends the one of git', () => {
    const below = made('shop', 'plan');
    git(top, 'init', '-q');
    writeFileSync(path.join(top, 'shop', '.git'), 'nothing of git\n');
    assert.equal(asGit(below), null);
    assert.equal(checkoutAround(below), path.join(top, 'shop'));
  });
});
