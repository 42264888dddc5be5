import * as vscode from 'vscode';

/** How long a document may take to become what its provider gives now. */
const PATIENCE_MS = 5000;

/**
 * Shows a document of one of the content providers, whose `text` it is. VS Code keeps the text of a document for a while
 * after its tab was closed and asks the provider for the new one in the background, so what is shown at first may be
 * what was shown last time: this waits until it is what was meant.
 */
export async function showPlanDocument(uri: vscode.Uri, text: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const wanted = lines(text);
  if (lines(document.getText()) !== wanted) await untilItSays(document, wanted);
  await vscode.window.showTextDocument(document, { preview: false });
}

/** Closes a document about a plan, and the files of that plan that were opened from it. */
export async function closePlanDocument(
  uri: vscode.Uri,
  plan: { readonly root: string; readonly dir: string },
): Promise<void> {
  const isOurs = (other: vscode.Uri): boolean =>
    other.toString() === uri.toString() ||
    (other.scheme === uri.scheme && other.query === plan.root && other.path.startsWith(`/${plan.dir}/`));
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => tab.input instanceof vscode.TabInputText && isOurs(tab.input.uri));
  await vscode.window.tabGroups.close(tabs);
}

function untilItSays(document: vscode.TextDocument, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      changes.dispose();
      resolve();
    };
    const timer = setTimeout(done, PATIENCE_MS);
    const changes = vscode.workspace.onDidChangeTextDocument((change) => {
      if (change.document === document && lines(document.getText()) === wanted) done();
    });
  });
}

function lines(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n');
}
