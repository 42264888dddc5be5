import type { Rule } from './rule.ts';

/** What can be wrong with the files that instruct agents: `AGENTS.md`, `CLAUDE.md`, `.claude/agents/*.md`. */
export const instructionsRules = [] as const satisfies readonly Rule[];
