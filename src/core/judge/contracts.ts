import { isTestPath } from '../conventions/sources.ts';
import type { ManifestContract } from '../manifest/model.ts';
import type { Plan, Slice } from '../plan/model.ts';
import { symbolsInScope, symbolsOverlap } from '../scope/contain.ts';
import type { GlobOptions } from '../scope/glob.ts';
import { writeSet } from '../scope/meeting.ts';
import { COUPLING_LIMITS, type Couplings, type MentionEvidence } from './coupling-model.ts';
import { asCounted } from '../text/order.ts';
import { ScopeFiles } from './scope-files.ts';

/** An import in existing code, followed to the file it takes from. */
export interface FollowedImport {
  /** The file that imports. */
  readonly from: string;
  /** The file of the repository it takes from. */
  readonly to: string;
  /** What it takes, where the language says so. */
  readonly names: readonly string[];
  /** In `from`, from 1. */
  readonly line: number;
  /** Both files are of one package, which needs no import: the first of `names` is used there. Default `false`. */
  readonly samePackage?: boolean;
}

/** Why two workstreams meet. `from` provides, `to` consumes. */
export type InterfaceWitness =
  | { readonly kind: 'dep'; readonly from: string; readonly to: string }
  | { readonly kind: 'merge-point'; readonly mergePoint: string; readonly from: string; readonly to: string }
  | { readonly kind: 'import'; readonly from: string; readonly to: string; readonly at: FollowedImport }
  | { readonly kind: 'mention'; readonly from: string; readonly to: string; readonly what: string };

/** An interface between two workstreams that no contract describes. */
export interface MissingContract {
  /** Ids of workstreams. */
  readonly provider: string;
  readonly consumer: string;
  /** Pairs of slices that meet there, by the id of the consumer, then of the provider. */
  readonly slices: readonly { readonly provider: string; readonly consumer: string }[];
  /** The first of them: dependencies before merge points before imports. */
  readonly witness: InterfaceWitness;
  /** All imports across this border that are known. */
  readonly imports: readonly FollowedImport[];
  /** Contracts that slices of the providing workstream provide already, by their paths in the plan. */
  readonly existing: readonly string[];
}

export interface ContractsRequest {
  readonly plan: Plan;
  /** Imports between files of the repository; those that cross no border are skipped. */
  readonly imports?: readonly FollowedImport[];
  /** Slices whose requirements name what only another one brings. */
  readonly mentions?: readonly MentionEvidence[];
  /** How the file system compares names. */
  readonly names?: GlobOptions;
}

/**
 * Every interface between slices of different workstreams that no contract covers, once for each pair of workstreams.
 * An interface is a dependency, a merge point, requirements that name what only the other brings, or an import by which a file one slice may write takes from a file
 * another may write. It is covered when both slices name a common contract: in their task specs, or as its provider or
 * consumer in the manifest. Slices without a workstream stand outside of all borders. No interface are: a merge point
 * that waits for both workstreams and unlocks both, which only keeps them in step; and what a slice waits for that
 * writes nothing but tests or documents, because it looks at what is there.
 */
export function missingContracts({
  plan,
  imports = [],
  mentions = [],
  names = {},
}: ContractsRequest): readonly MissingContract[] {
  // By their ids, so that what is said first does not hang on which slice stands first in the plan.
  const slices = plan.slices.toSorted((x, y) => asCounted(x.id, y.id));
  const place = new Map(slices.map((slice, i) => [slice.id, i]));
  const contractsOf = contractsBySlice(plan);
  const covered = (a: Slice, b: Slice): boolean => {
    const own = contractsOf.get(a.id);
    return [...(contractsOf.get(b.id) ?? [])].some((path) => own?.has(path) === true);
  };
  const found = new Map<
    string,
    { pairs: Map<string, [number, number]>; witness: InterfaceWitness; imports: FollowedImport[] }
  >();
  const meet = (from: string, to: string, witness: InterfaceWitness): void => {
    const [i, j] = [place.get(from), place.get(to)];
    const a = slices[i ?? -1];
    const b = slices[j ?? -1];
    if (!a || !b || i === undefined || j === undefined) return;
    if (a.workstream === null || b.workstream === null || a.workstream === b.workstream || covered(a, b)) return;
    if (witness.kind !== 'import' && onlyLooks(b)) return;
    const key = JSON.stringify([a.workstream, b.workstream]);
    let item = found.get(key);
    if (!item) found.set(key, (item = { pairs: new Map(), witness, imports: [] }));
    item.pairs.set(JSON.stringify([from, to]), [j, i]);
    if (witness.kind === 'import') item.imports.push(witness.at);
  };
  for (const slice of slices)
    for (const dep of slice.deps.toSorted(asCounted)) meet(dep, slice.id, { kind: 'dep', from: dep, to: slice.id });
  const streamOf = (id: string): string | null => slices[place.get(id) ?? -1]?.workstream ?? null;
  for (const point of plan.mergePoints.toSorted((x, y) => asCounted(x.id, y.id))) {
    const needs = new Set(point.needs.map(streamOf));
    const unlocks = new Set(point.unlocks.map(streamOf));
    for (const to of point.unlocks.toSorted(asCounted)) {
      for (const from of point.needs.toSorted(asCounted)) {
        if (needs.has(streamOf(to)) && unlocks.has(streamOf(from))) continue;
        meet(from, to, { kind: 'merge-point', mergePoint: point.id, from, to });
      }
    }
  }
  for (const { by, of, what } of mentions) meet(of, by, { kind: 'mention', from: of, to: by, what });
  const across = imports.flatMap(({ from, to }) => [from, to]);
  const writers = writersOf(slices, across, names);
  // Whoever may write one function of a file provides nothing of the others.
  const mayChange = (id: string, { to, names: taken }: FollowedImport): boolean => {
    const slice = slices[place.get(id) ?? -1];
    const symbols = slice ? symbolsInScope(slice.scope, to, names).allowed : null;
    if (symbols === null || taken.length === 0) return true;
    return taken.some((name) => symbols.some((symbol) => symbolsOverlap(symbol, name)));
  };
  for (const at of imports.toSorted(byPlace)) {
    const providers = (writers.get(at.to) ?? []).filter((id) => mayChange(id, at));
    const consumers = writers.get(at.from) ?? [];
    // As for coupling: a file that so many write says nothing of any two of them.
    if (Math.max(providers.length, consumers.length) > COUPLING_LIMITS.mostSlices) continue;
    for (const from of providers)
      for (const to of consumers) if (from !== to) meet(from, to, { kind: 'import', from, to, at });
  }
  return [...found].map(([key, { pairs, witness, imports: crossing }]) => {
    const [provider, consumer] = JSON.parse(key) as [string, string];
    const meeting = [...pairs]
      .sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1])
      .map(([pair]) => {
        const [from, to] = JSON.parse(pair) as [string, string];
        return { provider: from, consumer: to };
      });
    const existing = plan.contracts.filter(
      (contract) => contract.provider !== null && streamOf(contract.provider) === provider,
    );
    return {
      provider,
      consumer,
      slices: meeting,
      witness,
      imports: [...new Set(crossing)],
      existing: existing.map((contract) => contract.path),
    };
  });
}

/**
 * Of the missing contracts those that a person has to see to: two of their slices may be at work at the same time, and
 * code or spec shows what crosses (an import, a name that the other uses, a thing that only the other brings). Where the
 * plan's own order puts one behind the other, the later one finds the code itself.
 */
export function crossingContracts(
  missing: readonly MissingContract[],
  { pairs }: Couplings,
  { slices }: Plan,
): readonly MissingContract[] {
  const streamOf = new Map(slices.map(({ id, workstream }) => [id, workstream]));
  const crossed = new Set(
    pairs
      .filter(({ evidence }) =>
        evidence.some((item) =>
          item.kind === 'import' || item.kind === 'use' ? item.contract === null : item.kind === 'mention',
        ),
      )
      .flatMap(({ a, b }) => {
        const [one, other] = [streamOf.get(a) ?? null, streamOf.get(b) ?? null];
        return [JSON.stringify([one, other]), JSON.stringify([other, one])];
      }),
  );
  return missing.filter(({ provider, consumer }) => crossed.has(JSON.stringify([provider, consumer])));
}

/** What to tell people of a missing contract, without a full stop. */
export function missingContractMessage(missing: MissingContract, plan: Plan): string {
  const name = (id: string): string => {
    const stream = plan.workstreams.find((other) => other.id === id);
    return stream && stream.name !== id ? `${id} (${stream.name})` : id;
  };
  const pairs = missing.slices.slice(0, 3).map(({ provider, consumer }) => `${consumer} on ${provider}`);
  const more = missing.slices.length - pairs.length;
  const { witness } = missing;
  const why =
    witness.kind === 'merge-point'
      ? ` (${witness.mergePoint})`
      : witness.kind === 'import'
        ? ` (${importText(witness.at)})`
        : witness.kind === 'mention'
          ? ` (${witness.to} names ${witness.what})`
          : '';
  const advice =
    missing.existing.length > 0
      ? `name ${missing.existing.join(' or ')} in both if it says enough, else write down the rest before either starts`
      : 'write down the interface before either starts, and name it in both';
  return `${name(missing.consumer)} relies on ${name(missing.provider)} and no contract says on what: ${pairs.join(', ')}${more > 0 ? ` and ${more} more` : ''}${why}; ${advice}`;
}

function importText({ from, to, line, names, samePackage }: FollowedImport): string {
  return `${from}:${line} ${samePackage ? `uses ${names[0] ?? ''} of` : 'imports'} ${to}`;
}

const document = /\.(md|rst|adoc|txt)$|(^|\/)docs?\//i;

/** Whether a slice writes nothing but tests and documents. */
function onlyLooks(slice: Slice): boolean {
  const writes = writeSet(slice.scope);
  return writes.length > 0 && writes.every(({ path }) => isTestPath(path) || document.test(path));
}

/** The slice whose file shows the finding: the first that relies on what is not agreed. */
export function consumerSlice(missing: MissingContract, plan: Plan): Slice | undefined {
  return plan.slices.find((slice) => slice.id === missing.slices[0]?.consumer);
}

/** The contracts each slice has to do with, by their paths in the plan. */
function contractsBySlice(plan: Plan): ReadonlyMap<string, ReadonlySet<string>> {
  const bySpelling = new Map<string, ManifestContract>();
  for (const contract of plan.contracts) {
    for (const text of [contract.path, contract.target, contract.path.replace(/^contracts\//, '')])
      if (text !== null && !bySpelling.has(text)) bySpelling.set(text, contract);
  }
  const open = plan.contracts.filter((contract) => contract.provider === null && contract.consumers.length === 0);
  const result = new Map<string, Set<string>>();
  for (const slice of plan.slices) {
    const named = slice.contracts.flatMap((text) => bySpelling.get(text) ?? []);
    // Who names none is given what is meant for everybody.
    result.set(slice.id, new Set((slice.contracts.length === 0 ? open : named).map((contract) => contract.path)));
  }
  for (const contract of plan.contracts)
    for (const id of [contract.provider, ...contract.consumers]) if (id !== null) result.get(id)?.add(contract.path);
  return result;
}

/** Which of the slices may write each of some files, in their order. */
function writersOf(
  slices: readonly Slice[],
  paths: readonly string[],
  names: GlobOptions,
): ReadonlyMap<string, readonly string[]> {
  const writers = new Map<string, string[]>();
  const files = new ScopeFiles([...new Set(paths)], names);
  for (const { id, scope } of slices) {
    for (const path of files.writable(scope)) {
      const known = writers.get(path);
      if (known) known.push(id);
      else writers.set(path, [id]);
    }
  }
  return writers;
}

function byPlace(a: FollowedImport, b: FollowedImport): number {
  if (a.from !== b.from) return a.from < b.from ? -1 : 1;
  return a.line - b.line || (a.to < b.to ? -1 : a.to > b.to ? 1 : 0);
}
