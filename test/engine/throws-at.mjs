import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import process from 'node:process';

/**
 * Preloaded into the command line: a runner breaks, as by a fault of its own, when it would put a file of that name in
 * place. With `SLICEWAVE_TEST_FULL_AT`, the disk has no room for the file as long as an event of that type is the last.
 */
const name = process.env.SLICEWAVE_TEST_THROW_AT;
const last = process.env.SLICEWAVE_TEST_FULL_AT;

function isFull(file) {
  const events = fs
    .readFileSync(path.join(path.dirname(file), 'events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return JSON.parse(events.at(-1)).type === last;
}

for (const owner of process.argv.includes('exec') ? [fs, fs.promises] : []) {
  const own = owner.rename;
  owner.rename = function (...args) {
    if (!String(args[1]).endsWith(name)) return own.apply(this, args);
    if (last !== undefined) {
      if (!isFull(String(args[1]))) return own.apply(this, args);
      const error = Object.assign(new Error('ENOSPC: no space left on device, rename'), { code: 'ENOSPC' });
      const tell = args.at(-1);
      return typeof tell === 'function' ? void setImmediate(() => tell(error)) : Promise.reject(error);
    }
    setImmediate(() => {
      throw new RangeError('Invalid string length');
    });
    return new Promise(() => undefined);
  };
}
syncBuiltinESMExports();
