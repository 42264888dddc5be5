import { existsSync } from 'node:fs';
import { lstat, mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import {
  bubblewrapArguments,
  seatbeltProfile,
  SENSITIVE_IN_HOME,
  SENSITIVE_IN_SYSTEM,
  type Confinement,
} from '../../core/sandbox/policy.ts';
import { failure, success, type Result } from '../../core/text/result.ts';
import { expandHome, inside } from '../paths.ts';
import { environmentFiles } from './environment-files.ts';
import { stateHome } from './state-home.ts';
import { environment, findProgram, runProcess, type Command, type Confining } from './processes.ts';
import { temporaryDirectory } from './temporary.ts';

/** What this machine confines processes with. */
export interface Sandbox {
  readonly kind: 'bubblewrap' | 'seatbelt';
  /** Name and version, as shown: `bubblewrap 0.8.0`. */
  readonly title: string;
  readonly program: string;
}

export interface NoSandbox {
  readonly reason: 'not-installed' | 'does-not-hold' | 'no-such-system';
  readonly message: string;
  readonly remedy: string;
}

let found: Promise<Result<Sandbox, NoSandbox>> | undefined;

/**
 * The sandbox of this machine, tried once per process: it counts when a program inside could write where it may and
 * could not where it may not.
 */
export function findSandbox(): Promise<Result<Sandbox, NoSandbox>> {
  found ??= process.platform === 'linux' ? bubblewrap() : process.platform === 'darwin' ? seatbelt() : nothing();
  return found;
}

async function nothing(): Promise<Result<Sandbox, NoSandbox>> {
  return failure({
    reason: 'no-such-system',
    message: `there is no sandbox that Slicewave can use on ${process.platform}`,
    remedy: process.platform === 'win32' ? 'Run it in WSL 2 with bubblewrap.' : 'Run it on Linux or macOS.',
  });
}

async function bubblewrap(): Promise<Result<Sandbox, NoSandbox>> {
  const program = await findProgram('bwrap', environment());
  if (program === null) {
    return failure({
      reason: 'not-installed',
      message: 'bubblewrap (`bwrap`) is not installed',
      remedy:
        'Install the package `bubblewrap` of your system (`apt-get install bubblewrap`, `dnf install bubblewrap`).',
    });
  }
  const [version, holds] = await Promise.all([versionOf(program), probe({ kind: 'bubblewrap', title: '', program })]);
  if (holds !== null) {
    return failure({
      reason: 'does-not-hold',
      message: `bubblewrap cannot confine here: ${holds}`,
      remedy:
        'Let programs make user namespaces: on Ubuntu by an AppArmor profile for `bwrap`, in a container by its security options.',
    });
  }
  return success({ kind: 'bubblewrap', title: `bubblewrap ${version}`.trim(), program });
}

async function seatbelt(): Promise<Result<Sandbox, NoSandbox>> {
  const sandbox: Sandbox = { kind: 'seatbelt', title: 'Seatbelt', program: '/usr/bin/sandbox-exec' };
  const holds = await probe(sandbox);
  if (holds === null) return success(sandbox);
  return failure({
    reason: 'does-not-hold',
    message: `sandbox-exec cannot confine here: ${holds}`,
    remedy: 'Start Slicewave outside of another sandbox.',
  });
}

async function versionOf(program: string): Promise<string> {
  let text = '';
  const onStdout = (chunk: string): void => void (text += chunk);
  await runProcess({ program, args: ['--version'], cwd: '/', env: environment(), timeout: 10_000, onStdout });
  return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? '';
}

/** Why the sandbox does not hold; `null` when it does. */
async function probe(sandbox: Sandbox): Promise<string | null> {
  const top = await temporaryDirectory('probe');
  const [inside, outside] = [path.join(top, 'inside'), path.join(top, 'outside')];
  await Promise.all([mkdir(inside), mkdir(outside)]);
  const enclosure = await Enclosure.open(sandbox, { worktree: inside, needed: [outside], hides: false });
  try {
    const command = await enclosure.enter({
      program: '/bin/sh',
      args: ['-c', ': > "$1/file"; : > "$2/file"', 'sh', inside, outside],
      cwd: inside,
      env: environment(),
    });
    let said = '';
    const onStderr = (chunk: string): void => void (said = (said + chunk).slice(-2000));
    const ended = await runProcess({ ...command, timeout: 10_000, onStderr });
    if (existsSync(path.join(outside, 'file'))) return 'a write outside was not refused';
    if (existsSync(path.join(inside, 'file'))) return null;
    return said.trim().split('\n')[0] || ended.error || `it ended with ${ended.exitCode ?? ended.outcome}`;
  } finally {
    await enclosure.close();
    await rm(top, { recursive: true, force: true });
  }
}

export interface EnclosureRequest {
  /** The one place that is worked in. Its `.git` stays read-only; see `git`. */
  readonly worktree: string;
  /** Further places to write; those that are not there are left out. */
  readonly writable?: readonly string[];
  /** Places inside of writable ones that stay read-only. */
  readonly kept?: readonly string[];
  /** Further places that cannot be read. */
  readonly hidden?: readonly string[];
  /** Whether the usual sensitive places are hidden, which is looked up once per enclosure. */
  readonly hides?: boolean;
  /** Projects whose files of environment values (`.env`) cannot be read, with their neighbours'. */
  readonly projects?: readonly string[];
  /** Places that have to be seen even when they lie below a temporary directory. */
  readonly needed?: readonly string[];
  readonly network?: 'open' | 'closed';
  /** Makes a git directory of the worktree's own, to be written, at the path that it is given; `false`: there is none. */
  readonly git?: (into: string) => Promise<boolean>;
}

/** Directories that every program takes for temporary, whatever its environment says. */
const SHOWN_AS = '/tmp';
const TEMPORARY = [SHOWN_AS, '/var/tmp'];
/** What the environment names: below the rest, so that no place which stays to be seen lies in it (Codex would refuse its home). */
const OWN = 'own';
/** Below the temporary directory: the worktree's own git directory, and the `.git` that names it. */
const [GIT, GIT_FILE] = ['repository.git', 'repository.gitfile'];

/**
 * A place that confined processes share: what they may write and see, and a temporary directory of their own, which
 * goes when it is closed. Commands are started in it by what {@link enter} makes of them.
 */
export class Enclosure implements Confining {
  readonly sandbox: Sandbox;
  readonly #confinement: Omit<Confinement, 'cwd' | 'visible'>;
  readonly #needed: readonly string[];

  private constructor(sandbox: Sandbox, confinement: Omit<Confinement, 'cwd' | 'visible'>, needed: readonly string[]) {
    this.sandbox = sandbox;
    this.#confinement = confinement;
    this.#needed = needed;
  }

  static async open(sandbox: Sandbox, request: EnclosureRequest): Promise<Enclosure> {
    const scratch = await temporaryDirectory('tmp');
    await mkdir(path.join(scratch, OWN));
    const worktree = await realpath(request.worktree);
    const writable = await existing([worktree, ...(request.writable ?? [])]);
    const kept = await existing([path.join(worktree, '.git'), ...(request.kept ?? [])]);
    const needed = [...writable, ...(request.needed ?? [])];
    const hidden =
      request.hides === false
        ? []
        : await sensitivePlaces(
            request.hidden ?? [],
            await environmentFiles(request.projects ?? [], { besides: writable, neighbours: true }),
            needed,
          );
    const isBubblewrap = sandbox.kind === 'bubblewrap';
    const temporary = isBubblewrap ? await existing(TEMPORARY) : [];
    const hasGit = isBubblewrap && temporary.includes(SHOWN_AS) && (await request.git?.(path.join(scratch, GIT)));
    if (hasGit) await writeFile(path.join(scratch, GIT_FILE), `gitdir: ${path.join(SHOWN_AS, GIT)}\n`);
    return new Enclosure(
      sandbox,
      {
        scratch,
        temporary,
        writable,
        kept,
        shown: hasGit ? [{ path: path.join(worktree, '.git'), as: path.join(scratch, GIT_FILE) }] : [],
        hidden,
        network: request.network ?? 'open',
        root: process.getuid?.() === 0,
      },
      needed,
    );
  }

  /** Bubblewrap's process namespace ends with its first process; Seatbelt knows no such thing. */
  get endsAll(): boolean {
    return this.sandbox.kind === 'bubblewrap';
  }

  /** The command that runs `command` confined. */
  async enter(command: Command): Promise<Command> {
    const { scratch, temporary } = this.#confinement;
    const own = this.sandbox.kind === 'bubblewrap' ? path.join(SHOWN_AS, OWN) : path.join(scratch, OWN);
    const env: Record<string, string> = {
      ...command.env,
      TMPDIR: own,
      TMP: own,
      TEMP: own,
      // Claude Code's own name for it.
      CLAUDE_CODE_TMPDIR: own,
      // What a tool would keep in the home directory, which is read-only, goes with the temporary directory.
      XDG_CACHE_HOME: path.join(own, '.cache'),
      npm_config_cache: this.#written(command.env['npm_config_cache']) ?? path.join(own, '.npm'),
      // `git status` and `git diff` would refresh the index, which lies out of reach.
      GIT_OPTIONAL_LOCKS: '0',
    };
    const confinement: Confinement = {
      ...this.#confinement,
      cwd: command.cwd,
      visible: await shown(temporary, [...this.#needed, command.program, ...command.args, ...valuesOf(command.env)]),
    };
    const args =
      this.sandbox.kind === 'bubblewrap'
        ? [...bubblewrapArguments(confinement), command.program, ...command.args]
        : ['-p', seatbeltProfile(confinement), command.program, ...command.args];
    return { program: this.sandbox.program, args, cwd: command.cwd, env };
  }

  /** The place when it is one that can be written. */
  #written(place: string | undefined): string | undefined {
    return place !== undefined && this.#confinement.writable.some((dir) => inside(dir, place)) ? place : undefined;
  }

  /** Removes the temporary directory. Nothing that was started in it may still run. */
  async close(): Promise<void> {
    await rm(this.#confinement.scratch, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
  }
}

/** Paths in the values of the environment; a list counts as its parts. */
function valuesOf(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    /^(?:TMPDIR|TMP|TEMP|CLAUDE_CODE_TMPDIR)$/.test(name) ? [] : value.split(path.delimiter),
  );
}

/**
 * The entries of the temporary directories that hold a place the process was told of: the program it is, a script, a
 * test's home. A socket is none: behind it sits a program that is not confined.
 */
async function shown(temporary: readonly string[], places: readonly string[]): Promise<readonly string[]> {
  const entries = new Map<string, string>();
  for (const place of new Set(places)) {
    if (!path.isAbsolute(place) || place.includes('\0')) continue;
    const normal = path.normalize(place);
    const top = temporary.find((dir) => isBelow(normal, dir));
    if (top === undefined) continue;
    const entry = path.join(top, path.relative(top, normal).split(path.sep)[0] ?? '');
    if (!entries.has(entry)) entries.set(entry, normal);
  }
  const kinds = await Promise.all([...entries].map(async ([entry]) => ({ entry, kind: await kindOf(entry) })));
  return kinds.flatMap(({ entry, kind }) => (kind === 'directory' || kind === 'file' ? [entry] : []));
}

function isBelow(place: string, dir: string): boolean {
  return place !== dir && inside(dir, place);
}

async function kindOf(place: string): Promise<'directory' | 'file' | 'other' | null> {
  const state = await lstat(place).catch(() => null);
  if (!state) return null;
  return state.isDirectory() ? 'directory' : state.isFile() ? 'file' : 'other';
}

/** Real paths of those that are there, each once. */
async function existing(places: readonly string[]): Promise<readonly string[]> {
  const real = await Promise.all(places.map((place) => realpath(place).catch(() => null)));
  return [...new Set(real.filter((place) => place !== null))];
}

/** What cannot be read, without places that hold one the process needs, and each outermost place once. */
async function sensitivePlaces(
  further: readonly string[],
  files: readonly string[],
  needed: readonly string[],
): Promise<Confinement['hidden']> {
  const home = homedir();
  const usual = [...SENSITIVE_IN_HOME.map((name) => path.join(home, name)), ...SENSITIVE_IN_SYSTEM, stateHome()];
  const places = await existing([...usual, ...further.map(expandHome), ...files]);
  const hidden: { path: string; kind: 'directory' | 'file' }[] = [];
  for (const place of [...places].sort()) {
    if (needed.some((wanted) => inside(place, wanted))) continue;
    const last = hidden.at(-1);
    if (last && isBelow(place, last.path)) continue;
    const kind = (await stat(place).catch(() => null))?.isDirectory() ? 'directory' : 'file';
    hidden.push({ path: place, kind });
  }
  return hidden;
}
