import { field, textOf } from '../../text/document.ts';
import { SourceText, type Span } from '../../text/source.ts';
import {
  boxedItems,
  flattened,
  readChecklist,
  reportLeftOut,
  reportOpenFence,
  type Checklist,
  type ChecklistItem,
} from './checklist.ts';
import { bulleted, SourceDocument, importedSpec, joined } from './import-source.ts';
import {
  ImportReport,
  shortTitle,
  sliceIdOf,
  UniqueIds,
  type ImportedGroup,
  type ImportedTask,
  type Importer,
  type ImportInput,
} from './model.ts';
import { checksIn, WritePaths } from './paths.ts';
import { assemble, groupDependencies, reportDone, reportNothing } from './slices.ts';
import { oneLine } from '../../text/printing.ts';

/**
 * The task list of a GitHub issue, as Markdown: `- [ ] ...`, nested to any depth, with references (`#123`,
 * `owner/repo#123`, the address of an issue). That a task list is a list with boxes, and what a reference looks like,
 * is GitHub's documentation ("About tasklists", "Autolinked references and URLs"). There is no syntax for dependencies
 * in it; "blocked by #12", "depends on #12", "after #12" and "requires #12" are what people and the bots that read them
 * use. A list is not an order: tasks wait for each other only where they say so, or where they write the same file.
 */
export const githubTasks: Importer = {
  id: 'github-tasks',
  title: 'GitHub issue task list',
  recognises: (path, text) => {
    if (
      !/\.(?:md|markdown)$/i.test(path) ||
      /\.spec\.md$/i.test(path) ||
      /^\uFEFF?---[\s\S]{0,2000}?^slicewave:/m.test(text)
    )
      return false;
    if (!/^[ \t]*(?:[-*+]|\d+[.)])[ \t]+\[[ xX]\][ \t]/m.test(text)) return false;
    if (/(?:^|\/)(?:gh-)?issues?[-_/#]?\d*[\w-]*\.md$/i.test(path)) return true;
    // A spec of one's own may have boxes as well: what answers the four questions is a spec.
    if (
      /^#+[ \t]+(?:in scope|out of scope|non-goals)\b/im.test(text) &&
      /^#+[ \t]+(?:outcome|goals?|objectives?)\b/im.test(text)
    )
      return false;
    return (
      /^[ \t]*(?:[-*+]|\d+[.)])[ \t]+\[[ xX]\][^\n]*(?:(?:^|[\s(])#\d+\b|github\.com\/[\w.-]+\/[\w.-]+\/(?:issues|pull)\/\d+)/m.test(
        text,
      ) || /github\.com\/[\w.-]+\/[\w.-]+\/issues\/\d+/.test(text)
    );
  },
  companions: () => [],
  mainFile: () => null,
  read,
};

const minutesPerTask = 120;
const minutesPerPart = 40;

/** Headings below which boxes are no tasks. */
const evidenceHeading =
  /^(?:acceptance criteria|definition of done|success criteria|done when|checklist before|verification)\b/i;
const blockerHeading = /^(?:dependenc|blockers?|blocked by|depends on)\b/i;

const reference = String.raw`(?:[\w.-]{1,100}\/[\w.-]{1,100})?#\d+|https?:\/\/github\.com\/[\w.-]+\/[\w.-]+\/(?:issues|pull)\/\d+`;
/** A reference, or a link to an issue under any words. */
const target = String.raw`(?:${reference}|\[[^\]\n]{1,200}\]\((?:${reference})[^)\s]*\))`;
const waitsFor = new RegExp(
  String.raw`\b(?:blocked[ -]by|depends[ -]on|requires|needs|after|waits for|waiting on)\s*:?\s*((?:${target}(?:\s*(?:,|and|&)\s*)?)+)`,
  'gi',
);

interface ListedTask {
  readonly id: string;
  readonly title: string;
  readonly item: ChecklistItem;
  readonly heading: string;
  readonly after: readonly string[];
}

function read(input: ImportInput): ReturnType<Importer['read']> {
  const source = new SourceText(input.path, input.text);
  const report = new ImportReport(source);
  const document = new SourceDocument(input.path, input.text);
  const checklist = readChecklist(source);
  reportOpenFence(checklist, report);
  const done: string[] = [];
  const listed = tasksOf(checklist, done, report);
  reportDone(done, report);
  const spec = specOf(input, document, checklist, listed, report);
  if (listed.length === 0) {
    reportNothing(done.length, 'a task is a line such as "- [ ] Add the table in `src/db/schema.ts`"', report);
    return report.result(spec, null);
  }
  const paths = new WritePaths(input.repoFiles, []);
  const used = new UniqueIds();
  const home = new Map<string, string>();
  const made = listed.map((task, i): ImportedGroup => {
    const id = used.take(
      sliceIdOf(task.id.startsWith('#') ? `issue-${task.id.slice(1)}` : task.id.replace('#', '-'), `task-${i + 1}`),
    );
    if (!home.has(task.id)) home.set(task.id, id);
    return {
      id,
      title: shortTitle(task.title, 100),
      tasks: [importedTask(task, paths, source)],
      after: [],
      requirements: task.heading === '' ? [] : [`Part of: ${task.heading}`],
      checklist: [],
    };
  });
  const finished = new Set(done);
  const groups = made.map((group) => ({
    ...group,
    after: groupDependencies(
      group,
      home,
      (id) => {
        if (finished.has(id)) return true;
        const at = group.tasks[0];
        report.add(
          'import.blocked-outside',
          'warning',
          `${group.id} waits for ${id}, which is not on this list: make sure that it is done`,
          at,
        );
        return true;
      },
      report,
    ),
  }));
  return report.result(spec, assemble({ input, spec, groups, paths, report }));
}

function tasksOf(checklist: Checklist, done: string[], report: ImportReport): ListedTask[] {
  const found: ListedTask[] = [];
  const seen = new Set<string>();
  const taken = new Set<ChecklistItem>();
  let count = 0;
  // "- Backend" may have the boxes nested below it.
  for (const { item, above: outer } of boxedItems(checklist.items)) {
    const above = outer.map(({ text }) => text).join(': ');
    const heading = checklist.sections[item.section]?.text ?? '';
    for (const one of [item, ...outer]) taken.add(one);
    for (const child of flattened(item.children)) if (!item.done || child.done !== false) taken.add(child);
    if (evidenceHeading.test(heading)) continue;
    const waits = [...item.text.matchAll(waitsFor)];
    const rest = waits.reduce((text, match) => text.replace(match[0], ' '), item.text);
    if (blockerHeading.test(heading) || (waits.length > 0 && wordsOf(rest) === '')) {
      if (!item.done)
        report.add(
          'import.blocked-outside',
          'warning',
          `this issue waits for ${referencesIn(item.text).join(', ') || item.text}: make sure that it is done`,
          {
            source: checklist.source,
            span: item.span,
          },
        );
      continue;
    }
    count++;
    const own = referencesIn(rest)[0];
    let id = own ?? `task-${count}`;
    if (seen.has(id)) {
      report.add(
        'import.duplicate-id',
        'warning',
        `${id} stands on this list twice: what depends on it waits for the first`,
        {
          source: checklist.source,
          span: item.span,
        },
      );
      id = `task-${count}`;
    }
    seen.add(id);
    if (item.done) {
      done.push(id);
      continue;
    }
    const title = wordsOf(rest);
    if (title === '')
      report.add(
        'import.reference-only',
        'warning',
        `${id} is only a number here: write what is to be done beside it, issues are not looked up`,
        {
          source: checklist.source,
          span: item.span,
        },
      );
    found.push({
      id,
      title: title === '' ? `Issue ${id}` : title,
      item,
      heading:
        above !== ''
          ? above
          : /^(?:tasks?|todo|to do|task ?list|checklist|sub-?tasks?|plan|work|steps)$/i.test(heading) ||
              checklist.sections[item.section]?.level === 1
            ? ''
            : heading,
      after: [...waits, ...flattened(item.children).flatMap((child) => [...child.text.matchAll(waitsFor)])].flatMap(
        (match) => referencesIn(match[1] ?? ''),
      ),
    });
  }
  reportLeftOut(checklist, taken, report);
  return found;
}

/** `#12`, also for an issue's address; `owner/repo#12` for one of another repository. */
function referencesIn(text: string): string[] {
  return [
    ...text.matchAll(
      /(?<![\w&/])((?:[\w.-]{1,100}\/[\w.-]{1,100})?#\d+)\b|https?:\/\/github\.com\/[\w.-]+\/[\w.-]+\/(?:issues|pull)\/(\d+)/g,
    ),
  ].map((match) => match[1] ?? `#${match[2]}`);
}

/** A title without references and links to issues. */
function wordsOf(text: string): string {
  return oneLine(
    text
      .replaceAll(/\[([^\][]*)\]\([^()\s]*\/(?:issues|pull)\/\d+[^()]*\)/g, '$1')
      .replaceAll(/https?:\/\/github\.com\/[\w.-]+\/[\w.-]+\/(?:issues|pull)\/\d+\S*/g, ' ')
      .replaceAll(/(?<![\w&/])(?:[\w.-]{1,100}\/[\w.-]{1,100})?#\d+\b/g, ' ')
      .replaceAll(/[([][,;.\s]*[)\]]/g, ' ')
      .replaceAll(/(?<!\s)\s+(?=[:;,])/g, '')
      .replaceAll(/:\s+(?=(?:in|to|at|for)\s)/g, ' ')
      .replaceAll(/\s@[\w-]+(?=\s|$)/g, ' ')
      .replace(/^[\s:–—*_-]+|(?<![\s:,;–—(-])[\s:,;–—(-]+$/g, ''),
  );
}

function importedTask(task: ListedTask, paths: WritePaths, source: SourceText): ImportedTask {
  const below = flattened(task.item.children);
  const details = below.filter((child) => child.done === null && !isWaiting(child.text)).map((child) => child.text);
  const checks = below.filter((child) => child.done === false && !isWaiting(child.text)).map((child) => child.text);
  const all = [task.item.text, ...details, ...below.map((child) => child.text)].join('\n');
  const span: Span = task.item.span;
  return {
    id: task.id,
    text: task.title,
    details,
    checks,
    paths: paths.in(all),
    verify: checksIn(all),
    after: [...new Set(task.after)].filter((id) => id !== task.id),
    minutes: checks.length > 0 ? Math.max(60, checks.length * minutesPerPart) : minutesPerTask,
    source,
    span,
  };
}

function isWaiting(text: string): boolean {
  const waits = [...text.matchAll(waitsFor)];
  return waits.length > 0 && wordsOf(waits.reduce((rest, match) => rest.replace(match[0], ' '), text)) === '';
}

function specOf(
  input: ImportInput,
  document: SourceDocument,
  checklist: Checklist,
  tasks: readonly ListedTask[],
  report: ImportReport,
) {
  const map = document.markdown.frontMatter?.map;
  const name = input.path.slice(input.path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
  const number =
    textOf(field(map, 'number')?.value)?.value ??
    /(?:issues?[-_/#]?|#|gh-)(\d+)/i.exec(input.path)?.[1] ??
    /github\.com\/[\w.-]+\/[\w.-]+\/issues\/(\d+)/.exec(textOf(field(map, 'url')?.value)?.value ?? '')?.[1];
  const title = oneLine((textOf(field(map, 'title')?.value)?.value ?? document.title).replace(/\s*#\d+\s*$/, ''));
  const boxes = checklist.items.filter(
    (item) => item.done !== null && evidenceHeading.test(checklist.sections[item.section]?.text ?? ''),
  );
  const evidence = document.text(
    'acceptance criteria',
    'definition of done',
    'success criteria',
    'done when',
    'verification',
  );
  const intro = document
    .preface()
    .split('\n')
    .filter((line) => !/^\s*(?:[-*+]|\d+[.)])\s+\[[ xX]\]/.test(line))
    .join('\n');
  return importedSpec(
    {
      file: input.path,
      id: number === undefined ? sliceIdOf(name, 'issue') : `GH-${number}`,
      title: title === '' ? name : title,
      outcome: joined(
        document.text(
          'goal',
          'goals',
          'outcome',
          'summary',
          'motivation',
          'why',
          'problem',
          'description',
          'context',
          'background',
          'what to build',
        ),
        intro,
      ),
      inScope: bulleted(tasks.map((task) => `${task.id.startsWith('#') ? `${task.id} ` : ''}${task.title}`)),
      outOfScope: document.text('out of scope', 'non-goals', 'non goals', 'not in scope'),
      evidence: boxes.length > 0 ? bulleted(boxes.map((item) => item.text)) : evidence,
      constraints: document.text('constraints', 'notes'),
    },
    report,
    {
      outcome: 'a section "Goal" of the issue',
      out_of_scope: 'a section "Out of scope" of the issue',
      evidence: 'a section "Acceptance criteria" of the issue',
    },
  );
}
