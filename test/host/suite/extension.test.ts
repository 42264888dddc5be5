/** Inside the extension host of a real VS Code, on the bundled example with its plan. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

const PLAN = 'parallel/TS-0042-inventory';

function root(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'the example is open');
  return folder.uri.fsPath;
}

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension('slicewave.slicewave');
  assert.ok(found, 'the extension is installed');
  return found;
}

async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 180,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The trace of the last run of a slice, once there is one. */
function traceOf(
  slice: string,
):
  | { state: string; base_commit: string; worktree: string; run_id: string; files_changed: { path: string }[] }
  | undefined {
  const runs = path.join(root(), '.agent-runs');
  if (!existsSync(runs)) return undefined;
  const last = readdirSync(runs)
    .filter((name) => name.includes(`-${slice}-`))
    .sort()
    .at(-1);
  const file = last ? path.join(runs, last, 'trace.json') : '';
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof traceOf>) : undefined;
}

suite('the extension in its host', () => {
  suiteSetup(async () => {
    await extension().activate();
    await vscode.workspace
      .getConfiguration('terminal.integrated.env')
      .update('linux', { PATH: process.env['PATH'] ?? '' }, vscode.ConfigurationTarget.Global);
  });

  test('is active, and every command of its manifest is registered', async () => {
    assert.ok(extension().isActive);
    const manifest = extension().packageJSON as { contributes: { commands: { command: string }[] } };
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = manifest.contributes.commands.map((entry) => entry.command).filter((id) => !registered.has(id));
    assert.deepEqual(missing, []);
    assert.ok(manifest.contributes.commands.length >= 20);
  });

  test('findings of a task spec reach Problems with their exact words, and go when it is mended', async () => {
    const file = path.join(
      root(),
      PLAN,
      'tasks',
      readdirSync(path.join(root(), PLAN, 'tasks')).find((name) => name.startsWith('task-003')) ?? '',
    );
    const good = readFileSync(file, 'utf8');
    const uri = vscode.Uri.file(file);
    await vscode.window.showTextDocument(uri);
    writeFileSync(file, good.replace(/^deps: .*$/m, 'deps: [NOPE]'));
    const finding = await until('the unknown dependency is found', () =>
      vscode.languages.getDiagnostics(uri).find((diagnostic) => diagnostic.message.includes('NOPE')),
    );
    const document = await vscode.workspace.openTextDocument(uri);
    assert.equal(document.getText(finding.range), 'NOPE');
    assert.equal(finding.severity, vscode.DiagnosticSeverity.Error);
    writeFileSync(file, good);
    await until(
      'the finding is gone',
      () => !vscode.languages.getDiagnostics(uri).some((d) => d.message.includes('NOPE')),
    );
  });

  test('a slice runs in a terminal of its own and ends verified; the base and the run can be compared', async () => {
    const opened: string[] = [];
    const watching = vscode.window.onDidOpenTerminal((terminal) => opened.push(terminal.name));
    await vscode.workspace.getConfiguration('slicewave').update('agent', 'demo', vscode.ConfigurationTarget.Workspace);
    const target = { root: root(), planDir: PLAN, slice: 'B1' };
    void vscode.commands.executeCommand('slicewave.runSlice', target);
    const trace = await until(
      'B1 is verified',
      () => {
        const seen = traceOf('B1');
        return seen?.state === 'verified' ? seen : undefined;
      },
      110,
    );
    watching.dispose();
    assert.ok(
      opened.some((name) => name.includes('B1')),
      `a terminal for B1 among ${opened.join(', ')}`,
    );
    assert.deepEqual(trace.files_changed.map((file) => file.path).sort(), [
      'src/stock/ledger.ts',
      'test/stock-ledger.test.ts',
    ]);
    assert.ok(existsSync(path.join(trace.worktree, 'src/stock/ledger.ts')));
    await vscode.commands.executeCommand('slicewave.inspectRun', { ...target, run: trace.run_id });
    await vscode.commands.executeCommand('slicewave.openRunDiff', { ...target, run: trace.run_id });
    await until('the changes of the run are open', () =>
      vscode.window.tabGroups.all.flatMap((group) => group.tabs).some((tab) => tab.label.includes('B1')),
    );
  });

  test('a plan that was changed by hand after it started is run by once it is accepted', async () => {
    const tasks = path.join(root(), PLAN, 'tasks');
    const file = path.join(tasks, readdirSync(tasks).find((name) => name.startsWith('task-003')) ?? '');
    const before = readFileSync(file, 'utf8');
    const fixed = (): number =>
      readFileSync(path.join(root(), '.agent-runs', 'plans', `${path.basename(PLAN)}.jsonl`), 'utf8').split(
        '"plan_fixed"',
      ).length;
    const known = fixed();
    const target = { root: root(), planDir: PLAN };
    try {
      writeFileSync(file, `${before.trimEnd()}\n\nOne more sentence.\n`);
      await vscode.commands.executeCommand('slicewave.refresh');
      await vscode.commands.executeCommand('slicewave.acceptPlan', target, true);
      assert.ok(fixed() > known, 'what was accepted is in the decisions');
    } finally {
      writeFileSync(file, before);
      await vscode.commands.executeCommand('slicewave.acceptPlan', target, true);
    }
  });

  test('nothing of the checkout was touched', () => {
    assert.equal(existsSync(path.join(root(), 'src/stock/ledger.ts')), false);
  });
});
