import { withoutParameters } from '../text/parameter-names.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan, Slice } from '../plan/model.ts';
import { symbolsOverlap } from '../scope/contain.ts';
import { comparedPath, compileGlob, type GlobOptions } from '../scope/glob.ts';
import { writeSet } from '../scope/meeting.ts';
import { ScopeFiles, wholeWalls } from './scope-files.ts';

/** That a slice may write a file. */
export interface Writer {
  /** Place among `WriteSets.slices`. */
  readonly slice: number;
  /** The only parts of the file it may write; `null`: all of it. */
  symbols: readonly string[] | null;
  /** Whether the scope names the file, not only a pattern that matches it. */
  named: boolean;
}

/** Which slices may write which files. */
export class WriteSets {
  /** Those that can run at all, by id. */
  readonly slices: readonly Slice[];
  readonly options: GlobOptions;
  /** Existing files, and those to come that are named, each with its writers in order of slices. */
  readonly #writers = new Map<string, Writer[]>();
  readonly #ways = new Map<string, { readonly paths: readonly string[]; readonly named: boolean }>();
  readonly #files: ScopeFiles;

  constructor(plan: Plan, graph: PlanGraph, repoFiles: readonly string[], options: GlobOptions) {
    this.options = options;
    this.#files = new ScopeFiles(repoFiles, options);
    this.slices = plan.slices.filter(({ id }) => graph.schedule.has(id)).sort((x, y) => (x.id < y.id ? -1 : 1));
    this.slices.forEach((slice, i) => this.#add(slice, i));
  }

  writersOf(path: string): readonly Writer[] {
    return this.#writers.get(path) ?? [];
  }

  /** All files that somebody may write, sorted. */
  paths(): readonly string[] {
    return [...this.#writers.keys()].sort();
  }

  /** Whether a slice must not touch a path. */
  isWalled(slice: number, path: string): boolean {
    return (this.slices[slice]?.scope.boundary ?? []).some(
      (wall) => wall.path !== null && wall.symbol === null && compileGlob(wall.path, this.options).matches(path),
    );
  }

  #add(slice: Slice, place: number): void {
    const walls = wholeWalls(slice.scope, this.options);
    for (const entry of writeSet(slice.scope)) {
      const { paths, named } = this.#matching(entry.path);
      for (const path of paths) {
        if (walls.some((wall) => wall.matches(path))) continue;
        const writers = this.#writers.get(path) ?? [];
        if (writers.length === 0) this.#writers.set(path, writers);
        const last = writers.at(-1);
        const symbols = entry.symbol === null ? null : [entry.symbol];
        if (last?.slice !== place) writers.push({ slice: place, symbols, named });
        else {
          last.symbols = last.symbols === null || symbols === null ? null : [...last.symbols, ...symbols];
          last.named ||= named;
        }
      }
    }
  }

  #matching(source: string): { readonly paths: readonly string[]; readonly named: boolean } {
    let known = this.#ways.get(source);
    if (!known) {
      const glob = compileGlob(source, this.options);
      const there = this.#files.matching(source);
      // A name with brackets is a pattern where it matches files, else the name of one to come.
      const named = glob.texts !== null;
      const paths = new Set(there);
      if (named && (there.length === 0 || !withoutParameters(source).includes('[')))
        for (const text of glob.texts ?? []) if (!there.some((path) => this.#isSame(path, text))) paths.add(text);
      known = { paths: [...paths], named };
      this.#ways.set(source, known);
    }
    return known;
  }

  #isSame(path: string, text: string): boolean {
    return comparedPath(path, this.options) === comparedPath(text, this.options);
  }
}

/** Whether names that are taken from a file can be among those that somebody may write. */
export function touches(writer: Writer, names: readonly string[]): boolean {
  const { symbols } = writer;
  if (symbols === null || names.length === 0) return true;
  return names.some((name) => symbols.some((symbol) => symbolsOverlap(symbol, name)));
}
