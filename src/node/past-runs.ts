import path from 'node:path';
import type { DurationSample } from '../core/plan/estimator.ts';
import { durationSamples } from '../core/run/durations.ts';
import type { RunFacts } from '../core/run/state-model.ts';
import { listPlans, loadPlanDir } from './plans.ts';
import type { Repository } from './repository.ts';
import { listRunIds, readEvents } from './state-files.ts';

/** The latest runs that are looked at: what was learned long ago says least. */
const MOST_RUNS = 2_000;
/** Run directories that are read at the same time. */
const AT_ONCE = 32;

/**
 * What earlier runs of all plans of the repository took, for `learnEstimator`. Only plans that still exist count, for
 * the declared estimates stand in them. What cannot be read is left out: nothing here can fail.
 */
export async function pastRuns(repository: Repository): Promise<readonly DurationSample[]> {
  const ids = (await listRunIds(repository.runsDir).catch(() => [])).slice(-MOST_RUNS);
  const byPlan = new Map<string, RunFacts[]>();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const read = await Promise.all(
      ids.slice(from, from + AT_ONCE).map(async (runId): Promise<RunFacts> => {
        const events = await readEvents(path.join(repository.runsDir, runId)).catch(() => []);
        return { runId, events, alive: false };
      }),
    );
    for (const run of read) {
      const [first] = run.events;
      if (first?.type !== 'run_started' || typeof first.plan !== 'string') continue;
      const known = byPlan.get(first.plan);
      if (known) known.push(run);
      else byPlan.set(first.plan, [run]);
    }
  }
  const samples: DurationSample[] = [];
  if (byPlan.size === 0) return samples;
  for (const dir of await listPlans(repository).catch(() => [])) {
    const runs = byPlan.get(path.posix.basename(dir));
    if (!runs) continue;
    const loaded = await loadPlanDir(repository, dir).catch(() => null);
    if (loaded?.ok) samples.push(...durationSamples(loaded.value.plan, runs));
  }
  return samples;
}
