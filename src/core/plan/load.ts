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
 * or it cannot be parsed: running on half a manifest could lose a merge point or a limit. Never throws.
 */
export function loadPlan(
  files: PlanFiles,
  dir: string,
  reader: PlanTextReader = { task: readTaskSpec, manifest: readManifest },
): { plan: Plan | null; findings: Finding[] } {
  const root = dir.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '');
  const findings: Finding[] = [];
  const tasks = readTasks(files, root, reader, findings);
  const read = readPlanManifest(files, root, reader, findings);
  if (!read) return { plan: null, findings };
  const { manifest, source } = read;
  const ids = namesOf(manifest, tasks);
  const { listed, waveChecks } = readWaves(read, ids, findings);
  findings.push(...unlisted(tasks, listed));

  const byId = new Map(tasks.map((task) => [task.id, task]));
  const order = [...listed.keys(), ...tasks.map((task) => task.id).filter((id) => !listed.has(id))];
  const slices = order.flatMap((id): Slice[] => {
    const task = byId.get(id);
    if (!task) return [];
    const made = sliceOfTask(task, { listedAs: listed.get(id), ids, root });
    findings.push(...made.findings);
    return [made.slice];
  });
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
    contracts: contractsOf({ manifest, source, files, tasks: byId }, slices, ids, findings),
    layers: manifest.layers,
    limits: manifest.limits,
    dependencies: manifest.dependencies,
    sandbox: manifest.sandbox,
    setup: manifest.setup,
  };
  resolvers.set(plan, ids);
  return { plan, findings };
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
  return (name) => {
    const id = ids.find(name);
    return typeof id === 'string' ? id : null;
  };
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

/** The task specs, each with the id its slice gets; one whose id is of no use is left out. */
function readTasks(files: PlanFiles, root: string, reader: PlanTextReader, findings: Finding[]): LoadedTask[] {
  const tasks: LoadedTask[] = [];
  const taken = new Set<string>();
  for (const path of taskFiles(files)) {
    const source = new SourceText(inDirectory(root, path), files.get(path) ?? '');
    const read = reader.task(source.text, source.file);
    findings.push(...read.findings);
    const base = path.slice('tasks/'.length).replace(/\.md$/i, '');
    const id = sliceId(read.task, { base, source, taken }, findings);
    if (id === null) continue;
    taken.add(id.toLowerCase());
    tasks.push({ id, base, source, task: read.task });
  }
  return tasks;
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
  findings: Finding[],
): { readonly listed: ReadonlyMap<string, ManifestTask>; readonly waveChecks: readonly WaveCheck[] } {
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
  return { listed, waveChecks };
}

function unlisted(tasks: readonly LoadedTask[], listed: ReadonlyMap<string, ManifestTask>): Finding[] {
  return tasks
    .filter((task) => !listed.has(task.id))
    .map((task) =>
      finding(
        task.source,
        'plan.not-listed',
        'warning',
        `${task.id} is not listed in the manifest; it is taken into the plan all the same`,
        task.task.id?.span,
      ),
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

/** The names of the slices when a manifest was last read with its task specs. */
const lastNames = new WeakMap<Manifest, SliceIds>();

/** Task specs change far more often than their names do, so the same names are kept with all that was looked up in them. */
function namesOf(manifest: Manifest, tasks: readonly LoadedTask[]): SliceIds {
  const last = lastNames.get(manifest);
  if (last?.isOf(tasks)) return last;
  const names = new SliceIds(tasks);
  lastNames.set(manifest, names);
  return names;
}

/** Ids name branches and directories, so they are checked here once. */
function sliceId(
  task: TaskSpec,
  { base, source, taken }: Pick<LoadedTask, 'base' | 'source'> & { readonly taken: ReadonlySet<string> },
  findings: Finding[],
): string | null {
  // File systems that ignore case would put two such slices into one directory.
  const free = (id: string): boolean => !taken.has(id.toLowerCase());
  const own = task.id?.value ?? base;
  if (isSliceId(own) && free(own)) return own;
  const why = isSliceId(own) ? 'is the id of another slice' : 'is no usable id: letters, digits, "-", "_" and "." only';
  const fallback = isSliceId(base) && free(base) ? base : null;
  findings.push(
    finding(
      source,
      isSliceId(own) ? 'plan.duplicate-id' : 'plan.bad-id',
      'error',
      `"${own}" ${why}; ${fallback === null ? 'the file is left out of the plan' : `${fallback} is used instead`}`,
      task.id?.span,
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
