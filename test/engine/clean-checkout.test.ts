/** The checkout that checks run in, found in whatever state it was left. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { openRepository, type Repository } from '../../src/node/git/repository.ts';
import { loadPlanDir } from '../../src/node/plan/plans.ts';
import { CleanCheckout } from '../../src/node/run/clean-checkout.ts';
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

  test('locks of a killed git do not keep it from being used again', async () => {
    await stand();
    const gitDir = project.gitIn(dir, 'rev-parse', '--absolute-git-dir');
    writeFileSync(path.join(gitDir, 'index.lock'), '');
    writeFileSync(path.join(dir, 'src/start.txt'), 'changed\n');
    await stand();
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
