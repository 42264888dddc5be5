import type { Rule } from './rule.ts';

/** What can be wrong with specs. */
export const specRules = [
  {
    code: 'spec.yaml',
    severity: 'error',
    summary: 'The front matter of a spec is not YAML, so its id and status are lost.',
  },
  {
    code: 'spec.yaml-strict',
    severity: 'warning',
    summary: 'The front matter of a spec repeats a key or uses a strange one.',
  },
  {
    code: 'spec.front-matter',
    severity: 'warning',
    summary: 'A front matter field of a spec has a value outside its list.',
  },
  {
    code: 'spec.outcome-missing',
    severity: 'error',
    summary: 'A spec does not say which outcome it is after; the agent would invent one.',
  },
  {
    code: 'spec.in-scope-missing',
    severity: 'error',
    summary: 'A spec does not say what is in scope; the agent would decide it.',
  },
  {
    code: 'spec.out-of-scope-missing',
    severity: 'error',
    summary: 'A spec does not say what is out of scope; that is where drift begins.',
  },
  {
    code: 'spec.evidence-missing',
    severity: 'error',
    summary: 'A spec does not say which evidence proves that it worked.',
  },
  {
    code: 'spec.answer-empty',
    severity: 'error',
    summary: 'A heading for one of the four answers has no answer below it.',
  },
  {
    code: 'spec.confidence-low',
    severity: 'warning',
    summary: 'A spec of low confidence must not be decomposed; questions come first.',
  },
  { code: 'spec.duplicate-slice', severity: 'error', summary: 'Two slices of a spec have the same id.' },
  { code: 'spec.duplicate-merge-point', severity: 'error', summary: 'Two merge points of a spec have the same id.' },
  { code: 'spec.unknown-slice', severity: 'error', summary: 'A spec names a slice that it does not declare.' },
  {
    code: 'spec.cycle',
    severity: 'error',
    summary: 'Slices of a spec wait for each other in a circle, so none could ever start.',
  },
  { code: 'spec.merge-point', severity: 'warning', summary: 'A merge point cannot be read; it would gate nothing.' },
  {
    code: 'spec.estimate',
    severity: 'warning',
    summary: 'An estimate cannot be read, so the schedule would use the default.',
  },
  {
    code: 'spec.contract-name',
    severity: 'info',
    summary: 'A contract has no file name, so it cannot be written for the agents.',
  },
] as const satisfies readonly Rule[];
