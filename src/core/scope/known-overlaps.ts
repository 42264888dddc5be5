import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan, Slice } from '../plan/model.ts';
import type { ScopeEntry } from '../task/model.ts';
import { FileSets, collectPatterns } from './file-sets.ts';
import { comparedPath, compileGlob, type Glob, type GlobOptions } from './glob.ts';
import { sameOptions, writeSet, writtenBy, type NamedEntry } from './meeting.ts';
import { findOverlaps, MOST_OVERLAPS, witnessOf, type FoundOverlap } from './overlap.ts';

/** So many slices at once that comparing each with all others costs no less than to look for all overlaps anew. */
const MANY_CHANGED = 12;

interface Last {
  readonly slices: readonly Slice[];
  readonly graph: PlanGraph;
  readonly files: readonly string[];
  readonly names: GlobOptions;
  readonly found: readonly FoundOverlap[];
  /** How many entries of write sets name a path literally: all that is named is among the files that globs match. */
  readonly named: Map<string, number>;
}

/**
 * The overlaps of a plan that changes, mostly one scope at a time: pairs that a change cannot touch are taken over. What it
 * answers is what `findOverlaps` finds.
 */
export class KnownOverlaps {
  #last: Last | null = null;

  /** As long as nothing that matters has changed, the same list. */
  of(plan: Plan, graph: PlanGraph, files: readonly string[], names: GlobOptions): readonly FoundOverlap[] {
    const last = this.#last;
    const isAlike =
      last !== null && last.files === files && sameOptions(last.names, names) && sameOrder(last.graph, graph);
    const changed = isAlike ? changedScopes(last.slices, plan.slices) : null;
    if (changed?.length === 0 && last) {
      this.#last = { ...last, slices: plan.slices, graph };
      return last.found;
    }
    const found = last && changed ? after(last, { plan, graph, changed }) : null;
    this.#last =
      found && last
        ? { ...last, slices: plan.slices, graph, found }
        : {
            slices: plan.slices,
            graph,
            files,
            names,
            found: findOverlaps(plan, graph, files, names),
            named: namedPaths(plan.slices, names),
          };
    return this.#last.found;
  }
}

/** `null` when so much is touched that all of it is to be looked for anew. */
function after(
  last: Last,
  { plan, graph, changed }: { readonly plan: Plan; readonly graph: PlanGraph; readonly changed: readonly number[] },
): FoundOverlap[] | null {
  const { names, files, named } = last;
  if (changed.length > MANY_CHANGED || last.found.length >= MOST_OVERLAPS) return null;
  // What such a pattern names depends on what is there: `[id].ts` may be a file to come.
  const touched = changed.flatMap((place) => [last.slices[place], plan.slices[place]]);
  if (touched.some((slice) => slice && globsOf(slice, names).some(isClass))) return null;
  const before = new Set<string>();
  for (const place of changed) count(named, last.slices[place], names, -1, before);
  const dirty = new Set(changed);
  const appeared = new Set<string>();
  for (const place of changed) count(named, plan.slices[place], names, 1, appeared);
  // A path that is named for the first or the last time is one file more or less for whatever matches it.
  const differing = [...appeared, ...before].filter((path) => appeared.has(path) !== before.has(path));
  if (differing.length > 0) {
    for (const [place, slice] of plan.slices.entries()) {
      if (dirty.has(place)) continue;
      const wild = globsOf(slice, names).filter((glob) => glob.texts === null || isClass(glob));
      if (wild.some((glob) => differing.some((path) => glob.matches(path)))) dirty.add(place);
    }
    if (dirty.size > MANY_CHANGED) return null;
  }
  const kept = last.found.filter(({ a, b }) => !dirty.has(a) && !dirty.has(b));
  const fresh = overlapsWith(dirty, { plan, graph, files, names });
  if (kept.length + fresh.length >= MOST_OVERLAPS) return null;
  return [...kept, ...fresh].sort((x, y) => x.a - y.a || x.b - y.b);
}

/** All overlaps of some slices, each once. */
function overlapsWith(
  dirty: ReadonlySet<number>,
  of: {
    readonly plan: Plan;
    readonly graph: PlanGraph;
    readonly files: readonly string[];
    readonly names: GlobOptions;
  },
): FoundOverlap[] {
  const { plan, graph, files, names } = of;
  const sets = new FileSets(plan, files, () => collectPatterns(plan, names), names);
  const scheduled = new Uint8Array(plan.slices.length);
  for (const place of graph.network.order) scheduled[place] = 1;
  const found: FoundOverlap[] = [];
  for (const place of dirty) {
    const slice = plan.slices[place];
    if (!slice || scheduled[place] === 0 || writeSet(slice.scope).length === 0) continue;
    const ordered = inOrderWith(place, graph);
    const own = writtenBy(slice.scope, names).entries;
    for (let other = 0; other < plan.slices.length; other++) {
      if (other === place || scheduled[other] === 0 || ordered[other] === 1) continue;
      // Of two that changed the first has looked.
      if (dirty.has(other) && other < place) continue;
      if (!mayMeet(own, writtenBy(plan.slices[other]!.scope, names).entries)) continue;
      const [a, b] = place < other ? [place, other] : [other, place];
      const witness = witnessOf(plan.slices[a]!, plan.slices[b]!, names);
      if (witness !== null) found.push({ a, b, share: sets.share(a, b), witness });
    }
  }
  return found;
}

/** Whether some two begin alike and end alike: most slices are told apart by that. */
function mayMeet(some: readonly NamedEntry[], others: readonly NamedEntry[]): boolean {
  for (const { glob } of some) {
    for (const { glob: other } of others) {
      const isAlike =
        (glob.prefix.startsWith(other.prefix) || other.prefix.startsWith(glob.prefix)) &&
        (glob.suffix.endsWith(other.suffix) || other.suffix.endsWith(glob.suffix));
      if (isAlike) return true;
    }
  }
  return false;
}

/** What comes before a slice or after it, by place. */
function inOrderWith(place: number, { network: { digraph } }: PlanGraph): Uint8Array {
  const reached = new Uint8Array(digraph.count);
  const walk = (start: Int32Array, next: Int32Array): void => {
    const seen = new Uint8Array(digraph.count);
    const stack = [place];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (let i = start[at]!; i < start[at + 1]!; i++) {
        const to = next[i]!;
        if (seen[to] === 1) continue;
        seen[to] = reached[to] = 1;
        stack.push(to);
      }
    }
  };
  walk(digraph.outStart, digraph.outTo);
  walk(digraph.inStart, digraph.inFrom);
  return reached;
}

function sameOrder({ network: a }: PlanGraph, { network: b }: PlanGraph): boolean {
  if (a === b) return true;
  return (
    sameList(a.ids, b.ids) &&
    sameList(a.order, b.order) &&
    sameList(a.digraph.from, b.digraph.from) &&
    sameList(a.digraph.to, b.digraph.to)
  );
}

function sameList<T>(a: ArrayLike<T>, b: ArrayLike<T>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The places of slices that may write other things than before; `null` when these are not the same slices. */
function changedScopes(before: readonly Slice[], slices: readonly Slice[]): number[] | null {
  if (before.length !== slices.length) return null;
  const changed: number[] = [];
  for (let place = 0; place < slices.length; place++) {
    const [a, b] = [before[place]!, slices[place]!];
    if (a === b) continue;
    if (a.id !== b.id) return null;
    const isSame = (['create', 'modify', 'boundary'] as const).every((key) => sameWords(a.scope[key], b.scope[key]));
    if (!isSame) changed.push(place);
  }
  return changed;
}

function sameWords(a: readonly ScopeEntry[], b: readonly ScopeEntry[]): boolean {
  return a.length === b.length && a.every(({ path, symbol }, i) => path === b[i]?.path && symbol === b[i]?.symbol);
}

function globsOf({ scope }: Slice, names: GlobOptions): Glob[] {
  return writeSet(scope).map(({ path }) => compileGlob(path, names));
}

/** A class stands for a file called by its letters too. */
function isClass(glob: Glob): boolean {
  return glob.source.includes('[');
}

function namedPaths(slices: readonly Slice[], names: GlobOptions): Map<string, number> {
  const named = new Map<string, number>();
  for (const slice of slices) count(named, slice, names, 1, new Set());
  return named;
}

/** Counts what a slice names literally up or down; `turned` gets the paths that are there, or gone, only since. */
function count(
  named: Map<string, number>,
  slice: Slice | undefined,
  names: GlobOptions,
  by: 1 | -1,
  turned: Set<string>,
): void {
  for (const { texts } of slice ? globsOf(slice, names) : []) {
    for (const text of texts ?? []) {
      const path = comparedPath(text, names);
      const times = (named.get(path) ?? 0) + by;
      if (times > 0) named.set(path, times);
      else named.delete(path);
      if (times === (by > 0 ? 1 : 0)) turned.add(path);
    }
  }
}
