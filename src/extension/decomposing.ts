import * as vscode from 'vscode';
import { DECOMPOSERS, decomposerOf, type DecomposerId } from '../core/decompose/table.ts';
import type { Decomposition } from '../node/engine-model.ts';
import { languageModelAgent } from './language-model.ts';
import { commandAction, failureNotice, notice, untrusted, type Notice } from './notices.ts';
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

/** `(file:12, code)` of a finding, and `- file (12 lines)` of a file of the plan. */
const LINKED = /(\(|^- )([^\s():]+)(?::(\d+), [\w.-]+\)$| \(\d+ lines?\)$)/gm;

interface Pending {
  readonly project: Project;
  readonly decomposition: Decomposition;
  readonly spec: string;
}

/** From a spec to a plan, in two steps: a preview that writes nothing, then writing what was shown. */
export class Decomposing implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider {
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
    const settings = this.#settings(project.root);
    const decomposer = settings.decomposer === 'ask' ? await askDecomposer() : settings.decomposer;
    if (decomposer === null) return null;
    const { kind } = decomposerOf(decomposer);
    if ((kind === 'agent' || kind === 'editor') && !vscode.workspace.isTrusted) return untrusted;
    const name = vscode.workspace.asRelativePath(spec, false);
    const result = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Decomposing ${name}`, cancellable: true },
      (progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        return project.engine.decompose(spec.fsPath, {
          // What another tool wrote is read by its importer, whoever decomposes specs here.
          otherwise: decomposer,
          corrections: settings.corrections,
          command: settings.agentCommand,
          ...(settings.model ? { model: settings.model } : {}),
          editorModel: languageModelAgent({ model: settings.model }),
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
    await closeTabs(uri, pending);
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
    await closeTabs(found.uri, found.pending);
    this.#pending.delete(found.uri.toString());
    return null;
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const found = this.#pendingOf(uri);
    // VS Code restores editors of the last session; what they showed was never written and is gone.
    if (!found) return 'This preview is no longer there. Decompose the spec again.\n';
    const { decomposition } = found.pending;
    if (uri.toString() !== found.uri.toString()) return decomposition.files.get(nameIn(decomposition, uri)) ?? '';
    // Evaluated when the first preview is shown: a window that decomposes nothing starts as fast as before.
    const { previewOf } = await import('../core/decompose/preview.ts');
    const { previewMarkdown } = await import('../core/view/preview-markdown.ts');
    return previewMarkdown(previewOf(decomposition));
  }

  /** Every `file:line` of the preview and every file of the plan leads there; files not written yet are shown as they would be. */
  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const found = this.#pendingOf(document.uri);
    if (!found || found.uri.toString() !== document.uri.toString()) return [];
    const { project, decomposition } = found.pending;
    const links: vscode.DocumentLink[] = [];
    for (const match of document.getText().matchAll(LINKED)) {
      const [, before = '', file = '', line] = match;
      const start = match.index + before.length;
      const length = file.length + (line === undefined ? 0 : line.length + 1);
      const range = new vscode.Range(document.positionAt(start), document.positionAt(start + length));
      const name = file.startsWith(`${decomposition.dir}/`) ? file.slice(decomposition.dir.length + 1) : null;
      const isPlanned = name !== null && decomposition.files.has(name);
      if (!isPlanned && file !== decomposition.making.specPath) continue;
      const target = isPlanned
        ? document.uri.with({ path: `/${file}` })
        : vscode.Uri.joinPath(vscode.Uri.file(project.root), file);
      links.push(new vscode.DocumentLink(range, target.with(line === undefined ? {} : { fragment: `L${line}` })));
    }
    return links;
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
      const found = this.#pendingOf(uri);
      if (found) return found;
    }
    return null;
  }

  /** The preview that an editor belongs to: the preview itself, or a file of the plan as it would be written. */
  #pendingOf(uri: vscode.Uri): { readonly uri: vscode.Uri; readonly pending: Pending } | null {
    const own = this.#pending.get(uri.toString());
    if (own) return { uri, pending: own };
    if (uri.scheme !== PREVIEW_SCHEME) return null;
    for (const [key, pending] of this.#pending) {
      const isIn = uri.path.startsWith(`/${pending.decomposition.dir}/`) && uri.query === pending.project.root;
      if (isIn) return { uri: vscode.Uri.parse(key), pending };
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
  const activeSpec = found.find(isActive);
  if (activeSpec) return activeSpec;
  if (await isImportable(vscode.window.activeTextEditor?.document)) return active ?? null;
  if (found.length === 0) {
    if (active?.path.endsWith('.md') && active.scheme === 'file') return active;
    return notice(
      'There is no spec in this workspace.',
      'A spec is a Markdown file named *.spec.md, or one in specs/ or tech-specs/.',
      commandAction('New Spec', 'slicewave.newSpec'),
    );
  }
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

/** Whether another tool wrote it: tasks of Kiro, Spec Kit, OpenSpec, Task Master, Backlog.md, a GitHub issue. */
async function isImportable(document: vscode.TextDocument | undefined): Promise<boolean> {
  if (document?.uri.scheme !== 'file') return false;
  const { importerFor } = await import('../core/decompose/import/importers.ts');
  return importerFor(vscode.workspace.asRelativePath(document.uri, false), document.getText()) !== null;
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

/** Who cuts the spec. Importers are not asked for: what they read is told by its file. */
async function askDecomposer(): Promise<DecomposerId | null> {
  const items = DECOMPOSERS.filter((row) => row.kind !== 'import').map((row) => ({
    label: row.title,
    description: row.id,
    detail: row.needs === '' ? row.how : `${row.how} Needs ${row.needs}.`,
    id: row.id,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: 'Who should cut the spec into slices?',
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  return chosen?.id ?? null;
}

/** The name in the plan directory of a file that is shown as it would be written. */
function nameIn(decomposition: Decomposition, uri: vscode.Uri): string {
  return uri.path.slice(decomposition.dir.length + 2);
}

async function closeTabs(uri: vscode.Uri, pending: Pending): Promise<void> {
  const isOurs = (other: vscode.Uri): boolean =>
    other.toString() === uri.toString() ||
    (other.scheme === PREVIEW_SCHEME &&
      other.query === pending.project.root &&
      other.path.startsWith(`/${pending.decomposition.dir}/`));
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => tab.input instanceof vscode.TabInputText && isOurs(tab.input.uri));
  await vscode.window.tabGroups.close(tabs);
}
