import type { Trace } from '../run/model.ts';
import { abridged } from '../text/printing.ts';

/** A run's evidence for people: what was claimed stands beside what was observed. */
export function traceText(trace: Trace): string {
  const lines = [
    `Run ${trace.run_id}`,
    `  ${trace.plan ?? 'no plan'} / ${trace.slice ?? 'command'}, attempt ${trace.attempt}: ${trace.state}${trace.exit.reason ? ` (${trace.exit.reason})` : ''}`,
    `  agent ${trace.agent.adapter}${trace.agent.version ? ` ${trace.agent.version}` : ''}${trace.agent.model ? `, ${trace.agent.model}` : ''}${trace.agent.session_id ? `, session ${trace.agent.session_id}` : ''}`,
    ...(trace.sandbox ? [`  ${sandboxText(trace.sandbox)}`] : []),
    `  base ${short(trace.base_commit)}, snapshot ${short(trace.snapshot_commit)}, commit ${short(trace.commit)}`,
    `  from ${trace.started_at} to ${trace.ended_at ?? 'now'}`,
    '',
    `Files changed (${trace.files_changed.length}):`,
    ...trace.files_changed.map(
      (file) =>
        `  ${file.change.padEnd(9)} ${file.path}  +${file.additions ?? '?'} -${file.deletions ?? '?'}${file.in_scope ? '' : '  OUT OF SCOPE'}${file.symbols.length > 0 ? `  ${symbolsIn(file.symbols)}` : ''}`,
    ),
    '',
    `Commands run (${trace.commands_run.length}):`,
    ...trace.commands_run.map(
      (command) => `  ${command.source}: ${firstLine(command.command)} -> ${command.exit_code ?? '?'}`,
    ),
    '',
    'Verification:',
    ...(trace.verification.length === 0 ? ['  none: unverified'] : []),
    ...trace.verification.map(
      (check) =>
        `  ${check.waived ? 'waived' : check.outcome}: ${check.command} (exit ${check.exit_code ?? '?'}, ${(check.duration_ms / 1000).toFixed(1)}s${check.base_exit_code === undefined ? '' : `, on the base ${check.base_exit_code ?? '?'}`})`,
    ),
    '',
    `Tests passed: observed ${trace.tests_passed ?? 'nothing'}, claimed ${trace.claims.tests_passed ?? 'nothing'}`,
  ];
  const list = (title: string, items: readonly string[]): void => {
    if (items.length > 0) lines.push('', `${title}:`, ...items.map((item) => `  ${item}`));
  };
  list('Contradictions', trace.contradictions);
  list(
    'Denied',
    trace.denied.map((denied) => `${denied.tool} ${denied.target}: ${firstLine(denied.reason)}`),
  );
  list(
    'Risks',
    trace.risk_notes.map((risk) => `${risk.severity}: ${risk.summary} (${risk.suggested_action})`),
  );
  list('Learnings', trace.claims.learnings);
  if (trace.stop) lines.push('', `Stopped: ${trace.stop.condition}: ${trace.stop.detail}`, `  ${trace.stop.question}`);
  lines.push('', `Review needed: ${trace.review_needed ? 'yes' : 'no'}`);
  return `${lines.join('\n')}\n`;
}

/** All that was printed in a run: what its agent said, then each check with its outcome. */
export function outputText(trace: Trace, agent: string): string {
  const parts = trace.agent.adapter === 'none' && agent === '' ? [] : [part(`agent ${trace.agent.adapter}`, agent)];
  for (const check of trace.verification) {
    const outcome = check.waived ? `${check.outcome}, waived` : check.outcome;
    parts.push(part(`check \`${check.command}\`: ${outcome} (exit ${check.exit_code ?? '?'})`, check.output));
  }
  if (trace.verification.length === 0) parts.push(part('checks', 'none ran'));
  if (trace.exit.detail) parts.push(part(`ended: ${trace.exit.reason ?? trace.state}`, trace.exit.detail));
  return parts.join('\n');
}

function part(title: string, text: string): string {
  return `== ${title}\n${text.trimEnd() === '' ? '(nothing)' : text.trimEnd()}\n`;
}

/** `confined by bubblewrap 0.8.0`, `NOT CONFINED: bubblewrap is not installed`. */
export function sandboxText(sandbox: NonNullable<Trace['sandbox']>): string {
  return sandbox.by === null ? `NOT CONFINED: ${sandbox.why_not ?? 'unknown'}` : `confined by ${sandbox.by}`;
}

export interface TraceComparison {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** How two runs differ: files, commands, checks, cost. */
export function traceComparison(a: Trace, b: Trace): TraceComparison {
  const files = (trace: Trace): Map<string, string> =>
    new Map(
      trace.files_changed.map((file) => [
        file.path,
        `${file.change} +${file.additions ?? '?'} -${file.deletions ?? '?'}`,
      ]),
    );
  const checks = (trace: Trace): Map<string, string> =>
    new Map(trace.verification.map((check) => [check.command, check.outcome]));
  const changed = difference(files(a), files(b));
  const verified = difference(checks(a), checks(b));
  const json = {
    a: a.run_id,
    b: b.run_id,
    state: [a.state, b.state],
    files: changed,
    verification: verified,
    cost_usd: [a.usage.cost_usd, b.usage.cost_usd],
  };
  const show = (title: string, rows: typeof changed): string[] =>
    rows.length === 0
      ? [`${title}: the same`]
      : [`${title}:`, ...rows.map((row) => `  ${row.name}: ${row.a ?? 'absent'} | ${row.b ?? 'absent'}`)];
  const text = [
    `a ${a.run_id}: ${a.state}`,
    `b ${b.run_id}: ${b.state}`,
    '',
    ...show('Files', changed),
    ...show('Verification', verified),
    '',
  ].join('\n');
  return { text, json };
}

function difference(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): { name: string; a: string | null; b: string | null }[] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .sort()
    .filter((name) => a.get(name) !== b.get(name))
    .map((name) => ({ name, a: a.get(name) ?? null, b: b.get(name) ?? null }));
}

/** The first few, for a line. */
function symbolsIn(symbols: readonly string[]): string {
  return symbols.length <= 6 ? symbols.join(', ') : `${symbols.slice(0, 5).join(', ')} and ${symbols.length - 5} more`;
}

function short(commit: string | null): string {
  return commit?.slice(0, 10) ?? '-';
}

function firstLine(text: string): string {
  return abridged(text.trim().split('\n')[0] ?? '');
}
