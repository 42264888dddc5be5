import * as vscode from 'vscode';
import { AGENTS, isDecomposingAgent } from '../../core/agent/agents.ts';
import { DECOMPOSERS, decomposerOf, type DecomposerId } from '../../core/decompose/table.ts';
import type { DecomposeOptions, Decomposition } from '../../node/decompose/model.ts';
import type { Engine } from '../../node/engine.ts';
import { languageModelAgent } from './language-model.ts';
import { failureNotice, notice, type Notice } from '../notices.ts';
import type { Settings } from '../settings.ts';

/** Who can be asked where tasks work. */
export type ScopesFrom = NonNullable<DecomposeOptions['scopesFrom']>;

export interface DecomposerRequest {
  readonly settings: Settings;
  /** Wins over the setting. */
  readonly by?: DecomposerId;
  /** Takes what an agent answered last for this spec; nobody is asked. */
  readonly last?: boolean;
  /** Whom to ask, once for all, where imported tasks work that name no file. */
  readonly scopesFrom?: ScopesFrom;
  /** The plan directory, relative to the root, where it is not named after the spec. */
  readonly dir?: string;
}

/**
 * Cuts a spec into slices by whom the settings name, with progress that can be cancelled; what another tool wrote is
 * read by its importer, whoever cuts specs here. Nothing is written. `null`: the person thought better of it.
 */
export async function decomposed(
  engine: Engine,
  spec: vscode.Uri,
  request: DecomposerRequest,
): Promise<Decomposition | Notice | null> {
  // The engine reads the file, so what the person sees must be in it.
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === spec.toString());
  if (open?.isDirty && !(await open.save()))
    return notice('The spec could not be saved.', 'Save it, then decompose again.');
  const { settings } = request;
  // An importer asks nobody, nor does an answer that is kept, so there is nothing to choose and nothing to trust.
  const asksNobody = request.last === true || (await importerOfFile(spec)) !== null;
  const by = asksNobody ? 'structure' : await chosen(spec, request);
  if (by === null || typeof by !== 'string') return by;
  const name = vscode.workspace.asRelativePath(spec, false);
  const result = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Decomposing ${name}`, cancellable: true },
    (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      return engine.decompose(spec.fsPath, {
        otherwise: by,
        corrections: settings.corrections,
        command: settings.agentCommand,
        ...(request.dir === undefined ? {} : { dir: request.dir }),
        ...(request.last ? { last: true } : {}),
        ...(request.scopesFrom === undefined ? {} : { scopesFrom: request.scopesFrom }),
        ...(settings.model ? { model: settings.model } : {}),
        editorModel: languageModelAgent({ model: settings.model }),
        signal: controller.signal,
        onProgress: (message) => progress.report({ message }),
      });
    },
  );
  if (result.ok) return result.value;
  return result.failure.reason === 'cancelled' ? null : failureNotice(result.failure);
}

/** Who reads what another tool wrote: Kiro, Spec Kit, OpenSpec, Task Master, Backlog.md, a GitHub issue. `null`: nobody did. */
export async function importerOfFile(file: vscode.Uri): Promise<{ readonly title: string } | null> {
  if (file.scheme !== 'file') return null;
  const text = await vscode.workspace.fs.readFile(file).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => '',
  );
  const { importerFor } = await import('../../core/decompose/import/importers.ts');
  return importerFor(vscode.workspace.asRelativePath(file, false), text);
}

/** Whom to ask where tasks work: agents that answer in words, and the program of the settings. `null`: nobody. */
export async function askWhomForScopes({ agentCommand }: Settings): Promise<ScopesFrom | null> {
  const agents = AGENTS.flatMap(({ id }) =>
    isDecomposingAgent(id) || (id === 'command' && agentCommand.length > 0) ? [choiceOf(id)] : [],
  );
  const picked = await vscode.window.showQuickPick(agents, {
    title: 'Where do the tasks work that name no file?',
    placeHolder: 'Who is asked, in one round for all of them?',
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  return picked?.id ?? null;
}

/** A decomposer as it stands in a list to pick from. */
function choiceOf<Id extends DecomposerId>(id: Id): vscode.QuickPickItem & { readonly id: Id } {
  const { title, how, needs } = decomposerOf(id);
  return { label: title, description: id, detail: needs === '' ? how : `${how} Needs ${needs}.`, id };
}

async function chosen(spec: vscode.Uri, request: DecomposerRequest): Promise<DecomposerId | Notice | null> {
  const wanted = request.by ?? request.settings.decomposer;
  if (wanted === 'ask') return ask();
  if (vscode.workspace.isTrusted || decomposerOf(wanted).kind === 'offline') return wanted;
  const { title } = decomposerOf(wanted);
  return notice(
    `This workspace is not trusted, so ${title} is not asked about it.`,
    'Trust the workspace, or see what the structure of the spec gives.',
    {
      title: 'By Structure',
      run: () => vscode.commands.executeCommand('slicewave.decompose', spec, { by: 'structure' }),
    },
    {
      title: 'Manage Workspace Trust',
      run: () => vscode.commands.executeCommand('workbench.trust.manage'),
    },
  );
}

/** Who cuts the spec. Importers are not asked for: the file shows which of them reads it. */
async function ask(): Promise<DecomposerId | null> {
  const rows = DECOMPOSERS.filter((row) =>
    vscode.workspace.isTrusted ? row.kind !== 'import' : row.kind === 'offline',
  );
  if (rows.length === 1) return rows[0]?.id ?? null;
  const items = rows.map(({ id }) => choiceOf(id));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: 'Who should cut the spec into slices?',
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  return picked?.id ?? null;
}
