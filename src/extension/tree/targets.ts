import * as vscode from 'vscode';
import { stateLabel } from '../../core/run/states.ts';
import { actionsOf, attentionActions, canRun, type SliceAction } from '../../protocol/dashboard.ts';
import { failureNotice, notice, type Notice } from '../notices.ts';
import {
  isRead,
  type AttentionTarget,
  type ReadPlan,
  type RunTarget,
  type SliceTarget,
  type Target,
} from '../open-plan.ts';
import type { Projects } from '../projects.ts';
import { faceOf, type TreeNode } from './tree-nodes.ts';

/** `null`: the person closed the question. A notice: there is nothing to choose from. */
type Choice<T> = { readonly chosen: T } | { readonly notice: Notice | null };

/** The target in a command's argument, whoever passed it. */
export function targetOf(argument: unknown): Target | null {
  if (typeof argument !== 'object' || argument === null) return null;
  // Menus pass the row; a click passes what it stands for.
  if ('node' in argument) return targetOf(argument.node);
  if (isTreeNode(argument)) {
    const { plan } = argument;
    const base: Target = { root: plan.root, planDir: plan.dir };
    switch (argument.kind) {
      case 'plan':
      case 'attention':
      case 'warning':
      case 'batch':
        return base;
      case 'wave':
        return { ...base, wave: argument.wave };
      case 'question':
        return { ...base, slice: argument.attention.slice, run: argument.attention.runId };
      case 'slice':
        return { ...base, slice: argument.slice.id };
      case 'checkpoint':
        return { ...base, slice: argument.checkpoint.id };
      case 'violation':
        return { ...base, slice: argument.slice, run: argument.runId };
      case 'run':
        return { ...base, slice: argument.slice, run: argument.run.runId };
      case 'file':
        return { ...base, slice: argument.slice, run: argument.run.runId, path: argument.file.path };
    }
  }
  if (!('root' in argument) || !('planDir' in argument)) return null;
  return typeof argument.root === 'string' && typeof argument.planDir === 'string' ? (argument as Target) : null;
}

/** Finds what a command is about: from its argument, from there being only one, or by asking. */
export class Targets {
  readonly #projects: Projects;

  constructor(projects: Projects) {
    this.#projects = projects;
  }

  async plan(argument: unknown, placeHolder: string): Promise<Choice<ReadPlan>> {
    const target = targetOf(argument) ?? this.#planOfFile(argument);
    if (target) {
      const plan = this.#projects.plan(target.root, target.planDir);
      if (plan?.failure) return { notice: failureNotice(plan.failure) };
      if (plan && isRead(plan)) return { chosen: plan };
      return { notice: notice(`${target.planDir} is not there any more.`, 'Refresh the plans view.') };
    }
    const failed = this.#projects.failure;
    if (failed) return { notice: failureNotice(failed) };
    const plans = this.#projects.plans().filter(isRead);
    const [first] = plans;
    if (!first) {
      const unreadable = this.#projects.plans().find((plan) => plan.failure !== null)?.failure;
      if (unreadable) return { notice: failureNotice(unreadable) };
      return { notice: notice('There is no plan in this workspace yet.', 'Decompose a spec first.') };
    }
    if (plans.length === 1) return { chosen: first };
    return pick(placeHolder, plans, (plan) => {
      const face = faceOf({ kind: 'plan', plan });
      return { label: face.label, description: face.description, detail: plan.dir };
    });
  }

  /** The plan that a file belongs to: its manifest, a task spec or what else stands in its directory. */
  #planOfFile(argument: unknown): Target | null {
    if (!(argument instanceof vscode.Uri) || argument.scheme !== 'file') return null;
    const dirs = this.#projects
      .plans()
      .map((plan) => ({ plan, dir: vscode.Uri.joinPath(vscode.Uri.file(plan.root), plan.dir) }));
    const found = dirs.find(({ dir }) => argument.path === dir.path || argument.path.startsWith(`${dir.path}/`));
    return found ? { root: found.plan.root, planDir: found.plan.dir } : null;
  }

  /** A slice for which `action` makes sense. A named slice is taken as it is: the engine says what is wrong with it. */
  async slice(argument: unknown, action: SliceAction, placeHolder: string): Promise<Choice<SliceTarget>> {
    const found = await this.plan(argument, placeHolder);
    if (!('chosen' in found)) return found;
    const plan = found.chosen;
    const id = targetOf(argument)?.slice;
    const named = plan.state.slices.find((slice) => slice.id === id);
    if (named) return { chosen: { plan, slice: named } };
    if (id !== undefined) return { notice: notice(`There is no slice ${id} in ${plan.state.plan}.`, '') };
    const fit = plan.state.slices.filter((slice) => {
      const attention = plan.state.attention.find((entry) => entry.slice === slice.id) ?? null;
      return actionsOf(slice, attention).has(action);
    });
    if (fit.length === 0) return { notice: notice(nothingTo(action, plan), '') };
    return pick(placeHolder, fit, (slice) => ({
      label: `${slice.id} ${slice.title}`,
      description: stateLabel(slice.state),
    })).then((choice) => ('chosen' in choice ? { chosen: { plan, slice: choice.chosen } } : choice));
  }

  async wave(
    argument: unknown,
    placeHolder: string,
  ): Promise<Choice<{ readonly plan: ReadPlan; readonly wave: number }>> {
    const found = await this.plan(argument, placeHolder);
    if (!('chosen' in found)) return found;
    const plan = found.chosen;
    const wave = targetOf(argument)?.wave;
    if (wave !== undefined) return { chosen: { plan, wave } };
    const waves = [...new Set(plan.state.slices.filter(canRun).map((slice) => slice.wave))];
    if (waves.length === 0) return { notice: notice(nothingTo('run', plan), '') };
    return pick(
      placeHolder,
      waves.toSorted((a, b) => a - b),
      (number) => {
        const face = faceOf({ kind: 'wave', plan, wave: number });
        return { label: face.label, description: face.description };
      },
    ).then((choice) => ('chosen' in choice ? { chosen: { plan, wave: choice.chosen } } : choice));
  }

  /** Something that waits, and for which `action` makes sense. */
  async attention(argument: unknown, action: SliceAction, placeHolder: string): Promise<Choice<AttentionTarget>> {
    const found = await this.plan(argument, placeHolder);
    if (!('chosen' in found)) return found;
    const plan = found.chosen;
    const id = targetOf(argument)?.slice;
    const waiting = plan.state.attention.filter((entry) => (id === undefined ? true : entry.slice === id));
    const fit = waiting.filter((entry) => attentionActions(plan.state, entry).has(action));
    const [first] = fit;
    if (!first) {
      const what = id === undefined ? nothingTo(action, plan) : `${id} does not wait for that.`;
      return { notice: notice(what, '') };
    }
    if (fit.length === 1) return { chosen: { plan, attention: first } };
    return pick(placeHolder, fit, (entry) => ({
      label: entry.slice,
      description: entry.detail,
      detail: entry.question,
    })).then((choice) => ('chosen' in choice ? { chosen: { plan, attention: choice.chosen } } : choice));
  }

  /** A run: the named one, or the last one of the slice or checkpoint. */
  async run(argument: unknown, placeHolder: string): Promise<Choice<RunTarget>> {
    const found = await this.plan(argument, placeHolder);
    if (!('chosen' in found)) return found;
    const plan = found.chosen;
    const target = targetOf(argument);
    const all = [
      ...plan.state.slices.flatMap((slice) => slice.runs.map((run) => ({ plan, slice: slice.id, run }))),
      ...plan.state.checkpoints.flatMap((checkpoint) =>
        checkpoint.run ? [{ plan, slice: checkpoint.id, run: checkpoint.run }] : [],
      ),
    ];
    const fit = all.filter(
      (entry) =>
        (target?.slice === undefined || entry.slice === target.slice) &&
        (target?.run === undefined || entry.run.runId === target.run),
    );
    const last = fit.at(-1);
    if (!last) {
      const what = target?.slice === undefined ? 'Nothing has run yet.' : `${target.slice} has not run yet.`;
      return { notice: notice(what, '') };
    }
    if (target?.slice !== undefined || target?.run !== undefined) return { chosen: last };
    return pick(placeHolder, fit.toReversed(), (entry) => ({
      label: `${entry.slice} · attempt ${entry.run.attempt}`,
      description: stateLabel(entry.run.state),
      detail: entry.run.runId,
    }));
  }
}

function nothingTo(action: SliceAction, plan: ReadPlan): string {
  const name = plan.state.plan;
  switch (action) {
    case 'run':
      return `No slice of ${name} can start now: each is running, done, blocked, or waits for you.`;
    case 'stop':
    case 'terminal':
      return `No slice of ${name} is running.`;
    case 'answer':
      return `No slice of ${name} waits for an answer.`;
    case 'approve':
      return `No slice of ${name} waits for an approval.`;
    case 'retry':
      return `No slice of ${name} has stopped or failed.`;
    case 'worktree':
      return `No slice of ${name} has a worktree yet.`;
    default:
      return `Nothing in ${name} fits that.`;
  }
}

async function pick<T>(
  placeHolder: string,
  values: readonly T[],
  show: (value: T) => vscode.QuickPickItem,
): Promise<Choice<T>> {
  const items = values.map((value) => ({ ...show(value), value }));
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
    // A slice that ends closes its terminal, and the focus moves.
    ignoreFocusOut: true,
  });
  return chosen ? { chosen: chosen.value } : { notice: null };
}

function isTreeNode(value: object): value is TreeNode {
  return 'kind' in value && 'plan' in value && typeof value.plan === 'object';
}
