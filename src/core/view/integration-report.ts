import type { Plan } from '../plan/model.ts';
import type { Verification } from '../run/model.ts';
import { remarkLines, remarksOf } from '../run/doubt.ts';
import type { PlanState } from '../run/state-model.ts';
import { fenced, tableCell } from '../text/markdown-writing.ts';

export interface ReportInput {
  readonly report: {
    readonly state: 'passed' | 'failed' | 'conflict';
    readonly branch: string;
    readonly commit: string | null;
    readonly merged: readonly string[];
    readonly conflicts: readonly { readonly slice: string; readonly files: readonly string[] }[];
    readonly failing: readonly { readonly slice: string; readonly check: string }[];
    readonly checks: readonly { readonly name: string; readonly status: string; readonly details: string }[];
  };
  readonly state: PlanState;
  readonly plan: Plan;
  readonly evidence: readonly Verification[];
  /** Where conflicts are to be resolved. */
  readonly worktree: string;
}

/** `integration-report.md`: every check with its evidence, then what each slice brought. */
export function integrationReport(input: ReportInput): string {
  const { report, state, plan } = input;
  const lines = [
    `# Integration report: ${plan.title}`,
    '',
    `- Plan: \`${plan.id}\``,
    `- State: **${report.state.toUpperCase()}**`,
    `- Branch: \`${report.branch}\` at \`${report.commit ?? 'nothing'}\``,
    `- Base: \`${state.baseCommit ?? ''}\``,
    `- Merged, in this order: ${report.merged.length > 0 ? report.merged.join(', ') : 'nothing'}`,
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
    '| slice | state | attempts | files | tests | commit |',
    '| --- | --- | --- | --- | --- | --- |',
  );
  for (const slice of state.slices) {
    const run = slice.runs.findLast((candidate) => candidate.commit !== null);
    const tests = run ? (run.testsPassed === null ? 'approved without' : run.testsPassed ? 'passed' : 'failed') : '-';
    lines.push(
      `| ${tableCell(`${slice.id}: ${slice.title}`)} | ${tableCell([slice.state, ...remarksOf(slice)].join(', '))} | ${Math.max(0, ...slice.runs.map((r) => r.attempt))} | ${run?.filesChanged.length ?? 0} | ${tests} | ${run?.commit ? `\`${run.commit.slice(0, 10)}\`` : '-'} |`,
    );
  }
  const remarked = state.slices.filter((slice) => remarkLines(slice).length > 0);
  if (remarked.length > 0) {
    lines.push('', '## To confirm', '');
    for (const slice of remarked) for (const line of remarkLines(slice)) lines.push(`- ${slice.id}: ${line}`);
  }
  if (input.evidence.length > 0) {
    lines.push('', '## Evidence', '');
    for (const check of input.evidence) {
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
