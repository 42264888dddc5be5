import assert from 'node:assert/strict';
import { Project } from './fixture.ts';

suite('the integration report', () => {
  let project: Project;

  teardown(async () => {
    await project.close();
  });

  /** A plan of a spec with this evidence. */
  function giveSpec(evidence: readonly string[]): void {
    project.write('specs/shop.spec.md', `# Shop\n\n## Evidence\n\n${evidence.map((item) => `- ${item}\n`).join('')}`);
    const manifest = `${project.planDir}/manifest.json`;
    const written = JSON.parse(project.read(manifest)) as object;
    project.write(manifest, JSON.stringify({ ...written, metadata: { tech_spec: 'specs/shop.spec.md' } }));
  }

  const report = (): string => project.read(`${project.planDir}/integration-report.md`);
  const part = (title: string): string => report().split(`## ${title}\n`)[1]?.split('\n## ')[0]?.trim() ?? '';

  test('says what people decided, what agents claimed, what is gone, and what was not verified', async function () {
    this.timeout(120_000);
    project = await Project.create(
      {
        slices: [{ id: 'A1', modify: ['src/old.txt'] }, { id: 'B1', verify: ['false'] }, { id: 'C1' }],
        limits: { max_retries: 0 },
      },
      { files: { 'src/old.txt': 'old\n' } },
    );
    giveSpec(['`test -s src/A1.txt` passes', 'A person sees the list']);
    project.on('agent', async (call) => {
      call.write(`src/${call.slice}.txt`, `${call.slice}\n`);
      if (call.slice === 'A1') {
        const { rmSync } = await import('node:fs');
        rmSync(`${call.cwd}/src/old.txt`);
        call.print(
          `${JSON.stringify({ status: 'COMPLETE', files_changed: ['src/A1.txt', 'src/other.txt'], learnings: ['Use port 0'] })}\n`,
        );
      }
      await call.exit();
    });
    assert.equal((await project.run('--only', 'A1,B1')).code, 3);
    assert.equal((await project.cli('approve', project.planDir, 'B1')).code, 0);
    assert.equal((await project.cli('skip', project.planDir, 'C1', '--reason', 'written elsewhere')).code, 0);
    assert.equal((await project.run()).code, 0);

    const { code, out, err } = await project.cli('integrate', project.planDir);

    assert.equal(code, 0, out + err);
    assert.doesNotMatch(report(), /PASSED/);
    assert.match(report(), /State: \*\*NOT PROVEN/);
    assert.match(part('Not verified'), /^- evidence: A person sees the list$/m);
    assert.match(part('Not verified'), /^- approved without passing checks: B1$/m);
    assert.match(part('Not verified'), /^- skipped: C1 \(written elsewhere\)$/m);
    assert.match(part('Evidence of the spec'), /`test -s src\/A1\.txt` passes \| passed/);
    assert.match(part('Evidence of the spec'), /A person sees the list \| not-run/);
    assert.match(part('Skipped'), /^- C1: written elsewhere \(by Test, \d{4}-/m);
    assert.match(part('Approved'), /^- B1: false \(by Test, \d{4}-/m);
    assert.equal(part('Deleted files'), '- A1: src/old.txt');
    assert.match(part('Contradictions'), /^- A1: claims to have changed src\/other\.txt, which is as it was$/m);
    assert.equal(part('Learnings'), '- Use port 0 (A1)');
    assert.match(report(), /- Cost: /);
    assert.match(out, /not verified:\n {2}evidence: A person sees the list\n/);
    const moved = await project.cli('integrate', project.planDir, '--into', 'main');
    assert.equal(moved.code, 0, moved.out + moved.err);
    assert.match(moved.out, /main now holds it/);
  });

  test('passed is what all evidence of the spec was run for; evidence that fails is a failure', async function () {
    this.timeout(120_000);
    project = await Project.create({ slices: [{ id: 'A1' }] });
    giveSpec(['`test -s src/A1.txt` passes']);
    assert.equal((await project.run()).code, 0);
    const passed = await project.json<{ state: string; not_verified: string[] }>('integrate', project.planDir);
    assert.deepEqual([passed.state, passed.not_verified], ['passed', []]);
    assert.match(report(), /State: \*\*PASSED\*\*/);

    giveSpec(['`test -s src/nowhere.txt` passes']);
    const failed = await project.json<{ state: string; failing: string[] }>('integrate', project.planDir);
    assert.deepEqual([failed.state, failed.failing], ['failed', []]);
    assert.match(part('Evidence of the spec'), /\| failed \| `test -s src\/nowhere\.txt` failed/);
    assert.notEqual((await project.cli('integrate', project.planDir, '--into', 'main')).code, 0);
  });
});
