/**
 * What an algorithm costs, on a machine that others use too: processor time of this process, never the clock on the
 * wall, and compared with what half the input costs, never with a number of seconds.
 */
import assert from 'node:assert/strict';
import process from 'node:process';

/** Milliseconds of processor time that nobody minds, whatever the growth: most inputs are measured once, and done. */
const negligible = 500;
/** How often the two are measured before the growth counts. Other programs make either slower, never faster. */
const rounds = 6;

/** The processor milliseconds that this process spends in `work`. */
export function cpuTime(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/**
 * Fails when work that has no half to be held against costs more than `most` milliseconds each time it is tried, of
 * which the first is usually the only one. `most` is for what never ends, so let it be hundreds of times the usual.
 */
export function assertEnds(label: string, most: number, work: () => unknown): void {
  let least = Infinity;
  for (let round = 0; round < rounds && least >= most; round++) least = Math.min(least, cpuTime(work));
  assert.ok(least < most, `${label}: ${least.toFixed(0)} ms of processor time`);
}

export interface Comparison {
  readonly half: () => unknown;
  readonly whole: () => unknown;
  /** How much larger than the half the whole is; 2 when not given. */
  readonly times?: number;
  /** Milliseconds up to which the whole may grow as it likes. */
  readonly free?: number;
}

/**
 * Fails when the whole input costs much more than its size lets expect: for twice the size, more than about three times
 * what the half costs (linear work costs twice, comparing each with each four times). Both are measured several times, and the least counts.
 */
export function assertGrowth(label: string, { half, whole, times = 2, free = negligible }: Comparison): void {
  let least = { half: Infinity, whole: Infinity };
  for (let round = 0; round < rounds; round++) {
    least = { ...least, whole: Math.min(least.whole, cpuTime(whole)) };
    if (least.whole <= free) return;
    least = { ...least, half: Math.min(least.half, cpuTime(half)) };
    if (least.whole <= 1.6 * times * least.half) return;
  }
  const [small, large] = [least.half, least.whole].map((ms) => ms.toFixed(0));
  assert.fail(
    `${label}: ${large} ms of processor time, and ${small} ms for the input that is ${times.toFixed(1)} times smaller`,
  );
}

/** The same for work on a size, which is given the whole size and half of it. */
export function assertLinear(
  label: string,
  size: number,
  work: (size: number) => unknown,
  free: number = negligible,
): void {
  assertGrowth(label, { half: () => work(size / 2), whole: () => work(size), free });
}
