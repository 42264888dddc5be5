import * as vscode from 'vscode';
import type { FileChange } from '../../core/run/model.ts';
import type { RunView } from '../../core/run/state-model.ts';
import { commitUri } from './commit-files.ts';
import { failureNotice, notice, type Notice } from '../notices.ts';
import type { Projects } from '../projects.ts';
import type { RunTarget } from '../open-plan.ts';

/** The two sides of one changed file: what the run started from, and what it left. */
export interface ChangedFile {
  readonly path: string;
  readonly inScope: boolean;
  readonly change: string;
  readonly additions: number | null;
  readonly deletions: number | null;
  /** `null`: did not exist. */
  readonly base: vscode.Uri | null;
  readonly left: vscode.Uri | null;
}

export interface RunChanges {
  readonly root: string;
  readonly base: string;
  /** Where the slice is worked on, while that directory exists. */
  readonly worktree: string | null;
  readonly files: readonly ChangedFile[];
}

/** What a run changed, as its gate saw it, or (before the gate) as its trace tells. */
export async function changesOf(
  projects: Projects,
  target: RunTarget,
): Promise<{ readonly ok: true; readonly value: RunChanges } | { readonly ok: false; readonly notice: Notice }> {
  const { plan, run, slice } = target;
  const engine = projects.engine(plan.root);
  if (!engine || !run.baseCommit) {
    return { ok: false, notice: notice(`${slice} has no base commit yet.`, 'Look again when its agent has started.') };
  }
  const base = run.baseCommit;
  const worktree = await existingWorktree(plan.state.slices.find((entry) => entry.id === slice)?.worktree ?? null);
  let files: readonly Listed[] = run.filesChanged;
  if (files.length === 0) {
    const trace = await engine.trace(run.runId);
    if (!trace.ok) return { ok: false, notice: failureNotice(trace.failure) };
    files = trace.value.files_changed.map((file) => ({ ...file, inScope: file.in_scope }));
  }
  const left = run.snapshotCommit ?? run.commit;
  if (files.length === 0) {
    return {
      ok: false,
      notice: {
        severity: 'information',
        message: `${slice}, attempt ${run.attempt}, changed no file so far.`,
        remedy: '',
        actions: [],
      },
    };
  }
  return {
    ok: true,
    value: {
      root: plan.root,
      base,
      worktree,
      files: files.map((file) => changedFile({ file, root: plan.root, base, left, worktree })),
    },
  };
}

/** The whole run in the multi-diff editor. */
export async function openRunDiff(projects: Projects, target: RunTarget): Promise<Notice | null> {
  const changes = await changesOf(projects, target);
  if (!changes.ok) return changes.notice;
  const { files, root, worktree } = changes.value;
  await vscode.commands.executeCommand(
    'vscode.changes',
    // VS Code adds the number of files itself.
    `${target.slice} · attempt ${target.run.attempt}`,
    files.map((file) => [labelUri(worktree ?? root, file.path), file.base ?? undefined, file.left ?? undefined]),
  );
  return null;
}

/** One file of a run against the run's base. */
export async function openFileDiff(projects: Projects, target: RunTarget, path: string): Promise<Notice | null> {
  const changes = await changesOf(projects, target);
  if (!changes.ok) return changes.notice;
  const file = changes.value.files.find((entry) => entry.path === path);
  if (!file) return notice(`${target.slice}, attempt ${target.run.attempt}, did not change ${path}.`, '');
  await showFileDiff(file, target.slice, target.run);
  return null;
}

export async function showFileDiff(file: ChangedFile, slice: string, run: RunView): Promise<void> {
  const nothing = commitUri({ root: '', commit: null, path: file.path });
  const scope = file.inScope ? '' : ', out of scope';
  const name = file.path.split('/').at(-1) ?? file.path;
  await vscode.commands.executeCommand(
    'vscode.diff',
    file.base ?? nothing,
    file.left ?? nothing,
    `${name} (${slice} · attempt ${run.attempt}${scope})`,
  );
}

type Listed = Pick<FileChange, 'path' | 'from' | 'additions' | 'deletions' | 'inScope'> & { readonly change: string };

function changedFile(options: {
  readonly file: Listed;
  readonly root: string;
  readonly base: string;
  readonly left: string | null;
  readonly worktree: string | null;
}): ChangedFile {
  const { file, root, base, left, worktree } = options;
  const existed = file.change !== 'added' && file.change !== 'copied';
  const exists = file.change !== 'deleted';
  const leftUri = left
    ? commitUri({ root, commit: left, path: file.path })
    : worktree
      ? labelUri(worktree, file.path)
      : null;
  return {
    path: file.path,
    inScope: file.inScope,
    change: file.change,
    additions: file.additions,
    deletions: file.deletions,
    base: existed ? commitUri({ root, commit: base, path: file.from ?? file.path }) : null,
    left: exists ? leftUri : null,
  };
}

function labelUri(dir: string, path: string): vscode.Uri {
  return vscode.Uri.joinPath(vscode.Uri.file(dir), path);
}

async function existingWorktree(worktree: string | null): Promise<string | null> {
  if (worktree === null) return null;
  try {
    await vscode.workspace.fs.stat(vscode.Uri.file(worktree));
    return worktree;
  } catch {
    return null;
  }
}
