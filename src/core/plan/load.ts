import { finding } from '../text/finding.ts';
import type { Finding } from '../text/finding.ts';
import { validationDialect } from '../manifest/dialect.ts';
import type { Manifest, ManifestContract, ManifestTask } from '../manifest/model.ts';
import { readManifest } from '../manifest/read.ts';
import { SourceText } from '../text/source.ts';
import type { Span } from '../text/source.ts';
import { removeItem } from '../task/list-edit.ts';
import type { Located, TaskSpec } from '../task/model.ts';
import { readTaskSpec } from '../task/read.ts';
import type { MergePoint, Plan, PlanFiles, Slice, WaveCheck, Workstream } from './model.ts';

/** Minutes a slice takes when its task spec says nothing: the lower end of the "2-4 hours" a slice should have. */
export const defaultEstimateMinutes = 120;

/** A task file with the id its slice gets. */
interface LoadedTask {
  readonly id: string;
  readonly base: string;
  readonly source: SourceText;
  readonly task: TaskSpec;
}

/** How a plan's files are read. Who reads the same plan again and again keeps what did not change. */
export interface PlanReader {
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
  reader: PlanReader = { task: readTaskSpec, manifest: readManifest },
): { plan: Plan | null; findings: Finding[] } {
  const root = dir.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '');
  const inRepository = (path: string): string => (root === '' ? path : `${root}/${path}`);
  const findings: Finding[] = [];
  const loaded: LoadedTask[] = [];
  const taken = new Set<string>();
  for (const path of taskFiles(files)) {
    const source = new SourceText(inRepository(path), files.get(path) ?? '');
    const read = reader.task(source.text, source.file);
    findings.push(...read.findings);
    const base = path.slice('tasks/'.length).replace(/\.md$/i, '');
    const id = sliceId(read.task, base, source, taken, findings);
    if (id === null) continue;
    taken.add(id.toLowerCase());
    loaded.push({ id, base, source, task: read.task });
  }

  const manifestText = files.get('manifest.json');
  const manifestFile = inRepository('manifest.json');
  if (manifestText === undefined) {
    const source = new SourceText(manifestFile, '');
    findings.push(
      finding(
        source,
        'plan.manifest-missing',
        'error',
        `${root === '' ? 'this directory' : root} has no manifest.json, so it is not a plan`,
      ),
    );
    return { plan: null, findings };
  }
  const { manifest, findings: manifestFindings } = reader.manifest(manifestText, manifestFile);
  findings.push(...manifestFindings);
  if (!manifest || manifestFindings.some((found) => found.code === 'manifest.json')) return { plan: null, findings };

  const source = new SourceText(manifestFile, manifestText);
  const resolver = namesOf(manifest, loaded);
  let found = findings;
  const resolve = (where: SourceText, name: Located<string>, code: string, what: string): string | null => {
    const id = resolver.find(name.value);
    if (typeof id === 'string') return id;
    const near = resolver.nearest(name.value);
    const reason =
      id.length > 1
        ? `could be ${id.join(' or ')}`
        : near
          ? `there is no such slice; did you mean ${near}?`
          : 'there is no such slice';
    found.push(
      finding(
        where,
        code,
        'error',
        `${what} "${name.value}": ${reason}`,
        name.span,
        near && id.length === 0 ? replaceWord(where, name, near) : undefined,
      ),
    );
    return null;
  };
  const resolveAll = (where: SourceText, names: readonly Located<string>[], code: string, what: string): string[] => [
    ...new Set(names.flatMap((name) => resolve(where, name, code, what) ?? [])),
  ];

  const listed = new Map<string, ManifestTask>();
  const waveChecks: WaveCheck[] = [];
  for (const wave of manifest.waves) {
    const members: string[] = [];
    for (const entry of wave.tasks) {
      const id = resolve(source, entry.id, 'plan.task-file-missing', 'no task spec for');
      if (id === null) continue;
      members.push(id);
      if (listed.has(id))
        findings.push(
          finding(source, 'plan.listed-twice', 'warning', `${id} is listed twice in the manifest`, entry.id.span),
        );
      else listed.set(id, entry);
    }
    if (wave.validation) waveChecks.push(readCheck(source, manifest, wave.number, members, wave.validation, findings));
  }
  for (const task of loaded) {
    if (listed.has(task.id)) continue;
    findings.push(
      finding(
        task.source,
        'plan.not-listed',
        'warning',
        `${task.id} is not listed in the manifest; it is taken into the plan all the same`,
        task.task.id?.span,
      ),
    );
  }

  const byId = new Map(loaded.map((task) => [task.id, task]));
  const order = [...listed.keys(), ...loaded.map((task) => task.id).filter((id) => !listed.has(id))];
  const slices = order.flatMap((id): Slice[] => {
    const entry = byId.get(id);
    if (!entry) return [];
    const { task, source: taskSource } = entry;
    const listedAs = listed.get(id);
    const before = built.get(task);
    if (before && before.slice.id === id && before.resolver === resolver && before.listedAs === listedAs) {
      findings.push(...before.findings);
      return [before.slice];
    }
    found = [];
    if (task.agent && listedAs?.agent && task.agent.value !== listedAs.agent) {
      found.push(
        finding(
          taskSource,
          'plan.agent-differs',
          'warning',
          `the manifest gives this slice to "${listedAs.agent}"; the task spec's "${task.agent.value}" is used`,
          task.agent.span,
        ),
      );
    }
    const deps: string[] = [];
    for (const dep of task.deps) {
      const target = resolve(taskSource, dep, 'plan.unknown-dependency', 'depends on');
      const removal = target === id ? removeItem(taskSource.text, dep.span, `Remove ${dep.value}`) : undefined;
      if (target === id)
        found.push(
          finding(
            taskSource,
            'plan.self-dependency',
            'error',
            `${id} depends on itself`,
            dep.span,
            removal && { ...removal, guess: true },
          ),
        );
      else if (target !== null && !deps.includes(target)) deps.push(target);
    }
    const slice: Slice = {
      id,
      title: oneLine(task.title ?? task.component ?? listedAs?.component ?? id),
      file: taskSource.file,
      component: task.component ?? listedAs?.component ?? null,
      workstream: task.workstream?.value ?? null,
      deps,
      runtimeDeps: resolveAll(taskSource, task.runtimeDeps, 'plan.unknown-dependency', 'needs at integration').filter(
        (other) => other !== id,
      ),
      agent: task.agent?.value ?? listedAs?.agent ?? null,
      skills: task.skills,
      contracts: task.contracts.map((contract) => contractPath(contract.value, root)),
      layers: task.layers,
      scope: task.scope,
      verify: task.verify.map((check) => check.value),
      estimateMinutes: task.estimateMinutes ?? defaultEstimateMinutes,
      stop: task.stop.map((rule) => rule.value),
      attempts: task.attempts,
      kind: task.kind,
      task,
    };
    built.set(task, { slice, findings: found, resolver, listedAs });
    findings.push(...found);
    return [slice];
  });
  found = findings;

  const mergePoints = manifest.mergePoints.flatMap((point): MergePoint[] => {
    const needs = resolveAll(source, point.needs, 'plan.unknown-merge-slice', `${point.id} needs`);
    const unlocks = resolveAll(source, point.unlocks, 'plan.unknown-merge-slice', `${point.id} unlocks`);
    // Without a need left there is nothing to wait for; the unknown names are reported already.
    return needs.length === 0 ? [] : [{ id: point.id, needs, unlocks, verify: point.verify }];
  });

  const id = root.slice(root.lastIndexOf('/') + 1);
  const plan: Plan = {
    id: id === '' ? (manifest.techSpecId === '' ? 'plan' : manifest.techSpecId) : id,
    dir: root,
    techSpecId: manifest.techSpecId === '' ? (/^[A-Za-z]+-\d+/.exec(id)?.[0] ?? id) : manifest.techSpecId,
    title: oneLine(manifest.title ?? manifest.name ?? id),
    technology: manifest.technology,
    specPath: manifest.specPath,
    slices,
    workstreams: workstreamsOf(manifest, slices),
    mergePoints,
    waveChecks,
    contracts: contractsOf(manifest, files, slices, resolver, source, findings, byId),
    layers: manifest.layers,
    limits: manifest.limits,
    dependencies: manifest.dependencies,
    setup: manifest.setup,
  };
  resolvers.set(plan, resolver);
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

/** Whether an id can name a branch and a directory. */
export function isSliceId(id: string): boolean {
  return /^[A-Za-z0-9](?:[\w.-]*[\w-])?$/.test(id) && !id.includes('..') && !/\.lock$/i.test(id) && id.length <= 100;
}

/** What was made of a task spec the last time. A reader that keeps its readings gets the same slice for the same reading. */
const built = new WeakMap<
  TaskSpec,
  {
    readonly slice: Slice;
    readonly findings: readonly Finding[];
    readonly resolver: SliceIds;
    readonly listedAs: ManifestTask | undefined;
  }
>();

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
  base: string,
  source: SourceText,
  taken: ReadonlySet<string>,
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

/** Finds slices by id, by file name, or by a unique beginning of either. */
class SliceIds {
  readonly #exact = new Map<string, Set<string>>();
  /** What was asked before: manifest, `deps` and `blocks` name the same slices again and again. */
  readonly #found = new Map<string, string | readonly string[]>();
  readonly #ids: readonly string[];
  readonly #bases: readonly string[];

  constructor(tasks: readonly { readonly id: string; readonly base: string }[]) {
    this.#bases = tasks.map((task) => task.base);
    this.#ids = tasks.map((task) => task.id);
    for (const { id, base } of tasks) {
      for (const name of new Set([id, base])) {
        this.#add(name, id);
        // `task-003-config` is also known as `task-003`, `task-3` and, for lists of bare numbers, `3` and `003`.
        const short = /^(.*?)0*(\d+)(?:-.*)?$/.exec(name);
        const numbered = /^([A-Za-z]+-?\d+)-/.exec(name)?.[1];
        if (numbered !== undefined) this.#add(numbered, id, true);
        if (short && /^(?:task-?)$/i.test(short[1] ?? '')) {
          const digits = /\d+/.exec(name)?.[0] ?? '';
          for (const form of [`task-${short[2] ?? ''}`, `task-${digits}`, short[2] ?? '', digits])
            this.#add(form, id, true);
        }
      }
    }
    // Who spells a name exactly means exactly that slice.
    for (const id of this.#ids) this.#exact.set(id.toLowerCase(), new Set([id]));
  }

  /** Whether these are exactly the slices it knows. */
  isOf(tasks: readonly { readonly id: string; readonly base: string }[]): boolean {
    return (
      tasks.length === this.#ids.length &&
      tasks.every((task, index) => task.id === this.#ids[index] && task.base === this.#bases[index])
    );
  }

  #add(name: string, id: string, weak = false): void {
    const key = (weak ? '~' : '') + name.toLowerCase();
    const known = this.#exact.get(key) ?? new Set<string>();
    known.add(id);
    this.#exact.set(key, known);
  }

  /** The slice, or all that the name could mean: none, or several. */
  find(name: string): string | readonly string[] {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const found = this.#look(name);
    this.#found.set(name, found);
    return found;
  }

  #look(name: string): string | readonly string[] {
    const key = name.trim().toLowerCase().replace(/^.*\//, '').replace(/\.md$/, '');
    const shortened = /^(task-\d+)-/.exec(key)?.[1];
    const padded = /^(task-)?0*(\d+)$/.exec(key);
    const candidates =
      this.#exact.get(key) ??
      this.#exact.get(`~${key}`) ??
      (padded ? this.#exact.get(`~${padded[1] ?? ''}${padded[2] ?? ''}`) : undefined) ??
      (shortened === undefined ? undefined : this.#exact.get(shortened)) ??
      new Set<string>();
    const [only, ...others] = candidates;
    return only !== undefined && others.length === 0 ? only : [...candidates];
  }

  /** The id closest in spelling, when it is close at all. */
  nearest(name: string): string | null {
    let best: { id: string; distance: number } | null = null;
    const limit = Math.max(1, Math.floor(name.length / 4));
    const digits = (id: string): string => (id.match(/\d+/g) ?? []).join();
    for (const id of this.#ids) {
      // `task-004` is no misspelt `task-002`: only words are misspelt.
      if (digits(id) !== digits(name)) continue;
      if (Math.abs(id.length - name.length) > limit) continue;
      const distance = editDistance(id.toLowerCase(), name.toLowerCase());
      if (distance <= limit && (!best || distance < best.distance)) best = { id, distance };
    }
    return best?.id ?? null;
  }
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function replaceWord(source: SourceText, name: Located<string>, replacement: string) {
  const start = source.text.slice(name.span.start, name.span.end).indexOf(name.value);
  if (start < 0) return undefined;
  const span: Span = { start: name.span.start + start, end: name.span.start + start + name.value.length };
  return { title: `Change to ${replacement}`, edits: [{ span, text: replacement }], guess: true as const };
}

function readCheck(
  source: SourceText,
  manifest: Manifest,
  wave: number,
  slices: readonly string[],
  validation: Located<string>,
  findings: Finding[],
): WaveCheck {
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
  return { wave, slices, dialect: decided?.dialect ?? 'command', text: validation.value };
}

function workstreamsOf(manifest: Manifest, slices: readonly Slice[]): Workstream[] {
  const known = new Set(manifest.workstreams.map((workstream) => workstream.id));
  const named = [...new Set(slices.flatMap((slice) => slice.workstream ?? []))].filter((id) => !known.has(id));
  return [...manifest.workstreams, ...named.map((id) => ({ id, name: id, boundary: [] }))];
}

/** As the plan directory names it: `contracts/types.ts`. */
function contractPath(written: string, dir: string): string {
  const path = written.replaceAll('\\', '/').replace(/^(?:\.{1,2}\/)+/, '');
  const inside = dir !== '' && path.startsWith(`${dir}/`) ? path.slice(dir.length + 1) : path;
  return inside.includes('/') ? inside : `contracts/${inside}`;
}

/** The manifest's contracts, then files in `contracts/` it does not name, each with every slice that reads it. */
function contractsOf(
  manifest: Manifest,
  files: PlanFiles,
  slices: readonly Slice[],
  resolver: SliceIds,
  source: SourceText,
  findings: Finding[],
  byId: ReadonlyMap<string, LoadedTask>,
): ManifestContract[] {
  const known = (name: string): string[] => {
    const id = resolver.find(name);
    return typeof id === 'string' ? [id] : [];
  };
  const contracts = manifest.contracts.map((contract) => ({ ...contract, path: contract.path.replace(/^\.\//, '') }));
  for (const contract of contracts) {
    if (files.has(contract.path)) continue;
    const at = source.text.indexOf(JSON.stringify(contract.path));
    findings.push(
      finding(
        source,
        'plan.contract-missing',
        'warning',
        `the contract ${contract.path} does not exist in the plan directory`,
        at < 0 ? undefined : { start: at, end: at + contract.path.length + 2 },
      ),
    );
  }
  const unnamed = [...files.keys()]
    .filter((path) => path.startsWith('contracts/') && !contracts.some((contract) => contract.path === path))
    .sort();
  const all: ManifestContract[] = [
    ...contracts,
    ...unnamed.map((path) => ({ path, target: null, provider: null, consumers: [] })),
  ];
  for (const slice of slices) {
    for (const [index, path] of slice.contracts.entries()) {
      const entry = byId.get(slice.id);
      const written = entry?.task.contracts[index];
      if (!entry || !written || all.some((contract) => contract.path === path || contract.target === written.value))
        continue;
      findings.push(
        finding(
          entry.source,
          'plan.contract-missing',
          'warning',
          `the contract ${path} does not exist in the plan directory`,
          written.span,
        ),
      );
    }
  }
  return all.map((contract) => {
    const declared = contract.consumers.flatMap(known);
    const readers = slices.filter((slice) => slice.contracts.includes(contract.path)).map((slice) => slice.id);
    const provider = contract.provider === null ? null : (known(contract.provider)[0] ?? null);
    // Whoever provides a contract names it too, and consumes nothing by that.
    const consumers = [...new Set([...declared, ...readers])].filter((id) => id !== provider);
    return { ...contract, provider, consumers };
  });
}

/** Titles stand in headings, lists and table cells; YAML and JSON can put line breaks into them. */
function oneLine(title: string): string {
  return /[\n\r\t\u2028\u2029]/.test(title) ? title.replaceAll(/\s+/g, ' ').trim() : title;
}
