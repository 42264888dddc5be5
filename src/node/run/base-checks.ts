import type { PlanFacts } from '../../core/run/state-model.ts';
import { outcomeText } from '../../core/run/claims.ts';
import type { Verification } from '../../core/run/model.ts';
import type { SliceClaim } from './claim.ts';
import type { CleanCheckout } from './clean-checkout.ts';
import { enclosed } from './confinement.ts';
import type { GateRequest } from './gate.ts';
import { runCheck } from './verify.ts';

/** A check of the base that takes longer tells nothing that would be worth the wait. */
export const PATIENCE = 10 * 60_000;

/**
 * Runs the slice's checks on the commit that it stands on, before its agent is paid: what passes without the change proves
 * little about it, and what fails there is not the slice's fault. Results of other runs on the same commit are taken over.
 * A command is left out when its result could not be found out, which is no evidence either way.
 */
export async function checksOnBase(
  claim: SliceClaim,
  {
    checkout,
    base,
    confine,
  }: {
    readonly checkout: CleanCheckout;
    readonly base: string;
    readonly confine: GateRequest['confine'];
  },
): Promise<ReadonlyMap<string, Verification>> {
  const { run, slice, facts, redact } = claim;
  const { loaded, signal, say } = claim.request;
  const results = knownResults(facts, base);
  const wanted = [...new Set(slice.verify)].filter((command) => !results.has(command));
  if (wanted.length > 0) {
    const place = await checkout.at(base);
    if (!place.ok) {
      say(`the checks could not be run on the base: ${place.failure}`);
      return results;
    }
    const { dir, env, writable } = place.value;
    await enclosed(confine({ worktree: dir, writable }), async (confined) => {
      for (const command of wanted) {
        const timeoutMs = Math.min(PATIENCE, loaded.plan.limits.timeoutMinutes * 60_000);
        const result = await runCheck({
          confined,
          runId: run.runId,
          command,
          cwd: dir,
          env,
          timeoutMs,
          signal,
          redact,
        });
        if (signal.aborted) return;
        await run.record({ type: 'base_checked', commit: base, result });
        results.set(command, result);
      }
    });
    if (signal.aborted) return results;
  }
  for (const command of slice.verify) {
    const result = results.get(command);
    if (!result) continue;
    const what = result.outcome === 'passed' ? 'passes already, without the change' : outcomeText(result);
    say(`on the base ${base.slice(0, 10)}: ${command}: ${what}`);
  }
  return results;
}

function knownResults(facts: PlanFacts, base: string): Map<string, Verification> {
  const found = new Map<string, Verification>();
  for (const { events } of facts.runs)
    for (const event of events)
      if (event.type === 'base_checked' && event.commit === base) found.set(event.result.command, event.result);
  return found;
}
