import type { RunFacts } from '../run/state-model.ts';

/** What agents used for the slices of earlier plans in this repository: the only honest source of a price. */
export interface EarlierUsage {
  /** Slices that an agent which tells its usage has worked on. */
  readonly slices: number;
  /** Of those agents, by id, sorted. */
  readonly agents: readonly string[];
  /** Runs of an agent per slice, on average. */
  readonly attempts: number;
  /** Tokens per slice over all its attempts, on average. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars per slice over all its attempts, of the slices whose agent tells it; `null`: none does. */
  readonly cost: { readonly slices: number; readonly mean: number; readonly low: number; readonly high: number } | null;
}

/** The demo agent is no model, and a run without an agent costs nothing. */
const free = new Set(['demo', 'none']);

/** Sums the usage of earlier runs by slice. `null` when no run of a real agent tells any. */
export function earlierUsage(runs: readonly RunFacts[]): EarlierUsage | null {
  interface Sum {
    attempts: number;
    input: number;
    output: number;
    cost: number | null;
  }
  const slices = new Map<string, Sum>();
  const agents = new Set<string>();
  for (const { events } of runs) {
    const first = events.find((event) => event.type === 'run_started');
    const agent = events.find((event) => event.type === 'agent_started')?.adapter ?? 'none';
    const usage = events.findLast((event) => event.type === 'agent_usage');
    if (!first?.plan || !first.slice || !usage || free.has(agent)) continue;
    if (usage.input_tokens + usage.output_tokens === 0 && usage.cost_usd === null) continue;
    agents.add(agent);
    const key = `${first.plan}\0${first.slice}`;
    const sum = slices.get(key) ?? { attempts: 0, input: 0, output: 0, cost: null };
    sum.attempts++;
    sum.input += usage.input_tokens;
    sum.output += usage.output_tokens;
    if (usage.cost_usd !== null) sum.cost = (sum.cost ?? 0) + usage.cost_usd;
    slices.set(key, sum);
  }
  const all = [...slices.values()];
  if (all.length === 0) return null;
  const mean = (of: (sum: Sum) => number): number => all.reduce((total, sum) => total + of(sum), 0) / all.length;
  const costs = all.flatMap((sum) => sum.cost ?? []);
  return {
    slices: all.length,
    agents: [...agents].toSorted(),
    attempts: mean((sum) => sum.attempts),
    inputTokens: mean((sum) => sum.input),
    outputTokens: mean((sum) => sum.output),
    cost:
      costs.length === 0
        ? null
        : {
            slices: costs.length,
            mean: costs.reduce((total, cost) => total + cost, 0) / costs.length,
            low: Math.min(...costs),
            high: Math.max(...costs),
          },
  };
}
