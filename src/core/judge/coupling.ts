import type { CodeImport } from '../code/model.ts';
import { isTestPath } from '../conventions/sources.ts';
import { codeSpans } from '../text/mentions.ts';
import { digraph, REACH_BLOCK, reachFrom } from '../plan/layers.ts';
import { scopesOverlap } from '../scope/meeting.ts';
import { splitCommand } from '../text/words.ts';
import { changedTogether, type CoChange } from './coupling-history.ts';
import { DeclaringFiles } from './declaring-files.ts';
import {
  couplingScore,
  couplingVerdict,
  COUPLING_LIMITS,
  weighed,
  weightOf,
  type Coupling,
  type CouplingEvidence,
  type CouplingLimits,
  type CouplingRequest,
  type Couplings,
  type SharedFileEvidence,
} from './coupling-model.ts';
import { directoryOf, RepositoryTree } from './coupling-tree.ts';
import { touches, WriteSets, type Writer } from './coupling-writes.ts';
import { packageUses } from './package-uses.ts';
import {
  isGenerated,
  isGeneratedName,
  isRegistryName,
  listedCreators,
  lockMeetings,
  migrationMeetings,
  type Meeting,
} from './shared-files.ts';

/**
 * What couples slices that could run at the same time (no path of the graph orders them) and write different files:
 * imports from one scope into the other, files that changed together, tests, generated files and lock files that both
 * come to, and mentions. Each pair comes with its evidence, a score and a verdict; pairs that overlap in what they write
 * are left to `overlaps`. The order of slices and files makes no difference.
 *
 * Evidence is found by file, so pairs without any are never looked at. Imports count only where they surely mean a file
 * of the repository (see `DeclaringFiles`); what one package of Go, Java, C# or PHP uses of itself without any is found by
 * name (see `packageUses`).
 */
export function couplings(request: CouplingRequest): Couplings {
  return new CouplingSearch(request).run();
}

/** So many slices may run one test file before it is asked whether most of the plan does. */
const mostChecked = 4;

/** Longer words of a text are no names, and looking for their ends would take long. */
const longestName = 400;

class CouplingSearch {
  readonly #request: CouplingRequest;
  readonly #limits: CouplingLimits;
  readonly #writes: WriteSets;
  readonly #tree: RepositoryTree;
  /** By pair `i * count + j`, i < j. */
  readonly #evidence = new Map<number, Map<string, CouplingEvidence>>();
  readonly #crowded = new Set<string>();
  #unread = 0;

  constructor(request: CouplingRequest) {
    this.#request = request;
    this.#limits = { ...COUPLING_LIMITS, ...request.limits };
    this.#writes = new WriteSets(request.plan, request.graph, request.repoFiles, request.paths ?? {});
    this.#tree = new RepositoryTree(request.repoFiles, request.text);
  }

  run(): Couplings {
    this.#imports();
    this.#mentions();
    this.#verifiedTests();
    for (const [file, meeting] of lockMeetings(this.#tree, this.#writes)) this.#meet(file, 'lock', meeting);
    for (const [file, meeting] of migrationMeetings(this.#tree, this.#writes)) this.#meet(file, 'migrations', meeting);
    if (this.#request.history) this.#history(this.#request.history);
    return { pairs: this.#judged(), crowded: [...this.#crowded].sort(), unread: this.#unread };
  }

  /** Imports of files that somebody may write, and of tests and registries that take from several slices. */
  #imports(): void {
    const own: string[] = [];
    const between: string[] = [];
    for (const path of [...new Set(this.#request.repoFiles)].sort()) {
      if (this.#writes.writersOf(path).length > 0) own.push(path);
      else if (isRegistryName(path) || isGeneratedName(path) || isTestPath(path)) between.push(path);
    }
    const createdIn = this.#createdIn();
    const declaring = new DeclaringFiles(this.#tree, this.#request.code);
    const files = [...own, ...between];
    this.#unread = Math.max(0, files.length - this.#limits.mostRead);
    for (const path of files.slice(0, this.#limits.mostRead)) {
      const code = declaring.read(path);
      if (!code) continue;
      const taken = new Set<string>();
      const takenFrom = new Set<number>();
      for (const item of code.imports) {
        for (const { to, names } of declaring.taken(path, code.language, item)) {
          taken.add(to);
          const writers = this.#uncrowded(to).filter((writer) => touches(writer, names));
          for (const writer of writers) {
            takenFrom.add(writer.slice);
            for (const { slice } of this.#uncrowded(path)) this.#importBetween(slice, writer, { path, to, item });
          }
        }
      }
      if (this.#writes.writersOf(path).length === 0) this.#placeBetween(path, taken, takenFrom, createdIn);
    }
    this.#packages(own.slice(0, this.#limits.mostRead));
  }

  /** What files of one package use of each other without an import. */
  #packages(paths: readonly string[]): void {
    const { code, text } = this.#request;
    for (const { from, to, name, line } of packageUses({ paths, code, text })) {
      for (const writer of this.#uncrowded(to).filter((one) => touches(one, [name]))) {
        for (const { slice } of this.#uncrowded(from)) {
          if (slice === writer.slice) continue;
          this.#add(slice, writer.slice, `use ${slice} ${from} ${to}`, {
            kind: 'use',
            user: this.#writes.slices[slice]!.id,
            used: this.#writes.slices[writer.slice]!.id,
            from,
            line,
            name,
            to,
            named: writer.named,
            contract: this.#contractBetween(slice, writer.slice, to),
          });
        }
      }
    }
  }

  /** The contract that speaks for what one slice takes from a file of another, or `null`. */
  #contractBetween(consumer: number, provider: number, file: string): string | null {
    const [from, of] = [this.#writes.slices[consumer]!, this.#writes.slices[provider]!];
    const contracts = this.#request.plan.contracts
      .filter(
        (contract) =>
          contract.target === file ||
          (contract.provider === of.id &&
            (contract.consumers.includes(from.id) || from.contracts.includes(contract.path))),
      )
      .map((contract) => contract.path);
    return contracts.sort()[0] ?? null;
  }

  #importBetween(
    importer: number,
    { slice: imported, named }: Writer,
    { path, to, item }: { readonly path: string; readonly to: string; readonly item: CodeImport },
  ): void {
    if (importer === imported) return;
    const [from, of] = [this.#writes.slices[importer]!, this.#writes.slices[imported]!];
    // A whole package is imported once, however many files it has.
    const what = item.names.length === 0 ? item.specifier : to;
    this.#add(importer, imported, `import ${importer} ${path} ${what}`, {
      kind: 'import',
      importer: from.id,
      imported: of.id,
      from: path,
      line: item.line,
      specifier: item.specifier,
      to,
      named,
      contract: this.#contractBetween(importer, imported, to),
    });
  }

  /** A file that nobody may write and that takes from several slices. */
  #placeBetween(
    path: string,
    taken: ReadonlySet<string>,
    takenFrom: ReadonlySet<number>,
    createdIn: ReadonlyMap<string, ReadonlySet<number>>,
  ): void {
    if (isTestPath(path) && !isGeneratedName(path)) {
      this.#pairs(path, [...takenFrom], (i, j) =>
        this.#add(i, j, `test ${path}`, { kind: 'shared-test', test: path, through: 'imports' }),
      );
      return;
    }
    const creators = listedCreators(taken, createdIn);
    const slices = new Set([...takenFrom, ...creators]);
    if (slices.size < 2) return;
    const as = isGenerated(path, this.#tree.text(path)) ? 'generated' : 'registry';
    this.#meet(path, as, new Map([...slices].map((slice) => [slice, creators.has(slice)])));
  }

  /** The directories in which slices create files they name. */
  #createdIn(): Map<string, Set<number>> {
    const created = new Map<string, Set<number>>();
    for (const path of this.#writes.paths()) {
      if (this.#tree.has(path)) continue;
      for (const { slice } of this.#writes.writersOf(path)) {
        const directory = directoryOf(path);
        created.set(directory, (created.get(directory) ?? new Set<number>()).add(slice));
      }
    }
    return created;
  }

  /** Requirements that name a file or a symbol which only another slice brings. */
  #mentions(): void {
    const bringers = new Map<string, number | null>();
    const bring = (name: string, slice: number): void => {
      const known = bringers.get(name);
      // What several bring is nobody's: it cannot be told who is meant.
      bringers.set(name, known === undefined || known === slice ? slice : null);
    };
    for (const path of this.#writes.paths())
      if (!this.#tree.has(path)) for (const { slice } of this.#writes.writersOf(path)) bring(path, slice);
    this.#writes.slices.forEach((slice, i) => {
      for (const { symbol } of [...slice.scope.create, ...slice.scope.modify]) if (symbol !== null) bring(symbol, i);
    });
    if (bringers.size === 0) return;
    this.#writes.slices.forEach((slice, by) => {
      const text = slice.task.requirements;
      const short = (list: readonly string[]): string[] =>
        list.filter((word) => word.length <= longestName).map((word) => word.replace(/^\.\//, ''));
      const names = [
        ...short(text.match(/[^\s`'"()<>[\],;]+/g) ?? [])
          .filter((word) => word.includes('/'))
          .map((word) => word.replace(/[.:!?]+$/, '')),
        ...short(codeSpans(text)).map((span) => span.replace(/\(.*\)$/s, '')),
      ];
      for (const what of new Set(names)) {
        const of = bringers.get(what);
        if (of === undefined || of === null || of === by) continue;
        this.#add(by, of, `mention ${by} ${what}`, {
          kind: 'mention',
          by: slice.id,
          of: this.#writes.slices[of]!.id,
          what,
        });
      }
    });
  }

  /** Tests that the checks of several slices name. A directory or a whole suite is no test file. */
  #verifiedTests(): void {
    const runs = new Map<string, Set<number>>();
    this.#writes.slices.forEach((slice, i) => {
      for (const command of slice.verify) {
        const read = splitCommand(command);
        if (!read.ok) continue;
        for (const word of read.value.flatMap((step) => step.words)) {
          const path = word.replace(/^\.\//, '').replace(/::.*$/s, '');
          const isFile = this.#tree.has(path) || this.#writes.writersOf(path).length > 0;
          if (isFile && isTestPath(path)) runs.set(path, (runs.get(path) ?? new Set<number>()).add(i));
        }
      }
    });
    for (const [test, slices] of runs) {
      // What checks most of a plan is a check of the plan.
      if (slices.size >= mostChecked && slices.size * 2 > this.#writes.slices.length) continue;
      this.#pairs(test, [...slices], (i, j) =>
        // The stronger kind takes the place of what the test imports.
        this.#add(i, j, `test ${test}`, { kind: 'shared-test', test, through: 'verify' }),
      );
    }
  }

  /** Files of two slices that changed together, and generated files that changed with those of both. */
  #history(history: CoChange): void {
    const { leastTogether, leastConfidence } = this.#limits;
    const isWritten = (path: string): boolean => this.#writes.writersOf(path).length > 0;
    const isFree = (path: string): boolean => !isWritten(path) && isGeneratedName(path) && this.#tree.has(path);
    const kept = new Map<string, boolean>();
    const found = changedTogether(history, {
      wanted: (path) => {
        let wanted = kept.get(path);
        if (wanted === undefined) kept.set(path, (wanted = (isWritten(path) && this.#tree.has(path)) || isFree(path)));
        return wanted;
      },
      pair: (a, b) => isWritten(a) || isWritten(b),
      leastTogether,
      leastConfidence,
    });
    const generated = new Map<string, Map<number, boolean>>();
    for (const together of found) {
      const [written, free] = isWritten(together.a) ? [together.a, together.b] : [together.b, together.a];
      if (!isWritten(free)) {
        const meeting = generated.get(free) ?? new Map<number, boolean>();
        for (const { slice } of this.#uncrowded(written)) meeting.set(slice, true);
        generated.set(free, meeting);
        continue;
      }
      for (const x of this.#uncrowded(together.a))
        for (const y of this.#uncrowded(together.b))
          this.#add(x.slice, y.slice, `history ${together.a} ${together.b}`, { kind: 'history', ...together });
    }
    for (const [file, meeting] of generated) this.#meet(file, 'generated', meeting);
  }

  #meet(file: string, as: SharedFileEvidence['as'], meeting: Meeting): void {
    this.#pairs(file, [...meeting.keys()], (i, j) =>
      this.#add(i, j, `${as} ${file}`, {
        kind: 'shared-file',
        file,
        as,
        surely: (meeting.get(i) ?? false) && (meeting.get(j) ?? false),
      }),
    );
  }

  #pairs(file: string, slices: readonly number[], each: (i: number, j: number) => void): void {
    if (slices.length > this.#limits.mostSlices) {
      this.#crowded.add(file);
      return;
    }
    const sorted = slices.toSorted((x, y) => x - y);
    sorted.forEach((i, at) => sorted.slice(at + 1).forEach((j) => each(i, j)));
  }

  /** Who may write a file; nobody when they are too many to speak of pairs. */
  #uncrowded(path: string): ReturnType<WriteSets['writersOf']> {
    const writers = this.#writes.writersOf(path);
    if (writers.length <= this.#limits.mostSlices) return writers;
    this.#crowded.add(path);
    return [];
  }

  /** What is said twice counts once: in its stronger form, else as it was said first. */
  #add(i: number, j: number, key: string, evidence: CouplingEvidence): void {
    if (i === j) return;
    const pair = Math.min(i, j) * this.#writes.slices.length + Math.max(i, j);
    let all = this.#evidence.get(pair);
    if (!all) this.#evidence.set(pair, (all = new Map()));
    const known = all.get(key);
    if (!known || weightOf(evidence) > weightOf(known)) all.set(key, evidence);
  }

  #judged(): Coupling[] {
    const count = this.#writes.slices.length;
    const pairs = [...this.#evidence.keys()].sort((x, y) => x - y);
    const isOrdered = this.#ordering(pairs);
    return pairs.flatMap((key) => {
      const [i, j] = [Math.floor(key / count), key % count];
      const [a, b] = [this.#writes.slices[i]!, this.#writes.slices[j]!];
      if (isOrdered.has(key) || scopesOverlap(a, b, this.#writes.options)) return [];
      const evidence = weighed([...this.#evidence.get(key)!.values()]);
      const score = couplingScore(evidence);
      const [before, after] = this.#order(a.id, b.id, evidence);
      return [{ a: a.id, b: b.id, score, verdict: couplingVerdict(score, this.#limits), before, after, evidence }];
    });
  }

  /** Those of the pairs that a path of the graph orders. */
  #ordering(pairs: readonly number[]): Set<number> {
    const { graph } = this.#request;
    const count = this.#writes.slices.length;
    const place = new Map(this.#writes.slices.map((slice, i) => [slice.id, i]));
    const edges = graph.edges.filter((edge) => place.has(edge.from) && place.has(edge.to));
    const vertices = digraph(
      count,
      Int32Array.from(edges, (edge) => place.get(edge.from)!),
      Int32Array.from(edges, (edge) => place.get(edge.to)!),
    );
    const order = Int32Array.from(graph.order, (id) => place.get(id)!);
    const partners = new Map<number, number[]>();
    for (const key of pairs) {
      const [i, j] = [Math.floor(key / count), key % count];
      for (const [from, to] of [
        [i, j],
        [j, i],
      ] as const) {
        const list = partners.get(from);
        if (list) list.push(to);
        else partners.set(from, [to]);
      }
    }
    const sources = [...order].filter((v) => partners.has(v));
    const ordered = new Set<number>();
    for (let first = 0; first < sources.length; first += REACH_BLOCK) {
      const block = sources.slice(first, first + REACH_BLOCK);
      const reaches = reachFrom(vertices, order, block);
      for (const v of block)
        for (const w of partners.get(v)!) if (reaches(v, w)) ordered.add(Math.min(v, w) * count + Math.max(v, w));
    }
    return ordered;
  }

  /** The imported, used or mentioned side first, by weight; else the one that can start earlier; else by id. */
  #order(a: string, b: string, evidence: readonly CouplingEvidence[]): [before: string, after: string] {
    let lean = 0;
    for (const item of evidence) {
      const first = providerOf(item);
      if (first !== null) lean += first === a ? weightOf(item) : -weightOf(item);
    }
    const startOf = (id: string): number => this.#request.graph.schedule.get(id)?.earliestStart ?? 0;
    // Sums of fractions in one order here, in another there, may differ in their last digit.
    if (Math.abs(lean) > 1e-9) return lean > 0 ? [a, b] : [b, a];
    return startOf(b) < startOf(a) ? [b, a] : [a, b];
  }
}

/** The slice that brings what the other one needs; `null` where neither does. */
function providerOf(evidence: CouplingEvidence): string | null {
  switch (evidence.kind) {
    case 'import':
      return evidence.imported;
    case 'use':
      return evidence.used;
    case 'mention':
      return evidence.of;
    default:
      return null;
  }
}
