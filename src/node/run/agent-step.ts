import { languageOf } from '../../core/code/languages.ts';
import type { ScopePolicy } from '../../core/gate/policy.ts';
import { unheard } from '../../core/run/carried-out.ts';
import type { RunView } from '../../core/run/state-model.ts';
import type { Scope } from '../../core/task/model.ts';
import { detectAgent } from '../agents/detect.ts';
import { agentFor, agentOf } from '../agents/table.ts';
import { planSettings, recordedNameRules } from '../git/settings.ts';
import { endRun, strangersIn, type SeenProcess } from '../process/process-table.ts';
import { identify } from '../process/machine.ts';
import type { Sandbox } from '../process/sandbox.ts';
import { runSession, type SessionOutcome } from './agent-session.ts';
import type { RunAudit } from './audit.ts';
import type { SliceClaim } from './claim.ts';
import { enclosed, enclosureOfAgent } from './confinement.ts';
import { ABORTED, stoppedAt, type Ending } from './ending.ts';
import { loadCodeReader, loadScanner } from './gate.ts';
import { giveHooks } from './git-hooks.ts';
import { writePrompt } from './prompts.ts';

/** Runs the agent in its worktree. Answers with an ending when the gate must not be reached. */
export async function runAgent(
  claim: SliceClaim,
  {
    base,
    startOver,
    env,
    sandbox,
    checkout,
    audit,
  }: {
    readonly base: string;
    readonly startOver: boolean;
    readonly env: Readonly<Record<string, string>>;
    readonly sandbox: Sandbox | null;
    /** Where the slice's checks will run. */
    readonly checkout: string;
    /** `null`: the operating system holds what it would look at. */
    readonly audit: RunAudit | null;
  },
): Promise<Ending | null> {
  const { slice, facts, view, next, run, worktree } = claim;
  const { repository, loaded, signal, say, agentCommand, model, slicewave } = claim.request;
  const { plan } = loaded;
  const id = claim.request.agent ?? agentFor(slice.agent);
  const adapter = agentOf(id);
  if (id === 'command' && (agentCommand ?? []).length === 0) {
    return {
      end: 'failed',
      reason: 'agent-missing',
      detail: 'the agent `command` needs --agent-command "<program and arguments>"',
    };
  }
  const detection = await detectAgent(id, { version: adapter.program !== undefined, cwd: worktree });
  if (!detection.found) {
    return {
      end: 'failed',
      reason: 'agent-missing',
      detail: `${adapter.title} was not found. ${detection.remedy ?? ''}`.trim(),
    };
  }
  const last = lastThatSpoke(claim);
  // Another agent cannot go on in a session that is not its own.
  const session = last?.adapter === adapter.id ? last.sessionId : null;
  let resume = adapter.resumable && !startOver && next.mode === 'continue' ? session : null;
  const [hooks, settings] = await Promise.all([
    giveHooks(repository, run.file('hooks'), { slicewave, env, worktree }),
    planSettings(repository, plan.id),
  ]);
  const policy: ScopePolicy = {
    v: 1,
    plan: plan.id,
    slice: slice.id,
    worktree,
    scope: slice.scope,
    names: recordedNameRules(settings),
    approved: facts.decisions.flatMap((d) => (d.type === 'approved' && d.slice === slice.id ? d.paths : [])),
  };
  await run.write('policy.json', `${JSON.stringify(policy, null, 2)}\n`);
  const promptFile = run.file('prompt.txt');
  const policyFile = run.file('policy.json');
  let outcome: SessionOutcome;
  try {
    for (;;) {
      const prompt = await writePrompt({
        repository,
        loaded,
        slice,
        worktree,
        next: startOver ? { ...next, mode: 'fresh' } : next,
        facts,
        previous: view.run,
        resuming: resume !== null,
      });
      // The agent reads the evidence itself: a secret that may not reach the trace need not reach the agent either.
      await run.write('prompt.txt', prompt.text);
      await run.record({ type: 'context', tokens: prompt.tokens, layers: prompt.layers });
      say(
        `agent: ${adapter.title}${detection.version ? ` ${detection.version}` : ''}${resume ? ' (resumed session)' : ''}, base ${base.slice(0, 10)}`,
      );
      const place = { repository, setting: plan.sandbox, worktree, state: adapter.state?.(env) ?? null, slicewave };
      const working = enclosed(enclosureOfAgent(sandbox, place), (confined) =>
        runSession({
          confined,
          adapter,
          version: detection.version ?? null,
          run,
          request: {
            plan: plan.id,
            slice: slice.id,
            runId: run.runId,
            attempt: next.attempt,
            worktree,
            promptFile,
            policyFile,
            slicewave,
            env: {
              ...env,
              SLICEWAVE_PROMPT_FILE: promptFile,
              SLICEWAVE_POLICY_FILE: policyFile,
              ...hooks.env,
              ...audit?.env,
            },
            ...(model ? { model } : {}),
            ...(agentCommand ? { command: agentCommand } : {}),
          },
          tells: unheard({ facts, slice: slice.id }).map(({ t }) => t),
          resume,
          timeoutMs: plan.limits.timeoutMinutes * 60_000,
          maxCostUsd: plan.limits.maxCostUsd,
          signal,
          say,
        }),
      );
      // Needed at the gate, where a failure to load it is said; here it must not come between us and the agent's end.
      void loadScanner().catch(() => undefined);
      if (namesSources(slice.scope)) void loadCodeReader().catch(() => undefined);
      outcome = await working;
      // A session that is gone (cleared, made on another machine) must not cost an attempt: start a new one.
      if (resume === null || outcome.kind !== 'failed' || outcome.spoke) break;
      say('the earlier session cannot be resumed; starting a new one');
      resume = null;
    }
  } finally {
    hooks.close();
  }
  // Before the audit looks: what still runs could change something behind its back.
  await endLeftovers(claim, checkout);
  const stop = (await audit?.look('agent')) ?? null;
  const ending = endingOf(claim, outcome);
  // A person who stopped the run knows that; everything else comes after what is not as it was.
  return ending?.reason === 'stopped-by-user' ? ending : stop ? { end: 'stopped', stop } : ending;
}

/** Whether a scope names files that there is a grammar for; where it does not say so, the gate loads what it needs. */
function namesSources({ create, modify }: Scope): boolean {
  return [...create, ...modify].some(({ path }) => path !== null && languageOf(path) !== null);
}

/** What an agent left running could change the tree between snapshot and commit, or answer on a port. */
async function endLeftovers({ run, request, worktree }: SliceClaim, checkout: string): Promise<void> {
  const named = (seen: readonly SeenProcess[]): string => seen.map(({ pid, name }) => `${name} (${pid})`).join(', ');
  const ended = await endRun(run.runId);
  if (ended.length > 0) {
    const summary = `the agent left running: ${named(ended)}`;
    request.say(`ended what the agent left running: ${named(ended)}`);
    await run.record({ type: 'doubted', doubt: { kind: 'processes-ended', summary, severity: 'low', places: [] } });
  }
  const left = strangersIn([worktree, checkout], (await identify()).started);
  if (left.length > 0) {
    const summary = `somebody's process works in the slice's worktree, and nothing tells whose it is: ${named(left)}`;
    request.say(`doubt: ${summary}`);
    await run.record({ type: 'doubted', doubt: { kind: 'processes-left', summary, severity: 'high', places: [] } });
  }
}

/** The last run in which an agent showed a sign of life; later ones may have ended before they had one. */
function lastThatSpoke({ view, facts }: SliceClaim): RunView | undefined {
  return view.runs.findLast((seen) => {
    const events = facts.runs.find((run) => run.runId === seen.runId)?.events ?? [];
    return events.some(
      (event) => event.type === 'agent_session' || event.type === 'agent_edit' || event.type === 'agent_command',
    );
  });
}

function endingOf({ slice, request }: SliceClaim, outcome: SessionOutcome): Ending | null {
  const { limits } = request.loaded.plan;
  switch (outcome.kind) {
    case 'aborted':
      return ABORTED;
    case 'missing':
      return { end: 'failed', reason: 'agent-missing', detail: outcome.detail };
    case 'failed':
      // Some command lines end with a code of their own when their agent needs somebody.
      return askingOf(outcome) ?? { end: 'failed', reason: 'agent-failed', detail: outcome.detail };
    case 'timed-out':
      return stoppedAt(slice.id, 'time-limit', `the agent ran longer than ${limits.timeoutMinutes} minutes`);
    case 'too-expensive':
      return stoppedAt(slice.id, 'cost-limit', `the agent spent more than $${limits.maxCostUsd ?? 0}`);
    case 'done':
      return askingOf(outcome);
  }
}

/** The end of a run whose agent said that it needs somebody. */
function askingOf({ claims }: SessionOutcome): Ending | null {
  if (claims?.status !== 'NEEDS_INPUT' && claims?.status !== 'BLOCKED') return null;
  const question =
    claims.question ?? claims.slicePlan ?? claims.specSummary ?? 'The agent stopped without saying what it needs.';
  return {
    end: 'needs_input',
    stop: {
      condition: 'unclear-instructions',
      detail: claims.status === 'BLOCKED' ? 'the agent is blocked' : 'the agent asks',
      question,
      paths: [],
    },
  };
}
