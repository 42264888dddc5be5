import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Redact } from '../../core/gate/redact.ts';
import type { Plan } from '../../core/plan/model.ts';
import type { CommandRun } from '../../core/run/model.ts';
import { isSetupInput, SETUP_TEXTS, toolsOf, type ProjectFiles, type SetupTool } from '../../core/setup/tools.ts';
import { programsOf, splitCommand } from '../../core/text/words.ts';
import type { BareChange } from '../git/changes.ts';
import type { Git } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';
import { fillSubmodules } from '../git/submodules.ts';
import { copyIncluded } from '../git/worktree.ts';
import type { Confining } from '../process/processes.ts';
import type { Sandbox } from '../process/sandbox.ts';
import { settingsAsEnvironment } from '../git/hardening.ts';
import { temporaryDirectory } from '../process/temporary.ts';
import { stateHome } from '../process/state-home.ts';
import { acquireLock, type Lock } from '../state/locks.ts';
import { writeWhole } from '../state/whole-write.ts';
import { openSetupEnvironment, WITHOUT_HOOKS, type CheckEnvironment } from './check-environment.ts';
import { enclosed, enclosureOfCheck } from './confinement.ts';
import { runCommand } from './verify.ts';

export interface SetupRequest {
  readonly repository: Repository;
  readonly plan: Plan;
  readonly worktree: string;
  /** The run that it is part of: what it leaves running (a data base for the tests) ends with that. */
  readonly runId: string;
  readonly env: Readonly<Record<string, string>>;
  /** It makes the checkout of checks ready: it is told no more than they are. */
  readonly isForChecks?: true;
  /** What the operating system confines it by; absent or `null`: nothing. */
  readonly confined?: Confining | null;
  readonly signal: AbortSignal;
  readonly redact: Redact;
  readonly say: (line: string) => void;
}

export interface SetupOutcome {
  readonly commands: readonly CommandRun[];
  /** What failed and what it printed; `null` when the worktree is ready. */
  readonly failed: string | null;
  /** What the worktree lacks all the same, for people. */
  readonly lacks: readonly string[];
  /** Nothing had to be done: it holds what git put there. */
  readonly isUntouched: boolean;
}

/** A command of a set-up, and the tool of the table that it is a command of. */
interface SetupCommand {
  readonly command: string;
  readonly tool: SetupTool | null;
}

/**
 * Makes a worktree ready to work or check in: submodules, included files, then the plan's set-up commands, or those of the
 * table for the tools that the project has. A failure is the attempt's failure, not a warning.
 */
export async function setUp(request: SetupRequest): Promise<SetupOutcome> {
  const { repository, worktree, say } = request;
  const { filled, left } = await fillSubmodules(repository.git.in(worktree), {
    checkout: repository.root,
    again: request.isForChecks === true,
  });
  if (filled.length > 0) say(`filled the submodule${filled.length === 1 ? '' : 's'} ${filled.join(', ')}`);
  const { copied, leftOut } = await copyIncluded(repository, worktree);
  if (copied.length > 0) say(`copied ${copied.length} file${copied.length === 1 ? '' : 's'} named by .worktreeinclude`);
  const lacks = [
    ...left.map((text) => `the submodule ${text}`),
    ...leftOut.map((text) => `not copied, though .worktreeinclude names it: ${text}`),
  ];
  for (const text of lacks) say(text);
  // What installs hooks puts them where nobody looks, instead of among everybody's.
  const hooks = request.confined ? null : await temporaryDirectory('tmp');
  try {
    const { commands, failed } = await runCommands(request, hooks);
    return { commands, failed, lacks, isUntouched: filled.length + copied.length + commands.length === 0 };
  } finally {
    if (hooks !== null) await rm(hooks, { recursive: true, force: true });
  }
}

async function runCommands(
  request: SetupRequest,
  hooks: string | null,
): Promise<Pick<SetupOutcome, 'commands' | 'failed'>> {
  const { plan, repository, worktree, say } = request;
  const env = {
    ...request.env,
    ...WITHOUT_HOOKS,
    ...(hooks === null ? {} : settingsAsEnvironment([['core.hooksPath', hooks]], request.env)),
  };
  const project = await projectIn(worktree);
  const store = new FilledStores(repository);
  const commands: CommandRun[] = [];
  for (const { command, tool } of commandsOf(plan, project)) {
    const key = tool?.fills === 'store' ? await store.keyOf(worktree, command) : null;
    if (key !== null && (await store.has(key))) {
      say(`set up already, for these lock files: ${command}`);
      continue;
    }
    const alone = tool?.alone ? await takeTurn(tool, request) : null;
    say(`setting up: ${command}`);
    const at = new Date().toISOString();
    try {
      const result = await runCommand({
        runId: request.runId,
        command,
        cwd: worktree,
        env,
        ...(request.isForChecks ? {} : { isSetup: true as const }),
        confined: request.confined,
        timeoutMs: plan.limits.timeoutMinutes * 60_000,
        signal: request.signal,
        redact: request.redact,
      });
      commands.push({ command, exitCode: result.exitCode, durationMs: result.durationMs, at, source: 'setup' });
      if (result.exitCode !== 0) {
        return {
          commands,
          failed: `\`${command}\` ${result.outcome}: ${result.output.trim().split('\n').slice(-8).join('\n')}`,
        };
      }
    } finally {
      await alone?.release();
    }
    // One with a home of its own may have filled a store that goes with it.
    if (key !== null && !request.isForChecks && !request.confined) await store.add(key);
    if (tool?.makes) await keepOut(repository.git.in(worktree), tool.makes);
  }
  return { commands, failed: null };
}

/**
 * The same in a tree that agents may have written, which says itself what a set-up starts: with the confinement and the
 * environment of a check, and the network open.
 *
 * `given`: what that environment was made from. `kept`: names that it is told of besides.
 */
export async function setUpAsCheck(
  request: Omit<SetupRequest, 'env' | 'confined'>,
  {
    ofCheck,
    given,
    kept = {},
    sandbox,
  }: {
    readonly ofCheck: CheckEnvironment;
    readonly given: Readonly<Record<string, string>>;
    readonly kept?: Readonly<Record<string, string>>;
    readonly sandbox: Sandbox | null;
  },
): Promise<SetupOutcome> {
  const { repository, plan, worktree } = request;
  const { env, writable, close } = await openSetupEnvironment(ofCheck, { given, primary: repository.root });
  const place = { repository, setting: plan.sandbox, worktree, writable, network: 'open' } as const;
  try {
    return await enclosed(enclosureOfCheck(sandbox, place), (confined) =>
      setUp({ ...request, env: { ...env, ...kept }, confined }),
    );
  } finally {
    await close();
  }
}

/** The commands that would set a checkout of the plan up: the plan's own, or those of the table. */
export async function setupIn(plan: Pick<Plan, 'setup'>, dir: string): Promise<readonly string[]> {
  return commandsOf(plan, await projectIn(dir)).map(({ command }) => command);
}

/** An environment in which the programs are found first that set-ups put into a checkout (a virtual environment). */
export async function withPrograms(
  env: Readonly<Record<string, string>>,
  dir: string,
): Promise<Readonly<Record<string, string>>> {
  const places = toolsOf(await projectIn(dir)).flatMap(({ programs }) =>
    programs === undefined ? [] : [path.join(dir, programs)],
  );
  if (places.length === 0) return env;
  return { ...env, PATH: [...places, env['PATH'] ?? ''].join(path.delimiter) };
}

/** Digests that were made already, by the full name of what they are of: it never holds anything else. */
const knownInputs = new WeakMap<Pick<Plan, 'setup'>, Map<string, Promise<string>>>();

/** What a set-up of a tree (or a commit) depends on, as a digest: with the same one it need not be run again. */
export function setupInputs(git: Git, plan: Pick<Plan, 'setup'>, tree: string): Promise<string> {
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(tree)) return readInputs(git, plan, tree);
  const known = knownInputs.get(plan) ?? new Map<string, Promise<string>>();
  knownInputs.set(plan, known);
  const reading = known.get(tree) ?? readInputs(git, plan, tree);
  known.set(tree, reading);
  reading.catch(() => known.delete(tree));
  return reading;
}

/** Whether a set-up depends on anything of what changed between two trees; where it does not, its inputs are the same. */
export function changesInputs(plan: Pick<Plan, 'setup'>, changes: readonly BareChange[]): boolean {
  const isInput = inputsFor(plan);
  return changes.some(
    ({ path: file, from, oldMode, newMode }) =>
      isInput({ path: from ?? file, mode: oldMode }) || isInput({ path: file, mode: newMode }),
  );
}

/** Tells what a set-up depends on: files that tools read, those that its commands name, and submodules. */
function inputsFor({
  setup,
}: Pick<Plan, 'setup'>): (entry: { readonly path: string; readonly mode: string }) => boolean {
  const named = new Set((setup ?? []).flatMap(wordsOf).map((word) => word.replace(/^\.\//, '')));
  return ({ path: file, mode }) => isSetupInput(file) || named.has(file) || mode === '160000';
}

async function readInputs(git: Git, plan: Pick<Plan, 'setup'>, tree: string): Promise<string> {
  const entries = await git.fields(['ls-tree', '-r', '-z', '--full-tree', tree]);
  const isInput = inputsFor(plan);
  const inputs = entries.filter((entry) =>
    isInput({ path: entry.slice(entry.indexOf('\t') + 1), mode: entry.slice(0, entry.indexOf(' ')) }),
  );
  return createHash('sha256')
    .update(JSON.stringify([plan.setup, inputs]))
    .digest('hex');
}

/** The top directory of a checkout as the table of set-ups reads it. `more`: further files whose text is wanted. */
export async function projectIn(dir: string, more: readonly string[] = []): Promise<ProjectFiles> {
  const names = new Set(await readdir(dir).catch((): string[] => []));
  const texts = new Map<string, string>();
  for (const name of [...SETUP_TEXTS, ...more]) {
    const file = path.join(dir, name);
    // A link or a pipe is no file of the project's.
    if (names.has(name) && (await lstat(file)).isFile()) texts.set(name, await readFile(file, 'utf8'));
  }
  return { has: (name) => names.has(name), textOf: (name) => texts.get(name) ?? null };
}

function commandsOf({ setup }: Pick<Plan, 'setup'>, project: ProjectFiles): readonly SetupCommand[] {
  const tools = toolsOf(project);
  if (setup === null) return tools.flatMap((tool) => tool.commands(project).map((command) => ({ command, tool })));
  return setup.map((command) => ({ command, tool: tools.find((tool) => isOf(tool, command, project)) ?? null }));
}

/** A command that starts the same program counts as the tool's, with whatever arguments; the table's own as it is. */
function isOf(tool: SetupTool, command: string, project: ProjectFiles): boolean {
  const own = tool.commands(project);
  if (tool.fills === 'store') return own.includes(command);
  const programs = new Set(own.flatMap(programsOf));
  return programsOf(command).some((program) => programs.has(program));
}

function wordsOf(command: string): readonly string[] {
  const line = splitCommand(command);
  return line.ok ? line.value.flatMap(({ words }) => words) : [];
}

/** Waits until no other set-up of this user installs with a tool whose store takes only one at a time. */
async function takeTurn(tool: SetupTool, { signal, say }: SetupRequest): Promise<Lock | null> {
  const file = path.join(stateHome(), 'setups', `${tool.title.toLowerCase().replaceAll(' ', '-')}.lock`);
  for (let waits = 0; !signal.aborted; waits++) {
    // Where no lock can be written there is nothing to wait for.
    const lock = await acquireLock(file, { wait: waits === 0 ? 0 : 2000 }).catch(() => 'unwritable' as const);
    if (lock === 'unwritable') return null;
    if (lock !== null) return lock;
    if (waits === 0) say(`waits: ${tool.title} installs one at a time`);
  }
  return null;
}

/**
 * A directory that a set-up makes and that the repository forgot to ignore is nobody's work: it is told to ignore itself,
 * as virtual environments do.
 */
async function keepOut(git: Git, name: string): Promise<void> {
  const untracked = await git.fields(['ls-files', '--others', '--exclude-standard', '--directory', '-z']);
  if (!untracked.includes(`${name}/`)) return;
  // Only a new file: what the set-up put there may be a link to anywhere.
  await writeFile(path.join(git.dir, name, '.gitignore'), '*\n', { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
}

/** Which stores were filled for which lock files, by set-ups in this repository: `.agent-runs/setups/<digest>`. */
class FilledStores {
  readonly #dir: string;
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#dir = path.join(repository.runsDir, 'setups');
    this.#repository = repository;
  }

  /** Of a command in a worktree whose lock files git knows as they stand; `null`: they were changed there. */
  async keyOf(worktree: string, command: string): Promise<string | null> {
    const git = this.#repository.git.in(worktree);
    const changed = await git.fields(['diff', '--name-only', '--no-renames', '-z', 'HEAD']);
    if (changed.some(isSetupInput)) return null;
    return setupInputs(git, { setup: [command] }, 'HEAD');
  }

  async has(key: string): Promise<boolean> {
    return (await lstat(path.join(this.#dir, key)).catch(() => null)) !== null;
  }

  async add(key: string): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    await writeWhole(path.join(this.#dir, key), '');
  }
}
