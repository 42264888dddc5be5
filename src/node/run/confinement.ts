import { mkdir } from 'node:fs/promises';
import { isSandboxMode, type SandboxMode, type SandboxSetting } from '../../core/sandbox/policy.ts';
import { failure, success, type Result } from '../../core/text/result.ts';
import type { AgentState } from '../agents/adapter.ts';
import type { EngineFailure } from '../failure.ts';
import { makePrivateGit } from '../git/private-git.ts';
import type { Repository } from '../git/repository.ts';
import { expandHome } from '../paths.ts';
import { Enclosure, findSandbox, type Sandbox } from '../process/sandbox.ts';
import type { RunDirectory } from './run-directory.ts';

/** What holds for one run: the sandbox it uses, or why it uses none. */
export interface Confinement {
  readonly sandbox: Sandbox | null;
  /** For people; `null` with a sandbox. */
  readonly whyNot: string | null;
  /** What to do about it; empty when the person chose it. */
  readonly remedy: string;
}

/**
 * Whether runs are confined: what the person chose (`--sandbox`, VS Code's setting, `SLICEWAVE_SANDBOX`), else the plan,
 * else the git setting `slicewave.sandbox`, else `auto`. A failure is `required` where there is none: nothing may
 * start then.
 */
export async function settleSandbox(
  repository: Repository,
  plan: SandboxSetting,
  chosen?: SandboxMode,
): Promise<Result<Confinement, EngineFailure>> {
  const mode =
    chosen ?? named(process.env['SLICEWAVE_SANDBOX']) ?? plan.mode ?? (await configured(repository)) ?? 'auto';
  if (mode === 'off') return success({ sandbox: null, whyNot: 'switched off', remedy: '' });
  const found = await findSandbox();
  if (found.ok) return success({ sandbox: found.value, whyNot: null, remedy: '' });
  const { message, remedy } = found.failure;
  if (mode === 'auto') return success({ sandbox: null, whyNot: message, remedy });
  return failure({
    reason: 'sandbox',
    message: `runs have to be confined (\`sandbox: required\`), and ${message}`,
    remedy: `${remedy} Or allow runs without: \`--sandbox=auto\`.`,
  });
}

/** The same for one run, which records it. A failure is why the run cannot begin, for people. */
export async function confineRun({
  run,
  repository,
  setting,
  chosen,
}: {
  readonly run: RunDirectory;
  readonly repository: Repository;
  readonly setting: SandboxSetting;
  readonly chosen: SandboxMode | undefined;
}): Promise<Result<Confinement, { readonly reason: 'sandbox-missing'; readonly detail: string }>> {
  const settled = await settleSandbox(repository, setting, chosen);
  if (!settled.ok) {
    const { message, remedy } = settled.failure;
    return failure({ reason: 'sandbox-missing', detail: `${message}. ${remedy}` });
  }
  const { sandbox, whyNot } = settled.value;
  await run.record({ type: 'sandbox', by: sandbox?.title ?? null, why_not: whyNot });
  return settled;
}

/** What is said of it, once per run of a plan; `null`: nothing, it is as the person chose. */
export function unconfinedWarning({ sandbox, whyNot, remedy }: Confinement): string | null {
  if (sandbox !== null || remedy === '') return null;
  return `WARNING: agents and checks are NOT confined by the operating system: ${whyNot ?? 'unknown'}. ${remedy}`;
}

/** Does work in an enclosure, which is closed whatever comes of it. */
export async function enclosed<T>(
  opening: Promise<Enclosure | null>,
  work: (enclosure: Enclosure | null) => Promise<T>,
): Promise<T> {
  const enclosure = await opening;
  try {
    return await work(enclosure);
  } finally {
    await enclosure?.close();
  }
}

function named(text: string | undefined): SandboxMode | null {
  return isSandboxMode(text) ? text : null;
}

async function configured(repository: Repository): Promise<SandboxMode | null> {
  const set = await repository.git.run(['config', '--get', 'slicewave.sandbox'], { accept: [0, 1] });
  return named(set.stdout.trim());
}

export interface CheckPlace {
  readonly repository: Repository;
  readonly setting: SandboxSetting;
  /** The checkout that is worked in. */
  readonly worktree: string;
  /** Further places to write: a home of the check's own. */
  readonly writable?: readonly string[];
  /** Absent: as the plan says for checks. */
  readonly network?: 'open';
}

export interface AgentPlace extends Omit<CheckPlace, 'writable' | 'network'> {
  readonly state: AgentState | null;
  /** argv that starts this very command line: hooks of the agent and of its git call it, wherever it is installed. */
  readonly slicewave: readonly string[];
}

/** Where files of environment values lie that are nobody's but the person's. */
function peoplesCheckouts({ root, primary }: Repository): readonly string[] {
  return primary === null || primary === root ? [root] : [root, primary];
}

/**
 * Where an agent works: its worktree and its own state can be written, and what it does with git stays with it. `null`
 * without a sandbox.
 */
export async function enclosureOfAgent(sandbox: Sandbox | null, place: AgentPlace): Promise<Enclosure | null> {
  if (!sandbox) return null;
  const { repository, setting, worktree, state } = place;
  for (const directory of state?.directories ?? []) await mkdir(directory, { recursive: true, mode: 0o700 });
  return Enclosure.open(sandbox, {
    worktree,
    writable: [...(state?.directories ?? []), ...setting.writable.map(expandHome)],
    kept: state?.kept ?? [],
    hidden: setting.hidden,
    projects: peoplesCheckouts(repository),
    needed: [repository.root, repository.home, repository.commonDir, ...place.slicewave],
    git: (into) => makePrivateGit(repository, worktree, into),
  });
}

/** Where a check runs: the checkout it is about can be written. `null` without a sandbox. */
export async function enclosureOfCheck(sandbox: Sandbox | null, place: CheckPlace): Promise<Enclosure | null> {
  if (!sandbox) return null;
  const { repository, setting, worktree } = place;
  return Enclosure.open(sandbox, {
    worktree,
    writable: [...(place.writable ?? []), ...setting.writable.map(expandHome)],
    hidden: setting.hidden,
    projects: peoplesCheckouts(repository),
    needed: [repository.root, repository.home, repository.commonDir],
    network: place.network ?? setting.checksNetwork,
    // A set-up that installs a hook and a test that commits find what they expect, and leave nothing.
    git: (into) => makePrivateGit(repository, worktree, into),
  });
}
