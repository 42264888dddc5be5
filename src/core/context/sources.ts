import { withoutParameters } from '../text/parameter-names.ts';
import type { Plan, Slice } from '../plan/model.ts';
import { compileGlob } from '../scope/glob.ts';
import { byCodeUnit } from '../text/order.ts';

/** The method's layers; `instructions` is what the prompt says by itself. */
export type ContextLayer = 'global' | 'layer' | 'task' | 'instructions';

/** How one source is used in a prompt. */
export interface SourceUse {
  /** Repository-relative. */
  readonly path: string;
  readonly layer: ContextLayer;
  /** The prompt section it stands in. */
  readonly section: 'skills' | 'context' | 'contracts' | 'modify';
  /** The line above it, ending in a colon. */
  readonly label: string;
  /** For the fence. */
  readonly language: string;
  /** Only the beginning is of use. */
  readonly excerpt: boolean;
  /** The symbols of it that are in scope; empty: the whole file. */
  readonly symbols: readonly string[];
}

/** A glob in a scope may stand for hundreds of files; the agent finds the rest by itself. */
const maxModified = 30;
const maxPerLayer = 20;

const notText =
  /\.(png|jpe?g|gif|webp|ico|svg|pdf|zip|gz|tgz|jar|wasm|woff2?|ttf|mp[34]|sqlite|db|lock)$|(^|\/)(package-lock\.json|pnpm-lock\.yaml)$/i;

/** Which of `paths` the slice's prompt uses, the most important first; ties by path, so that the order never varies. */
export function sourcesFor(plan: Plan, slice: Slice, paths: readonly string[]): readonly SourceUse[] {
  const available = [...new Set(paths)].filter((path) => !notText.test(path)).toSorted(byCodeUnit);
  const known = new Set(available);
  const uses = new Map<string, SourceUse>();
  const use = (
    path: string,
    layer: ContextLayer,
    section: SourceUse['section'],
    label: string | (() => string),
    short = false,
  ): void => {
    if (!known.has(path) || uses.has(path)) return;
    uses.set(path, {
      path,
      layer,
      section,
      label: `${typeof label === 'string' ? label : label()}:`,
      language: languageOf(path),
      excerpt: short,
      symbols: section === 'modify' ? symbolsIn(slice, path) : [],
    });
  };
  const ownContracts = plan.contracts.filter((contract) => concerns(slice, contract));
  const contract = (item: Plan['contracts'][number]): void =>
    use(
      `${plan.dir}/${item.path}`,
      'global',
      'contracts',
      () => `${item.target ?? item.path} (${contractRole(plan, slice, item)})`,
    );

  for (const item of ownContracts) contract(item);
  use(`${plan.dir}/conventions.md`, 'global', 'context', 'Conventions of this plan');
  for (const name of ['CLAUDE.md', 'AGENTS.md', '.claude/CLAUDE.md'])
    use(name, 'global', 'context', `${name} of the repository`);

  const modified = slice.scope.modify.flatMap((entry) => (entry.path ? [compileGlob(entry.path)] : []));
  for (const path of available.filter((item) => modified.some((glob) => glob.matches(item))).slice(0, maxModified)) {
    if (!path.startsWith(`${plan.dir}/`)) use(path, 'task', 'modify', `${path} as it is now`);
  }
  use(`${plan.dir}/context.md`, 'global', 'context', 'About this plan');
  for (const name of nestedGuides(slice)) use(name, 'layer', 'context', `${name} of the repository`);
  for (const skill of slice.skills) {
    const file = skillFile(skill, available);
    if (file) use(file, 'global', 'skills', `Skill ${skill}`);
  }
  for (const layer of slice.layers) {
    const globs = layerGlobs(plan, layer).map((text) => compileGlob(text));
    const files = available.filter((path) => globs.some((glob) => glob.matches(path)));
    for (const path of files.slice(0, maxPerLayer)) use(path, 'layer', 'context', `${path} (layer ${layer})`);
  }
  for (const item of plan.contracts) if (!ownContracts.includes(item)) contract(item);
  const readme = available.find((path) => /^readme(\.(md|rst|txt))?$/i.test(path));
  if (readme) use(readme, 'global', 'context', `The beginning of ${readme}`, true);
  return [...uses.values()];
}

/**
 * The files whose text the prompt wants, as repository-relative paths: the plan's own files, which may not be committed
 * (read them from the primary checkout), and files of the repository (read them from the slice's worktree). What does
 * not exist is left out of the map that `assemblePrompt` is given.
 */
export function contextSources(plan: Plan, slice: Slice, repoFiles: readonly string[]): readonly string[] {
  const own = ['context.md', 'conventions.md', ...plan.contracts.map((contract) => contract.path)];
  return sourcesFor(plan, slice, [...own.map((path) => `${plan.dir}/${path}`), ...repoFiles]).map((use) => use.path);
}

type Contract = Plan['contracts'][number];

/** A slice that names no contract is given those whose manifest entry names it, or names nobody. */
export function concerns(slice: Slice, contract: Contract): boolean {
  const { provider, consumers } = contract;
  if (provider === slice.id || consumersOf(contract).has(slice.id)) return true;
  if (slice.contracts.length === 0) return provider === null && consumers.length === 0;
  return slice.contracts.some(
    (name) => name === contract.path || name === contract.target || `contracts/${name}` === contract.path,
  );
}

const knownConsumers = new WeakMap<Contract, ReadonlySet<string>>();

/** Thousands of slices may rely on one contract, and each of them is asked for. */
function consumersOf(contract: Contract): ReadonlySet<string> {
  let known = knownConsumers.get(contract);
  if (!known) knownConsumers.set(contract, (known = new Set(contract.consumers)));
  return known;
}

/** Ids that are named; more of them are counted. */
const maxNamed = 6;

/** The two sides of a contract, whichever slice looks at it. */
interface Sides {
  /** Consumers that the provider stands on: they read it while they build it, and are owed nothing. */
  readonly below: ReadonlySet<string>;
  /** The other consumers. */
  readonly owed: ReadonlySet<string>;
}

const knownSides = new WeakMap<Plan, Map<Contract, Sides>>();

function sidesOf(plan: Plan, contract: Contract): Sides {
  let ofPlan = knownSides.get(plan);
  if (!ofPlan) knownSides.set(plan, (ofPlan = new Map()));
  let sides = ofPlan.get(contract);
  if (!sides) {
    const { provider, consumers } = contract;
    const before = provider === null ? new Set<string>() : allBefore(plan, provider);
    const below = new Set(consumers.filter((id) => before.has(id)));
    sides = { below, owed: new Set(consumers.filter((id) => id !== provider && !below.has(id))) };
    ofPlan.set(contract, sides);
  }
  return sides;
}

/** What a contract is to a slice, in words: whoever provides it owes it to others, whoever needs it is owed it. */
function contractRole(plan: Plan, slice: Slice, contract: Contract): string {
  const { provider } = contract;
  const { below, owed } = sidesOf(plan, contract);
  const count = owed.size - Number(owed.has(slice.id));
  const first: string[] = [];
  for (const id of owed) {
    if (first.length === maxNamed) break;
    if (id !== slice.id) first.push(id);
  }
  const named = `${first.join(', ')}${count > maxNamed ? ` and ${count - maxNamed} more` : ''}`;
  if (provider === slice.id)
    return `contract; you provide it${count === 0 ? '' : `, ${named} ${count === 1 ? 'relies' : 'rely'} on it`}`;
  if (!concerns(slice, contract)) {
    const sides = [provider, named].filter((side) => side !== null && side !== '').join(' and ');
    return sides === '' ? 'contract' : `contract of others: ${sides}`;
  }
  if (provider === null) return 'contract; you rely on it';
  return below.has(slice.id)
    ? `contract; ${provider} provides it later, on top of your work`
    : `contract; ${provider} provides it, you rely on it`;
}

/** The slices that one depends on, directly or not. */
function allBefore(plan: Plan, id: string): ReadonlySet<string> {
  const deps = new Map(plan.slices.map((slice) => [slice.id, slice.deps]));
  const before = new Set<string>();
  const stack = [id];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const dep of deps.get(at) ?? []) {
      if (before.has(dep)) continue;
      before.add(dep);
      stack.push(dep);
    }
  }
  return before;
}

/** The symbols of a file that a slice may change; none when it may change all of it. */
function symbolsIn(slice: Slice, path: string): string[] {
  const entries = slice.scope.modify.filter((entry) => entry.path !== null && compileGlob(entry.path).matches(path));
  if (entries.some((entry) => entry.symbol === null)) return [];
  return [...new Set(entries.flatMap((entry) => entry.symbol ?? []))];
}

/** `apps/users/CLAUDE.md` holds for whoever works below `apps/users`. */
function nestedGuides(slice: Slice): string[] {
  const directories = new Set<string>();
  for (const entry of [...slice.scope.create, ...slice.scope.modify]) {
    const fixed = (entry.path ?? '').split('/').slice(0, -1);
    const wild = fixed.findIndex((part) => /[*?[{]/.test(withoutParameters(part)));
    const parts = wild < 0 ? fixed : fixed.slice(0, wild);
    for (let depth = 1; depth <= parts.length; depth++) directories.add(parts.slice(0, depth).join('/'));
  }
  return [...directories].toSorted(byCodeUnit).flatMap((dir) => [`${dir}/CLAUDE.md`, `${dir}/AGENTS.md`]);
}

function skillFile(skill: string, available: readonly string[]): string | undefined {
  const name = skill.slice(skill.lastIndexOf(':') + 1);
  return available.find(
    (path) =>
      path === skill ||
      path.endsWith(`/${name}/SKILL.md`) ||
      path === `${name}.skill.md` ||
      path.endsWith(`/${name}.skill.md`),
  );
}

function languageOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/** By code unit: the same order on every machine, whatever its language. */
/** The globs of one of a plan's layers; none for a name that no layer has, such as `constructor`. */
export function layerGlobs(plan: Plan, layer: string): readonly string[] {
  return Object.hasOwn(plan.layers, layer) ? (plan.layers[layer] ?? []) : [];
}
