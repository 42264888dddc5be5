import { DEFAULT_AGENT } from '../agent/agents.ts';
import { editedPrompt, planPrompt, promptPath } from '../context/prompt.ts';
import type { Proposal } from '../plan/proposal.ts';
import { launchCommands, planFiles } from '../decompose/write.ts';
import { plain } from '../text/document.ts';
import type { TextEdit } from '../text/finding.ts';
import { readJson } from '../text/json.ts';
import { readManifest } from '../manifest/read.ts';
import { planGraph } from '../plan/graph.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import { loadPlan, sliceResolver } from '../plan/load.ts';
import type { Plan, PlanFiles, Slice } from '../plan/model.ts';
import type { Spec } from '../spec/model.ts';
import { readSpec } from '../spec/read.ts';
import { addItem, removeItem } from '../task/list-edit.ts';
import { taskGraphMarkdown } from '../plan/task-graph.ts';
import { fieldChanges } from './changes.ts';
import { proposalOf, proposedSlice } from './proposal-of.ts';
import { editTaskSpec } from './task-text.ts';

export interface ReplanFilesRequest {
  readonly before: { readonly plan: Plan; readonly graph: PlanGraph; readonly files: PlanFiles };
  /** What `reconcile` decided. */
  readonly proposal: Proposal;
  readonly locked: ReadonlySet<string>;
  /** Slices whose task specs nothing reads any more, prompts included: they are not even given a new prompt. */
  readonly done: ReadonlySet<string>;
  readonly spec: Spec | null;
  /** The spec was decomposed anew: pages that follow from it are written anew too. */
  readonly pages: PlanFiles | null;
}

export interface ReplanFiles {
  /** The whole plan directory. */
  readonly files: PlanFiles;
  readonly plan: Plan;
  readonly graph: PlanGraph;
  /** Task specs that could not be edited in place and are written anew, and prompts that were edited by hand. */
  readonly notes: readonly { readonly about: string; readonly text: string }[];
}

const pageNames = ['context.md', 'conventions.md', 'architecture.md', 'test-plan.md'] as const;

/**
 * The files of a plan after re-planning. Task specs of slices that did not change keep their bytes, changed ones are
 * edited field by field, the manifest keeps unknown keys, validations and the wave of each slice where it can. Pages
 * and prompts follow when they are as they were generated; what somebody edited by hand stays.
 */
export function replanFiles(request: ReplanFilesRequest): ReplanFiles {
  const { before, proposal } = request;
  const notes: { about: string; text: string }[] = [];
  const files = new Map(before.files);
  const generated = generate(request, proposal);
  const original = generate(request, proposalOf(before.plan, before.files));
  const rendered = loadPlan(generated, before.plan.dir).plan;
  const inPlan = (file: string): string => (before.plan.dir === '' ? file : file.slice(before.plan.dir.length + 1));
  const old = new Map(before.plan.slices.map((slice) => [slice.id, slice]));
  const wanted = new Set(proposal.slices.map((slice) => slice.id));

  const shared = sharedFiles(before.files);
  const edited = new Set(
    before.plan.slices.map(promptPath).filter((path, index) => {
      const slice = before.plan.slices[index];
      const text = before.files.get(path);
      if (!slice || text === undefined) return false;
      return editedPrompt(before.plan, slice, before.graph, new Map([...shared, [path, text]])) !== null;
    }),
  );
  for (const slice of before.plan.slices) {
    if (wanted.has(slice.id)) continue;
    files.delete(inPlan(slice.file));
    if (edited.has(promptPath(slice)))
      notes.push({
        about: slice.id,
        text: `${promptPath(slice)} was edited by hand and is kept`,
      });
    else files.delete(promptPath(slice));
  }
  let number = lastNumber(before.files);
  const places = new Map<string, string>();
  for (const slice of proposal.slices) {
    const known = old.get(slice.id);
    if (known) {
      const path = inPlan(known.file);
      places.set(slice.id, path);
      const text = before.files.get(path) ?? '';
      if (request.locked.has(slice.id) || fieldChanges(proposedSlice(known), slice).length === 0) continue;
      const grown = editTaskSpec(text, known.file, proposedSlice(known), slice);
      const anew = generated.get(inPlan(rendered?.slices.find(({ id }) => id === slice.id)?.file ?? ''));
      if (grown === null && anew !== undefined)
        notes.push({ about: slice.id, text: 'its task spec is written anew: it could not be edited in place' });
      files.set(path, grown ?? anew ?? text);
      if (edited.has(promptPath(known)))
        notes.push({
          about: slice.id,
          text: `${promptPath(known)} was edited by hand and is kept: see that it still fits, or delete it`,
        });
      continue;
    }
    const made = inPlan(rendered?.slices.find(({ id }) => id === slice.id)?.file ?? '');
    const tail = made.replace(/^tasks\//, '').replace(/^task-\d+-?/, '');
    number += 1;
    const path = `tasks/task-${String(number).padStart(3, '0')}${tail === '.md' || tail === '' ? '' : '-'}${tail === '' ? '.md' : tail}`;
    places.set(slice.id, path);
    files.set(path, generated.get(made) ?? '');
  }
  for (const contract of proposal.contracts) {
    const kept = before.files.get(contract.path);
    if (kept === undefined || kept.trimEnd() !== contract.content.trimEnd())
      files.set(contract.path, generated.get(contract.path) ?? contract.content);
  }
  for (const contract of before.plan.contracts)
    if (!proposal.contracts.some(({ path }) => path === contract.path)) files.delete(contract.path);

  // Waves follow from the edges, and the edges are known when the files can be read.
  const manifest = before.files.get('manifest.json') ?? '{}';
  const listed = listedWaves(before.plan, manifest);
  files.set('manifest.json', patchManifest(manifest, request, firstWaves(proposal, listed), null));
  const bare = read(files, before.plan.dir);
  const waves = newWaves(bare, planGraph(bare), listed, request.locked);
  files.set('manifest.json', patchManifest(manifest, request, waves, planGraph(bare)));
  for (const slice of bare.slices) {
    if (request.locked.has(slice.id)) continue;
    const path = inPlan(slice.file);
    const text = mirrored(files.get(path) ?? '', slice, { wanted, before: before.plan, now: bare });
    const wave = waves.get(slice.id);
    const moved = wave !== listed.get(slice.id) && slice.task.wave !== null && slice.task.wave.value !== wave;
    files.set(path, moved ? text.replace(/^wave:[ \t]*\d+/m, `wave: ${wave ?? 1}`) : text);
  }
  const plan = read(files, before.plan.dir);
  const graph = planGraph(plan);

  for (const name of pageNames) {
    const now = request.pages?.get(name) ?? generated.get(name);
    const kept = before.files.get(name);
    if (now === undefined || kept === undefined || kept === now) continue;
    if (request.pages) notes.push({ about: name, text: 'is written anew from the spec' });
    if (request.pages || kept === original.get(name)) files.set(name, now);
  }
  const graphPage = before.files.get('task-graph.md');
  if (graphPage !== undefined && graphPage === taskGraphMarkdown(before.plan, before.graph))
    files.set('task-graph.md', taskGraphMarkdown(plan, graph));
  const launch = 'prompts/agent-prompts.md';
  if (before.files.has(launch) && before.files.get(launch) === original.get(launch))
    files.set(launch, launchCommands(plan, graph));
  if ([...before.files.keys()].some((name) => /^prompts\/.*\.txt$/.test(name))) {
    const pages = sharedFiles(files);
    for (const slice of plan.slices) {
      const path = promptPath(slice);
      if (edited.has(path) || request.done.has(slice.id)) continue;
      files.set(path, planPrompt(plan, slice, graph, pages));
    }
  }
  return { files: new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1))), plan, graph, notes };
}

/** What prompts are made of: of all that lies in a plan directory, the few files that every slice shares. */
function sharedFiles(files: PlanFiles): PlanFiles {
  return new Map([...files].filter(([name]) => !/^(?:tasks|prompts)\//.test(name)));
}

function generate(request: ReplanFilesRequest, proposal: Proposal): PlanFiles {
  const { plan } = request.before;
  const specPath = plan.specPath ?? '';
  const slash = plan.dir.lastIndexOf('/');
  return planFiles({
    proposal,
    spec: request.spec ?? readSpec('', specPath).spec,
    specPath,
    parent: slash < 0 ? '.' : plan.dir.slice(0, slash),
    dirName: plan.dir.slice(slash + 1),
    prompts: false,
    // Slices that name no agent get the one that most of the plan has.
    agent: mostly(plan.slices.flatMap((slice) => slice.agent ?? [])) ?? DEFAULT_AGENT,
  });
}

function mostly(values: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

function read(files: PlanFiles, dir: string): Plan {
  const { plan, findings } = loadPlan(files, dir);
  if (!plan) throw new Error(`a plan was written that cannot be read: ${findings[0]?.message ?? dir}`);
  return plan;
}

/** Task specs and prompts are named by number; a number that was given away stays with what it was given to. */
function lastNumber(files: PlanFiles): number {
  const numbers = [...files.keys()].map((name) => Number(/^(?:tasks|prompts)\/task-(\d+)/i.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

/**
 * `blocks` mirrors the others' `deps`: a slice that is gone blocks nobody, and who waits since now is added. What was
 * left out before stays left out, and so does a list that nobody keeps.
 */
function mirrored(
  text: string,
  slice: Slice,
  { wanted, before, now }: { readonly wanted: ReadonlySet<string>; readonly before: Plan; readonly now: Plan },
): string {
  const resolve = sliceResolver(before);
  const { blocks } = slice.task;
  const last = blocks.at(-1);
  const named = new Set(blocks.map((block) => resolve(block.value) ?? block.value));
  const waited = new Set(before.slices.flatMap(({ id, deps }) => (deps.includes(slice.id) ? [id] : [])));
  const waiting = now.slices.filter(({ id, deps }) => deps.includes(slice.id) && !waited.has(id) && !named.has(id));
  let edited = text;
  const apply = (edits: readonly TextEdit[]): void => {
    for (const edit of edits) edited = edited.slice(0, edit.span.start) + edit.text + edited.slice(edit.span.end);
  };
  // Behind the last one, so that the places of all others hold; the last of the new ones first, for the same reason.
  if (last) for (const { id } of waiting.toReversed()) apply(addItem(edited, last.span, id, '').edits);
  for (const block of blocks.toReversed()) {
    const id = resolve(block.value);
    if (id === null || wanted.has(id)) continue;
    apply(removeItem(edited, block.span, '')?.edits ?? []);
  }
  return edited;
}

/**
 * Where slices stand before their waves are known: new ones behind what they wait for. In the first wave they would be
 * chained before their elders in a workstream, which then wait for them.
 */
function firstWaves(proposal: Proposal, listed: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const deps = new Map(proposal.slices.map((slice) => [slice.id, slice.deps]));
  const waves = new Map(listed);
  const waveOf = (id: string): number => {
    const known = waves.get(id);
    if (known !== undefined) return known;
    waves.set(id, 1);
    const wave = 1 + Math.max(0, ...(deps.get(id) ?? []).map(waveOf));
    waves.set(id, wave);
    return wave;
  };
  for (const { id } of proposal.slices) waveOf(id);
  return waves;
}

/** The wave under which the manifest lists each slice. */
function listedWaves(plan: Plan, manifest: string): ReadonlyMap<string, number> {
  const resolve = sliceResolver(plan);
  const waves = new Map<string, number>();
  for (const wave of readManifest(manifest, 'manifest.json').manifest?.waves ?? []) {
    for (const task of wave.tasks) {
      const id = resolve(task.id.value);
      if (id !== null && !waves.has(id)) waves.set(id, wave.number);
    }
  }
  return waves;
}

/**
 * Each slice in the wave where it is listed, or behind what it waits for where that would come too late. Waves keep
 * their numbers: a wave's validation is known by its number, and so are its runs.
 */
function newWaves(
  plan: Plan,
  graph: PlanGraph,
  listed: ReadonlyMap<string, number>,
  locked: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const waves = new Map<string, number>();
  for (const id of graph.order) {
    const known = listed.get(id);
    const after = (graph.schedule.get(id)?.deps ?? []).map((dep) => (waves.get(dep) ?? 0) + 1);
    waves.set(id, known !== undefined && locked.has(id) ? known : Math.max(known ?? 1, 1, ...after));
  }
  // On a cycle: kept where it was, so that the finding about it names it.
  for (const slice of plan.slices) if (!waves.has(slice.id)) waves.set(slice.id, listed.get(slice.id) ?? 1);
  return waves;
}

type Fields = Record<string, unknown>;

/** The manifest with its slices, merge points, workstreams and contracts brought up to date, and nothing else. */
function patchManifest(
  text: string,
  request: ReplanFilesRequest,
  waves: ReadonlyMap<string, number>,
  graph: PlanGraph | null,
): string {
  const { proposal, before } = request;
  const { value } = readJson(text);
  const root = (value ? plain(value) : {}) as Fields;
  const resolve = sliceResolver(before.plan);
  const entries = new Map<string, Fields>();
  const oldWaves = fieldsIn(root['waves']);
  for (const wave of oldWaves) {
    for (const task of Array.isArray(wave['tasks']) ? (wave['tasks'] as unknown[]) : []) {
      const entry = typeof task === 'string' ? { id: task } : (task as Fields);
      const name = entry['id'];
      const id = typeof name === 'string' ? resolve(name) : null;
      if (id !== null && !entries.has(id)) entries.set(id, entry);
    }
  }
  const known = new Map(before.plan.slices.map((slice) => [slice.id, slice]));
  const numberOf = (wave: Fields, index: number): number =>
    typeof wave['number'] === 'number' ? wave['number'] : index + 1;
  const numbers = [
    ...new Set([...oldWaves.map(numberOf), ...proposal.slices.map(({ id }) => waves.get(id) ?? 1)]),
  ].toSorted((a, b) => a - b);
  const listed = numbers.flatMap((number): Fields[] => {
    const old = oldWaves.find((wave, index) => numberOf(wave, index) === number);
    const tasks = proposal.slices
      .filter((slice) => (waves.get(slice.id) ?? 1) === number)
      .map((slice): Fields => {
        const entry = entries.get(slice.id);
        const agent = slice.agent ?? entry?.['agent'];
        if (entry) {
          // The task spec decides; the manifest only repeats it, where it did so before.
          const same = known.get(slice.id)?.agent === slice.agent;
          return same || agent === undefined || !('agent' in entry) ? entry : { ...entry, agent };
        }
        return { id: slice.id, ...(typeof agent === 'string' ? { agent } : {}) };
      });
    return tasks.length === 0 ? [] : [{ number, ...old, tasks }];
  });
  const patched: Fields = { ...root, waves: listed };
  list(patched, 'workstreams', 'id', proposal.workstreams);
  list(
    patched,
    'merge_points',
    'id',
    proposal.merge_points.map(({ verify, ...point }) => ({ ...point, ...(verify.length > 0 ? { verify } : {}) })),
  );
  const declared = new Set(namesIn(root['contracts'], 'path'));
  list(
    patched,
    'contracts',
    'path',
    proposal.contracts
      // Files that only lie in `contracts/` are read without being named.
      .filter(({ path }) => declared.has(path) || !before.plan.contracts.some((other) => other.path === path))
      .map(({ path, target, provider, consumers }) => ({
        path,
        ...(target === null ? {} : { target }),
        ...(provider === null ? {} : { provider }),
        consumers,
      })),
    // Who reads a contract is known from the task specs too; the list in the manifest need not say it.
    (id, item) => {
      const old = before.plan.contracts.find(({ path }) => path === id);
      const now = JSON.stringify([item['target'] ?? null, item['provider'] ?? null, item['consumers']]);
      return old !== undefined && now === JSON.stringify([old.target, old.provider, old.consumers]);
    },
  );
  const metadata = root['metadata'];
  if (graph && typeof metadata === 'object' && metadata !== null) {
    const ids = new Set(proposal.slices.map(({ id }) => id));
    // Of several critical paths the file may name another one than we find: only what changes is written.
    const path = graph.criticalPath.filter((id) => ids.has(id));
    const isOldPath = graph.criticalPath.join() === before.graph.criticalPath.join();
    patched['metadata'] = {
      ...metadata,
      ...('total_tasks' in metadata ? { total_tasks: proposal.slices.length } : {}),
      ...('max_parallel' in metadata && graph.width !== before.graph.width ? { max_parallel: graph.width } : {}),
      ...('critical_path' in metadata && !isOldPath ? { critical_path: path } : {}),
    };
  }
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  return `${JSON.stringify(patched, null, indent)}\n`.replaceAll('\n', newline);
}

/** Objects of a list; what is no object there was reported when the plan was read. */
function fieldsIn(value: unknown): readonly Fields[] {
  const items: unknown[] = Array.isArray(value) ? value : [];
  return items.filter((item): item is Fields => typeof item === 'object' && item !== null);
}

function namesIn(value: unknown, key: string): string[] {
  const items: unknown[] = Array.isArray(value) ? value : [];
  return items.flatMap((item) => {
    const name: unknown = typeof item === 'object' && item !== null ? (item as Fields)[key] : item;
    return typeof name === 'string' ? [name.replace(/^\.\//, '')] : [];
  });
}

/** A list of named objects: old ones keep what we do not know of, and their keys' order. An absent list stays absent. */
function list(
  root: Fields,
  key: string,
  name: string,
  wanted: readonly Fields[],
  same: (id: string, item: Fields) => boolean = () => false,
): void {
  if (wanted.length === 0 && root[key] === undefined) return;
  const old = new Map(fieldsIn(root[key]).map((item) => [String(item[name]).replace(/^\.\//, ''), item]));
  const items: unknown[] = Array.isArray(root[key]) ? root[key] : [];
  root[key] = wanted.map((item) => {
    const id = String(item[name]);
    // Written as a bare path, which says all that there is to say.
    if (items.includes(id)) return id;
    const kept = old.get(id);
    if (kept && same(id, item)) return kept;
    return kept ? { ...kept, ...item, [name]: kept[name] } : item;
  });
}
