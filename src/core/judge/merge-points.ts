import type { PlanGraph } from '../plan/graph-model.ts';
import { digraph, type Digraph } from '../plan/layers.ts';
import type { MergePoint, Plan } from '../plan/model.ts';
import type { Overlap } from '../scope/overlap.ts';
import { byCodeUnit } from '../text/order.ts';

export interface MergePointProposal {
  /** Goes on after the plan's own: `MP3`. Of a merge point that the plan has, when only `unlocks` grows: its own. */
  readonly id: string;
  /** Of each workstream that meets here, the last slice that is needed; none of them waits for another. */
  readonly needs: readonly string[];
  readonly unlocks: readonly string[];
  /** What the needed slices are checked with, to be run on their merge: without a check a merge point proves nothing. */
  readonly verify: readonly string[];
  /** The workstreams of `needs`, in the same order. */
  readonly workstreams: readonly string[];
  /** One sentence. */
  readonly reason: string;
  /** The entry for `merge_points` in `manifest.json`, whole. */
  readonly json: string;
  /** What to do in `manifest.json`, without a full stop: the entry for `merge_points`, or what to add to one. */
  readonly action: string;
}

/** Slices times workstreams of what is looked at; a plan beyond it (10,000 slices in 1,600 workstreams) gets none. */
const MOST_CELLS = 16_000_000;

/** Whether a plan is small enough for merge points to be looked for. */
export function mergePointsFit(plan: Plan): boolean {
  const streams = new Set(plan.slices.flatMap(({ workstream }) => workstream ?? []));
  return streams.size * plan.slices.length <= MOST_CELLS;
}

/**
 * Merge points that the plan lacks: where paths of two or more workstreams come together in a slice that no merge
 * point unlocks. What meets there is first seen together by that slice's agent, so it should be merged and verified
 * before; a merge point says so.
 *
 * - Join-precise: it needs of each other workstream only the last slice that the unlocked one depends on, directly or
 *   not, and of those only the ones that no other of them waits for. A workstream runs one after another, so its last
 *   slice stands for all before it.
 * - No more than useful: a slice whose predecessor has gathered the same already is not held up again, and slices that
 *   need the same are unlocked by one merge point.
 * - What a merge point of the plan gathers already is not merged twice: that one unlocks more.
 * - It adds no order: each need stands before what it unlocks already by dependencies and declared merge points alone,
 *   so waves, workstreams and makespan stay.
 * - Without workstreams there is nothing to propose: each slice has a worktree of its own then, which starts from the
 *   merge of what it depends on.
 *
 * The overlaps only make the reasons better. Independent of the order of the plan's lists.
 */
export function proposeMergePoints(
  plan: Plan,
  graph: PlanGraph,
  overlaps: readonly Overlap[] = [],
): MergePointProposal[] {
  const streams = [...new Set(plan.slices.flatMap(({ workstream }) => workstream ?? []))].sort();
  const count = plan.slices.length;
  if (streams.length < 2 || !mergePointsFit(plan)) return [];
  const { ids, order, digraph: all } = graph.network;
  const position = new Int32Array(count).fill(-1);
  order.forEach((v, i) => (position[v] = i));
  const streamNumber = new Map(streams.map((id, i) => [id, i]));
  const stream = Int32Array.from(plan.slices, (slice) => streamNumber.get(slice.workstream ?? '') ?? -1);
  // Needs are looked for along what is stated; a workstream's own order may only say that one need stands for another.
  const stated = lastNeeded(statedOnly(graph), order, position, stream, streams.length);
  const ordered = lastNeeded(all, order, position, stream, streams.length);
  const comesBefore = (a: number, b: number): boolean => ordered[b * streams.length + stream[a]!]! >= position[a]!;
  const unlocked = new Set(plan.mergePoints.flatMap((point) => point.unlocks));

  const joins = new Map<string, { needs: readonly number[]; unlocks: number[] }>();
  for (const v of order) {
    if (unlocked.has(ids[v]!)) continue;
    const last: number[] = [];
    for (let s = 0; s < streams.length; s++) {
      const at = stated[v * streams.length + s]!;
      if (at >= 0 && s !== stream[v]) last.push(order[at]!);
    }
    // What stands late in the order has most of the others behind it, and nothing has what comes after it.
    const late = last.toSorted((a, b) => position[b]! - position[a]!);
    const hasLater = (a: number): boolean => {
      for (const b of late) {
        if (position[b]! <= position[a]!) return false;
        if (comesBefore(a, b)) return true;
      }
      return false;
    };
    const needs = last.filter((a) => !hasLater(a));
    if (needs.length < 2 || gatheredBefore(all, v, needs, comesBefore)) continue;
    needs.sort((a, b) => byCodeUnit(ids[a]!, ids[b]!));
    const join = joins.get(needs.join(' '));
    if (join) join.unlocks.push(v);
    else joins.set(needs.join(' '), { needs, unlocks: [v] });
  }

  const known = new Map(
    // Of several with the same needs the first by id.
    plan.mergePoints
      .toSorted((a, b) => byCodeUnit(b.id, a.id))
      .map((point) => [[...new Set(point.needs)].sort(byCodeUnit).join('\0'), point]),
  );
  const wave = (v: number): number => graph.schedule.get(ids[v]!)?.wave ?? 0;
  const name = namesAfter(plan);
  const shared = firstShared(overlaps);
  const checks = new Map(plan.slices.map((slice) => [slice.id, slice.verify]));
  return [...joins.values()]
    .map((join) => ({
      needs: join.needs.map((v) => ids[v]!),
      unlocks: join.unlocks.map((v) => ids[v]!).sort(byCodeUnit),
      workstreams: join.needs.map((v) => streams[stream[v]!]!),
      wave: Math.max(...join.needs.map(wave)),
    }))
    .sort((a, b) => a.wave - b.wave || byCodeUnit(a.unlocks[0]!, b.unlocks[0]!))
    .map(({ needs, unlocks, workstreams }) => {
      const own = known.get(needs.join('\0'));
      const id = own?.id ?? name();
      const verify = own?.verify ?? [...new Set(needs.flatMap((need) => checks.get(need) ?? []))];
      const check = verify.length > 0 ? `, "verify": ${list(verify)}` : '';
      const json = `{ "id": ${JSON.stringify(id)}, "needs": ${list(needs)}, "unlocks": ${list([...(own?.unlocks ?? []), ...unlocks])}${check} }`;
      const reason = reasonOf({ needs, unlocks, workstreams }, shared(needs), own?.id ?? null);
      const action =
        own === undefined
          ? `add ${json} to merge_points`
          : `add ${joined(unlocks.map((unlocked) => JSON.stringify(unlocked)))} to the unlocks of ${id}`;
      return { id, needs, unlocks, verify, workstreams, reason, json, action };
    });
}

/** The plan with the proposals taken, as the planner would read it. */
export function withProposals(plan: Plan, proposals: readonly MergePointProposal[]): Plan {
  const more = new Map(proposals.map((proposal) => [proposal.id, proposal]));
  const grown = plan.mergePoints.map((point) => ({
    ...point,
    unlocks: [...point.unlocks, ...(more.get(point.id)?.unlocks ?? [])],
  }));
  const known = new Set(plan.mergePoints.map(({ id }) => id));
  const added = proposals
    .filter(({ id }) => !known.has(id))
    .map(({ id, needs, unlocks, verify }): MergePoint => ({ id, needs, unlocks, verify }));
  return { ...plan, mergePoints: [...grown, ...added] };
}

/** A direct predecessor has every need behind it, so they met there. */
function gatheredBefore(
  graph: Digraph,
  v: number,
  needs: readonly number[],
  comesBefore: (a: number, b: number) => boolean,
): boolean {
  for (let i = graph.inStart[v]!; i < graph.inStart[v + 1]!; i++) {
    const before = graph.inFrom[i]!;
    if (needs.every((need) => comesBefore(need, before))) return true;
  }
  return false;
}

/** Dependencies and merge points, without the workstreams' chains. */
function statedOnly({ edges, network }: PlanGraph): Digraph {
  // The graph's edges are numbered alike in both forms.
  const kept = Int32Array.from(edges.keys()).filter((e) => edges[e]!.kind !== 'workstream');
  const { digraph: all } = network;
  return digraph(
    all.count,
    kept.map((e) => all.from[e]!),
    kept.map((e) => all.to[e]!),
  );
}

/** For each slice and workstream, the place in `order` of the last slice of it that comes before or is the slice; or -1. */
function lastNeeded(
  graph: Digraph,
  order: Int32Array,
  position: Int32Array,
  stream: Int32Array,
  streams: number,
): Int32Array {
  const last = new Int32Array(graph.count * streams).fill(-1);
  for (const v of order) {
    const row = v * streams;
    for (let i = graph.inStart[v]!; i < graph.inStart[v + 1]!; i++) {
      const before = graph.inFrom[i]! * streams;
      for (let s = 0; s < streams; s++) if (last[before + s]! > last[row + s]!) last[row + s] = last[before + s]!;
    }
    if (stream[v]! >= 0) last[row + stream[v]!] = position[v]!;
  }
  return last;
}

function reasonOf(
  { needs, unlocks, workstreams }: Pick<MergePointProposal, 'needs' | 'unlocks' | 'workstreams'>,
  shared: Overlap | undefined,
  own: string | null,
): string {
  const meeting = joined(needs.map((id, i) => `${workstreams[i]} (${id})`));
  const first = joined(unlocks);
  const both = shared ? `, and ${shared.a} and ${shared.b} both write ${shared.witness}` : '';
  const verb = unlocks.length === 1 ? 'builds' : 'build';
  const gap =
    own === null
      ? 'nothing verifies that together before'
      : `${own} verifies that together, and ${first} ${unlocks.length === 1 ? 'does' : 'do'} not wait for it`;
  return `${first} ${verb} on what ${meeting} make side by side${both}: ${gap}.`;
}

/** Of some slices, the first overlap of two of them. */
function firstShared(overlaps: readonly Overlap[]): (ids: readonly string[]) => Overlap | undefined {
  const bySlice = new Map<string, Map<string, Overlap>>();
  for (const overlap of overlaps) {
    const [a, b] = byCodeUnit(overlap.a, overlap.b) < 0 ? [overlap.a, overlap.b] : [overlap.b, overlap.a];
    const others = bySlice.get(a) ?? new Map<string, Overlap>();
    if (others.size === 0) bySlice.set(a, others);
    if (!others.has(b)) others.set(b, { ...overlap, a, b });
  }
  return (ids) => {
    const sorted = ids.toSorted(byCodeUnit);
    for (const a of sorted) {
      const others = bySlice.get(a);
      const b = others && sorted.find((id) => others.has(id));
      if (b !== undefined) return others!.get(b);
    }
    return undefined;
  };
}

function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function list(ids: readonly string[]): string {
  return `[${ids.map((id) => JSON.stringify(id)).join(', ')}]`;
}

/** `MP1`, `MP2` ... after the highest that the plan has; never a slice's id. */
function namesAfter(plan: Plan): () => string {
  const taken = new Set([...plan.slices, ...plan.mergePoints].map(({ id }) => id.toUpperCase()));
  let number = Math.max(0, ...plan.mergePoints.map(({ id }) => Number(/^MP(\d{1,9})$/i.exec(id)?.[1] ?? 0)));
  return () => {
    do number++;
    while (taken.has(`MP${number}`));
    return `MP${number}`;
  };
}
