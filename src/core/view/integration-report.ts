import type { Plan } from '../plan/model.ts';
import type { Verification } from '../run/model.ts';
import { remarkLines, remarksOf } from '../run/doubt.ts';
import type { PersonsWord, PlanState, SliceView } from '../run/state-model.ts';
import { oneLine } from '../text/printing.ts';
import { madeBy } from './standing.ts';
import { fenced, tableCell } from '../text/markdown-writing.ts';

export interface ReportInput {
  readonly report: {
    readonly state: 'passed' | 'unproven' | 'failed' | 'conflict';
    readonly branch: string;
    readonly commit: string | null;
    readonly merged: readonly string[];
    readonly conflicts: readonly { readonly slice: string; readonly files: readonly string[] }[];
    readonly failing: readonly { readonly slice: string; readonly check: string }[];
    readonly checks: readonly { readonly name: string; readonly status: string; readonly details: string }[];
    readonly evidence: readonly { readonly text: string; readonly status: string; readonly details: string }[];
    readonly not_verified: readonly string[];
  };
  readonly state: PlanState;
  readonly plan: Plan;
  readonly results: readonly Verification[];
  /** What agents say the next one should know, with the slices they say it of. */
  readonly learnings: ReadonlyMap<string, readonly string[]>;
  /** Where conflicts are to be resolved. */
  readonly worktree: string;
}

/**
 * `integration-report.md`: what came of it, what nobody should take for verified, every check with what it printed, what
 * each slice brought, and what people decided on the way.
 */
export function integrationReport(input: ReportInput): string {
  const { report, state, plan } = input;
  const lines = [
    `# Integration report: ${plan.title}`,
    '',
    `- Plan: \`${plan.id}\``,
    `- State: **${STATES[report.state]}**`,
    `- Branch: \`${report.branch}\` at \`${report.commit ?? 'nothing'}\``,
    `- Base: \`${state.baseCommit ?? ''}\``,
    `- Merged, in this order: ${report.merged.length > 0 ? report.merged.join(', ') : 'nothing'}`,
    `- Cost: ${state.costUsd > 0 ? `$${state.costUsd.toFixed(2)}, as far as agents tell it` : 'no agent told any'}`,
    ...section('Not verified', report.not_verified),
    ...(report.evidence.length === 0
      ? []
      : [
          '',
          '## Evidence of the spec',
          '',
          '| evidence | status | details |',
          '| --- | --- | --- |',
          ...report.evidence.map((item) => `| ${tableCell(item.text)} | ${item.status} | ${tableCell(item.details)} |`),
        ]),
    '',
    '## Checks',
    '',
    '| check | status | details |',
    '| --- | --- | --- |',
    ...report.checks.map((check) => `| ${tableCell(check.name)} | ${check.status} | ${tableCell(check.details)} |`),
  ];
  if (report.conflicts.length > 0) {
    lines.push('', '## Conflicts', '');
    for (const conflict of report.conflicts) lines.push(`- ${conflict.slice}: ${conflict.files.join(', ')}`);
    lines.push('', `Resolve them in \`${input.worktree}\`, \`git add\` and \`git commit\`, then integrate again.`);
  }
  if (report.failing.length > 0) {
    lines.push('', '## What breaks the whole', '');
    for (const failing of report.failing)
      lines.push(`- \`${failing.check}\` fails from the merge of **${failing.slice}** on.`);
  }
  lines.push(
    '',
    '## Slices',
    '',
    '| slice | state | attempts | files | tests | cost | commit |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  );
  for (const slice of state.slices) {
    const run = madeBy(slice);
    const costs = slice.runs.reduce((sum, { costUsd }) => sum + costUsd, 0);
    const tests = run ? (run.testsPassed === null ? 'approved without' : run.testsPassed ? 'passed' : 'failed') : '-';
    lines.push(
      `| ${tableCell(`${slice.id}: ${slice.title}`)} | ${tableCell([slice.state, ...remarksOf(slice)].join(', '))} | ${Math.max(0, ...slice.runs.map((r) => r.attempt))} | ${run?.filesChanged.length ?? 0} | ${tests} | ${costs > 0 ? `$${costs.toFixed(2)}` : '-'} | ${run?.commit ? `\`${run.commit.slice(0, 10)}\`` : '-'} |`,
    );
  }
  const of = (pick: (slice: SliceView) => readonly string[]): string[] =>
    state.slices.flatMap((slice) => pick(slice).map((line) => `${slice.id}: ${line}`));
  const decided = [...state.slices, ...state.checkpoints].flatMap(({ id, decided: words }) =>
    words.map((word) => ({ ...word, id })),
  );
  const when = ({ by, at }: PersonsWord): string => `by ${by}, ${at}`;
  lines.push(
    ...section(
      'Skipped',
      decided.flatMap((word) =>
        word.what === 'skipped' ? [`${word.id}: ${word.reason ?? 'no reason given'} (${when(word)})`] : [],
      ),
    ),
    ...section(
      'Approved',
      decided.flatMap((word) =>
        word.what === 'approved' ? [`${word.id}: ${word.approved.join(', ') || 'seen'} (${when(word)})`] : [],
      ),
    ),
    ...section(
      'Deleted files',
      of((slice) =>
        (madeBy(slice)?.filesChanged ?? []).flatMap(({ path, from, change }) =>
          change === 'deleted' ? [path] : change === 'renamed' && from !== undefined ? [`${from}, now ${path}`] : [],
        ),
      ),
    ),
    ...section(
      'Contradictions',
      of((slice) => slice.refuted),
    ),
    ...section(
      'To confirm',
      of((slice) => remarkLines({ refuted: [], doubts: slice.doubts })),
    ),
    ...section(
      'Learnings',
      [...input.learnings].map(([learning, slices]) => `${oneLine(learning)} (${slices.join(', ')})`),
    ),
  );
  if (input.results.length > 0) {
    lines.push('', '## What the checks printed', '');
    for (const check of input.results) {
      lines.push(
        `### \`${check.command}\`: ${check.outcome}`,
        '',
        fenced(check.output.trim().split('\n').slice(-20).join('\n'), 'text'),
        '',
      );
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** A state as it stands at the top: nobody reads it without what it leaves open. */
const STATES = {
  passed: 'PASSED',
  unproven: 'NOT PROVEN: nothing failed, and not all of the evidence was run',
  failed: 'FAILED',
  conflict: 'CONFLICT',
} as const satisfies Record<ReportInput['report']['state'], string>;

function section(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : ['', `## ${title}`, '', ...items.map((item) => `- ${item}`)];
}
