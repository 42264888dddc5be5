/** A private VS Code server on a free loopback port, with a home, settings and extensions of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installed, isHostInstalled } from './install.ts';
import { endMarkedProcesses, markedProcesses, markVariable, type MarkedProcess } from './processes.ts';

export type Environment = Readonly<Record<string, string>>;

export type ServerOptions = {
  /** User settings, on top of the quiet defaults below. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Environment of the server; the extension host and its terminals inherit it. May depend on the server's folder. */
  readonly env?: Environment | ((folder: string) => Environment);
  /**
   * `off` (default): every folder is trusted and nothing asks. `ask`: VS Code's own first question is shown when a
   * folder opens. `restricted`: the folder opens untrusted without a question, until `Workbench.grantTrust()`.
   */
  readonly workspaceTrust?: 'off' | 'ask' | 'restricted';
  /** Packaged extensions to install before the server starts. */
  readonly vsix?: readonly string[];
};

export type StartedServer = {
  readonly port: number;
  readonly url: string;
  /** Temporary folder that holds everything of this server; removed by `stop`. */
  readonly folder: string;
  /** HOME of everything that runs in it; has a .gitconfig with a user, and nothing else. */
  readonly home: string;
  /**
   * Adds to the user settings, from the next `reload()` on: a server does not watch that file. For a change that takes
   * effect at once, write .vscode/settings.json in the open folder.
   */
  changeSettings(settings: Readonly<Record<string, unknown>>): void;
  /** Living processes that this server started, terminals and detached ones included. */
  processes(): readonly MarkedProcess[];
  /** What the server printed, then the log files whose path matches (default: extension hosts and output channels). */
  logs(match?: RegExp): string;
  /** Ends every process the server started and removes its folder. May be called twice. */
  stop(): Promise<void>;
};

/** Nothing that pops up by itself, asks the network, or moves between two runs. */
const quietSettings: Readonly<Record<string, unknown>> = {
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.editor.enablePreview': false,
  'workbench.reduceMotion': 'on',
  'workbench.tree.enableStickyScroll': false,
  'editor.stickyScroll.enabled': false,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'chat.disableAIFeatures': true,
  'git.openRepositoryInParentFolders': 'never',
  'npm.fetchOnlinePackageInfo': false,
  'json.schemaDownload.enable': false,
  'typescript.disableAutomaticTypeAcquisition': true,
  'files.simpleDialog.enable': true,
  'window.confirmBeforeClose': 'never',
};

const trustSettings = {
  off: { 'security.workspace.trust.enabled': false },
  ask: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'always' },
  restricted: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' },
} as const;

/** Variables that would make the server, git or a terminal behave as if they ran inside another tool. */
const foreignVariables =
  /^(VSCODE_|CODE_SERVER_|CS_|ELECTRON_|GIT_|XDG_|PORT$|PASSWORD$|HASHED_PASSWORD$|NODE_OPTIONS$)/;

export async function startServer(options: ServerOptions = {}): Promise<StartedServer> {
  if (!isHostInstalled()) throw new Error('The test host is not installed: run `node test/host/install.ts`.');
  const folder = mkdtempSync(path.join(tmpdir(), 'slicewave-host-'));
  const at = (...parts: readonly string[]): string => path.join(folder, ...parts);
  const home = at('home');
  const settingsFile = at('data/User/settings.json');
  for (const name of ['data/User', 'extensions', 'home']) mkdirSync(at(name), { recursive: true });
  const trust = options.workspaceTrust ?? 'off';
  writeFileSync(
    settingsFile,
    JSON.stringify({ ...quietSettings, ...trustSettings[trust], ...options.settings }, null, 2),
  );
  // Without a --config of its own it writes ~/.config/code-server.
  writeFileSync(at('config.yaml'), 'auth: none\n');
  writeFileSync(
    path.join(home, '.gitconfig'),
    '[user]\n\tname = Test Host\n\temail = test-host@example.invalid\n[init]\n\tdefaultBranch = main\n',
  );

  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of Object.keys(env)) if (foreignVariables.test(name)) delete env[name];
  Object.assign(
    env,
    // VSCODE_CLI: terminals get the environment given here, not what a login shell would make of it.
    { HOME: home, EXTENSIONS_GALLERY: '{}', VSCODE_CLI: '1' },
    typeof options.env === 'function' ? options.env(folder) : options.env,
    { [markVariable]: folder },
  );

  const guard = spawn(process.execPath, [path.join(import.meta.dirname, 'guard.ts'), folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => undefined);
  guard.unref();

  const printed: string[] = [];
  let server: ChildProcess | undefined;
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stopOnce());
  async function stopOnce(): Promise<void> {
    await endMarkedProcesses(folder, server?.pid);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    guard.stdin?.destroy();
  }

  const common = ['--config', at('config.yaml'), '--user-data-dir', at('data'), '--extensions-dir', at('extensions')];
  const run = (args: readonly string[]): ChildProcess => {
    const child = spawn(installed.node, [installed.codeServer, ...common, ...args], {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => printed.push(String(chunk)));
    return child;
  };

  try {
    for (const file of options.vsix ?? []) {
      const code = await ended(run(['--install-extension', path.resolve(file)]));
      if (code !== 0) throw new Error(`installing ${file} ended with ${code}\n${printed.join('')}`);
    }
    server = run([
      '--auth=none',
      '--bind-addr=127.0.0.1:0',
      `--session-socket=${at('s.sock')}`,
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-getting-started-override',
      ...(trust === 'off' ? ['--disable-workspace-trust'] : []),
    ]);
    const port = await listeningPort(server, printed);
    return {
      port,
      url: `http://127.0.0.1:${port}/`,
      folder,
      home,
      changeSettings(settings) {
        const current = JSON.parse(readFileSync(settingsFile, 'utf8')) as Record<string, unknown>;
        writeFileSync(settingsFile, JSON.stringify({ ...current, ...settings }, null, 2));
      },
      processes: () => markedProcesses(folder),
      logs: (match = /remoteexthost|exthost\d|output_logging/) =>
        `${printed.join('')}\n${readLogs(at('data/logs'), match)}`,
      stop,
    };
  } catch (problem) {
    await stop();
    throw problem;
  }
}

function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
}

function listeningPort(server: ChildProcess, printed: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const clock = setTimeout(() => fail('did not listen within three minutes'), 180_000);
    const fail = (why: string): void => {
      clearTimeout(clock);
      reject(new Error(`code-server ${why}\n${printed.join('')}`));
    };
    server.once('error', reject);
    server.once('exit', (code) => fail(`exited with ${code} before it listened`));
    server.stdout?.on('data', () => {
      const port = /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(printed.join(''))?.[1];
      if (!port) return;
      clearTimeout(clock);
      resolve(Number(port));
    });
  });
}

function readLogs(folder: string, match: RegExp): string {
  if (!existsSync(folder)) return '';
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => match.test(file))
    .map((file) => `--- ${path.relative(folder, file)}\n${readFileSync(file, 'utf8')}`)
    .join('\n');
}
