/**
 * Installs what Linux sandboxes are built with, bubblewrap and socat: `node test/sandbox/install.ts`. Does nothing where
 * they are, and on other systems, which bring a sandbox of their own.
 */
import { spawnSync } from 'node:child_process';
import { Installer, installNow } from '../installing.ts';

/** The programs by the Debian package of which they are. */
const programs: Readonly<Record<string, string>> = { bubblewrap: 'bwrap', socat: 'socat' };

/** Makes the programs be there. Says why, and goes on, when the machine does not let them build a sandbox. */
export async function installSandbox(): Promise<void> {
  if (process.platform !== 'linux') return;
  const absent = missingPackages();
  const installer = new Installer('sandbox');
  if (absent.length > 0) {
    const names = absent.map((name) => programs[name]).join(' and ');
    await installer.debian(absent, {
      missing: `The tests need ${names}, which is not on the path.`,
      otherwise: `Install ${absent.join(' and ')} with your system's packages`,
    });
  }
  const obstacle = sandboxObstacle();
  if (obstacle !== null) installer.say(`this machine does not let bubblewrap build a sandbox: ${obstacle}`);
}

function missingPackages(): readonly string[] {
  return Object.keys(programs).filter((name) => {
    const { error } = spawnSync(programs[name] ?? name, ['--version'], { stdio: 'ignore' });
    return error !== undefined;
  });
}

/**
 * Why bubblewrap cannot make namespaces for files, processes and network here, in its own words; `null` when it can.
 * Many containers forbid one of them.
 */
export function sandboxObstacle(): string | null {
  const args = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--unshare-pid', '--unshare-net', 'true'];
  const { error, status, stderr } = spawnSync('bwrap', args, { encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? null : stderr.trim() || `bwrap ended with ${status}`;
}

if (process.argv[1] === import.meta.filename) await installNow(installSandbox);
