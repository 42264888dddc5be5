import { countFindings } from '../lint/engine/format.ts';
import type { Finding, Severity } from '../text/finding.ts';
import type { Judgement } from '../judge/judge.ts';
import type { ManifestContract } from '../manifest/model.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan, PlanFiles } from '../plan/model.ts';
import { isRemovedFile, removalNote } from '../task/model.ts';
import { makespans, whatIf, type WhatIf } from '../plan/schedule.ts';
import type { Overlap } from '../scope/overlap.ts';
import type { Spec } from '../spec/model.ts';
import type { GuessedScope } from './import/model.ts';
import type { Rounds } from './rounds.ts';
import { decomposerOf, type DecomposerId } from './table.ts';
import type { EarlierUsage } from './usage.ts';
import { oneLine } from '../text/printing.ts';

/** How a decomposition came about, and what was measured of it. */
export interface Making {
  readonly by: DecomposerId;
  readonly spec: Spec;
  /** Repository-relative: the spec, or the main file of what was imported. */
  readonly specPath: string;
  /** Of a decomposer that is corrected; `null` for the others. */
  readonly rounds: Rounds | null;
  /** `null`: no earlier run in this repository tells what it used. */
  readonly earlier: EarlierUsage | null;
  /** Scopes that nobody wrote down, and whether they are in the slices. Default: none. */
  readonly guesses?: Guesses;
}

export interface Guesses {
  readonly list: readonly GuessedScope[];
  readonly taken: boolean;
  /** An agent was asked for some of them; its answer is kept. */
  readonly asked: boolean;
}

/** A decomposition that was not written yet. */
export interface PreviewSource {
  readonly dir: string;
  readonly files: PlanFiles;
  readonly exists: boolean;
  readonly loaded: { readonly plan: Plan; readonly graph: PlanGraph; readonly findings: readonly Finding[] };
  readonly making: Making;
  readonly judgement: Judgement;
}

export interface OverlapMatrix {
  /** Slices that share something with another, those in the gravest pairs first, then in plan order. */
  readonly slices: readonly string[];
  /** Of those slices, by both ids; the first is the one earlier in `slices`. */
  readonly cells: ReadonlyMap<string, Overlap>;
  /** Slices that share something and did not find room. */
  readonly more: number;
}

export interface PreviewEstimate {
  /** Hours of all slices added up, in minutes. */
  readonly workMinutes: number;
  /** Slices whose hours nobody estimated: the decomposer took them from what there is to do. */
  readonly guessed: number;
  /**
   * For one agent, for as many as are worth it, and for as many as make the plan as short as it can be; no number
   * twice.
   */
  readonly agents: readonly (WhatIf & { readonly advised: boolean })[];
  /** `null`: nothing was measured. */
  readonly context: {
    readonly total: number;
    readonly largest: { readonly slice: string; readonly tokens: number };
    /** Slices above the budget. */
    readonly over: readonly string[];
    readonly budget: number;
    readonly measured: number;
  } | null;
  /** For the whole plan, from what earlier slices used; `null`: there are none. */
  readonly usage: {
    readonly earlier: EarlierUsage;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly costUsd: number | null;
  } | null;
}

/** Everything that a person sees before a plan is written, whoever made it. */
export interface Preview {
  readonly dir: string;
  readonly exists: boolean;
  readonly title: string;
  readonly techSpecId: string;
  readonly specPath: string;
  readonly by: { readonly id: DecomposerId; readonly title: string };
  readonly rounds: Rounds | null;
  readonly plan: Plan;
  readonly graph: PlanGraph;
  readonly overlaps: readonly Overlap[];
  readonly judgement: Judgement;
  readonly matrix: OverlapMatrix;
  readonly counts: Readonly<Record<Severity, number>>;
  /** By file, files with errors first; within a file by severity, then by place. */
  readonly findings: readonly { readonly file: string; readonly findings: readonly Finding[] }[];
  readonly estimate: PreviewEstimate;
  readonly guesses: Guesses;
  readonly contracts: readonly ManifestContract[];
  /** What the spec leaves open: its open questions, and that its confidence is not high. */
  readonly open: readonly string[];
  /** What a person should settle before agents are paid, the gravest first: what is open, and what nothing read tells. */
  readonly questions: readonly string[];
  /** What each agent is given, in plan order. */
  readonly given: readonly GivenToAgent[];
  /** Repository-relative, sorted. */
  readonly files: readonly { readonly path: string; readonly lines: number }[];
}

export interface GivenToAgent {
  readonly slice: string;
  readonly create: readonly string[];
  readonly modify: readonly string[];
  readonly verify: readonly string[];
  /** Of the prompt as it will be; `null` where it was not measured. */
  readonly tokens: number | null;
}

/** A preview asks no more at a time. */
export const MOST_QUESTIONS = 3;

/** A terminal shows no more columns of a matrix. */
const MOST_COLUMNS = 16;

/** The same preview for every decomposer. Pure and deterministic. */
export function previewOf(source: PreviewSource): Preview {
  const { dir, files, loaded, making, exists, judgement } = source;
  const { plan, findings } = loaded;
  const { graph, overlaps: shared } = judgement;
  const by = decomposerOf(making.by);
  return {
    dir,
    exists,
    title: plan.title,
    techSpecId: plan.techSpecId,
    specPath: making.specPath,
    by: { id: by.id, title: by.title },
    rounds: making.rounds,
    plan,
    graph,
    overlaps: shared,
    judgement,
    matrix: overlapMatrix(plan, shared),
    counts: countFindings(findings),
    findings: byFile(findings),
    estimate: estimateOf(plan, judgement, making),
    guesses: making.guesses ?? { list: [], taken: false, asked: false },
    contracts: plan.contracts,
    open: openPoints(making.spec),
    questions: questionsOf(plan, findings, openPoints(making.spec)),
    given: givenTo(plan, judgement),
    files: [...files]
      .map(([name, text]) => ({ path: `${dir}/${name}`, lines: lineCount(text) }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** The key of a pair in `OverlapMatrix.cells`. */
export function pairKey(a: string, b: string): string {
  return `${a}\0${b}`;
}

function overlapMatrix(plan: Plan, shared: readonly Overlap[]): OverlapMatrix {
  const worst = new Map<string, number>();
  for (const { a, b, percent } of shared) {
    for (const id of [a, b]) worst.set(id, Math.max(worst.get(id) ?? 0, percent));
  }
  const place = new Map(plan.slices.map((slice, i) => [slice.id, i]));
  const inPlan = (a: string, b: string): number => (place.get(a) ?? 0) - (place.get(b) ?? 0);
  const slices = [...worst.keys()]
    .toSorted((a, b) => worst.get(b)! - worst.get(a)! || inPlan(a, b))
    .slice(0, MOST_COLUMNS)
    .toSorted(inPlan);
  const shown = new Set(slices);
  const cells = new Map<string, Overlap>();
  for (const overlap of shared) {
    if (!shown.has(overlap.a) || !shown.has(overlap.b)) continue;
    const [a, b] = [overlap.a, overlap.b].toSorted(inPlan);
    cells.set(pairKey(a!, b!), overlap);
  }
  return { slices, cells, more: worst.size - slices.length };
}

const severities: readonly Severity[] = ['error', 'warning', 'info', 'hint'];

function byFile(findings: readonly Finding[]): Preview['findings'] {
  const files = new Map<string, Finding[]>();
  for (const finding of findings) files.set(finding.file, [...(files.get(finding.file) ?? []), finding]);
  const rank = (finding: Finding): number => severities.indexOf(finding.severity);
  return [...files]
    .map(([file, found]) => ({
      file,
      findings: found.toSorted(
        (a, b) => rank(a) - rank(b) || a.span.start - b.span.start || (a.message < b.message ? -1 : 1),
      ),
    }))
    .toSorted((a, b) => rank(a.findings[0]!) - rank(b.findings[0]!) || (a.file < b.file ? -1 : 1));
}

function estimateOf(plan: Plan, judgement: Judgement, making: Making): PreviewEstimate {
  const { graph, agents: worth, contexts } = judgement;
  const numbers = [...new Set([1, worth.agents, fewestForPath(graph, worth) ?? 1])].toSorted((a, b) => a - b);
  const { earlier } = making;
  const [largest] = contexts.toSorted((a, b) => b.total - a.total);
  const count = plan.slices.length;
  return {
    workMinutes: worth.workMinutes,
    guessed: isAsked(making.by) ? 0 : guessedOf(plan, judgement, making.spec),
    agents: whatIf(graph, numbers).map((row) => ({ ...row, advised: row.agents === worth.agents })),
    context: largest
      ? {
          total: contexts.reduce((sum, { total }) => sum + total, 0),
          largest: { slice: largest.slice, tokens: largest.total },
          over: contexts.filter(({ over }) => over > 0).map(({ slice }) => slice),
          budget: largest.limit,
          measured: contexts.length,
        }
      : null,
    usage: earlier
      ? {
          earlier,
          inputTokens: Math.round(earlier.inputTokens * count),
          outputTokens: Math.round(earlier.outputTokens * count),
          costUsd: earlier.cost ? earlier.cost.mean * count : null,
        }
      : null,
  };
}

/** Agents that are tried for the shortest time. */
const MOST_AGENTS = 64;

/** The fewest agents with which a plan takes no longer than its critical path; `null` past what is tried. */
function fewestForPath(graph: PlanGraph, { workMinutes, pathMinutes }: Judgement['agents']): number | null {
  const most = Math.min(MOST_AGENTS, graph.order.length);
  const first = Math.max(1, Math.floor(pathMinutes > 0 ? workMinutes / pathMinutes : 1));
  const makespan = makespans(graph);
  for (let agents = first; agents <= most; agents++) if (makespan(agents) <= pathMinutes) return agents;
  return null;
}

/** Models are asked for estimates; what they say is theirs. */
function isAsked(by: DecomposerId): boolean {
  const { kind } = decomposerOf(by);
  return kind === 'agent' || kind === 'editor';
}

function guessedOf(plan: Plan, { estimates }: Judgement, spec: Spec): number {
  const declared = new Set(spec.slices.flatMap((slice) => (slice.estimateMinutes === null ? [] : [slice.id])));
  return plan.slices.filter(({ id }) => estimates.get(id)?.basis === 'declared' && !declared.has(id)).length;
}

function openPoints(spec: Spec): string[] {
  const settled = /^(none|n\/a|nothing|no open questions?|[-–—])?\.?$/i;
  const questions = (spec.openQuestions?.items ?? []).map((item) => oneLine(item.text));
  const open = questions.filter((text) => !settled.test(text));
  if (spec.confidence === 'MEDIUM') open.push('The spec itself says that its confidence is medium.');
  return open;
}

const askedAbout: readonly (readonly [code: string, ask: (finding: Finding) => string])[] = [
  ['decompose.item-without-files', ({ message }) => `Which files is this about? ${message}`],
  ['decompose.guessed', ({ message }) => `Is this where it belongs? ${message}`],
  ['decompose.removed-in-use', ({ message }) => `What do they use instead? ${message}`],
];

function questionsOf(plan: Plan, findings: readonly Finding[], open: readonly string[]): string[] {
  const unsettled = (ids: readonly string[]): string =>
    `${ids.slice(0, MOST_QUESTIONS).join(', ')}${ids.length > MOST_QUESTIONS ? ` and ${ids.length - MOST_QUESTIONS} more` : ''}`;
  const points = plan.mergePoints.filter(({ verify }) => verify.length === 0).map(({ id }) => id);
  const slices = plan.slices.filter(({ verify }) => verify.length === 0).map(({ id }) => id);
  return [
    ...open,
    ...askedAbout.flatMap(([code, ask]) => findings.filter((finding) => finding.code === code).map(ask)),
    ...(points.length > 0 ? [`Which command proves what comes together at ${unsettled(points)}?`] : []),
    ...(slices.length > 0 ? [`Which command checks ${unsettled(slices)}?`] : []),
  ];
}

function entryOf({ path, symbol, text }: Plan['slices'][number]['scope']['create'][number]): string {
  if (path === null) return text;
  return symbol === null ? path : `${path}::${symbol}`;
}

function changeOf(entry: Plan['slices'][number]['scope']['modify'][number]): string {
  return isRemovedFile(entry) ? `${entryOf(entry)} (${removalNote})` : entryOf(entry);
}

function givenTo(plan: Plan, { contexts }: Judgement): GivenToAgent[] {
  const tokens = new Map(contexts.map(({ slice, total }) => [slice, total]));
  return plan.slices.map(({ id, scope, verify }) => ({
    slice: id,
    create: scope.create.map(entryOf),
    modify: scope.modify.map(changeOf),
    verify,
    tokens: tokens.get(id) ?? null,
  }));
}

function lineCount(text: string): number {
  return text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
