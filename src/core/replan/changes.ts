import type { ProposedSlice } from '../plan/proposal.ts';
import { splitSymbol } from '../decompose/boundary.ts';
import { planGraph } from '../plan/graph.ts';
import type { Plan } from '../plan/model.ts';
import { symbolsOverlap } from '../scope/contain.ts';
import { globsIntersect } from '../scope/glob.ts';
import { proposedSlice } from './proposal-of.ts';

/** What can differ between two versions of a slice, in the order it is shown. */
export const sliceFields = [
  'title',
  'workstream',
  'deps',
  'create',
  'modify',
  'boundary',
  'verify',
  'estimate',
  'agent',
  'contracts',
  'requirements',
  'checklist',
  'stop',
] as const;
export type SliceField = (typeof sliceFields)[number];

/** Lists and single values alike: what is gone and what is new. */
export interface FieldChange<F extends string = SliceField> {
  readonly field: F;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Merge points, contracts or workstreams: by id or path. */
export interface PartChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly { readonly id: string; readonly fields: readonly FieldChange<string>[] }[];
}

interface BeforeAfter<T> {
  readonly before: T;
  readonly after: T;
}

/** The difference of two plans. Each slice of either stands in `kept`, `changed`, `added` or `cut` exactly once. */
export interface PlanDiff {
  readonly kept: readonly string[];
  readonly changed: readonly { readonly id: string; readonly fields: readonly FieldChange[] }[];
  readonly added: readonly { readonly id: string; readonly title: string; readonly fields: readonly FieldChange[] }[];
  readonly cut: readonly { readonly id: string; readonly title: string }[];
  /** One slice whose files went to several; told by shared write scope. `into` may hold the slice itself. */
  readonly split: readonly { readonly from: string; readonly into: readonly string[] }[];
  /** Several slices whose files went to one; `from` may hold the slice itself. */
  readonly merged: readonly { readonly from: readonly string[]; readonly into: string }[];
  readonly mergePoints: PartChanges;
  readonly contracts: PartChanges;
  readonly workstreams: PartChanges;
  readonly waves: BeforeAfter<readonly (readonly string[])[]>;
  readonly criticalPath: BeforeAfter<readonly string[]>;
  readonly makespanMinutes: BeforeAfter<number>;
  /** Nothing at all differs. */
  readonly same: boolean;
}

/** Compares two versions of a plan, by slice id. Independent of the order of slices; deterministic. */
export function planChanges(before: Plan, after: Plan): PlanDiff {
  const old = new Map(before.slices.map((slice) => [slice.id, proposedSlice(slice)]));
  const fresh = new Map(after.slices.map((slice) => [slice.id, proposedSlice(slice)]));
  const kept: string[] = [];
  const changed: PlanDiff['changed'][number][] = [];
  for (const [id, slice] of old) {
    const now = fresh.get(id);
    if (!now) continue;
    const fields = fieldChanges(slice, now);
    if (fields.length === 0) kept.push(id);
    else changed.push({ id, fields });
  }
  const added = [...fresh.values()].filter((slice) => !old.has(slice.id));
  const cut = [...old.values()].filter((slice) => !fresh.has(slice.id));
  const { split, merged } = successions(cut, added, changed, old, fresh);
  const mergePoints = partChanges(
    before.mergePoints.map((point) => ({ ...point, name: point.id })),
    after.mergePoints.map((point) => ({ ...point, name: point.id })),
    ['needs', 'unlocks', 'verify'],
  );
  const contracts = partChanges(
    before.contracts.map((contract) => ({ ...contract, name: contract.path })),
    after.contracts.map((contract) => ({ ...contract, name: contract.path })),
    ['target', 'provider', 'consumers'],
  );
  const workstreams = partChanges(
    before.workstreams.map((stream) => ({
      id: stream.id,
      title: stream.name,
      boundary: stream.boundary,
      name: stream.id,
    })),
    after.workstreams.map((stream) => ({
      id: stream.id,
      title: stream.name,
      boundary: stream.boundary,
      name: stream.id,
    })),
    ['title', 'boundary'],
  );
  const graphs = { before: planGraph(before), after: planGraph(after) };
  const none = (parts: PartChanges): boolean => parts.added.length + parts.removed.length + parts.changed.length === 0;
  return {
    kept,
    changed,
    added: added.map((slice) => ({ id: slice.id, title: slice.title, fields: fieldChanges(nothing(slice), slice) })),
    cut: cut.map(({ id, title }) => ({ id, title })),
    split,
    merged,
    mergePoints,
    contracts,
    workstreams,
    waves: { before: graphs.before.waves, after: graphs.after.waves },
    criticalPath: { before: graphs.before.criticalPath, after: graphs.after.criticalPath },
    makespanMinutes: { before: graphs.before.makespanMinutes, after: graphs.after.makespanMinutes },
    same: changed.length + added.length + cut.length === 0 && none(mergePoints) && none(contracts) && none(workstreams),
  };
}

/**
 * What stands in the place of slices that are gone, told by whose files went where: the parts of one that was split, the
 * one that several were merged into.
 */
export function lineageOf(
  before: readonly ProposedSlice[],
  after: readonly ProposedSlice[],
): ReadonlyMap<string, readonly string[]> {
  const old = new Map(before.map((slice) => [slice.id, slice]));
  const fresh = new Map(after.map((slice) => [slice.id, slice]));
  const changed = [...old.values()].flatMap((slice) => {
    const now = fresh.get(slice.id);
    return now ? [{ id: slice.id, fields: fieldChanges(slice, now) }] : [];
  });
  const { split, merged } = successions(
    before.filter(({ id }) => !fresh.has(id)),
    after.filter(({ id }) => !old.has(id)),
    changed,
    old,
    fresh,
  );
  return new Map([
    ...split.filter(({ from }) => !fresh.has(from)).map(({ from, into }) => [from, into] as const),
    ...merged.flatMap(({ from, into }) => from.filter((id) => !fresh.has(id)).map((id) => [id, [into]] as const)),
  ]);
}

/** The fields in which two versions of a slice differ. The order within a list means nothing, except of checks. */
export function fieldChanges(before: ProposedSlice, after: ProposedSlice): FieldChange[] {
  return sliceFields.flatMap((field): FieldChange[] => {
    const change = listChange(listOf(before[field]), listOf(after[field]));
    return change ? [{ field, ...change }] : [];
  });
}

function listChange(
  before: readonly string[],
  after: readonly string[],
): { readonly removed: readonly string[]; readonly added: readonly string[] } | null {
  const removed = before.filter((value) => !after.includes(value));
  const added = after.filter((value) => !before.includes(value));
  return removed.length + added.length === 0 ? null : { removed, added };
}

function listOf(value: readonly string[] | string | null | undefined): readonly string[] {
  if (value === null || value === undefined || value === '') return [];
  return typeof value === 'string' ? [value] : value;
}

function nothing(slice: ProposedSlice): ProposedSlice {
  return {
    ...slice,
    workstream: null,
    deps: [],
    create: [],
    modify: [],
    boundary: [],
    verify: [],
    agent: null,
    contracts: [],
    requirements: [],
    checklist: [],
    stop: [],
  };
}

function partChanges<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
  fields: readonly (keyof T & string)[],
): PartChanges {
  const old = new Map(before.map((part) => [part.name, part]));
  const fresh = new Map(after.map((part) => [part.name, part]));
  const changed = [...old.values()].flatMap((part) => {
    const now = fresh.get(part.name);
    if (!now) return [];
    const differing = fields.flatMap((field): FieldChange<string>[] => {
      const change = listChange(
        listOf(part[field] as readonly string[] | string | null),
        listOf(now[field] as readonly string[] | string | null),
      );
      return change ? [{ field, ...change }] : [];
    });
    return differing.length === 0 ? [] : [{ id: part.name, fields: differing }];
  });
  return {
    added: [...fresh.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !fresh.has(name)),
    changed,
  };
}

type Writes = Pick<ProposedSlice, 'create' | 'modify'>;

/** Everything a slice may write, as its scope names it. */
export function writesOf(slice: Writes): readonly string[] {
  return [...slice.create, ...slice.modify];
}

/** Whether two write scopes can meet in one place; `file::A` and `file::B` do not. */
export function writesMeet(a: Writes, b: Writes): boolean {
  return writesOf(a).some((left) => writesOf(b).some((right) => entriesMeet(left, right)));
}

export function entriesMeet(a: string, b: string): boolean {
  if (a === b) return true;
  const left = splitSymbol(a);
  const right = splitSymbol(b);
  return globsIntersect(left.path, right.path) !== null && symbolsOverlap(left.symbol, right.symbol);
}

/**
 * Who took over whose files. A slice that is gone (or lost files) and at least two that have them now is a split; one
 * that has the files of at least two is a merge. Where it is several on both sides, nothing is claimed.
 */
function successions(
  cut: readonly ProposedSlice[],
  added: readonly ProposedSlice[],
  changed: PlanDiff['changed'],
  old: ReadonlyMap<string, ProposedSlice>,
  fresh: ReadonlyMap<string, ProposedSlice>,
): Pick<PlanDiff, 'split' | 'merged'> {
  const lost = changed.filter(({ fields }) =>
    fields.some(({ field, removed }) => (field === 'create' || field === 'modify') && removed.length > 0),
  );
  const gained = changed.filter(({ fields }) =>
    fields.some((change) => (change.field === 'create' || change.field === 'modify') && change.added.length > 0),
  );
  const givers = [...cut, ...lost.flatMap(({ id }) => old.get(id) ?? [])];
  // What a taker wrote all along was not taken over.
  const takers = [
    ...added,
    ...gained.flatMap(({ id }) => {
      const now = fresh.get(id);
      const own = writesOf(old.get(id) ?? { create: [], modify: [] });
      const gain = (list: readonly string[]): string[] => list.filter((text) => !own.includes(text));
      return now ? [{ id, create: gain(now.create), modify: gain(now.modify) }] : [];
    }),
  ];
  const links: { readonly from: string; readonly to: string }[] = [];
  for (const giver of givers) {
    for (const taker of takers) {
      if (giver.id === taker.id) continue;
      const own = fresh.get(giver.id);
      // What the giver still writes was not handed over.
      const handed = {
        create: giver.create.filter((text) => !own || !writesOf(own).includes(text)),
        modify: giver.modify.filter((text) => !own || !writesOf(own).includes(text)),
      };
      if (writesMeet(handed, taker)) links.push({ from: giver.id, to: taker.id });
    }
  }
  const split: PlanDiff['split'][number][] = [];
  const merged: PlanDiff['merged'][number][] = [];
  const into = (id: string): string[] => links.filter((link) => link.from === id).map((link) => link.to);
  const from = (id: string): string[] => links.filter((link) => link.to === id).map((link) => link.from);
  for (const giver of givers) {
    const parts = [...(fresh.has(giver.id) ? [giver.id] : []), ...into(giver.id)];
    if (parts.length >= 2 && into(giver.id).every((id) => from(id).length === 1 && !old.has(id)))
      split.push({ from: giver.id, into: parts });
  }
  for (const taker of takers) {
    const parts = [...(old.has(taker.id) ? [taker.id] : []), ...from(taker.id)];
    if (parts.length >= 2 && from(taker.id).every((id) => into(id).length === 1 && !fresh.has(id)))
      merged.push({ from: parts, into: taker.id });
  }
  return { split, merged };
}
