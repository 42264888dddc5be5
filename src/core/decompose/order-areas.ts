import { isTestPath } from '../conventions/sources.ts';
import { isRegistryName } from '../judge/shared-files.ts';
import { compileGlob } from '../scope/glob.ts';
import { stems } from '../text/mentions.ts';
import type { Area } from './areas.ts';
import { isGlob, splitSymbol } from './boundary.ts';
import { followsOn, pointsBack, thingOf } from './clauses.ts';
import type { DraftContext } from './draft.ts';

/** Files of one area that are looked at for their imports. */
const mostRead = 400;

/**
 * Which areas come before each: those whose files it imports, those whose work its words rest on, contracts before what
 * uses them, users before what goes away, code before tests that look at it. What follows from other edges is left out.
 */
export function orderAreas(areas: readonly Area[], context: DraftContext): ReadonlyMap<Area, ReadonlySet<Area>> {
  const edges = new Edges();
  const code = areas.filter(({ stage }) => stage === 'code');
  for (const contract of areas.filter(({ stage }) => stage === 'contracts'))
    for (const area of code) edges.add(contract, area);
  const brought = broughtBy(areas.filter(({ stage }) => stage === 'code' || stage === 'contracts'));
  for (const area of code) for (const before of saidBefore(area, areas, brought)) edges.add(before, area);
  byImports(areas, edges, context);
  for (const area of areas.filter(({ stage }) => stage === 'removal')) {
    for (const user of usersOf(area, areas, edges)) edges.add(user, area);
  }
  for (const area of areas.filter(({ stage }) => stage === 'tests'))
    for (const before of lookedAt(area, areas, context)) edges.add(before, area);
  return edges.reduced();
}

class Edges {
  readonly #before = new Map<Area, Set<Area>>();

  /** Nothing where it would close a cycle. */
  add(before: Area, after: Area): void {
    if (before === after || this.reaches(after, before)) return;
    const known = this.#before.get(after);
    if (known) known.add(before);
    else this.#before.set(after, new Set([before]));
  }

  of(area: Area): ReadonlySet<Area> {
    return this.#before.get(area) ?? new Set();
  }

  /** Whether `late` waits for `early`, by whatever way. */
  reaches(early: Area, late: Area): boolean {
    const stack = [late];
    const seen = new Set(stack);
    for (let at = stack.pop(); at; at = stack.pop()) {
      for (const next of this.#before.get(at) ?? []) {
        if (next === early) return true;
        if (seen.has(next)) continue;
        seen.add(next);
        stack.push(next);
      }
    }
    return false;
  }

  reduced(): Map<Area, Set<Area>> {
    return new Map(
      [...this.#before].map(([area, before]) => [
        area,
        new Set([...before].filter((one) => ![...before].some((other) => other !== one && this.reaches(one, other)))),
      ]),
    );
  }
}

/** Areas on which the words of another rest: "call it from", "then", "uses the limiter". */
function saidBefore(area: Area, areas: readonly Area[], brought: ReadonlyMap<string, readonly Area[]>): Area[] {
  const found = new Set<Area>();
  const others = areas.filter((other) => other !== area && (other.stage === 'code' || other.stage === 'contracts'));
  for (const clause of area.clauses) {
    // What it says of its tests is about what is there, and orders nothing.
    if (clause.paths.length > 0 && clause.paths.every(({ path }) => isTestPath(path))) continue;
    const before = others.filter((other) =>
      [...other.clauses].some(({ group, span }) => group === clause.group && span.end <= clause.span.start),
    );
    const pointing = clause.isProse || before.length > 0 ? pointsBack(clause.text) : null;
    const last = before.toSorted((a, b) => lastEnd(a, clause.span.start) - lastEnd(b, clause.span.start)).at(-1);
    if (pointing === 'several') for (const other of before) found.add(other);
    else if (last && (followsOn(clause.text) || (pointing === 'one' && usesIt.test(clause.text)))) found.add(last);
    for (const word of usedThings(clause.text))
      for (const other of brought.get(word) ?? []) if (other !== area) found.add(other);
    if (bringingTogether.test(clause.text))
      for (const other of others) if (lastEnd(other, clause.span.start) >= 0) found.add(other);
  }
  return [...found];
}

function lastEnd(area: Area, limit: number): number {
  return Math.max(...[...area.clauses].map(({ span }) => (span.end <= limit ? span.end : -1)));
}

/** "It" as the object of what is done, and not "its tests" or "as it is". */
const usesIt =
  /\b(?:call|use|uses|apply|wire|mount|register|plug|hook|show|render|import|export|expose|run|invoke|inject|pass|load|include|add|connect|link|attach|switch|send|serve|return|cache|log|test|cover|put|from|to|into|with|through|via|by|on)\s+(?:it|this)\b/i;
/** What is wired together has to be there. */
const bringingTogether =
  /\b(?:the whole|everything|(?:wire[ds]?|tie[sd]?|put|bring(?:s|ing)?|glue[ds]?|plug(?:s|ged)?)\s+(?:\w+\s+){0,2}(?:up|together))\b/i;
const using =
  /\b(?:use|uses|using|call|calls|calling|import|imports|importing|mount|mounts|render|renders|show|shows|register|registers|wire|wires|plug|plugs|apply|applies|consume|consumes|through|via|with|on top of|based on|switch(?:es)? to|moves? to|goes through|built on|depends? on|relies on|rely on|waits? for|after|once)\s+(?:the|this|that|its|a|an|our)?\s*((?:new\s+)?[\p{L}-]+(?:\s+[\p{L}-]+)?)/giu;

/** Words for what could be anything of the spec. */
const anything = new Set('file module function test option flag thing field line way one'.split(' '));

/** What areas bring by the words of the spec ("Add a limiter ..."), by the last of these words. */
function broughtBy(areas: readonly Area[]): ReadonlyMap<string, readonly Area[]> {
  const brought = new Map<string, Area[]>();
  for (const area of areas) {
    const heads = new Set(
      [...area.clauses].flatMap((clause) => {
        const thing = thingOf(clause.text);
        return thing === null ? [] : [...stems(thing.slice(thing.lastIndexOf(' ') + 1))];
      }),
    );
    for (const head of heads) if (!anything.has(head)) brought.set(head, [...(brought.get(head) ?? []), area]);
  }
  return brought;
}

/** The words of things that a clause says it uses. */
function usedThings(text: string): ReadonlySet<string> {
  const plain = text.replaceAll(/`[^`]*`/g, ' ');
  return new Set([...plain.matchAll(using)].flatMap((match) => [...stems((match[1] ?? '').replace(/^new\s+/i, ''))]));
}

/** Edges that imports of existing files prove: who is imported comes first; two that import each other keep their order. */
function byImports(areas: readonly Area[], edges: Edges, { repo, imports }: DraftContext): void {
  if (!imports) return;
  const owner = new Map<string, Area>();
  const own = new Map<Area, string[]>();
  const files = areas.some(({ paths }) => [...paths].some(isGlob)) ? [...repo.files] : [];
  for (const area of areas) {
    if (area.stage === 'documents') continue;
    const paths = [...area.paths].flatMap((text) => {
      const { path } = splitSymbol(text);
      if (!isGlob(path)) return repo.files.has(path) ? [path] : [];
      const glob = compileGlob(path);
      return files.filter((file) => glob.matches(file));
    });
    own.set(area, paths.slice(0, mostRead));
    for (const path of paths) if (!owner.has(path)) owner.set(path, area);
  }
  for (const [area, paths] of own) {
    for (const path of paths) {
      // What a test imports says nothing of the code beside it.
      if (isTestPath(path)) continue;
      for (const to of imports.importsOf(path)) {
        const other = owner.get(to);
        if (!other || other === area || isTestPath(to)) continue;
        // Who still takes from what goes away lets go of it first.
        if (other.removed.has(to) || other.stage === 'removal') edges.add(area, other);
        // A file that only lists others need not wait for what changes inside of them.
        else if (isRegistryName(path)) continue;
        else if (area.stage !== 'removal') edges.add(other, area);
      }
    }
  }
}

/** Who has to be done before a file goes away: who imports it, or else what stands in for it by the text. */
function usersOf(area: Area, areas: readonly Area[], edges: Edges): Area[] {
  const proven = [...edges.of(area)];
  // Where it takes the file out of those who import it itself, nobody else has to be done.
  const hasUsers = [...area.paths].some((path) => !area.removed.has(path));
  if (proven.length > 0 || hasUsers) return proven;
  const others = areas.filter(({ stage }) => stage === 'code');
  const clauses = [...area.clauses];
  const near = others.filter((other) =>
    [...other.clauses].some(({ group, isProse }) => isProse && clauses.some((clause) => clause.group === group)),
  );
  if (near.length > 0) return near;
  const isReplaced = clauses.some(({ text }) => replaced.test(text));
  const first = Math.min(...clauses.map(({ span }) => span.start));
  return isReplaced ? others.filter((other) => [...other.clauses].some(({ span }) => span.start < first)) : [];
}

const replaced =
  /\b(?:old|replaced|previous|former|then|finally|no longer|obsolete|once|after(?:wards)?|in the end)\b/i;

/** What a slice of nothing but tests looks at: what its files import or its words speak of, else all the code. */
function lookedAt(area: Area, areas: readonly Area[], { imports }: DraftContext): Area[] {
  const code = areas.filter(({ stage }) => stage === 'code' || stage === 'contracts');
  const covered = code.filter((other) => [...area.paths].some((path) => other.coveredBy.has(path)));
  if (covered.length > 0) return covered;
  const taken = new Set([...area.paths].flatMap((path) => [...(imports?.importsOf(path) ?? [])]));
  const imported = code.filter((other) => [...other.paths].some((path) => taken.has(splitSymbol(path).path)));
  return imported.length > 0 ? imported : code;
}
