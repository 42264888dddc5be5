/** What an agent is told that asks before it uses a tool. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { ScopePolicy } from '../../src/core/gate/policy.ts';
import { answerAgent } from '../../src/node/hook.ts';
import { scope } from '../unit/plan-fixture.ts';

suite('the hook of an agent', () => {
  let home: string;
  let worktree: string;
  const before = process.env['SLICEWAVE_POLICY_FILE'];

  setup(() => {
    home = mkdtempSync(path.join(tmpdir(), 'sw-hook-'));
    worktree = path.join(home, 'S1');
    mkdirSync(worktree);
    const policy: ScopePolicy = {
      v: 1,
      plan: 'TS-1-shop',
      slice: 'S1',
      worktree,
      approved: [],
      scope: scope({ create: ['..notes.txt', 'src/**'] }),
    };
    writeFileSync(path.join(home, 'policy.json'), JSON.stringify(policy));
    process.env['SLICEWAVE_POLICY_FILE'] = path.join(home, 'policy.json');
  });

  teardown(() => {
    if (before === undefined) delete process.env['SLICEWAVE_POLICY_FILE'];
    else process.env['SLICEWAVE_POLICY_FILE'] = before;
    rmSync(home, { recursive: true });
  });

  const answer = (file: string): Promise<string | null> =>
    answerAgent('pre-tool-use', () => JSON.stringify({ tool_name: 'Write', tool_input: { file_path: file } }));

  test('a name that begins with two dots is a name like any other', async () => {
    assert.equal(await answer(path.join(worktree, '..notes.txt')), '');
    assert.equal(await answer('..notes.txt'), '');
  });

  test('a policy that is none refuses everything, and says what is wrong with it', async () => {
    const file = path.join(home, 'policy.json');
    for (const text of [
      '',
      '[]',
      '{"v":1}',
      '{"v":2,"plan":"P"}',
      JSON.stringify({ v: 1, plan: 'P', slice: 'S', worktree }),
    ]) {
      writeFileSync(file, text);
      assert.match((await answer('src/a.txt')) ?? '', /could not rule on this tool use/, text);
    }
    writeFileSync(file, JSON.stringify({ v: 1, plan: 'P', slice: 'S', worktree, approved: [] }));
    assert.match((await answer('src/a.txt')) ?? '', /policy\.json is no policy: scope:/);
  });

  test('what lies outside of the worktree is refused, also through a link', async () => {
    symlinkSync(home, path.join(worktree, 'src'));
    for (const file of ['../S2.txt', path.join(home, 'S1.txt'), 'src/a.txt'])
      assert.match((await answer(file)) ?? '', /outside this slice's worktree/);
  });
});
