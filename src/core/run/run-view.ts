import { showsCommands } from '../agent/agents.ts';
import { changedMeanwhile, violationsIn } from '../audit/report.ts';
import { contradictionsOf, outcomeText } from './claims.ts';
import type { RunEvent, Verification } from './model.ts';
import type { FailedCheck, RunFacts, RunView } from './state-model.ts';
import { runTimes } from './spent.ts';
import type { SliceState } from './states.ts';

/** What one run's events say, without regard to the others. */
export function viewRun(facts: RunFacts): RunView {
  let state: SliceState = 'preparing';
  let view: { -readonly [K in keyof RunView]: RunView[K] } = {
    runId: facts.runId,
    attempt: 1,
    mode: 'fresh',
    state,
    end: null,
    alive: facts.alive,
    startedAt: facts.events[0]?.t ?? '',
    endedAt: null,
    adapter: null,
    sessionId: null,
    baseCommit: null,
    snapshotCommit: null,
    commit: null,
    filesChanged: [],
    testsPassed: null,
    costUsd: 0,
    tokens: 0,
    spent: null,
    sandbox: null,
    stop: null,
    failure: null,
    died: null,
    violations: [],
    changedMeanwhile: [],
    failedChecks: [],
    doubts: [],
    refuted: [],
  };
  for (const event of facts.events) {
    state = apply(view, event) ?? state;
  }
  view.refuted = refutedIn(facts.events, view);
  view.spent = runTimes(facts.events, null)?.spent ?? null;
  // A commit that was recorded is a fact, even when the runner died before it could say that it had ended.
  if (!view.end && view.commit) view.end = 'verified';
  if (view.end) state = view.end;
  else if (!facts.alive) state = 'interrupted';
  view = { ...view, state };
  return view;
}

/** Whether the agent of a run said of itself what it did. */
export function hasReport(facts: RunFacts | undefined): boolean {
  return facts?.events.some((event) => event.type === 'agent_report') ?? false;
}

function refutedIn(events: readonly RunEvent[], view: Pick<RunView, 'filesChanged' | 'adapter'>): readonly string[] {
  const report = events.findLast((event) => event.type === 'agent_report');
  if (!report) return [];
  const first = events[0];
  return contradictionsOf({
    claims: report.claims,
    files: events.some((event) => event.type === 'scope_checked') ? view.filesChanged : null,
    commands: events.flatMap((event) => (event.type === 'agent_command' ? [event.command] : [])),
    observesCommands: view.adapter !== null && showsCommands(view.adapter),
    verification: events.flatMap((event) => (event.type === 'verification' ? [event.result] : [])),
    worktree: first?.type === 'run_started' ? first.worktree : null,
  });
}

/** Lines and characters of a failing check's output that are shown with it: the end, where test runners say what failed. */
const SHOWN = { lines: 20, characters: 2_000 };

function failedCheck(check: Verification): FailedCheck {
  const output = check.output.trimEnd().split('\n').slice(-SHOWN.lines).join('\n').slice(-SHOWN.characters);
  return { command: check.command, outcome: outcomeText(check), output };
}

function apply(view: { -readonly [K in keyof RunView]: RunView[K] }, event: RunEvent): SliceState | null {
  switch (event.type) {
    case 'run_started':
      view.attempt = event.attempt;
      view.mode = event.mode;
      view.startedAt = event.t;
      return 'preparing';
    case 'base':
      view.baseCommit = event.commit;
      return 'preparing';
    case 'sandbox':
      view.sandbox = { by: event.by, whyNot: event.why_not };
      return null;
    case 'worktree_ready':
    case 'reverted':
    case 'context':
      return 'preparing';
    case 'agent_started':
      view.adapter = event.adapter;
      view.sessionId = event.session_id;
      return 'running';
    case 'agent_session':
      view.sessionId = event.session_id;
      return 'running';
    case 'agent_command':
    case 'agent_edit':
    case 'agent_denied':
    case 'delivered':
    case 'agent_report':
    case 'note':
      return null;
    case 'agent_usage':
      view.costUsd = event.cost_usd ?? view.costUsd;
      view.tokens = event.input_tokens + event.output_tokens;
      return null;
    case 'agent_exited':
      return 'checking';
    case 'audited':
      view.violations = violationsIn(event.found);
      view.changedMeanwhile = changedMeanwhile(event.found);
      return null;
    case 'snapshot':
      view.snapshotCommit = event.commit;
      return null;
    case 'scope_checked':
      view.filesChanged = event.files;
      return 'verifying';
    case 'doubted':
      view.doubts = [...view.doubts, event.doubt];
      return null;
    case 'base_checked':
      return null;
    case 'verification':
      if (event.result.outcome !== 'passed' && !event.result.waived)
        view.failedChecks = [...view.failedChecks, failedCheck(event.result)];
      return 'verifying';
    case 'verified':
      view.testsPassed = event.tests_passed;
      return 'verifying';
    case 'committed':
      view.commit = event.commit;
      return 'verifying';
    case 'ended':
      view.end = event.end;
      view.endedAt = event.t;
      view.stop = event.stop;
      if (event.end === 'failed') view.failure = { reason: event.reason ?? 'internal', detail: event.detail ?? '' };
      if (event.end !== 'verified' && event.reason === 'tests-failing') view.testsPassed = false;
      if (event.stop?.condition === 'tests-failing') view.testsPassed = false;
      return null;
    default:
      // A newer writer's event: readers survive what they do not know.
      return null;
  }
}
