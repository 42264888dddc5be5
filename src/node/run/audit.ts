import path from 'node:path';
import { auditStop, type Audited } from '../../core/run/audit-stop.ts';
import { viewRun } from '../../core/run/run-view.ts';
import { baseBranchOf, branchOf, branchPrefixOf } from '../../core/run/names.ts';
import type { AuditedDifference } from '../../core/audit/report.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import type { Plan } from '../../core/plan/model.ts';
import type { RunEvent, Stop } from '../../core/run/model.ts';
import type { RunFacts } from '../../core/run/state-model.ts';
import { Audit, type Neighbour } from '../audit/audit.ts';
import { loadRunPlan } from '../plan/plans.ts';
import { FactsReader } from '../state/facts.ts';
import type { Repository } from '../git/repository.ts';
import type { ListedSettings } from '../git/settings.ts';
import { worktreeRoot } from '../git/worktree.ts';
import type { Sandbox } from '../process/sandbox.ts';
import type { SliceClaim } from './claim.ts';

/** Whose work is looked at. */
export interface AuditedWork {
  readonly repository: Repository;
  readonly loaded: LoadedPlan;
  /** A slice, a merge point, or the integration. */
  readonly name: string;
  readonly worktree: string;
  /** Where the worktrees of all plans stand; absent: it is asked for. */
  readonly worktrees?: string;
  /** Where its checks run. */
  readonly checkout: string;
  /** Where git's trace and what is put away are kept; of a run, the directory of its evidence. */
  readonly evidence: string;
  /** `null`: no run, so none is to be left out of the neighbours. */
  readonly runId: string | null;
  readonly scopePaths: readonly string[];
  /** What it was seen doing so far. */
  readonly events: () => readonly RunEvent[];
  readonly record: (found: readonly AuditedDifference[]) => Promise<void>;
}

/** The look at what all runs share: around one agent with the checks on its base, and around its gate. */
export interface RunAudit {
  /** For the agent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Git's settings as the last look found them. */
  settings(): ListedSettings;
  /**
   * Looks again, records what changed since the last look, and answers with a stop when the slice must stop for it.
   * `approved`: what a person has let pass.
   */
  look(ran: Audited, approved?: ReadonlySet<string>): Promise<Stop | null>;
}

/** What the operating system keeps from being written need not be compared, and a person's own changes are no question. */
export function isHeld(sandbox: Sandbox | null, plan: Plan): boolean {
  return sandbox !== null && plan.sandbox.writable.length === 0;
}

/** The look around a slice. `checkout`: where its checks run. */
export function beginAudit(claim: SliceClaim, checkout: string): Promise<RunAudit> {
  const { run, slice, request } = claim;
  const { create, modify, boundary } = slice.scope;
  return beginAuditOf({
    ...request,
    name: slice.id,
    worktree: claim.worktree,
    worktrees: claim.worktrees,
    checkout,
    evidence: run.path,
    runId: run.runId,
    scopePaths: [...create, ...modify, ...boundary].flatMap((entry) => entry.path ?? []),
    events: () => run.events,
    record: (found) => run.record({ type: 'audited', found }),
  });
}

/**
 * The look around checks of what slices have made, at a merge point or in the integration. `null`: the operating system
 * keeps what would be compared from being written.
 */
export async function beginAuditOfChecks(
  sandbox: Sandbox | null,
  work: Omit<AuditedWork, 'events' | 'scopePaths'>,
): Promise<RunAudit | null> {
  return isHeld(sandbox, work.loaded.plan) ? null : beginAuditOf({ ...work, scopePaths: [], events: () => [] });
}

async function beginAuditOf(work: AuditedWork): Promise<RunAudit> {
  const { repository, loaded, name, evidence, runId } = work;
  let since = new Date().toISOString();
  const known = new Set(loaded.unaccepted);
  const root = work.worktrees ?? (await worktreeRoot(repository));
  const audit = await Audit.begin({
    repository,
    planDir: loaded.plan.dir,
    slice: name,
    runDir: evidence,
    worktree: work.worktree,
    worktrees: [root, path.join(root, loaded.plan.id)],
    checkout: work.checkout,
    scopePaths: work.scopePaths,
  });
  return {
    env: audit.environment(),
    settings: () => audit.settings,
    async look(ran, approved) {
      const now = new Date().toISOString();
      const runs = await new FactsReader(repository).runs();
      const reread = await loadRunPlan(repository, loaded.plan.dir);
      const planFiles = (reread.ok ? (reread.value.unaccepted ?? []) : []).filter((name) => !known.has(name));
      const found = await audit.end({
        planFiles: planFiles.map((name) => `${loaded.plan.dir}/${name}`),
        // What the agent said it did is no evidence of what its checks do.
        seen: ran === 'agent' ? work.events().flatMap(seenIn) : [],
        neighbours: neighboursOf(runs, { since, except: runId, runsDir: repository.runsDir }),
        expected: settledBranches(runs),
        stray: (refs) => strayBranches(repository, loaded.plan.id, refs),
      });
      since = now;
      for (const name of planFiles) known.add(name);
      if (found.length === 0) return null;
      await work.record(found);
      return auditStop(
        name,
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
  { since, except, runsDir }: { readonly since: string; readonly except: string | null; readonly runsDir: string },
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
