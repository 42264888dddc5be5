import { meanwhileText } from '../../core/audit/report.ts';
import { remarkLines, remarksOf } from '../../core/run/doubt.ts';
import {
  checkpointLabel,
  checkpointStateRow,
  isActive,
  isSettled,
  planStateRow,
  sliceStateRow,
  stateLabel,
  type SliceState,
  type StateIcon,
  type Tone,
} from '../../core/run/states.ts';
import { verifiedText } from '../../core/view/standing.ts';
import { isViolation } from '../../core/run/stops.ts';
import type { Violation } from '../../core/audit/report.ts';
import type { FileChange } from '../../core/run/model.ts';
import { assertNever } from '../../core/text/result.ts';
import type {
  Attention,
  BatchView,
  CheckpointView,
  FailedCheck,
  RunView,
  SliceView,
} from '../../core/run/state-model.ts';
import { isAcceptable, warningText, type Warning } from '../../core/run/warning.ts';
import {
  actionsOf,
  adviceOf,
  attentionActions,
  canRun,
  canRunPlan,
  confinementOf,
  filesInQuestion,
  headlineOf,
  isUnconfined,
} from '../../protocol/dashboard.ts';
import { isRead, type OpenPlan, type ReadPlan } from '../open-plan.ts';

/**
 * The tree as plain values: which nodes there are and what each says. Knows nothing of VS Code, so that what the tree
 * shows can be compared as text.
 */

export type TreeNode =
  | { readonly kind: 'plan'; readonly plan: OpenPlan }
  | { readonly kind: 'attention'; readonly plan: ReadPlan }
  | { readonly kind: 'warning'; readonly plan: ReadPlan; readonly warning: Warning }
  | { readonly kind: 'question'; readonly plan: ReadPlan; readonly attention: Attention }
  | { readonly kind: 'batch'; readonly plan: ReadPlan; readonly batch: BatchView }
  | { readonly kind: 'wave'; readonly plan: ReadPlan; readonly wave: number }
  | { readonly kind: 'checkpoint'; readonly plan: ReadPlan; readonly checkpoint: CheckpointView }
  | { readonly kind: 'slice'; readonly plan: ReadPlan; readonly slice: SliceView }
  | { readonly kind: 'run'; readonly plan: ReadPlan; readonly slice: string; readonly run: RunView }
  /** What a run's audit found; under what waits for the person, and under the run for good. */
  | {
      readonly kind: 'violation';
      readonly plan: ReadPlan;
      readonly slice: string;
      readonly runId: string;
      readonly under: 'question' | 'run';
      readonly violation: Violation;
    }
  | {
      readonly kind: 'file';
      readonly plan: ReadPlan;
      readonly slice: string;
      readonly run: RunView;
      readonly file: FileChange;
    };

/** How a node looks: text always says what the icon says. */
export interface NodeFace {
  /** Unique and stable, so that VS Code keeps what is expanded and selected. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  /** A theme colour for the icon. */
  readonly color: string | null;
  /** What menus test: the kind, then one word for each thing that can be done. */
  readonly context: string;
  readonly tooltip: string;
  readonly expansion: 'none' | 'collapsed' | 'expanded';
}

/** Above this, a plan starts folded: expanding thousands of rows at once helps nobody. */
const EXPAND_UP_TO = 60;

export function rootNodes(plans: readonly OpenPlan[]): readonly TreeNode[] {
  return plans.map((plan) => ({ kind: 'plan', plan }));
}

export function childNodes(node: TreeNode): readonly TreeNode[] {
  switch (node.kind) {
    case 'plan':
      return isRead(node.plan) ? planChildren(node.plan) : [];
    case 'attention': {
      const { plan } = node;
      return [
        ...plan.state.warnings.map((warning): TreeNode => ({ kind: 'warning', plan, warning })),
        ...plan.state.attention.map((attention): TreeNode => ({ kind: 'question', plan, attention })),
      ];
    }
    case 'batch':
      return batchChildren(node.plan, node.batch);
    case 'wave':
      return node.plan.state.slices
        .filter((slice) => slice.wave === node.wave)
        .map((slice) => ({ kind: 'slice', plan: node.plan, slice }));
    case 'slice': {
      const { plan, slice } = node;
      const runs = slice.runs.toReversed().map((run): TreeNode => ({ kind: 'run', plan, slice: slice.id, run }));
      return runs;
    }
    case 'checkpoint': {
      const { plan, checkpoint } = node;
      return checkpoint.run ? [{ kind: 'run', plan, slice: checkpoint.id, run: checkpoint.run }] : [];
    }
    case 'run': {
      const { plan, slice, run } = node;
      return [
        ...violationNodes(run.violations, { plan, slice, runId: run.runId, under: 'run' }),
        ...run.filesChanged.map((file): TreeNode => ({ kind: 'file', plan, slice, run, file })),
      ];
    }
    case 'question': {
      const { plan, attention } = node;
      const { slice, runId, violations } = attention;
      return violationNodes(violations, { plan, slice, runId, under: 'question' });
    }
    case 'violation':
    case 'warning':
    case 'file':
      return [];
    default:
      return assertNever(node);
  }
}

function violationNodes(
  violations: readonly Violation[],
  of: Omit<Extract<TreeNode, { kind: 'violation' }>, 'kind' | 'violation'>,
): readonly TreeNode[] {
  return violations.map((violation) => ({ kind: 'violation', ...of, violation }));
}

export function faceOf(node: TreeNode): NodeFace {
  const prefix = `${node.plan.root}\0${node.plan.dir}`;
  switch (node.kind) {
    case 'plan':
      return planFace(node.plan, prefix);
    case 'attention': {
      const { attention, warnings } = node.plan.state;
      const words = [
        ...(warnings.length > 0 ? [`${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`] : []),
        ...(attention.length > 0
          ? [`${attention.length} ${attention.length === 1 ? 'slice waits' : 'slices wait'}`]
          : []),
      ];
      return {
        id: `${prefix}\0attention`,
        label: 'Needs you',
        description: words.join(' · '),
        icon: 'bell-dot',
        color: 'list.warningForeground',
        context: 'attention',
        tooltip:
          'What waits for your answer or decision. What was touched outside of a slice comes first, then what unblocks most.',
        expansion: 'expanded',
      };
    }
    case 'warning':
      return {
        id: `${prefix}\0warning ${node.warning.summary}`,
        label: node.warning.summary,
        description: node.warning.kind,
        icon: 'warning',
        color: 'list.warningForeground',
        context: isAcceptable(node.warning) ? 'warning;accept' : 'warning',
        tooltip: [warningText(node.warning), ...node.warning.paths.map((path) => `· ${path}`)].join('\n\n'),
        expansion: 'none',
      };
    case 'question':
      return questionFace(node.plan, node.attention, prefix);
    case 'batch': {
      const { number, done, total, state, slices } = node.batch;
      return {
        id: `${prefix}\0batch ${number}`,
        label: `Batch ${number}`,
        description: `${verifiedText(node.plan.state.slices.filter((slice) => slices.includes(slice.id)))} · ${state}`,
        icon: done === total ? 'pass' : 'layers',
        color: done === total ? 'testing.iconPassed' : null,
        context: 'batch',
        tooltip: `Batch ${number}: ${slices.join(', ')}`,
        expansion: state === 'done' || node.plan.state.slices.length > EXPAND_UP_TO ? 'collapsed' : 'expanded',
      };
    }
    case 'wave':
      return waveFace(node.plan, node.wave, prefix);
    case 'checkpoint':
      return checkpointFace(node.checkpoint, prefix);
    case 'slice':
      return sliceFace(node.plan, node.slice, prefix);
    case 'run':
      return runFace(node.slice, node.run, prefix);
    case 'violation':
      return violationFace(node, prefix);
    case 'file':
      return fileFace(node.run, node.file, prefix);
    default:
      return assertNever(node);
  }
}

/** How the tree draws what a state looks like: codicons. */
const ICONS: Readonly<Record<StateIcon, string>> = {
  blocked: 'circle-outline',
  ready: 'circle-large-outline',
  turning: 'sync~spin',
  checking: 'beaker',
  question: 'question',
  paused: 'debug-pause',
  'cut-off': 'debug-disconnect',
  failed: 'error',
  passed: 'pass',
  joining: 'git-pull-request',
  merged: 'git-merge',
  skipped: 'circle-slash',
};

const COLOURS: Readonly<Record<Tone, string>> = {
  quiet: 'disabledForeground',
  next: 'charts.blue',
  busy: 'charts.blue',
  waits: 'list.warningForeground',
  bad: 'testing.iconFailed',
  good: 'testing.iconPassed',
};

function stateFace(state: SliceState): Pick<NodeFace, 'icon' | 'color'> {
  const { icon, tone } = sliceStateRow(state);
  return { icon: ICONS[icon], color: COLOURS[tone] };
}

function planChildren(plan: ReadPlan): readonly TreeNode[] {
  const { attention: waiting, warnings } = plan.state;
  const attention: readonly TreeNode[] = waiting.length + warnings.length > 0 ? [{ kind: 'attention', plan }] : [];
  const unplaced = plan.state.slices
    .filter((slice) => slice.batch === 0)
    .map((slice): TreeNode => ({ kind: 'slice', plan, slice }));
  return [...attention, ...plan.state.batches.map((batch): TreeNode => ({ kind: 'batch', plan, batch })), ...unplaced];
}

/** Waves, each with its own validation after it; merge points stand after the batch that they close. */
function batchChildren(plan: ReadPlan, batch: BatchView): readonly TreeNode[] {
  const members = new Set(batch.slices);
  const nodes: TreeNode[] = [];
  for (const wave of batch.waves) {
    nodes.push({ kind: 'wave', plan, wave });
    for (const checkpoint of plan.state.checkpoints) {
      if (checkpoint.kind === 'wave' && checkpoint.id === `wave-${wave}`)
        nodes.push({ kind: 'checkpoint', plan, checkpoint });
    }
  }
  for (const checkpoint of plan.state.checkpoints) {
    if (checkpoint.kind !== 'merge-point') continue;
    const batches = checkpoint.needs.map((id) => plan.state.slices.find((slice) => slice.id === id)?.batch ?? 0);
    if (checkpoint.needs.some((id) => members.has(id)) && Math.max(...batches) === batch.number) {
      nodes.push({ kind: 'checkpoint', plan, checkpoint });
    }
  }
  return nodes;
}

function planFace(plan: OpenPlan, prefix: string): NodeFace {
  if (!isRead(plan)) {
    return {
      // Not the id of the readable plan: VS Code would keep that one folded because this one has no children.
      id: `${prefix}\0unreadable`,
      label: nameOf(plan.dir),
      description: plan.failure?.message ?? '',
      icon: 'warning',
      color: 'list.warningForeground',
      context: 'plan;unreadable',
      tooltip: `${plan.failure?.message ?? plan.dir}\n\n${plan.failure?.remedy ?? ''}`,
      expansion: 'none',
    };
  }
  const { state } = plan;
  const { label, icon, tone } = planStateRow(state.state);
  const words = [label, verifiedText(state.slices)];
  if (state.attention.length > 0) words.push(`${state.attention.length} need you`);
  const actions = ['plan'];
  if (state.state === 'running') actions.push('stop');
  if (canRunPlan(state)) actions.push('run');
  if (state.state === 'done' || state.state === 'integrated') actions.push('integrate');
  if (state.warnings.some(isAcceptable)) actions.push('accept');
  return {
    id: prefix,
    label: state.plan,
    description: words.join(' · '),
    icon: icon === 'plan' ? 'project' : ICONS[icon],
    color: tone === 'bad' ? COLOURS.bad : null,
    context: actions.join(';'),
    tooltip: `${state.title}\n\n${plan.dir}\n\nCritical path: ${state.criticalPath.join(' → ') || 'done'}`,
    expansion: 'expanded',
  };
}

function questionFace(plan: ReadPlan, attention: Attention, prefix: string): NodeFace {
  const unblocks = attention.unblocks.length;
  const actions = [...attentionActions(plan.state, attention)].filter((action) => action !== 'run');
  const violation = isViolation(attention);
  const words = [violation ? `violation: ${attention.condition}` : attention.condition];
  if (unblocks > 0) words.push(`unblocks ${unblocks}`);
  return {
    id: `${prefix}\0question ${attention.runId}`,
    label: `${attention.slice}: ${headlineOf(attention)}`,
    description: words.join(' · '),
    icon: violation || attention.paths.length > 0 ? 'shield' : 'question',
    color: violation ? 'list.errorForeground' : 'list.warningForeground',
    context: ['question', ...actions].join(';'),
    tooltip: [
      headlineOf(attention),
      adviceOf(attention),
      ...filesInQuestion(attention).map((path) => `· ${path}`),
      ...attention.failedChecks.map(checkText),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
    expansion: attention.violations.length > 0 ? 'expanded' : 'none',
  };
}

function violationFace(
  { slice, runId, under, violation }: Extract<TreeNode, { kind: 'violation' }>,
  prefix: string,
): NodeFace {
  const { what, by, putBack } = violation;
  const state = putBack ? 'put back' : 'still changed';
  return {
    id: `${prefix}\0${under} ${slice} ${runId}\0violation ${what}`,
    label: what,
    description: `${by} · ${state}`,
    icon: putBack ? 'discard' : 'warning',
    color: putBack ? null : 'list.errorForeground',
    context: 'violation',
    tooltip: `${what} ${by}: ${state}${putBack ? '; what was there instead is kept with the run' : ''}`,
    expansion: 'none',
  };
}

function waveFace(plan: ReadPlan, wave: number, prefix: string): NodeFace {
  const slices = plan.state.slices.filter((slice) => slice.wave === wave);
  const done = slices.filter((slice) => isSettled(slice.state)).length;
  const active = slices.filter((slice) => isActive(slice.state)).length;
  const words = [verifiedText(slices)];
  if (active > 0) words.push(`${active} running`);
  const run = slices.some(canRun);
  return {
    id: `${prefix}\0wave ${wave}`,
    label: `Wave ${wave}`,
    description: words.join(' · '),
    icon: done === slices.length ? 'pass' : 'list-tree',
    color: done === slices.length ? 'testing.iconPassed' : null,
    context: run ? 'wave;run' : 'wave',
    tooltip: `Wave ${wave}: ${slices.map((slice) => `${slice.id} ${stateLabel(slice.state)}`).join(', ')}`,
    expansion: done === slices.length || plan.state.slices.length > EXPAND_UP_TO ? 'collapsed' : 'expanded',
  };
}

function checkpointFace(checkpoint: CheckpointView, prefix: string): NodeFace {
  const name = checkpoint.kind === 'merge-point' ? checkpoint.id : `Validation of ${checkpoint.id.replace('-', ' ')}`;
  const waits = checkpoint.waitingFor.length > 0 ? ` for ${checkpoint.waitingFor.join(', ')}` : '';
  const unlocks = checkpoint.unlocks.length > 0 ? ` · unlocks ${checkpoint.unlocks.join(', ')}` : '';
  const { icon, tone } = checkpointStateRow(checkpoint.state);
  const label = checkpointLabel(checkpoint);
  return {
    id: `${prefix}\0checkpoint ${checkpoint.id}`,
    label: name,
    description: `${label}${waits}${unlocks}`,
    icon: ICONS[icon],
    color: tone === 'good' || tone === 'bad' ? COLOURS[tone] : null,
    context: checkpoint.run ? 'checkpoint;trace' : 'checkpoint',
    tooltip: `${name}: ${checkpoint.needs.join(' + ')} → ${checkpoint.unlocks.join(', ') || 'next wave'}\n\n${checkpoint.verify.join('\n\n')}`,
    expansion: checkpoint.run ? 'collapsed' : 'none',
  };
}

function sliceFace(plan: ReadPlan, slice: SliceView, prefix: string): NodeFace {
  const attention = plan.state.attention.find((entry) => entry.slice === slice.id) ?? null;
  const words = [stateLabel(slice.state)];
  if (slice.state === 'pending' && slice.blockedBy.length > 0) words[0] = `blocked by ${slice.blockedBy.join(', ')}`;
  if (slice.run && slice.run.attempt > 1) words.push(`attempt ${slice.run.attempt}`);
  words.push(...remarksOf(slice));
  if (slice.changedMeanwhile.length > 0) words.push(`${slice.changedMeanwhile.length} changed meanwhile`);
  if (isUnconfined(slice.run)) words.push('not confined');
  if (slice.critical && !isSettled(slice.state)) words.push('critical');
  return {
    id: `${prefix}\0slice ${slice.id}`,
    label: `${slice.id} ${slice.title}`,
    description: words.join(' · '),
    ...stateFace(slice.state),
    context: ['slice', ...actionsOf(slice, attention)].join(';'),
    tooltip: sliceTooltip(slice, attention),
    expansion: slice.runs.length > 0 ? 'collapsed' : 'none',
  };
}

function sliceTooltip(slice: SliceView, attention: Attention | null): string {
  const lines = [`${slice.id} ${slice.title}: ${stateLabel(slice.state)}`];
  if (attention) lines.push(attention.question);
  lines.push(...remarkLines(slice));
  const meanwhile = meanwhileText(slice.id, slice.changedMeanwhile);
  if (meanwhile !== null) lines.push(meanwhile);
  if (slice.blockedBy.length > 0) lines.push(`Blocked by ${slice.blockedBy.join(', ')}`);
  if (slice.workstream) lines.push(`Workstream ${slice.workstream}`);
  lines.push(slice.critical ? 'On the critical path' : `Slack ${Math.round(slice.slackMinutes)} min`);
  if (slice.worktree) lines.push(slice.worktree);
  return lines.join('\n\n');
}

function runFace(slice: string, run: RunView, prefix: string): NodeFace {
  const changed = run.filesChanged.length;
  const outside = run.filesChanged.filter((file) => !file.inScope).length;
  const words = [stateLabel(run.state)];
  if (changed > 0) words.push(`${changed} ${changed === 1 ? 'file' : 'files'}`);
  if (outside > 0) words.push(`${outside} out of scope`);
  if (run.testsPassed !== null) words.push(run.testsPassed ? 'checks passed' : 'checks failed');
  words.push(...remarksOf(run));
  if (run.adapter) words.push(run.adapter);
  const found = run.violations.length;
  if (found > 0) words.push(`${found} ${found === 1 ? 'violation' : 'violations'}`);
  const confinement = confinementOf(run);
  if (confinement !== null) words.push(confinement);
  return {
    id: `${prefix}\0run ${slice} ${run.runId}`,
    label: `Attempt ${run.attempt}${run.mode === 'fresh' ? '' : ` (${run.mode})`}`,
    description: words.join(' · '),
    ...stateFace(run.state),
    context: 'run;trace;diff;inspect',
    tooltip: [
      `Run ${run.runId}`,
      run.failure ? `${run.failure.reason}: ${run.failure.detail}` : (run.stop?.detail ?? stateLabel(run.state)),
      ...(confinement === null ? [] : [confinement]),
      ...run.failedChecks.map(checkText),
    ].join('\n\n'),
    expansion: changed + run.violations.length > 0 ? 'collapsed' : 'none',
  };
}

/** A failing check with the end of what it printed. */
function checkText({ command, outcome, output }: FailedCheck): string {
  return `${command} ${outcome}${output === '' ? '' : `:\n${output}`}`;
}

function fileFace(run: RunView, file: FileChange, prefix: string): NodeFace {
  const lines = file.additions === null ? 'binary' : `+${file.additions} −${file.deletions ?? 0}`;
  return {
    id: `${prefix}\0file ${run.runId} ${file.path}`,
    label: file.path,
    description: [file.change, lines, file.inScope ? 'in scope' : 'out of scope'].join(' · '),
    icon: file.inScope ? fileIcon(file.change) : 'warning',
    color: file.inScope ? null : 'list.warningForeground',
    context: 'file',
    tooltip: file.from ? `${file.from} → ${file.path}` : file.path,
    expansion: 'none',
  };
}

function fileIcon(change: FileChange['change']): string {
  switch (change) {
    case 'added':
    case 'copied':
      return 'diff-added';
    case 'deleted':
      return 'diff-removed';
    case 'renamed':
      return 'diff-renamed';
    case 'modified':
    case 'type-changed':
      return 'diff-modified';
    default:
      return assertNever(change);
  }
}

function nameOf(dir: string): string {
  return dir.split('/').at(-1) ?? dir;
}
