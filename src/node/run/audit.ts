import path from 'node:path';
import { auditStop } from '../../core/run/audit-stop.ts';
import { viewRun } from '../../core/run/run-view.ts';
import { baseBranchOf, branchOf, branchPrefixOf } from '../../core/run/names.ts';
import type { RunEvent, Stop } from '../../core/run/model.ts';
import type { RunFacts } from '../../core/run/state-model.ts';
import { Audit, type Neighbour } from '../audit/audit.ts';
import { loadRunPlan } from '../plan/plans.ts';
import { FactsReader } from '../state/facts.ts';
import type { Repository } from '../git/repository.ts';
import { worktreeRoot } from '../git/worktree.ts';
import type { SliceClaim } from './claim.ts';

/** The look at what all runs share: around one agent with the checks on its base, and around its gate. */
export interface RunAudit {
  /** For the agent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Looks again, records what changed since the last look, and answers with a stop when the slice must stop for it.
   * `approved`: what a person has let pass.
   */
  look(ran: 'agent' | 'checks', approved?: ReadonlySet<string>): Promise<Stop | null>;
}

/** `checkout`: where its checks run. */
export async function beginAudit(claim: SliceClaim, checkout: string): Promise<RunAudit> {
  const { run, slice, request } = claim;
  const { repository, loaded } = request;
  let since = new Date().toISOString();
  const known = new Set(loaded.unaccepted);
  const root = await worktreeRoot(repository);
  const { create, modify, boundary } = slice.scope;
  const audit = await Audit.begin({
    repository,
    planDir: loaded.plan.dir,
    slice: slice.id,
    runDir: run.path,
    worktree: claim.worktree,
    worktrees: [root, path.join(root, loaded.plan.id)],
    checkout,
    scopePaths: [...create, ...modify, ...boundary].flatMap((entry) => entry.path ?? []),
  });
  return {
    env: audit.environment(),
    async look(ran, approved) {
      const now = new Date().toISOString();
      const runs = await new FactsReader(repository).runs();
      const reread = await loadRunPlan(repository, loaded.plan.dir);
      const planFiles = (reread.ok ? (reread.value.unaccepted ?? []) : []).filter((name) => !known.has(name));
      const found = await audit.end({
        planFiles: planFiles.map((name) => `${loaded.plan.dir}/${name}`),
        // What the agent said it did is no evidence of what its checks do.
        seen: ran === 'agent' ? run.events.flatMap(seenIn) : [],
        neighbours: neighboursOf(runs, { since, except: run.runId, runsDir: repository.runsDir }),
        expected: settledBranches(runs),
        stray: (refs) => strayBranches(repository, loaded.plan.id, refs),
      });
      since = now;
      for (const name of planFiles) known.add(name);
      if (found.length === 0) return null;
      await run.record({ type: 'audited', found });
      return auditStop(
        slice.id,
        found.filter(({ what }) => approved?.has(what) !== true),
        ran,
      );
    },
  };
}

/**
 * Branches of this plan that no run has made. While a slice is at work none is integrated, so that the branch of the
 * integration is not the tool's either.
 */
async function strayBranches(
  repository: Repository,
  plan: string,
  refs: readonly string[],
): Promise<ReadonlySet<string>> {
  const own = `refs/heads/${branchPrefixOf(plan)}`;
  const candidates = refs.filter((ref) => ref.startsWith(own));
  if (candidates.length === 0) return new Set();
  const made = new Set([`refs/heads/${baseBranchOf(plan)}`]);
  for (const { events } of await new FactsReader(repository).runs())
    if (events[0]?.type === 'run_started' && events[0].branch !== null) made.add(`refs/heads/${events[0].branch}`);
  return new Set(candidates.filter((ref) => !made.has(ref)));
}

function seenIn(event: RunEvent): string[] {
  if (event.type === 'agent_command') return [event.command];
  return event.type === 'agent_edit' ? [event.path] : [];
}

/** Runs of slices that were at work at some time since then. */
function neighboursOf(
  runs: readonly RunFacts[],
  { since, except, runsDir }: { readonly since: string; readonly except: string; readonly runsDir: string },
): readonly Neighbour[] {
  return runs.flatMap((run): Neighbour[] => {
    const [first] = run.events;
    const last = run.events.at(-1);
    if (run.runId === except || first?.type !== 'run_started' || first.slice === null) return [];
    if (!run.alive && (last === undefined || last.t < since)) return [];
    const found = run.events.flatMap((event) => (event.type === 'audited' ? event.found : []));
    return [{ slice: first.slice, runDir: path.join(runsDir, run.runId), found }];
  });
}

/** Branches of slices whose last run ended verified: nobody moves them but the next run of that slice. */
function settledBranches(runs: readonly RunFacts[]): Record<string, string> {
  const last = new Map<string, RunFacts>();
  for (const run of runs) {
    const [first] = run.events;
    if (first?.type === 'run_started' && first.plan !== null && first.slice !== null && first.branch !== null)
      last.set(branchOf(first.plan, first.slice), run);
  }
  return Object.fromEntries(
    [...last].flatMap(([branch, run]) => {
      const view = viewRun(run);
      return view.end === 'verified' && view.commit !== null ? [[`refs/heads/${branch}`, view.commit] as const] : [];
    }),
  );
}
