import { duration, minutes } from '../text/duration.ts';
import { remarkLines, remarksOf } from '../run/doubt.ts';
import { abridged, printable, printableLine } from '../text/printing.ts';
import { warningText } from '../run/warning.ts';
import { meanwhileText, violationText } from '../audit/report.ts';
import { adviceOn, isViolation } from '../run/stops.ts';
import { outputCommand, wayCommand } from '../run/ways.ts';
import {
  checkpointStateRow,
  isSettled,
  planStateRow,
  sliceStateRow,
  type SliceState,
  type Tone,
} from '../run/states.ts';
import type { Attention, BatchView, CheckpointView, PlanState, SliceView } from '../run/state-model.ts';

export interface DashboardOptions {
  /** Plain ASCII instead of box and block characters. */
  readonly ascii: boolean;
  readonly colour?: boolean;
  /** Characters; lines are not cut, but the bar and the gaps follow it. */
  readonly width?: number;
}

const BAR = 10;
/** Of a question: failing checks, and lines of what each printed. */
const MOST_CHECKS = 2;
const MOST_LINES = 8;
/** Slices that are named one by one in a line; of more, those at work or waiting for somebody are, the others counted. */
const MOST_NAMED = 20;

/** Escape codes by meaning; every colour repeats what a word already says. */
const COLOURS: Readonly<Record<Tone, string>> = {
  good: '32',
  bad: '31',
  waits: '33',
  busy: '36',
  quiet: '90',
  next: '1',
};

/**
 * The state of a plan as text, for a terminal, a chat or a commit message: batches with their progress, merge points
 * where they hold, the critical path that is left, and what waits for the person.
 */
export function dashboardText(state: PlanState, options: DashboardOptions): string {
  const paint = (text: string, tone: Tone): string =>
    options.colour ? `\u001b[${COLOURS[tone]}m${text}\u001b[0m` : text;
  const arrow = options.ascii ? '->' : '→';
  const lines = [
    `${paint(state.plan, 'next')}: ${state.title}  ${paint(planLabel(state), planStateRow(state.state).tone)}`,
    '',
  ];
  if (state.warnings.length > 0) {
    lines.push(paint('Look at this first:', 'bad'));
    for (const warning of state.warnings)
      lines.push(`  ${options.ascii ? '*' : '•'} ${printable(warningText(warning))}`);
    lines.push('');
  }
  const shown = new Set<string>();
  const slices = new Map(state.slices.map((slice) => [slice.id, slice]));
  for (const batch of state.batches) {
    lines.push(batchLine(batch, { slices, options, paint }));
    for (const checkpoint of state.checkpoints) {
      const last = checkpoint.needs.reduce((most, id) => Math.max(most, slices.get(id)?.batch ?? 0), 0);
      if (shown.has(checkpoint.id) || last !== batch.number) continue;
      shown.add(checkpoint.id);
      lines.push(checkpointLine(checkpoint, options, arrow, paint));
    }
  }
  lines.push('', criticalLine(state, arrow));
  if (state.attention.length > 0) {
    lines.push('', paint(`Waiting for you (${state.attention.length}):`, 'waits'));
    for (const item of state.attention) lines.push(...attentionLines(item, state, options));
  }
  lines.push(...unconfinedLines(state, paint));
  const remarked = state.slices.filter((slice) => remarksOf(slice).length + slice.changedMeanwhile.length > 0);
  if (remarked.length > 0) {
    lines.push('', paint('To confirm:', 'waits'));
    for (const slice of remarked)
      for (const line of [...(remarksOf(slice).length > 0 ? remarkLines(slice) : []), ...meanwhileLines(slice)])
        lines.push(`  ${options.ascii ? '*' : '•'} ${slice.id} ${firstLine(line)}`);
  }
  if (state.costUsd > 0) lines.push('', `Cost so far: $${state.costUsd.toFixed(2)}`);
  return `${lines.join('\n')}\n`;
}

function meanwhileLines(slice: SliceView): readonly string[] {
  return [meanwhileText(slice.id, slice.changedMeanwhile)].filter((line) => line !== null);
}

type Paint = (text: string, tone: Tone) => string;

/** Slices whose last run nothing confined, by the reason. */
function unconfinedLines(state: PlanState, paint: Paint): readonly string[] {
  const reasons = new Map<string, string[]>();
  for (const { id, run } of state.slices) {
    if (!run?.sandbox || run.sandbox.by !== null) continue;
    const why = run.sandbox.whyNot ?? 'unknown';
    reasons.set(why, [...(reasons.get(why) ?? []), id]);
  }
  const lines = [...reasons].map(([why, ids]) => paint(`Not confined (${why}): ${namesOf(ids, ', ')}`, 'waits'));
  return lines.length > 0 ? ['', ...lines] : [];
}

/** The first of some names, and how many more there are. */
function namesOf(ids: readonly string[], between: string): string {
  const more = ids.length - MOST_NAMED;
  return more > 1 ? [...ids.slice(0, MOST_NAMED), `${more} more`].join(between) : ids.join(between);
}

function batchLine(
  batch: BatchView,
  {
    slices,
    options,
    paint,
  }: {
    readonly slices: ReadonlyMap<string, SliceView>;
    readonly options: DashboardOptions;
    readonly paint: Paint;
  },
): string {
  const share = batch.total === 0 ? 1 : batch.done / batch.total;
  const full = Math.round(share * BAR);
  const bar = options.ascii
    ? `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`
    : `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
  const label = { done: 'DONE', active: 'ACTIVE', blocked: 'BLOCKED', ready: 'READY' }[batch.state];
  const colour = ({ done: 'good', active: 'busy', blocked: 'quiet', ready: 'next' } as const)[batch.state];
  const members = membersOf(
    batch.slices.flatMap((id) => slices.get(id) ?? []),
    paint,
  );
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  return `Batch ${String(batch.number).padEnd(2)} ${bar} ${percent}  ${paint(label.padEnd(7), colour)} (${members.join(', ')})`;
}

/** Slices by name; of a large batch those that somebody should see, and how many others are in which state. */
function membersOf(slices: readonly SliceView[], paint: Paint): readonly string[] {
  if (slices.length <= MOST_NAMED) return slices.map((slice) => sliceText(slice, paint));
  const counts = new Map<SliceState, number>();
  const seen: SliceView[] = [];
  for (const slice of slices) {
    const { phase } = sliceStateRow(slice.state);
    const isQuiet = (phase === 'open' || phase === 'proved' || phase === 'left-out') && remarksOf(slice).length === 0;
    if (!isQuiet && seen.length < MOST_NAMED) seen.push(slice);
    else counts.set(slice.state, (counts.get(slice.state) ?? 0) + 1);
  }
  return [
    ...seen.map((slice) => sliceText(slice, paint)),
    ...[...counts].map(([name, count]) => {
      const { label, brief = label, tone } = sliceStateRow(name);
      return paint(`${count} ${brief}`, tone);
    }),
  ];
}

function sliceText(slice: SliceView, paint: Paint): string {
  const { label, brief = label, tone, phase } = sliceStateRow(slice.state);
  const said =
    slice.state === 'pending'
      ? `blocked by ${slice.blockedBy.join(' + ')}`
      : phase === 'active'
        ? `${label} ${duration(slice.runningMs ?? 0)}`
        : brief;
  return paint([`${slice.id} ${said}`, ...remarksOf(slice)].join(', '), tone);
}

function checkpointLine(checkpoint: CheckpointView, options: DashboardOptions, arrow: string, paint: Paint): string {
  const rule = options.ascii ? '======' : '══════';
  const needs = namesOf(checkpoint.needs, ' + ');
  const what = checkpoint.kind === 'wave' ? `${checkpoint.id} validation` : `${checkpoint.id} (${needs})`;
  const { loud, tone } = checkpointStateRow(checkpoint.state);
  const said = checkpoint.skipped ? 'SKIPPED' : loud;
  const label = checkpoint.state === 'waiting' ? `${loud} ${namesOf(checkpoint.waitingFor, ' + ')}` : said;
  const unlocks = checkpoint.unlocks.length > 0 ? ` ${arrow} ${namesOf(checkpoint.unlocks, ', ')}` : '';
  return `         ${rule} ${paint(`${what} ${label}${unlocks}`, tone)} ${rule}`;
}

function criticalLine(state: PlanState, arrow: string): string {
  if (state.criticalPath.length === 0) return 'Critical path: nothing is left';
  const checkpoints = new Set(state.checkpoints.map((checkpoint) => checkpoint.id));
  const path = namesOf(
    state.criticalPath.map((id) => (checkpoints.has(id) ? `[${id}]` : id)),
    ` ${arrow} `,
  );
  const first = state.slices.find((slice) => slice.id === state.criticalPath[0]);
  return `Critical path: ${path}   slack ${first?.slackMinutes ?? 0}   est. ${minutes(state.remainingMinutes)} left`;
}

function attentionLines(item: Attention, state: PlanState, options: DashboardOptions): string[] {
  const unblocks = item.unblocks.length > 0 ? `   unblocks ${namesOf(item.unblocks, ', ')}` : '';
  const bullet = options.ascii ? '*' : '•';
  const advice = adviceOn(item);
  const commands = [...item.ways.map((way) => wayCommand(way, state.dir, item.slice)), outputCommand(item.runId)];
  // The audit's findings stand in a list of their own; the question repeats them.
  const asked = item.violations.length > 0 && advice !== '' ? advice : item.question;
  return [
    `  ${bullet} ${item.slice} ${isViolation(item) ? 'VIOLATION ' : ''}${item.condition}${unblocks}`,
    ...item.violations.map((violation) => `    - ${violationText(violation)}`),
    `    ${asked}`,
    ...(item.violations.length === 0 && item.detail !== '' && !item.question.includes(item.detail)
      ? endsOf(item.detail).map((line) => `    ${line}`)
      : []),
    ...checkLines(item, options),
    ...commands.map((command) => `    ${command}`),
  ];
}

/** The end of what the failing checks printed; all of it is a command away. */
function checkLines({ failedChecks }: Attention, options: DashboardOptions): readonly string[] {
  const bar = options.ascii ? '|' : '│';
  return failedChecks.slice(0, MOST_CHECKS).flatMap(({ command, outcome, output }) => {
    const lines = output
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-MOST_LINES);
    return [
      `    \`${printable(command)}\` ${outcome}:`,
      ...lines.map((line) => `      ${bar} ${abridged(printableLine(line), 200)}`),
    ];
  });
}

function firstLine(text: string): string {
  return abridged(printable(text.split('\n')[0] ?? ''));
}

/** The first line, which says what is wrong, and the last, which says what to do about it. */
function endsOf(text: string): readonly string[] {
  const lines = text.trim().split('\n').map(printable);
  return lines.filter((line, at) => line !== '' && (at === 0 || at === lines.length - 1)).map((line) => abridged(line));
}

function planLabel(state: PlanState): string {
  const done = state.slices.filter((slice) => isSettled(slice.state)).length;
  const skipped = state.slices.filter((slice) => slice.state === 'skipped').length;
  return `${planStateRow(state.state).label} (${done} of ${state.slices.length} slices${skipped > 0 ? `, ${skipped} skipped` : ''})`;
}
