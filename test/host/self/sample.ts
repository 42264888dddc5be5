/** A tiny extension and a folder to open, written to a temporary place: something known to point the page object at. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export type Sample = {
  readonly extension: string;
  readonly folder: string;
  readonly workspace: string;
  remove(): void;
};

const manifest = {
  name: 'sample',
  publisher: 'harness',
  version: '0.0.1',
  engines: { vscode: '^1.100.0' },
  main: './extension.cjs',
  activationEvents: ['onStartupFinished'],
  capabilities: { untrustedWorkspaces: { supported: true } },
  contributes: {
    commands: [
      { command: 'sample.hello', title: 'Say Hello', category: 'Sample' },
      { command: 'sample.helloAgain', title: 'Say Hello Again', category: 'Sample' },
      { command: 'sample.ask', title: 'Ask', category: 'Sample' },
      { command: 'sample.askMany', title: 'Ask Many', category: 'Sample' },
      { command: 'sample.file', title: 'Choose File', category: 'Sample' },
      { command: 'sample.modal', title: 'Modal', category: 'Sample' },
      { command: 'sample.panel', title: 'Open Panel', category: 'Sample' },
      { command: 'sample.terminal', title: 'Run Terminal', category: 'Sample' },
      { command: 'sample.item', title: 'Touch Item', category: 'Sample', icon: '$(rocket)' },
      { command: 'sample.view', title: 'Stir View', category: 'Sample', icon: '$(refresh)' },
      { command: 'sample.title', title: 'Check Note', category: 'Sample', icon: '$(check)' },
      { command: 'sample.trusted', title: 'Trusted Only', category: 'Sample', enablement: 'isWorkspaceTrusted' },
    ],
    viewsContainers: { activitybar: [{ id: 'sample', title: 'Sample', icon: 'icon.svg' }] },
    views: {
      sample: [
        { id: 'sample.items', name: 'Sample Items' },
        { id: 'sample.web', name: 'Sample Web', type: 'webview' },
      ],
    },
    menus: {
      'view/title': [{ command: 'sample.view', when: 'view == sample.items', group: 'navigation' }],
      'view/item/context': [
        { command: 'sample.item', when: 'view == sample.items', group: 'inline' },
        { command: 'sample.item', when: 'view == sample.items', group: 'z' },
      ],
      'editor/title': [{ command: 'sample.title', when: 'resourceExtname == .txt', group: 'navigation' }],
    },
    configuration: { properties: { 'sample.mood': { type: 'string', default: 'calm' } } },
  },
};

const code = String.raw`
const vscode = require('vscode');
const { window, workspace, commands, languages } = vscode;
exports.activate = (context) => {
  const keep = (...things) => context.subscriptions.push(...things);
  const output = window.createOutputChannel('Sample');
  output.appendLine('sample activated');
  const bar = window.createStatusBarItem();
  const mood = () => workspace.getConfiguration('sample').get('mood');
  const show = (text) => { bar.text = 'sample: ' + text + ' ' + mood() + (workspace.isTrusted ? '' : ' (restricted)'); };
  let last = 'idle';
  const say = (text) => { last = text; show(text); };
  bar.tooltip = 'Sample tooltip';
  bar.command = 'sample.hello';
  say('idle');
  bar.show();
  keep(bar, workspace.onDidGrantWorkspaceTrust(() => show(last)), workspace.onDidChangeConfiguration(() => show(last)));
  const command = (id, run) => keep(commands.registerCommand('sample.' + id, run));
  command('hello', async () => say('answer ' + (await window.showInformationMessage('Hello from the sample', 'Wave back'))));
  command('helloAgain', () => window.showWarningMessage('Hello again'));
  command('ask', async () => {
    const name = await window.showInputBox({ title: 'Name', validateInput: (v) => (v === 'bad' ? 'not that name' : undefined) });
    const fruit = await window.showQuickPick(['apple', 'apple pie', 'pear'], { title: 'Fruit' });
    say('asked ' + name + ' ' + fruit);
  });
  command('askMany', async () => say('many ' + (await window.showQuickPick(['red', 'green', 'blue'], { canPickMany: true })).join('+')));
  command('file', async () => say('chose ' + (await window.showOpenDialog({}))[0].path.split('/').pop()));
  command('modal', async () => say('modal ' + (await window.showWarningMessage('Really?', { modal: true, detail: 'It is final.' }, 'Do It', 'Wait'))));
  command('terminal', () => window.createTerminal({ name: 'Sample Shell', shellPath: '/bin/sh',
    shellArgs: ['-c', 'echo $((6 * 7)) > term.out; setsid sleep 600 & exec sleep 600'], cwd: workspace.workspaceFolders[0].uri }).show());
  command('view', () => say('stirred'));
  command('title', (uri) => say('checked ' + uri.path.split('/').pop()));
  command('trusted', () => say('trusted command'));
  const html = (text) => '<!DOCTYPE html><h1>' + text + '</h1><button>Ping</button><p id="p">no answer</p><script>'
    + 'const api = acquireVsCodeApi(); document.querySelector("button").onclick = () => api.postMessage("ping");'
    + 'addEventListener("message", (e) => { document.getElementById("p").textContent = e.data; });</script>';
  const wire = (webview, text) => {
    webview.options = { enableScripts: true };
    webview.html = html(text);
    webview.onDidReceiveMessage(() => webview.postMessage('pong ' + text));
  };
  keep(window.registerWebviewViewProvider('sample.web', { resolveWebviewView: (view) => wire(view.webview, 'Side') }));
  command('panel', () => wire(window.createWebviewPanel('sample.panel', 'Sample Panel', 1).webview, 'Panel'));
  const items = { alpha: [], beta: ['beta one', 'beta two'], gamma: [] };
  keep(window.createTreeView('sample.items', { treeDataProvider: {
    getChildren: (parent) => (parent ? items[parent] : Object.keys(items)),
    getTreeItem: (name) => Object.assign(new vscode.TreeItem(name, items[name] && items[name].length ? 1 : 0),
      { description: name.length + ' letters', tooltip: 'tip of ' + name }),
  } }));
  command('item', (name) => say('touched ' + name));
  const found = languages.createDiagnosticCollection('sample');
  const check = (doc) => {
    if (!doc.fileName.endsWith('.txt')) return;
    const list = [];
    for (const match of doc.getText().matchAll(/badword/g)) {
      const range = new vscode.Range(doc.positionAt(match.index), doc.positionAt(match.index + 7));
      const one = new vscode.Diagnostic(range, 'a bad word', 0);
      Object.assign(one, { source: 'sample', code: 'word.bad' });
      list.push(one);
    }
    found.set(doc.uri, list);
  };
  workspace.textDocuments.forEach(check);
  keep(found, workspace.onDidCloseTextDocument((doc) => found.delete(doc.uri)), workspace.onDidOpenTextDocument(check), workspace.onDidChangeTextDocument((e) => check(e.document)));
  keep(languages.registerHoverProvider('plaintext', { provideHover: (doc, at) => new vscode.Hover('word: ' + doc.getText(doc.getWordRangeAtPosition(at))) }));
  keep(languages.registerCodeLensProvider('plaintext', { provideCodeLenses: () => [
    new vscode.CodeLens(new vscode.Range(0, 0, 0, 1), { title: 'Lens of the note', command: 'sample.view' })] }));
  keep(languages.registerCodeActionsProvider('plaintext', { provideCodeActions: (doc, range, context) => context.diagnostics.map((one) => {
    const fix = new vscode.CodeAction('Replace by goodword', vscode.CodeActionKind.QuickFix);
    fix.diagnostics = [one];
    fix.edit = new vscode.WorkspaceEdit();
    fix.edit.replace(doc.uri, one.range, 'goodword');
    return fix;
  }) }));
};
`;

export function writeSample(): Sample {
  const root = mkdtempSync(path.join(tmpdir(), 'slicewave-sample-'));
  const extension = path.join(root, 'extension');
  const folder = path.join(root, 'folder with space');
  mkdirSync(extension);
  mkdirSync(path.join(folder, 'sub'), { recursive: true });
  writeFileSync(path.join(extension, 'package.json'), JSON.stringify(manifest, null, 2));
  writeFileSync(path.join(extension, 'extension.cjs'), code);
  writeFileSync(
    path.join(extension, 'icon.svg'),
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><circle cx="12" cy="12" r="8" fill="#888"/></svg>',
  );
  writeFileSync(path.join(folder, 'sub/note.txt'), 'first line\nsome badword here\n');
  writeFileSync(path.join(folder, 'other.txt'), 'nothing special\n');
  const workspace = path.join(root, 'sample.code-workspace');
  writeFileSync(workspace, JSON.stringify({ folders: [{ path: path.basename(folder) }] }));
  return { extension, folder, workspace, remove: () => rmSync(root, { recursive: true, force: true }) };
}
