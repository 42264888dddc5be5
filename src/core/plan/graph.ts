import type { Edge, PlanGraph, SliceSchedule } from './graph-model.ts';
import { cycleTrails, digraph, layerGraph, type Digraph, type Layers } from './layers.ts';
import type { Plan, Slice } from './model.ts';

/** Minutes below which two times are the same: estimates may be fractions. */
const EPSILON = 1e-6;

/**
 * Everything that follows from a plan's edges and estimates. Linear in slices and edges; the same plan gives the same
 * graph, and no order of a map ever decides anything.
 *
 * - Edges: declared dependencies; each need of a merge point before each slice it unlocks; slices of one workstream
 *   one after another, because they share a worktree. A workstream is chained in the order of (wave, place in the
 *   plan) that the first two kinds give. That order is topological, so a chain never closes a cycle. Two neighbours
 *   of a chain that are ordered already get no edge of their own.
 * - Waves: longest-path depth over all edges, from 1.
 * - Batches: a batch ends with the deepest wave that holds a need of a merge point, if a wave follows. So a plan
 *   without merge points is one batch, and two merge points whose needs end in the same wave close one batch together.
 * - Times: the critical path method, with as many agents as there is work. Of several critical paths the one is given
 *   whose slices stand first in the plan, seen from its end. A merge point stands between a need of it and a slice it
 *   unlocks.
 * - Cycles: one trail per knot of slices that wait for each other, along the edges (`A1, B2, A1`: A1 before B2 before
 *   A1). What is on a cycle or behind one has no schedule; everything else has.
 */
export function planGraph(plan: Plan): PlanGraph {
  const { slices } = plan;
  const index = new Map<string, number>();
  slices.forEach((slice, i) => {
    if (!index.has(slice.id)) index.set(slice.id, i);
  });
  const declared = declaredEdges(plan, index);
  const first = digraph(slices.length, declared.from, declared.to);
  const layers = layerGraph(first);
  const chain = chainWorkstreams(slices, first, layers);
  const graph = chain.from.length
    ? digraph(slices.length, joined(declared.from, chain.from), joined(declared.to, chain.to))
    : first;
  const final = chain.from.length ? layerGraph(graph) : layers;

  const ids = slices.map((slice) => slice.id);
  const edges = namedEdges(plan, ids, graph, declared.gate);
  const waves: string[][] = [];
  let width = 0;
  for (let wave = 1; wave < final.start.length; wave++) {
    const members = Array.from(final.order.subarray(final.start[wave - 1], final.start[wave]), (v) => ids[v]!);
    waves.push(members);
    width = Math.max(width, members.length);
  }
  const batchOf = batchOfWaves(plan, index, final);
  const times = criticalTimes(slices, graph, final);
  const schedule = new Map<string, SliceSchedule>();
  for (const v of final.order) {
    const wave = final.layer[v]!;
    const earliestStart = small(times.earliest[v]!);
    const slack = times.latest[v]! - earliestStart;
    const critical = slack < EPSILON;
    schedule.set(ids[v]!, {
      id: ids[v]!,
      wave,
      batch: batchOf[wave - 1]!,
      deps: ends(ids, graph.in, graph.inStart, graph.from, v, slices[v]!.deps),
      dependents: ends(ids, graph.out, graph.outStart, graph.to, v, NONE),
      earliestStart,
      latestStart: critical ? earliestStart : small(times.latest[v]!),
      slack: critical ? 0 : small(slack),
      critical,
    });
  }
  const batches: number[][] = [];
  batchOf.forEach((batch, i) => (batches[batch - 1] ??= []).push(i + 1));

  return {
    order: Array.from(final.order, (v) => ids[v]!),
    edges,
    schedule,
    waves,
    batches,
    criticalPath: withMergePoints(
      plan,
      criticalTrail(graph, final, times).map((v) => ids[v]!),
    ),
    makespanMinutes: times.makespan,
    width,
    cycles:
      layers.order.length === slices.length
        ? []
        : cycleTrails(first, (v) => layers.layer[v] === 0).map((trail) => trail.map((v) => ids[v]!)),
  };
}

/** The edges with names: first the declared ones and those of merge points, then the workstreams' chains. */
function namedEdges(plan: Plan, ids: readonly string[], graph: Digraph, gate: Int32Array): Edge[] {
  const edges: Edge[] = new Array(graph.from.length);
  for (let e = 0; e < edges.length; e++) {
    const from = ids[graph.from[e]!]!;
    const to = ids[graph.to[e]!]!;
    if (e >= gate.length) edges[e] = { from, to, kind: 'workstream' };
    else if (gate[e]! < 0) edges[e] = { from, to, kind: 'dep' };
    else edges[e] = { from, to, kind: 'merge-point', mergePoint: plan.mergePoints[gate[e]!]!.id };
  }
  return edges;
}

const NONE: readonly string[] = [];

/**
 * The ids at the other ends of a vertex's edges; `known` itself where that says the same. Twenty thousand arrays that
 * live on are most of what a large plan costs, so none is made or grown without need.
 */
function ends(
  ids: readonly string[],
  edges: Int32Array,
  start: Int32Array,
  far: Int32Array,
  v: number,
  known: readonly string[],
): readonly string[] {
  const first = start[v]!;
  const count = start[v + 1]! - first;
  if (count === known.length) {
    let i = 0;
    while (i < count && ids[far[edges[first + i]!]!] === known[i]) i++;
    if (i === count) return known;
  }
  const found: string[] = new Array(count);
  for (let i = 0; i < count; i++) found[i] = ids[far[edges[first + i]!]!]!;
  return found;
}

/** The same number; whole ones in the form that needs no memory of its own. */
function small(value: number): number {
  const whole = value | 0;
  return whole === value ? whole : value;
}

interface DeclaredEdges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The merge point an edge comes from, or -1 for a declared dependency. */
  readonly gate: Int32Array;
}

/** Declared dependencies, then merge points, grouped by the slice that waits. Each pair once; unknown ids are skipped. */
function declaredEdges(plan: Plan, index: ReadonlyMap<string, number>): DeclaredEdges {
  const { slices, mergePoints } = plan;
  const resolved = mergePoints.map((point) => indexes(point.needs, index));
  const gatesOf = new Map<number, number[]>();
  let most = 0;
  mergePoints.forEach((point, gate) => {
    for (const slice of indexes(point.unlocks, index)) {
      const list = gatesOf.get(slice);
      if (list) list.push(gate);
      else gatesOf.set(slice, [gate]);
      most += resolved[gate]!.length;
    }
  });
  for (const slice of slices) most += slice.deps.length;

  const from = new Int32Array(most);
  const to = new Int32Array(most);
  const gate = new Int32Array(most).fill(-1);
  const taken = new Int32Array(slices.length).fill(-1);
  let count = 0;
  for (let v = 0; v < slices.length; v++) {
    for (const dep of slices[v]!.deps) {
      const u = index.get(dep);
      if (u === undefined || taken[u] === v) continue;
      taken[u] = v;
      from[count] = u;
      to[count++] = v;
    }
    for (const g of gatesOf.get(v) ?? []) {
      for (const u of resolved[g]!) {
        if (taken[u] === v) continue;
        taken[u] = v;
        from[count] = u;
        to[count] = v;
        gate[count++] = g;
      }
    }
  }
  return { from: from.subarray(0, count), to: to.subarray(0, count), gate: gate.subarray(0, count) };
}

function indexes(ids: readonly string[], index: ReadonlyMap<string, number>): number[] {
  return ids.flatMap((id) => index.get(id) ?? []);
}

function joined(a: Int32Array, b: Int32Array): Int32Array {
  const all = new Int32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function chainWorkstreams(
  slices: readonly Slice[],
  graph: Digraph,
  layers: Layers,
): { from: Int32Array; to: Int32Array } {
  const from: number[] = [];
  const to: number[] = [];
  const last = new Map<string, number>();
  const search = reachability(graph, layers);
  for (const v of layers.order) {
    const { workstream } = slices[v]!;
    if (workstream === null) continue;
    const before = last.get(workstream);
    last.set(workstream, v);
    if (before === undefined || search(before, v)) continue;
    from.push(before);
    to.push(v);
  }
  return { from: Int32Array.from(from), to: Int32Array.from(to) };
}

/** Edges one look-up may follow. Past it two slices count as not ordered: their edge is then one too many, not wrong. */
const REACH_BUDGET = 1_000;

/** Whether a path leads from `u` to a deeper `v`: backwards from `v`, only through layers below `u`'s. */
function reachability(graph: Digraph, { layer }: Layers): (u: number, v: number) => boolean {
  const seen = new Int32Array(graph.count).fill(-1);
  let searches = 0;
  return (u, v) => {
    if (layer[u]! >= layer[v]!) return false;
    const mark = searches++;
    const stack = [v];
    let budget = REACH_BUDGET;
    while (stack.length && budget > 0) {
      const at = stack.pop()!;
      for (let i = graph.inStart[at]!; i < graph.inStart[at + 1]! && budget > 0; i++, budget--) {
        const before = graph.from[graph.in[i]!]!;
        if (before === u) return true;
        if (layer[before]! <= layer[u]! || seen[before] === mark) continue;
        seen[before] = mark;
        stack.push(before);
      }
    }
    return false;
  };
}

/** The batch of each wave, both from 1. */
function batchOfWaves(plan: Plan, index: ReadonlyMap<string, number>, layers: Layers): number[] {
  const closing = new Set<number>();
  for (const point of plan.mergePoints) {
    const wave = indexes(point.needs, index).reduce((deepest, v) => Math.max(deepest, layers.layer[v]!), 0);
    if (wave > 0) closing.add(wave);
  }
  const batches: number[] = [];
  let batch = 1;
  for (let wave = 1; wave < layers.start.length; wave++) {
    batches.push(batch);
    if (closing.has(wave)) batch++;
  }
  return batches;
}

interface Times {
  readonly duration: Float64Array;
  readonly earliest: Float64Array;
  readonly latest: Float64Array;
  readonly makespan: number;
}

/** Forward and backward pass of the critical path method (Kelley and Walker, 1959), in minutes. */
function criticalTimes(slices: readonly Slice[], graph: Digraph, { order, layer }: Layers): Times {
  const duration = Float64Array.from(slices, sliceMinutes);
  const earliest = new Float64Array(graph.count);
  const latest = new Float64Array(graph.count);
  let makespan = 0;
  for (const v of order) {
    const finish = earliest[v]! + duration[v]!;
    if (finish > makespan) makespan = finish;
    for (let i = graph.outStart[v]!; i < graph.outStart[v + 1]!; i++) {
      const w = graph.to[graph.out[i]!]!;
      if (finish > earliest[w]!) earliest[w] = finish;
    }
  }
  for (let k = order.length - 1; k >= 0; k--) {
    const v = order[k]!;
    let finish = makespan;
    for (let i = graph.outStart[v]!; i < graph.outStart[v + 1]!; i++) {
      const w = graph.to[graph.out[i]!]!;
      if (layer[w]! > 0 && latest[w]! < finish) finish = latest[w]!;
    }
    latest[v] = finish - duration[v]!;
  }
  return { duration, earliest, latest, makespan };
}

/** The estimate as a duration: what is no positive number takes no time. */
export function sliceMinutes(slice: Slice): number {
  return slice.estimateMinutes > 0 && Number.isFinite(slice.estimateMinutes) ? slice.estimateMinutes : 0;
}

/** One chain of slices without slack from the start to the end of the plan. */
function criticalTrail(graph: Digraph, { order }: Layers, times: Times): number[] {
  let at = -1;
  for (const v of order) {
    if (times.earliest[v]! + times.duration[v]! < times.makespan - EPSILON) continue;
    if (at < 0 || v < at) at = v;
  }
  const trail: number[] = [];
  while (at >= 0) {
    trail.push(at);
    let before = -1;
    for (let i = graph.inStart[at]!; i < graph.inStart[at + 1]!; i++) {
      const u = graph.from[graph.in[i]!]!;
      if (times.earliest[u]! + times.duration[u]! < times.earliest[at]! - EPSILON) continue;
      if (before < 0 || u < before) before = u;
    }
    at = before;
  }
  return trail.reverse();
}

/** Sets each merge point between a need and a slice it unlocks; the first in plan order where several do. */
function withMergePoints(plan: Plan, trail: readonly string[]): string[] {
  const sets = plan.mergePoints.map((point) => ({
    id: point.id,
    needs: new Set(point.needs),
    unlocks: new Set(point.unlocks),
  }));
  return trail.flatMap((id, i) => {
    const next = trail[i + 1];
    const gate = next === undefined ? undefined : sets.find((point) => point.needs.has(id) && point.unlocks.has(next));
    return gate ? [id, gate.id] : [id];
  });
}
