import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { lookedUpAbove } from '../../src/node/audit/lookups.ts';
import { aboveText, checkPlace } from '../../src/node/run/check-place.ts';

suite('what tools look up above the checkout of the checks', () => {
  let dir = '';
  let root = '';
  let worktree = '';
  const cache = process.env['XDG_CACHE_HOME'];

  setup(() => {
    dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'lookups-')));
    root = path.join(dir, 'r');
    worktree = path.join(root, 'trees', 'plan', 'A1');
    mkdirSync(worktree, { recursive: true });
    mkdirSync(path.join(dir, 'cache'));
    process.env['XDG_CACHE_HOME'] = path.join(dir, 'cache');
  });

  teardown(() => {
    if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = cache;
    rmSync(dir, { recursive: true, force: true });
  });

  for (const name of [
    'node_modules',
    '.pnp.cjs',
    'tsconfig.json',
    'tsconfig.base.json',
    '.npmrc',
    '.env',
    'package.json',
    '.eslintrc.json',
    'eslint.config.js',
    '.babelrc',
    'conftest.py',
    'pyproject.toml',
    'go.work',
    'Cargo.toml',
    'Directory.Build.props',
  ])
    test(`${name} above the worktrees: checks run where it is not above`, async () => {
      const place = path.join(root, name);
      if (name === 'node_modules') mkdirSync(place);
      else writeFileSync(place, '');
      assert.ok((await lookedUpAbove(worktree)).includes(place));
      const found = await checkPlace({ root }, { worktree, plan: 'plan' });
      assert.ok(found.dir.startsWith(path.join(dir, 'cache')), found.dir);
      assert.ok(!found.above.includes(place));
    });

  test('everyday files above are none of it', async () => {
    for (const name of ['README.md', 'notes.txt', '.env.example', '.tool-versions', '.editorconfig'])
      writeFileSync(path.join(root, name), '');
    assert.ok(!(await lookedUpAbove(worktree)).some((found) => found.startsWith(root)));
  });

  test('where it is above every place, it is said', () => {
    assert.equal(aboveText({ dir, above: [] }), null);
    assert.match(
      aboveText({ dir, above: ['/a/conftest.py', '/.env'] }) ?? '',
      /find \/a\/conftest\.py and 1 more above/,
    );
  });
});
