import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { ProcessIdentity } from '../../src/core/run/liveness.ts';
import { identify } from '../../src/node/process/machine.ts';
import { acquireLock } from '../../src/node/state/locks.ts';
import { Project, until } from './fixture.ts';

/** From the text of a lock file to what the command line answers. */
suite('a plan that somebody holds', () => {
  let project: Project;
  let me: ProcessIdentity;

  setup(async () => {
    me = await identify();
    project = await Project.create({ slices: [{ id: 'A1' }] });
  });

  teardown(async () => {
    await project.close();
  });

  const lease = (): string => path.join(project.runsDir, 'plans', `${project.planId}.lease`);
  const held = (holder: object, agoMs = 0): void => {
    mkdirSync(path.dirname(lease()), { recursive: true });
    writeFileSync(lease(), JSON.stringify({ ...me, since: new Date().toISOString(), ...holder }));
    const touched = new Date(Date.now() - agoMs);
    utimesSync(lease(), touched, touched);
  };
  const far = { pid: 4711, machine: 'another', boot: 'another' };

  test('who lives here, or gave a sign elsewhere, keeps it; everybody is told who that is', async () => {
    const rows: readonly (readonly [object, RegExp])[] = [
      [{}, new RegExp(`another process is running TS-1-shop: process ${me.pid}\n`)],
      [far, /running TS-1-shop: process 4711 on \S+, another machine, which last gave a sign \d+ s ago/],
      [{ pid: 4711, host: 'old', machine: '', boot: '', space: '' }, /process 4711 on old, another machine/],
    ];
    for (const [holder, said] of rows) {
      held(holder);
      const { code, err } = await project.run();
      assert.equal(code, 1, JSON.stringify(holder));
      assert.match(err, said);
      assert.equal(JSON.parse(readFileSync(lease(), 'utf8')).pid, { ...me, ...holder }.pid);
    }
    assert.deepEqual(project.callsOf('agent'), []);
  });

  test('who was there before the machine was started anew is dead, though its number lives', async () => {
    held({ boot: 'another', space: '' });
    const { code, out, err } = await project.run();
    assert.equal(code, 0, `${out}\n${err}`);
    assert.doesNotMatch(`${out}${err}`, /took .* over/);
    assert.ok(!existsSync(lease()));
  });

  test('who is silent elsewhere loses it, and that is said', async () => {
    held(far, 2 * 3_600_000);
    const { code, out, err } = await project.run();
    assert.equal(code, 0, `${out}\n${err}`);
    assert.match(
      `${out}${err}`,
      /took TS-1-shop\.lease over from process 4711 on \S+, another machine, which last gave a sign 2 h ago/,
    );
  });

  test('a lock file that says nothing is no holder once it is old', async () => {
    held({});
    writeFileSync(lease(), '{"pid":');
    utimesSync(lease(), new Date(0), new Date(0));
    assert.equal((await project.run()).code, 0);
  });

  test('what takers were killed over is swept, half said or not at all; what a living one makes is not', async () => {
    const dead = spawnSync(process.execPath, ['-e', '0']).pid;
    const log = `${project.planId}.jsonl.lock`;
    const whole = JSON.stringify({ ...me, pid: dead, started: '1', since: new Date().toISOString() });
    const left: readonly (readonly [name: string, text: string])[] = [
      [`${log}.${dead}.0123456789ab`, ''],
      [`${log}.${dead}.1123456789ab`, '{"pid": '],
      [`${log}.${dead}.2123456789ab`, whole],
    ];
    const living = `${log}.${process.pid}.3123456789ab`;
    held({ pid: dead, started: '1' });
    for (const [name, text] of [...left, [living, ''] as const])
      writeFileSync(path.join(path.dirname(lease()), name), text);
    assert.equal((await project.run()).code, 0);
    const there = readdirSync(path.dirname(lease())).filter(
      (name) => name.includes('.lock') || name.includes('.lease'),
    );
    assert.deepEqual(there, [living]);
  });

  test('a taker whose half-made lock was swept makes it anew', async () => {
    const file = path.join(project.runsDir, 'plans', 'x.lock');
    const first = await acquireLock(file);
    assert.ok(first);
    const taking = acquireLock(file, { wait: 60_000 });
    const mine = (): string | undefined => readdirSync(path.dirname(file)).find((name) => /^x\.lock\.\d+\./.test(name));
    rmSync(path.join(path.dirname(file), await until('a taker', mine)));
    await first.release();
    const second = await taking;
    assert.ok(second);
    await second.release();
    assert.equal(mine(), undefined);
  });
});
