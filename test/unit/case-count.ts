/** How many cases a property is tried with, and how large what a reader must bear is. */
import process from 'node:process';

/**
 * Few every day: another seed each time, so that days add up. All of them where `SLICEWAVE_ALL_CASES` is set, as it is in
 * the stage `long`.
 */
export function caseCount(daily: number, all: number): number {
  return process.env['SLICEWAVE_ALL_CASES'] ? all : daily;
}
