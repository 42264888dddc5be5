import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { canMount } from './crashes.ts';
import { Project, SMALL, type Call, type PlanShape } from './fixture.ts';

const ONE: PlanShape = { slices: [{ id: 'A1' }] };
const MOCHA = path.join(import.meta.dirname, '../../node_modules/mocha/bin/mocha.js');

suite('bad input', () => {
  let project: Project;

  setup(async () => {
    project = await Project.create(ONE);
  });

  teardown(async () => {
    await project.close();
  });

  /** Nothing was started, and nothing was left behind that a next start would stumble over. */
  function nothingStarted(): void {
    assert.deepEqual(project.callsOf('agent'), []);
    assert.deepEqual(project.runIds(), []);
    assert.ok(!existsSync(`${project.root}.worktrees`), 'a worktree was made');
    assert.equal(project.git('branch', '--list', 'slicewave/*'), '');
  }

  suite('where it is called', () => {
    const PLACES: readonly { readonly name: string; readonly make: (dir: string) => void; readonly says: RegExp }[] = [
      {
        name: 'no git repository',
        make: () => undefined,
        says: /is not inside a git repository\n {2}Run `git init` and commit once/,
      },
      {
        name: 'a bare repository',
        make: (dir) => project.gitIn(dir, 'init', '--quiet', '--bare'),
        says: /is a bare repository\n {2}Run this in a checkout/,
      },
      {
        name: 'no commit yet',
        make: (dir) => project.gitIn(dir, 'init', '--quiet'),
        says: /has no commits yet\n {2}Commit once/,
      },
    ];
    for (const place of PLACES) {
      test(place.name, async () => {
        const dir = path.join(project.home, 'elsewhere');
        mkdirSync(dir);
        place.make(dir);
        const before = readdirSync(dir, { recursive: true }).length;
        for (const command of ['status', 'run']) {
          const { code, out, err } = await project.start([command], { cwd: dir }).finished;
          assert.equal(code, 2, err);
          assert.equal(out, '');
          assert.match(err, place.says);
        }
        assert.equal(readdirSync(dir, { recursive: true }).length, before, 'it left something there');
      });
    }

    test('a detached HEAD is a commit like any other', async () => {
      project.git('checkout', '--quiet', '--detach');
      const { code, out, err } = await project.run();
      assert.equal(code, 0, `${out}\n${err}`);
      assert.equal(project.git('branch', '--show-current'), '');
    });

    test('spaces, quotes, a dollar and letters of the world in the path', async () => {
      await project.close();
      project = await Project.create(
        { ...SMALL, slices: SMALL.slices.slice(0, 2), mergePoints: [] },
        { name: `it's "déjà vu" $HOME 日本 #1` },
      );
      const { code, out, err } = await project.run();
      assert.equal(code, 0, `${out}\n${err}`);
      const integrated = await project.cli('integrate', project.planDir, '--into', 'main');
      assert.equal(integrated.code, 0, `${integrated.out}\n${integrated.err}`);
      assert.equal(project.read('src/A2.txt'), 'A2 saw A1.txt shape.txt start.txt\n');
    });
  });

  suite('what the plan says', () => {
    const edit = (file: string, change: (text: string) => string): void =>
      project.write(`${project.planDir}/${file}`, change(project.read(`${project.planDir}/${file}`)));
    const PLANS: readonly {
      readonly name: string;
      readonly break: () => void;
      readonly args?: readonly string[];
      readonly says: RegExp;
    }[] = [
      {
        name: 'a manifest that is no JSON: file, line and column',
        break: () => edit('manifest.json', (text) => text.replace('"name": "shop",', '"name": shop,')),
        says: /parallel\/TS-1-shop\/manifest\.json:3:11: .*\n/,
      },
      {
        name: 'an empty manifest',
        break: () => edit('manifest.json', () => ''),
        says: /parallel\/TS-1-shop\/manifest\.json/,
      },
      {
        name: 'a limit that is no number: nothing is paid without it',
        break: () => edit('manifest.json', (text) => text.replace('"limits": {', '"limits": { "budget_usd": "forty",')),
        says: /manifest\.json:\d+:\d+: limits\.budget_usd: .*expected number.*\n {2}Mend the file/,
      },
      {
        name: 'checks of a merge point that are none',
        break: () =>
          edit('manifest.json', (text) =>
            text.replace('{', '{ "merge_points": [{ "id": "MP1", "needs": ["A1"], "unlocks": ["B1"], "verify": 7 }],'),
          ),
        says: /manifest\.json:1:\d+: merge_points\.0\.verify: .*\n {2}Mend the file/,
      },
      {
        name: 'no manifest',
        break: () => rmSync(path.join(project.root, project.planDir, 'manifest.json')),
        says: /parallel\/TS-1-shop has no manifest\.json\n {2}Make a plan/,
      },
      {
        name: 'slices that wait for each other: the trail',
        break: () =>
          project.writePlan({
            slices: [
              { id: 'A1', deps: ['C1'] },
              { id: 'B1', deps: ['A1'] },
              { id: 'C1', deps: ['B1'] },
            ],
          }),
        says: /wait for each other: (?:A1 -> C1 -> B1 -> A1|C1 -> B1 -> A1 -> C1|B1 -> A1 -> C1 -> B1|A1 -> B1 -> C1 -> A1|B1 -> C1 -> A1 -> B1|C1 -> A1 -> B1 -> C1)\n/,
      },
      {
        name: 'no slices',
        break: () => project.writePlan({ slices: [] }),
        says: /has no slices\n {2}Write task specs/,
      },
      {
        name: '--only with a slice that is not there',
        break: () => undefined,
        args: ['--only', 'A1,X9'],
        says: /has no slice X9\n {2}Slices: A1/,
      },
      {
        name: '--from with a slice that is not there',
        break: () => undefined,
        args: ['--from', 'X9'],
        says: /has no slice X9\n {2}Slices: A1/,
      },
      {
        name: '--base with a commit that is not there',
        break: () => undefined,
        args: ['--base', 'nowhere'],
        says: /there is no commit nowhere\n {2}Name a commit/,
      },
    ];
    for (const plan of PLANS) {
      test(plan.name, async () => {
        plan.break();
        const { code, err } = await project.run(...(plan.args ?? []));
        assert.match(err, plan.says);
        assert.equal(code, plan.args?.[0] === '--base' ? 1 : 2);
        nothingStarted();
      });
    }

    test('front matter that is no YAML: file, line and column, and what can be read still counts', async () => {
      project.writePlan({ slices: [{ id: 'A1' }, { id: 'B1', deps: ['A1'] }] });
      edit('tasks/task-002-b1.md', (text) => text.replace('deps: [A1]', 'deps: [A1'));
      const checked = await project.cli('validate', project.planDir);
      assert.equal(checked.code, 1);
      assert.match(checked.out, /^parallel\/TS-1-shop\/tasks\/task-002-b1\.md:5:1 error .*front matter/);
      assert.match((await project.cli('plan', project.planDir)).out, /B1 .*after A1/, 'the dependency was lost');
    });
  });

  suite('what is in the way', () => {
    test('the place of the worktree is taken: what is there stays', async () => {
      const taken = path.join(project.worktree('A1'), 'mine.txt');
      mkdirSync(path.dirname(taken), { recursive: true });
      writeFileSync(taken, 'mine\n');
      const { code } = await project.run();
      assert.equal(code, 1);
      const [slice] = (await project.status()).slices;
      assert.equal(slice?.failure?.reason, 'worktree-failed');
      assert.match(slice?.failure?.detail ?? '', /exists already and is not a worktree of this plan\. Move it away/);
      assert.deepEqual(readdirSync(path.dirname(taken)), ['mine.txt']);
      assert.deepEqual(project.callsOf('agent'), []);
    });

    test('the branch is taken: what it holds stays', async () => {
      const name = `slicewave/${project.planId}/A1`;
      const mine = project.git('commit-tree', '-m', 'mine', 'HEAD^{tree}');
      project.git('branch', name, mine);
      const { code } = await project.run();
      assert.equal(code, 1);
      const [slice] = (await project.status()).slices;
      assert.equal(slice?.failure?.reason, 'worktree-failed');
      assert.match(slice?.failure?.detail ?? '', /the branch slicewave\/TS-1-shop\/A1 exists already .*git branch -m/);
      assert.equal(project.git('rev-parse', name), mine);
      assert.deepEqual(project.callsOf('agent'), []);
    });

    test('the agent is not on this machine: nothing is started', async () => {
      const missing = ['--agent', 'command', '--agent-command', 'no-such-agent-here --task {prompt_file}'];
      const { code, err } = await project.cli('run', project.planDir, ...missing);
      assert.equal(code, 1);
      assert.match(err, /no-such-agent-here: not found on the path, and A1 is for it/);
      assert.deepEqual(project.runIds(), []);
      assert.equal((await project.run()).code, 0, 'it cannot be mended');
    });

    test('the agent is not in the worktree', async () => {
      const { code, out, err } = await project.cli(
        'run',
        project.planDir,
        '--agent',
        'command',
        '--agent-command',
        './no-such-agent-here --task {prompt_file}',
      );
      assert.equal(code, 1, `${out}\n${err}`);
      const [slice] = (await project.status()).slices;
      assert.equal(slice?.failure?.reason, 'agent-missing');
      assert.match(slice?.failure?.detail ?? '', /no-such-agent-here/);
      assert.equal((await project.cli('retry', project.planDir, 'A1')).code, 0);
      assert.equal((await project.run()).code, 0, 'it cannot be mended');
    });

    const CHECKS: readonly { readonly name: string; readonly verify: string; readonly says: RegExp }[] = [
      {
        name: 'a check whose program is not there',
        verify: './no-such-check --all',
        says: /no-such-check --all. could not be started/,
      },
      {
        name: 'a check that passes without running a test',
        verify: `'${process.execPath}' '${MOCHA}' --grep no-such-test src/some.test.mjs`,
        says: /ran no test, as on the base/,
      },
    ];
    for (const check of CHECKS) {
      test(`${check.name} is no evidence, and the agent is not asked again`, async () => {
        await project.close();
        project = await Project.create(
          { slices: [{ id: 'A1', verify: [check.verify] }] },
          { files: { 'src/some.test.mjs': "describe('x', () => it('passes', () => undefined));\n" } },
        );
        project.on('agent', (call) => answer(call, () => undefined));
        const { code, out } = await project.run();
        assert.equal(code, 3, out);
        const [slice] = (await project.status()).slices;
        assert.equal(slice?.stop?.condition, 'unverified');
        assert.match(slice?.stop?.detail ?? '', check.says);
        assert.deepEqual(project.callsOf('agent'), ['A1']);
        assert.equal(slice?.commit, null);
      });
    }

    test('a disk that takes no decision: the plan is not started, and starts when there is room', async () => {
      const plans = path.join(project.runsDir, 'plans');
      mkdirSync(plans, { recursive: true });
      symlinkSync('/dev/full', path.join(plans, `${project.planId}.jsonl`));
      const { code, err } = await project.run();
      assert.equal(code, 1);
      assert.match(err, /ENOSPC|no space left/i);
      assert.deepEqual(project.callsOf('agent'), []);
      rmSync(path.join(plans, `${project.planId}.jsonl`));
      assert.equal((await project.run()).code, 0);
    });

    if (canMount()) {
      test('a disk that fills up under a running agent: no trace lies, and nothing is lost', async () => {
        mkdirSync(project.runsDir);
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', project.runsDir]);
        try {
          const filler = path.join(project.runsDir, 'filler');
          project.on('agent', (call) => answer(call, () => fill(filler)));
          const full = await project.run();
          assert.equal(full.code, 1, full.out);
          assert.match(`${full.out}\n${full.err}`, /ENOSPC|no space left/i);
          assert.equal(
            project.commit(`refs/heads/slicewave/${project.planId}/A1`),
            project.commit('main'),
            'it was committed without evidence',
          );

          rmSync(filler);
          project.on('agent', (call) => answer(call, () => undefined));
          const again = await project.run();
          assert.equal(again.code, 0, `${again.out}\n${again.err}`);
          assert.equal((await project.status()).slices[0]?.state, 'verified');
        } finally {
          project.kill();
          execFileSync('umount', ['--lazy', project.runsDir]);
        }
      });
    }
  });

  test('what leaves the scope in unusual ways is stopped: link, deletion, renaming, a repository inside', async () => {
    await project.close();
    project = await Project.create(
      { slices: [{ id: 'L1' }, { id: 'D1' }, { id: 'R1' }, { id: 'E1', create: ['src/E1.txt', 'src/inner/**'] }] },
      {
        files: {
          'src/old.txt': 'a text that is long enough to be recognised after it was renamed\n',
          'src/gone.txt': 'gone\n',
        },
      },
    );
    const ways: Readonly<Record<string, (cwd: string) => void>> = {
      L1: (cwd) => symlinkSync('/etc/hostname', path.join(cwd, 'src/L1.txt')),
      D1: (cwd) => rmSync(path.join(cwd, 'src/gone.txt')),
      R1: (cwd) => renameSync(path.join(cwd, 'src/old.txt'), path.join(cwd, 'src/R1.txt')),
      E1: (cwd) => {
        const inner = path.join(cwd, 'src/inner');
        mkdirSync(inner);
        project.gitIn(inner, 'init', '--quiet');
        project.gitIn(inner, 'commit', '--quiet', '--allow-empty', '-m', 'inner');
      },
    };
    project.on('agent', async (call) => {
      if (call.slice !== 'L1' && call.slice !== 'R1') call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
      ways[call.slice]?.(call.cwd);
      await call.exit(0);
    });
    const { code, out } = await project.run();

    assert.equal(code, 3, out);
    const stops = Object.fromEntries((await project.status()).slices.map((slice) => [slice.id, slice.stop]));
    for (const [id, paths, says] of [
      ['L1', ['src/L1.txt'], /symbolic link that leads out of the worktree \(\/etc\/hostname\)/],
      ['D1', ['src/gone.txt'], /src\/gone\.txt was deleted/],
      ['R1', ['src/R1.txt', 'src/old.txt'], /src\/old\.txt was deleted/],
      ['E1', ['src/inner'], /src\/inner is a repository of its own/],
    ] as const) {
      assert.equal(stops[id]?.condition, 'unexpected-scope', id);
      assert.deepEqual(stops[id]?.paths, paths);
      assert.match(stops[id]?.detail ?? '', says);
    }
  });

  test('a repository inside that has no commit yet is named, never committed, and can be mended', async () => {
    let inner = '';
    project.on('agent', (call) =>
      answer(call, () => {
        inner = path.join(call.cwd, 'src/inner');
        mkdirSync(inner);
        project.gitIn(inner, 'init', '--quiet');
        writeFileSync(path.join(inner, 'work.txt'), 'work\n');
      }),
    );
    const { code, out } = await project.run();
    assert.notEqual(code, 0, out);
    const [slice] = (await project.status()).slices;
    assert.match(slice?.failure?.detail ?? slice?.stop?.detail ?? '', /src\/inner/);
    assert.equal(slice?.commit, null);
    assert.ok(existsSync(path.join(inner, 'work.txt')), 'the work is lost');

    rmSync(inner, { recursive: true });
    project.on('agent', (call) => answer(call, () => undefined));
    assert.equal((await project.cli('retry', project.planDir, 'A1')).code, 0);
    const again = await project.run();
    assert.equal(again.code, 0, again.out);
  });
});

suite('wrong calls', () => {
  let project: Project;
  let names: readonly string[] = [];

  suiteSetup(async () => {
    project = await Project.create(ONE);
    const { code, out } = await project.cli('--help');
    assert.equal(code, 0);
    names = [...out.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name = '']) => name);
    assert.ok(names.includes('run') && names.includes('demo') && names.length >= 18, names.join(' '));
  });

  suiteTeardown(() => project.close());

  test('every command has --help, with examples that call it', async () => {
    await aFewAtATime(names, async (name) => {
      const { code, out, err } = await project.cli(name, '--help');
      assert.equal(code, 0, `${name}: ${err}`);
      assert.match(out, new RegExp(`^slicewave ${name}: .+\n\nUsage: slicewave ${name}`));
      assert.match(out, new RegExp(`\nExamples:\n {2}slicewave ${name}`));
    });
  });

  test('every command refuses an option that it does not know, and says where its options are', async () => {
    await aFewAtATime(names, async (name) => {
      const { code, out, err } = await project.cli(name, '--no-such-option');
      assert.equal(code, 2, `${name}: ${out}${err}`);
      assert.equal(out, '');
      assert.match(err, new RegExp(`^slicewave ${name}: .*--no-such-option.*\n {2}See \`slicewave ${name} --help\``));
    });
  });

  const CALLS: readonly { readonly args: readonly string[]; readonly says: RegExp }[] = [
    { args: ['rum'], says: /there is no command rum\n {2}See `slicewave --help`/ },
    { args: ['stat'], says: /there is no command stat\n {2}Did you mean status\?/ },
    { args: ['run', '--max-parallel', '0'], says: /--max-parallel must be a whole number from 1, not "0"/ },
    { args: ['run', '--budget-usd', '0'], says: /--budget-usd must be a number above 0, not "0"/ },
    { args: ['run', '--budget-minutes', 'ten'], says: /--budget-minutes must be a number above 0, not "ten"/ },
    { args: ['run', '--agent', 'nobody'], says: /there is no agent nobody\n {2}Agents: / },
    { args: ['run', '--agent', 'command'], says: /--agent command needs --agent-command/ },
    { args: ['run', '--agent-command', 'one && two'], says: /--agent-command takes one program/ },
    { args: ['run', 'parallel/nowhere'], says: /nowhere/ },
    { args: ['approve'], says: /the slice is missing/ },
    { args: ['approve', 'X9'], says: /no slice X9\n {2}/ },
    { args: ['approve', 'A1'], says: /A1 .*\n {2}/ },
    { args: ['retry', 'A1'], says: /A1 was not run yet\n {2}Start it with/ },
    { args: ['answer', 'A1'], says: /\n {2}\S/ },
    { args: ['stop', 'A1'], says: /A1 is not running\n {2}/ },
    { args: ['exec'], says: /the plan is missing/ },
    { args: ['exec', 'parallel/TS-1-shop'], says: /the slice is missing/ },
    { args: ['exec', '--', 'no-such-program-here'], says: /no-such-program-here was not found\n {2}/ },
    { args: ['integrate'], says: /was not started\n {2}Run it first/ },
    { args: ['trace', 'show'], says: /\n {2}\S/ },
    { args: ['trace', 'show', 'nothing'], says: /nothing.*\n {2}/ },
    { args: ['init'], says: /\n {2}\S/ },
    { args: ['decompose'], says: /\n {2}\S/ },
    { args: ['decompose', 'no-such.spec.md'], says: /no-such\.spec\.md.*\n {2}/ },
  ];
  test('every wrong call ends with 2, says what is wrong, and what to do', async () => {
    await aFewAtATime(CALLS, async ({ args, says }) => {
      const { code, err } = await project.cli(...args);
      const shown = `slicewave ${args.join(' ')}: ${err}`;
      assert.equal(code, 2, shown);
      assert.match(err, says, shown);
      assert.match(err, /^slicewave.*\n {2}\S/, `no remedy: ${shown}`);
      assert.doesNotMatch(err, /\n\s+at /, `a stack: ${shown}`);
    });
    assert.deepEqual(project.callsOf('agent'), []);
  });
});

/** An agent that writes the file of its slice, and does something else besides. */
async function answer(call: Call, besides: () => void): Promise<void> {
  call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
  besides();
  await call.exit(0);
}

/** A few at a time: most of a short command's life is waiting. */
async function aFewAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all([worker(), worker(), worker()]);
}

/** Writes until the disk is full. */
function fill(file: string): void {
  for (const size of [65_536, 4096, 1]) {
    for (;;) {
      try {
        writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
}

/** Whether this user may mount: only then there is a disk small enough to be filled. */
