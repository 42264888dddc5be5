import { lstatSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * The top of the checkout around a directory (a linked worktree or a submodule counts), or `null` when there is none.
 * Asks the file system only, for faces that must answer at once or without git. As to git itself, a `.git` folder that
 * holds no `HEAD` is no repository: sandboxes leave empty ones behind, for instance in the temporary directory.
 */
export function checkoutAround(dir: string): string | null {
  for (let at = dir; ; at = path.dirname(at)) {
    if (isCheckout(at)) return at;
    if (path.dirname(at) === at) return null;
  }
}

function isCheckout(dir: string): boolean {
  const entry = path.join(dir, '.git');
  try {
    if (statSync(entry).isFile()) return true;
    // `HEAD` may be a symbolic link to a branch that is not born yet.
    lstatSync(path.join(entry, 'HEAD'));
    return true;
  } catch {
    // Not there, or not ours to look at.
    return false;
  }
}
