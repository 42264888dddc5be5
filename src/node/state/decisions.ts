import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { success, type Result } from '../../core/text/result.ts';
import { createRedactor } from '../../core/gate/redact.ts';
import { fileOf } from '../../core/gate/symbol-check.ts';
import type { PlanState, SliceView } from '../../core/run/state-model.ts';
import { stopRow } from '../../core/run/stops.ts';
import { waysOf, wayCommand } from '../../core/run/ways.ts';
import { shellWord } from '../../core/text/shell-quoting.ts';
import { isActive, isAsking, isProved, isSettled } from '../../core/run/states.ts';
import { addToScope } from '../../core/task/edit.ts';
import { type EngineFailure, fail } from '../failure.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { FactsReader } from './facts.ts';
import { recoverHeld } from './replan-journal.ts';
import { type Repository } from '../git/repository.ts';
import { acquireLock, planLock } from './locks.ts';
import { amendFixed } from './fixed-plan.ts';
import { appendDecision } from './decision-log.ts';
import { writeWhole } from './whole-write.ts';
import { endRunners, runnerOf } from './stop.ts';
import { placeHere } from '../process/machine.ts';
import { whereabouts } from '../../core/run/liveness.ts';

type Answer<T> = Promise<Result<T, EngineFailure>>;

/** What a person decides about slices. Each decision is one appended fact; the next fold shows what follows from it. */
export class Decisions {
  readonly #repository: Repository;
  readonly #loaded: LoadedPlan;
  readonly #reader: FactsReader;
  /** What a person types is part of the evidence, and reaches the next prompt. */
  readonly #redact = createRedactor(process.env);

  constructor(repository: Repository, loaded: LoadedPlan) {
    this.#repository = repository;
    this.#loaded = loaded;
    this.#reader = new FactsReader(repository);
  }

  answer(id: string, text: string): Answer<null> {
    return this.#whileNobodyClaims(() => this.#answer(id, text));
  }

  async #answer(id: string, text: string): Answer<null> {
    const found = await this.#waiting(id);
    if (!found.ok) return found;
    const { slice } = found.value;
    if (slice.run && !waysOf(slice.run).includes('answer')) {
      return fail(
        'not-waiting',
        `${id} asks nothing that a sentence answers: it ${slice.run.failure ? 'failed' : 'stopped'} (${slice.run.failure?.reason ?? slice.run.stop?.condition ?? ''})`,
        `Tell its agent with another attempt: ${this.#command('retry', id)} --note "..."`,
      );
    }
    if (text.trim() === '') return fail('not-waiting', 'the answer is empty', 'Write what the agent should know.');
    await this.#append({ type: 'answered', slice: id, run_id: found.value.runId, text: this.#redact(text) });
    return success(null);
  }

  /** Approves the paths, or waives the checks, that a slice stopped on. Scope growth is written into its task spec. */
  async approve(id: string): Answer<{ readonly paths: readonly string[] }> {
    const found = await this.#waiting(id);
    if (!found.ok) return found;
    const stop = found.value.slice.run?.stop;
    if (!stop || found.value.slice.state !== 'stopped') {
      return fail(
        'not-waiting',
        `${id} did not stop on something that can be approved`,
        `Settle it with ${this.#ways(found.value.slice)}.`,
      );
    }
    const approval = stopRow(stop.condition)?.approve ?? null;
    const aboutPaths = approval === 'scope' || approval === 'paths';
    if (approval === null) {
      return fail(
        'not-waiting',
        `${id} stopped on its ${stop.condition}`,
        `Settle it with ${this.#ways(found.value.slice)}.`,
      );
    }
    if (approval === 'scope') {
      const grown = await this.#growScope(id, stop.paths, found.value.slice.run?.baseCommit ?? 'HEAD');
      if (!grown.ok) return grown;
    }
    await this.#append({
      type: 'approved',
      slice: id,
      run_id: found.value.runId,
      paths: aboutPaths ? stop.paths : [],
      waive: aboutPaths ? [] : stop.paths,
    });
    return success({ paths: stop.paths });
  }

  retry(id: string, options: { readonly revert: boolean; readonly note?: string }): Answer<null> {
    return this.#whileNobodyClaims(() => this.#retry(id, options));
  }

  async #retry(id: string, options: { readonly revert: boolean; readonly note?: string }): Answer<null> {
    const state = await this.#reader.state(this.#loaded);
    const checkpoint = state.checkpoints.find((candidate) => candidate.id === id);
    if (checkpoint) {
      if (options.revert)
        return fail(
          'not-waiting',
          `${id} has no changes of its own to revert`,
          `Retry it without: ${this.#command('retry', id)}`,
        );
      if (options.note !== undefined)
        return fail(
          'not-waiting',
          `${id} has no agent that could be told`,
          `Retry it without: ${this.#command('retry', id)}`,
        );
      if (checkpoint.state !== 'failed' && !checkpoint.skipped)
        return fail(
          'not-waiting',
          `${id} is ${checkpoint.state}`,
          'Only one that failed or was skipped can be retried.',
        );
      await this.#append({ type: 'retried', slice: id, run_id: checkpoint.run?.runId ?? null, revert: [], note: null });
      return success(null);
    }
    const found = this.#find(state, id);
    if (!found.ok) return found;
    const slice = found.value;
    if (isActive(slice.state))
      return fail('busy', `${id} is ${slice.state}`, `Stop it first: ${this.#command('stop', id)}`);
    if (slice.state === 'pending' || (slice.state === 'ready' && slice.runs.length === 0)) {
      return fail(
        'not-waiting',
        `${id} was not run yet`,
        `Start it with \`slicewave run ${shellWord(this.#loaded.plan.dir)} --only ${shellWord(id)}\`.`,
      );
    }
    const built = state.slices.filter(
      (other) => other.runs.length > 0 && this.#loaded.graph.schedule.get(other.id)?.deps.includes(id),
    );
    if (isProved(slice.state) && built.length > 0) {
      return fail(
        'not-waiting',
        `${built.map((s) => s.id).join(', ')} already stand${built.length === 1 ? 's' : ''} on ${id}`,
        'Add a slice that changes it instead.',
      );
    }
    const stop = slice.run?.stop;
    if (options.revert && !(stop && stopRow(stop.condition)?.revert)) {
      return fail(
        'not-waiting',
        `${id} has nothing out of scope to revert`,
        `Retry it without: ${this.#command('retry', id)}`,
      );
    }
    await this.#append({
      type: 'retried',
      slice: id,
      run_id: slice.run?.runId ?? null,
      revert: options.revert && stop ? stop.paths : [],
      note: options.note === undefined ? null : this.#redact(options.note),
    });
    return success(null);
  }

  skip(id: string, reason?: string): Answer<null> {
    return this.#whileNobodyClaims(() => this.#skip(id, reason));
  }

  async #skip(id: string, reason?: string): Answer<null> {
    const state = await this.#reader.state(this.#loaded);
    const checkpoint = state.checkpoints.find((candidate) => candidate.id === id);
    if (checkpoint) {
      if (checkpoint.state === 'running')
        return fail('busy', `${id} is running`, `Stop it first: ${this.#command('stop', id)}`);
      if (checkpoint.state === 'reached')
        return fail('not-waiting', `${id} is reached already`, 'There is nothing to skip.');
    } else {
      const found = this.#find(state, id);
      if (!found.ok) return found;
      if (isActive(found.value.state))
        return fail('busy', `${id} is ${found.value.state}`, `Stop it first: ${this.#command('stop', id)}`);
      if (isSettled(found.value.state))
        return fail('not-waiting', `${id} is ${found.value.state} already`, 'There is nothing to skip.');
    }
    await this.#append({ type: 'skipped', slice: id, reason: reason === undefined ? null : this.#redact(reason) });
    return success(null);
  }

  async stop(id: string): Answer<null> {
    const facts = await this.#reader.runs(this.#loaded.plan.id);
    const running = facts.filter(
      (run) => run.alive && run.events[0]?.type === 'run_started' && run.events[0].slice === id,
    );
    const [first] = running;
    if (!first) {
      const found = this.#find(await this.#reader.state(this.#loaded), id);
      return found.ok ? fail('not-waiting', `${id} is not running`, 'There is nothing to stop.') : found;
    }
    const [event] = first.events;
    const runner = event?.type === 'run_started' ? runnerOf(event) : null;
    if (runner && whereabouts(runner, await placeHere()) === 'elsewhere')
      return fail('busy', `${id} is run by process ${runner.pid} on ${runner.host}`, 'Stop it there.');
    await this.#append({ type: 'stop_asked', slice: id, run_id: first.runId });
    await endRunners(running);
    return success(null);
  }

  /**
   * An attempt goes by what was decided before it began, and counts that as said: no decision may come between what it
   * reads and its first event.
   */
  async #whileNobodyClaims<T>(work: () => Answer<T>): Answer<T> {
    const { id } = this.#loaded.plan;
    const lock = await acquireLock(planLock(this.#repository, id), { wait: 15_000 });
    if (!lock) return fail('busy', `${id} is being changed by another process`, 'Try again in a moment.');
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  #find(state: PlanState, id: string): Result<SliceView, EngineFailure> {
    const slice = state.slices.find((candidate) => candidate.id === id);
    if (slice) return success(slice);
    return fail(
      'no-such-slice',
      `${state.plan} has no slice ${id}`,
      `Slices: ${state.slices.map((s) => s.id).join(', ')}.`,
    );
  }

  async #waiting(id: string): Answer<{ readonly slice: SliceView; readonly runId: string }> {
    const found = this.#find(await this.#reader.state(this.#loaded), id);
    if (!found.ok) return found;
    const slice = found.value;
    if (slice.run && !slice.next && (isAsking(slice.state) || slice.state === 'failed')) {
      return success({ slice, runId: slice.run.runId });
    }
    return fail(
      'not-waiting',
      `${id} does not wait for an answer: it is ${slice.state}`,
      `\`slicewave status ${shellWord(this.#loaded.plan.dir)}\` lists what waits.`,
    );
  }

  async #growScope(id: string, paths: readonly string[], base: string): Promise<Result<null, EngineFailure>> {
    const slice = this.#loaded.plan.slices.find((candidate) => candidate.id === id);
    if (!slice) return success(null);
    const file = path.join(this.#repository.root, slice.file);
    // Re-planning writes task specs too.
    const lock = await acquireLock(planLock(this.#repository, this.#loaded.plan.id), { wait: 10_000 });
    if (!lock) return fail('busy', `${this.#loaded.plan.id} is being re-planned`, 'Approve again in a moment.');
    try {
      await recoverHeld(this.#repository, this.#loaded.plan.dir);
      const grown = await this.#grow(file, slice.file, paths, base);
      if (grown.ok) {
        const name = slice.file.slice(this.#loaded.plan.dir.length + 1);
        // In the plan that is run by, too: what else may have been changed in the directory is not approved with it.
        const before = this.#loaded.files.get(name) ?? null;
        if (before !== null) {
          const after = addToScope(before, slice.file, grown.value);
          await amendFixed(this.#repository, this.#loaded.plan.id, [{ name, before, after }]);
        }
      }
      return grown.ok ? success(null) : grown;
    } finally {
      await lock.release();
    }
  }

  async #grow(
    file: string,
    name: string,
    paths: readonly string[],
    base: string,
  ): Promise<Result<Parameters<typeof addToScope>[2], EngineFailure>> {
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null)
      return fail('no-such-file', `${name} cannot be read`, 'Put the task spec back, then approve again.');
    const known = new Set(
      await this.#repository.git.fields(['ls-tree', '-r', '-z', '--name-only', base, '--', ...paths.map(fileOf)]),
    );
    // A new symbol of a file that exists is a change of that file.
    const growth = {
      create: paths.filter((path) => !known.has(fileOf(path))),
      modify: paths.filter((path) => known.has(fileOf(path))),
    };
    await writeWhole(file, addToScope(text, name, growth));
    return success(growth);
  }

  #command(verb: string, id: string): string {
    return `slicewave ${verb} ${shellWord(this.#loaded.plan.dir)} ${shellWord(id)}`;
  }

  /** What settles a slice that waits, as commands. */
  #ways({ id, run }: SliceView): string {
    const ways = run ? waysOf(run) : [];
    return ways.map((way) => `\`${wayCommand(way, this.#loaded.plan.dir, id)}\``).join(' or ');
  }

  async #append(body: Parameters<typeof appendDecision>[3]): Promise<void> {
    const by = this.#redact((await this.#repository.git.person()) ?? '') || 'person';
    await appendDecision(this.#repository.runsDir, this.#loaded.plan.id, by, body);
  }
}
