import { stopConditions } from '../context/prompt.ts';
import { formatEstimate, type Proposal, type ProposedSlice } from '../plan/proposal.ts';
import type { Plan, PlanFiles, Slice } from '../plan/model.ts';
import type { ScopeEntry } from '../task/model.ts';

/**
 * A plan directory as the proposal that would write it: what re-planning works on. Decomposing this proposal anew gives
 * the same plan. What a proposal has no place for (prose in a boundary, notes behind a path, sections of one's own,
 * wave validations, unknown keys) stays in the files, which re-planning edits instead of writing them anew.
 */
export function proposalOf(plan: Plan, files: PlanFiles): Proposal {
  return {
    slices: plan.slices.map(proposedSlice),
    workstreams: plan.workstreams.map(({ id, name, boundary }) => ({ id, name, boundary: [...boundary] })),
    merge_points: plan.mergePoints.map(({ id, needs, unlocks, verify }) => ({
      id,
      needs: [...needs],
      unlocks: [...unlocks],
      verify: [...verify],
    })),
    contracts: plan.contracts.map(({ path, target, provider, consumers }) => ({
      path,
      language: '',
      content: files.get(path) ?? '',
      target,
      provider,
      consumers: [...consumers],
    })),
    setup: [...(plan.setup ?? [])],
    conventions: (files.get('conventions.md') ?? '').replace(/^\s*# [^\n]*\n/, '').trim() || null,
  };
}

/** One slice of a plan as a proposal has it. */
export function proposedSlice(slice: Slice): ProposedSlice {
  const method = new Set(stopConditions([]));
  return {
    id: slice.id,
    title: slice.title,
    workstream: slice.workstream,
    deps: [...slice.deps],
    create: paths(slice.scope.create),
    modify: paths(slice.scope.modify),
    boundary: paths(slice.scope.boundary),
    requirements: requirementsOf(slice),
    checklist: slice.task.checklist
      .map((item) => unescaped(item.text))
      .filter((text) => text !== handChecked && !slice.verify.some((command) => isAbout(text, command))),
    verify: [...slice.verify],
    estimate: formatEstimate(slice.estimateMinutes),
    agent: slice.agent,
    contracts: [...slice.contracts],
    stop: slice.stop.map(unescaped).filter((text) => !method.has(text)),
  };
}

/** What a checklist is filled with that has nothing else to say. */
const handChecked = 'A person has read the result';

/** Whether a checklist item only says that a command passes. */
export function isAbout(item: string, command: string): boolean {
  return item === `\`${command}\` passes` || item === `\`\` ${command} \`\` passes`;
}

function paths(entries: readonly ScopeEntry[]): string[] {
  return entries.flatMap(({ path, symbol }) => (path === null ? [] : [symbol === null ? path : `${path}::${symbol}`]));
}

/** The items of the section, or its paragraphs where it is prose; what is nested stays with its item. */
function requirementsOf(slice: Slice): string[] {
  const text = slice.task.requirements.trim();
  if (text === '') return [];
  const found: string[] = [];
  let gap = true;
  for (const line of text.split(/\r?\n/)) {
    const item = /^(?:[-*+•]|\d{1,9}[.)])\s+(.*)$/.exec(line);
    const words = (item?.[1] ?? line).trim();
    if (item || (gap && words !== '')) found.push(words);
    else if (words !== '') found.push(`${found.pop() ?? ''} ${words}`);
    gap = words === '';
  }
  const lines = found.map(unescaped).filter((words) => words !== '');
  return lines.length === 1 && lines[0] === slice.title ? [] : lines;
}

/** Takes back what writing prose into a list item put in front of it. */
function unescaped(text: string): string {
  return text
    .trim()
    .replace(/^\\(?=[#>`~\-*_[+•\d])/, '')
    .replaceAll('&lt;!--', '<!--');
}
