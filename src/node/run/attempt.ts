import { agentFor, agentOf } from '../agents/table.ts';
import { mergeParts, partsOf } from '../git/base.ts';
import { listSettings, planSettings, recordedNameRules } from '../git/settings.ts';
import { signerOf } from '../git/signing.ts';
import { WorktreeReplaced } from '../git/place.ts';
import { unlockWorktree } from '../git/worktree.ts';
import { givenEnvironment } from '../process/processes.ts';
import { traceOfChecks } from '../audit/audit.ts';
import { endRun } from '../process/process-table.ts';
import { runAgent } from './agent-step.ts';
import { beginAudit, isHeld } from './audit.ts';
import { checksOnBase } from './base-checks.ts';
import type { AttemptOutcome, SliceClaim } from './claim.ts';
import { aboveText, checkPlace } from './check-place.ts';
import { CleanCheckout } from './clean-checkout.ts';
import { confineRun, enclosureOfCheck } from './confinement.ts';
import { ABORTED, endLine, failedAt, stoppedAtReplaced, type Ending } from './ending.ts';
import { outOfScope, passGate, type GateRequest } from './gate.ts';
import { primaryValues, privateValues } from './private-values.ts';
import { takePorts, type Ports } from './ports.ts';
import { SliceGit } from './slice-git.ts';
import { withPrograms } from './setup.ts';
import { keepWork, readyWorktree, setUpWorktree } from './slice-worktree.ts';

/** One attempt at a claimed slice: base, worktree, agent, gate. Whatever happens, the run ends with its event `ended`. */
export async function attemptSlice(claim: SliceClaim): Promise<AttemptOutcome> {
  const { request, slice, next, run, worktree } = claim;
  const sliceGit = new SliceGit(claim);
  try {
    request.say(`${slice.id}: ${slice.title} (attempt ${next.attempt}, ${next.why})`);
    let ending: Ending;
    try {
      ending = await steps(claim, sliceGit);
    } catch (error) {
      ending = error instanceof WorktreeReplaced ? stoppedAtReplaced(slice.id, error) : failedAt(error);
      if (ending.end === 'failed' && run.isCommitted) {
        request.say(`${ending.detail ?? ''} ${slice.id} is committed all the same`);
        ending = { end: 'verified' };
      }
    }
    if (ending.end !== 'verified') await keepWork(claim, sliceGit);
    await run.record({
      type: 'ended',
      end: ending.end,
      reason: ending.reason ?? null,
      detail: ending.detail ?? null,
      stop: ending.stop ?? null,
    });
    request.say(endLine(slice.id, ending));
    return { runId: run.runId, end: ending.end };
  } finally {
    await unlockWorktree(request.repository, worktree);
    run.close();
  }
}

async function steps(claim: SliceClaim, sliceGit: SliceGit): Promise<Ending> {
  const ports = await takePorts(claim.worktree);
  try {
    return await stepsWith(claim, { sliceGit, ports });
  } finally {
    await ports.release();
  }
}

async function stepsWith(
  claim: SliceClaim,
  { sliceGit, ports }: { readonly sliceGit: SliceGit; readonly ports: Ports },
): Promise<Ending> {
  const { slice, facts, next, run, worktree, branch, redact, redactor } = claim;
  const { repository, loaded, signal, say } = claim.request;
  const { plan } = loaded;
  const base = await baseOf(claim);
  if (typeof base !== 'string') return base;
  const startOver = startsOver(claim, base);
  const settled = await confineRun({ run, repository, setting: plan.sandbox, chosen: claim.request.sandbox });
  if (!settled.ok) return { end: 'failed', ...settled.failure };
  const { sandbox, whyNot } = settled.value;
  say(sandbox ? `confined by ${sandbox.title}` : `not confined: ${whyNot ?? 'unknown'}`);
  const env = {
    ...givenEnvironment(),
    ...ports.env,
    SLICEWAVE_PLAN: plan.id,
    SLICEWAVE_SLICE: slice.id,
    SLICEWAVE_RUN_ID: run.runId,
    SLICEWAVE_WORKTREE: worktree,
  };
  const ready = await readyWorktree(claim, { base, startOver, sliceGit });
  if (!ready.ok) return ready.failure;
  const { setUpFor: owner, holds } = ready.value;
  const own = owner === 'person' ? await setUpWorktree(claim, { env, owner, holds, sandbox }) : null;
  if (own?.ending) return own.ending;
  if (signal.aborted) return ABORTED;
  redactor.learn(await privateValues(repository.git, worktree, base));
  const place = await checkPlace(repository, { worktree, plan: plan.id });
  const { dir } = place;
  const summary = aboveText(place);
  if (summary !== null) {
    say(summary);
    const suggestedAction = 'Take it away, or keep worktrees where nothing of that kind lies above.';
    await run.record({ type: 'note', note: { summary, severity: 'medium', suggestedAction } });
  }
  const audit = isHeld(sandbox, plan) ? null : await beginAudit(claim, dir);
  if (owner === 'agents') {
    const { ran, ending } = await setUpWorktree(claim, { env: { ...env, ...audit?.env }, owner, holds, sandbox });
    if (signal.aborted) return ABORTED;
    // What the work of agents has a set-up do is looked at as what an agent does: before one is paid, and if it fails too.
    const stop = ran ? ((await audit?.look('checks')) ?? null) : null;
    if (stop) return withScope({ end: 'stopped', stop }, claim, { base, sliceGit });
    if (ending) return ending;
  }
  const checkout = new CleanCheckout({
    repository,
    plan,
    dir,
    runId: run.runId,
    sandbox,
    trace: audit && traceOfChecks(run.path),
    env,
    signal,
    redact,
    say,
  });
  try {
    const confine: GateRequest['confine'] = (place) =>
      enclosureOfCheck(sandbox, { repository, setting: plan.sandbox, ...place });
    const onBase = await checksOnBase(claim, { checkout, base, confine });
    if (signal.aborted) return ABORTED;
    const hasAgent = next.mode !== 'check' || startOver;
    if (hasAgent) {
      const ending = await runAgent(claim, {
        base,
        startOver,
        env: await withPrograms(env, worktree),
        sandbox,
        checkout: dir,
        audit,
      });
      if (ending) return await withScope(ending, claim, { base, sliceGit });
    }
    // After an agent the last look has just listed them, with nothing of the run's going on; after checks it had not yet.
    const listed = (hasAgent ? audit?.settings() : null) ?? (await listSettings(repository.git));
    const [drift, privateFiles, settings] = await Promise.all([
      sliceGit.tellDrift(listed),
      primaryValues(repository),
      planSettings(repository, plan.id),
    ]);
    // `git config slicewave.checks in-place`: for repositories whose checks need what stands in the agent's worktree.
    const inPlace = listed.findLast(([key]) => key === 'slicewave.checks')?.[1]?.trim() === 'in-place';
    const signer = signerOf(settings);
    const passed = await sliceGit.use((git) =>
      passGate({
        plan,
        slice,
        run,
        git,
        base,
        branch,
        names: recordedNameRules(settings),
        signer,
        facts,
        failedBefore: failedBefore(claim),
        env: { ...env, ...audit?.env },
        inPlace,
        checkout,
        signal,
        redact,
        redactor,
        privateFiles,
        say,
        confine,
        onBase,
        async audit(approved) {
          if (!audit) return null;
          // What a set-up or a check left running could go on behind the look's back.
          await endRun(run.runId);
          return audit.look('checks', approved);
        },
      }),
    );
    // A stop is what a person reads first.
    if (passed.end !== 'stopped' || drift === null) return passed;
    return { ...passed, stop: { ...passed.stop, detail: `${passed.stop.detail}; ${drift}` } };
  } finally {
    await checkout.close();
  }
}

/** Who stops for what was changed elsewhere hears at once what is out of scope in the worktree as well. */
async function withScope(
  ending: Ending,
  { slice, run, facts, request }: SliceClaim,
  { base, sliceGit }: { readonly base: string; readonly sliceGit: SliceGit },
): Promise<Ending> {
  if (ending.stop?.condition !== 'outside-worktree') return ending;
  // A worktree that cannot be read is told by what made it so.
  const names = recordedNameRules(await planSettings(request.repository, request.loaded.plan.id));
  const more = await sliceGit.use((git) => outOfScope({ slice, run, git, base, facts, names })).catch(() => null);
  if (more === null) return ending;
  return { ...ending, stop: { ...ending.stop, detail: `${ending.stop.detail}; in the worktree: ${more}` } };
}

/** The commit that the slice stands on, or the conflict between its dependencies. */
async function baseOf({ request, slice, state, run }: SliceClaim): Promise<string | Ending> {
  const { repository, loaded } = request;
  const needs = loaded.graph.schedule.get(slice.id)?.deps ?? [];
  const parts = partsOf(state, needs, slice.id);
  const merged = await mergeParts(repository.git, parts);
  if (!merged.ok) {
    const { between, files } = merged.failure;
    return {
      end: 'failed',
      reason: 'base-conflict',
      detail: `${between[1]} conflicts with ${between[0]} in ${files.join(', ')}: no agent was started`,
    };
  }
  await run.record({ type: 'base', commit: merged.value, from: parts.map((part) => part.name) });
  return merged.value;
}

/** Whether the work of earlier attempts is left behind: asked for, or done on another base, or half of an edit. */
function startsOver({ request, slice, view, next }: SliceClaim, base: string): boolean {
  const last = view.run?.baseCommit ?? null;
  const isRebased = last !== null && last !== base;
  // A program that cannot go on in a session starts over after an interruption: half an edit is no place to begin.
  const { resumable } = agentOf(request.agent ?? agentFor(slice.agent));
  const isLost = next.why === 'interrupted' && next.mode === 'continue' && !resumable;
  return next.mode === 'fresh' || isRebased || isLost;
}

/** Attempts whose checks or agent failed since the person last decided. */
function failedBefore({ facts, slice, view }: SliceClaim): number {
  const since =
    facts.decisions.findLast((d) => (d.type === 'answered' || d.type === 'retried') && d.slice === slice.id)?.t ?? '';
  return view.runs.filter(
    (run) =>
      run.startedAt > since && (run.failure?.reason === 'tests-failing' || run.failure?.reason === 'agent-failed'),
  ).length;
}
