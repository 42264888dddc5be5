import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createRedactor } from '../../core/gate/redact.ts';
import { integrationReport } from '../../core/view/integration-report.ts';
import { success, type Result } from '../../core/text/result.ts';
import { foldPlan } from '../../core/run/fold.ts';
import { isSettled } from '../../core/run/states.ts';
import { integrationBranchOf } from '../../core/run/names.ts';
import type { Verification } from '../../core/run/model.ts';
import type { PlanFacts, PlanState } from '../../core/run/state-model.ts';
import { changesBetween, takeSnapshot, treeOfWorktree } from '../git/changes.ts';
import type { EngineFailure, IntegrationReport, LoadedPlan } from '../engine-model.ts';
import { FactsReader } from '../state/facts.ts';
import { GitError, type Git } from '../git/git.ts';
import { environment } from '../process/processes.ts';
import { excludeState, fail, type Repository } from '../git/repository.ts';
import { setUp } from '../run/setup.ts';
import { acquireLock, appendDecision, writeWhole } from '../state/state-files.ts';
import { endProcesses } from '../state/stop.ts';
import { runCheck, validationCommand } from '../run/verify.ts';
import { clearGitLocks, ensureWorktree, listWorktrees, worktreeRoot } from '../git/worktree.ts';

export interface IntegrateOptions {
  /** The branch to move when everything passed. Absent: nothing of the person's moves. */
  readonly into?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

interface Merge {
  readonly slice: string;
  /** The integration branch after this merge. */
  readonly commit: string;
}

interface Check {
  readonly name: string;
  readonly command: string;
  /** Number of merges after which it must pass. */
  readonly after: number;
}

/**
 * The integration pass: one merge per verified slice in topological order, on a branch and in a worktree of its own;
 * contract and boundary compliance; the checks of every merge point, wave and slice on the merged whole; a bisection
 * that names the slice when they fail; a report. Only then, and only with `into`, the person's branch moves.
 */
export async function integratePlan(
  repository: Repository,
  loaded: LoadedPlan,
  options: IntegrateOptions,
): Promise<Result<IntegrationReport, EngineFailure>> {
  await excludeState(repository);
  const lock = await acquireLock(path.join(repository.runsDir, 'plans', `${loaded.plan.id}.integrate.lock`));
  if (!lock) return fail('busy', `${loaded.plan.id} is being integrated by another process`, 'Wait for it to end.');
  try {
    const facts = await new FactsReader(repository).facts(loaded);
    const state = foldPlan(facts);
    if (!state.preparedCommit) {
      return fail('not-started', `${loaded.plan.id} was not started`, `Run it first: slicewave run ${loaded.plan.dir}`);
    }
    const unfinished = state.slices.filter((slice) => !isSettled(slice.state));
    if (unfinished.length > 0) {
      const names = unfinished.map((slice) => `${slice.id} (${slice.state})`).join(', ');
      return fail(
        'not-verified',
        `not every slice is verified: ${names}`,
        'Finish, answer or skip them first; only verified slices are integrated.',
      );
    }
    // What a killed integration left running: checks carry its name in their environment.
    await endProcesses((seen) => seen.runId === integrationRun(repository, loaded.plan.id));
    return await new Integration(repository, loaded, facts, state, options).pass();
  } finally {
    await lock.release();
  }
}

class Integration {
  readonly #repository: Repository;
  readonly #loaded: LoadedPlan;
  readonly #facts: PlanFacts;
  readonly #state: PlanState;
  readonly #options: IntegrateOptions;
  readonly #branch: string;
  readonly #signal: AbortSignal;
  readonly #checks: IntegrationReport['checks'][number][] = [];
  readonly #evidence: Verification[] = [];
  #dir = '';

  constructor(
    repository: Repository,
    loaded: LoadedPlan,
    facts: PlanFacts,
    state: PlanState,
    options: IntegrateOptions,
  ) {
    this.#repository = repository;
    this.#loaded = loaded;
    this.#facts = facts;
    this.#state = state;
    this.#options = options;
    this.#branch = integrationBranchOf(loaded.plan.id);
    this.#signal = options.signal ?? new AbortController().signal;
  }

  async pass(): Promise<Result<IntegrationReport, EngineFailure>> {
    const { plan, graph } = this.#loaded;
    this.#dir = path.join(await worktreeRoot(this.#repository), plan.id, 'integration');
    const order = graph.order.filter((id) =>
      this.#state.slices.some((s) => s.id === id && s.commit && s.state !== 'skipped'),
    );
    const prepared = await this.#open(order);
    if (!prepared.ok) return prepared;
    const git = this.#repository.git.in(this.#dir);

    const merges: Merge[] = [];
    for (const id of order) {
      if (this.#signal.aborted) return CANCELLED;
      this.#say(`merging ${id}`);
      const merged = await this.#merge(git, id);
      if ('files' in merged) {
        this.#check(`merge ${id}`, 'failed', `conflicts in ${merged.files.join(', ')}`);
        return this.#finish('conflict', merges, { conflicts: [{ slice: id, files: merged.files }], failing: [] });
      }
      merges.push({ slice: id, commit: merged.commit });
    }
    this.#check(
      'merges',
      'passed',
      `${merges.length === 1 ? '1 slice' : `${merges.length} slices, one merge each`}, no conflict`,
    );
    await this.#contracts(git);
    await this.#boundaries(git);

    const setup = await setUp({
      repository: this.#repository,
      plan,
      worktree: this.#dir,
      env: this.#env(),
      signal: this.#signal,
      redact: createRedactor(process.env),
      say: (line) => this.#say(line),
    });
    if (setup.failed) {
      this.#check('setup', 'failed', setup.failed);
      return this.#finish('failed', merges, { conflicts: [], failing: [] });
    }
    const failing = await this.#verify(git, merges);
    if (failing === null) return CANCELLED;
    const failed = failing.length > 0 || this.#checks.some((check) => check.status === 'failed');
    const report = await this.#finish(failed ? 'failed' : 'passed', merges, { conflicts: [], failing });
    if (!report.ok || failed) return report;
    if (this.#options.into === undefined) return report;
    const moved = await moveBranch(this.#repository, this.#loaded, this.#branch, this.#options.into);
    return moved.ok ? report : moved;
  }

  /**
   * The integration worktree on its branch. A branch that holds merges of these very commits is gone on with (a person
   * may have resolved a conflict there); anything else is kept under a hidden ref and the branch starts anew.
   */
  async #open(order: readonly string[]): Promise<Result<null, EngineFailure>> {
    const { git } = this.#repository;
    const base = this.#state.preparedCommit ?? '';
    const tip = await git.resolve(`refs/heads/${this.#branch}`);
    const known = new Set(order.map((id) => this.#commitOf(id)));
    let current = tip !== null && (await git.isAncestor(base, tip));
    if (current && tip) {
      const merged = await git.text(['log', '--first-parent', '--format=%P', `${base}..${tip}`]);
      for (const line of merged.split('\n').filter((l) => l !== '')) {
        const [, theirs] = line.split(' ');
        if (theirs !== undefined && !known.has(theirs)) current = false;
      }
    }
    const busy = (await stat(path.join(this.#dir, '.git')).catch(() => null)) !== null;
    if (busy) await clearGitLocks(this.#repository, this.#dir, this.#branch);
    if (current && busy) {
      const here = git.in(this.#dir);
      const merging = await here.run(['rev-parse', '--verify', '--quiet', 'MERGE_HEAD'], { accept: [0, 1, 128] });
      if (merging.exitCode === 0) {
        const open = await here.fields(['diff', '--name-only', '--diff-filter=U', '-z']);
        if (open.length > 0) {
          return fail(
            'conflict',
            `${this.#dir} still has conflicts in ${open.join(', ')}`,
            'Resolve them there, `git add` and `git commit`, then integrate again.',
          );
        }
        await here.run(['commit', '--no-edit', '--quiet', '--no-verify'], { env: await here.author() });
      }
    }
    const ready = await ensureWorktree(this.#repository, {
      path: this.#dir,
      branch: this.#branch,
      base: current && tip ? ((await git.resolve(`refs/heads/${this.#branch}`)) ?? base) : base,
      mode: 'fresh',
      ours: true,
      snapshot: async (dir) => {
        await takeSnapshot(
          git.in(dir),
          `integration-${Date.now()}`,
          'slicewave: integration worktree before a new pass',
        );
      },
    });
    return ready.ok ? success(null) : ready;
  }

  async #merge(git: Git, id: string): Promise<{ readonly commit: string } | { readonly files: readonly string[] }> {
    const commit = this.#commitOf(id);
    const merged = await this.#mergedBefore(git, commit);
    if (merged !== null) return { commit: merged };
    const slice = this.#loaded.plan.slices.find((candidate) => candidate.id === id);
    const message = `Merge ${id}: ${slice?.title ?? id}\n\nSlicewave-Plan: ${this.#loaded.plan.id}\nSlicewave-Slice: ${id}`;
    // `merge` rather than `merge-tree`: where it conflicts, the person finds the conflict in this worktree.
    const out = await git.run(['merge', '--no-ff', '--no-verify', '--quiet', '-m', message, commit], {
      accept: [0, 1],
      env: await git.author(),
    });
    if (out.exitCode !== 0) return { files: await git.fields(['diff', '--name-only', '--diff-filter=U', '-z']) };
    return { commit: (await git.resolve('HEAD')) ?? '' };
  }

  /** Where an earlier pass (or a person) merged a commit; `null` when the branch does not hold it. */
  async #mergedBefore(git: Git, commit: string): Promise<string | null> {
    if (!(await git.isAncestor(commit, 'HEAD'))) return null;
    const base = this.#state.preparedCommit ?? '';
    const log = await git.text(['log', '--first-parent', '--reverse', '--format=%H %P', `${base}..HEAD`]);
    const steps = log.split('\n').map((line) => line.split(' '));
    const merge = steps.find(([, , theirs]) => theirs === commit)?.[0];
    if (merge) return merge;
    for (const [at] of steps) if (at && (await git.isAncestor(commit, at))) return at;
    return git.text(['rev-parse', 'HEAD']);
  }

  /** Contract compliance: who does not provide a contract has not changed it. */
  async #contracts(git: Git): Promise<void> {
    const { plan } = this.#loaded;
    const targets = plan.contracts.filter((contract) => contract.target !== null);
    if (targets.length === 0) return;
    const changes = await changesBetween(git, this.#state.preparedCommit ?? '', 'HEAD');
    for (const contract of targets) {
      const change = changes.find((c) => c.path === contract.target || c.from === contract.target);
      const owner = plan.slices.find(
        (slice) => slice.id === contract.provider || slice.workstream === contract.provider,
      );
      if (!change) this.#check(`contract ${contract.target}`, 'passed', 'as written before any agent started');
      else if (owner)
        this.#check(
          `contract ${contract.target}`,
          'passed',
          `changed (${change.change}); its provider is ${contract.provider}`,
        );
      else this.#check(`contract ${contract.target}`, 'failed', `${change.change}, though no slice provides it`);
    }
  }

  /** Boundary compliance of the whole: each file that changed was changed by slices whose gate let it through. */
  async #boundaries(git: Git): Promise<void> {
    const changes = await changesBetween(git, this.#state.preparedCommit ?? '', 'HEAD');
    const accounted = new Set(
      this.#state.slices.flatMap((slice) =>
        (slice.runs.findLast((run) => run.commit !== null)?.filesChanged ?? []).flatMap((file) =>
          file.from ? [file.path, file.from] : [file.path],
        ),
      ),
    );
    const strangers = changes.filter((change) => !accounted.has(change.path)).map((change) => change.path);
    if (strangers.length === 0)
      this.#check(
        'boundaries',
        'passed',
        `${changes.length} changed file${changes.length === 1 ? '' : 's'}, each in the scope of a verified slice`,
      );
    else this.#check('boundaries', 'failed', `changed by no verified slice: ${strangers.join(', ')}`);
  }

  async #verify(git: Git, merges: readonly Merge[]): Promise<IntegrationReport['failing'][number][] | null> {
    const failing: { slice: string; check: string }[] = [];
    const head = (await git.resolve('HEAD')) ?? '';
    for (const check of this.#wanted(merges)) {
      const result = await this.#run(check.command, check.name);
      if (!result) return null;
      this.#evidence.push(result);
      if (result.outcome === 'passed') {
        this.#check(check.name, 'passed', `\`${check.command}\` passed in ${(result.durationMs / 1000).toFixed(1)}s`);
        continue;
      }
      this.#check(
        check.name,
        'failed',
        `\`${check.command}\` ${result.outcome}${result.exitCode === null ? '' : ` (exit ${result.exitCode})`}`,
      );
      const culprit = await this.#bisect(git, check, merges);
      await git.run(['checkout', '--quiet', '--force', this.#branch]);
      if (culprit === null) return null;
      failing.push({ slice: culprit, check: check.command });
    }
    if ((await git.resolve('HEAD')) !== head) throw new Error('the integration branch moved while it was verified');
    if (this.#evidence.length === 0)
      this.#check('verification', 'not-run', 'no slice, merge point or wave names a check');
    return failing;
  }

  /** The checks of merge points, of waves, and of every slice, each once, on the merged whole. */
  #wanted(merges: readonly Merge[]): Check[] {
    const { plan } = this.#loaded;
    const wanted = new Map<string, Check>();
    const add = (name: string, command: string, slices: readonly string[]): void => {
      const after = Math.max(0, ...slices.map((id) => merges.findIndex((merge) => merge.slice === id) + 1));
      const known = wanted.get(command);
      if (known) wanted.set(command, { ...known, name: `${known.name}, ${name}`, after: Math.min(known.after, after) });
      else wanted.set(command, { name, command, after });
    };
    for (const point of plan.mergePoints) for (const command of point.verify) add(point.id, command, point.needs);
    for (const check of plan.waveChecks)
      add(`wave ${check.wave}`, validationCommand(check, plan.technology), check.slices);
    const skipped = new Set(this.#state.slices.filter((s) => s.state === 'skipped').map((s) => s.id));
    for (const slice of plan.slices) {
      if (skipped.has(slice.id)) continue;
      const waived = this.#waived(slice.id);
      for (const command of slice.verify) if (!waived.has(command)) add(slice.id, command, [slice.id]);
    }
    return [...wanted.values()];
  }

  /** Checks whose failure a person accepted in the run that made the slice's commit: asked again, they would fail again. */
  #waived(id: string): ReadonlySet<string> {
    const made = this.#state.slices
      .find((slice) => slice.id === id)
      ?.runs.findLast((run) => run.commit !== null)?.runId;
    const events = this.#facts.runs.find((run) => run.runId === made)?.events ?? [];
    return new Set(
      events.flatMap((event) => (event.type === 'verification' && event.result.waived ? [event.result.command] : [])),
    );
  }

  /** Binary search over the merges for the first one after which the check fails: that merge's slice breaks it. */
  async #bisect(git: Git, check: Check, merges: readonly Merge[]): Promise<string | null> {
    // Before `after` merges the check has nothing to pass on; right after them is the first place it can be asked.
    let low = Math.max(0, check.after - 1);
    let high = merges.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      await git.run(['checkout', '--quiet', '--force', '--detach', merges[middle]?.commit ?? '']);
      const result = await this.#run(check.command, `bisecting at ${merges[middle]?.slice ?? ''}`);
      if (!result) return null;
      if (result.outcome === 'passed') low = middle + 1;
      else high = middle;
    }
    return merges[low]?.slice ?? '';
  }

  async #run(command: string, what: string): Promise<Verification | null> {
    if (this.#signal.aborted) return null;
    this.#say(`verifying ${what}: ${command}`);
    const result = await runCheck({
      command,
      cwd: this.#dir,
      env: this.#env(),
      timeoutMs: this.#loaded.plan.limits.timeoutMinutes * 60_000,
      signal: this.#signal,
      redact: createRedactor(process.env),
    });
    return this.#signal.aborted ? null : result;
  }

  async #finish(
    state: IntegrationReport['state'],
    merges: readonly Merge[],
    problems: Pick<IntegrationReport, 'conflicts' | 'failing'>,
  ): Promise<Result<IntegrationReport, EngineFailure>> {
    const { plan } = this.#loaded;
    const git = this.#repository.git.in(this.#dir);
    const commit = await git.resolve('HEAD');
    const report: IntegrationReport = {
      v: 1,
      plan: plan.id,
      state,
      branch: this.#branch,
      commit,
      merged: merges.map((merge) => merge.slice),
      ...problems,
      checks: this.#checks,
      report_path: `${plan.dir}/integration-report.md`,
    };
    const text = integrationReport({ report, state: this.#state, plan, evidence: this.#evidence, worktree: this.#dir });
    await writeWhole(path.join(this.#repository.root, report.report_path), text);
    await this.#noteInManifest(report);
    if (state === 'passed' && commit) {
      await appendDecision(this.#repository.runsDir, plan.id, 'integration', {
        type: 'integrated',
        commit,
        branch: this.#branch,
        slices: report.merged,
      });
    }
    return success(report);
  }

  /** The manifest's `integration` block, as the format has it. Every other key stays, in its order. */
  async #noteInManifest(report: IntegrationReport): Promise<void> {
    const file = path.join(this.#repository.root, this.#loaded.plan.dir, 'manifest.json');
    const text = await readFile(file, 'utf8');
    let manifest: unknown;
    try {
      manifest = JSON.parse(text);
    } catch {
      // It was readable a moment ago; whoever is editing it now must not lose their edit to a note.
      return;
    }
    if (typeof manifest !== 'object' || manifest === null) return;
    const integration = {
      status: report.state,
      report_path: 'integration-report.md',
      completed_at: new Date().toISOString(),
      checks: Object.fromEntries(report.checks.map((check) => [check.name, check.status])),
    };
    const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
    await writeWhole(file, `${JSON.stringify({ ...manifest, integration }, null, indent)}\n`);
  }

  #env(): Record<string, string> {
    const { plan } = this.#loaded;
    return {
      ...environment(),
      SLICEWAVE_PLAN: plan.id,
      SLICEWAVE_RUN_ID: integrationRun(this.#repository, plan.id),
      SLICEWAVE_WORKTREE: this.#dir,
    };
  }

  #commitOf(id: string): string {
    return this.#state.slices.find((slice) => slice.id === id)?.commit ?? '';
  }

  #check(name: string, status: 'passed' | 'failed' | 'not-run', details: string): void {
    this.#checks.push({ name, status, details });
    this.#say(`${status}: ${name}: ${details}`);
  }

  #say(text: string): void {
    this.#options.onProgress?.(text);
  }
}

/** Stands for a run id in the environment of an integration's checks. */
function integrationRun(repository: Repository, plan: string): string {
  // Plans of other repositories may have the same name, and their processes are none of ours.
  const place = createHash('sha256').update(repository.runsDir).digest('hex').slice(0, 12);
  return `integration-${plan}-${place}`;
}

const CANCELLED = fail(
  'cancelled',
  'the integration was cancelled',
  'Nothing was moved; integrate again when you like.',
);

/**
 * Moves a branch to the integrated commit. Fast-forward where possible, else a merge commit; a branch that is checked
 * out somewhere is moved by git in that worktree, which refuses rather than overwrite uncommitted work.
 */
async function moveBranch(
  repository: Repository,
  loaded: LoadedPlan,
  branch: string,
  into: string,
): Promise<Result<null, EngineFailure>> {
  const { git } = repository;
  const target = await git.resolve(`refs/heads/${into}`);
  const source = await git.resolve(`refs/heads/${branch}`);
  if (!target || !source) {
    return fail('git', `there is no branch ${into}`, `Make it first: git branch ${into}`);
  }
  const checkout = (await listWorktrees(repository)).find((entry) => entry.branch === into);
  const message = `Merge plan ${loaded.plan.id}: ${loaded.plan.title}`;
  let commit: string;
  if (checkout) {
    // `merge --abort` below must only ever take back our own merge: what the person has resolved so far is in no ref.
    const merging = await git
      .in(checkout.path)
      .run(['rev-parse', '--verify', '--quiet', 'MERGE_HEAD'], { accept: [0, 1, 128] });
    if (merging.exitCode === 0) {
      return fail(
        'conflict',
        `${into} was not moved: a merge is under way in ${checkout.path}`,
        'Conclude it (`git commit`) or abort it there, then integrate again.',
      );
    }
    try {
      await git
        .in(checkout.path)
        .run(['merge', '--quiet', '--no-verify', '-m', message, source], { env: await git.author() });
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      await git.in(checkout.path).run(['merge', '--abort'], { accept: [0, 128] });
      return fail(
        'conflict',
        `${into} was not moved: ${(error.stderr || error.stdout).trim().split('\n').slice(0, 6).join(' ')}`,
        `Commit or stash your changes in ${checkout.path}, or merge ${branch} by hand.`,
      );
    }
    commit = (await git.resolve(`refs/heads/${into}`)) ?? '';
  } else if (await git.isAncestor(target, source)) {
    await git.run(['update-ref', `refs/heads/${into}`, source, target]);
    commit = source;
  } else {
    const merged = await git.mergeTree(target, source);
    if ('conflicts' in merged) {
      return fail(
        'conflict',
        `${into} was not moved: it conflicts in ${merged.conflicts.join(', ')}`,
        `Merge ${branch} by hand.`,
      );
    }
    commit = await git.commitTree(merged.tree, [target, source], message);
    await git.run(['update-ref', `refs/heads/${into}`, commit, target]);
  }
  await appendDecision(repository.runsDir, loaded.plan.id, 'person', { type: 'merged', commit, into });
  return success(null);
}

/** Whether a worktree holds nothing that its commit does not: what may be removed without a snapshot. */
export async function isClean(git: Git): Promise<boolean> {
  return (await treeOfWorktree(git)) === (await git.treeOf('HEAD'));
}
