import type { Finding } from '../text/finding.ts';
import { loadPlan, sliceResolver, taskFiles } from '../plan/load.ts';
import type { PlanTextReader } from '../plan/load.ts';
import type { Manifest } from '../manifest/model.ts';
import type { PlanFiles, Slice } from '../plan/model.ts';
import { PlanReadings } from '../plan/readings.ts';
import type { FoundOverlap } from '../scope/overlap.ts';
import { SourceText } from '../text/source.ts';
import type { Skill } from '../skill/model.ts';
import { skillsByName } from '../skill/read.ts';
import { applyRuleSettings, defaultLimits, noSettings } from './engine/config.ts';
import type { LintLimits, LintSettings } from './engine/config.ts';
import type { LintContext } from './engine/context.ts';
import type { RepositoryFacts } from '../scope/repository-facts.ts';
import { DuplicateText } from './skill/duplicates.ts';
import { lintInstructions } from './skill/instructions.ts';
import { fileKind, planDirectoryOf } from './engine/kind.ts';
import type { FileKind } from './engine/kind.ts';
import { pinFixes } from './plan/pins.ts';
import { lintGraph } from './plan/plan.ts';
import { Readings } from './readings.ts';
import { lintSkill } from './skill/skill.ts';
import { lintSpec } from './spec/spec.ts';
import { readSuppressions, suppress } from './engine/suppress.ts';
import type { Suppressed, Suppressions } from './engine/suppress.ts';
import { createdPaths } from './task/scope-facts.ts';
import { lintTrace } from './trace/trace.ts';
import { byCodeUnit } from '../text/order.ts';

/**
 * Findings of one file by itself, in the order of the text, without those that its comments suppress; none for a file that
 * is not one of ours.
 */
export function lintFile(text: string, file: string, context: LintContext = {}): Finding[] {
  const findings = fileFindings(text, file, context, new Readings());
  const suppressions = fileKind(file, text) === null ? null : readSuppressions(text, file);
  return suppressions ? ordered(suppress(findings, suppressions, false).remaining) : findings;
}

function fileFindings(text: string, file: string, context: LintContext, readings: Readings): Finding[] {
  switch (fileKind(file, text)) {
    case 'spec':
      return ordered(lintSpec(text, file));
    case 'task':
      return ordered([...readings.task(text, file).findings, ...readings.lintTask(text, file, context)]);
    case 'manifest':
      return ordered(pinFixes(readings.manifest(text, file).findings, text, context.repository ?? null));
    case 'skill':
      return ordered(lintSkill(text, file, context));
    case 'instructions':
      return ordered(lintInstructions(text, file, context));
    case 'trace':
      return ordered(lintTrace(text, file));
    case null:
      return [];
  }
}

/** What is known of a plan before it is linted. */
interface KnownOfPlan {
  /** What was read of its files already. */
  readonly readings?: PlanReadings;
  /** What these very files were loaded as. */
  readonly loaded?: Pick<LoadedFiles, 'plan' | 'findings'>;
  /** Its pairs of slices that overlap, over the files of the repository. */
  readonly overlaps?: readonly FoundOverlap[];
}

/**
 * Findings of a whole plan directory: its files one by one, then what only their combination shows, without those that
 * comments suppress.
 */
export function lintPlan(files: PlanFiles, dir: string, context: LintContext = {}, known: KnownOfPlan = {}): Finding[] {
  const root = dir.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '');
  const inRepository = (path: string): string => (root === '' ? path : `${root}/${path}`);
  const { readings = new PlanReadings(), loaded, overlaps } = known;
  const tasks = taskFiles(files).map((path) => new SourceText(inRepository(path), files.get(path) ?? ''));
  const findings = planFindings({
    files,
    dir,
    context,
    readings: new Readings(readings),
    ...(loaded && { loaded: { ...loaded, tasks } }),
    ...(overlaps && { overlaps }),
  });
  const byFile = new Map<string, Finding[]>();
  for (const found of findings) {
    const list = byFile.get(found.file);
    if (list) list.push(found);
    else byFile.set(found.file, [found]);
  }
  let isChanged = false;
  for (const { text, file } of tasks) {
    const suppressions = readSuppressions(text, file);
    if (!suppressions) continue;
    byFile.set(file, [...suppress(byFile.get(file) ?? [], suppressions, false).remaining]);
    isChanged = true;
  }
  return isChanged ? ordered([...byFile.values()].flat()) : findings;
}

function planFindings(of: {
  readonly files: PlanFiles;
  readonly dir: string;
  readonly context: LintContext;
  readonly readings: Readings;
  /** The plan, when somebody has loaded it from these files already. */
  readonly loaded?: LoadedFiles;
  readonly overlaps?: KnownOfPlan['overlaps'];
}): Finding[] {
  const { files, dir, context, readings, overlaps } = of;
  const { plan, findings, tasks } = of.loaded ?? loadPlan(files, dir, readings);
  const root = dir.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '');
  const inRepository = (path: string): string => (root === '' ? path : `${root}/${path}`);
  const textOf = (file: string): string => files.get(root === '' ? file : file.slice(root.length + 1)) ?? '';
  const manifestText = files.get('manifest.json');
  const { manifest } =
    manifestText === undefined ? { manifest: null } : readings.manifest(manifestText, inRepository('manifest.json'));

  const listed = plan && manifest ? listingOf(manifest, sliceResolver(plan)) : null;
  const contexts = new TaskContexts(context, {
    technology: context.technology ?? plan?.technology ?? null,
    usualAgent: mostFrequentAgent(plan?.slices ?? []),
  });
  const byFile = new Map<string, Slice>();
  for (const slice of plan?.slices ?? []) byFile.set(slice.file, slice);
  const all = pinFixes(findings, manifestText ?? '', context.repository ?? null);
  for (const { text, file } of tasks) {
    const slice = byFile.get(file);
    const manifestAgent = slice ? (listed?.agents.get(slice.id) ?? null) : null;
    const waveCheck = slice !== undefined && listed?.checked.has(slice.id) === true;
    const found = readings.lintTask(text, file, contexts.of(manifestAgent, slice !== undefined, waveCheck));
    for (const one of found) all.push(one);
  }
  if (plan && manifest) all.push(...lintGraph({ plan, manifest, textOf, context, ...(overlaps ? { overlaps } : {}) }));
  return ordered(all);
}

/** What the waves of a manifest say of slices, by their ids: who gets them, and which are checked at the end of a wave. */
interface Listing {
  readonly resolve: (name: string) => string | null;
  readonly agents: ReadonlyMap<string, string>;
  readonly checked: ReadonlySet<string>;
}

const lastListing = new WeakMap<Manifest, Listing>();

/** As the last time, while the names mean the same. */
function listingOf(manifest: Manifest, resolve: Listing['resolve']): Listing {
  const last = lastListing.get(manifest);
  if (last?.resolve === resolve) return last;
  const agents = new Map<string, string>();
  const checked = new Set<string>();
  for (const wave of manifest.waves) {
    for (const task of wave.tasks) {
      const id = resolve(task.id.value);
      if (id && task.agent) agents.set(id, task.agent);
      if (id && wave.validation) checked.add(id);
    }
  }
  const listing = { resolve, agents, checked };
  lastListing.set(manifest, listing);
  return listing;
}

/** The contexts of a plan's task specs. Those that say the same are one object, also the next time: then nothing is compared. */
class TaskContexts {
  static readonly #kept = new WeakMap<LintContext, Map<string, Map<string, LintContext>>>();
  readonly #base: LintContext;
  readonly #byTask: Map<string, LintContext>;
  #last: LintContext | null = null;

  constructor(context: LintContext, ofPlan: Required<Pick<LintContext, 'technology' | 'usualAgent'>>) {
    this.#base = { ...context, ...ofPlan };
    let kept = TaskContexts.#kept.get(context);
    if (!kept) TaskContexts.#kept.set(context, (kept = new Map()));
    const key = JSON.stringify(ofPlan);
    let byTask = kept.get(key);
    if (!byTask) kept.set(key, (byTask = new Map()));
    this.#byTask = byTask;
  }

  of(manifestAgent: string | null, inPlan: boolean, waveCheck: boolean): LintContext {
    const last = this.#last;
    if (last?.manifestAgent === manifestAgent && last.inPlan === inPlan && last.waveCheck === waveCheck) return last;
    const key = JSON.stringify([manifestAgent, inPlan, waveCheck]);
    let context = this.#byTask.get(key);
    if (!context) this.#byTask.set(key, (context = { ...this.#base, manifestAgent, inPlan, waveCheck }));
    this.#last = context;
    return context;
  }
}

/** The agent that most slices name; of several the one that is named first. */
function mostFrequentAgent(slices: readonly Slice[]): string | null {
  const counts = new Map<string, number>();
  for (const { agent } of slices) if (agent !== null) counts.set(agent, (counts.get(agent) ?? 0) + 1);
  let best: string | null = null;
  for (const [agent, count] of counts) if (best === null || count > (counts.get(best) ?? 0)) best = agent;
  return best;
}

/** By file, then by place, then by what is said; the same finding is reported once. */
export function ordered(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings
    .filter((found) => {
      const key = `${found.file}\0${found.span.start}\0${found.span.end}\0${found.code}\0${found.message}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .sort(
      (a, b) =>
        byCodeUnit(a.file, b.file) ||
        a.span.start - b.span.start ||
        a.span.end - b.span.end ||
        byCodeUnit(a.code, b.code) ||
        byCodeUnit(a.message, b.message),
    );
}

type LoadedFiles = ReturnType<typeof loadPlan>;

/** What is linted together: a plan directory, or one file. */
type Unit = { readonly plan: string } | { readonly file: string };

/**
 * The findings of a set of files that changes over time. Only what a change can touch is linted again: the file, the
 * plan it belongs to, and every task spec when a skill changed.
 */
export class LintSession {
  readonly #files = new Map<string, string>();
  readonly #kinds = new Map<string, FileKind>();
  readonly #units = new Map<string, Unit>();
  readonly #results = new Map<string, readonly Finding[]>();
  readonly #suppressions = new Map<string, Suppressions>();
  #suppressed: readonly Suppressed[] = [];
  readonly #readings = new Readings();
  readonly #duplicates = new DuplicateText();
  /** The files of each plan that was looked at, by path relative to its directory. */
  readonly #plans = new Map<string, Map<string, string>>();
  /** Plans as they were loaded last, for as long as none of their files changes. */
  readonly #loaded = new Map<string, LoadedFiles>();
  /** `null` when a skill changed since they were last read. */
  #skills: ReadonlyMap<string, Skill> | null = null;
  #context: LintContext | null = null;
  #revision = 0;
  #repository: RepositoryFacts | null = null;
  #settings: LintSettings = noSettings;
  #limits: LintLimits = defaultLimits;

  /** What the repository holds besides the linted files. Everything is linted again. */
  setRepository(facts: RepositoryFacts | null): void {
    this.#repository = facts;
    this.#context = null;
    this.#results.clear();
  }

  /** What the repository or the editor wants of the linter. Everything is linted again. */
  setSettings(settings: LintSettings): void {
    this.#settings = settings;
    this.#limits = { ...defaultLimits, ...settings.limits };
    this.#context = null;
    this.#results.clear();
  }

  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }

  /** Paths that the scopes of its task specs want created: what git ignores of them is asked of whoever has git. */
  createdPaths(): string[] {
    const paths = new Set<string>();
    for (const [file, kind] of this.#kinds) {
      if (kind !== 'task') continue;
      const { task } = this.#readings.task(this.#files.get(file) ?? '', file);
      for (const path of createdPaths(task.scope)) paths.add(path);
    }
    return [...paths];
  }

  /** What counts as too much, by the settings. */
  get limits(): LintLimits {
    return this.#limits;
  }

  /** Another number after each change of a file. */
  get revision(): number {
    return this.#revision;
  }

  /** The plan of a directory whose manifest is among the files, as `loadPlan` gives it. */
  plan(dir: string): LoadedFiles {
    let loaded = this.#loaded.get(dir);
    if (!loaded) {
      loaded = loadPlan(this.#planFiles(dir), dir, this.#readings);
      if (this.#units.has(`plan:${dir}`)) this.#loaded.set(dir, loaded);
    }
    return loaded;
  }

  /** For others that read the same files: what is kept here is not read again. */
  get reader(): PlanTextReader {
    return this.#readings;
  }

  /** Adds or replaces a file, by its repository-relative path with forward slashes. */
  set(file: string, text: string): void {
    if (this.#files.get(file) === text) return;
    this.#files.set(file, text);
    for (const dir of directoriesAbove(file)) this.#plans.get(dir)?.set(inside(dir, file), text);
    const kind = fileKind(file, text);
    const before = this.#kinds.get(file);
    if (kind === null) this.#kinds.delete(file);
    else this.#kinds.set(file, kind);
    if (kind === 'skill' || kind === 'instructions') this.#duplicates.set(file, text);
    else this.#duplicates.delete(file);
    const suppressions = kind === null ? null : readSuppressions(text, file);
    if (suppressions) this.#suppressions.set(file, suppressions);
    else this.#suppressions.delete(file);
    this.#touch(file, before ?? null, kind);
  }

  delete(file: string): void {
    if (!this.#files.delete(file)) return;
    const before = this.#kinds.get(file) ?? null;
    this.#kinds.delete(file);
    this.#duplicates.delete(file);
    this.#suppressions.delete(file);
    this.#readings.forget(file);
    for (const dir of directoriesAbove(file)) this.#plans.get(dir)?.delete(inside(dir, file));
    this.#touch(file, before, null);
  }

  /** Every finding, by file. Files without findings are left out. */
  findings(): ReadonlyMap<string, readonly Finding[]> {
    const context = this.#contextNow();
    const byFile = new Map<string, Finding[]>();
    for (const [key, unit] of this.#units) {
      let result = this.#results.get(key);
      if (!result) {
        result =
          'plan' in unit
            ? planFindings({
                files: this.#planFiles(unit.plan),
                dir: unit.plan,
                context,
                readings: this.#readings,
                loaded: this.plan(unit.plan),
              })
            : fileFindings(this.#files.get(unit.file) ?? '', unit.file, context, this.#readings);
        this.#results.set(key, result);
      }
      for (const found of result) {
        const list = byFile.get(found.file);
        if (list) list.push(found);
        else byFile.set(found.file, [found]);
      }
    }
    for (const file of this.#duplicates.files()) {
      const copied = this.#duplicates.findings(file);
      if (copied.length > 0) byFile.set(file, ordered([...(byFile.get(file) ?? []), ...copied]));
    }
    return this.#settled(byFile);
  }

  /** One object for as long as it says the same: what was found with it then still holds without a comparison. */
  #contextNow(): LintContext {
    if (this.#skills === null || this.#context === null) {
      this.#skills ??= this.#readSkills();
      this.#context = { skills: this.#skills, repository: this.#repository, limits: this.#limits };
    }
    return this.#context;
  }

  /** What the comments of files hid when `findings` was last asked for. */
  suppressed(): readonly Suppressed[] {
    return this.#suppressed;
  }

  /** Comments first, settings second: a rule that is switched off does not make its suppressions unused. */
  #settled(byFile: Map<string, Finding[]>): ReadonlyMap<string, readonly Finding[]> {
    const hidden: Suppressed[] = [];
    for (const [file, suppressions] of this.#suppressions) {
      // Rules that need the repository stay silent without it, so nothing can be called unused then.
      const { remaining, suppressed } = suppress(byFile.get(file) ?? [], suppressions, this.#repository !== null);
      hidden.push(...suppressed);
      if (remaining.length === 0) byFile.delete(file);
      else byFile.set(file, ordered(remaining));
    }
    this.#suppressed = hidden.flatMap(({ finding, reason }) =>
      applyRuleSettings([finding], this.#settings).map((kept) => ({ finding: kept, reason })),
    );
    if (this.#settings === noSettings) return byFile;
    for (const [file, findings] of byFile) {
      const kept = applyRuleSettings(findings, this.#settings);
      if (kept.length === 0) byFile.delete(file);
      else byFile.set(file, kept);
    }
    return byFile;
  }

  #touch(file: string, before: FileKind | null, kind: FileKind | null): void {
    if (before === 'manifest' || kind === 'manifest') this.#regroup(file, kind === 'manifest');
    else if (kind === null) this.#units.delete(`file:${file}`);
    else if (!this.#isInPlan(file, kind)) this.#units.set(`file:${file}`, { file });
    this.#results.delete(`file:${file}`);
    this.#revision++;
    for (const dir of directoriesAbove(file)) {
      this.#results.delete(`plan:${dir}`);
      this.#loaded.delete(dir);
    }
    if (before === 'skill' || kind === 'skill') {
      this.#skills = null;
      for (const [key, unit] of this.#units)
        if ('plan' in unit || this.#kinds.get(unit.file) === 'task') this.#results.delete(key);
    }
  }

  /** A manifest turns the task specs below it from single files into parts of a plan; its end turns them back. */
  #regroup(manifest: string, exists: boolean): void {
    const dir = planDirectoryOf(manifest, 'manifest') ?? '';
    if (exists === this.#units.has(`plan:${dir}`)) return;
    if (exists) this.#units.set(`plan:${dir}`, { plan: dir });
    else {
      this.#units.delete(`plan:${dir}`);
      this.#plans.delete(dir);
      this.#loaded.delete(dir);
    }
    for (const [file, kind] of this.#kinds) {
      // The beginning is looked at first: a repository of many plans asks this of every file for each of them.
      if (kind !== 'task' || !file.startsWith(dir) || planDirectoryOf(file, kind) !== dir) continue;
      if (exists) this.#units.delete(`file:${file}`);
      else this.#units.set(`file:${file}`, { file });
    }
  }

  #isInPlan(file: string, kind: FileKind): boolean {
    const dir = planDirectoryOf(file, kind);
    return dir !== null && this.#units.has(`plan:${dir}`);
  }

  #planFiles(dir: string): PlanFiles {
    if (!this.#plans.has(dir)) {
      // All that are missing at once: a repository may hold hundreds of plans.
      const missing = new Map<string, Map<string, string>>();
      for (const unit of this.#units.values())
        if ('plan' in unit && !this.#plans.has(unit.plan)) missing.set(unit.plan, new Map());
      for (const [file, text] of this.#files)
        for (const above of directoriesAbove(file)) missing.get(above)?.set(inside(above, file), text);
      for (const [plan, files] of missing) this.#plans.set(plan, files);
    }
    return this.#plans.get(dir) ?? new Map();
  }

  #readSkills(): Map<string, Skill> {
    const files = [...this.#kinds].filter(([, kind]) => kind === 'skill').map(([file]) => file);
    return skillsByName(files, (file) => this.#files.get(file) ?? '');
  }
}

/** The directories a file lies in, innermost first; the last one is the root, `''`. */
function* directoriesAbove(file: string): Generator<string> {
  for (let at = file.lastIndexOf('/'); at > 0; at = file.lastIndexOf('/', at - 1)) yield file.slice(0, at);
  yield '';
}

function inside(dir: string, file: string): string {
  return dir === '' ? file : file.slice(dir.length + 1);
}

/**
 * Findings of all files given, by repository-relative path. Plans are linted as plans when their manifest is among the
 * files; skills named by slices are looked up among the files.
 */
export function lintWorkspace(
  files: ReadonlyMap<string, string>,
  repository: RepositoryFacts | null = null,
): Finding[] {
  const session = new LintSession();
  session.setRepository(repository);
  for (const [file, text] of files) session.set(file, text);
  return ordered([...session.findings().values()].flat());
}
