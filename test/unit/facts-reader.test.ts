import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FactsReader } from '../../src/node/state/facts.ts';

suite('what is known of runs', () => {
  let runsDir = '';
  setup(() => {
    runsDir = mkdtempSync(path.join(tmpdir(), 'sw-facts-'));
  });
  teardown(() => rmSync(runsDir, { recursive: true }));

  const idOf = (number: number): string => `20260101T0000${String(number).padStart(5, '0')}Z-A1-aaaaaaaa`;

  function write(number: number, plan: string): string {
    const dir = path.join(runsDir, idOf(number));
    const t = '2026-01-01T00:00:00.000Z';
    const who = { pid: 1, pid_started: '1', host: 'h', worktree: '/w', branch: null };
    const names = { run_id: idOf(number), plan, slice: 'A1', attempt: 1, mode: 'fresh' };
    const ended = { type: 'ended', end: 'verified', reason: null, detail: null, stop: null };
    mkdirSync(dir, { recursive: true });
    const file = path.join(dir, 'events.jsonl');
    const lines = [{ type: 'run_started', ...names, ...who }, ended].map((body) =>
      JSON.stringify({ v: 1, t, ...body }),
    );
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  }

  async function plans(plan?: string): Promise<readonly (string | null)[]> {
    const runs = await new FactsReader({ runsDir }).runs(plan);
    return runs.map(({ events: [first] }) => (first?.type === 'run_started' ? first.plan : null));
  }

  test('a run that has ended is read once in a process, whoever asks', async () => {
    write(1, 'P');
    const [first] = await new FactsReader({ runsDir }).runs();
    const [again] = await new FactsReader({ runsDir }).runs('P');
    assert.equal(again?.events, first?.events);
    assert.deepEqual(await plans('Q'), []);
  });

  test('a change that keeps size and time is seen all the same', async () => {
    const file = write(1, 'P');
    utimesSync(file, 1_700_000_000, 1_700_000_000);
    const { size, mtimeMs } = statSync(file);
    assert.deepEqual(await plans(), ['P']);
    write(1, 'Q');
    utimesSync(file, 1_700_000_000, 1_700_000_000);
    const now = statSync(file);
    assert.deepEqual([now.size, now.mtimeMs], [size, mtimeMs]);
    assert.deepEqual(await plans(), ['Q']);
  });

  test('all runs in their order, more than are looked at in one turn, and none that is gone', async () => {
    const numbers = Array.from({ length: 250 }, (_, i) => i + 1);
    for (const number of numbers.toReversed()) write(number, `P${number}`);
    assert.deepEqual(
      await plans(),
      numbers.map((number) => `P${number}`),
    );
    assert.deepEqual(await plans('P200'), ['P200']);
    rmSync(path.join(runsDir, idOf(200)), { recursive: true });
    assert.deepEqual(await plans('P200'), []);
    assert.equal((await plans()).length, 249);
  });
});
