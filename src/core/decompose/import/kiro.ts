import { readJson } from '../../text/json.ts';
import { field, scalarText } from '../../text/document.ts';
import { withoutBold } from '../../text/mentions.ts';
import { SourceText } from '../../text/source.ts';
import {
  boxedItems,
  flattened,
  readChecklist,
  reportLeftOut,
  reportOpenFence,
  type Checklist,
  type ChecklistItem,
} from './checklist.ts';
import { joinShort, keptOrder, splitLong } from './bundling.ts';
import {
  bulleted,
  type SourceDocument,
  documentOf,
  documentsToRead,
  importedSpec,
  joined,
  openQuestions,
  technologyIn,
} from './import-source.ts';
import {
  humanised,
  ImportReport,
  shortTitle,
  sliceIdOf,
  UniqueIds,
  type ImportedCheckpoint,
  type ImportedGroup,
  type ImportedTask,
  type Importer,
  type ImportInput,
} from './model.ts';
import { checksIn, treePaths, WritePaths } from './paths.ts';
import { assemble, reportDone, reportNothing } from './slices.ts';
import { oneLine } from '../../text/printing.ts';

/**
 * Kiro: `.kiro/specs/<name>/tasks.md` with `requirements.md` (or `bugfix.md`) and `design.md`. Numbered tasks with one
 * level of sub-tasks (`- [ ] 1. Title`, `- [ ] 1.1 Part`), notes as plain items below them, `_Requirements: 1.1, 2.3_`
 * as references to acceptance criteria, `- [ ]*` for parts that may be skipped, checkpoint tasks, and since 2026 a
 * "Task Dependency Graph" with waves: as Kiro's documentation ("Specs > Concepts", "Feature specs") describes them and
 * as the files it writes have them.
 *
 * Kiro runs tasks from top to bottom. The order of two top-level tasks is kept where something connects them
 * (`keptOrder`), unless the dependency graph starts the later one no later than the earlier one.
 */
export const kiro: Importer = {
  id: 'kiro',
  title: 'Kiro spec',
  recognises: (path, text) => {
    if (/(?:^|\/)\.kiro\/specs\/[^/]+\/tasks\.md$/.test(path)) return true;
    return (
      /(?:^|\/)tasks\.md$/.test(path) &&
      /^[ \t]*[-*][ \t]+\[[ xX~-]\]\*?[ \t]+\d+\.?[ \t]/m.test(text) &&
      /^[ \t]*[-*][ \t]+_Requirements?:/m.test(text)
    );
  },
  companions: (path, repoFiles) => {
    const dir = path.slice(0, path.lastIndexOf('/') + 1);
    const known = new Set(repoFiles);
    return [
      `${dir}requirements.md`,
      `${dir}bugfix.md`,
      `${dir}design.md`,
      ...['structure.md', 'tech.md'].map((name) => `${dir.replace(/specs\/[^/]+\/$/, 'steering/')}${name}`),
    ].filter((file) => known.has(file));
  },
  mainFile: (path, repoFiles) => {
    const dir = /^(.*(?:^|\/)\.kiro\/specs\/[^/]+)(?:\/(?:requirements|design|bugfix)\.md)?$/.exec(path)?.[1];
    return dir !== undefined && repoFiles.includes(`${dir}/tasks.md`) ? `${dir}/tasks.md` : null;
  },
  read,
};

/** A sub-task is a step for one sitting; a top-level task without parts is a small slice. */
const minutesPerPart = 45;
const minutesAlone = 90;

function read(input: ImportInput): ReturnType<Importer['read']> {
  const source = new SourceText(input.path, input.text);
  const report = new ImportReport(source);
  const dir = input.path.slice(0, input.path.lastIndexOf('/') + 1);
  const requirements =
    documentOf(input.companions, `${dir}requirements.md`) ?? documentOf(input.companions, `${dir}bugfix.md`);
  const design = documentOf(input.companions, `${dir}design.md`);
  const criteria = criteriaOf(requirements);
  const spec = specOf(input, requirements, design, criteria, report);
  const known = (design?.markdown.fences ?? []).flatMap((fence) => treePaths(fence.content));
  const top = /^(.*?\.kiro)\//.exec(input.path)?.[1] ?? dir.replace(/\/$/, '');
  const paths = new WritePaths(input.repoFiles, [top], known);
  const checklist = readChecklist(source);
  reportOpenFence(checklist, report);
  const entries = entriesOf(checklist, report);
  const done: string[] = [];
  const optional: string[] = [];
  const used = new UniqueIds();
  const groups: (ImportedGroup & { readonly entry: number; readonly checkpoint: boolean })[] = [];
  entries.forEach((entry, number) => {
    const isCheckpoint = /^(?:final\s+)?checkpoint\b/i.test(entry.text);
    const tasks = tasksOf(entry, { paths, criteria, source, done, optional, report });
    if (tasks.length === 0) return;
    groups.push({
      id: used.take(sliceIdOf(`task-${entry.id}`, 'task')),
      title: shortTitle(entry.text, 90),
      tasks,
      after: [],
      requirements: entry.parts.length > 0 ? entry.notes.filter((note) => !isReference(note)) : [],
      checklist: [],
      entry: number,
      checkpoint: isCheckpoint && tasks.every((task) => task.paths.length === 0),
    });
  });
  reportDone(done, report);
  reportDone(optional, report, { code: 'import.optional', what: 'optional (the asterisk after the box)' });
  const work = groups.filter((group) => !group.checkpoint);
  if (work.length === 0) {
    reportNothing(done.length, 'a task is a line such as "- [ ] 1. Add the table"', report);
    return report.result(spec, null);
  }
  const checkpoints = checkpointsOf(groups);
  const stages = stagesOf(groups);
  const ordered = withOrder(work, { waves: wavesOf(checklist), stages, report });
  const proposal = assemble({
    input,
    spec,
    groups: splitLong(
      joinShort(ordered, (group) => stages.get(group.id) ?? 0),
      used,
    ),
    checkpoints,
    paths,
    documents: [requirements, design],
    report,
  });
  return report.result(spec, proposal);
}

interface Entry {
  readonly id: string;
  readonly text: string;
  readonly item: ChecklistItem;
  readonly parts: { readonly id: string; readonly text: string; readonly item: ChecklistItem }[];
  readonly notes: string[];
}

const numberPattern = /^(\d+(?:\.\d+)*)\.?\s+/;

/** Top-level tasks. A flat list (`- [ ] 1.` and `- [ ] 1.1` at the same margin) is nested by its numbers. */
function entriesOf(checklist: Checklist, report: ImportReport): Entry[] {
  const entries: Entry[] = [];
  const byId = new Map<string, Entry>();
  const seen = new Set<string>();
  const repeats = new Map<string, number>();
  const taken = new Set<ChecklistItem>();
  for (const item of outermost(checklist.items)) {
    for (const one of flattened([item])) taken.add(one);
    const match = numberPattern.exec(item.text);
    const wanted = match?.[1] ?? String(entries.length + 1);
    let id = wanted;
    while (seen.has(id)) {
      const number = (repeats.get(wanted) ?? 1) + 1;
      repeats.set(wanted, number);
      id = `${wanted}-${number}`;
    }
    if (id !== wanted && match)
      report.add('import.duplicate-id', 'warning', `${wanted} is the number of two tasks; this one is ${id} here`, {
        source: checklist.source,
        span: item.span,
      });
    seen.add(id);
    const text = oneLine(withoutBold(item.text.slice(match?.[0].length ?? 0)));
    const parent = id.includes('.') ? byId.get(id.slice(0, id.lastIndexOf('.'))) : undefined;
    const below = (): Entry['parts'] =>
      boxedItems(item.children).map(({ item: part }, i) => {
        const number = numberPattern.exec(part.text);
        const partId = number?.[1] ?? `${id}.${i + 1}`;
        seen.add(partId);
        return { id: partId, text: oneLine(part.text.slice(number?.[0].length ?? 0)), item: part };
      });
    if (parent) {
      // What is open below a ticked part is still to be done.
      parent.parts.push({ id, text, item }, ...(item.done ? below() : []));
      continue;
    }
    const entry: Entry = { id, text, item, parts: [], notes: [] };
    entry.parts.push(...below());
    for (const child of item.children)
      if (child.done === null) entry.notes.push(...outsideOfBoxes(child).map((one) => one.text));
    entries.push(entry);
    byId.set(id, entry);
  }
  for (const item of checklist.items)
    if (item.done === null && outsideOfBoxes(item).length < flattened([item]).length)
      for (const one of outsideOfBoxes(item)) taken.add(one);
  reportLeftOut(checklist, taken, report);
  return entries;
}

/** The tasks at the margin, also where an item without a box stands above them. */
function outermost(items: readonly ChecklistItem[]): ChecklistItem[] {
  return items.flatMap((item) => (item.done === null ? boxedItems(item.children).map((one) => one.item) : item));
}

/** An item without a box and what is below it, up to the boxes. */
function outsideOfBoxes(item: ChecklistItem): ChecklistItem[] {
  const result: ChecklistItem[] = [];
  const stack = [item];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (next.done !== null) continue;
    result.push(next);
    stack.push(...next.children.toReversed());
  }
  return result;
}

interface TaskContext {
  readonly paths: WritePaths;
  readonly criteria: ReadonlyMap<string, string>;
  readonly source: SourceText;
  readonly done: string[];
  readonly optional: string[];
  readonly report: ImportReport;
}

const referencePattern =
  /^[_*]*(?:requirements?|validates|需求)[_*]*\s*[:：]?[_*]*\s*(?:requirements?\s*)?(.*?)[_*]*$/i;

function isReference(note: string): boolean {
  return /^[_*]*(?:requirements?|validates|需求)[_*\s]*[:：]/i.test(note);
}

/** The open parts of a task, or the task itself when it has none. */
function tasksOf(entry: Entry, context: TaskContext): ImportedTask[] {
  // Parts that may all be skipped leave the task itself to be done.
  const whole = entry.parts.every(({ item }) => item.optional && !item.done);
  // A ticked task may still have parts that are not.
  const finished = entry.item.done === true && entry.parts.every((part) => part.item.done || part.item.optional);
  if (finished || entry.item.optional) {
    (finished ? context.done : context.optional).push(entry.id);
    if (finished)
      context.optional.push(...entry.parts.flatMap(({ id, item }) => (item.done === false && item.optional ? id : [])));
    return [];
  }
  if (whole) context.optional.push(...entry.parts.map(({ id }) => id));
  const parts = whole
    ? [{ id: entry.id, text: entry.text, item: entry.item, notes: entry.notes }]
    : entry.parts.map((part) => ({
        ...part,
        notes: flattened(part.item.children).map((child) => child.text),
      }));
  const open = parts.filter((part) => {
    if (part.item.done) context.done.push(part.id);
    else if (part.item.optional && !whole) context.optional.push(part.id);
    else return true;
    return false;
  });
  // Only its own box is open: nothing is said of it that is not done.
  if (open.length === 0) context.done.push(entry.id);
  const above = whole ? [] : context.paths.in([entry.text, ...entry.notes].join('\n'));
  return open.map((part, i): ImportedTask => {
    const details: string[] = [];
    const wanted: string[] = [];
    for (const note of part.notes) {
      const reference = isReference(note) ? referencePattern.exec(note)?.[1] : undefined;
      if (reference === undefined) details.push(oneLine(note));
      else wanted.push(...(reference.replaceAll(/\([^)]*\)?/g, '').match(/\d+(?:\.\d+)?/g) ?? []));
    }
    const found = wanted.flatMap((id) => {
      const text = context.criteria.get(id);
      if (text === undefined && context.criteria.size > 0)
        context.report.add(
          'import.unknown-requirement',
          'warning',
          `${part.id} refers to requirement ${id}, which requirements.md does not have`,
          {
            source: context.source,
            span: part.item.span,
          },
        );
      return text === undefined ? [] : [`Requirement ${id}: ${text}`];
    });
    const all = [part.text, ...details].join('\n');
    const own = context.paths.in(all);
    return {
      id: part.id,
      text: part.text,
      details,
      checks: found,
      paths: i === 0 ? [...new Set([...own, ...above])] : own,
      verify: checksIn(all),
      after: [],
      minutes: whole ? minutesAlone : minutesPerPart,
      source: context.source,
      span: part.item.span,
    };
  });
}

/**
 * `{"waves": [{"id": 0, "tasks": ["1.1"]}]}`, or plain lists of ids: the wave of each task; empty when there is none.
 */
function wavesOf(checklist: Checklist): Map<string, number> {
  const found = new Map<string, number>();
  const fence = checklist.markdown.fences.find((one) => /"waves"\s*:/.test(one.content));
  const waves = fence ? field(readJson(fence.content).value, 'waves')?.value : undefined;
  if (waves?.kind !== 'list') return found;
  waves.items.forEach((wave, number) => {
    const tasks = wave.kind === 'list' ? wave : field(wave, 'tasks')?.value;
    if (tasks?.kind !== 'list') return;
    for (const task of tasks.items) if (task.kind === 'scalar') found.set(scalarText(task), number);
  });
  return found;
}

function withOrder(
  groups: readonly ImportedGroup[],
  {
    waves,
    stages,
    report,
  }: {
    readonly waves: ReadonlyMap<string, number>;
    readonly stages: ReadonlyMap<string, number>;
    readonly report: ImportReport;
  },
): ImportedGroup[] {
  const { after, free } = keptOrder(groups);
  const start = groups.map((group) => {
    const numbers = group.tasks.flatMap((task) => waves.get(task.id) ?? []);
    return numbers.length > 0 ? Math.min(...numbers) : null;
  });
  for (const i of free) {
    // After a checkpoint it waits anyway.
    if (stages.get(groups[i]?.id ?? '') !== stages.get(groups[i - 1]?.id ?? '')) continue;
    report.add(
      'import.order-dropped',
      'info',
      `${groups[i]?.id} (${groups[i]?.title}) has nothing in common with what stands above it, so it may run at the same time`,
      groups[i]?.tasks[0],
    );
  }
  return groups.map((group, i) => ({
    ...group,
    after: (after[i] ?? [])
      .filter((other) => {
        const [before, own] = [start[other], start[i]];
        return before === null || own === null || before === undefined || own === undefined || before < own;
      })
      .flatMap((other) => groups[other]?.id ?? []),
  }));
}

/** Each checkpoint stands between the tasks since the one before it and those up to the next one. */
function checkpointsOf(groups: readonly (ImportedGroup & { readonly checkpoint: boolean })[]): ImportedCheckpoint[] {
  const found: { needs: string[]; unlocks: string[]; verify: readonly string[] }[] = [];
  let before: string[] = [];
  let since: string[] = [];
  for (const group of groups) {
    if (!group.checkpoint) {
      const ids = group.tasks.map((task) => task.id);
      since.push(...ids);
      found.at(-1)?.unlocks.push(...ids);
    } else if (since.length > 0 || before.length > 0) {
      if (since.length > 0) before = since;
      since = [];
      found.push({ needs: before, unlocks: [], verify: group.tasks.flatMap((task) => task.verify) });
    }
  }
  return found.filter((point) => point.unlocks.length > 0);
}

/** How many checkpoints stand above each group. */
function stagesOf(groups: readonly (ImportedGroup & { readonly checkpoint: boolean })[]): Map<string, number> {
  let stage = 0;
  return new Map(groups.map((group) => [group.id, group.checkpoint ? stage++ : stage]));
}

/** `2.3` and its sentence, and `2` with the requirement's name; EARS or not. */
function criteriaOf(document: SourceDocument | null): Map<string, string> {
  const found = new Map<string, string>();
  for (const section of document?.all(/^requirements?\s+\d+/i) ?? []) {
    const number = /\d+/.exec(section.text)?.[0] ?? '';
    const name = section.text.replace(/^requirements?\s+\d+\s*[:.–—-]?\s*/i, '').trim();
    if (name !== '') found.set(number, name);
    const body = document?.body(section) ?? '';
    let count = 0;
    for (const line of body.split('\n')) {
      const item = /^\s*(?:(\d+)\.(\d+)|(\d+))[.)]?\s+(.+)$/.exec(line);
      if (!item) continue;
      count++;
      found.set(`${item[1] ?? number}.${item[2] ?? item[3] ?? count}`, oneLine(withoutBold(item[4] ?? '')));
    }
  }
  return found;
}

function specOf(
  input: ImportInput,
  requirements: SourceDocument | null,
  design: SourceDocument | null,
  criteria: ReadonlyMap<string, string>,
  report: ImportReport,
) {
  const dir = input.path.slice(0, input.path.lastIndexOf('/'));
  const name = dir.slice(dir.lastIndexOf('/') + 1) || 'spec';
  const isGeneric = (title: string): boolean =>
    /^(?:requirements?|design|implementation plan|bugfix|tasks?)(?: document)?$/i.test(title);
  const titles = [requirements?.title ?? '', design?.title ?? ''].map((title) =>
    title.replace(/^(?:requirements?|design)(?: document)?\s*[:–—-]\s*/i, '').trim(),
  );
  const stories = (requirements?.all(/^requirements?\s+\d+/i) ?? []).map((section) => {
    const story = /user story\W*:\W*(.+)$/im.exec(requirements?.body(section) ?? '')?.[1] ?? '';
    return `${section.text}${story ? `: ${oneLine(withoutBold(story))}` : ''}`;
  });
  const steering = [...input.companions].filter(([path]) => path.includes('/steering/')).map(([, text]) => text);
  return importedSpec(
    {
      file: input.path,
      id: sliceIdOf(name, 'spec'),
      title: titles.find((title) => title !== '' && !isGeneric(title)) ?? humanised(name),
      technology: technologyIn(joined(design?.text('technology stack', 'overview', 'architecture'), ...steering)),
      outcome:
        requirements?.text(
          'introduction',
          'overview',
          'bug description',
          'summary',
          'expected behavior',
          'expected behavior (correct)',
        ) ||
        design?.text('overview') ||
        '',
      inScope: joined(
        bulleted(stories),
        requirements?.text('scope', 'in scope', 'current behavior', 'current behavior (defect)'),
      ),
      outOfScope:
        requirements?.text(
          'out of scope',
          'non-goals',
          'unchanged behavior',
          'unchanged behavior (regression prevention)',
        ) ||
        design?.text('out of scope', 'non-goals', 'out of scope / non-goals') ||
        '',
      evidence: joined(
        bulleted([...criteria].filter(([id]) => id.includes('.')).map(([id, text]) => `${id} ${text}`)),
        requirements?.text('success criteria'),
      ),
      constraints: joined(design?.text('architecture'), design?.text('error handling'), documentsToRead(input)),
      risks: design?.text('risks') ?? '',
      testPlan: joined(design?.text('testing strategy'), design?.text('correctness properties')),
      openQuestions: openQuestions(requirements, requirements?.text('open questions') ?? '', report),
    },
    report,
    {
      outcome: `"Introduction" in ${dir}/requirements.md`,
      in_scope: `${dir}/requirements.md`,
      out_of_scope: `a section "Out of Scope" in ${dir}/requirements.md`,
      evidence: `the acceptance criteria in ${dir}/requirements.md`,
    },
  );
}
