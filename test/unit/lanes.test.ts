import assert from 'node:assert/strict';
import { inLanes, Screen, type Job } from '../../.config/lanes.ts';

/** What was begun and ended, in order; a job ends when its name is told to `end`. */
function stage(jobs: readonly Job[], lanes: number) {
  const seen: string[] = [];
  const ends = new Map<string, () => void>();
  const done = inLanes(jobs, lanes, async ({ name }) => {
    seen.push(`+${name}`);
    await new Promise<void>((resolve) => ends.set(name, resolve));
    seen.push(`-${name}`);
  });
  const end = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) {
      const finish = ends.get(name);
      assert.ok(finish, `${name} is not at work`);
      finish();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { seen, done, end };
}

suite('jobs side by side', () => {
  test('one lane is the order of the list', async () => {
    const { seen, done, end } = stage([{ name: 'a' }, { name: 'b' }, { name: 'c' }], 1);
    await end('a', 'b', 'c');
    await done;
    assert.deepEqual(seen, ['+a', '-a', '+b', '-b', '+c', '-c']);
  });

  test('what is needed is waited for; what needs nothing goes past', async () => {
    const { seen, done, end } = stage([{ name: 'a' }, { name: 'b', needs: ['a', 'elsewhere'] }, { name: 'c' }], 2);
    assert.deepEqual(seen, ['+a', '+c']);
    await end('c');
    assert.deepEqual(seen, ['+a', '+c', '-c']);
    await end('a', 'b');
    await done;
    assert.deepEqual(seen.slice(3), ['-a', '+b', '-b']);
  });

  test('two that use the same are never at work at once', async () => {
    const jobs = [{ name: 'a', uses: 'packages' }, { name: 'b', uses: 'packages' }, { name: 'c' }];
    const { seen, done, end } = stage(jobs, 3);
    assert.deepEqual(seen, ['+a', '+c']);
    await end('a', 'b', 'c');
    await done;
    assert.deepEqual(seen, ['+a', '+c', '-a', '+b', '-b', '-c']);
  });

  test('a circle is an error, not a wait without end', async () => {
    const jobs = [
      { name: 'a', needs: ['b'] },
      { name: 'b', needs: ['a'] },
    ];
    await assert.rejects(
      inLanes(jobs, 2, () => Promise.resolve()),
      /a, b/,
    );
  });

  test('the oldest job is seen as it goes, others whole when their turn comes', () => {
    const written: string[] = [];
    const screen = new Screen((text) => written.push(text));
    const [first, second, third] = [screen.open(), screen.open(), screen.open()];
    second.print('b1 ');
    first.print('a1 ');
    third.print('c1 ');
    third.close();
    first.print('a2 ');
    assert.deepEqual(written, ['a1 ', 'a2 ']);
    second.print('b2 ');
    first.close();
    assert.deepEqual(written.slice(2), ['b1 b2 ']);
    second.print('b3 ');
    second.close();
    assert.deepEqual(written.slice(3), ['b3 ', 'c1 ']);
  });
});
