import { isTestPath } from '../conventions/sources.ts';
import { field } from '../text/document.ts';
import { readJson } from '../text/json.ts';
import { textAt } from '../judge/coupling-tree.ts';
import { shellWord } from '../text/shell-quoting.ts';
import { isGlob, splitSymbol } from './boundary.ts';
import type { DraftContext } from './draft.ts';

/** Test files that one command names; more are better said by their package. */
const mostFiles = 4;
/** Packages whose tests are still those of the slice. */
const mostPackages = 3;

/**
 * Commands that run no more than the tests of some files: those test files by the runner of the repository, or the tests
 * of the one package that all the files are in. Empty where the repository does not say how.
 */
export function narrowTest(
  tests: readonly string[],
  paths: readonly string[],
  context: DraftContext,
): readonly string[] {
  const plain = paths.map((path) => splitSymbol(path).path);
  const named = [...new Set(tests.filter((path) => !isGlob(path)))];
  const { facts } = context;
  const pytest = facts.tests.find((command) => /(?:^| )pytest$/.test(command));
  const python = named.filter((path) => path.endsWith('.py'));
  if (pytest !== undefined && python.length > 0 && python.length === named.length && named.length <= mostFiles)
    return [`${pytest} ${python.map(shellWord).join(' ')}`];
  const go = [...new Set(plain.filter((path) => path.endsWith('.go')).map(directoryOf))];
  if (
    facts.tests.includes('go test ./...') &&
    go.length > 0 &&
    go.length <= mostFiles &&
    !go.includes('') &&
    plain.every((path) => path.endsWith('.go'))
  )
    return [`go test ${go.map((directory) => `./${directory}/...`).join(' ')}`];
  return scriptPackages(plain, context) ?? scriptFiles(named, context) ?? [];
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The tests of the packages below the top that all files are in, by the tool that the lock file tells. */
function scriptPackages(paths: readonly string[], { repo, textOf }: DraftContext): readonly string[] | null {
  const packages = new Set(
    paths.map((path) => {
      for (let at = directoryOf(path.replace(/[*?[{].*$/, 'x')); at !== ''; at = directoryOf(at))
        if (repo.files.has(`${at}/package.json`)) return at;
      return '';
    }),
  );
  if (packages.size === 0 || packages.size > mostPackages || packages.has('')) return null;
  const manifests = [...packages].map((directory) => {
    const manifest = readJson(textOf(`${directory}/package.json`) ?? '').value;
    return { directory, name: textAt(manifest, 'name'), test: textAt(manifest, 'scripts', 'test') };
  });
  if (manifests.some(({ test }) => test === null)) return null;
  if (repo.files.has('pnpm-lock.yaml'))
    return [
      `pnpm ${manifests.map(({ name, directory }) => `--filter ${shellWord(name ?? `./${directory}`)}`).join(' ')} test`,
    ];
  if (repo.files.has('yarn.lock') && manifests.every(({ name }) => name !== null))
    return manifests.map(({ name, directory }) => `yarn workspace ${shellWord(name ?? directory)} test`);
  const root = readJson(textOf('package.json') ?? '').value;
  if (field(root, 'workspaces') === undefined)
    return manifests.map(({ directory }) => `npm --prefix ${shellWord(directory)} test`);
  return [`npm test ${manifests.map(({ directory }) => `-w ${shellWord(directory)}`).join(' ')}`];
}

/** Some test files by the runner that the test script starts, with its options. */
function scriptFiles(tests: readonly string[], { textOf }: DraftContext): readonly string[] | null {
  if (
    tests.length === 0 ||
    tests.length > mostFiles ||
    !tests.every((path) => isTestPath(path) && /\.[cm]?[jt]sx?$/.test(path))
  )
    return null;
  const script = textAt(readJson(textOf('package.json') ?? '').value, 'scripts', 'test');
  if (script === null || /[&|;<>$"'`]/.test(script)) return null;
  const words = script.trim().split(/\s+/);
  const [program = '', ...rest] = words[0] === 'npx' ? words.slice(1) : words;
  const isNode = program === 'node' && rest.includes('--test');
  if (!isNode && !/^(?:vitest|jest|mocha|ava|tap)$/.test(program)) return null;
  const options = rest.filter((word, i) => {
    if (word.startsWith('-')) return word !== '--watch';
    // The value of an option stays with it; what else has the shape of a path says which tests there are.
    return /^(?:--import|--require|-r|--loader|--config|-c|--project)$/.test(rest[i - 1] ?? '');
  });
  const run = program === 'vitest' ? ['run'] : [];
  return [[...(isNode ? ['node'] : ['npx', program, ...run]), ...options, ...tests.map(shellWord)].join(' ')];
}
