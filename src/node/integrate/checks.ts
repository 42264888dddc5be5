import type { Verification } from '../../core/run/model.ts';
import { enclosed, enclosureOfCheck } from '../run/confinement.ts';
import { openCheckEnvironment } from '../run/check-environment.ts';
import { runCheck, validationCommand } from '../run/verify.ts';
import type { Failing } from './model.ts';
import type { Merge, Pass } from './pass.ts';

interface Check {
  readonly name: string;
  readonly command: string;
  /** Number of merges after which it must pass. */
  readonly after: number;
}

/** Runs every check on the merged whole and finds the slice behind each failure. `null`: cancelled. */
export async function verifyWhole(pass: Pass, merges: readonly Merge[]): Promise<readonly Failing[] | null> {
  const { git } = pass;
  const failing: Failing[] = [];
  const head = (await git.resolve('HEAD')) ?? '';
  for (const check of wantedChecks(pass, merges)) {
    const result = await run(pass, check.command, check.name);
    if (!result) return null;
    pass.evidence.push(result);
    if (result.outcome === 'passed') {
      pass.note(check.name, 'passed', `\`${check.command}\` passed in ${(result.durationMs / 1000).toFixed(1)}s`);
      continue;
    }
    pass.note(
      check.name,
      'failed',
      `\`${check.command}\` ${result.outcome}${result.exitCode === null ? '' : ` (exit ${result.exitCode})`}`,
    );
    const culprit = await bisect(pass, check, merges);
    await git.run(['checkout', '--quiet', '--force', pass.request.branch]);
    if (culprit === null) return null;
    failing.push({ slice: culprit, check: check.command });
  }
  if ((await git.resolve('HEAD')) !== head) throw new Error('the integration branch moved while it was verified');
  if (pass.evidence.length === 0) pass.note('verification', 'not-run', 'no slice, merge point or wave names a check');
  return failing;
}

/** The checks of merge points, of waves, and of every slice, each once, on the merged whole. */
function wantedChecks(pass: Pass, merges: readonly Merge[]): readonly Check[] {
  const { plan } = pass.request.loaded;
  const wanted = new Map<string, Check>();
  const add = (name: string, command: string, slices: readonly string[]): void => {
    const after = Math.max(0, ...slices.map((id) => merges.findIndex((merge) => merge.slice === id) + 1));
    const known = wanted.get(command);
    if (known) wanted.set(command, { ...known, name: `${known.name}, ${name}`, after: Math.min(known.after, after) });
    else wanted.set(command, { name, command, after });
  };
  for (const point of plan.mergePoints) for (const command of point.verify) add(point.id, command, point.needs);
  for (const check of plan.waveChecks)
    add(`wave ${check.wave}`, validationCommand(check, plan.technology), check.slices);
  const skipped = new Set(pass.request.state.slices.filter((s) => s.state === 'skipped').map((s) => s.id));
  for (const slice of plan.slices) {
    if (skipped.has(slice.id)) continue;
    const waived = waivedChecks(pass, slice.id);
    for (const command of slice.verify) if (!waived.has(command)) add(slice.id, command, [slice.id]);
  }
  return [...wanted.values()];
}

/** Checks whose failure a person accepted in the run that made the slice's commit: asked again, they would fail again. */
function waivedChecks({ request: { state, facts } }: Pass, id: string): ReadonlySet<string> {
  const made = state.slices
    .find((slice) => slice.id === id)
    ?.runs.findLast((candidate) => candidate.commit !== null)?.runId;
  const events = facts.runs.find(({ runId }) => runId === made)?.events ?? [];
  return new Set(
    events.flatMap((event) => (event.type === 'verification' && event.result.waived ? [event.result.command] : [])),
  );
}

/** Binary search over the merges for the first one after which the check fails: that merge's slice breaks it. */
async function bisect(pass: Pass, check: Check, merges: readonly Merge[]): Promise<string | null> {
  // Before `after` merges the check has nothing to pass on; right after them is the first place it can be asked.
  let low = Math.max(0, check.after - 1);
  let high = merges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    await pass.git.run(['checkout', '--quiet', '--force', '--detach', merges[middle]?.commit ?? '']);
    const result = await run(pass, check.command, `bisecting at ${merges[middle]?.slice ?? ''}`);
    if (!result) return null;
    if (result.outcome === 'passed') low = middle + 1;
    else high = middle;
  }
  return merges[low]?.slice ?? '';
}

async function run(pass: Pass, command: string, what: string): Promise<Verification | null> {
  const { repository, loaded, sandbox, dir, redact, signal, say } = pass.request;
  if (signal.aborted) return null;
  say(`verifying ${what}: ${command}`);
  const checks = await openCheckEnvironment(pass.env(), pass.env()['SLICEWAVE_RUN_ID'] ?? 'integration');
  try {
    const place = { repository, setting: loaded.plan.sandbox, worktree: dir, writable: [checks.root] };
    const result = await enclosed(enclosureOfCheck(sandbox, place), (confined) =>
      runCheck({
        command,
        cwd: dir,
        env: checks.env,
        confined,
        timeoutMs: loaded.plan.limits.timeoutMinutes * 60_000,
        signal,
        redact,
      }),
    );
    return signal.aborted ? null : result;
  } finally {
    await checks.close();
  }
}
