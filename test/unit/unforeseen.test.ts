import assert from 'node:assert/strict';
import { GitError } from '../../src/node/git/git.ts';
import { WorktreeReplaced } from '../../src/node/git/place.ts';
import { failureOf } from '../../src/node/git/unforeseen.ts';

const said = (stderr: string, ...args: readonly string[]): GitError =>
  new GitError(args.length > 0 ? args : ['add', '--all'], 128, '', stderr);

suite('what git and the disk fail with', () => {
  /** As git 2.39 prints it; what is to be said of it. */
  const GIT = [
    [
      "fatal: Unable to create '/r/.git/index.lock': File exists.\n\nAnother git process seems to be running",
      /left its lock.*index\.lock/,
    ],
    ['error: unable to write file src/a: No space left on device\nfatal: adding files failed', /the disk is full/],
    ['error: insufficient permission for adding an object to repository database .git/objects', /may not write/],
    ['fatal: loose object 5626abf0 (stored in .git/objects/56/26ab) is corrupt', /is damaged/],
    [
      'error: object file .git/objects/56/26 is empty\nfatal: bad object HEAD',
      /is damaged \(git add: bad object HEAD\)/,
    ],
    ['fatal: bad config line 3 in file .git/config', /a setting of git cannot be read.*line 3/],
    ["error: external filter 'x' failed 1\nfatal: src/a: clean filter 'x' failed", /filter that an attribute asks for/],
    ["fatal: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'", /in the way/],
    ['fatal: unable to access https://example.com/: Could not resolve host', /partial clone/],
    ['spawn git ENOENT', /could not be started/],
    ['it did not end in 30 minutes', /did not end/],
  ] as const;

  for (const [stderr, message] of GIT)
    test(`git: ${stderr.split('\n', 1)[0] ?? ''}`, () => {
      const failure = failureOf(said(stderr));
      assert.equal(failure?.reason, 'git');
      assert.match(failure.message, message);
      assert.ok(failure.remedy.length > 10);
      assert.doesNotMatch(failure.message, /\n/);
    });

  test('what no row knows is told in git’s own words, with a remedy', () => {
    const failure = failureOf(said('warning: something\nfatal: the moon is in the way', 'merge-tree', '-z'));
    assert.equal(failure?.message, 'git merge-tree failed: the moon is in the way');
    assert.match(failure.remedy, /doctor/);
    assert.match(failureOf(said(''))?.message ?? '', /exit code 128/);
  });

  test('files: by the code, also below another error; a worktree by its own words; a fault of the program by none', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    for (const error of [full, new Error('cannot write events.jsonl', { cause: full })]) {
      const failure = failureOf(error);
      assert.equal(failure?.reason, 'write');
      assert.match(failure.remedy, /Make room/);
      assert.equal(failure.message, error.message);
    }
    const read = { code: 'ENOENT', path: '/r/.agent-runs/plans' };
    const unmade = failureOf(Object.assign(new Error('ENOENT: no such file'), { ...read, syscall: 'mkdir' }));
    assert.equal(unmade?.message, '/r/.agent-runs/plans cannot be made');
    assert.match(unmade.remedy, /See that its disk can be written/);
    assert.equal(failureOf(Object.assign(new Error('ENOENT: no such file'), { ...read, syscall: 'open' })), null);
    assert.match(failureOf(new WorktreeReplaced('/w/A1', 'is gone'))?.message ?? '', /the worktree \/w\/A1 is gone/);
    assert.equal(failureOf(new TypeError('x is not a function')), null);
    assert.equal(failureOf(Object.assign(new Error('other'), { code: 'ERR_ASSERTION' })), null);
  });
});
