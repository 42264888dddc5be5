import type { CodeFile } from '../code/model.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan } from '../plan/model.ts';
import type { GlobOptions } from '../scope/glob.ts';
import type { OverlapVerdict } from '../scope/overlap.ts';
import type { ChangedTogether, CoChange } from './coupling-history.ts';

/** One reason to think that two slices depend on each other although they write different files. */
export type CouplingEvidence =
  | ImportEvidence
  | UseEvidence
  | MentionEvidence
  | (ChangedTogether & { readonly kind: 'history' })
  | SharedTestEvidence
  | SharedFileEvidence;

/** A file that one slice may write imports one that the other may write. */
export interface ImportEvidence {
  readonly kind: 'import';
  /** The slice whose file imports, and the slice whose file is imported. */
  readonly importer: string;
  readonly imported: string;
  readonly from: string;
  /** From 1. */
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  readonly to: string;
  /** Whether the other scope names that file, not only a pattern that matches it. */
  readonly named: boolean;
  /** The contract that speaks for it already, or `null`. */
  readonly contract: string | null;
}

/** A file that one slice may write uses what one that the other may write declares, in a package that needs no import. */
export interface UseEvidence {
  readonly kind: 'use';
  /** The slice whose file uses, and the slice whose file declares. */
  readonly user: string;
  readonly used: string;
  readonly from: string;
  /** From 1. */
  readonly line: number;
  readonly name: string;
  readonly to: string;
  /** Whether the other scope names that file, not only a pattern that matches it. */
  readonly named: boolean;
  /** The contract that speaks for it already, or `null`. */
  readonly contract: string | null;
}

/** The requirements of one slice name what only the other will make. */
export interface MentionEvidence {
  readonly kind: 'mention';
  readonly by: string;
  readonly of: string;
  /** The path or the symbol. */
  readonly what: string;
}

export interface SharedTestEvidence {
  readonly kind: 'shared-test';
  readonly test: string;
  /** `imports`: it imports files of both. `verify`: commands that check both slices run it. */
  readonly through: 'imports' | 'verify';
}

/** A file or a directory that the work on both will change, whether they may or not. */
export interface SharedFileEvidence {
  readonly kind: 'shared-file';
  readonly file: string;
  /**
   * `lock`: it is made from manifests that both may change. `generated`: it is made from files of both. `migrations`:
   * a directory in which both put files whose order counts. `registry`: it lists what both make.
   */
  readonly as: 'lock' | 'generated' | 'migrations' | 'registry';
  /** Whether both surely come to it: the manifests are named, not only matched; new files have to be listed. */
  readonly surely: boolean;
}

/** Two slices that may run at the same time, write different files, and depend on each other all the same. */
export interface Coupling {
  /** The lesser id by code unit. */
  readonly a: string;
  readonly b: string;
  /** 0 to 100; see `couplingScore`. */
  readonly score: number;
  readonly verdict: OverlapVerdict;
  /**
   * In which order they should run if they have to run one after another: what is imported or mentioned first, else what
   * can start earlier. An edge that way never closes a cycle by itself; several together may.
   */
  readonly before: string;
  readonly after: string;
  /** Strongest first. */
  readonly evidence: readonly CouplingEvidence[];
}

export interface CouplingLimits {
  /** Scores from which a pair is better cut differently, and from which it should run one after another. */
  readonly resliceFrom: number;
  readonly serialFrom: number;
  /** Commits that must have touched both files, and the least confidence (0 to 1); see `ChangedTogether`. */
  readonly leastTogether: number;
  readonly leastConfidence: number;
  /** Source files that are read for their imports. */
  readonly mostRead: number;
  /** A file at which more slices meet is reported as crowded instead of pair by pair. */
  readonly mostSlices: number;
}

export const COUPLING_LIMITS: CouplingLimits = {
  resliceFrom: 30,
  serialFrom: 70,
  leastTogether: 3,
  leastConfidence: 0.3,
  mostRead: 5_000,
  mostSlices: 50,
};

export interface CouplingRequest {
  readonly plan: Plan;
  readonly graph: PlanGraph;
  readonly repoFiles: readonly string[];
  /** What a parser saw in a file of the repository; `null` when there is no grammar for it or it cannot be read. */
  readonly code: (path: string) => CodeFile | null;
  /** Text of a file that says how modules are found (`tsconfig.json`, `go.mod`, ...) or of a generated one. */
  readonly text: (path: string) => string | null;
  readonly history: CoChange | null;
  readonly limits?: Partial<CouplingLimits>;
  /** How paths are compared. */
  readonly paths?: GlobOptions;
}

export interface Couplings {
  /** Ordered by their ids; pairs without evidence are not in it, those with little are `parallel`. */
  readonly pairs: readonly Coupling[];
  /** Files at which more than `mostSlices` meet: what they say of single pairs is not in `pairs`. Sorted. */
  readonly crowded: readonly string[];
  /** Source files that were not read because there were more than `mostRead`. */
  readonly unread: number;
}

/** Of the pairs of files that changed together only the strongest count: more of them say the same again. */
const mostHistory = 3;

/**
 * How likely each piece of evidence by itself makes the two slices disturb each other. Chosen by hand so that one import
 * of a named file is worth a warning and four are worth an order, two and six where only a pattern matches (what else is
 * in a directory may well stay as it is), that a hint (a mention, a wildcard that happens to match a manifest) never is by
 * itself, and that history counts by how often the files came together: 3 of 3 commits are a warning.
 */
export function weightOf(evidence: CouplingEvidence): number {
  switch (evidence.kind) {
    case 'import':
      if (evidence.contract !== null) return 0.05;
      return evidence.named ? 0.3 : 0.2;
    case 'use':
      // As an import, but found by a word.
      if (evidence.contract !== null) return 0.05;
      return evidence.named ? 0.25 : 0.15;
    case 'mention':
      return 0.15;
    case 'history':
      // Few commits are weak proof: the share is drawn towards nothing as if two more had been seen without the other.
      return (0.5 * evidence.confidence * evidence.together) / (evidence.together + 2);
    case 'shared-test':
      return evidence.through === 'verify' ? 0.25 : 0.15;
    case 'shared-file':
      if (evidence.as === 'migrations') return 0.5;
      return evidence.surely ? 0.3 : 0.15;
  }
}

/** `evidence` strongest first, of history only what counts. Independent of the order it comes in. */
export function weighed(evidence: readonly CouplingEvidence[]): readonly CouplingEvidence[] {
  const keyed = evidence.map((item) => ({ item, weight: weightOf(item), key: JSON.stringify(item) }));
  keyed.sort((x, y) => y.weight - x.weight || (x.key < y.key ? -1 : x.key > y.key ? 1 : 0));
  let pairs = 0;
  return keyed.flatMap(({ item }) => (item.kind === 'history' && ++pairs > mostHistory ? [] : [item]));
}

/**
 * 100 times the chance that at least one piece of evidence is right, if each were right by its weight and they knew
 * nothing of each other (noisy-or): 100 x (1 - (1 - w1)(1 - w2)...), rounded. More evidence never lowers it.
 */
export function couplingScore(evidence: readonly CouplingEvidence[]): number {
  return Math.round(100 * (1 - evidence.reduce((left, item) => left * (1 - weightOf(item)), 1)));
}

export function couplingVerdict(score: number, limits: CouplingLimits): OverlapVerdict {
  if (score >= limits.serialFrom) return 'serial';
  return score >= limits.resliceFrom ? 'reslice' : 'parallel';
}
