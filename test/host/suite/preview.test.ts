/** The preview of a decomposition in VS Code: what it shows, where its links lead, and that nothing is written before. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import * as vscode from 'vscode';
import { specWith } from '../../decompose-fixture.ts';

const SPEC = 'specs/TS-0900-shop.spec.md';
const PLAN = 'parallel/TS-0900-shop';

const spec = specWith({
  id: 'TS-0900',
  evidence: 'npm test',
  more: `## Open questions

- Who holds the key?

## Slices

- A1: Till (files: src/shop/till.ts, src/shop/desk.ts; verify: npm test)
- B1: Door (files: src/shop/till.ts, src/shop/door.ts, src/shop/bell.ts; verify: npm test)
`,
});

function root(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'the example is open');
  return folder.uri.fsPath;
}

async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  const end = Date.now() + 180_000;
  for (;;) {
    const seen = look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const previewShown = (): vscode.TextDocument | undefined => {
  const document = vscode.window.activeTextEditor?.document;
  return document?.uri.scheme === 'slicewave-preview' && document.uri.path.endsWith('TS-0900-shop.md')
    ? document
    : undefined;
};

suite('the preview of a decomposition', () => {
  setup(async () => {
    writeFileSync(path.join(root(), SPEC), spec);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
  teardown(async () => {
    await vscode.workspace
      .getConfiguration('slicewave')
      .update('decomposer', undefined, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand('slicewave.discardDecomposition');
    rmSync(path.join(root(), SPEC), { force: true });
  });

  /** The command ends when its question is answered, so it is not waited for. */
  function decompose(by: string): Promise<vscode.TextDocument> {
    void vscode.commands.executeCommand('slicewave.decompose', vscode.Uri.file(path.join(root(), SPEC)));
    return until(`the preview of ${by} is shown`, () => {
      const document = previewShown();
      return document?.getText().includes(`made by: ${by}`) ? document : undefined;
    });
  }

  test('shows waves, overlaps, estimates and what is open, and its links lead to the places', async () => {
    const document = await decompose('Structure of the spec');
    const text = document.getText();
    for (const part of [
      '**Nothing is written yet.**',
      '- Who holds the key?',
      '### Wave 1',
      '## Overlaps',
      '50%~',
      '## Estimate',
    ])
      assert.ok(text.includes(part), `${part} is missing in\n${text}`);
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
      'vscode.executeLinkProvider',
      document.uri,
      100,
    );
    const leads = (words: RegExp): vscode.Uri => {
      const found = links.find((link) => words.test(document.getText(link.range)));
      assert.ok(found?.target, `no link for ${words}`);
      return found.target;
    };
    const task = leads(/tasks\/task-002-door\.md$/);
    assert.equal(task.scheme, 'slicewave-preview');
    assert.match((await vscode.workspace.openTextDocument(task)).getText(), /Door/);
    const open = leads(/TS-0900-shop\.spec\.md:\d+$/);
    assert.deepEqual([open.scheme, open.fsPath], ['file', path.join(root(), SPEC)]);
    assert.match(open.fragment, /^L\d+$/);
    assert.ok(!existsSync(path.join(root(), PLAN)), 'nothing is written');
  });

  test('is the same for a language model, which is told what does not hold', async () => {
    const extension = vscode.extensions.getExtension<{
      readonly state: { answers: string[]; requests: unknown[] };
    }>('slicewave-test.scripted-model');
    assert.ok(extension);
    const { state } = await extension.activate();
    const slice = (id: string, title: string, create: string[]) => ({ id, title, create, verify: ['npm test'] });
    const declared = [
      slice('A1', 'Till', ['src/shop/till.ts', 'src/shop/desk.ts']),
      slice('B1', 'Door', ['src/shop/till.ts', 'src/shop/door.ts', 'src/shop/bell.ts']),
    ];
    const [till, door] = declared;
    state.requests = [];
    state.answers = ['no', JSON.stringify({ slices: [till, { ...door, deps: ['A1'] }] })];
    await vscode.workspace
      .getConfiguration('slicewave')
      .update('decomposer', 'editor', vscode.ConfigurationTarget.Global);
    const text = (await decompose('Language model of VS Code')).getText();
    assert.match(text, /Corrected in \d rounds/);
    assert.ok(state.requests.length >= 2);
    assert.ok(!existsSync(path.join(root(), PLAN)), 'nothing is written');
  });

  test('an agent is asked once where imported tasks work, from the preview, and what it says is shown before anything is written', async () => {
    const tasks = '.kiro/specs/moon/tasks.md';
    mkdirSync(path.join(root(), path.dirname(tasks)), { recursive: true });
    writeFileSync(path.join(root(), tasks), '# Plan\n\n- [ ] 1. Think of colours\n- [ ] 2. Mend src/door.ts\n');
    const answer = JSON.stringify({ scopes: [{ id: 'task-1', paths: [{ path: 'src/colours.ts', why: 'new' }] }] });
    const settings = vscode.workspace.getConfiguration('slicewave');
    const words = [process.execPath, '-e', `console.log(${JSON.stringify(answer)})`];
    // The extension host's own program is a Node only where it is told so.
    await settings.update(
      'agentCommand',
      ['env', 'ELECTRON_RUN_AS_NODE=1', ...words],
      vscode.ConfigurationTarget.Global,
    );
    try {
      const shown = (what: string): Promise<vscode.TextDocument> =>
        until(`the preview with ${what} is shown`, () => {
          const document = vscode.window.activeTextEditor?.document;
          return document?.uri.scheme === 'slicewave-preview' && document.getText().includes(what)
            ? document
            : undefined;
        });
      void vscode.commands.executeCommand('slicewave.decompose', vscode.Uri.file(path.join(root(), tasks)));
      const before = await shown('task-1 (Think of colours) names no file');
      assert.ok(!before.getText().includes('src/colours.ts'));
      void vscode.commands.executeCommand('slicewave.askForScopes', before.uri, { agent: 'command' });
      const after = await shown('src/colours.ts');
      assert.ok(!after.getText().includes('task-1 (Think of colours) names no file:'));
      assert.ok(!existsSync(path.join(root(), 'parallel', path.basename(after.uri.path, '.md'))), 'nothing is written');
    } finally {
      await settings.update('agentCommand', undefined, vscode.ConfigurationTarget.Global);
      rmSync(path.join(root(), '.kiro'), { recursive: true, force: true });
    }
  });
});
