import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { fileOf } from '../../core/gate/symbol-check.ts';
import { assertNever } from '../../core/text/result.ts';
import { scopeEntryText } from '../../core/view/scope-text.ts';
import {
  readDashboardMemory,
  readFromDashboard,
  type DashboardSnapshot,
  type FromDashboard,
  type SliceAction,
  type SliceDetail,
  type ToDashboard,
} from '../../protocol/dashboard.ts';
import type { CommandId } from '../command-ids.ts';
import type { PlanRuns } from '../run/plan-runs.ts';
import type { OpenPlan, ReadPlan, Target } from '../open-plan.ts';
import type { Projects } from '../projects.ts';

const VIEW_TYPE = 'slicewave.dashboard';

interface OpenPanel {
  readonly panel: vscode.WebviewPanel;
  readonly root: string;
  readonly planDir: string;
  /** The webview has said that it listens; until then nothing is sent. */
  ready: boolean;
  select: string | null;
}

/** The dashboards: one panel for each plan. Everything a panel asks for goes through the same commands as the tree. */
export class Dashboards implements vscode.WebviewPanelSerializer {
  readonly #projects: Projects;
  readonly #runs: PlanRuns;
  readonly #extension: vscode.Uri;
  readonly #open = new Map<string, OpenPanel>();
  readonly #disposables: vscode.Disposable[];

  constructor(options: { readonly projects: Projects; readonly runs: PlanRuns; readonly extension: vscode.Uri }) {
    this.#projects = options.projects;
    this.#runs = options.runs;
    this.#extension = options.extension;
    this.#disposables = [
      vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, this),
      this.#projects.onDidChange((plan) => this.#sendTo((open) => !plan || isOf(open, plan))),
      this.#runs.onDidChange(() => this.#sendTo(() => true)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#sendTo(() => true)),
    ];
  }

  /** Opens the plan's dashboard, or brings it to the front; `slice` is selected in it. */
  open(plan: ReadPlan, slice: string | null): void {
    const key = keyOf(plan.root, plan.dir);
    const open = this.#open.get(key);
    if (open) {
      open.panel.reveal();
      open.select = slice;
      this.#sendSelection(open);
      return;
    }
    const panel = vscode.window.createWebviewPanel(VIEW_TYPE, titleOf(plan.dir), vscode.ViewColumn.Active, {
      localResourceRoots: this.#resources(),
      enableScripts: true,
      enableFindWidget: true,
    });
    this.#attach(panel, { root: plan.root, planDir: plan.dir }, slice);
  }

  /** Fills a panel that VS Code restored after a reload. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, memory: unknown): Promise<void> {
    const plan = readDashboardMemory(memory);
    if (!plan) {
      panel.dispose();
      return;
    }
    panel.webview.options = { localResourceRoots: this.#resources(), enableScripts: true };
    this.#attach(panel, plan, null);
    if (!this.#projects.plan(plan.root, plan.planDir)) await this.#projects.refresh();
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
    for (const { panel } of this.#open.values()) panel.dispose();
  }

  #attach(
    panel: vscode.WebviewPanel,
    plan: { readonly root: string; readonly planDir: string },
    select: string | null,
  ): void {
    const open: OpenPanel = { panel, ...plan, ready: false, select };
    const key = keyOf(plan.root, plan.planDir);
    this.#open.set(key, open);
    panel.iconPath = vscode.Uri.joinPath(this.#extension, 'media', 'dashboard-tab.svg');
    panel.title = titleOf(plan.planDir);
    panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(open, message));
    panel.onDidDispose(() => {
      if (this.#open.get(key) === open) this.#open.delete(key);
    });
    // A hidden panel gets nothing; it asks for everything again when it is shown, because it is built anew.
    panel.onDidChangeViewState(() => {
      if (!panel.visible) open.ready = false;
    });
    panel.webview.html = this.#html(panel.webview);
  }

  #receive(open: OpenPanel, message: unknown): void {
    const command = readFromDashboard(message);
    if (!command) return;
    if (command.type === 'ready') {
      open.ready = true;
      void this.#send(open).then(() => this.#sendSelection(open));
      return;
    }
    const [id, target, ...rest] = commandOf(command, { root: open.root, planDir: open.planDir });
    void vscode.commands.executeCommand(id, target, ...rest);
  }

  #sendTo(which: (open: OpenPanel) => boolean): void {
    for (const open of this.#open.values()) if (open.ready && which(open)) void this.#send(open);
  }

  #sendSelection(open: OpenPanel): void {
    if (!open.ready || open.select === null) return;
    void post(open, { type: 'select', slice: open.select });
    open.select = null;
  }

  async #send(open: OpenPanel): Promise<void> {
    const plan = this.#projects.plan(open.root, open.planDir);
    if (!plan?.state) {
      const loading = !plan && this.#projects.readiness === 'loading';
      await post(open, {
        type: 'failure',
        message: plan?.failure?.message ?? (loading ? 'Reading the plan…' : `${open.planDir} is not there any more.`),
        remedy: plan?.failure?.remedy ?? (loading ? '' : 'Close this dashboard, or put the plan back.'),
      });
      return;
    }
    const snapshot: DashboardSnapshot = {
      planDir: plan.dir,
      repository: plan.root.split(/[\\/]/).at(-1) ?? plan.root,
      state: plan.state,
      details: await this.#details(plan),
      driving: this.#runs.isDriving(plan.root, plan.dir),
      trusted: vscode.workspace.isTrusted,
    };
    await post(open, { type: 'snapshot', root: plan.root, snapshot });
  }

  async #details(plan: OpenPlan): Promise<Readonly<Record<string, SliceDetail>>> {
    const loaded = await this.#projects.loaded(plan);
    // The state can outlive a broken plan file; the panel then shows the state without details.
    if (!loaded?.ok) return {};
    return Object.fromEntries(
      loaded.value.plan.slices.map((slice): [string, SliceDetail] => [
        slice.id,
        {
          file: slice.file,
          estimateMinutes: slice.estimateMinutes,
          create: slice.scope.create.map(scopeEntryText),
          modify: slice.scope.modify.map(scopeEntryText),
          boundary: slice.scope.boundary.map(scopeEntryText),
          verify: slice.verify,
          deps: slice.deps,
        },
      ]),
    );
  }

  #resources(): readonly vscode.Uri[] {
    return [vscode.Uri.joinPath(this.#extension, 'dist'), vscode.Uri.joinPath(this.#extension, 'media')];
  }

  #html(webview: vscode.Webview): string {
    const nonce = randomBytes(18).toString('base64url');
    const asset = (...path: readonly string[]): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#extension, ...path)).toString();
    const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
    return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${asset('media', 'dashboard.css')}">
  <title>Slicewave dashboard</title>
</head>
<body>
  <div id="dashboard"></div>
  <script type="module" nonce="${nonce}" src="${asset('dist', 'webview.js')}"></script>
</body>
</html>`;
  }
}

/** The command, with its arguments, that carries out what a dashboard asks for. */
function commandOf(
  command: Exclude<FromDashboard, { type: 'ready' }>,
  plan: Target,
): readonly [CommandId, Target, ...unknown[]] {
  switch (command.type) {
    case 'run-plan':
      return ['slicewave.runPlan', plan];
    case 'run-wave':
      return ['slicewave.runWave', { ...plan, wave: command.wave }];
    case 'stop-plan':
      return ['slicewave.stopPlan', plan];
    case 'integrate':
      return ['slicewave.integrate', plan];
    case 'copy':
      return ['slicewave.copyDashboard', plan];
    case 'answer':
      return ['slicewave.answer', { ...plan, slice: command.slice }, command.text];
    case 'file':
      return [
        'slicewave.openFileDiff',
        { ...plan, slice: command.slice, run: command.run, path: fileOf(command.path) },
      ];
    case 'slice': {
      const target = { ...plan, slice: command.slice, ...(command.run === null ? {} : { run: command.run }) };
      // The dashboard lists the paths beside the button, so approving there needs no second look.
      return command.action === 'approve'
        ? [sliceCommands.approve, target, true]
        : [sliceCommands[command.action], target];
    }
    default:
      return assertNever(command);
  }
}

const sliceCommands: Readonly<Record<SliceAction, CommandId>> = {
  run: 'slicewave.runSlice',
  stop: 'slicewave.stopSlice',
  answer: 'slicewave.answer',
  approve: 'slicewave.approve',
  retry: 'slicewave.retry',
  skip: 'slicewave.skip',
  worktree: 'slicewave.openWorktree',
  terminal: 'slicewave.showTerminal',
  trace: 'slicewave.openTrace',
  diff: 'slicewave.openRunDiff',
  inspect: 'slicewave.inspectRun',
  task: 'slicewave.openTaskSpec',
};

function post(open: OpenPanel, message: ToDashboard): Thenable<boolean> {
  return open.panel.webview.postMessage(message);
}

function isOf(open: OpenPanel, plan: OpenPlan): boolean {
  return open.root === plan.root && open.planDir === plan.dir;
}

function keyOf(root: string, planDir: string): string {
  return `${root}\0${planDir}`;
}

function titleOf(planDir: string): string {
  return planDir.split('/').at(-1) ?? planDir;
}
