import type { Manifest } from '../../manifest/model.ts';
import { planGraph } from '../../plan/graph.ts';
import type { PlanGraph } from '../../plan/graph-model.ts';
import { digraph, REACH_BLOCK, reachFrom } from '../../plan/layers.ts';
import type { Plan, Slice } from '../../plan/model.ts';
import { isDone } from '../../task/model.ts';
import type { GlobOptions } from '../../scope/glob.ts';
import { KnownOverlaps } from '../../scope/known-overlaps.ts';
import { sameOptions } from '../../scope/meeting.ts';
import type { FoundOverlap } from '../../scope/overlap.ts';
import { PlaceIndex, placesOf, sameEntries } from '../engine/places.ts';

/**
 * What follows from ids, dependencies, estimates and scopes alone. Most keystrokes change none of these, so whatever is
 * worked out once for a shape holds until one does; only places in the text are looked up anew.
 */
export class PlanShape {
  readonly plan: Plan;
  readonly graph: PlanGraph;
  /** How names are compared. */
  readonly names: GlobOptions;
  /** What slices may create, and what they may modify. */
  readonly created: PlaceIndex;
  readonly modified: PlaceIndex;
  /** One object for as long as the dependencies and workstreams are the same. */
  readonly edges: object;
  /** One object for as long as all scopes are. */
  readonly scopes: object;
  /** The overlaps of this plan and of those it was before. */
  readonly #overlaps: KnownOverlaps;
  readonly #kept: Map<string, { readonly of: readonly unknown[]; readonly value: unknown }>;

  /** `last`: the shape before, of the same manifest. What the difference does not touch is taken over from it. */
  constructor(plan: Plan, names: GlobOptions = {}, last: PlanShape | null = null) {
    this.plan = plan;
    this.names = names;
    const before = last && sameOptions(last.names, names) && sameSlices(last.plan, plan) ? last : null;
    this.#kept = before ? before.#kept : new Map();
    const isOrdered = before !== null && sameEdges(before.plan, plan);
    this.edges = isOrdered ? before.edges : {};
    this.scopes = before && sameScopes(before.plan, plan) ? before.scopes : {};
    this.graph = isOrdered && sameMinutes(before.plan, plan) ? before.graph : planGraph(plan);
    this.#overlaps = last ? last.#overlaps : new KnownOverlaps();
    this.created = before
      ? before.created.after(before.plan, plan)
      : new PlaceIndex('create', placesOf(plan, 'create', names), names);
    this.modified = before
      ? before.modified.after(before.plan, plan)
      : new PlaceIndex('modify', placesOf(plan, 'modify', names), names);
  }

  /** Pairs of slices that may run at the same time and write the same; the same list for as long as they do. */
  overlaps(files: readonly string[]): readonly FoundOverlap[] {
    return this.#overlaps.of(this.plan, this.graph, files, this.names);
  }

  /** Worked out once, and again when one of `of`, all that it depends on, is another object. */
  once<T>(name: string, of: readonly unknown[], work: () => T): T {
    const kept = this.#kept.get(name);
    if (kept && kept.of.every((part, i) => part === of[i])) return kept.value as T;
    const value = work();
    this.#kept.set(name, { of, value });
    return value;
  }

  /**
   * For each pair of slices, by their places in the plan, whether the first is finished before the second may start: a
   * path of the graph leads from one to the other. Asked in one go, because one sweep answers for a thousand slices.
   * What waits for each other, or for those that do, is never started; there any path counts, because the circle is the
   * fault, and an order that is declared beside it is none.
   */
  finishedBefore(pairs: readonly (readonly [before: number, after: number])[]): boolean[] {
    if (pairs.length === 0) return [];
    const { plan, graph } = this;
    const place = new Map(plan.slices.map((slice, index) => [slice.id, index]));
    const edges = graph.edges.filter((edge) => graph.schedule.has(edge.from) && graph.schedule.has(edge.to));
    const vertices = digraph(
      plan.slices.length,
      Int32Array.from(edges, (edge) => place.get(edge.from) ?? 0),
      Int32Array.from(edges, (edge) => place.get(edge.to) ?? 0),
    );
    const order = Int32Array.from(graph.order, (id) => place.get(id) ?? 0);
    const answers = pairs.map(() => false);
    const asked = new Map<number, number[]>();
    pairs.forEach(([before, after], i) => {
      // Most pairs are a slice and one that it names itself.
      const first = plan.slices[before];
      const then = plan.slices[after];
      if (first && then?.deps.includes(first.id)) answers[i] = true;
      else if (first && then && graph.cycles.length > 0 && !graph.schedule.has(then.id))
        answers[i] = this.#leadsTo(first.id).has(then.id);
      else {
        const list = asked.get(before);
        if (list) list.push(i);
        else asked.set(before, [i]);
      }
    });
    const sources = [...asked.keys()];
    for (let first = 0; first < sources.length; first += REACH_BLOCK) {
      const block = sources.slice(first, first + REACH_BLOCK);
      const reaches = reachFrom(vertices, order, block);
      for (const v of block) {
        for (const i of asked.get(v) ?? []) {
          const w = pairs[i]?.[1] ?? v;
          answers[i] = w !== v && reaches(v, w);
        }
      }
    }
    return answers;
  }

  /** What waits for a slice, directly or not, circles or not. */
  #leadsTo(id: string): ReadonlySet<string> {
    const { edges } = this.graph;
    const behind = this.once('edges-from', [this.edges], () => {
      const from = new Map<string, string[]>();
      for (const edge of edges) {
        const list = from.get(edge.from);
        if (list) list.push(edge.to);
        else from.set(edge.from, [edge.to]);
      }
      return { from, found: new Map<string, ReadonlySet<string>>() };
    });
    const known = behind.found.get(id);
    if (known) return known;
    const seen = new Set<string>();
    const stack = [id];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (const next of behind.from.get(at) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        stack.push(next);
      }
    }
    behind.found.set(id, seen);
    return seen;
  }
}

const shapes = new WeakMap<Manifest, PlanShape>();

/** The shape of a plan; the one it had when its manifest was last looked at, where that is still right. */
export function shapeOf(plan: Plan, manifest: Manifest, names: GlobOptions = {}): PlanShape {
  const last = shapes.get(manifest) ?? null;
  if (last && sameOptions(last.names, names) && sameShape(last.plan, plan)) return last;
  const shape = new PlanShape(plan, names, last);
  shapes.set(manifest, shape);
  return shape;
}

/** Of one manifest, so that merge points, workstreams and limits are the same anyway. */
function sameShape(a: Plan, b: Plan): boolean {
  return (
    a.dir === b.dir &&
    a.slices.length === b.slices.length &&
    a.contracts.length === b.contracts.length &&
    a.contracts.every((contract, i) => contract.path === b.contracts[i]?.path) &&
    a.slices.every((slice, i) => sameSlice(slice, b.slices[i]))
  );
}

function sameSlice(a: Slice, b: Slice | undefined): boolean {
  if (a === b) return true;
  return (
    b !== undefined &&
    a.id === b.id &&
    a.file === b.file &&
    a.kind === b.kind &&
    a.workstream === b.workstream &&
    a.estimateMinutes === b.estimateMinutes &&
    isDone(a.task) === isDone(b.task) &&
    (['deps', 'contracts', 'skills', 'layers'] as const).every((key) => sameList(a[key], b[key])) &&
    sameScope(a, b)
  );
}

/** The same slices at the same places, whatever they say. */
function sameSlices(a: Plan, b: Plan): boolean {
  return a.slices.length === b.slices.length && a.slices.every((slice, i) => slice.id === b.slices[i]?.id);
}

/** All that the order of the slices is made of, merge points aside. */
function sameEdges(a: Plan, b: Plan): boolean {
  return a.slices.every((slice, i) => {
    const other = b.slices[i];
    return (
      slice === other ||
      (other !== undefined && slice.workstream === other.workstream && sameList(slice.deps, other.deps))
    );
  });
}

function sameMinutes(a: Plan, b: Plan): boolean {
  return a.slices.every((slice, i) => slice.estimateMinutes === b.slices[i]?.estimateMinutes);
}

function sameScopes(a: Plan, b: Plan): boolean {
  return a.slices.every((slice, i) => {
    const other = b.slices[i];
    return slice === other || (other !== undefined && sameScope(slice, other));
  });
}

function sameScope(a: Slice, b: Slice): boolean {
  return (
    a.scope === b.scope ||
    (['create', 'modify', 'boundary'] as const).every((key) => sameEntries(a.scope[key], b.scope[key]))
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}
