import type { Rule } from './rule.ts';

/** What can be wrong with traces. */
export const traceRules = [] as const satisfies readonly Rule[];
