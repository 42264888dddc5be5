import { createHash } from 'node:crypto';
import path from 'node:path';
import { stateHome } from '../process/state-home.ts';

/**
 * Where what was learned of a repository is kept, by the git directory that all its worktrees share: beside the user's
 * other state, outside of the repository. An agent may write its worktree, and sometimes the git directory; a judge that
 * read there could be told what to think.
 */
export function learnedDirectory({ commonDir }: { readonly commonDir: string }, home: string = stateHome()): string {
  return path.join(home, 'learned', createHash('sha256').update(path.resolve(commonDir)).digest('hex').slice(0, 32));
}
