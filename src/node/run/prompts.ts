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
import { runsOf, unheard } from '../../core/run/carried-out.ts';
import type { Decision } from '../../core/run/model.ts';
import type { NextAttempt, PlanFacts, RunView } from '../../core/run/state-model.ts';
import { readTexts } from '../git/base.ts';
import { indexEntries } from '../git/index-entries.ts';
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
  const repoFiles = (await indexEntries(git)).map((entry) => entry.path);
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

/** Why this attempt is made, in words for the agent; `null` for a first or fresh one of which nobody said anything. */
function reasonOf(request: PromptRequest): ResumeReason | null {
  const { next, previous } = request;
  if (next.why === 'first') return null;
  const decisions = unheard({ facts: request.facts, slice: request.slice.id });
  // A change of the plan comes on top of what the person said about the run, and so does the next change.
  const changes = decisions.flatMap((one) => (one.type === 'retried' && one.run_id === null ? (one.note ?? []) : []));
  const decision = decisions.findLast((one) => one.run_id !== null);
  const said = decision?.type === 'retried' && decision.note !== null ? [decision.note] : [];
  if (next.mode === 'fresh') {
    // The prompt has the plan as it is now; what a person said stands nowhere else.
    if (decision?.type === 'answered')
      return { kind: 'answer', ...answered(request, decision), note: null, fresh: true };
    if (decision?.type === 'retried' && decision.revert.length > 0)
      return { kind: 'reverted', paths: decision.revert, note: said.join('\n\n') || null };
    return said.length > 0 ? { kind: 'retry', failing: [], note: said.join('\n\n'), fresh: true } : null;
  }
  if (next.why === 'checks-failed') return { kind: 'retry', failing: failingOf(request) };
  const note = [...said, ...changes].join('\n\n') || null;
  switch (decision?.type) {
    case 'answered':
      return { kind: 'answer', ...answered(request, decision), note };
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

function answered(
  { facts, slice }: PromptRequest,
  { run_id: runId, text }: Extract<Decision, { readonly type: 'answered' }>,
): { readonly question: string | null; readonly answer: string } {
  const asked = runsOf(facts, slice.id).find((run) => run.runId === runId);
  return { question: (asked && viewRun(asked).stop?.question) ?? null, answer: text };
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
  const checked = runsOf(facts, slice.id).findLast((run) => run.events.some((event) => event.type === 'verification'));
  return (checked?.events ?? []).flatMap((event) =>
    event.type === 'verification' && event.result.outcome !== 'passed' && event.result.waived !== true
      ? [{ command: event.result.command, exitCode: event.result.exitCode, output: event.result.output }]
      : [],
  );
}
