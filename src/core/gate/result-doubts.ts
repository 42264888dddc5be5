import type { Doubt, DoubtKind } from '../run/doubt.ts';
import type { Verification } from '../run/model.ts';

export interface ResultsAndBase {
  readonly results: readonly Verification[];
  /** The same commands without the change. */
  readonly onBase: ReadonlyMap<string, Verification>;
  /** Whether every test that is gone was read and lost no assertion: then a smaller number is a tidier file. */
  readonly keptAll: boolean;
  /** The same commands on the same tree, in an earlier attempt. */
  readonly earlier: ReadonlyMap<string, Verification>;
}

/** What the results of checks are worth, beside those of the base and of earlier attempts. */
export function doubtsOfResults({ results, onBase, keptAll, earlier }: ResultsAndBase): Doubt[] {
  return results.flatMap((result) => {
    const found: Doubt[] = [];
    const doubt = (kind: DoubtKind, severity: Doubt['severity'], summary: string): void => {
      found.push({ kind, severity, summary, places: [] });
    };
    const { command, counts } = result;
    const base = onBase.get(command);
    const before = base?.counts;
    // A check that runs more tests than on the base is not the one that passed there.
    const hasMore = counts && before && counts.exact && before.exact && counts.passed > before.passed;
    // Refactoring is work whose checks pass before and after: worth knowing, no accusation.
    if (base?.outcome === 'passed' && result.outcome === 'passed' && !hasMore)
      doubt('passes-on-base', 'low', `\`${command}\` passes on the base already, without the change`);
    if (counts && before && counts.exact && before.exact && !keptAll && counts.ran < before.ran)
      doubt('fewer-tests', 'high', `\`${command}\` ran ${counts.ran} tests, on the base ${before.ran}`);
    else if (counts && before && counts.skipped + counts.todo > before.skipped + before.todo)
      doubt(
        'test-skipped',
        'low',
        `\`${command}\` skipped ${counts.skipped + counts.todo} tests, on the base ${before.skipped + before.todo}`,
      );
    if (result.outcome === 'passed' && counts && counts.failed > 0)
      doubt('check-bent', 'high', `\`${command}\` ends well, and its own output counts ${counts.failed} failed tests`);
    if (counts?.replayed === 'some')
      doubt('replayed', 'high', `\`${command}\` replayed a part of its results from a cache`);
    const was = earlier.get(command);
    const isSettled = (check: Verification): boolean => check.outcome === 'passed' || check.outcome === 'failed';
    if (was && isSettled(was) && isSettled(result) && was.outcome !== result.outcome)
      doubt(
        'flaky',
        'high',
        `\`${command}\` ${result.outcome} now and ${was.outcome} before on the same tree: it is flaky`,
      );
    return found;
  });
}
