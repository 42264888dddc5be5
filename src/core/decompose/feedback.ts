import type { Finding } from '../text/finding.ts';
import type { MissingContract } from '../judge/contracts.ts';
import type { Judgement } from '../judge/judge.ts';
import type { Plan } from '../plan/model.ts';
import type { Spec } from '../spec/model.ts';
import { isDeclaredStep } from './rounds.ts';
import { oneLine } from '../text/printing.ts';
import { fenced } from '../text/markdown-writing.ts';

export interface FeedbackRequest {
  /** Why the answer could not be used at all. */
  readonly problems: readonly string[];
  /** What stands against its plan and can be mended by whoever answered. */
  readonly findings: readonly Finding[];
  /** How to do better, as far as the judge knows. Default: nothing is known. */
  readonly judgement?: Judgement;
  /** The plan of the answer, and what declares a part of it. */
  readonly of?: { readonly plan: Plan; readonly spec: Spec };
}

/** A list of faults longer than this is one fault many times over. */
const maxFaults = 60;
/** Pairs for which it is said how to cut them better, and ways for each. */
const maxPairs = 10;
const maxWays = 2;
/** Files to start from, and characters of each. */
const maxFiles = 8;
const maxCharacters = 3000;

/**
 * What an agent reads when its proposal does not hold: problems of the answer itself, what the judge found, and what
 * the judge has worked out beside it: ways to cut a pair better that were tried, files to start contracts from, merge
 * points worth having.
 */
export function decomposeFeedback({ problems, findings, judgement, of }: FeedbackRequest): string {
  const sliceOf = new Map(of?.plan.slices.map((slice) => [slice.file, slice.id]));
  const rows = [
    ...problems,
    ...findings
      .toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))
      .map((finding) => findingRow(finding, sliceOf.get(finding.file))),
  ];
  const more = rows.length - maxFaults;
  const parts = [
    `Your decomposition does not hold yet:

${rows
  .slice(0, maxFaults)
  .map((row) => `- ${oneLine(row)}`)
  .join('\n')}${more > 0 ? `\n- and ${more} more` : ''}`,
    ...(judgement
      ? [
          of ? circlesToOpen(judgement, findings, of.spec) : '',
          cutBetter(judgement),
          contractsToWrite(judgement, findings),
          mergePointsToHave(judgement),
        ]
      : []),
    'Answer with the whole corrected JSON object, of the same schema. Change nothing beside what stands here.',
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** What the plan's files say in their words, in those of the answer. */
const inTheAnswer: Readonly<Record<string, string>> = {
  'task.checklist-not-executable':
    '`verify` holds no command, so nothing can prove the result: give the narrowest test that does',
};

/** A finding with the slice it is about: whoever answered sees no files. */
function findingRow({ severity, code, message }: Finding, slice: string | undefined): string {
  const text = inTheAnswer[code] ?? message;
  const isNamed = slice === undefined || text.split(/[^\w-]+/).includes(slice);
  return `${severity}: ${isNamed ? '' : `${slice}: `}${text}`;
}

/** Which entries make each circle, and which of them the spec holds on to. */
function circlesToOpen({ graph }: Judgement, findings: readonly Finding[], spec: Spec): string {
  const told = findings.filter(({ code }) => code === 'plan.cycle');
  const rows = graph.cycles.flatMap((trail) => {
    if (!told.some(({ message }) => message.endsWith(trail.join(' -> ')))) return [];
    const steps = trail.slice(1).map((id, i) => {
      const before = trail[i] ?? '';
      const edge = graph.edges.find(({ from, to }) => from === before && to === id);
      const entry =
        edge?.kind === 'merge-point'
          ? `${edge.mergePoint} needs ${before} and unlocks ${id}`
          : `${before} stands under \`deps\` of ${id}`;
      return `${entry}${isDeclaredStep(before, id, spec) ? ' (declared by the spec, stays)' : ''}`;
    });
    return [`- ${trail.join(' -> ')}: ${steps.join('; ')}`];
  });
  return rows.length === 0
    ? ''
    : `What makes each circle; take away one of it, the one that a contract can stand in for:\n\n${rows.join('\n')}`;
}

/** One message for an agent without sessions: what it was asked, what it answered, and what is wrong with that. */
export function decomposeAgain(instructions: string, answer: string, feedback: string): string {
  return `${instructions.trimEnd()}

=== YOUR EARLIER ANSWER ===
${answer.trim() || '(none)'}

=== WHAT IS WRONG WITH IT ===
${feedback}`;
}

function cutBetter({ advice }: Judgement): string {
  const rows = advice.slice(0, maxPairs).flatMap(({ overlap, advice: ways }) => {
    const tried = ways.filter((way) => way.verified);
    if (tried.length === 0) return [];
    const texts = tried.slice(0, maxWays).map((way) => oneLine(way.text));
    return [`- ${overlap.a} and ${overlap.b}: ${texts.join(' Or: ')}`];
  });
  return rows.length === 0 ? '' : `These ways were tried on your plan, and help:\n\n${rows.join('\n')}`;
}

function contractsToWrite({ contracts }: Judgement, findings: readonly Finding[]): string {
  if (!findings.some(({ code }) => code === 'judge.contract-needed')) return '';
  const files = contracts.scaffolds
    .slice(0, maxFiles)
    .map(({ path, provider, consumers, covers, language, content }) => {
      const part = content.slice(0, maxCharacters).trimEnd();
      const rest = content.length > maxCharacters ? '\n...' : '';
      const by = provider === null ? 'null (several slices provide a part each)' : JSON.stringify(provider);
      return `path: ${path}
provider: ${by}
consumers: ${JSON.stringify(consumers)}
listed under contracts of: ${sidesOf(covers).join(', ')}
${fenced(`${part}${rest}`, language)}`;
    });
  if (files.length === 0) return '';
  return `Contracts that are missing, one to start from for each workstream that owes one. Complete what is to be agreed, put them
into \`contracts\`, and list the path under \`contracts\` of the slices on both sides; or list a contract that you have there, when
it says enough:

${files.join('\n\n')}`;
}

/** The slices that meet at an interface, those that provide it first. */
function sidesOf(covers: readonly MissingContract[]): string[] {
  const pairs = covers.flatMap(({ slices }) => slices);
  return [...new Set([...pairs.map(({ provider }) => provider), ...pairs.map(({ consumer }) => consumer)])];
}

function mergePointsToHave({ mergePoints }: Judgement): string {
  if (mergePoints.length === 0) return '';
  const rows = mergePoints.slice(0, maxPairs).map(({ reason, action }) => `- ${oneLine(reason)} So ${oneLine(action)}`);
  return `No fault, but worth adding to \`merge_points\`, with checks under \`verify\`:\n\n${rows.join('\n')}`;
}
