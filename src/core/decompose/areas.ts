import { isTestPath, testedName } from '../conventions/sources.ts';
import { globContains } from '../scope/glob.ts';
import type { Span } from '../text/source.ts';
import { isGlob, splitSymbol } from './boundary.ts';
import { isDocument, type Clause } from './clauses.ts';
import type { DraftContext } from './draft.ts';

/** Contracts come before the code that uses them, what is removed goes after it, tests and documents stand last. */
export type Stage = 'contracts' | 'code' | 'removal' | 'tests' | 'documents';
export const stages: readonly Stage[] = ['contracts', 'code', 'removal', 'tests', 'documents'];

/** What becomes one slice: files that belong together and what is wanted of them. */
export interface Area {
  title: string;
  readonly stage: Stage;
  readonly workstream: string | null;
  readonly paths: Set<string>;
  /** Those of `paths` that go away. */
  readonly removed: Set<string>;
  readonly requirements: Set<string>;
  readonly clauses: Set<Clause>;
  /** Tests of other areas that cover this one too. */
  readonly coveredBy: Set<string>;
  readonly span: Span;
}

/** Tests of the whole, which are nobody's own whatever they are called. */
const wholeTests = /(^|\/)(e2e|cypress|playwright|acceptance|integration|smoke)(\/|[-_.])/i;

/** Who changes a file that has a test changes the test with it: outside of the scope, the gate would refuse that. */
export function addOwnTests(areas: readonly Area[], context: DraftContext): void {
  const { repo, forbidden } = context;
  const owners = new Map<string, Area[]>();
  for (const area of areas)
    for (const text of area.paths) {
      const { path } = splitSymbol(text);
      owners.set(path, [...(owners.get(path) ?? []), area]);
    }
  const subjects = new Map<string, string[]>();
  for (const path of new Set([...repo.files, ...owners.keys()])) {
    if (isTestPath(path) || isGlob(path) || isDocument(path)) continue;
    const name = testedName(path);
    const same = subjects.get(name);
    if (same) same.push(path);
    else subjects.set(name, [path]);
  }
  for (const test of [...repo.files].filter(isTestPath).sort()) {
    const about = subjects.get(testedName(test));
    if (!about || owners.has(test) || wholeTests.test(test) || forbidden.some((glob) => globContains(glob, test)))
      continue;
    const near = Math.max(...about.map((path) => nearness(path, test)));
    const nearest = about.filter((path) => nearness(path, test) === near);
    // With two files of that name equally near, nothing says whose test it is.
    const [subject] = nearest;
    const own = nearest.length === 1 && subject !== undefined ? (owners.get(subject) ?? []) : [];
    const [owner] = own;
    if (own.length !== 1 || !owner || subject === undefined) continue;
    owner.paths.add(test);
    if (owner.removed.has(subject)) owner.removed.add(test);
  }
}

/** How near two files are: by the directories that they begin with together, and by those that they end in. */
export function nearness(a: string, b: string): number {
  const left = a.split('/').slice(0, -1);
  const right = b.split('/').slice(0, -1);
  const alike = (one: readonly string[], other: readonly string[]): number => {
    const differs = one.findIndex((part, i) => other[i] !== part);
    return differs < 0 ? one.length : differs;
  };
  return alike(left, right) * 10 + alike(left.toReversed(), right.toReversed());
}

/** An area that stands for a whole directory takes in the areas below it: they would write the same files. */
export function mergeNested(areas: Area[]): void {
  const all = [...areas];
  for (const outer of all) {
    const globs = [...outer.paths].filter(isGlob);
    for (const inner of globs.length > 0 ? all : []) {
      if (inner === outer || !areas.includes(inner) || !areas.includes(outer)) continue;
      const taken = [...inner.paths].filter((path) => globContains(globs, splitSymbol(path).path));
      for (const path of taken) {
        inner.paths.delete(path);
        if (inner.removed.delete(path)) outer.removed.add(path);
      }
      if (taken.length === 0 || inner.paths.size > 0) continue;
      for (const text of inner.requirements) outer.requirements.add(text);
      for (const clause of inner.clauses) outer.clauses.add(clause);
      areas.splice(areas.indexOf(inner), 1);
    }
  }
}

/** `dir/sub/**` says nothing beside `dir/**`. */
export function dropCovered(paths: Set<string>): void {
  for (const path of paths) {
    const wider = [...paths].filter((other) => other !== path && isGlob(other));
    if (globContains(wider, splitSymbol(path).path)) paths.delete(path);
  }
}

/** Directories whose name says nothing of what is in them; the one above them does (`packages/core/src`). */
const plainDirectories = new Set(['src', 'source', 'sources', 'lib', 'app', 'pkg', 'internal']);

/** What a path is called where no word says more: its directory, or the file where that says nothing. */
export function nameOfPath(text: string): string {
  const { path } = splitSymbol(text);
  const parts = path.split('/');
  const wild = parts.findIndex(isGlob);
  const telling = parts.slice(0, wild >= 0 ? wild : -1).findLast((part) => !plainDirectories.has(part.toLowerCase()));
  if (telling === undefined) return path.replace(/\/\*\*$/, '');
  const name = telling.replaceAll(/[-_]+/g, ' ');
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** No two slices are called the same: where they are, their files tell them apart. */
export function tellApart(areas: readonly Area[]): void {
  const counts = new Map<string, number>();
  for (const { title } of areas) counts.set(title, (counts.get(title) ?? 0) + 1);
  for (const area of areas) {
    const [path] = area.paths;
    if ((counts.get(area.title) ?? 0) > 1 && path !== undefined)
      area.title = `${area.title}: ${path.replace(/\/\*\*$/, '')}`;
  }
}
