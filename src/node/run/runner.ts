import { laneOf } from '../../core/run/names.ts';
import { success, type Result } from '../../core/text/result.ts';
import { type EngineFailure, fail } from '../failure.ts';
import { excludeState } from '../git/worktree.ts';
import { sweepTemporary } from '../process/temporary.ts';
import { FactsReader } from '../state/facts.ts';
import { acquireLock, heldBy, laneLock } from '../state/locks.ts';
import { endOrphans } from '../state/stop.ts';
import { attemptSlice } from './attempt.ts';
import { claimAttempt, type AttemptOutcome, type AttemptRequest } from './claim.ts';
import { reachCheckpoint } from './checkpoint.ts';

/**
 * One attempt at one slice, from worktree to commit, or at one checkpoint: the body of `slicewave exec <plan> <slice>`.
 * What to do is read from the facts, not from arguments, so that whoever starts it (scheduler, terminal, person) gets
 * the same attempt.
 */
export async function runAttempt(request: AttemptRequest): Promise<Result<AttemptOutcome, EngineFailure>> {
  const { repository, node } = request;
  const { plan } = request.loaded;
  const lane = laneOf(plan, node);
  const worktrees = await excludeState(repository);
  const lockFile = laneLock(repository, plan.id, lane);
  const lock = await acquireLock(lockFile, { say: request.say });
  if (!lock) {
    return fail(
      'busy',
      `${node} is being worked on by another process already${await heldBy(lockFile)}`,
      `Watch it with \`slicewave status ${plan.dir}\`.`,
    );
  }
  try {
    // Not while an agent whose runner was killed still writes.
    await endOrphans(await new FactsReader(repository).runs(plan.id));
    await sweepTemporary();
    if (request.signal.aborted)
      return fail(
        'cancelled',
        `${node} was stopped before it began`,
        `Start it again with \`slicewave run ${plan.dir}\`.`,
      );
    const claim = await claimAttempt(request, { lane, worktrees });
    if (!claim.ok) return claim;
    return claim.value.kind === 'slice' ? success(await attemptSlice(claim.value)) : await reachCheckpoint(claim.value);
  } finally {
    await lock.release();
  }
}
