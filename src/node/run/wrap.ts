import { success, type Result } from '../../core/text/result.ts';
import { createRedactor } from '../../core/gate/redact.ts';
import { defaultSandbox, type SandboxMode } from '../../core/sandbox/policy.ts';
import { symbolNames } from '../../core/gate/scope-check.ts';
import type { FileChange } from '../../core/run/model.ts';
import { changesBetween, patchBetween, takeSnapshot, treeOfWorktree } from '../git/changes.ts';
import { readCodeChanges } from './code-changes.ts';
import { type EngineFailure, fail } from '../failure.ts';
import { environment, runProcess } from '../process/processes.ts';
import { sweepTemporary } from '../process/temporary.ts';
import { Git } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';
import { excludeState } from '../git/worktree.ts';
import { enclosed, enclosureOfAgent, settleSandbox, unconfinedWarning } from './confinement.ts';
import { primaryValues, privateValues } from './private-values.ts';
import { identify } from '../process/machine.ts';
import { RedactedLines } from './redacted-lines.ts';
import { RunDirectory, startedBy } from './run-directory.ts';

export interface WrapRequest {
  readonly repository: Repository;
  readonly cwd: string;
  readonly words: readonly string[];
  /** Absent: it may what the person may who started it. */
  readonly sandbox?: SandboxMode;
  readonly signal: AbortSignal;
  readonly out: (chunk: string) => void;
  readonly err: (chunk: string) => void;
}

/**
 * Runs any command where the person stands and leaves the evidence of a run: what changed, the diff, the output, the
 * exit code. Nothing is judged or committed; files that were dirty before are told apart from what the command did.
 */
export async function wrapCommand(
  request: WrapRequest,
): Promise<Result<{ readonly runId: string; readonly exitCode: number }, EngineFailure>> {
  const { repository } = request;
  await excludeState(repository);
  await sweepTemporary();
  // Where the person stands, before the command could change what that is.
  const asked = ['rev-parse', '--path-format=absolute', '--show-toplevel', '--git-dir'];
  const [worktree = '', gitDir = ''] = (await new Git(request.cwd).text(asked)).split('\n');
  const top = new Git({ dir: worktree, hold: () => Promise.resolve(gitDir) });
  const redact = createRedactor(process.env, [
    ...(await primaryValues(repository)),
    ...(await privateValues(top, worktree, 'HEAD')),
  ]);
  const settled = await settleSandbox(repository, defaultSandbox, request.sandbox ?? 'off');
  if (!settled.ok) return settled;
  const warning = unconfinedWarning(settled.value);
  if (warning !== null) request.err(`${warning}\n`);
  const { sandbox, whyNot } = settled.value;
  const before = await treeOfWorktree(top);
  const run = await RunDirectory.create(repository.runsDir, null, redact);
  try {
    const me = await identify();
    await run.record({
      type: 'run_started',
      run_id: run.runId,
      plan: null,
      slice: null,
      attempt: 1,
      mode: 'wrap',
      ...startedBy(me),
      worktree,
      branch: null,
    });
    await run.record({ type: 'base', commit: (await top.resolve('HEAD')) ?? '', from: ['HEAD'] });
    await run.record({ type: 'sandbox', by: sandbox?.title ?? null, why_not: whyNot });
    const [program = '', ...args] = request.words;
    const [out, err] = [new RedactedLines(redact, request.out), new RedactedLines(redact, request.err)];
    const place = { repository, setting: defaultSandbox, worktree, state: null, slicewave: [] };
    const outcome = await enclosed(enclosureOfAgent(sandbox, place), (confined) =>
      runProcess({
        confined,
        program,
        args,
        cwd: request.cwd,
        env: { ...environment(), SLICEWAVE_RUN_ID: run.runId },
        signal: request.signal,
        onStdout: (chunk) => {
          run.output(chunk);
          out.take(chunk);
        },
        onStderr: (chunk) => {
          run.output(chunk);
          err.take(chunk);
        },
      }),
    );
    out.end();
    err.end();
    if (outcome.outcome === 'not-found') {
      await run.record({
        type: 'ended',
        end: 'failed',
        reason: 'agent-missing',
        detail: `${program} was not found`,
        stop: null,
      });
      return fail('no-such-file', `${program} was not found`, 'Check the name and the path.');
    }
    await run.record({
      type: 'agent_command',
      command: request.words.join(' '),
      exit_code: outcome.exitCode,
      duration_ms: outcome.durationMs,
    });
    const snapshot = await takeSnapshot(top, run.runId, `slicewave: after ${program}`);
    await run.record({ type: 'snapshot', commit: snapshot.commit, tree: snapshot.tree });
    if (snapshot.beside !== null) request.err(`slicewave: ${snapshot.beside}\n`);
    const changes = await changesBetween(top, before, snapshot.tree);
    const code = await readCodeChanges({ git: top, from: before, to: snapshot.tree, changes, scope: null });
    const files = changes.map((change): FileChange => {
      return { ...change, inScope: true, symbols: symbolNames(code.get(change.path)) };
    });
    await run.write('files-changed.txt', files.map((file) => `${file.path}\n`).join(''));
    await run.write('diff.patch', await patchBetween(top, before, snapshot.tree));
    await run.record({ type: 'scope_checked', files, violations: [] });
    const failed = outcome.exitCode !== 0;
    await run.record({
      type: 'ended',
      end: failed ? 'failed' : 'verified',
      reason: failed ? 'agent-failed' : null,
      detail: failed ? `exit code ${outcome.exitCode ?? outcome.signal ?? 'unknown'}` : null,
      stop: null,
    });
    return success({ runId: run.runId, exitCode: outcome.exitCode ?? 130 });
  } finally {
    run.close();
  }
}
