import { fail, type EngineFailure } from '../failure.ts';
import type { Git } from '../git/git.ts';
import { settingsAsEnvironment } from '../git/hardening.ts';
import type { RecordedSettings } from '../git/settings.ts';
import { signingSettings } from '../git/signing.ts';
import { success, type Result } from '../../core/text/result.ts';

/** A merge that is about to be made into a person's branch. */
export interface PlannedMerge {
  readonly source: string;
  readonly target: string;
  readonly into: string;
}

/**
 * Whether what the person set for their own merges allows this one: `merge.verifySignatures` and `merge.ff=only`, by the
 * settings that the plan started with, or the same as `branch.<name>.mergeOptions`. A refusal moves nothing.
 */
export async function allowedByUser(
  git: Git,
  { config }: Pick<RecordedSettings, 'config'>,
  { source, target, into }: PlannedMerge,
): Promise<Result<null, EngineFailure>> {
  const key = `branch.${into}.mergeOptions`;
  const ofBranch = await git.run(['config', '--get', key], { accept: [0, 1] });
  const options = ofBranch.stdout.split(/\s+/);
  // The last one is the tool's own, which all its calls are made with.
  const set = (name: string): string | null | undefined => config.filter(([key]) => key === name).at(-2)?.[1];
  const verify = set('merge.verifysignatures');
  const byHand = `Or merge ${source.slice(0, 10)} by hand`;
  if (options.includes('--verify-signatures') || verify === null || /^(?:true|yes|on|[1-9]\d*)$/i.test(verify ?? '')) {
    const seen = await git.run(['verify-commit', source], {
      accept: [0, 1, 128],
      env: signingSettings({ config }),
    });
    if (seen.exitCode !== 0) {
      const by = options.includes('--verify-signatures') ? key : 'merge.verifySignatures';
      return fail(
        'conflict',
        `${into} was not moved: ${by} asks for a signature that can be verified, and ${source.slice(0, 10)} has none`,
        `Let commits be signed (commit.gpgSign, before the plan starts). ${byHand} with --no-verify-signatures.`,
      );
    }
  }
  if (options.includes('--ff-only') || set('merge.ff')?.toLowerCase() === 'only') {
    if (!(await git.isAncestor(target, source))) {
      const by = options.includes('--ff-only') ? key : 'merge.ff=only';
      return fail(
        'conflict',
        `${into} was not moved: ${by} allows no merge commit, and ${into} has commits that ${source.slice(0, 10)} has not`,
        `Allow merge commits (merge.ff), and integrate again. ${byHand} with --no-ff.`,
      );
    }
  }
  return success(null);
}

/**
 * The environment of a merge into a branch: what the person set for their own merges into it (`--squash`, a strategy)
 * would leave out of it what the tool says is in it.
 */
export function mergeEnvironment(into: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const own = [[`branch.${into}.mergeOptions`, '--ff --commit --no-squash']] as const;
  return { ...env, ...settingsAsEnvironment(own, { ...process.env, ...env }) };
}
