import { planIdOf } from '../../core/plan/plan-id.ts';
import { DEFAULT_AGENT } from '../../core/agent/agents.ts';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ReplanChange, ReplanPreview, ReplanRequest } from './model.ts';
import type { Proposal } from '../../core/plan/proposal.ts';
import type { Finding } from '../../core/text/finding.ts';
import { judge } from '../../core/judge/judge.ts';
import { planGraph } from '../../core/plan/graph.ts';
import { loadPlan } from '../../core/plan/load.ts';
import type { Plan } from '../../core/plan/model.ts';
import { lineageOf, planChanges } from '../../core/replan/changes.ts';
import { sentence } from '../../core/replan/changes-text.ts';
import { replanFiles } from '../../core/replan/files.ts';
import { applyOperations, type Lineage } from '../../core/replan/operations.ts';
import { proposalOf, proposedSlice } from '../../core/replan/proposal-of.ts';
import { alignIds, reconcile, taskNote, type ReplanNote } from '../../core/replan/reconcile.ts';
import { success, type Result } from '../../core/text/result.ts';
import { foldPlan } from '../../core/run/fold.ts';
import { isActive, isProved, isSettled } from '../../core/run/states.ts';
import type { DecisionBody } from '../../core/run/model.ts';
import type { PlanFacts, PlanState } from '../../core/run/state-model.ts';
import { readSpec } from '../../core/spec/read.ts';
import { Decisions } from '../state/decisions.ts';
import { type EngineFailure, fail } from '../failure.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { FactsReader } from '../state/facts.ts';
import { loadPlanDir } from '../plan/plans.ts';
import { digest, readJournal, recoverReplan, removeJournal, restore, writeReplan } from '../state/replan-journal.ts';
import { gatherEvidence, knowingIgnored, type Evidence } from '../judge/judge.ts';
import { writeFailure } from '../plan/directory.ts';
import type { Repository } from '../git/repository.ts';
import { excludeState } from '../git/worktree.ts';
import { acquireLock, planLock } from '../state/locks.ts';
import { amendFixed, differing } from '../state/fixed-plan.ts';
import { appendDecision, recordTime } from '../state/decision-log.ts';

/** Compares a plan with what is wanted of it, in the light of what already happened. */
export async function previewReplan(
  repository: Repository,
  request: ReplanRequest,
): Promise<Result<ReplanPreview, EngineFailure>> {
  await recoverReplan(repository, request.planDir);
  return compose(repository, request);
}

async function compose(repository: Repository, request: ReplanRequest): Promise<Result<ReplanPreview, EngineFailure>> {
  const loaded = await loadPlanDir(repository, request.planDir);
  if (!loaded.ok) return loaded;
  const { plan, files, findings } = loaded.value;
  const unclear = findings.find(
    ({ code, severity }) => code === 'manifest.legacy' || (code === 'task.yaml' && severity === 'error'),
  );
  if (unclear) {
    return fail(
      'bad-plan',
      `${unclear.file}:${unclear.line}:${unclear.column}: ${unclear.message}`,
      unclear.code === 'manifest.legacy'
        ? `Migrate it first: slicewave migrate ${plan.dir}`
        : 'Mend the file, then plan again.',
    );
  }
  const facts = await new FactsReader(repository).facts(loaded.value);
  const state = foldPlan(facts);
  const history = historyOf(facts);
  const repoFiles = await repository.git.fields(['ls-files', '-z']);
  const before = proposalOf(plan, files);
  const wanted = wantedOf(request.change, before, plan, facts, { repoFiles, history });
  if (!wanted.ok) return wanted;
  const reconciled = reconcile({
    before,
    after: wanted.value.proposal,
    lineage: wanted.value.lineage,
    slices: state.slices,
    history,
    started: state.preparedCommit !== null,
    stopRunning: request.stopRunning ?? false,
  });
  const specText = plan.specPath
    ? await readFile(path.join(repository.root, plan.specPath), 'utf8').catch(() => null)
    : null;
  const made = replanFiles({
    before: loaded.value,
    proposal: reconciled.proposal,
    locked: reconciled.locked,
    done: new Set(state.slices.filter((slice) => isProved(slice.state)).map(({ id }) => id)),
    spec: specText === null ? null : readSpec(specText, plan.specPath ?? '').spec,
    pages: request.change.kind === 'decomposition' ? request.change.decomposition.files : null,
  });
  const read = loadPlan(made.files, plan.dir);
  const next: LoadedPlan = { plan: made.plan, graph: made.graph, findings: read.findings, files: made.files };
  const fresh = newFindings(
    loaded.value,
    next,
    await knowingIgnored({ evidence: await gatherEvidence(repository), root: repository.root }, plan, made.plan),
  );
  const cycles = made.graph.cycles.map((trail) => `these slices would wait for each other: ${trail.join(' -> ')}`);
  const errors = fresh
    .filter(({ severity }) => severity === 'error')
    .map(({ file, line, message }) => `${file}:${line}: ${message}`);
  const blocked = reconciled.blocked.length > 0 ? reconciled.blocked : cycles.length > 0 ? cycles : errors;
  return success({
    request,
    loaded: loaded.value,
    next,
    summary: {
      plan: plan.id,
      diff: planChanges(plan, made.plan),
      notes: distinct([...reconciled.notes, ...made.notes]),
      stop: reconciled.stop,
      blocked,
    },
    findings: fresh,
    renewed: reconciled.renewed,
    changed: differing(files, made.files),
  });
}

function distinct(notes: readonly ReplanNote[]): ReplanNote[] {
  return [...new Map(notes.map((note) => [`${note.about} ${note.text}`, note])).values()];
}

/** Ids with runs or decisions, whether or not the plan knows them still. */
function historyOf(facts: PlanFacts): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { events } of facts.runs) {
    const first = events[0];
    if (first?.type === 'run_started' && first.slice !== null) ids.add(first.slice.toLowerCase());
  }
  for (const decision of facts.decisions) {
    if ('slice' in decision) ids.add(decision.slice.toLowerCase());
  }
  return ids;
}

function wantedOf(
  change: ReplanChange,
  before: Proposal,
  plan: Plan,
  facts: PlanFacts,
  context: { readonly repoFiles: readonly string[]; readonly history: ReadonlySet<string> },
): Result<{ readonly proposal: Proposal; readonly lineage: Lineage }, EngineFailure> {
  if (change.kind === 'operations') {
    const applied = applyOperations(before, change.operations, {
      repoFiles: context.repoFiles,
      taken: context.history,
    });
    if (applied.ok) return applied;
    const { reason, message, remedy } = applied.failure;
    return fail(reason === 'no-such-slice' ? 'no-such-slice' : 'bad-plan', message, remedy);
  }
  const { loaded, files } = change.decomposition;
  const made = alignIds(before, proposalOf(loaded.plan, files));
  const old = new Map(before.slices.map((slice) => [slice.id, slice]));
  const approved = new Map<string, string[]>();
  for (const decision of facts.decisions) {
    if (decision.type !== 'approved') continue;
    approved.set(decision.slice, [...(approved.get(decision.slice) ?? []), ...decision.paths]);
  }
  const proposal: Proposal = {
    ...made,
    slices: made.slices.map((slice) => {
      const known = old.get(slice.id);
      if (!known) return slice;
      // What the person approved since is theirs, and the spec does not know of it.
      const grown = approved.get(slice.id) ?? [];
      const keep = (list: readonly string[]): string[] => list.filter((entry) => grown.includes(entry));
      // A spec that names no agent leaves the choice to the plan; so does one that says nothing of stop conditions.
      const declared = slice.agent !== null && slice.agent !== DEFAULT_AGENT;
      return {
        ...slice,
        agent: declared ? slice.agent : known.agent,
        create: [...new Set([...slice.create, ...keep(known.create)])],
        modify: [...new Set([...slice.modify, ...keep(known.modify)])],
      };
    }),
    // The plan's name and what it needs to run stay.
    contracts: made.contracts.map((contract) => ({
      ...contract,
      path:
        plan.contracts.find((known) => known.target !== null && known.target === contract.target)?.path ??
        contract.path,
    })),
  };
  return success({ proposal, lineage: lineageOf(before.slices, proposal.slices) });
}

/** Findings by what they say and where, whatever line they moved to. */
function newFindings(before: LoadedPlan, after: LoadedPlan, evidence: Evidence): readonly Finding[] {
  const all = ({ plan, files, findings }: LoadedPlan): readonly Finding[] => [
    ...findings,
    ...judge({ ...evidence, plan, files }).findings,
  ];
  const key = ({ file, code, message }: Finding): string => `${file} ${code} ${message}`;
  const known = new Set(all(before).map(key));
  const fresh = all(after).filter((finding) => !known.has(key(finding)));
  return [...new Map(fresh.map((finding) => [key(finding), finding])).values()];
}

/**
 * Does what a preview showed: stops what is to be stopped, then writes under the plan's lock. When something happened in
 * between that makes a difference (a slice started, or was verified), nothing is written. A plan may be running.
 */
export async function applyReplan(
  repository: Repository,
  shown: ReplanPreview,
): Promise<Result<{ readonly written: readonly string[] }, EngineFailure>> {
  const { planDir } = shown.request;
  const refused = refusal(shown);
  if (refused) return refused;
  const stopped: string[] = [];
  for (const id of shown.summary.stop) {
    const asked = await new Decisions(repository, shown.loaded).stop(id);
    if (asked.ok) stopped.push(id);
    else if (asked.failure.reason !== 'not-waiting') return asked;
  }
  await excludeState(repository);
  const lock = await acquireLock(planLock(repository, planIdOf(planDir)), { wait: 15_000 });
  if (!lock) return fail('busy', `${planDir} is being changed by another process`, 'Try again in a moment.');
  let now: ReplanPreview;
  try {
    const again = await compose(repository, shown.request);
    if (!again.ok) return again;
    now = again.value;
    // Whoever was to be stopped is stopped by now; another one has just started on the plan as it is.
    if (!sameFiles(now, shown) || now.summary.stop.length > 0) {
      const ended = stopped.map((id) => ` ${id} was stopped for it: slicewave retry ${planDir} ${id}`).join('.');
      return fail(
        'busy',
        `${planDir} or one of its slices changed since this was shown`,
        `Nothing was written. Look at the changes again.${ended}`,
      );
    }
    const { diff } = now.summary;
    await writeReplan(repository, planDir, {
      before: now.loaded.files,
      after: now.next.files,
      summary: sentence(diff),
      slices: [...diff.added, ...diff.changed].map(({ id }) => id),
      records: now.renewed.map(({ slice, note }) => renewal(slice, note)),
    });
  } catch (error) {
    return writeFailure(planDir, error);
  } finally {
    await lock.release();
  }
  // After the lock: who follows the plan looks away while it is held, and this wakes them.
  const { plan, diff } = now.summary;
  await appendDecision(repository.runsDir, plan, 'person', {
    type: 'replanned',
    summary: sentence(diff),
    added: diff.added.map(({ id }) => id),
    cut: diff.cut.map(({ id }) => id),
    changed: diff.changed.map(({ id }) => id),
  });
  return success({ written: now.changed });
}

/** A slice whose task changed gets another attempt. It names no run, for it takes back nothing that was said about one. */
function renewal(slice: string, note: string): DecisionBody {
  return { type: 'retried', slice, run_id: null, revert: [], note };
}

function refusal(shown: ReplanPreview): ReturnType<typeof fail> | null {
  const [blocked] = shown.summary.blocked;
  if (blocked !== undefined)
    return fail('bad-plan', `the plan cannot be changed like this: ${blocked}`, 'Ask for something else.');
  return shown.changed.length === 0
    ? fail('not-waiting', 'nothing would change', 'Edit the spec, or say what to cut, split, merge or add.')
    : null;
}

function sameFiles(a: ReplanPreview, b: ReplanPreview): boolean {
  return differing(a.loaded.files, b.loaded.files).length + differing(a.next.files, b.next.files).length === 0;
}

/** Slices with an earlier attempt whose task goes back: their agents may have been told of the other one. */
function taskedBack(now: Plan, then: Plan | null, state: PlanState): DecisionBody[] {
  const old = new Map(then?.slices.map((slice) => [slice.id, slice]));
  const tried = new Set(
    state.slices.filter((slice) => slice.runs.length > 0 && !isSettled(slice.state)).map((slice) => slice.id),
  );
  return now.slices.flatMap((slice) => {
    const before = old.get(slice.id);
    const note = before && tried.has(slice.id) ? taskNote(proposedSlice(slice), proposedSlice(before)) : null;
    return note === null ? [] : [renewal(slice.id, note)];
  });
}

/**
 * Puts back the plan as it was before the last re-planning. Refused when a slice that was new or changed is verified or
 * at work by now, and when somebody edited what was written since.
 */
export async function undoReplan(
  repository: Repository,
  planDir: string,
): Promise<Result<{ readonly restored: readonly string[]; readonly summary: string }, EngineFailure>> {
  await recoverReplan(repository, planDir);
  const id = planIdOf(planDir);
  const lock = await acquireLock(planLock(repository, id), { wait: 15_000 });
  if (!lock) return fail('busy', `${planDir} is being changed by another process`, 'Try again in a moment.');
  let added: readonly string[];
  let cut: readonly string[];
  let summary: string;
  let restored: readonly string[];
  try {
    const journal = await readJournal(repository, id);
    if (!journal) return fail('not-waiting', `${planDir} was not re-planned`, 'There is nothing to undo.');
    const loaded = await loadPlanDir(repository, planDir);
    if (!loaded.ok) return loaded;
    const { files, plan } = loaded.value;
    const edited = journal.files.filter(({ name, after }) => {
      const text = files.get(name);
      return (text === undefined ? null : digest(text)) !== after;
    });
    if (edited.length > 0) {
      return fail(
        'exists',
        `edited since it was re-planned: ${edited.map(({ name }) => name).join(', ')}`,
        'Undo by hand what you want undone, or use git.',
      );
    }
    const state = foldPlan(await new FactsReader(repository).facts(loaded.value));
    const stuck = state.slices.filter(
      (slice) => journal.slices.includes(slice.id) && (isActive(slice.state) || isProved(slice.state)),
    );
    if (stuck.length > 0) {
      return fail(
        'not-waiting',
        `${stuck.map((slice) => `${slice.id} is ${slice.state}`).join(', ')} on the new plan`,
        'What was delivered on it stands. Cut or add slices instead.',
      );
    }
    const old = new Map(files);
    for (const { name, before } of journal.files) {
      if (before === null) old.delete(name);
      else old.set(name, before);
    }
    const then = loadPlan(old, planDir).plan;
    const ids = new Set(then?.slices.map((slice) => slice.id) ?? []);
    added = [...ids].filter((other) => !plan.slices.some((slice) => slice.id === other));
    cut = plan.slices.map((slice) => slice.id).filter((other) => !ids.has(other));
    if (then && planGraph(then).cycles.length > 0)
      return fail('bad-plan', 'the plan before had a cycle', 'Undo by hand what you want undone.');
    await restore(repository, planDir, {
      ...journal,
      t: (await recordTime(repository.runsDir, id)).toISOString(),
      records: taskedBack(plan, then, state),
    });
    await amendFixed(
      repository,
      id,
      journal.files.map(({ name, before }) => ({ name, before: files.get(name) ?? null, after: before })),
    );
    await removeJournal(repository, id);
    summary = `undone: ${journal.summary}`;
    restored = journal.files.map(({ name }) => name);
  } catch (error) {
    return writeFailure(planDir, error);
  } finally {
    await lock.release();
  }
  await appendDecision(repository.runsDir, id, 'person', { type: 'replanned', summary, added, cut, changed: [] });
  return success({ restored, summary });
}
