import * as vscode from 'vscode';
import { replanMarkdown, sentence } from '../../core/replan/changes-text.ts';
import type { Engine } from '../../node/engine.ts';
import type { ReplanChange, ReplanPreview } from '../../node/replan/model.ts';
import { decomposed } from '../decompose/decomposer.ts';
import { capital, commandAction, failureNotice, notice, showNotice, type Notice } from '../notices.ts';
import { closePlanDocument, showPlanDocument } from '../decompose/plan-documents.ts';
import type { Projects } from '../projects.ts';
import { askChange, askKind } from './replan-questions.ts';
import type { Settings } from '../settings.ts';
import type { ReadPlan } from '../open-plan.ts';
import { counted } from '../../core/text/printing.ts';

export const REPLAN_SCHEME = 'slicewave-replan';

const noProject = notice('This plan belongs to no repository of the workspace any more.', 'Refresh the plans view.');

interface Shown {
  readonly engine: Engine;
  readonly plan: ReadPlan;
  readonly preview: ReplanPreview;
}

/** Changes a plan while it runs, in two steps: a document that shows the difference, then writing what was shown. */
export class Replanning implements vscode.TextDocumentContentProvider {
  readonly #projects: Projects;
  readonly #settings: (root: string) => Settings;
  readonly #shown = new Map<string, Shown>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #closed: vscode.Disposable;

  readonly onDidChange = this.#changed.event;

  constructor(projects: Projects, settings: (root: string) => Settings) {
    this.#projects = projects;
    this.#settings = settings;
    this.#closed = vscode.workspace.onDidCloseTextDocument((document) => {
      if (document.uri.scheme === REPLAN_SCHEME) this.#shown.delete(document.uri.toString());
    });
  }

  /** Asks what should change, of a slice where one is meant, and shows the difference of the two plans. */
  async ask(plan: ReadPlan, slice?: string): Promise<Notice | null> {
    const engine = this.#projects.engine(plan.root);
    if (!engine) return noProject;
    const kind = await askKind(plan, slice);
    if (kind === null) return null;
    if (kind === 'undo') return this.#undo(engine, plan);
    const change = kind === 'spec' ? await this.#anew(engine, plan) : await askChange(kind, { engine, plan, slice });
    return change === null || 'severity' in change ? change : this.preview(plan, change);
  }

  /** Shows what a change would do. */
  async preview(plan: ReadPlan, change: ReplanChange): Promise<Notice> {
    const engine = this.#projects.engine(plan.root);
    if (!engine) return noProject;
    const preview = await engine.previewReplan({ planDir: plan.dir, change });
    if (!preview.ok) return failureNotice(preview.failure);
    return this.#show({ engine, plan, preview: preview.value });
  }

  /** Writes what is shown. Without an argument: in the active editor, or the only one. */
  async apply(argument: unknown): Promise<Notice | null> {
    const found = this.#find(argument);
    if (!found) return notice('There is no re-planning to apply.', 'Re-plan first.');
    const { engine, plan, preview } = found.shown;
    const done = await engine.applyReplan(preview);
    if (!done.ok) return failureNotice(done.failure);
    this.#shown.delete(found.uri.toString());
    await closePlanDocument(found.uri, found.shown.plan);
    await this.#projects.refresh();
    return {
      severity: 'information',
      message: `${plan.state.plan} is re-planned: ${sentence(preview.summary.diff)}.`,
      remedy: '',
      actions: [
        { title: 'Undo', run: () => this.#undoAndTell(engine, plan) },
        commandAction('Open Dashboard', 'slicewave.openDashboard', { root: plan.root, planDir: plan.dir }),
      ],
    };
  }

  async discard(argument: unknown): Promise<Notice | null> {
    const found = this.#find(argument);
    if (!found) return null;
    this.#shown.delete(found.uri.toString());
    await closePlanDocument(found.uri, found.shown.plan);
    return null;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const shown = this.#shown.get(uri.toString());
    if (shown) return replanMarkdown(shown.preview.summary, shown.preview.findings);
    const planned = this.#plannedAt(uri);
    // VS Code restores editors of the last session; what they showed was never written and is gone.
    return planned ?? 'This preview is no longer there. Re-plan again.\n';
  }

  /** Where a file that a document speaks of is shown: one of the plan as it would be, since lines are counted in that. */
  place(document: vscode.Uri, file: string): vscode.Uri {
    const planned = document.with({ path: `/${file}` });
    return this.#plannedAt(planned) === null ? vscode.Uri.joinPath(vscode.Uri.file(document.query), file) : planned;
  }

  dispose(): void {
    this.#closed.dispose();
    this.#changed.dispose();
  }

  async #show(shown: Shown): Promise<Notice> {
    const { plan, preview } = shown;
    const { diff, blocked, notes } = preview.summary;
    if (preview.changed.length === 0 && blocked.length === 0) {
      const why = notes.map(({ about, text }) => `${about} ${text}.`).join(' ');
      return notice('Nothing would change.', why);
    }
    const name = `${plan.state.plan} (re-planned).md`;
    const uri = vscode.Uri.from({ scheme: REPLAN_SCHEME, path: `/${name}`, query: plan.root });
    this.#shown.set(uri.toString(), shown);
    this.#changed.fire(uri);
    await showPlanDocument(uri, this.provideTextDocumentContent(uri));
    const warnings = preview.findings.filter(({ severity }) => severity === 'warning').length;
    if (blocked.length > 0) return notice('The plan cannot be changed like this.', capital(blocked[0] ?? ''));
    return {
      severity: warnings > 0 ? 'warning' : 'information',
      message: `${plan.state.plan}: ${sentence(diff)}.${warnings === 0 ? '' : ` ${counted(warnings, 'new warning')}.`}`,
      remedy: 'Nothing is written yet.',
      actions: [
        commandAction('Apply', 'slicewave.applyReplan', uri),
        commandAction('Discard', 'slicewave.discardReplan', uri),
      ],
    };
  }

  async #undo(engine: Engine, plan: ReadPlan): Promise<Notice> {
    const undone = await engine.undoReplan(plan.dir);
    if (!undone.ok) return failureNotice(undone.failure);
    await this.#projects.refresh();
    return {
      severity: 'information',
      message: `${plan.state.plan} is as it was before: ${undone.value.summary}.`,
      remedy: '',
      actions: [commandAction('Open Dashboard', 'slicewave.openDashboard', { root: plan.root, planDir: plan.dir })],
    };
  }

  async #undoAndTell(engine: Engine, plan: ReadPlan): Promise<void> {
    void showNotice(await this.#undo(engine, plan));
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
    const made = await decomposed(engine, vscode.Uri.joinPath(vscode.Uri.file(plan.root), specPath), {
      settings: this.#settings(plan.root),
      dir: plan.dir,
    });
    return made === null || 'severity' in made ? made : { kind: 'decomposition', decomposition: made };
  }

  /** A file of the plan as it would be. */
  #plannedAt(uri: vscode.Uri): string | null {
    for (const { plan, preview } of this.#shown.values()) {
      if (plan.root !== uri.query || !uri.path.startsWith(`/${plan.dir}/`)) continue;
      return preview.next.files.get(uri.path.slice(plan.dir.length + 2)) ?? null;
    }
    return null;
  }

  #find(argument: unknown): { readonly uri: vscode.Uri; readonly shown: Shown } | null {
    const active = vscode.window.activeTextEditor?.document.uri;
    const only = this.#shown.size === 1 ? [...this.#shown.keys()][0] : undefined;
    for (const uri of [argument, active, only === undefined ? undefined : vscode.Uri.parse(only)]) {
      if (!(uri instanceof vscode.Uri)) continue;
      const shown = this.#shown.get(uri.toString());
      if (shown) return { uri, shown };
    }
    return null;
  }
}
