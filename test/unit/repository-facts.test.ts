import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ignoredAmong } from '../../src/node/git/file-list.ts';
import { readRepositoryFacts } from '../../src/node/workspace/repository-facts.ts';

suite('repository facts', () => {
  let root = '';
  const write = (name: string, text: string | Uint8Array): void => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  };
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args]);

  setup(() => {
    root = mkdtempSync(path.join(tmpdir(), 'slicewave-facts-'));
    git('init', '-q');
  });
  teardown(() => rmSync(root, { recursive: true, force: true }));

  test('tracked and untracked files count; ignored and deleted ones do not', async () => {
    write('.gitignore', 'dist/\n');
    write('src/ä b.ts', '');
    write('gone.ts', '');
    git('add', '-A');
    git('commit', '-q', '-m', 'x');
    rmSync(path.join(root, 'gone.ts'));
    write('new.ts', '');
    write('dist/out.js', '');
    const { files } = await readRepositoryFacts(root);
    assert.deepEqual(files, ['.gitignore', 'new.ts', 'src/ä b.ts']);
    assert.deepEqual(
      (await readRepositoryFacts(path.join(root, 'src'))).files,
      ['ä b.ts'],
      'relative to the directory',
    );
  });

  test('what git would ignore is the same, however many paths are asked for at once', async () => {
    write('.gitignore', 'dist/\n*.log\n!keep.log\n');
    write('src/.gitignore', '/generated\n');
    write('dist/forced.js', '');
    write('src/known.log', '');
    write('src/generated/in.ts', '');
    git('add', '-f', '-A');
    git('commit', '-q', '-m', 'x');
    rmSync(path.join(root, 'src/known.log'));
    const asked = [
      'dist',
      'dist/forced.js',
      'dist/new.js',
      'dist/deep/new.js',
      'src/known.log',
      'src/new.log',
      'src/keep.log',
      'src/generated',
      'src/generated/in.ts',
      'src/generated/new.ts',
      'src/new.ts',
      'ä [b].log',
    ];
    const many = [...Array.from({ length: 1_000 }, (_, i) => `src/part${i}/new.ts`), ...asked];
    const right = ['dist/new.js', 'dist/deep/new.js', 'src/new.log', 'src/generated/new.ts', 'ä [b].log'];
    assert.deepEqual([...(await ignoredAmong(root, asked))], right);
    assert.deepEqual([...(await ignoredAmong(root, many))], right);
    assert.deepEqual([...(await ignoredAmong(root, many.slice(0, 1_000)))], []);
    // A sparse checkout without the file of patterns: git takes them from its index.
    git('update-index', '--skip-worktree', 'src/.gitignore');
    rmSync(path.join(root, 'src/.gitignore'));
    assert.deepEqual([...(await ignoredAmong(root, many))], right);
  });

  test('scripts by directory; what is no package has none, what cannot be read is unknown', async () => {
    write('package.json', '\uFEFF{"scripts": {"test": "x", "lint": "y"}}');
    write('packages/a/package.json', '{"name": "a"}');
    write('packages/b/package.json', '{"scripts": ');
    write('packages/c/package.json', '[1]');
    write('node_modules/d/package.json', '{"scripts": {"evil": "x"}}');
    const { scripts } = await readRepositoryFacts(root);
    assert.deepEqual([...scripts.keys()], ['', 'packages/a']);
    assert.deepEqual([...(scripts.get('') ?? [])], ['test', 'lint']);
    assert.equal(scripts.get('packages/a')?.size, 0);
  });

  test('texts are read once, and never from outside, from links, or when they are none', async () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'slicewave-outside-'));
    try {
      writeFileSync(path.join(outside, 'secret.txt'), 'secret');
      write('a.txt', 'first');
      write('image.bin', Uint8Array.from([1, 0, 2]));
      write('large.txt', 'x'.repeat(1_000_001));
      symlinkSync(path.join(outside, 'secret.txt'), path.join(root, 'link.txt'));
      git('add', '-A');
      const { files, textOf } = await readRepositoryFacts(root);
      assert.ok(files.includes('link.txt'));
      assert.equal(textOf('a.txt'), 'first');
      write('a.txt', 'second');
      assert.equal(textOf('a.txt'), 'first', 'of the moment it was asked for');
      assert.equal((await readRepositoryFacts(root)).textOf('a.txt'), 'second');
      for (const name of ['link.txt', 'image.bin', 'large.txt', 'absent.txt', '../x', path.join(outside, 'secret.txt')])
        assert.equal(textOf(name), null, name);
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });

  test('a linked directory does not lead out', async () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'slicewave-outside-'));
    try {
      mkdirSync(path.join(root, 'sub'));
      write('sub/a.txt', 'inside');
      git('add', '-A');
      const { textOf } = await readRepositoryFacts(root);
      // Between the listing and the reading somebody puts a link in the directory's place.
      rmSync(path.join(root, 'sub'), { recursive: true });
      writeFileSync(path.join(outside, 'a.txt'), 'outside');
      symlinkSync(outside, path.join(root, 'sub'));
      assert.equal(textOf('sub/a.txt'), null);
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });

  test('programs on the path, and no git that the workspace brings along', async function () {
    if (process.platform === 'win32') this.skip();
    const before = process.env['PATH'];
    const trap = path.join(root, 'trap');
    try {
      write('bin/git', `#!/bin/sh\ntouch '${trap}'\n`);
      write('bin/my-tool', '#!/bin/sh\n');
      chmodSync(path.join(root, 'bin/git'), 0o755);
      chmodSync(path.join(root, 'bin/my-tool'), 0o755);
      process.env['PATH'] = `${path.join(root, 'bin')}${path.delimiter}${before ?? ''}`;
      const { programs, files } = await readRepositoryFacts(root);
      assert.ok(programs?.has('my-tool') && programs.has('git'));
      assert.deepEqual(files, ['bin/git', 'bin/my-tool']);
      assert.ok(!existsSync(trap));
    } finally {
      process.env['PATH'] = before;
    }
  });

  test('a directory without git and one that is not there', async () => {
    rmSync(path.join(root, '.git'), { recursive: true });
    write('a.ts', '');
    write('node_modules/x.js', '');
    assert.deepEqual((await readRepositoryFacts(root)).files, ['a.ts']);
    assert.deepEqual((await readRepositoryFacts(path.join(root, 'absent'))).files, []);
  });
});
