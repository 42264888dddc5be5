import type { BareChange } from '../git/changes.ts';
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
