/** What the user tells git by environment and by ownership, and what of it nobody but the tool may see. */
import assert from 'node:assert/strict';
import { appendFileSync, chownSync, readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fake, Project } from './fixture.ts';

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Release Bot',
  GIT_AUTHOR_EMAIL: 'bot@example.com',
  GIT_COMMITTER_NAME: 'Build Machine',
  GIT_COMMITTER_EMAIL: 'build@example.com',
};
const FOREIGN = {
  GIT_DIR: '/elsewhere/.git',
  GIT_WORK_TREE: '/elsewhere',
  GIT_INDEX_FILE: '/elsewhere/index',
  GIT_COMMON_DIR: '/elsewhere/common',
  GIT_OBJECT_DIRECTORY: '/elsewhere/objects',
  GIT_ALTERNATE_OBJECT_DIRECTORIES: '/elsewhere/more',
  GIT_NAMESPACE: 'elsewhere',
};

suite('the user’s environment and git', function () {
  this.timeout(240_000);
  let project: Project;

  setup(async () => {
    project = await Project.create({ slices: [{ id: 'A1', verify: [fake('check')] }], setup: [fake('setup')] });
  });
  teardown(() => project.close());

  test('who commits by environment does so here; another repository’s names reach no agent, check or `exec`', async () => {
    const env = { ...IDENTITY, ...FOREIGN };
    const args = ['run', project.planDir, '--agent', 'command', '--agent-command', fake('agent')];
    const { code, out, err } = await project.start(args, { env }).finished;
    assert.equal(code, 0, out + err);
    const who = project.git('log', '-1', '--format=%an <%ae>, %cn <%ce>', `slicewave/${project.planId}/A1`);
    assert.equal(who, 'Release Bot <bot@example.com>, Build Machine <build@example.com>');
    const words = [process.execPath, path.join(import.meta.dirname, 'fake-program.mjs'), 'wrapped'];
    const wrapped = await project.start(['exec', '--', ...words], { env }).finished;
    assert.equal(wrapped.code, 0, wrapped.out + wrapped.err);
    const integrated = await project.start(['integrate', project.planDir, '--into', 'main'], { env }).finished;
    assert.equal(integrated.code, 0, integrated.out + integrated.err);
    const merged = project.git('log', '-1', '--merges', '--format=%an, %cn', `slicewave/${project.planId}/integration`);
    assert.equal(merged, 'Release Bot, Build Machine');
    for (const role of ['agent', 'check', 'setup', 'wrapped']) assert.ok(project.callsOf(role).length > 0, role);
    for (const call of project.calls) {
      const seen = Object.keys(FOREIGN).filter((name) => call.env[name]?.includes('elsewhere') === true);
      assert.deepEqual(seen, [], call.role);
    }
  });

  // Only root can give files away.
  const asRoot = process.getuid?.() === 0 ? test : test.skip;

  asRoot('a repository of somebody else is refused with what to do, and used once git is told so', async () => {
    give(project.root, 12_345);
    for (const args of [
      ['status'],
      ['run', project.planDir],
      ['lint', project.planDir],
      ['doctor'],
      ['integrate', project.planDir],
    ]) {
      const { code, out, err } = await project.cli(...args);
      // The linter needs no repository: it reads the plan's files.
      if (args[0] !== 'lint') {
        assert.notEqual(code, 0, out + err);
        assert.match(out + err, /it is owned by someone else/, args[0]);
        assert.ok((out + err).includes(`git config --global --add safe.directory ${project.root}`), out + err);
      }
      assert.doesNotMatch(out + err, /^\s+at /m, args[0]);
    }
    appendFileSync(path.join(project.home, 'gitconfig'), `[safe]\n\tdirectory = ${project.root}\n`);
    const { code, out, err } = await project.run();
    assert.equal(code, 0, out + err);
    const integrated = await project.cli('integrate', project.planDir, '--into', 'main');
    assert.equal(integrated.code, 0, integrated.out + integrated.err);
    assert.equal(project.git('show', 'main:src/A1.txt'), 'A1 saw start.txt');
  });
});

function give(dir: string, to: number): void {
  chownSync(dir, to, to);
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) chownSync(path.join(dir, name), to, to);
}
