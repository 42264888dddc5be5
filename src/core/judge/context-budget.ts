import { withoutParameters } from '../text/parameter-names.ts';
import { estimateTokenCount } from 'tokenx';
import type { CodeReader } from '../code/model.ts';
import { ownSources, sharedSources } from '../context/candidates.ts';
import { assemblePrompt, quotedPart } from '../context/prompt.ts';
import { symbolExcerpt } from '../context/symbol-excerpt.ts';
import { concerns, layerGlobs, sourcesFor, type ContextLayer, type SourceUse } from '../context/sources.ts';
import { defaultLimits, type LintLimits } from '../lint/engine/config.ts';
import { RepositoryIndex } from '../scope/repository-index.ts';
import { planGraph } from '../plan/graph.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan, PlanFiles, Slice } from '../plan/model.ts';
import { thousands } from '../text/printing.ts';

/** The lower end of the method's 8,000 to 12,000 tokens: below it there is room for more context. Informative only. */
export const usualContext = 8_000;

export interface ContextBudgetRequest {
  readonly plan: Plan;
  readonly slice: Slice;
  /** Every file of the repository; the plan's own files need not be among them. */
  readonly files: readonly string[];
  /** `null` when a text is not to be had; it then counts as empty. */
  readonly textOf: (path: string) => string | null;
  /** The plan directory's files, by paths relative to it; they win over `textOf`. */
  readonly planFiles?: PlanFiles;
  readonly graph?: PlanGraph;
  readonly limits?: Pick<LintLimits, 'contextTokens'>;
  /** With it, files whose scope names symbols count as far as they are quoted, and advice names symbols. */
  readonly code?: CodeReader | null;
}

/** One thing to do about a slice whose context is too large. */
export interface ContextAdvice {
  /**
   * `narrow`: a glob of the scope or of a layer takes in many files. `shorten`: a file that every slice is given is
   * long. `symbols`: name the parts of a file that change, the others are then left out. `point`: leave a file to be read
   * by the agent. `contracts`: name fewer. `split`: the slice itself is too much.
   */
  readonly kind: 'narrow' | 'shorten' | 'symbols' | 'point' | 'contracts' | 'split';
  /** What it is about: a file, a glob, or the slice's id. */
  readonly path: string;
  /** What it frees, in tokens. */
  readonly frees: number;
  /** For people, without a full stop. */
  readonly text: string;
}

export interface ContextBudget {
  readonly slice: string;
  /** Tokens of the prompt with everything in it that it is meant to hold. */
  readonly total: number;
  /** The same by layer; the four add up to `total`. */
  readonly layers: readonly { readonly name: ContextLayer; readonly tokens: number }[];
  /** The sources, the largest first. */
  readonly largest: readonly { readonly path: string; readonly layer: ContextLayer; readonly tokens: number }[];
  readonly limit: number;
  /** Tokens above the limit; 0 when it fits. */
  readonly over: number;
  /** What the prompt would leave out and only point to, because of the limit. */
  readonly dropped: readonly string[];
  /** What to do, what frees the most first; empty when it fits. */
  readonly advice: readonly ContextAdvice[];
}

/**
 * The context of one slice as its prompt is put together, in tokens for each layer, against the budget.
 *
 * Tokens are those of the kept estimator `tokenx`. Measured beside the exact `o200k_base` of `gpt-tokenizer` over this
 * project's own 690,000 tokens of code, Markdown and JSON (`npm run bench tokens`) it counts 4.2 % too many; a single text
 * is off by 5 % in the middle and by at most 9 % in nine of ten. It errs on the safe side.
 */
export function contextBudget(request: ContextBudgetRequest): ContextBudget {
  const [budget] = contextBudgets({ ...request, slices: [request.slice] });
  if (!budget) throw new Error('one slice was asked for and none was measured');
  return budget;
}

/** The same for all slices of a plan, or for those named; what they share is looked up once. */
export function contextBudgets(
  request: Omit<ContextBudgetRequest, 'slice'> & { readonly slices?: readonly Slice[] },
): readonly ContextBudget[] {
  const { plan, planFiles, code } = request;
  const slices = request.slices ?? plan.slices;
  const graph = request.graph ?? planGraph(plan);
  const limit = request.limits?.contextTokens ?? defaultLimits.contextTokens;
  const own = new Map([...(planFiles ?? [])].map(([path, text]) => [`${plan.dir}/${path}`, text]));
  const textOf = (path: string): string | null => own.get(path) ?? request.textOf(path);
  const files = [...new Set([...request.files, ...own.keys()])].sort();
  const index = new RepositoryIndex({ files, textOf, scripts: new Map(), programs: null });
  const shared = sharedSources(plan, index);
  const texts = new Map<string, string>();
  const text = (path: string): string => {
    let known = texts.get(path);
    if (known === undefined) texts.set(path, (known = textOf(path) ?? ''));
    return known;
  };
  // Contracts and guides are quoted to every slice.
  const counted = new Map<string, number>();
  const tokensOf = (quoted: string): number => {
    let tokens = counted.get(quoted);
    if (tokens === undefined) counted.set(quoted, (tokens = estimateTokenCount(quoted)));
    return tokens;
  };
  return slices.map((slice) => {
    const uses = sourcesFor(plan, slice, [...shared, ...ownSources(slice, index)]);
    const sources = new Map(uses.map((use) => [use.path, text(use.path)]));
    const whole = assemblePrompt({ plan, slice, graph, sources, code: code ?? null, budget: Infinity });
    const over = Math.max(0, whole.tokens - limit);
    const parts = uses
      .map((use): Part => ({ use, tokens: tokensOf(quotedPart(use, sources.get(use.path) ?? '', code)) }))
      .filter((part) => part.tokens > 0)
      .sort((a, b) => b.tokens - a.tokens || (a.use.path < b.use.path ? -1 : 1));
    return {
      slice: slice.id,
      total: whole.tokens,
      layers: whole.layers,
      largest: parts.map(({ use, tokens }) => ({ path: use.path, layer: use.layer, tokens })),
      limit,
      over,
      dropped:
        over > 0 ? assemblePrompt({ plan, slice, graph, sources, code: code ?? null, budget: limit }).dropped : [],
      advice:
        over > 0 ? adviceFor({ plan, slice, parts, over, limit, index, code: code ?? null, whole: whole.layers }) : [],
    };
  });
}

interface Part {
  readonly use: SourceUse;
  readonly tokens: number;
}

interface AdviceRequest {
  readonly plan: Plan;
  readonly slice: Slice;
  readonly parts: readonly Part[];
  readonly over: number;
  readonly limit: number;
  readonly index: RepositoryIndex;
  readonly code: CodeReader | null;
  readonly whole: ContextBudget['layers'];
}

/** Enough to choose from; what comes after frees little. */
const mostAdvice = 6;
/** What frees less than this share of the excess is not worth a decision. */
const worthwhile = 0.05;

function adviceFor(request: AdviceRequest): ContextAdvice[] {
  const { plan, slice, parts, over, limit, whole } = request;
  const advice: ContextAdvice[] = [];
  const taken = new Set<string>();
  const say = (kind: ContextAdvice['kind'], path: string, frees: number, text: string): void => {
    if (frees >= worthwhile * over)
      advice.push({ kind, path, frees, text: `${text} (frees ${thousands(frees)} tokens)` });
  };
  for (const { glob, members, layer } of wideGlobs(request)) {
    const tokens = members.reduce((sum, part) => sum + part.tokens, 0);
    for (const part of members) taken.add(part.use.path);
    // The one that matters most may stay.
    const frees = tokens - (members[0]?.tokens ?? 0);
    const text =
      layer === null
        ? `\`${glob}\` in the scope stands for ${members.length} files that are all quoted: name the files that change`
        : `the layer ${layer} brings ${members.length} files by \`${glob}\`: name those that this slice needs, or leave the layer out`;
    say('narrow', glob, frees, text);
  }
  const foreign = parts.filter((part) => part.use.section === 'contracts' && !isOwn(plan, slice, part.use.path));
  if (foreign.length > 0) {
    for (const part of foreign) taken.add(part.use.path);
    const tokens = foreign.reduce((sum, part) => sum + part.tokens, 0);
    const names = foreign.map((part) => contractName(plan, part.use.path)).join(', ');
    say(
      'contracts',
      names,
      tokens,
      `${names} ${foreign.length > 1 ? 'are' : 'is'} not named by this slice and fills the prompt all the same: leave ${foreign.length > 1 ? 'them' : 'it'} to be read`,
    );
  }
  for (const part of parts) {
    const { use, tokens } = part;
    if (taken.has(use.path)) continue;
    const { path } = use;
    const size = thousands(tokens);
    if (use.section === 'modify') {
      const narrowed = use.symbols.length === 0 ? bySymbols(request, part) : null;
      if (narrowed) {
        const names = `\`${narrowed.names.join('`, `')}\`${narrowed.more > 0 ? ` and ${narrowed.more} more` : ''}`;
        const text = `name the symbols of ${path} that change (it holds ${names}) instead of the whole file of ${size} tokens`;
        say('symbols', path, narrowed.frees, text);
      } else {
        const only = use.symbols.length > 0 ? `: only ${use.symbols.join(', ')} of it is in scope` : '';
        say('point', path, tokens, `point to ${path} (${size} tokens) instead of quoting it${only}`);
      }
    } else if (use.section === 'contracts') {
      say(
        'contracts',
        contractName(plan, path),
        Math.floor(tokens / 2),
        `split the contract ${contractName(plan, path)} (${size} tokens) by what each workstream needs, so that this slice names a part of it`,
      );
    } else if (use.section === 'skills') {
      say('point', path, tokens, `point to the skill ${path} (${size} tokens) instead of including it`);
    } else if (/(^|\/)(CLAUDE|AGENTS)\.md$/.test(path)) {
      const nested = use.layer === 'layer';
      say(
        'shorten',
        path,
        Math.floor(tokens / 2),
        nested
          ? `shorten ${path} (${size} tokens): every slice below its directory is given it`
          : `shorten ${path} (${size} tokens), which every slice is given: move what holds for one directory into a CLAUDE.md there`,
      );
    } else if (path.startsWith(`${plan.dir}/`)) {
      say(
        'shorten',
        path,
        Math.floor(tokens / 2),
        `shorten ${path} (${size} tokens), which every slice of this plan is given`,
      );
    } else say('point', path, tokens, `point to ${path} (${size} tokens) instead of including it`);
  }
  advice.sort((a, b) => b.frees - a.frees || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const own = whole.find((layer) => layer.name === 'instructions')?.tokens ?? 0;
  const changed = parts.filter((part) => part.use.section === 'modify');
  const quoted = changed.reduce((sum, part) => sum + part.tokens, 0);
  if (own + quoted > limit || own > limit / 2) {
    const why =
      own > limit / 2
        ? `its own text comes to ${thousands(own)} tokens`
        : `its own text and the ${changed.length} files it changes come to ${thousands(own + quoted)} tokens`;
    const split = {
      kind: 'split' as const,
      path: slice.id,
      frees: Math.floor((own + quoted) / 2),
      text: `split ${slice.id}: ${why}, more than fits even without any other context`,
    };
    return own > limit / 2 ? [split, ...advice].slice(0, mostAdvice) : [...advice.slice(0, mostAdvice - 1), split];
  }
  return advice.slice(0, mostAdvice);
}

/** Globs of the slice's scope and layers that bring three files and more into the prompt, with these files. */
function wideGlobs({ plan, slice, parts, index }: AdviceRequest): {
  readonly glob: string;
  readonly layer: string | null;
  readonly members: readonly Part[];
}[] {
  const globs: { glob: string; layer: string | null }[] = [
    ...slice.scope.modify.flatMap((entry) => (entry.path === null ? [] : [{ glob: entry.path, layer: null }])),
    ...slice.layers.flatMap((layer) => layerGlobs(plan, layer).map((glob) => ({ glob, layer }))),
  ];
  return globs.flatMap(({ glob, layer }) => {
    if (!/[*?[{]/.test(withoutParameters(glob))) return [];
    const matching = new Set(index.matching(glob));
    const section = layer === null ? 'modify' : 'context';
    const members = parts.filter((part) => part.use.section === section && matching.has(part.use.path));
    return members.length >= 3 ? [{ glob, layer, members }] : [];
  });
}

/** What naming one symbol of a file would free, the largest of them at that; `null` when it has too few. */
function bySymbols(
  { index, code }: AdviceRequest,
  { use, tokens }: Part,
): { readonly names: readonly string[]; readonly more: number; readonly frees: number } | null {
  const text = index.facts.textOf(use.path);
  const parsed = text === null ? null : code?.read(use.path, text);
  if (text === null || !parsed) return null;
  const outer = parsed.symbols.filter((symbol) => !symbol.name.includes('.'));
  const [largest, ...others] = outer.toSorted((a, b) => b.lastLine - b.firstLine - (a.lastLine - a.firstLine));
  if (!largest || others.length < 2) return null;
  const excerpt = symbolExcerpt(text, parsed, [largest.name]);
  if (excerpt === null) return null;
  const names = [...new Set(outer.map((symbol) => symbol.name))];
  return { names: names.slice(0, 4), more: Math.max(0, names.length - 4), frees: tokens - estimateTokenCount(excerpt) };
}

function isOwn(plan: Plan, slice: Slice, path: string): boolean {
  const contract = plan.contracts.find((item) => `${plan.dir}/${item.path}` === path);
  return contract === undefined || concerns(slice, contract);
}

function contractName(plan: Plan, path: string): string {
  return path.startsWith(`${plan.dir}/`) ? path.slice(plan.dir.length + 1) : path;
}
