/** The hooks of a run: the boundary stays whatever a tool installs, and the slice's own hooks are those that run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openRepository } from '../../src/node/git/repository.ts';
import { giveHooks, type GivenHooks } from '../../src/node/run/git-hooks.ts';
import { Project } from './fixture.ts';

suite('hooks of a run', function () {
  this.timeout(60_000);
  let project: Project;
  let worktree: string;
  let hooks: GivenHooks;
  let dir: string;

  /** The boundary of these tests: no commit while a file `closed` lies in the worktree. */
  const give = async (): Promise<void> => {
    const opened = await openRepository(project.root);
    assert.ok(opened.ok);
    dir = path.join(project.home, 'hooks');
    const boundary = path.join(project.home, 'boundary.sh');
    writeFileSync(boundary, `#!/bin/sh\n! [ -e '${worktree}/closed' ] || { echo BOUNDARY; exit 1; }\n`, {
      mode: 0o755,
    });
    hooks = await giveHooks(opened.value, dir, { slicewave: [boundary], env: {}, worktree });
  };

  const commit = (): { readonly code: number | null; readonly said: string } => {
    writeFileSync(path.join(worktree, 'made.txt'), String(process.hrtime.bigint()));
    const env = { ...project.env, ...hooks.env };
    spawnSync('git', ['add', 'made.txt'], { cwd: worktree, env });
    const { status, stdout, stderr } = spawnSync('git', ['commit', '-m', 'made'], {
      cwd: worktree,
      env,
      encoding: 'utf8',
    });
    return { code: status, said: stdout + stderr };
  };

  /** As lefthook 2.2.2 installs: what stands there is put aside. */
  const install = (): void => {
    const file = path.join(dir, 'pre-commit');
    if (existsSync(file)) renameSync(file, `${file}.old`);
    writeFileSync(file, '#!/bin/sh\necho INSTALLED\n', { mode: 0o755 });
  };

  const untilBack = (): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        const file = path.join(dir, 'pre-commit');
        if (!existsSync(file) || !readFileSync(file, 'utf8').includes('boundary.sh')) return;
        watching.close();
        resolve();
      };
      const watching = watch(dir, look);
      look();
    });

  setup(async () => {
    project = await Project.create({ slices: [{ id: 'A1' }] });
    worktree = path.join(project.home, 'tree');
    project.git('worktree', 'add', '--quiet', '-b', 'tree', worktree);
  });

  teardown(async () => {
    hooks.close();
    await project.close();
  });

  test('what a tool installs runs behind the boundary, however often it installs', async () => {
    await give();
    assert.equal(hooks.env['SKIP_INSTALL_SIMPLE_GIT_HOOKS'], '1', 'it would write among the hooks of all checkouts');
    for (let times = 0; times < 2; times++) {
      install();
      await untilBack();
      writeFileSync(path.join(worktree, 'closed'), '');
      const refused = commit();
      assert.equal(refused.code, 1, refused.said);
      assert.match(refused.said, /BOUNDARY/);
      rmSync(path.join(worktree, 'closed'));
      const made = commit();
      assert.equal(made.code, 0, made.said);
      assert.match(made.said, /INSTALLED/);
    }
  });

  test('there is none that would do nothing: git starts a shell for each', async () => {
    await give();
    assert.deepEqual(readdirSync(dir).toSorted(), ['pre-commit', 'reference-transaction']);
    hooks.close();
    rmSync(dir, { recursive: true });
    writeFileSync(path.join(project.root, '.git/hooks/post-commit'), '#!/bin/sh\necho POSTED\n', { mode: 0o755 });
    await give();
    assert.deepEqual(readdirSync(dir).toSorted(), ['post-commit', 'pre-commit', 'reference-transaction']);
    assert.match(commit().said, /POSTED/);
  });

  test('nobody looks after it, and the boundary holds', async () => {
    await give();
    hooks.close();
    install();
    const before = project.git('rev-parse', 'tree');
    writeFileSync(path.join(worktree, 'closed'), '');
    const refused = commit();
    assert.notEqual(refused.code, 0);
    assert.match(refused.said, /INSTALLED[^]*BOUNDARY/);
    assert.equal(project.git('rev-parse', 'tree'), before);
    rmSync(path.join(worktree, 'closed'));
    assert.equal(commit().code, 0);
  });

  test('of husky’s hooks the one runs that stands in the worktree, also where husky is not installed there', async () => {
    for (const [root, text] of [
      [project.root, 'PRIMARY'],
      [worktree, 'EDITED'],
    ] as const) {
      mkdirSync(path.join(root, '.husky'), { recursive: true });
      writeFileSync(path.join(root, '.husky/pre-commit'), `echo ${text}\n`);
    }
    mkdirSync(path.join(project.root, '.husky/_'));
    const installed = path.join(project.root, '.husky/_/pre-commit');
    writeFileSync(installed, '#!/bin/sh\nexec sh "$(dirname "$0")/../pre-commit"\n', { mode: 0o755 });
    project.git('config', 'core.hooksPath', '.husky/_');
    await give();
    const { code, said } = commit();
    assert.equal(code, 0, said);
    assert.match(said, /EDITED/);
    assert.doesNotMatch(said, /PRIMARY/);
  });

  test('hooks that the repository keeps beside its code are those of the worktree', async () => {
    mkdirSync(path.join(worktree, '.githooks'));
    writeFileSync(path.join(worktree, '.githooks/commit-msg'), '#!/bin/sh\necho EDITED\n', { mode: 0o755 });
    project.git('config', 'core.hooksPath', '.githooks');
    await give();
    assert.match(commit().said, /EDITED/);
  });
});
