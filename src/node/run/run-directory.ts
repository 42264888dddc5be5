import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { type Redact, redactValue } from '../../core/gate/redact.ts';
import type { ProcessIdentity } from '../../core/run/liveness.ts';
import type { RunEvent, RunEventBody } from '../../core/run/model.ts';
import { traceOf } from '../../core/run/trace.ts';
import { beginsHere } from '../process/process-table.ts';
import { JsonLines } from '../state/json-lines.ts';
import { appendDecision, recordTime } from '../state/decision-log.ts';
import { HEARTBEAT, newRunId, runName } from '../state/run-log.ts';
import { writeWhole } from '../state/whole-write.ts';
import { RedactedLines } from './redacted-lines.ts';

/** Events after which the summary is written anew. The rest comes too often and changes too little. */
const MILESTONES: ReadonlySet<RunEventBody['type']> = new Set([
  'run_started',
  'worktree_ready',
  'agent_started',
  'agent_exited',
  'scope_checked',
  'verified',
  'committed',
  'ended',
]);

/** Events that say what came of a run. */
const OUTCOME: ReadonlySet<RunEventBody['type']> = new Set([
  'run_started',
  'base',
  'snapshot',
  'audited',
  'doubted',
  'verified',
  'committed',
  'ended',
]);

type RunStarted = Extract<RunEventBody, { readonly type: 'run_started' }>;

/** Who runs, as the first event of a run names it. */
export function startedBy({
  pid,
  started,
  ...place
}: ProcessIdentity): Pick<RunStarted, 'pid' | 'pid_started' | 'host' | 'machine' | 'boot' | 'space'> {
  return { pid, pid_started: started, ...place };
}

/**
 * One run's directory, `.agent-runs/<run_id>/`, open for writing by its one writer. Everything goes through the
 * redactor on its way in; `events.jsonl` is the truth, `trace.json` a summary of it.
 */
export class RunDirectory {
  readonly runId: string;
  readonly path: string;
  readonly events: RunEvent[] = [];
  readonly #lines: JsonLines;
  readonly #redact: Redact;
  readonly #beat: NodeJS.Timeout;
  readonly #lined: RedactedLines;
  #output: number | null = null;
  /** Of the last event: none is earlier than the one before it, whatever happens to the clock. */
  #time: number;

  private constructor({
    runId,
    dir,
    redact,
    began,
  }: {
    readonly runId: string;
    readonly dir: string;
    readonly redact: Redact;
    readonly began: Date;
  }) {
    this.runId = runId;
    this.#time = began.getTime();
    this.path = dir;
    this.#redact = redact;
    this.#lined = new RedactedLines(redact, (text) => {
      this.#output ??= openSync(this.file('output.txt'), 'a');
      writeSync(this.#output, text);
    });
    this.#lines = new JsonLines(path.join(dir, 'events.jsonl'), runName(runId));
    const heartbeat = path.join(dir, HEARTBEAT);
    writeFileSync(heartbeat, '');
    this.#beat = setInterval(() => void utimes(heartbeat, new Date(), new Date()).catch(() => undefined), 10_000);
    this.#beat.unref();
  }

  /** Makes the directory of a new run of a plan's slice or checkpoint. `null`: of any command. */
  static async create(
    runsDir: string,
    of: { readonly plan: string; readonly node: string } | null,
    redact: Redact,
  ): Promise<RunDirectory> {
    const began = await recordTime(runsDir, of?.plan ?? null);
    const runId = newRunId(of?.node ?? null, began);
    const dir = path.join(runsDir, runId);
    mkdirSync(dir, { recursive: true });
    beginsHere(runId);
    return new RunDirectory({ runId, dir, redact, began });
  }

  /** Whether its commit is recorded: whatever fails after that takes nothing back. */
  get isCommitted(): boolean {
    return this.events.some(({ type }) => type === 'committed');
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  /** Appends an event; it is on disk when the promise resolves, and so is the summary after a milestone. */
  async record(body: RunEventBody): Promise<void> {
    this.#time = Math.max(this.#time, Date.now());
    const event = redactValue({ v: 1 as const, t: new Date(this.#time).toISOString(), ...body }, this.#redact);
    this.#lines.append(event);
    this.events.push(event);
    // The summary comes last: it can be made anew, where the disk has no room for it.
    if (body.type === 'ended') await this.#recordEnd();
    if (MILESTONES.has(body.type)) await this.writeTrace();
  }

  /** The plan remembers how the run ended: its own record lies where an agent could cut it short, or take it away. */
  async #recordEnd(): Promise<void> {
    const [first] = this.events;
    if (first?.type !== 'run_started' || first.plan === null || first.slice === null) return;
    await appendDecision(path.dirname(this.path), first.plan, 'runner', {
      type: 'run_ended',
      run_id: this.runId,
      node: first.slice,
      digest: this.#lines.digest ?? '',
      events: this.events.filter((event) => OUTCOME.has(event.type)),
    });
  }

  async writeTrace(): Promise<void> {
    await writeWhole(this.file('trace.json'), `${JSON.stringify(traceOf(this.runId, this.events, true), null, 2)}\n`);
  }

  async write(name: string, text: string | Uint8Array): Promise<void> {
    await writeWhole(this.file(name), typeof text === 'string' ? this.#redact(text) : text);
  }

  /** Adds to `output.txt`, by whole lines. */
  output(chunk: string): void {
    this.#lined.take(chunk);
  }

  close(): void {
    this.#lined.end();
    if (this.#output !== null) closeSync(this.#output);
    this.#output = null;
    clearInterval(this.#beat);
    rmSync(this.file(HEARTBEAT), { force: true });
    this.#lines.close();
  }
}
