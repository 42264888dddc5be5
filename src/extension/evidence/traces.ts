import * as vscode from 'vscode';
import { failureNotice, type Notice } from '../notices.ts';
import { traceMarkdown } from './trace-markdown.ts';
import type { Projects } from '../projects.ts';
import type { RunTarget } from '../open-plan.ts';

export const TRACE_SCHEME = 'slicewave-trace';

/** Traces as Markdown documents: `slicewave-trace:/A1 attempt 2.md?{"root":…,"run":…}`; a live run's is kept up to date. */
export class Traces implements vscode.TextDocumentContentProvider {
  readonly #projects: Projects;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #changes: vscode.Disposable;

  readonly onDidChange = this.#changed.event;

  constructor(projects: Projects) {
    this.#projects = projects;
    this.#changes = projects.onDidChange((plan) => {
      for (const { uri } of vscode.workspace.textDocuments) {
        const shown = runOf(uri);
        if (shown && (!plan || shown.root === plan.root)) this.#changed.fire(uri);
      }
    });
  }

  async open(target: RunTarget): Promise<Notice | null> {
    const { plan, slice, run } = target;
    const trace = await this.#projects.engine(plan.root)?.trace(run.runId);
    if (trace && !trace.ok) return failureNotice(trace.failure);
    const uri = vscode.Uri.from({
      scheme: TRACE_SCHEME,
      path: `/${slice} attempt ${run.attempt}.md`,
      query: JSON.stringify({ root: plan.root, run: run.runId }),
    });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
    return null;
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const shown = runOf(uri);
    if (!shown) return 'This trace cannot be named any more.\n';
    if (!this.#projects.engine(shown.root)) await this.#projects.refresh();
    const trace = await this.#projects.engine(shown.root)?.trace(shown.run);
    if (!trace) return 'The repository of this trace is not open.\n';
    return trace.ok ? traceMarkdown(trace.value) : `${trace.failure.message}\n\n${trace.failure.remedy}\n`;
  }

  dispose(): void {
    this.#changes.dispose();
    this.#changed.dispose();
  }
}

function runOf(uri: vscode.Uri): { readonly root: string; readonly run: string } | null {
  if (uri.scheme !== TRACE_SCHEME) return null;
  try {
    const value: unknown = JSON.parse(uri.query);
    if (typeof value !== 'object' || value === null || !('root' in value) || !('run' in value)) return null;
    return typeof value.root === 'string' && typeof value.run === 'string'
      ? { root: value.root, run: value.run }
      : null;
  } catch {
    return null;
  }
}
