/**
 * The same in-host suites in desktop VS Code, for contributors who have internet access and a display:
 * `node test/host/desktop.ts`. Downloads VS Code once, into `.vscode-test/`.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { runTests } from '@vscode/test-electron';
import { bundleSuite } from './bundle-suite.ts';
import { exampleRepository, extensionFolder } from './example.ts';

const folder = exampleRepository({ plan: true });
try {
  await runTests({
    extensionDevelopmentPath: extensionFolder,
    extensionTestsPath: await bundleSuite(),
    launchArgs: [folder, '--disable-extensions', '--disable-workspace-trust'],
    extensionTestsEnv: { SLICEWAVE_DEMO_SPEED: '0', PATH: process.env['PATH'] ?? '' },
  });
} finally {
  rmSync(path.dirname(folder), { recursive: true, force: true });
}
