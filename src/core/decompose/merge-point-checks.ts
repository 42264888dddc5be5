import { evidenceOf } from '../spec/evidence.ts';
import type { Spec } from '../spec/model.ts';

/**
 * What a merge point without a check of its own is checked with: the commands of which the spec's evidence says that they
 * pass. Nothing is made up: without any it has none.
 */
export function proofOf(spec: Pick<Spec, 'answers'>): readonly string[] {
  return [...new Set(evidenceOf(spec).flatMap(({ commands }) => commands))];
}
