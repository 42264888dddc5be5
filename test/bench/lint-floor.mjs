// The least that any linter of these files must do: read them, parse their front matter, and look at every line once.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

const names = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { encoding: 'utf8' })
  .split('\0')
  .filter((name) => name.endsWith('.md'));
let keys = 0;
let headings = 0;
let items = 0;
let fences = 0;

const look = (text) => {
  const close = text.startsWith('---\n') ? text.indexOf('\n---\n', 3) : -1;
  if (close > 0) keys += Object.keys(parse(text.slice(4, close)) ?? {}).length;
  let fence = false;
  for (let start = close > 0 ? close + 5 : 0; start < text.length;) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    const line = text.slice(start, end);
    start = end + 1;
    if (/^ {0,3}(?:`{3,}|~{3,})/.test(line)) {
      fence = !fence;
      if (fence) fences++;
    } else if (fence) continue;
    else if (/^ {0,3}#{1,6}[ \t]/.test(line)) headings++;
    else if (/^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]/.test(line)) items++;
  }
};

const queue = names.values();
await Promise.all(
  Array.from({ length: 16 }, async () => {
    for (const name of queue) look(await readFile(name, 'utf8'));
  }),
);
console.log(`${names.length} files, ${keys} keys, ${headings} headings, ${items} items, ${fences} fences`);
