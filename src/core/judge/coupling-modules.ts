import type { CodeImport } from '../code/model.ts';
import { isTestPath } from '../conventions/sources.ts';
import { directoryOf, joined, nameOf, outwards, textLists, type RepositoryTree } from './coupling-tree.ts';

/** A package's files: those of the directory that the path means under a module of this repository, tests left out. */
export function goFiles(tree: RepositoryTree, from: string, specifier: string): readonly string[] {
  for (const directory of outwards(directoryOf(from))) {
    const text = tree.text(directory === '' ? 'go.mod' : `${directory}/go.mod`);
    if (text === null) continue;
    const own = packageOf(tree, directory, text, specifier);
    if (own !== null) return own;
    // The nearest file decides which module this is; other modules of the repository are found by their own names.
    break;
  }
  for (const path of tree.named('go.mod')) {
    const files = packageOf(tree, directoryOf(path), tree.text(path) ?? '', specifier);
    if (files !== null && files.length > 0) return files;
  }
  return [];
}

function packageOf(tree: RepositoryTree, directory: string, text: string, specifier: string): readonly string[] | null {
  const name = /^[ \t]*module[ \t]+"?([^\s"]+)/m.exec(text)?.[1];
  if (name === undefined || (specifier !== name && !specifier.startsWith(`${name}/`))) return null;
  const target = joined(directory, specifier.slice(name.length));
  return target === null
    ? []
    : tree.filesIn(target).filter((path) => path.endsWith('.go') && !path.endsWith('_test.go'));
}

/** `crate::`, `self::` and `super::` paths: the deepest module that has a file. */
export function rustFiles(tree: RepositoryTree, from: string, { specifier, names }: CodeImport): readonly string[] {
  const parts = specifier.split('::').filter(Boolean);
  const [head] = parts;
  const root = crateRoot(tree, from);
  let at: string | null;
  if (head === 'crate') {
    at = root;
    parts.shift();
  } else if (head === 'self' || head === 'super') {
    at = moduleDirectory(from);
    if (head === 'self') parts.shift();
    for (; parts[0] === 'super'; parts.shift()) at = at === null || at === '' || at === root ? null : directoryOf(at);
  } else return [];
  if (at === null) return [];
  const files = new Set<string>();
  for (const name of names.length > 0 ? names : [null]) {
    const file = rustModule(tree, at, name === null || name === 'self' ? parts : [...parts, name]);
    if (file !== null && file !== from) files.add(file);
  }
  return [...files].sort();
}

/** Where the modules inside a file stand: `a/b/` for `a/b.rs`, `a/` for `a/mod.rs`. */
function moduleDirectory(path: string): string {
  const name = nameOf(path);
  return name === 'mod.rs' || name === 'lib.rs' || name === 'main.rs' ? directoryOf(path) : path.replace(/\.rs$/, '');
}

/** The directory of the nearest `lib.rs` or `main.rs` around a file. */
function crateRoot(tree: RepositoryTree, from: string): string | null {
  const holds = (directory: string, name: string): boolean =>
    tree.has(directory === '' ? name : `${directory}/${name}`);
  return outwards(directoryOf(from)).find((dir) => holds(dir, 'lib.rs') || holds(dir, 'main.rs')) ?? null;
}

function rustModule(tree: RepositoryTree, root: string, parts: readonly string[]): string | null {
  // What stands behind the last module that has a file is something inside it.
  for (let count = parts.length; count > 0; count--) {
    const base = joined(root, parts.slice(0, count).join('/'));
    const file = base === null ? undefined : [`${base}.rs`, `${base}/mod.rs`].find((path) => tree.has(path));
    if (file !== undefined) return file;
  }
  // The names may stand in the module itself.
  return (
    ['lib.rs', 'main.rs', 'mod.rs']
      .map((name) => (root === '' ? name : `${root}/${name}`))
      .concat(`${root}.rs`)
      .find((path) => tree.has(path)) ?? null
  );
}

/** `com.shop.Order`, a member of it, or all of a package. */
export function javaFiles(tree: RepositoryTree, { specifier, names }: CodeImport): readonly string[] {
  const parts = specifier.split('.').filter(Boolean);
  for (let count = parts.length; count >= 2; count--) {
    const end = `${parts.slice(0, count).join('/')}.java`;
    const files = tree.named(nameOf(end)).filter((path) => path === end || path.endsWith(`/${end}`));
    if (files.length > 1) return [];
    if (files.length === 1) return files;
  }
  if (names.length > 0 || parts.length === 0) return [];
  return tree.once(`java package ${specifier}`, () => {
    const directory = parts.join('/');
    const files = tree
      .ending('.java')
      .filter((path) => !isTestPath(path))
      .filter((path) => directoryOf(path) === directory || directoryOf(path).endsWith(`/${directory}`));
    return new Set(files.map(directoryOf)).size === 1 ? files : [];
  });
}

/** The files of a namespace: by default it begins with its project's name and goes on as the directories do. */
export function cSharpFiles(tree: RepositoryTree, namespace: string): readonly string[] {
  return tree.once(`namespace ${namespace}`, () => {
    const fits = tree.ending('.csproj').filter((path) => {
      const name = nameOf(path).slice(0, -'.csproj'.length);
      return namespace === name || namespace.startsWith(`${name}.`);
    });
    const longest = Math.max(0, ...fits.map((path) => nameOf(path).length));
    const projects = fits.filter((path) => nameOf(path).length === longest);
    const [project] = projects;
    if (project === undefined || projects.length > 1) return [];
    const rest = namespace.slice(nameOf(project).length - '.csproj'.length);
    const directory = joined(directoryOf(project), rest.replaceAll('.', '/'));
    return directory === null ? [] : tree.filesIn(directory).filter((path) => path.endsWith('.cs'));
  });
}

/** `./x` beside the file; any other name on the usual load path: `lib` around the file. */
export function rubyFiles(tree: RepositoryTree, from: string, specifier: string): readonly string[] {
  const name = specifier.endsWith('.rb') ? specifier : `${specifier}.rb`;
  if (/^\.\.?\//.test(name)) return existing(tree, [joined(directoryOf(from), name)]);
  return existing(
    tree,
    outwards(directoryOf(from)).map((directory) => joined(directory, `lib/${name}`)),
  );
}

/** A class by the `psr-4` part of `composer.json`, else by a path that ends as its name does; or a file beside this one. */
export function phpFiles(tree: RepositoryTree, from: string, specifier: string): readonly string[] {
  if (specifier.endsWith('.php')) return existing(tree, [joined(directoryOf(from), specifier)]);
  const path = specifier.replaceAll('\\', '/');
  for (const directory of outwards(directoryOf(from))) {
    const composer = tree.json(directory === '' ? 'composer.json' : `${directory}/composer.json`);
    if (!composer) continue;
    const files = ['autoload', 'autoload-dev']
      .flatMap((part) => textLists(composer, part, 'psr-4'))
      .filter(([prefix]) => specifier.startsWith(prefix))
      .sort(([x], [y]) => y.length - x.length || (x < y ? -1 : 1))
      .flatMap(([prefix, places]) => places.map((place) => `${place}/${path.slice(prefix.length)}.php`))
      .flatMap((file) => existing(tree, [joined(directory, file)]));
    return files.slice(0, 1);
  }
  if (!path.includes('/')) return [];
  const end = `${path}.php`;
  const files = tree.named(nameOf(end)).filter((file) => file === end || file.endsWith(`/${end}`));
  return files.length === 1 ? files : [];
}

/** The first that is there, when it is the only one. */
function existing(tree: RepositoryTree, candidates: readonly (string | null)[]): readonly string[] {
  const files = [...new Set(candidates.filter((path) => path !== null && tree.has(path)))] as string[];
  return files.length === 1 ? files : [];
}
