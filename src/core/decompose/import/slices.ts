import { globsIntersect } from '../../scope/glob.ts';
import { boundaryOf, isGlob, splitSymbol } from '../boundary.ts';
import { pathsIn, RepoPaths } from '../../text/mentions.ts';
import { projectFacts, repositoryConventions } from '../project.ts';
import { formatEstimate, type Proposal, type ProposedContract, type ProposedSlice } from '../../plan/proposal.ts';
import type { Spec } from '../../spec/model.ts';
import { minutesOf, mostMinutes } from './bundling.ts';
import type { SourceDocument } from './import-source.ts';
import type {
  Confidence,
  GuessedPath,
  GuessedScope,
  ImportedCheckpoint,
  ImportedGroup,
  ImportedTask,
  ImportInput,
  ImportReport,
} from './model.ts';
import { cyclesOf, reduced, topological } from './order.ts';
import type { WritePaths } from './paths.ts';
import { ScopeGuesser } from './scope-guess.ts';
import { goneChecks, removalsIn } from '../removals.ts';
import { oneLine } from '../../text/printing.ts';

export interface AssembleRequest {
  readonly input: ImportInput;
  readonly spec: Spec;
  readonly groups: readonly ImportedGroup[];
  readonly checkpoints?: readonly ImportedCheckpoint[];
  readonly contracts?: readonly ProposedContract[];
  /** Commands for slices that name none in a repository that has no test command: the runners a plan names. */
  readonly runners?: readonly string[];
  /** Finds the files that words name. */
  readonly paths: WritePaths;
  /** What stands beside the tasks and may say where they work. Default: nothing. */
  readonly documents?: readonly (SourceDocument | null)[];
  readonly report: ImportReport;
}

const testing = /tests?\b|pytest|vitest|jest|mocha|rspec|phpunit|e2e|playwright|cypress/i;

/**
 * Beyond that many pairs of slice and path, a boundary that lists the neighbours' files is longer than anyone reads.
 */
const mostBoundaryPairs = 40_000;
/** Globs of that many slices are held against each other; beyond, only equal paths are. */
const mostGlobSlices = 400;

/**
 * Makes a proposal of groups of tasks. Groups that write the same file never run at the same time: the later one waits.
 * `null` when there is no group. Groups on a cycle keep their edges, and the finding names them.
 */
export function assemble(request: AssembleRequest): Proposal | null {
  const { input, spec, report } = request;
  const points = checkpointsBetween(request);
  const groups = mergedCycles(withCheckpoints(request.groups, points), report);
  if (groups.length === 0) return null;
  const facts = projectFacts(input.repoFiles, input.texts, spec.technology);
  const tests = facts.tests.length > 0 ? facts.tests : (request.runners ?? []);
  const repo = new RepoPaths(input.repoFiles);
  const outOfScope = pathsIn(spec.answers.out_of_scope?.text ?? '', repo);
  const guesses = guessesOf(groups, request);
  const writes = groups.map((group) => {
    const named = group.tasks.flatMap((task) => task.paths);
    const guess = input.guessing?.taken ? guesses.get(group) : undefined;
    return narrowed([...new Set([...named, ...(guess?.paths ?? []).map(({ path }) => path)])]);
  });
  const deps = withFileOrder(groups, writes, report);
  const creators = createdBy(groups, writes, deps, input.repoFiles);
  const written = writes.flatMap((paths, group) => paths.map((path) => ({ path, group })));
  const pairs = written.length * groups.length;
  const contracts = (request.contracts ?? []).map((contract) => {
    const name = contract.path.slice(contract.path.lastIndexOf('/') + 1);
    const users = groups.filter((group) => wordsOf(group).includes(name)).map((group) => group.id);
    const provider = users.length === 1 ? (users[0] ?? null) : null;
    return { ...contract, provider, consumers: users.length > 0 ? users : groups.map((group) => group.id) };
  });
  const unchecked: ImportedGroup[] = [];
  const slices = groups.map((group, i): ProposedSlice => {
    const own = writes[i] ?? [];
    const verify = [...new Set(group.tasks.flatMap((task) => task.verify))];
    const first = group.tasks[0];
    const at = first ? { source: first.source, span: first.span } : {};
    report.mark(group.id, group.tasks);
    const guess = guesses.get(group);
    if (guess) report.guess(guess);
    const from = guess ? `with ${guess.confidence} confidence ${guessText(guess)}` : '';
    if (own.length === 0) {
      const who = `${group.tasks
        .map((task) => task.id)
        .slice(0, 5)
        .join(', ')}${group.tasks.length > 5 ? ' ...' : ''} ${group.tasks.length === 1 ? 'works' : 'work'}`;
      report.add(
        'import.no-files',
        'error',
        guess
          ? `${group.id} (${group.title}) names no file: say where ${who}, or accept what is guessed, ${from}`
          : `${group.id} (${group.title}) names no file${input.guessing ? ', and neither the documents beside it nor the repository tell which' : ''}: say where ${who}, or have an agent asked (\`--scopes-from\`, or Ask an Agent Where Tasks Work… in VS Code); else it may write nothing`,
        at,
      );
    } else if (guess)
      report.add(
        'import.guessed-scope',
        'warning',
        `${group.id} (${group.title}) names no file; guessed ${from}: correct it, or accept the plan with it`,
        at,
      );
    // A linter alone says little; the tests of the project belong to every slice that names none of its own.
    const wordless = group.tasks.filter((task) => task.text === '').map((task) => task.id);
    if (wordless.length > 0)
      report.add(
        'import.entry-invalid',
        'warning',
        `${wordless.slice(0, 8).join(', ')} has no words: say what is to be done`,
        at,
      );
    const homeless = own.length > 0 && !guess ? group.tasks.filter((task) => task.paths.length === 0) : [];
    if (homeless.length > 0)
      report.add(
        'import.task-without-files',
        'info',
        `${homeless
          .map((task) => task.id)
          .slice(0, 8)
          .join(
            ', ',
          )}${homeless.length > 8 ? ' ...' : ''} ${homeless.length === 1 ? 'names' : 'name'} no file and may write only what the rest of slice ${group.id} writes: say where, if that is not enough`,
        homeless[0],
      );
    const removed = removalsIn(own, {
      title: group.title,
      texts: group.tasks.flatMap((task) => [task.text, ...task.details]),
      exists: (path) => repo.files.has(path),
    });
    const checks = [
      ...new Set([
        ...verify,
        ...goneChecks(removed),
        ...(verify.some((command) => testing.test(command)) ? [] : tests),
      ]),
    ];
    if (checks.length === 0) unchecked.push(group);
    const minutes = Math.max(30, Math.round(minutesOf(group.tasks) / 30) * 30);
    if (minutes > mostMinutes + 30)
      report.add(
        'import.large-slice',
        'warning',
        `${group.id} has ${group.tasks.length} tasks that hang together, about ${formatEstimate(minutes)} of work: split what they share, or expect a long run`,
        at,
      );
    const creates = (path: string): boolean => creators.get(path) === i;
    return {
      id: group.id,
      title: oneLine(group.title) || group.id,
      workstream: null,
      deps: (deps[i] ?? []).flatMap((dep) => groups[dep]?.id ?? []),
      create: [...new Set(own.map((path) => splitSymbol(path).path).filter(creates))],
      modify: own.filter((path) => !creates(splitSymbol(path).path)),
      ...(removed.length > 0 ? { removed: [...removed] } : {}),
      boundary: boundaryOf({
        own,
        forbidden: outOfScope.filter(
          (path) => !own.some((mine) => globsIntersect(splitSymbol(mine).path, path) !== null),
        ),
        foreign: [],
        others:
          pairs > mostBoundaryPairs ? [] : written.filter((other) => other.group !== i).map((other) => other.path),
      }),
      requirements: statements(requirementsOf(group)),
      checklist: statements([...group.tasks.flatMap((task) => task.checks), ...group.checklist]),
      verify: [...checks],
      estimate: formatEstimate(minutes),
      agent: null,
      contracts: contracts.filter((contract) => contract.consumers.includes(group.id)).map((contract) => contract.path),
      stop: [],
    };
  });
  if (unchecked.length > 0) {
    const names = unchecked.map((group) => group.id);
    report.add(
      'import.no-check',
      'warning',
      `nothing says how ${names.slice(0, 8).join(', ')}${names.length > 8 ? ' ...' : ''} ${names.length === 1 ? 'is' : 'are'} checked: name a command that exits with 0 in the tasks, or add a test script to the project`,
      unchecked[0]?.tasks[0],
    );
  }
  const places = new Map(groups.map((group, i) => [group.id, i]));
  const waitsFor = (later: string, first: string): boolean =>
    reaches(deps, places.get(later) ?? 0, places.get(first) ?? 0, groups.length, true);
  const home = new Map(groups.flatMap((group) => group.tasks.map((task) => [task, group.id] as const)));
  const merged = points
    .map((point) => {
      const idsOf = (list: readonly ImportedGroup[]): string[] => [
        ...new Set(list.flatMap((group) => home.get(group.tasks[0] as ImportedTask) ?? [])),
      ];
      const unlocks = idsOf(point.unlocks);
      const before = idsOf(point.needs).filter((id) => !unlocks.includes(id));
      // What another one of them waits for is there anyway.
      const needs = before.filter((id) => !before.some((other) => other !== id && waitsFor(other, id)));
      const own = point.verify.some((command) => !tests.includes(command));
      return { needs, unlocks, own, verify: [...(point.verify.length > 0 ? point.verify : tests)] };
    })
    // What waits for one slice is a dependency and no merge, unless there is something to run in between.
    .filter((point) => point.unlocks.length > 0 && (point.needs.length > 1 || (point.own && point.needs.length > 0)))
    .map(({ needs, unlocks, verify }) => ({ needs, unlocks, verify }));
  return {
    slices,
    workstreams: [],
    merge_points: merged.map((point, i) => ({ id: `MP${i + 1}`, ...point })),
    contracts,
    setup: [...facts.setup],
    conventions: spec.conventions?.text.trim() || repositoryConventions(input.repoFiles, input.texts, spec.technology),
  };
}

/** Tasks that only run something write nothing. */
const onlyRuns =
  /^(?:final\s+)?(?:checkpoint\b|(?:run|re-?run|execute|verify|ensure|confirm|check)\s+(?:that\s+)?(?:the\s+)?(?:all\s+|full\s+|whole\s+|entire\s+|complete\s+|existing\s+)*(?:[\w-]+\s+){0,2}(?:tests?|suites?|lint(?:er|ing)?|builds?|type-?checks?|validation|coverage)\b)/i;
const order: readonly Confidence[] = ['low', 'medium', 'high'];
/** A guess of more is none. */
const mostGuessed = 8;

/** Where the groups may work that name no file at all, as far as something tells. */
function guessesOf(
  groups: readonly ImportedGroup[],
  { input, paths, documents = [] }: AssembleRequest,
): ReadonlyMap<ImportedGroup, GuessedScope> {
  const result = new Map<ImportedGroup, GuessedScope>();
  const without = groups.filter((group) => group.tasks.every((task) => task.paths.length === 0));
  if (!input.guessing || without.length === 0) return result;
  const guesser = new ScopeGuesser(
    documents.filter((document) => document !== null),
    paths,
    input.guessing.index,
  );
  for (const group of without) {
    const told = input.guessing.told?.get(group.id);
    if (told) {
      result.set(group, { slice: group.id, ...told });
      continue;
    }
    const alone = group.tasks.length === 1;
    const parts = group.tasks.flatMap((task) => {
      if (onlyRuns.test(task.text)) return [];
      const words = [...task.details, ...task.checks, ...(alone ? group.requirements : [group.title])].join('\n');
      const title = alone ? `${group.title}\n${task.text}` : task.text;
      return guesser.guess({ title, words, hints: task.hints ?? [] }) ?? [];
    });
    const found = new Map<string, GuessedPath>();
    for (const { path, evidence } of parts.flatMap((part) => part.paths))
      if (!found.has(path)) found.set(path, { path, evidence });
    if (found.size === 0 || found.size > mostGuessed) continue;
    const least = Math.min(...parts.map(({ confidence }) => order.indexOf(confidence)));
    result.set(group, { slice: group.id, confidence: order[least] ?? 'low', paths: [...found.values()] });
  }
  return result;
}

/** `src/a.ts (declares Cart), test/a.test.ts (tests src/a.ts)` */
function guessText({ paths }: GuessedScope): string {
  return paths.map(({ path, evidence }) => `${path} (${evidence.slice(0, 3).join('; ')})`).join(', ');
}

function requirementsOf(group: ImportedGroup): string[] {
  const one = group.tasks.length === 1;
  return [
    ...group.requirements,
    ...group.tasks.flatMap((task) => [
      one || task.text === '' ? task.text : `${task.id}: ${task.text}`,
      ...task.details,
    ]),
  ];
}

function statements(texts: readonly string[]): string[] {
  return [...new Set(texts.map(oneLine))].filter((text) => text !== '');
}

function wordsOf(group: ImportedGroup): string {
  return group.tasks.map((task) => `${task.text}\n${task.details.join('\n')}`).join('\n');
}

/** A file below a directory that is written as a whole need not be named as well. */
function narrowed(paths: readonly string[]): string[] {
  const trees = paths.filter((path) => path.endsWith('/**')).map((path) => path.slice(0, -2));
  return trees.length === 0
    ? [...paths]
    : paths.filter((path) => !trees.some((tree) => path !== `${tree}**` && path.startsWith(tree)));
}

/**
 * Grouping can make a circle where the tasks have none: then the groups are one slice. A circle of the tasks themselves
 * is an error of the source, and is left for the person to open.
 */
function mergedCycles(groups: readonly ImportedGroup[], report: ImportReport): readonly ImportedGroup[] {
  const number = new Map(groups.map((group, i) => [group.id, i]));
  const deps = groups.map((group) => group.after.flatMap((id) => number.get(id) ?? []));
  const circles = cyclesOf(deps);
  if (circles.length === 0) return groups;
  const tasks = groups.flatMap((group) => group.tasks);
  const taskNumber = new Map(tasks.map((task, i) => [task.id, i]));
  const real = cyclesOf(tasks.map((task) => task.after.flatMap((id) => taskNumber.get(id) ?? [])));
  const onReal = new Set(real.flat().map((i) => tasks[i]?.id ?? ''));
  for (const circle of real.filter((one) => one.length > 1)) {
    const ids = circle.map((i) => tasks[i]?.id ?? '');
    const first = tasks[circle[0] ?? 0];
    report.add(
      'import.cycle',
      'error',
      `these tasks wait for each other: ${ids.slice(0, 12).join(', ')}${ids.length > 12 ? ' ...' : ''}; remove one of their dependencies`,
      first ? { source: first.source, span: first.span } : {},
    );
  }
  const gone = new Map<string, string>();
  const result = new Map(groups.map((group) => [group.id, group]));
  for (const circle of circles) {
    const members = circle.flatMap((i) => groups[i] ?? []);
    const [first] = members;
    if (!first || members.length < 2 || members.some((group) => group.tasks.some((task) => onReal.has(task.id))))
      continue;
    for (const other of members.slice(1)) {
      gone.set(other.id, first.id);
      result.delete(other.id);
    }
    const at = first.tasks[0];
    report.add(
      'import.merged',
      'info',
      `${members.map((group) => group.id).join(', ')} depend on each other in both directions, so they are one slice`,
      at ? { source: at.source, span: at.span } : {},
    );
    result.set(first.id, {
      ...first,
      title: members.map((group) => group.title).join('; '),
      tasks: members.flatMap((group) => group.tasks),
      after: members.flatMap((group) => group.after),
      requirements: members.flatMap((group) => group.requirements),
      checklist: members.flatMap((group) => group.checklist),
    });
  }
  return [...result.values()].map((group) => ({
    ...group,
    after: [...new Set(group.after.map((id) => gone.get(id) ?? id))].filter((id) => id !== group.id),
  }));
}

interface Checkpoint {
  readonly needs: readonly ImportedGroup[];
  readonly unlocks: readonly ImportedGroup[];
  readonly verify: readonly string[];
}

/** Checkpoints by the groups their tasks are in. */
function checkpointsBetween(request: AssembleRequest): Checkpoint[] {
  const groupOf = new Map(request.groups.flatMap((group) => group.tasks.map((task) => [task.id, group] as const)));
  return (request.checkpoints ?? []).map((point) => {
    const needs = new Set(point.needs.flatMap((id) => groupOf.get(id) ?? []));
    const unlocks = new Set(point.unlocks.flatMap((id) => groupOf.get(id) ?? []));
    return { needs: [...needs].filter((group) => !unlocks.has(group)), unlocks: [...unlocks], verify: point.verify };
  });
}

function withCheckpoints(groups: readonly ImportedGroup[], points: readonly Checkpoint[]): ImportedGroup[] {
  const more = new Map<ImportedGroup, string[]>();
  for (const point of points) {
    const needs = point.needs.map((group) => group.id);
    for (const group of point.unlocks) more.set(group, [...(more.get(group) ?? []), ...needs]);
  }
  return groups.map((group) => ({ ...group, after: [...new Set([...group.after, ...(more.get(group) ?? [])])] }));
}

/** Declared edges, and one from each group to the last one before it that writes the same file. */
function withFileOrder(
  groups: readonly ImportedGroup[],
  writes: readonly (readonly string[])[],
  report: ImportReport,
): number[][] {
  const number = new Map(groups.map((group, i) => [group.id, i]));
  const deps = groups.map((group) => group.after.flatMap((id) => number.get(id) ?? []));
  const last = new Map<string, number>();
  const trees: { readonly path: string; readonly group: number }[] = [];
  const earlier: number[] = [];
  const waits = (later: number, first: number, path: string): void => {
    if (first === later || deps[later]?.includes(first)) return;
    deps[later]?.push(first);
    if (reaches(deps, later, first, earlier.length)) return;
    const task = groups[later]?.tasks.find((one) => one.paths.includes(path)) ?? groups[later]?.tasks[0];
    report.add(
      'import.shared-file',
      'info',
      `${groups[later]?.id} writes ${path} too, so it waits for ${groups[first]?.id}`,
      task ? { source: task.source, span: task.span } : {},
    );
  };
  for (const i of topological(deps)) {
    for (const path of writes[i] ?? []) {
      const before = last.get(path);
      if (before !== undefined) waits(i, before, path);
    }
    if (groups.length <= mostGlobSlices) {
      for (const path of writes[i] ?? []) {
        for (const tree of trees)
          if (globsIntersect(splitSymbol(path).path, tree.path) !== null) waits(i, tree.group, path);
        if (isGlob(path)) {
          for (const [other, group] of last) {
            if (other !== path && globsIntersect(path, splitSymbol(other).path) !== null) waits(i, group, other);
          }
        }
      }
    }
    for (const path of writes[i] ?? []) {
      last.set(path, i);
      if (isGlob(path)) trees.push({ path, group: i });
    }
    earlier.push(i);
  }
  return reduced(deps);
}

/**
 * Whether `from` waits for `to`, by way of others or (`direct`) at once. Looked for in small plans only: it decides no
 * more than whether something that follows anyway is said as well.
 */
function reaches(
  deps: readonly (readonly number[])[],
  from: number,
  to: number,
  size: number,
  direct = false,
): boolean {
  if (size > 200) return false;
  const seen = new Set<number>();
  const stack = (deps[from] ?? []).filter((dep) => direct || dep !== to);
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (at === to) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    stack.push(...(deps[at] ?? []));
  }
  return false;
}

/** For each path that does not exist yet, the first group in the order of the work that writes it. */
function createdBy(
  groups: readonly ImportedGroup[],
  writes: readonly (readonly string[])[],
  deps: readonly (readonly number[])[],
  repoFiles: readonly string[],
): Map<string, number> {
  const repo = new RepoPaths(repoFiles);
  const exists = new Map<string, boolean>();
  const known = (path: string): boolean => {
    if (!isGlob(path)) return repo.files.has(path);
    if (path.endsWith('/**') && !isGlob(path.slice(0, -3))) return repo.directories.has(path.slice(0, -3));
    return repoFiles.some((file) => globsIntersect(path, file) !== null);
  };
  const creators = new Map<string, number>();
  for (const i of topological(groups.map((_, at) => deps[at] ?? []))) {
    for (const text of writes[i] ?? []) {
      const { path } = splitSymbol(text);
      const there = exists.get(path) ?? known(path);
      exists.set(path, there);
      if (!there && !creators.has(path)) creators.set(path, i);
    }
  }
  return creators;
}

/**
 * Resolves the dependencies of tasks: on those that are left out because they are done they are dropped, on unknown
 * ones they are found. `groupOf` maps a task id to its group's id.
 */
export function groupDependencies(
  group: Pick<ImportedGroup, 'id' | 'tasks'>,
  groupOf: ReadonlyMap<string, string>,
  isKnown: (id: string) => boolean,
  report: ImportReport,
): string[] {
  const found = new Set<string>();
  for (const task of group.tasks) {
    for (const id of task.after) {
      const other = groupOf.get(id);
      if (id === task.id) {
        report.add('import.cycle', 'error', `${task.id} waits for itself: remove that dependency`, task);
      } else if (other !== undefined) {
        if (other !== group.id) found.add(other);
      } else if (!isKnown(id)) {
        report.add(
          'import.unknown-dependency',
          'warning',
          `${task.id} waits for ${id}, which is not there: correct the id, or remove it`,
          task,
        );
      }
    }
  }
  return [...found];
}

/** One finding for all that is left out, because it is done or for another reason. */
export function reportDone(
  ids: readonly string[],
  report: ImportReport,
  { code, what }: { readonly code: string; readonly what: string } = { code: 'import.done', what: 'done already' },
): void {
  if (ids.length === 0) return;
  const list = `${ids.slice(0, 12).join(', ')}${ids.length > 12 ? ' ...' : ''}`;
  report.add(code, 'info', `${ids.length} ${ids.length === 1 ? 'task is' : 'tasks are'} ${what} and left out: ${list}`);
}

/** Why there is no proposal: no task at all, or none left. */
export function reportNothing(done: number, how: string, report: ImportReport): void {
  if (done > 0) report.add('import.all-done', 'error', `there is nothing left to do: all ${done} tasks are done`);
  else report.add('import.no-tasks', 'error', `there is no task in this file: ${how}`);
}
