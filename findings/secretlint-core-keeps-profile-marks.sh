#!/usr/bin/env bash
# Secretlint's core profiles every scan for as long as the process lives, and the cost of a scan grows with all before it.
#
# `lintSource` of @secretlint/core takes one source and gives its findings. A guess is that two thousand small sources cost
# ten times two hundred, and that nothing of them stays. Seen instead: whoever scans source after source sets 32
# performance marks for each, without having asked for a profile; @secretlint/profiler keeps every one, and looks for each
# end mark in all that it has kept. So the work for one source grows with the sources before it (the last two hundred of
# two thousand look through ten times as many marks as the first), and so does the memory. There is no option that turns
# it off. The observer runs between turns of the event loop: a loop that never lets go of it sees none of this until its end.
#
# Counted, not timed: how many marks are kept, and how often a kept mark is looked at.
#
# Packages: @secretlint/core, @secretlint/profiler and @secretlint/secretlint-rule-preset-recommend, each 10.2.2.
# Exit 0: as described; 1: it has changed.
set -euo pipefail
VERSION=10.2.2
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
cd "$DIR"
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --silent "@secretlint/core@$VERSION" "@secretlint/profiler@$VERSION" \
  "@secretlint/secretlint-rule-preset-recommend@$VERSION"
cat >see.js <<'JS'
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';

let looks = 0;
const find = secretLintProfiler.entries.find;
secretLintProfiler.entries.find = function (is) {
  return find.call(this, (entry) => (looks++, is(entry)));
};
const config = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator, options: {} }] };
const rows = [];
for (let i = 1; i <= 2000; i++) {
  const filePath = `f${i}.txt`;
  await lintSource({ source: { content: `line ${i}\n`, filePath, ext: '.txt', contentType: 'text' }, options: { config } });
  await new Promise(setImmediate);
  if (i % 200 === 0) rows.push({ sources: i, kept: (await secretLintProfiler.getEntries()).length, looks });
}
console.table(rows);
const [first, last] = [rows[0], rows.at(-1)];
const before = rows.at(-2);
const grows = (last.looks - before.looks) / first.looks;
console.log(`marks kept for each source: ${last.kept / 2000}; looks of the last 200 sources to those of the first: ${grows.toFixed(1)}`);
process.exitCode = last.kept === 32 * 2000 && grows > 5 ? 0 : 1;
JS
node see.js
