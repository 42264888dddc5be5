/** `slicewave decompose` as people use it: a preview first, and nothing written before they accept it. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { specWith } from '../decompose-fixture.ts';
import { temporaryRepository, type TemporaryRepository } from '../repository.ts';
import { CLI, type Finished } from './fixture.ts';

const SPEC = 'specs/TS-7-shop.spec.md';
const PLAN = 'parallel/TS-7-shop';
/** Of util-linux: runs a command on a terminal of its own. */
const PSEUDO_TERMINAL = 'script';

const spec = specWith({
  id: 'TS-7',
  more: `## Slices

- A1: Till (files: src/till.py; verify: make till)
- A2: Door (files: src/door.py; verify: make door)
`,
});

/** Prints an answer to its prompt, which it is given in every way a command can be. */
const AGENT = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
const [log, promptFile, schemaFile] = process.argv.slice(2);
const prompt = readFileSync(promptFile, 'utf8');
const schema = JSON.parse(readFileSync(schemaFile, 'utf8'));
const stdin = readFileSync(0, 'utf8');
const turn = existsSync(log) ? readFileSync(log, 'utf8').split('\\n').length - 1 : 0;
appendFileSync(log, JSON.stringify({ prompt, isSame: stdin === prompt, hasSlices: 'slices' in schema.properties }) + '\\n');
const slice = (id, file, deps) => ({ id, title: id, deps, create: [file], verify: ['make ' + id] });
const cyclic = { slices: [slice('A1', 'src/till.py', ['A2']), slice('A2', 'src/door.py', ['A1'])] };
const sound = { slices: [slice('A1', 'src/till.py', []), slice('A2', 'src/door.py', ['A1'])] };
console.error('thinking');
console.log('A first {thought}.');
console.log(turn === 0 ? 'I would cut it in two.' : JSON.stringify(turn === 1 ? cyclic : sound, null, 2));
`;

suite('decompose on the command line', () => {
  let root = '';
  let repository: TemporaryRepository;

  setup(() => {
    repository = temporaryRepository({ [SPEC]: spec });
    ({ root } = repository);
  });
  teardown(() => repository.remove());

  function cli(...args: readonly string[]): Finished {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd: root, encoding: 'utf8' });
    return { code: status, out: stdout, err: stderr };
  }

  const isWritten = (): boolean => existsSync(path.join(root, 'parallel'));

  test('without a terminal it shows the plan, writes nothing, says how to go on, and ends with 3', () => {
    const { code, out, err } = cli('decompose', SPEC);
    assert.equal(code, 3, err);
    assert.match(out, /2 slices, \d waves?,/);
    assert.match(out, /no earlier runs to estimate cost from/);
    assert.match(out, /Made by: Structure of the spec/);
    assert.match(out, /Nothing was written\. Give --yes to write these \d+ files to parallel\/TS-7-shop/);
    assert.ok(!isWritten());
  });

  test('the checks of slices, merge points and waves are tried on the base before the plan is written, when asked for', () => {
    repository.remove();
    repository = temporaryRepository({
      Makefile: 'whole:\n\t@test -s there.txt\n',
      'there.txt': 'x\n',
      [SPEC]: specWith({
        id: 'TS-7',
        evidence: 'make whole',
        more: `## Slices

- A1: Till (files: src/till.py; verify: test -s src/till.py)
- A2: Door (files: src/door.py; verify: no-such-tool --all)
- A3: Shop (after A1; files: src/shop.py; verify: test -s there.txt)
- MP1: A1 + A2 -> A3
`,
      }),
    });
    ({ root } = repository);
    const { code, out, err } = cli('decompose', SPEC, '--try-checks', '--dry-run');
    assert.equal(code, 0, err + out);
    const base = (text: string): string => text.replaceAll(/base [0-9a-f]{10}/g, 'base');
    const tried = base(out.slice(out.indexOf('\nok ') + 1, out.indexOf('\nNothing was written')));
    assert.match(
      tried,
      /^ok {6}`test -s src\/till\.py` \(A1\), on the base: ended with 1: src\/till\.py: is empty, or not there$/m,
    );
    assert.match(tried, /^warning `no-such-tool --all` \(A2\), on the base: /m);
    assert.match(tried, /^ok {6}`make whole` \(MP1\), on the base: passes already, without the change$/m);
    assert.match(err, /trying on the base: make whole/);
    assert.ok(!isWritten());
    assert.equal(repository.git('worktree', 'list').trim().split('\n').length, 1);
    const asked = JSON.parse(cli('decompose', SPEC, '--try-checks', '--dry-run', '--json').out) as {
      readonly checks: readonly { readonly status: string }[];
    };
    assert.deepEqual(asked.checks.map(({ status }) => status).toSorted(), ['ok', 'ok', 'ok', 'warning']);
    assert.ok(!('checks' in JSON.parse(cli('decompose', SPEC, '--dry-run', '--json').out)));
  });

  test('a reader that goes away does not keep it from being written', async () => {
    const child = spawn(process.execPath, [CLI, 'decompose', SPEC, '--yes'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    const code = await new Promise((resolve) => void child.once('close', resolve));
    assert.equal(code, 0);
    assert.ok(existsSync(path.join(root, PLAN, 'manifest.json')));
  });

  test('a spec that must not be decomposed is told once', () => {
    writeFileSync(path.join(root, SPEC), '# Nothing\n');
    const { code, err } = cli('decompose', SPEC);
    assert.equal(code, 2);
    assert.equal(err.match(/which outcome is wanted/g)?.length, 1, err);
  });

  test('--dry-run shows it and ends with 0; --yes writes it; a plan that is there is not written over', () => {
    assert.equal(cli('decompose', SPEC, '--dry-run').code, 0);
    assert.ok(!isWritten());
    const { code, out } = cli('decompose', SPEC, '-y');
    assert.equal(code, 0);
    assert.match(out, /Wrote \d+ files to parallel\/TS-7-shop\. Next: slicewave run/);
    assert.ok(existsSync(path.join(root, PLAN, 'manifest.json')));
    const again = cli('decompose', SPEC, '--yes');
    assert.equal(again.code, 2);
    assert.match(again.err, /holds a plan already\n {2}Give --replace .*slicewave replan/);
    assert.equal(cli('decompose', SPEC, '--replace').code, 3);
    assert.equal(cli('decompose', SPEC, '--replace', '--yes').code, 0);
  });

  test('of four at once one writes and the others are told; replaced by four at once, the plan is one of theirs, whole', async () => {
    const atOnce = (...options: readonly string[]): Promise<readonly Finished[]> =>
      Promise.all(
        Array.from({ length: 4 }, () => {
          const child = spawn(process.execPath, [CLI, 'decompose', SPEC, '--yes', ...options], {
            cwd: root,
            stdio: ['ignore', 'pipe', 'pipe'],
          });
          let [out, err] = ['', ''];
          child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
          child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
          return new Promise<Finished>((resolve) => child.once('close', (code) => resolve({ code, out, err })));
        }),
      );
    const first = await atOnce();
    assert.deepEqual(
      first.map(({ code }) => code ?? -1).toSorted((a, b) => a - b),
      [0, 2, 2, 2],
      first.map(({ err }) => err).join('\n'),
    );
    for (const { code, err } of first) if (code !== 0) assert.match(err, /holds a plan already|already holds a plan/);
    const files = readdirSync(path.join(root, PLAN), { recursive: true, encoding: 'utf8' }).sort();
    const manifest = readFileSync(path.join(root, PLAN, 'manifest.json'), 'utf8');
    const second = await atOnce('--replace');
    assert.deepEqual(
      second.map(({ code }) => code),
      [0, 0, 0, 0],
      second.map(({ err }) => err).join('\n'),
    );
    assert.equal(readFileSync(path.join(root, PLAN, 'manifest.json'), 'utf8'), manifest);
    assert.deepEqual(
      readdirSync(path.join(root, PLAN), { recursive: true, encoding: 'utf8' }).sort(),
      files,
      'nothing of theirs is left',
    );
    assert.deepEqual(readdirSync(path.join(root, 'parallel')), [path.basename(PLAN)]);
  });

  test('--json tells whether it was written', () => {
    const shown = cli('decompose', SPEC, '--json');
    assert.equal(shown.code, 3);
    const value = JSON.parse(shown.out) as Record<string, unknown>;
    assert.deepEqual([value['v'], value['written'], value['decomposer']], [1, false, 'structure']);
    assert.ok(!isWritten());
    const written = cli('decompose', SPEC, '--json', '--yes');
    assert.equal(written.code, 0);
    assert.equal((JSON.parse(written.out) as Record<string, unknown>)['written'], true);
    assert.ok(isWritten());
  });

  test('scopes that are guessed are shown with their evidence; a yes given before accepts none of them', () => {
    const tasks = '.kiro/specs/till/tasks.md';
    const other = temporaryRepository({
      [tasks]: '# Implementation Plan\n\n- [ ] 1. Let the `CashDrawer` open by itself\n- [ ] 2. Polish the moon\n',
      'src/drawer.py': 'class CashDrawer:\n    pass\n',
    });
    try {
      const { status, stdout } = spawnSync(process.execPath, [CLI, 'decompose', tasks], {
        cwd: other.root,
        encoding: 'utf8',
      });
      assert.equal(status, 3);
      assert.match(
        stdout,
        /Guessed scopes \(1 .*in the plan once you accept it\)\n +task-1 +high +src\/drawer\.py: declares CashDrawer/,
      );
      assert.match(stdout, /Give --yes --accept-guesses to write/);
      const json = (...args: readonly string[]): Record<string, unknown> => {
        const made = spawnSync(process.execPath, [CLI, 'decompose', tasks, '--json', ...args], {
          cwd: other.root,
          encoding: 'utf8',
        });
        return JSON.parse(made.stdout) as Record<string, unknown>;
      };
      const guess = {
        slice: 'task-1',
        confidence: 'high',
        paths: [{ path: 'src/drawer.py', evidence: ['declares CashDrawer', 'its name has "drawer"'] }],
      };
      assert.deepEqual(json()['guesses'], [{ ...guess, taken: true }]);
      const task = (): string =>
        readFileSync(path.join(other.root, 'parallel/till/tasks/task-1-let-the-cashdrawer-open-by-itself.md'), 'utf8');
      assert.deepEqual(json('--yes')['guesses'], [{ ...guess, taken: false }]);
      assert.doesNotMatch(task(), /MODIFY:.*drawer|- src\/drawer/);
      assert.deepEqual(json('--yes', '--accept-guesses', '--replace')['guesses'], [{ ...guess, taken: true }]);
      assert.match(task(), /src\/drawer\.py/);
    } finally {
      other.remove();
    }
  });

  test('any program may decompose; it is told what does not hold until it is sound', () => {
    writeFileSync(path.join(root, 'agent.mjs'), AGENT);
    const log = path.join(root, 'log.jsonl');
    const command = `'${process.execPath}' agent.mjs '${log}' {prompt_file} {schema_file}`;
    const { code, out, err } = cli('decompose', SPEC, '--with', 'command', '--agent-command', command, '--yes');
    assert.equal(code, 0, `${out}\n${err}`);
    assert.match(err, /round 1: its answer cannot be used: There is no JSON object/);
    assert.match(err, /thinking/);
    assert.match(err, /round 2: \d+ findings? left/);
    assert.match(err, /round 3: nothing is left to correct/);
    assert.match(out, /Rounds: 3 rounds; nothing is left to correct/);
    const turns = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { prompt: string; isSame: boolean; hasSlices: boolean });
    assert.equal(turns.length, 3);
    assert.ok(turns.every((turn) => turn.isSame && turn.hasSlices));
    // A program without sessions is told the whole story again.
    assert.match(turns[2]?.prompt ?? '', /=== SPEC[\s\S]*=== YOUR EARLIER ANSWER ===[\s\S]*wait for each other/);
  });

  test('a program that never answers is a failure, and what it answered badly is shown', () => {
    writeFileSync(path.join(root, 'agent.mjs'), AGENT);
    const log = path.join(root, 'log.jsonl');
    const command = `'${process.execPath}' agent.mjs '${log}' {prompt_file} {schema_file}`;
    const none = cli('decompose', SPEC, '--with', 'command', '--agent-command', command, '--rounds', '0', '--yes');
    assert.equal(none.code, 1);
    assert.match(none.err, /gave no usable decomposition in 1 round: There is no JSON object/);
    rmSync(log);
    const bad = cli('decompose', SPEC, '--with', 'command', '--agent-command', command, '--rounds', '1');
    assert.equal(bad.code, 3);
    assert.match(bad.out, /error plan\.cycle/);
    assert.match(bad.out, /Give --last --yes to write these \d+ files/);
    assert.ok(!isWritten());
    const gone = cli('decompose', SPEC, '--with', 'command', '--agent-command', 'no-such-agent {prompt_file}');
    assert.equal(gone.code, 1);
    assert.match(gone.err, /no-such-agent was not found\n {2}\S/);
  });

  test('what an agent answered is written later without asking it again, as long as the spec is the same', () => {
    writeFileSync(path.join(root, 'agent.mjs'), AGENT);
    const log = path.join(root, 'log.jsonl');
    const command = `'${process.execPath}' agent.mjs '${log}' {prompt_file} {schema_file}`;
    const none = cli('decompose', SPEC, '--last');
    assert.equal(none.code, 1);
    assert.match(none.err, /No agent's answer is kept for specs\/TS-7-shop\.spec\.md\n {2}\S/);
    const shown = cli('decompose', SPEC, '--with', 'command', '--agent-command', command);
    assert.equal(shown.code, 3);
    rmSync(path.join(root, 'agent.mjs'));
    const turns = readFileSync(log, 'utf8');
    const again = cli('decompose', SPEC, '--last');
    assert.equal(again.code, 3, again.err);
    // The same preview, with the rounds as they were.
    assert.equal(again.out, shown.out);
    writeFileSync(path.join(root, SPEC), `${spec}\n`);
    const changed = cli('decompose', SPEC, '--last', '--yes');
    assert.equal(changed.code, 1);
    assert.match(changed.err, /TS-7-shop\.spec\.md has changed since Any agent, as a command was asked/);
    assert.ok(!isWritten());
    writeFileSync(path.join(root, SPEC), spec);
    const written = cli('decompose', SPEC, '--last', '--yes');
    assert.equal(written.code, 0, written.err);
    assert.match(readFileSync(path.join(root, PLAN, 'tasks/task-002-door.md'), 'utf8'), /deps: \[A1\]/);
    assert.equal(readFileSync(log, 'utf8'), turns);
    const answers = path.join(root, '.git/slicewave/answers');
    const [kept = ''] = readdirSync(answers);
    writeFileSync(path.join(answers, kept), '{"version": 1');
    const broken = cli('decompose', SPEC, '--last', '--replace', '--yes');
    assert.equal(broken.code, 1);
    assert.match(broken.err, /The answer kept for .* cannot be read/);
  });

  test('an agent is asked once where imported tasks work; its answer is shown, and written later without asking again', () => {
    const tasks = '.kiro/specs/moon/tasks.md';
    mkdirSync(path.join(root, path.dirname(tasks)), { recursive: true });
    writeFileSync(
      path.join(root, tasks),
      '# Plan\n\n- [ ] 1. Think of colours\n- [ ] 2. Mend src/door.py\n- [ ] 3. Ring\n',
    );
    const answer = { scopes: [{ id: 'task-1', paths: [{ path: 'src/colours.py', why: 'new' }] }] };
    const script = `import { appendFileSync, readFileSync } from 'node:fs';
const schema = JSON.parse(readFileSync(process.argv[2], 'utf8'));
appendFileSync('asked', JSON.stringify([Object.keys(schema.properties), readFileSync(0, 'utf8').match(/^### .*$/gm)]) + '\\n');
console.log(\`\${process.argv[3]}\`);
`;
    writeFileSync(path.join(root, 'ask.mjs'), script);
    const command = (said: string): string => `'${process.execPath}' ask.mjs {schema_file} '${said}'`;
    const ask = (said: string, ...more: readonly string[]): Finished =>
      cli('decompose', tasks, '--scopes-from', 'command', '--agent-command', command(said), ...more);
    const shown = ask(JSON.stringify(answer));
    assert.equal(shown.code, 3, shown.err);
    assert.match(shown.out, /src\/colours\.py \(node: new\)/);
    assert.match(shown.out, /error import\.no-files .*task-3/);
    assert.match(shown.out, /Give --last --yes --accept-guesses to write/);
    assert.equal(
      readFileSync(path.join(root, 'asked'), 'utf8'),
      `[["scopes"],["### task-1: Think of colours","### task-3: Ring"]]\n`,
    );
    rmSync(path.join(root, 'ask.mjs'));
    assert.ok(!isWritten());
    const written = cli('decompose', tasks, '--last', '--yes', '--accept-guesses');
    assert.match(written.out, /src\/colours\.py \(node: new\)/);
    const [dir = ''] = readdirSync(path.join(root, 'parallel'));
    const [task = ''] = readdirSync(path.join(root, 'parallel', dir, 'tasks'));
    assert.match(
      readFileSync(path.join(root, 'parallel', dir, 'tasks', task), 'utf8'),
      /CREATE:[\s\S]*src\/colours\.py/,
    );
    writeFileSync(path.join(root, 'ask.mjs'), script);
    const useless = ask('I do not know.', '--dir', 'parallel/other');
    assert.equal(useless.code, 1);
    assert.match(
      useless.err,
      /node did not say where the tasks work: There is no JSON object in your answer\n {2}Try again/,
    );
  });

  const WRONG: readonly (readonly [readonly string[], RegExp])[] = [
    [['--with', 'nobody'], /there is no decomposer nobody\n {2}Decomposers: structure, claude, codex, command, editor/],
    [['--last', '--with', 'claude'], /--with does not go with --last/],
    [['--with', 'command'], /--with command and --scopes-from command need --agent-command\n {2}For example/],
    [['--agent-command', 'x'], /goes with --with command or --scopes-from command\n {2}Add/],
    [['--with', 'command', '--agent-command', 'a | b'], /needs a shell/],
    [['--scopes-from', 'nobody'], /nobody cannot be asked for scopes\n {2}Choose one of: claude, codex, command/],
    [['--scopes-from', 'claude', '--with', 'structure'], /--scopes-from does not go with --with structure/],
    [['--last', '--scopes-from', 'claude'], /--scopes-from does not go with --last/],
    [['--rounds', '11'], /--rounds must be a whole number from 0 to 10/],
  ];
  test('wrong calls end with 2 and say what to do', () => {
    for (const [args, says] of WRONG) {
      const { code, err } = cli('decompose', SPEC, ...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(err, says);
    }
    const editor = cli('decompose', SPEC, '--with', 'editor');
    assert.equal(editor.code, 1);
    assert.match(editor.err, /only there inside VS Code\n {2}Decompose from the Command Palette/);
  });

  suite('on a terminal', () => {
    suiteSetup(function () {
      if (process.platform !== 'linux' || spawnSync(PSEUDO_TERMINAL, ['--version']).status !== 0) this.skip();
    });

    /** Runs it on a pseudo terminal and types something when it is asked. */
    function typing(reply: string, ...args: readonly string[]): Promise<Finished> {
      const words = [process.execPath, CLI, 'decompose', SPEC, ...args].map((word) => `'${word}'`);
      const child = spawn(PSEUDO_TERMINAL, ['-qec', words.join(' '), '/dev/null'], { cwd: root });
      let out = '';
      let isTyped = false;
      return new Promise((resolve, reject) => {
        child.once('error', reject);
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          out += chunk;
          if (isTyped || !out.includes('[y/N]')) return;
          isTyped = true;
          child.stdin.write(reply);
        });
        child.once('close', (code) => resolve({ code, out, err: '' }));
      });
    }

    const ANSWERS: readonly (readonly [string, string, number, boolean])[] = [
      ['n', 'n\r', 1, false],
      ['nothing but Enter', '\r', 1, false],
      ['a word that is no yes', 'yellow\r', 1, false],
      ['Ctrl-C', '\u0003', 130, false],
      ['Ctrl-D', '\u0004', 1, false],
      ['y', 'y\r', 0, true],
    ];
    for (const [what, reply, expected, isAccepted] of ANSWERS) {
      test(`it asks; ${what} ${isAccepted ? 'writes the plan' : 'writes nothing'}`, async () => {
        const { code, out } = await typing(reply);
        assert.match(out, /Write \d+ files to parallel\/TS-7-shop\? \[y\/N\]/);
        assert.equal(code, expected, out);
        assert.equal(isWritten(), isAccepted);
        assert.match(out, isAccepted ? /Wrote \d+ files/ : /Nothing was written\./);
      });
    }

    test('--yes asks nothing', async () => {
      const { code, out } = await typing('', '--yes');
      assert.equal(code, 0, out);
      assert.doesNotMatch(out, /\[y\/N\]/);
      assert.ok(readdirSync(path.join(root, PLAN)).includes('manifest.json'));
    });
  });
});
