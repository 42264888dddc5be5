/**
 * The program that tests drive: agent, check, set-up command, git hook or git filter, by its first argument. It says
 * hello on the test's socket and does what it is told: print, exit. Whatever it should do to files, the test does
 * itself in the directory that it stands in. It never waits for time.
 */
import { connect } from 'node:net';
import process from 'node:process';

// Git that the test itself calls, and waits for, runs the same hooks and filters: they have nobody to ask.
if (!process.env.FAKE_PROGRAM_SOCKET) process.exit(0);
const socket = connect(process.env.FAKE_PROGRAM_SOCKET);
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name.startsWith('SLICEWAVE_') || name === 'GIT_CONFIG_VALUE_0'),
);
socket.write(
  `${JSON.stringify({ role: process.argv[2], args: process.argv.slice(3), pid: process.pid, cwd: process.cwd(), env })}\n`,
);
let text = '';
socket.setEncoding('utf8').on('data', (chunk) => {
  text += chunk;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
    const order = JSON.parse(text.slice(0, end));
    text = text.slice(end + 1);
    if (order.print !== undefined) process.stdout.write(order.print);
    if (order.exit !== undefined) process.exitCode = order.exit;
    if (order.exit !== undefined) socket.end();
  }
});
socket.on('close', () => {
  // The test went away: nobody is left to say what to do.
  process.exitCode ??= 97;
});
// After its order to exit a program has said all it had to: a connection that breaks then changes nothing.
socket.on('error', () => process.exit(process.exitCode ?? 97));
