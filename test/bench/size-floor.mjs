// The least that any program about a plan must do: list its files, read each, and parse each once with the libraries
// that Slicewave itself uses.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z', '--', 'parallel'], {
  encoding: 'utf8',
  maxBuffer: 1e9,
});
let keys = 0;
let lines = 0;
for (const name of listed.split('\0').filter((one) => one !== '')) {
  const text = readFileSync(name, 'utf8');
  if (name.endsWith('.json')) keys += Object.keys(JSON.parse(text)).length;
  if (!name.endsWith('.md')) continue;
  const close = text.startsWith('---\n') ? text.indexOf('\n---\n', 3) : -1;
  if (close > 0) keys += Object.keys(parse(text.slice(4, close)) ?? {}).length;
  for (const line of text.slice(close > 0 ? close + 5 : 0).split('\n'))
    if (/^ {0,3}#{1,6}[ \t]/.test(line) || /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]/.test(line)) lines++;
}
console.log(`${keys} keys, ${lines} headings and items`);
