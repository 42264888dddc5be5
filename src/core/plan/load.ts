import { validationDialect } from '../manifest/dialect.ts';
import type { Manifest, ManifestTask } from '../manifest/model.ts';
import { readManifest } from '../manifest/read.ts';
import type { Located, TaskSpec } from '../task/model.ts';
import { readTaskSpec } from '../task/read.ts';
import { finding, type Finding } from '../text/finding.ts';
import { SourceText } from '../text/source.ts';
import { contractsOf } from './contract-files.ts';
import type { MergePoint, Plan, PlanFiles, Slice, WaveCheck, Workstream } from './model.ts';
import { planIdOf } from './plan-id.ts';
import { isSliceId, resolveSlice, resolveSlices, SliceIds } from './slice-ids.ts';
import { lineTitle, sliceOfTask, type LoadedTask } from './task-slices.ts';

/** How a plan's files are read. Who reads the same plan again and again keeps what did not change. */
export interface PlanTextReader {
  task(text: string, file: string): { readonly task: TaskSpec; readonly findings: readonly Finding[] };
  manifest(text: string, file: string): { readonly manifest: Manifest | null; readonly findings: readonly Finding[] };
}

/**
 * Reads a plan directory. `dir` is relative to the repository root. Whatever names a slice may use its id, its file's
 * name, or a unique beginning of either (`task-003` for `task-003-config`). `plan` is `null` when there is no manifest
 * or it cannot be parsed: running on half a manifest could lose a merge point or a limit. `tasks`: every task spec, also
 * one that is no slice, in the order of their names. Never throws.
 */
export function loadPlan(
  files: PlanFiles,
  dir: string,
  reader: PlanTextReader = { task: readTaskSpec, manifest: readManifest },
): { readonly plan: Plan | null; readonly findings: readonly Finding[]; readonly tasks: readonly SourceText[] } {
  const root = dir.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '');
  const findings: Finding[] = [];
  const { tasks, sources } = readTasks(files, root, reader, findings);
  const read = readPlanManifest(files, root, reader, findings);
  if (!read) return { plan: null, findings, tasks: sources };
  const { manifest, source } = read;
  const names = namesOf(read, tasks);
  const { ids, listed, waveChecks } = names;
  for (const found of names.findings) findings.push(found);
  for (const place of names.unlisted) {
    const task = tasks[place];
    if (task) findings.push(notListed(task));
  }

  const slices: Slice[] = [];
  for (const place of names.order) {
    const task = tasks[place];
    if (!task) continue;
    const made = sliceOfTask(task, { listedAs: listed.get(task.id), ids, root });
    for (const found of made.findings) findings.push(found);
    slices.push(made.slice);
  }
  const mergePoints = mergePointsOf(read, ids, findings);

  const name = root.slice(root.lastIndexOf('/') + 1);
  const id = planIdOf(root);
  const plan: Plan = {
    id: id === '' ? (manifest.techSpecId === '' ? 'plan' : manifest.techSpecId) : id,
    dir: root,
    techSpecId: manifest.techSpecId === '' ? (/^[A-Za-z]+-\d+/.exec(name)?.[0] ?? name) : manifest.techSpecId,
    title: lineTitle(manifest.title ?? manifest.name ?? name),
    technology: manifest.technology,
    specPath: manifest.specPath,
    slices,
    workstreams: workstreamsOf(manifest, slices),
    mergePoints,
    waveChecks,
    contracts: contractsOf({ manifest, source, files, taskOf: byIdOf(tasks) }, slices, ids, findings),
    layers: manifest.layers,
    limits: manifest.limits,
    dependencies: manifest.dependencies,
    sandbox: manifest.sandbox,
    setup: manifest.setup,
  };
  resolvers.set(plan, ids);
  return { plan, findings, tasks: sources };
}

/** Many checks ask for the names of one plan, and gathering them costs as much as such a check. */
const resolvers = new WeakMap<object, SliceIds>();

/** Turns whatever a plan's files may call a slice into its id; `null` when nothing or more than one thing is meant. */
export function sliceResolver(plan: {
  readonly slices: readonly Pick<Slice, 'id' | 'file'>[];
}): (name: string) => string | null {
  const ids =
    resolvers.get(plan) ??
    new SliceIds(
      plan.slices.map(({ id, file }) => ({ id, base: file.slice(file.lastIndexOf('/') + 1).replace(/\.md$/i, '') })),
    );
  resolvers.set(plan, ids);
  return ids.resolve;
}

/** Task specs of a plan directory, by name. A README beside them is none. */
export function taskFiles(files: PlanFiles): string[] {
  return [...files.keys()]
    .filter((path) => /^tasks\/[^/]+\.md$/i.test(path) && !/\/(?:readme|index|template)\.md$/i.test(path))
    .sort();
}

function inDirectory(root: string, path: string): string {
  return root === '' ? path : `${root}/${path}`;
}

/** A task file as it was read, with what of its id is the same in every plan. */
interface ReadTask {
  readonly text: string;
  readonly source: SourceText;
  readonly base: string;
  readonly read: ReturnType<PlanTextReader['task']>;
  /** The id that it gives itself, or the file's name, and the same as file systems that ignore case see it. */
  readonly own: string;
  readonly key: string;
  readonly isUsable: boolean;
  /** What came of it the last time. */
  loaded: LoadedTask | null;
}

/** What was last read of the files of one map, path by path: whoever loads a plan after each keystroke reads one file. */
const lastRead = new WeakMap<
  PlanFiles,
  { readonly root: string; reader: PlanTextReader; tasks: Map<string, ReadTask> }
>();

/** The task specs, each with the id its slice gets; one whose id is of no use is left out. */
function readTasks(
  files: PlanFiles,
  root: string,
  reader: PlanTextReader,
  findings: Finding[],
): { readonly tasks: readonly LoadedTask[]; readonly sources: readonly SourceText[] } {
  let last = lastRead.get(files);
  if (last?.root !== root || last.reader !== reader) {
    last = { root, reader, tasks: new Map() };
    lastRead.set(files, last);
  }
  const tasks: LoadedTask[] = [];
  const sources: SourceText[] = [];
  const taken = new Set<string>();
  const paths = taskFiles(files);
  for (const path of paths) {
    const text = files.get(path) ?? '';
    let known = last.tasks.get(path);
    if (known?.text !== text) {
      known = readTask({ path, text, root, reader });
      last.tasks.set(path, known);
    }
    sources.push(known.source);
    for (const found of known.read.findings) findings.push(found);
    const isOwn = known.isUsable && !taken.has(known.key);
    const id = isOwn ? known.own : otherId(known, taken, findings);
    if (id === null) continue;
    taken.add(isOwn ? known.key : id.toLowerCase());
    if (known.loaded?.id !== id) known.loaded = { id, base: known.base, source: known.source, task: known.read.task };
    tasks.push(known.loaded);
  }
  if (last.tasks.size > paths.length) {
    const there = new Set(paths);
    for (const path of last.tasks.keys()) if (!there.has(path)) last.tasks.delete(path);
  }
  return { tasks, sources };
}

function readTask(of: {
  readonly path: string;
  readonly text: string;
  readonly root: string;
  readonly reader: PlanTextReader;
}): ReadTask {
  const { path, text, root, reader } = of;
  const source = new SourceText(inDirectory(root, path), text);
  const read = reader.task(text, source.file);
  const base = path.slice('tasks/'.length).replace(/\.md$/i, '');
  const own = read.task.id?.value ?? base;
  return { text, source, base, read, own, key: own.toLowerCase(), isUsable: isSliceId(own), loaded: null };
}

/** The tasks by the ids of their slices, put together when the first is asked for. */
function byIdOf(tasks: readonly LoadedTask[]): (id: string) => LoadedTask | undefined {
  let byId: ReadonlyMap<string, LoadedTask> | undefined;
  return (id) => (byId ??= new Map(tasks.map((task) => [task.id, task]))).get(id);
}

interface ReadManifest {
  readonly manifest: Manifest;
  readonly source: SourceText;
}

/** `null` when there is no manifest, or none that can be relied on; the findings say why. */
function readPlanManifest(
  files: PlanFiles,
  root: string,
  reader: PlanTextReader,
  findings: Finding[],
): ReadManifest | null {
  const text = files.get('manifest.json');
  const source = new SourceText(inDirectory(root, 'manifest.json'), text ?? '');
  if (text === undefined) {
    findings.push(
      finding(
        source,
        'plan.manifest-missing',
        'error',
        `${root === '' ? 'this directory' : root} has no manifest.json, so it is not a plan`,
      ),
    );
    return null;
  }
  const read = reader.manifest(text, source.file);
  findings.push(...read.findings);
  if (!read.manifest || read.findings.some((found) => found.code === 'manifest.json')) return null;
  return { manifest: read.manifest, source };
}

/** The slices that the manifest lists, in its order, and the checks of its waves. */
function readWaves(
  { manifest, source }: ReadManifest,
  ids: SliceIds,
): {
  readonly listed: ReadonlyMap<string, ManifestTask>;
  readonly waveChecks: readonly WaveCheck[];
  readonly findings: readonly Finding[];
} {
  const findings: Finding[] = [];
  const listed = new Map<string, ManifestTask>();
  const waveChecks: WaveCheck[] = [];
  for (const wave of manifest.waves) {
    const members: string[] = [];
    for (const entry of wave.tasks) {
      const id = resolveSlice(
        ids,
        entry.id,
        { where: source, code: 'plan.task-file-missing', what: 'no task spec for' },
        findings,
      );
      if (id === null) continue;
      members.push(id);
      if (listed.has(id))
        findings.push(
          finding(source, 'plan.listed-twice', 'warning', `${id} is listed twice in the manifest`, entry.id.span),
        );
      else listed.set(id, entry);
    }
    if (!wave.validation) continue;
    const dialect = dialectOf(wave.validation, wave.number, { manifest, source }, findings);
    waveChecks.push({ wave: wave.number, slices: members, dialect, text: wave.validation.value });
  }
  return { listed, waveChecks, findings };
}

function notListed({ id, source, task }: LoadedTask): Finding {
  return finding(
    source,
    'plan.not-listed',
    'warning',
    `${id} is not listed in the manifest; it is taken into the plan all the same`,
    task.id?.span,
  );
}

function mergePointsOf({ manifest, source }: ReadManifest, ids: SliceIds, findings: Finding[]): MergePoint[] {
  return manifest.mergePoints.flatMap((point): MergePoint[] => {
    const named = (names: readonly Located<string>[], verb: string): string[] =>
      resolveSlices(
        ids,
        names,
        { where: source, code: 'plan.unknown-merge-slice', what: `${point.id} ${verb}` },
        findings,
      );
    const needs = named(point.needs, 'needs');
    const unlocks = named(point.unlocks, 'unlocks');
    // Without a need left there is nothing to wait for; the unknown names are reported already.
    return needs.length === 0 ? [] : [{ id: point.id, needs, unlocks, verify: point.verify }];
  });
}

/** What follows from a manifest and the names of the task specs beside it, whatever these say. */
interface PlanNames extends ReturnType<typeof readWaves> {
  readonly ids: SliceIds;
  /** The places of the tasks in the order of the plan, and of those that the manifest does not list. */
  readonly order: readonly number[];
  readonly unlisted: readonly number[];
}

const lastNames = new WeakMap<Manifest, PlanNames>();

/** Task specs change far more often than their names do, so the same names are kept with all that was looked up in them. */
function namesOf(read: ReadManifest, tasks: readonly LoadedTask[]): PlanNames {
  const last = lastNames.get(read.manifest);
  if (last?.ids.isOf(tasks)) return last;
  const ids = new SliceIds(tasks);
  const waves = readWaves(read, ids);
  const places = new Map(tasks.map((task, place) => [task.id, place]));
  const unlisted = [...tasks.keys()].filter((place) => !waves.listed.has(tasks[place]?.id ?? ''));
  const order = [...[...waves.listed.keys()].flatMap((id) => places.get(id) ?? []), ...unlisted];
  const names = { ids, ...waves, order, unlisted };
  lastNames.set(read.manifest, names);
  return names;
}

/**
 * The id of a task spec whose own is of no use, with a finding; `null` when its file's name is of none either. Ids name
 * branches and directories, and file systems that ignore case would put two that differ in it into one.
 */
function otherId(
  { own, base, source, read, isUsable }: ReadTask,
  taken: ReadonlySet<string>,
  findings: Finding[],
): string | null {
  const why = isUsable ? 'is the id of another slice' : 'is no usable id: letters, digits, "-", "_" and "." only';
  const fallback = isSliceId(base) && !taken.has(base.toLowerCase()) ? base : null;
  findings.push(
    finding(
      source,
      isUsable ? 'plan.duplicate-id' : 'plan.bad-id',
      'error',
      `"${own}" ${why}; ${fallback === null ? 'the file is left out of the plan' : `${fallback} is used instead`}`,
      read.task.id?.span,
    ),
  );
  return fallback;
}

/** How a wave's validation is to be run; a finding says what it was taken for. */
function dialectOf(
  validation: Located<string>,
  wave: number,
  { manifest, source }: ReadManifest,
  findings: Finding[],
): WaveCheck['dialect'] {
  const decided = validationDialect(validation.value, manifest.technology);
  if (decided === null) {
    findings.push(
      finding(
        source,
        'manifest.validation',
        'warning',
        `this reads neither as a command nor as source of ${manifest.technology ?? 'a known technology'}; it will be run as a command`,
        validation.span,
      ),
    );
  } else {
    const meaning = decided.dialect === 'command' ? 'a command' : `${decided.language} source`;
    findings.push(
      finding(
        source,
        decided.dialect === 'command' ? 'manifest.validation-command' : 'manifest.validation-source',
        decided.dialect === 'command' ? 'hint' : 'info',
        `the validation of wave ${wave} is ${meaning}`,
        validation.span,
      ),
    );
  }
  return decided?.dialect ?? 'command';
}

function workstreamsOf(manifest: Manifest, slices: readonly Slice[]): Workstream[] {
  const known = new Set(manifest.workstreams.map((workstream) => workstream.id));
  const named = [...new Set(slices.flatMap((slice) => slice.workstream ?? []))].filter((id) => !known.has(id));
  return [...manifest.workstreams, ...named.map((id) => ({ id, name: id, boundary: [] }))];
}
