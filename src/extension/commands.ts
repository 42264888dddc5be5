import * as vscode from 'vscode';
import { isDecomposingAgent } from '../core/agent/agents.ts';
import { isDecomposerId, type DecomposerId } from '../core/decompose/table.ts';
import { stateLabel } from '../core/run/states.ts';
import { dashboardText } from '../core/view/dashboard.ts';
import { canRun } from '../protocol/dashboard.ts';
import { COMMAND_IDS, commandRow, type CommandId } from './command-ids.ts';
import type { Dashboards } from './dashboard/dashboard-panel.ts';
import { acceptPlan, answer, approve, notDriven, retry, skip } from './run/decisions.ts';
import type { ScopesFrom } from './decompose/decomposer.ts';
import { newSpec, type Decomposing } from './decompose/decomposing.ts';
import type { Inspections } from './evidence/inspection.ts';
import { integrate } from './run/integration.ts';
import type { Judging } from './decompose/judging.ts';
import type { Linting } from './language/language-client.ts';
import { commandAction, failureNotice, notice, showNotice, untrusted, type Notice } from './notices.ts';
import type { PlanRuns } from './run/plan-runs.ts';
import type { Projects } from './projects.ts';
import type { Replanning } from './replan/replanning.ts';
import { openFileDiff, openRunDiff } from './evidence/run-changes.ts';
import { rememberProvenance, type Settings } from './settings.ts';
import type { AttentionTarget } from './open-plan.ts';
import { targetOf, Targets } from './tree/targets.ts';
import type { TerminalLauncher } from './run/terminals.ts';
import type { Traces } from './evidence/traces.ts';
import { openWorktree } from './run/worktrees.ts';

/** What commands work with; wired in main.ts. */
export interface Parts {
  readonly projects: Projects;
  readonly runs: PlanRuns;
  readonly terminals: TerminalLauncher;
  readonly decomposing: Decomposing;
  readonly replanning: Replanning;
  readonly dashboards: Dashboards;
  readonly judging: Judging;
  readonly inspections: Inspections;
  readonly traces: Traces;
  readonly linting: () => Promise<Linting>;
  readonly settings: (root?: string) => Settings;
  /** Resolves when the repositories and plans were looked for once. */
  readonly found: Promise<void>;
  readonly log: vscode.LogOutputChannel;
}

/** A notice says why nothing happened, or what did; `null`: nothing to say. */
type Handler = (argument: unknown, ...rest: readonly unknown[]) => Promise<Notice | null>;

/** Registers every command. The one place where what a command throws is caught: a bug, told and logged as such. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const handlers = handlersOf(parts);
  const registered = COMMAND_IDS.map((id) =>
    vscode.commands.registerCommand(id, async (argument: unknown, ...rest: unknown[]) => {
      try {
        if (commandRow(id).trusted && !vscode.workspace.isTrusted) {
          void showNotice(untrusted);
          return;
        }
        await parts.found;
        const shown = await handlers[id](argument, ...rest);
        // Not awaited: a message that nobody closes must not keep the command from ending.
        if (shown) void showNotice(shown);
      } catch (cause) {
        parts.log.error(cause instanceof Error ? cause : String(cause));
        const message = cause instanceof Error ? cause.message : String(cause);
        void showNotice({
          severity: 'error',
          message: `Slicewave failed: ${message}`,
          remedy: 'The log has the details.',
          actions: [{ title: 'Show Log', run: async () => parts.log.show() }],
        });
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

function handlersOf(parts: Parts): Readonly<Record<CommandId, Handler>> {
  const { projects, runs, decomposing, dashboards, inspections } = parts;
  const targets = new Targets(projects);

  /** After a decision: what waits goes on by itself where the plan is driven, and otherwise with one click. */
  const decided = async (target: AttentionTarget, shown: Notice | null): Promise<Notice | null> => {
    if (shown && shown.severity !== 'information') return shown;
    const { plan, attention } = target;
    const state = await projects.engine(plan.root)?.state(plan.dir);
    const settled = state?.ok && !state.value.attention.some((entry) => entry.runId === attention.runId);
    if (!settled || runs.isDriving(plan.root, plan.dir)) return shown;
    return notDriven(target, () =>
      vscode.commands.executeCommand('slicewave.runPlan', { root: plan.root, planDir: plan.dir }),
    );
  };

  return {
    'slicewave.newSpec': newSpec,
    'slicewave.decompose': (argument, options) => decomposing.preview(argument, howIn(options)),
    'slicewave.writeDecomposition': (argument) => decomposing.write(argument),
    'slicewave.discardDecomposition': (argument) => decomposing.discard(argument),
    'slicewave.askForScopes': (argument, options) => decomposing.askForScopes(argument, whomIn(options)),

    'slicewave.replan': async (argument) => {
      const found = await targets.plan(parts.judging.targetOf(argument) ?? argument, 'Which plan should change?');
      return 'chosen' in found ? parts.replanning.ask(found.chosen, targetOf(argument)?.slice) : found.notice;
    },
    'slicewave.applyReplan': (argument) => parts.replanning.apply(argument),
    'slicewave.discardReplan': (argument) => parts.replanning.discard(argument),

    'slicewave.judgePlan': async (argument) => {
      const found = await targets.plan(parts.judging.targetOf(argument) ?? argument, 'Which plan should be judged?');
      return 'chosen' in found ? parts.judging.show(found.chosen) : found.notice;
    },

    'slicewave.openWalkthrough': async () => {
      await vscode.commands.executeCommand('workbench.action.openWalkthrough', 'slicewave.slicewave#start', false);
      return null;
    },

    'slicewave.openDashboard': async (argument) => {
      const found = await targets.plan(argument, 'Which plan?');
      if (!('chosen' in found)) return found.notice;
      dashboards.open(found.chosen, targetOf(argument)?.slice ?? null);
      return null;
    },

    'slicewave.copyDashboard': async (argument) => {
      const found = await targets.plan(argument, 'Which plan should be copied as text?');
      if (!('chosen' in found)) return found.notice;
      await vscode.env.clipboard.writeText(dashboardText(found.chosen.state, { ascii: false }));
      vscode.window.setStatusBarMessage(`$(clippy) ${found.chosen.state.plan} copied as text`, 3000);
      return null;
    },

    'slicewave.refresh': async () => {
      await projects.refresh();
      return null;
    },

    'slicewave.lintWorkspace': async () => {
      const linting = await parts.linting();
      const summary = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: 'Linting specs, plans and skills' },
        () => linting.lintWorkspace(),
      );
      const { error, warning, info, hint } = summary.counts;
      const total = error + warning + info + hint;
      if (total > 0) await vscode.commands.executeCommand('workbench.actions.view.problems');
      return {
        severity: 'information',
        message:
          total === 0
            ? `${summary.files} specs, task specs, manifests and skills: no findings.`
            : `${total} findings in ${summary.files} files: ${error} errors, ${warning} warnings, ${info + hint} hints.`,
        remedy: '',
        actions: [],
      };
    },

    'slicewave.runPlan': async (argument) => {
      const found = await targets.plan(argument, 'Which plan should run?');
      return 'chosen' in found ? runs.start(found.chosen, null) : found.notice;
    },

    'slicewave.runWave': async (argument) => {
      const found = await targets.wave(argument, 'Which wave should run?');
      if (!('chosen' in found)) return found.notice;
      const { plan, wave } = found.chosen;
      const slices = plan.state.slices.filter((slice) => slice.wave === wave);
      const [first] = slices;
      if (!slices.some(canRun)) {
        const blocked = slices.find((slice) => slice.blockedBy.length > 0);
        return notice(
          `No slice of wave ${wave} can start now.`,
          blocked
            ? `${blocked.id} is blocked by ${blocked.blockedBy.join(', ')}.`
            : `${first?.id ?? 'Each'} is running, done, or waits for you.`,
        );
      }
      return runs.start(
        plan,
        slices.map((slice) => slice.id),
      );
    },

    'slicewave.runSlice': async (argument) => {
      const found = await targets.slice(argument, 'run', 'Which slice should run?');
      if (!('chosen' in found)) return found.notice;
      const { plan, slice } = found.chosen;
      if (!canRun(slice) && slice.blockedBy.length > 0) {
        return notice(
          `${slice.id} is blocked by ${slice.blockedBy.join(', ')}.`,
          'It starts by itself when the plan is run.',
          commandAction('Run Plan', 'slicewave.runPlan', { root: plan.root, planDir: plan.dir }),
        );
      }
      if (!canRun(slice)) return notice(`${slice.id} is ${stateLabel(slice.state)} and cannot start now.`, '');
      return runs.start(plan, [slice.id]);
    },

    'slicewave.stopPlan': async (argument) => {
      const found = await targets.plan(argument, 'Which plan should stop?');
      return 'chosen' in found ? runs.stop(found.chosen) : found.notice;
    },

    'slicewave.stopSlice': async (argument) => {
      const found = await targets.slice(argument, 'stop', 'Which slice should stop?');
      if (!('chosen' in found)) return found.notice;
      const { plan, slice } = found.chosen;
      const result = await projects.engine(plan.root)?.stop(plan.dir, slice.id);
      return result && !result.ok ? failureNotice(result.failure) : null;
    },

    'slicewave.answer': async (argument, text) => {
      const typed = typeof text === 'string' ? text : undefined;
      const found = await targets.attention(
        argument,
        typed === undefined ? 'retry' : 'answer',
        'What do you want to settle?',
      );
      if (!('chosen' in found)) return found.notice;
      return decided(found.chosen, await answer(projects, found.chosen, typed));
    },

    'slicewave.approve': async (argument, shown) => {
      const found = await targets.attention(argument, 'approve', 'What do you approve?');
      if (!('chosen' in found)) return found.notice;
      return decided(found.chosen, await approve(projects, found.chosen, shown === true));
    },

    'slicewave.retry': async (argument) => {
      const found = await targets.attention(argument, 'retry', 'What should be tried again?');
      if (!('chosen' in found)) return found.notice;
      return decided(found.chosen, await retry(projects, found.chosen));
    },

    'slicewave.skip': async (argument) => {
      // What waits may be a checkpoint; any other slice that is not done can be skipped too.
      const id = targetOf(argument)?.slice;
      const plan = await targets.plan(argument, 'In which plan?');
      if (!('chosen' in plan)) return plan.notice;
      const attention = plan.chosen.state.attention.find((entry) => entry.slice === id);
      if (attention) {
        const target = { plan: plan.chosen, attention };
        return decided(target, await skip(projects, target));
      }
      const found = await targets.slice(argument, 'skip', 'Which slice should be skipped?');
      return 'chosen' in found ? skip(projects, found.chosen) : found.notice;
    },

    'slicewave.acceptPlan': async (argument, shown) => {
      const found = await targets.plan(argument, 'Which plan do you accept as it stands?');
      return 'chosen' in found ? acceptPlan(projects, found.chosen, shown === true) : found.notice;
    },

    'slicewave.integrate': async (argument) => {
      const found = await targets.plan(argument, 'Which plan should be integrated?');
      return 'chosen' in found ? integrate(projects, found.chosen) : found.notice;
    },

    'slicewave.openWorktree': async (argument) => {
      const found = await targets.slice(argument, 'worktree', 'Which worktree should open?');
      if (!('chosen' in found)) return found.notice;
      return openWorktree(found.chosen, {
        settings: parts.settings(found.chosen.plan.root),
        driving: projects.plans().some((plan) => runs.isDriving(plan.root, plan.dir)),
      });
    },

    'slicewave.openTaskSpec': async (argument) => {
      const found = await targets.slice(argument, 'task', 'Which task spec should open?');
      if (!('chosen' in found)) return found.notice;
      const { plan, slice } = found.chosen;
      const loaded = await projects.loaded(plan);
      if (loaded && !loaded.ok) return failureNotice(loaded.failure);
      const file = loaded?.value.plan.slices.find((entry) => entry.id === slice.id)?.file;
      return file === undefined ? notice(`${slice.id} has no task spec.`, '') : openInRepository(plan.root, file);
    },

    'slicewave.openPlan': async (argument) => {
      const target = targetOf(argument);
      if (target) return openInRepository(target.root, `${target.planDir}/manifest.json`);
      const found = await targets.plan(argument, 'Which plan should open?');
      if (!('chosen' in found)) return found.notice;
      return openInRepository(found.chosen.root, `${found.chosen.dir}/manifest.json`);
    },

    'slicewave.showTerminal': async (argument) => {
      const found = await targets.slice(argument, 'terminal', "Which slice's terminal?");
      if (!('chosen' in found)) return found.notice;
      if (parts.terminals.show(found.chosen.slice.id)) return null;
      return notice(
        `${found.chosen.slice.id} has no terminal in this window.`,
        'Its trace shows what it printed.',
        commandAction('Open Trace', 'slicewave.openTrace', argument),
      );
    },

    'slicewave.openTrace': async (argument) => {
      const found = await targets.run(argument, 'Which run?');
      return 'chosen' in found ? parts.traces.open(found.chosen) : found.notice;
    },

    'slicewave.openRunDiff': async (argument) => {
      const found = await targets.run(inspectedOr(argument), 'Whose changes?');
      return 'chosen' in found ? openRunDiff(projects, found.chosen) : found.notice;
    },

    'slicewave.openFileDiff': async (argument) => {
      const path = targetOf(argument)?.path;
      const found = await targets.run(argument, 'Whose changes?');
      if (!('chosen' in found)) return found.notice;
      return path === undefined ? openRunDiff(projects, found.chosen) : openFileDiff(projects, found.chosen, path);
    },

    'slicewave.inspectRun': async (argument) => {
      const found = await targets.run(argument, 'Which run should be inspected?');
      return 'chosen' in found ? inspections.inspect(found.chosen) : found.notice;
    },

    'slicewave.openInspectedFile': async (argument) => {
      if (typeof argument !== 'object' || argument === null || !('resourceUri' in argument)) return null;
      const uri = argument.resourceUri;
      if (uri instanceof vscode.Uri) await vscode.commands.executeCommand('vscode.open', uri);
      return null;
    },

    'slicewave.closeInspection': async (argument) => {
      inspections.close(inspections.targetOf(argument)?.run.runId);
      return null;
    },

    'slicewave.toggleProvenance': async () => {
      await rememberProvenance(!parts.settings().provenance);
      return null;
    },
  };

  /** The title bar of a source control passes the control itself. */
  function inspectedOr(argument: unknown): unknown {
    const target = inspections.targetOf(argument);
    if (!target) return argument;
    return { root: target.plan.root, planDir: target.plan.dir, slice: target.slice, run: target.run.runId };
  }
}

/** The decomposer that a button names; menus pass other things there. */
function howIn(options: unknown): { readonly by?: DecomposerId; readonly last?: boolean } {
  if (typeof options !== 'object' || options === null) return {};
  if ('last' in options && options.last === true) return { last: true };
  if (!('by' in options) || typeof options.by !== 'string' || !isDecomposerId(options.by)) return {};
  return { by: options.by };
}

/** Whom a key binding or another extension names. */
function whomIn(options: unknown): ScopesFrom | null {
  if (typeof options !== 'object' || options === null || !('agent' in options)) return null;
  const { agent } = options;
  return typeof agent === 'string' && (agent === 'command' || isDecomposingAgent(agent)) ? agent : null;
}

async function openInRepository(root: string, path: string): Promise<Notice | null> {
  const uri = vscode.Uri.joinPath(vscode.Uri.file(root), path);
  try {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
    return null;
  } catch {
    return notice(`${path} cannot be opened.`, 'Refresh the plans view.');
  }
}
