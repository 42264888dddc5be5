import type { Judgement } from '../judge/judge.ts';
import type { Operation } from './operations.ts';

/** What of a judge's proposals a person takes. */
export interface Taken {
  /** A file to start from for every interface between workstreams that has no contract. */
  readonly contracts: boolean;
  readonly mergePoints: boolean;
}

/**
 * The judge's proposals as changes of the plan. A contract goes into the plan's own directory; it is written into the
 * repository before any slice starts when it belongs there, and both sides name it.
 */
export function proposedOperations({ contracts, mergePoints }: Judgement, taken: Taken): readonly Operation[] {
  const operations: Operation[] = [];
  for (const { path, language, content, provider, consumers, covers } of taken.contracts ? contracts.scaffolds : []) {
    const file = path.slice(path.lastIndexOf('/') + 1);
    const both = covers.flatMap(({ slices }) => slices.flatMap((pair) => [pair.provider, pair.consumer]));
    operations.push({
      kind: 'contract',
      contract: {
        path: `contracts/${file}`,
        language,
        content,
        // A page of prose is for the agents alone.
        target: path.startsWith('contracts/') || language === 'md' ? null : path,
        provider,
        consumers: [...consumers],
      },
      slices: [...new Set(both)],
    });
  }
  for (const { id, needs, unlocks, verify } of taken.mergePoints ? mergePoints : [])
    operations.push({ kind: 'merge-point', id, needs, unlocks, verify });
  return operations;
}
