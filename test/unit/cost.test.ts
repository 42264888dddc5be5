import assert from 'node:assert/strict';
import { assertEnds, assertGrowth, assertLinear, cpuTime } from './cost.ts';

suite('what an algorithm costs', () => {
  /** Work that no compiler takes away: as many steps as asked for. */
  const steps = (count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum = (sum + Math.imul(i, sum ^ 31)) | 0;
    return sum;
  };
  /** So many steps that growth can be seen in what they cost on this machine. */
  const free = 20;
  const much = (): number => {
    let count = 1_000_000;
    while (cpuTime(() => steps(count)) < 100) count *= 2;
    return count;
  };

  test('linear work passes, and quadratic work is found', () => {
    const most = much();
    assertLinear('linear', most, steps, free);
    assert.throws(
      () => assertLinear('quadratic', most, (size) => steps((size / most) ** 2 * most), free),
      /quadratic: \d+ ms/,
    );
  });

  test('the sizes of the two are taken into account', () => {
    const most = much();
    const work = { whole: () => steps(most), half: () => steps(most / 5), free };
    assertGrowth('five times', { ...work, times: 5 });
    assert.throws(() => assertGrowth('twice', { ...work, times: 2 }), /twice: \d+ ms/);
  });

  test('one slow round is no failure, and six are', () => {
    const most = 60;
    const long = much();
    let calls = 0;
    assertEnds('once slow', most, () => (calls++ === 0 ? steps(long) : 0));
    assert.equal(calls, 2);
    assert.throws(
      () => assertEnds('slow', most, () => steps(long)),
      /^AssertionError.*: slow: \d+ ms of processor time$/,
    );
  });

  test('what costs next to nothing is not measured a second time', () => {
    let calls = 0;
    assertLinear('cheap', 1, () => calls++);
    assert.equal(calls, 1);
  });
});
