/** What the install steps of the tests share: running a command with a sign of life, and Debian's packages. */
import { spawn, spawnSync } from 'node:child_process';

/** A failure whose message is all the person needs; shown without a stack. */
export class InstallFailure extends Error {}

export interface Command {
  readonly what: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Says what one install step does, with the seconds since it began. */
export class Installer {
  readonly #title: string;
  readonly #startedAt = performance.now();

  constructor(title: string) {
    this.#title = title;
  }

  say(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(5);
    console.log(`[${this.#title} ${seconds}s] ${text}`);
  }

  /** Runs a command to its end, with a sign of life every ten seconds; shows its output only if it fails. */
  async execute({ what, program, args, cwd, env = childEnvironment() }: Command): Promise<void> {
    this.say(what);
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => output.push(String(chunk)));
    const life = setInterval(() => this.say(`  … still at it: ${what}`), 10_000);
    const stop = (): void => void child.kill('SIGTERM');
    process.on('exit', stop);
    try {
      const code = await new Promise<number | string>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'nothing'));
      });
      if (code !== 0)
        throw new InstallFailure(`${program} ${args.join(' ')} ended with ${code}\n${output.join('').slice(-4000)}`);
    } finally {
      clearInterval(life);
      process.off('exit', stop);
    }
  }

  /**
   * Installs Debian packages as root. Fails with the command to run where that cannot be, after `missing`, which says
   * what was looked for in vain; `otherwise` is what to do where there is no apt.
   */
  async debian(
    packages: readonly string[],
    { missing, otherwise }: { readonly missing: string; readonly otherwise: string },
  ): Promise<void> {
    const install = ['install', '-y', '--no-install-recommends', ...packages];
    const hasApt = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
    if (!hasApt) throw new InstallFailure(`${missing} ${otherwise}, then run this again.`);
    if (process.getuid?.() !== 0) {
      throw new InstallFailure(
        `${missing} Run \`sudo apt-get update && sudo apt-get ${install.join(' ')}\`, then run this again.`,
      );
    }
    const apt = (what: string, program: string, ...args: readonly string[]): Promise<void> =>
      this.execute({ what, program, args, cwd: '/', env: childEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }) });
    // Another apt may be at work: it is waited for.
    const patient = ['-o', 'DPkg::Lock::Timeout=300'];
    // Repairs an apt run that was killed half-way; does nothing otherwise.
    await apt('finishing interrupted package installs', 'dpkg', '--configure', '-a');
    await apt('updating the package lists', 'apt-get', ...patient, 'update');
    await apt(`installing ${packages.join(' and ')}`, 'apt-get', ...patient, ...install);
  }
}

/** What `npm run` adds to the environment would make a nested npm act on the project instead of its own folder. */
export function childEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^npm_(package|lifecycle|command)|^npm_config_(local_prefix|global_prefix|noproxy)$|^INIT_CWD$/.test(name))
      delete env[name];
  }
  return { ...env, ...more };
}

/** What an install script does when it is the program: ends with 1 and the message alone when it cannot. */
export async function installNow(install: () => void | Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  try {
    await install();
  } catch (problem) {
    if (!(problem instanceof InstallFailure)) throw problem;
    console.error(problem.message);
    process.exitCode = 1;
  }
}
