import { field, textList, textOf, type DocumentMap, type DocumentValue } from '../../text/document.ts';
import { readJson } from '../../text/json.ts';
import { SourceText, type Span } from '../../text/source.ts';
import { bulleted, type SourceDocument, documentOf, importedSpec, joined, technologyIn } from './import-source.ts';
import {
  humanised,
  ImportReport,
  sliceIdOf,
  UniqueIds,
  type ImportedCheckpoint,
  type ImportedGroup,
  type ImportedTask,
  type Importer,
  type ImportInput,
} from './model.ts';
import { checksIn, WritePaths } from './paths.ts';
import { assemble, groupDependencies, reportDone, reportNothing } from './slices.ts';
import { oneLine } from '../../text/printing.ts';

/**
 * Task Master: `.taskmaster/tasks/tasks.json`, in the tagged form (`{"master": {"tasks": [...]}}`) and the flat one
 * before it (`{"tasks": [...]}`). Fields, states and `type: "checkpoint"` as the project's `docs/task-structure.md` and
 * its rules on tagged task lists describe them; `.taskmaster/state.json` names the current tag. A sub-task's dependency
 * is the number of a sibling, or `task.sub` of another task.
 */
export const taskMaster: Importer = {
  id: 'task-master',
  title: 'Task Master tasks.json',
  recognises: (path, text) =>
    /\.json$/i.test(path) &&
    /(?:^|\/)(?:\.taskmaster\/tasks\/[^/]+|tasks)\.json$/i.test(path) &&
    /"tasks"\s*:\s*\[/.test(text),
  companions: (path, repoFiles) => {
    const root = path.replace(/(?:\.taskmaster\/)?tasks\/[^/]+$|[^/]+$/, '');
    const known = new Set(repoFiles);
    return [
      '.taskmaster/state.json',
      '.taskmaster/docs/prd.md',
      '.taskmaster/docs/prd.txt',
      'scripts/prd.txt',
      'prd.md',
    ]
      .map((name) => `${root}${name}`)
      .filter((file) => known.has(file));
  },
  mainFile: (path, repoFiles) => {
    const dir = /^(.*(?:^|\/)\.taskmaster)(?:\/tasks)?$/.exec(path)?.[1];
    if (dir === undefined) return null;
    return repoFiles.includes(`${dir}/tasks/tasks.json`) ? `${dir}/tasks/tasks.json` : null;
  },
  read,
};

/** The tool asks for tasks of two to eight hours; with parts, each part counts. */
const minutesPerTask = 120;
const minutesPerPart = 45;

const doneStates = new Set(['done', 'completed', 'cancelled', 'canceled']);
const laterStates = new Set(['deferred']);

function read(input: ImportInput): ReturnType<Importer['read']> {
  const source = new SourceText(input.path, input.text);
  const report = new ImportReport(source);
  const { value, problems } = readJson(input.text);
  for (const problem of problems) {
    report.add('import.json', problem.tolerated ? 'info' : 'error', problem.message, { span: problem.span });
  }
  const broken = problems.some((problem) => !problem.tolerated);
  const { tag, list, description } = chosenList(value, input, report);
  const prd = [...input.companions.keys()].find((path) => /prd\.(?:md|txt)$/.test(path));
  const document = prd === undefined ? null : documentOf(input.companions, prd);
  const entries = list.flatMap((item) => entryOf(item, report));
  const spec = specOf(input, document, { tag, description, entries }, report);
  // What stands behind a syntax error is unknown, and so is the order of what stands before it.
  if (broken) return report.result(spec, null);

  const paths = new WritePaths(input.repoFiles, ['.taskmaster']);
  const seen = new Map<string, Entry>();
  for (const entry of entries) {
    if (!seen.has(entry.id)) seen.set(entry.id, entry);
    else
      report.add(
        'import.duplicate-id',
        'warning',
        `${entry.id} is the id of two tasks: what depends on it waits for the first`,
        {
          span: entry.span,
        },
      );
  }
  const done: string[] = [];
  const later: string[] = [];
  const open = entries.filter((entry) => {
    const left = entry.parts.filter((part) => !part.done && !part.later);
    if (doneStates.has(entry.status) && left.length > 0)
      report.add(
        'import.open-parts',
        'warning',
        `${entry.id} is ${entry.status}, and ${left.map((part) => `${entry.id}.${part.id}`).join(', ')} in it ${left.length === 1 ? 'is' : 'are'} not: what is open is imported`,
        { span: entry.span },
      );
    later.push(...entry.parts.filter((part) => part.later).map((part) => `${entry.id}.${part.id}`));
    if (doneStates.has(entry.status) && left.length === 0) done.push(entry.id);
    else if (laterStates.has(entry.status)) later.push(entry.id);
    else return true;
    return false;
  });
  reportDone(done, report);
  reportDone(later, report, { code: 'import.deferred', what: 'deferred' });
  if (open.length === 0) {
    reportNothing(done.length + later.length, 'Task Master keeps them as {"master": {"tasks": [...]}}', report);
    return report.result(spec, null);
  }
  const used = new UniqueIds();
  const home = new Map<string, string>();
  const work = open.filter((entry) => !entry.checkpoint);
  const checkpoints = open.filter((entry) => entry.checkpoint);
  const groups = work.map((entry): ImportedGroup => {
    const id = used.take(sliceIdOf(/^\d/.test(entry.id) ? `task-${entry.id}` : entry.id, 'task'));
    if (!home.has(entry.id)) home.set(entry.id, id);
    for (const part of entry.parts) if (!home.has(`${entry.id}.${part.id}`)) home.set(`${entry.id}.${part.id}`, id);
    return {
      id,
      title: oneLine(entry.title),
      tasks: [taskOf(entry, paths, source)],
      after: [],
      requirements: [],
      checklist: [],
    };
  });
  const partIds = new Set(entries.flatMap((entry) => entry.parts.map((part) => `${entry.id}.${part.id}`)));
  const isCheckpoint = new Map(checkpoints.map((entry) => [entry.id, entry]));
  const waited = groups.map((group): ImportedGroup => ({
    ...group,
    after: groupDependencies(group, home, (id) => seen.has(id) || partIds.has(id), report),
  }));
  // What a checkpoint asks for in words is ticked off by those that stand before it.
  const asked = new Map<string, string[]>();
  for (const entry of checkpoints) {
    for (const id of entry.after) {
      // A command of it belongs to the merge point: no single slice could pass it.
      const words = statements(entry.acceptance)
        .filter((text) => checksIn(text).length === 0)
        .map((text) => `${entry.id} ${oneLine(entry.title)}: ${text}`);
      asked.set(home.get(id) ?? '', [...(asked.get(home.get(id) ?? '') ?? []), ...words]);
    }
  }
  const points = checkpoints.map((entry): ImportedCheckpoint => ({
    needs: entry.after.filter((id) => !isCheckpoint.has(id)),
    unlocks: work.filter((other) => other.after.includes(entry.id)).map((other) => other.id),
    verify: checksIn([entry.acceptance, entry.testStrategy, entry.details].join('\n')),
  }));
  const proposal = assemble({
    input,
    spec,
    groups: waited.map((group) => ({ ...group, checklist: asked.get(group.id) ?? [] })),
    checkpoints: points,
    paths,
    documents: [document],
    report,
  });
  return report.result(spec, proposal);
}

interface Part {
  readonly id: string;
  readonly title: string;
  readonly words: string;
  readonly after: readonly string[];
  readonly done: boolean;
  /** Put off, so no part of the work now. */
  readonly later: boolean;
}

interface Entry {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly details: string;
  readonly testStrategy: string;
  readonly acceptance: string;
  readonly status: string;
  readonly after: readonly string[];
  readonly parts: readonly Part[];
  readonly checkpoint: boolean;
  readonly span: Span;
}

/** The tasks of one tag: the current one, else `master`, else the first that has any. */
function chosenList(
  value: DocumentValue | null,
  input: ImportInput,
  report: ImportReport,
): { readonly tag: string; readonly list: readonly DocumentValue[]; readonly description: string } {
  const flat = field(value, 'tasks')?.value;
  if (flat?.kind === 'list') return { tag: 'master', list: flat.items, description: descriptionOf(value) };
  if (value?.kind === 'list') return { tag: 'master', list: value.items, description: '' };
  const tags = (value?.kind === 'map' ? value.entries : []).flatMap((entry) => {
    const list = field(entry.value, 'tasks')?.value;
    return list?.kind === 'list' ? [{ name: entry.key, entry, list: list.items }] : [];
  });
  const state = [...input.companions].find(([path]) => path.endsWith('.taskmaster/state.json'))?.[1];
  const current = state === undefined ? null : textOf(field(readJson(state).value, 'currentTag')?.value)?.value;
  const chosen =
    tags.find((tag) => tag.name === current) ??
    tags.find((tag) => tag.name === 'master') ??
    tags.find((tag) => tag.list.length > 0) ??
    tags[0];
  const others = tags.filter((tag) => tag !== chosen && tag.list.length > 0);
  if (chosen && others.length > 0)
    report.add(
      'import.other-tags',
      'info',
      `the tasks of tag "${chosen.name}" are imported, not those of ${others
        .slice(0, 8)
        .map((tag) => `"${tag.name}"`)
        .join(', ')}: switch the tag in Task Master to import another`,
      { span: chosen.entry.keySpan },
    );
  return {
    tag: chosen?.name ?? 'master',
    list: chosen?.list ?? [],
    description: descriptionOf(chosen?.entry.value ?? null),
  };
}

function descriptionOf(value: DocumentValue | null): string {
  const metadata = field(value, 'metadata')?.value ?? field(value, 'meta')?.value;
  const text = textOf(field(metadata, 'description')?.value)?.value ?? '';
  // What the tool writes when nobody says anything.
  return /^Tasks for .* context$|^Default tasks context$/i.test(text) ? '' : text;
}

function entryOf(item: DocumentValue, report: ImportReport): Entry[] {
  const map: DocumentMap | null = item.kind === 'map' ? item : null;
  const id = textOf(field(map, 'id')?.value);
  const title = textOf(field(map, 'title')?.value);
  if (!map || !id || !title) {
    report.add('import.entry-invalid', 'warning', 'this is no task: a task has at least an id and a title', {
      span: firstLine(item.span),
    });
    return [];
  }
  const parts = field(map, 'subtasks')?.value;
  return [
    {
      id: id.value,
      title: title.value,
      description: wordsOf(map, 'description'),
      details: wordsOf(map, 'details'),
      testStrategy: wordsOf(map, 'testStrategy'),
      acceptance: wordsOf(map, 'acceptanceCriteria'),
      status: (textOf(field(map, 'status')?.value)?.value ?? 'pending').toLowerCase(),
      after: textList(field(map, 'dependencies')?.value).map((dep) => dep.value),
      parts: parts?.kind === 'list' ? parts.items.flatMap((part, i) => partOf(part, i, report)) : [],
      checkpoint: textOf(field(map, 'type')?.value)?.value === 'checkpoint',
      span: id.span,
    },
  ];
}

function partOf(item: DocumentValue, index: number, report: ImportReport): Part[] {
  const title = textOf(field(item, 'title')?.value)?.value ?? textOf(field(item, 'description')?.value)?.value;
  if (title === undefined) {
    report.add('import.entry-invalid', 'warning', 'this part has neither title nor description and is left out', {
      span: firstLine(item.span),
    });
    return [];
  }
  const status = (textOf(field(item, 'status')?.value)?.value ?? '').toLowerCase();
  const id = textOf(field(item, 'id')?.value)?.value ?? String(index + 1);
  return [
    {
      // `1.2` in task 1 is its second part.
      id: id.slice(id.lastIndexOf('.') + 1),
      title,
      words: ['description', 'details', 'testStrategy']
        .map((key) => wordsOf(item, key))
        .filter((text) => text !== '')
        .join('\n'),
      after: textList(field(item, 'dependencies')?.value).map((dep) => dep.value),
      done: doneStates.has(status),
      later: laterStates.has(status),
    },
  ];
}

/** A text, or a list of texts as some models write it. */
function wordsOf(map: DocumentValue, key: string): string {
  const value = field(map, key)?.value;
  return value?.kind === 'list'
    ? textList(value)
        .map((item) => `- ${item.value}`)
        .join('\n')
    : (textOf(value)?.value ?? '');
}

function taskOf(entry: Entry, paths: WritePaths, source: SourceText): ImportedTask {
  const parts = entry.parts.filter((part) => !part.done && !part.later);
  const ids = new Set(entry.parts.map((part) => part.id));
  const finished = entry.parts.filter((part) => part.done).length;
  const all = [
    entry.title,
    entry.description,
    entry.details,
    ...entry.parts.filter((part) => !part.later).map((part) => `${part.title}\n${part.words}`),
  ].join('\n');
  return {
    id: entry.id,
    text: oneLine(entry.description || entry.title),
    details: [
      ...statements(entry.details),
      ...(entry.testStrategy ? [`Tested by: ${oneLine(entry.testStrategy)}`] : []),
      ...(finished > 0
        ? [
            `${finished} of its ${entry.parts.length} parts ${finished === 1 ? 'is' : 'are'} done already: build on them`,
          ]
        : []),
    ],
    checks: [
      ...parts.map((part) => oneLine(`${entry.id}.${part.id} ${part.title}${firstSentence(part.words)}`)),
      ...statements(entry.acceptance),
    ],
    paths: paths.in(all),
    verify: checksIn([entry.testStrategy, entry.acceptance, entry.details].join('\n')),
    hints: [{ place: 'its testStrategy', text: entry.testStrategy }],
    // Between parts of one task there is no slice; a part may wait for another task, or for a part of one.
    after: [
      ...entry.after,
      ...parts.flatMap((part) => part.after).filter((id) => !ids.has(id) && !id.startsWith(`${entry.id}.`)),
    ].filter((id, i, list) => list.indexOf(id) === i),
    minutes: parts.length > 0 ? Math.max(60, parts.length * minutesPerPart) : minutesPerTask,
    source,
    span: entry.span,
  };
}

/** Prose of several lines as separate statements; code blocks stay out, they are no requirement by themselves. */
function statements(text: string): string[] {
  return text
    .replaceAll(/```[\s\S]*?(?:```|$)/g, '\n')
    .split(/\n+/)
    .map((line) => oneLine(line.replace(/^\s*(?:[-*+•]|\d+[.)])\s+/, '').replace(/^#+\s*/, '')))
    .filter((line) => line !== '' && !/^[\w\s]{1,40}:$/.test(line));
}

function firstSentence(text: string): string {
  const line = oneLine(text.split('\n')[0] ?? '');
  return line === '' ? '' : `: ${line.length > 200 ? `${line.slice(0, 200)} ...` : line}`;
}

function specOf(
  input: ImportInput,
  prd: SourceDocument | null,
  {
    tag,
    description,
    entries,
  }: { readonly tag: string; readonly description: string; readonly entries: readonly Entry[] },
  report: ImportReport,
) {
  const project = /"name"\s*:\s*"([^"]{1,80})"/.exec(input.texts.get('package.json') ?? '')?.[1] ?? '';
  const meta = textOf(field(field(readJson(input.text).value, 'meta')?.value, 'projectName')?.value)?.value;
  const title =
    prd?.title && !/^(?:overview|prd|product requirements)/i.test(prd.title)
      ? prd.title
      : tag === 'master'
        ? humanised(meta || project || 'Task Master tasks')
        : humanised(tag);
  const open = entries.filter((entry) => !doneStates.has(entry.status));
  const file = prd?.path ?? '.taskmaster/docs/prd.md';
  return importedSpec(
    {
      file: input.path,
      id: sliceIdOf(`taskmaster-${tag}`, 'taskmaster'),
      title,
      technology: technologyIn(joined(prd?.text('technical architecture', 'technology', 'tech stack'), prd?.preface())),
      outcome: joined(
        description,
        prd?.text('overview', 'outcome', 'goals', 'goal', 'objective', 'summary', 'introduction', 'problem'),
      ),
      inScope: bulleted(open.map((entry) => `${entry.id} ${oneLine(entry.title)}`)),
      outOfScope: prd?.text('out of scope', 'non-goals', 'non goals', 'not in scope') ?? '',
      evidence: joined(
        bulleted(
          open
            .filter((entry) => entry.testStrategy !== '')
            .map((entry) => `${entry.id}: ${oneLine(entry.testStrategy)}`),
        ),
        prd?.text('success criteria', 'acceptance criteria', 'success metrics'),
      ),
      constraints: prd?.text('technical architecture', 'constraints') ?? '',
      risks: prd?.text('risks and mitigations', 'risks') ?? '',
    },
    report,
    {
      outcome: `a section "Overview" in ${file}`,
      out_of_scope: `a section "Out of Scope" in ${file}`,
      evidence: 'the testStrategy of each task',
    },
  );
}

function firstLine(span: Span): Span {
  return { start: span.start, end: Math.min(span.end, span.start + 1) };
}
