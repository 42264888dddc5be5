import type { Rule } from './rule.ts';

/** What can be wrong with suppressions of findings. */
export const suppressionRules = [] as const satisfies readonly Rule[];
