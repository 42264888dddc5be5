import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { CLI, fake, Project, type Call, type Finished } from './fixture.ts';

const execute = promisify(execFile);

/** What agents end with, by slice: each slice waits for another reason. */
const endings: Readonly<Record<string, (call: Call) => Promise<void>>> = {
  asks: async (call) => {
    call.write('src/asks.txt', 'asks\n');
    call.print('status: NEEDS_INPUT\nquestion: Which port?\n');
    await call.exit();
  },
  strays: async (call) => {
    call.write('src/strays.txt', 'strays\n');
    call.write('elsewhere.txt', 'out of scope\n');
    await call.exit();
  },
  leaks: async (call) => {
    call.write('src/leaks.txt', `key = "${['AKIA', 'QYLPMN5HNM4OZRXK'].join('')}"\n`);
    call.write('.env.production', 'TOKEN=1\n');
    await call.exit();
  },
  fails: async (call) => {
    call.write('src/fails.txt', 'fails\n');
    await call.exit();
  },
  idles: (call) => call.exit(),
  dies: (call) => call.exit(7),
  one: async (call) => {
    call.write('src/one.txt', 'one\n');
    await call.exit();
  },
};

const IDS = Object.keys(endings);

suite('commands that are named work', () => {
  let project: Project;
  let kept: string;

  suiteSetup(async () => {
    project = await Project.create({
      slices: IDS.map((id) => ({
        id,
        create: [`src/${id}.txt`],
        ...(id === 'idles' ? { verify: ['true'] } : {}),
        ...(id === 'fails' ? { verify: ["sh -c 'echo the port is taken; exit 1'"] } : {}),
      })),
      mergePoints: [{ id: 'MP1', needs: ['one'], unlocks: [], verify: ["sh -c 'echo apart they pass; exit 1'"] }],
      limits: { max_retries: 0 },
    });
    project.on('agent', (call) => endings[call.slice]?.(call));
    assert.equal((await project.run()).code, 3);
    kept = path.join(project.home, 'kept');
    mkdirSync(kept);
    for (const dir of ['.agent-runs', project.planDir])
      cpSync(path.join(project.root, dir), path.join(kept, dir), { recursive: true });
  });

  suiteTeardown(async () => {
    await project.close();
  });

  /** Everything that a decision writes, as it was after the run. */
  function restore(): void {
    for (const dir of ['.agent-runs', project.planDir]) {
      rmSync(path.join(project.root, dir), { recursive: true });
      cpSync(path.join(kept, dir), path.join(project.root, dir), { recursive: true });
    }
  }

  /** A command line as it was printed, given to a shell. */
  async function typed(line: string): Promise<Finished> {
    const program = `slicewave() { '${process.execPath}' '${CLI}' "$@"; }\n${line}`;
    const options = { cwd: project.root, env: project.env };
    return execute('sh', ['-c', program], options).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        out: error.stdout,
        err: error.stderr,
      }),
    );
  }

  /** The commands of each entry of what waits. */
  async function offered(): Promise<ReadonlyMap<string, readonly string[]>> {
    const { out } = await project.cli('status', project.planDir, '--ascii');
    const [, waiting = ''] = out.split('Waiting for you');
    return new Map(
      waiting.split(/^ {2}\* /m).flatMap((part) => {
        const id = /^\S+/.exec(part)?.[0] ?? '';
        const commands = [...part.matchAll(/^ +(slicewave .*)$/gm)].map((found) => found[1] ?? '');
        return commands.length > 0 ? [[id, commands] as const] : [];
      }),
    );
  }

  const verbs = (id: string): Readonly<Record<string, string>> => ({
    approve: `slicewave approve ${project.planDir} ${id}`,
    revert: `slicewave retry ${project.planDir} ${id} --revert`,
    answer: `slicewave answer ${project.planDir} ${id} "..."`,
    retry: `slicewave retry ${project.planDir} ${id}`,
    skip: `slicewave skip ${project.planDir} ${id}`,
  });

  test('each question offers exactly the commands that work on it, and what these name works', async function () {
    this.timeout(300_000);
    const questions = await offered();
    assert.deepEqual([...questions.keys()].sort(), [...IDS.filter((id) => id !== 'one'), 'MP1'].sort());
    for (const [id, commands] of questions) {
      for (const [way, command] of Object.entries(verbs(id))) {
        const { code, out, err } = await typed(command);
        assert.equal(
          code === 0,
          commands.includes(command),
          `${way} of ${id}: ${code} ${out}${err}\n${commands.join('\n')}`,
        );
        for (const [, named = ''] of out.matchAll(/`(slicewave [^`]+)`/g)) {
          if (named.startsWith('slicewave run')) continue;
          const next = await typed(named);
          assert.equal(next.code, 0, `${command} names ${named}: ${next.err}`);
        }
        if (code === 0) restore();
        // What is refused names what is not.
        else
          for (const [, named = ''] of err.matchAll(/(slicewave (?:approve|retry|skip|answer) [^`\n]+)/g)) {
            const next = await typed(named);
            assert.equal(next.code, 0, `the refusal of ${command} names ${named}: ${next.err}`);
            restore();
          }
      }
      const output = commands.find((command) => command.includes('--output')) ?? '';
      const shown = await typed(output);
      assert.equal(shown.code, 0, output);
      if (id === 'fails') assert.match(shown.out, /the port is taken/);
      if (id === 'MP1') assert.match(shown.out, /apart they pass/);
      if (id === 'asks') assert.match(shown.out, /Which port\?/);
    }
  });

  test('a question shows what its failing check printed', async () => {
    const { out } = await project.cli('status', project.planDir, '--ascii');
    assert.match(out, /fails tests-failing[^*]*ended with 1:\n +\| the port is taken\n/);
    assert.match(out, /MP1 tests-failing[^*]*\| apart they pass\n/);
    const bySlice = await project.cli('trace', 'show', 'fails', '--output');
    assert.match(bySlice.out, /== check `sh -c .*failed \(exit 1\)\nthe port is taken\n/);
  });

  test('what is said of a run that left nothing to do is no more than what is so', async function () {
    this.timeout(120_000);
    for (const id of IDS.filter((other) => other !== 'one' && other !== 'idles'))
      assert.equal((await project.cli('skip', project.planDir, id, '--reason', `no ${id}`)).code, 0);
    assert.equal((await project.cli('skip', project.planDir, 'MP1')).code, 0);
    assert.equal((await project.cli('approve', project.planDir, 'idles')).code, 0);
    const { code, out } = await project.run();
    assert.equal(code, 0, out);
    assert.doesNotMatch(out, /Every slice/);
    assert.match(out, /2 of 7 slices are verified/);
    assert.match(out, /approved without a change: idles/);
    assert.match(out, /skipped: asks \(no asks\), strays \(no strays\), leaks/);
    assert.match(out, /merge points skipped: MP1/);
    assert.match(out, /MP1 \(one\) SKIPPED/);
    const one = await project.run('--only', 'one');
    assert.match(one.out, /Every slice asked for is verified/);
    // Each line of progress has its time.
    const lines = out.slice(0, out.indexOf('\n\n')).split('\n');
    assert.deepEqual(
      lines.filter((line) => !/^(?:\d\d:\d\d:\d\d |\s)/.test(line)),
      [],
    );
    assert.equal((await project.cli('retry', project.planDir, 'MP1')).code, 0);
    assert.match((await project.cli('status', project.planDir, '--ascii')).out, /MP1 \(one\) READY/);
    restore();
  });

  test('what a command refuses for now names what has to come first, and that works', async function () {
    this.timeout(120_000);
    const fresh = await Project.create({ slices: [{ id: 'one' }] });
    const named = async (args: readonly string[]): Promise<string> => {
      const { err } = await fresh.cli(...args);
      return /slicewave (?!:)[^`\n]+/.exec(err.replace(/^slicewave: .*$/m, ''))?.[0].trim() ?? err;
    };
    try {
      const start = await named(['integrate', fresh.planDir]);
      const only = await named(['retry', fresh.planDir, 'one']);
      assert.equal(start, `slicewave run ${fresh.planDir}`);
      assert.equal(only, `slicewave run ${fresh.planDir} --only one`);
      const held = fresh.hold('agent', 'one');
      const running = fresh.start(['run', fresh.planDir, '--agent', 'command', '--agent-command', fake('agent')]);
      const call = await held;
      assert.equal(
        await named(['run', fresh.planDir, '--agent', 'command', '--agent-command', fake('agent')]),
        `slicewave status ${fresh.planDir} --watch`,
      );
      const stop = await named(['skip', fresh.planDir, 'one']);
      assert.equal(stop, `slicewave stop ${fresh.planDir} one`);
      const stopped = await fresh.cli(...stop.split(' ').slice(1));
      assert.equal(stopped.code, 0, stopped.err);
      await call.gone;
      await running.finished;
      const again = /`(slicewave retry [^`]+)`/.exec(stopped.out)?.[1] ?? stopped.out;
      assert.equal((await fresh.cli(...again.split(' ').slice(1))).code, 0);
      assert.equal((await fresh.run()).code, 0);
    } finally {
      await fresh.close();
    }
  });
});
