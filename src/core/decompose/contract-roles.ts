import { declaredNames } from '../code/declared-names.ts';
import { globsIntersect } from '../scope/glob.ts';
import { splitSymbol } from './boundary.ts';
import { stems } from '../text/mentions.ts';

/** A slice as far as contracts are concerned. */
export interface ContractUser {
  readonly id: string;
  readonly title: string;
  readonly workstream: string | null;
  readonly deps: readonly string[];
  readonly writes: readonly string[];
  /** Everything else that is said of it. */
  readonly words: readonly string[];
}

export interface ContractRoles {
  /** The slice that brings into being what the contract names; `null` when none does, or several do a part each. */
  readonly provider: string | null;
  /** The slices that need it, in the order they were given; never empty as long as there are slices. */
  readonly consumers: readonly string[];
  /** Slices that each provide a part. Empty with `provider: null`: nothing says who. */
  readonly parts: readonly string[];
}

/**
 * Who provides a contract and who needs it, by what is written: a slice provides what its title and its files are named
 * after (or when it says that it implements the contract), and needs what it names, in any words. Whoever waits for the
 * provider needs it too. When nothing narrows it down, all slices are given it: too much to read is a smaller harm than
 * an interface made up.
 */
export function contractRoles(
  contract: { readonly path: string; readonly content: string },
  slices: readonly ContractUser[],
  unlocks: ReadonlyMap<string, readonly string[]> = new Map(),
): ContractRoles {
  const names = declaredNames(contract.content).map((name) => ({ name, stems: stems(name) }));
  const said = slices.map((slice) => sayings(slice, contract.path));
  const home = slices.map((slice) => stems([slice.title, ...slice.writes.map(named)].join(' ')));
  const votes = new Map<number, number>();
  for (const name of names) {
    const own = home.findIndex((words) => name.stems.size > 0 && isWithin(name.stems, words));
    if (own >= 0) votes.set(own, (votes.get(own) ?? 0) + 1);
  }
  const total = [...votes.values()].reduce((sum, count) => sum + count, 0);
  const most = [...votes].find(([, count]) => count > total / 2)?.[0];
  const byPath = slices.findIndex((slice) =>
    slice.writes.some((text) => globsIntersect(splitSymbol(text).path, contract.path) !== null),
  );
  const byWord = said.findIndex((saying) => saying.implements);
  const stem = stems(contract.path.slice(contract.path.lastIndexOf('/') + 1).replace(/\..*$/, ''));
  const byStem = home.findIndex((words) => stem.size > 0 && isWithin(stem, words));
  const at = [byPath, byWord, most ?? -1, total === 0 ? byStem : -1].find((index) => index >= 0) ?? -1;
  const provider = slices[at]?.id ?? null;

  const consumers = slices.filter((slice, i) => {
    if (slice.id === provider) return false;
    if (said[i]?.mentions) return true;
    if (provider !== null && (slice.deps.includes(provider) || (unlocks.get(provider) ?? []).includes(slice.id)))
      return true;
    const words = stems([slice.title, ...slice.writes.map(named), ...slice.words].join(' '));
    return names.some((name) => name.stems.size > 0 && isWithin(name.stems, words));
  });
  const parts = provider === null ? [...votes.keys()].sort((a, b) => a - b).flatMap((i) => slices[i]?.id ?? []) : [];
  const needed = consumers.length > 0 ? consumers : slices.filter((slice) => slice.id !== provider);
  return { provider, consumers: needed.map((slice) => slice.id), parts };
}

/** What of a path says what it is about. */
function named(text: string): string {
  return text.replace(/\.[a-z]+$/i, '').replace(/^(src|lib|apps?|packages|tests?)\//, '');
}

function sayings(slice: ContractUser, path: string): { readonly mentions: boolean; readonly implements: boolean } {
  const text = [slice.title, ...slice.words].join('\n');
  const file = path.slice(path.lastIndexOf('/') + 1);
  const lines = text.split('\n').filter((line) => line.includes(path) || line.includes(file));
  return {
    mentions: lines.length > 0,
    implements: lines.some((line) => /\b(implement|provide|expose|fulfil)s?\b/i.test(line)),
  };
}

function isWithin(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  for (const word of some) if (!all.has(word)) return false;
  return true;
}
