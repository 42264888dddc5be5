import * as vscode from 'vscode';
import type { EngineFailure } from '../node/failure.ts';

/** Why a command did not do what was asked, and what to do next. The command wrapper shows it. */
export interface Notice {
  readonly severity: 'information' | 'warning' | 'error';
  readonly message: string;
  readonly remedy: string;
  readonly actions: readonly NoticeAction[];
}

/** A button under a notice. */
export interface NoticeAction {
  readonly title: string;
  readonly run: () => Thenable<unknown>;
}

export function notice(message: string, remedy: string, ...actions: readonly NoticeAction[]): Notice {
  return { severity: 'warning', message, remedy, actions };
}

/** A button that runs a command. */
export function commandAction(title: string, command: string, ...args: readonly unknown[]): NoticeAction {
  return { title, run: () => vscode.commands.executeCommand(command, ...args) };
}

/** An engine's failure with the buttons that carry out its remedy, where a command can. */
export function failureNotice(failure: EngineFailure, ...actions: readonly NoticeAction[]): Notice {
  return {
    severity: failure.reason === 'cancelled' ? 'information' : 'error',
    message: sentence(failure.message),
    remedy: failure.remedy,
    actions: [...actions, ...actionsFor(failure.reason)],
  };
}

export const untrusted: Notice = notice(
  'This workspace is not trusted, so Slicewave starts nothing in it.',
  'Trust the workspace to run agents and change plans; reading needs no trust.',
  commandAction('Manage Workspace Trust', 'workbench.trust.manage'),
);

/** Shows a notice and does what the pressed button says. */
export async function showNotice(shown: Notice): Promise<void> {
  const text = [shown.message, shown.remedy].filter((part) => part !== '').join(' ');
  const titles = shown.actions.map((action) => action.title);
  const chosen = await messages[shown.severity](text, ...titles);
  await shown.actions.find((action) => action.title === chosen)?.run();
}

const messages: Readonly<
  Record<Notice['severity'], (text: string, ...titles: readonly string[]) => Thenable<string | undefined>>
> = {
  information: (text, ...titles) => vscode.window.showInformationMessage(text, ...titles),
  warning: (text, ...titles) => vscode.window.showWarningMessage(text, ...titles),
  error: (text, ...titles) => vscode.window.showErrorMessage(text, ...titles),
};

/** Whoever works on slices or cuts specs: the settings that say so. */
const AGENT_SETTINGS = '@id:slicewave.agent,slicewave.agentCommand,slicewave.model,slicewave.decomposer';

function actionsFor(reason: EngineFailure['reason']): readonly NoticeAction[] {
  switch (reason) {
    case 'no-repository':
      return [commandAction('Initialize Repository', 'git.init')];
    case 'no-commits':
      return [commandAction('Open Source Control', 'workbench.view.scm')];
    case 'bad-plan':
    case 'bad-spec':
      return [commandAction('Show Problems', 'workbench.actions.view.problems')];
    case 'agent':
      return [commandAction('Open Settings', 'workbench.action.openSettings', AGENT_SETTINGS)];
    case 'busy':
    case 'not-waiting':
    case 'not-verified':
    case 'failing':
      return [commandAction('Open Dashboard', 'slicewave.openDashboard')];
    default:
      return [];
  }
}

/** The engine writes messages to stand after a colon; here they stand alone. */
function sentence(text: string): string {
  const whole = capital(text);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/** With a capital letter where it begins with a word; a path or an id stays as it is. */
export function capital(text: string): string {
  const [first = ''] = text.split(/[\s:]/, 1);
  return /^[a-z]+(?:-[a-z]+)*$/.test(first) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
