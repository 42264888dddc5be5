import { withoutParameters } from '../text/parameter-names.ts';
import type { Scope, ScopeEntry } from '../task/model.ts';

/** Files at the top of a package, by which the tools of each language know one. */
const MANIFESTS: readonly string[] = [
  'package.json',
  'pyproject.toml',
  'setup.py',
  'Cargo.toml',
  'go.mod',
  'pom.xml',
  'build.gradle',
  'build.gradle.kts',
  'composer.json',
  'Gemfile',
  'mix.exs',
  'pubspec.yaml',
];

/** The package of the repository that a file lies in, as a directory; `null` for the repository's own top level. */
export function packageAround(file: string, has: (file: string) => boolean): string | null {
  for (let dir = parentOf(file); dir !== ''; dir = parentOf(dir))
    for (const name of MANIFESTS) if (has(`${dir}/${name}`)) return dir;
  return null;
}

/** An entry of a scope that was probably written as seen from a package. */
export interface PackagePath {
  readonly entry: ScopeEntry;
  readonly path: string;
  /** The same path in the package. */
  readonly inPackage: string;
  /** Whether the path as it stands means something as well. */
  readonly isAtTop: boolean;
}

/**
 * Entries under CREATE and MODIFY that name what the package `dir` has under that name. Scopes are written from the top
 * of the repository, wherever the plan lies, so such an entry means nothing, or another file. Where the scope names paths
 * of the package in full, whoever wrote it knows that: an entry that means something at the top is left alone then.
 */
export function packagePaths(
  scope: Pick<Scope, 'create' | 'modify'>,
  dir: string,
  matching: (glob: string) => readonly string[],
): readonly PackagePath[] {
  const isInside = ({ path }: ScopeEntry): boolean => path === dir || path?.startsWith(`${dir}/`) === true;
  const knows = [...scope.create, ...scope.modify].some(isInside);
  const found: PackagePath[] = [];
  for (const [entry, looked] of [
    ...scope.modify.map((entry) => [entry, entry.path] as const),
    // What is to be created is nowhere yet: the directory that it comes into tells.
    ...scope.create.map((entry) => [entry, directoryOf(entry.path)] as const),
  ]) {
    const { path } = entry;
    if (path === null || looked === null || /^(?:\*|\.{0,2}\/|\.\.$)/.test(looked) || isInside(entry)) continue;
    if (matching(`${dir}/${looked}`).length === 0) continue;
    const isAtTop = matching(looked).length > 0;
    if (isAtTop && knows) continue;
    found.push({ entry, path, inPackage: `${dir}/${path}`, isAtTop });
  }
  return found;
}

/** All files below the directory that a path lies in, by its fixed part; `null` where that is the top. */
function directoryOf(path: string | null): string | null {
  const names = (path ?? '').split('/');
  const first = names.findIndex((name) => /[*?[\]{}]/.test(withoutParameters(name)));
  const fixed = first < 0 ? names.slice(0, -1) : names.slice(0, first);
  return fixed.length === 0 ? null : `${fixed.join('/')}/**`;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
