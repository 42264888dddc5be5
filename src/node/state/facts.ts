import { statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { PlanFacts, PlanState, RunFacts, RunRecord } from '../../core/run/state-model.ts';
import { mergeDue } from '../../core/run/carried-out.ts';
import { startFromRuns, type PlanStarted } from '../../core/run/lost-start.ts';
import type { Decision, RunEvent } from '../../core/run/model.ts';
import type { Warning } from '../../core/run/warning.ts';
import { foldPlan } from '../../core/run/fold.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { livenessOf } from '../process/machine.ts';
import type { Repository } from '../git/repository.ts';
import { counted } from '../../core/text/printing.ts';
import { attest } from './attest.ts';
import { HEARTBEAT, listRunIds, mayBeOf, readRun } from './run-log.ts';
import { runnerOf } from './stop.ts';
import { readDecisionRecord, type DecisionRecord } from './decision-log.ts';

type PlanToRead = Pick<LoadedPlan, 'plan' | 'graph' | 'unaccepted'>;

interface CachedRun {
  readonly size: number;
  readonly modified: number;
  /** When its content, or its times, were changed last: nobody can set that as they like. */
  readonly changed: number;
  readonly events: readonly RunEvent[];
  readonly record: RunRecord;
}

/** Runs that are looked at before others have their turn. */
const BETWEEN_TURNS = 100;

/**
 * Without giving way: a look at a file that the system has just had is done sooner than it is waited for, and there are
 * as many of them as there ever were runs.
 */
function statOf(file: string): Stats | null {
  try {
    return statSync(file);
  } catch {
    return null;
  }
}

/** By the place of the runs: whoever asks in this process, a run that has ended is read once. */
const known = new Map<string, Map<string, CachedRun>>();

/** Reads the facts of runs, keeping what cannot change: a run that has ended is read once in a process. */
export class FactsReader {
  readonly #repository: Pick<Repository, 'runsDir'>;
  readonly #runs: Map<string, CachedRun>;

  constructor(repository: Pick<Repository, 'runsDir'>) {
    this.#repository = repository;
    let runs = known.get(repository.runsDir);
    if (!runs) known.set(repository.runsDir, (runs = new Map()));
    this.#runs = runs;
  }

  async run(runId: string): Promise<RunFacts> {
    const dir = path.join(this.#repository.runsDir, runId);
    const file = statOf(path.join(dir, 'events.jsonl'));
    let cached = this.#runs.get(runId);
    // Who makes it readable again changes neither its size nor its time.
    if (
      !cached ||
      cached.record.unreadable !== undefined ||
      cached.size !== file?.size ||
      cached.modified !== file.mtimeMs ||
      cached.changed !== file.ctimeMs
    ) {
      const times = { size: file?.size ?? 0, modified: file?.mtimeMs ?? 0, changed: file?.ctimeMs ?? 0 };
      cached = { ...times, ...(await readRun(dir)) };
      this.#runs.set(runId, cached);
    }
    const first = cached.events[0];
    const ended = cached.events.at(-1)?.type === 'ended';
    const alive =
      !ended &&
      first?.type === 'run_started' &&
      (await livenessOf(runnerOf(first), statOf(path.join(dir, HEARTBEAT))?.mtimeMs ?? null)).alive;
    if (!alive && !ended && first) {
      // It may have said its last words between the two looks: a run that ended must not count as interrupted.
      cached = { ...cached, ...(await readRun(dir)) };
      this.#runs.set(runId, cached);
    }
    return { runId, events: cached.events, alive, record: cached.record };
  }

  /** All runs, or those of one plan, oldest first. */
  async runs(plan?: string): Promise<readonly RunFacts[]> {
    const ids = await listRunIds(this.#repository.runsDir);
    const found: RunFacts[] = [];
    for (const [place, id] of ids.entries()) {
      const run = await this.run(id);
      const first = run.events[0];
      if (first?.type === 'run_started' && (plan === undefined || first.plan === plan)) found.push(run);
      // Thousands of runs take a while, in which an editor wants to do something else as well.
      if (place % BETWEEN_TURNS === BETWEEN_TURNS - 1) await turnOfTheLoop();
    }
    if (this.#runs.size > ids.length) {
      const there = new Set(ids);
      for (const id of this.#runs.keys()) if (!there.has(id)) this.#runs.delete(id);
    }
    return found;
  }

  /** `known`: all runs, where they were just read. */
  async facts(loaded: PlanToRead, known?: readonly RunFacts[]): Promise<PlanFacts> {
    const { plan, graph } = loaded;
    const { found, record } = await this.#recorded(plan.id, known);
    const { runs, warnings } = attest(plan.id, found, record);
    const isOfPlan = ({ events: [first] }: RunFacts): boolean =>
      first?.type === 'run_started' && first.plan === plan.id;
    const isNew = record.decisions.length === 0 && !runs.some(isOfPlan);
    const restored = startFromRuns(record.decisions, runs.filter(isOfPlan));
    const decisions = restored === null ? record.decisions : [restored, ...record.decisions];
    return {
      plan,
      graph,
      decisions,
      runs,
      warnings: [
        ...(restored === null ? [] : [lostStartWarning(plan.id, restored)]),
        ...unacceptedWarning(loaded),
        ...(isNew ? await this.#ofEarlierVersion(plan) : []),
        ...unfinishedWarning(plan.dir, decisions),
        ...this.#unreadable(plan, new Set(runs.map(({ runId }) => runId))),
        ...warnings,
      ],
      now: Date.now(),
    };
  }

  /** A plan's runs and decisions, of which the runs are not older: who ends a run says so in the decisions afterwards. */
  async #recorded(
    plan: string,
    known?: readonly RunFacts[],
  ): Promise<{ readonly found: readonly RunFacts[]; readonly record: DecisionRecord }> {
    const found = new Map((known ?? (await this.runs(plan))).map((run) => [run.runId, run]));
    const record = await readDecisionRecord(this.#repository.runsDir, plan);
    for (const decision of record.decisions) {
      if (decision.type !== 'run_ended' || found.get(decision.run_id)?.record?.digest === decision.digest) continue;
      // It ended between the two looks, unless somebody changed or removed what it left.
      const run = await this.run(decision.run_id);
      if (run.events.length > 0) found.set(run.runId, run);
    }
    return { found: [...found.values()], record };
  }

  /**
   * Earlier versions knew a plan by the name of its directory, wherever that was. What they recorded under a name that is
   * nobody's now is of a plan like this one, which is not to start anew without a word.
   */
  async #ofEarlierVersion({ id, dir }: PlanToRead['plan']): Promise<readonly Warning[]> {
    const name = dir.slice(dir.lastIndexOf('/') + 1);
    const home = `parallel/${name}`;
    const { runsDir } = this.#repository;
    if (id === name || statOf(path.join(path.dirname(runsDir), home, 'manifest.json'))) return [];
    const runs = (await this.runs(name)).length;
    const decisions = (await readDecisionRecord(runsDir, name)).decisions.length;
    if (runs + decisions === 0) return [];
    return [
      {
        kind: 'earlier',
        summary: `${counted(runs, 'run')} and ${counted(decisions, 'decision')} of a plan ${name} are known by that name alone, and not counted for ${dir}: an earlier version recorded them`,
        remedy: `If they are of this plan, move it to ${home} to go on with it; here it starts anew`,
        paths: [`.agent-runs/plans/${name}.jsonl`],
      },
    ];
  }

  /** Runs that may be of the plan's slices, of which not even that can be read. `known`: those of which it can. */
  #unreadable({ slices }: PlanToRead['plan'], known: ReadonlySet<string>): readonly Warning[] {
    return [...this.#runs].flatMap(([runId, { record }]): readonly Warning[] => {
      if (record.unreadable === undefined || known.has(runId)) return [];
      const slice = slices.find(({ id }) => mayBeOf(runId, id));
      if (slice === undefined) return [];
      const file = `.agent-runs/${runId}/events.jsonl`;
      return [
        {
          kind: 'evidence',
          summary: `${file} cannot be read (${record.unreadable}): what this run of ${slice.id} does or did is not counted`,
          remedy: `Make it readable before you run ${slice.id} again, which may be at work or done`,
          paths: [file],
        },
      ];
    });
  }

  /** What another machine's key signed and nobody vouched for: runs with the digest of their content, and decisions. */
  async foreign(
    plan: string,
  ): Promise<{ readonly runs: Readonly<Record<string, string>>; readonly lines: readonly string[] }> {
    const { found, record } = await this.#recorded(plan);
    return { runs: attest(plan, found, record).elsewhere, lines: record.foreign };
  }

  async state(loaded: PlanToRead): Promise<PlanState> {
    return foldPlan(await this.facts(loaded));
  }
}

function lostStartWarning(plan: string, { prepared_commit: base }: PlanStarted): Warning {
  const file = `.agent-runs/plans/${plan}.jsonl`;
  return {
    kind: 'evidence',
    summary: `${file} does not say any more what the plan was started from: that is taken from its runs (${base.slice(0, 10)})`,
    remedy: 'What was answered, approved or skipped may be lost as well: look at the slices before you go on',
    paths: [file],
  };
}

function unfinishedWarning(dir: string, decisions: readonly Decision[]): readonly Warning[] {
  const due = mergeDue(decisions);
  if (!due) return [];
  return [
    {
      kind: 'unfinished',
      summary: `${due.commit.slice(0, 10)} was to be merged into ${due.into}, and nothing says that it is`,
      remedy: `\`slicewave integrate ${dir}\` finishes that first`,
      paths: [],
    },
  ];
}

function unacceptedWarning({ plan: { dir }, unaccepted = [] }: PlanToRead): readonly Warning[] {
  if (unaccepted.length === 0) return [];
  const shown = unaccepted.slice(0, 5).map((name) => `${dir}/${name}`);
  const more = unaccepted.length - shown.length;
  return [
    {
      kind: 'plan',
      summary: `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''} changed, and nobody has accepted that: the plan is run as it was`,
      remedy: `Accept it with \`slicewave accept ${dir}\`, or put it back`,
      paths: unaccepted.map((name) => `${dir}/${name}`),
    },
  ];
}
