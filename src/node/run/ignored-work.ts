import { compileGlob } from '../../core/scope/glob.ts';
import type { Scope } from '../../core/task/model.ts';
import type { Git } from '../git/git.ts';

/**
 * Ignored files of a worktree that a scope wants created, and that no commit would hold. `made` are files that a commit
 * holds, or could; absent: those of the worktree that git does not ignore. Where one of them is what an entry wants,
 * generated files beside it may well be ignored.
 */
export async function ignoredWork(git: Git, scope: Scope, made?: readonly string[]): Promise<readonly string[]> {
  const wanted = scope.create.flatMap(({ path: pattern }) => {
    const place = pattern === null ? '' : literalPart(pattern);
    return pattern === null || place === '' ? [] : [{ place, glob: compileGlob(pattern) }];
  });
  if (wanted.length === 0) return [];
  const list = (...which: readonly string[]): Promise<string[]> =>
    git.fields(['ls-files', ...which, '--exclude-standard', '-z', '--', ...wanted.map(({ place }) => place)]);
  const [there, ignored] = await Promise.all([made ?? list('--cached', '--others'), list('--others', '--ignored')]);
  if (ignored.length === 0) return [];
  const missing = wanted.filter(({ glob }) => !there.some((file) => glob.matches(file)));
  return ignored.filter((file) => missing.some(({ glob }) => glob.matches(file)));
}

/** A path without patterns, or the directory above the first of them. */
function literalPart(pattern: string): string {
  const at = pattern.search(/[*?[{!]/);
  return at < 0 ? pattern : pattern.slice(0, Math.max(0, pattern.lastIndexOf('/', at)));
}
