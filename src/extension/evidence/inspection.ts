import path from 'node:path';
import * as vscode from 'vscode';
import { commitFileOf, commitUri } from './commit-files.ts';
import type { Notice } from '../notices.ts';
import { inside, toPosix } from '../../node/paths.ts';
import type { Projects } from '../projects.ts';
import { changesOf, type ChangedFile, type RunChanges } from './run-changes.ts';
import type { RunTarget } from '../open-plan.ts';

interface Inspected {
  readonly target: RunTarget;
  readonly control: vscode.SourceControl;
  readonly disposables: readonly vscode.Disposable[];
}

/**
 * Runs under inspection: each is a source control whose quick diff compares the files of the slice's worktree with the
 * run's base, so that the editor's own gutter bars and peek show what the run did.
 */
export class Inspections {
  readonly #projects: Projects;
  readonly #open = new Map<string, Inspected>();

  constructor(projects: Projects) {
    this.#projects = projects;
  }

  async inspect(target: RunTarget): Promise<Notice | null> {
    const changes = await changesOf(this.#projects, target);
    if (!changes.ok) return changes.notice;
    this.close(target.run.runId);
    this.#open.set(target.run.runId, createInspection(target, changes.value));
    await vscode.commands.executeCommand('setContext', 'slicewave.inspecting', true);
    await vscode.commands.executeCommand('workbench.view.scm');
    // Opening a file of it shows the gutter bars, and makes the view scroll to this source control.
    const { worktree, files } = changes.value;
    const first = files.find((file) => file.left !== null && file.inScope) ?? files.find((file) => file.left !== null);
    if (first && worktree !== null) {
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.joinPath(vscode.Uri.file(worktree), first.path));
    }
    return null;
  }

  /** Closes one inspection, or all. */
  close(runId?: string): void {
    for (const [id, inspected] of this.#open) {
      if (runId !== undefined && id !== runId) continue;
      for (const disposable of inspected.disposables) disposable.dispose();
      this.#open.delete(id);
    }
    if (this.#open.size === 0) void vscode.commands.executeCommand('setContext', 'slicewave.inspecting', false);
  }

  /** The run that a source control of ours shows. */
  targetOf(control: unknown): RunTarget | null {
    for (const inspected of this.#open.values()) if (inspected.control === control) return inspected.target;
    return null;
  }

  dispose(): void {
    this.close();
  }
}

function createInspection(target: RunTarget, changes: RunChanges): Inspected {
  const { slice, run } = target;
  const { worktree } = changes;
  const root = worktree === null ? undefined : vscode.Uri.file(worktree);
  const control = vscode.scm.createSourceControl('slicewave', `${slice} · attempt ${run.attempt}`, root);
  control.inputBox.visible = false;
  control.count = changes.files.length;
  const byPath = new Map(changes.files.map((file) => [file.path, file]));
  control.quickDiffProvider = {
    provideOriginalResource: (uri) => originalOf(uri, changes, byPath),
  };
  const inScope = control.createResourceGroup('in-scope', 'In Scope');
  const outside = control.createResourceGroup('out-of-scope', 'Out of Scope');
  inScope.hideWhenEmpty = true;
  outside.hideWhenEmpty = true;
  const state = (file: ChangedFile): vscode.SourceControlResourceState => resourceState(file, target, changes);
  inScope.resourceStates = changes.files.filter((file) => file.inScope).map(state);
  outside.resourceStates = changes.files.filter((file) => !file.inScope).map(state);
  return { target, control, disposables: [inScope, outside, control] };
}

/** The base of a file that lies in the worktree, or in the run's snapshot when the worktree is gone. */
function originalOf(
  uri: vscode.Uri,
  changes: RunChanges,
  files: ReadonlyMap<string, ChangedFile>,
): vscode.Uri | undefined {
  const path = pathOf(uri, changes.worktree);
  if (path === null) return undefined;
  const file = files.get(path);
  if (!file) return commitUri({ root: changes.root, commit: changes.base, path });
  // A file that the run created is compared with nothing, so that all of it shows as added.
  return file.base ?? commitUri({ root: changes.root, commit: null, path });
}

function pathOf(uri: vscode.Uri, worktree: string | null): string | null {
  if (uri.scheme === 'file') {
    if (worktree === null || !inside(worktree, uri.fsPath)) return null;
    return toPosix(path.relative(worktree, uri.fsPath));
  }
  return commitFileOf(uri)?.path ?? null;
}

function resourceState(file: ChangedFile, target: RunTarget, changes: RunChanges): vscode.SourceControlResourceState {
  const { worktree } = changes;
  const gone = file.left === null;
  const live = worktree !== null && !gone;
  const resourceUri = live
    ? vscode.Uri.joinPath(vscode.Uri.file(worktree), file.path)
    : (file.left ?? file.base ?? commitUri({ root: changes.root, commit: null, path: file.path }));
  const scope = file.inScope ? 'in scope' : 'out of scope';
  return {
    resourceUri,
    contextValue: live ? 'file' : 'gone',
    command: {
      command: 'slicewave.openFileDiff',
      title: 'Open Changes',
      arguments: [
        {
          root: target.plan.root,
          planDir: target.plan.dir,
          slice: target.slice,
          run: target.run.runId,
          path: file.path,
        },
      ],
    },
    decorations: {
      strikeThrough: gone,
      faded: false,
      tooltip: `${file.change}, ${scope} of ${target.slice}`,
      ...(file.inScope
        ? {}
        : { iconPath: new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground')) }),
    },
  };
}
