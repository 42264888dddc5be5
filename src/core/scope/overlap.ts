import type { PlanGraph } from '../plan/graph-model.ts';
import { digraph, REACH_BLOCK, reachFrom } from '../plan/layers.ts';
import type { Plan } from '../plan/model.ts';
import type { Scope, ScopeEntry } from '../task/model.ts';
import { foldText } from './charset.ts';
import { symbolsOverlap } from './contain.ts';
import { compileGlob, globsIntersect, type Glob, type GlobOptions } from './glob.ts';
import { EndsIndex, PrefixIndex, startingWith } from './glob-index.ts';
import { entriesMeet, entriesOf, scopesOverlap, wallsOf, writeSet, type WriteEntry } from './meeting.ts';

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

/** More pairs than anyone can act on: `overlaps` ends there. */
const MOST_OVERLAPS = 100_000;

/**
 * All pairs of slices that could run at the same time (no path of the graph orders them) and whose write sets meet,
 * in plan order. A slice's files are those of `repoFiles`, and of the paths that the plan names literally, that its
 * entries match; an entry that matches none of them counts as one file of its own. Slices on or behind a cycle cannot
 * run, so they are left out. Literal paths and prefixes are indexed: only entries that can meet are ever compared.
 */
export function overlaps(
  plan: Plan,
  graph: PlanGraph,
  repoFiles: readonly string[] = [],
  options: GlobOptions = {},
): Overlap[] {
  const place = new Map(plan.slices.map((slice, i) => [slice.id, i]));
  const patterns = collectPatterns(plan, options);
  const partners = meetingPatterns(patterns);
  const files = new FileSets(plan, repoFiles, patterns, options);

  const edges = graph.edges.filter((edge) => graph.schedule.has(edge.from) && graph.schedule.has(edge.to));
  const vertices = digraph(
    plan.slices.length,
    Int32Array.from(edges, (edge) => place.get(edge.from)!),
    Int32Array.from(edges, (edge) => place.get(edge.to)!),
  );
  const order = Int32Array.from(graph.order, (id) => place.get(id)!);
  const position = new Int32Array(plan.slices.length).fill(-1);
  order.forEach((v, i) => (position[v] = i));

  const found: { readonly overlap: Overlap; readonly at: readonly [number, number] }[] = [];
  const patternsOf: number[][] = plan.slices.map(() => []);
  patterns.forEach((pattern, p) => {
    for (const slice of new Set(pattern.users.map((user) => user.slice))) patternsOf[slice]!.push(p);
  });
  const busy = [...order].filter((v) => patternsOf[v]!.some((p) => partners[p]!.length > 0));
  for (let first = 0; first < busy.length && found.length < MOST_OVERLAPS; first += REACH_BLOCK) {
    const block = busy.slice(first, first + REACH_BLOCK);
    let reaches: ((source: number, vertex: number) => boolean) | undefined;
    for (const v of block) {
      const met = new Set<number>();
      for (const p of patternsOf[v]!) {
        for (const q of partners[p]!) {
          for (const user of patterns[q]!.users) {
            const w = user.slice;
            if (position[w]! <= position[v]! || met.has(w)) continue;
            reaches ??= reachFrom(vertices, order.subarray(position[block[0]!]), block);
            if (reaches(v, w)) continue;
            met.add(w);
          }
        }
      }
      for (const w of met) {
        const [a, b] = v < w ? [v, w] : [w, v];
        const meeting = scopesOverlap(plan.slices[a]!, plan.slices[b]!, options);
        if (!meeting) continue;
        const share = files.share(a, b);
        const overlap: Overlap = {
          a: plan.slices[a]!.id,
          b: plan.slices[b]!.id,
          percent: Math.round(share * 1000) / 10,
          verdict: verdictOf(share),
          witness: meeting.witness,
        };
        found.push({ overlap, at: [a, b] });
        if (found.length >= MOST_OVERLAPS) break;
      }
      if (found.length >= MOST_OVERLAPS) break;
    }
  }
  found.sort((x, y) => x.at[0] - y.at[0] || x.at[1] - y.at[1]);
  return found.map(({ overlap }) => overlap);
}

/** The rule of the method: under 20 % in parallel, over 50 % one after another, between them cut again. */
export function verdictOf(share: number): OverlapVerdict {
  if (share < 0.2) return 'parallel';
  return share > 0.5 ? 'serial' : 'reslice';
}

/** One glob text of the plan, with all entries that use it. */
interface Pattern {
  readonly glob: Glob;
  /** The only paths it matches, or `null` when a wildcard or a class makes it match others. */
  readonly paths: readonly string[] | null;
  readonly users: { readonly slice: number; readonly entry: WriteEntry }[];
}

function collectPatterns(plan: Plan, options: GlobOptions): Pattern[] {
  const patterns = new Map<string, Pattern>();
  plan.slices.forEach((slice, i) => {
    for (const entry of writeSet(slice.scope)) {
      let pattern = patterns.get(entry.path);
      if (!pattern) {
        const glob = compileGlob(entry.path, options);
        pattern = { glob, paths: pathsOf(glob), users: [] };
        patterns.set(entry.path, pattern);
      }
      pattern.users.push({ slice: i, entry });
    }
  });
  return [...patterns.values()];
}

/** A class also matches what its letters say, so only braces and plain paths are read off. */
function pathsOf(glob: Glob): readonly string[] | null {
  return glob.source.includes('[') ? null : glob.texts;
}

/** For each pattern, those it can share a path with: itself too when several entries use it. */
function meetingPatterns(patterns: readonly Pattern[]): number[][] {
  const partners: number[][] = patterns.map((pattern, p) => (pattern.users.length > 1 ? [p] : []));
  const seen = new Set<number>();
  const meet = (p: number, q: number): void => {
    const key = Math.min(p, q) * patterns.length + Math.max(p, q);
    if (p === q || seen.has(key)) return;
    seen.add(key);
    partners[p]!.push(q);
    partners[q]!.push(p);
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
  if (wild.length === 0) return partners;
  const paths = [...byPath.keys()].sort();
  for (const p of wild) {
    const { glob } = patterns[p]!;
    for (const path of startingWith(paths, glob.prefix))
      if (glob.matches(path)) for (const q of byPath.get(path)!) meet(p, q);
  }
  // What only one slice uses is not compared with the rest of its own scope.
  const only = patterns.map(({ users }) =>
    users.every(({ slice }) => slice === users[0]?.slice) ? users[0]?.slice : null,
  );
  const globs = new EndsIndex(wild, (p) => patterns[p]!.glob);
  for (const p of wild) {
    const { glob } = patterns[p]!;
    for (const q of globs.couldMeet(glob)) {
      if (q <= p || (only[p] !== null && only[p] === only[q])) continue;
      const { source, caseInsensitive } = patterns[q]!.glob;
      if (globsIntersect(glob.source, source, { caseInsensitive }) !== null) meet(p, q);
    }
  }
  return partners;
}

/** What a slice writes, file by file: `null` for the whole file, else the symbols. */
interface FileSet {
  readonly files: ReadonlyMap<string, ReadonlySet<string> | null>;
  /** Entries that match no file known yet. */
  readonly unseen: readonly WriteEntry[];
  readonly size: number;
}

class FileSets {
  readonly #plan: Plan;
  readonly #options: GlobOptions;
  /** Repository files, folded when case is ignored, sorted. */
  readonly #existing: readonly string[];
  readonly #patterns: readonly Pattern[];
  /** Paths the plan names, likewise; `null` until a wildcard asks. */
  #named: readonly string[] | null = null;
  readonly #matched = new Map<string, readonly string[]>();
  readonly #sets = new Map<string, FileSet>();
  readonly #keys = new Map<number, string>();

  constructor(plan: Plan, repoFiles: readonly string[], patterns: readonly Pattern[], options: GlobOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#patterns = patterns;
    this.#existing = sortedFiles(repoFiles, options.caseInsensitive ?? false);
  }

  /** |shared| / min(|A|, |B|), counted on the smaller side. */
  share(a: number, b: number): number {
    const left = this.#of(a);
    const right = this.#of(b);
    const least = Math.min(left.size, right.size);
    if (least === 0) return 0;
    const counts: number[] = [];
    if (left.size === least) counts.push(this.#shared(left, a, right, b));
    if (right.size === least) counts.push(this.#shared(right, b, left, a));
    return Math.max(...counts) / least;
  }

  #shared(small: FileSet, a: number, large: FileSet, b: number): number {
    let shared = 0;
    for (const [file, symbols] of small.files) {
      const others = large.files.get(file);
      if (others === undefined) continue;
      if (symbols === null) shared++;
      else if (others === null) shared += symbols.size;
      else
        for (const symbol of symbols)
          if (others.has(symbol) || [...others].some((other) => symbolsOverlap(symbol, other))) shared++;
    }
    if (small.unseen.length === 0) return shared;
    const own = this.#plan.slices[a]!.scope;
    const other = this.#plan.slices[b]!.scope;
    const rights = entriesOf(other, this.#options);
    const walls = wallsOf(own, other, this.#options);
    for (const entry of small.unseen) {
      for (const right of rights(compileGlob(entry.path, this.#options))) {
        if (entriesMeet(entry, right, walls, this.#options) === null) continue;
        shared++;
        break;
      }
    }
    return shared;
  }

  #of(slice: number): FileSet {
    const { scope } = this.#plan.slices[slice]!;
    let key = this.#keys.get(slice);
    if (key === undefined) {
      const text = (entries: readonly ScopeEntry[]): string[] =>
        entries.map((entry) => `${entry.path ?? ''}\n${entry.symbol ?? ''}`);
      key = JSON.stringify([text(writeSet(scope)), text(scope.boundary)]);
      this.#keys.set(slice, key);
    }
    let set = this.#sets.get(key);
    if (!set) {
      set = this.#collect(scope);
      this.#sets.set(key, set);
    }
    return set;
  }

  #collect(scope: Scope): FileSet {
    const walls = new PrefixIndex(
      scope.boundary.flatMap((e) => (e.path !== null && e.symbol === null ? [compileGlob(e.path, this.#options)] : [])),
      (wall) => wall.prefix,
    );
    const files = new Map<string, Set<string> | null>();
    const unseen: WriteEntry[] = [];
    for (const entry of writeSet(scope)) {
      const matched = this.#matching(entry.path);
      if (matched.length === 0) unseen.push(entry);
      for (const file of matched) {
        if (walls.beginningOf(file).some((wall) => wall.matches(file))) continue;
        const symbols = files.get(file);
        if (entry.symbol === null || symbols === null) files.set(file, null);
        else if (!symbols) files.set(file, new Set([entry.symbol]));
        else symbols.add(entry.symbol);
      }
    }
    let size = unseen.length;
    for (const symbols of files.values()) size += symbols === null ? 1 : symbols.size;
    return { files, unseen, size };
  }

  #matching(path: string): readonly string[] {
    let matched = this.#matched.get(path);
    if (!matched) {
      const glob = compileGlob(path, this.#options);
      const paths = pathsOf(glob);
      // What is named literally is among the files known anyway.
      matched = [
        ...new Set(
          paths
            ? paths.map((text) => folded(text, this.#options))
            : [this.#existing, this.#namedPaths()].flatMap((files) =>
                startingWith(files, glob.prefix).filter((file) => glob.matches(file)),
              ),
        ),
      ];
      this.#matched.set(path, matched);
    }
    return matched;
  }

  #namedPaths(): readonly string[] {
    this.#named ??= this.#patterns
      .flatMap(({ glob, paths }) => {
        if (paths) return paths;
        // `[id].ts` names a file to come only where it does not, as a class, name files that are there.
        const there = startingWith(this.#existing, glob.prefix).some((file) => glob.matches(file));
        return there ? [] : (glob.texts ?? []);
      })
      .map((path) => folded(path, this.#options))
      .sort();
    return this.#named;
  }
}

function folded(path: string, options: GlobOptions): string {
  return options.caseInsensitive ? foldText(path) : path;
}

const sortedLists = new WeakMap<
  readonly string[],
  { readonly ignoreCase: boolean; readonly files: readonly string[] }
>();

/** Kept for each list: the same repository is asked about again and again. */
function sortedFiles(repoFiles: readonly string[], ignoreCase: boolean): readonly string[] {
  let known = sortedLists.get(repoFiles);
  if (known?.ignoreCase !== ignoreCase) {
    known = { ignoreCase, files: (ignoreCase ? repoFiles.map((file) => foldText(file)) : [...repoFiles]).sort() };
    sortedLists.set(repoFiles, known);
  }
  return known.files;
}
