import type { MergePointProposal } from '../judge/merge-points.ts';
import { BREAK_EVEN, type BreakEven, type BreakEvenSettings } from '../plan/break-even.ts';
import { MOST_ERROR, type EstimatorSummary, type SliceEstimate } from '../plan/estimator.ts';
import type { WhatIf } from '../plan/schedule.ts';
import { minutes } from '../text/duration.ts';

/** How many agents are worth it and why, in one line; `maxParallel` is the manifest's limit. */
export function breakEvenText(
  { agents, reason, workMinutes, pathMinutes, rows }: BreakEven,
  options: {
    readonly times?: string;
    readonly maxParallel?: number | null;
    readonly settings?: Partial<BreakEvenSettings>;
  } = {},
): string {
  const settings = { ...BREAK_EVEN, ...options.settings };
  const one = rows[0]?.makespanMinutes ?? workMinutes;
  const row = rows.find((some) => some.agents === agents);
  const next = rows.find((some) => some.agents === agents + 1);
  if (agents === 1 || !row) {
    const why = {
      sequential: 'nothing runs side by side',
      coordination: next
        ? `a second one saves ${minutes(one - next.makespanMinutes)} and costs ${minutes(next.coordinationMinutes)} of coordination`
        : 'more cost more coordination than they save',
      path: `the critical path leaves less than ${percent(settings.gain)} to gain`,
      gain: `one more saves less than ${percent(settings.gain)}`,
      most: 'no more were tried',
    }[reason];
    return `Agents: 1 is enough, ${why}`;
  }
  const faster = row.makespanMinutes > 0 ? workMinutes / row.makespanMinutes : 1;
  const gain = `${minutes(row.makespanMinutes)} instead of ${minutes(one)}, ${faster.toFixed(1)}${options.times ?? 'x'} as fast`;
  const more = {
    path:
      minutes(row.makespanMinutes) === minutes(pathMinutes)
        ? 'more cannot shorten the critical path'
        : `more save ${minutes(row.makespanMinutes - pathMinutes)} at most, the critical path is ${minutes(pathMinutes)}`,
    gain: `one more saves less than ${percent(settings.gain)}`,
    coordination: next
      ? `one more saves ${minutes(row.makespanMinutes - next.makespanMinutes)} and costs ${minutes(next.coordinationMinutes - row.coordinationMinutes)} of coordination`
      : 'one more costs more coordination than it saves',
    most: `no more than ${settings.mostAgents} were tried`,
    sequential: '',
  }[reason];
  const { maxParallel = null } = options;
  const limit = maxParallel !== null && maxParallel < agents ? `; the manifest allows ${maxParallel}` : '';
  return `Agents: ${agents} are worth it (${gain}; coordination ${minutes(row.coordinationMinutes)}; ${more})${limit}`;
}

/** Rows that stand one by one where more agents change nothing. */
const MOST_ALIKE = 3;

/** The rows of `--agents`, under a heading; where more agents make no difference up to the end, one line says so. */
export function whatIfLines(rows: readonly WhatIf[], times = 'x'): string[] {
  const last = rows.at(-1);
  const alike = rows.length - 1 - rows.findLastIndex((row) => row.makespanMinutes !== last?.makespanMinutes);
  const told = alike > MOST_ALIKE ? rows.slice(0, rows.length - alike + 1) : rows;
  const cells = told.map((row) => [
    String(row.agents),
    minutes(row.makespanMinutes),
    minutes(row.lowerBoundMinutes),
    minutes(row.bounds.path),
    minutes(row.bounds.work),
    minutes(row.bounds.level),
    `${row.speedup.toFixed(2)}${times}`,
    percent(row.idleShare),
  ]);
  const head = ['Agents', 'takes', 'at least', 'path', 'work/n', 'level', 'speedup', 'idle'];
  const widths = head.map((word, i) => Math.max(word.length, ...cells.map((row) => row[i]!.length)));
  return [
    ...[head, ...cells].map((row) => `  ${row.map((cell, i) => cell.padStart(widths[i]!)).join('  ')}`),
    ...(told.length < rows.length
      ? [`  ${(told.at(-1)?.agents ?? 0) + 1}..${last?.agents} agents are no faster than ${told.at(-1)?.agents}`]
      : []),
    '  at least: the longest of path (the critical path), work/n (all work, shared evenly) and level (the same, where the plan is narrow at its start or end)',
  ];
}

/** What the estimates rest on, in one line; `null` when no earlier run says anything. */
export function estimatorText({ adapter, runs, errorPercent, declaredErrorPercent }: EstimatorSummary): string | null {
  if (runs === 0 || adapter === null) return null;
  const from = `${runs} verified ${runs === 1 ? 'slice' : 'slices'} of ${adapter}`;
  if (errorPercent === null || declaredErrorPercent === null)
    return `Estimates: as declared; ${from} ${runs === 1 ? 'is' : 'are'} too few to learn from`;
  if (errorPercent > MOST_ERROR) return `Estimates: as declared; the times of ${from} differ too much to learn from`;
  const declared = `declared ones by ${offText(declaredErrorPercent)}`;
  return errorPercent < declaredErrorPercent
    ? `Estimates: learned from ${from}; typically off by ${offText(errorPercent)} (${declared})`
    : `Estimates: as declared; ${from} teach nothing better (learned ones are off by ${offText(errorPercent)}, ${declared})`;
}

/** Above a hundred a percentage says nothing to anybody. */
function offText(percentOff: number): string {
  return percentOff <= MOST_ERROR ? `${Math.round(percentOff)}%` : `a factor of ${(1 + percentOff / 100).toFixed(1)}`;
}

/** `learned 55m..2h10m`, without the range where it says nothing; nothing at all for what was declared. */
export function basisText({ basis, low, high }: SliceEstimate): string {
  if (basis === 'declared') return '';
  return basis === 'actual' || minutes(low) === minutes(high) ? basis : `learned ${minutes(low)}..${minutes(high)}`;
}

/** Each proposal as `MP2: A8 + B3 -> C1`, why, and what to do in the manifest. */
export function proposalLines(proposals: readonly MergePointProposal[], arrow: string, most = 10): string[] {
  const lines = proposals
    .slice(0, most)
    .flatMap(({ id, needs, unlocks, reason, action }) => [
      `  ${id}: ${needs.join(' + ')}${arrow}${unlocks.join(', ')}`,
      `      ${reason}`,
      `      in manifest.json: ${action}`,
    ]);
  return proposals.length > most ? [...lines, `  and ${proposals.length - most} more`] : lines;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
