import type { Edge, PlanGraph, PlanNetwork } from './graph-model.ts';
import { cycleTrails, digraph, layerGraph, type Digraph, type Layers } from './layers.ts';
import type { Plan, Slice } from './model.ts';
import { SlicePlaces } from './slice-places.ts';
import { SliceSchedules } from './slice-schedules.ts';

/** Minutes below which two times are the same: estimates may be fractions. */
const EPSILON = 1e-6;

export interface PlanGraphOptions {
  /** Minutes by slice id that count instead of what the plan declares; slices that are not named keep theirs. */
  readonly minutes?: ReadonlyMap<string, number>;
}

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
export function planGraph(plan: Plan, options: PlanGraphOptions = {}): PlanGraph {
  if (options.minutes !== undefined) return graphOf(plan, options);
  let graph = declaredGraphs.get(plan);
  if (!graph) declaredGraphs.set(plan, (graph = graphOf(plan, options)));
  return graph;
}

/** By what plans declare themselves: who loads, checks and judges one plan asks for the same graph. */
const declaredGraphs = new WeakMap<Plan, PlanGraph>();

function graphOf(plan: Plan, options: PlanGraphOptions): PlanGraph {
  const rows = readSlices(plan, options.minutes);
  const { ids, places } = rows;
  const count = ids.length;
  const declared = declaredEdges(plan, rows);
  const first = digraph(count, declared.from, declared.to);
  const layers = layerGraph(first);
  const chain = chainWorkstreams(rows, first, layers);
  const graph = chain.from.length
    ? digraph(count, joined(declared.from, chain.from), joined(declared.to, chain.to))
    : first;
  const final = chain.from.length ? layerGraph(graph) : layers;

  const order: string[] = new Array(final.order.length);
  const waves: string[][] = [];
  let width = 0;
  for (let wave = 1; wave < final.start.length; wave++) {
    const from = final.start[wave - 1]!;
    const members: string[] = new Array(final.start[wave]! - from);
    for (let i = 0; i < members.length; i++) members[i] = order[from + i] = ids[final.order[from + i]!]!;
    waves.push(members);
    width = Math.max(width, members.length);
  }
  const batchOf = batchOfWaves(plan, places, final);
  const batches: number[][] = [];
  batchOf.forEach((batch, i) => (batches[batch - 1] ??= []).push(i + 1));
  const times = criticalTimes(rows.minutes, graph, final);
  const network: PlanNetwork = { ids, places, digraph: graph, order: final.order, minutes: rows.minutes };

  let edges: readonly Edge[] | null = null;
  return {
    order,
    network,
    /** Named when first asked for: three objects a slice that live on cost more than planning itself. */
    get edges() {
      return (edges ??= namedEdges(plan, network, declared.mergePoint));
    },
    schedule: new SliceSchedules(network, {
      wave: final.layer,
      batchOf,
      earliest: times.earliest,
      latest: times.latest,
      declared: rows.deps,
      tolerance: times.tolerance,
    }),
    waves,
    batches,
    criticalPath: withMergePoints(
      plan,
      criticalTrail(graph, final, times).map((v) => ids[v]!),
    ),
    makespanMinutes: times.makespan,
    width,
    cycles:
      layers.order.length === count
        ? []
        : cycleTrails(first, (v) => layers.layer[v] === 0).map((trail) => trail.map((v) => ids[v]!)),
  };
}

/** What planning reads of the slices, by their places. */
interface SliceRows {
  readonly ids: readonly string[];
  readonly places: SlicePlaces;
  readonly deps: readonly (readonly string[])[];
  readonly streams: readonly (string | null)[];
  readonly minutes: Float64Array;
  /** Of all slices together, with those that name none. */
  readonly depCount: number;
}

/** One pass: a hundred thousand slices lie scattered over more memory than a processor keeps near. */
function readSlices({ slices }: Plan, given: ReadonlyMap<string, number> | undefined): SliceRows {
  const count = slices.length;
  const ids: string[] = new Array(count);
  const deps: (readonly string[])[] = new Array(count);
  const streams: (string | null)[] = new Array(count);
  const minutes = new Float64Array(count);
  let depCount = 0;
  for (let v = 0; v < count; v++) {
    const slice = slices[v]!;
    ids[v] = slice.id;
    deps[v] = slice.deps;
    streams[v] = slice.workstream;
    minutes[v] = given === undefined ? sliceMinutes(slice) : duration(given.get(slice.id) ?? slice.estimateMinutes);
    depCount += slice.deps.length;
  }
  return { ids, places: new SlicePlaces(ids), deps, streams, minutes, depCount };
}

/** The edges with names: first the declared ones and those of merge points, then the workstreams' chains. */
function namedEdges(plan: Plan, { ids, digraph: graph }: PlanNetwork, pointOf: Int32Array): Edge[] {
  const edges: Edge[] = new Array(graph.from.length);
  for (let e = 0; e < edges.length; e++) {
    const from = ids[graph.from[e]!]!;
    const to = ids[graph.to[e]!]!;
    if (e >= pointOf.length) edges[e] = { from, to, kind: 'workstream' };
    else if (pointOf[e]! < 0) edges[e] = { from, to, kind: 'dep' };
    else edges[e] = { from, to, kind: 'merge-point', mergePoint: plan.mergePoints[pointOf[e]!]!.id };
  }
  return edges;
}

interface DeclaredEdges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The merge point an edge comes from, or -1 for a declared dependency. */
  readonly mergePoint: Int32Array;
}

/** Declared dependencies, then merge points, grouped by the slice that waits. Each pair once; unknown ids are skipped. */
function declaredEdges({ mergePoints }: Plan, { ids, places, deps, depCount }: SliceRows): DeclaredEdges {
  const resolved = mergePoints.map((point) => indexes(point.needs, places));
  const pointsOf = new Map<number, number[]>();
  let most = depCount;
  mergePoints.forEach((point, index) => {
    for (const slice of indexes(point.unlocks, places)) {
      const list = pointsOf.get(slice);
      if (list) list.push(index);
      else pointsOf.set(slice, [index]);
      most += resolved[index]!.length;
    }
  });

  const from = new Int32Array(most);
  const to = new Int32Array(most);
  const mergePoint = new Int32Array(most).fill(-1);
  const taken = new Int32Array(ids.length).fill(-1);
  let count = 0;
  for (let v = 0; v < ids.length; v++) {
    for (const dep of deps[v]!) {
      const u = places.get(dep);
      if (u === undefined || taken[u] === v) continue;
      taken[u] = v;
      from[count] = u;
      to[count++] = v;
    }
    if (pointsOf.size === 0) continue;
    for (const g of pointsOf.get(v) ?? []) {
      for (const u of resolved[g]!) {
        if (taken[u] === v) continue;
        taken[u] = v;
        from[count] = u;
        to[count] = v;
        mergePoint[count++] = g;
      }
    }
  }
  return { from: from.subarray(0, count), to: to.subarray(0, count), mergePoint: mergePoint.subarray(0, count) };
}

function indexes(ids: readonly string[], index: SlicePlaces): number[] {
  return ids.flatMap((id) => index.get(id) ?? []);
}

function joined(a: Int32Array, b: Int32Array): Int32Array {
  const all = new Int32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function chainWorkstreams(
  { streams }: SliceRows,
  graph: Digraph,
  layers: Layers,
): { from: Int32Array; to: Int32Array } {
  const from: number[] = [];
  const to: number[] = [];
  const last = new Map<string, number>();
  const search = reachability(graph, layers);
  for (const v of layers.order) {
    const workstream = streams[v]!;
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
        const before = graph.inFrom[i]!;
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
function batchOfWaves(plan: Plan, index: SlicePlaces, layers: Layers): number[] {
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
  /** Minutes below which two times are the same: sums of fractions err by so much, the more the longer the plan. */
  readonly tolerance: number;
}

/** Forward and backward pass of the critical path method (Kelley and Walker, 1959), in minutes. */
function criticalTimes(duration: Float64Array, graph: Digraph, { order }: Layers): Times {
  const earliest = new Float64Array(graph.count);
  // What has no schedule never gets a time, so it holds nothing up.
  const latest = new Float64Array(graph.count).fill(Infinity);
  let makespan = 0;
  for (const v of order) {
    const finish = earliest[v]! + duration[v]!;
    if (finish > makespan) makespan = finish;
    for (let i = graph.outStart[v]!; i < graph.outStart[v + 1]!; i++) {
      const w = graph.outTo[i]!;
      if (finish > earliest[w]!) earliest[w] = finish;
    }
  }
  for (let k = order.length - 1; k >= 0; k--) {
    const v = order[k]!;
    let finish = makespan;
    for (let i = graph.outStart[v]!; i < graph.outStart[v + 1]!; i++) {
      const w = graph.outTo[i]!;
      if (latest[w]! < finish) finish = latest[w]!;
    }
    latest[v] = finish - duration[v]!;
  }
  return { duration, earliest, latest, makespan, tolerance: Math.max(EPSILON, makespan * 1e-9) };
}

/** The estimate as a duration: what is no positive number takes no time. */
export function sliceMinutes(slice: Slice): number {
  return duration(slice.estimateMinutes);
}

function duration(minutes: number): number {
  return minutes > 0 && Number.isFinite(minutes) ? minutes : 0;
}

/** One chain of slices without slack from the start to the end of the plan. */
function criticalTrail(graph: Digraph, { order }: Layers, times: Times): number[] {
  let at = -1;
  for (const v of order) {
    if (times.earliest[v]! + times.duration[v]! < times.makespan - times.tolerance) continue;
    // Slices without an estimate may follow at the very end: the path goes through them.
    if (hasDependents(graph, v, times.latest)) continue;
    if (at < 0 || v < at) at = v;
  }
  const trail: number[] = [];
  while (at >= 0) {
    trail.push(at);
    let before = -1;
    for (let i = graph.inStart[at]!; i < graph.inStart[at + 1]!; i++) {
      const u = graph.inFrom[i]!;
      if (times.earliest[u]! + times.duration[u]! < times.earliest[at]! - times.tolerance) continue;
      if (before < 0 || u < before) before = u;
    }
    at = before;
  }
  return trail.reverse();
}

/** Whether anything that has a schedule waits for it. */
function hasDependents(graph: Digraph, v: number, latest: Float64Array): boolean {
  for (let i = graph.outStart[v]!; i < graph.outStart[v + 1]!; i++)
    if (latest[graph.outTo[i]!]! < Infinity) return true;
  return false;
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
    const between =
      next === undefined ? undefined : sets.find((point) => point.needs.has(id) && point.unlocks.has(next));
    return between ? [id, between.id] : [id];
  });
}
