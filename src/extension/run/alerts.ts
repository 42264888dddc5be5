import * as vscode from 'vscode';
import { isActive, isSettled } from '../../core/run/states.ts';
import { verifiedText } from '../../core/view/standing.ts';
import { isViolation } from '../../core/run/stops.ts';
import type { Attention } from '../../core/run/state-model.ts';
import { attentionActions, filesInQuestion, headlineOf } from '../../protocol/dashboard.ts';
import { commandAction, showNotice } from '../notices.ts';
import type { OpenPlan } from '../open-plan.ts';
import type { Projects } from '../projects.ts';

/** Tells the person what changed without being asked: a status bar item, and a message for each new question. */
export class Alerts {
  readonly #projects: Projects;
  readonly #status: vscode.StatusBarItem;
  /** What was told already, by run; what waited before the window opened is shown by the badge, not by messages. */
  readonly #told = new Map<string, Set<string>>();
  readonly #changes: vscode.Disposable;

  constructor(projects: Projects) {
    this.#projects = projects;
    this.#status = vscode.window.createStatusBarItem('slicewave.status', vscode.StatusBarAlignment.Left, 10);
    this.#status.name = 'Slicewave';
    this.#changes = projects.onDidChange((plan) => {
      this.#update();
      for (const entry of plan ? [plan] : projects.plans()) this.#tell(entry);
    });
  }

  dispose(): void {
    this.#changes.dispose();
    this.#status.dispose();
  }

  #update(): void {
    const plans = this.#projects.plans();
    const states = plans.flatMap((plan) => (plan.state ? [plan.state] : []));
    if (states.length === 0) {
      this.#status.hide();
      return;
    }
    const slices = states.flatMap((state) => state.slices);
    const running = slices.filter((slice) => isActive(slice.state)).length;
    const done = slices.filter((slice) => isSettled(slice.state)).length;
    const waiting = states.reduce((sum, state) => sum + state.attention.length, 0);
    const icon = waiting > 0 ? '$(bell-dot)' : running > 0 ? '$(sync~spin)' : '$(layers)';
    const words = [`${done}/${slices.length}`];
    if (running > 0) words.push(`${running} running`);
    if (waiting > 0) words.push(`${waiting} need you`);
    this.#status.text = `${icon} Slicewave ${words.join(' · ')}`;
    this.#status.tooltip = `${states.map((state) => state.plan).join(', ')}: ${words.join(', ')}. Opens the dashboard.`;
    this.#status.accessibilityInformation = {
      label: `Slicewave, ${verifiedText(slices, ' of ')}, ${running} running, ${waiting} need you`,
      role: 'button',
    };
    this.#status.command = 'slicewave.openDashboard';
    this.#status.backgroundColor = waiting > 0 ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#status.show();
  }

  #tell(plan: OpenPlan): void {
    if (!plan.state) return;
    const key = `${plan.root}\0${plan.dir}`;
    const told = this.#told.get(key);
    const waiting = plan.state.attention;
    this.#told.set(key, new Set(waiting.map((entry) => entry.runId)));
    if (!told) return;
    for (const entry of waiting) {
      // Who stopped a slice knows that it stopped.
      if (!told.has(entry.runId) && entry.condition !== 'stopped-by-user') void this.#ask(plan, entry);
    }
  }

  async #ask(plan: OpenPlan, attention: Attention): Promise<void> {
    if (!plan.state) return;
    const target = { root: plan.root, planDir: plan.dir, slice: attention.slice, run: attention.runId };
    const actions = attentionActions(plan.state, attention);
    const asks = attention.condition === 'unclear-instructions';
    const headline = headlineOf(attention);
    const unnamed = filesInQuestion(attention).filter((path) => !headline.includes(path));
    const [shown, rest] = unnamed.length > 3 ? [unnamed.slice(0, 3), '…'] : [unnamed, ''];
    await showNotice({
      severity: isViolation(attention) ? 'error' : 'warning',
      message: asks
        ? `${attention.slice} asks: ${headline}`
        : `${attention.slice} stopped (${attention.condition}): ${headline}`,
      remedy: shown.length > 0 ? `${shown.join(', ')}${rest}` : '',
      actions: [
        ...(actions.has('approve') ? [commandAction('Approve…', 'slicewave.approve', target)] : []),
        ...(actions.has('answer') ? [commandAction('Answer…', 'slicewave.answer', target)] : []),
        ...(actions.has('answer') ? [] : [commandAction('Retry', 'slicewave.retry', target)]),
        commandAction('Show', 'slicewave.openDashboard', target),
      ],
    });
  }
}
