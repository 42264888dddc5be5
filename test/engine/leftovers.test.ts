/** What processes leave that are killed before they clear up, and plans that are removed: taken away by who comes next. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { checkMark } from '../../src/node/process/process-table.ts';
import { sweepTemporary, temporaryDirectory } from '../../src/node/process/temporary.ts';
import { fake, Project } from './fixture.ts';

suite('what is left in the temporary directory', () => {
  let top: string;
  const before = process.env['TMPDIR'];
  const started: ChildProcess[] = [];
  setup(() => {
    top = realpathSync(mkdtempSync(path.join(tmpdir(), 'sw-left-')));
    process.env['TMPDIR'] = top;
  });
  teardown(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(top, { recursive: true, force: true });
  });

  /** A process that makes one of each kind and waits. */
  const maker = async (): Promise<{ readonly end: () => Promise<unknown> }> => {
    const module = path.resolve(import.meta.dirname, '../../src/node/process/temporary.ts');
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { temporaryDirectory, temporaryFile } from ${JSON.stringify(module)};
         import { writeFileSync } from 'node:fs';
         await temporaryDirectory('git');
         await temporaryDirectory('check', ${JSON.stringify(checkMark('a run'))});
         const index = await temporaryFile('index');
         writeFileSync(index, ''); writeFileSync(index + '.lock', '');
         console.log('made'); setInterval(() => undefined, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    started.push(child);
    await once(child.stdout, 'data');
    return {
      end: async () => {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      },
    };
  };

  test('what a killed process left goes, and nothing of one that lives', async () => {
    const own = await temporaryDirectory('git');
    const other = await maker();
    assert.equal(readdirSync(top).length, 5);
    assert.equal(await sweepTemporary(), 0);
    await other.end();
    assert.equal(await sweepTemporary(), 4);
    assert.deepEqual(readdirSync(top), [path.basename(own)]);
  });

  test('a check that outlived its runner keeps its home', async () => {
    if (process.platform !== 'linux') return;
    const other = await maker();
    const home = readdirSync(top).find((name) => /^tmp-[\da-f]{12}-/.test(name)) ?? '';
    const check = spawn('sleep', ['600'], { env: { ...process.env, TMPDIR: path.join(top, home, 'tmp') } });
    started.push(check);
    await once(check, 'spawn');
    await other.end();
    assert.equal(await sweepTemporary(), 3);
    assert.deepEqual(readdirSync(top), [home]);
    const gone = once(check, 'exit');
    check.kill('SIGKILL');
    await gone;
    assert.equal(await sweepTemporary(), 1);
  });

  test('only what is certainly ours goes', async () => {
    const made = path.basename(await temporaryDirectory('git'));
    const ofNobody = made.replace(/\.[^.-]+\.[^.-]*-(\w{6})$/, '.zzzzz.zz-$1');
    assert.notEqual(ofNobody, made);
    const elsewhere = ofNobody.replace(/^(slicewave-git-)[0-9a-f]{6}/, '$1000000');
    const kept = path.join(top, 'work');
    mkdirSync(kept);
    writeFileSync(path.join(kept, 'notes.txt'), 'mine');
    for (const name of ['slicewave-git-abcdef', 'slicewave-demo-abcdef', `my-${ofNobody}`, elsewhere])
      mkdirSync(path.join(top, name));
    symlinkSync(kept, path.join(top, ofNobody));
    assert.equal(await sweepTemporary(), 0);
    // A link inside of what goes is taken away, and not what it leads to.
    rmSync(path.join(top, ofNobody));
    mkdirSync(path.join(top, ofNobody));
    symlinkSync(kept, path.join(top, ofNobody, 'link'));
    assert.equal(await sweepTemporary(), 1);
    assert.ok(existsSync(path.join(kept, 'notes.txt')));
    // Whom another container's things belong to cannot be asked: they go when they are old.
    const long = Date.now() / 1000 - 8 * 24 * 3600;
    utimesSync(path.join(top, elsewhere), long, long);
    assert.equal(await sweepTemporary(), 1);
    assert.deepEqual(
      readdirSync(top).sort(),
      ['slicewave-demo-abcdef', 'slicewave-git-abcdef', made, `my-${ofNobody}`, 'work'].sort(),
    );
  });
});

suite('what runs and plans leave', () => {
  let project: Project;
  let top: string;
  setup(async () => {
    project = await Project.create({ slices: [{ id: 'A1', verify: [fake('check')] }] });
    top = path.join(project.home, 'tmp');
    mkdirSync(top);
  });
  teardown(async () => project.close());
  const ours = (): string[] => readdirSync(top).filter((name) => /^(?:slicewave|tmp)-/.test(name));
  const start = (...args: readonly string[]) => project.start(args, { env: { TMPDIR: top } });
  const run = () => start('run', project.planDir, '--agent', 'command', '--agent-command', fake('agent'));

  test('the next run takes away what a killed one left', async () => {
    const held = project.hold('check');
    const first = run();
    const check = await held;
    const left = ours();
    assert.ok(left.some((name) => /^tmp-[\da-f]{12}-/.test(name)));
    project.kill();
    await Promise.all([first.finished, check.gone]);
    assert.deepEqual(
      ours().filter((name) => left.includes(name)),
      left,
    );
    const again = await run().finished;
    assert.equal(again.code, 0, again.err + again.out);
    assert.deepEqual(ours(), []);
  });

  test('doctor takes it away and says so', async () => {
    const made = path.join(top, 'slicewave-git-000000.zzzzz.zz-abcdef');
    mkdirSync(made);
    const long = Date.now() / 1000 - 8 * 24 * 3600;
    utimesSync(made, long, long);
    const { out } = await start('doctor').finished;
    assert.match(out, /leftovers\s+1 temporary thing of killed runs taken away/);
    assert.deepEqual(ours(), []);
  });

  test('clean takes the check checkouts and recorded settings of removed plans', async () => {
    assert.equal((await run().finished).code, 0);
    const settings = path.join(project.runsDir, 'settings', `${project.planId}.json`);
    assert.ok(existsSync(project.worktree('.A1.2')));
    assert.ok(existsSync(settings));
    const clean = () => project.json<{ removed: string[] }>('clean', '--yes');
    rmSync(path.join(project.root, project.planDir), { recursive: true });
    assert.deepEqual((await clean()).removed, [project.worktree('.A1.2')]);
    assert.ok(!existsSync(project.worktree('.A1.2')));
    assert.ok(existsSync(settings), 'a worktree of its slices is still there');
    project.git('worktree', 'remove', '--force', project.worktree('A1'));
    await clean();
    assert.ok(!existsSync(settings));
    assert.ok(project.commit(`slicewave/${project.planId}/A1`) !== null);
  });
});
