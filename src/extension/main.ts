import * as vscode from 'vscode';
import { Alerts } from './run/alerts.ts';
import { CommitFiles, COMMIT_SCHEME } from './evidence/commit-files.ts';
import { registerCommands } from './commands.ts';
import { Dashboards } from './dashboard/dashboard-panel.ts';
import { Decomposing, PREVIEW_SCHEME, SPEC_FILES } from './decompose/decomposing.ts';
import { FindingLinks } from './language/finding-links.ts';
import { Inspections } from './evidence/inspection.ts';
import type { Linting } from './language/language-client.ts';
import { PlanRuns } from './run/plan-runs.ts';
import { PlanTree } from './tree/plan-tree.ts';
import { JUDGEMENT_SCHEME, Judging } from './decompose/judging.ts';
import { Projects } from './projects.ts';
import { Provenance } from './evidence/provenance.ts';
import { REPLAN_SCHEME, Replanning } from './replan/replanning.ts';
import { RULE_SCHEME, RulePages } from './language/rule-pages.ts';
import { onSettings, readSettings } from './settings.ts';
import { TerminalLauncher, WORKTREES_VARIABLE } from './run/terminals.ts';
import { Traces, TRACE_SCHEME } from './evidence/traces.ts';

let closing: (() => Promise<void>) | null = null;

/** How long the end of a window waits for running attempts to stop cleanly; VS Code gives five seconds at most. */
const CLOSE_MS = 4000;

/**
 * Wires the extension. Returns at once: repositories are looked for afterwards, and the engine and the language client
 * are loaded (the imports below are evaluated) only then.
 */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Slicewave', { log: true });
  const inheritedRoot = process.env[WORKTREES_VARIABLE];
  /** The integration pass runs in this process, the runners in terminals; both read the same variable. */
  const applyWorktreeRoot = (): void => {
    const root = readSettings().worktreeRoot ?? inheritedRoot;
    if (root === undefined) delete process.env[WORKTREES_VARIABLE];
    else process.env[WORKTREES_VARIABLE] = root;
  };
  applyWorktreeRoot();
  const slicewave = [process.execPath, context.asAbsolutePath('dist/cli.js')];
  const projects = new Projects(async (dir) =>
    (await import('../node/engine.ts')).openEngine(dir, { slicewave, editor: true }),
  );
  const terminals = new TerminalLauncher(readSettings);
  const runs = new PlanRuns({ projects, launcher: terminals, settings: readSettings, memory: context.workspaceState });
  const replanning = new Replanning(projects, readSettings);
  const decomposing = new Decomposing(projects, readSettings, (plan, change) => replanning.preview(plan, change));
  const judging = new Judging(projects);
  const commitFiles = new CommitFiles(projects);
  const traces = new Traces(projects);
  const inspections = new Inspections(projects);
  const dashboards = new Dashboards({ projects, runs, extension: context.extensionUri });
  const provenance = new Provenance({
    projects,
    media: vscode.Uri.joinPath(context.extensionUri, 'media'),
    enabled: readSettings().provenance,
  });

  let linting: Promise<Linting> | null = null;
  const lint = (): Promise<Linting> =>
    (linting ??= import('./language/language-client.ts').then(
      ({ Linting }) => new Linting(context.asAbsolutePath('dist/server.cjs'), readSettings),
    ));

  const found = projects.refresh().catch((cause: unknown) => {
    log.error(cause instanceof Error ? cause : String(cause));
  });

  context.subscriptions.push(
    log,
    projects,
    terminals,
    decomposing,
    replanning,
    judging,
    commitFiles,
    traces,
    inspections,
    dashboards,
    provenance,
    new PlanTree(projects),
    new Alerts(projects),
    vscode.workspace.registerTextDocumentContentProvider(PREVIEW_SCHEME, decomposing),
    vscode.languages.registerDocumentLinkProvider({ scheme: PREVIEW_SCHEME }, decomposing),
    vscode.languages.registerDocumentLinkProvider(
      { scheme: PREVIEW_SCHEME },
      new FindingLinks((document, file) => decomposing.place(document, file)),
    ),
    vscode.workspace.registerTextDocumentContentProvider(REPLAN_SCHEME, replanning),
    vscode.workspace.registerTextDocumentContentProvider(JUDGEMENT_SCHEME, judging),
    vscode.languages.registerDocumentLinkProvider(
      { scheme: JUDGEMENT_SCHEME },
      new FindingLinks((document, file) => judging.place(document, file)),
    ),
    vscode.languages.registerDocumentLinkProvider(
      { scheme: REPLAN_SCHEME },
      new FindingLinks((document, file) => replanning.place(document, file)),
    ),
    vscode.workspace.registerTextDocumentContentProvider(TRACE_SCHEME, traces),
    vscode.workspace.registerTextDocumentContentProvider(RULE_SCHEME, new RulePages()),
    vscode.workspace.registerFileSystemProvider(COMMIT_SCHEME, commitFiles, {
      isReadonly: true,
      isCaseSensitive: true,
    }),
    registerCommands({
      projects,
      runs,
      terminals,
      decomposing,
      replanning,
      judging,
      dashboards,
      inspections,
      traces,
      linting: lint,
      settings: readSettings,
      found,
      log,
    }),
    onSettings((affects) => {
      if (affects('provenance.enabled')) provenance.setEnabled(readSettings().provenance);
      if (affects('lint.enabled')) void startOrStop();
      else if (affects('lint.run')) void restart();
      if (affects('worktreeRoot')) applyWorktreeRoot();
    }),
    vscode.workspace.onDidOpenTextDocument((document) => {
      if (document.languageId === 'markdown' && document.uri.scheme === 'file') void startOrStop();
    }),
  );

  /** The server runs where there is something to lint, and the person has not turned it off. */
  async function startOrStop(): Promise<void> {
    try {
      if (!readSettings().lint) await (await linting)?.stop();
      else await (await lint()).start();
    } catch (cause) {
      log.error(cause instanceof Error ? cause : String(cause));
    }
  }

  /** When to look. The client learns it once, at its start. */
  async function restart(): Promise<void> {
    if (linting === null) return;
    await (await linting).stop();
    await startOrStop();
  }

  async function afterFound(): Promise<void> {
    await found;
    const open = vscode.workspace.textDocuments.some((document) => document.languageId === 'markdown');
    const specs = await vscode.workspace.findFiles(SPEC_FILES, '**/{node_modules,.git}/**', 1);
    await vscode.commands.executeCommand('setContext', 'slicewave.hasSpec', specs.length > 0);
    if (open || specs.length > 0 || projects.plans().length > 0) await startOrStop();
    await runs.offerResume();
  }
  void afterFound();

  closing = async () => {
    await Promise.race([
      Promise.all([runs.close(), linting?.then((client) => client.stop())]),
      new Promise((resolve) => setTimeout(resolve, CLOSE_MS)),
    ]);
  };
}

/** Asks running attempts to stop, so that they are snapshotted and can be resumed. */
export async function deactivate(): Promise<void> {
  await closing?.();
}
