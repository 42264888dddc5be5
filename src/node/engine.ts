import { planIdOf } from '../core/plan/plan-id.ts';
import type { Trace } from '../core/run/model.ts';
import type { PlanProfile } from '../core/run/profile.ts';
import type { PlanState, RunFacts } from '../core/run/state-model.ts';
import type { Judgement } from '../core/judge/judge.ts';
import type { GlobOptions } from '../core/scope/glob.ts';
import type { PlanFiles } from '../core/plan/model.ts';
import type { DecomposeOptions, Decomposition } from './decompose/model.ts';
import type { EvidenceOptions } from './judge/judge.ts';
import type { WritablePlan } from './plan/directory.ts';
import type { Decisions } from './state/decisions.ts';
import type { IntegrationReport } from './integrate/model.ts';
import type { ReplanPreview, ReplanRequest } from './replan/model.ts';
import type { Ticking } from './plan/tick.ts';
import type { RunOutcome, RunRequest } from './run/model.ts';
import type { PreflightCheck } from './run/preflight.ts';
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { foldPlan } from '../core/run/fold.ts';
import { isAnyActive } from '../core/run/states.ts';
import { traceOf } from '../core/run/trace.ts';
import { success, type Result } from '../core/text/result.ts';
import { type EngineFailure, fail } from './failure.ts';
import type { LoadedPlan } from '../core/plan/graph-model.ts';
import { FactsReader } from './state/facts.ts';
import { LearnedGraphs } from './plan/past-runs.ts';
import { fixedPlan, fixPlan } from './state/fixed-plan.ts';
import { findPlans, listPlans, PlanCache, resolvePlanDir } from './plan/plans.ts';
import { readPlanFiles } from './plan/plan-texts.ts';
import { recoverHeld, recoverReplan, removeJournal } from './state/replan-journal.ts';
import { nameRules, openRepository, type Repository } from './git/repository.ts';
import { worktreeRoot } from './git/worktree.ts';
import { acquireLock, isLocked, planLease, planLock } from './state/locks.ts';
import { watchFacts } from './state/watch.ts';

export interface EngineOptions {
  /** argv that starts the command line: runners and hooks are started with it. */
  readonly slicewave: readonly string[];
  /** The engine lives in an editor: what it decides was clicked there. */
  readonly editor?: boolean;
}

export interface RunSummary {
  readonly runId: string;
  readonly plan: string | null;
  readonly slice: string | null;
  readonly attempt: number;
  readonly state: string;
  readonly startedAt: string;
  readonly adapter: string | null;
}

/** The door to the plans, runs and decisions of one repository. The other doors are in the layer table. */
export interface Engine {
  /** Absolute path of the top level of the checkout that is worked in. */
  readonly root: string;
  /** Plan directories relative to the root, by name. */
  plans(): Promise<readonly string[]>;
  /** Those that a person may mean without a name: the ones in `parallel/` at the root, and all where there are none. */
  likelyPlans(): Promise<readonly string[]>;
  /** The plan directory, relative to the root, that a person named: a path from where they stand, or a plan's name. */
  planDir(named: string, cwd: string): Promise<Result<string, EngineFailure>>;
  /** The texts of a plan directory, also of one that cannot be understood. */
  files(planDir: string): Promise<Result<PlanFiles, EngineFailure>>;
  load(planDir: string): Promise<Result<LoadedPlan, EngineFailure>>;
  state(planDir: string): Promise<Result<PlanState, EngineFailure>>;
  /** Where the time of a plan went, by its id; nothing is started. */
  profile(planDir: string): Promise<Result<{ readonly plan: string; readonly profile: PlanProfile }, EngineFailure>>;
  /** Calls back once at the start and after every change (debounced); nothing runs while nothing changes. */
  watch(planDir: string, onState: (state: PlanState) => void): { close(): void };
  /** Nothing is written: the result is shown (`previewOf`) and, when the person accepts it, given to `write`. */
  decompose(specFile: string, options: DecomposeOptions): Promise<Result<Decomposition, EngineFailure>>;
  /** Writes a decomposition whole or not at all. An existing plan is replaced only with `replace`. */
  write(
    decomposition: WritablePlan,
    options: { readonly replace: boolean },
  ): Promise<Result<{ readonly dir: string }, EngineFailure>>;
  /**
   * Runs the set-up of a plan, which need not be written, and the checks of its slices, merge points and waves on the
   * commit it starts from. Programs of the plan are started: whoever asks has seen which.
   */
  tryChecks(
    loaded: LoadedPlan,
    options: { readonly signal: AbortSignal; readonly say: (line: string) => void },
  ): Promise<readonly PreflightCheck[]>;
  /** Everything that can be said of a plan as it stands; starts nothing but git. */
  judge(
    planDir: string,
    options?: Pick<EvidenceOptions, 'signal' | 'onProgress' | 'think'>,
  ): Promise<Result<{ readonly loaded: LoadedPlan; readonly judgement: Judgement }, EngineFailure>>;
  /** What a change of a plan would do, in the light of what already happened. Nothing is written; a plan may be running. */
  previewReplan(request: ReplanRequest): Promise<Result<ReplanPreview, EngineFailure>>;
  /** Does what a preview showed, or nothing when something that matters happened since. */
  applyReplan(preview: ReplanPreview): Promise<Result<{ readonly written: readonly string[] }, EngineFailure>>;
  /** Puts back the plan as it was before the last change. */
  undoReplan(
    planDir: string,
  ): Promise<Result<{ readonly restored: readonly string[]; readonly summary: string }, EngineFailure>>;
  /** The commands that make each worktree of the plan ready: its own, or what the lock files call for. */
  setup(loaded: LoadedPlan): Promise<readonly string[]>;
  /** Whether somebody runs the plan right now, here or in the editor. */
  isDriven(planDir: string): Promise<boolean>;
  /** Why a plan must not be run at all; `null` when it may. */
  unrunnable(loaded: LoadedPlan, request: Pick<RunRequest, 'limits'>): Promise<EngineFailure | null>;
  run(request: RunRequest): Promise<Result<{ readonly outcome: RunOutcome; readonly state: PlanState }, EngineFailure>>;
  answer(planDir: string, slice: string, text: string): Promise<Result<null, EngineFailure>>;
  /** Approves the paths or failing checks that the slice stopped on; scope growth is written into the task spec. */
  approve(planDir: string, slice: string): Promise<Result<{ readonly paths: readonly string[] }, EngineFailure>>;
  /** Another attempt; `revert` first puts what is out of scope back to the base (snapshotted before). */
  retry(
    planDir: string,
    slice: string,
    options: { readonly revert: boolean; readonly note?: string },
  ): Promise<Result<null, EngineFailure>>;
  /**
   * Takes the plan directory as it stands for what the plan is run by, and what another machine's key signed for true.
   * Answers with what there was to accept, in words.
   */
  accept(planDir: string): Promise<Result<{ readonly accepted: readonly string[] }, EngineFailure>>;
  /** What of the source of an imported plan is done. Nothing is written: it is shown and then given to `tick`. */
  ticking(planDir: string, options?: { readonly begun?: boolean }): Promise<Result<Ticking, EngineFailure>>;
  /** Ticks it off in the source, all of it or nothing. */
  tick(ticking: Ticking): Promise<Result<Ticking, EngineFailure>>;
  /** Takes back what was ticked off last. */
  untick(planDir: string): Promise<Result<{ readonly files: readonly string[] }, EngineFailure>>;
  skip(planDir: string, slice: string, reason?: string): Promise<Result<null, EngineFailure>>;
  /** Asks the slice's running attempt to stop; resolves when its runner has ended. */
  stop(planDir: string, slice: string): Promise<Result<null, EngineFailure>>;
  integrate(
    planDir: string,
    options: { readonly into?: string; readonly signal?: AbortSignal; readonly onProgress?: (text: string) => void },
  ): Promise<Result<IntegrationReport, EngineFailure>>;
  runs(filter?: { readonly plan?: string; readonly slice?: string }): Promise<readonly RunSummary[]>;
  trace(runId: string): Promise<Result<Trace, EngineFailure>>;
  /** The unified diff of a run: its base against its snapshot (live worktree state when it has none yet). */
  diff(runId: string): Promise<Result<string, EngineFailure>>;
  /** The unified diff between two commits. */
  diffOfCommits(before: string, after: string): Promise<string>;
  /** The branch that the checkout at the root is on; `null` when it is on none. */
  branch(): Promise<string | null>;
  /** How the file system under the repository compares names. */
  nameRules(): Promise<GlobOptions>;
  /** A file's content at a commit; `null` when it does not exist there. */
  fileAt(commit: string, path: string): Promise<Uint8Array | null>;
}

/** An engine with its repository, for the other doors. */
export interface OpenEngine extends Engine {
  readonly repository: Repository;
}

/** Opens the repository around a directory. */
export async function openEngine(dir: string, options: EngineOptions): Promise<Result<OpenEngine, EngineFailure>> {
  const repository = await openRepository(dir);
  if (!repository.ok) return repository;
  return success(new RepositoryEngine(repository.value, options));
}

/** What only some commands need is loaded when they ask for it: a status starts in half the time without the rest. */
class RepositoryEngine implements OpenEngine {
  readonly repository: Repository;
  readonly #slicewave: readonly string[];
  readonly #editor: boolean;
  readonly #reader: FactsReader;
  readonly #learned: LearnedGraphs;
  readonly #plans: PlanCache;

  constructor(repository: Repository, { slicewave, editor = false }: EngineOptions) {
    this.repository = repository;
    this.#slicewave = slicewave;
    this.#editor = editor;
    this.#reader = new FactsReader(repository);
    this.#learned = new LearnedGraphs(repository);
    this.#plans = new PlanCache(repository);
  }

  get root(): string {
    return this.repository.root;
  }

  plans(): Promise<readonly string[]> {
    return findPlans(this.repository);
  }

  async likelyPlans(): Promise<readonly string[]> {
    // Below packages there may be examples and fixtures as well, and to find them git has to be asked.
    const own = await listPlans(this.repository);
    return own.length > 0 ? own : this.plans();
  }

  planDir(named: string, cwd: string): ReturnType<Engine['planDir']> {
    return resolvePlanDir(this.repository, named, cwd);
  }

  files(planDir: string): ReturnType<Engine['files']> {
    return this.#plans.files(planDir);
  }

  load(planDir: string): Promise<Result<LoadedPlan, EngineFailure>> {
    return this.#plans.load(planDir);
  }

  async state(planDir: string): ReturnType<Engine['state']> {
    const loaded = await this.load(planDir);
    if (!loaded.ok) return loaded;
    const runs = await this.#reader.runs();
    const graph = await this.#learned.graphOf(loaded.value, runs);
    return success(foldPlan(await this.#reader.facts({ ...loaded.value, graph }, runs)));
  }

  async profile(planDir: string): ReturnType<Engine['profile']> {
    const loaded = await this.load(planDir);
    if (!loaded.ok) return loaded;
    const { profilePlan } = await import('../core/run/profile.ts');
    const { id } = loaded.value.plan;
    const profile = profilePlan(await this.#reader.facts(loaded.value));
    if (!profile)
      return fail('not-started', `nothing of ${id} has run yet`, `Run it with \`slicewave run ${planDir}\`.`);
    return success({ plan: id, profile });
  }

  watch(planDir: string, onState: Parameters<Engine['watch']>[1]): { close(): void } {
    let alive = false;
    let closed = false;
    let reading = false;
    let again = false;
    const read = async (): Promise<void> => {
      if (reading) {
        again = true;
        return;
      }
      reading = true;
      do {
        again = false;
        const state = await this.state(planDir).catch(() => null);
        if (closed || !state?.ok) continue;
        alive = isAnyActive(state.value);
        onState(state.value);
      } while (again && !closed);
      reading = false;
    };
    const watching = watchFacts(
      { runsDir: this.repository.runsDir, planDir: path.join(this.root, planDir) },
      () => alive,
      () => void read(),
    );
    void read();
    return {
      close() {
        closed = true;
        watching.close();
      },
    };
  }

  async decompose(specFile: string, options: Parameters<Engine['decompose']>[1]): ReturnType<Engine['decompose']> {
    const { decomposeSpecFile } = await import('./decompose/decompose.ts');
    return decomposeSpecFile({ root: this.root, specFile, ...options });
  }

  async tryChecks(...[loaded, options]: Parameters<Engine['tryChecks']>): ReturnType<Engine['tryChecks']> {
    const { tryChecks } = await import('./run/base-trial.ts');
    return tryChecks(this.repository, loaded, options);
  }

  async judge(planDir: string, options: Parameters<Engine['judge']>[1] = {}): ReturnType<Engine['judge']> {
    // As it stands, not as it was fixed: who edits a plan wants to know what is to be said of it now.
    const loaded = await this.#plans.standing(planDir);
    if (!loaded.ok) return loaded;
    const { judgePlanOf } = await import('./judge/judge.ts');
    const judgement = await judgePlanOf(
      this.repository,
      { ...loaded.value, readings: this.#plans.readingsOf(planDir), loadFindings: loaded.value.findings },
      options,
    );
    if (judgement === null || options.signal?.aborted)
      return fail('cancelled', 'The judging was cancelled', 'Start it again when you want to.');
    return success({ loaded: loaded.value, judgement });
  }

  async write(...[decomposition, options]: Parameters<Engine['write']>): ReturnType<Engine['write']> {
    const { dir } = decomposition;
    const id = planIdOf(dir);
    const lock = await acquireLock(planLock(this.repository, id), { wait: 15_000 });
    if (!lock) return fail('busy', `${dir} is being changed by another process`, 'Try again in a moment.');
    try {
      // Of a plan under way, whoever replaces it also accepts what replaces it.
      const isFixed = (await fixedPlan(this.repository, id)) !== null;
      const refused = isFixed ? await this.#refused() : null;
      if (refused) return refused;
      // What is left of a re-planning is of a plan that is no more.
      await recoverHeld(this.repository, dir);
      const { writeDecomposition } = await import('./plan/directory.ts');
      const written = await writeDecomposition(this.root, decomposition, options);
      if (!written.ok) return written;
      await removeJournal(this.repository, id);
      if (isFixed) {
        const now = await readPlanFiles(this.repository, dir);
        if (now.ok) await fixPlan(this.repository, id, now.value, 'person');
      }
      return success({ dir: written.value.dir });
    } finally {
      await lock.release();
    }
  }

  async previewReplan(request: Parameters<Engine['previewReplan']>[0]): ReturnType<Engine['previewReplan']> {
    const { previewReplan } = await import('./replan/replan.ts');
    return previewReplan(this.repository, request);
  }

  async applyReplan(preview: Parameters<Engine['applyReplan']>[0]): ReturnType<Engine['applyReplan']> {
    const { applyReplan } = await import('./replan/replan.ts');
    return (await this.#refused()) ?? applyReplan(this.repository, preview);
  }

  async undoReplan(planDir: string): ReturnType<Engine['undoReplan']> {
    const { undoReplan } = await import('./replan/replan.ts');
    return (await this.#refused()) ?? undoReplan(this.repository, planDir);
  }

  async setup(...[loaded]: Parameters<Engine['setup']>): ReturnType<Engine['setup']> {
    const { setupIn } = await import('./run/setup.ts');
    return setupIn(loaded.plan, this.repository.root);
  }

  isDriven(planDir: string): Promise<boolean> {
    return isLocked(planLease(this.repository, planIdOf(planDir)));
  }

  async unrunnable(...[loaded, request]: Parameters<Engine['unrunnable']>): Promise<EngineFailure | null> {
    const { unrunnable } = await import('./run/scheduler.ts');
    return unrunnable(loaded, request)?.failure ?? null;
  }

  async run(request: Parameters<Engine['run']>[0]): ReturnType<Engine['run']> {
    const [{ schedule }, { foreseen }] = await Promise.all([
      import('./run/scheduler.ts'),
      import('./git/unforeseen.ts'),
    ]);
    return foreseen(() => schedule(this.repository, request, this.#slicewave));
  }

  async accept(planDir: string): ReturnType<Engine['accept']> {
    const { acceptPlan } = await import('./plan/accept.ts');
    return (await this.#refused()) ?? acceptPlan(this.repository, planDir);
  }

  async ticking(planDir: string, options: Parameters<Engine['ticking']>[1] = {}): ReturnType<Engine['ticking']> {
    const [files, state] = [await readPlanFiles(this.repository, planDir), await this.state(planDir)];
    if (!files.ok) return files;
    if (!state.ok) return state;
    const { tickingOf } = await import('./plan/tick.ts');
    return tickingOf({ root: this.root, dir: planDir, files: files.value, state: state.value, ...options });
  }

  async tick(ticking: Ticking): ReturnType<Engine['tick']> {
    const { tick } = await import('./plan/tick.ts');
    return (await this.#refused()) ?? tick(this.repository, ticking);
  }

  async untick(planDir: string): ReturnType<Engine['untick']> {
    const { untick } = await import('./plan/tick.ts');
    return (await this.#refused()) ?? untick(this.repository, planDir);
  }

  /** Decisions are a person's: the failure when this process was started by a run, however it got loose of it. */
  async #refused(): Promise<ReturnType<typeof fail> | null> {
    const runs = await this.#reader.runs();
    const runners = runs.flatMap(({ alive, events: [first] }) =>
      alive && first?.type === 'run_started' ? [{ pid: first.pid, started: first.pid_started }] : [],
    );
    const worktrees = await worktreeRoot(this.repository);
    const { whyNotAPerson } = await import('./process/whose-hand.ts');
    const why = await whyNotAPerson({
      worktrees,
      runners,
      runIds: runs.map(({ runId }) => runId),
      editor: this.#editor,
    });
    if (why === null) return null;
    return fail(
      'inside-run',
      `this is for a person to decide, and this process is not one's: ${why}`,
      'Decide in a terminal of your own, in a checkout of your own, or in the editor.',
    );
  }

  async #decide<T>(
    planDir: string,
    work: (decisions: Decisions) => Promise<Result<T, EngineFailure>>,
  ): Promise<Result<T, EngineFailure>> {
    const loaded = await this.load(planDir);
    if (!loaded.ok) return loaded;
    const [{ Decisions }, { foreseen }] = await Promise.all([
      import('./state/decisions.ts'),
      import('./git/unforeseen.ts'),
    ]);
    return foreseen(async () => (await this.#refused()) ?? work(new Decisions(this.repository, loaded.value)));
  }

  answer(planDir: string, slice: string, text: string): ReturnType<Engine['answer']> {
    return this.#decide(planDir, (decisions) => decisions.answer(slice, text));
  }

  approve(planDir: string, slice: string): ReturnType<Engine['approve']> {
    return this.#decide(planDir, (decisions) => decisions.approve(slice));
  }

  retry(planDir: string, slice: string, options: Parameters<Engine['retry']>[2]): ReturnType<Engine['retry']> {
    return this.#decide(planDir, (decisions) => decisions.retry(slice, options));
  }

  skip(planDir: string, slice: string, reason?: string): ReturnType<Engine['skip']> {
    return this.#decide(planDir, (decisions) => decisions.skip(slice, reason));
  }

  stop(planDir: string, slice: string): ReturnType<Engine['stop']> {
    return this.#decide(planDir, (decisions) => decisions.stop(slice));
  }

  async integrate(planDir: string, options: Parameters<Engine['integrate']>[1]): ReturnType<Engine['integrate']> {
    const refused = options.into === undefined ? null : await this.#refused();
    if (refused) return refused;
    // Half a plan lacks slices, and would be called whole.
    await recoverReplan(this.repository, planDir);
    const loaded = await this.load(planDir);
    if (!loaded.ok) return loaded;
    const [{ integratePlan }, { foreseen }] = await Promise.all([
      import('./integrate/integrate.ts'),
      import('./git/unforeseen.ts'),
    ]);
    return foreseen(() => integratePlan(this.repository, loaded.value, options));
  }

  async runs(filter: Parameters<Engine['runs']>[0] = {}): ReturnType<Engine['runs']> {
    const runs = await this.#reader.runs(filter.plan);
    return runs
      .map((run): RunSummary => {
        const trace = traceOf(run.runId, run.events, run.alive);
        return {
          runId: run.runId,
          plan: trace.plan,
          slice: trace.slice,
          attempt: trace.attempt,
          state: trace.state,
          startedAt: trace.started_at,
          adapter: trace.agent.adapter,
        };
      })
      .filter((run) => filter.slice === undefined || run.slice === filter.slice);
  }

  async trace(runId: string): ReturnType<Engine['trace']> {
    const found = await this.#find(runId);
    if (!found.ok) return found;
    const run = await this.#reader.run(found.value);
    return success(traceOf(run.runId, run.events, run.alive));
  }

  async diff(runId: string): ReturnType<Engine['diff']> {
    const trace = await this.trace(runId);
    if (!trace.ok) return trace;
    const { base_commit: base, snapshot_commit: snapshot, worktree, run_id: id } = trace.value;
    const kept = await readFile(path.join(this.repository.runsDir, id, 'diff.patch'), 'utf8').catch(() => null);
    if (kept !== null) return success(kept);
    if (!base) return success('');
    const { git } = this.repository;
    const { patchBetween, treeOfWorktree } = await import('./git/changes.ts');
    if (snapshot) return success(await patchBetween(git, base, snapshot));
    if (!worktree) return success('');
    const live = await treeOfWorktree(git.in(worktree)).catch(() => null);
    return success(live ? await patchBetween(git, base, live) : '');
  }

  async diffOfCommits(before: string, after: string): Promise<string> {
    const { patchBetween } = await import('./git/changes.ts');
    return patchBetween(this.repository.git, before, after);
  }

  branch(): Promise<string | null> {
    return this.repository.git.branch();
  }

  nameRules(): Promise<GlobOptions> {
    return nameRules(this.repository.git);
  }

  fileAt(commit: string, file: string): Promise<Uint8Array | null> {
    return this.repository.git.blob(commit, file);
  }

  /** A run id may be cut short as long as it is one run's. */
  async #find(given: string): Promise<Result<string, EngineFailure>> {
    const runs = await this.#reader.runs();
    const exact = runs.find((run) => run.runId === given) ?? lastOf(runs, given);
    if (exact) return success(exact.runId);
    const matching = runs.filter((run) => run.runId.includes(given));
    const [only] = matching;
    if (only && matching.length === 1) return success(only.runId);
    return matching.length > 1
      ? fail(
          'no-such-run',
          `${given} could be ${matching.map((run) => run.runId).join(' or ')}`,
          'Give more of the run id.',
        )
      : fail('no-such-run', `there is no run ${given}`, 'List them with `slicewave trace list`.');
  }
}

/** The last run of the slice or merge point of that name, where only one plan has it. */
function lastOf(runs: readonly RunFacts[], node: string): RunFacts | undefined {
  const own = runs.filter(({ events: [first] }) => first?.type === 'run_started' && first.slice === node);
  const plans = new Set(own.map(({ events: [first] }) => (first?.type === 'run_started' ? first.plan : null)));
  return plans.size === 1 ? own.at(-1) : undefined;
}
