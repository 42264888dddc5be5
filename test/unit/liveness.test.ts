import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { holderText, liveness, SILENT_AFTER, type ProcessIdentity } from '../../src/core/run/liveness.ts';
import { identify, isAlive } from '../../src/node/process/machine.ts';
import { FactsReader } from '../../src/node/state/facts.ts';

const HERE = { host: 'box', machine: 'm1', boot: 'b1', space: 'pid:[1]' };
const ME: ProcessIdentity = { pid: 7, started: '100', ...HERE };

interface Row {
  readonly name: string;
  readonly holder?: Partial<ProcessIdentity>;
  readonly here?: Partial<typeof HERE>;
  readonly seen?: { readonly started: string } | null;
  readonly silence?: number | null;
  readonly is: string;
}

const FRESH = SILENT_AFTER - 1;
const OLD = SILENT_AFTER + 1;

const ROWS: readonly Row[] = [
  { name: 'it runs', is: 'alive by process' },
  { name: 'it has ended', seen: null, is: 'dead by process' },
  { name: 'another has its number', seen: { started: '101' }, is: 'dead by process' },
  { name: 'nobody knows when it was started', holder: { started: '' }, is: 'alive by process' },
  { name: 'it runs, and its lock was not touched for long', silence: OLD, is: 'alive by process' },
  { name: 'the machine was started anew', holder: { boot: 'b0' }, silence: 0, is: 'dead by boot' },
  { name: 'the machine was started anew and has another name', holder: { boot: 'b0', host: 'b' }, is: 'dead by boot' },
  { name: 'the machine has another name', holder: { host: 'renamed' }, is: 'alive by process' },
  {
    name: 'another machine of one name',
    holder: { machine: 'm2', boot: 'b2' },
    silence: FRESH,
    is: 'alive by heartbeat',
  },
  { name: 'another machine, silent', holder: { machine: 'm2', boot: 'b2' }, silence: OLD, is: 'dead by silence' },
  {
    name: 'another machine, no sign at all',
    holder: { machine: 'm2', boot: 'b2' },
    silence: null,
    is: 'dead by silence',
  },
  {
    name: 'another machine whose clock is ahead',
    holder: { machine: 'm2', boot: 'b2' },
    silence: -9e6,
    is: 'alive by heartbeat',
  },
  { name: 'another container', holder: { space: 'pid:[2]' }, seen: null, silence: FRESH, is: 'alive by heartbeat' },
  {
    name: 'another container with the number of one here',
    holder: { space: 'pid:[2]' },
    silence: OLD,
    is: 'dead by silence',
  },
  {
    name: 'a container of this kernel without a machine id',
    holder: { machine: '', host: 'c' },
    is: 'alive by process',
  },
  {
    name: 'a container of this kernel with one of its image',
    holder: { machine: 'image', space: 'pid:[2]' },
    silence: 0,
    is: 'alive by heartbeat',
  },
  { name: 'no machine id: the name decides', holder: { machine: '', boot: '' }, is: 'alive by process' },
  {
    name: 'no machine id, and another name',
    holder: { machine: '', boot: '', host: 'other' },
    silence: FRESH,
    is: 'alive by heartbeat',
  },
  {
    name: 'recorded by an earlier version',
    holder: { machine: '', boot: '', space: '' },
    seen: null,
    is: 'dead by process',
  },
  {
    name: 'boots known by their time: the same',
    holder: { boot: 'at:1000' },
    here: { boot: 'at:1090' },
    is: 'alive by process',
  },
  {
    name: 'boots known by their time: another',
    holder: { boot: 'at:1000' },
    here: { boot: 'at:5000' },
    is: 'dead by boot',
  },
  {
    name: 'boots known by their time, of two machines',
    holder: { boot: 'at:1000', machine: 'm2' },
    here: { boot: 'at:1000' },
    silence: FRESH,
    is: 'alive by heartbeat',
  },
];

suite('whether a process lives', () => {
  for (const { name, holder, here, seen = { started: '100' }, silence = 0, is } of ROWS)
    test(name, () => {
      const answer = liveness({ holder: { ...ME, ...holder }, here: { ...HERE, ...here }, seen, silence });
      assert.equal(`${answer.alive ? 'alive' : 'dead'} by ${answer.by}`, is);
    });

  test('a holder in words', () => {
    const elsewhere = { ...ME, machine: 'm2', boot: 'b2', host: 'far' };
    assert.equal(holderText(ME, HERE, 5000), 'process 7');
    assert.equal(
      holderText(elsewhere, HERE, 12_000),
      'process 7 on far, another machine, which last gave a sign 12 s ago',
    );
    assert.match(holderText(elsewhere, HERE, 4 * 3_600_000), /4 h ago$/);
    assert.match(holderText({ ...ME, space: 'pid:[2]' }, HERE, null), /on box, in another container, .* not known$/);
  });

  test('this process lives, and would not have on another boot', async () => {
    const me = await identify();
    assert.ok(me.boot !== '');
    assert.ok(await isAlive(me));
    assert.ok(!(await isAlive({ ...me, boot: 'another' })));
    assert.ok(
      !(await isAlive({ ...me, started: me.started === '' ? '' : '1', pid: me.started === '' ? 2 ** 22 : me.pid })),
    );
  });

  test('a run of another machine goes on for as long as its runner gives signs', async () => {
    const runsDir = mkdtempSync(path.join(tmpdir(), 'sw-runs-'));
    try {
      const run = '20260101T000000000Z-A1-aaaaaaaa';
      const started = { v: 1, t: '2026-01-01T00:00:00.000Z', type: 'run_started', run_id: run, plan: 'P', slice: 'A1' };
      const who = {
        attempt: 1,
        mode: 'fresh',
        pid: process.pid,
        pid_started: '',
        host: 'far',
        machine: 'far',
        boot: 'far',
      };
      mkdirSync(path.join(runsDir, run));
      const line = JSON.stringify({ ...started, ...who, worktree: '/w', branch: null });
      writeFileSync(path.join(runsDir, run, 'events.jsonl'), `${line}\n`);
      const alive = async (): Promise<boolean> => (await new FactsReader({ runsDir }).run(run)).alive;
      assert.ok(!(await alive()));
      const heartbeat = path.join(runsDir, run, 'heartbeat');
      writeFileSync(heartbeat, '');
      assert.ok(await alive());
      const old = new Date(Date.now() - 2 * SILENT_AFTER);
      utimesSync(heartbeat, old, old);
      assert.ok(!(await alive()));
    } finally {
      rmSync(runsDir, { recursive: true });
    }
  });
});
