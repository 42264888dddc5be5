import {
  assemblePrompt,
  editedPrompt,
  resumePrompt,
  type FailedCheck,
  type Prompt,
  type ResumeReason,
} from '../../core/context/prompt.ts';
import { contextSources } from '../../core/context/sources.ts';
import type { Slice } from '../../core/plan/model.ts';
import { viewRun } from '../../core/run/run-view.ts';
import type { Decision, RunEvent } from '../../core/run/model.ts';
import type { NextAttempt, PlanFacts, RunFacts, RunView } from '../../core/run/state-model.ts';
import { readTexts } from '../git/base.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import type { Repository } from '../git/repository.ts';

export interface PromptRequest {
  readonly repository: Repository;
  readonly loaded: LoadedPlan;
  readonly slice: Slice;
  readonly worktree: string;
  readonly next: NextAttempt;
  readonly facts: PlanFacts;
  readonly previous: RunView | null;
  /** The agent's session goes on: it knows the prompt already. */
  readonly resuming: boolean;
}

/** Files larger than this are never read whole into a prompt. */
const LARGEST = 256 * 1024;

/** The text an agent is given: the whole layered prompt, the next message of its session, or both. */
export async function writePrompt(request: PromptRequest): Promise<Pick<Prompt, 'text' | 'tokens' | 'layers'>> {
  const reason = reasonOf(request);
  if (request.resuming && reason) {
    const text = resumePrompt(reason);
    return { text, tokens: Math.ceil(text.length / 4), layers: [] };
  }
  const { plan, graph, files } = request.loaded;
  const { slice } = request;
  const git = request.repository.git.in(request.worktree);
  const repoFiles = await git.fields(['ls-files', '-z']);
  const wanted = contextSources(plan, slice, repoFiles);
  const own = wanted.filter((file) => file.startsWith(`${plan.dir}/`));
  const sources = new Map([
    // As the plan is fixed, whatever the directory says.
    ...own.flatMap((file): [string, string][] => {
      const text = files.get(file.slice(plan.dir.length + 1));
      return text === undefined || text.length > LARGEST ? [] : [[file, text]];
    }),
    ...(await readTexts(
      request.worktree,
      wanted.filter((file) => !file.startsWith(`${plan.dir}/`)),
      LARGEST,
    )),
  ]);
  const edited = editedPrompt(plan, slice, graph, files);
  // Of files whose scope names symbols only these are quoted; nobody else needs the parser.
  const bySymbol = slice.scope.modify.some((entry) => entry.symbol !== null);
  const code = bySymbol ? await (await import('../workspace/code-reader.ts')).openCodeReader() : null;
  const prompt = assemblePrompt({ plan, slice, graph, sources, code, ...(edited === null ? {} : { edited }) });
  if (!reason) return prompt;
  // An agent without sessions gets everything again, and what happened since at the end, where it is read last.
  return { ...prompt, text: `${prompt.text.trimEnd()}\n\n=== WHAT HAPPENED SINCE ===\n${resumePrompt(reason)}` };
}

/** Why this attempt is made, in words for the agent; `null` for a first or fresh one. */
function reasonOf(request: PromptRequest): ResumeReason | null {
  const { next, previous } = request;
  if (next.mode === 'fresh' || next.why === 'first') return null;
  if (next.why === 'checks-failed') return { kind: 'retry', failing: failingOf(request) };
  const decisions = unheard(request);
  // A change of the plan comes on top of what the person said about the run, and so does the next change.
  const changes = decisions.flatMap((one) => (one.type === 'retried' && one.run_id === null ? (one.note ?? []) : []));
  const decision = decisions.findLast((one) => one.run_id !== null);
  const said = decision?.type === 'retried' && decision.note !== null ? [decision.note] : [];
  const note = [...said, ...changes].join('\n\n') || null;
  switch (decision?.type) {
    case 'answered': {
      const question = viewRun(lastHeard(request)).stop?.question ?? null;
      return { kind: 'answer', question, answer: decision.text, note };
    }
    case 'approved':
      return { kind: 'approved', paths: decision.paths, waived: decision.waive, note };
    case 'retried':
      if (decision.revert.length > 0) return { kind: 'reverted', paths: decision.revert, note };
      return { kind: 'retry', failing: failingOf(request), note };
    default:
      if (note !== null) return { kind: 'retry', failing: failingOf(request), note };
      return next.why === 'retried' && !wasCutShort(previous)
        ? { kind: 'retry', failing: failingOf(request) }
        : { kind: 'interrupted' };
  }
}

/** The slice's last run in which an agent came to hear something. */
function lastHeard({ facts, slice }: PromptRequest): RunFacts {
  const none: RunFacts = { runId: '', events: [], alive: false };
  const heard = (event: RunEvent): boolean =>
    event.type === 'agent_session' || (event.type === 'agent_exited' && !event.is_error);
  return runsOf(facts, slice).findLast((run) => run.events.some(heard)) ?? none;
}

/**
 * What the person decided since an agent was last at work, oldest first. Not simply the last decision: an attempt that
 * ended before its agent could start (the program was missing, the machine went down) has delivered nothing, and the
 * decision to try again after it says nothing new.
 */
function unheard(request: PromptRequest): readonly PersonsDecision[] {
  const since = lastHeard(request).events[0]?.t ?? '';
  return request.facts.decisions.filter((decision): decision is PersonsDecision => {
    if (!('slice' in decision) || decision.slice !== request.slice.id || decision.t < since) return false;
    if (decision.type === 'retried') return decision.revert.length > 0 || decision.note !== null;
    return decision.type === 'answered' || decision.type === 'approved';
  });
}

type PersonsDecision = Extract<Decision, { readonly type: 'answered' | 'approved' | 'retried' }>;

function runsOf(facts: PlanFacts, slice: Slice): readonly RunFacts[] {
  return facts.runs.filter((run) => run.events[0]?.type === 'run_started' && run.events[0].slice === slice.id);
}

/** The agent was ended before it was done, by the person or by a limit. */
function wasCutShort(previous: RunView | null): boolean {
  const reason = previous?.failure?.reason;
  const condition = previous?.stop?.condition;
  return (
    reason === 'stopped-by-user' ||
    reason === 'agent-failed' ||
    condition === 'time-limit' ||
    condition === 'cost-limit'
  );
}

/** The checks that failed when the agent's work was last checked. */
function failingOf({ facts, slice }: PromptRequest): FailedCheck[] {
  const checked = runsOf(facts, slice).findLast((run) => run.events.some((event) => event.type === 'verification'));
  return (checked?.events ?? []).flatMap((event) =>
    event.type === 'verification' && event.result.outcome !== 'passed' && event.result.waived !== true
      ? [{ command: event.result.command, exitCode: event.result.exitCode, output: event.result.output }]
      : [],
  );
}
