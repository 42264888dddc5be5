/** Ports of runs: no two that live at once on a machine share any, and nothing listens on them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { takePorts, type Ports } from '../../src/node/run/ports.ts';

suite('ports of runs', () => {
  let dir: string;
  const taken: Ports[] = [];
  const take = async (wish: string): Promise<number> => {
    const ports = await takePorts(wish, dir);
    taken.push(ports);
    return Number(ports.env['SLICEWAVE_PORT']);
  };

  setup(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'ports-'));
  });

  teardown(async () => {
    for (const ports of taken.splice(0)) await ports.release();
    rmSync(dir, { recursive: true });
  });

  test('forty that live at once have forty ranges of ten, one name among them too', async () => {
    const firsts = await Promise.all(Array.from({ length: 40 }, (_, at) => take(`/r.worktrees/T-${at % 8}/A1`)));
    assert.equal(new Set(firsts).size, 40);
    assert.deepEqual(
      firsts.filter((first) => first % 10 !== 0 || first < 20_000 || first + 9 >= 32_768),
      [],
    );
  });

  test('the same worktree gets the same ports again, once they were given back', async () => {
    const first = await take('/r.worktrees/T-1/A1');
    assert.notEqual(await take('/r.worktrees/T-1/A1'), first);
    await taken[0]?.release();
    assert.equal(await take('/r.worktrees/T-1/A1'), first);
  });

  test('a range in which something listens is passed over', async () => {
    const first = await take('/r.worktrees/T-1/A1');
    await taken.pop()?.release();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(first + 3, '127.0.0.1', resolve));
    try {
      assert.notEqual(await take('/r.worktrees/T-1/A1'), first);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    assert.equal(await take('/r.worktrees/T-1/A1'), first);
  });

  test('where no lock can be written, ports are given all the same', async () => {
    const file = path.join(dir, 'file');
    writeFileSync(file, '');
    const ports = await takePorts('/r.worktrees/T-1/A1', path.join(file, 'ports'));
    assert.match(ports.env['SLICEWAVE_PORT_RANGE'] ?? '', /^\d+-\d+$/);
    await ports.release();
  });
});
