import path from 'node:path';
import { estimatesOf, learnEstimator, type DurationSample } from '../../core/plan/estimator.ts';
import type { LoadedPlan, PlanGraph } from '../../core/plan/graph-model.ts';
import { planGraph } from '../../core/plan/graph.ts';
import { planIdOf } from '../../core/plan/plan-id.ts';
import type { Plan } from '../../core/plan/model.ts';
import { durationSamples } from '../../core/run/durations.ts';
import type { RunFacts } from '../../core/run/state-model.ts';
import { findPlans, listPlans, loadPlanDir } from './plans.ts';
import type { Repository } from '../git/repository.ts';
import { listRunIds, readRun } from '../state/run-log.ts';

/** The latest runs that are looked at: what was learned long ago says least. */
const MOST_RUNS = 2_000;
/** Run directories that are read at the same time. */
const AT_ONCE = 32;

type PastRunsPlace = Pick<Repository, 'root' | 'runsDir'> & Partial<Pick<Repository, 'git'>>;

/** What earlier runs took, and how many of the records that were looked at are damaged. */
export interface PastRuns {
  readonly samples: readonly DurationSample[];
  /** Runs whose record holds lines that are no events, or does not begin as one; what is sound in them counts. */
  readonly damaged: number;
}

/**
 * What earlier runs of all plans of the repository took, for `learnEstimator`. Only plans that still exist count, for
 * the declared estimates stand in them. What cannot be read is left out: nothing here can fail. `known`: all runs,
 * oldest first, where they were just read.
 */
export async function pastRuns(
  repository: PastRunsPlace,
  known?: readonly RunFacts[],
): Promise<readonly DurationSample[]> {
  return samplesOf(repository, known?.slice(-MOST_RUNS) ?? (await readRuns(repository)).runs);
}

/** The same, read anew, with what is to be said of damaged records. */
export async function readPastRuns(repository: PastRunsPlace): Promise<PastRuns> {
  const { runs, damaged } = await readRuns(repository);
  return { samples: await samplesOf(repository, runs), damaged };
}

async function samplesOf(repository: PastRunsPlace, runs: readonly RunFacts[]): Promise<readonly DurationSample[]> {
  const byPlan = new Map<string, RunFacts[]>();
  for (const run of runs) {
    const [first] = run.events;
    if (first?.type !== 'run_started' || typeof first.plan !== 'string') continue;
    const others = byPlan.get(first.plan);
    if (others) others.push(run);
    else byPlan.set(first.plan, [run]);
  }
  const samples: DurationSample[] = [];
  if (byPlan.size === 0) return samples;
  for (const dir of await plansOf(repository, byPlan).catch(() => [])) {
    const ofPlan = byPlan.get(planIdOf(dir));
    if (!ofPlan) continue;
    const loaded = await loadPlanDir(repository, dir).catch(() => null);
    if (loaded?.ok) samples.push(...durationSamples(loaded.value.plan, ofPlan));
  }
  return samples;
}

/** The directories that plans with runs can be in; all of the repository is only looked through for one that needs it. */
async function plansOf(repository: PastRunsPlace, byPlan: ReadonlyMap<string, unknown>): Promise<readonly string[]> {
  const own = await listPlans(repository);
  const found = new Set(own.map(planIdOf));
  return [...byPlan.keys()].every((id) => found.has(id)) ? own : findPlans(repository);
}

/**
 * The schedules of plans by what earlier runs teach, for the views of a plan under way. Learned anew only when a plan
 * changed or one more run was verified: a state is asked for at every step of every run.
 */
export class LearnedGraphs {
  readonly #repository: PastRunsPlace;
  readonly #known = new WeakMap<Plan, { readonly taught: string; readonly graph: PlanGraph }>();

  constructor(repository: PastRunsPlace) {
    this.#repository = repository;
  }

  /** `runs`: all of the repository, oldest first. The same graph where nothing is learned. */
  async graphOf({ plan, graph }: Pick<LoadedPlan, 'plan' | 'graph'>, runs: readonly RunFacts[]): Promise<PlanGraph> {
    const taught = runs.filter(isVerified).map((run) => run.runId);
    if (taught.length === 0) return graph;
    const known = this.#known.get(plan);
    if (known && known.taught === taught.join()) return known.graph;
    const estimator = learnEstimator(await pastRuns(this.#repository, runs));
    const { minutes } = estimatesOf(plan, estimator);
    const learned = planGraph(plan, { minutes });
    this.#known.set(plan, { taught: taught.join(), graph: learned });
    return learned;
  }
}

function isVerified({ events }: RunFacts): boolean {
  const last = events.at(-1);
  return last?.type === 'ended' && last.end === 'verified';
}

async function readRuns(
  repository: PastRunsPlace,
): Promise<{ readonly runs: readonly RunFacts[]; readonly damaged: number }> {
  const ids = (await listRunIds(repository.runsDir).catch(() => [])).slice(-MOST_RUNS);
  const runs: RunFacts[] = [];
  let damaged = 0;
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const read = ids.slice(from, from + AT_ONCE).map(async (runId): Promise<RunFacts> => {
      const record = await readRun(path.join(repository.runsDir, runId)).catch(() => null);
      const [first] = record?.events ?? [];
      // A run that was killed before its first event has an empty record, which is no damage.
      if (
        !record ||
        record.record.damaged.length + record.record.strange.length > 0 ||
        (first && first.type !== 'run_started')
      )
        damaged++;
      return { runId, events: record?.events ?? [], alive: false };
    });
    runs.push(...(await Promise.all(read)));
  }
  return { runs, damaged };
}
