import type { PlanGraph } from '../plan/graph-model.ts';
import { digraph, REACH_BLOCK, reachFrom } from '../plan/layers.ts';
import type { Plan, Slice } from '../plan/model.ts';
import { collectPatterns, FileSets, type Pattern } from './file-sets.ts';
import { FileIndex } from './file-index.ts';
import { globsMeet, type GlobOptions } from './glob.ts';
import { MeetingIndex } from './glob-index.ts';
import { scopesOverlap } from './meeting.ts';

/** `parallel`: under 20 %. `reslice`: 20 to 50 %, cut the slices differently. `serial`: over 50 %, one after another. */
export type OverlapVerdict = 'parallel' | 'reslice' | 'serial';

export interface Overlap {
  /** The one that stands first in the plan. */
  readonly a: string;
  readonly b: string;
  /** Of the files of the slice that writes fewer, how many both write; one decimal. */
  readonly percent: number;
  readonly verdict: OverlapVerdict;
  /** A path that both may write; it need not exist. */
  readonly witness: string;
}

/** Percent of what the slice that writes fewer files writes. */
export interface OverlapThresholds {
  /** Below this, two slices may run side by side ... */
  readonly parallelBelow: number;
  /** ... and above this one after another. */
  readonly serialAbove: number;
}

/** The rule of the method. */
export const usualThresholds: OverlapThresholds = { parallelBelow: 20, serialAbove: 50 };

/** How names are compared, and where the verdicts change. */
export type OverlapOptions = GlobOptions & { readonly thresholds?: OverlapThresholds };

/** More pairs than anyone can act on: `overlaps` ends there, and who shows them has to say so. */
export const MOST_OVERLAPS = 100_000;

/**
 * All pairs of slices that could run at the same time (no path of the graph orders them) and whose write sets meet,
 * in plan order. A slice's files are those of `repoFiles`, and of the paths that the plan names literally, that its
 * entries match; an entry that matches none of them counts as one file of its own. Slices on or behind a cycle cannot
 * run, so they are left out. Literal paths and prefixes are indexed: only entries that can meet are ever compared.
 * As many as `MOST_OVERLAPS` mean that there may be more.
 */
export function overlaps(
  plan: Plan,
  graph: PlanGraph,
  repoFiles: readonly string[] = [],
  options: OverlapOptions = {},
): Overlap[] {
  return toldOf(plan, findOverlaps(plan, graph, repoFiles, options), options.thresholds);
}

/** An overlap by the places of its slices in the plan. */
export interface FoundOverlap {
  /** The lesser place. */
  readonly a: number;
  readonly b: number;
  /** Of the files of the slice that writes fewer, what part both write: 0 to 1. */
  readonly share: number;
  readonly witness: string;
}

/** Overlaps with the names of their slices, and what follows from how much they share. */
export function toldOf(plan: Plan, found: readonly FoundOverlap[], thresholds?: OverlapThresholds): Overlap[] {
  return found.map(({ a, b, share, witness }) => ({
    a: plan.slices[a]!.id,
    b: plan.slices[b]!.id,
    percent: percentOf(share),
    verdict: verdictOf(share, thresholds),
    witness,
  }));
}

/** A path that both slices may write, the same whichever stands first in the plan; `null`: there is none. */
export function witnessOf(a: Slice, b: Slice, options: GlobOptions): string | null {
  const [first, second] = a.id <= b.id ? [a, b] : [b, a];
  return scopesOverlap(first, second, options)?.witness ?? null;
}

/** One decimal. */
export function percentOf(share: number): number {
  return Math.round(share * 1000) / 10;
}

/** What `overlaps` tells, in its order. */
export function findOverlaps(
  plan: Plan,
  graph: PlanGraph,
  repoFiles: readonly string[],
  options: GlobOptions,
): FoundOverlap[] {
  const place = new Map(plan.slices.map((slice, i) => [slice.id, i]));
  const patterns = collectPatterns(plan, options);
  const { sure, likely } = meetingPatterns(patterns);
  const files = new FileSets(plan, repoFiles, () => patterns, options);

  const edges = graph.edges.filter((edge) => graph.schedule.has(edge.from) && graph.schedule.has(edge.to));
  const vertices = digraph(
    plan.slices.length,
    Int32Array.from(edges, (edge) => place.get(edge.from)!),
    Int32Array.from(edges, (edge) => place.get(edge.to)!),
  );
  const order = Int32Array.from(graph.order, (id) => place.get(id)!);
  const position = new Int32Array(plan.slices.length).fill(-1);
  order.forEach((v, i) => (position[v] = i));

  const found: FoundOverlap[] = [];
  const patternsOf: number[][] = plan.slices.map(() => []);
  patterns.forEach((pattern, p) => {
    for (const slice of new Set(pattern.users.map((user) => user.slice))) patternsOf[slice]!.push(p);
  });
  const busy = [...order].filter((v) => patternsOf[v]!.length > 0);
  for (let first = 0; first < busy.length && found.length < MOST_OVERLAPS; first += REACH_BLOCK) {
    const block = busy.slice(first, first + REACH_BLOCK);
    let reaches: ((source: number, vertex: number) => boolean) | undefined;
    for (const [i, v] of block.entries()) {
      const rank = first + i;
      const met = new Set<number>();
      /** Whether a slice that comes later is still to be compared with this one. */
      const isOpen = (w: number): boolean => {
        if (position[w]! <= position[v]! || met.has(w)) return false;
        reaches ??= reachFrom(vertices, order.subarray(position[block[0]!]), block);
        return !reaches(v, w);
      };
      for (const p of patternsOf[v]!) {
        for (const q of sure[p]!) for (const { slice } of patterns[q]!.users) if (isOpen(slice)) met.add(slice);
        // All that come later are known to meet it, or there are none.
        if (met.size === busy.length - 1 - rank) break;
        for (const q of likely(p)) {
          if (q === p) continue;
          // Only asked where it matters: most pairs of slices are in order, or known to meet.
          let meet: boolean | undefined;
          for (const { slice } of patterns[q]!.users) {
            if (!isOpen(slice)) continue;
            meet ??= globsMeet(patterns[p]!.glob, patterns[q]!.glob);
            if (!meet) break;
            met.add(slice);
          }
        }
      }
      for (const w of met) {
        const [a, b] = v < w ? [v, w] : [w, v];
        const witness = witnessOf(plan.slices[a]!, plan.slices[b]!, options);
        if (witness !== null) found.push({ a, b, share: files.share(a, b), witness });
        if (found.length >= MOST_OVERLAPS) break;
      }
      if (found.length >= MOST_OVERLAPS) break;
    }
  }
  return found.sort((x, y) => x.a - y.a || x.b - y.b);
}

/** By the rule of the method: under 20 % in parallel, over 50 % one after another, between them cut again. */
export function verdictOf(share: number, thresholds: OverlapThresholds = usualThresholds): OverlapVerdict {
  if (share < thresholds.parallelBelow / 100) return 'parallel';
  return share > thresholds.serialAbove / 100 ? 'serial' : 'reslice';
}

/**
 * For each pattern, those it shares a path with because one of the two names it literally: itself too when several
 * entries use it. And of those with wildcards, on demand, which others of the kind it could share one with.
 */
function meetingPatterns(patterns: readonly Pattern[]): {
  readonly sure: readonly (readonly number[])[];
  readonly likely: (p: number) => readonly number[];
} {
  const sure: number[][] = patterns.map((pattern, p) => (pattern.users.length > 1 ? [p] : []));
  const seen = new Set<number>();
  const meet = (p: number, q: number): void => {
    const key = Math.min(p, q) * patterns.length + Math.max(p, q);
    if (p === q || seen.has(key)) return;
    seen.add(key);
    sure[p]!.push(q);
    sure[q]!.push(p);
  };
  const byPath = new Map<string, number[]>();
  const wild: number[] = [];
  patterns.forEach((pattern, p) => {
    if (!pattern.paths) wild.push(p);
    for (const path of pattern.paths ?? []) {
      const list = byPath.get(path);
      if (list) list.push(p);
      else byPath.set(path, [p]);
    }
  });
  for (const same of byPath.values()) if (same.length > 1) for (const p of same) for (const q of same) meet(p, q);
  if (wild.length === 0) return { sure, likely: () => [] };
  const paths = new FileIndex([...byPath.keys()]);
  for (const p of wild)
    for (const path of paths.matching(patterns[p]!.glob)) for (const q of byPath.get(path)!) meet(p, q);
  const globs = new MeetingIndex(wild, (p) => patterns[p]!.glob);
  const placeOf = new Map(wild.map((p, place) => [p, place]));
  return {
    sure,
    likely: (p) => {
      const place = placeOf.get(p);
      return place === undefined ? [] : globs.couldMeetItem(place);
    },
  };
}
