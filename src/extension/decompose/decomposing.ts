import * as vscode from 'vscode';
import { decomposerOf } from '../../core/decompose/table.ts';
import { countedSeverity, countFindings } from '../../core/lint/engine/format.ts';
import type { Decomposition } from '../../node/decompose/model.ts';
import type { ReplanChange } from '../../node/replan/model.ts';
import { askWhomForScopes, decomposed, importerOfFile, type DecomposerRequest, type ScopesFrom } from './decomposer.ts';
import { commandAction, failureNotice, notice, type Notice } from '../notices.ts';
import { closePlanDocument, showPlanDocument } from './plan-documents.ts';
import type { Project, Projects } from '../projects.ts';
import type { Settings } from '../settings.ts';
import { isRead, type ReadPlan } from '../open-plan.ts';
import { counted } from '../../core/text/printing.ts';

/** Where spec files are found, as `formats` has it. */
export const SPEC_FILES = '**/{*.spec.md,specs/**/*.md,tech-specs/**/*.md}';
/** Main files of what other tools write, where they are no spec files by their place. */
const IMPORTED_FILES =
  '**/{openspec/changes/*/tasks.md,.taskmaster/tasks/tasks.json,tasks/tasks.json,backlog/config.yml,backlog/config.yaml}';
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

/** `- file (12 lines)` of a file of the plan. */
const LISTED = /^- (\S+) \(\d+ lines?\)$/gm;

interface Pending {
  readonly project: Project;
  readonly decomposition: Decomposition;
}

/** Shows what changing a plan that is there already would do. */
type ShowReplan = (plan: ReadPlan, change: ReplanChange) => Promise<Notice>;

/** From a spec to a plan, in two steps: a preview that writes nothing, then writing what was shown. */
export class Decomposing implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider {
  readonly #projects: Projects;
  readonly #settings: (root: string) => Settings;
  readonly #replan: ShowReplan;
  readonly #pending = new Map<string, Pending>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #closed: vscode.Disposable;

  readonly onDidChange = this.#changed.event;

  constructor(projects: Projects, settings: (root: string) => Settings, replan: ShowReplan) {
    this.#projects = projects;
    this.#settings = settings;
    this.#replan = replan;
    this.#closed = vscode.workspace.onDidCloseTextDocument((document) => {
      if (document.uri.scheme === PREVIEW_SCHEME) this.#pending.delete(document.uri.toString());
    });
  }

  /** Decomposes and shows what would be written. `how` wins over the setting. */
  async preview(argument: unknown, how: Pick<DecomposerRequest, 'by' | 'last'> = {}): Promise<Notice | null> {
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
    const made = await decomposed(project.engine, spec, {
      settings: this.#settings(project.root),
      ...how,
    });
    return made === null || 'severity' in made ? made : this.#show(project, made);
  }

  /** Asks an agent, once for all, where the tasks of a previewed import work that name no file, and shows what it gives. */
  async askForScopes(argument: unknown, whom: ScopesFrom | null = null): Promise<Notice | null> {
    const found = this.#find(argument);
    if (!found) return notice('There is no preview whose tasks could be asked about.', 'Decompose a task list first.');
    const { project, decomposition } = found.pending;
    const open = withoutFiles(decomposition);
    if (open === 0) return notice('Every slice of this preview names its files.', 'There is nothing to ask.');
    const settings = this.#settings(project.root);
    const scopesFrom = whom ?? (await askWhomForScopes(settings));
    if (scopesFrom === null) return null;
    const { specPath } = decomposition.making;
    const spec = vscode.Uri.joinPath(vscode.Uri.file(project.root), specPath);
    const made = await decomposed(project.engine, spec, { settings, scopesFrom, dir: decomposition.dir });
    return made === null || 'severity' in made ? made : this.#show(project, made);
  }

  async #show(project: Project, made: Decomposition): Promise<Notice> {
    const pending: Pending = { project, decomposition: made };
    const uri = vscode.Uri.from({
      scheme: PREVIEW_SCHEME,
      path: `/${made.dir.split('/').at(-1) ?? 'plan'}.md`,
      query: project.root,
    });
    this.#pending.set(uri.toString(), pending);
    this.#changed.fire(uri);
    await showPlanDocument(uri, await this.provideTextDocumentContent(uri));
    return this.#offer(uri, pending);
  }

  /** Writes the previewed plan. Without an argument: the one in the active editor, or the only one. */
  async write(argument: unknown): Promise<Notice | null> {
    const found = this.#find(argument);
    if (!found) return notice('There is no preview to write.', 'Decompose a spec first.');
    const { uri, pending } = found;
    const { decomposition, project } = pending;
    const how = decomposition.exists ? await askReplace(decomposition.dir) : 'write';
    if (how === null) return null;
    if (how === 'replan') {
      const plan = this.#projects.plan(project.root, decomposition.dir);
      if (!plan || !isRead(plan))
        return notice(`${decomposition.dir} cannot be read.`, 'Replace it, or refresh the tree.');
      await closePlanDocument(uri, planOf(pending));
      this.#pending.delete(uri.toString());
      return this.#replan(plan, { kind: 'decomposition', decomposition });
    }
    const result = await project.engine.write(decomposition, { replace: decomposition.exists });
    if (!result.ok) return failureNotice(result.failure);
    await closePlanDocument(uri, planOf(pending));
    this.#pending.delete(uri.toString());
    await this.#projects.refresh();
    await vscode.commands.executeCommand('slicewave.plans.focus');
    const target = { root: project.root, planDir: result.value.dir };
    const { plan, graph } = decomposition.loaded;
    return {
      severity: 'information',
      message: `Wrote ${counted(plan.slices.length, 'slice')} in ${counted(graph.waves.length, 'wave')} to ${result.value.dir}.`,
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
    await closePlanDocument(found.uri, planOf(found.pending));
    this.#pending.delete(found.uri.toString());
    const { project, decomposition } = found.pending;
    const { by, rounds, specPath } = decomposition.making;
    if (!rounds) return null;
    const spec = vscode.Uri.joinPath(vscode.Uri.file(project.root), specPath);
    return {
      severity: 'information',
      message: `Nothing was written. The answer (${decomposerOf(by).title}) is kept until another one is asked for.`,
      remedy: '',
      actions: [commandAction('Show Again', 'slicewave.decompose', spec, { last: true })],
    };
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const found = this.#pendingOf(uri);
    // VS Code restores editors of the last session; what they showed was never written and is gone.
    if (!found) return 'This preview is no longer there. Decompose the spec again.\n';
    const { decomposition } = found.pending;
    if (uri.toString() !== found.uri.toString()) return decomposition.files.get(nameIn(decomposition, uri.path)) ?? '';
    // Evaluated when the first preview is shown: a window that decomposes nothing starts as fast as before.
    const { previewOf } = await import('../../core/decompose/preview.ts');
    const { previewMarkdown } = await import('../../core/view/preview-markdown.ts');
    return previewMarkdown(previewOf(decomposition));
  }

  /** Where a file that a preview speaks of is shown: one of the plan as it would be written. */
  place(document: vscode.Uri, file: string): vscode.Uri {
    const decomposition = this.#pendingOf(document)?.pending.decomposition;
    const isPlanned = decomposition !== undefined && decomposition.files.has(nameIn(decomposition, `/${file}`));
    return isPlanned ? document.with({ path: `/${file}` }) : vscode.Uri.joinPath(vscode.Uri.file(document.query), file);
  }

  /** The files of the plan that the preview lists; places in files are the business of `FindingLinks`. */
  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    if (!this.#pending.has(document.uri.toString())) return [];
    return [...document.getText().matchAll(LISTED)].map((match) => {
      const [, file = ''] = match;
      const start = match.index + '- '.length;
      const range = new vscode.Range(document.positionAt(start), document.positionAt(start + file.length));
      return new vscode.DocumentLink(range, this.place(document.uri, file));
    });
  }

  dispose(): void {
    this.#closed.dispose();
    this.#changed.dispose();
  }

  #offer(uri: vscode.Uri, pending: Pending): Notice {
    const { loaded, making } = pending.decomposition;
    const { plan, graph, findings } = loaded;
    const guessed = making.guesses?.list.length ?? 0;
    // An agent is started by it.
    const isOpen =
      withoutFiles(pending.decomposition) > 0 && making.guesses?.asked !== true && vscode.workspace.isTrusted;
    const counts = countFindings(findings);
    const found = (['error', 'warning', 'info', 'hint'] as const)
      .filter((severity) => counts[severity] > 0)
      .map((severity) => countedSeverity(counts[severity], severity));
    return {
      severity: counts.error > 0 ? 'warning' : 'information',
      message: `${counted(plan.slices.length, 'slice')} in ${counted(graph.waves.length, 'wave')}. ${found.length === 0 ? 'No findings' : found.join(', ')}.`,
      remedy: `${guessed > 0 ? `${counted(guessed, 'scope')} guessed: look at them before you write the plan. ` : ''}Nothing is written yet.`,
      actions: [
        commandAction('Write Plan', 'slicewave.writeDecomposition', uri),
        ...(isOpen ? [commandAction('Ask an Agent', 'slicewave.askForScopes', uri)] : []),
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
  const look = (files: string): Thenable<vscode.Uri[]> =>
    vscode.workspace.findFiles(files, '**/{node_modules,.git,parallel}/**', 500);
  const [specs, imported] = await Promise.all([look(SPEC_FILES), look(IMPORTED_FILES)]);
  const active = vscode.window.activeTextEditor?.document.uri;
  const activeSpec = [...specs, ...imported].find((uri) => uri.toString() === active?.toString());
  if (activeSpec) return activeSpec;
  if (active && (await importerOfFile(active))) return active;
  const items = await specItems(specs, imported);
  const [first] = items;
  if (!first) {
    if (active?.path.endsWith('.md') && active.scheme === 'file') return active;
    return notice(
      'There is no spec in this workspace.',
      'A spec is a Markdown file named *.spec.md, or one in specs/ or tech-specs/.',
      commandAction('New Spec', 'slicewave.newSpec'),
    );
  }
  // Nothing is written before the preview, so the only spec needs no question.
  if (items.length === 1) return first.uri;
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: 'Which spec should be decomposed?',
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  return chosen?.uri ?? null;
}

/** Specs to choose from. What another tool wrote is named after it, and stands there once: by its main file. */
async function specItems(
  specs: readonly vscode.Uri[],
  imported: readonly vscode.Uri[],
): Promise<readonly (vscode.QuickPickItem & { readonly uri: vscode.Uri })[]> {
  const { mainFileOf } = await import('../../core/decompose/import/importers.ts');
  const uris = [...new Map([...specs, ...imported].map((uri) => [uri.toString(), uri])).values()];
  const paths = uris.map((uri) => vscode.workspace.asRelativePath(uri));
  const items = await Promise.all(
    uris.map(async (uri, i) => {
      const label = paths[i] ?? uri.fsPath;
      const main = mainFileOf(label, paths);
      if (main !== null && main !== label && paths.includes(main)) return null;
      const importer = await importerOfFile(uri);
      if (importer === null) return specs.includes(uri) ? { label, uri } : null;
      return { label, uri, description: importer.title };
    }),
  );
  return items.filter((item) => item !== null).toSorted((a, b) => (a.label < b.label ? -1 : 1));
}

/** What becomes of the plan that is there already. `null`: it stays as it is. */
async function askReplace(dir: string): Promise<'write' | 'replan' | null> {
  const items = [
    {
      label: '$(arrow-swap) Re-plan',
      detail: 'Keeps what is verified or runs; shows the difference first',
      how: 'replan' as const,
    },
    {
      label: '$(replace) Replace the plan',
      detail: 'Overwrites its manifest, task specs and prompts; git keeps what was committed',
      how: 'write' as const,
    },
    { label: '$(close) Keep it as it is', how: null },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: `${dir} holds a plan already`,
    placeHolder: 'What becomes of it?',
    ignoreFocusOut: true,
  });
  return chosen?.how ?? null;
}

/** The name in the plan directory of a file that is shown as it would be written; empty for a file elsewhere. */
function nameIn({ dir }: Decomposition, path: string): string {
  return path.startsWith(`/${dir}/`) ? path.slice(dir.length + 2) : '';
}

/** Slices of imported tasks that name no file, whether somebody guessed where they work or not. */
function withoutFiles({ making, loaded }: Decomposition): number {
  const unknown = loaded.findings.filter(({ code }) => code === 'import.no-files').length;
  return (making.guesses?.list.length ?? 0) + unknown;
}

function planOf({ project, decomposition }: Pending): { readonly root: string; readonly dir: string } {
  return { root: project.root, dir: decomposition.dir };
}
