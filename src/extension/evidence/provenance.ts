import path from 'node:path';
import * as vscode from 'vscode';
import { isActive, stateLabel } from '../../core/run/states.ts';
import type { RunView } from '../../core/run/state-model.ts';
import { changedLines, type LineRange } from './changed-lines.ts';
import { commitFileOf } from './commit-files.ts';
import { inside, toPosix } from '../../node/paths.ts';
import type { Projects } from '../projects.ts';
import { isRead, type ReadPlan } from '../open-plan.ts';

/** Where a line comes from: a run of a slice, and the file's path in its repository. */
interface Origin {
  readonly plan: ReadPlan;
  readonly slice: string;
  readonly run: RunView;
  readonly path: string;
}

/**
 * Marks, beside the lines that a run added or changed, which slice and run they come from and whether they are in
 * scope; hovering tells the rest. Works in the files of a worktree and in the snapshots that diffs show. Off unless the
 * person turns it on.
 */
export class Provenance {
  readonly #projects: Projects;
  readonly #inScope: vscode.TextEditorDecorationType;
  readonly #outOfScope: vscode.TextEditorDecorationType;
  readonly #disposables: vscode.Disposable[];
  /** Lines by run; a run that ended is read once. */
  readonly #lines = new Map<string, Promise<ReadonlyMap<string, readonly LineRange[]>>>();
  #enabled: boolean;

  constructor(options: { readonly projects: Projects; readonly media: vscode.Uri; readonly enabled: boolean }) {
    this.#projects = options.projects;
    this.#enabled = options.enabled;
    const type = (icon: string, color: string): vscode.TextEditorDecorationType =>
      vscode.window.createTextEditorDecorationType({
        gutterIconPath: vscode.Uri.joinPath(options.media, icon),
        gutterIconSize: 'contain',
        overviewRulerColor: new vscode.ThemeColor(color),
        overviewRulerLane: vscode.OverviewRulerLane.Center,
        isWholeLine: true,
      });
    this.#inScope = type('provenance-in-scope.svg', 'charts.blue');
    this.#outOfScope = type('provenance-out-of-scope.svg', 'list.warningForeground');
    this.#disposables = [
      this.#inScope,
      this.#outOfScope,
      vscode.window.onDidChangeVisibleTextEditors((editors) => this.#decorateAll(editors)),
      this.#projects.onDidChange((plan) => this.#stateChanged(plan?.state?.slices.map((slice) => slice.run) ?? [])),
    ];
    this.#decorateAll(vscode.window.visibleTextEditors);
  }

  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.#decorateAll(vscode.window.visibleTextEditors);
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #stateChanged(runs: readonly (RunView | null)[]): void {
    if (!this.#enabled) return;
    for (const run of runs)
      if (run && (isActive(run.state) || run.snapshotCommit === null)) this.#lines.delete(run.runId);
    this.#decorateAll(vscode.window.visibleTextEditors);
  }

  #decorateAll(editors: readonly vscode.TextEditor[]): void {
    for (const editor of editors) void this.#decorate(editor);
  }

  async #decorate(editor: vscode.TextEditor): Promise<void> {
    const origin = this.#enabled ? this.#originOf(editor.document.uri) : null;
    const ranges = origin ? ((await this.#linesOf(origin)).get(origin.path) ?? []) : [];
    const file = origin?.run.filesChanged.find((entry) => entry.path === origin.path);
    const inScope = file?.inScope ?? true;
    const last = editor.document.lineCount;
    const options = ranges
      .filter((range) => range.first <= last)
      .map((range) => ({
        range: editor.document.validateRange(
          new vscode.Range(range.first - 1, 0, range.last - 1, Number.MAX_SAFE_INTEGER),
        ),
        ...(origin ? { hoverMessage: hoverOf(origin, inScope) } : {}),
      }));
    editor.setDecorations(this.#inScope, inScope ? options : []);
    editor.setDecorations(this.#outOfScope, inScope ? [] : options);
  }

  #originOf(uri: vscode.Uri): Origin | null {
    const committed = commitFileOf(uri);
    const origins: Origin[] = [];
    for (const plan of this.#projects.plans()) {
      if (!isRead(plan)) continue;
      for (const slice of plan.state.slices) {
        if (committed) {
          const run = slice.runs.find((entry) => entry.snapshotCommit === committed.commit);
          if (run && plan.root === committed.root) return { plan, slice: slice.id, run, path: committed.path };
        } else if (uri.scheme === 'file' && slice.worktree && slice.run && inside(slice.worktree, uri.fsPath)) {
          const file = toPosix(path.relative(slice.worktree, uri.fsPath));
          origins.push({ plan, slice: slice.id, run: slice.run, path: file });
        }
      }
    }
    // The slices of a workstream share a worktree: the file belongs to the last one that changed it.
    const touched = origins.filter(({ run, path }) => run.filesChanged.some((file) => file.path === path));
    const latest = (touched.length > 0 ? touched : origins).toSorted((a, b) => (a.run.runId < b.run.runId ? 1 : -1));
    return latest[0] ?? null;
  }

  #linesOf({ plan, run }: Origin): Promise<ReadonlyMap<string, readonly LineRange[]>> {
    const known = this.#lines.get(run.runId);
    if (known) return known;
    const reading = (async () => {
      const diff = await this.#projects.engine(plan.root)?.diff(run.runId);
      // Without a diff there is nothing to mark: a run that has not begun, or whose snapshot was cleaned away.
      return diff?.ok ? changedLines(diff.value) : new Map<string, readonly LineRange[]>();
    })();
    this.#lines.set(run.runId, reading);
    return reading;
  }
}

function hoverOf(origin: Origin, inScope: boolean): vscode.MarkdownString {
  const { plan, slice, run } = origin;
  const title = plan.state.slices.find((entry) => entry.id === slice)?.title ?? '';
  const target = { root: plan.root, planDir: plan.dir, slice, run: run.runId };
  const link = (text: string, command: string): string =>
    `[${text}](command:${command}?${encodeURIComponent(JSON.stringify([target]))})`;
  const hover = new vscode.MarkdownString(undefined, true);
  hover.isTrusted = { enabledCommands: ['slicewave.openTrace', 'slicewave.openRunDiff'] };
  hover.appendMarkdown(`$(layers) **${slice}** `);
  hover.appendText(title);
  hover.appendMarkdown(
    `\n\n${inScope ? '$(check) in scope' : '$(warning) **out of scope**'} · attempt ${run.attempt} · `,
  );
  hover.appendText(`${stateLabel(run.state)}${run.adapter ? ` · ${run.adapter}` : ''}`);
  const checks = run.testsPassed === null ? 'no check ran' : run.testsPassed ? 'checks passed' : 'checks failed';
  hover.appendMarkdown(`\n\n${checks} · run \`${run.runId}\`\n\n`);
  hover.appendMarkdown(`${link('Trace', 'slicewave.openTrace')} · ${link('All changes', 'slicewave.openRunDiff')}`);
  return hover;
}
