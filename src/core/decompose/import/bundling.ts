import { splitSymbol } from '../boundary.ts';
import { stems } from '../../text/mentions.ts';
import { reduced } from './order.ts';
import { shortTitle, sliceIdOf, type ImportedGroup, type ImportedTask, type UniqueIds } from './model.ts';
import { identifiersIn } from './paths.ts';

/** The method's slice is 2 to 4 hours of one agent; what is longer is split where the files allow it. */
export const mostMinutes = 240;
/** Shorter than that, a slice costs more to start, check and merge than to do. */
const tooShort = 90;

export function minutesOf(tasks: readonly ImportedTask[]): number {
  return tasks.reduce((sum, task) => sum + task.minutes, 0);
}

/** Numbers that share a key end up in one part; parts and members keep their order. */
export function connected(keys: readonly (readonly string[])[]): number[][] {
  const parent = keys.map((_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) at = parent[at] = parent[parent[at] ?? at] ?? at;
    return at;
  };
  const first = new Map<string, number>();
  keys.forEach((list, i) => {
    for (const key of list) {
      const other = first.get(key);
      if (other === undefined) first.set(key, i);
      else {
        const [a, b] = [root(other), root(i)];
        parent[Math.max(a, b)] = Math.min(a, b);
      }
    }
  });
  const parts = new Map<number, number[]>();
  keys.forEach((_, i) => {
    const part = parts.get(root(i));
    if (part) part.push(i);
    else parts.set(root(i), [i]);
  });
  return [...parts.values()];
}

export interface SplitOptions {
  /** Tests and the like: they stand with what they check, whatever their files. */
  readonly follows?: (task: ImportedTask) => boolean;
}

/**
 * Splits tasks into bundles of at most about four hours. Tasks that write the same file stay together, a task without
 * files stays with the one before it, and everything keeps its order, so that a bundle is a stretch of the source.
 */
export function bundles(tasks: readonly ImportedTask[], options: SplitOptions = {}): ImportedTask[][] {
  const total = minutesOf(tasks);
  if (total <= mostMinutes || tasks.length < 2) return tasks.length === 0 ? [] : [[...tasks]];
  const follows = options.follows ?? (() => false);
  const leading = tasks.filter((task) => !follows(task));
  const body = leading.length > 0 ? leading : [...tasks];
  const following = leading.length > 0 ? tasks.filter(follows) : [];
  const parts = connected(
    body.map((task, i) => {
      const files = task.paths.map((path) => `file:${splitSymbol(path).path}`);
      // Without a file a task can only be done where the work before it is done.
      if (files.length === 0 && i > 0) files.push(`task:${i - 1}`);
      return [...files, `task:${i}`];
    }),
  );
  const count = Math.ceil(total / mostMinutes);
  const limit = Math.min(mostMinutes, Math.ceil(total / count) + 20) - Math.floor((minutesOf(following) / total) * 60);
  const result: ImportedTask[][] = [];
  let size = Infinity;
  for (const part of parts) {
    const members = part.flatMap((i) => body[i] ?? []);
    const minutes = minutesOf(members);
    if (size + minutes > limit) {
      result.push([]);
      size = 0;
    }
    result.at(-1)?.push(...members);
    size += minutes;
  }
  placeFollowing(following, result);
  const position = new Map(tasks.map((task, i) => [task, i]));
  return result.map((bundle) => bundle.toSorted((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0)));
}

/** Each to the bundle that shares its files, else most of its words; what fits none checks the whole and comes last. */
function placeFollowing(tasks: readonly ImportedTask[], result: ImportedTask[][]): void {
  const words = result.map((bundle) => stems(bundle.map((task) => `${task.text} ${task.paths.join(' ')}`).join(' ')));
  const seen = new Map<string, number>();
  for (const set of words) for (const word of set) seen.set(word, (seen.get(word) ?? 0) + 1);
  const byFile = new Map<string, number>();
  for (const task of tasks) {
    const own = [...stems(`${task.text} ${task.paths.join(' ')}`)].filter((word) => seen.get(word) === 1);
    let best = task.paths.map((path) => byFile.get(path)).find((at) => at !== undefined) ?? -1;
    let most = best >= 0 ? Infinity : 0;
    words.forEach((set, i) => {
      const score = own.filter((word) => set.has(word)).length;
      if (score > most) {
        best = i;
        most = score;
      }
    });
    const at = best >= 0 ? best : result.length - 1;
    for (const path of task.paths) byFile.set(path, at);
    result[at]?.push(task);
  }
}

/** Words of titles that name a kind of work and not a thing. */
const plainWords = new Set(
  (
    'add create implement build write update set setup make new and the for with from into use using test testing task ' +
    'tasks support feature code file core basic main all unit integration service component page module function class ' +
    'method data type interface model backend frontend api app system user logic handle handling work first final end'
  ).split(' '),
);

const setupTitle =
  /^(?:project\s+)?(?:set ?up|foundation|scaffold|bootstrap|prepar|dependenc|initial|install|configur|prerequisite|infrastructure|project structure|(?:data(?:base)? )?(?:schema|models?|types|migrations?)\b)/i;
const closingTitle =
  /\b(?:tests?|testing|verif\w*|validat\w*|docs?|document\w*|integrat\w*|polish|clean-?up|release|rollout|deploy\w*|wire|wiring|final|everything|connect|hook up|put together|qa|e2e|end-to-end|review|quality|sign-?off)\b/i;

export interface OrderedGroups {
  /** For each group the numbers of those before it. */
  readonly after: readonly (readonly number[])[];
  /** Groups that the source puts after others and that have nothing in common with any of them. */
  readonly free: readonly number[];
}

/**
 * The order of a numbered list, kept where something connects two entries: a file both write, a name that the earlier
 * one introduces and the later one comes back to, or the words of its title. What sets the project up comes before
 * everything, what tests, documents or integrates comes after everything. Linear in the text.
 */
export function keptOrder(groups: readonly ImportedGroup[]): OrderedGroups {
  const writer = new Map<string, number>();
  const introduced = new Map<string, number>();
  const titleWords = groups.map((group) => new Set([...stems(group.title)].filter((word) => !plainWords.has(word))));
  const owners = new Map<string, number[]>();
  titleWords.forEach((words, i) => {
    for (const word of words) owners.set(word, [...(owners.get(word) ?? []).slice(-3), i]);
  });
  /** Groups that nothing waits for yet. */
  const ends = new Set<number>();
  const free: number[] = [];
  let lastSetup = -1;
  const after = groups.map((group, i) => {
    const found = new Set<number>();
    const text = textOf(group);
    for (const path of group.tasks.flatMap((task) => task.paths)) {
      const last = writer.get(path);
      if (last !== undefined && last !== i) found.add(last);
      writer.set(path, i);
    }
    for (const name of identifiersIn(text, false)) {
      const first = introduced.get(name);
      if (first !== undefined) found.add(first);
    }
    for (const name of identifiersIn(text, true)) if (!introduced.has(name)) introduced.set(name, i);
    const shared = new Map<number, number>();
    for (const word of stems(text)) {
      for (const owner of owners.get(word) ?? []) if (owner < i) shared.set(owner, (shared.get(owner) ?? 0) + 1);
    }
    for (const [owner, count] of shared) {
      if (count >= Math.min(2, titleWords[owner]?.size ?? 2)) found.add(owner);
    }
    // Without a name in common or a file of its own there is nothing to tell where it belongs: its place is all there
    // is.
    const unplaced = found.size === 0 && group.tasks.every((task) => task.paths.length === 0);
    if (unplaced || closingTitle.test(group.title)) for (const end of ends) found.add(end);
    else if (found.size === 0 && lastSetup >= 0) found.add(lastSetup);
    if (found.size === 0 && i > 0) free.push(i);
    if (i === lastSetup + 1 && setupTitle.test(group.title)) {
      if (lastSetup >= 0) found.add(lastSetup);
      lastSetup = i;
    }
    for (const before of found) ends.delete(before);
    ends.add(i);
    return [...found];
  });
  return { after: reduced(after), free };
}

function textOf(group: ImportedGroup): string {
  return [
    group.title,
    ...group.tasks.flatMap((task) => [task.text, ...task.details]),
    ...group.tasks.flatMap((task) => task.paths),
  ].join('\n');
}

/**
 * Joins a short group with the one it follows, where nothing else hangs between the two: the first has no other
 * dependent and the second waits for nothing else. That costs no parallelism and can make no cycle. Groups of different
 * stages, with a checkpoint between them, stay apart.
 */
export function joinShort(
  groups: readonly ImportedGroup[],
  stageOf: (group: ImportedGroup) => number = () => 0,
): ImportedGroup[] {
  const kept = new Map(groups.map((group) => [group.id, group]));
  const into = new Map<string, string>();
  const name = (id: string): string => {
    let at = id;
    while (into.has(at)) at = into.get(at) ?? at;
    // Long chains of joined groups are walked once.
    if (at !== id) into.set(id, at);
    return at;
  };
  const dependents = new Map<string, Set<string>>();
  for (const group of groups)
    for (const id of group.after) dependents.set(id, (dependents.get(id) ?? new Set()).add(group.id));
  for (const { id } of groups) {
    const second = kept.get(id);
    const only = second && new Set(second.after.map(name)).size === 1 ? name(second.after[0] ?? '') : '';
    const first = kept.get(only);
    if (!second || !first || first === second || stageOf(first) !== stageOf(second)) continue;
    const waiting = new Set([...(dependents.get(first.id) ?? [])].map(name));
    if (waiting.size !== 1 || !waiting.has(second.id)) continue;
    const [a, b] = [minutesOf(first.tasks), minutesOf(second.tasks)];
    if (Math.min(a, b) >= tooShort || a + b > mostMinutes - 30) continue;
    kept.delete(second.id);
    into.set(second.id, first.id);
    dependents.set(first.id, dependents.get(second.id) ?? new Set());
    kept.set(first.id, {
      ...first,
      title: `${first.title}; ${second.title}`,
      tasks: [...first.tasks, ...second.tasks],
      requirements: [...first.requirements, ...second.requirements],
      checklist: [...first.checklist, ...second.checklist],
    });
  }
  return [...kept.values()].map((group) => ({
    ...group,
    after: [...new Set(group.after.map(name))].filter((id) => id !== group.id),
  }));
}

/** A long group becomes several slices where its files allow it; what waits for the group waits for all of them. */
export function splitLong(groups: readonly ImportedGroup[], used: UniqueIds): ImportedGroup[] {
  const parts = new Map<string, ImportedGroup[]>();
  for (const group of groups) {
    const split = bundles(group.tasks);
    if (split.length < 2) {
      parts.set(group.id, [group]);
      continue;
    }
    const made = split.map((tasks, i): ImportedGroup => ({
      ...group,
      id: i === 0 ? group.id : used.take(sliceIdOf(`task-${tasks[0]?.id ?? i + 1}`, `${group.id}-${i + 1}`)),
      title: `${group.title}: ${shortTitle(tasks[0]?.text ?? '', 56)}`,
      tasks,
    }));
    parts.set(group.id, made);
  }
  return [...parts.values()].flatMap((made) => {
    return made.map((part, i): ImportedGroup => {
      const inside = new Map(
        made.slice(0, i).flatMap((other) => namesOf(other.tasks).map((word) => [word, other.id] as const)),
      );
      const uses = namesOf(part.tasks).flatMap((word) => inside.get(word) ?? []);
      return {
        ...part,
        after: [...new Set([...part.after.flatMap((id) => (parts.get(id) ?? []).map((other) => other.id)), ...uses])],
      };
    });
  });
}

function namesOf(tasks: readonly ImportedTask[]): string[] {
  return tasks.flatMap((task) => [...task.paths, ...(task.text.match(/`[A-Za-z_]\w{3,}(?:\(\))?`/g) ?? [])]);
}
