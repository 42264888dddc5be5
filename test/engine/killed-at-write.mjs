import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';

/**
 * Preloaded into the command line: kills the process, as a power cut does, right before the Nth time that it changes
 * something under `.agent-runs` or in a plan directory.
 */
let left = Number(process.env.SLICEWAVE_TEST_KILL_AT);

function counted(owner, name, at) {
  const own = owner[name];
  owner[name] = function (...args) {
    const file = String(args[at]);
    if (/[\\/](?:\.agent-runs|parallel)[\\/]/.test(file) && --left === 0) process.kill(process.pid, 'SIGKILL');
    return own.apply(this, args);
  };
}

for (const owner of [fs, fs.promises]) {
  counted(owner, 'rename', 1);
  counted(owner, 'rm', 0);
  counted(owner, 'link', 1);
}
counted(fs, 'renameSync', 1);
counted(fs, 'openSync', 0);
syncBuiltinESMExports();
