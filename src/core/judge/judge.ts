import { languageOf } from '../code/languages.ts';
import type { CodeFile, CodeReader, LanguageId } from '../code/model.ts';
import type { Finding } from '../text/finding.ts';
import {
  applyRuleSettings,
  defaultLimits,
  noSettings,
  type LintLimits,
  type LintSettings,
} from '../lint/engine/config.ts';
import type { RepositoryFacts } from '../scope/repository-facts.ts';
import { lintPlan, ordered } from '../lint/lint.ts';
import { report } from '../lint/engine/rules.ts';
import { readSuppressions, suppress, type Suppressions } from '../lint/engine/suppress.ts';
import { breakEven, type BreakEven } from '../plan/break-even.ts';
import { estimatesOf, NOTHING_LEARNED, type Estimator, type SliceEstimate } from '../plan/estimator.ts';
import { planGraph } from '../plan/graph.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan, PlanFiles, Slice } from '../plan/model.ts';
import { PlanReadings } from '../plan/readings.ts';
import type { GlobOptions } from '../scope/glob.ts';
import { sameOptions } from '../scope/meeting.ts';
import { findOverlaps, MOST_OVERLAPS, toldOf, type Overlap } from '../scope/overlap.ts';
import { SourceText, type Span } from '../text/source.ts';
import type { Skill } from '../skill/model.ts';
import { contextBudgets, type ContextBudget } from './context-budget.ts';
import { scaffoldContracts, type ContractScaffold } from './contract-scaffold.ts';
import {
  consumerSlice,
  crossingContracts,
  missingContractMessage,
  missingContracts,
  type MissingContract,
} from './contracts.ts';
import type { CoChange } from './coupling-history.ts';
import type { Couplings } from './coupling-model.ts';
import { couplingAdvice, couplingText } from './coupling-text.ts';
import { couplings } from './coupling.ts';
import { followImports } from './follow-imports.ts';
import { mergePointsFit, proposeMergePoints, type MergePointProposal } from './merge-points.ts';
import { asCounted } from '../text/order.ts';
import { counted, thousands } from '../text/printing.ts';
import { overlapAdvice, type Advice } from './overlap-advice.ts';

export interface JudgeRequest {
  readonly plan: Plan;
  /** The plan directory's files, by paths relative to it; it need not be written yet. */
  readonly files: PlanFiles;
  /** What was read of these files already. */
  readonly readings?: PlanReadings;
  /** What loading these very files found, where `plan` is what they were loaded as. */
  readonly loadFindings?: readonly Finding[];
  /** What the repository holds; `filesOnly` where nobody looked further. Without its parser nothing is said of imports. */
  readonly repository: RepositoryFacts;
  /** Thresholds, levels of rules, files left out. Default: the method's. */
  readonly settings?: LintSettings;
  /** How the file system compares names. */
  readonly names?: GlobOptions;
  /** Which files changed together. Without it nothing is said of that. */
  readonly history?: CoChange | null;
  /** Learned from earlier runs. Default: what is declared counts. */
  readonly estimator?: Estimator;
  /** The skills of the repository by name, for what task specs leave to them. */
  readonly skills?: ReadonlyMap<string, Skill> | null;
  /** What could not be found out about the repository, as sentences without a full stop; joins what is left out. */
  readonly unknown?: readonly string[];
  /** The spec behind the plan, for the contracts that are still to be written. */
  readonly spec?: { readonly path: string; readonly text: string };
}

/** Everything that can be said of a decomposition before an agent is paid for, whoever made it. */
export interface Judgement {
  /** With the estimates in place of what is declared. */
  readonly graph: PlanGraph;
  readonly estimates: ReadonlyMap<string, SliceEstimate>;
  readonly estimator: Estimator['summary'];
  /** How many agents are worth it, and why. */
  readonly agents: BreakEven;
  /** Pairs that may run at the same time and write the same files. */
  readonly overlaps: readonly Overlap[];
  /** For the gravest pairs that should be cut differently or put in order: what to do, the best first. */
  readonly advice: readonly { readonly overlap: Overlap; readonly advice: readonly Advice[] }[];
  /** Pairs that share no file and hang together all the same. */
  readonly couplings: Couplings;
  readonly mergePoints: readonly MergePointProposal[];
  readonly contracts: {
    readonly missing: readonly MissingContract[];
    /** Those of them where code or spec shows that something crosses while both sides may be at work. */
    readonly crossings: readonly MissingContract[];
    /** A file to start from for each workstream that owes one. */
    readonly scaffolds: readonly ContractScaffold[];
  };
  /** By slice, in plan order; empty for plans too large to be measured at once. */
  readonly contexts: readonly ContextBudget[];
  /** The linter's and those of the rest, with comments and settings applied; by file, then by place. */
  readonly findings: readonly Finding[];
  /** What was not looked at, and why: too large, or not to be had. Each as a sentence without a full stop. */
  readonly leftOut: readonly string[];
}

/** Pairs for which advice is worked out: each piece is tried on the plan, and nobody acts on more at a time. */
const MOST_ADVISED = 20;
/** Characters of source text that are parsed: some four seconds' worth, or two thousand files of the usual size. */
const MOST_PARSED = 12_000_000;
/** Slices whose prompts are put together to be measured. */
const MOST_MEASURED = 400;

/** Repository facts of a list of files alone: rules that need more stay silent. */
export function filesOnly(files: readonly string[]): RepositoryFacts {
  return { files, scripts: new Map(), programs: null, textOf: () => null };
}

/**
 * The judge of a decomposition: everything the linter finds in the plan's files, overlaps and what to do about them,
 * hidden coupling, merge points worth having, interfaces without a contract, the context of each slice, estimates and
 * how many agents are worth it. Pure: the same request gives the same answer, in whatever order files and slices come.
 */
export function judge(request: JudgeRequest): Judgement {
  const { plan, files, repository } = request;
  const settings = request.settings ?? noSettings;
  const limits: LintLimits = { ...defaultLimits, ...settings.limits };
  const names = request.names ?? {};
  const readings = request.readings ?? new PlanReadings();
  const estimator = request.estimator ?? NOTHING_LEARNED;
  const { estimates, minutes } = estimatesOf(plan, estimator);
  const asDeclared = plan.slices.every((slice) => minutes.get(slice.id) === slice.estimateMinutes);
  const graph = asDeclared ? planGraph(plan) : planGraph(plan, { minutes });
  const sources = new ParsedSources(repository);
  const code = (path: string): CodeFile | null => sources.read(path, null);

  const found = findOverlaps(plan, graph, repository.files, names);
  const shared = toldOf(plan, found, limits);
  const coupled = couplings({
    plan,
    graph,
    repoFiles: repository.files,
    code,
    text: repository.textOf,
    history: request.history ?? null,
    paths: names,
  });
  const imports = followImports({ plan, repoFiles: repository.files, textOf: repository.textOf, code, names });
  const mentions = coupled.pairs.flatMap(({ evidence }) => evidence.filter((item) => item.kind === 'mention'));
  const missing = missingContracts({ plan, imports, mentions, names });
  const mergePoints = proposeMergePoints(plan, graph, shared);
  const judgement = {
    graph,
    estimates,
    estimator: estimator.summary,
    agents: breakEven(graph, plan),
    overlaps: shared,
    advice: shared
      .filter((overlap) => overlap.verdict !== 'parallel')
      .toSorted(byGravity)
      .slice(0, MOST_ADVISED)
      .map((overlap) => ({
        overlap,
        advice: overlapAdvice({
          plan,
          graph,
          overlap,
          files: repository.files,
          thresholds: limits,
          names,
          symbolsOf: (file) => outermost(code(file)),
        }),
      })),
    couplings: coupled,
    mergePoints,
    contracts: {
      missing,
      crossings: crossingContracts(missing, coupled, plan),
      scaffolds: scaffoldContracts({
        plan,
        missing,
        repoFiles: repository.files,
        ...(request.spec ? { spec: request.spec } : {}),
      }),
    },
    contexts:
      plan.slices.length > MOST_MEASURED
        ? []
        : contextBudgets({
            plan,
            graph,
            files: repository.files,
            textOf: repository.textOf,
            planFiles: files,
            code: repository.code ? sources : null,
            limits,
          }),
  };
  const context = { repository, limits, skills: request.skills ?? null };
  const findings = [
    ...lintPlan(files, plan.dir, context, {
      readings,
      ...(request.loadFindings && {
        loaded: { plan, findings: request.loadFindings },
        ...(sameOptions(names, repository.names ?? {}) && { overlaps: found }),
      }),
    }),
    ...judgeFindings({ plan, files, readings }, judgement),
  ];
  return {
    ...judgement,
    findings: ordered(applyRuleSettings(findings, settings)),
    leftOut: [...leftOut(plan, shared), ...sources.leftOut()],
  };
}

/** The gravest first; of pairs that share as much, by their ids: the plan's order must not decide who is advised. */
function byGravity(one: Overlap, other: Overlap): number {
  if (one.percent !== other.percent) return other.percent - one.percent;
  const [left, right] = [one, other].map(({ a, b }) => [a, b].sort(asCounted));
  return asCounted(left![0]!, right![0]!) || asCounted(left![1]!, right![1]!);
}

function leftOut(plan: Plan, shared: readonly Overlap[]): string[] {
  const count = plan.slices.length;
  return [
    ...(shared.length < MOST_OVERLAPS
      ? []
      : [`overlaps: the first ${thousands(MOST_OVERLAPS)} pairs of slices are found, and there may be more`]),
    ...(count > MOST_MEASURED
      ? [`the context of each slice: ${count} slices are more than the ${MOST_MEASURED} that are measured at once`]
      : []),
    ...(mergePointsFit(plan)
      ? []
      : ['merge points worth having: the plan has too many slices in too many workstreams']),
  ];
}

/** Source files that were parsed for one judgement, each once, and what could not be. */
class ParsedSources implements CodeReader {
  readonly #repository: RepositoryFacts;
  readonly #known = new Map<string, CodeFile | null>();
  /** Of files that should have been read. */
  readonly #languages = new Set<LanguageId>();
  #characters = 0;
  #tooMany = 0;
  #unreadable = 0;

  constructor(repository: RepositoryFacts) {
    this.#repository = repository;
  }

  /** `known`: the text, where somebody has it. `null` where there is no text, no grammar, or enough has been read. */
  read(path: string, known: string | null): CodeFile | null {
    let file = this.#known.get(path);
    if (file === undefined) this.#known.set(path, (file = this.#parse(path, known)));
    return file;
  }

  leftOut(): string[] {
    const { code } = this.#repository;
    const what = 'imports and symbols';
    // Absent: nobody wanted to know. `null`: somebody did, and there is no parser.
    if (code === null && this.#languages.size > 0)
      return [`${what} of source files: the parser that comes with Slicewave is missing or damaged, install it again`];
    const lacking = (code?.lacking?.() ?? []).filter((language) => this.#languages.has(language));
    return [
      ...(lacking.length > 0
        ? [
            `${what} of ${lacking.join(', ')}: the grammar that comes with Slicewave is missing or damaged, install it again`,
          ]
        : []),
      ...(this.#unreadable > 0
        ? [
            `${what} of ${counted(this.#unreadable, 'source file')}: not in this checkout, larger than a megabyte, or no text`,
          ]
        : []),
      ...(this.#tooMany > 0
        ? [
            `${what} of ${counted(this.#tooMany, 'source file')}: those that the plan may write come to more than ${MOST_PARSED / 1_000_000} million characters`,
          ]
        : []),
    ];
  }

  #parse(path: string, known: string | null): CodeFile | null {
    const { code, textOf } = this.#repository;
    const language = languageOf(path);
    if (language === null) return null;
    this.#languages.add(language);
    const text = code ? (known ?? textOf(path)) : null;
    if (!code || text === null) {
      if (code) this.#unreadable++;
      return null;
    }
    if (this.#characters + text.length > MOST_PARSED) {
      this.#tooMany++;
      return null;
    }
    this.#characters += text.length;
    return code.read(path, text);
  }
}

function outermost(file: CodeFile | null): readonly string[] {
  return [...new Set(file?.symbols.flatMap(({ name }) => (name.includes('.') ? [] : [name])) ?? [])];
}

/** What the linter cannot see, at the title of the slice that has to wait, to be cut or to agree. */
function judgeFindings(
  { plan, files, readings }: Required<Pick<JudgeRequest, 'plan' | 'files' | 'readings'>>,
  found: Pick<Judgement, 'couplings' | 'mergePoints' | 'contracts'>,
): Finding[] {
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const all: Finding[] = [];
  const places = new Map<Slice, ReturnType<typeof placeOf>>();
  const add = (slice: Slice | undefined, code: Parameters<typeof report>[1], message: string): void => {
    if (!slice) return;
    let place = places.get(slice);
    if (!place) places.set(slice, (place = placeOf(slice, { plan, files, readings })));
    const finding = report(place.source, code, message, place.title);
    all.push(...(place.suppressions ? suppress([finding], place.suppressions, false).remaining : [finding]));
  };
  for (const coupling of found.couplings.pairs) {
    if (coupling.verdict !== 'parallel')
      add(slices.get(coupling.after), 'judge.coupling', `${couplingText(coupling)}; ${couplingAdvice(coupling)}`);
  }
  for (const missing of found.contracts.crossings)
    add(consumerSlice(missing, plan), 'judge.contract-needed', missingContractMessage(missing, plan));
  for (const { unlocks, reason, action } of found.mergePoints)
    add(slices.get(unlocks[0] ?? ''), 'judge.merge-point', `${reason.replace(/\.$/, '')}; ${action}`);
  return all;
}

/** Where what is said of a slice as a whole is shown. */
function placeOf(
  slice: Slice,
  { plan, files, readings }: Required<Pick<JudgeRequest, 'plan' | 'files' | 'readings'>>,
): { readonly source: SourceText; readonly title: Span | undefined; readonly suppressions: Suppressions | null } {
  const text = files.get(slice.file.slice(plan.dir === '' ? 0 : plan.dir.length + 1)) ?? '';
  const source = new SourceText(slice.file, text);
  return {
    source,
    title: readings.task(text, slice.file).places.title,
    suppressions: readSuppressions(text, slice.file),
  };
}
