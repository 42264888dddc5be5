/** The checkout that checks run in, found in whatever state it was left. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { changesBetween } from '../../src/node/git/changes.ts';
import { openRepository, type Repository } from '../../src/node/git/repository.ts';
import { loadPlanDir } from '../../src/node/plan/plans.ts';
import { environment } from '../../src/node/process/processes.ts';
import { findSandbox, type Sandbox } from '../../src/node/process/sandbox.ts';
import { CleanCheckout } from '../../src/node/run/clean-checkout.ts';
import { changesInputs, setupInputs } from '../../src/node/run/setup.ts';
import { installSandbox, sandboxObstacle } from '../sandbox/install.ts';
import { Project } from './fixture.ts';

suite('the clean checkout, left as it was by whoever died', () => {
  let project: Project;
  let repository: Repository;
  let dir: string;
  const config = process.env['GIT_CONFIG_GLOBAL'];

  setup(async () => {
    project = await Project.create({ slices: [{ id: 'S1' }] });
    process.env['GIT_CONFIG_GLOBAL'] = path.join(project.home, 'gitconfig');
    const opened = await openRepository(project.root);
    assert.ok(opened.ok);
    repository = opened.value;
    dir = path.join(project.home, 'made', '.S1.check');
  });

  teardown(async () => {
    if (config === undefined) delete process.env['GIT_CONFIG_GLOBAL'];
    else process.env['GIT_CONFIG_GLOBAL'] = config;
    await project.close();
  });

  const stand = async (): Promise<void> => {
    const loaded = await loadPlanDir(repository, project.planDir);
    assert.ok(loaded.ok);
    const checkout = new CleanCheckout({
      repository,
      plan: loaded.value.plan,
      dir,
      runId: 'run',
      sandbox: null,
      trace: null,
      env: {},
      signal: new AbortController().signal,
      redact: (text) => text,
      say: () => undefined,
    });
    const place = await checkout.at(project.git('rev-parse', 'HEAD'));
    await checkout.close();
    assert.ok(place.ok);
    assert.equal(readFileSync(path.join(dir, 'src/start.txt'), 'utf8'), 'start\n');
  };

  test('that a change leaves all that a set-up depends on as it was is told by the change as by the whole tree', async () => {
    const plan = { setup: ['sh tools/set-up.sh --with ./extra.list'] };
    const git = project.git('rev-parse', 'HEAD');
    const steps: readonly (readonly [what: string, change: () => void])[] = [
      ['a source', () => project.write('src/start.txt', 'changed\n')],
      ['a lock file of a package', () => project.write('packages/a/package-lock.json', '{}\n')],
      ['its text', () => project.write('packages/a/package-lock.json', '{ }\n')],
      ['its place', () => renameSync(at('packages/a/package-lock.json'), at('packages/a/was.json'))],
      ['a name that counts', () => renameSync(at('packages/a/was.json'), at('packages/a/package-lock.json'))],
      ['its mode', () => chmodSync(at('packages/a/package-lock.json'), 0o755)],
      ['what the command is', () => project.write('tools/set-up.sh', 'true\n')],
      ['what the command reads', () => project.write('extra.list', 'one\n')],
      ['that it is gone', () => rmSync(at('extra.list'))],
      ['a file in the place of a folder', () => rmSync(at('packages'), { recursive: true })],
      ['a submodule', () => project.git('update-index', '--add', '--cacheinfo', `160000,${git},vendor/lib`)],
    ];
    const at = (file: string): string => path.join(project.root, file);
    const told: string[] = [];
    for (const [what, change] of steps) {
      const before = project.git('rev-parse', 'HEAD');
      change();
      if (what !== 'a submodule') project.git('add', '--all');
      project.git('commit', '--quiet', '-m', what);
      const after = project.git('rev-parse', 'HEAD');
      const digests = await Promise.all([before, after].map((tree) => setupInputs(repository.git, plan, tree)));
      const isChange = changesInputs(plan, await changesBetween(repository.git, before, after));
      assert.equal(isChange, digests[0] !== digests[1], what);
      if (!isChange) told.push(what);
    }
    assert.deepEqual(told, ['a source']);
  });

  test('locks of a killed git do not keep it from being used again', async () => {
    await stand();
    const gitDir = project.gitIn(dir, 'rev-parse', '--absolute-git-dir');
    writeFileSync(path.join(gitDir, 'index.lock'), '');
    writeFileSync(path.join(dir, 'src/start.txt'), 'changed\n');
    await stand();
  });

  test('no file that git was told to take for unchanged is left as it was changed', async () => {
    for (const text of ['one\n', 'two\n']) {
      project.write('src/more.txt', text);
      project.git('add', '--all');
      project.git('commit', '--quiet', '--message=more');
      await stand();
      assert.equal(readFileSync(path.join(dir, 'src/more.txt'), 'utf8'), text);
      project.gitIn(dir, 'update-index', '--assume-unchanged', 'src/more.txt');
      writeFileSync(path.join(dir, 'src/more.txt'), 'changed\n');
    }
  });

  test('nor one that no later commit touches', async () => {
    await stand();
    for (const flag of ['--assume-unchanged', '--skip-worktree']) {
      project.gitIn(dir, 'update-index', flag, 'src/start.txt');
      writeFileSync(path.join(dir, 'src/start.txt'), 'changed\n');
      await stand();
      project.gitIn(dir, 'update-index', flag, 'src/start.txt');
      rmSync(path.join(dir, 'src/start.txt'));
      await stand();
    }
  });

  test('what an earlier commit ignored and this one does not is gone', async () => {
    project.write('.gitignore', '*.log\n');
    project.git('add', '--all');
    project.git('commit', '--quiet', '--message=ignore');
    await stand();
    writeFileSync(path.join(dir, 'left.log'), '');
    project.write('.gitignore', '');
    project.git('add', '--all');
    project.git('commit', '--quiet', '--message=no more');
    await stand();
    assert.ok(!existsSync(path.join(dir, 'left.log')));
  });

  test('a worktree of the person that is not there today is still known after it was made anew', async () => {
    const away = path.join(project.home, 'away');
    project.git('worktree', 'add', '--quiet', away);
    await stand();
    renameSync(away, path.join(project.home, 'unplugged'));
    rmSync(dir, { recursive: true });
    await stand();
    assert.match(project.git('worktree', 'list', '--porcelain'), /\/away$/m);
  });

  test('what was made the checkout of something else is put aside', async () => {
    await stand();
    const other = path.join(project.home, 'other');
    project.git('worktree', 'add', '--quiet', other);
    writeFileSync(path.join(dir, '.git'), readFileSync(path.join(other, '.git')));
    await stand();
    assert.equal(readdirSync(path.dirname(dir)).filter((name) => name.startsWith('.S1.check.old-')).length, 1);
    assert.equal(project.gitIn(other, 'status', '--porcelain'), '');
  });
});

suite('the set-up of a clean checkout, in which a script of the candidate runs', () => {
  let project: Project;
  let home: string;

  /** The npm that runs the tests tells by its variables which store is its own. */
  const person = (): Record<string, string> =>
    Object.fromEntries(Object.entries(environment()).filter(([name]) => !/^npm_/i.test(name)));

  /** What an agent might add: it writes wherever it can, and notes what it was told. */
  const after = (): string => `
    const { execFileSync } = require('node:child_process');
    const { writeFileSync } = require('node:fs');
    const attempt = (work) => { try { work(); } catch {} };
    attempt(() => writeFileSync(${JSON.stringify(path.join(project.root, 'src/planted.txt'))}, 'x'));
    attempt(() => writeFileSync(${JSON.stringify(path.join(project.root, '.git/hooks/post-checkout'))}, 'x'));
    attempt(() => execFileSync('git', ['config', 'alias.planted', 'status']));
    attempt(() => writeFileSync(${JSON.stringify(path.join(home, '.profile'))}, 'x'));
    attempt(() => writeFileSync(${JSON.stringify(path.join(home, '.npm/_npx'))}, 'x'));
    attempt(() => writeFileSync(process.env.HOME + '/.npmrc', 'x=planted'));
    writeFileSync('node_modules/seen.json', JSON.stringify(process.env));
  `;

  setup(async () => {
    project = await Project.create({
      slices: [{ id: 'S1' }],
      setup: ['npm ci --no-audit --no-fund', 'npm cache add ./vendor/gauge-1.0.0.tgz'],
    });
    home = path.join(project.home, 'pat');
    mkdirSync(path.join(home, '.npm/_cacache'), { recursive: true });
    writeFileSync(path.join(home, '.npmrc'), 'fund=false\n');
    const npm = (args: readonly string[], cwd: string): string =>
      execFileSync('npm', args, { cwd, env: { ...person(), HOME: home }, encoding: 'utf8', stdio: 'pipe' });
    project.write('vendor/gauge/package.json', JSON.stringify({ name: 'gauge', version: '1.0.0', main: 'index.js' }));
    project.write('vendor/gauge/index.js', 'module.exports = 7;\n');
    npm(['pack', '--silent', '--pack-destination', '..'], path.join(project.root, 'vendor/gauge'));
    const dependencies = { gauge: 'file:vendor/gauge-1.0.0.tgz' };
    const scripts = { postinstall: 'node after.js' };
    project.write('package.json', JSON.stringify({ name: 'shop', version: '1.0.0', dependencies, scripts }));
    npm(['install', '--package-lock-only', '--ignore-scripts', '--offline', '--silent'], project.root);
    project.write('after.js', after());
    writeFileSync(path.join(project.root, '.gitignore'), 'node_modules/\n');
    project.git('add', 'package.json', 'package-lock.json', 'after.js', '.gitignore', 'vendor');
    project.git('commit', '--quiet', '-m', 'candidate');
    rmSync(path.join(home, '.npm'), { recursive: true });
    mkdirSync(path.join(home, '.npm/_cacache'), { recursive: true });
  });

  teardown(() => project.close());

  /** Sets a clean checkout up. What was planted is named; then what the script was told. */
  const installed = async (
    sandbox: Sandbox | null,
  ): Promise<{ readonly planted: readonly string[]; readonly seen: Readonly<Record<string, string>> }> => {
    const opened = await openRepository(project.root);
    assert.ok(opened.ok);
    const loaded = await loadPlanDir(opened.value, project.planDir);
    assert.ok(loaded.ok);
    const dir = path.join(project.home, 'made', '.S1.2');
    const checkout = new CleanCheckout({
      repository: opened.value,
      plan: loaded.value.plan,
      dir,
      runId: 'run',
      sandbox,
      trace: null,
      env: { ...person(), HOME: home, SLICEWAVE_SLICE: 'S1', SLICEWAVE_WORKTREE: dir },
      signal: new AbortController().signal,
      redact: (text) => text,
      say: () => undefined,
    });
    const place = await checkout.at(project.git('rev-parse', 'HEAD'));
    assert.ok(place.ok, place.ok ? '' : place.failure);
    assert.deepEqual(
      place.value.setup.map(({ exitCode }) => exitCode),
      [0, 0],
    );
    assert.equal(readFileSync(path.join(dir, 'node_modules/gauge/index.js'), 'utf8'), 'module.exports = 7;\n');
    const seen = JSON.parse(readFileSync(path.join(dir, 'node_modules/seen.json'), 'utf8')) as Record<string, string>;
    assert.ok(!existsSync(path.join(place.value.env['HOME'] ?? '', '.npmrc')), 'checks have no settings of registries');
    await checkout.close();
    const planted = ['src/planted.txt', '.git/hooks/post-checkout'].filter((file) =>
      existsSync(path.join(project.root, file)),
    );
    if (readFileSync(path.join(project.root, '.git/config'), 'utf8').includes('planted')) planted.push('.git/config');
    for (const file of ['.profile', '.npm/_npx']) if (existsSync(path.join(home, file))) planted.push(`~/${file}`);
    assert.equal(readFileSync(path.join(home, '.npmrc'), 'utf8'), 'fund=false\n', 'the person’s own is never at hand');
    return { planted, seen };
  };

  test('with a sandbox nothing is written outside, and npm uses the person’s store', async function () {
    if (process.platform !== 'linux') return this.skip();
    await installSandbox();
    if (sandboxObstacle() !== null) return this.skip();
    const sandbox = await findSandbox();
    assert.ok(sandbox.ok);
    const { planted, seen } = await installed(sandbox.value);
    assert.deepEqual(planted, []);
    assert.deepEqual(
      Object.keys(seen).filter((name) => name.startsWith('SLICEWAVE_')),
      [],
    );
    assert.notEqual(seen['HOME'], home);
    assert.ok(readdirSync(path.join(home, '.npm/_cacache')).length > 0, 'what npm read was kept where it keeps it');
  });

  test('without one it has the environment of a check all the same', async () => {
    const { planted, seen } = await installed(null);
    assert.deepEqual(planted, [
      'src/planted.txt',
      '.git/hooks/post-checkout',
      '.git/config',
      '~/.profile',
      '~/.npm/_npx',
    ]);
    assert.deepEqual(
      Object.keys(seen).filter((name) => name.startsWith('SLICEWAVE_')),
      [],
    );
    assert.notEqual(seen['HOME'], home);
  });
});
