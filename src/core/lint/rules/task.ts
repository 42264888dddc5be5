import type { Rule } from './rule.ts';

/** What can be wrong with task specs. */
export const taskRules = [
  {
    code: 'task.yaml',
    severity: 'error',
    summary: 'The front matter of a task spec is not YAML, so its dependencies are lost.',
  },
  {
    code: 'task.yaml-strict',
    severity: 'warning',
    summary: 'The front matter of a task spec repeats a key or uses a strange one.',
  },
  { code: 'task.schema', severity: 'warning', summary: 'A front matter field of a task spec has the wrong type.' },
  {
    code: 'task.estimate',
    severity: 'warning',
    summary: 'An estimate cannot be read, so the schedule would use the default.',
  },
  {
    code: 'task.scope-missing',
    severity: 'error',
    summary: 'A slice names no file it may create or modify, so every edit would be out of scope.',
  },
  {
    code: 'task.boundary-missing',
    severity: 'warning',
    summary: 'A slice has no BOUNDARY; nothing tells the agent what it must not touch.',
  },
  {
    code: 'task.boundary-overlap',
    severity: 'warning',
    summary: 'A slice may write a path that its own BOUNDARY forbids.',
  },
  {
    code: 'task.boundary-prose',
    severity: 'warning',
    summary: 'A boundary in prose is told to the agent but cannot be enforced.',
  },
  { code: 'task.scope-prose', severity: 'warning', summary: 'A scope entry in prose gives no right to any file.' },
  {
    code: 'task.scope-unclear',
    severity: 'warning',
    summary: 'A scope entry mixes a path and a remark so that it could be misread.',
  },
  { code: 'task.scope-outside', severity: 'error', summary: 'A scope path leaves the repository.' },
  {
    code: 'task.scope-directory',
    severity: 'hint',
    summary: 'A scope path without an extension names one file, which may be meant as a directory.',
  },
  { code: 'task.symbol-missing', severity: 'warning', summary: 'A scope entry ends in "::" without a symbol.' },
  {
    code: 'task.symbol-shape',
    severity: 'warning',
    summary: 'The words behind "::" are no symbol, so they match nothing.',
  },
  {
    code: 'task.stop-missing',
    severity: 'warning',
    summary: 'Neither a slice nor a skill it names says when the agent must stop and ask.',
  },
  { code: 'task.agent-missing', severity: 'warning', summary: 'A slice has no agent.' },
  {
    code: 'task.check-missing',
    severity: 'warning',
    summary: 'A slice has no check that can be run, so its result could never be verified.',
  },
  {
    code: 'task.check-needs-shell',
    severity: 'warning',
    summary: 'A check uses what only a shell can do; commands are started without one.',
  },
] as const satisfies readonly Rule[];
