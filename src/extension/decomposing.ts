import * as vscode from 'vscode';
import type { Decomposition } from '../node/engine-model.ts';
import { commandAction, failureNotice, notice, untrusted, type Notice } from './notices.ts';
import { decompositionMarkdown } from './markdown-documents.ts';
import type { Project, Projects } from './projects.ts';
import type { Settings } from './settings.ts';

/** Where spec files are found, as `formats` has it. */
export const SPEC_FILES = '**/{*.spec.md,specs/**/*.md,tech-specs/**/*.md}';
export const PREVIEW_SCHEME = 'slicewave-preview';

const NEW_SPEC = `---
id: TS-0001
title: Title
status: draft
---

# Title

## Outcome

What is different for whom when this is done.

## In scope

- src/

## Out of scope

-

## Evidence

- \`npm test\` passes

## Slices

- A1: First slice (files: src/example.ts; verify: npm test; estimate: 2h)
`;

interface Pending {
  readonly project: Project;
  readonly decomposition: Decomposition;
  readonly spec: string;
}

/** From a spec to a plan, in two steps: a preview that writes nothing, then writing what was shown. */
export class Decomposing implements vscode.TextDocumentContentProvider {
  readonly #projects: Projects;
  readonly #settings: (root: string) => Settings;
  readonly #pending = new Map<string, Pending>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #closed: vscode.Disposable;

  readonly onDidChange = this.#changed.event;

  constructor(projects: Projects, settings: (root: string) => Settings) {
    this.#projects = projects;
    this.#settings = settings;
    this.#closed = vscode.workspace.onDidCloseTextDocument((document) => {
      if (document.uri.scheme === PREVIEW_SCHEME) this.#pending.delete(document.uri.toString());
    });
  }

  /** Decomposes and shows what would be written. */
  async preview(argument: unknown): Promise<Notice | null> {
    const spec = await specOf(argument);
    if (spec === null) return null;
    if ('severity' in spec) return spec;
    if (this.#projects.readiness === 'loading') await this.#projects.refresh();
    const project = this.#projects.projectOf(spec);
    if (!project) {
      const failed = this.#projects.failure;
      return failed
        ? failureNotice(failed)
        : notice(`${spec.fsPath} is in no git repository of this workspace.`, 'Open the folder of its repository.');
    }
    const saved = await ensureSaved(spec);
    if (!saved) return notice('The spec could not be saved.', 'Save it, then decompose again.');
    const { decomposer } = this.#settings(project.root);
    if (decomposer !== 'structure' && !vscode.workspace.isTrusted) return untrusted;
    const name = vscode.workspace.asRelativePath(spec, false);
    const result = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Decomposing ${name}`, cancellable: true },
      (progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        return project.engine.decompose(spec.fsPath, {
          with: decomposer,
          signal: controller.signal,
          onProgress: (message) => progress.report({ message }),
        });
      },
    );
    if (!result.ok) return result.failure.reason === 'cancelled' ? null : failureNotice(result.failure);
    const pending: Pending = { project, decomposition: result.value, spec: name };
    const uri = vscode.Uri.from({
      scheme: PREVIEW_SCHEME,
      path: `/${result.value.dir.split('/').at(-1) ?? 'plan'}.md`,
      query: project.root,
    });
    this.#pending.set(uri.toString(), pending);
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: false });
    return this.#offer(uri, pending);
  }

  /** Writes the previewed plan. Without an argument: the one in the active editor, or the only one. */
  async write(argument: unknown): Promise<Notice | null> {
    const found = this.#find(argument);
    if (!found) return notice('There is no preview to write.', 'Decompose a spec first.');
    const { uri, pending } = found;
    const { decomposition, project } = pending;
    if (decomposition.exists && !(await confirmReplace(decomposition.dir))) return null;
    const result = await project.engine.write(decomposition, { replace: decomposition.exists });
    if (!result.ok) return failureNotice(result.failure);
    await closeTabs(uri);
    this.#pending.delete(uri.toString());
    await this.#projects.refresh();
    await vscode.commands.executeCommand('slicewave.plans.focus');
    const target = { root: project.root, planDir: result.value.dir };
    const { plan, graph } = decomposition.loaded;
    return {
      severity: 'information',
      message: `Wrote ${plan.slices.length} slices in ${graph.waves.length} waves to ${result.value.dir}.`,
      remedy: '',
      actions: [
        commandAction('Run Plan', 'slicewave.runPlan', target),
        commandAction('Open Dashboard', 'slicewave.openDashboard', target),
      ],
    };
  }

  async discard(argument: unknown): Promise<Notice | null> {
    const found = this.#find(argument);
    if (!found) return null;
    await closeTabs(found.uri);
    this.#pending.delete(found.uri.toString());
    return null;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const pending = this.#pending.get(uri.toString());
    // VS Code restores editors of the last session; what they showed was never written and is gone.
    if (!pending) return 'This preview is no longer there. Decompose the spec again.\n';
    return decompositionMarkdown(pending.decomposition, pending.spec);
  }

  dispose(): void {
    this.#closed.dispose();
    this.#changed.dispose();
  }

  #offer(uri: vscode.Uri, pending: Pending): Notice {
    const { plan, graph, findings } = pending.decomposition.loaded;
    const errors = findings.filter((finding) => finding.severity === 'error').length;
    const found = findings.length === 0 ? 'No findings.' : `${findings.length} findings, ${errors} of them errors.`;
    return {
      severity: errors > 0 ? 'warning' : 'information',
      message: `${plan.slices.length} slices in ${graph.waves.length} waves. ${found}`,
      remedy: 'Nothing is written yet.',
      actions: [
        commandAction('Write Plan', 'slicewave.writeDecomposition', uri),
        commandAction('Discard', 'slicewave.discardDecomposition', uri),
      ],
    };
  }

  #find(argument: unknown): { readonly uri: vscode.Uri; readonly pending: Pending } | null {
    const active = vscode.window.activeTextEditor?.document.uri;
    const only = this.#pending.size === 1 ? [...this.#pending.keys()][0] : undefined;
    for (const uri of [argument, active, only === undefined ? undefined : vscode.Uri.parse(only)]) {
      if (!(uri instanceof vscode.Uri)) continue;
      const pending = this.#pending.get(uri.toString());
      if (pending) return { uri, pending };
    }
    return null;
  }
}

/** An unsaved spec with the four answers to fill in. */
export async function newSpec(): Promise<null> {
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: NEW_SPEC });
  await vscode.window.showTextDocument(document);
  return null;
}

/** The spec that was meant: the argument, the active editor, or one picked from the workspace. `null`: none picked. */
async function specOf(argument: unknown): Promise<vscode.Uri | Notice | null> {
  if (argument instanceof vscode.Uri) return argument;
  const found = await vscode.workspace.findFiles(SPEC_FILES, '**/{node_modules,.git,parallel}/**', 500);
  const active = vscode.window.activeTextEditor?.document.uri;
  const isActive = (uri: vscode.Uri): boolean => active?.toString() === uri.toString();
  if (found.length === 0) {
    if (active?.path.endsWith('.md') && active.scheme === 'file') return active;
    return notice(
      'There is no spec in this workspace.',
      'A spec is a Markdown file named *.spec.md, or one in specs/ or tech-specs/.',
      commandAction('New Spec', 'slicewave.newSpec'),
    );
  }
  const activeSpec = found.find(isActive);
  if (activeSpec) return activeSpec;
  // Nothing is written before the preview, so the only spec needs no question.
  if (found.length === 1) return found[0] ?? null;
  const items = found
    .map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }))
    .toSorted((a, b) => (a.label < b.label ? -1 : 1));
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: 'Which spec should be decomposed?',
    ignoreFocusOut: true,
  });
  return chosen?.uri ?? null;
}

/** The engine reads the file, so what the person sees must be in it. */
async function ensureSaved(uri: vscode.Uri): Promise<boolean> {
  const document = vscode.workspace.textDocuments.find((entry) => entry.uri.toString() === uri.toString());
  return !document?.isDirty || document.save();
}

async function confirmReplace(dir: string): Promise<boolean> {
  const replace = { label: '$(replace) Replace the plan', description: dir };
  const chosen = await vscode.window.showQuickPick([replace, { label: '$(close) Keep it as it is' }], {
    title: `${dir} holds a plan already`,
    placeHolder: 'Replacing overwrites its manifest, task specs and prompts; git keeps what was committed',
    ignoreFocusOut: true,
  });
  return chosen === replace;
}

async function closeTabs(uri: vscode.Uri): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString());
  await vscode.window.tabGroups.close(tabs);
}
