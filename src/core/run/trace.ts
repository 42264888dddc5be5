import { auditSentence, type AuditedDifference } from '../audit/report.ts';
import { doubtText } from './doubt.ts';
import { viewRun } from './run-view.ts';
import type { Claims, RiskNote, RunEvent, Trace, Verification } from './model.ts';

/** What the audit found, as a note: a violation is critical, what a person did meanwhile is only told. */
function auditNote(found: AuditedDifference): RiskNote {
  if (found.blame === 'person')
    return {
      summary: auditSentence(found),
      severity: 'low',
      suggestedAction: 'Nothing, when it was you.',
    };
  return {
    summary: auditSentence(found),
    severity: 'critical',
    suggestedAction: found.put_back
      ? 'It was put back; what was found instead is kept with the run.'
      : 'Look at it, and put it back if it was not you.',
  };
}

/**
 * The summary of a run, from its events alone: observation and claim side by side, never mixed. The same events give
 * the same trace, whoever folds them and whenever.
 */
export function traceOf(runId: string, events: readonly RunEvent[], alive: boolean): Trace {
  const view = viewRun({ runId, events, alive });
  const first = events.find((event) => event.type === 'run_started');
  const started = events.find((event) => event.type === 'agent_started');
  const session = events.findLast((event) => event.type === 'agent_session');
  const exited = events.findLast((event) => event.type === 'agent_exited');
  const ended = events.findLast((event) => event.type === 'ended');
  const ready = events.findLast((event) => event.type === 'worktree_ready');
  const context = events.findLast((event) => event.type === 'context');
  const sandbox = events.findLast((event) => event.type === 'sandbox');
  const usage = events.findLast((event) => event.type === 'agent_usage');
  const report = events.findLast((event) => event.type === 'agent_report');
  const claims: Claims | null = report ? report.claims : null;
  const verification = events.flatMap((event): Verification[] => (event.type === 'verification' ? [event.result] : []));
  const commands = [
    ...(ready?.setup ?? []),
    ...events.flatMap((event) =>
      event.type === 'agent_command'
        ? [
            {
              command: event.command,
              exitCode: event.exit_code,
              durationMs: event.duration_ms,
              at: event.t,
              source: 'agent' as const,
            },
          ]
        : [],
    ),
  ];
  const notes = events.flatMap((event): RiskNote[] =>
    event.type === 'note' ? [event.note] : event.type === 'audited' ? event.found.map(auditNote) : [],
  );
  const contradictions = view.refuted;
  const doubted = view.doubts.map((doubt): RiskNote => ({
    summary: doubtText(doubt),
    severity: doubt.severity,
    suggestedAction: 'Look at it: confirm it, or send the slice back.',
  }));
  const risks = [...(claims?.riskNotes ?? []), ...notes, ...doubted];
  return {
    v: 1,
    run_id: runId,
    plan: first?.plan ?? null,
    slice: first?.slice ?? null,
    attempt: first?.attempt ?? 1,
    agent: {
      adapter: started?.adapter ?? 'none',
      version: session?.version ?? started?.version ?? null,
      session_id: view.sessionId,
      model: session?.model ?? null,
    },
    base_commit: view.baseCommit,
    snapshot_commit: view.snapshotCommit,
    commit: view.commit,
    branch: first?.branch ?? null,
    worktree: first?.worktree ?? null,
    started_at: view.startedAt,
    ended_at: view.endedAt,
    state: view.state,
    exit: {
      code: exited?.code ?? null,
      reason: ended?.reason ?? ended?.stop?.condition ?? null,
      ...(ended?.detail ? { detail: ended.detail } : {}),
    },
    spec_summary: claims?.specSummary ?? null,
    slice_plan: claims?.slicePlan ?? null,
    files_changed: view.filesChanged.map((file) => ({
      path: file.path,
      change: file.change,
      additions: file.additions,
      deletions: file.deletions,
      in_scope: file.inScope,
      symbols: file.symbols,
    })),
    commands_run: commands.map((command) => ({
      command: command.command,
      exit_code: command.exitCode,
      duration_ms: command.durationMs,
      at: command.at,
      source: command.source,
    })),
    verification: verification.map((check) => ({
      command: check.command,
      exit_code: check.exitCode,
      duration_ms: check.durationMs,
      output: check.output,
      ...(check.baseExitCode === undefined ? {} : { base_exit_code: check.baseExitCode }),
      ...(check.waived ? { waived: true } : {}),
      outcome: check.outcome,
    })),
    tests_passed: view.testsPassed,
    claims: {
      status: claims?.status ?? null,
      files_changed: claims?.filesChanged ?? null,
      commands_run: claims?.commandsRun ?? null,
      tests_passed: claims?.testsPassed ?? null,
      review_needed: claims?.reviewNeeded ?? null,
      learnings: claims?.learnings ?? [],
    },
    contradictions,
    doubts: view.doubts,
    risk_notes: risks.map((risk) => ({
      summary: risk.summary,
      severity: risk.severity,
      suggested_action: risk.suggestedAction,
    })),
    review_needed:
      (claims?.reviewNeeded ?? false) ||
      contradictions.length > 0 ||
      view.stop !== null ||
      risks.some((risk) => risk.severity === 'high' || risk.severity === 'critical') ||
      verification.some((check) => check.waived === true),
    denied: events.flatMap((event) =>
      event.type === 'agent_denied' ? [{ tool: event.tool, target: event.target, reason: event.reason }] : [],
    ),
    stop: view.stop
      ? {
          condition: view.stop.condition,
          detail: view.stop.detail,
          question: view.stop.question,
          paths: view.stop.paths,
        }
      : null,
    usage: {
      input_tokens: usage?.input_tokens ?? 0,
      output_tokens: usage?.output_tokens ?? 0,
      cost_usd: usage?.cost_usd ?? null,
    },
    context: { tokens: context?.tokens ?? 0, layers: context?.layers ?? [] },
    sandbox: sandbox ? { by: sandbox.by, why_not: sandbox.why_not } : null,
  };
}
