import type { Plan } from '../../core/plan/model.ts';
import { checkoutDrift, checkoutState } from '../git/changes.ts';
import type { Repository } from '../git/repository.ts';
import type { RunDirectory } from './run-directory.ts';

/** What all runs share, as it was when an audit began. */
export interface Audit {
  /** Looks again and records what changed meanwhile. */
  end(run: RunDirectory): Promise<void>;
}

/** Looks at what an agent could reach outside its worktree: the primary checkout, without the plan's own directory. */
export async function beginAudit(repository: Repository, plan: Plan): Promise<Audit> {
  const before = await checkoutState(repository.git, [plan.dir]);
  return {
    async end(run) {
      const after = await checkoutState(repository.git, [plan.dir]);
      for (const drift of checkoutDrift(before, after)) {
        await run.record({
          type: 'note',
          note: {
            summary: `while the agent ran, the primary checkout changed: ${drift}`,
            severity: 'high',
            suggestedAction: 'If this was not you, look at it: an agent may have left its worktree.',
          },
        });
      }
    },
  };
}
