import type { CodeImport, LanguageId } from '../code/model.ts';
import { directoryOf, joined, outwards, textAt, textLists, type RepositoryTree } from './coupling-tree.ts';
import { cSharpFiles, goFiles, javaFiles, phpFiles, rubyFiles, rustFiles } from './coupling-modules.ts';

/**
 * The files of the repository that an import surely means, sorted; none when it names a package from elsewhere, cannot be
 * told, or may mean one of several. An import of a whole package (Go, a C# namespace, a Java wildcard) means its files.
 */
export function importedFiles(
  tree: RepositoryTree,
  from: string,
  language: LanguageId,
  item: CodeImport,
): readonly string[] {
  switch (language) {
    case 'typescript':
    case 'tsx':
    case 'javascript':
      return [scriptFile(tree, from, item.specifier)].filter((path) => path !== null);
    case 'python':
      return pythonFiles(tree, from, item);
    case 'go':
      return goFiles(tree, from, item.specifier);
    case 'rust':
      return rustFiles(tree, from, item);
    case 'java':
      return javaFiles(tree, item);
    case 'c-sharp':
      return cSharpFiles(tree, item.specifier);
    case 'ruby':
      return rubyFiles(tree, from, item.specifier);
    case 'php':
      return phpFiles(tree, from, item.specifier);
    default:
      return [];
  }
}

const scriptEndings = [
  '.ts',
  '.tsx',
  '.mts',
  '.cts',
  '.d.ts',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '.json',
  '.vue',
  '.svelte',
];
/** What is written as JavaScript may stand there as TypeScript: that is how its own compiler wants it written. */
const writtenAs: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.d.ts'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

/** Node's and TypeScript's way to a module, for what is inside the repository. */
function scriptFile(tree: RepositoryTree, from: string, specifier: string): string | null {
  const clean = specifier.replace(/[?#].*$/, '');
  if (/^\.\.?(?:\/|$)/.test(clean)) {
    const target = joined(directoryOf(from), clean);
    return target === null ? null : scriptAt(tree, target);
  }
  return throughPaths(tree, from, clean) ?? throughWorkspace(tree, clean);
}

function scriptAt(tree: RepositoryTree, target: string): string | null {
  if (tree.has(target)) return target;
  const ending = /\.[cm]?jsx?$/.exec(target)?.[0] ?? '';
  for (const other of writtenAs[ending] ?? []) {
    const path = target.slice(0, -ending.length) + other;
    if (tree.has(path)) return path;
  }
  for (const base of [target, target === '' ? 'index' : `${target}/index`])
    for (const end of scriptEndings) if (tree.has(base + end)) return base + end;
  return null;
}

const configurations = ['tsconfig.json', 'jsconfig.json'];
/** Configurations that build on one another. */
const mostExtended = 5;

/** `paths` and `baseUrl` of the nearest configuration that has some, or of what it extends. */
function throughPaths(tree: RepositoryTree, from: string, specifier: string): string | null {
  for (const directory of outwards(directoryOf(from))) {
    const name = configurations.find((file) => tree.has(directory === '' ? file : `${directory}/${file}`));
    if (name === undefined) continue;
    let at: string | null = directory === '' ? name : `${directory}/${name}`;
    for (let depth = 0; at !== null && depth < mostExtended; depth++) {
      const config = tree.json(at);
      const base = textAt(config, 'compilerOptions', 'baseUrl');
      const paths = textLists(config, 'compilerOptions', 'paths');
      if (paths.length > 0 || base !== null) {
        const home = joined(directoryOf(at), base ?? '.');
        return home === null ? null : mapped(tree, home, paths, base !== null, specifier);
      }
      at = extended(tree, at, textAt(config, 'extends'));
    }
    // The nearest one decides, as the compiler does it.
    return null;
  }
  return null;
}

function extended(tree: RepositoryTree, from: string, other: string | null): string | null {
  if (other === null || !other.startsWith('.')) return null;
  const path = joined(directoryOf(from), other);
  return [path, `${path}.json`].find((name) => name !== null && tree.has(name)) ?? null;
}

function mapped(
  tree: RepositoryTree,
  home: string,
  paths: readonly (readonly [key: string, targets: readonly string[]])[],
  hasBase: boolean,
  specifier: string,
): string | null {
  const fits = paths.flatMap(([key, targets]) => {
    const [before = '', after] = key.split('*');
    if (after === undefined) return key === specifier ? [{ before: key, rest: '', targets }] : [];
    const fit =
      specifier.length >= before.length + after.length && specifier.startsWith(before) && specifier.endsWith(after);
    return fit ? [{ before, rest: specifier.slice(before.length, specifier.length - after.length), targets }] : [];
  });
  // The longest beginning wins, as the compiler has it.
  const best = fits.reduce<(typeof fits)[number] | null>(
    (best, fit) => (best === null || fit.before.length > best.before.length ? fit : best),
    null,
  );
  const candidates =
    best?.targets.map((target) => target.replace('*', () => best.rest)) ?? (hasBase ? [specifier] : []);
  for (const candidate of candidates) {
    const target = joined(home, candidate);
    const file = target === null ? null : scriptAt(tree, target);
    if (file !== null) return file;
  }
  return null;
}

/** A package of the same repository, by its name: its directory, its `src`, or what its `main` names. */
function throughWorkspace(tree: RepositoryTree, specifier: string): string | null {
  const packages = tree.once('packages', () => {
    const found = new Map<string, string | null>();
    for (const path of tree.named('package.json')) {
      const name = textAt(tree.json(path), 'name');
      // Two packages of one name: which one is meant cannot be told.
      if (name !== null) found.set(name, found.has(name) ? null : directoryOf(path));
    }
    return found;
  });
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const directory = packages.get(name);
  if (directory === undefined || directory === null) return null;
  const rest = specifier.slice(name.length + 1);
  const main = textAt(tree.json(directory === '' ? 'package.json' : `${directory}/package.json`), 'main');
  for (const place of rest === '' ? ['src', ...(main === null ? [] : [main]), '.'] : [rest, `src/${rest}`]) {
    const target = joined(directory, place);
    const file = target === null ? null : scriptAt(tree, target);
    if (file !== null) return file;
  }
  return null;
}

/** `from .models import User`, `import apps.users.models`: what comes from a module, and modules that are named. */
function pythonFiles(tree: RepositoryTree, from: string, { specifier, names }: CodeImport): readonly string[] {
  const dots = /^\.*/.exec(specifier)?.[0].length ?? 0;
  const parts = specifier.slice(dots).split('.').filter(Boolean);
  const roots =
    dots > 0
      ? [outwards(directoryOf(from))[dots - 1]].filter((root) => root !== undefined)
      : outwards(directoryOf(from)).flatMap((root) => pythonRoots(tree, root));
  const meant = roots.map((root) => pythonModule(tree, [...(root === '' ? [] : [root]), ...parts].join('/'), names));
  const hits = meant.filter((files) => files.length > 0);
  const [first] = hits;
  // Several roots may hold a module of that name; which comes first depends on how the program is started.
  return first && hits.every((files) => files.join('\n') === first.join('\n')) ? first : [];
}

/** Inside a package its own directory is no place for absolute names. */
function pythonRoots(tree: RepositoryTree, directory: string): readonly string[] {
  if (tree.has(directory === '' ? '__init__.py' : `${directory}/__init__.py`)) return [];
  return [directory, directory === '' ? 'src' : `${directory}/src`];
}

function pythonModule(tree: RepositoryTree, target: string, names: readonly string[]): readonly string[] {
  const moduleAt = (path: string): string | null =>
    [`${path}.py`, `${path}/__init__.py`, `${path}.pyi`].find((file) => tree.has(file)) ?? null;
  const own = target === '' ? null : moduleAt(target);
  const submodules = names.map((name) => moduleAt(target === '' ? name : `${target}/${name}`));
  const files = submodules.filter((file) => file !== null);
  // What is no module of its own is a name inside the package.
  const needsOwn = names.length === 0 || submodules.includes(null);
  return [...new Set([...files, ...(needsOwn && own !== null ? [own] : [])])].sort();
}
