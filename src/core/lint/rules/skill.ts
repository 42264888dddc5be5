import type { Rule } from './rule.ts';

/** What can be wrong with skills. */
export const skillRules = [
  {
    code: 'skill.yaml',
    severity: 'error',
    summary: 'The front matter of a skill is not YAML, so agents cannot load it.',
  },
  {
    code: 'skill.yaml-strict',
    severity: 'warning',
    summary: 'The front matter of a skill repeats a key or uses a strange one.',
  },
  {
    code: 'skill.name',
    severity: 'warning',
    summary: "A skill's name is missing, malformed, or not its directory's name.",
  },
  {
    code: 'skill.description',
    severity: 'warning',
    summary: 'A skill has no usable description, so agents do not know when to use it.',
  },
  {
    code: 'skill.not-portable',
    severity: 'info',
    summary: "A front matter field of a skill is one vendor's extension, or has a form others refuse.",
  },
  {
    code: 'skill.allowed-missing',
    severity: 'warning',
    summary: 'A skill does not say what the agent is allowed to do.',
  },
  {
    code: 'skill.required-output-missing',
    severity: 'warning',
    summary: 'A skill does not say what a run must leave behind.',
  },
  {
    code: 'skill.required-output-incomplete',
    severity: 'info',
    summary: 'The required output of a skill omits part of the evidence.',
  },
  {
    code: 'skill.stop-missing',
    severity: 'warning',
    summary: 'A skill does not say when the agent must stop and ask.',
  },
  {
    code: 'skill.stop-incomplete',
    severity: 'info',
    summary: 'The stop conditions of a skill say nothing about one of the usual risks.',
  },
  { code: 'skill.too-long', severity: 'warning', summary: 'A skill is so long that it crowds out the work it is for.' },
] as const satisfies readonly Rule[];
