import type { Finding } from '../text/finding.ts';
import type { Judgement } from '../judge/judge.ts';
import type { Plan } from '../plan/model.ts';
import { whatIf } from '../plan/schedule.ts';
import { adviceText, judgementSections } from './judgement-text.ts';
import { criticalPathText } from '../plan/graph-words.ts';
import { breakEvenText, estimatorText, proposalLines, whatIfLines } from './schedule-text.ts';
import { counted, thousands } from '../text/printing.ts';
import { fenced } from '../text/markdown-writing.ts';

/** Rows of the what-if table before nobody reads on. */
const MOST_ROWS = 16;
/** Scaffolds shown whole. */
const MOST_SCAFFOLDS = 6;

/**
 * What is said of a decomposition beyond its waves, as Markdown blocks: advice on overlaps, hidden coupling, contracts to
 * be written with the file to start from, proposed merge points, contexts over budget. Empty where there is nothing.
 */
export function judgementBlocks(plan: Plan, judgement: Judgement): readonly string[] {
  const lines: string[] = [];
  const advice = judgement.advice.flatMap(({ overlap: { a, b, percent }, advice: found }) => {
    const text = adviceText(found);
    return text === null ? [] : [`- ${a} and ${b} share ${percent} %: ${text}`];
  });
  if (advice.length > 0) lines.push('## How to cut it better', '', ...advice, '');
  const asList = (rows: readonly string[]): string[] =>
    rows.map((row) => (row.startsWith(' ') ? `  ${row.trim()}` : `- ${row}`));
  for (const { title, lines: rows, folded = [] } of judgementSections(judgement, plan)) {
    lines.push(`## ${title}`, '', ...asList(rows), '');
    if (folded.length > 0)
      lines.push(
        '<details>',
        '<summary>The others, with their evidence</summary>',
        '',
        ...asList(folded),
        '',
        '</details>',
        '',
      );
  }
  const { scaffolds, crossings } = judgement.contracts;
  for (const draft of scaffolds
    .filter(({ covers }) => covers.some((one) => crossings.includes(one)))
    .slice(0, MOST_SCAFFOLDS))
    lines.push(...draftLines(draft));
  if (judgement.mergePoints.length > 0) {
    lines.push(`## Proposed merge points (${judgement.mergePoints.length})`, '');
    lines.push(...proposalLines(judgement.mergePoints, ' -> ').map((line) => listItem(line)), '');
  }
  return lines;
}

/** Contracts to start from, each under its path. */
export function draftsMarkdown(scaffolds: Judgement['contracts']['scaffolds']): string {
  if (scaffolds.length === 0) return 'No contract is missing: every interface between workstreams has one.\n';
  return `${scaffolds.flatMap(draftLines).join('\n').trimEnd()}\n`;
}

function draftLines({ path, language, content }: Judgement['contracts']['scaffolds'][number]): readonly string[] {
  return [`### ${path}`, '', fenced(content.trimEnd(), language), ''];
}

/** A judged plan as a document of its own. */
export function judgementMarkdown(plan: Plan, judgement: Judgement): string {
  const { graph, agents, estimator, findings } = judgement;
  const learned = estimatorText(estimator);
  const most = Math.min(MOST_ROWS, Math.max(agents.agents + 1, graph.width));
  const curve = whatIf(
    graph,
    Array.from({ length: most }, (_, i) => i + 1),
  );
  const lines = [
    `# ${plan.techSpecId}: ${plan.title}`,
    '',
    `${counted(plan.slices.length, 'slice')} in ${counted(graph.waves.length, 'wave')} and ${counted(graph.batches.length, 'batch', 'batches')}.`,
    '',
    `Critical path: ${criticalPathText(plan, graph, ' -> ') || 'none'}`,
    '',
    `${breakEvenText(agents, { maxParallel: plan.limits.maxParallel })}.`,
    '',
    ...(learned === null ? [] : [`${learned}.`, '']),
    '## Findings',
    '',
    ...findingLines(findings),
    '',
    ...overlapBlock(judgement),
    ...judgementBlocks(plan, judgement),
    '## With how many agents',
    '',
    '```text',
    ...whatIfLines(curve),
    '```',
    '',
    ...contextBlock(judgement),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function overlapBlock({ overlaps }: Judgement): string[] {
  if (overlaps.length === 0) return [];
  const sorted = overlaps.toSorted((a, b) => b.percent - a.percent).slice(0, 40);
  const rows = sorted.map(
    ({ a, b, percent, verdict, witness }) => `- ${a} and ${b}: ${percent} %, ${verdict} (\`${witness}\`)`,
  );
  const more = overlaps.length - rows.length;
  return [`## Overlaps (${overlaps.length})`, '', ...rows, ...(more > 0 ? [`- and ${more} more`] : []), ''];
}

function contextBlock({ contexts }: Judgement): string[] {
  if (contexts.length === 0) return [];
  const rows = contexts.map(({ slice, total, limit, layers }) => {
    const parts = layers.filter(({ tokens }) => tokens > 0).map(({ name, tokens }) => `${name} ${thousands(tokens)}`);
    return `- ${slice}: ${thousands(total)} of ${thousands(limit)} tokens (${parts.join(', ')})`;
  });
  return ['## Context of each slice', '', ...rows, ''];
}

/** Contracts to be written have a section of their own, of which a handful is shown. */
function findingLines(findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) return ['none'];
  const told = findings.filter(({ code }) => code === 'judge.contract-needed').length;
  const rest = findings.filter(({ code }) => code !== 'judge.contract-needed');
  const below = told === 0 ? [] : [`- ${counted(told, 'contract')} to be written: see below`];
  return [...rest.toSorted(byGravity).map(findingLine), ...below];
}

const gravity = ['error', 'warning', 'info', 'hint'];

function byGravity(a: Finding, b: Finding): number {
  return gravity.indexOf(a.severity) - gravity.indexOf(b.severity);
}

function findingLine({ severity, message, file, line, code }: Finding): string {
  return `- ${severity}: ${message} (${file}:${line}, ${code})`;
}

function listItem(line: string): string {
  const text = line.trim();
  return line.startsWith('   ') ? `  ${text}` : `- ${text}`;
}
