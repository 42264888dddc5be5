import { duration, minutes } from '../text/duration.ts';
import { stateLabel } from '../run/fold.ts';
import type { Attention, BatchView, GateView, PlanState, SliceView } from '../run/state-model.ts';

export interface DashboardOptions {
  /** Plain ASCII instead of box and block characters. */
  readonly ascii: boolean;
  readonly colour?: boolean;
  /** Characters; lines are not cut, but the bar and the gaps follow it. */
  readonly width?: number;
}

const BAR = 10;

/** Escape codes by meaning; every colour repeats what a word already says. */
const COLOURS = { good: '32', bad: '31', warn: '33', busy: '36', quiet: '90', strong: '1' } as const;

/**
 * The state of a plan as text, for a terminal, a chat or a commit message: batches with their progress, merge points
 * where they gate, the critical path that is left, and what waits for the person.
 */
export function dashboardText(state: PlanState, options: DashboardOptions): string {
  const paint = (text: string, colour: keyof typeof COLOURS): string =>
    options.colour ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
  const arrow = options.ascii ? '->' : '→';
  const lines = [`${paint(state.plan, 'strong')}: ${state.title}  ${paint(planLabel(state), planColour(state))}`, ''];
  const shown = new Set<string>();
  for (const batch of state.batches) {
    lines.push(batchLine(batch, state, options, paint));
    for (const gate of state.gates) {
      const last = Math.max(0, ...gate.needs.map((id) => state.slices.find((s) => s.id === id)?.batch ?? 0));
      if (shown.has(gate.id) || last !== batch.number) continue;
      shown.add(gate.id);
      lines.push(gateLine(gate, options, arrow, paint));
    }
  }
  lines.push('', criticalLine(state, arrow));
  if (state.attention.length > 0) {
    lines.push('', paint(`Waiting for you (${state.attention.length}):`, 'warn'));
    for (const item of state.attention) lines.push(...attentionLines(item, state, options));
  }
  if (state.costUsd > 0) lines.push('', `Cost so far: $${state.costUsd.toFixed(2)}`);
  return `${lines.join('\n')}\n`;
}

type Paint = (text: string, colour: keyof typeof COLOURS) => string;

function batchLine(batch: BatchView, state: PlanState, options: DashboardOptions, paint: Paint): string {
  const share = batch.total === 0 ? 1 : batch.done / batch.total;
  const full = Math.round(share * BAR);
  const bar = options.ascii
    ? `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`
    : `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
  const label = { done: 'DONE', active: 'ACTIVE', blocked: 'BLOCKED', ready: 'READY' }[batch.state];
  const colour = ({ done: 'good', active: 'busy', blocked: 'quiet', ready: 'strong' } as const)[batch.state];
  const members = batch.slices.map((id) => {
    const slice = state.slices.find((candidate) => candidate.id === id);
    return slice ? sliceText(slice, paint) : id;
  });
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  return `Batch ${String(batch.number).padEnd(2)} ${bar} ${percent}  ${paint(label.padEnd(7), colour)} (${members.join(', ')})`;
}

function sliceText(slice: SliceView, paint: Paint): string {
  switch (slice.state) {
    case 'verified':
      return paint(`${slice.id} ok`, 'good');
    case 'merged':
      return paint(`${slice.id} merged`, 'good');
    case 'pending':
      return paint(`${slice.id} blocked by ${slice.blockedBy.join(' + ')}`, 'quiet');
    case 'preparing':
    case 'running':
    case 'checking':
    case 'verifying':
      return paint(`${slice.id} ${stateLabel(slice.state)} ${duration(slice.runningMs ?? 0)}`, 'busy');
    case 'needs_input':
    case 'stopped':
    case 'interrupted':
      return paint(`${slice.id} ${stateLabel(slice.state)}`, 'warn');
    case 'failed':
      return paint(`${slice.id} failed`, 'bad');
    default:
      return `${slice.id} ${stateLabel(slice.state)}`;
  }
}

function gateLine(gate: GateView, options: DashboardOptions, arrow: string, paint: Paint): string {
  const rule = options.ascii ? '======' : '══════';
  const needs = gate.needs.join(' + ');
  const what = gate.kind === 'wave' ? `${gate.id} validation` : `${gate.id} (${needs})`;
  const label = {
    waiting: `waits for ${gate.waitingFor.join(' + ')}`,
    ready: 'READY',
    running: 'MERGING',
    reached: 'REACHED',
    failed: 'FAILED',
  }[gate.state];
  const unlocks = gate.unlocks.length > 0 ? ` ${arrow} ${gate.unlocks.join(', ')}` : '';
  const colour = ({ waiting: 'quiet', ready: 'strong', running: 'busy', reached: 'good', failed: 'bad' } as const)[
    gate.state
  ];
  return `         ${rule} ${paint(`${what} ${label}${unlocks}`, colour)} ${rule}`;
}

function criticalLine(state: PlanState, arrow: string): string {
  if (state.criticalPath.length === 0) return 'Critical path: nothing is left';
  const gates = new Set(state.gates.map((gate) => gate.id));
  const path = state.criticalPath.map((id) => (gates.has(id) ? `[${id}]` : id)).join(` ${arrow} `);
  const first = state.slices.find((slice) => slice.id === state.criticalPath[0]);
  return `Critical path: ${path}   slack ${first?.slackMinutes ?? 0}   est. ${minutes(state.remainingMinutes)} left`;
}

function attentionLines(item: Attention, state: PlanState, options: DashboardOptions): string[] {
  const unblocks = item.unblocks.length > 0 ? `   unblocks ${item.unblocks.join(', ')}` : '';
  const bullet = options.ascii ? '*' : '•';
  return [
    `  ${bullet} ${item.slice} ${item.condition}${unblocks}`,
    `    ${item.question}`,
    ...(item.detail !== '' && !item.question.includes(item.detail) ? [`    ${firstLine(item.detail)}`] : []),
    `    ${hint(item, state.plan)}`,
  ];
}

function hint(item: Attention, plan: string): string {
  switch (item.condition) {
    case 'unclear-instructions':
      return `slicewave answer ${plan} ${item.slice} "..."`;
    case 'unexpected-scope':
    case 'secrets-auth-production':
      return `slicewave approve ${plan} ${item.slice}  |  slicewave retry ${plan} ${item.slice} --revert`;
    case 'tests-failing':
    case 'unverified':
      return `slicewave answer ${plan} ${item.slice} "..."  |  slicewave approve ${plan} ${item.slice}  |  slicewave skip ${plan} ${item.slice}`;
    default:
      return `slicewave retry ${plan} ${item.slice}  |  slicewave skip ${plan} ${item.slice}`;
  }
}

function firstLine(text: string): string {
  const line = text.split('\n')[0] ?? '';
  return line.length > 200 ? `${line.slice(0, 197)}...` : line;
}

function planLabel(state: PlanState): string {
  const done = state.slices.filter((s) => ['verified', 'merged', 'skipped'].includes(s.state)).length;
  return `${state.state.replace('-', ' ')} (${done} of ${state.slices.length} slices)`;
}

function planColour(state: PlanState): keyof typeof COLOURS {
  if (state.state === 'failed') return 'bad';
  if (state.state === 'waiting') return 'warn';
  if (state.state === 'running') return 'busy';
  return ['done', 'integrated', 'merged'].includes(state.state) ? 'good' : 'strong';
}
