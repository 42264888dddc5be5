import type { Judgement } from '../judge/judge.ts';
import { proposeMergePoints, type MergePointProposal } from '../judge/merge-points.ts';
import { breakEven } from '../plan/break-even.ts';
import type { EstimatorSummary, SliceEstimate } from '../plan/estimator.ts';
import type { PlanGraph, SliceSchedule } from '../plan/graph-model.ts';
import { criticalPathText, waitReasons } from '../plan/graph-words.ts';
import type { MergePoint, Plan, Slice } from '../plan/model.ts';
import type { WhatIf } from '../plan/schedule.ts';
import type { Overlap, OverlapVerdict } from '../scope/overlap.ts';
import { minutes } from '../text/duration.ts';
import { adviceText, type PlanSection } from './judgement-text.ts';
import { basisText, breakEvenText, estimatorText, proposalLines, whatIfLines } from './schedule-text.ts';
import { counted, printable, printableLine } from '../text/printing.ts';

export interface PlanTextOptions {
  /** Plain ASCII instead of arrows and rules. Titles stay as they were written. */
  readonly ascii: boolean;
  readonly colour?: boolean;
  /** What `graph` was made with, by slice id, and what the estimator says of itself. */
  readonly estimates?: ReadonlyMap<string, SliceEstimate>;
  readonly estimator?: EstimatorSummary;
  /** The rows of `--agents`. */
  readonly whatIf?: readonly WhatIf[];
  /** Further blocks, before the advice. */
  readonly sections?: readonly PlanSection[];
  /** What to do about pairs that share too much, the best first; without it only the rule stands there. */
  readonly advice?: Judgement['advice'];
  /** Merge points worth having, where they are known already. */
  readonly proposals?: readonly MergePointProposal[];
}

/** Escape codes by meaning; every colour repeats what a word already says. */
const COLOURS = { bad: '31', warn: '33', point: '36', quiet: '90', strong: '1' } as const;

type Paint = (text: string, colour: keyof typeof COLOURS) => string;

/** Overlaps shown before the rest is only counted. */
const MOST_OVERLAPS = 20;
const LONGEST_TITLE = 44;

/**
 * A plan for the terminal: batches with their waves, merge points where they hold, the critical path, how many agents
 * are worth it, overlaps of write sets, cycles, and what to do about them. Ends with a line break.
 */
export function planText(plan: Plan, graph: PlanGraph, overlaps: readonly Overlap[], options: PlanTextOptions): string {
  const paint: Paint = (text, colour) => (options.colour ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text);
  const signs = options.ascii
    ? { arrow: ' -> ', rule: '======', bullet: '*', times: 'x' }
    : { arrow: ' → ', rule: '══════', bullet: '•', times: '×' };
  const lines = [`${paint(printable(plan.id), 'strong')}: ${printable(plan.title)}`, summary(plan, graph)];
  lines.push(...batchLines(plan, graph, { paint, signs, estimates: options.estimates }));
  lines.push(...leftOut(plan, graph, paint, signs.arrow));
  if (graph.order.length > 0) {
    lines.push(
      '',
      `Critical path: ${criticalPathText(plan, graph, signs.arrow)}   slack 0   est. ${minutes(graph.makespanMinutes)}`,
      widestText(graph),
      breakEvenText(breakEven(graph, plan), { times: signs.times, maxParallel: plan.limits.maxParallel }),
    );
    const learned = options.estimator ? estimatorText(options.estimator) : null;
    if (learned !== null) lines.push(printable(learned));
  }
  if (options.whatIf && options.whatIf.length > 0) lines.push('', ...whatIfLines(options.whatIf, signs.times));
  if (overlaps.length > 0) lines.push('', ...overlapLines(overlaps, paint));
  const proposals = options.proposals ?? proposeMergePoints(plan, graph, overlaps);
  if (proposals.length > 0) {
    lines.push('', paint(`Proposed merge points (${proposals.length})`, 'point'));
    lines.push(...proposalLines(proposals, signs.arrow).map(printableLine));
  }
  for (const { title, lines: rows } of options.sections ?? []) {
    if (rows.length > 0) lines.push('', printable(title), ...rows.map((row) => `  ${printableLine(row)}`));
  }
  const advice = planAdvice(plan, graph, overlaps, options.advice);
  if (advice.length > 0) lines.push('', 'Advice', ...advice.map((text) => `  ${signs.bullet} ${text}`));
  return `${lines.join('\n')}\n`;
}

function summary(plan: Plan, graph: PlanGraph): string {
  const parts = [
    counted(plan.slices.length, 'slice'),
    counted(graph.waves.length, 'wave'),
    counted(graph.batches.length, 'batch', 'batches'),
    counted(plan.mergePoints.length, 'merge point'),
  ];
  if (plan.workstreams.length > 0) parts.push(counted(plan.workstreams.length, 'workstream'));
  return parts.join(', ');
}

function batchLines(
  plan: Plan,
  graph: PlanGraph,
  {
    paint,
    signs,
    estimates,
  }: {
    readonly paint: Paint;
    readonly signs: { readonly arrow: string; readonly rule: string };
    readonly estimates: ReadonlyMap<string, SliceEstimate> | undefined;
  },
): string[] {
  const byId = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const rows = graph.order.map((id) => ({ slice: byId.get(id)!, at: graph.schedule.get(id)! }));
  const idWidth = Math.max(0, ...rows.map(({ slice }) => printable(slice.id).length));
  const titleWidth = Math.max(0, ...rows.map(({ slice }) => titleOf(slice).length));
  const points = pointsByWave(plan, graph);
  const basisOf = (id: string): string => {
    const estimate = estimates?.get(id);
    return estimate ? basisText(estimate) : '';
  };
  const basisWidth = rows.reduce((widest, { slice }) => Math.max(widest, basisOf(slice.id).length), 0);
  const lines: string[] = [];
  graph.batches.forEach((waves, index) => {
    lines.push('', paint(`Batch ${index + 1}`, 'strong'));
    for (const wave of waves) {
      graph.waves[wave - 1]!.forEach((id, i) => {
        const slice = byId.get(id)!;
        const head = (i === 0 ? `  Wave ${wave}` : '').padEnd(11);
        const name = `${printable(id).padEnd(idWidth)}  ${titleOf(slice).padEnd(titleWidth)}`;
        const reasons = waitReasons(slice, plan, graph).map(printable);
        const after = reasons.length > 0 ? `  ${paint(`after ${reasons.join(', ')}`, 'quiet')}` : '';
        const at = graph.schedule.get(id)!;
        const basis = basisWidth > 0 ? `  ${paint(basisOf(id).padEnd(basisWidth), 'quiet')}` : '';
        const estimate = minutes(at.minutes).padStart(6) + basis;
        lines.push(`${head}${name}  ${estimate}  ${slackText(at, after !== '', paint)}${after}`);
      });
      for (const point of points.get(wave) ?? []) {
        const needs = point.needs.map(printable).join(' + ');
        const unlocks = point.unlocks.length > 0 ? `${signs.arrow}${point.unlocks.map(printable).join(', ')}` : '';
        lines.push(
          `           ${signs.rule} ${paint(`${printable(point.id)} (${needs})${unlocks}`, 'point')} ${signs.rule}`,
        );
      }
    }
  });
  return lines;
}

/** Padded when something follows, so that it stays in its column. */
function slackText(at: SliceSchedule, padded: boolean, paint: Paint): string {
  const text = at.critical ? 'critical' : `slack ${minutes(at.slack)}`;
  return (at.critical ? paint(text, 'warn') : text) + (padded ? ' '.repeat(Math.max(0, 12 - text.length)) : '');
}

/** Merge points behind the deepest wave that holds one of their needs: the wave that ends a batch. */
function pointsByWave(plan: Plan, graph: PlanGraph): ReadonlyMap<number, readonly MergePoint[]> {
  const points = new Map<number, MergePoint[]>();
  for (const point of plan.mergePoints) {
    const wave = Math.max(0, ...point.needs.map((id) => graph.schedule.get(id)?.wave ?? 0));
    points.set(wave, [...(points.get(wave) ?? []), point]);
  }
  return points;
}

function leftOut(plan: Plan, graph: PlanGraph, paint: Paint, arrow: string): string[] {
  if (graph.cycles.length === 0) return [];
  const waiting = plan.slices.filter((slice) => !graph.schedule.has(slice.id)).map((slice) => printable(slice.id));
  return [
    '',
    paint(`Not planned: ${waiting.join(', ')}`, 'bad'),
    ...graph.cycles.map((trail) => `  cycle ${trail.map(printable).join(arrow)}`),
  ];
}

function widestText(graph: PlanGraph): string {
  const widest = graph.waves.findIndex((wave) => wave.length === graph.width) + 1;
  return `Widest wave: ${widest} (${counted(graph.width, 'slice')})`;
}

const VERDICT_COLOURS = { parallel: 'quiet', reslice: 'warn', serial: 'bad' } as const satisfies Record<
  OverlapVerdict,
  keyof typeof COLOURS
>;

function overlapLines(overlaps: readonly Overlap[], paint: Paint): string[] {
  // The worst first; of equals, the plan's order.
  const sorted = overlaps.toSorted((a, b) => b.percent - a.percent);
  const shown = sorted.slice(0, MOST_OVERLAPS);
  const pair = (overlap: Overlap): string => `${printable(overlap.a)} / ${printable(overlap.b)}`;
  const width = Math.max(...shown.map((overlap) => pair(overlap).length));
  const lines = shown.map((overlap) => {
    const percent = `${overlap.percent.toFixed(0)}%`.padStart(4);
    const verdict = paint(overlap.verdict.padEnd(8), VERDICT_COLOURS[overlap.verdict]);
    return `  ${pair(overlap).padEnd(width)}  ${percent}  ${verdict}  ${printable(overlap.witness)}`;
  });
  const more = sorted.length - shown.length;
  return [`Overlaps (${overlaps.length})`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** What a person should change before agents are paid for, most urgent first; one sentence each. */
export function planAdvice(
  plan: Plan,
  graph: PlanGraph,
  overlaps: readonly Overlap[],
  tried: Judgement['advice'] = [],
): string[] {
  const best = new Map(tried.map(({ overlap, advice: found }) => [`${overlap.a} ${overlap.b}`, adviceText(found)]));
  const advice: string[] = [];
  for (const trail of graph.cycles) {
    const names = trail.slice(0, -1).map(printable);
    advice.push(
      names.length === 1
        ? `${names[0]} waits for itself: remove that dependency.`
        : `${names.join(', ')} wait for each other: remove one dependency, or join them to one slice.`,
    );
  }
  const grave = overlaps.filter((overlap) => overlap.verdict !== 'parallel').toSorted((a, b) => b.percent - a.percent);
  for (const { a, b, percent, verdict, witness } of grave.slice(0, MOST_OVERLAPS)) {
    const pair = `${printable(a)} and ${printable(b)}`;
    const known = best.get(`${a} ${b}`);
    if (known) {
      advice.push(`${pair} share ${percent}% of their files: ${printable(known)}.`);
      continue;
    }
    advice.push(
      verdict === 'serial'
        ? `${pair} share ${percent}% of their files: run one after the other (a dependency or one workstream), or join them.`
        : `${pair} share ${percent}% of their files: give ${printable(witness)} to one of them, or move what both need into a contract or a slice before both.`,
    );
  }
  const lasting = (id: string): number => graph.schedule.get(id)?.minutes ?? 0;
  const long = plan.slices.find(
    ({ id }) => lasting(id) > graph.makespanMinutes / 2 && graph.order.length > 2 && isOnEveryCriticalPath(id, graph),
  );
  if (long) {
    const share = Math.round((lasting(long.id) / graph.makespanMinutes) * 100);
    advice.push(`${printable(long.id)} alone is ${share}% of the critical path: splitting it shortens the plan.`);
  }
  return advice;
}

/** A critical slice beside which no other critical one runs. Elsewhere a shorter slice leaves the plan as long as it is. */
function isOnEveryCriticalPath(id: string, graph: PlanGraph): boolean {
  const own = graph.schedule.get(id);
  if (!own?.critical) return false;
  return graph.order.every((other) => {
    const at = graph.schedule.get(other);
    if (other === id || !at?.critical) return true;
    return at.earliestStart + at.minutes <= own.earliestStart || at.earliestStart >= own.earliestStart + own.minutes;
  });
}

function titleOf(slice: Slice): string {
  const title = [...printable(slice.title)];
  return title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE - 3).join('')}...` : title.join('');
}
