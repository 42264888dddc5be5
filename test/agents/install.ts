/**
 * Installs the agent command lines the tests drive: `node test/agents/install.ts`. Their versions are pinned in this
 * folder's own lock file, apart from the project's dependencies, because together they weigh some 640 MB.
 *
 * The stamp is written last, after both programs have answered `--version`. Without it, or with one for other pins,
 * everything is installed anew, so an installation that was cut short repairs itself.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import spawn from 'cross-spawn';

const folder = import.meta.dirname;
const modules = join(folder, 'node_modules');
const stampFile = join(modules, '.installed.json');

/** Where the two programs are. Throws with the command to run when they are not installed as pinned. */
export function agentBinaries(): { readonly claude: string; readonly codex: string } {
  if (!isInstalled()) throw new Error('the agents are not installed: run `node test/agents/install.ts`');
  return locate();
}

function isInstalled(): boolean {
  try {
    const stamp: unknown = JSON.parse(readFileSync(stampFile, 'utf8'));
    return JSON.stringify(stamp) === JSON.stringify(expectedStamp());
  } catch {
    return false;
  }
}

/** The pins, and the sizes of the programs, which a half-unpacked file does not have. */
function expectedStamp(): { readonly pins: string; readonly bytes: readonly number[] } {
  const pins = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  return { pins, bytes: Object.values(locate()).map((program) => statSync(program).size) };
}

/** The native programs in their platform packages; the packages' own launchers would only start these. */
function locate(): { readonly claude: string; readonly codex: string } {
  const { platform, arch } = process;
  const exe = platform === 'win32' ? '.exe' : '';
  const musl = platform === 'linux' && !usesGlibc() ? '-musl' : '';
  const cpu = arch === 'arm64' ? 'aarch64' : 'x86_64';
  const system = { darwin: 'apple-darwin', win32: 'pc-windows-msvc' }[platform as string] ?? 'unknown-linux-musl';
  return {
    claude: join(modules, '@anthropic-ai', `claude-code-${platform}-${arch}${musl}`, `claude${exe}`),
    codex: join(modules, '@openai', `codex-${platform}-${arch}`, 'vendor', `${cpu}-${system}`, 'bin', `codex${exe}`),
  };
}

function usesGlibc(): boolean {
  const report: unknown = process.report.getReport();
  const header = (report as { readonly header?: { readonly glibcVersionRuntime?: string } }).header;
  return header?.glibcVersionRuntime !== undefined;
}

async function install(): Promise<void> {
  if (isInstalled()) return;
  rmSync(stampFile, { force: true });
  const started = Date.now();
  const elapsed = (): string => `${Math.round((Date.now() - started) / 1000)} s`;
  console.log('installing Claude Code and Codex for the agent tests (about 640 MB, once)');
  const progress = setInterval(() => console.log(`  still installing, ${elapsed()}`), 5_000);
  try {
    // The install scripts only copy the native program over a launcher that is not used here.
    await runNpm(['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']);
  } finally {
    clearInterval(progress);
  }
  for (const [name, program] of Object.entries(locate())) {
    const version = execFileSync(program, ['--version'], { encoding: 'utf8', timeout: 60_000, stdio: 'pipe' }).trim();
    console.log(`  ${name}: ${version}`);
  }
  writeFileSync(stampFile, JSON.stringify(expectedStamp()));
  console.log(`installed in ${elapsed()}`);
}

function runNpm(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const npm = spawn('npm', [...args], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
    npm.once('error', (error) => reject(new Error(`npm could not be started: ${error.message}`)));
    npm.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`npm ci failed (${signal ?? `exit code ${code}`}) in ${folder}; run it again`));
    });
  });
}

if (import.meta.main) {
  try {
    await install();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
