import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { checkoutDrift, checkoutState, type CheckoutState } from '../../git/changes.ts';
import { Git } from '../../git/git.ts';

/**
 * Files that were changed already and are looked at again; a repository with more of them is not this one's business.
 */
const MOST_LOOKED_AT = 2000;

/**
 * Watches over a checkout in which nothing may change: `changed()` says in words what did since, empty when nothing
 * did. Git tells what is new or differs from the commit; of what did so before, size and time of change are compared.
 * Ignored files are not looked at. When git cannot tell, nothing is said.
 */
export async function watchCheckout(root: string): Promise<{ readonly changed: () => Promise<readonly string[]> }> {
  const look = async (): Promise<CheckoutState | null> => {
    try {
      const state = await checkoutState(new Git(root));
      const status = new Map(state.status);
      for (const [file, code] of [...status].slice(0, MOST_LOOKED_AT)) {
        const info = await lstat(path.join(root, file)).catch(() => null);
        if (info) status.set(file, `${code} ${info.size} ${info.mtimeMs}`);
      }
      return { ...state, status };
    } catch {
      return null;
    }
  };
  const before = await look();
  return {
    changed: async () => {
      const after = before && (await look());
      return before && after ? checkoutDrift(before, after) : [];
    },
  };
}
