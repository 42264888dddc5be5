/** Runs the in-host suites in the test host: `node test/host/run-all.ts [--result=file]`. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { bundleSuite } from './bundle-suite.ts';
import { exampleRepository, extensionFolder } from './example.ts';
import { runSuite } from './run-suite.ts';

const { values } = parseArgs({ options: { result: { type: 'string' }, grep: { type: 'string' } } });
const folder = exampleRepository({ plan: true });
const code = await runSuite({
  bundle: await bundleSuite(),
  extension: extensionFolder,
  others: [path.join(import.meta.dirname, 'language-model')],
  folder,
  env: { SLICEWAVE_DEMO_SPEED: '0', PATH: process.env['PATH'] ?? '' },
  seconds: 1_800,
  ...(values.grep ? { grep: values.grep } : {}),
  ...(values.result ? { resultFile: values.result } : {}),
});
rmSync(path.dirname(folder), { recursive: true, force: true });
process.exit(code);
