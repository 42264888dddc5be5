import { withDeclared, type DeclaredRequest } from '../../../core/decompose/declared.ts';
import { decomposeFeedback } from '../../../core/decompose/feedback.ts';
import { decomposeInstructions } from '../../../core/decompose/instructions.ts';
import { projectFacts, repositoryConventions } from '../../../core/decompose/project.ts';
import { readProposal } from '../../../core/plan/proposal.ts';
import {
  changedText,
  DEFAULT_CORRECTIONS,
  faultsText,
  fewerFaults,
  idProblems,
  leftText,
  mendable,
  MOST_CORRECTIONS,
  type Round,
  type RoundsEnd,
} from '../../../core/decompose/rounds.ts';
import { blockingFindings } from '../../../core/decompose/structure.ts';
import type { Finding } from '../../../core/text/finding.ts';
import { countFindings } from '../../../core/lint/engine/format.ts';
import { success, type Result } from '../../../core/text/result.ts';
import { blockedSpec, type Draft, type DraftRequest, type JudgedDraft } from './decomposer.ts';
import { type EngineFailure, fail } from '../../failure.ts';
import type { DecomposerAgent, DecomposerAnswer } from '../model.ts';
import { watchCheckout } from './checkout.ts';

export interface RoundsRequest extends DraftRequest {
  /** Stands in messages: `Claude Code`. */
  readonly title: string;
  readonly agent: DecomposerAgent;
  /** Whether it can open the repository's files. */
  readonly reads: boolean;
}

interface Candidate {
  readonly draft: Draft;
  readonly round: Round;
}

/**
 * Asks an agent for slices and tells it in the same session what does not hold, until nothing is left that it could
 * mend, it had all the corrections that it may have, or it repeats the same faults. Then the best of its answers is
 * handed on with everything that is left against it: the person decides. An agent whose answers were all unusable is a
 * failure. What changed in the checkout meanwhile is said, however it ended: an agent that decomposes has nothing to
 * write.
 */
export async function draftInRounds(request: RoundsRequest): Promise<Result<Draft, EngineFailure>> {
  const checkout = request.reads ? await watchCheckout(request.root) : null;
  const result = await askInRounds(request);
  const changed = (await checkout?.changed()) ?? [];
  if (changed.length === 0) return result;
  if (result.ok) {
    const { rounds } = result.value;
    return rounds ? success({ ...result.value, rounds: { ...rounds, changed } }) : result;
  }
  const { failure } = result;
  return {
    ok: false,
    failure: {
      ...failure,
      message: `${failure.message}; ${changedText(changed)}`,
      remedy: `Look at what changed with \`git status\`. ${failure.remedy}`,
    },
  };
}

async function askInRounds(request: RoundsRequest): Promise<Result<Draft, EngineFailure>> {
  const { spec, specPath, specText, specFindings, title, agent, signal, onProgress } = request;
  const blocking = blockingFindings(spec, specPath, specText);
  const known = [...specFindings, ...blocking];
  if (blocking.some((finding) => finding.severity === 'error')) return blockedSpec(specPath, known);
  const corrections = Math.min(MOST_CORRECTIONS, request.options.corrections ?? DEFAULT_CORRECTIONS);
  const facts = projectFacts(request.repoFiles, request.texts, spec.technology);
  const conventions = repositoryConventions(request.repoFiles, request.texts, spec.technology);
  const repository = { setup: facts.setup, conventions };
  let prompt = decomposeInstructions({
    ...request,
    ...repository,
    tests: facts.tests,
    ...(request.reads ? {} : { shown: request.texts }),
  });
  const list: Round[] = [];
  let sessionId: string | null = null;
  let best: Candidate | null = null;
  let faults: string | null = null;
  let problems: readonly string[] = [];
  const done = ({ draft, round }: Candidate, end: RoundsEnd, detail: string | null = null): Result<Draft, never> =>
    success({ ...draft, rounds: { list, end, chosen: round.number, detail } });
  for (let number = 1; number <= corrections + 1; number++) {
    onProgress(
      number === 1
        ? `Asking ${title} for slices`
        : `round ${number} of at most ${corrections + 1}: asking ${title} to correct its slices`,
    );
    const turn: Result<DecomposerAnswer, EngineFailure> = await agent({ prompt, sessionId, signal, onProgress });
    if (!turn.ok) {
      if (best && turn.failure.reason !== 'cancelled') return done(best, 'failed', turn.failure.message);
      return turn;
    }
    sessionId = turn.value.sessionId;
    const judged = judgeAnswer({ ...request, repository, known }, turn.value.answer);
    problems = judged.problems;
    const counts = countFindings(judged.left);
    const round: Round = { number, problems, errors: counts.error, warnings: counts.warning };
    list.push(round);
    onProgress(`round ${number}: ${roundLine(round)}`);
    if (judged.draft) {
      const candidate: Candidate = { draft: judged.draft, round };
      if (best === null || fewerFaults(round, best.round)) best = candidate;
      if (judged.left.length === 0) return done(candidate, 'sound');
    }
    const now = faultsText(problems, judged.left);
    if (best && now === faults) return done(best, 'no-better');
    faults = now;
    prompt = decomposeFeedback({
      problems,
      findings: judged.left,
      ...(judged.plan ? { judgement: judged.plan.judgement, of: { plan: judged.plan.loaded.plan, spec } } : {}),
    });
  }
  if (best) return done(best, 'used-up');
  return fail(
    'agent',
    `${title} gave no usable decomposition in ${list.length} ${list.length === 1 ? 'round' : 'rounds'}: ${problems.slice(0, 5).join('; ')}`,
    'Try again, declare slices in the spec, or decompose with --with structure.',
  );
}

interface Judged {
  /** `null`: the answer cannot become a plan, as `problems` say. */
  readonly draft: Draft | null;
  readonly problems: readonly string[];
  /** What the agent could mend. */
  readonly left: readonly Finding[];
  /** The plan it becomes, with everything that the judge says of it. */
  readonly plan: JudgedDraft | null;
}

interface AnswerRequest extends RoundsRequest {
  readonly repository: NonNullable<DeclaredRequest['repository']>;
  /** What was found in the spec. */
  readonly known: readonly Finding[];
}

function judgeAnswer(request: AnswerRequest, answer: DecomposerAnswer['answer']): Judged {
  const unusable = (problems: readonly string[]): Judged => ({ draft: null, problems, left: [], plan: null });
  if ('problem' in answer) return unusable([answer.problem]);
  const read = readProposal(answer.value);
  if ('problems' in read) return unusable(read.problems);
  const problems = idProblems(read.proposal);
  if (problems.length > 0) return unusable(problems);
  const { spec, specPath } = request;
  const { proposal, findings } = withDeclared({ ...request, proposal: read.proposal });
  const draft: Draft = { proposal, spec, findings: [...request.known, ...findings], answer: answer.value };
  const judgedDraft = request.judge(draft);
  const { files, loaded } = judgedDraft;
  // What the spec's author has to settle is not the agent's to mend.
  const judged = loaded.findings.filter((finding) => finding.file !== specPath);
  const { plan, graph } = loaded;
  const left = mendable({ findings: [...findings, ...judged], spec, plan, files, cycles: graph.cycles });
  return { draft, problems, left, plan: judgedDraft };
}

function roundLine(round: Round): string {
  if (round.problems.length > 0) return `its answer cannot be used: ${round.problems[0] ?? ''}`;
  const count = round.errors + round.warnings;
  if (count === 0) return 'nothing is left to correct';
  return `${count} ${count === 1 ? 'finding' : 'findings'} left (${leftText(round.errors, round.warnings)})`;
}
