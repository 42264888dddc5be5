import * as vscode from 'vscode';
import { replanMarkdown } from '../core/replan/changes-text.ts';
import type { Operation } from '../core/replan/operations.ts';
import { isActive, stateLabel } from '../core/run/fold.ts';
import type { Engine, ReplanChange, ReplanPreview } from '../node/engine-model.ts';
import { commandAction, failureNotice, notice, type Notice } from './notices.ts';
import type { Projects } from './projects.ts';
import type { ReadPlan } from './tree-nodes.ts';

export const REPLAN_SCHEME = 'slicewave-replan';

const KINDS = [
  {
    how: 'spec',
    label: '$(refresh) Decompose the spec anew',
    detail: 'What the spec says now; what is verified stays',
  },
  { how: 'cut', label: '$(remove) Cut slices', detail: 'Their runs and branches are kept' },
  { how: 'split', label: '$(split-horizontal) Split slices', detail: 'In parts, by directory or by file' },
  { how: 'merge', label: '$(git-merge) Merge slices', detail: 'Into one, under the id of the first' },
  { how: 'add', label: '$(add) Add a slice', detail: 'As a spec declares it' },
  { how: 'undo', label: '$(discard) Undo the last change', detail: 'As long as nothing stands on it' },
] as const;

/** Changes a plan while it runs: what would change is shown as a document first. */
export class Replanning implements vscode.TextDocumentContentProvider {
  readonly #projects: Projects;
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #closed: vscode.Disposable;

  readonly onDidChange = this.#changed.event;

  constructor(projects: Projects) {
    this.#projects = projects;
    this.#closed = vscode.workspace.onDidCloseTextDocument((document) => {
      if (document.uri.scheme === REPLAN_SCHEME) this.#texts.delete(document.uri.toString());
    });
  }

  /** Asks what should change, and shows the difference of the two plans. */
  async ask(plan: ReadPlan): Promise<Notice | null> {
    const engine = this.#projects.engine(plan.root);
    if (!engine) return null;
    const kind = await vscode.window.showQuickPick(KINDS, {
      title: `Re-plan ${plan.state.plan}`,
      placeHolder: 'How should the plan change? Nothing is written before you have seen it',
      matchOnDetail: true,
      ignoreFocusOut: true,
    });
    if (!kind) return null;
    if (kind.how === 'undo') return this.#undo(engine, plan);
    const change = kind.how === 'spec' ? await this.#anew(engine, plan) : await operationsOf(kind.how, plan);
    if (change === null || 'severity' in change) return change;
    const shown = await engine.previewReplan({ planDir: plan.dir, change });
    if (!shown.ok) return failureNotice(shown.failure);
    return this.#show(engine, plan, shown.value);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? 'This preview is no longer there. Re-plan again.\n';
  }

  dispose(): void {
    this.#closed.dispose();
    this.#changed.dispose();
  }

  async #show(engine: Engine, plan: ReadPlan, preview: ReplanPreview): Promise<Notice> {
    const { diff, blocked } = preview.summary;
    if (preview.changed.length === 0 && blocked.length === 0) {
      const why = preview.summary.notes.map(({ about, text }) => `${about} ${text}.`).join(' ');
      return notice('Nothing would change.', why);
    }
    const uri = vscode.Uri.from({ scheme: REPLAN_SCHEME, path: `/${plan.state.plan}.md`, query: plan.root });
    this.#texts.set(uri.toString(), replanMarkdown(preview.summary));
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: false });
    if (blocked.length > 0) return notice('The plan cannot be changed like this.', blocked[0] ?? '');
    return {
      severity: 'information',
      message: `${diff.added.length} slices added, ${diff.cut.length} cut, ${diff.changed.length} changed, ${diff.kept.length} kept.`,
      remedy: 'Nothing is written yet.',
      actions: [
        { title: 'Apply', run: () => this.#apply(engine, plan, preview, uri) },
        { title: 'Discard', run: () => closeTabs(uri) },
      ],
    };
  }

  async #apply(engine: Engine, plan: ReadPlan, preview: ReplanPreview, uri: vscode.Uri): Promise<void> {
    const done = await engine.applyReplan(preview);
    if (!done.ok) {
      await vscode.window.showErrorMessage(`${done.failure.message} ${done.failure.remedy}`);
      return;
    }
    await closeTabs(uri);
    await this.#projects.refresh();
    vscode.window.setStatusBarMessage(`$(check) ${plan.state.plan} is re-planned`, 5000);
  }

  async #undo(engine: Engine, plan: ReadPlan): Promise<Notice | null> {
    const undone = await engine.undoReplan(plan.dir);
    if (!undone.ok) return failureNotice(undone.failure);
    await this.#projects.refresh();
    return {
      severity: 'information',
      message: `${plan.state.plan} is as it was.`,
      remedy: '',
      actions: [commandAction('Open Plan', 'slicewave.openPlan', { root: plan.root, planDir: plan.dir })],
    };
  }

  async #anew(engine: Engine, plan: ReadPlan): Promise<ReplanChange | Notice | null> {
    const loaded = await engine.load(plan.dir);
    if (!loaded.ok) return failureNotice(loaded.failure);
    const { specPath } = loaded.value.plan;
    if (specPath === null)
      return notice(
        `${plan.state.plan} does not say which spec it came from.`,
        'Name it in the manifest: metadata.tech_spec.',
      );
    const spec = vscode.Uri.joinPath(vscode.Uri.file(plan.root), specPath);
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === spec.toString());
    if (open?.isDirty && !(await open.save()))
      return notice('The spec could not be saved.', 'Save it, then plan again.');
    const made = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Decomposing ${specPath}`, cancellable: true },
      (progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        return engine.decompose(spec.fsPath, {
          dir: plan.dir,
          signal: controller.signal,
          onProgress: (message) => progress.report({ message }),
        });
      },
    );
    if (!made.ok) return made.failure.reason === 'cancelled' ? null : failureNotice(made.failure);
    return { kind: 'decomposition', decomposition: made.value };
  }
}

async function operationsOf(
  kind: 'cut' | 'split' | 'merge' | 'add',
  plan: ReadPlan,
): Promise<ReplanChange | Notice | null> {
  if (kind === 'add') {
    const text = await vscode.window.showInputBox({
      title: `Add a slice to ${plan.state.plan}`,
      prompt: 'A9: Title (after A1; files: src/z.ts; verify: npm test)',
      ignoreFocusOut: true,
    });
    return text ? { kind: 'operations', operations: [{ kind, text }] } : null;
  }
  const free = plan.state.slices.filter(({ state }) => state !== 'verified' && state !== 'merged' && !isActive(state));
  if (free.length === 0)
    return notice(`Every slice of ${plan.state.plan} is verified or runs.`, 'Add a slice instead.');
  const chosen = await vscode.window.showQuickPick(
    free.map((slice) => ({ label: `${slice.id} ${slice.title}`, description: stateLabel(slice.state), id: slice.id })),
    {
      canPickMany: true,
      placeHolder: kind === 'merge' ? 'Which slices become one?' : `Which slices should be ${kind}?`,
      ignoreFocusOut: true,
    },
  );
  const ids = (chosen ?? []).map(({ id }) => id);
  if (ids.length === 0) return null;
  const operations: Operation[] =
    kind === 'merge' ? [{ kind, ids, as: null }] : ids.map((id): Operation => ({ kind, id }));
  return { kind: 'operations', operations };
}

async function closeTabs(uri: vscode.Uri): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString());
  await vscode.window.tabGroups.close(tabs);
}
