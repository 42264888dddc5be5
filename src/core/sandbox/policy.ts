/** Whether agents and checks are confined by the operating system, see {@link SandboxSetting}. */
export type SandboxMode = 'auto' | 'required' | 'off';

/** What a plan says about confinement (`sandbox` in its manifest: a mode, or an object with these). */
export interface SandboxSetting {
  /** `auto`: where this machine can. `required`: not started without. `off`: never. `null`: not said. */
  readonly mode: SandboxMode | null;
  /** Whether checks reach the network. Agents always do: their model is there. */
  readonly checksNetwork: 'open' | 'closed';
  /** Further places to write, absolute or below the home directory (`~/...`). */
  readonly writable: readonly string[];
  /** Further places that cannot be read. */
  readonly hidden: readonly string[];
}

export const defaultSandbox: SandboxSetting = { mode: null, checksNetwork: 'open', writable: [], hidden: [] };

export function isSandboxMode(text: string | null | undefined): text is SandboxMode {
  return text === 'auto' || text === 'required' || text === 'off';
}

/**
 * Places below the home directory that no slice needs and whose content is worth stealing: keys, credentials of clouds
 * and code hosts, password stores, browsers, shell histories.
 */
export const SENSITIVE_IN_HOME: readonly string[] = [
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.config/gcloud',
  '.config/gh',
  '.config/glab-cli',
  '.config/hub',
  '.config/op',
  '.config/git/credentials',
  '.config/rclone',
  '.config/doctl',
  '.config/hcloud',
  '.config/google-chrome',
  '.config/chromium',
  '.config/BraveSoftware',
  '.mozilla',
  '.local/share/keyrings',
  '.password-store',
  '.kube',
  '.docker/config.json',
  '.git-credentials',
  '.netrc',
  '.pypirc',
  '.cargo/credentials',
  '.cargo/credentials.toml',
  '.gem/credentials',
  '.terraform.d',
  '.vault-token',
  '.oci',
  '.s3cfg',
  '.pgpass',
  '.my.cnf',
  '.bash_history',
  '.zsh_history',
  '.python_history',
  '.node_repl_history',
  '.psql_history',
  'Library/Keychains',
  'Library/Application Support/Google/Chrome',
  'Library/Application Support/Firefox',
];

/** Sockets through which a program outside of the sandbox would start processes or open files for one inside. */
export const SENSITIVE_IN_SYSTEM: readonly string[] = [
  '/run/user',
  '/run/docker.sock',
  '/run/docker',
  '/run/containerd',
  '/run/podman',
  '/run/crio',
  '/run/libvirt',
  '/run/dbus',
  '/run/screen',
  '/run/snapd.socket',
];

/** A file of environment values: `.env`, `.env.local`, `.env.production`; not `.env.example`, which is written to be read. */
export function isEnvironmentFile(name: string): boolean {
  return /^\.env(?:rc)?(?:\.|$)/.test(name) && !/\.(?:example|sample|template|dist|defaults?|schema|vault)$/.test(name);
}

/** What one confined process may do. Paths are absolute, exist, and hold no link. */
export interface Confinement {
  /** A directory of its own, shown to it as the system's temporary directories. */
  readonly scratch: string;
  readonly temporary: readonly string[];
  /** Entries below the temporary directories that stay to be seen, read-only. */
  readonly visible: readonly string[];
  readonly writable: readonly string[];
  readonly hidden: readonly { readonly path: string; readonly kind: 'directory' | 'file' }[];
  /** Places inside of writable ones that stay read-only. */
  readonly kept: readonly string[];
  /** Files in whose place another is shown. Bubblewrap alone can do that. */
  readonly shown: readonly { readonly path: string; readonly as: string }[];
  readonly network: 'open' | 'closed';
  readonly cwd: string;
  /** Whether the process belongs to the system's administrator, who starts with rights that undo all of it. */
  readonly root: boolean;
}

/** Rights that leave the sandbox whole and that the administrator's programs expect (package managers, `chown`). */
const HARMLESS_RIGHTS = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'NET_BIND_SERVICE',
  'SETFCAP',
];

/**
 * The arguments for bubblewrap, the command not included. Later ones lie over earlier ones: the whole system read-only,
 * then what may be written, then what may not be read, then what stays as it is inside of what may be written.
 */
export function bubblewrapArguments(confinement: Confinement): readonly string[] {
  const { scratch, temporary, visible, writable, hidden, kept, shown, network, cwd, root } = confinement;
  return [
    '--die-with-parent',
    '--new-session',
    '--unshare-pid',
    '--unshare-ipc',
    ...(network === 'closed' ? ['--unshare-net'] : []),
    ...(root ? ['--cap-drop', 'ALL', ...HARMLESS_RIGHTS.flatMap((right) => ['--cap-add', `CAP_${right}`])] : []),
    '--ro-bind',
    '/',
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    ...temporary.flatMap((place) => ['--bind', scratch, place]),
    ...visible.flatMap((place) => ['--ro-bind', place, place]),
    ...writable.flatMap((place) => ['--bind', place, place]),
    ...hidden.flatMap(({ path, kind }) =>
      kind === 'directory'
        ? ['--perms', '0000', '--tmpfs', path, '--remount-ro', path]
        : ['--ro-bind', '/dev/null', path],
    ),
    ...kept.flatMap((place) => ['--ro-bind', place, place]),
    ...shown.flatMap(({ path, as }) => ['--ro-bind', as, path]),
    '--chdir',
    cwd,
    '--',
  ];
}

/**
 * The profile for macOS' `sandbox-exec`: everything as usual but writing, reading of what is hidden, and the network.
 * Its last matching rule counts.
 */
export function seatbeltProfile(confinement: Confinement): string {
  const { scratch, writable, hidden, kept, network } = confinement;
  const places = (paths: readonly string[]): string =>
    paths.map((place) => `(subpath ${JSON.stringify(place)})`).join(' ');
  const rule = (verdict: string, paths: readonly string[]): readonly string[] =>
    paths.length === 0 ? [] : [`(${verdict} ${places(paths)})`];
  return [
    '(version 1)',
    '(allow default)',
    '(deny file-write*)',
    '(allow file-write* (subpath "/dev"))',
    ...rule('allow file-write*', [scratch, ...writable]),
    ...rule('deny file-write*', kept),
    ...rule(
      'deny file-read* file-write*',
      hidden.map((place) => place.path),
    ),
    ...(network === 'closed'
      ? ['(deny network*)', '(allow network* (local ip "localhost:*"))', '(allow network* (remote ip "localhost:*"))']
      : []),
  ].join('\n');
}
