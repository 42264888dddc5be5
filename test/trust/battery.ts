/** All rows, and how they are run: many at once where they disturb nobody, one by one where they do. */
import { availableParallelism } from 'node:os';
import process from 'node:process';
import type { Battery, Mode, TrustCase, TrustRow } from './case.ts';
import { FILE_ESCAPES } from './rows/files.ts';
import { HONEST_RUNS } from './rows/honest.ts';
import { LIES } from './rows/lies.ts';
import { RUN_ESCAPES } from './rows/runs.ts';
import { SHARED_ESCAPES } from './rows/shared.ts';
import { runSite, type Evidence } from './site.ts';

const of = (battery: Battery, rows: readonly TrustCase[]): readonly TrustRow[] =>
  rows.map((row) => ({ ...row, battery }));

export const ROWS: readonly TrustRow[] = [
  ...of('escape', FILE_ESCAPES),
  ...of('escape', SHARED_ESCAPES),
  ...of('escape', RUN_ESCAPES),
  ...of('lie', LIES),
  ...of('honest', HONEST_RUNS),
];

/** How many slices one site has: a failure to run costs no more than these. */
const TOGETHER = 12;

/**
 * The rows that are run in one mode when not all are asked for: all without a sandbox, and in it the first of each kind to
 * which the operating system makes a difference. What the others of a kind touch is confined by the same rule.
 */
export function rowsOf(mode: Mode, everyRow: boolean): readonly TrustRow[] {
  if (mode === 'off') return ROWS;
  const differing = ROWS.filter(({ differs }) => differs);
  const isFirst = (row: TrustRow): boolean => differing.find(({ kind }) => kind === row.kind) === row;
  return everyRow ? differing : differing.filter(isFirst);
}

/** What is known of the rows of a site; an error: the site itself could not be run. */
export type SiteResult = readonly Evidence[] | { readonly rows: readonly TrustRow[]; readonly problem: unknown };

/**
 * Runs rows in one mode and hands over each site's result as soon as it is there. Rows that share a site are few, so that
 * two sites fill two processors.
 */
export async function runBattery(
  rows: readonly TrustRow[],
  mode: Mode,
  take: (result: SiteResult) => void,
): Promise<void> {
  const sites = rows.filter(({ alone }) => alone).map((row): readonly TrustRow[] => [row]);
  const together = rows.filter(({ alone }) => !alone);
  for (const battery of ['escape', 'lie', 'honest'] as const) {
    const own = together.filter((row) => row.battery === battery);
    for (let start = 0; start < own.length; start += TOGETHER) sites.unshift(own.slice(start, start + TOGETHER));
  }
  const next = sites.values();
  const work = async (): Promise<void> => {
    for (const site of next)
      take(await runSite(site, mode).catch((problem: unknown): SiteResult => ({ rows: site, problem })));
  };
  await Promise.all(
    Array.from({ length: Number(process.env['TRUST_JOBS'] ?? Math.min(4, availableParallelism())) }, work),
  );
}
