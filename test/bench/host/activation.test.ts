import { strict as assert } from 'node:assert';
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import * as vscode from 'vscode';

/** What a run leaves as a line of JSON; times in milliseconds. */
export interface ActivationLine {
  readonly load: number;
  /** Inside the extension's own `activate()`. */
  readonly own: number;
  /** From the wish to the end, VS Code's part included. */
  readonly whole: number;
  readonly vscode: string;
  readonly node: string;
}

/** Runs in the extension host, see ../extension.bench.ts. */
suite('Activation', () => {
  test('is measured on an extension that nothing has woken yet', async () => {
    const extension = vscode.extensions.getExtension('slicewave.slicewave');
    assert.ok(extension);
    assert.equal(extension.isActive, false);
    const file = path.join(extension.extensionPath, 'dist/extension.cjs');
    const requireFrom = createRequire(file);
    const start = performance.now();
    // As VS Code does it; its own loading then finds the module here.
    const loaded = requireFrom(file) as { activate(context: vscode.ExtensionContext): void };
    const load = performance.now() - start;
    let own = Number.NaN;
    const timed = (context: vscode.ExtensionContext): void => {
      const began = performance.now();
      loaded.activate(context);
      own = performance.now() - began;
    };
    const module = requireFrom.cache[requireFrom.resolve(file)];
    assert.ok(module);
    module.exports = { ...loaded, activate: timed };
    const asked = performance.now();
    await extension.activate();
    const line: ActivationLine = {
      load,
      own,
      whole: performance.now() - asked,
      vscode: vscode.version,
      node: process.version,
    };
    assert.equal(extension.isActive, true);
    appendFileSync(process.env['SLICEWAVE_BENCH_FILE'] ?? '', `${JSON.stringify(line)}\n`);
  });
});
