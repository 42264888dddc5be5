/**
 * Outlives a test run that was killed: `node guard.ts <server folder>`, with a pipe from the test run as standard input.
 * When that pipe closes, for whatever reason, the server's processes are ended and its folder is removed.
 */
import { rmSync } from 'node:fs';
import { endMarkedProcesses } from './processes.ts';

const folder = process.argv[2];
if (!folder) throw new Error('usage: guard.ts <server folder>');

process.stdin.resume();
process.stdin.once('close', () => {
  void endMarkedProcesses(folder).then(() =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  );
});
