import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';

/** Preloaded into the command line: a runner breaks, as by a fault of its own, when it would put a file of that name in place. */
const name = process.env.SLICEWAVE_TEST_THROW_AT;

for (const owner of process.argv.includes('exec') ? [fs, fs.promises] : []) {
  const own = owner.rename;
  owner.rename = function (...args) {
    if (!String(args[1]).endsWith(name)) return own.apply(this, args);
    setImmediate(() => {
      throw new RangeError('Invalid string length');
    });
    return new Promise(() => undefined);
  };
}
syncBuiltinESMExports();
