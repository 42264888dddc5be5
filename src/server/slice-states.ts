import type { PlanGraph } from '../core/plan/graph-model.ts';
import type { Plan } from '../core/plan/model.ts';
import { foldPlan } from '../core/run/fold.ts';
import { stateLabel } from '../core/run/states.ts';
import type { Workspace } from '../node/workspace/workspace.ts';

/** Runs change while somebody reads; what was read a moment ago is still good enough for a hover. */
const freshFor = 2000;

/** What the runs of a repository have come to, slice by slice. */
export class SliceStates {
  readonly #workspace: Workspace;
  readonly #plans = new Map<string, { readonly read: number; readonly states: ReadonlyMap<string, string> }>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** As of the last `read`; `null` for a slice that never ran. */
  of(planDir: string, slice: string): string | null {
    return this.#plans.get(planDir)?.states.get(slice) ?? null;
  }

  async read(
    planDir: string,
    { plan, graph }: { readonly plan: Plan; readonly graph: PlanGraph },
    now = Date.now(),
  ): Promise<void> {
    const known = this.#plans.get(planDir);
    if (known && now - known.read < freshFor) return;
    const states = new Map<string, string>();
    const facts = await this.#workspace.planFacts({ plan, graph });
    if (facts.runs.length > 0) {
      for (const slice of foldPlan(facts).slices)
        if (slice.runs.length > 0) states.set(slice.id, stateLabel(slice.state));
    }
    this.#plans.set(planDir, { read: now, states });
  }
}
