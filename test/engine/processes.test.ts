/** What agents, checks and set-ups leave running: it ends with them, however it got loose of what started it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { ofRuns, readPs, seeProcesses, signalProcess } from '../../src/node/process/process-table.ts';
import { environment, runProcess } from '../../src/node/process/processes.ts';
import { canMark, limitIn, limitOfRun } from '../../src/node/process/run-mark.ts';
import { findSandbox } from '../../src/node/process/sandbox.ts';
import { CLI, Project, type Finished } from './fixture.ts';

/**
 * Leaves a process behind in every way there is, and ends when all of them have got loose. They do not listen when they
 * are asked to end. Arguments: who leaves them, and a word by which the test knows them.
 */
const LEAVE = `#!/bin/bash
[ -z "$SLICEWAVE_SLICE" ] || [ ! -d src ] || [ "$1" != agent ] || echo work > "src/$SLICEWAVE_SLICE.txt"
here=$(mktemp -d); body='trap "" TERM HUP; echo > "$1"; while :; do sleep 1; done'
go() { "$@" bash -c "$body" "$here/$way" "$here/$way" "$word-$way" </dev/null >/dev/null 2>&1; }
word=$2-$1
way=session; go setsid &
way=nohup; go nohup &
way=twice; (setsid bash -c '"$@" & exit' bash bash -c "$body" "$here/$way" "$here/$way" "$word-$way" </dev/null >/dev/null 2>&1 &)
way=bare; (go env -i PATH="$PATH" setsid &)
way=elsewhere; (cd / && go env -i PATH="$PATH" setsid &)
for way in session nohup twice bare elsewhere; do until [ -e "$here/$way" ]; do sleep 0.02; done; done
`;

/** Command lines in which a word stands. */
function livingWith(word: string): readonly string[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return [];
      return line.includes(word) && line.includes('trap') ? [line] : [];
    } catch {
      return [];
    }
  });
}

suite('processes that were left running', function () {
  this.timeout(240_000);
  let project: Project;
  const word = `left-by-${process.pid}`;

  setup(async function () {
    if (process.platform !== 'linux') return this.skip();
    project = await Project.create();
    const script = path.join(project.home, 'leave.sh');
    writeFileSync(script, LEAVE, { mode: 0o755 });
    const leave = (who: string): string => `bash '${script}' ${who} ${word}`;
    project.writePlan({
      slices: [
        { id: 'A1', verify: [leave('check')] },
        { id: 'B1', deps: ['A1'], verify: ['true'] },
      ],
      mergePoints: [{ id: 'MP1', needs: ['A1'], unlocks: ['B1'], verify: [leave('point')] }],
      setup: [leave('setup')],
    });
  });

  teardown(async () => {
    for (const name of readdirSync('/proc')) {
      try {
        if (/^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(`\0${word}-`))
          process.kill(Number(name), 'SIGKILL');
      } catch {
        // Ended while we looked.
      }
    }
    await project?.close();
  });

  const run = (sandbox: string): Promise<Finished> => {
    const agent = `bash '${path.join(project.home, 'leave.sh')}' agent ${word}`;
    const args = ['run', project.planDir, '--agent', 'command', '--agent-command', agent, '--sandbox', sandbox];
    return project.start(args).finished;
  };

  const holds = async (sandbox: string): Promise<void> => {
    const ran = await run(sandbox);
    assert.equal(ran.code, 0, ran.out + ran.err);
    assert.deepEqual(livingWith(word), []);
    const integrated = await project.start(['integrate', project.planDir], { env: { SLICEWAVE_SANDBOX: sandbox } })
      .finished;
    assert.equal(integrated.code, 0, integrated.out + integrated.err);
    assert.deepEqual(livingWith(word), []);
  };

  test('without a sandbox', async function () {
    if (!(await canMark())) return this.skip();
    await holds('off');
    const doubts = project.events().filter(({ type, slice }) => type === 'doubted' && slice === 'A1');
    // In the order of their ids, and each of them has a `sleep` of its own beside it or not.
    assert.match(
      JSON.stringify(doubts),
      /processes-ended[^}]*the agent left running: [^}]*bash \(\d+\)[^}]*bash \(\d+\)/,
    );
    const outputs = project.events().flatMap(({ type, event }) => (type === 'verification' ? [event['result']] : []));
    assert.match(JSON.stringify(outputs), /ended what the check left running: [^"]*bash/);
  });

  test('in a sandbox', async function () {
    if (!(await findSandbox()).ok) return this.skip();
    await holds('required');
  });

  test('a process that has taken every mark off itself can decide nothing', async function () {
    if (!(await canMark())) return this.skip();
    const said = path.join(project.home, 'said.txt');
    const approve = `cd "$1" && exec "$2" "$3" skip "$4" B1 >"$5" 2>&1`;
    // With a terminal of its own, and nobody above it who was started by a run.
    const terminal = `script -qec 'sh -c "$DO" sh "$R" "$N" "$C" "$P" "$S"' /dev/null`;
    const script = path.join(project.home, 'decide.sh');
    const values = [
      `R='${project.root}'`,
      `N='${process.execPath}'`,
      `C='${CLI}'`,
      `P='${project.planDir}'`,
      `S='${said}'`,
    ];
    writeFileSync(
      script,
      `echo work > "src/$SLICEWAVE_SLICE.txt"\nenv -i PATH="$PATH" HOME="$HOME" DO='${approve}' ${values.join(' ')} setsid --fork ${terminal} </dev/null >/dev/null 2>&1\nfor i in $(seq 400); do grep -q . '${said}' 2>/dev/null && break; sleep 0.05; done\n`,
    );
    const agent = `bash '${script}'`;
    await project.start(['run', project.planDir, '--only', 'A1', '--agent', 'command', '--agent-command', agent])
      .finished;
    assert.match(readFileSync(said, 'utf8'), /the mark of a run/);
    assert.deepEqual(
      project.decisions().filter(({ type }) => type === 'skipped'),
      [],
    );
  });

  test('output goes through pipes, which a program can also open by name, and is whole however much there is', async () => {
    if (process.platform === 'win32') return;
    const said = { out: '', err: '' };
    const script =
      '[ -p /dev/stdout ] && [ -p /dev/stderr ] && head -c 3000000 /dev/zero | tr "\\0" x && echo end > /dev/stderr';
    const ended = await runProcess({
      program: 'sh',
      args: ['-c', script],
      cwd: '/',
      env: environment(),
      onStdout: (chunk) => (said.out += chunk),
      onStderr: (chunk) => (said.err += chunk),
    });
    assert.equal(ended.exitCode, 0);
    assert.deepEqual([said.out.length, said.err], [3_000_000, 'end\n']);
  });

  test('output into a file is told while the program works, to its end, and nothing of what comes after it', async () => {
    let said = '';
    let inTheMiddle = '';
    const waiting = path.join(project.home, 'waiting');
    const script = `
      const fs = require('node:fs');
      const { spawn } = require('node:child_process');
      fs.writeSync(1, 'first\\n');
      while (!fs.existsSync(process.argv[1])) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      fs.writeSync(1, 'x'.repeat(3000000));
      spawn('sh', ['-c', 'trap "" TERM HUP; while echo more; do sleep 0.01; done'], { detached: true, stdio: ['ignore', 1, 1] }).unref();
    `;
    const ended = await runProcess({
      program: process.execPath,
      args: ['-e', script, waiting],
      cwd: '/',
      env: environment(),
      runId: 'output-into-a-file',
      outputIntoFile: true,
      onStdout: (chunk) => {
        said += chunk;
        if (said !== 'first\n') return;
        inTheMiddle = said;
        writeFileSync(waiting, '');
      },
    });
    for (const { pid } of seeProcesses().filter(ofRuns(['output-into-a-file']))) signalProcess(pid, 'SIGKILL');
    assert.deepEqual([ended.exitCode, inTheMiddle], [0, 'first\n']);
    assert.equal(said.replaceAll('more\n', '').length, 'first\n'.length + 3_000_000);
  });

  test('what outlives a program and holds its output is not waited for; what the program said before its end is read', async () => {
    if (process.platform === 'win32') return;
    let said = '';
    // Out of the program's group, deaf, and talking without an end.
    const talker = 'trap "" TERM HUP; while echo more; do :; done';
    const ended = await runProcess({
      program: 'sh',
      args: ['-c', 'setsid sh -c "$0" & head -c 50000 /dev/zero | tr "\\0" x; echo last; exit 3', talker],
      cwd: '/',
      env: environment(),
      onStdout: (chunk) => (said += chunk),
    });
    assert.equal(ended.exitCode, 3);
    const own = said.replaceAll('more\n', '');
    assert.equal(own.length, 50_000 + 'last\n'.length);
  });

  test('the mark goes on to all that a program starts, and leaves its exit code and arguments alone', async function () {
    if (!(await canMark())) return this.skip();
    const runId = '20260101T000000Z-A1-abc';
    let said = '';
    const { exitCode } = await runProcess({
      program: 'sh',
      args: ['-c', 'env -i setsid cat /proc/self/limits; echo "$1"; exit 3', 'sh', '--version'],
      cwd: '/',
      env: environment(),
      runId,
      onStdout: (chunk) => void (said += chunk),
    });
    assert.equal(exitCode, 3);
    assert.equal(limitIn(said), limitOfRun(runId));
    assert.match(said, /^--version$/m);
    const missing = await runProcess({ program: './no-such', args: [], cwd: '/', env: environment(), runId });
    assert.equal(missing.outcome, 'not-found');
    assert.ok(!seeProcesses().some(ofRuns([runId])));
    assert.equal(limitIn(execFileSync('cat', ['/proc/self/limits'], { encoding: 'utf8' })), null);
  });
});

suite("macOS' list of processes", () => {
  test('is read with the marks that stand behind a command', () => {
    const found = readPs(
      [
        '    1     0     1 Ss   ??       /sbin/launchd',
        '  501   499   501 S+   ttys001  -zsh',
        '  777     1   777 S    ??       node server.js SLICEWAVE_RUN_ID=run-1 TMPDIR=/var/t/tmp-0123456789ab-x.1-AbCdEf/tmp SLICEWAVE_WORKTREE=/w/A1',
        '  778   777   777 Z    ??       (node)',
        '',
      ].join('\n'),
    );
    assert.deepEqual(
      found.map(({ group: _group, session: _session, started: _started, limit: _limit, ...rest }) => rest),
      [
        { pid: 1, parent: 0, terminal: 0, name: 'launchd', runId: null, checkOf: null, worktree: null },
        { pid: 501, parent: 499, terminal: 1, name: '-zsh', runId: null, checkOf: null, worktree: null },
        { pid: 777, parent: 1, terminal: 0, name: 'node', runId: 'run-1', checkOf: '0123456789ab', worktree: '/w/A1' },
      ],
    );
  });
});
