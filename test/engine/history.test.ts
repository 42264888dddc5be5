import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { changedTogether, type CoChange } from '../../src/core/judge/coupling-history.ts';
import { historyFile, readHistory, type History, type HistoryRequest } from '../../src/node/judge/history.ts';

suite('The history of files that changed together', () => {
  let home: string;
  let root: string;
  let cacheFile: string;
  let clock = 1_700_000_000;

  setup(() => {
    home = mkdtempSync(path.join(tmpdir(), 'slicewave-history-'));
    root = path.join(home, 'work');
    mkdirSync(root);
    git('init', '-q', '-b', 'main');
    cacheFile = path.join(home, 'state', 'history.json');
  });

  teardown(() => rmSync(home, { recursive: true, force: true }));

  function gitIn(dir: string, ...args: readonly string[]): string {
    const date = `${(clock += 60)} +0000`;
    return execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@t', '-c', 'commit.gpgsign=false', ...args], {
      cwd: dir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date, GIT_CONFIG_NOSYSTEM: '1' },
    }).trim();
  }

  function git(...args: readonly string[]): string {
    return gitIn(root, ...args);
  }

  let edits = 0;

  /** Commits a change of each path; what is given as `from -> to` is moved as it is. */
  function commit(...paths: readonly string[]): string {
    for (const file of paths) {
      const [from = '', to] = file.split(' -> ');
      const full = path.join(root, to ?? from);
      mkdirSync(path.dirname(full), { recursive: true });
      if (to === undefined) writeFileSync(full, `edit ${++edits}\n`);
      else git('mv', from, to);
    }
    git('add', '-A');
    git('commit', '-q', '--allow-empty', '-m', 'work');
    return git('rev-parse', 'HEAD');
  }

  async function read(given: Partial<HistoryRequest> = {}): Promise<History> {
    const result = await readHistory({ root, cacheFile, ...given });
    assert.ok(result.ok, result.ok ? '' : result.failure.message);
    return result.value;
  }

  /** The commits as lists of names, newest first. */
  function commitsOf({ files, start, touched }: CoChange): string[][] {
    return Array.from({ length: start.length - 1 }, (_, c) =>
      [...touched.subarray(start[c], start[c + 1])].map((n) => files[n] ?? '?').sort(),
    );
  }

  test('is kept out of the repository: an agent may write its worktree, and sometimes the git directory', () => {
    const file = historyFile({ commonDir: path.join(root, '.git') });
    assert.equal(path.relative(root, file).startsWith('..'), true, file);
    assert.notEqual(file, historyFile({ commonDir: path.join(home, 'other', '.git') }));
  });

  test('every commit with its files, whatever they are called', async () => {
    const odd = ['with space.txt', 'new\nline.txt', 'ünï/日本.txt', '\ttab', '"quoted"', 'A'];
    commit(...odd);
    commit('A', '\u0001begins-like-a-header');
    commit();
    const { coChange, source } = await read();
    assert.equal(source, 'git');
    assert.deepEqual(commitsOf(coChange), [[], ['\u0001begins-like-a-header', 'A'].sort(), odd.toSorted()]);
  });

  test('a merge is not counted, what it brings is', async () => {
    commit('a');
    git('checkout', '-q', '-b', 'side');
    commit('b', 'c');
    git('checkout', '-q', 'main');
    commit('d');
    git('merge', '-q', '--no-ff', '-m', 'merge', 'side');
    const { coChange } = await read();
    assert.deepEqual(new Set(commitsOf(coChange).map(String)), new Set(['a', 'b,c', 'd']));
    assert.equal(commitsOf(coChange).length, 3);
  });

  test('a commit of more files than the limit says nothing, but its renames are followed', async () => {
    commit('old/a', 'b');
    commit('old/a', 'b');
    commit('old/a -> new/a', ...Array.from({ length: 5 }, (_, i) => `bulk/${i}`));
    const { coChange } = await read({ limits: { mostFiles: 5, mostCommits: 100 } });
    assert.deepEqual(commitsOf(coChange), [[], ['b', 'new/a'], ['b', 'new/a']]);
    const exactly = await read({ limits: { mostFiles: 6, mostCommits: 100 } });
    assert.equal(commitsOf(exactly.coChange)[0]?.length, 6);
  });

  test('a chain of moves is followed; a file that is moved and edited at once starts anew', async () => {
    commit('one', 'two');
    commit('one -> dir/one');
    commit('two', 'dir/one');
    commit('dir/one -> last');
    const edited = path.join(root, 'renewed');
    git('mv', 'two', 'renewed');
    writeFileSync(edited, 'nothing of it is left\n');
    commit();
    const { coChange } = await read();
    assert.deepEqual(commitsOf(coChange), [['renewed', 'two'], ['last'], ['last', 'two'], ['last'], ['last', 'two']]);
  });

  test('the second call takes the cache, and after new commits reads only those', async () => {
    commit('a', 'b');
    const first = await read();
    assert.equal((await read()).source, 'cache');
    assert.deepEqual((await read()).coChange, first.coChange);
    commit('a -> moved', 'c');
    const next = await read();
    assert.equal(next.source, 'cache-and-git');
    const anew = await read({ cacheFile: null });
    assert.equal(anew.source, 'git');
    assert.deepEqual(commitsOf(next.coChange), commitsOf(anew.coChange));
    assert.deepEqual(commitsOf(next.coChange), [
      ['c', 'moved'],
      ['b', 'moved'],
    ]);
    assert.equal((await read()).source, 'cache');
    assert.equal(git('status', '--porcelain'), '', 'the cache is no change of the work');
  });

  test('only so many commits are kept, in the cache too', async () => {
    for (const name of ['a', 'b', 'c']) commit(name);
    const limits = { mostFiles: 30, mostCommits: 3 };
    await read({ limits });
    commit('d');
    const next = await read({ limits });
    assert.equal(next.source, 'cache-and-git');
    assert.deepEqual(commitsOf(next.coChange), [['d'], ['c'], ['b']]);
  });

  test('a rewritten history, other limits or a damaged cache are read anew', async () => {
    commit('a');
    commit('b');
    await read();
    git('reset', '-q', '--hard', 'HEAD~1');
    commit('c');
    const rewritten = await read();
    assert.equal(rewritten.source, 'git');
    assert.deepEqual(commitsOf(rewritten.coChange), [['c'], ['a']]);
    assert.equal((await read({ limits: { mostFiles: 29, mostCommits: 20_000 } })).source, 'git');
    await read();
    const good = readFileSync(cacheFile, 'utf8');
    const value = JSON.parse(good) as Record<string, unknown>;
    const bad = [
      '',
      '{',
      'null',
      '[]',
      good.slice(0, -10),
      JSON.stringify({ ...value, v: 2 }),
      JSON.stringify({ ...value, head: '--output=/tmp/x' }),
      JSON.stringify({ ...value, touched: [0, 99] }),
      JSON.stringify({ ...value, sizes: [-1, 3] }),
      JSON.stringify({ ...value, files: [1, 2] }),
      JSON.stringify({ ...value, limits: null }),
      JSON.stringify({ ...value, head: 'f'.repeat(40) }),
    ];
    for (const text of bad) {
      writeFileSync(cacheFile, text);
      const again = await read();
      assert.equal(again.source, 'git', text);
      assert.deepEqual(commitsOf(again.coChange), [['c'], ['a']], text);
      assert.equal(readFileSync(cacheFile, 'utf8'), good);
    }
  });

  test('a repository without commits has an empty history; none is a failure', async () => {
    const { coChange, head } = await read();
    assert.equal(head, null);
    assert.deepEqual(commitsOf(coChange), []);
    const nowhere = await readHistory({ root: home, cacheFile: null });
    assert.ok(!nowhere.ok && nowhere.failure.reason === 'no-repository');
    const missing = await readHistory({ root: path.join(home, 'missing'), cacheFile: null });
    assert.ok(!missing.ok && missing.failure.reason === 'no-repository');
  });

  test('a detached HEAD and a linked worktree have the history of their commit', async () => {
    commit('a');
    const second = commit('b');
    commit('c');
    git('checkout', '-q', '--detach', second);
    assert.deepEqual(commitsOf((await read()).coChange), [['b'], ['a']]);
    const linked = path.join(home, 'linked');
    git('worktree', 'add', '-q', '--detach', linked, 'main');
    assert.deepEqual(commitsOf((await read({ root: linked })).coChange), [['c'], ['b'], ['a']]);
  });

  test('a shallow clone leaves out the commit at which it ends, and is read anew when it grows', async () => {
    commit('a', 'b');
    commit('a', 'c');
    commit('d');
    const clone = path.join(home, 'clone');
    git('clone', '-q', '--depth', '2', `file://${root}`, clone);
    const cache = path.join(home, 'cache.json');
    assert.deepEqual(commitsOf((await read({ root: clone, cacheFile: cache })).coChange), [['d']]);
    assert.equal((await read({ root: clone, cacheFile: cache })).source, 'cache');
    gitIn(clone, 'fetch', '-q', '--unshallow');
    const whole = await read({ root: clone, cacheFile: cache });
    assert.equal(whole.source, 'git');
    assert.deepEqual(commitsOf(whole.coChange), [['d'], ['a', 'c'], ['a', 'b']]);
  });

  test('it can be cancelled, and tells how far it is', async () => {
    commit('a');
    const before = await readHistory({ root, cacheFile, signal: AbortSignal.abort() });
    assert.ok(!before.ok && before.failure.reason === 'aborted');
    assert.equal(existsSync(cacheFile), false);
    stream(1200);
    const seen: number[] = [];
    await read({ cacheFile: null, onProgress: (commits) => seen.push(commits) });
    assert.ok(seen.length >= 1 && seen.every((n, i) => n > (seen[i - 1] ?? 0)), String(seen));
    const stop = new AbortController();
    const midway = await readHistory({ root, cacheFile, signal: stop.signal, onProgress: () => stop.abort() });
    assert.ok(!midway.ok && midway.failure.reason === 'aborted');
    assert.equal(existsSync(cacheFile), false);
  });

  test('no setting of the repository starts a program or changes what is read', async () => {
    commit('sub/a', 'sub/b');
    const proof = path.join(home, 'started');
    const program = path.join(home, 'program.sh');
    writeFileSync(program, `#!/bin/sh\ntouch '${proof}'\nexit 0\n`, { mode: 0o755 });
    for (const key of [
      'core.fsmonitor',
      'diff.external',
      'gpg.program',
      'core.pager',
      'diff.x.textconv',
      'diff.x.command',
    ])
      git('config', key, program);
    writeFileSync(path.join(root, '.git/info/attributes'), '* diff=x\n');
    // A signature makes `log.showSignature` start the program that checks it.
    const [header = '', message = ''] = git('cat-file', 'commit', 'HEAD').split('\n\n');
    const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n none\n -----END PGP SIGNATURE-----';
    const signed = path.join(home, 'signed');
    writeFileSync(signed, `${header}\n${signature}\n\n${message}\n`);
    git('update-ref', 'HEAD', git('hash-object', '-t', 'commit', '-w', signed));
    git('config', 'log.showSignature', 'true');
    git('config', 'diff.orderFile', path.join(home, 'none'));
    git('config', 'diff.renames', 'false');
    git('config', 'diff.relative', 'true');
    git('config', 'log.showRoot', 'false');
    git('config', 'diff.noprefix', 'true');
    const at = path.join(root, 'sub');
    assert.deepEqual(commitsOf((await read({ root: at })).coChange), [['sub/a', 'sub/b']]);
    assert.equal(existsSync(proof), false);
  });

  test('pairs by count and confidence, the strongest first', async () => {
    for (let i = 0; i < 4; i++) commit('api', 'client');
    for (let i = 0; i < 6; i++) commit('api', 'docs');
    for (let i = 0; i < 14; i++) commit('docs');
    const { coChange } = await read();
    const all = changedTogether(coChange, { wanted: () => true, leastTogether: 1, leastConfidence: 0 });
    assert.deepEqual(all, [
      { a: 'api', b: 'client', together: 4, changesA: 10, changesB: 4, confidence: 1 },
      { a: 'api', b: 'docs', together: 6, changesA: 10, changesB: 20, confidence: 0.6 },
    ]);
    const strong = changedTogether(coChange, { wanted: (p) => p !== 'client', leastTogether: 1, leastConfidence: 0.7 });
    assert.deepEqual(strong, []);
  });

  /** Many commits at once, on top of what is there. */
  function stream(count: number): void {
    let text = '';
    for (let i = 0; i < count; i++) {
      const from = i === 0 ? `from ${git('rev-parse', 'HEAD')}\n` : '';
      text += `commit refs/heads/many\ncommitter T <t@t> ${clock + i} +0000\ndata 1\nw\n${from}M 100644 inline f${i % 40}\ndata ${String(i).length}\n${i}\n`;
    }
    execFileSync('git', ['fast-import', '--quiet'], { cwd: root, input: text });
    git('reset', '-q', '--hard', 'refs/heads/many');
  }
});
