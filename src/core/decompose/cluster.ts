import { isTestPath, testedName } from '../conventions/sources.ts';
import { globContains, globsIntersect } from '../scope/glob.ts';
import { stems } from '../text/mentions.ts';
import { oneLine } from '../text/printing.ts';
import type { Span } from '../text/source.ts';
import {
  addOwnTests,
  dropCovered,
  mergeNested,
  nameOfPath,
  nearness,
  stages,
  tellApart,
  type Area,
  type Stage,
} from './areas.ts';
import { isGlob, splitSymbol } from './boundary.ts';
import { clausesOf, isDocument, pointsBack, removalTitle, thingOf, titleOf, type Clause } from './clauses.ts';
import type { Draft, DraftContext } from './draft.ts';
import { orderAreas } from './order-areas.ts';
import { checksOf } from './slice-checks.ts';

const contractPath = /(^|\/)(contracts?|interfaces?|schemas?|types)(\/|\.[a-z]+$)/i;
const speaksForAll = /\b(?:shared|common|contracts?|interfaces?|every|all|both|everywhere|types?|schemas?)\b/i;
/** From so many clauses on that name one file beside files of their own, it is where they are brought together. */
const hubFrom = 3;
/** As many directories as one agent can be given for one thing that is wanted. */
const mostTogether = 3;

/**
 * Slices for a spec that declares none: one for each thing that its scope wants, with the files that are named for it.
 * Tests go with their code, what is removed goes after those who still use it, documents stand alone. Edges are what
 * imports prove and what the text says. Empty, with an error, when nothing says where the work is.
 */
export function clusterSlices(context: DraftContext): Draft[] {
  const { spec, report } = context;
  const clauses = readClauses(context);
  const areas = areasOf(clauses, context);
  const guessed = placeHomeless(clauses, areas, context);
  addStreams(areas, context);
  mergeNested(areas);
  addOwnTests(areas, context);
  for (const area of areas) dropCovered(area.paths);
  const slices = areas.filter((area) => area.paths.size > 0);
  tellApart(slices);
  const where = spec.answers.in_scope?.heading;
  if (slices.length === 0) {
    const message =
      'The spec names no file or directory to work on: name them in the scope, declare slices with their files, or let an agent find them (`--with claude`)';
    report('decompose.nothing-named', 'error', message, where);
    return [];
  }
  if (guessed.length > 0) {
    const what = guessed.length === 1 ? `"${guessed[0]}"` : `${guessed.length} things that are wanted`;
    const message = `Where ${what} belongs was told by words alone: see that it is right, or let an agent that reads the code cut the spec (\`--with claude\`)`;
    report('decompose.guessed', 'info', message, where);
  }
  for (const area of slices) {
    if (area.removed.size > 0) reportUsers(area, slices, context);
  }
  return drafts(slices, context);
}

/** The clauses of the scope; where it names nothing, those of the outcome. */
function readClauses({ spec, specPath, specText, repo }: DraftContext): Clause[] {
  const read = (body: Span | undefined): Clause[] => (body ? clausesOf(specPath, specText, body, repo) : []);
  const scope = read(spec.answers.in_scope?.body);
  if (scope.some(({ paths }) => paths.length > 0)) return scope;
  const outcome = read(spec.answers.outcome?.body).filter(({ paths }) => paths.length > 0);
  return outcome.length > 0 ? [...outcome, ...scope] : scope;
}

/** Contracts are written by the tool, what is out of scope by nobody, and what is only looked at by no slice of this. */
function targets(clause: Clause, context: DraftContext): { readonly path: string; readonly removed: boolean }[] {
  return clause.paths
    .filter(({ path, intent }) => intent !== 'keep' && intent !== 'read' && isAllowed(path, context))
    .map(({ path, intent }) => ({ path, removed: intent === 'remove' && mayGo(path, context) }));
}

/** What is not there cannot go away; it is somebody's name for what is to be made. */
function mayGo(path: string, { repo }: DraftContext): boolean {
  if (!isGlob(path)) return repo.files.has(path);
  return [...repo.files].some((file) => globContains(path, file));
}

function isAllowed(path: string, { forbidden }: DraftContext): boolean {
  return !forbidden.some((glob) => globContains(glob, splitSymbol(path).path));
}

type Head = Pick<Area, 'title' | 'stage' | 'workstream' | 'span'>;

function newArea(areas: Area[], head: Head): Area {
  const none = (): Set<string> => new Set();
  const area: Area = {
    ...head,
    paths: none(),
    removed: none(),
    requirements: none(),
    clauses: new Set(),
    coveredBy: none(),
  };
  areas.push(area);
  return area;
}

function want(area: Area, clause: Clause): void {
  area.clauses.add(clause);
  // "orders in b.ts" says nothing without the verb of its sentence.
  const isAside = area.stage !== 'code' || clause.paths.every(({ path }) => isTestPath(path));
  const isEnough = clause.isWhole || isAside;
  area.requirements.add(isEnough ? clause.text : clause.sentence.replace(/(?<![\s,;])[\s,;]+$/, ''));
  for (const detail of clause.details) area.requirements.add(detail);
}

/** What each clause names, as areas: what clauses name together stays together, and no file is in two. */
function areasOf(clauses: readonly Clause[], context: DraftContext): Area[] {
  const areas: Area[] = [];
  const code = new Map<Clause, string[]>();
  const removals: [Clause, string[], string[]][] = [];
  const tests: [Clause, string][] = [];
  const naming = new Map<string, number>();
  for (const { paths } of clauses) for (const { path } of paths) naming.set(path, (naming.get(path) ?? 0) + 1);
  for (const clause of clauses) {
    const named = targets(clause, context);
    const kinds = { code: [] as string[], removed: [] as string[], documents: [] as string[] };
    for (const { path, removed } of named) {
      if (removed) kinds.removed.push(path);
      else if (isTestPath(path)) tests.push([clause, path]);
      else kinds[isDocument(path) ? 'documents' : 'code'].push(path);
    }
    // Who takes out a file together with what imports it does both.
    const isOneThing = kinds.removed.length > 0 && kinds.code.every((path) => (naming.get(path) ?? 0) < 2);
    if (kinds.code.length > 0 && !isOneThing) code.set(clause, kinds.code);
    if (kinds.removed.length > 0) removals.push([clause, kinds.removed, isOneThing ? kinds.code : []]);
    if (kinds.documents.length > 0) {
      const isAlone = kinds.code.length === 0;
      const called = isAlone ? calledDocuments(clause, context).filter((path) => !kinds.documents.includes(path)) : [];
      addDocuments(areas, clause, [...called, ...kinds.documents], isAlone, context);
    }
  }
  addCode(areas, code, clauses, context);
  for (const [clause, paths, users] of removals) {
    const area = addRemoval(areas, clause, paths, context);
    for (const path of users) area.paths.add(path);
  }
  const home = (clause: Clause): Area[] =>
    areas.filter((area) => area.clauses.has(clause) && area.stage !== 'documents');
  for (const [clause, path] of tests) addTest(areas, clause, path, { clauses, home, context });
  return areas;
}

/** Documents are one slice, whoever names them: nobody reviews four pages apart. */
function addDocuments(
  areas: Area[],
  clause: Clause,
  paths: readonly string[],
  isAlone: boolean,
  context: DraftContext,
): void {
  const [first = ''] = paths;
  const workstream = streamOf(first, context);
  const known = areas.find((area) => area.stage === 'documents' && area.workstream === workstream);
  const own = (isAlone ? titleOf(clause, null) : '') || `Document ${nameOfPath(first)}`;
  const area = known ?? newArea(areas, { title: own, stage: 'documents', workstream, span: clause.span });
  for (const path of paths) area.paths.add(path);
  want(area, clause);
  if (area.paths.size > 1) {
    const names = [...area.paths].map((path) => path.replace(/\/\*\*$/, ''));
    area.title = names.length > 2 ? `Documentation (${names.length} places)` : `Documentation: ${names.join(', ')}`;
  }
}

function streamOf(text: string, { spec }: DraftContext): string | null {
  return spec.workstreams.find((other) => globContains(other.boundary, splitSymbol(text).path))?.id ?? null;
}

/** Slices of code: clauses that name the same file are one, unless too many meet there. */
function addCode(
  areas: Area[],
  code: ReadonlyMap<Clause, readonly string[]>,
  clauses: readonly Clause[],
  context: DraftContext,
): void {
  const naming = new Map<string, Clause[]>();
  for (const [clause, paths] of code) for (const path of paths) naming.set(path, [...(naming.get(path) ?? []), clause]);
  const apart = new Set<string>();
  for (const [path, by] of naming) {
    const others = by.filter((clause) => code.get(clause)!.some((other) => other !== path));
    const isWide = isGlob(path) && by.length > 1 && others.length > 0;
    const isHub = by.length >= hubFrom && others.length >= 2;
    if (isWide || isHub) apart.add(path);
  }
  const leader = new Map<Clause, Clause>();
  const find = (clause: Clause): Clause => {
    let at = clause;
    while (leader.has(at)) at = leader.get(at)!;
    return at;
  };
  for (const [path, by] of naming) {
    const [first, ...rest] = by;
    if (!first || apart.has(path)) continue;
    for (const other of rest) {
      const [a, b] = [find(first), find(other)];
      if (a !== b) leader.set(b, a);
    }
  }
  const groups = new Map<Clause, { readonly clauses: Clause[]; readonly paths: Set<string> }>();
  for (const [clause, paths] of code) {
    const own = paths.filter((path) => !apart.has(path));
    if (own.length === 0) continue;
    const key = find(clause);
    const group = groups.get(key) ?? { clauses: [], paths: new Set<string>() };
    groups.set(key, group);
    group.clauses.push(clause);
    for (const path of own) group.paths.add(path);
  }
  const make = (paths: readonly string[], by: readonly Clause[], title: string | null): void => {
    const [first] = by;
    const [path = ''] = paths;
    if (!first) return;
    const workstream = streamOf(path, context);
    // Of several, the one that says most of what it brings gives the name.
    const named = by.map((clause) => titleOf(clause, thingBefore(clause, clauses))).filter((text) => text !== '');
    const stage = stageOf(paths, by, context);
    const fallback = headingTitle(first, path) ?? namesOf(paths);
    const area = newArea(areas, { title: title ?? named[0] ?? fallback, stage, workstream, span: first.span });
    for (const own of paths) area.paths.add(own);
    for (const clause of by) want(area, clause);
  };
  for (const { clauses: by, paths } of groups.values()) {
    const all = [...paths];
    const directories = new Set(all.map(directoryOf));
    if (by.length === 1 && directories.size > mostTogether && all.length > mostTogether) {
      const title = titleOf(by[0]!, null);
      for (const directory of directories) {
        const own = all.filter((path) => directoryOf(path) === directory);
        const name = nameOfPath(own.length > 1 || isGlob(own[0] ?? '') ? `${directory}/**` : (own[0] ?? directory));
        make(
          own,
          by,
          title === '' || title.includes('/') ? name : `${name}: ${title.charAt(0).toLowerCase()}${title.slice(1)}`,
        );
      }
    } else make(all, by, null);
  }
  for (const path of apart) make([path], naming.get(path) ?? [], nameOfPath(path));
  areas.sort((a, b) => a.span.start - b.span.start);
}

function namesOf(paths: readonly string[]): string {
  const base = (path: string): string => splitSymbol(path).path.replace(/^.*\//, '').replace(/\..*$/, '');
  const isFiles = paths.length > 1 && !paths.some(isGlob) && new Set(paths.map(directoryOf)).size === 1;
  const names = isFiles ? paths.map(base).map(capital) : [...new Set(paths.map(nameOfPath))];
  return names
    .slice(0, mostTogether)
    .map((text, i) => (i === 0 || /[/.]/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1)))
    .join(' and ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The heading names what is below it, where it speaks of the same thing at all. */
function headingTitle({ heading }: Clause, path: string): string | null {
  if (heading === '' || heading.includes('`')) return null;
  const words = stems(heading);
  return [...stems(nameOfPath(path))].some((word) => words.has(word) && !commonNames.has(word)) ? heading : null;
}

/** The directory a path stands for or in; empty at the top. */
function directoryOf(text: string): string {
  const parts = splitSymbol(text).path.split('/');
  const wild = parts.findIndex((part) => isGlob(part));
  return parts.slice(0, wild >= 0 ? wild : -1).join('/');
}

function stageOf(paths: readonly string[], by: readonly Clause[], { repo }: DraftContext): Stage {
  const isContract = paths.every((path) => contractPath.test(splitSymbol(path).path) && !repo.files.has(path));
  return isContract && by.some(({ text, heading }) => speaksForAll.test(`${heading} ${text}`)) ? 'contracts' : 'code';
}

/** What "it" stands for in a clause: what the ones before it in its group brought last. */
function thingBefore(clause: Clause, clauses: readonly Clause[]): string | null {
  if (pointsBack(clause.text) !== 'one') return null;
  const before = clauses.slice(0, clauses.indexOf(clause)).filter(({ group }) => group === clause.group);
  for (const other of before.toReversed()) {
    const thing = thingOf(other.text);
    if (thing !== null) return thing;
  }
  return null;
}

function addRemoval(areas: Area[], clause: Clause, paths: readonly string[], context: DraftContext): Area {
  const workstream = streamOf(paths[0] ?? '', context);
  const removals = areas.filter(({ stage }) => stage === 'removal');
  // The page of what goes away goes with it.
  const isPage = paths.every(isDocument);
  const known =
    removals.find((area) => paths.some((path) => area.paths.has(path))) ??
    (isPage ? removals.find((area) => [...area.clauses].some(({ group }) => group === clause.group)) : undefined);
  const area = known ?? newArea(areas, { title: '', stage: 'removal', workstream, span: clause.span });
  for (const path of paths) {
    area.paths.add(path);
    area.removed.add(path);
  }
  area.title = removalTitle([...area.removed].map((path) => path.replace(/\/\*\*$/, '')));
  want(area, clause);
  return area;
}

interface TestPlaces {
  readonly clauses: readonly Clause[];
  readonly home: (clause: Clause) => readonly Area[];
  readonly context: DraftContext;
}

/** A test goes to the code that it is named after, else to that of its clause, else behind what it covers. */
function addTest(areas: Area[], clause: Clause, path: string, { clauses, home, context }: TestPlaces): void {
  const add = (area: Area): void => {
    area.paths.add(path);
    want(area, clause);
  };
  const isCode = (area: Area): boolean => area.stage === 'code' || area.stage === 'contracts';
  const covered = coveredAreas(clause, clauses, home).filter(isCode);
  for (const area of covered) area.coveredBy.add(path);
  const stream = streamOf(path, context);
  const together = home(clause).filter(isCode);
  const name = testedName(path);
  const named = areas.filter(
    (area) =>
      isCode(area) &&
      [...area.paths].some((own) => !isTestPath(own) && !isGlob(own) && testedName(splitSymbol(own).path) === name),
  );
  const nearest = named.toSorted((a, b) => depthOf(b, path) - depthOf(a, path))[0];
  if (
    nearest &&
    (named.length === 1 || together.includes(nearest) || depthOf(named[1] ?? nearest, path) < depthOf(nearest, path))
  )
    return add(nearest);
  if (together.length === 1 && together[0]) return add(together[0]);
  const inside = areas.filter(
    (area) => isCode(area) && [...area.paths].some((own) => isGlob(own) && globContains(own, path)),
  );
  if (inside.length === 1 && inside[0]) return add(inside[0]);
  const last = covered.at(-1);
  if (last && !/\b(?:e2e|end[- ]to[- ]end|integration|whole|every(?:thing)?)\b/i.test(clause.text)) return add(last);
  const known = areas.find(
    (area) =>
      area.stage === 'tests' && (area.paths.has(path) || (area.workstream === stream && area.clauses.has(clause))),
  );
  const title = titleOf(clause, null) || `Tests in ${nameOfPath(path)}`;
  add(known ?? newArea(areas, { title, stage: 'tests', workstream: stream, span: clause.span }));
}

function depthOf(area: Area, test: string): number {
  return Math.max(0, ...[...area.paths].map((path) => nearness(path, test)));
}

/** What "it" and "both" of a test clause stand for: what the clauses before it are about. */
function coveredAreas(clause: Clause, clauses: readonly Clause[], home: TestPlaces['home']): Area[] {
  const pointing = pointsBack(clause.text);
  if (pointing === null) return [...home(clause)];
  const before = clauses.slice(0, clauses.indexOf(clause)).filter(({ group }) => group === clause.group);
  const about = [...new Set(before.flatMap((other) => [...home(other)]))];
  const most = /\bboth\b/i.test(clause.text) ? 2 : pointing === 'one' ? 1 : about.length;
  return about.slice(Math.max(0, about.length - most));
}

/** Gives what names no file to the area that it goes on from or speaks of. What that rests on words alone is returned. */
function placeHomeless(clauses: readonly Clause[], areas: Area[], context: DraftContext): string[] {
  const guessed: string[] = [];
  const placed = new Set(areas.flatMap((area) => [...area.clauses]));
  clauses.forEach((clause, i) => {
    if (placed.has(clause)) return;
    // It names only what stays as it is, or what nobody may touch.
    if (clause.paths.length > 0) return;
    const before = clauses[i - 1];
    const isSameText = clause.isProse && before?.group === clause.group;
    const previous = isSameText ? areas.findLast((area) => area.clauses.has(before)) : undefined;
    const told = bestByWords(clause, areas, previous ?? null);
    const page = told || !previous ? null : documentNamed(clause, areas, context);
    const known = told ?? page ?? previous;
    const leadsUp = isIntroduction(clause, clauses);
    const area =
      known ?? (leadsUp ? null : (documentNamed(clause, areas, context) ?? spokenOf(clause, areas, context)));
    if (area) {
      // Names of the repository are a weaker sign than words of the spec itself.
      if (!known && area.stage !== 'documents') guessed.push(shortened(clause.text));
      want(area, clause);
    } else if (!leadsUp) {
      const message = `Nothing says which files "${oneLine(clause.text)}" is about, so no slice does it: name a file or directory, or let an agent find them (\`--with claude\`)`;
      context.report('decompose.item-without-files', 'warning', message, clause.span);
    }
  });
  return guessed;
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A sentence before the list or the other sentences of its part, which it only leads up to. */
function isIntroduction(clause: Clause, clauses: readonly Clause[]): boolean {
  return clause.isProse && clauses.some((other) => other.group === clause.group && other.paths.length > 0);
}

/** The area that shares most words with a clause; `null` when none does, or no other says more than `previous`. */
function bestByWords(clause: Clause, areas: readonly Area[], previous: Area | null): Area | null {
  const words = stems([clause.heading, clause.text, ...clause.details].join(' '));
  // What a sentence begins with is what it is about.
  const subject = [...stems(clause.text)].find((word) => !commonNames.has(word));
  const scoreOf = (area: Area): number => {
    const names = stems([area.title, ...[...area.paths].map((path) => path.replace(/\.[a-z]+$/i, ''))].join(' '));
    const shared = [...names].filter((word) => words.has(word) && !commonNames.has(word)).length;
    return subject !== undefined && names.has(subject) ? shared + 0.5 : shared;
  };
  let best: Area | null = null;
  let most = previous ? scoreOf(previous) : 0;
  for (const area of areas) {
    const score = scoreOf(area);
    if (score > most) [best, most] = [area, score];
  }
  return best;
}

/** Words in paths that say nothing of what is in them. */
const commonNames = new Set('src lib app test index main file code and the for new add old with from into'.split(' '));

/** "The changelog gets an entry": a document at the top that the clause calls by its name. */
function documentNamed(clause: Clause, areas: Area[], context: DraftContext): Area | null {
  const [path] = calledDocuments(clause, context);
  if (path === undefined) return null;
  addDocuments(areas, clause, [path], true, context);
  return areas.find((area) => area.paths.has(path)) ?? null;
}

function calledDocuments(clause: Clause, context: DraftContext): string[] {
  const words = stems([clause.heading, clause.text].join(' '));
  return [...context.repo.files]
    .filter((file) => !file.includes('/') && isDocument(file) && isAllowed(file, context))
    .filter((file) => {
      const name = stems(file.replace(/\.\w+$/, ''));
      return name.size > 0 && [...name].every((word) => words.has(word));
    })
    .toSorted();
}

/** A directory, or else a file, of the repository whose name the clause says: "Users can register" and `apps/users`. */
function spokenOf(clause: Clause, areas: Area[], context: DraftContext): Area | null {
  const words = stems([clause.heading, clause.text].join(' '));
  const isSpoken = (name: string): boolean => {
    const parts = stems(name);
    return parts.size > 0 && [...parts].every((word) => words.has(word) && !commonNames.has(word));
  };
  const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const directory = [...context.repo.directories]
    .filter((dir) => isSpoken(base(dir)) && !isTestPath(`${dir}/x`) && isAllowed(`${dir}/**`, context))
    .toSorted((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1))[0];
  const files = directory
    ? []
    : [...context.repo.files].filter(
        (file) =>
          !isTestPath(file) &&
          !isDocument(file) &&
          /\.[a-z]+$/i.test(file) &&
          isSpoken(base(file).replace(/\..*$/, '')) &&
          isAllowed(file, context),
      );
  const path = directory ? `${directory}/**` : files.length === 1 ? files[0] : undefined;
  if (path === undefined) return null;
  const known = areas.find((area) =>
    [...area.paths].some((own) => globsIntersect(splitSymbol(own).path, path) !== null),
  );
  if (known) return known;
  const title = titleOf(clause, null) || nameOfPath(path);
  const area = newArea(areas, { title, stage: 'code', workstream: streamOf(path, context), span: clause.span });
  area.paths.add(path);
  return area;
}

/** A declared workstream in which no clause names a file is a slice with its boundary as scope. */
function addStreams(areas: Area[], context: DraftContext): void {
  for (const stream of context.spec.workstreams) {
    if (areas.some((area) => area.workstream === stream.id)) continue;
    const head = { title: stream.name, stage: 'code', workstream: stream.id, span: stream.span } as const;
    const area = newArea(areas, head);
    for (const glob of stream.boundary) area.paths.add(glob);
  }
}

/** Whoever removes a file has to see to those who still import it: a few are given to it, of more it is told. */
function reportUsers(area: Area, areas: readonly Area[], context: DraftContext): void {
  const { imports, repo, report } = context;
  if (!imports) return;
  const removed = new Set([...repo.files].filter((file) => globContains([...area.removed], file)));
  const taken = (file: string): boolean =>
    areas.some((other) => [...other.paths].some((path) => globContains(splitSymbol(path).path, file)));
  const users = imports.importersOf(removed).filter((file) => !taken(file));
  const [first] = users;
  if (first === undefined) return;
  const own = users.length <= mostTogether && users.every((file) => isAllowed(file, context));
  for (const file of own ? users : []) area.paths.add(file);
  const gone = [...area.removed].join(', ');
  const names = users.slice(0, mostTogether).join(', ');
  const more = users.length > mostTogether ? ` and ${users.length - mostTogether} more` : '';
  const message = own
    ? `${gone} is still imported by ${names}, which the spec does not name: the slice that removes it may change that too`
    : `${gone} is still imported by ${names}${more}, which no slice may write: say what they use instead`;
  report('decompose.removed-in-use', own ? 'info' : 'warning', message, area.span);
}

const minutesOf = (area: Area): number => {
  if (area.stage === 'documents' || area.stage === 'removal') return 30;
  const wide = [...area.paths].filter(isGlob).length;
  const wanted = 30 + area.requirements.size * 30 + area.paths.size * 15 + wide * 45;
  return Math.min(240, Math.max(60, Math.round(wanted / 30) * 30));
};

/** What is wanted, without what another sentence of it says too. */
function wanted({ requirements }: Area): string[] {
  const all = [...requirements];
  return all.filter((text) => !all.some((other) => other !== text && other.includes(text)));
}

function drafts(areas: readonly Area[], context: DraftContext): Draft[] {
  const { spec, specPath } = context;
  const ordered = stages.flatMap((stage) => areas.filter((area) => area.stage === stage));
  const ids = new Map(ordered.map((area, i) => [area, `task-${String(i + 1).padStart(3, '0')}`]));
  const after = orderAreas(ordered, context);
  return ordered.map((area): Draft => {
    const isLast = area.stage === 'tests';
    return {
      id: ids.get(area) ?? '',
      title: area.title,
      workstream: area.workstream,
      deps: [...(after.get(area) ?? [])].flatMap((other) => ids.get(other) ?? []).sort(),
      writes: [...area.paths],
      removed: [...area.removed],
      requirements: area.requirements.size > 0 ? wanted(area) : [`${area.title}, as ${specPath} describes it`],
      checklist: isLast
        ? (spec.answers.evidence?.items ?? [])
            .filter(({ text }) => !/`[^`]+`/.test(text))
            .map(({ text }) => oneLine(text))
        : [],
      verify: checksOf(area, context),
      estimateMinutes: minutesOf(area),
      agent: null,
      span: area.span,
    };
  });
}
