/** The language server through its VS Code client, on the bundled example with its plan: what an editor asks it for. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

const PLAN = 'parallel/TS-0042-inventory';

function root(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'the example is open');
  return folder.uri.fsPath;
}

/** The task spec of a slice: the one whose front matter has its id. */
function taskOf(id: string): string {
  const dir = path.join(root(), PLAN, 'tasks');
  const name = readdirSync(dir).find((file) =>
    new RegExp(`^id: ${id}$`, 'm').test(readFileSync(path.join(dir, file), 'utf8')),
  );
  assert.ok(name, `a task spec of ${id}`);
  return path.join(dir, name);
}

async function open(file: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  await vscode.window.showTextDocument(document);
  return document;
}

/** The place right before some words, and `inside` characters further. */
function at(document: vscode.TextDocument, words: string, inside = 0): vscode.Position {
  const offset = document.getText().indexOf(words);
  assert.ok(offset >= 0, `${document.uri.path} holds ${words}`);
  return document.positionAt(offset + inside);
}

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + 180_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Puts other words into a document without saving it. */
async function edit(document: vscode.TextDocument, from: string, to: string): Promise<void> {
  const start = at(document, from);
  const change = new vscode.WorkspaceEdit();
  change.replace(
    document.uri,
    new vscode.Range(start, document.positionAt(document.offsetAt(start) + from.length)),
    to,
  );
  assert.ok(await vscode.workspace.applyEdit(change));
}

const text = (hovers: readonly vscode.Hover[]): string =>
  hovers
    .flatMap((hover) => hover.contents)
    .map((content) => (typeof content === 'string' ? content : content.value))
    .join('\n');

suite('the language server in its editor', () => {
  suiteSetup(async () => {
    await vscode.extensions.getExtension('slicewave.slicewave')?.activate();
  });

  // Whatever else came to the front meanwhile: a document that stays changed is what the next test would begin with.
  teardown(async () => {
    await until('nothing is left unsaved', async () => {
      const changed = vscode.workspace.textDocuments.find((document) => document.isDirty);
      if (changed) await vscode.window.showTextDocument(changed);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
      return !vscode.workspace.textDocuments.some((document) => document.isDirty);
    });
  });

  test('completion: ids of the plan in deps, files of the repository in a scope', async () => {
    const document = await open(taskOf('B1'));
    await edit(document, 'deps: []', 'deps: [C]');
    const ids = await until('slices are offered', async () => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        at(document, 'deps: [C', 8),
      );
      const labels = list.items.map((item) => (typeof item.label === 'string' ? item.label : item.label.label));
      return labels.includes('A1') && labels;
    });
    for (const id of ['A1', 'C1', 'E2']) assert.ok(ids.includes(id), `${id} among ${ids.join(', ')}`);
    assert.ok(!ids.includes('B1'), 'a slice cannot depend on itself');

    await edit(document, 'MODIFY: none', 'MODIFY: src/');
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      at(document, 'MODIFY: src/', 12),
    );
    const labels = list.items.map((item) => (typeof item.label === 'string' ? item.label : item.label.label));
    assert.ok(
      labels.some((label) => label.endsWith('config.ts')),
      labels.join(', '),
    );
  });

  test('hover on a slice says what it touches; its definition is its task spec', async () => {
    const document = await open(taskOf('B2'));
    const place = at(document, 'deps: [B1', 8);
    const hover = await until('a hover', async () => {
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        place,
      );
      return /Stock ledger/.test(text(hovers)) && text(hovers);
    });
    assert.match(hover, /src\/stock\/ledger\.ts/);
    const [definition] = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(
      'vscode.executeDefinitionProvider',
      document.uri,
      place,
    );
    assert.ok(definition);
    const uri = 'targetUri' in definition ? definition.targetUri : definition.uri;
    assert.equal(uri.fsPath, taskOf('B1'));
  });

  test('a renamed slice is renamed in the manifest, in every task spec and in the spec', async () => {
    const document = await open(taskOf('B1'));
    const change = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
      'vscode.executeDocumentRenameProvider',
      document.uri,
      at(document, 'id: B1', 4),
      'B7',
    );
    const files = change.entries().map(([uri]) => path.relative(root(), uri.fsPath).replaceAll('\\', '/'));
    for (const file of [`${PLAN}/manifest.json`, path.relative(root(), taskOf('B2'))])
      assert.ok(files.includes(file), `${file} among ${files.join(', ')}`);
    for (const [uri, edits] of change.entries()) {
      const changed = await vscode.workspace.openTextDocument(uri);
      for (const one of edits) assert.match(changed.getText(one.range), /^B1$/, uri.fsPath);
    }
    const refused = await vscode.commands
      .executeCommand('vscode.executeDocumentRenameProvider', document.uri, at(document, 'id: B1', 4), 'A1')
      .then(
        () => '',
        (cause: unknown) => String(cause),
      );
    assert.match(refused, /A1/, 'a taken id is refused');
  });

  test('references, symbols, lenses and links of a task spec', async () => {
    const document = await open(taskOf('B1'));
    // The client may still be starting: before that nobody answers.
    const files = await until('references are found', async () => {
      const references = await vscode.commands.executeCommand<vscode.Location[]>(
        'vscode.executeReferenceProvider',
        document.uri,
        at(document, 'id: B1', 4),
      );
      return references.length > 0 && references.map((reference) => path.basename(reference.uri.fsPath));
    });
    for (const file of ['manifest.json', path.basename(taskOf('B2'))])
      assert.ok(files.includes(file), `${file} among ${files.join(', ')}`);
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      document.uri,
    );
    const names = (all: readonly vscode.DocumentSymbol[]): string[] =>
      all.flatMap((symbol) => [symbol.name, ...names(symbol.children)]);
    for (const name of ['## Scope', 'CREATE']) assert.ok(names(symbols).includes(name), names(symbols).join(', '));
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
      20,
    );
    assert.ok(
      lenses.some((lens) => /Run/.test(lens.command?.title ?? '')),
      lenses.map((lens) => lens.command?.title).join(', '),
    );
    const known = new Set(await vscode.commands.getCommands(true));
    for (const lens of lenses) if (lens.command?.command) assert.ok(known.has(lens.command.command));
  });

  test('formatting a scope changes its looks and nothing else', async () => {
    const document = await open(taskOf('B1'));
    await edit(document, 'MODIFY: none', 'MODIFY:   none   ');
    const edits = await until('the document is formatted', async () => {
      const found = await vscode.commands.executeCommand<vscode.TextEdit[] | undefined>(
        'vscode.executeFormatDocumentProvider',
        document.uri,
        { tabSize: 2, insertSpaces: true },
      );
      return found !== undefined && found.length > 0 && found;
    });
    const change = new vscode.WorkspaceEdit();
    change.set(document.uri, edits);
    assert.ok(await vscode.workspace.applyEdit(change));
    assert.match(document.getText(), /^MODIFY: none$/m);
    assert.match(document.getText(), /^- `src\/stock\/ledger\.ts`$/m);
  });

  test('a rule that the settings switch off is not found any more', async () => {
    const document = await open(taskOf('B1'));
    await edit(document, 'deps: []', 'deps: [NOPE]');
    const found = (): boolean =>
      vscode.languages.getDiagnostics(document.uri).some((diagnostic) => diagnostic.message.includes('NOPE'));
    await until('the finding while typing', async () => found());
    const settings = vscode.workspace.getConfiguration('slicewave.lint');
    await settings.update('rules', { 'plan.unknown-dependency': 'off' }, vscode.ConfigurationTarget.Workspace);
    await until('the finding is gone', async () => !found());
    await settings.update('rules', undefined, vscode.ConfigurationTarget.Workspace);
    await until('the finding is back', async () => found());
  });

  test('asked to look on save, it looks on save', async () => {
    const file = taskOf('B1');
    const document = await open(file);
    const before = document.getText();
    const settings = vscode.workspace.getConfiguration('slicewave.lint');
    await settings.update('run', 'onSave', vscode.ConfigurationTarget.Workspace);
    try {
      await edit(document, 'deps: []', 'deps: [LATER]');
      await document.save();
      await until('the finding after saving', async () =>
        vscode.languages.getDiagnostics(document.uri).some((diagnostic) => diagnostic.message.includes('LATER')),
      );
    } finally {
      await edit(document, 'deps: [LATER]', 'deps: []');
      await document.save();
      await settings.update('run', undefined, vscode.ConfigurationTarget.Workspace);
    }
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  test('one command mends everything in a file that has one answer', async () => {
    const document = await open(taskOf('B1'));
    const body = document.getText();
    await edit(document, body.slice(body.indexOf('## Stop conditions'), body.indexOf('## Evidence')), '');
    const actions = await until('the action is offered', async () => {
      const offered = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        document.uri,
        new vscode.Range(0, 0, document.lineCount, 0),
        'source.fixAll.slicewave',
      );
      return offered.length > 0 && offered;
    });
    assert.ok(actions[0]?.edit, 'the action brings its edit');
    assert.ok(await vscode.workspace.applyEdit(actions[0].edit));
    assert.match(document.getText(), /^## Stop conditions$/m);
  });
});
