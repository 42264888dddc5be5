/** Checks of merge points and of the integration run what slices have made: what they change elsewhere is told, and put back. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Project } from './fixture.ts';

suite('the checks of merge points and of the integration, without a sandbox', () => {
  let project: Project;
  let bad = '';

  setup(async () => {
    project = await Project.create();
    bad = path.join(project.home, 'bad');
    const script = path.join(project.home, 'check.sh');
    // Once for each time that the file is there.
    const change = `git -C '${project.root}' config alias.st 'status -s' && git -C '${project.root}' tag -f v1 HEAD >/dev/null`;
    writeFileSync(script, `[ ! -e '${bad}' ] || { rm '${bad}' && ${change}; }\n`);
    project.writePlan({
      slices: [{ id: 'A1' }, { id: 'B1', deps: ['A1'] }],
      mergePoints: [{ id: 'MP1', needs: ['A1'], unlocks: ['B1'], verify: [`sh '${script}'`] }],
    });
    project.git('tag', 'v1', 'HEAD~0');
    project.git('add', '--all');
    project.git('commit', '--quiet', '--message=plan');
    writeFileSync(bad, '');
  });

  teardown(() => project.close());

  const isAsItWas = (): void => {
    assert.ok(!existsSync(bad), 'the check did what it is here for');
    assert.notEqual(project.git('rev-parse', 'v1'), project.git('rev-parse', 'HEAD'));
    assert.ok(!project.git('config', '--list', '--local').includes('alias.st'));
  };

  test('are looked at; the merge point stops, names what was changed, and goes on when asked to', async () => {
    const stopped = await project.run();
    assert.equal(stopped.code, 1, stopped.out + stopped.err);
    isAsItWas();
    const status = await project.cli('status', project.planDir);
    assert.match(status.out, /alias\.st was made by MP1 \(git .*config alias\.st.*\); it was put back/);
    assert.match(status.out, /Retry runs the checks again, Skip goes on without them/);
    assert.doesNotMatch(status.out, /pprove/);
    const { attention } = await project.status();
    assert.deepEqual(
      attention.map((item) => [item.slice, item.condition]),
      [['MP1', 'outside-worktree']],
    );
    const retried = await project.cli('retry', project.planDir, 'MP1');
    assert.equal(retried.code, 0, retried.err);
    assert.equal((await project.run()).code, 0);

    writeFileSync(bad, '');
    const integrated = await project.cli('integrate', project.planDir, '--into', 'main');
    assert.equal(integrated.code, 1, integrated.out);
    assert.match(integrated.out, /boundary of the checks: while its checks ran: .*alias\.st[^]*integrate again/);
    isAsItWas();
    const again = await project.cli('integrate', project.planDir, '--into', 'main');
    assert.equal(again.code, 0, again.out + again.err);
    assert.ok(project.git('show', 'main:src/B1.txt').length > 0);
  });
});
