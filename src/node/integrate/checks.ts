import type { Verification } from '../../core/run/model.ts';
import { success, type Result } from '../../core/text/result.ts';
import { enclosed, enclosureOfCheck } from '../run/confinement.ts';
import type { CleanPlace } from '../run/clean-checkout.ts';
import { runCheck, validationCommand } from '../run/verify.ts';
import type { Failing } from './model.ts';
import { passId, type Merge, type Pass } from './pass.ts';

interface Check {
  readonly name: string;
  readonly command: string;
  /** Commands that its slice or merge point names before it: what they build, it may need. */
  readonly before: readonly string[];
  /** Number of merges after which it must pass. */
  readonly after: number;
}

/**
 * Runs every check on the merged whole and finds the slice behind each failure. `null`: cancelled. A failure is why no
 * check could be run.
 */
export async function verifyWhole(
  pass: Pass,
  merges: readonly Merge[],
): Promise<Result<readonly Failing[] | null, string>> {
  const { git } = pass;
  const failing: Failing[] = [];
  const head = (await git.resolve('HEAD')) ?? '';
  const wanted = wantedChecks(pass, merges);
  const checking = new Checking(pass);
  for (const check of wanted) {
    const ran = await checking.run(check, head, check.name);
    if (!ran.ok) return ran;
    const result = ran.value;
    if (!result) return success(null);
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
    // What only the whole proves, no slice alone can break.
    if (check.after > merges.length) continue;
    const culprit = await bisect(checking, check, merges);
    if (culprit === null) return success(null);
    failing.push({ slice: culprit, check: check.command });
  }
  if ((await git.resolve('HEAD')) !== head) throw new Error('the integration branch moved while it was verified');
  if (pass.evidence.length === 0) pass.note('verification', 'not-run', 'no slice, merge point or wave names a check');
  return success(failing);
}

/** The checks of merge points, of waves, and of every slice, each once, on the merged whole. */
function wantedChecks(pass: Pass, merges: readonly Merge[]): readonly Check[] {
  const { plan } = pass.request.loaded;
  const wanted = new Map<string, Check>();
  const add = (name: string, commands: readonly string[], slices: readonly string[]): void => {
    const after = Math.max(0, ...slices.map((id) => merges.findIndex((merge) => merge.slice === id) + 1));
    for (const [at, command] of commands.entries()) {
      const known = wanted.get(command);
      if (known) wanted.set(command, { ...known, name: `${known.name}, ${name}`, after: Math.min(known.after, after) });
      else wanted.set(command, { name, command, before: commands.slice(0, at), after });
    }
  };
  for (const { commands } of pass.request.evidence?.items ?? [])
    for (const command of commands)
      wanted.set(command, { name: 'evidence', command, before: [], after: merges.length + 1 });
  for (const point of plan.mergePoints) add(point.id, point.verify, point.needs);
  for (const check of plan.waveChecks)
    add(`wave ${check.wave}`, [validationCommand(check, plan.technology)], check.slices);
  const skipped = new Set(pass.request.state.slices.filter((s) => s.state === 'skipped').map((s) => s.id));
  for (const slice of plan.slices) {
    if (skipped.has(slice.id)) continue;
    const waived = waivedChecks(pass, slice.id);
    add(
      slice.id,
      slice.verify.filter((command) => !waived.has(command)),
      [slice.id],
    );
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

/**
 * Binary search over the merges for the first one after which the check fails: that merge's slice breaks it. `null`:
 * cancelled.
 */
async function bisect(checking: Checking, check: Check, merges: readonly Merge[]): Promise<string | null> {
  // Before `after` merges the check has nothing to pass on; right after them is the first place it can be asked.
  let low = Math.max(0, check.after - 1);
  let high = merges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const ran = await checking.run(check, merges[middle]?.commit ?? '', `bisecting at ${merges[middle]?.slice ?? ''}`);
    if (ran.ok && !ran.value) return null;
    // A merge that cannot even be set up does not pass.
    if (ran.ok && ran.value?.outcome === 'passed') low = middle + 1;
    else high = middle;
  }
  return merges[low]?.slice ?? '';
}

/** The clean checkout of a pass as it goes from commit to commit. */
class Checking {
  readonly #pass: Pass;
  #commit: string | null = null;
  #place: CleanPlace | null = null;
  /** Commands that have run on this commit. */
  readonly #ran = new Set<string>();

  constructor(pass: Pass) {
    this.#pass = pass;
  }

  /** Runs a check on a commit. `null`: cancelled. A failure is why the commit could not be checked out or set up. */
  async run(check: Check, commit: string, what: string): Promise<Result<Verification | null, string>> {
    const { repository, loaded, sandbox, checkout, redact, signal, say } = this.#pass.request;
    if (signal.aborted) return success(null);
    if (this.#commit !== commit || this.#place === null) {
      const place = await checkout.at(commit);
      if (signal.aborted) return success(null);
      if (!place.ok) return place;
      this.#commit = commit;
      this.#place = place.value;
      this.#ran.clear();
    }
    const { dir, env, writable } = this.#place;
    say(`verifying ${what}: ${check.command}`);
    const confining = enclosureOfCheck(sandbox, { repository, setting: loaded.plan.sandbox, worktree: dir, writable });
    const result = await enclosed(confining, async (confined) => {
      const one = (command: string): Promise<Verification> =>
        runCheck({
          command,
          cwd: dir,
          env,
          runId: passId(repository, loaded.plan.id),
          confined,
          timeoutMs: loaded.plan.limits.timeoutMinutes * 60_000,
          signal,
          redact,
        });
      for (const command of check.before) {
        if (this.#ran.has(command) || signal.aborted) continue;
        this.#ran.add(command);
        await one(command);
      }
      this.#ran.add(check.command);
      return one(check.command);
    });
    return success(signal.aborted ? null : result);
  }
}
