import type { Trace } from '../../core/run/model.ts';
import { codeSpan, fenced, tableCell } from '../../core/text/markdown-writing.ts';
import { oneLine } from '../../core/text/printing.ts';

/** What a run did, with what the agent said of itself beside what was observed: Markdown, legible as text too. */
export function traceMarkdown(trace: Trace): string {
  const { claims } = trace;
  const agent = [trace.agent.adapter, trace.agent.version, trace.agent.model].filter(Boolean).join(' · ');
  const lines = [
    `# ${trace.slice ?? 'Run'} · attempt ${trace.attempt}: ${trace.state}`,
    '',
    ...table(
      ['fact', 'value'],
      [
        ['run', trace.run_id],
        ['plan', trace.plan ?? ''],
        ['agent', agent],
        ['session', trace.agent.session_id ?? ''],
        ['base', trace.base_commit ?? ''],
        ['snapshot', trace.snapshot_commit ?? ''],
        ['commit', trace.commit ?? ''],
        ['branch', trace.branch ?? ''],
        ['worktree', trace.worktree ?? ''],
        ['started', trace.started_at],
        ['ended', trace.ended_at ?? 'still going'],
        [
          'exit',
          [trace.exit.code === null ? '' : String(trace.exit.code), trace.exit.reason ?? '']
            .filter(Boolean)
            .join(' · '),
        ],
        ['tokens', `${trace.usage.input_tokens} in, ${trace.usage.output_tokens} out`],
        ['cost', trace.usage.cost_usd === null ? 'unknown' : `$${trace.usage.cost_usd.toFixed(2)}`],
      ].filter((row) => row[1] !== ''),
    ),
    '',
  ];
  if (trace.spec_summary) lines.push('## Summary', '', trace.spec_summary, '');
  if (trace.slice_plan) lines.push('## Plan of the slice', '', trace.slice_plan, '');
  if (trace.stop) {
    lines.push(`## Stopped: ${trace.stop.condition}`, '', trace.stop.detail, '', `> ${trace.stop.question}`, '');
    lines.push(...trace.stop.paths.map((path) => `- ${path}`), '');
  }
  lines.push(
    '## Claimed and observed',
    '',
    ...table(
      ['', 'claimed by the agent', 'observed'],
      [
        ['status', claims.status ?? 'nothing', trace.state],
        [
          'tests passed',
          yesNo(claims.tests_passed),
          trace.tests_passed === null ? 'unverified: no check ran' : yesNo(trace.tests_passed),
        ],
        [
          'files changed',
          claims.files_changed === null ? 'nothing' : String(claims.files_changed.length),
          String(trace.files_changed.length),
        ],
        [
          'commands run',
          claims.commands_run === null ? 'nothing' : String(claims.commands_run.length),
          String(trace.commands_run.length),
        ],
        ['review needed', yesNo(claims.review_needed), yesNo(trace.review_needed)],
      ],
    ),
    '',
  );
  if (trace.contradictions.length > 0) {
    lines.push('### Contradictions', '', ...trace.contradictions.map((text) => `- ${text}`), '');
  }
  lines.push('## Files changed', '');
  lines.push(
    ...(trace.files_changed.length === 0
      ? ['none']
      : table(
          ['path', 'change', 'lines', 'scope', 'symbols'],
          trace.files_changed.map((file) => [
            file.path,
            file.change,
            file.additions === null ? 'binary' : `+${file.additions} -${file.deletions ?? 0}`,
            file.in_scope ? 'in scope' : 'OUT OF SCOPE',
            file.symbols.join(', '),
          ]),
        )),
    '',
    '## Verification',
    '',
    ...(trace.verification.length === 0 ? ['No check ran: unverified.'] : []),
  );
  for (const check of trace.verification) {
    const waived = check.waived ? ', waived by a person' : '';
    const base = check.base_exit_code === undefined ? '' : `, on the base ${check.base_exit_code ?? 'no exit code'}`;
    lines.push(`### ${check.outcome}: \`${check.command}\``, '');
    lines.push(`exit ${check.exit_code ?? 'none'}${base}, ${seconds(check.duration_ms)}${waived}`, '');
    if (check.output.trim() !== '') lines.push(fenced(check.output.trimEnd()), '');
  }
  if (trace.commands_run.length > 0) {
    lines.push(
      '## Commands seen',
      '',
      ...table(
        ['command', 'exit', 'time', 'source'],
        trace.commands_run.map((run) => [
          codeSpan(run.command),
          run.exit_code === null ? 'unknown' : String(run.exit_code),
          run.duration_ms === null ? '' : seconds(run.duration_ms),
          run.source,
        ]),
      ),
      '',
    );
  }
  if (trace.denied.length > 0) {
    lines.push('## Denied', '', ...trace.denied.map((entry) => `- ${entry.tool} ${entry.target}: ${entry.reason}`), '');
  }
  if (trace.risk_notes.length > 0) {
    lines.push('## Risk notes', '');
    lines.push(...trace.risk_notes.map((note) => `- ${note.severity}: ${note.summary} (${note.suggested_action})`), '');
  }
  if (claims.learnings.length > 0) lines.push('## Learnings', '', ...claims.learnings.map((text) => `- ${text}`), '');
  if (trace.context.layers.length > 0) {
    lines.push('## Context', '', `${trace.context.tokens} tokens`, '');
    lines.push(
      ...table(
        ['layer', 'tokens'],
        trace.context.layers.map((layer) => [layer.name, String(layer.tokens)]),
      ),
      '',
    );
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Columns padded, so that the table reads well where Markdown is not rendered. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map((text) => tableCell(oneLine(text))));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  return [line(first), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rest.map(line)];
}

function yesNo(value: boolean | null): string {
  return value === null ? 'nothing' : value ? 'yes' : 'no';
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
