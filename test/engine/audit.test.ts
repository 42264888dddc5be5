import { strict as assert } from 'node:assert';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Audit, traceOfChecks, type Neighbour } from '../../src/node/audit/audit.ts';
import type { AuditedDifference } from '../../src/core/audit/report.ts';
import { auditStop } from '../../src/core/run/audit-stop.ts';
import { openRepository, type Repository } from '../../src/node/git/repository.ts';

/** A user's repository with a linked worktree, and one run that is being watched. */
class Scene {
  readonly dir: string;
  readonly root: string;
  readonly worktree: string;
  readonly runDir: string;
  readonly repository: Repository;
  audit: Audit | undefined;

  private constructor(dir: string, repository: Repository) {
    this.dir = dir;
    this.root = path.join(dir, 'r');
    this.worktree = path.join(dir, 'r.worktrees', 'plan', 'A1');
    this.runDir = path.join(this.root, '.agent-runs', 'run-a1');
    this.repository = repository;
  }

  static async make(): Promise<Scene> {
    const dir = mkdtempSync(path.join(tmpdir(), 'slicewave-audit-'));
    const root = path.join(dir, 'r');
    mkdirSync(path.join(root, 'src'), { recursive: true });
    const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
    git('init', '-q', '-b', 'main');
    git('config', 'user.name', 'p');
    git('config', 'user.email', 'p@example.invalid');
    writeFileSync(path.join(root, 'src/index.js'), 'module.exports = {};\n');
    writeFileSync(path.join(root, 'notes.md'), 'notes\n');
    git('add', '-A');
    git('commit', '-qm', 'base');
    git('tag', 'v1');
    git('branch', 'feature');
    appendFileSync(path.join(root, 'notes.md'), 'wip\n');
    git('stash', '-q');
    appendFileSync(path.join(root, 'notes.md'), 'my own work\n');
    git('worktree', 'add', '-q', '-b', 'slicewave/plan/A1', path.join(dir, 'r.worktrees', 'plan', 'A1'), 'HEAD');
    const opened = await openRepository(root);
    assert.ok(opened.ok);
    const scene = new Scene(dir, opened.value);
    mkdirSync(scene.runDir, { recursive: true });
    appendFileSync(path.join(root, '.git/info/exclude'), '/.agent-runs/\n');
    return scene;
  }

  async begin(slice = 'A1', runDir = this.runDir): Promise<Audit> {
    mkdirSync(runDir, { recursive: true });
    return Audit.begin({
      repository: this.repository,
      planDir: 'parallel/plan',
      slice,
      runDir,
      worktree: path.join(this.dir, 'r.worktrees', 'plan', slice),
      worktrees: [path.join(this.dir, 'r.worktrees'), path.join(this.dir, 'r.worktrees', 'plan')],
      checkout: path.join(this.dir, 'r.worktrees', 'plan', '.A1.2'),
      scopePaths: ['src/price.js', 'src/tax.js'],
    });
  }

  /** A command of the agent, in its worktree. */
  agent(audit: Audit, script: string): void {
    execFileSync('bash', ['-c', script], {
      cwd: this.worktree,
      env: { ...process.env, P: this.root, ...audit.environment() },
      stdio: 'ignore',
    });
  }

  /** A command of the person, in the primary checkout. */
  person(script: string): void {
    execFileSync('bash', ['-c', script], { cwd: this.root, stdio: 'ignore' });
  }

  /** The person's shell stands in the primary, below no runner, until it is told to leave. */
  async enter(): Promise<() => void> {
    const shell = spawn('sh', ['-c', 'sleep 3600 >&- & echo $!'], {
      cwd: this.root,
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    const [pid] = (await once(shell.stdout.setEncoding('utf8'), 'data')) as [string];
    if (shell.exitCode === null) await once(shell, 'exit');
    return () => void process.kill(Number(pid), 'SIGKILL');
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: this.root, encoding: 'utf8' }).trim();
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const ALONE = { seen: [], planFiles: [], neighbours: [], expected: {}, stray: async () => new Set<string>() };

suite('audit of what all runs share', () => {
  let scene: Scene;

  setup(async () => {
    scene = await Scene.make();
  });
  teardown(() => scene.close());

  const only = (found: readonly AuditedDifference[]): string =>
    found
      .map((one) => `${one.kind} ${one.what.replace(scene.dir, '')} ${one.blame}${one.put_back ? ' put-back' : ''}`)
      .join('\n');

  const wrong: readonly {
    readonly name: string;
    readonly script: string;
    readonly found: RegExp;
    /** Asked of the repository before and after. */
    readonly same?: readonly string[];
  }[] = [
    {
      name: 'a branch of the user is deleted',
      script: 'git branch -q -D feature',
      found: /^ref-deleted refs\/heads\/feature proven put-back$/,
      same: ['rev-parse', 'feature'],
    },
    {
      name: 'a tag is moved',
      script: 'git tag -f v1 "$(echo e | git commit-tree "HEAD^{tree}")"',
      found: /^ref-moved refs\/tags\/v1 proven put-back$/,
      same: ['rev-parse', 'v1'],
    },
    {
      name: 'the branch that is checked out is moved',
      script: 'git commit -q --allow-empty -m x; git update-ref refs/heads/main HEAD',
      found: /^ref-moved refs\/heads\/main proven put-back$/,
      same: ['rev-parse', 'main'],
    },
    {
      name: 'the stash is dropped',
      script: 'git stash drop -q',
      found: /^stash the stash proven put-back$/,
      same: ['stash', 'list'],
    },
    {
      name: 'a commit is replaced',
      script: 'git replace HEAD "$(echo e | git commit-tree "HEAD^{tree}")"',
      found: /^ref-created refs\/replace\/[0-9a-f]{40} proven put-back$/,
      same: ['for-each-ref'],
    },
    {
      name: 'a setting is written by git',
      script: 'git config core.hooksPath /tmp/elsewhere',
      found: /^config \.git\/config: core\.hookspath proven put-back$/,
      same: ['config', '--list', '--local'],
    },
    {
      name: 'a setting is written past git',
      script: 'printf "[alias]\\n\\tst = !echo x\\n" >> "$P/.git/config"',
      found: /^config \.git\/config: alias\.st suspected put-back$/,
      same: ['config', '--list', '--local'],
    },
    {
      name: 'a hook appears',
      script: 'mkdir -p "$P/.git/hooks"; printf "#!/bin/sh\\n" > "$P/.git/hooks/post-checkout"',
      found: /^hook \.git\/hooks\/post-checkout suspected put-back$/,
    },
    {
      name: 'an exclude is written',
      script: 'echo hid.js >> "$P/.git/info/exclude"',
      found: /^git-file \.git\/info\/exclude suspected put-back$/,
    },
    {
      name: 'attributes are written',
      script: 'echo "*.js binary" > "$P/.git/info/attributes"',
      found: /^git-file \.git\/info\/attributes suspected put-back$/,
    },
    {
      name: 'the branch of the primary is switched',
      script: 'git -C "$P" checkout -q -b other',
      found: /head HEAD proven/,
    },
    { name: 'the primary is reset', script: 'git -C "$P" reset -q --hard', found: /^checkout-file notes\.md proven$/ },
    {
      name: 'the primary is committed',
      script: 'git -C "$P" commit -qam evil',
      found: /ref-moved refs\/heads\/main proven/,
    },
    {
      name: 'the history of HEAD is dropped',
      script: 'git -C "$P" reflog expire --expire=now --all',
      found: /reflog the reflog of HEAD proven/,
    },
    {
      name: 'a file is hidden in the index of the primary',
      script: 'git -C "$P" update-index --skip-worktree src/index.js',
      found: /^index-flag src\/index\.js proven$/,
    },
    {
      name: 'a file is written near the scope in the primary',
      script: 'echo x > "$P/src/leak.js"',
      found: /^checkout-file src\/leak\.js suspected$/,
    },
    {
      name: 'something is put beside the worktrees',
      script: 'mkdir -p ../B7/src',
      found: /^beside \/r\.worktrees\/plan\/B7 suspected$/,
    },
    {
      name: 'packages are put above the checkout of the checks',
      script: 'mkdir ../../../node_modules',
      found: /^beside \/node_modules suspected$/,
    },
    {
      name: 'something is put beside the repository',
      script: 'echo x > "$P/../elsewhere.txt"',
      found: /^beside \/elsewhere\.txt suspected$/,
    },
  ];
  for (const { name, script, found, same } of wrong) {
    test(`${name}: named, stopped, put back where that touches no file of the user`, async () => {
      const before = same ? scene.git(...same) : '';
      const audit = await scene.begin();
      scene.agent(audit, script);
      const result = await audit.end(ALONE);
      assert.match(only(result), found);
      const stop = auditStop('A1', result);
      assert.equal(stop?.condition, 'outside-worktree');
      if (same) assert.equal(scene.git(...same), before);
      assert.equal(existsSync(path.join(scene.root, '.git/hooks/post-checkout')), false);
      assert.doesNotMatch(readFileSync(path.join(scene.root, '.git/info/exclude'), 'utf8'), /hid\.js/);
      assert.equal(existsSync(path.join(scene.runDir, 'git-trace.jsonl')), false, 'command lines are not kept');
    });
  }

  const normal: readonly { readonly name: string; readonly by: 'agent' | 'person'; readonly script: string }[] = [
    { name: 'the person commits', by: 'person', script: 'git commit -qam mine' },
    { name: 'the person makes a branch and stands on it', by: 'person', script: 'git switch -q -c topic' },
    { name: 'the person tags', by: 'person', script: 'git tag v2' },
    { name: 'the person stashes', by: 'person', script: 'git stash -q' },
    {
      name: 'the person edits and adds files of their own',
      by: 'person',
      script: 'echo more >> notes.md; echo x > todo.md',
    },
    { name: 'the person clones another project beside this one', by: 'person', script: 'mkdir ../other' },
    { name: 'the person looks', by: 'person', script: 'git status; git log; git diff; git config --get user.name' },
    {
      name: 'the agent commits on its own branch',
      by: 'agent',
      script: 'echo 1 > src/price.js; git add -A; git commit -qm mine',
    },
    {
      name: 'the agent looks',
      by: 'agent',
      script: 'git status; git log -3; git diff; git branch; git config --list; git stash list; git -C "$P" status',
    },
    { name: 'nothing happens', by: 'agent', script: 'true' },
  ];
  for (const { name, by, script } of normal) {
    test(`${name}: no alarm`, async () => {
      const audit = await scene.begin();
      if (by === 'agent') scene.agent(audit, script);
      else scene.person(script);
      const leave = by === 'person' ? await scene.enter() : undefined;
      const result = await audit.end(ALONE).finally(leave);
      assert.equal(auditStop('A1', result), null, only(result));
    });
  }

  // `/proc` shows what a process holds.
  const see = process.platform === 'linux' ? test : test.skip;
  see('what the command itself prints into a file, in the checkout or beside it: no alarm', async () => {
    const files = [path.join(scene.root, 'run.txt'), path.join(scene.dir, 'run.txt')];
    const open = files.map((file) => openSync(file, 'a'));
    try {
      const audit = await scene.begin();
      for (const file of open) writeSync(file, '10:00:00 A1     preparing\n');
      scene.person('echo x > other.txt');
      const result = await audit.end(ALONE);
      assert.deepEqual(
        result.map(({ what }) => what),
        ['other.txt'],
      );
    } finally {
      for (const file of open) closeSync(file);
    }
  });

  test('what its checks do is seen by a second look, which begins where the first ended', async () => {
    const audit = await scene.begin();
    scene.person('git tag v2');
    assert.equal(auditStop('A1', await audit.end(ALONE)), null);
    const trace = path.join(scene.root, '.agent-runs', 'git.jsonl');
    symlinkSync(trace, traceOfChecks(scene.runDir));
    execFileSync('git', ['config', 'alias.st', '!echo x'], {
      cwd: scene.worktree,
      env: { ...process.env, GIT_TRACE2_EVENT: trace },
    });
    const result = await audit.end(ALONE);
    assert.match(only(result), /^config \.git\/config: alias\.st proven put-back$/);
    assert.match(auditStop('A1', result, 'checks')?.detail ?? '', /^while its checks ran: the setting .*alias\.st/);
    assert.equal(readFileSync(trace, 'utf8'), '', 'command lines are not kept');
  });

  test('what a neighbour did is the neighbour’s, whoever looks first', async () => {
    const other = path.join(scene.root, '.agent-runs', 'run-b1');
    const [a, b] = [await scene.begin('A1'), await scene.begin('B1', other)];
    scene.agent(a, 'git branch -q -D feature');
    const guilty: Neighbour = { slice: 'A1', runDir: scene.runDir, found: [] };
    const seenByB = await b.end({ ...ALONE, neighbours: [guilty] });
    assert.equal(auditStop('B1', seenByB), null, only(seenByB));
    const seenByA = await a.end({ ...ALONE, neighbours: [{ slice: 'B1', runDir: other, found: seenByB }] });
    assert.match(only(seenByA), /^ref-deleted refs\/heads\/feature proven put-back$/);
  });

  test('where nothing shows who it was, both are told: one of A1, B1', async () => {
    const other = path.join(scene.root, '.agent-runs', 'run-b1');
    const [a, b] = [await scene.begin('A1'), await scene.begin('B1', other)];
    scene.agent(a, 'printf "#!/bin/sh\\n" > "$P/.git/hooks/post-checkout"');
    const seenByB = await b.end({ ...ALONE, neighbours: [{ slice: 'A1', runDir: scene.runDir, found: [] }] });
    assert.match(auditStop('B1', seenByB)?.detail ?? '', /one of B1, A1/);
    const seenByA = await a.end({ ...ALONE, neighbours: [{ slice: 'B1', runDir: other, found: seenByB }] });
    assert.match(auditStop('A1', seenByA)?.detail ?? '', /post-checkout .* one of B1, A1/);
  });

  test('the branch of a verified slice is where its evidence says', async () => {
    const commit = scene.git('rev-parse', 'HEAD');
    scene.git('branch', 'slicewave/plan/B1', commit);
    const audit = await scene.begin();
    scene.agent(audit, 'git commit -q --allow-empty -m x; git update-ref refs/heads/slicewave/plan/B1 HEAD');
    const result = await audit.end({ ...ALONE, expected: { 'refs/heads/slicewave/plan/B1': commit } });
    assert.match(only(result), /^ref-moved refs\/heads\/slicewave\/plan\/B1 proven put-back$/);
    assert.equal(scene.git('rev-parse', 'slicewave/plan/B1'), commit);
  });

  test('a branch of the tool counts when it is new and a command of the run, or nothing of the tool, has made it', async () => {
    const ref = 'refs/heads/slicewave/plan/integration';
    const cases: readonly (readonly [script: string, isStray: boolean, found: RegExp | null])[] = [
      [`git branch slicewave/plan/integration`, false, /^ref-created refs\/heads\/slicewave\/plan\/integration proven/],
      [`git push -q . HEAD:slicewave/plan/integration`, false, /proven/],
      [`git switch -q --detach; git log -1 --format=%H`, false, null],
      [`echo "create ${ref} $(git rev-parse HEAD)" | git update-ref --stdin`, false, null],
      [`echo "create ${ref} $(git rev-parse HEAD)" | git update-ref --stdin`, true, /^ref-created .* suspected/],
    ];
    for (const [script, isStray, found] of cases) {
      const audit = await scene.begin();
      scene.agent(audit, script);
      const result = await audit.end({ ...ALONE, stray: async (refs) => new Set(isStray ? refs : []) });
      if (found === null) assert.deepEqual(result, [], script);
      else assert.match(only(result), found, script);
      scene.git('update-ref', '-d', ref);
    }
  });
});
