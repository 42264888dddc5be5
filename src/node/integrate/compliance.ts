import type { BareChange } from '../git/changes.ts';
import { unsignedBetween } from '../git/signing.ts';
import type { Pass } from './pass.ts';

/** Contract compliance: who does not provide a contract has not changed it. */
export function checkContracts(pass: Pass, changes: readonly BareChange[]): void {
  const { plan } = pass.request.loaded;
  const targets = plan.contracts.filter((contract) => contract.target !== null);
  for (const contract of targets) {
    const name = `contract ${contract.target}`;
    const change = changes.find((c) => c.path === contract.target || c.from === contract.target);
    const owner = plan.slices.find((slice) => slice.id === contract.provider || slice.workstream === contract.provider);
    if (!change) pass.note(name, 'passed', 'as written before any agent started');
    else if (owner) pass.note(name, 'passed', `changed (${change.change}); its provider is ${contract.provider}`);
    else pass.note(name, 'failed', `${change.change}, though no slice provides it`);
  }
}

/** Boundary compliance of the whole: each file that changed was changed by slices whose gate let it through. */
export function checkBoundaries(pass: Pass, changes: readonly BareChange[]): void {
  const accounted = new Set(
    pass.request.state.slices.flatMap((slice) =>
      (slice.runs.findLast((run) => run.commit !== null)?.filesChanged ?? []).flatMap((file) =>
        file.from ? [file.path, file.from] : [file.path],
      ),
    ),
  );
  const strangers = changes.filter((change) => !accounted.has(change.path)).map((change) => change.path);
  if (strangers.length === 0)
    pass.note(
      'boundaries',
      'passed',
      `${changes.length} changed file${changes.length === 1 ? '' : 's'}, each in the scope of a verified slice`,
    );
  else pass.note('boundaries', 'failed', `changed by no verified slice: ${strangers.join(', ')}`);
}

/**
 * Whether what would land on the person's branch is signed as their policy asks for. It is told and holds nothing up:
 * the base of a slice is merged by the tool itself, which has no key, and a signer may have had nobody to ask.
 */
export async function checkSignatures(pass: Pass, whyNot: string | null): Promise<void> {
  const unsigned = await unsignedBetween(pass.git, pass.base, 'HEAD');
  if (unsigned.length === 0) {
    pass.note('signatures', 'passed', 'every commit is signed');
    return;
  }
  const named = unsigned.slice(0, 3).map((id) => id.slice(0, 10));
  const more = unsigned.length > named.length ? ` and ${unsigned.length - named.length} more` : '';
  const what = unsigned.length === 1 ? 'commit is' : 'commits are';
  const details = `${unsigned.length} ${what} not signed, though commit.gpgSign asks for it: ${named.join(', ')}${more}`;
  pass.note('signatures', 'not-run', whyNot === null ? details : `${details} (${whyNot})`);
}
