import * as vscode from 'vscode';

/** `file:12`, wherever a sentence may hold it: at the end of a finding, and in what speaks for it. */
const PLACE = /(?<=^|[\s(`"])(?=[^\s:]*[./])([^\s():`"]+):(\d+)(?=[\s,;.)`"]|$)/gm;

/** Leads from each place that a document about a plan names to it; `place` says where a repository-relative file is shown. */
export class FindingLinks implements vscode.DocumentLinkProvider {
  readonly #place: (document: vscode.Uri, file: string) => vscode.Uri;

  constructor(place: (document: vscode.Uri, file: string) => vscode.Uri) {
    this.#place = place;
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    return [...document.getText().matchAll(PLACE)].map((match) => {
      const [whole, file = '', line = '1'] = match;
      const start = document.positionAt(match.index);
      const end = document.positionAt(match.index + whole.length);
      const target = this.#place(document.uri, file).with({ fragment: `L${line}` });
      return new vscode.DocumentLink(new vscode.Range(start, end), target);
    });
  }
}
