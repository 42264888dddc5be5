import { planIdOf } from '../../core/plan/plan-id.ts';
import { success, type Result } from '../../core/text/result.ts';
import { fail, type EngineFailure } from '../failure.ts';
import type { Repository } from '../git/repository.ts';
import { appendDecision } from '../state/decision-log.ts';
import { FactsReader } from '../state/facts.ts';
import { differing, fixedFiles, fixedPlan, fixPlan, isRunBy } from '../state/fixed-plan.ts';
import { acquireLock, planLock } from '../state/locks.ts';
import { recoverHeld } from '../state/replan-journal.ts';
import { loadFiles } from './plans.ts';
import { readPlanFiles } from './plan-texts.ts';

/**
 * A person takes the plan directory as it stands for what the plan is run by, and what another machine's key signed for
 * true. What cannot be understood as a plan is not taken. Answers with what there was to accept, in words.
 */
export async function acceptPlan(
  repository: Repository,
  dir: string,
): Promise<Result<{ readonly accepted: readonly string[] }, EngineFailure>> {
  const id = planIdOf(dir);
  const lock = await acquireLock(planLock(repository, id), { wait: 10_000 });
  if (!lock) return fail('busy', `${dir} is being changed by another process`, 'Try again in a moment.');
  try {
    await recoverHeld(repository, dir);
    const fixed = await fixedPlan(repository, id);
    const now = await readPlanFiles(repository, dir);
    if (!now.ok) return now;
    const accepted: string[] = [];
    if (fixed) {
      const loaded = loadFiles(now.value, dir);
      if (!loaded.ok) return loaded;
      const before = (await fixedFiles(repository, fixed)) ?? new Map<string, string>();
      accepted.push(
        ...differing(before, now.value)
          .filter(isRunBy)
          .map((name) => `${dir}/${name}`),
      );
      await fixPlan(repository, id, now.value, 'person');
    }
    const foreign = await new FactsReader(repository).foreign(id);
    if (Object.keys(foreign.runs).length + foreign.lines.length > 0) {
      await appendDecision(repository.runsDir, id, 'person', { type: 'trusted', ...foreign });
      accepted.push(...Object.keys(foreign.runs).map((run) => `run ${run}`));
      if (foreign.lines.length > 0)
        accepted.push(foreign.lines.length === 1 ? '1 decision' : `${foreign.lines.length} decisions`);
    }
    return success({ accepted });
  } finally {
    await lock.release();
  }
}
