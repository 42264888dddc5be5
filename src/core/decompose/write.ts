import { DEFAULT_AGENT } from '../agent/agents.ts';
import { Document, isSeq } from 'yaml';
import { planPrompt, promptPath, stopConditions } from '../context/prompt.ts';
import { planGraph } from '../plan/graph.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import { loadPlan } from '../plan/load.ts';
import type { Plan, PlanFiles } from '../plan/model.ts';
import { removalNote } from '../task/model.ts';
import type { Spec, SpecSection } from '../spec/model.ts';
import { taskGraphMarkdown } from '../plan/task-graph.ts';
import { boundaryOf } from './boundary.ts';
import type { Proposal, ProposedContract, ProposedSlice } from '../plan/proposal.ts';
import { oneLine } from '../text/printing.ts';
import { bullets, codeSpan, tableCell } from '../text/markdown-writing.ts';

export interface PlanFilesRequest {
  readonly proposal: Proposal;
  readonly spec: Spec;
  /** Repository-relative. */
  readonly specPath: string;
  /** Name of the plan directory: `TS-0042-inventory`. */
  readonly dirName: string;
  /** The directory that holds plan directories. Default `parallel`. */
  readonly parent?: string;
  /** Agent of slices that name none. Default `claude`. */
  readonly agent?: string;
  /** ISO 8601; left out by default, so that the same proposal gives the same bytes at any time. */
  readonly generatedAt?: string;
  /** Prompts too. Default `true`; they take longer than everything else. */
  readonly prompts?: boolean;
}

/**
 * A complete plan directory, as paths relative to it: manifest, task specs, contracts, context, conventions,
 * architecture, task graph, test plan and prompts. Deterministic to the byte; reading it back gives the proposal.
 */
export function planFiles(request: PlanFilesRequest): PlanFiles {
  const dir = `${request.parent ?? 'parallel'}/${request.dirName}`;
  const contracts = storedContracts(request.proposal.contracts);
  const names = taskNames(request.proposal.slices);
  // Waves follow from the edges, and the edges are known when the files can be read: write, read, write with waves.
  const bare = render(request, contracts, names, null);
  const files = render(request, contracts, names, planGraph(read(bare, dir)));
  const plan = read(files, dir);
  // Waves put the slices in another order. What is read back from the disk must say the same, prompt by prompt.
  const graph = planGraph(plan);
  files.set('task-graph.md', taskGraphMarkdown(plan, graph));
  for (const slice of request.prompts === false ? [] : plan.slices)
    files.set(promptPath(slice), planPrompt(plan, slice, graph, files));
  files.set('prompts/agent-prompts.md', launchCommands(plan, graph));
  return new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function read(files: PlanFiles, dir: string): Plan {
  const { plan, findings } = loadPlan(files, dir);
  if (!plan) throw new Error(`a plan was written that cannot be read: ${findings[0]?.message ?? dir}`);
  return plan;
}

const plainFile = /^(?:tech[-_ ]?)?(?:spec|specification|requirements|prd|rfc|design|readme|index|feature)$/i;

/** A name for the plan directory: the spec's file name when it begins with the id, else id and title. */
export function planName(spec: Spec, specPath: string): string {
  const file = specPath.slice(specPath.lastIndexOf('/') + 1).replace(/(\.spec)?\.(md|markdown)$/i, '');
  // `docs/spec.md` says nothing of what it is about; its title does.
  if (!spec.id) return slug((plainFile.test(file) && slug(spec.title, 60)) || file, 60);
  const id = spec.id.replaceAll(/[^A-Za-z0-9-]+/g, '-');
  // The name of a change or a feature (`add-two-factor-auth`) says already what it is; an id (`TS-0042`) does not.
  if (/^[a-z]+(?:-[a-z0-9]+)+$/.test(id) || id === slug(spec.title, 60)) return id.slice(0, 60);
  const rest = file.toLowerCase().startsWith(id.toLowerCase()) ? file.slice(id.length) : spec.title;
  return [id, slug(rest, 60 - id.length)].filter((part) => part !== '').join('-');
}

function slug(text: string, limit: number): string {
  const words =
    text
      .replaceAll('ß', 'ss')
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  let result = '';
  for (const word of words) {
    if (result !== '' && result.length + 1 + word.length > limit) break;
    result = result === '' ? word.slice(0, Math.max(limit, 8)) : `${result}-${word}`;
  }
  return result;
}

interface StoredContract extends ProposedContract {
  /** Relative to the plan directory. */
  readonly stored: string;
}

/** `src/contracts/inventory.ts` is stored as `contracts/inventory.ts` and written to where the proposal says. */
function storedContracts(contracts: readonly ProposedContract[]): StoredContract[] {
  const taken = new Set<string>();
  return contracts.map((contract) => {
    const parts = contract.path.replace(/^\.?\//, '').split('/');
    const inPlan = parts[0] === 'contracts';
    const file = parts.at(-1) ?? 'contract';
    const candidates = [
      inPlan ? parts.slice(1).join('/') : file,
      parts.join('-'),
      ...Array.from({ length: contracts.length }, (_, i) => `${i + 2}-${file}`),
    ];
    const name = candidates.find((candidate) => !taken.has(candidate)) ?? file;
    taken.add(name);
    const target = contract.target ?? (!inPlan && parts.length > 1 ? parts.join('/') : null);
    return { ...contract, stored: `contracts/${name}`, target };
  });
}

/** File names of the task specs: `task-001-users`. Ids that already read like that are kept, when they are unique. */
function taskNames(slices: readonly ProposedSlice[]): Map<string, string> {
  const numbers = slices.map((slice) => /^task-\d+/.exec(slice.id)?.[0]);
  const keep = numbers.every((number) => number !== undefined) && new Set(numbers).size === slices.length;
  return new Map(
    slices.map((slice, i) => {
      const number = keep ? (numbers[i] ?? '') : `task-${String(i + 1).padStart(3, '0')}`;
      if (keep && slice.id !== number) return [slice.id, slice.id];
      return [slice.id, [number, slug(slice.title, 40)].filter((part) => part !== '').join('-')];
    }),
  );
}

function render(
  request: PlanFilesRequest,
  contracts: readonly StoredContract[],
  names: ReadonlyMap<string, string>,
  graph: PlanGraph | null,
): Map<string, string> {
  const { proposal, spec, specPath } = request;
  const files = new Map<string, string>();
  files.set('manifest.json', `${JSON.stringify(manifest(request, contracts, names, graph), null, 2)}\n`);
  for (const slice of proposal.slices) {
    files.set(`tasks/${names.get(slice.id) ?? slice.id}.md`, taskSpec(slice, request, contracts, graph));
  }
  for (const contract of contracts) files.set(contract.stored, ended(contract.content));
  files.set('context.md', contextPage(spec, specPath));
  files.set('conventions.md', page('Conventions', [proposal.conventions ?? defaultConventions]));
  files.set('architecture.md', architecturePage(request, contracts));
  files.set('test-plan.md', testPlanPage(request));
  return files;
}

function manifest(
  request: PlanFilesRequest,
  contracts: readonly StoredContract[],
  names: ReadonlyMap<string, string>,
  graph: PlanGraph | null,
): Record<string, unknown> {
  const { proposal, spec, specPath, dirName } = request;
  const slices = new Map(proposal.slices.map((slice) => [slice.id, slice]));
  const ranked = graph ? graph.waves : [];
  const placed = new Set(ranked.flat());
  // What stands on a cycle has no wave; it is kept in the last one, where the finding about the cycle names it.
  const rest = proposal.slices.map((slice) => slice.id).filter((id) => !placed.has(id));
  const waves = rest.length > 0 ? [...ranked, rest] : ranked;
  const techSpecId = spec.id ?? dirName;
  const shortName = dirName.startsWith(`${techSpecId}-`) ? dirName.slice(techSpecId.length + 1) : dirName;
  return {
    tech_spec_id: techSpecId,
    name: shortName,
    title: spec.title,
    ...(spec.technology ? { technology: spec.technology } : {}),
    ...(proposal.setup.length > 0 ? { setup: proposal.setup } : {}),
    workstreams: proposal.workstreams,
    waves: waves.map((ids, i) => ({
      number: i + 1,
      tasks: ids.map((id) => ({
        id,
        agent: agentOf(slices.get(id), request),
        component: slug(slices.get(id)?.title ?? id, 40),
        prompt_file: `prompts/${/^task-\d+/.exec(names.get(id) ?? id)?.[0] ?? id}.txt`,
      })),
    })),
    merge_points: proposal.merge_points.map((point) => ({
      id: point.id,
      needs: point.needs,
      unlocks: point.unlocks,
      ...(point.verify.length > 0 ? { verify: point.verify } : {}),
    })),
    contracts: contracts.map((contract) => ({
      path: contract.stored,
      ...(contract.target ? { target: contract.target } : {}),
      ...(contract.provider ? { provider: contract.provider } : {}),
      consumers: contract.consumers,
    })),
    metadata: {
      tech_spec: specPath,
      ...(request.generatedAt ? { generated_at: request.generatedAt } : {}),
      total_tasks: proposal.slices.length,
      max_parallel: graph?.width ?? proposal.slices.length,
      critical_path: (graph?.criticalPath ?? []).filter((id) => slices.has(id)),
    },
  };
}

function agentOf(slice: ProposedSlice | undefined, request: PlanFilesRequest): string {
  return slice?.agent ?? request.agent ?? DEFAULT_AGENT;
}

function taskSpec(
  slice: ProposedSlice,
  request: PlanFilesRequest,
  contracts: readonly StoredContract[],
  graph: PlanGraph | null,
): string {
  const { proposal, specPath } = request;
  const own = contracts.filter((contract) =>
    slice.contracts.some((name) => name === contract.path || name === contract.target || name === contract.stored),
  );
  const conditions = stopConditions(slice.stop);
  const front: Record<string, unknown> = {
    id: slice.id,
    title: slice.title,
    component: slug(slice.title, 40),
    wave: graph?.schedule.get(slice.id)?.wave ?? 1,
    deps: slice.deps,
    blocks: proposal.slices.filter((other) => other.deps.includes(slice.id)).map((other) => other.id),
    agent: agentOf(slice, request),
    ...(slice.workstream ? { workstream: slice.workstream } : {}),
    tech_spec: specPath,
    contracts: own.map((contract) => contract.stored),
    verify: slice.verify,
    estimate: slice.estimate,
  };
  const checks = slice.verify.map((command) => `- [ ] ${codeSpan(command)} passes`);
  const wanted = slice.checklist.map((item) => `- [ ] ${inline(item)}`);
  return `---
${frontMatter(front)}---

# ${slice.id}: ${slice.title}

## Scope

${directive('CREATE', slice.create)}

${directive('MODIFY', slice.modify, new Set(slice.removed))}

${directive('BOUNDARY', boundaryFor(slice))}

## Requirements

${bullets((slice.requirements.length > 0 ? slice.requirements : [slice.title]).map(inline))}

## Checklist

${[...wanted, ...checks].join('\n') || '- [ ] A person has read the result'}

## Stop conditions

Stop, leave the work as it is, and ask when one of these holds:

${bullets(conditions.map(inline))}

## Evidence

- The diff touches nothing outside CREATE and MODIFY
- Every command of the checklist was run after the last edit; its exit code and output are in the trace of the run
`;
}

function frontMatter(fields: Record<string, unknown>): string {
  const document = new Document(fields);
  for (const key of ['deps', 'blocks', 'contracts', 'verify']) {
    const node = document.get(key, true);
    if (isSeq(node)) node.flow = key !== 'verify' || node.items.length === 0;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** A slice without neighbours still has a boundary: secrets and pipelines, as far as they are not its own work. */
function boundaryFor(slice: ProposedSlice): readonly string[] {
  if (slice.boundary.length > 0) return slice.boundary;
  return boundaryOf({
    own: [...slice.create, ...slice.modify],
    forbidden: ['.env*', '.github/**'],
    foreign: [],
    others: [],
  });
}

function directive(key: string, entries: readonly string[], removed: ReadonlySet<string> = new Set()): string {
  const entry = (path: string): string => `${codeSpan(path)}${removed.has(path) ? ` - ${removalNote}` : ''}`;
  return entries.length === 0 ? `${key}: none` : `${key}:\n${bullets(entries.map(entry))}`;
}

function contextPage(spec: Spec, specPath: string): string {
  return page(spec.title, [
    `Spec: \`${specPath}\`${spec.technology ? `. Technology: ${spec.technology}.` : '.'}`,
    heading('Outcome', spec.answers.outcome),
    heading('In scope', spec.answers.in_scope),
    heading('Out of scope', spec.answers.out_of_scope),
    heading('Constraints', spec.constraints),
  ]);
}

function architecturePage(request: PlanFilesRequest, contracts: readonly StoredContract[]): string {
  const { proposal, spec } = request;
  const streams = proposal.workstreams.map((stream) => {
    const slices = proposal.slices.filter((slice) => slice.workstream === stream.id);
    return `| ${stream.id} | ${tableCell(stream.name)} | ${stream.boundary.map(cellCode).join(', ') || '-'} | ${slices.map((slice) => slice.id).join(', ') || '-'} |`;
  });
  const slices = proposal.slices.map((slice) => {
    const writes = [...slice.create.map((path) => `+ ${cellCode(path)}`), ...slice.modify.map(cellCode)];
    const points = proposal.merge_points.filter((point) => point.unlocks.includes(slice.id)).map((point) => point.id);
    return `| ${slice.id} | ${tableCell(slice.title)} | ${writes.join('<br>') || '-'} | ${[...slice.deps, ...points].join(', ') || '-'} |`;
  });
  const shared = contracts.map(
    (contract) =>
      `| \`${contract.stored}\` | ${contract.target ? cellCode(contract.target) : 'context only'} | ${contract.provider ?? '-'} | ${contract.consumers.join(', ') || '-'} |`,
  );
  const points = proposal.merge_points.map(
    (point) => `- ${point.id}: ${point.needs.join(' + ')} -> ${point.unlocks.join(', ')}`,
  );
  return page(`Architecture of ${spec.title}`, [
    streams.length > 0
      ? `## Workstreams\n\nEach is a boundary that only its own slices cross.\n\n| id | name | boundary | slices |\n|---|---|---|---|\n${streams.join('\n')}`
      : null,
    `## Slices\n\nA plus marks a file that the slice creates.\n\n| id | title | writes | after |\n|---|---|---|---|\n${slices.join('\n')}`,
    shared.length > 0
      ? `## Contracts\n\nWritten before any slice starts, changed by none.\n\n| file | in the repository | provided by | used by |\n|---|---|---|---|\n${shared.join('\n')}`
      : null,
    points.length > 0
      ? `## Merge points\n\nWhat stands on the left is verified and merged together before the right may start.\n\n${points.join('\n')}`
      : null,
    heading('Constraints', spec.constraints),
    heading('Risks', spec.risks),
  ]);
}

function testPlanPage(request: PlanFilesRequest): string {
  const { proposal, spec } = request;
  const checks = proposal.slices.map((slice) => {
    const what = [...slice.checklist, ...slice.requirements];
    return `| ${slice.id} | ${tableCell(slice.checklist.length > 0 ? slice.checklist.join('; ') : (what[0] ?? slice.title))} | ${slice.verify.map(cellCode).join('<br>') || 'a person reads the result'} |`;
  });
  return page(`Test plan of ${spec.title}`, [
    'What a correct result must satisfy, written before the implementation. To be reviewed by someone who wrote neither.',
    heading('Evidence of the whole', spec.answers.evidence),
    heading('What the spec asks to be tested', spec.testPlan),
    `## Checks of each slice\n\n| slice | what must hold | run by the tool |\n|---|---|---|\n${checks.join('\n')}`,
  ]);
}

const defaultConventions = `Write as the neighbouring code is written: its names, its formatting, its way of importing and of reporting errors. Take
names and types from the contracts as they are, in the same spelling everywhere.

Keep to the files of your slice. Do not rename, move or reformat what exists, and add no dependency.`;

export function launchCommands(plan: Plan, graph: PlanGraph): string {
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const waves = graph.waves.map((ids, i) => {
    const rows = ids.map((id) => {
      const slice = slices.get(id);
      return `| ${id} | ${tableCell(slice?.title ?? id)} | \`slicewave run ${plan.dir} --only ${id}\` | ${slice ? `[${promptPath(slice)}](${promptPath(slice).replace(/^prompts\//, '')})` : '-'} |`;
    });
    return `## Wave ${i + 1}\n\n| slice | title | command | prompt |\n|---|---|---|---|\n${rows.join('\n')}`;
  });
  return page(`Launch commands of ${plan.title}`, [
    `The whole plan, each slice as soon as what it waits for is verified:\n\n\`\`\`sh\nslicewave run ${plan.dir}\n\`\`\``,
    'One slice alone, in a worktree of its own, with its scope and its checks enforced. At that moment the current content of the files in scope is added to its prompt.',
    ...waves,
  ]);
}

function page(title: string, parts: readonly (string | null)[]): string {
  return ended([`# ${title}`, ...parts.flatMap((part) => (part ? [part.trim()] : []))].join('\n\n'));
}

function heading(title: string, section: SpecSection | null): string | null {
  const text = section?.text.trim() ?? '';
  // Headings inside a section go below the page's own.
  return text === '' ? null : `## ${title}\n\n${text.replaceAll(/^#{1,3}(?=\s)/gm, '###')}`;
}

function ended(text: string): string {
  return `${text.replace(/\s+$/, '')}\n`;
}

/** Prose at the beginning of a list item must not open a block of its own, and swallow what follows. */
function inline(text: string): string {
  const one = oneLine(text).replaceAll('<!--', '&lt;!--');
  return /^(#|>|`{3}|~{3}|---|\*\*\*|___|\[[ xX]\]|[-*+•] |\d+[.)] )/.test(one) ? `\\${one}` : one;
}

function cellCode(text: string): string {
  return tableCell(codeSpan(text));
}
