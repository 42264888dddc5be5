import { finding } from '../finding.ts';
import type { Finding, Fix, Severity } from '../finding.ts';
import type { SourceText, Span } from '../source.ts';

export interface Rule {
  readonly code: string;
  readonly severity: Severity;
  /** One line: what is wrong, and why it matters. */
  readonly summary: string;
}

/** Every finding that reading and linting can report. Codes are stable once released. */
export const rules = [
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

export type RuleCode = (typeof rules)[number]['code'];

const bySeverity = new Map<string, Severity>(rules.map((rule) => [rule.code, rule.severity]));

/** A finding of a rule in the table, with the rule's severity. */
export function report(source: SourceText, code: RuleCode, message: string, span?: Span, fix?: Fix): Finding {
  return finding(source, code, bySeverity.get(code) ?? 'warning', message, span, fix);
}
