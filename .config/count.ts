/** A root hook for mocha that writes `{tests, failures}` to the file named by `SLICEWAVE_TEST_COUNT`. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';

const tally = { tests: 0, failures: 0 };

export const mochaHooks = {
  afterEach(this: { readonly currentTest?: { readonly state?: string } }): void {
    tally.tests++;
    if (this.currentTest?.state === 'failed') tally.failures++;
  },
};

process.on('exit', (code) => {
  const file = process.env['SLICEWAVE_TEST_COUNT'];
  // A failing suite hook fails no test; the exit code still tells.
  if (file)
    writeFileSync(file, JSON.stringify({ tests: tally.tests, failures: Math.max(tally.failures, code === 0 ? 0 : 1) }));
});
