import type { Proposal, ProposedSlice } from '../plan/proposal.ts';
import { isActive, isProved, type SliceState } from '../run/states.ts';
import type { SliceView } from '../run/state-model.ts';
import { entriesMeet, fieldChanges, writesMeet, writesOf } from './changes.ts';
import { describe } from './field-words.ts';
import { freeId, type Lineage } from './operations.ts';
import { counted } from '../text/printing.ts';

export interface ReconcileRequest {
  /** The plan as it is, and as it is wanted. */
  readonly before: Proposal;
  readonly after: Proposal;
  /** What stands in the place of slices that are gone. */
  readonly lineage: Lineage;
  readonly slices: readonly Pick<SliceView, 'id' | 'state' | 'runs'>[];
  /** Ids that ever had a run or a decision, in lower case. */
  readonly history: ReadonlySet<string>;
  /** The base with its contracts was made already. */
  readonly started: boolean;
  /** Running slices that would change or go are to be stopped first; otherwise they stay as they are. */
  readonly stopRunning: boolean;
}

/** One sentence about one slice (or contract, merge point) that a person should know before saying yes. */
export interface ReplanNote {
  readonly about: string;
  readonly text: string;
}

export interface Reconciliation {
  /** The plan to write. */
  readonly proposal: Proposal;
  /** Slices that must stay as they are, to the byte of their task specs. */
  readonly locked: ReadonlySet<string>;
  /** Running slices to stop before anything is written. */
  readonly stop: readonly string[];
  /** Slices with an earlier attempt whose task changes: one sentence each for their agents. */
  readonly renewed: readonly { readonly slice: string; readonly note: string }[];
  readonly notes: readonly ReplanNote[];
  /** Why the plan cannot be changed like this. Empty: it can. */
  readonly blocked: readonly string[];
}

/**
 * Brings a wanted plan together with what already happened. What is verified or merged stays as it is, and so does what
 * runs, unless it is to be stopped; everything else is free. Dependencies on slices that are gone go to what stands in
 * their place. New work in files of a slice that stays waits for that slice.
 */
export function reconcile(request: ReconcileRequest): Reconciliation {
  return new Reconciler(request).run();
}

/** What changes nothing of the work itself: boundaries mostly follow from what others write. */
const minor: ReadonlySet<string> = new Set(['boundary', 'title', 'estimate', 'agent']);

/** What a slice at work need not be stopped for. Another agent has to begin. */
const unnoticed: ReadonlySet<string> = new Set(['boundary', 'title', 'estimate']);

/** The sentence for the agent of a slice whose task changes; `null` when it is the same work. */
export function taskNote(before: ProposedSlice, after: ProposedSlice): string | null {
  const fields = fieldChanges(before, after).filter(({ field }) => !minor.has(field));
  return fields.length === 0 ? null : `The plan was changed. For this slice: ${describe(fields)}.`;
}

class Reconciler {
  readonly #request: ReconcileRequest;
  readonly #states: ReadonlyMap<string, SliceState>;
  readonly #notes: ReplanNote[] = [];
  readonly #blocked: string[] = [];
  readonly #stop: string[] = [];

  constructor(request: ReconcileRequest) {
    this.#request = request;
    this.#states = new Map(request.slices.map((slice) => [slice.id, slice.state]));
  }

  run(): Reconciliation {
    const { before, after } = this.#request;
    const locked = this.#locked();
    const wanted = new Map(after.slices.map((slice) => [slice.id, slice]));
    const old = new Map(before.slices.map((slice) => [slice.id, slice]));
    const chosen: ProposedSlice[] = [];
    for (const slice of before.slices) {
      const now = wanted.get(slice.id);
      if (locked.has(slice.id)) {
        this.#stays(slice, now);
        chosen.push(slice);
      } else if (now) chosen.push(now);
      else if (this.#runsOf(slice.id) > 0)
        this.#note(slice.id, `is cut; its ${counted(this.#runsOf(slice.id), 'run')}, branch and snapshots are kept`);
    }
    const renamed = new Map<string, string>();
    for (const slice of after.slices) {
      if (old.has(slice.id)) continue;
      const fresh = this.#freshId(slice.id, [...chosen, ...after.slices]);
      if (fresh !== slice.id) renamed.set(slice.id, fresh);
      const rest = this.#besides({ ...slice, id: fresh }, before, locked);
      if (rest) chosen.push(rest);
    }
    const ids = new Set(chosen.map((slice) => slice.id));
    const names = (list: readonly string[], who: string, what: string): string[] =>
      this.#names(list, ids, renamed, who, what);
    let slices = chosen.map((slice) =>
      locked.has(slice.id)
        ? slice
        : { ...slice, deps: names(slice.deps, slice.id, 'waits for').filter((id) => id !== slice.id) },
    );
    slices = slices.map((slice) => (locked.has(slice.id) ? slice : this.#behind(slice, slices, old, locked)));
    this.#cycles(slices);
    const proposal: Proposal = {
      ...after,
      slices,
      workstreams: [
        ...after.workstreams,
        // A slice that stays keeps its workstream's boundary.
        ...before.workstreams.filter(
          (stream) =>
            !after.workstreams.some((other) => other.id === stream.id) &&
            slices.some((slice) => slice.workstream === stream.id),
        ),
      ],
      merge_points: after.merge_points.flatMap((point) => {
        const needs = names(point.needs, point.id, 'needs');
        const unlocks = names(point.unlocks, point.id, 'unlocks').filter((id) => !needs.includes(id));
        if (needs.length > 0 && unlocks.length > 0) return [{ ...point, needs, unlocks }];
        this.#note(point.id, `goes: no slice is left that it ${needs.length === 0 ? 'needs' : 'unlocks'}`);
        return [];
      }),
      contracts: this.#contracts(names),
      setup: before.setup.length > 0 ? before.setup : after.setup,
    };
    return {
      proposal,
      locked,
      stop: this.#stop,
      renewed: this.#renewed(slices, old, locked),
      notes: this.#notes,
      blocked: this.#blocked,
    };
  }

  /** Verified and merged slices; running ones that are not to be stopped; and what any of them depends on. */
  #locked(): Set<string> {
    const { before, after, stopRunning } = this.#request;
    const wanted = new Map(after.slices.map((slice) => [slice.id, slice]));
    const locked = new Set<string>();
    for (const slice of before.slices) {
      const state = this.#states.get(slice.id) ?? 'pending';
      if (isProved(state)) locked.add(slice.id);
      if (!isActive(state)) continue;
      const now = wanted.get(slice.id);
      const same = now !== undefined && fieldChanges(slice, now).every(({ field }) => unnoticed.has(field));
      if (same || !stopRunning) locked.add(slice.id);
      else this.#stop.push(slice.id);
    }
    // A task spec that stays to the byte names its dependencies: they must not go.
    const standing = new Set(wanted.keys());
    for (let grown = true; grown;) {
      grown = false;
      for (const slice of before.slices.filter(({ id }) => locked.has(id))) {
        for (const dep of slice.deps) {
          if (locked.has(dep) || standing.has(dep)) continue;
          locked.add(dep);
          grown = true;
          const at = this.#stop.indexOf(dep);
          if (at >= 0) this.#stop.splice(at, 1);
          this.#note(dep, `stays: ${slice.id} (${this.#stateOf(slice.id)}) was built to depend on it`);
        }
      }
    }
    return locked;
  }

  /** What a slice that stays would have become. */
  #stays(slice: ProposedSlice, now: ProposedSlice | undefined): void {
    const state = this.#stateOf(slice.id);
    const advice = isActive(this.#states.get(slice.id) ?? 'pending') ? '; give --stop-running to change it now' : '';
    if (!now) {
      if (isProved(this.#states.get(slice.id) ?? 'pending') || advice !== '')
        this.#note(slice.id, `stays: it is ${state}, and is not cut${advice}`);
      return;
    }
    // Boundaries follow what other slices write; one inside of what this one writes somebody asked for.
    const fields = fieldChanges(slice, now).filter(
      ({ field, added }) =>
        field !== 'boundary' || added.some((wall) => writesOf(slice).some((own) => entriesMeet(own, wall))),
    );
    if (fields.length === 0) return;
    this.#note(slice.id, `stays as it is: it is ${state} (wanted: ${describe(fields)})${advice}`);
    if (advice !== '') return;
    const more = writesOf(now).filter((entry) => !writesOf(slice).some((own) => entriesMeet(own, entry)));
    if (more.length > 0) {
      const id = freeId(slice.id, this.#takenIds());
      const checks = now.verify.map((command) => `; verify: ${command}`).join('');
      this.#note(
        slice.id,
        `what it should do in addition is a new slice: --add "${id}: ${now.title} (after ${slice.id}; files: ${more.join(', ')}${checks})"`,
      );
    }
    const waits = fields.find(({ field }) => field === 'deps')?.added ?? [];
    if (waits.length > 0) this.#note(slice.id, `was made without ${waits.join(', ')}, which it should now wait for`);
  }

  /** A new slice without the files that a slice which stays has already; `null` when nothing is left of it. */
  #besides(slice: ProposedSlice, before: Proposal, locked: ReadonlySet<string>): ProposedSlice | null {
    const { lineage, after } = this.#request;
    const givers = before.slices.filter(
      (other) =>
        locked.has(other.id) &&
        ((lineage.get(other.id) ?? []).includes(slice.id) || !after.slices.some(({ id }) => id === other.id)),
    );
    const owner = (entry: string): ProposedSlice | undefined =>
      givers.find((other) => writesOf(other).some((own) => entriesMeet(own, entry)));
    const taken = writesOf(slice).filter((entry) => owner(entry) !== undefined);
    if (taken.length === 0) return slice;
    const owners = [...new Set(taken.map((entry) => owner(entry)?.id ?? ''))].join(', ');
    if (taken.length === writesOf(slice).length) {
      this.#note(slice.id, `is left out: ${owners}, which stays, has its files already`);
      return null;
    }
    this.#note(slice.id, `is made without ${taken.join(', ')}: ${owners}, which stays, has that already`);
    return {
      ...slice,
      create: slice.create.filter((entry) => !taken.includes(entry)),
      modify: slice.modify.filter((entry) => !taken.includes(entry)),
    };
  }

  /** New work in the files of a slice that stays, or in its worktree, comes after it. */
  #behind(
    slice: ProposedSlice,
    all: readonly ProposedSlice[],
    old: ReadonlyMap<string, ProposedSlice>,
    locked: ReadonlySet<string>,
  ): ProposedSlice {
    const before = old.get(slice.id);
    const fresh = before ? writesOf(slice).filter((entry) => !writesOf(before).includes(entry)) : [...writesOf(slice)];
    const joined = slice.workstream !== null && slice.workstream !== (before?.workstream ?? null);
    const waits = all.filter((other) => {
      if (!locked.has(other.id) || slice.deps.includes(other.id)) return false;
      const shares = writesMeet({ create: fresh, modify: [] }, other);
      return (shares || (joined && other.workstream === slice.workstream)) && !reaches(all, other.id, slice.id);
    });
    const needed = waits.filter(
      (other) =>
        !slice.deps.some((dep) => reaches(all, dep, other.id)) &&
        !waits.some((later) => later !== other && reaches(all, later.id, other.id)),
    );
    if (needed.length === 0) return slice;
    const ids = needed.map((other) => other.id);
    this.#note(slice.id, `waits for ${ids.join(', ')}: it goes on in the same files`);
    return { ...slice, deps: [...slice.deps, ...ids] };
  }

  #names(
    list: readonly string[],
    ids: ReadonlySet<string>,
    renamed: ReadonlyMap<string, string>,
    who: string,
    what: string,
  ): string[] {
    const found: string[] = [];
    for (const name of list) {
      const now = renamed.get(name) ?? name;
      const heirs = (this.#request.lineage.get(name) ?? []).map((id) => renamed.get(id) ?? id);
      if (ids.has(now)) found.push(now);
      else if (heirs.some((id) => ids.has(id))) found.push(...heirs.filter((id) => ids.has(id)));
      else if (what !== '') this.#note(who, `no longer ${what} ${name}, which is cut`);
    }
    return [...new Set(found)];
  }

  /** A name that has runs belongs to them for good. */
  #freshId(id: string, others: readonly ProposedSlice[]): string {
    const { history } = this.#request;
    if (!history.has(id.toLowerCase())) return id;
    const fresh = freeId(id, new Set([...history, ...others.map((slice) => slice.id.toLowerCase())]));
    this.#note(fresh, `is ${id} of the new plan: the runs of an earlier ${id} are kept under that name`);
    return fresh;
  }

  /** Contracts are written into the base before any slice starts; later they cannot get there any more. */
  #contracts(names: (list: readonly string[], who: string, what: string) => string[]): Proposal['contracts'] {
    const { before, after, started } = this.#request;
    const old = new Map(before.contracts.map((contract) => [contract.path, contract]));
    const found = after.contracts.map((contract) => {
      const known = old.get(contract.path);
      const content =
        known && known.content.trimEnd() === contract.content.trimEnd() ? known.content : contract.content;
      const named = {
        ...contract,
        content,
        consumers: names(contract.consumers, contract.path, ''),
        provider: contract.provider === null ? null : (names([contract.provider], contract.path, '')[0] ?? null),
      };
      if (!started || contract.target === null) return named;
      if (!known) {
        this.#note(
          contract.path,
          `is not written to ${contract.target}: the base is made already; let a slice create it`,
        );
        return { ...named, target: null };
      }
      if (known.content !== content) {
        this.#note(
          contract.path,
          'stays as it is: slices were built on it; change it in a slice that all its users wait for',
        );
        return { ...named, content: known.content, target: known.target };
      }
      return { ...named, target: known.target };
    });
    const gone = before.contracts.filter((contract) => !after.contracts.some((other) => other.path === contract.path));
    if (!started) return found;
    for (const contract of gone) this.#note(contract.path, 'stays: it is part of the base that slices were built on');
    return [...found, ...gone.map((contract) => ({ ...contract, consumers: names(contract.consumers, '', '') }))];
  }

  #cycles(slices: readonly ProposedSlice[]): void {
    const done = new Set<string>();
    const trail: string[] = [];
    const deps = new Map(slices.map((slice) => [slice.id, slice.deps]));
    const visit = (id: string): boolean => {
      if (done.has(id)) return false;
      const at = trail.indexOf(id);
      if (at >= 0) {
        this.#blocked.push(
          `these slices would wait for each other: ${[...trail.slice(at), id].toReversed().join(' -> ')}`,
        );
        return true;
      }
      trail.push(id);
      const found = (deps.get(id) ?? []).some(visit);
      trail.pop();
      done.add(id);
      return found;
    };
    slices.some((slice) => visit(slice.id));
  }

  #renewed(
    slices: readonly ProposedSlice[],
    old: ReadonlyMap<string, ProposedSlice>,
    locked: ReadonlySet<string>,
  ): Reconciliation['renewed'] {
    return slices.flatMap((slice) => {
      const before = old.get(slice.id);
      if (!before || locked.has(slice.id) || this.#runsOf(slice.id) === 0) return [];
      if (this.#states.get(slice.id) === 'skipped') return [];
      const note = taskNote(before, slice);
      return note === null ? [] : [{ slice: slice.id, note }];
    });
  }

  #takenIds(): ReadonlySet<string> {
    const { before, after, history } = this.#request;
    return new Set([...history, ...[...before.slices, ...after.slices].map((slice) => slice.id.toLowerCase())]);
  }

  #runsOf(id: string): number {
    return this.#request.slices.find((slice) => slice.id === id)?.runs.length ?? 0;
  }

  #stateOf(id: string): string {
    return (this.#states.get(id) ?? 'pending').replace('_', ' ');
  }

  #note(about: string, text: string): void {
    if (!this.#notes.some((note) => note.about === about && note.text === text)) this.#notes.push({ about, text });
  }
}

/** Whether `from` waits, directly or not, for `to`. */
function reaches(slices: readonly ProposedSlice[], from: string, to: string): boolean {
  const deps = new Map(slices.map((slice) => [slice.id, slice.deps]));
  const seen = new Set<string>();
  const queue = [from];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (at === to) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    queue.push(...(deps.get(at) ?? []));
  }
  return false;
}

/**
 * Gives the slices of a new decomposition the ids they have in the plan: the same id where title or files agree,
 * otherwise the id of the slice that writes the same files. A decomposer that counts anew must not make a verified
 * slice look changed, nor give its name to other work.
 */
export function alignIds(before: Proposal, after: Proposal): Proposal {
  const same = (a: ProposedSlice, b: ProposedSlice): boolean =>
    a.title === b.title || writesMeet(a, b) || writesOf(a).length === 0 || writesOf(b).length === 0;
  const ids = new Map<string, string>();
  const old = new Map(before.slices.map((slice) => [slice.id, slice]));
  for (const slice of after.slices) {
    const known = old.get(slice.id);
    if (known && same(known, slice)) ids.set(slice.id, slice.id);
  }
  const used = new Set(ids.values());
  for (const slice of after.slices.filter(({ id }) => !ids.has(id))) {
    const twin = before.slices.find(
      (other) =>
        !used.has(other.id) &&
        writesOf(other).length > 0 &&
        writesOf(other).length === writesOf(slice).length &&
        writesOf(other).every((entry) => writesOf(slice).includes(entry)),
    );
    if (!twin) continue;
    ids.set(slice.id, twin.id);
    used.add(twin.id);
  }
  const taken = new Set([...old.keys(), ...after.slices.map((slice) => slice.id)].map((id) => id.toLowerCase()));
  for (const slice of after.slices.filter(({ id }) => !ids.has(id))) {
    const id = old.has(slice.id) || used.has(slice.id) ? freeId(slice.id, taken) : slice.id;
    taken.add(id.toLowerCase());
    ids.set(slice.id, id);
  }
  const name = (id: string): string => ids.get(id) ?? id;
  return {
    ...after,
    slices: after.slices.map((slice) => ({ ...slice, id: name(slice.id), deps: slice.deps.map(name) })),
    merge_points: after.merge_points.map((point) => ({
      ...point,
      needs: point.needs.map(name),
      unlocks: point.unlocks.map(name),
    })),
    contracts: after.contracts.map((contract) => ({
      ...contract,
      provider: contract.provider === null ? null : name(contract.provider),
      consumers: contract.consumers.map(name),
    })),
  };
}
