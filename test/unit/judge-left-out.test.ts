import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { CodeReader } from '../../src/core/code/model.ts';
import { filesOnly, judge } from '../../src/core/judge/judge.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { lintPlan } from '../../src/core/lint/lint.ts';
import { judgementSections } from '../../src/core/view/judgement-text.ts';
import { historyFile } from '../../src/node/judge/history.ts';
import { evidencePlace, gatherEvidence } from '../../src/node/judge/judge.ts';
import { planOf, scope, slice } from './plan-fixture.ts';
import { assertLinear } from './cost.ts';

suite('judge: what it could not look at', () => {
  const parsed: CodeReader = {
    read: () => ({ language: 'python', symbols: [], imports: [], broken: false }),
  };

  function leftOut(files: readonly string[], repository: Partial<RepositoryFacts>): readonly string[] {
    const plan = planOf([slice('A', { scope: scope({ modify: [...files] }) })]);
    const judgement = judge({
      plan,
      files: new Map(),
      repository: { ...filesOnly(files), textOf: () => 'x\n', ...repository },
    });
    if (judgement.leftOut.length > 0) {
      const section = judgementSections(judgement, plan).find(({ title }) => title === 'Not looked at');
      assert.deepEqual(section?.lines, judgement.leftOut);
    }
    return judgement.leftOut;
  }

  test('a parser that is not there is said where there is something to parse', () => {
    assert.match(leftOut(['a.py'], { code: null })[0] ?? '', /^imports and symbols of source files: the parser/);
    assert.deepEqual(leftOut(['a.txt'], { code: null }), []);
    assert.deepEqual(leftOut(['a.py'], {}), [], 'nobody wanted to know');
    assert.deepEqual(leftOut(['a.py'], { code: parsed }), []);
  });

  test('a grammar that is not there is said where a file of its language counts', () => {
    const code: CodeReader = { read: () => null, lacking: () => ['python', 'ruby'] };
    assert.match(leftOut(['a.py', 'b.go'], { code })[0] ?? '', /^imports and symbols of python: the grammar/);
    assert.deepEqual(leftOut(['b.go'], { code }), []);
  });

  test('files that cannot be read, and those that come to too much', () => {
    assert.match(leftOut(['a.py', 'b.py'], { code: parsed, textOf: () => null })[0] ?? '', /of 2 source files: not in/);
    let read = 0;
    const code: CodeReader = { read: (file, text) => ((read += text.length), parsed.read(file, text)) };
    const files = Array.from({ length: 40 }, (_, i) => `f${i}.py`);
    const text = 'x'.repeat(900_000);
    assert.match(leftOut(files, { code, textOf: () => text })[0] ?? '', /of 27 source files: .* more than 12 million/);
    assert.equal(read, 13 * text.length);
  });

  test('a shallow clone, a repository without history and damaged records of runs', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'slicewave-evidence-'));
    const root = path.join(home, 'work');
    const state = process.env['XDG_STATE_HOME'];
    process.env['XDG_STATE_HOME'] = path.join(home, 'state');
    const git = (dir: string, ...args: readonly string[]): string =>
      execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@t', ...args], {
        cwd: dir,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
      });
    const unknown = async (dir: string): Promise<readonly string[]> =>
      (await gatherEvidence(evidencePlace(dir))).unknown ?? [];
    try {
      mkdirSync(root);
      git(root, 'init', '-q');
      for (const text of ['one', 'two', 'three']) {
        writeFileSync(path.join(root, 'a.txt'), text);
        git(root, 'add', '-A');
        git(root, 'commit', '-qm', text);
      }
      assert.deepEqual(await unknown(root), []);
      git(home, 'clone', '-q', '--depth', '2', `file://${root}`, 'clone');
      assert.deepEqual(await unknown(path.join(home, 'clone')), [
        'which files changed together before the 1 commit that this shallow clone holds whole',
      ]);

      const started = JSON.stringify({
        v: 1,
        t: '2026-01-01T00:00:00Z',
        type: 'run_started',
        run_id: 'r',
        plan: 'p',
        slice: 'A',
        attempt: 1,
        mode: 'fresh',
        pid: 1,
        pid_started: '',
        host: 'box',
        worktree: '/w',
        branch: null,
      });
      const records = {
        sound: `${started}\n`,
        killed: `${started}\n{"v":1,"t":"2026-01-01T0`,
        empty: '',
        damaged: `${started}\n{"v":1,"t\n${started}\n`,
        other: `${started}\n[7]\n`,
        headless: '{"v":1,"t":"2026-01-01T00:00:00Z","type":"ended"}\n',
      };
      for (const [name, text] of Object.entries(records)) {
        const run = path.join(root, '.agent-runs', `20260101T000000000Z-${name}`);
        mkdirSync(run, { recursive: true });
        appendFileSync(path.join(run, 'events.jsonl'), text);
      }
      assert.deepEqual(await unknown(root), ['a part of what 3 earlier runs took: the record is damaged']);

      const [commit = ''] = git(root, 'rev-parse', 'HEAD~1').split('\n');
      rmSync(historyFile(evidencePlace(root)));
      rmSync(path.join(root, '.git/objects', commit.slice(0, 2), commit.slice(2)), { force: true });
      assert.match((await unknown(root))[0] ?? '', /^which files changed together: git log broke off: /);
    } finally {
      if (state === undefined) delete process.env['XDG_STATE_HOME'];
      else process.env['XDG_STATE_HOME'] = state;
      rmSync(home, { recursive: true, force: true });
    }
  });

  test('comments that hide findings in each of two thousand task specs cost little', () => {
    const text = (i: number): string =>
      `---\nid: S${i}\n---\n<!-- slicewave-disable-file task.no-boundary: it is a fixture -->\n# S${i}: Work\n\n## Scope\n\nMODIFY:\n- \`src/f${i}.ts\`\n`;
    assertLinear('task specs', 2_000, (count) => {
      const files = new Map(Array.from({ length: count }, (_, i) => [`tasks/task-${i}.md`, text(i)]));
      files.set('manifest.json', '{"tech_spec_id": "TS-1", "waves": []}');
      assert.ok(lintPlan(files, 'parallel/p').length > count);
    });
  });
});
