import type { RunnerEnd } from './launcher.ts';
import { createRedactor } from '../../core/gate/redact.ts';
import { budgetSpent } from '../../core/run/budget.ts';
import { DEFAULT_PARALLEL, type RunOutcome, type RunRequest } from './model.ts';
import path from 'node:path';
import type { LoadedPlan, PlanGraph } from '../../core/plan/graph-model.ts';
import { foldPlan } from '../../core/run/fold.ts';
import { isAnyActive, isAsking, isSettled } from '../../core/run/states.ts';
import type { Action, RunLimits } from '../../core/run/limits-model.ts';
import { laneOf, nodeName } from '../../core/run/names.ts';
import { nextActions } from '../../core/run/next.ts';
import type { PlanState } from '../../core/run/state-model.ts';
import { shortened } from '../../core/text/printing.ts';
import { success, type Result } from '../../core/text/result.ts';
import { type EngineFailure, fail } from '../failure.ts';
import { FactsReader } from '../state/facts.ts';
import { LearnedGraphs } from '../plan/past-runs.ts';
import { loadRunPlan, PlanCache, questionedFiles } from '../plan/plans.ts';
import { preparePlan } from '../plan/prepare.ts';
import type { Repository } from '../git/repository.ts';
import { excludeState } from '../git/worktree.ts';
import { planSettings } from '../git/settings.ts';
import { SIGNER_WAITED, SIGNING_REMEDY, signerOf, unsignedAhead, whyNotSigning } from '../git/signing.ts';
import { recoverReplan } from '../state/replan-journal.ts';
import { settleSandbox, unconfinedWarning } from './confinement.ts';
import { preflight } from './preflight.ts';
import { fixedPlan, fixPlan } from '../state/fixed-plan.ts';
import { acquireLock, heldBy, isLocked, locksDir, planLock, laneLock, planLease, sweepLocks } from '../state/locks.ts';
import { appendDecision, readDecisions } from '../state/decision-log.ts';
import { clearDead, endRunners } from '../state/stop.ts';
import { watchFacts } from '../state/watch.ts';

export interface ScheduleResult {
  readonly outcome: RunOutcome;
  readonly state: PlanState;
}

/** Findings of a plan on disk that is followed no further than it was understood: slices would lose what they wait for. */
const TORN_PLAN: ReadonlySet<string> = new Set([
  'plan.unknown-dependency',
  'plan.unknown-merge-slice',
  'task.yaml',
  'manifest.schema',
]);

/** A runner that dies at once, again and again, is a broken machine and not an interruption. */
const MOST_RESTARTS = 3;

/**
 * Drives a plan until nothing is left to start: the holder of the plan's lease asks the pure scheduler what comes next
 * and launches runners. All truth is in the facts, so this process may die at any moment; the next one goes on.
 */
export async function schedule(
  repository: Repository,
  request: RunRequest,
  self: readonly string[],
): Promise<Result<ScheduleResult, EngineFailure>> {
  await recoverReplan(repository, request.planDir);
  const loaded = await loadRunPlan(repository, request.planDir);
  if (!loaded.ok) return loaded;
  const bad = unrunnable(loaded.value, request);
  if (bad) return bad;
  const settled = await settleSandbox(repository, loaded.value.plan.sandbox, request.sandbox);
  if (!settled.ok) return settled;
  const warning = unconfinedWarning(settled.value);
  if (warning !== null) warn(request, warning);
  const worktrees = await excludeState(repository);
  const leaseFile = planLease(repository, loaded.value.plan.id);
  const lease = await acquireLock(leaseFile, { wait: 200, say: (text) => warn(request, text) });
  if (!lease) {
    return fail(
      'busy',
      `another process is running ${loaded.value.plan.id}${await heldBy(leaseFile)}`,
      `Watch it with \`slicewave status ${request.planDir} --watch\`, or stop it first.`,
    );
  }
  try {
    const unready = await lookAhead(repository, loaded.value, { request, worktrees });
    if (unready) return unready;
    const started = await startPlan(repository, loaded.value, request);
    if (!started.ok) return started;
    const signerWaited = await trySigner(repository, loaded.value.plan.id, request);
    return success(await new Scheduler(repository, loaded.value, request, { self, signerWaited }).drive());
  } finally {
    // Of runners that were killed meanwhile. What cannot be taken away now (a read-only disk) is at the next start.
    await sweepLocks(locksDir(repository)).catch(() => undefined);
    await lease.release();
  }
}

/**
 * Looks once, before a plan is started and anything is paid, at what would keep it from running: what would keep every
 * slice from it ends it, the rest is said.
 */
async function lookAhead(
  repository: Repository,
  loaded: LoadedPlan,
  { request, worktrees }: { readonly request: RunRequest; readonly worktrees: string },
): Promise<ReturnType<typeof fail> | null> {
  if ((await new FactsReader(repository).state(loaded)).preparedCommit) return null;
  const checks = await preflight(repository, { loaded, signing: false, run: request, worktrees });
  for (const { status, detail, remedy } of checks) if (status === 'warning') warn(request, `${detail}. ${remedy}`);
  const submodules = checks.find(({ name, status }) => name === 'submodules' && status === 'ok');
  if (submodules) request.onProgress?.(`submodules: ${submodules.detail}`);
  const errors = checks.filter(({ status }) => status === 'error');
  if (errors.length === 0) return null;
  return fail(
    'not-ready',
    errors.map(({ detail }) => detail).join('; '),
    `${[...new Set(errors.map(({ remedy }) => remedy))].join(' ')} \`slicewave doctor ${loaded.plan.dir}\` shows everything. Nothing was started.`,
  );
}

/** Says before any agent is paid that the user's signing policy cannot be kept. Gives whether the signer waited in vain. */
async function trySigner(repository: Repository, plan: string, request: RunRequest): Promise<boolean> {
  const signer = signerOf(await planSettings(repository, plan));
  const started = performance.now();
  const whyNot = signer && (await whyNotSigning(repository.git, signer));
  if (signer === null || whyNot === null) return false;
  warn(request, `${unsignedAhead(whyNot)}. ${SIGNING_REMEDY}`);
  return performance.now() - started >= signer.timeLimit;
}

function warn(request: RunRequest, text: string): void {
  (request.onWarning ?? request.onProgress)?.(text);
}

/** Findings on a file of which a part was not understood, and is left out. */
const HALF_READ: ReadonlySet<string> = new Set(['task.yaml', 'manifest.schema']);

/** Why a plan must not be run at all; `null` when it may. */
export function unrunnable(loaded: LoadedPlan, request: Pick<RunRequest, 'limits'>): ReturnType<typeof fail> | null {
  const cycle = loaded.graph.cycles[0];
  if (cycle) {
    return fail(
      'bad-plan',
      `the slices of ${loaded.plan.id} wait for each other: ${cycle.join(' -> ')}`,
      'Take one of these dependencies out.',
    );
  }
  if (loaded.plan.slices.length === 0) {
    return fail('bad-plan', `${loaded.plan.dir} has no slices`, 'Write task specs, or decompose a spec into it.');
  }
  // What was read in spite of it may lack a dependency, a boundary or a limit: no agent starts on half of what was said.
  const unreadable = loaded.findings.filter(({ code, severity }) => HALF_READ.has(code) && severity === 'error');
  const [first] = unreadable;
  if (first) {
    const failure = {
      reason: 'bad-plan',
      message: `${first.file}:${first.line}:${first.column}: ${first.message}`,
      remedy: `Mend the file; \`slicewave lint ${loaded.plan.dir}\` shows everything.`,
      findings: unreadable.slice(1),
    } as const;
    return { ok: false, failure };
  }
  const known = new Set(loaded.plan.slices.map((slice) => slice.id));
  const unknown = (request.limits.only ?? []).filter((id) => !known.has(id));
  if (unknown.length > 0) {
    return fail(
      'no-such-slice',
      `${loaded.plan.id} has no slice ${unknown.join(', ')}`,
      `Slices: ${[...known].join(', ')}.`,
    );
  }
  return null;
}

/** Records the base once; from then on every run of the plan stands on it. */
async function startPlan(
  repository: Repository,
  loaded: LoadedPlan,
  request: RunRequest,
): Promise<Result<null, EngineFailure>> {
  const facts = await new FactsReader(repository).facts(loaded);
  const { git } = repository;
  const branch = await git.branch();
  const started = facts.decisions.findLast((decision) => decision.type === 'plan_started');
  if (started?.type === 'plan_started') {
    const { base_commit: from, base_name: of } = started;
    // Two checkouts of one repository may hold the same plan.
    if (branch !== null && of !== null && of !== branch && !(await git.isAncestor('HEAD', from)))
      warn(
        request,
        `${loaded.plan.id} was started from ${of} (${from.slice(0, 10)}) and stays there: what is only on ${branch}, where you stand, is not in it`,
      );
    // Started by a version that did not fix plans.
    if (!(await fixedPlan(repository, loaded.plan.id)))
      await fixPlan(repository, loaded.plan.id, loaded.files, 'scheduler');
    // Read from the runs, because the decisions do not say it any more: from here on they do.
    const told = (await readDecisions(repository.runsDir, loaded.plan.id)).some(({ type }) => type === 'plan_started');
    if (!told) {
      const { base_commit, base_name, prepared_commit } = started;
      const body = { type: 'plan_started', base_commit, base_name, prepared_commit } as const;
      await appendDecision(repository.runsDir, loaded.plan.id, 'scheduler', body);
    }
    return success(null);
  }
  const name = request.base ?? branch;
  const base = await git.resolveNamed(name ?? 'HEAD');
  if (!base) {
    return fail('git', `there is no commit ${request.base ?? 'HEAD'}`, 'Name a commit, a branch or a tag with --base.');
  }
  request.onProgress?.(`${loaded.plan.id} starts from ${name ?? 'HEAD'} (${base.slice(0, 10)})`);
  // Before any agent could change them.
  await planSettings(repository, loaded.plan.id);
  const prepared = await preparePlan(repository, loaded, base, {
    signal: request.signal,
    say: (line) => request.onProgress?.(line),
  });
  if (!prepared.ok) return prepared;
  await repository.git.point(`refs/slicewave/plans/${nodeName(loaded.plan.id)}/base`, prepared.value);
  await fixPlan(repository, loaded.plan.id, loaded.files, 'scheduler');
  await appendDecision(repository.runsDir, loaded.plan.id, 'scheduler', {
    type: 'plan_started',
    base_commit: base,
    base_name: name,
    prepared_commit: prepared.value,
  });
  return success(null);
}

class Scheduler {
  readonly #repository: Repository;
  readonly #request: RunRequest;
  readonly #self: readonly string[];
  readonly #signerWaited: boolean;
  readonly #reader: FactsReader;
  readonly #plans: PlanCache;
  readonly #limits: RunLimits;
  /** Launched, and no fact of it seen yet. */
  readonly #starting = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #launches = new Map<string, number>();
  readonly #broken = new Set<string>();
  readonly #learned: LearnedGraphs;
  readonly #redact = createRedactor(process.env);
  #loaded: LoadedPlan;
  /** Its schedule by what earlier runs teach, as every view has it. */
  #graph: PlanGraph;
  /** What is wrong with the plan on disk, as it was last told. */
  #torn = '';
  #wake: () => void = () => undefined;

  constructor(
    repository: Repository,
    loaded: LoadedPlan,
    request: RunRequest,
    { self, signerWaited }: { readonly self: readonly string[]; readonly signerWaited: boolean },
  ) {
    this.#repository = repository;
    this.#request = request;
    this.#self = self;
    this.#signerWaited = signerWaited;
    this.#loaded = loaded;
    this.#graph = loaded.graph;
    this.#learned = new LearnedGraphs(repository);
    this.#reader = new FactsReader(repository);
    this.#plans = new PlanCache(repository);
    this.#limits = {
      maxParallel: Math.max(1, request.limits.maxParallel ?? loaded.plan.limits.maxParallel ?? DEFAULT_PARALLEL),
      only: request.limits.only ?? null,
      barrier: request.limits.barrier ?? false,
    };
  }

  async drive(): Promise<ScheduleResult> {
    const { signal } = this.#request;
    await this.#endAsked();
    let state = await this.#read();
    await clearDead(this.#repository, await this.#reader.runs(this.#loaded.plan.id));
    await this.#rearm(state);
    let alive = false;
    const began = performance.now();
    let isTold = false;
    const watching = watchFacts(
      { runsDir: this.#repository.runsDir, planDir: path.join(this.#repository.root, this.#loaded.plan.dir) },
      () => alive,
      () => this.#wake(),
    );
    const abort = (): void => this.#wake();
    signal.addEventListener('abort', abort);
    try {
      for (;;) {
        const change = new Promise<void>((resolve) => (this.#wake = resolve));
        state = await this.#read();
        this.#request.onState?.(state);
        if (signal.aborted) return { outcome: 'interrupted', state: await this.#stopAll() };
        const wanted = nextActions(
          state,
          this.#graph,
          this.#limits,
          new Set([...this.#starting, ...this.#broken, ...this.#questioned()]),
        );
        const spent = this.#budgetSpent(state, began);
        // What is merged and checked at a merge point costs no agent.
        const actions = spent === null ? wanted : wanted.filter(({ type }) => type === 'checkpoint');
        if (spent !== null && actions.length < wanted.length && !isTold) {
          isTold = true;
          warn(this.#request, `The budget is used up (${spent}): no further agent starts; what is at work goes on.`);
        }
        for (const action of actions) this.#launch(action, state);
        alive = isAnyActive(state);
        const idle = this.#running.size === 0 && this.#starting.size === 0 && !alive && actions.length === 0;
        if (idle && !(this.#request.waitForAnswers && state.attention.length > 0)) {
          const outcome = wanted.length > 0 ? 'spent' : this.#outcome(state);
          return { outcome, state };
        }
        await change;
      }
    } finally {
      signal.removeEventListener('abort', abort);
      watching.close();
    }
  }

  /** By what the person said, and else the manifest as it stands now. */
  #budgetSpent(state: PlanState, began: number): string | null {
    const budget = { ...this.#loaded.plan.limits.budget, ...this.#request.limits.budget };
    return budgetSpent(budget, state, (performance.now() - began) / 60_000);
  }

  /** The plan is read again each time: an approval changes task specs while it runs. */
  async #read(): Promise<PlanState> {
    const lock = planLock(this.#repository, this.#loaded.plan.id);
    // Half a plan is never followed: whoever changes it holds the lock, and a decision wakes us when it is whole.
    if (!(await isLocked(lock))) {
      const { dir } = this.#loaded.plan;
      let loaded = await this.#plans.load(dir);
      if (loaded.ok && loaded.value !== this.#loaded && (await recoverReplan(this.#repository, dir)))
        loaded = await this.#plans.load(dir);
      if (loaded.ok && loaded.value !== this.#loaded && !(await isLocked(lock))) this.#follow(loaded.value);
    }
    const loaded = this.#loaded;
    const runs = await this.#reader.runs();
    this.#graph = await this.#learned.graphOf(loaded, runs);
    return foldPlan(await this.#reader.facts({ ...loaded, graph: this.#graph }, runs));
  }

  /** Slices whose task spec changed and was not accepted: the others go on by the plan as it is fixed. */
  #questioned(): readonly string[] {
    return this.#loaded.plan.slices
      .filter((slice) => questionedFiles(this.#loaded, slice).length > 0)
      .map((slice) => slice.id);
  }

  #follow(loaded: LoadedPlan): void {
    // A task spec that is being saved in this moment, or was taken away from under slices that wait for it: go on with
    // what was last understood.
    if (loaded.graph.cycles.length > 0 || loaded.plan.slices.length === 0) return;
    const known = new Set(this.#loaded.findings.map(({ code, message }) => `${code} ${message}`));
    const torn = loaded.findings.find(
      ({ code, severity, message }) => severity === 'error' && TORN_PLAN.has(code) && !known.has(`${code} ${message}`),
    );
    const said = torn ? `${torn.file}:${torn.line}: ${torn.message}; going on with the plan as it was` : '';
    if (torn && said !== this.#torn) warn(this.#request, said);
    this.#torn = said;
    if (torn) return;
    this.#loaded = loaded;
    // What could not be started then may be able to now.
    this.#broken.clear();
    this.#launches.clear();
  }

  /** Ends runners that a person asked to stop, where whoever was to do it died before. */
  async #endAsked(): Promise<void> {
    const { decisions, runs } = await this.#reader.facts(this.#loaded);
    const asked = new Set(decisions.flatMap((one) => (one.type === 'stop_asked' ? [one.run_id] : [])));
    await endRunners(runs.filter((run) => run.alive && asked.has(run.runId)));
  }

  /** Starting a plan again means trying again what failed for reasons outside the slices. */
  async #rearm(state: PlanState): Promise<void> {
    const { only } = this.#limits;
    for (const slice of state.slices) {
      if (slice.state !== 'failed' || slice.next || (only && !only.includes(slice.id))) continue;
      await this.#retry(slice.id, slice.run?.runId ?? null);
    }
    for (const checkpoint of state.checkpoints)
      if (checkpoint.state === 'failed') await this.#retry(checkpoint.id, checkpoint.run?.runId ?? null);
  }

  async #retry(node: string, runId: string | null): Promise<void> {
    await appendDecision(this.#repository.runsDir, this.#loaded.plan.id, 'scheduler', {
      type: 'retried',
      slice: node,
      run_id: runId,
      revert: [],
      note: null,
    });
  }

  #launch(action: Action, state: PlanState): void {
    const node = action.type === 'checkpoint' ? action.checkpoint : action.slice;
    const title =
      action.type === 'checkpoint'
        ? action.checkpoint
        : (state.slices.find((slice) => slice.id === node)?.title ?? node);
    this.#request.onAction?.(action);
    this.#starting.add(node);
    const runBefore = lastRunOf(state, node);
    const [program = '', ...entry] = this.#self;
    const { agent, agentCommand, model, sandbox } = this.#request;
    const args = [
      ...entry,
      'exec',
      this.#loaded.plan.dir,
      node,
      ...(agent ? [`--agent=${agent}`] : []),
      ...(agentCommand ? [`--agent-argv=${JSON.stringify(agentCommand)}`] : []),
      ...(model ? [`--model=${model}`] : []),
    ];
    const env: Record<string, string> = {
      ...(sandbox && { SLICEWAVE_SANDBOX: sandbox }),
      ...(this.#signerWaited && { [SIGNER_WAITED]: '1' }),
    };
    const running = this.#request.launcher
      .launch({ node, title, program, args, cwd: this.#repository.root, env, signal: this.#request.signal })
      .catch(() => null)
      .then(async (end) => {
        const after = await this.#reader.state(this.#loaded);
        await this.#settle(node, { runBefore, after, end });
      })
      .finally(() => {
        this.#running.delete(running);
        this.#starting.delete(node);
        this.#wake();
      });
    this.#running.add(running);
  }

  /** A runner that left no run, or died before its end again and again, is not started any more by this process. */
  async #settle(
    node: string,
    {
      runBefore,
      after,
      end,
    }: { readonly runBefore: string | null; readonly after: PlanState; readonly end: RunnerEnd | null },
  ): Promise<void> {
    // Cut from the plan in the meantime.
    if (![...after.slices, ...after.checkpoints].some((candidate) => candidate.id === node)) return;
    const run = lastRunOf(after, node);
    const began = run !== runBefore;
    const died =
      [...after.slices, ...after.checkpoints].find((candidate) => candidate.id === node)?.run?.state === 'interrupted';
    if (began && !died) return;
    if (began && run !== null && end !== null && !this.#request.signal.aborted)
      await appendDecision(this.#repository.runsDir, after.plan, 'scheduler', {
        type: 'runner_died',
        run_id: run,
        node,
        detail: this.#redact(deathOf(end)),
      });
    // A runner that an earlier scheduler launched was faster; its first event is about to come.
    const lock = laneLock(this.#repository, after.plan, laneOf(this.#loaded.plan, node));
    if (!began && (await isLocked(lock))) return;
    const count = (this.#launches.get(node) ?? 0) + 1;
    this.#launches.set(node, count);
    if (!began || count >= MOST_RESTARTS) this.#broken.add(node);
  }

  async #stopAll(): Promise<PlanState> {
    const facts = await this.#reader.runs(this.#loaded.plan.id);
    await endRunners(facts.filter((run) => run.alive));
    await Promise.race([Promise.all(this.#running), new Promise((resolve) => setTimeout(resolve, 20_000).unref())]);
    const state = await this.#reader.state(this.#loaded);
    this.#request.onState?.(state);
    return state;
  }

  #outcome(state: PlanState): RunOutcome {
    const wanted = (id: string): boolean => !this.#limits.only || this.#limits.only.includes(id);
    const questioned = new Set(this.#questioned());
    const asks = state.slices.some(
      (s) => wanted(s.id) && ((!s.next && isAsking(s.state)) || (questioned.has(s.id) && !isSettled(s.state))),
    );
    if (asks) return 'waiting';
    const failed =
      this.#broken.size > 0 ||
      state.slices.some((s) => wanted(s.id) && s.state === 'failed') ||
      state.checkpoints.some((point) => point.state === 'failed');
    if (failed) return 'failed';
    const left = state.slices.some((s) => wanted(s.id) && !isSettled(s.state));
    return left ? 'failed' : 'done';
  }
}

/** How a runner died, as the end of a sentence. */
function deathOf({ exitCode, said }: RunnerEnd): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const why = lines.find((line) => /^(?:slicewave: )?(?:\w*Error\b|FATAL|fatal)/i.test(line)) ?? lines.at(-1) ?? '';
  const how = exitCode === null ? 'was killed' : `ended with exit code ${exitCode}`;
  return why === '' ? how : `${how}: ${shortened(why.trim(), 300)}`;
}

function lastRunOf(state: PlanState, node: string): string | null {
  const slice = state.slices.find((candidate) => candidate.id === node);
  return (slice ?? state.checkpoints.find((checkpoint) => checkpoint.id === node))?.run?.runId ?? null;
}
