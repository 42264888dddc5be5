import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { execFileSync } from 'node:child_process';

const HERE = import.meta.dirname;
const FAKE = path.join(HERE, 'fake-program.mjs');
const OTHER_CLOCK = pathToFileURL(path.join(HERE, 'other-clock.mjs')).href;

/** The command line under test: the built bundle, as users run it. */
export const CLI = path.resolve(process.env['SLICEWAVE_CLI'] ?? path.join(HERE, '../../dist/cli.js'));

/** A command line of a plan (`verify`, `setup`) that runs the fake program in a role. */
export function fake(role: string, ...args: readonly string[]): string {
  return [process.execPath, FAKE, role, ...args].map((word) => `'${word}'`).join(' ');
}

export interface SliceShape {
  readonly id: string;
  readonly deps?: readonly string[];
  readonly workstream?: string;
  readonly create?: readonly string[];
  readonly modify?: readonly string[];
  readonly boundary?: readonly string[];
  readonly verify?: readonly string[];
  readonly estimate?: string;
}

export interface PlanShape {
  readonly slices: readonly SliceShape[];
  /** `MP1: A1 + B1 -> C1` as data. */
  readonly mergePoints?: readonly {
    readonly id: string;
    readonly needs: readonly string[];
    readonly unlocks: readonly string[];
    readonly verify?: readonly string[];
  }[];
  /** Wave number -> its validation command. */
  readonly validation?: Readonly<Record<number, string>>;
  readonly setup?: readonly string[];
  readonly limits?: Readonly<Record<string, number>>;
  /** Contract file -> its target in the repository and its text. */
  readonly contracts?: readonly { readonly path: string; readonly target: string; readonly text: string }[];
}

/**
 * Six slices that show everything at once and take a second: a workstream (A), a merge point that gates C1 and only C1,
 * a slice (D1) that stands on two branches, and a contract.
 */
export const SMALL: PlanShape = {
  slices: [
    { id: 'A1', workstream: 'WS-A' },
    { id: 'A2', workstream: 'WS-A', deps: ['A1'] },
    { id: 'B1' },
    { id: 'B2', deps: ['B1'] },
    { id: 'C1' },
    { id: 'D1', deps: ['C1', 'A2'] },
  ],
  mergePoints: [{ id: 'MP1', needs: ['A1', 'B1'], unlocks: ['C1'], verify: [fake('gate')] }],
  setup: [fake('setup')],
  contracts: [{ path: 'contracts/shape.txt', target: 'src/shape.txt', text: 'one shape for all\n' }],
};

// One key for this process and all that it starts, and nothing in the state of whoever runs the tests.
process.env['XDG_STATE_HOME'] ??= mkdtempSync(path.join(tmpdir(), 'sw-state-'));

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** One start of the fake program, waiting for orders. */
export class Call {
  readonly role: string;
  readonly args: readonly string[];
  readonly pid: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when the program has ended, by whatever hand. */
  readonly gone: Promise<void>;
  readonly #socket: Socket;

  constructor(hello: Pick<Call, 'role' | 'args' | 'pid' | 'cwd' | 'env'>, socket: Socket) {
    this.role = hello.role;
    this.args = hello.args;
    this.pid = hello.pid;
    this.cwd = hello.cwd;
    this.env = hello.env;
    this.#socket = socket;
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  get slice(): string {
    return this.env['SLICEWAVE_SLICE'] ?? '';
  }

  write(file: string, text: string): void {
    const full = path.join(this.cwd, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
  }

  print(text: string): void {
    this.#socket.write(`${JSON.stringify({ print: text })}\n`);
  }

  async exit(code = 0): Promise<void> {
    this.#socket.write(`${JSON.stringify({ exit: code })}\n`);
    await this.gone;
  }
}

type Handler = (call: Call) => Promise<void> | void;

/** A running command of the command line. */
export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

export interface ProjectOptions {
  /** Name of the repository's directory. */
  readonly name?: string;
  readonly plan?: string;
  /** Files of the first commit; `src/start.txt` is always there. */
  readonly files?: Readonly<Record<string, string>>;
  /** Nobody's shell stands in the repository: what changes there is no person's. */
  readonly alone?: boolean;
  /** Runs in the repository before the first commit. */
  readonly beforeCommit?: (project: Project) => void;
}

/**
 * A temporary repository with a small plan in it, and everything that was ever started in it: every process inherits
 * the socket's path, so that none can be overlooked.
 */
export class Project {
  readonly home: string;
  readonly root: string;
  readonly planDir: string;
  readonly calls: Call[] = [];
  /** By how many milliseconds the clock of what is started from now on differs. */
  clock = 0;
  readonly #handlers = new Map<string, Handler>();
  readonly #held: { matches: (call: Call) => boolean; reached: (call: Call) => void }[] = [];
  readonly #server: Server;
  readonly #socket: string;
  #person: ChildProcess | null = null;

  private constructor(home: string, root: string, planDir: string) {
    this.home = home;
    this.root = root;
    this.planDir = planDir;
    this.#socket = path.join(home, 's');
    this.#server = createServer((socket) => this.#connected(socket));
  }

  static async create(shape: PlanShape = SMALL, options: ProjectOptions = {}): Promise<Project> {
    const home = mkdtempSync(path.join(tmpdir(), 'sw-'));
    const project = new Project(
      home,
      path.join(home, options.name ?? 'shop'),
      `parallel/${options.plan ?? 'TS-1-shop'}`,
    );
    project.#server.listen(project.#socket);
    await once(project.#server, 'listening');
    project.#server.unref();
    writeFileSync(
      path.join(home, 'gitconfig'),
      '[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n[commit]\n\tgpgsign = false\n[protocol "file"]\n\tallow = always\n',
    );
    mkdirSync(project.root, { recursive: true });
    project.git('init', '--quiet');
    for (const [file, text] of Object.entries({ 'src/start.txt': 'start\n', ...options.files }))
      project.write(file, text);
    options.beforeCommit?.(project);
    project.git('add', '--all');
    project.git('commit', '--quiet', '-m', 'start');
    project.writePlan(shape);
    // Tests change files of the primary in the place of a person, who would stand there with a shell.
    if (options.alone !== true)
      project.#person = spawn('sleep', ['3600'], { cwd: project.root, stdio: 'ignore', detached: true });
    project.#person?.unref();
    project.on('agent', (call) => copyWhatIsThere(call));
    return project;
  }

  get env(): NodeJS.ProcessEnv {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      HOME: this.home,
      NO_COLOR: '1',
      GIT_CONFIG_GLOBAL: path.join(this.home, 'gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1',
      FAKE_PROGRAM_SOCKET: this.#socket,
      // The fake program is watched by its process id, which means another process inside of a sandbox.
      SLICEWAVE_SANDBOX: 'off',
      ...(this.clock === 0
        ? {}
        : { NODE_OPTIONS: `--import=${OTHER_CLOCK}`, SLICEWAVE_TEST_CLOCK: String(this.clock) }),
    };
    // The editor in whose terminal the tests may run is not at work in their repositories.
    for (const name of Object.keys(env)) if (/^(?:VSCODE_|TERM_PROGRAM|TERMINAL_EMULATOR)/.test(name)) delete env[name];
    for (const name of ['SLICEWAVE_WORKTREES', 'SLICEWAVE_RUN_ID', 'GIT_DIR', 'FORCE_COLOR']) delete env[name];
    return env;
  }

  get planId(): string {
    return path.posix.basename(this.planDir);
  }

  get runsDir(): string {
    return path.join(this.root, '.agent-runs');
  }

  worktree(name: string): string {
    return path.join(`${this.root}.worktrees`, this.planId, name);
  }

  write(file: string, text: string): void {
    const full = path.join(this.root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
  }

  read(file: string): string {
    return readFileSync(path.join(this.root, file), 'utf8');
  }

  git(...args: readonly string[]): string {
    return this.gitIn(this.root, ...args);
  }

  gitIn(dir: string, ...args: readonly string[]): string {
    // Without the socket: this call waits for git, so nobody would be there to answer a hook or a filter.
    return execFileSync('git', args, {
      cwd: dir,
      env: { ...this.env, FAKE_PROGRAM_SOCKET: '' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).replace(/\n$/, '');
  }

  /** Makes git itself stop at known places: the filters of some files under `src/` run the fake program. */
  driveGit(): void {
    this.git('config', 'filter.driven.clean', `${fake('clean', '%f')} && cat`);
    this.git('config', 'filter.driven.smudge', `${fake('smudge', '%f')} && cat`);
    writeFileSync(
      path.join(this.root, '.git/info/attributes'),
      'src/start.txt filter=driven\nsrc/A1.txt filter=driven\nsrc/B1.txt filter=driven\n',
    );
  }

  /** A commit, or `null` when the name stands for none. */
  commit(name: string): string | null {
    try {
      return this.git('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
    } catch {
      return null;
    }
  }

  /** The files of a commit, `src/` left out. */
  files(commit: string): string[] {
    return this.git('ls-tree', '-r', '--name-only', commit)
      .split('\n')
      .filter((name) => name !== '');
  }

  get finalTree(): string {
    return this.git('rev-parse', `slicewave/${this.planId}/integration^{tree}`);
  }

  writePlan(shape: PlanShape): void {
    const wave = wavesOf(shape);
    const numbers = [...new Set(wave.values())].sort((a, b) => a - b);
    const manifest = {
      tech_spec_id: 'TS-1',
      name: 'shop',
      title: 'Shop',
      waves: numbers.map((number) => ({
        number,
        tasks: shape.slices
          .filter((slice) => wave.get(slice.id) === number)
          .map((slice) => ({ id: slice.id, agent: 'command' })),
        ...(shape.validation?.[number] ? { validation: shape.validation[number] } : {}),
      })),
      ...(shape.mergePoints ? { merge_points: shape.mergePoints } : {}),
      ...(shape.contracts
        ? { contracts: shape.contracts.map(({ path: file, target }) => ({ path: file, target, consumers: [] })) }
        : {}),
      ...(shape.setup ? { setup: shape.setup } : {}),
      limits: { max_parallel: 4, max_retries: 2, ...shape.limits },
    };
    rmSync(path.join(this.root, this.planDir), { recursive: true, force: true });
    this.write(`${this.planDir}/manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
    for (const contract of shape.contracts ?? []) this.write(`${this.planDir}/${contract.path}`, contract.text);
    for (const [index, slice] of shape.slices.entries()) {
      this.write(
        `${this.planDir}/tasks/task-${String(index + 1).padStart(3, '0')}-${slice.id.toLowerCase()}.md`,
        taskSpec(slice, wave.get(slice.id) ?? 1),
      );
    }
  }

  /** Answers every start of the fake program in `role` that nothing holds. Without a handler it ends with 0. */
  on(role: string, handler: Handler): void {
    this.#handlers.set(role, handler);
  }

  /** What answers in `role` now. */
  handlerOf(role: string): Handler | undefined {
    return this.#handlers.get(role);
  }

  /** The next start in `role` that fits is not answered: whoever holds it tells it what to do. */
  hold(role: string, fits: string | ((call: Call) => boolean) = () => true): Promise<Call> {
    const wanted = typeof fits === 'string' ? (call: Call): boolean => call.slice === fits : fits;
    return new Promise((resolve) => {
      this.#held.push({ matches: (call) => call.role === role && wanted(call), reached: resolve });
    });
  }

  callsOf(role: string): readonly string[] {
    return this.calls.filter((call) => call.role === role).map((call) => call.slice);
  }

  #connected(socket: Socket): void {
    socket.unref();
    socket.on('error', () => undefined);
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      const end = text.indexOf('\n');
      if (end < 0) return;
      socket.off('data', take);
      // Without a reader the end of the other side would never be seen.
      socket.resume();
      this.#called(new Call(JSON.parse(text.slice(0, end)) as Call, socket));
    };
    socket.on('data', take);
  }

  #called(call: Call): void {
    this.calls.push(call);
    const held = this.#held.findIndex((candidate) => candidate.matches(call));
    if (held >= 0) {
      this.#held.splice(held, 1)[0]?.reached(call);
      return;
    }
    const handler = this.#handlers.get(call.role) ?? ((answered: Call) => answered.exit(0));
    void handler(call);
  }

  start(
    args: readonly string[],
    options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly program?: readonly string[] } = {},
  ): Running {
    const [program = process.execPath, ...before] = options.program ?? [process.execPath];
    const child = spawn(program, [...before, CLI, ...args], {
      cwd: options.cwd ?? this.root,
      env: { ...this.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
    const finished = new Promise<Finished>((resolve) => child.once('close', (code) => resolve({ code, out, err })));
    return { child, finished };
  }

  cli(...args: readonly string[]): Promise<Finished> {
    return this.start(args).finished;
  }

  startRun(...args: readonly string[]): Running {
    return this.start(['run', this.planDir, '--agent', 'command', '--agent-command', fake('agent'), ...args]);
  }

  run(...args: readonly string[]): Promise<Finished> {
    return this.startRun(...args).finished;
  }

  async json<T = Status>(...args: readonly string[]): Promise<T> {
    const { out, err } = await this.cli(...args, '--json');
    if (out === '') throw new Error(`no output: ${err}`);
    return JSON.parse(out.trim().split('\n').at(-1) ?? '') as T;
  }

  status(): Promise<Status> {
    return this.json('status', this.planDir);
  }

  runIds(): string[] {
    if (!existsSync(this.runsDir)) return [];
    return readdirSync(this.runsDir)
      .filter((name) => /^\d{8}T/.test(name))
      .sort();
  }

  /** Every event of every run, oldest run first. */
  events(): { run: string; slice: string; type: string; event: Record<string, unknown> }[] {
    return this.runIds().flatMap((run) => {
      const file = path.join(this.runsDir, run, 'events.jsonl');
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line): Record<string, unknown>[] => {
          try {
            return [JSON.parse(line) as Record<string, unknown>];
          } catch {
            return [];
          }
        });
      const named = lines[0]?.['slice'];
      const slice = typeof named === 'string' ? named : '';
      return lines.map((event) => ({
        run,
        slice,
        type: typeof event['type'] === 'string' ? event['type'] : '',
        event,
      }));
    });
  }

  decisions(): Record<string, unknown>[] {
    const file = path.join(this.runsDir, 'plans', `${this.planId}.jsonl`);
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Processes that this project started, whoever their parent is now. */
  processes(): { readonly pid: number; readonly command: string }[] {
    const found: { pid: number; command: string }[] = [];
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`FAKE_PROGRAM_SOCKET=${this.#socket}`))
          continue;
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) continue;
        found.push({ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ') });
      } catch {
        // Ended while we looked.
      }
    }
    return found;
  }

  /** Kills at once, as a power cut or `kill -9` does: nobody gets to say a last word. */
  kill(which: (command: string) => boolean = () => true): number {
    const killed = this.processes().filter((candidate) => which(candidate.command));
    // Stopped first, all of them: a child's end must not be seen, and answered, by a parent that is next on the list.
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
      for (const { pid } of killed) {
        try {
          process.kill(pid, signal);
        } catch {
          // Ended by itself.
        }
      }
    }
    return killed.length;
  }

  /** Worktrees that are still locked, with the reason. */
  lockedWorktrees(): string[] {
    return this.git('worktree', 'list', '--porcelain')
      .split('\n\n')
      .flatMap((block) => (/^locked/m.test(block) ? [block] : []));
  }

  async close(): Promise<void> {
    this.#person?.kill();
    this.kill();
    await until('every process of the test has ended', () => this.processes().length === 0);
    await new Promise((resolve) => this.#server.close(resolve));
    // A test that took permissions away must not keep its directory.
    for (const dir of [this.root, this.runsDir]) if (existsSync(dir)) chmodSync(dir, 0o755);
    rmSync(this.home, { recursive: true, force: true });
  }
}

export interface Status {
  readonly state: string;
  readonly slices: readonly {
    readonly id: string;
    readonly state: string;
    readonly run_id: string | null;
    readonly attempt: number;
    readonly branch: string;
    readonly commit: string | null;
    readonly worktree: string | null;
    readonly stop: { readonly condition: string; readonly detail: string; readonly paths: readonly string[] } | null;
    readonly failure: { readonly reason: string; readonly detail: string } | null;
    readonly files_changed: readonly string[];
  }[];
  readonly attention: readonly {
    readonly slice: string;
    readonly condition: string;
    readonly detail: string;
    readonly question: string;
  }[];
  readonly warnings: readonly {
    readonly kind: string;
    readonly summary: string;
    readonly remedy: string | null;
    readonly paths: readonly string[];
    readonly line?: number;
  }[];
  readonly merge_points: readonly { readonly id: string; readonly state: string }[];
}

/** The default agent: its file lists what it saw, so that the final tree proves every base right. */
async function copyWhatIsThere(call: Call): Promise<void> {
  const seen = readdirSync(path.join(call.cwd, 'src'))
    .filter((name) => name !== `${call.slice}.txt`)
    .sort();
  call.write(`src/${call.slice}.txt`, `${call.slice} saw ${seen.join(' ')}\n`);
  call.print(`${call.slice} is written\n`);
  await call.exit(0);
}

/** Waits until something that other processes do has happened. Looks, and looks again: never trusts a length of time. */
export async function until<T>(what: string, look: () => T | Promise<T>, patience = 180_000): Promise<NonNullable<T>> {
  const end = performance.now() + patience;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function wavesOf(shape: PlanShape): Map<string, number> {
  const wave = new Map<string, number>();
  const before = (slice: SliceShape): readonly string[] => [
    ...(slice.deps ?? []),
    ...(shape.mergePoints ?? []).flatMap((point) => (point.unlocks.includes(slice.id) ? point.needs : [])),
  ];
  const depth = (id: string, trail: readonly string[]): number => {
    const known = wave.get(id);
    if (known !== undefined) return known;
    const slice = shape.slices.find((candidate) => candidate.id === id);
    if (!slice || trail.includes(id)) return 0;
    const own = 1 + Math.max(0, ...before(slice).map((dep) => depth(dep, [...trail, id])));
    wave.set(id, own);
    return own;
  };
  for (const slice of shape.slices) depth(slice.id, []);
  return wave;
}

function taskSpec(slice: SliceShape, wave: number): string {
  const list = (values: readonly string[]): string =>
    values.length === 0 ? ' none' : `\n${values.map((value) => `- \`${value}\``).join('\n')}`;
  return `---
${[
  `id: ${slice.id}`,
  `wave: ${wave}`,
  `deps: [${(slice.deps ?? []).join(', ')}]`,
  'agent: command',
  ...(slice.workstream ? [`workstream: ${slice.workstream}`] : []),
  'verify:',
  ...(slice.verify ?? [`test -s src/${slice.id}.txt`]).map((command) => `  - ${JSON.stringify(command)}`),
  `estimate: ${slice.estimate ?? '1h'}`,
].join('\n')}
---

# ${slice.id}: Slice ${slice.id}

## Scope

CREATE:${list(slice.create ?? [`src/${slice.id}.txt`])}

MODIFY:${list(slice.modify ?? [])}

BOUNDARY:${list(slice.boundary ?? ['src/start.txt'])}

## Requirements

- Write the file of the slice

## Stop conditions

- The instructions are unclear
`;
}
