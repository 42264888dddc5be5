import type { Preview } from '../decompose/preview.ts';
import { roundsText } from '../decompose/rounds.ts';
import { minutes } from '../text/duration.ts';
import { judgementBlocks } from './judgement-markdown.ts';
import { isInSections } from './judgement-text.ts';
import { contractLines, estimateLines, guessesTitle, guessLines, matrixLines, questionLines } from './preview-text.ts';
import { scopeEntryText } from './scope-text.ts';
import { counted, thousands } from '../text/printing.ts';
import { codeSpan } from '../text/markdown-writing.ts';

/**
 * A preview as Markdown that reads well as text too: an editor shows it unrendered. Lists rather than tables, because a
 * wide table wraps there.
 */
export function previewMarkdown(preview: Preview): string {
  const { plan, graph } = preview;
  const errors = preview.counts.error;
  const lines = [
    `# ${plan.techSpecId}: ${plan.title}`,
    '',
    `Preview of the plan for \`${preview.specPath}\`, made by: ${preview.by.title}. **Nothing is written yet.** The editor's title bar has *Write Plan* and *Discard*.`,
    '',
    preview.exists
      ? `\`${preview.dir}\` holds a plan already; writing replaces it. To change a plan under way, re-plan it instead.`
      : `It will be written to \`${preview.dir}\`.`,
    '',
    `${counted(plan.slices.length, 'slice')} in ${counted(graph.waves.length, 'wave')} and ${counted(graph.batches.length, 'batch', 'batches')}; at most ${graph.width} at a time; ${minutes(graph.makespanMinutes)} with enough agents.${errors > 0 ? ` **${counted(errors, 'error')}.**` : ''}`,
    '',
  ];
  if (preview.rounds) lines.push(`Corrected in ${roundsText(preview.rounds)}.`, '');
  if (preview.questions.length > 0)
    lines.push('## Questions', '', ...questionLines(preview).map((text) => `- ${text}`), '');
  lines.push('## Findings', '', ...findingLines(preview), '## Waves', '', ...waveLines(preview));
  if (graph.cycles.length > 0)
    lines.push('## Cycles', '', ...graph.cycles.map((trail) => `- ${trail.join(' -> ')}`), '');
  if (plan.mergePoints.length > 0) {
    lines.push('## Merge points', '');
    for (const point of plan.mergePoints) {
      const verify = point.verify.length > 0 ? ` (${point.verify.map(codeSpan).join(', ')})` : '';
      lines.push(`- ${point.id}: ${point.needs.join(' + ')} -> ${point.unlocks.join(', ')}${verify}`);
    }
    lines.push('');
  }
  const points = new Set(plan.mergePoints.map((point) => point.id));
  const path = graph.criticalPath.map((id) => (points.has(id) ? `[${id}]` : id)).join(' -> ');
  lines.push(
    '## Critical path',
    '',
    path || 'none',
    '',
    '## Estimate',
    '',
    ...estimateLines(preview).map((line) => `- ${line}`),
    '',
  );
  const matrix = matrixLines(preview.matrix, { ascii: true });
  if (matrix.length > 0) {
    const pairs = preview.overlaps
      .toSorted((a, b) => b.percent - a.percent)
      .slice(0, mostPairs)
      .map(({ a, b, percent, verdict, witness }) => `- ${a} and ${b}: ${percent} %, ${verdict} (${codeSpan(witness)})`);
    const more = preview.overlaps.length - pairs.length;
    lines.push(
      '## Overlaps',
      '',
      '```text',
      ...matrix,
      '```',
      '',
      ...pairs,
      ...(more > 0 ? [`- and ${more} more`] : []),
      '',
    );
  }
  lines.push(...judgementBlocks(plan, preview.judgement));
  if (preview.contracts.length > 0)
    lines.push('## Contracts', '', ...contractLines(preview).map((text) => `- ${text}`), '');
  if (preview.guesses.list.length > 0)
    lines.push(`## ${guessesTitle(preview)}`, '', '```text', ...guessLines(preview), '```', '');
  const { setup } = plan;
  if (setup !== null && setup.length > 0)
    lines.push('## Set-up of each worktree', '', ...setup.map((command) => `- ${codeSpan(command)}`), '');
  lines.push('## What each slice may write', '');
  const tokens = new Map(preview.given.map((item) => [item.slice, item.tokens]));
  for (const { id, scope, verify } of plan.slices) {
    const entries = [...scope.create, ...scope.modify].map((entry) => codeSpan(scopeEntryText(entry)));
    const checks = verify.length > 0 ? `checked by ${verify.map(codeSpan).join(' and ')}` : 'no check';
    const size = tokens.get(id) ?? null;
    const facts = [
      entries.join(', ') || 'nothing named',
      checks,
      ...(size === null ? [] : [`${thousands(size)} tokens`]),
    ];
    lines.push(`- ${id}: ${facts.join('; ')}`);
  }
  lines.push(
    '',
    '## Files of the plan',
    '',
    ...preview.files.map((file) => `- ${file.path} (${counted(file.lines, 'line')})`),
  );
  return `${lines.join('\n')}\n`;
}

const mostPairs = 40;

/** What a section further down says is not said twice, but counted. */
function findingLines({ findings: groups, judgement }: Preview): string[] {
  if (groups.length === 0) return ['none', ''];
  const all = groups.flatMap(({ findings }) => findings);
  const below = all.filter((finding) => isInSections(finding, judgement)).length;
  const lines = groups.flatMap(({ file, findings }) => {
    const rest = findings.filter((finding) => !isInSections(finding, judgement));
    if (rest.length === 0) return [];
    return [
      `### ${file}`,
      '',
      ...rest.map((entry) => `- ${entry.severity}: ${entry.message} (${entry.file}:${entry.line}, ${entry.code})`),
      '',
    ];
  });
  if (below === 0) return lines;
  const more = below < all.length ? ' more' : '';
  return [...lines, `${below}${more} ${below === 1 ? 'is' : 'are'} told below, with what to do`, ''];
}

function waveLines({ plan, graph }: Preview): string[] {
  const byId = new Map(plan.slices.map((slice) => [slice.id, slice]));
  return graph.batches.flatMap((waves, batch) => [
    ...(graph.batches.length > 1 ? [`### Batch ${batch + 1}`, ''] : []),
    ...waves.flatMap((wave) => [
      `### Wave ${wave}`,
      '',
      ...(graph.waves[wave - 1] ?? []).map((id) => {
        const slice = byId.get(id);
        const schedule = graph.schedule.get(id);
        const deps = schedule?.deps ?? [];
        const facts = [
          deps.length > 0 ? `after ${deps.join(', ')}` : null,
          minutes(schedule?.minutes ?? slice?.estimateMinutes ?? 0),
          schedule?.critical ? 'critical' : `slack ${minutes(schedule?.slack ?? 0)}`,
          slice?.workstream ?? null,
        ];
        return `- ${id} ${slice?.title ?? ''} (${facts.filter((fact) => fact !== null).join('; ')})`;
      }),
      '',
    ]),
  ]);
}
