import path from 'node:path';
import type { Redact } from '../../core/gate/redact.ts';
import type { Plan } from '../../core/plan/model.ts';
import { baseBranchOf } from '../../core/run/names.ts';
import type { Repository } from '../git/repository.ts';
import type { Sandbox } from '../process/sandbox.ts';
import { enclosed, enclosureOfCheck } from './confinement.ts';
import { setUp } from './setup.ts';
import { acquireLock, baseLock } from '../state/locks.ts';
import { runCheck } from './verify.ts';
import { ensureWorktree, worktreeRoot } from '../git/worktree.ts';

export interface BaseChecks {
  readonly repository: Repository;
  readonly plan: Plan;
  readonly base: string;
  readonly commands: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly sandbox: Sandbox | null;
  readonly signal: AbortSignal;
  readonly redact: Redact;
  readonly say: (line: string) => void;
}

/**
 * Runs failing checks on the base too, so that a failure that was there before is not blamed on the slice. One worktree
 * per plan serves all slices, one at a time. Exit codes by command; a command is left out when that could not be found
 * out (which is not the slice's fault, and not evidence either way).
 */
export async function checksOnBase(request: BaseChecks): Promise<ReadonlyMap<string, number | null>> {
  const { repository, plan, base } = request;
  const codes = new Map<string, number | null>();
  const dir = path.join(await worktreeRoot(repository), plan.id, '.base');
  const env = { ...request.env, SLICEWAVE_WORKTREE: dir };
  const lock = await acquireLock(baseLock(repository, plan.id), { wait: 10 * 60_000 });
  if (!lock) return codes;
  try {
    request.say(
      `running the failing check${request.commands.length === 1 ? '' : 's'} on the base ${base.slice(0, 10)}`,
    );
    const ready = await ensureWorktree(repository, {
      path: dir,
      branch: baseBranchOf(plan.id),
      base,
      mode: 'fresh',
      ours: true,
      snapshot: async () => undefined,
    });
    if (!ready.ok) return codes;
    if (ready.value.created) {
      const setup = await setUp({ ...request, env, worktree: dir, say: () => undefined });
      if (setup.failed) return codes;
    }
    const place = { repository, setting: plan.sandbox, worktree: dir };
    await enclosed(enclosureOfCheck(request.sandbox, place), async (confined) => {
      for (const command of request.commands) {
        const result = await runCheck({
          confined,
          command,
          cwd: dir,
          env,
          timeoutMs: plan.limits.timeoutMinutes * 60_000,
          signal: request.signal,
          redact: request.redact,
        });
        codes.set(command, result.outcome === 'no-coverage' ? null : result.exitCode);
      }
    });
    return codes;
  } finally {
    await lock.release();
  }
}
