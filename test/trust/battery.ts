/** All rows, and how they are run: many in one site where they disturb nobody or leave nothing, each in its own where they do. */
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { rightVerdicts, type Battery, type Mode, type TrustCase, type TrustRow } from './case.ts';
import { FILE_ESCAPES } from './rows/files.ts';
import { HONEST_RUNS } from './rows/honest.ts';
import { LIES } from './rows/lies.ts';
import { RUN_ESCAPES } from './rows/runs.ts';
import { SHARED_ESCAPES } from './rows/shared.ts';
import { runSite, type Evidence } from './site.ts';
import { hasEnded, judge } from './verdict.ts';
import { differences } from './world.ts';

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

/** What a sandbox is for first of all: every row of these kinds is tried in it. */
const ALWAYS_CONFINED: ReadonlySet<string> = new Set(['worktree', 'primary checkout']);

/**
 * The rows that are run in one mode when not all are asked for: all without a sandbox, and in it, of those to which the
 * operating system makes a difference, the ways out by the worktree and the primary checkout, the honest runs that can
 * share a repository (a sandbox disturbs work sooner than it lets something out), and the first row of each other kind.
 * What the others of a kind touch is confined by the same rule.
 */
export function rowsOf(mode: Mode, everyRow: boolean): readonly TrustRow[] {
  if (mode === 'off') return ROWS;
  const differing = ROWS.filter(({ differs }) => differs);
  if (everyRow) return differing;
  return differing.filter(
    (row) =>
      ALWAYS_CONFINED.has(row.kind) ||
      (row.battery === 'honest' && !row.alone) ||
      differing.find(({ kind }) => kind === row.kind) === row,
  );
}

/** What is known of the rows of a site; an error: the site itself could not be run. */
export type SiteResult = readonly Evidence[] | { readonly rows: readonly TrustRow[]; readonly problem: unknown };

/** Without a sandbox what rows of these kinds do is put back, so that the next finds all as it was. */
const PUT_BACK: ReadonlySet<string> = new Set(['refs', 'git settings', 'hooks']);
/** Rows of these kinds of which something stays. */
const NOT_PUT_BACK: ReadonlySet<string> = new Set(['reflog-expired']);

/** A row that asks for nothing in the repository but itself: no other slice, no person, no file or command of all. */
function isPlain(row: TrustRow): boolean {
  const { early, beside, later, person, clean, setup, rootBase, harm, expected, warned } = row;
  return (
    [early, beside, later, person, clean, setup, rootBase, harm, expected, warned].every((one) => one === undefined) &&
    !/\b(?:early|beside|later|task-\d+)\b/.test(row.agent)
  );
}

/** Whether a row may have its turn in a site after others: in the sandbox nothing comes of what such rows do. */
function mayFollowAnother(row: TrustRow, mode: Mode): boolean {
  return isPlain(row) && (mode === 'on' || (PUT_BACK.has(row.kind) && !NOT_PUT_BACK.has(row.name)));
}

/** All of a site, as one thing to run. */
interface Site {
  readonly rows: readonly TrustRow[];
  /** Rows that touch what slices share: unless nothing can be held against any, each is run again in a site of its own. */
  readonly isTrial: boolean;
}

function sitesOf(rows: readonly TrustRow[], mode: Mode): readonly Site[] {
  const inTurn = rows.filter((row) => row.alone && mayFollowAnother(row, mode));
  const cut = (own: readonly TrustRow[], isTrial: boolean): readonly Site[] =>
    Array.from({ length: Math.ceil(own.length / TOGETHER) }, (_, index) => ({
      rows: own.slice(index * TOGETHER, (index + 1) * TOGETHER),
      isTrial,
    }));
  return [
    ...cut(inTurn, true),
    ...(['escape', 'lie', 'honest'] as const).flatMap((battery) =>
      cut(
        rows.filter((row) => !row.alone && row.battery === battery),
        false,
      ),
    ),
    ...rows.filter((row) => row.alone && !inTurn.includes(row)).map((row) => ({ rows: [row], isTrial: false })),
  ];
}

/**
 * Runs rows in one mode and hands over each site's result as soon as it is there. Rows that share a site are few, so that
 * two sites fill two processors.
 */
export async function runBattery(
  rows: readonly TrustRow[],
  mode: Mode,
  take: (result: SiteResult) => void,
): Promise<void> {
  const attempt = (site: readonly TrustRow[]): Promise<SiteResult> =>
    runSite(site, mode).catch((problem: unknown): SiteResult => ({ rows: site, problem }));
  const next = sitesOf(rows, mode).values();
  const work = async (): Promise<void> => {
    for (const site of next) {
      const result = await attempt(site.rows);
      if (!site.isTrial || isBeyondDoubt(result)) take(result);
      else for (const row of site.rows) take(await attempt([row]));
    }
  };
  await Promise.all(
    Array.from({ length: Number(process.env['TRUST_JOBS'] ?? Math.min(4, availableParallelism())) }, work),
  );
}

/** All were judged rightly, and nothing at all is left that one of them could have done. */
function isBeyondDoubt(result: SiteResult): boolean {
  return (
    !('problem' in result) &&
    result.every(
      (evidence) =>
        hasEnded(evidence) &&
        rightVerdicts(evidence.row).includes(judge(evidence).verdict) &&
        differences(evidence.before, evidence.after).length === 0,
    )
  );
}
