import type { Plan, Slice } from '../plan/model.ts';
import type { Scope, ScopeEntry } from '../task/model.ts';

/** An entry of a scope by what it says, wherever it stands. */
export interface ScopePart {
  readonly key: keyof Scope;
  readonly path: string;
  readonly symbol: string | null;
}

/** What an advice asks for, for a machine to carry out: every part may be empty. */
export interface PlanChange {
  readonly scopes: readonly {
    readonly slice: string;
    readonly remove: readonly ScopePart[];
    /** Under BOUNDARY, or as exceptions (`!path`) where the entry stands that they take from. */
    readonly add: readonly ScopePart[];
  }[];
  /** Edges to add: `slice` waits for `on`. */
  readonly deps: readonly { readonly slice: string; readonly on: string }[];
  /** Files of the repository that become contracts, so no slice writes them. */
  readonly contracts: readonly string[];
  readonly slices: readonly { readonly id: string; readonly title: string; readonly scope: readonly ScopePart[] }[];
  /** One slice that takes over all that another has. */
  readonly join: { readonly into: string; readonly from: string } | null;
}

export const noChange: PlanChange = { scopes: [], deps: [], contracts: [], slices: [], join: null };

/**
 * The plan as it would be: in memory only, to be judged. New slices have the usual estimate, and new entries stand nowhere
 * in a text. Unknown slices are left out.
 */
export function changedPlan(plan: Plan, change: PlanChange): Plan {
  let slices = plan.slices.map((slice): Slice => {
    const scopes = change.scopes.filter((one) => one.slice === slice.id);
    const on = change.deps.filter((edge) => edge.slice === slice.id && edge.on !== slice.id).map((edge) => edge.on);
    if (scopes.length === 0 && on.length === 0) return slice;
    const scope = scopes.reduce((now, { remove, add }) => changedScope(now, remove, add), slice.scope);
    return { ...slice, scope, deps: [...new Set([...slice.deps, ...on])] };
  });
  const model = plan.slices[0];
  if (model) {
    for (const { id, title, scope } of change.slices) {
      const fresh = changedScope({ create: [], modify: [], boundary: [] }, [], scope);
      slices.unshift({
        ...model,
        id,
        title,
        file: '',
        component: null,
        workstream: null,
        deps: [],
        runtimeDeps: [],
        scope: fresh,
        verify: [],
        estimateMinutes: Math.min(120, ...plan.slices.map((slice) => slice.estimateMinutes)),
      });
    }
  }
  if (!change.join) return { ...plan, slices };
  const { into, from } = change.join;
  const gone = slices.find((slice) => slice.id === from);
  if (!gone || into === from || !slices.some((slice) => slice.id === into)) return { ...plan, slices };
  const renamed = (ids: readonly string[], self: string): string[] => [
    ...new Set(ids.map((id) => (id === from ? into : id)).filter((id) => id !== self)),
  ];
  slices = slices
    .filter((slice) => slice.id !== from)
    .map((slice) => {
      const deps = renamed(slice.id === into ? [...slice.deps, ...gone.deps] : slice.deps, slice.id);
      const runtimeDeps = renamed(slice.runtimeDeps, slice.id);
      if (slice.id !== into) return { ...slice, deps, runtimeDeps };
      return {
        ...slice,
        deps,
        runtimeDeps: renamed([...slice.runtimeDeps, ...gone.runtimeDeps], slice.id),
        estimateMinutes: slice.estimateMinutes + gone.estimateMinutes,
        scope: joined(slice.scope, gone.scope),
      };
    });
  const mergePoints = plan.mergePoints.map((point) => ({
    ...point,
    needs: renamed(point.needs, ''),
    unlocks: renamed(point.unlocks, ''),
  }));
  return { ...plan, slices, mergePoints };
}

function changedScope(scope: Scope, remove: readonly ScopePart[], add: readonly ScopePart[]): Scope {
  const changed = (key: keyof Scope): readonly ScopeEntry[] => [
    ...scope[key].filter(
      (entry) => !remove.some((part) => part.key === key && part.path === entry.path && part.symbol === entry.symbol),
    ),
    ...add.flatMap((part) => (part.key === key ? [entryOf(part)] : [])),
  ];
  return { create: changed('create'), modify: changed('modify'), boundary: changed('boundary') };
}

/** What one of the two may not touch, the other still may: only what both leave alone stays forbidden. */
function joined(a: Scope, b: Scope): Scope {
  const same = (x: ScopeEntry, y: ScopeEntry): boolean => x.path === y.path && x.symbol === y.symbol;
  const both = (left: readonly ScopeEntry[], right: readonly ScopeEntry[]): ScopeEntry[] => [
    ...left,
    ...right.filter((entry) => !left.some((other) => same(other, entry))),
  ];
  return {
    create: both(a.create, b.create),
    modify: both(a.modify, b.modify),
    boundary: a.boundary.filter((entry) => b.boundary.some((other) => same(other, entry))),
  };
}

function entryOf({ path, symbol }: ScopePart): ScopeEntry {
  const text = symbol === null ? path : `${path}::${symbol}`;
  return { path, symbol, note: null, text, span: { start: 0, end: 0 } };
}
