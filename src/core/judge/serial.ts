import type { Proposal } from '../plan/proposal.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Overlap } from '../scope/overlap.ts';

/** A dependency that was added because two slices share too much of what they write. */
export interface AddedOrder {
  readonly before: string;
  readonly after: string;
  /** Of the smaller write scope, what both write. */
  readonly percent: number;
  readonly witness: string;
}

/**
 * The proposal with a dependency for each pair of slices whose overlap is `serial`: the rule of the method, over half
 * shared means one after another. The slice that stands earlier in the graph's topological order goes first, so all added
 * edges together can never close a cycle; pairs that others of them order already get none of their own.
 */
export function orderSerialPairs(
  proposal: Proposal,
  graph: PlanGraph,
  overlaps: readonly Overlap[],
): { readonly proposal: Proposal; readonly added: readonly AddedOrder[] } {
  const position = new Map(graph.order.map((id, i) => [id, i]));
  const pairs = overlaps
    .filter(({ a, b, verdict }) => verdict === 'serial' && position.has(a) && position.has(b))
    .map(({ a, b, percent, witness }): AddedOrder => {
      const [before, after] = position.get(a)! < position.get(b)! ? [a, b] : [b, a];
      return { before, after, percent, witness };
    })
    // The nearest pairs first: what lies further apart then follows from them.
    .sort(
      (x, y) => position.get(x.after)! - position.get(y.after)! || position.get(y.before)! - position.get(x.before)!,
    );
  const deps = new Map<string, string[]>(graph.order.map((id) => [id, [...(graph.schedule.get(id)?.deps ?? [])]]));
  const added: AddedOrder[] = [];
  for (const pair of pairs) {
    if (waitsFor(deps, pair.after, pair.before)) continue;
    deps.get(pair.after)!.push(pair.before);
    added.push(pair);
  }
  if (added.length === 0) return { proposal, added };
  return {
    proposal: {
      ...proposal,
      slices: proposal.slices.map((slice) => {
        const more = added.filter((pair) => pair.after === slice.id).map((pair) => pair.before);
        return more.length > 0 ? { ...slice, deps: [...slice.deps, ...more] } : slice;
      }),
    },
    added,
  };
}

function waitsFor(deps: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const stack = [from];
  const seen = new Set(stack);
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const next of deps.get(at) ?? []) {
      if (next === to) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      stack.push(next);
    }
  }
  return false;
}
