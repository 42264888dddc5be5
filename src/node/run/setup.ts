import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Redact } from '../../core/gate/redact.ts';
import type { Plan } from '../../core/plan/model.ts';
import type { CommandRun } from '../../core/run/model.ts';
import type { Repository } from '../git/repository.ts';
import type { Confining } from '../process/processes.ts';
import type { Sandbox } from '../process/sandbox.ts';
import { openSetupEnvironment, type CheckEnvironment } from './check-environment.ts';
import { enclosed, enclosureOfCheck } from './confinement.ts';
import { runCommand } from './verify.ts';
import { copyIncluded } from '../git/worktree.ts';

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
}

/**
 * Makes a fresh worktree ready to work or check in: included files, then the plan's set-up commands (or
 * the install that the lock file calls for). A failure is the attempt's failure, not a warning.
 */
export async function setUp(request: SetupRequest): Promise<SetupOutcome> {
  const { plan, worktree, say } = request;
  const copied = await copyIncluded(request.repository, worktree);
  if (copied.length > 0) say(`copied ${copied.length} file${copied.length === 1 ? '' : 's'} named by .worktreeinclude`);
  const commands: CommandRun[] = [];
  for (const command of plan.setup.length > 0 ? plan.setup : await installs(worktree)) {
    say(`setting up: ${command}`);
    const at = new Date().toISOString();
    const result = await runCommand({
      runId: request.runId,
      command,
      cwd: worktree,
      env: request.env,
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

/** Lock file -> the install that respects it. A project without dependencies needs none. */
const INSTALLS: readonly { readonly lock: string; readonly command: string }[] = [
  { lock: 'pnpm-lock.yaml', command: 'pnpm install --frozen-lockfile' },
  { lock: 'yarn.lock', command: 'yarn install --immutable' },
  { lock: 'package-lock.json', command: 'npm ci --no-audit --no-fund' },
  { lock: 'uv.lock', command: 'uv sync --frozen' },
];

async function installs(worktree: string): Promise<string[]> {
  const wanted: string[] = [];
  for (const { lock, command } of INSTALLS) {
    if (!(await stat(path.join(worktree, lock)).catch(() => null))) continue;
    if (lock !== 'uv.lock' && !(await hasNodeDependencies(worktree))) continue;
    wanted.push(command);
    break;
  }
  return wanted;
}

async function hasNodeDependencies(worktree: string): Promise<boolean> {
  try {
    const value: unknown = JSON.parse(await readFile(path.join(worktree, 'package.json'), 'utf8'));
    if (typeof value !== 'object' || value === null) return false;
    return ['dependencies', 'devDependencies', 'optionalDependencies'].some((key) => {
      const list: unknown = (value as Record<string, unknown>)[key];
      return typeof list === 'object' && list !== null && Object.keys(list).length > 0;
    });
  } catch {
    return false;
  }
}
