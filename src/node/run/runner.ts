import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRedactor } from '../../core/gate/redact.ts';
import type { ScopePolicy } from '../../core/gate/policy.ts';
import { fileOf } from '../../core/gate/symbol-check.ts';
import { foldPlan } from '../../core/run/fold.ts';
import { branchOf, nodeName } from '../../core/run/names.ts';
import { sliceResolver } from '../../core/plan/load.ts';
import type { Plan, Slice } from '../../core/plan/model.ts';
import type { FailureReason, RunEnd, Stop } from '../../core/run/model.ts';
import type { NextAttempt, PlanFacts, PlanState, RunView, SliceView } from '../../core/run/state-model.ts';
import { success, type Result } from '../../core/text/result.ts';
import type { AgentId } from '../agents/adapter.ts';
import { agentFor, agentOf, detectAgent } from '../agents/table.ts';
import { runSession, type SessionOutcome } from './agent-session.ts';
import { checksOnBase } from './base-checks.ts';
import { mergeParts, partsOf } from '../git/base.ts';
import { checkoutDrift, checkoutState, restoreSnapshot, takeSnapshot, type CheckoutState } from '../git/changes.ts';
import type { EngineFailure, LoadedPlan } from '../engine-model.ts';
import { FactsReader } from '../state/facts.ts';
import { loadScanner, passGate } from './gate.ts';
import { runGateNode } from './gate-run.ts';
import { environment, identify } from '../process/processes.ts';
import { loadPlanDir } from '../plan/plans.ts';
import { writePrompt } from './prompts.ts';
import { excludeState, fail, nameRules, type Repository } from '../git/repository.ts';
import { recoverHeld } from '../state/replan-journal.ts';
import { RunDirectory } from './run-directory.ts';
import { setUp } from './setup.ts';
import { acquireLock, planLock } from '../state/state-files.ts';
import { endOrphans } from '../state/stop.ts';
import { ensureWorktree, lockWorktree, unlockWorktree, worktreeRoot } from '../git/worktree.ts';

export interface AttemptRequest {
  readonly repository: Repository;
  readonly loaded: LoadedPlan;
  /** A slice, or a gate (`MP1`, `wave-2`). */
  readonly node: string;
  readonly agent?: AgentId;
  readonly agentCommand?: readonly string[];
  readonly model?: string;
  /** argv that starts this slicewave, for hooks. */
  readonly slicewave: readonly string[];
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface AttemptOutcome {
  readonly runId: string;
  readonly end: RunEnd;
}

/**
 * One attempt at one slice, from worktree to commit: the body of `slicewave exec <plan> <slice>`. What to do is read
 * from the facts, not from arguments, so that whoever starts it (scheduler, terminal, person) gets the same attempt.
 */
export async function runAttempt(request: AttemptRequest): Promise<Result<AttemptOutcome, EngineFailure>> {
  const { repository, loaded, node } = request;
  const { plan } = loaded;
  const slice = loaded.plan.slices.find((candidate) => candidate.id === node);
  const lockName = nodeName(slice?.workstream ?? node);
  await excludeState(repository);
  const lock = await acquireLock(path.join(repository.runsDir, 'plans', `${plan.id}.${lockName}.run.lock`));
  if (!lock) {
    return fail(
      'busy',
      `${node} is being worked on by another process already`,
      `Watch it with \`slicewave status ${plan.dir}\`.`,
    );
  }
  try {
    // Not while an agent whose runner was killed still writes.
    await endOrphans(await new FactsReader(repository).runs(plan.id));
    const begun = await begin(request, lockName);
    if (!begun.ok) return begun;
    return 'gate' in begun.value
      ? await runGateNode(begun.value.gate, begun.value.state)
      : success(await begun.value.attempt.run());
  } finally {
    await lock.release();
  }
}

type Begun = { readonly attempt: Attempt } | { readonly gate: AttemptRequest; readonly state: PlanState };

/** Reads what to do and records that it is begun, while nobody can change the plan. */
async function begin(given: AttemptRequest, lockName: string): Promise<Result<Begun, EngineFailure>> {
  const { repository, node } = given;
  const id = given.loaded.plan.id;
  const writing = await acquireLock(planLock(repository, id), { wait: 30_000 });
  if (!writing) return fail('busy', `${id} is being re-planned`, 'Start it again in a moment.');
  try {
    // The plan may have changed since it was read, or its writer may have died half-way.
    await recoverHeld(repository, given.loaded.plan.dir);
    const loaded = await loadPlanDir(repository, given.loaded.plan.dir);
    if (!loaded.ok) return loaded;
    const request = { ...given, loaded: loaded.value };
    const { plan } = loaded.value;
    const facts = await new FactsReader(repository).facts(loaded.value);
    const state = foldPlan(facts);
    if (!state.preparedCommit) {
      return fail('not-started', `the plan ${plan.id} was not started`, `Start it with \`slicewave run ${plan.dir}\`.`);
    }
    const slice = plan.slices.find((candidate) => candidate.id === node);
    if (slice && nodeName(slice.workstream ?? node) !== lockName)
      return fail('busy', `${node} has just got another workstream`, 'Start it again.');
    if (!slice) return success({ gate: request, state });
    const lost = lostDependency(slice, plan, facts);
    if (lost !== null) {
      return fail(
        'bad-plan',
        `${slice.file}: ${node} depends on ${lost}, which has runs but no task spec any more`,
        `Put the task spec of ${lost} back, or take the dependency out.`,
      );
    }
    const view = state.slices.find((candidate) => candidate.id === node);
    if (!view)
      return fail(
        'no-such-slice',
        `${plan.id} has no slice ${node}`,
        `Slices: ${plan.slices.map((s) => s.id).join(', ')}.`,
      );
    if (!view.next) {
      const why = view.blockedBy.length > 0 ? `waits for ${view.blockedBy.join(', ')}` : `is ${view.state}`;
      return fail(
        'not-waiting',
        `${node} ${why}`,
        'Answer, approve or retry it first; `slicewave status` shows what it waits for.',
      );
    }
    const attempt = new Attempt(request, slice, facts, state, view, view.next);
    await attempt.begin();
    return success({ attempt });
  } finally {
    await writing.release();
  }
}

/** A dependency that was worked on under a name which the plan does not know any more: the base would lack its work. */
function lostDependency(slice: Slice, plan: Plan, facts: PlanFacts): string | null {
  const resolve = sliceResolver(plan);
  const worked = new Set(
    facts.runs.flatMap((run) => (run.events[0]?.type === 'run_started' ? (run.events[0].slice ?? []) : [])),
  );
  return slice.task.deps.find((dep) => resolve(dep.value) === null && worked.has(dep.value))?.value ?? null;
}

/** Ends a run: what `ended` will say. */
interface Ending {
  readonly end: RunEnd;
  readonly reason?: FailureReason;
  readonly detail?: string;
  readonly stop?: Stop;
}

class Attempt {
  readonly #request: AttemptRequest;
  readonly #slice: Slice;
  readonly #facts: PlanFacts;
  readonly #state: PlanState;
  readonly #view: SliceView;
  readonly #next: NextAttempt;
  readonly #env = environment();
  readonly #redact = createRedactor(process.env);
  readonly #run: RunDirectory;

  constructor(
    request: AttemptRequest,
    slice: Slice,
    facts: PlanFacts,
    state: PlanState,
    view: SliceView,
    next: NextAttempt,
  ) {
    this.#request = request;
    this.#slice = slice;
    this.#facts = facts;
    this.#state = state;
    this.#view = view;
    this.#next = next;
    this.#run = RunDirectory.create(request.repository.runsDir, slice.id, this.#redact);
  }

  async #place(): Promise<{ readonly worktree: string; readonly branch: string }> {
    const { repository, loaded } = this.#request;
    const name = nodeName(this.#slice.workstream ?? this.#slice.id);
    return {
      worktree: path.join(await worktreeRoot(repository), loaded.plan.id, name),
      branch: branchOf(loaded.plan.id, this.#slice.id),
    };
  }

  /** The first event: from here on everybody sees that the slice is being worked on. */
  async begin(): Promise<void> {
    try {
      const me = await identify();
      await this.#run.record({
        type: 'run_started',
        run_id: this.#run.runId,
        plan: this.#request.loaded.plan.id,
        slice: this.#slice.id,
        attempt: this.#next.attempt,
        mode: this.#next.mode,
        pid: me.pid,
        pid_started: me.started,
        host: me.host,
        ...(await this.#place()),
      });
    } catch (error) {
      this.#run.close();
      throw error;
    }
  }

  async run(): Promise<AttemptOutcome> {
    const { repository, say } = this.#request;
    const run = this.#run;
    const { worktree, branch } = await this.#place();
    try {
      say(`${this.#slice.id}: ${this.#slice.title} (attempt ${this.#next.attempt}, ${this.#next.why})`);
      let ending: Ending;
      try {
        ending = await this.#steps(worktree, branch);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const reason = /ENOSPC|EDQUOT|EROFS|cannot write/.test(message) ? 'write-failed' : 'git-failed';
        ending = { end: 'failed', reason, detail: message };
      }
      if (ending.end !== 'verified') await this.#keepWork(worktree);
      await run.record({
        type: 'ended',
        end: ending.end,
        reason: ending.reason ?? null,
        detail: ending.detail ?? null,
        stop: ending.stop ?? null,
      });
      say(endLine(this.#slice.id, ending));
      return { runId: run.runId, end: ending.end };
    } finally {
      await unlockWorktree(repository, worktree);
      run.close();
    }
  }

  async #steps(worktree: string, branch: string): Promise<Ending> {
    const { repository, loaded, signal } = this.#request;
    const adapter = agentOf(this.#request.agent ?? agentFor(this.#slice.agent));
    const base = await this.#base();
    if (typeof base !== 'string') return base;

    const last = this.#view.run;
    const rebased = last?.baseCommit !== null && last?.baseCommit !== undefined && last.baseCommit !== base;
    // A program that cannot go on in a session starts over after an interruption: half an edit is no place to begin.
    const startOver =
      this.#next.mode === 'fresh' ||
      rebased ||
      (this.#next.why === 'interrupted' && this.#next.mode === 'continue' && !adapter.resumable);
    const ready = await ensureWorktree(repository, {
      path: worktree,
      branch,
      base,
      mode: startOver ? 'fresh' : 'keep',
      ours: this.#facts.runs.some(
        (run) => run.events[0]?.type === 'run_started' && run.events[0].worktree === worktree,
      ),
      snapshot: async (dir) => {
        await takeSnapshot(repository.git.in(dir), `${this.#run.runId}-before`, `slicewave: before ${this.#run.runId}`);
      },
    });
    if (!ready.ok)
      return { end: 'failed', reason: 'worktree-failed', detail: `${ready.failure.message}. ${ready.failure.remedy}` };
    await lockWorktree(repository, worktree, `slicewave run ${this.#run.runId}`);
    const git = repository.git.in(worktree);

    // Cleaned away, or used by another slice since: the work this attempt goes on with is in the last snapshot.
    const kept = this.#view.runs.findLast(
      (run) => run.snapshotCommit !== null && run.baseCommit === base,
    )?.snapshotCommit;
    if (!ready.value.kept && !startOver && kept) await restoreSnapshot(git, kept);

    // Killed while the gate ran: what its checks left behind is not the agent's work, which is in the snapshot.
    if (this.#next.mode === 'check' && this.#next.why === 'interrupted' && last?.snapshotCommit && !startOver) {
      await takeSnapshot(git, `${this.#run.runId}-before`, `slicewave: before ${this.#run.runId}`);
      await restoreSnapshot(git, last.snapshotCommit);
    }
    const reverted = this.#reverts();
    if (reverted.length > 0 && !startOver) await this.#revert(worktree, base, reverted);

    const ports = portsOf(loaded.plan.slices.findIndex((slice) => slice.id === this.#slice.id));
    const env = {
      ...this.#env,
      ...ports,
      SLICEWAVE_PLAN: loaded.plan.id,
      SLICEWAVE_SLICE: this.#slice.id,
      SLICEWAVE_RUN_ID: this.#run.runId,
      SLICEWAVE_WORKTREE: worktree,
    };
    if (ready.value.created || !(await this.#wasSetUp(worktree))) {
      const setup = await setUp({
        repository,
        plan: loaded.plan,
        worktree,
        env,
        signal,
        redact: this.#redact,
        say: this.#request.say,
      });
      await this.#run.record({ type: 'worktree_ready', setup: setup.commands });
      if (setup.failed)
        return { end: 'failed', reason: signal.aborted ? 'stopped-by-user' : 'setup-failed', detail: setup.failed };
    }
    if (signal.aborted) return ABORTED;

    if (this.#next.mode !== 'check' || startOver) {
      const ending = await this.#agent(worktree, base, env, startOver);
      if (ending) return ending;
    }
    return passGate({
      plan: loaded.plan,
      slice: this.#slice,
      run: this.#run,
      git,
      base,
      branch,
      decisions: this.#facts.decisions,
      failedBefore: this.#failedBefore(),
      env,
      signal,
      redact: this.#redact,
      say: this.#request.say,
      onBase: (commands) =>
        checksOnBase({
          repository,
          plan: loaded.plan,
          base,
          commands,
          env,
          signal,
          redact: this.#redact,
          say: this.#request.say,
        }),
    });
  }

  async #base(): Promise<string | Ending> {
    const { repository, loaded } = this.#request;
    const needs = loaded.graph.schedule.get(this.#slice.id)?.deps ?? [];
    const parts = partsOf(this.#state, needs, this.#slice.id);
    const merged = await mergeParts(repository.git, parts);
    if (!merged.ok) {
      const { between, files } = merged.failure;
      return {
        end: 'failed',
        reason: 'base-conflict',
        detail: `${between[1]} conflicts with ${between[0]} in ${files.join(', ')}: no agent was started`,
      };
    }
    await this.#run.record({ type: 'base', commit: merged.value, from: parts.map((part) => part.name) });
    return merged.value;
  }

  /** Runs the agent. Answers with an ending when the gate must not be reached. */
  async #agent(
    worktree: string,
    base: string,
    env: Readonly<Record<string, string>>,
    startOver: boolean,
  ): Promise<Ending | null> {
    const { repository, loaded, signal, say } = this.#request;
    const { plan } = loaded;
    const id = this.#request.agent ?? agentFor(this.#slice.agent);
    const adapter = agentOf(id);
    if (id === 'command' && (this.#request.agentCommand ?? []).length === 0) {
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
    const session = this.#lastThatSpoke()?.sessionId ?? null;
    let resume = adapter.resumable && !startOver && this.#next.mode === 'continue' ? session : null;
    const [before, hooks, names] = await Promise.all([
      checkoutState(repository.git, [plan.dir]),
      this.#hooks(),
      nameRules(repository.git),
    ]);
    const policy: ScopePolicy = {
      v: 1,
      plan: plan.id,
      slice: this.#slice.id,
      worktree,
      scope: this.#slice.scope,
      names,
      approved: this.#facts.decisions.flatMap((d) =>
        d.type === 'approved' && d.slice === this.#slice.id ? d.paths : [],
      ),
    };
    await this.#run.write('policy.json', `${JSON.stringify(policy, null, 2)}\n`);
    const promptFile = this.#run.file('prompt.txt');
    let outcome: SessionOutcome;
    for (;;) {
      const prompt = await writePrompt({
        repository,
        loaded,
        slice: this.#slice,
        worktree,
        next: startOver ? { ...this.#next, mode: 'fresh' } : this.#next,
        facts: this.#facts,
        previous: this.#view.run,
        resuming: resume !== null,
      });
      // The agent reads the evidence itself: a secret that may not reach the trace need not reach the agent either.
      await this.#run.write('prompt.txt', prompt.text);
      await this.#run.record({ type: 'context', tokens: prompt.tokens, layers: prompt.layers });
      say(
        `agent: ${adapter.title}${detection.version ? ` ${detection.version}` : ''}${resume ? ' (resumed session)' : ''}, base ${base.slice(0, 10)}`,
      );
      const working = runSession({
        adapter,
        version: detection.version ?? null,
        run: this.#run,
        request: {
          plan: plan.id,
          slice: this.#slice.id,
          runId: this.#run.runId,
          attempt: this.#next.attempt,
          worktree,
          promptFile,
          policyFile: this.#run.file('policy.json'),
          slicewave: this.#request.slicewave,
          env: {
            ...env,
            SLICEWAVE_PROMPT_FILE: promptFile,
            SLICEWAVE_POLICY_FILE: this.#run.file('policy.json'),
            ...hooks,
          },
          ...(this.#request.model ? { model: this.#request.model } : {}),
          ...(this.#request.agentCommand ? { command: this.#request.agentCommand } : {}),
        },
        resume,
        timeoutMs: plan.limits.timeoutMinutes * 60_000,
        maxCostUsd: plan.limits.maxCostUsd,
        signal,
        say,
      });
      // Needed at the gate, where a failure to load it is said; here it must not come between us and the agent's end.
      void loadScanner().catch(() => undefined);
      outcome = await working;
      // A session that is gone (cleared, made on another machine) must not cost an attempt: start a new one.
      if (resume === null || outcome.kind !== 'failed' || outcome.spoke) break;
      say('the earlier session cannot be resumed; starting a new one');
      resume = null;
    }
    await this.#audit(before);
    return this.#endingOf(outcome);
  }

  #endingOf(outcome: SessionOutcome): Ending | null {
    switch (outcome.kind) {
      case 'aborted':
        return ABORTED;
      case 'missing':
        return { end: 'failed', reason: 'agent-missing', detail: outcome.detail };
      case 'failed':
        return { end: 'failed', reason: 'agent-failed', detail: outcome.detail };
      case 'timed-out':
        return this.#stop(
          'stopped',
          'time-limit',
          `the agent ran longer than ${this.#request.loaded.plan.limits.timeoutMinutes} minutes`,
        );
      case 'too-expensive':
        return this.#stop(
          'stopped',
          'cost-limit',
          `the agent spent more than $${this.#request.loaded.plan.limits.maxCostUsd ?? 0}`,
        );
      case 'done': {
        const status = outcome.claims?.status;
        if (status !== 'NEEDS_INPUT' && status !== 'BLOCKED') return null;
        const question =
          outcome.claims?.question ?? outcome.claims?.slicePlan ?? 'The agent stopped without saying what it needs.';
        return {
          end: 'needs_input',
          stop: {
            condition: 'unclear-instructions',
            detail: status === 'BLOCKED' ? 'the agent is blocked' : 'the agent asks',
            question,
            paths: [],
          },
        };
      }
    }
  }

  #stop(end: 'stopped', condition: Stop['condition'], detail: string): Ending {
    return {
      end,
      stop: { condition, detail, question: `Slice ${this.#slice.id}: ${detail}. Retry, or skip it?`, paths: [] },
    };
  }

  /** Snapshots on every way out that is not a commit: no work is lost, whatever happens to the worktree later. */
  async #keepWork(worktree: string): Promise<void> {
    if (this.#run.events.some((event) => event.type === 'snapshot')) return;
    if (!(await stat(path.join(worktree, '.git')).catch(() => null))) return;
    try {
      const snapshot = await takeSnapshot(
        this.#request.repository.git.in(worktree),
        this.#run.runId,
        `slicewave: end of run ${this.#run.runId}`,
      );
      await this.#run.record({ type: 'snapshot', commit: snapshot.commit, tree: snapshot.tree });
    } catch (error) {
      this.#request.say(`no snapshot could be taken: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #audit(before: CheckoutState): Promise<void> {
    const after = await checkoutState(this.#request.repository.git, [this.#request.loaded.plan.dir]);
    for (const drift of checkoutDrift(before, after)) {
      await this.#run.record({
        type: 'note',
        note: {
          summary: `while the agent ran, the primary checkout changed: ${drift}`,
          severity: 'high',
          suggestedAction: 'If this was not you, look at it: an agent may have left its worktree.',
        },
      });
    }
  }

  /** Puts named paths back to the base. What was there is in the last run's snapshot. */
  async #revert(worktree: string, base: string, paths: readonly string[]): Promise<void> {
    const git = this.#request.repository.git.in(worktree);
    await takeSnapshot(git, `${this.#run.runId}-before`, `slicewave: before reverting for ${this.#run.runId}`);
    // A symbol is put back with its file: what else the run changed there goes too, and can be done again.
    for (const file of new Set(paths.map(fileOf))) {
      const known = await git.run(['cat-file', '-e', `${base}:${file}`], { accept: [0, 1, 128] });
      // Git would not put back a file that it was told not to look at.
      for (const look of ['--no-assume-unchanged', '--no-skip-worktree'])
        await git.run(['update-index', look, '--', file], { accept: [0, 1, 128] });
      if (known.exitCode === 0) await git.run(['checkout', '--quiet', base, '--', file]);
      else await git.run(['clean', '-fdq', '--', file]);
      if (known.exitCode !== 0) await git.run(['rm', '-rfq', '--ignore-unmatch', '--', file]);
    }
  }

  #reverts(): readonly string[] {
    // What names no run is a change of the plan, which takes back no decision about one.
    const decision = this.#facts.decisions.findLast(
      (d) => d.type === 'retried' && d.slice === this.#slice.id && d.run_id !== null,
    );
    const isForThis = decision?.type === 'retried' && decision.run_id === this.#view.run?.runId;
    return isForThis ? decision.revert : [];
  }

  #failedBefore(): number {
    const since =
      this.#facts.decisions.findLast(
        (d) => (d.type === 'answered' || d.type === 'retried') && d.slice === this.#slice.id,
      )?.t ?? '';
    return this.#view.runs.filter(
      (run) =>
        run.startedAt > since && (run.failure?.reason === 'tests-failing' || run.failure?.reason === 'agent-failed'),
    ).length;
  }

  /** The last run in which an agent showed a sign of life; later ones may have ended before they had one. */
  #lastThatSpoke(): RunView | undefined {
    return this.#view.runs.findLast((view) => {
      const events = this.#facts.runs.find((run) => run.runId === view.runId)?.events ?? [];
      return events.some(
        (event) => event.type === 'agent_session' || event.type === 'agent_edit' || event.type === 'agent_command',
      );
    });
  }

  async #wasSetUp(worktree: string): Promise<boolean> {
    return this.#facts.runs.some(
      (run) =>
        run.events[0]?.type === 'run_started' &&
        run.events[0].worktree === worktree &&
        run.events.some(
          (event) => event.type === 'worktree_ready' && event.setup.every((command) => command.exitCode === 0),
        ),
    );
  }

  /**
   * A hooks directory of the run's own, given to the agent's git by environment: nothing in the repository's settings
   * changes. The repository's own hooks still run, after ours.
   */
  async #hooks(): Promise<Record<string, string>> {
    const { repository, slicewave } = this.#request;
    const dir = this.#run.file('hooks');
    await mkdir(dir, { recursive: true });
    const own = await repository.git.text(['rev-parse', '--path-format=absolute', '--git-path', 'hooks']);
    const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
    const names = new Set([
      'pre-commit',
      ...(await readdir(own).catch(() => [])).filter((name) => !name.endsWith('.sample') && !name.includes('.')),
    ]);
    for (const name of names) {
      const theirs = path.join(own, name);
      const usable = ((await stat(theirs).catch(() => null))?.mode ?? 0) & 0o111;
      const lines = ['#!/bin/sh'];
      if (name === 'pre-commit') lines.push(`${slicewave.map(quote).join(' ')} hook pre-commit || exit 1`);
      if (usable) lines.push(`exec ${quote(theirs)} "$@"`);
      await writeFile(path.join(dir, name), `${lines.join('\n')}\n`, { mode: 0o755 });
    }
    // Behind settings that the caller passes in the same way.
    const given = Number(this.#env['GIT_CONFIG_COUNT'] ?? 0) || 0;
    return {
      GIT_CONFIG_COUNT: String(given + 1),
      [`GIT_CONFIG_KEY_${given}`]: 'core.hooksPath',
      [`GIT_CONFIG_VALUE_${given}`]: dir,
    };
  }
}

const ABORTED: Ending = {
  end: 'failed',
  reason: 'stopped-by-user',
  detail: 'stopped; `run` or `retry` goes on from here',
};

/** Ten ports per slice, so that two dev servers never meet: 20000 + 10 per slice, wrapping below 60000. */
function portsOf(index: number): Record<string, string> {
  const first = 20_000 + ((Math.max(0, index) * 10) % 40_000);
  return { SLICEWAVE_PORT: String(first), SLICEWAVE_PORT_RANGE: `${first}-${first + 9}` };
}

function endLine(slice: string, ending: Ending): string {
  if (ending.end === 'verified') return `${slice}: verified and committed`;
  if (ending.stop)
    return `${slice}: ${ending.end === 'needs_input' ? 'needs input' : 'stopped'} (${ending.stop.condition}): ${ending.stop.question}`;
  return `${slice}: failed (${ending.reason ?? 'internal'}): ${ending.detail ?? ''}`;
}
