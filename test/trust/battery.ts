/** All rows, and how they are run: many at once where they disturb nobody, one by one where they do. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
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
 * Runs rows in one mode and hands over each site's evidence as soon as it is there. Rows that share a site are few, so
 * that two sites fill two processors.
 */
export async function runBattery(
  rows: readonly TrustRow[],
  mode: Mode,
  take: (evidence: readonly Evidence[]) => void,
): Promise<void> {
  const chosen = mode === 'on' ? rows.filter(({ differs }) => differs) : rows;
  const sites = chosen.filter(({ alone }) => alone).map((row): readonly TrustRow[] => [row]);
  const together = chosen.filter(({ alone }) => !alone);
  for (const battery of ['escape', 'lie', 'honest'] as const) {
    const own = together.filter((row) => row.battery === battery);
    for (let start = 0; start < own.length; start += TOGETHER) sites.unshift(own.slice(start, start + TOGETHER));
  }
  const flag = hasSandboxFlag();
  const next = sites.values();
  const work = async (): Promise<void> => {
    for (const site of next) take(await runSite(site, mode, flag));
  };
  await Promise.all(
    Array.from({ length: Number(process.env['TRUST_JOBS'] ?? Math.min(4, availableParallelism())) }, work),
  );
}

let sandboxFlag: boolean | undefined;

/** Whether this build knows `--sandbox`. */
export function hasSandboxFlag(): boolean {
  const cli = path.resolve(process.env['SLICEWAVE_CLI'] ?? path.join(import.meta.dirname, '../../dist/cli.js'));
  sandboxFlag ??= spawnSync(process.execPath, [cli, 'run', '--help'], { encoding: 'utf8' }).stdout.includes(
    '--sandbox',
  );
  return sandboxFlag;
}
