import type { Finding } from '../core/finding.ts';
import type { Slice } from '../core/plan/model.ts';
import type { Trace } from '../core/run/model.ts';
import type { ScopeEntry } from '../core/task/model.ts';
import { minutes } from '../core/view/dashboard.ts';
import type { Decomposition } from '../node/engine-model.ts';

/** Documents shown read-only: a decomposition before it is written, and a run's trace. Markdown, legible as text too. */

/** Waves, findings, critical path and files of a plan that was not written yet. */
export function decompositionMarkdown(decomposition: Decomposition, spec: string): string {
  const { dir, files, loaded, exists } = decomposition;
  const { plan, graph, findings } = loaded;
  const byId = new Map(plan.slices.map((slice) => [slice.id, slice]));
  // Lists rather than a table: in an editor a wide table wraps, and nobody can read it then.
  const waves = graph.waves.flatMap((ids, index) => [
    `### Wave ${index + 1}`,
    '',
    ...ids.map((id) => {
      const slice = byId.get(id);
      const schedule = graph.schedule.get(id);
      const deps = schedule?.deps ?? [];
      const facts = [
        deps.length > 0 ? `after ${deps.join(', ')}` : null,
        minutes(slice?.estimateMinutes ?? 0),
        schedule?.critical ? 'critical' : `slack ${minutes(schedule?.slack ?? 0)}`,
        slice?.workstream ?? null,
      ];
      return `- ${id} ${slice?.title ?? ''} (${facts.filter((fact) => fact !== null).join('; ')})`;
    }),
    '',
  ]);
  const lines = [
    `# ${plan.techSpecId}: ${plan.title}`,
    '',
    `Preview of the plan for \`${spec}\`. **Nothing is written yet.** The editor's title bar has *Write Plan* and *Discard*.`,
    '',
    exists ? `\`${dir}\` holds a plan already; writing replaces it.` : `It will be written to \`${dir}\`.`,
    '',
    `${count(plan.slices.length, 'slice')} in ${count(graph.waves.length, 'wave')} and ${count(graph.batches.length, 'batch', 'batches')}; at most ${graph.width} at a time; ${minutes(graph.makespanMinutes)} with enough agents.`,
    '',
    '## Findings',
    '',
    ...findingLines(findings),
    '',
    '## Waves',
    '',
    ...waves,
  ];
  if (graph.cycles.length > 0) {
    lines.push('## Cycles', '', ...graph.cycles.map((trail) => `- ${trail.join(' -> ')}`), '');
  }
  if (plan.mergePoints.length > 0) {
    lines.push('## Merge points', '');
    for (const point of plan.mergePoints) {
      const verify = point.verify.length > 0 ? ` (${point.verify.map((command) => `\`${command}\``).join(', ')})` : '';
      lines.push(`- ${point.id}: ${point.needs.join(' + ')} -> ${point.unlocks.join(', ')}${verify}`);
    }
    lines.push('');
  }
  const gates = new Set(plan.mergePoints.map((point) => point.id));
  const path = graph.criticalPath.map((id) => (gates.has(id) ? `[${id}]` : id)).join(' -> ');
  lines.push('## Critical path', '', path || 'none', '', '## What each slice may write', '');
  for (const slice of plan.slices) lines.push(`- ${slice.id}: ${writesOf(slice)}`);
  lines.push('', '## Files of the plan', '');
  for (const [name, text] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(`- ${dir}/${name} (${count(lineCount(text), 'line')})`);
  }
  return `${lines.join('\n')}\n`;
}

/** What a run did, with what the agent said of itself beside what was observed. */
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
    if (check.output.trim() !== '') lines.push(...fenced(check.output.trimEnd()), '');
  }
  if (trace.commands_run.length > 0) {
    lines.push(
      '## Commands seen',
      '',
      ...table(
        ['command', 'exit', 'time', 'source'],
        trace.commands_run.map((run) => [
          code(run.command),
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

function findingLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return ['none'];
  const order = ['error', 'warning', 'info', 'hint'];
  return findings
    .toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .map((entry) => `- ${entry.severity}: ${entry.message} (${entry.file}:${entry.line}, ${entry.code})`);
}

function writesOf(slice: Slice): string {
  const entries = [...slice.scope.create, ...slice.scope.modify].map((entry) => code(scopeEntryText(entry)));
  return entries.join(', ') || 'nothing named';
}

/** `src/a.ts::Name`, or the words of an entry that names no path. */
export function scopeEntryText(entry: ScopeEntry): string {
  if (entry.path === null) return entry.text;
  return entry.symbol === null ? entry.path : `${entry.path}::${entry.symbol}`;
}

/** Columns padded, so that the table reads well where Markdown is not rendered. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map(cell));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  return [line(first), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rest.map(line)];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();
}

function code(text: string): string {
  const ticks = '`'.repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map((run) => run[0].length)));
  return ticks.length === 1 ? `\`${text}\`` : `${ticks} ${text} ${ticks}`;
}

function fenced(text: string): string[] {
  const fence = '`'.repeat(3 + Math.max(0, ...[...text.matchAll(/`{3,}/g)].map((run) => run[0].length - 2)));
  return [fence, text, fence];
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function lineCount(text: string): number {
  return text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function yesNo(value: boolean | null): string {
  return value === null ? 'nothing' : value ? 'yes' : 'no';
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
