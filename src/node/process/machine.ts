import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname, uptime } from 'node:os';
import { liveness, type Liveness, type ProcessIdentity, type ProcessPlace } from '../../core/run/liveness.ts';
import { startOf } from './process-stat.ts';

let here: Promise<ProcessPlace> | undefined;

/**
 * Where this process is. The machine's id is what the system keeps for that: `/etc/machine-id` (systemd, machine-id(5)),
 * `IOPlatformUUID` (ioreg(8)), `MachineGuid` of the Windows registry; the boot's, `boot_id` (random(4)) or
 * `kern.bootsessionuuid` (sysctl(8)), and the time of the boot where there is none. Asked for once.
 */
export function placeHere(): Promise<ProcessPlace> {
  return (here ??= look());
}

/** This process, or another one here, for whoever finds its name later. */
export async function identify(pid: number = process.pid): Promise<ProcessIdentity> {
  const [place, started] = await Promise.all([placeHere(), startOf(pid)]);
  return { pid, started, ...place };
}

/** Whether that very process lives. `lastSign`: when it last gave one (milliseconds since the epoch), where it does. */
export async function livenessOf(holder: ProcessIdentity, lastSign: number | null): Promise<Liveness> {
  const [here, seen] = await Promise.all([placeHere(), processOf(holder.pid)]);
  return liveness({ holder, here, seen, silence: lastSign === null ? null : Date.now() - lastSign });
}

/** The same of one that gives no signs: it counts as dead where its number cannot be asked for. */
export async function isAlive(holder: ProcessIdentity): Promise<boolean> {
  return (await livenessOf(holder, null)).alive;
}

/** Whether any process has a number here. */
export function hasNumber(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Who has a number here; `null`: nobody. */
async function processOf(pid: number): Promise<{ readonly started: string } | null> {
  if (!hasNumber(pid)) return null;
  const started = await startOf(pid);
  // One that has ended and was not waited for yet still has its number.
  return process.platform === 'linux' && started === '' ? null : { started };
}

async function look(): Promise<ProcessPlace> {
  const [machine, boot, space] = await Promise.all([
    machineId(),
    bootId(),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return {
    host: hostname(),
    machine,
    boot: boot === '' ? `at:${Math.round(Date.now() / 1000 - uptime())}` : boot,
    space,
  };
}

async function machineId(): Promise<string> {
  if (process.platform === 'darwin') {
    const said = await output('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']);
    return /"IOPlatformUUID" = "([^"]+)"/.exec(said)?.[1] ?? '';
  }
  if (process.platform === 'win32') {
    const said = await output('reg.exe', [
      'query',
      String.raw`HKLM\SOFTWARE\Microsoft\Cryptography`,
      '/v',
      'MachineGuid',
    ]);
    return /MachineGuid\s+REG_SZ\s+(\S+)/.exec(said)?.[1] ?? '';
  }
  for (const file of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    const id = (await readFile(file, 'utf8').catch(() => '')).trim();
    // An image that was made to be copied says `uninitialized`.
    if (/^[0-9a-f]{32}$/.test(id)) return id;
  }
  return '';
}

async function bootId(): Promise<string> {
  if (process.platform === 'darwin') return (await output('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'])).trim();
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

/** What a program of the system says; empty: nothing, or no such program. */
function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: 5000, windowsHide: true }, (error, text) => resolve(error ? '' : text));
  });
}
