import type { Rule } from './rule.ts';

/** What can be wrong with plans. */
export const planRules = [
  { code: 'plan.manifest-missing', severity: 'error', summary: 'A plan directory has no manifest.json.' },
  { code: 'plan.task-file-missing', severity: 'error', summary: 'The manifest lists a slice that has no task spec.' },
  { code: 'plan.not-listed', severity: 'warning', summary: 'A task spec is not listed in the manifest.' },
  { code: 'plan.listed-twice', severity: 'warning', summary: 'The manifest lists a slice twice.' },
  { code: 'plan.bad-id', severity: 'error', summary: 'An id cannot name a branch or a directory.' },
  { code: 'plan.duplicate-id', severity: 'error', summary: 'Two task specs have the same id.' },
  {
    code: 'plan.agent-differs',
    severity: 'warning',
    summary: 'Manifest and task spec give a slice to different agents.',
  },
  { code: 'plan.unknown-dependency', severity: 'error', summary: 'A slice depends on a slice that does not exist.' },
  { code: 'plan.self-dependency', severity: 'error', summary: 'A slice depends on itself.' },
  {
    code: 'plan.cycle',
    severity: 'error',
    summary: 'Slices wait for each other in a circle, so none of them could ever start.',
  },
  { code: 'plan.unknown-merge-slice', severity: 'error', summary: 'A merge point names a slice that does not exist.' },
  {
    code: 'plan.blocks-disagree',
    severity: 'warning',
    summary: 'The blocks of a slice contradict the deps of another; deps decide.',
  },
  { code: 'plan.blocks-unknown', severity: 'warning', summary: 'The blocks of a slice name one that does not exist.' },
  {
    code: 'plan.create-twice',
    severity: 'error',
    summary: 'Two slices may create the same file, so one would overwrite the other.',
  },
  {
    code: 'plan.modify-together',
    severity: 'warning',
    summary: 'Two slices of one wave modify the same place and will conflict.',
  },
  {
    code: 'plan.wave-order',
    severity: 'warning',
    summary: 'The manifest puts a slice into no later a wave than what it depends on.',
  },
  {
    code: 'plan.wrong-count',
    severity: 'warning',
    summary: 'The count in metadata.total_tasks is not the number of slices.',
  },
  {
    code: 'plan.wrong-parallel',
    severity: 'warning',
    summary: 'The width in metadata.max_parallel is not the width of the widest wave.',
  },
  {
    code: 'plan.wrong-critical-path',
    severity: 'warning',
    summary: 'The chain in metadata.critical_path is not the longest chain of the plan.',
  },
  {
    code: 'plan.contract-missing',
    severity: 'warning',
    summary: 'A contract is named but does not exist in the plan directory.',
  },
] as const satisfies readonly Rule[];
