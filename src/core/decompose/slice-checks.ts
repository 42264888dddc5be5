import { isTestPath, testedName } from '../conventions/sources.ts';
import { commandsIn } from '../text/mentions.ts';
import { shellWord } from '../text/shell-quoting.ts';
import { splitCommand } from '../text/words.ts';
import type { Area } from './areas.ts';
import { isGlob, splitSymbol } from './boundary.ts';
import { isDocument } from './clauses.ts';
import type { DraftContext } from './draft.ts';
import { narrowTest } from './narrow-tests.ts';
import { goneChecks, mostNamed } from './removals.ts';

/**
 * The checks of a slice: what the evidence of the spec names for its files, else the tests of its own files or package,
 * else what runs the whole suite. A file that goes away is seen to be gone, a new document to be there.
 */
export function checksOf(area: Area, context: DraftContext): readonly string[] {
  const { facts, spec } = context;
  const evidence = commandsIn(spec.answers.evidence?.text ?? '');
  const whole = facts.tests.length > 0 ? facts.tests : evidence.filter((command) => isWhole(command));
  const plain = (path: string): boolean => !isGlob(path);
  switch (area.stage) {
    case 'removal': {
      const paths = [...area.removed].map((path) => path.replace(/\/\*\*$/, '')).filter(plain);
      return [...goneChecks(paths), ...whole];
    }
    case 'documents': {
      const own = evidence.filter((command) => namesFile(command, area));
      if (own.length > 0) return own;
      const made = [...area.paths].filter((path) => plain(path) && !context.repo.files.has(path));
      if (made.length > 0) return made.slice(0, mostNamed).map((path) => `test -s ${shellWord(path)}`);
      return whole.length > 0 ? whole : evidence;
    }
    case 'tests': {
      const own = evidence.filter((command) => covers(command, area, context));
      if (own.length > 0) return own;
      const narrow = narrowTest([...area.paths].filter(isTestPath), [...area.paths], context);
      return narrow.length > 0 ? narrow : evidence.length > 0 ? evidence : whole;
    }
    case 'contracts':
    case 'code': {
      const own = evidence.filter((command) => covers(command, area, context));
      if (own.length > 0) return own;
      const tests = [...area.paths, ...area.coveredBy].filter(isTestPath);
      const narrow = narrowTest(tests, [...area.paths], context);
      if (narrow.length > 0) return narrow;
      return whole.length > 0 ? whole : evidence;
    }
  }
}

/** Whether a command says nothing of which tests it runs. */
function isWhole(command: string): boolean {
  return filtersOf(command).length === 0;
}

function namesFile(command: string, area: Area): boolean {
  return [...area.paths].some((path) => command.includes(path.replace(/\/\*\*$/, '').replace(/::.*$/, '')));
}

/** Whether a command of the evidence is about this slice: it names its files, its directory or its tests. */
function covers(command: string, area: Area, { repo }: DraftContext): boolean {
  if (namesFile(command, area)) return true;
  // `npm --prefix web test` is about everything below `web`, as long as that is where all of the slice is.
  const places = command.split(/[\s=]+/).map((word) => word.replace(/^\.\//, '').replace(/\/(?:\.\.\.)?$/, ''));
  const inside = places
    .filter((place) => repo.directories.has(place))
    .some((place) => [...area.paths].every((path) => path.startsWith(`${place}/`)));
  if (inside) return true;
  const filters = filtersOf(command).map((word) => word.toLowerCase());
  const tests = [...area.paths, ...area.coveredBy].filter(isTestPath);
  const sources = [...area.paths].filter((path) => !isTestPath(path) && !isDocument(path) && !isGlob(path));
  return filters.some(
    (filter) =>
      tests.some((path) => path.toLowerCase().includes(filter)) ||
      sources.some((path) => testedName(splitSymbol(path).path) === filter),
  );
}

/** The words by which a command picks some of the tests: `limit` of `npm test -- limit`, `-k orders`, `--grep cart`. */
function filtersOf(command: string): string[] {
  const read = splitCommand(command);
  if (!read.ok) return [];
  return read.value.flatMap(({ words }) => {
    const dashes = words.indexOf('--');
    const behind = dashes >= 0 ? words.slice(dashes + 1) : [];
    const named = words.filter((_, i) =>
      /^(?:-k|-t|-g|--grep|--filter|--run|-run|--testNamePattern|--testPathPattern)$/.test(words[i - 1] ?? ''),
    );
    const runner = /^(?:jest|vitest|mocha|ava)$/.test(words.find((word) => word !== 'npx') ?? '')
      ? words.slice(words[0] === 'npx' ? 2 : 1)
      : [];
    return [...behind, ...named, ...runner].filter(
      (word) => /^[\p{L}][\p{L}\p{N}_./-]{2,}$/u.test(word) && word !== 'run',
    );
  });
}
