#!/usr/bin/env bash
# What Claude Code prints does not all arrive where its output goes through a pipe or a socket; in a file it does.
#
# `claude -p --output-format stream-json` is read by other programs: a pipeline, or a supervisor that starts it with Node's
# child_process (which makes sockets). A guess is that a program that writes to a pipe waits until there is room. Seen
# instead: when the last lines are longer than what the reader has taken by then, the program ends with exit code 0, the
# last line is cut in the middle, and the `result` event, which tells that and how the session ended, is missing. The same
# answer redirected into a file is whole. What reads an agent's events has to give it a file.
#
# The model is a script on loopback that answers with one long text. How much arrives differs from run to run, and with a
# fast reader all may arrive, so this reads late: after the program's end for a socket.
#
# Package: @anthropic-ai/claude-code@2.1.332. Exit 0: as described; 1: it has changed.
set -euo pipefail
VERSION=2.1.332
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
cd "$DIR"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --silent "@anthropic-ai/claude-code@$VERSION"
CLAUDE=$(find node_modules/@anthropic-ai -path '*claude-code-*' -name claude -type f | head -n 1)
"$CLAUDE" --version

cat >see.mjs <<'JS'
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [claude, dir] = process.argv.slice(2);
const text = 'word '.repeat(400_000);
const model = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (event) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, usage };
    send({ type: 'message_start', message });
    send({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    send({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
    send({ type: 'content_block_stop', index: 0 });
    send({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage });
    send({ type: 'message_stop' });
    response.end();
  });
});
await new Promise((resolve) => model.listen(0, '127.0.0.1', resolve));
mkdirSync(`${dir}/home`);
const env = {
  PATH: process.env.PATH, HOME: `${dir}/home`, TMPDIR: dir, NO_PROXY: '127.0.0.1', DISABLE_AUTOUPDATER: '1',
  ANTHROPIC_BASE_URL: `http://127.0.0.1:${model.address().port}`, ANTHROPIC_API_KEY: 'scripted',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
};
const args = ['-p', 'Answer.', '--output-format', 'stream-json', '--verbose'];

function start(output) {
  const child = spawn(claude, args, { cwd: `${dir}/home`, env, stdio: ['ignore', output, 'inherit'] });
  let said = '';
  // Nobody reads until the program has ended.
  child.on('exit', () => child.stdout?.setEncoding('utf8').on('data', (chunk) => (said += chunk)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}

function told(where, code, said) {
  const isWhole = said.endsWith('\n') && said.split('\n').some((line) => line.startsWith('{') && safe(line).type === 'result');
  console.log(`${where}: exit code ${code}, ${isWhole ? 'whole, with its result event' : 'cut off, without a result event'}`);
  return isWhole;
}
function safe(line) {
  try { return JSON.parse(line); } catch { return {}; }
}

const late = await start('pipe');
const wholeBySocket = told("Node's own 'pipe', read late", late.code, late.said);
const file = openSync(`${dir}/out`, 'w');
const filed = await start(file);
closeSync(file);
const wholeByFile = told('a file', filed.code, readFileSync(`${dir}/out`, 'utf8'));
process.exit(!wholeBySocket && wholeByFile && late.code === 0 && filed.code === 0 ? 0 : 1);
JS
if node see.mjs "$DIR/$CLAUDE" "$DIR"; then echo 'as described'; else echo 'changed'; exit 1; fi
