import * as vscode from 'vscode';
import { judgementMarkdown } from '../../core/view/judgement-markdown.ts';
import { failureNotice, notice, type Notice } from '../notices.ts';
import { showPlanDocument } from './plan-documents.ts';
import type { Projects } from '../projects.ts';
import type { ReadPlan } from '../open-plan.ts';

export const JUDGEMENT_SCHEME = 'slicewave-judgement';

/** Everything that can be said of a plan before an agent is paid for, as a document. Reads only. */
export class Judging implements vscode.TextDocumentContentProvider {
  readonly #projects: Projects;
  readonly #shown = new Map<string, { readonly text: string; readonly root: string; readonly planDir: string }>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #closed: vscode.Disposable;

  readonly onDidChange = this.#changed.event;

  constructor(projects: Projects) {
    this.#projects = projects;
    this.#closed = vscode.workspace.onDidCloseTextDocument((document) => {
      if (document.uri.scheme === JUDGEMENT_SCHEME) this.#shown.delete(document.uri.toString());
    });
  }

  async show(plan: ReadPlan): Promise<Notice | null> {
    const engine = this.#projects.engine(plan.root);
    if (!engine) return notice('This plan belongs to no repository of the workspace any more.', 'Refresh the tree.');
    const judged = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Judging ${plan.state.plan}`, cancellable: true },
      (progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        return engine.judge(plan.dir, {
          signal: controller.signal,
          onProgress: (message) => progress.report({ message }),
        });
      },
    );
    if (!judged.ok) return judged.failure.reason === 'cancelled' ? null : failureNotice(judged.failure);
    const uri = vscode.Uri.from({
      scheme: JUDGEMENT_SCHEME,
      path: `/${plan.state.plan} (judged).md`,
      query: plan.root,
    });
    const text = judgementMarkdown(judged.value.loaded.plan, judged.value.judgement);
    this.#shown.set(uri.toString(), { text, root: plan.root, planDir: plan.dir });
    this.#changed.fire(uri);
    await showPlanDocument(uri, text);
    return null;
  }

  /** The plan that a document judges, for the buttons in its title bar: judge it again, re-plan. */
  targetOf(argument: unknown): { readonly root: string; readonly planDir: string } | null {
    return argument instanceof vscode.Uri ? (this.#shown.get(argument.toString()) ?? null) : null;
  }

  /** Where a file that a document speaks of is. */
  place(document: vscode.Uri, file: string): vscode.Uri {
    return vscode.Uri.joinPath(vscode.Uri.file(document.query), file);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#shown.get(uri.toString())?.text ?? 'This judgement is no longer there. Judge the plan again.\n';
  }

  dispose(): void {
    this.#closed.dispose();
    this.#changed.dispose();
  }
}
