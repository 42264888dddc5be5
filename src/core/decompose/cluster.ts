import { isTestPath, testedName } from '../conventions/sources.ts';
import { readMarkdown } from '../text/markdown.ts';
import { globContains } from '../scope/glob.ts';
import { SourceText, type Span } from '../text/source.ts';
import { isGlob, splitSymbol } from './boundary.ts';
import type { Draft, DraftContext } from './draft.ts';
import { commandsIn, pathsIn, stems } from '../text/mentions.ts';
import { oneLine } from '../text/printing.ts';

/** One thing the spec wants, as an item, a paragraph or a heading says it, with the files it names. */
interface Topic {
  readonly text: string;
  readonly heading: string;
  readonly details: readonly string[];
  readonly paths: readonly string[];
  readonly span: Span;
}

/** What becomes one slice: files that belong together and what is wanted of them. */
interface Area {
  readonly key: string;
  readonly title: string;
  readonly stage: Stage;
  readonly workstream: string | null;
  readonly paths: Set<string>;
  readonly requirements: Set<string>;
  span: Span;
}

/** Contracts come before the code that uses them, tests after it, and what ties everything together last. */
type Stage = 'contracts' | 'code' | 'tests' | 'integration';
const stages: readonly Stage[] = ['contracts', 'code', 'tests', 'integration'];

const contractPath = /(^|\/)(contracts?|interfaces?|schemas?|types)(\/|\.[a-z]+$)/i;
const documentPath = /\.(md|rst|adoc)$|(^|\/)docs?\//i;
const minutesPerTopic = 60;

/**
 * Slices for a spec that declares none: the files and directories its scope names, one slice for each directory (or
 * each workstream's boundary), in the order contracts, code, tests, integration. Empty, with an error, when nothing
 * says where the work is.
 */
export function clusterSlices(context: DraftContext): Draft[] {
  const { spec, report } = context;
  const areas = new Map<string, Area>();
  for (const stream of spec.workstreams) {
    areaOf(areas, { key: stream.id, title: stream.name, stage: 'code', workstream: stream.id, span: stream.span });
  }
  const topics = topicsOf(context);
  const homeless: Topic[] = [];
  for (const topic of topics) if (!place(topic, areas, context)) homeless.push(topic);
  for (const topic of homeless) {
    const area =
      rootDocument(topic, areas, context) ?? bestByWords(topic, areas) ?? existingDirectory(topic, areas, context);
    if (area) want(area, topic);
    else {
      const message = `Nothing says which files "${oneLine(topic.text)}" is about, so no slice does it: name a file or directory`;
      report('decompose.item-without-files', 'warning', message, topic.span);
    }
  }
  for (const stream of spec.workstreams) {
    const area = areas.get(stream.id);
    if (area && area.paths.size === 0) for (const glob of stream.boundary) area.paths.add(glob);
  }
  mergeNested(areas);
  joinNamedTogether(topics, areas, context);
  addOwnTests(areas, context);
  for (const area of areas.values()) dropCovered(area.paths);
  const slices = [...areas.values()].filter((area) => area.paths.size > 0);
  if (slices.length === 0) {
    report(
      'decompose.nothing-named',
      'error',
      'The spec names no file or directory to work on: name them in the scope, or declare slices with their files',
      spec.answers.in_scope?.heading,
    );
    return [];
  }
  return drafts(slices, context);
}

function topicsOf(context: DraftContext): Topic[] {
  const { spec, specPath, specText, repo } = context;
  const body = spec.answers.in_scope?.body;
  if (!body) return [];
  const markdown = readMarkdown(new SourceText(specPath, specText));
  const inside = (span: Span): boolean => span.start >= body.start && span.end <= body.end;
  const headings = markdown.sections.filter((section) => inside(section.span));
  const items = markdown.items.filter((item) => inside(item.span));
  const headingAt = (offset: number): string =>
    headings.findLast((heading) => heading.span.start <= offset)?.text ?? '';
  const topics: { text: string; heading: string; details: string[]; span: Span }[] = [];
  for (const item of items) {
    const parent = topics.at(-1);
    if (item.depth > 0 && parent) parent.details.push(item.text);
    else topics.push({ text: item.text, heading: headingAt(item.span.start), details: [], span: item.span });
  }
  // A section without a list says what it wants in paragraphs.
  const listed = new Set(topics.map((topic) => topic.heading));
  for (const { heading, text, span } of paragraphs(specText, body, headings)) {
    if (!listed.has(heading)) topics.push({ text, heading, details: [], span });
  }
  return topics
    .toSorted((a, b) => a.span.start - b.span.start)
    .map((topic) => ({
      ...topic,
      paths: allowed(pathsIn([topic.heading, topic.text, ...topic.details].join('\n'), repo), context),
    }));
}

function paragraphs(
  text: string,
  body: Span,
  headings: readonly { readonly text: string; readonly block: Span }[],
): { heading: string; text: string; span: Span }[] {
  const result: { heading: string; text: string; span: Span }[] = [];
  const blocks = headings.map((heading) => heading.block);
  const starts = [body.start, ...blocks.map((block) => block.end)];
  starts.forEach((start, i) => {
    const end = blocks[i]?.start ?? body.end;
    let at = start;
    for (const part of text.slice(start, end).split(/\n[ \t]*\r?\n/)) {
      const lead = part.length - part.trimStart().length;
      const words = part.trim();
      const span = { start: at + lead, end: at + lead + words.length };
      if (words !== '' && !/^(```|~~~|\||<!--)/.test(words))
        result.push({ heading: headings[i - 1]?.text ?? '', text: words, span });
      at += part.length + (/\n[ \t]*\r?\n/.exec(text.slice(at + part.length))?.[0].length ?? 0);
    }
  });
  return result;
}

/** Contracts are written by the tool, and what is out of scope by nobody. */
function allowed(paths: readonly string[], context: DraftContext): string[] {
  return paths.filter((text) => !context.forbidden.some((glob) => globContains(glob, splitSymbol(text).path)));
}

/** Puts what a topic names into areas. `false`: it names nothing. */
function place(topic: Topic, areas: Map<string, Area>, context: DraftContext): boolean {
  if (topic.paths.length === 0) return false;
  const found = new Set<Area>();
  const tests = topic.paths.filter((path) => isTestPath(path));
  const shared = sharedDirectories(topic.paths);
  for (const path of topic.paths.filter((other) => !isTestPath(other))) {
    const area = areaOf(areas, describeArea(path, topic, context, shared));
    area.paths.add(path);
    found.add(area);
  }
  // A test named in the same breath as one area's code belongs to that area; others come after all code.
  const code = [...found].filter((area) => area.stage === 'code');
  for (const path of tests) {
    const stream = context.spec.workstreams.find((other) => globContains(other.boundary, splitSymbol(path).path));
    const area =
      (stream ? areas.get(stream.id) : undefined) ??
      (code.length === 1 && code[0]
        ? code[0]
        : areaOf(areas, { key: 'tests', title: 'Tests', stage: 'tests', workstream: null, span: topic.span }));
    area.paths.add(path);
    found.add(area);
  }
  for (const area of found) want(area, topic);
  return true;
}

type AreaHead = Pick<Area, 'key' | 'title' | 'stage' | 'workstream' | 'span'>;

function describeArea(text: string, topic: Topic, context: DraftContext, shared: ReadonlySet<string>): AreaHead {
  const { path } = splitSymbol(text);
  const { span } = topic;
  const stream = context.spec.workstreams.find((other) => globContains(other.boundary, path));
  if (stream) return { key: stream.id, title: stream.name, stage: 'code', workstream: stream.id, span };
  if (contractPath.test(path))
    return { key: 'contracts', title: 'Shared types and schemas', stage: 'contracts', workstream: null, span };
  const directory = directoryOf(path);
  if (documentPath.test(path) || directory === '' || shared.has(directory)) {
    return { key: 'integration', title: 'Integration and documentation', stage: 'integration', workstream: null, span };
  }
  return { key: `dir:${directory}`, title: titleOf(directory, topic.heading), stage: 'code', workstream: null, span };
}

/**
 * A file beside the directories that the same topic names (`src/main.ts` next to `src/users/**`) ties them together.
 */
function sharedDirectories(paths: readonly string[]): Set<string> {
  const directories = new Set(paths.map((path) => directoryOf(splitSymbol(path).path)).filter((dir) => dir !== ''));
  const above = [...directories].filter(
    (dir) => [...directories].filter((other) => other.startsWith(`${dir}/`)).length > 1,
  );
  return new Set(above);
}

/** The directory a path stands for or in; empty at the top. */
function directoryOf(path: string): string {
  const parts = path.split('/');
  const wild = parts.findIndex((part) => isGlob(part));
  return parts.slice(0, wild >= 0 ? wild : -1).join('/');
}

/** Directories whose name says nothing of what is in them; the one above them does (`packages/core/src`). */
const plainDirectories = new Set(['src', 'source', 'sources', 'lib', 'app', 'pkg', 'internal']);

function titleOf(directory: string, heading: string): string {
  const parts = directory.split('/');
  const telling = parts.findLast((part) => !plainDirectories.has(part.toLowerCase())) ?? parts.at(-1) ?? '';
  const name = telling.replaceAll(/[-_]+/g, ' ');
  const words = stems(heading);
  // The heading names the area in the author's words, when it speaks of this directory at all.
  if (heading !== '' && !heading.includes('`') && [...stems(name)].some((word) => words.has(word))) return heading;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function areaOf(areas: Map<string, Area>, head: AreaHead): Area {
  const existing = areas.get(head.key);
  if (existing) return existing;
  const area: Area = { ...head, paths: new Set(), requirements: new Set() };
  areas.set(head.key, area);
  return area;
}

function want(area: Area, topic: Topic): void {
  area.requirements.add(oneLine(topic.text));
  for (const detail of topic.details) area.requirements.add(oneLine(detail));
}

/** The area that shares the most words with a topic that names no files; the first one of equals. */
function bestByWords(topic: Topic, areas: ReadonlyMap<string, Area>): Area | null {
  const words = stems([topic.heading, topic.text, ...topic.details].join(' '));
  let best: { area: Area; score: number } | null = null;
  for (const area of areas.values()) {
    const names = stems([area.title, ...[...area.paths].map((path) => path.replace(/\.[a-z]+$/i, ''))].join(' '));
    const score = [...names].filter((word) => words.has(word) && !commonNames.has(word)).length;
    if (score > 0 && (!best || score > best.score)) best = { area, score };
  }
  return best?.area ?? null;
}

/** Words in paths that say nothing of what is in them. */
const commonNames = new Set('src lib app test index main file code and the for new'.split(' '));

/** A directory of the repository whose name the topic says: "Users can register" and `apps/users`. */
function existingDirectory(topic: Topic, areas: Map<string, Area>, context: DraftContext): Area | null {
  const words = stems([topic.heading, topic.text].join(' '));
  const candidates = [...context.repo.directories]
    .filter((dir) => {
      const name = stems(dir.slice(dir.lastIndexOf('/') + 1));
      return (
        name.size > 0 && [...name].every((word) => words.has(word) && !commonNames.has(word)) && !isTestPath(`${dir}/x`)
      );
    })
    .filter((dir) => allowed([`${dir}/**`], context).length > 0)
    .toSorted((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
  const directory = candidates[0];
  if (!directory) return null;
  const path = `${directory}/**`;
  const area = areaOf(areas, describeArea(path, topic, context, new Set()));
  area.paths.add(path);
  return area;
}

/** An area that stands for a whole directory takes in the areas below it: they would write the same files. */
function mergeNested(areas: Map<string, Area>): void {
  const all = [...areas.values()];
  for (const outer of all) {
    const globs = [...outer.paths].filter(isGlob);
    for (const inner of globs.length > 0 ? all : []) {
      if (inner === outer || !areas.has(inner.key) || !areas.has(outer.key)) continue;
      const taken = [...inner.paths].filter((path) => globContains(globs, splitSymbol(path).path));
      for (const path of taken) inner.paths.delete(path);
      if (taken.length === 0 || inner.paths.size > 0) continue;
      for (const text of inner.requirements) outer.requirements.add(text);
      areas.delete(inner.key);
    }
  }
}

/** As many directories as one agent can be given for one thing that is wanted. */
const mostTogether = 3;

/**
 * Directories that one item of the spec names together, and no other item names, become one slice: two agents with the
 * same sentence would each do half of it, or all of it twice.
 */
function joinNamedTogether(topics: readonly Topic[], areas: Map<string, Area>, context: DraftContext): void {
  const shared = (topic: Topic): ReadonlySet<string> => sharedDirectories(topic.paths);
  const namedBy = new Map<Area, Set<Topic>>();
  const areasBy = new Map<Topic, Set<Area>>();
  for (const topic of topics) {
    for (const path of topic.paths) {
      if (isTestPath(path)) continue;
      const area = areas.get(describeArea(path, topic, context, shared(topic)).key);
      if (area?.stage !== 'code' || area.workstream !== null) continue;
      namedBy.set(area, (namedBy.get(area) ?? new Set()).add(topic));
      areasBy.set(topic, (areasBy.get(topic) ?? new Set()).add(area));
    }
  }
  for (const [topic, group] of areasBy) {
    const own = [...group].filter((area) => namedBy.get(area)?.size === 1);
    const [first, ...rest] = own;
    if (!first || rest.length === 0 || group.size > mostTogether || own.length !== group.size) continue;
    const paths = new Set([...first.paths, ...rest.flatMap((area) => [...area.paths])]);
    const requirements = new Set([...first.requirements, ...rest.flatMap((area) => [...area.requirements])]);
    const titles = [...new Set(own.map((area) => area.title))];
    const title = titles
      .map((text, i) => (i === 0 ? text : text.charAt(0).toLowerCase() + text.slice(1)))
      .join(' and ');
    // In its place, so that the order of the slices stays that of the spec.
    const entries = [...areas].filter(([, area]) => !rest.includes(area));
    areas.clear();
    for (const [key, area] of entries)
      areas.set(key, area === first ? { ...first, title, paths, requirements, span: topic.span } : area);
  }
}

/** Who changes a file that has a test changes the test with it: outside of the scope, the gate would refuse that. */
function addOwnTests(areas: ReadonlyMap<string, Area>, context: DraftContext): void {
  const files = [...context.repo.files].toSorted();
  const tests = files.filter((path) => isTestPath(path));
  const named = new Set([...areas.values()].flatMap((area) => [...area.paths]));
  const sources = [...new Set([...files, ...named])].filter((path) => !isTestPath(path) && !isGlob(path));
  for (const test of allowed(tests, context)) {
    const name = testedName(test);
    const subjects = sources.filter((path) => testedName(splitSymbol(path).path) === name);
    const near = Math.max(0, ...subjects.map((path) => sharedDepth(path, test)));
    const nearest = new Set(subjects.filter((path) => sharedDepth(path, test) === near));
    const owners = [...areas.values()].filter((area) => [...area.paths].some((path) => nearest.has(path)));
    const [owner] = owners;
    // With two files of that name equally near, nothing says whose test it is.
    if (nearest.size === 1 && owner && owners.length === 1 && !named.has(test)) owner.paths.add(test);
  }
}

/** How many directories two paths begin with together. */
function sharedDepth(a: string, b: string): number {
  const left = a.split('/').slice(0, -1);
  const right = b.split('/').slice(0, -1);
  const differs = left.findIndex((part, i) => right[i] !== part);
  return differs < 0 ? left.length : differs;
}

/** `dir/sub/**` says nothing beside `dir/**`. */
function dropCovered(paths: Set<string>): void {
  for (const path of paths) {
    const wider = [...paths].filter((other) => other !== path && isGlob(other));
    if (globContains(wider, splitSymbol(path).path)) paths.delete(path);
  }
}

/** "The changelog gets an entry": a document at the top that the topic calls by its name. */
function rootDocument(topic: Topic, areas: Map<string, Area>, context: DraftContext): Area | null {
  const words = stems([topic.heading, topic.text].join(' '));
  const path = [...context.repo.files]
    .filter((file) => !file.includes('/') && documentPath.test(file))
    .toSorted()
    .find((file) => {
      const name = stems(file.replace(/\.\w+$/, ''));
      return name.size > 0 && [...name].every((word) => words.has(word));
    });
  if (path === undefined || allowed([path], context).length === 0) return null;
  const area = areaOf(areas, describeArea(path, topic, context, new Set()));
  area.paths.add(path);
  return area;
}

function drafts(areas: readonly Area[], context: DraftContext): Draft[] {
  const { spec, facts, specPath } = context;
  const ordered = stages.flatMap((stage) => areas.filter((area) => area.stage === stage));
  const ids = new Map(ordered.map((area, i) => [area, `task-${String(i + 1).padStart(3, '0')}`]));
  const evidence = commandsIn(spec.answers.evidence?.text ?? '');
  const about = (area: Area): string[] =>
    evidence.filter((command) => {
      // `npm --prefix web test` is about everything below `web`, as long as that is where all of the slice is.
      const places = command.split(/[\s=]+/).filter((word) => context.repo.directories.has(word.replace(/\/$/, '')));
      return (
        [...area.paths].some((path) => command.includes(path.replace(/\/\*\*$/, '').replace(/::.*$/, ''))) ||
        places.some((place) => [...area.paths].every((path) => path.startsWith(`${place.replace(/\/$/, '')}/`)))
      );
    });
  return ordered.map((area) => {
    const own = about(area);
    const whole = facts.tests.length > 0 ? facts.tests : evidence;
    const last = area.stage === 'tests' || area.stage === 'integration';
    const previous = stages
      .slice(0, stages.indexOf(area.stage))
      .findLast((stage) => ordered.some((other) => other.stage === stage));
    const before = ordered.filter((other) => other.stage === previous);
    return {
      id: ids.get(area) ?? '',
      title: area.title,
      workstream: area.workstream,
      deps: before.flatMap((other) => ids.get(other) ?? []),
      writes: [...area.paths],
      requirements:
        area.requirements.size > 0 ? [...area.requirements] : [`${area.title}, as ${specPath} describes it`],
      checklist: last
        ? (spec.answers.evidence?.items ?? [])
            .filter((item) => commandsIn(item.text).length === 0)
            .map((item) => oneLine(item.text))
        : [],
      verify: last && evidence.length > 0 ? evidence : own.length > 0 ? own : whole,
      estimateMinutes: Math.min(240, Math.max(120, area.requirements.size * minutesPerTopic)),
      agent: null,
      span: area.span,
    };
  });
}
