/** What an agent is told that asks before it uses a tool. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { ScopePolicy } from '../../src/core/gate/policy.ts';
import { AGENT_IDS } from '../../src/core/agent/agents.ts';
import { agentOf } from '../../src/node/agents/table.ts';
import { answerAgent, HOOKS } from '../../src/node/hook.ts';
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

  test('a policy that lacks one thing, or has it in another form, refuses everything and names it', async () => {
    const file = path.join(home, 'policy.json');
    const whole: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const entry = { path: 'src/a.txt', symbol: null, text: 'src/a.txt' };
    const places = [
      ['v'],
      ['plan'],
      ['slice'],
      ['worktree'],
      ['approved'],
      ['approved', 0],
      ['scope'],
      ...(['create', 'modify', 'boundary'] as const).flatMap((list) => [
        ['scope', list],
        ['scope', list, 0],
        ['scope', list, 0, 'path'],
        ['scope', list, 0, 'symbol'],
        ['scope', list, 0, 'text'],
      ]),
    ];
    for (const place of places)
      for (const wrong of [undefined, 7, '', true, {}]) {
        const bent = structuredClone(whole) as { scope: Record<string, unknown>; approved: unknown };
        bent.approved = ['b.txt'];
        for (const list of ['create', 'modify', 'boundary']) bent.scope[list] = [{ ...entry }];
        let at = bent as unknown as Record<string | number, unknown>;
        for (const key of place.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
        const last = place.at(-1) ?? '';
        // An empty text is one, but for the worktree; a list without its last item is one too.
        if (
          (wrong === '' && typeof at[last] === 'string' && last !== 'worktree') ||
          (wrong === '' && at[last] === null)
        )
          continue;
        if (wrong === undefined && typeof last === 'number') continue;
        at[last] = wrong;
        writeFileSync(file, JSON.stringify(bent));
        const said = (await answer('src/a.txt')) ?? '';
        assert.match(
          said,
          new RegExp(`is no policy: ${place.join('[.]')}(?:: wanted|[.])`),
          `${place.join('.')}: ${JSON.stringify([wrong])}`,
        );
      }
  });

  test('every hook that an agent is given is one that answers', () => {
    const given = AGENT_IDS.flatMap((id) => agentOf(id).hook ?? []);
    assert.deepEqual(given, [...HOOKS]);
  });

  test('what lies outside of the worktree is refused, also through a link', async () => {
    symlinkSync(home, path.join(worktree, 'src'));
    for (const file of ['../S2.txt', path.join(home, 'S1.txt'), 'src/a.txt'])
      assert.match((await answer(file)) ?? '', /outside this slice's worktree/);
  });
});
