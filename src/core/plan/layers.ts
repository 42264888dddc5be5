/**
 * Directed graphs over the numbers `0 .. count - 1`, in flat arrays: what planning costs at ten thousand slices is
 * decided here, so there are no objects, strings or maps per vertex or edge.
 */
export interface Digraph {
  readonly count: number;
  /** Edge `e` goes from `from[e]` to `to[e]`. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The edges out of `v` are `out[outStart[v]] .. out[outStart[v + 1] - 1]`, those into it likewise; both by edge number. */
  readonly outStart: Int32Array;
  readonly out: Int32Array;
  readonly inStart: Int32Array;
  readonly in: Int32Array;
  /** `to[out[i]]` and `from[in[i]]`: passes over all neighbours read memory in its order. */
  readonly outTo: Int32Array;
  readonly inFrom: Int32Array;
}

/** Indexes edges by both ends, in time linear in vertices and edges. */
export function digraph(count: number, from: Int32Array, to: Int32Array): Digraph {
  const [outStart, out, outTo] = grouped(count, from, to);
  const [inStart, into, inFrom] = grouped(count, to, from);
  return { count, from, to, outStart, out, inStart, in: into, outTo, inFrom };
}

function grouped(
  count: number,
  key: Int32Array,
  other: Int32Array,
): [start: Int32Array, edges: Int32Array, far: Int32Array] {
  const start = new Int32Array(count + 1);
  for (let e = 0; e < key.length; e++) start[key[e]! + 1]!++;
  for (let v = 0; v < count; v++) start[v + 1]! += start[v]!;
  const fill = start.slice();
  const edges = new Int32Array(key.length);
  const far = new Int32Array(key.length);
  for (let e = 0; e < key.length; e++) {
    const at = fill[key[e]!]!++;
    edges[at] = e;
    far[at] = other[e]!;
  }
  return [start, edges, far];
}

export interface Layers {
  /** From 1: one more than the deepest predecessor's. 0 for vertices on a cycle or behind one. */
  readonly layer: Int32Array;
  /** All vertices that have a layer, by layer, then by number: a topological order. */
  readonly order: Int32Array;
  /** Layer `l` is `order[start[l - 1]] .. order[start[l] - 1]`. */
  readonly start: Int32Array;
}

/** Longest-path layers by Kahn's algorithm, then one counting sort; linear. */
export function layerGraph(graph: Digraph): Layers {
  const { count, outStart, outTo, inStart } = graph;
  const waiting = new Int32Array(count);
  const layer = new Int32Array(count);
  const queue = new Int32Array(count);
  let tail = 0;
  for (let v = 0; v < count; v++) {
    waiting[v] = inStart[v + 1]! - inStart[v]!;
    if (waiting[v] === 0) {
      layer[v] = 1;
      queue[tail++] = v;
    }
  }
  let deepest = tail > 0 ? 1 : 0;
  for (let head = 0; head < tail; head++) {
    const v = queue[head]!;
    // First in, first out: the last predecessor to arrive is the deepest one, so its layer decides.
    const next = layer[v]! + 1;
    for (let i = outStart[v]!; i < outStart[v + 1]!; i++) {
      const w = outTo[i]!;
      if (--waiting[w]! > 0) continue;
      layer[w] = next;
      if (next > deepest) deepest = next;
      queue[tail++] = w;
    }
  }
  const start = new Int32Array(deepest + 1);
  for (let v = 0; v < count; v++) if (layer[v]! > 0) start[layer[v]!]!++;
  for (let l = 1; l <= deepest; l++) start[l]! += start[l - 1]!;
  const fill = start.slice();
  const order = new Int32Array(tail);
  for (let v = 0; v < count; v++) if (layer[v]! > 0) order[fill[layer[v]! - 1]!++] = v;
  return { layer, order, start };
}

/** Edges a search for short trails may follow, over all vertices of one knot. */
const TRAIL_BUDGET = 200_000;

/**
 * A trail for each strongly connected component that holds a cycle, `[a, b, a]`, along the edges. Each is a shortest
 * one of its component (in very large components: among those that a bounded search met), starts at its lowest number,
 * and the trails are ordered by that of their component. `within` limits the search to some vertices.
 */
export function cycleTrails(graph: Digraph, within: (v: number) => boolean): number[][] {
  const component = components(graph, within);
  const members = new Map<number, number[]>();
  for (let v = 0; v < graph.count; v++) {
    if (component[v]! < 0) continue;
    const list = members.get(component[v]!);
    if (list) list.push(v);
    else members.set(component[v]!, [v]);
  }
  const trails: number[][] = [];
  const parent = new Int32Array(graph.count);
  const seen = new Int32Array(graph.count).fill(-1);
  for (const vertices of members.values()) {
    let best: number[] | null = null;
    let budget = TRAIL_BUDGET;
    for (const start of vertices) {
      if (budget <= 0 || best?.length === 2) break;
      const found = shortestCycle(graph, start, component, parent, seen, () => budget--);
      if (found && (!best || found.length < best.length)) best = found;
    }
    if (best) trails.push(best);
  }
  return trails;
}

function shortestCycle(
  { to, outStart, out }: Digraph,
  start: number,
  component: Int32Array,
  parent: Int32Array,
  seen: Int32Array,
  spend: () => void,
): number[] | null {
  const queue = [start];
  for (const v of queue) {
    for (let i = outStart[v]!; i < outStart[v + 1]!; i++) {
      spend();
      const w = to[out[i]!]!;
      if (w === start) {
        const trail = [start];
        for (let at = v; at !== start; at = parent[at]!) trail.push(at);
        trail.push(start);
        trail.reverse();
        // Turned so that equal cycles look equal, wherever the search began.
        const lowest = trail.indexOf(Math.min(...trail));
        return [...trail.slice(lowest, -1), ...trail.slice(0, lowest), trail[lowest]!];
      }
      if (component[w] !== component[start] || seen[w] === start) continue;
      seen[w] = start;
      parent[w] = v;
      queue.push(w);
    }
  }
  return null;
}

/** Tarjan's strongly connected components without recursion. -1 for vertices outside. */
function components({ count, to, outStart, out }: Digraph, within: (v: number) => boolean): Int32Array {
  const component = new Int32Array(count).fill(-1);
  const index = new Int32Array(count);
  const low = new Int32Array(count);
  const cursor = new Int32Array(count);
  const open: number[] = [];
  let counter = 0;
  for (let root = 0; root < count; root++) {
    if (index[root] || !within(root)) continue;
    const path = [root];
    index[root] = low[root] = ++counter;
    cursor[root] = outStart[root]!;
    open.push(root);
    while (path.length) {
      const v = path.at(-1)!;
      if (cursor[v]! < outStart[v + 1]!) {
        const w = to[out[cursor[v]!++]!]!;
        if (!within(w)) continue;
        if (!index[w]) {
          index[w] = low[w] = ++counter;
          cursor[w] = outStart[w]!;
          open.push(w);
          path.push(w);
        } else if (component[w]! < 0) low[v] = Math.min(low[v]!, index[w]);
        continue;
      }
      path.pop();
      const before = path.at(-1);
      if (before !== undefined) low[before] = Math.min(low[before]!, low[v]!);
      if (low[v] !== index[v]) continue;
      for (let w = open.pop()!; ; w = open.pop()!) {
        component[w] = v;
        if (w === v) break;
      }
    }
  }
  return component;
}

/** Sources that one `reachFrom` may ask about: their bits are one cache line per vertex and more. */
export const REACH_BLOCK = 1024;

/**
 * Which vertices the sources reach, with a bit for each (source, vertex); at most `REACH_BLOCK` sources at a time, so
 * that memory stays linear in the vertices. `order` is topological; vertices outside it are reached by none.
 */
export function reachFrom(
  graph: Digraph,
  order: Int32Array,
  sources: readonly number[],
): (source: number, vertex: number) => boolean {
  const words = Math.max(1, Math.ceil(sources.length / 32));
  const reached = new Uint32Array(graph.count * words);
  const bits = new Map<number, number>();
  sources.forEach((v, bit) => {
    bits.set(v, bit);
    reached[v * words + (bit >> 5)]! |= 1 << (bit & 31);
  });
  for (const v of order) {
    for (let k = graph.outStart[v]!; k < graph.outStart[v + 1]!; k++) {
      const w = graph.outTo[k]!;
      for (let word = 0; word < words; word++) reached[w * words + word]! |= reached[v * words + word]!;
    }
  }
  return (source, vertex) => {
    const bit = bits.get(source)!;
    return (reached[vertex * words + (bit >> 5)]! & (1 << (bit & 31))) !== 0;
  };
}
