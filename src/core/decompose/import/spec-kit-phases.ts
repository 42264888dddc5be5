import { isTestPath } from '../../conventions/sources.ts';
import { headingKey } from '../../text/markdown.ts';
import { stems } from '../../text/mentions.ts';

import { boxedItems, flattened, reportLeftOut, type Checklist, type ChecklistItem } from './checklist.ts';
import { labelled } from './import-source.ts';
import type { ImportedGroup, ImportedTask, ImportReport } from './model.ts';
import { checksIn, type WritePaths } from './paths.ts';
import { oneLine } from '../../text/printing.ts';

/** Spec Kit's tasks are small: one file, one step. */
const minutesPerTask = 40;

export interface PhaseTask extends ImportedTask {
  readonly parallel: boolean;
  readonly test: boolean;
  readonly done: boolean;
}

type PhaseKind = 'setup' | 'foundation' | 'story' | 'step' | 'polish';

export interface Phase {
  readonly title: string;
  readonly kind: PhaseKind;
  /** `US1`; `null` for phases that are no story. */
  readonly story: string | null;
  readonly goal: string;
  readonly independentTest: string;
  readonly checkpoint: boolean;
  readonly tasks: PhaseTask[];
}

/** Items with a number, at any depth; what else has a box (a progress list, a gate) is no task, and is said. */
export function phasesOf(
  checklist: Checklist,
  paths: WritePaths,
  known: readonly string[],
  report: ImportReport,
): Phase[] {
  const { sections, source } = checklist;
  const phases = new Map<number, Phase>();
  const seen = new Set<string>();
  const headingOf = (index: number): number => {
    // Phases are the outermost headings that hold tasks; `### Tests for User Story 1` is a part of one.
    let at = index;
    while (at > 0 && (sections[at]?.level ?? 1) > 2 && !/^phase\b/i.test(headingKey(sections[at]?.text ?? ''))) at--;
    return at;
  };
  let highest = 0;
  const all = flattened(checklist.items);
  for (const item of all) highest = Math.max(highest, Number(/^\W*T(\d{2,4})/.exec(item.text)?.[1] ?? 0));
  const boxed = all.some((item) => item.done !== null && idPattern.test(item.text));
  /** The tasks of a file in which nobody has an id. */
  const unnamed = new Set(
    all.some((item) => idPattern.test(item.text)) ? [] : boxedItems(checklist.items).map(({ item }) => item),
  );
  const isTask = (item: ChecklistItem): boolean =>
    unnamed.has(item) || (idPattern.test(item.text) && !(boxed && item.done === null));
  const taken = new Set<ChecklistItem>();
  for (const item of all) {
    if (!isTask(item)) continue;
    const match = idPattern.exec(item.text) ?? /^(?:\d+(?:\.\d+)*[.):]?\s+)?/.exec(item.text);
    if (!match) continue;
    const below = belowTask(item, isTask);
    for (const one of [item, ...below]) taken.add(one);
    const index = headingOf(item.section);
    let phase = phases.get(index);
    if (!phase) {
      phase = phaseOf(checklist, index);
      phases.set(index, phase);
    }
    let id = (match[1] ?? '').toUpperCase();
    if (unnamed.has(item)) id = `T${String(++highest).padStart(3, '0')}`;
    else if (/^TX+$/.test(id)) {
      id = `T${String(++highest).padStart(3, '0')}`;
      report.add('import.id-given', 'info', `this task has no number yet; it is ${id} here`, {
        source,
        span: item.span,
      });
    }
    if (seen.has(id)) {
      const other = `T${String(++highest).padStart(3, '0')}`;
      report.add(
        'import.duplicate-id',
        'warning',
        `${id} is the number of two tasks: this one is ${other} here, and what depends on ${id} waits for the first`,
        { source, span: item.span },
      );
      id = other;
    }
    seen.add(id);
    phase.tasks.push(taskOf({ id, item, below, skip: match[0].length }, checklist, paths, known, report));
  }
  const [first] = unnamed;
  if (first)
    report.add(
      'import.id-given',
      'info',
      `Spec Kit tasks without ids: here they are T001 to T${String(highest).padStart(3, '0')}, in their order; write ids ("- [ ] T001 ...") for tasks to wait for each other by name`,
      { source, span: first.span },
    );
  // A list of numbers that says more of tasks that stand elsewhere: their order, who does them.
  for (const item of all) if (item.done === null && seen.has(idOf(item).toUpperCase())) taken.add(item);
  reportLeftOut(checklist, taken, report);
  return polishedLast([...phases].toSorted(([a], [b]) => a - b).map(([, phase]) => phase));
}

/** Stories that were added below the polish come before it: "Polish depends on all desired user stories". */
function polishedLast(phases: readonly Phase[]): Phase[] {
  const result: Phase[] = [];
  for (const phase of phases) {
    let at = result.length;
    while (phase.kind === 'story' && result[at - 1]?.kind === 'polish') at--;
    result.splice(at, 0, phase);
  }
  return result;
}

const idPattern = /^(?:\*\*|`|\[)?(T\d{2,4}[a-z]?|TX{2,3})(?:\*\*|`|\])?:?(?:\*\*)?\s+/i;

function idOf(item: ChecklistItem): string {
  return idPattern.exec(item.text)?.[1] ?? '';
}

/** What is nested in a task, without the tasks in it. */
function belowTask(task: ChecklistItem, isTask: (item: ChecklistItem) => boolean): ChecklistItem[] {
  const result: ChecklistItem[] = [];
  const stack = task.children.toReversed();
  for (let item = stack.pop(); item; item = stack.pop()) {
    if (isTask(item)) continue;
    result.push(item);
    stack.push(...item.children.toReversed());
  }
  return result;
}

function taskOf(
  {
    id,
    item,
    below,
    skip,
  }: {
    readonly id: string;
    readonly item: ChecklistItem;
    readonly below: readonly ChecklistItem[];
    readonly skip: number;
  },
  checklist: Checklist,
  paths: WritePaths,
  known: readonly string[],
  report: ImportReport,
): PhaseTask {
  const { source, sections } = checklist;
  let text = item.text.slice(skip);
  let parallel = false;
  for (let mark = /^\[([^\]]{1,12})\]\s*/.exec(text); mark; mark = /^\[([^\]]{1,12})\]\s*/.exec(text)) {
    if ((mark[1] ?? '').toUpperCase() === 'P') parallel = true;
    else if (!/^(?:US|S|Story)\s?\d|^Story$/i.test(mark[1] ?? '')) break;
    text = text.slice(mark[0].length);
  }
  const after = [...text.matchAll(dependsPattern)].flatMap((match) => idsIn(match[1] ?? ''));
  const details = below.filter((child) => child.done === null).map((child) => child.text);
  const checks = below.filter((child) => child.done === false).map((child) => child.text);
  const words = text.replace(/\s*\((?:depends on|after|requires|blocked by)\s[^()]*\)/gi, '').trim();
  if (/\[(?:Entity|Service|endpoint|name|file|Title|location|user journey)\w*[ /\w]*\]/.test(words))
    report.add('import.placeholder', 'warning', `${id} still has the words of the template: say what is meant`, {
      source,
      span: item.span,
    });
  let written = paths.in([text, ...details].join('\n'));
  if (written.length === 0) {
    // The design's tree of files may say where: `src/lib/validation.ts` for "Add validation".
    const mine = stems(words);
    const named = known.filter((path) => {
      const stem = [...stems(path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, ''))];
      return stem.length > 0 && stem.every((word) => mine.has(word)) && isTestPath(path) === /\btests?\b/i.test(words);
    });
    if (named.length === 1) {
      written = named;
      report.add(
        'import.path-from-design',
        'info',
        `${id} names no file; the plan's structure has ${named[0]} for it`,
        {
          source,
          span: item.span,
        },
      );
    }
  }
  const heading = sections[item.section]?.text ?? '';
  return {
    id,
    text: oneLine(words),
    details,
    checks,
    paths: written,
    verify: checksIn(text),
    after,
    minutes: minutesPerTask,
    source,
    span: item.span,
    parallel,
    test:
      (written.length > 0 && written.every((path) => isTestPath(path))) ||
      (/^tests?\b/i.test(headingKey(heading)) && !/implement/i.test(heading)) ||
      /^(?:contract|integration|unit|e2e)\s+tests?\b/i.test(words),
    done: item.done === true,
  };
}

const dependsPattern =
  /\b(?:depends? on|requires|blocked by|after)\s+((?:T\d{2,4}[a-z]?(?:\s*(?:,|and|&|-|–|to)\s*)?)+)/gi;

/** `T003, T005-T007` as ids. */
function idsIn(text: string): string[] {
  return [...text.matchAll(/T(\d{2,4})([a-z]?)(?:\s*[-–]\s*T?(\d{2,4}))?/gi)].flatMap((match) => {
    const first = Number(match[1]);
    const last = Math.min(Number(match[3] ?? first), first + 200);
    if (!match[3] || last < first) return [`T${match[1]}${match[2] ?? ''}`];
    return Array.from(
      { length: last - first + 1 },
      (_, i) => `T${String(first + i).padStart((match[1] ?? '').length, '0')}`,
    );
  });
}

function phaseOf(checklist: Checklist, index: number): Phase {
  const section = checklist.sections[index];
  const text = section?.text ?? '';
  const body = section ? checklist.source.text.slice(section.body.start, section.body.end) : checklist.source.text;
  const title = text
    .replace(/^phase\s*[\w.]+\s*[:：–—-]\s*/i, '')
    .replaceAll(/\p{Extended_Pictographic}\uFE0F?/gu, '')
    .replace(/\s*[（(](?:priority|优先级|P\d)[^)）]*[)）]/i, '')
    .replace(/\s+MVP\s*$/, '')
    .trim();
  const story = /\buser stor(?:y|ies)\s*(\d+)|\bUS\s?(\d+)\b|用户故事\s*(\d+)/i.exec(text);
  const number = story?.[1] ?? story?.[2] ?? story?.[3];
  const kind: PhaseKind = number
    ? 'story'
    : /foundation|prerequisite|blocking/i.test(title)
      ? 'foundation'
      : /^(?:project\s+)?(?:set ?up|initiali[sz])/i.test(title)
        ? 'setup'
        : /polish|cross-cutting|final|clean-?up|documentation/i.test(title)
          ? 'polish'
          : 'step';
  return {
    title: title === '' ? 'Tasks' : title,
    kind,
    story: number ? `US${number}` : null,
    goal: labelled(body, 'Goal', 'Purpose', '目标'),
    independentTest: labelled(body, 'Independent Test', 'Independent Test Criteria'),
    checkpoint: /^\W*(?:checkpoint\b|检查点)/im.test(body),
    tasks: [],
  };
}

/** The older template has a phase of tests before the phase of the code: they are one, with the tests first in it. */
export function withTests(phases: readonly Phase[]): Phase[] {
  const result: Phase[] = [];
  let tests: PhaseTask[] = [];
  for (const phase of phases) {
    if (phase.kind === 'step' && /\btests?\s+first\b|\bTDD\b/i.test(phase.title)) {
      tests.push(...phase.tasks.map((task) => ({ ...task, test: true })));
      continue;
    }
    result.push({ ...phase, tasks: [...tests, ...phase.tasks] });
    tests = [];
  }
  if (tests.length > 0)
    result.push({
      title: 'Tests',
      kind: 'step',
      story: null,
      goal: '',
      independentTest: '',
      checkpoint: false,
      tasks: tests,
    });
  return result;
}

/**
 * "Setup, then Foundational, then the stories, then Polish": stories wait for what stands before them and not for each
 * other, every other phase waits for everything before it. Inside a phase, a task without `[P]` waits for the tasks
 * above it.
 */
export function phaseOrder(
  groups: readonly (ImportedGroup & { readonly phase: number })[],
  phases: readonly Phase[],
): string[][] {
  const result: string[][] = groups.map(() => []);
  /** What the next phase that is no story waits for, and what stories wait for. */
  let before: string[] = [];
  let storiesSince: string[] = [];
  phases.forEach((phase, number) => {
    const members = groups.flatMap((group, i) => (group.phase === number ? [i] : []));
    if (members.length === 0) return;
    const isStory = phase.kind === 'story';
    if (!isStory && storiesSince.length > 0) {
      before = storiesSince;
      storiesSince = [];
    }
    let frontier: string[] = [];
    for (const i of members) {
      const group = groups[i];
      if (!group) continue;
      const tasks = group.tasks as readonly PhaseTask[];
      const waits = tasks.some((task) => !task.parallel && !task.test);
      if (waits && frontier.length > 0) {
        result[i] = frontier;
        frontier = [group.id];
      } else {
        result[i] = [...before];
        frontier.push(group.id);
      }
    }
    if (isStory) storiesSince.push(...frontier);
    else before = frontier;
  });
  return result;
}

/** "T008 blocks T009", "T004 before T005", "US2 depends on US1" of the section on dependencies. */
export function declaredOrder(checklist: Checklist, phases: readonly Phase[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const section = checklist.sections.find((one) => /\bdependenc|execution order/i.test(one.text) && one.level <= 2);
  if (!section) return found;
  const tasks = new Map(phases.flatMap((phase) => phase.tasks.map((task) => [task.id, { task, phase }] as const)));
  const add = (before: string, later: string): void => {
    const [a, b] = [tasks.get(before), tasks.get(later)];
    // Tests before the code of the same phase: that order is kept inside the slices.
    if (!a || !b || before === later || (a.phase === b.phase && a.task.test && !b.task.test)) return;
    const list = found.get(later);
    if (list) list.push(before);
    else found.set(later, [before]);
  };
  const membersOf = (text: string): string[] => [
    ...idsIn(text),
    ...[...text.matchAll(/\b(?:user story|US)\s?(\d+)\b/gi)].flatMap((match) =>
      phases.filter((phase) => phase.story === `US${match[1]}`).flatMap((phase) => phase.tasks.map((task) => task.id)),
    ),
  ];
  const lines = checklist.source.text.slice(section.body.start, section.body.end).split(/\r\n|\n|\r/);
  for (const line of lines.slice(0, 500)) {
    if (
      /\bno dependenc|\bindependent(?:ly)?\b.*\bno\b/i.test(line) &&
      !/depends? on\s+(?:US|user story|T)\s?\d/i.test(line)
    )
      continue;
    const forward = /^(.*?)\b(?:depends? on|requires|blocked by|waits? for)\b(.*)$/i.exec(line);
    const chain = forward ? [] : line.split(/\b(?:before|blocks?)\b|->|→|⟶/);
    const pairs = forward
      ? [{ later: membersOf(forward[1] ?? ''), before: membersOf((forward[2] ?? '').split(/\.\s|;|\bbut\b/)[0] ?? '') }]
      : chain
          .slice(1)
          .map((part, i) => ({ before: membersOf(chain[i] ?? ''), later: membersOf(part.split(/\.\s|;/)[0] ?? '') }));
    for (const pair of pairs) {
      if (pair.before.length * pair.later.length > 2_000) continue;
      for (const before of pair.before) for (const later of pair.later) add(before, later);
    }
  }
  return found;
}
