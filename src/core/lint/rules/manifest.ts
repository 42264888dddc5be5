import type { Rule } from './rule.ts';

/** What can be wrong with manifests. */
export const manifestRules = [
  { code: 'manifest.json', severity: 'error', summary: 'A manifest is not JSON, so the plan cannot be read.' },
  {
    code: 'manifest.json-strict',
    severity: 'warning',
    summary: 'A manifest holds comments, trailing commas or the like, which other tools refuse.',
  },
  { code: 'manifest.schema', severity: 'error', summary: 'A manifest field is missing or has the wrong type.' },
  {
    code: 'manifest.legacy',
    severity: 'info',
    summary: 'A manifest has the older form; it is read, and can be migrated.',
  },
  {
    code: 'manifest.unpinned',
    severity: 'warning',
    summary: 'A dependency is not pinned, so two agents may work with different versions.',
  },
  {
    code: 'manifest.validation',
    severity: 'warning',
    summary: "A wave's validation reads neither as a command nor as source text.",
  },
  {
    code: 'manifest.validation-command',
    severity: 'hint',
    summary: "Tells that a wave's validation was read as a command.",
  },
  {
    code: 'manifest.validation-source',
    severity: 'info',
    summary: "Tells that a wave's validation was read as source of the plan's technology.",
  },
] as const satisfies readonly Rule[];
