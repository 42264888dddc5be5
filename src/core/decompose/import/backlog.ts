import { field, textList, textOf, type DocumentMap, type DocumentValue } from '../../text/document.ts';
import { readYaml } from '../../text/yaml.ts';
import { readMarkdown } from '../../text/markdown.ts';
import { SourceText, type Span } from '../../text/source.ts';
import { flattened, readChecklist, reportLeftOut } from './checklist.ts';
import { bulleted, SourceDocument, importedSpec, joined } from './import-source.ts';
import {
  ImportReport,
  sliceIdOf,
  UniqueIds,
  type ImportedGroup,
  type ImportedTask,
  type Importer,
  type ImportInput,
  type ScopeHint,
} from './model.ts';
import { checksIn, WritePaths } from './paths.ts';
import { assemble, groupDependencies, reportDone, reportNothing } from './slices.ts';
import { byCodeUnit } from '../../text/order.ts';
import { oneLine } from '../../text/printing.ts';
import { withoutByteOrderMark } from '../../text/byte-order-mark.ts';

/**
 * Backlog.md: `backlog/tasks/task-12 - Title.md`, one file for each task with YAML front matter (`id`, `title`,
 * `status`, `dependencies`, `parent_task_id`, `modified_files` ...) and the sections Description, Acceptance Criteria
 * (`- [ ] #1 ...`), Definition of Done and Implementation Plan, as the project's README and the guidelines it writes
 * for agents describe them; sub-tasks are `task-12.1`. The prefix of ids can be configured, and old dependencies keep
 * the old one, so that ids are compared by their numbers when the whole does not match.
 *
 * The settings stand in the board's folder, or, with `backlog_directory`, in `backlog.config.yml` above it (version 1.52.0
 * writes either, by `backlog init --config-location`); the folder may have any name.
 *
 * The main file is the settings for the whole board, or one task's file for that task, its sub-tasks, and what
 * they wait for.
 */
export const backlog: Importer = {
  id: 'backlog',
  title: 'Backlog.md tasks',
  recognises: (path, text) => {
    if (configPath.test(path)) return true;
    return taskPath.test(path) && /^\uFEFF?---\r?\n[\s\S]{0,20000}?^id:/m.test(text) && /^status:/m.test(text);
  },
  companions: (path, repoFiles) => {
    // Which folder the settings name is known when they are read: every file that may be a task of it is a companion.
    const above = rootConfigPath.test(path);
    const root = above ? path.slice(0, path.lastIndexOf('/') + 1) : rootOf(path);
    return repoFiles
      .filter(
        (file) =>
          file !== path &&
          ((file.startsWith(root) && taskPath.test(file)) ||
            (configPath.test(file) &&
              (rootConfigPath.test(file)
                ? root.startsWith(file.slice(0, file.lastIndexOf('/') + 1))
                : rootOf(file) === root))),
      )
      .toSorted(byCodeUnit);
  },
  mainFile: (path, repoFiles) => {
    const named = path.replace(/\/tasks$/, '');
    const isBoard = /(?:^|\/)\.?backlog$/.test(named);
    // Of another name it is a board when tasks stand in it, and settings above it.
    const above = parentsOf(named).find((parent) => repoFiles.includes(`${parent}${rootConfig}`));
    const hasTasks = repoFiles.some((file) => file.startsWith(`${named}/tasks/`) && taskPath.test(file));
    if (above !== undefined && hasTasks) return `${above}${rootConfig}`;
    if (!isBoard) return null;
    const dir = named;
    const config = ['config.yml', 'config.yaml']
      .map((name) => `${dir}/${name}`)
      .find((file) => repoFiles.includes(file));
    if (config !== undefined) return config;
    return (
      repoFiles.filter((file) => file.startsWith(`${dir}/tasks/`) && file.endsWith('.md')).toSorted(byCodeUnit)[0] ??
      null
    );
  },
  read,
};

const rootConfig = 'backlog.config.yml';
const rootConfigPath = /(?:^|\/)backlog\.config\.ya?ml$/;
const configPath = /(?:^|\/)\.?backlog\/config\.ya?ml$|(?:^|\/)backlog\.config\.ya?ml$/;
/** In a folder of another name, `job-1.2 - Title.md`. */
const taskPath =
  /(?:^|\/)\.?backlog\/(?:tasks|completed)\/[^/]+\.md$|(?:^|\/)(?:tasks|completed)\/[A-Za-z]+-\d+(?:\.\d+)* - [^/]+\.md$/;

/** `backlog/` of `backlog/tasks/x.md`. */
function rootOf(path: string): string {
  return (
    /^(.*?(?:^|\/)\.?backlog\/)/.exec(path)?.[1] ??
    /^(.*\/)(?:tasks|completed)\/[^/]+$/.exec(path)?.[1] ??
    path.slice(0, path.lastIndexOf('/') + 1)
  );
}

/** The directories that a path lies in, the innermost first, each with its slash; the top of the repository is empty. */
function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return Array.from({ length: parts.length + 1 }, (_, i) =>
    parts
      .slice(0, parts.length - i)
      .map((part) => `${part}/`)
      .join(''),
  );
}

/** The folder of the board, with its slash: what settings above it say, else where the main file lies. */
function boardOf(path: string, configFile: string | undefined, settings: DocumentValue | null): string {
  if (configFile === undefined || !rootConfigPath.test(configFile)) return rootOf(path);
  const above = configFile.slice(0, configFile.lastIndexOf('/') + 1);
  const said = textOf(field(settings, 'backlog_directory')?.value)?.value ?? 'backlog';
  return `${above}${said.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '')}/`;
}

const minutesPerTask = 120;
/** A criterion beyond the third makes a task longer. */
const minutesPerCriterion = 20;

interface Card {
  readonly id: string;
  readonly key: string;
  readonly title: string;
  readonly done: boolean;
  readonly parent: string | null;
  readonly after: readonly string[];
  readonly document: SourceDocument;
  readonly span: Span;
  readonly criteria: readonly string[];
  readonly description: string;
  readonly plan: readonly string[];
  readonly paths: readonly string[];
  readonly hints: readonly ScopeHint[];
  readonly verify: readonly string[];
}

function read(input: ImportInput): ReturnType<Importer['read']> {
  const main = new SourceText(input.path, input.text);
  const report = new ImportReport(main);
  const isConfig = configPath.test(input.path);
  // The one in the folder is the older form; where both are, the tool goes by the one above.
  const configFile = isConfig
    ? input.path
    : [...input.companions.keys()].filter((path) => configPath.test(path)).toSorted((a, b) => a.length - b.length)[0];
  const config = isConfig ? input.text : configFile === undefined ? '' : (input.companions.get(configFile) ?? '');
  const settings = readYaml(withoutByteOrderMark(config)).value;
  const statuses = textList(field(settings, 'statuses')?.value).map((status) => plainStatus(status.value));
  const last = statuses.at(-1) ?? 'done';
  const board = boardOf(input.path, configFile, settings);
  const paths = new WritePaths(input.repoFiles, [board.replace(/\/$/, '')]);
  const files = [...(isConfig ? [] : [[input.path, input.text] as const]), ...input.companions]
    .filter(([path]) => !configPath.test(path) && (path === input.path || path.startsWith(board)))
    .toSorted(([a], [b]) => byCodeUnit(a, b));
  const cards: Card[] = [];
  const byKey = new Map<string, Card>();
  for (const [path, text] of files) {
    const card = cardOf(path, text, last, paths, report);
    if (!card) continue;
    const other = byKey.get(card.key);
    if (other) {
      // What is open somewhere is not done.
      const [kept, left] = other.done && !card.done ? [card, other] : [other, card];
      const why = left.done && !kept.done ? 'that one is open, and is imported' : 'only that one is imported';
      report.add('import.duplicate-id', 'warning', `${left.id} is the id of ${kept.document.path} too: ${why}`, {
        source: left.document.source,
        span: left.span,
      });
      if (kept === other) continue;
      cards[cards.indexOf(other)] = card;
    } else cards.push(card);
    byKey.set(card.key, card);
  }
  const chosen = isConfig ? cards : belonging(input.path, cards, byKey, config !== '', report);
  const open = chosen.filter((card) => !card.done).toSorted(byNumber);
  reportDone(
    chosen
      .filter((card) => card.done)
      .map((card) => card.id)
      .toSorted(byCodeUnit),
    report,
  );
  const spec = specOf(input, settings?.kind === 'map' ? settings : null, isConfig, open, report);
  if (open.length === 0) {
    reportNothing(chosen.length, 'Backlog.md keeps each in a file below tasks/, with id, title and status', report);
    return report.result(spec, null);
  }
  const proposal = assemble({ input, spec, groups: groupsOf(open, byKey, report), paths, report });
  return report.result(spec, proposal);
}

/**
 * One slice for each task. Sub-tasks that name files are slices of their own, others are ticked off in their parent.
 */
function groupsOf(open: readonly Card[], byKey: ReadonlyMap<string, Card>, report: ImportReport): ImportedGroup[] {
  const openKeys = new Set(open.map((card) => card.key));
  const children = new Map<string, Card[]>();
  for (const card of open) {
    const parent = card.parent !== null && card.parent !== card.key && openKeys.has(card.parent) ? card.parent : null;
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), card]);
  }
  const folded = new Set<string>();
  const umbrella = new Set<string>();
  for (const [key, below] of children) {
    const parent = byKey.get(key);
    for (const card of below) if (card.paths.length === 0 && !children.has(card.key)) folded.add(card.key);
    if (parent && parent.paths.length === 0 && below.every((card) => !folded.has(card.key))) umbrella.add(key);
  }
  const used = new UniqueIds();
  const groupId = new Map<string, string>();
  const kept = open.filter((card) => !folded.has(card.key) && !umbrella.has(card.key));
  for (const card of kept) groupId.set(card.key, used.take(sliceIdOf(card.id, 'task')));
  const home = new Map<string, string>();
  const nearest = (card: Card): string | undefined => {
    let at: Card | undefined = card;
    for (let steps = 0; at && steps < 20; steps++) {
      const id = groupId.get(at.key);
      if (id !== undefined) return id;
      at = at.parent === null ? undefined : byKey.get(at.parent);
    }
    return undefined;
  };
  for (const card of open) {
    const id = nearest(card);
    if (id !== undefined) home.set(card.id, id);
  }
  /** What waits for an umbrella waits for all below it. */
  const members = (key: string, depth = 0): string[] =>
    umbrella.has(key) && depth < 20
      ? (children.get(key) ?? []).flatMap((card) => members(card.key, depth + 1))
      : [byKey.get(key)?.id ?? key];
  const isAbove = (key: string, card: Card): boolean => {
    let at = card.parent;
    for (let steps = 0; at !== null && steps < 20; steps++) {
      if (at === key) return true;
      at = byKey.get(at)?.parent ?? null;
    }
    return false;
  };
  // A part may wait for the task above it; where that one has no work of its own, there is nothing to wait for.
  const resolve = (card: Card): string[] =>
    card.after
      .filter((id) => !(umbrella.has(keyOf(id)) && isAbove(keyOf(id), card)))
      .flatMap((id) => (byKey.has(keyOf(id)) ? members(keyOf(id)) : [id]));
  for (const key of umbrella) {
    const card = byKey.get(key);
    if (card) report.markAbove({ ...card, source: card.document.source }, members(key));
  }
  const waiting = waitingOf(open);
  return kept.map((card): ImportedGroup => {
    const parts = (children.get(card.key) ?? []).filter((child) => folded.has(child.key));
    const above: Card[] = [];
    for (
      let at = card.parent === null ? undefined : byKey.get(card.parent);
      at && umbrella.has(at.key) && above.length < 20;
    ) {
      above.push(at);
      at = at.parent === null ? undefined : byKey.get(at.parent);
    }
    // A task is done when its parts are, unless they say that they come after it.
    const later = children.has(card.key) ? waiting(card.key) : new Set<string>();
    const own = (children.get(card.key) ?? []).filter((child) => !folded.has(child.key) && !later.has(child.key));
    const after = [
      ...[card, ...parts, ...above].flatMap(resolve),
      ...own.flatMap((child) => members(child.key)).filter((id) => !later.has(keyOf(id))),
    ];
    const task: ImportedTask = {
      id: card.id,
      text: oneLine(card.description || card.title),
      details: [
        ...card.plan,
        ...parts.flatMap((part) => (part.description ? [`${part.id}: ${oneLine(part.description)}`] : [])),
      ],
      checks: [
        ...card.criteria,
        ...parts.flatMap((part) => [
          `${part.id} ${part.title}`,
          ...part.criteria.map((criterion) => `${part.id}: ${criterion}`),
        ]),
      ],
      paths: [...new Set([...card.paths, ...parts.flatMap((part) => part.paths)])],
      verify: [...new Set([...card.verify, ...parts.flatMap((part) => part.verify)])],
      after: [...new Set(after)].filter(
        (other) => home.get(other) === undefined || home.get(other) !== groupId.get(card.key),
      ),
      minutes: Math.min(
        240,
        minutesPerTask + Math.max(0, card.criteria.length - 3) * minutesPerCriterion + parts.length * 30,
      ),
      hints: [card, ...parts].flatMap((one) => one.hints),
      parts: parts.map((part) => ({ id: part.id, source: part.document.source, span: part.span })),
      source: card.document.source,
      span: card.span,
    };
    const id = groupId.get(card.key) ?? card.id;
    const group = { id, tasks: [task] };
    return {
      ...group,
      title: card.title,
      after: groupDependencies(group, home, (other) => byKey.has(keyOf(other)), report),
      requirements: above.map(
        (parent) =>
          `Part of ${parent.id} ${parent.title}${parent.description ? `: ${oneLine(parent.description)}` : ''}`,
      ),
      checklist: [],
    };
  });
}

/** For the key of a task, the keys of all that wait for it, by way of others or at once. */
function waitingOf(cards: readonly Card[]): (key: string) => ReadonlySet<string> {
  const direct = new Map<string, string[]>();
  for (const card of cards)
    for (const id of card.after) {
      const list = direct.get(keyOf(id));
      if (list) list.push(card.key);
      else direct.set(keyOf(id), [card.key]);
    }
  return (key) => {
    const found = new Set<string>();
    const stack = [...(direct.get(key) ?? [])];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (found.has(at)) continue;
      found.add(at);
      stack.push(...(direct.get(at) ?? []));
    }
    return found;
  };
}

/** The task of one file, its sub-tasks, and all they wait for. */
function belonging(
  path: string,
  cards: readonly Card[],
  byKey: ReadonlyMap<string, Card>,
  hasConfig: boolean,
  report: ImportReport,
): Card[] {
  const first = cards.find((card) => card.document.path === path);
  if (!first) return [];
  const children = new Map<string, Card[]>();
  for (const card of cards)
    if (card.parent !== null) children.set(card.parent, [...(children.get(card.parent) ?? []), card]);
  const found = new Set<Card>();
  const stack = [first];
  for (let card = stack.pop(); card; card = stack.pop()) {
    if (found.has(card)) continue;
    found.add(card);
    if (card.done && card !== first) continue;
    stack.push(...(children.get(card.key) ?? []), ...card.after.flatMap((id) => byKey.get(keyOf(id)) ?? []));
  }
  if (found.size < cards.length) {
    // Only the settings stand for the whole board: without them the first task that was found is what is imported.
    const all = hasConfig
      ? 'name the backlog directory to import all of it'
      : `all of it is once the board has its settings, ${rootOf(path)}config.yml, which \`backlog init\` writes`;
    report.add('import.part', 'info', `${first.id}, its sub-tasks and what they wait for are imported; ${all}`);
  }
  return cards.filter((card) => found.has(card));
}

function cardOf(path: string, text: string, last: string, paths: WritePaths, report: ImportReport): Card | null {
  const source = new SourceText(path, text);
  const markdown = readMarkdown(source);
  const map = markdown.frontMatter?.map;
  for (const problem of markdown.frontMatter?.problems ?? [])
    report.add('import.yaml', problem.tolerated ? 'info' : 'warning', `front matter: ${problem.message}`, {
      source,
      span: problem.span,
    });
  const id = textOf(field(map, 'id')?.value);
  if (!map || !id) {
    report.add('import.entry-invalid', 'warning', 'this file is no task: its front matter has no id', { source });
    return null;
  }
  const document = new SourceDocument(path, text);
  const title = textOf(field(map, 'title')?.value)?.value ?? (document.title.replace(/^\S+\s+-\s+/, '') || id.value);
  const status = plainStatus(textOf(field(map, 'status')?.value)?.value ?? '');
  const key = keyOf(id.value);
  const declared = textOf(field(map, 'parent_task_id')?.value)?.value ?? textOf(field(map, 'parent')?.value)?.value;
  const dotted = key.includes('.') ? key.slice(0, key.lastIndexOf('.')) : null;
  const description = document.text('description');
  const plan = document.text('implementation plan');
  const criteria = checklistOf(source, report);
  const all = [title, description, plan, ...criteria].join('\n');
  const listed = textList(field(map, 'modified_files')?.value).map((file) => file.value);
  const named = paths.in(all);
  return {
    id: id.value,
    key,
    title: oneLine(title),
    done:
      status === last ||
      /^(?:done|completed?|closed|cancell?ed|won'?t do|archived)$/.test(status) ||
      /\/completed\//.test(path),
    parent: declared === undefined ? dotted : keyOf(declared),
    after: textList(field(map, 'dependencies')?.value).map((dep) => dep.value),
    document,
    span: id.span,
    criteria,
    description,
    plan: plan
      .split('\n')
      .map((line) => oneLine(line.replace(/^\s*(?:[-*+•]|\d+[.)])\s+/, '').replace(/^#+\s*/, '')))
      .filter((line) => line !== ''),
    paths: [...new Set([...named, ...listed.filter(isRepositoryPath)])],
    hints: ['references', 'documentation'].flatMap((key) =>
      textList(field(map, key)?.value).map((entry) => ({ place: `its ${key}`, text: `\`${entry.value}\`` })),
    ),
    verify: checksIn(all),
  };
}

function isRepositoryPath(path: string): boolean {
  return /^(?![/~]|[A-Za-z]:[\\/]|(?:.*\/)?\.\.(?:\/|$))[^\r\n`\s]+$/.test(path);
}

/** Open boxes of the acceptance criteria and of the definition of done, without their numbers. */
function checklistOf(source: SourceText, report: ImportReport): string[] {
  const checklist = readChecklist(source);
  const all = flattened(checklist.items);
  const isIn = (section: number, names: RegExp): boolean => names.test(checklist.sections[section]?.text ?? '');
  const criteria = /^(?:acceptance criteria|definition of done)/i;
  // Description and plan are imported as they are, with their lists; notes and summaries tell what was done.
  const prose = /^(?:description|implementation plan|implementation notes|final summary)/i;
  reportLeftOut(
    checklist,
    new Set(all.filter(({ section, done }) => isIn(section, prose) || (isIn(section, criteria) && done !== null))),
    report,
  );
  return all
    .filter((item) => item.done === false && isIn(item.section, criteria))
    .map((item) => item.text.replace(/^#\d+\s+/, ''));
}

/** `TASK-002.4` and `back-2.4` are both `2.4`; an id of another form is itself in lower case. */
function keyOf(id: string): string {
  const number = /^[A-Za-z][\w-]*?-(\d+(?:\.\d+)*)$|^(\d+(?:\.\d+)*)$/.exec(id.trim());
  const digits = number?.[1] ?? number?.[2];
  return digits === undefined ? id.trim().toLowerCase() : digits.replaceAll(/(^|\.)0+(?=\d)/g, '$1');
}

/** Statuses may carry an icon: `◒ In Progress`. */
function plainStatus(status: string): string {
  return status
    .replace(/^[^\p{L}]+/u, '')
    .trim()
    .toLowerCase();
}

/** `task-2` before `task-10`. */
function byNumber(a: Card, b: Card): number {
  const [left, right] = [a.key.split('.').map(Number), b.key.split('.').map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return byCodeUnit(a.key, b.key);
}

function specOf(
  input: ImportInput,
  settings: DocumentMap | null,
  whole: boolean,
  open: readonly Card[],
  report: ImportReport,
) {
  const project = textOf(field(settings, 'project_name')?.value)?.value ?? '';
  const own = open.find((card) => card.document.path === input.path);
  const title = whole || !own ? project || 'Backlog' : own.title;
  return importedSpec(
    {
      file: input.path,
      id: whole || !own ? 'backlog' : sliceIdOf(own.id, 'backlog'),
      title,
      outcome: own ? own.description || own.title : project ? `The open tasks of ${project} are done.` : '',
      inScope: bulleted(open.map((card) => `${card.id} ${card.title}`)),
      outOfScope: own?.document.text('out of scope', 'non-goals', 'non goals') ?? '',
      evidence: joined(bulleted(open.flatMap((card) => card.criteria.map((criterion) => `${card.id}: ${criterion}`)))),
    },
    report,
    {
      outcome: whole ? `the description of the tasks, or a spec of your own` : `"## Description" in ${input.path}`,
      out_of_scope: whole ? 'a spec of your own beside the backlog' : `a section "## Out of scope" in ${input.path}`,
      evidence: 'the acceptance criteria of each task',
    },
  );
}
