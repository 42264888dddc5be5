import type { DocumentValue } from '../text/document.ts';
import { readJson } from '../text/json.ts';
import type { RepositoryFacts } from '../scope/repository-facts.ts';
import { shapeOf, type PlanShape } from '../lint/plan/shape.ts';
import { fileKind, planDirectoryOf } from '../lint/engine/kind.ts';
import { readMarkdown } from '../text/markdown.ts';
import type { Markdown } from '../text/markdown.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import { loadPlan, sliceResolver } from '../plan/load.ts';
import type { PlanTextReader } from '../plan/load.ts';
import type { Plan, PlanFiles } from '../plan/model.ts';
import { toldOf, usualThresholds } from '../scope/overlap.ts';
import type { Overlap, OverlapThresholds } from '../scope/overlap.ts';
import { SourceText } from '../text/source.ts';
import type { Spec } from '../spec/model.ts';
import { readSpec } from '../spec/read.ts';
import type { TaskSpec } from '../task/model.ts';
import { readTaskSpec } from '../task/read.ts';
import type { Manifest } from '../manifest/model.ts';
import { readManifest } from '../manifest/read.ts';

/** What the language features know of the world. All paths are repository-relative with forward slashes. */
export interface LanguageSources {
  /** Specs, plans and skills as they are now, open documents before the disk; contracts with empty text. It changes over time. */
  readonly files: ReadonlyMap<string, string>;
  /** What the repository holds besides; `null` when nobody looked. */
  readonly repository: () => RepositoryFacts | null;
  /** In a few words what a slice's runs have come to ("running 12m"); `null` when there is none, or nobody knows. */
  readonly stateOf?: (planDir: string, slice: string) => string | null;
  /** Where the verdicts on overlaps change; the usual ones when absent. They change with the settings. */
  readonly thresholds?: () => OverlapThresholds;
  /** Whoever reads the same files already; what it keeps is not read twice. */
  readonly reader?: PlanTextReader;
  /** Whoever loads the plans of the same files already. */
  readonly loaded?: (dir: string) => ReturnType<typeof loadPlan>;
  /** Another number after each change of `files`; without it they are looked through each time. */
  readonly revision?: () => number;
}

const plainReader: PlanTextReader = { task: readTaskSpec, manifest: readManifest };

/** A file's kind for the language features: prompts are of no interest to the linter, but name slices. */
type ReadingKind = ReturnType<typeof fileKind> | 'prompt';

/** One version of one file; each way of reading it is done at most once. */
export class Reading {
  readonly file: string;
  readonly text: string;
  readonly source: SourceText;
  readonly kind: ReadingKind;
  readonly #reader: PlanTextReader;
  #markdown: Markdown | undefined;
  #task: TaskSpec | undefined;
  #spec: Spec | undefined;
  #json: DocumentValue | null | undefined;

  constructor(file: string, text: string, reader: PlanTextReader = plainReader) {
    this.#reader = reader;
    this.file = file;
    this.text = text;
    this.source = new SourceText(file, text);
    this.kind = isPrompt(file) ? 'prompt' : fileKind(file, text);
  }

  get markdown(): Markdown {
    return (this.#markdown ??= readMarkdown(this.source));
  }

  get task(): TaskSpec {
    return (this.#task ??= this.#reader.task(this.text, this.file).task);
  }

  get spec(): Spec {
    return (this.#spec ??= readSpec(this.text, this.file).spec);
  }

  get manifest(): Manifest | null {
    return this.#reader.manifest(this.text, this.file).manifest;
  }

  get json(): DocumentValue | null {
    if (this.#json === undefined) this.#json = readJson(this.text).value;
    return this.#json;
  }
}

const noFiles: readonly string[] = [];

function filesOf(readings: readonly Reading[], prefix: string): PlanFiles {
  return new Map(readings.map((reading) => [reading.file.slice(prefix.length), reading.text]));
}

/** One version of a plan directory. Waves and overlaps are computed when they are first asked for. */
export class PlanReading {
  readonly dir: string;
  readonly manifest: Reading | null;
  readonly tasks: readonly Reading[];
  /** Other Markdown of the plan: conventions, task graph, ... */
  readonly pages: readonly Reading[];
  /** `null` when the manifest cannot be read. */
  readonly plan: Plan | null;
  /** The slice that a name means: by its id, its file's name, or a unique beginning. */
  readonly resolve: (name: string) => string | null;
  /** Contract files relative to the plan directory. */
  readonly contracts: readonly string[];
  readonly #repository: RepositoryFacts | null;
  readonly #thresholds: () => OverlapThresholds;
  #shape: PlanShape | undefined;
  #overlaps: { readonly thresholds: OverlapThresholds; readonly told: readonly Overlap[] } | undefined;

  constructor(dir: string, readings: readonly Reading[], sources: Omit<LanguageSources, 'files'>) {
    const reader = sources.reader ?? plainReader;
    this.dir = dir;
    this.#repository = sources.repository();
    this.#thresholds = sources.thresholds ?? (() => usualThresholds);
    const prefix = dir === '' ? '' : `${dir}/`;
    this.manifest = readings.find((reading) => reading.file === `${prefix}manifest.json`) ?? null;
    this.tasks = readings.filter((reading) => reading.kind === 'task' && planDirectoryOf(reading.file, 'task') === dir);
    this.pages = readings.filter((reading) => reading.kind === null && /\.md$/i.test(reading.file));
    this.contracts = readings
      .filter((reading) => reading.file.startsWith(`${prefix}contracts/`))
      .map((reading) => reading.file.slice(prefix.length))
      .sort();
    const load = sources.loaded ?? (() => loadPlan(filesOf(readings, prefix), dir, reader));
    this.plan = load(dir).plan;
    this.resolve = sliceResolver(
      this.plan ?? {
        slices: this.tasks.map((reading) => ({
          id: reading.task.id?.value ?? baseName(reading.file),
          file: reading.file,
        })),
      },
    );
  }

  get graph(): PlanGraph | null {
    return this.#shapeNow()?.graph ?? null;
  }

  get overlaps(): readonly Overlap[] {
    const { plan } = this;
    const shape = this.#shapeNow();
    if (!plan || !shape) return [];
    const thresholds = this.#thresholds();
    if (this.#overlaps?.thresholds !== thresholds)
      this.#overlaps = {
        thresholds,
        told: toldOf(plan, shape.overlaps(this.#repository?.files ?? noFiles), thresholds),
      };
    return this.#overlaps.told;
  }

  /** The one that the linter has of this plan: what follows from it is worked out once. */
  #shapeNow(): PlanShape | null {
    const { plan, manifest } = this;
    if (!plan || !manifest?.manifest) return null;
    return (this.#shape ??= shapeOf(plan, manifest.manifest, this.#repository?.names));
  }

  /** The path of a file of the plan in the repository. */
  inRepository(path: string): string {
    return this.dir === '' ? path : `${this.dir}/${path}`;
  }
}

/** Readings of all files, kept for as long as the text is the same. */
export class Library {
  readonly sources: LanguageSources;
  readonly #readings = new Map<string, Reading>();
  readonly #plans = new Map<
    string,
    {
      readonly revision: number | undefined;
      readonly readings: readonly Reading[];
      readonly facts: unknown;
      readonly plan: PlanReading;
    }
  >();
  #prompts: { readonly facts: unknown; readonly files: readonly string[] } | null = null;
  #directories: { readonly revision: number; readonly found: readonly string[] } | null = null;

  constructor(sources: LanguageSources) {
    this.sources = sources;
  }

  get repository(): RepositoryFacts | null {
    return this.sources.repository();
  }

  /** `null` when there is no such file, or it is none that names slices. */
  reading(file: string): Reading | null {
    const text = this.sources.files.get(file) ?? (isPrompt(file) ? this.repository?.textOf(file) : null) ?? null;
    if (text === null) {
      this.#readings.delete(file);
      return null;
    }
    const known = this.#readings.get(file);
    if (known?.text === text) return known;
    const fresh = new Reading(file, text, this.sources.reader);
    this.#readings.set(file, fresh);
    return fresh;
  }

  /** The plan directories that hold a manifest. */
  planDirectories(): readonly string[] {
    const revision = this.sources.revision?.();
    if (revision !== undefined && this.#directories?.revision === revision) return this.#directories.found;
    const found: string[] = [];
    for (const file of this.sources.files.keys()) {
      if (!/(?:^|\/)manifest\.json$/.test(file)) continue;
      if (this.reading(file)?.kind === 'manifest') found.push(planDirectoryOf(file, 'manifest') ?? '');
    }
    if (revision !== undefined) this.#directories = { revision, found };
    return found;
  }

  /** The innermost plan a file lies in, or `null`. */
  planAround(file: string): PlanReading | null {
    let best: string | null = null;
    for (const dir of this.planDirectories())
      if ((dir === '' || file.startsWith(`${dir}/`)) && (best === null || dir.length > best.length)) best = dir;
    return best === null ? null : this.plan(best);
  }

  /** The plans that were made from a spec. */
  plansOf(spec: Reading): PlanReading[] {
    return this.planDirectories()
      .map((dir) => this.plan(dir))
      .filter((plan) => this.specOf(plan)?.file === spec.file);
  }

  /** The spec that a plan names by path, or the only one with its id. */
  specOf(plan: PlanReading): Reading | null {
    if (!plan.plan) return null;
    const path = plan.plan.specPath?.replaceAll('\\', '/').replace(/^\.?\//, '');
    const named = path === undefined ? null : this.reading(path);
    if (named?.kind === 'spec') return named;
    const { techSpecId } = plan.plan;
    const fit = [...this.sources.files.keys()].filter((file) => {
      if (techSpecId === '' || !/\.md$/i.test(file)) return false;
      const reading = this.reading(file);
      return reading?.kind === 'spec' && reading.spec.id === techSpecId;
    });
    return fit.length === 1 ? this.reading(fit[0] ?? '') : null;
  }

  plan(dir: string): PlanReading {
    const revision = this.sources.revision?.();
    const facts = this.repository;
    const known = this.#plans.get(dir);
    if (known && known.facts === facts && revision !== undefined && known.revision === revision) return known.plan;
    const prefix = dir === '' ? '' : `${dir}/`;
    const readings: Reading[] = [];
    for (const file of this.sources.files.keys()) {
      if (!file.startsWith(prefix) || isPrompt(file)) continue;
      const reading = this.reading(file);
      if (reading) readings.push(reading);
    }
    const isSame =
      known?.facts === facts &&
      known.readings.length === readings.length &&
      known.readings.every((reading, i) => reading === readings[i]);
    const plan = known && isSame ? known.plan : new PlanReading(dir, readings, this.sources);
    this.#plans.set(dir, { revision, readings, facts, plan });
    return plan;
  }

  /** The prompts of a plan, open or on disk. */
  prompts(plan: PlanReading): Reading[] {
    const facts = this.repository;
    if (this.#prompts?.facts !== facts) this.#prompts = { facts, files: (facts?.files ?? []).filter(isPrompt) };
    const open = [...this.sources.files.keys()].filter(isPrompt);
    const prefix = plan.inRepository('prompts/');
    return [...new Set([...this.#prompts.files, ...open])]
      .filter((file) => file.startsWith(prefix))
      .flatMap((file) => this.reading(file) ?? []);
  }

  /** The names of the skills that are files of the repository. */
  skills(): readonly { readonly name: string; readonly about: string | null }[] {
    const found = new Map<string, string | null>();
    for (const [file, text] of this.sources.files) {
      const name = /(?:^|\/)([^/]+)\/SKILL\.md$/.exec(file)?.[1] ?? /([^/]+)\.skill\.md$/i.exec(file)?.[1];
      if (name === undefined) continue;
      const top = text.slice(0, 2000);
      const own = /^name:[ \t]*["']?([\w:.-]+)["']?[ \t]*$/m.exec(top)?.[1];
      found.set(own ?? name, /^description:[ \t]*["']?([^\s|>"'].*?)["']?[ \t]*$/m.exec(top)?.[1] ?? null);
    }
    return [...found].map(([name, about]) => ({ name, about })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

export function isPrompt(file: string): boolean {
  return /(?:^|\/)prompts\/[^/]+\.txt$/.test(file);
}

/** A path's last part without `.md`. */
export function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.md$/i, '');
}
