import * as vscode from 'vscode';

/** `(file:12, code)` at the end of a line that tells a finding. */
const PLACE = /\(([^\s()]+?):(\d+), [\w.-]+\)$/gm;

/** Leads from each finding of a document about a plan to its place; `place` says where a repository-relative file is shown. */
export class FindingLinks implements vscode.DocumentLinkProvider {
  readonly #place: (document: vscode.Uri, file: string) => vscode.Uri;

  constructor(place: (document: vscode.Uri, file: string) => vscode.Uri) {
    this.#place = place;
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    return [...document.getText().matchAll(PLACE)].map((match) => {
      const [, file = '', line = '1'] = match;
      const start = document.positionAt(match.index + 1);
      const end = document.positionAt(match.index + 1 + file.length + 1 + line.length);
      const target = this.#place(document.uri, file).with({ fragment: `L${line}` });
      return new vscode.DocumentLink(new vscode.Range(start, end), target);
    });
  }
}
