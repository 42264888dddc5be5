import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { LineSplitter } from '../../core/text/chunks.ts';
import { parseReport } from '../../core/context/report.ts';
import type { Claims } from '../../core/run/model.ts';
import type { AgentAdapter, AgentEvent, AgentRequest } from '../agents/adapter.ts';
import { runProcess, type Confining, type SpawnOutcome } from '../process/processes.ts';
import type { RunDirectory } from './run-directory.ts';

export interface SessionRequest {
  readonly adapter: AgentAdapter;
  readonly version: string | null;
  readonly run: RunDirectory;
  readonly request: Omit<AgentRequest, 'sessionId' | 'scratchDir' | 'mode'>;
  /** What the person decided that the prompt tells, by the decisions' times. */
  readonly tells: readonly string[];
  /** The session to go on in; `null` starts a new one. */
  readonly resume: string | null;
  /** What the operating system confines the agent by; `null`: nothing. */
  readonly confined: Confining | null;
  readonly timeoutMs: number;
  readonly maxCostUsd: number | null;
  readonly signal: AbortSignal;
  /** One line for the person who watches. */
  readonly say: (line: string) => void;
}

export interface SessionOutcome {
  readonly kind: 'done' | 'failed' | 'missing' | 'timed-out' | 'too-expensive' | 'aborted';
  readonly detail: string;
  readonly claims: Claims | null;
  /** Whether the agent showed any sign of life in this session. */
  readonly spoke: boolean;
}

/** Starts an agent, records what it was seen doing, and says how its session ended. */
export async function runSession(session: SessionRequest): Promise<SessionOutcome> {
  const { adapter, run, say } = session;
  const scratchDir = run.file('agent');
  await mkdir(scratchDir, { recursive: true });
  const sessionId = session.resume ?? randomUUID();
  const invocation = adapter.invoke({
    ...session.request,
    scratchDir,
    sessionId,
    mode: session.resume === null ? 'prompt' : 'resume',
  });
  const reader = adapter.createReader();
  const expensive = new AbortController();
  const recorder = new SessionRecorder(session, () => expensive.abort());
  const lines = new LineSplitter();
  let errors = '';
  const outcome = await runProcess({
    program: invocation.program,
    args: invocation.args,
    cwd: session.request.worktree,
    env: invocation.env,
    confined: session.confined,
    runId: run.runId,
    outputIntoFile: true,
    ...(invocation.stdinFile ? { stdinFile: invocation.stdinFile } : {}),
    signal: AbortSignal.any([session.signal, expensive.signal]),
    timeout: session.timeoutMs,
    onSpawn: (pid) =>
      recorder.queue(() =>
        run.record({
          type: 'agent_started',
          adapter: adapter.id,
          version: session.version,
          session_id: sessionId,
          pid,
        }),
      ),
    onStdout: (chunk) => {
      run.output(chunk);
      for (const line of lines.take(chunk)) for (const event of reader.line(line, Date.now())) recorder.take(event);
    },
    onStderr: (chunk) => {
      run.output(chunk);
      errors = (errors + chunk).slice(-8000);
    },
  });
  const last = lines.end();
  if (last !== null) for (const event of reader.line(last, Date.now())) recorder.take(event);
  for (const event of reader.end(Date.now())) recorder.take(event);
  await recorder.settled();
  // Some command lines print what their agent says on standard error.
  recorder.claims ??= parseReport(errors);
  const result = judge(outcome, recorder, errors, expensive.signal.aborted);
  if (recorder.claims) await run.record({ type: 'agent_report', claims: recorder.claims });
  if (outcome.outcome !== 'not-found') {
    await run.record({
      type: 'agent_exited',
      code: outcome.exitCode,
      signal: outcome.signal,
      is_error: result.kind !== 'done',
      reason: result.detail,
    });
    if (result.kind === 'done') await recorder.delivered();
  }
  say(result.kind === 'done' ? `${adapter.title} is done` : `${adapter.title}: ${result.kind} ${result.detail}`);
  return { ...result, claims: recorder.claims, spoke: recorder.spoke };
}

/** Turns the adapter's events into recorded ones, in order, and keeps what the judgement needs. */
class SessionRecorder {
  claims: Claims | null = null;
  finished: { isError: boolean; text: string } | null = null;
  spoke = false;
  #isDelivered = false;
  #last: Promise<void> = Promise.resolve();
  #failure: unknown;
  #usage: { readonly inputTokens: number; readonly outputTokens: number; readonly costUsd: number | null } = {
    inputTokens: 0,
    outputTokens: 0,
    costUsd: null,
  };
  readonly #session: SessionRequest;
  readonly #tooExpensive: () => void;

  constructor(session: SessionRequest, tooExpensive: () => void) {
    this.#session = session;
    this.#tooExpensive = tooExpensive;
  }

  queue(work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** @throws when an event could not be written: a run whose evidence is lost must not go on as if it were there. */
  async settled(): Promise<void> {
    await this.#last;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The agent has its prompt: what it tells is not told again. Said once a session. */
  async delivered(): Promise<void> {
    const { tells, run } = this.#session;
    if (this.#isDelivered || tells.length === 0) return;
    this.#isDelivered = true;
    await run.record({ type: 'delivered', decisions: tells });
  }

  take(event: AgentEvent): void {
    const { run, say, maxCostUsd } = this.#session;
    switch (event.type) {
      case 'session':
        this.spoke = true;
        this.queue(() =>
          run.record({
            type: 'agent_session',
            session_id: event.sessionId,
            model: event.model ?? null,
            version: event.version ?? null,
          }),
        );
        this.queue(() => this.delivered());
        return;
      case 'message': {
        this.spoke = true;
        const report = parseReport(event.text);
        if (report) this.claims = report;
        const first = event.text.trim().split('\n')[0] ?? '';
        if (first !== '' && !first.startsWith('```') && !first.startsWith('{')) say(first.slice(0, 160));
        return;
      }
      case 'command_started':
        say(`$ ${event.command.split('\n')[0] ?? ''}`);
        return;
      case 'command':
        say(`$ ${event.command.split('\n')[0] ?? ''} -> ${event.exitCode ?? '?'}`);
        this.queue(() =>
          run.record({
            type: 'agent_command',
            command: event.command,
            exit_code: event.exitCode,
            duration_ms: event.durationMs,
          }),
        );
        return;
      case 'edit':
        say(`${event.tool} ${event.path}`);
        this.queue(() => run.record({ type: 'agent_edit', tool: event.tool, path: event.path }));
        return;
      case 'denied':
        say(`denied: ${event.tool} ${event.target}`);
        this.queue(() =>
          run.record({ type: 'agent_denied', tool: event.tool, target: event.target, reason: event.reason }),
        );
        return;
      case 'usage': {
        // What an agent reports adds up over its session; what is recorded is the sum so far.
        const { inputTokens, outputTokens, costUsd } = this.#usage;
        const cost = event.costUsd === null ? costUsd : (costUsd ?? 0) + event.costUsd;
        const sum = {
          inputTokens: inputTokens + event.inputTokens,
          outputTokens: outputTokens + event.outputTokens,
          costUsd: cost,
        };
        this.#usage = sum;
        this.queue(() =>
          run.record({
            type: 'agent_usage',
            input_tokens: sum.inputTokens,
            output_tokens: sum.outputTokens,
            cost_usd: sum.costUsd,
          }),
        );
        if (maxCostUsd !== null && (sum.costUsd ?? 0) > maxCostUsd) this.#tooExpensive();
        return;
      }
      case 'finished': {
        this.finished = { isError: event.isError, text: event.text };
        const report = parseReport(event.text);
        if (report) this.claims = report;
        return;
      }
    }
  }
}

function judge(
  outcome: SpawnOutcome,
  recorder: SessionRecorder,
  errors: string,
  expensive: boolean,
): { kind: SessionOutcome['kind']; detail: string } {
  if (outcome.outcome === 'not-found') return { kind: 'missing', detail: outcome.error ?? '' };
  if (expensive) return { kind: 'too-expensive', detail: 'the cost limit was passed' };
  if (outcome.outcome === 'timed-out') return { kind: 'timed-out', detail: 'the time limit was passed' };
  if (outcome.outcome === 'aborted') return { kind: 'aborted', detail: 'stopped' };
  const said = recorder.finished?.text.trim() ?? '';
  if (outcome.exitCode !== 0 || recorder.finished?.isError) {
    const why =
      (recorder.finished?.isError ? said : '') || errors.trim().split('\n').slice(-5).join('\n') || said.slice(-500);
    const code =
      outcome.exitCode === null ? `ended by ${outcome.signal ?? 'a signal'}` : `exit code ${outcome.exitCode}`;
    return { kind: 'failed', detail: why ? `${code}: ${why}` : code };
  }
  return { kind: 'done', detail: '' };
}
