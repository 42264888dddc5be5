import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';

/**
 * Preloaded into the command line. Counts each time that it is about to change something under `.agent-runs` or in a plan
 * directory, and with `SLICEWAVE_TEST_KILL_AT` kills it at the Nth, as a power cut does. With `SLICEWAVE_TEST_COPY_TO` it
 * lives on, and what a power cut would have left at the Nth is in the folder N there: all of them for one start.
 */
let left = Number(process.env.SLICEWAVE_TEST_KILL_AT);
const copies = process.env.SLICEWAVE_TEST_COPY_TO;
const STATE = ['.agent-runs', 'parallel'];
let copied = 0;
let isCopying = false;

/** What all files are, to see that nothing moved while they were copied. */
function listed() {
  return STATE.flatMap((dir) =>
    fs.readdirSync(dir, { recursive: true }).map((name) => {
      const { ino, size, mtimeMs } = fs.lstatSync(`${dir}/${name}`);
      return `${name} ${ino} ${size} ${mtimeMs}`;
    }),
  ).join('\n');
}

function copy() {
  const to = `${copies}/${++copied}`;
  isCopying = true;
  for (let isWhole = false; !isWhole;) {
    try {
      const before = listed();
      fs.rmSync(to, { recursive: true, force: true });
      for (const dir of STATE)
        fs.cpSync(dir, `${to}/${dir}`, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
      isWhole = listed() === before;
    } catch (error) {
      // Moved by what was under way already.
      if (error.code !== 'ENOENT') throw error;
    }
  }
  isCopying = false;
}

function change() {
  if (copies) copy();
  else if (--left === 0) process.kill(process.pid, 'SIGKILL');
}

function counted(owner, name, at) {
  const own = owner[name];
  owner[name] = function (...args) {
    const file = String(args[at]);
    const isReading = name === 'openSync' && (args[1] === undefined || args[1] === 'r');
    if (!isCopying && !isReading && /[\\/](?:\.agent-runs|parallel)[\\/]/.test(file)) change();
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
