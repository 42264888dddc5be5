// Loaded before a program: when it ends, one line of JSON to standard error with the files that it opened, each as often
// as it did, and the commands of git that it started.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const opened = [];
const git = [];

for (const name of ['openSync', 'readFileSync']) {
  const real = fs[name];
  fs[name] = (file, ...rest) => {
    if (typeof file === 'string') opened.push(file);
    return real(file, ...rest);
  };
}
for (const name of ['open', 'readFile']) {
  const real = fs.promises[name];
  fs.promises[name] = (file, ...rest) => {
    if (typeof file === 'string') opened.push(file);
    return real(file, ...rest);
  };
}
for (const name of ['spawn', 'execFile']) {
  const real = childProcess[name];
  childProcess[name] = (program, args, ...rest) => {
    if (/(?:^|\/)git$/.test(program)) git.push(args.filter((arg) => /^[a-z]+(?:-[a-z]+)*$/.test(arg))[0] ?? '');
    return real(program, args, ...rest);
  };
}
syncBuiltinESMExports();
process.on('exit', () => fs.writeSync(2, `\n${JSON.stringify({ opened, git })}\n`));
