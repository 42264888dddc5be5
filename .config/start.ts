/**
 * `npm start`: builds and shows the whole loop on the bundled example. `npm start -- --code` prepares the same repository
 * and opens it in VS Code with the extension loaded: in `code` when it is on the path, else in the test host, whose
 * address is printed.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';

const root = path.dirname(import.meta.dirname);
const bin = path.join(root, 'node_modules', '.bin');
process.env['PATH'] = `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`;

const args = process.argv.slice(2);
const code = args.includes('--code');
const run = (program: string, words: readonly string[]): number =>
  spawnSync(program, words, { cwd: root, stdio: 'inherit' }).status ?? 1;

const built = run(process.execPath, ['.config/build.ts', '--quiet', ...(code ? [] : ['--only', 'cli'])]);
if (built !== 0) process.exit(built);
const cli = path.join(root, 'dist', 'cli.js');
if (!code) process.exit(await attached(process.execPath, [cli, 'demo', ...args]));

const dir = execFileSync(process.execPath, [cli, 'demo', '--prepare'], { encoding: 'utf8' }).trim();
const desktop = spawnSync('code', ['--version'], { encoding: 'utf8' });
if (desktop.status === 0) {
  console.log(`Opening ${dir} in VS Code with Slicewave loaded.`);
  process.exit(await attached('code', ['--new-window', `--extensionDevelopmentPath=${root}`, dir]));
}
console.log('There is no `code` on the path; starting VS Code in a browser (the test host) instead.');
if (run(process.execPath, ['test/host/install.ts']) !== 0) process.exit(1);
const vsix = path.join(root, 'slicewave.vsix');
if (run(process.execPath, [path.join(root, '.config/package.ts'), vsix]) !== 0) process.exit(1);
const { startServer } = await import('../test/host/code-server.ts');
const searchPath = process.env['PATH'] ?? '';
const server = await startServer({
  vsix: [vsix],
  env: { PATH: searchPath },
  // A terminal takes its path from the login shell, whose node may be too old for the example's own tests.
  settings: { 'terminal.integrated.env.linux': { PATH: searchPath }, 'slicewave.agent': 'demo' },
});
console.log(`\n  ${server.url}?folder=${encodeURIComponent(dir)}\n\nOpen this address in a browser. Ctrl-C ends it.`);
const end = (): void => void server.stop().finally(() => process.exit(0));
process.on('SIGINT', end);
process.on('SIGTERM', end);

/** Runs a program in this terminal; a Ctrl-C reaches it, and its exit code is ours. */
function attached(program: string, words: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, words, { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
    child.once('error', () => resolve(1));
    child.once('close', (exit) => resolve(exit ?? 1));
  });
}
