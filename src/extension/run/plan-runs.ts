import { shortfalls, verifiedSentence } from '../../core/view/standing.ts';
import * as vscode from 'vscode';
import { isActive, isAnyActive, isSettled } from '../../core/run/states.ts';
import { assertNever } from '../../core/text/result.ts';
import type { PlanState } from '../../core/run/state-model.ts';
import { canRunPlan } from '../../protocol/dashboard.ts';
import type { AgentId } from '../../core/agent/agents.ts';
import type { Launcher } from '../../node/run/launcher.ts';
import type { RunOutcome, RunRequest } from '../../node/run/model.ts';
import { commandAction, failureNotice, notice, showNotice, type Notice } from '../notices.ts';
import type { Projects } from '../projects.ts';
import type { Settings } from '../settings.ts';
import type { ReadPlan } from '../open-plan.ts';

/** A plan that this window drives. */
interface Drive {
  readonly root: string;
  readonly dir: string;
  /** The slices that were asked for; `null`: all. */
  only: ReadonlySet<string> | null;
  controller: AbortController;
  /** More was asked for than the scheduler at work knows of: start it anew as soon as that disturbs nothing. */
  widened: boolean;
  /** The person asked to stop. */
  stopped: boolean;
  /** Warnings that were shown: a scheduler that starts anew says them again. */
  readonly warned: Set<string>;
  ended: Promise<void>;
}

/** The bundled example (and any repository that has this file) can be run without an agent's account. */
const DEMO_SCRIPT = '.slicewave/demo/agent.yaml';
const REMEMBERED = 'slicewave.driving';

/** The schedulers of this window: at most one for each plan. */
export class PlanRuns {
  readonly #projects: Projects;
  readonly #launcher: Launcher;
  readonly #settings: (root: string) => Settings;
  readonly #memory: vscode.Memento;
  readonly #drives = new Map<string, Drive>();
  readonly #changed = new vscode.EventEmitter<void>();
  #closing = false;

  /** A plan started or ended being driven. */
  readonly onDidChange = this.#changed.event;

  constructor(options: {
    readonly projects: Projects;
    readonly launcher: Launcher;
    readonly settings: (root: string) => Settings;
    readonly memory: vscode.Memento;
  }) {
    this.#projects = options.projects;
    this.#launcher = options.launcher;
    this.#settings = options.settings;
    this.#memory = options.memory;
  }

  isDriving(root: string, dir: string): boolean {
    return this.#drives.has(keyOf(root, dir));
  }

  /**
   * Runs the plan, or only the named slices, and returns at once; a message tells the end. Slices asked for while
   * the plan is driven already are added to what it does.
   */
  start(plan: ReadPlan, only: readonly string[] | null): Notice | null {
    const key = keyOf(plan.root, plan.dir);
    const driven = this.#drives.get(key);
    if (driven) return widen(driven, plan.state, only);
    const drive: Drive = {
      root: plan.root,
      dir: plan.dir,
      only: only ? new Set(only) : null,
      controller: new AbortController(),
      widened: false,
      stopped: false,
      warned: new Set(),
      ended: Promise.resolve(),
    };
    this.#drives.set(key, drive);
    drive.ended = this.#drive(drive).finally(() => {
      this.#drives.delete(key);
      void this.#remember();
      this.#changed.fire();
    });
    void this.#remember();
    this.#changed.fire();
    return null;
  }

  /** Stops the scheduler of this window, if it has one, and every running attempt. Nothing that was done is lost. */
  async stop(plan: ReadPlan): Promise<Notice | null> {
    const drive = this.#drives.get(keyOf(plan.root, plan.dir));
    if (drive) {
      drive.stopped = true;
      drive.controller.abort();
      await drive.ended;
    }
    // What another window or the command line started is still running.
    const engine = this.#projects.engine(plan.root);
    const state = await engine?.state(plan.dir);
    if (!engine || !state?.ok) return null;
    const active = state.value.slices.filter((slice) => isActive(slice.state));
    if (!drive && active.length === 0) return notice(`No slice of ${plan.state.plan} is running.`, '');
    const results = await Promise.all(active.map((slice) => engine.stop(plan.dir, slice.id)));
    for (const result of results) if (!result.ok) return failureNotice(result.failure);
    return null;
  }

  /** Plans that were being driven when the window closed, and are not done. */
  async offerResume(): Promise<void> {
    const remembered = this.#memory.get<readonly string[]>(REMEMBERED, []);
    await this.#memory.update(REMEMBERED, undefined);
    for (const plan of this.#projects.plans()) {
      const { root, dir, state } = plan;
      if (!state || !remembered.includes(keyOf(root, dir)) || !vscode.workspace.isTrusted) continue;
      if (!canRunPlan(state)) continue;
      await showNotice({
        severity: 'information',
        message: `${state.plan} was running when the window closed.`,
        remedy: 'Nothing that was finished is done again.',
        actions: [commandAction('Resume', 'slicewave.runPlan', { root, planDir: dir })],
      });
    }
  }

  /** Stops everything cleanly; for the end of the window, which may come before this has. */
  async close(): Promise<void> {
    this.#closing = true;
    const drives = [...this.#drives.values()];
    for (const drive of drives) drive.controller.abort();
    await Promise.all(drives.map((drive) => drive.ended));
    this.#changed.dispose();
  }

  async #drive(drive: Drive): Promise<void> {
    for (;;) {
      drive.widened = false;
      drive.controller = new AbortController();
      const engine = this.#projects.engine(drive.root);
      if (!engine) return;
      const result = await engine.run(await this.#request(drive));
      if (drive.widened && !drive.stopped && !this.#closing && result.ok) continue;
      if (this.#closing) return;
      void showNotice(
        result.ok ? outcomeNotice(result.value.outcome, result.value.state, drive) : failureNotice(result.failure),
      );
      return;
    }
  }

  async #request(drive: Drive): Promise<RunRequest> {
    const settings = this.#settings(drive.root);
    const agent = await agentFor(drive.root, settings);
    return {
      planDir: drive.dir,
      limits: {
        only: drive.only ? [...drive.only] : null,
        barrier: settings.barrier,
        ...(settings.maxParallel === null ? {} : { maxParallel: settings.maxParallel }),
      },
      ...(agent === null ? {} : { agent }),
      ...(agent === 'command' && settings.agentCommand.length > 0 ? { agentCommand: settings.agentCommand } : {}),
      ...(settings.model === null ? {} : { model: settings.model }),
      ...(settings.sandbox === null ? {} : { sandbox: settings.sandbox }),
      launcher: this.#launcher,
      signal: drive.controller.signal,
      waitForAnswers: true,
      onWarning: (text) => {
        if (drive.warned.has(text)) return;
        drive.warned.add(text);
        void showNotice(notice(text, ''));
      },
      onState: (state) => {
        if (drive.widened && !isAnyActive(state)) drive.controller.abort();
      },
    };
  }

  async #remember(): Promise<void> {
    // While the window closes, what was driven must stay remembered.
    if (this.#closing) return;
    await this.#memory.update(REMEMBERED, this.#drives.size > 0 ? [...this.#drives.keys()] : undefined);
  }
}

function widen(drive: Drive, state: PlanState, only: readonly string[] | null): Notice | null {
  const known = drive.only;
  if (known === null || (only !== null && only.every((id) => known.has(id)))) {
    return notice(
      `${state.plan} is being run already.`,
      'Each slice starts as soon as its dependencies are verified and an agent is free.',
      commandAction('Open Dashboard', 'slicewave.openDashboard', { root: drive.root, planDir: drive.dir }),
    );
  }
  drive.only = only === null ? null : new Set([...known, ...only]);
  drive.widened = true;
  // Nothing runs, so starting the scheduler anew disturbs nobody; otherwise it is done when the running ones have ended.
  if (!isAnyActive(state)) drive.controller.abort();
  return null;
}

/** The agent to run with; `null` leaves it to the plan. */
async function agentFor(root: string, settings: Settings): Promise<AgentId | null> {
  if (settings.agent !== null || settings.agentChosen) return settings.agent;
  try {
    await vscode.workspace.fs.stat(vscode.Uri.joinPath(vscode.Uri.file(root), DEMO_SCRIPT));
    return 'demo';
  } catch {
    return null;
  }
}

function outcomeNotice(outcome: RunOutcome, state: PlanState, drive: Drive): Notice {
  const target = { root: drive.root, planDir: drive.dir };
  const dashboard = commandAction('Open Dashboard', 'slicewave.openDashboard', target);
  const count = verifiedSentence(state.slices);
  const short = shortfalls(state, null);
  switch (outcome) {
    case 'done': {
      const all = state.slices.every((slice) => isSettled(slice.state));
      return {
        severity: 'information',
        message:
          all && short.length === 0
            ? `${state.plan}: every slice is verified.`
            : `${state.plan}: what you asked for is done. ${[count, ...short.map((line) => `${line}.`)].join(' ')}`,
        remedy: all ? 'The integration pass merges them on a branch of their own.' : '',
        actions: all ? [commandAction('Integrate', 'slicewave.integrate', target), dashboard] : [dashboard],
      };
    }
    case 'waiting':
      return notice(
        `${state.plan} waits for you. ${count}`,
        '',
        commandAction('Answer', 'slicewave.answer', target),
        dashboard,
      );
    case 'spent':
      return {
        severity: 'warning',
        message: `The budget of ${state.plan} is used up: what is left was not started. ${count}`,
        remedy: 'Raise it in manifest.json (limits.budget_usd, budget_tokens, budget_minutes) and run the plan again.',
        actions: [dashboard],
      };
    case 'failed':
      return {
        severity: 'error',
        message: `${state.plan} cannot go on: a slice or checkpoint failed. ${count}`,
        remedy: 'Open it in the dashboard to retry or skip it.',
        actions: [dashboard],
      };
    case 'interrupted':
      return {
        severity: 'information',
        message: `${state.plan} was stopped. ${count}`,
        remedy: 'Nothing that was finished is done again when it is resumed.',
        actions: [commandAction('Resume', 'slicewave.runPlan', target), dashboard],
      };
    default:
      return assertNever(outcome);
  }
}

function keyOf(root: string, dir: string): string {
  return `${root}\0${dir}`;
}
