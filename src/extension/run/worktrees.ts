import * as vscode from 'vscode';
import { assertNever } from '../../core/text/result.ts';
import { commandAction, notice, type Notice } from '../notices.ts';
import { rememberOpenWorktree, type Settings } from '../settings.ts';
import type { SliceTarget } from '../open-plan.ts';

type Way = Exclude<Settings['openWorktree'], 'ask'>;

/** Opens a slice's worktree the way the person likes; before there is one, its task spec. */
export async function openWorktree(
  target: SliceTarget,
  options: { readonly settings: Settings; readonly driving: boolean },
): Promise<Notice | null> {
  const { plan, slice } = target;
  const spec = { root: plan.root, planDir: plan.dir, slice: slice.id };
  if (slice.worktree === null) {
    await vscode.commands.executeCommand('slicewave.openTaskSpec', spec);
    vscode.window.setStatusBarMessage(
      `$(info) ${slice.id} has no worktree before its first run: this is its task spec`,
      5000,
    );
    return null;
  }
  const uri = vscode.Uri.file(slice.worktree);
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    return notice(
      `The worktree of ${slice.id} was removed: ${slice.worktree}.`,
      'Its work is kept in the snapshot of its runs.',
      commandAction('Open Changes', 'slicewave.openRunDiff', spec),
    );
  }
  const way =
    options.settings.openWorktree === 'ask' ? await askWay(slice.id, slice.worktree) : options.settings.openWorktree;
  if (way === null) return null;
  switch (way) {
    case 'newWindow':
      await vscode.commands.executeCommand('vscode.openFolder', uri, { forceNewWindow: true });
      return null;
    case 'reveal':
      await vscode.commands.executeCommand('revealFileInOS', uri);
      return null;
    case 'addToWorkspace':
      return addToWorkspace(uri, `${slice.id} ${slice.title}`, options.driving);
    default:
      return assertNever(way);
  }
}

async function addToWorkspace(uri: vscode.Uri, name: string, driving: boolean): Promise<Notice | null> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.some((folder) => folder.uri.toString() === uri.toString())) {
    await vscode.commands.executeCommand('revealInExplorer', uri);
    return null;
  }
  const add = (): boolean => vscode.workspace.updateWorkspaceFolders(folders.length, 0, { uri, name });
  // A window with one folder becomes a multi-root workspace by restarting its extensions, which stops what they run.
  if (driving && vscode.workspace.workspaceFile === undefined) {
    return notice(
      'Adding a second folder restarts this window, which stops the slices that run here.',
      'They can be resumed. A new window leaves them alone.',
      {
        title: 'New Window',
        run: () => vscode.commands.executeCommand('vscode.openFolder', uri, { forceNewWindow: true }),
      },
      { title: 'Add Anyway', run: async () => add() },
    );
  }
  return add() ? null : notice('VS Code did not add the folder.', 'Open the worktree in a new window.');
}

/** Asks once; the pin beside each way keeps it for the next time. */
function askWay(slice: string, worktree: string): Promise<Way | null> {
  const pin: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('pin'), tooltip: 'Always do this' };
  const ways: readonly (vscode.QuickPickItem & { readonly way: Way })[] = [
    {
      way: 'addToWorkspace',
      label: '$(folder-opened) Add to Workspace',
      description: 'beside the folders of this window',
      buttons: [pin],
    },
    { way: 'newWindow', label: '$(empty-window) Open in New Window', buttons: [pin] },
    { way: 'reveal', label: '$(folder) Reveal in File Manager', buttons: [pin] },
  ];
  const desktop = vscode.env.uiKind === vscode.UIKind.Desktop;
  return new Promise((resolve) => {
    const pick = vscode.window.createQuickPick<(typeof ways)[number]>();
    pick.title = `Worktree of ${slice}`;
    pick.placeholder = worktree;
    // A slice that ends closes its terminal, and the focus moves.
    pick.ignoreFocusOut = true;
    pick.items = ways.filter((entry) => desktop || entry.way !== 'reveal');
    const end = (way: Way | null): void => {
      resolve(way);
      pick.dispose();
    };
    pick.onDidAccept(() => end(pick.selectedItems[0]?.way ?? null));
    pick.onDidTriggerItemButton(({ item }) => {
      void rememberOpenWorktree(item.way);
      end(item.way);
    });
    pick.onDidHide(() => end(null));
    pick.show();
  });
}
