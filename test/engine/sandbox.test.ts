/** What a confined process may do, tried with the real sandbox of this machine. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { makePrivateGit } from '../../src/node/git/private-git.ts';
import { openRepository } from '../../src/node/git/repository.ts';
import { Enclosure, findSandbox, type EnclosureRequest } from '../../src/node/process/sandbox.ts';
import { environment, runProcess, type SpawnOutcome } from '../../src/node/process/processes.ts';
import { installSandbox, sandboxObstacle } from '../sandbox/install.ts';
import { CLI, Project } from './fixture.ts';

suite('the sandbox', () => {
  let top = '';
  let worktree = '';
  let primary = '';
  let commonDir = '';
  let state = '';

  suiteSetup(async function () {
    if (process.platform !== 'linux') return this.skip();
    await installSandbox();
    if (sandboxObstacle() !== null) this.skip();
  });

  setup(() => {
    top = realpathSync(mkdtempSync(path.join(tmpdir(), "slicewave sandbox it's-")));
    [primary, worktree, state] = ['primary', 'worktree', 'state'].map((name) => path.join(top, name)) as [
      string,
      string,
      string,
    ];
    commonDir = path.join(primary, '.git');
    mkdirSync(state);
    const git = (...args: readonly string[]): void =>
      void execFileSync('git', args, { cwd: existsSync(primary) ? primary : top, stdio: 'pipe' });
    git('init', '-q', '-b', 'main', primary);
    writeFileSync(path.join(primary, 'tracked.txt'), 'one\n');
    writeFileSync(path.join(primary, '.env'), 'TOKEN=abc\n');
    git('add', 'tracked.txt');
    git('-c', 'user.name=P', '-c', 'user.email=p@localhost', 'commit', '-qm', 'base');
    git('worktree', 'add', '-q', worktree);
  });

  teardown(() => rmSync(top, { recursive: true, force: true }));

  interface Tried extends SpawnOutcome {
    readonly said: string;
  }

  /** Runs a script of the shell confined; `$1` is the test's own directory. */
  async function tried(script: string, more: Partial<EnclosureRequest> = {}, signal?: AbortSignal): Promise<Tried> {
    const sandbox = await findSandbox();
    assert.ok(sandbox.ok, 'this machine has a sandbox');
    const request = { worktree, projects: [primary], needed: [primary, commonDir], ...more };
    const confined = await Enclosure.open(sandbox.value, request);
    let said = '';
    const hear = (chunk: string): void => void (said += chunk);
    const args = ['-c', script, 'sh', top];
    const command = { program: 'sh', args, cwd: worktree, env: environment() };
    const ended = await runProcess({ ...command, confined, signal, onStdout: hear, onStderr: hear });
    await confined.close();
    return { ...ended, said };
  }

  test('the worktree is written, git reads in it, and nothing else changes', async () => {
    const { said, exitCode } = await tried(
      `echo two > tracked.txt; echo new > new.txt
       git status --short && git diff --stat && git log --oneline | wc -l
       for place in "$1/primary/x" "$1/primary/.git/x" "$1/x" "$HOME/slicewave-probe"; do echo bad 2>&1 > "$place"; done
       git config a.b c; git add new.txt; git branch evil; rm -f .git; mv "$1/worktree" "$1/other"; true`,
    );
    assert.equal(exitCode, 0);
    assert.match(said, /M tracked\.txt/);
    assert.match(said, /\?\? new\.txt/);
    assert.match(said, /Read-only file system/);
    assert.equal(readFileSync(path.join(worktree, 'tracked.txt'), 'utf8'), 'two\n');
    assert.match(readFileSync(path.join(worktree, '.git'), 'utf8'), /^gitdir: /);
    assert.deepEqual(readdirSync(top).sort(), ['primary', 'state', 'worktree']);
    assert.deepEqual(readdirSync(primary).sort(), ['.env', '.git', 'tracked.txt']);
    assert.equal(readFileSync(path.join(primary, 'tracked.txt'), 'utf8'), 'one\n');
    assert.doesNotMatch(readFileSync(path.join(commonDir, 'config'), 'utf8'), /\[a\]/);
    assert.ok(!existsSync(path.join(homedir(), 'slicewave-probe')));
    const branches = execFileSync('git', ['branch', '--list', 'evil'], { cwd: primary, encoding: 'utf8' });
    assert.equal(branches, '');
  });

  test('git can be written with, and the repository sees nothing of it', async () => {
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, { cwd: primary, encoding: 'utf8' }).trim();
    git('tag', 'v1');
    const opened = await openRepository(primary);
    assert.ok(opened.ok);
    const everything = (): readonly string[] => [
      git('for-each-ref'),
      git('config', '--list', '--local'),
      git('worktree', 'list', '--porcelain'),
      execFileSync('git', ['ls-files', '--stage', '--debug'], { cwd: worktree, encoding: 'utf8' }),
      execFileSync('find', [commonDir, '-type', 'f', '-printf', '%P %s %T@\n'], { encoding: 'utf8' }),
    ];
    const before = everything();
    const author = '-c user.name=A -c user.email=a@localhost';
    const { said, exitCode } = await tried(
      `set -e
       git status --short; git mv tracked.txt moved.txt; echo more > new.txt; git add new.txt; git ${author} commit -qm mine
       git log --format=%s | tr '\\n' ' '; git describe --tags --always v1; git branch --show-current; git show --stat --format= HEAD | tail -1
       echo x >> new.txt; git ${author} stash -q; git ${author} stash pop -q; git branch -q evil; git config a.b c; git tag -d v1; git gc -q
       for place in "$1/primary/.git/x" "$1/primary/.git/refs/heads/x"; do if echo bad 2>/dev/null > "$place"; then exit 9; fi; done`,
      { git: (into) => makePrivateGit(opened.value, worktree, into) },
    );
    assert.equal(exitCode, 0, said);
    assert.match(said, /^mine base v1\nworktree\n 2 files changed/m);
    assert.deepEqual(everything(), before);
    assert.deepEqual(readdirSync(worktree).toSorted(), ['.git', 'moved.txt', 'new.txt']);
    assert.match(readFileSync(path.join(worktree, '.git'), 'utf8'), /primary\/\.git\/worktrees\//);
  });

  test('a namespace of its own gives no way back', async () => {
    await tried(
      `unshare -Urm sh -c 'mount -o remount,rw,bind "$1/primary"; umount "$1/primary"; echo bad > "$1/primary/x"' sh "$1"
       mount -o remount,rw /; umount "$1/worktree/.git"; echo bad > "$1/worktree/.git"; echo bad > "$1/primary/x"; true`,
    );
    assert.deepEqual(readdirSync(primary).sort(), ['.env', '.git', 'tracked.txt']);
    assert.match(readFileSync(path.join(worktree, '.git'), 'utf8'), /^gitdir: /);
  });

  test('files of environment values in other checkouts, and what is hidden, cannot be read', async () => {
    const secret = path.join(top, 'state', 'key');
    writeFileSync(secret, 'private');
    writeFileSync(path.join(worktree, '.env'), 'OWN=1\n');
    const { said } = await tried('cat "$1/primary/.env"; cat "$1/state/key"; ls "$1/state"; cat .env', {
      hidden: [secret],
    });
    assert.doesNotMatch(said, /TOKEN=abc|private/);
    assert.equal(said.match(/Permission denied/g)?.length, 2);
    assert.match(said, /OWN=1/);
    const { said: directory } = await tried('ls "$1/state"; cat "$1/state/key"', { hidden: [path.join(top, 'state')] });
    assert.doesNotMatch(directory, /private/);
    assert.equal(readFileSync(secret, 'utf8'), 'private');
  });

  test('it has temporary directories of its own, which go with it', async () => {
    const { said } = await tried(
      'echo one > /tmp/slicewave-left && echo two > "$TMPDIR/left" && cat /tmp/slicewave-left "$TMPDIR/left" "$(mktemp)"',
    );
    assert.equal(said, 'one\ntwo\n');
    assert.ok(!existsSync('/tmp/slicewave-left'));
  });

  test('an agent keeps its state, without what steers later sessions', async () => {
    writeFileSync(path.join(state, 'settings.json'), '{}');
    const { said } = await tried('echo s > "$1/state/session"; echo bad > "$1/state/settings.json"', {
      writable: [state, path.join(top, 'not-there')],
      kept: [path.join(state, 'settings.json'), path.join(state, 'not-there')],
    });
    assert.match(said, /Read-only file system/);
    assert.equal(readFileSync(path.join(state, 'session'), 'utf8'), 's\n');
    assert.equal(readFileSync(path.join(state, 'settings.json'), 'utf8'), '{}');
  });

  test('what it leaves behind ends with it, and so it does when it is stopped', async () => {
    // Killed with the namespace, whose first process the sandbox does not wait for to the last instruction.
    const allEnded = async (): Promise<void> => {
      while (livingWith(top).length > 0) await new Promise((resolve) => setImmediate(resolve));
    };
    const leave = `setsid sh -c 'sleep 1000; : "$0"' "$1" </dev/null >/dev/null 2>&1 &`;
    await tried(`${leave} sleep 0`);
    await allEnded();
    const stop = new AbortController();
    const script = `${leave} trap 'echo asked > "$1/worktree/asked"; exit 0' TERM; : > "$1/worktree/ready"; while :; do sleep 0.05; done`;
    const running = tried(script, {}, stop.signal);
    while (!existsSync(path.join(worktree, 'ready'))) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    assert.equal((await running).outcome, 'aborted');
    assert.ok(existsSync(path.join(worktree, 'asked')), 'the program itself was asked to end');
    await allEnded();
  });

  test('a program that is not there is said to be missing, not a failure of the sandbox', async () => {
    const sandbox = await findSandbox();
    assert.ok(sandbox.ok);
    const confined = await Enclosure.open(sandbox.value, { worktree });
    const command = { program: './no-such-program', args: [], cwd: worktree, env: environment() };
    assert.equal((await runProcess({ ...command, confined })).outcome, 'not-found');
    await confined.close();
  });

  test('the network is as asked', async () => {
    const count = 'ls /sys/class/net | grep -cv "^lo$"; cat /proc/net/dev | grep -cv "lo:\\|face\\|Inter"';
    const { said } = await tried(count, { network: 'closed' });
    assert.match(said, /\b0\n$/);
  });
});

/** Processes whose command line names a place. */
function livingWith(place: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return (
        /^\d+$/.test(name) &&
        Number(name) !== process.pid &&
        readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(place)
      );
    } catch {
      return false;
    }
  });
}

suite('an agent in the sandbox', function () {
  this.timeout(240_000);

  test('commits, and is held at the commit, also where Slicewave itself lies in a temporary directory', async function () {
    if (!(await findSandbox()).ok) return this.skip();
    const project = await Project.create();
    const installed = realpathSync(mkdtempSync(path.join(tmpdir(), 'slicewave-installed-')));
    try {
      cpSync(path.dirname(CLI), path.join(installed, 'dist'), { recursive: true });
      writeFileSync(path.join(installed, 'package.json'), '{"type": "module"}');
      project.writePlan({ slices: [{ id: 'A1', verify: ['test -f src/A1.txt'] }] });
      const script = path.join(project.home, 'commits.sh');
      writeFileSync(
        script,
        `echo work > "src/$SLICEWAVE_SLICE.txt"; echo more > outside.txt
git add -A; if git commit -qm all 2> refused.txt; then echo "let through"; fi
git reset -q; rm outside.txt; git add "src/$SLICEWAVE_SLICE.txt"; cat refused.txt; rm refused.txt
git commit -qm mine || exit 9
git log -1 --format=committed:%s
`,
      );
      const args = ['--agent', 'command', '--agent-command', `bash '${script}'`, '--sandbox', 'required'];
      const ran = spawnSync(
        process.execPath,
        [path.join(installed, 'dist', path.basename(CLI)), 'run', project.planDir, ...args],
        { cwd: project.root, env: project.env, encoding: 'utf8' },
      );
      const [run = ''] = project.runIds().filter((id) => id.includes('-A1-'));
      const said = readFileSync(path.join(project.runsDir, run, 'output.txt'), 'utf8');
      assert.equal(ran.status, 0, `${ran.stdout}${ran.stderr}${said}`);
      assert.match(said, /committed:mine/);
      assert.match(said, /outside\.txt/);
      assert.doesNotMatch(said, /let through/);
    } finally {
      rmSync(installed, { recursive: true, force: true });
      await project.close();
    }
  });
});
