import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { createRedactor } from '../../core/gate/redact.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { outcomeText } from '../../core/run/claims.ts';
import type { Verification } from '../../core/run/model.ts';
import { shortened } from '../../core/text/printing.ts';
import type { Repository } from '../git/repository.ts';
import { failureOf } from '../git/unforeseen.ts';
import { forgetWorktree, worktreeRoot } from '../git/worktree.ts';
import { givenEnvironment } from '../process/processes.ts';
import { FactsReader } from '../state/facts.ts';
import { PATIENCE } from './base-checks.ts';
import { checkPlace } from './check-place.ts';
import { CleanCheckout } from './clean-checkout.ts';
import { enclosed, enclosureOfCheck, settleSandbox } from './confinement.ts';
import type { PreflightCheck } from './preflight.ts';
import { primaryValues } from './private-values.ts';
import { runCheck, validationCommand } from './verify.ts';

/** What a shell ends with when it cannot start, or cannot find, a program. */
const NOT_STARTED: ReadonlySet<number> = new Set([126, 127]);

/**
 * Sets a checkout of the plan's base up and tries the plan's checks in it, before anybody is paid: as a slice's are tried
 * before its agent starts, but all of them, and in a checkout that is taken away again. A check that fails there is what
 * a slice is for; one that cannot be started, or does not end, is for a person. Nothing of it is evidence of a run.
 */
export async function tryChecks(
  repository: Repository,
  loaded: LoadedPlan,
  { signal, say }: { readonly signal: AbortSignal; readonly say: (line: string) => void },
): Promise<readonly PreflightCheck[]> {
  const { plan } = loaded;
  const commands = new Map<string, string[]>();
  const ofWaves = plan.waveChecks.map((check) => ({
    id: `wave-${check.wave}`,
    verify: [validationCommand(check, plan.technology)],
  }));
  for (const { id, verify } of [...plan.slices, ...plan.mergePoints, ...ofWaves])
    for (const command of verify) {
      const owners = commands.get(command);
      if (owners) owners.push(id);
      else commands.set(command, [id]);
    }
  if (commands.size === 0) return [];
  const { preparedCommit } = await new FactsReader(repository).state(loaded);
  const base = preparedCommit ?? (await repository.git.resolve('HEAD'));
  if (base === null) return [];
  const settled = await settleSandbox(repository, plan.sandbox);
  if (!settled.ok) {
    const { message, remedy } = settled.failure;
    return [{ name: 'checks', status: 'error', detail: message, remedy }];
  }
  const { sandbox } = settled.value;
  const runId = `doctor-${Date.now()}-${process.pid}`;
  const worktree = path.join(await worktreeRoot(repository), plan.id, runId);
  const { dir } = await checkPlace(repository, { worktree, plan: plan.id });
  const redact = createRedactor(process.env, await primaryValues(repository));
  const checkout = new CleanCheckout({
    repository,
    plan,
    dir,
    runId,
    sandbox,
    trace: null,
    env: { ...givenEnvironment(), SLICEWAVE_PLAN: plan.id, SLICEWAVE_RUN_ID: runId },
    signal,
    redact,
    say,
  });
  try {
    const place = await checkout.at(base);
    if (!place.ok) return [notTried(place.failure, BEFORE_EVERY_SLICE)];
    const { env, writable } = place.value;
    const confining = enclosureOfCheck(sandbox, { repository, setting: plan.sandbox, worktree: dir, writable });
    return await enclosed(confining, async (confined) => {
      const checks: PreflightCheck[] = [];
      for (const [command, owners] of commands) {
        if (signal.aborted) break;
        say(`trying on the base: ${command}`);
        const timeoutMs = Math.min(PATIENCE, plan.limits.timeoutMinutes * 60_000);
        const result = await runCheck({ confined, runId, command, cwd: dir, env, timeoutMs, signal, redact });
        if (!signal.aborted) checks.push(tried(result, { base, owners }));
      }
      return checks;
    });
  } catch (error) {
    const failed = failureOf(error);
    if (failed === null) throw error;
    return [notTried(failed.message, failed.remedy)];
  } finally {
    await checkout.close();
    await rm(dir, { recursive: true, force: true });
    await forgetWorktree(repository, dir);
    // Others may be at work there, or have left something: only what is empty goes.
    for (const parent of [path.dirname(dir), path.dirname(path.dirname(dir))])
      await rmdir(parent).catch(() => undefined);
  }
}

const BEFORE_EVERY_SLICE =
  'Every slice would fail so: mend it first, or say another `setup` in manifest.json ([] for none).';

function notTried(why: string, remedy: string): PreflightCheck {
  const detail = `no checkout of the base could be made ready for checks: ${why}`;
  return { name: 'checks', status: 'error', detail, remedy };
}

function tried(
  result: Verification,
  { base, owners }: { readonly base: string; readonly owners: readonly string[] },
): PreflightCheck {
  const who = shortened(owners.join(', '));
  const where = `\`${result.command}\` (${who}), on the base ${base.slice(0, 10)}`;
  if (result.outcome === 'passed')
    return { name: 'checks', status: 'ok', detail: `${where}: passes already, without the change`, remedy: '' };
  const last = result.output.trim().split('\n').at(-1)?.trim() ?? '';
  const detail = `${where}: ${outcomeText(result)}${last === '' ? '' : `: ${shortened(last, 160)}`}`;
  const cannotRun =
    result.outcome === 'not-found' || result.outcome === 'timed-out' || NOT_STARTED.has(result.exitCode ?? 0);
  if (!cannotRun) return { name: 'checks', status: 'ok', detail, remedy: '' };
  return {
    name: 'checks',
    status: 'warning',
    detail,
    remedy: `Mend it or the set-up before ${who} is paid for, unless ${who} is to make what it lacks.`,
  };
}
