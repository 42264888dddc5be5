/** Proves that a suite inside the extension host can pass, fail and die, and that each is told apart. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleSuite } from '../bundle-suite.ts';
import { writeSample } from './sample.ts';

const suites = `
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
suite('passing', () => {
  test('sees the extension, its commands and its diagnostics', async () => {
    await vscode.extensions.getExtension('harness.sample')?.activate();
    assert.ok((await vscode.commands.getCommands(true)).includes('sample.hello'));
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    const file = vscode.Uri.joinPath(folder!.uri, 'sub/note.txt');
    await vscode.window.showTextDocument(file);
    while (vscode.languages.getDiagnostics(file).length === 0) {
      await new Promise((resolve) => vscode.languages.onDidChangeDiagnostics(resolve));
    }
    assert.equal(vscode.languages.getDiagnostics(file)[0]?.message, 'a bad word');
  });
});
suite('failing', () => {
  test('says why', () => assert.equal(1 + 1, 3, 'sums are odd'));
});
suite('dying', () => {
  test('ends the extension host', () => process.exit(0));
});
`;

suite('run-suite', () => {
  const sample = writeSample();
  suiteTeardown(() => sample.remove());
  let bundle = '';
  suiteSetup(async () => {
    const tests = path.join(path.dirname(sample.folder), 'suite');
    mkdirSync(tests);
    writeFileSync(path.join(tests, 'self.test.ts'), suites);
    bundle = await bundleSuite({ tests, output: path.join(import.meta.dirname, '../out/self.cjs') });
  });

  const run = async (grep: string): Promise<{ readonly code: number | null; readonly printed: string }> => {
    const script = path.join(import.meta.dirname, '../run-suite.ts');
    const args = [
      script,
      '--bundle',
      bundle,
      '--extension',
      sample.extension,
      '--folder',
      sample.folder,
      '--grep',
      grep,
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += String(chunk)));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, printed };
  };

  test('0 when every test passed', async () => {
    const { code, printed } = await run('passing');
    assert.match(printed, /✔ sees the extension[^]*1 passing \(\d+m?s\)\s*$/, 'ends with the summary of mocha');
    assert.equal(code, 0, printed);
  });

  test('1 when a test failed, with the line of the test file', async () => {
    const { code, printed } = await run('failing');
    const line = suites.slice(0, suites.indexOf('1 + 1')).split('\n').length;
    assert.match(printed, new RegExp(`1 failing[^]*sums are odd[^]*self\\.test\\.ts:${line}:`));
    assert.equal(code, 1, printed);
  });

  test('2 when the extension host died', async () => {
    const { code, printed } = await run('dying');
    assert.match(printed, /the suite left no result/);
    assert.equal(code, 2, printed);
  });
});
