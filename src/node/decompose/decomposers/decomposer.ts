import type { DecomposeOptions, DecomposerAgent } from '../model.ts';
import type { ImporterId } from '../../../core/decompose/table.ts';
import type { GuessedScope, MarkAbove, SourceMark } from '../../../core/decompose/import/model.ts';
import type { Sources } from '../../../core/decompose/import-order.ts';
import type { Proposal } from '../../../core/plan/proposal.ts';
import type { Rounds } from '../../../core/decompose/rounds.ts';
import type { Finding } from '../../../core/text/finding.ts';
import type { Result } from '../../../core/text/result.ts';
import type { Spec } from '../../../core/spec/model.ts';
import type { Judgement } from '../../../core/judge/judge.ts';
import type { LintLimits } from '../../../core/lint/engine/config.ts';
import type { EngineFailure } from '../../failure.ts';
import type { LoadedPlan } from '../../../core/plan/graph-model.ts';

/** What every decomposer works from. */
export interface Material {
  /** Absolute path of the top level of the checkout that is worked in. */
  readonly root: string;
  /** What the file says, read as a spec. */
  readonly spec: Spec;
  /** Repository-relative. */
  readonly specPath: string;
  readonly specText: string;
  /** What reading it as a spec found. */
  readonly specFindings: readonly Finding[];
  /** Tracked files, without those of plans. */
  readonly repoFiles: readonly string[];
  /** Texts of `projectSources`, as far as they could be read. */
  readonly texts: ReadonlyMap<string, string>;
}

/** A plan in the making: how its slices are cut, and the spec they carry out. */
export interface Draft {
  readonly proposal: Proposal;
  readonly spec: Spec;
  /** Of the spec, and of what was made of it; the judge adds its own. */
  readonly findings: readonly Finding[];
  /** Of a decomposer that is corrected. */
  readonly rounds?: Rounds;
  /** Of an importer: scopes that nobody wrote down. */
  readonly guesses?: readonly GuessedScope[];
  /** Of an importer: an agent was asked where tasks work. */
  readonly asked?: boolean;
  /** Of an importer: where the tasks of each slice stand. */
  readonly origin?: Origin;
  /** Of an agent: what it said, as it came. */
  readonly answer?: object;
}

export interface Origin {
  readonly importer: ImporterId;
  readonly slices: Readonly<Record<string, readonly SourceMark[]>>;
  readonly above: readonly MarkAbove[];
}

export interface DraftRequest extends Material {
  readonly options: DecomposeOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** Replaces the real agent. */
  readonly runAgent?: DecomposerAgent;
  /** The other texts of the repository, and a parser. */
  readonly sources: Sources;
  /** The plan of a draft as it would be written, and everything that speaks against it. */
  readonly judge: (draft: Draft) => JudgedDraft;
  /** What the judge measures with, where it is not the method's. */
  readonly limits: Partial<LintLimits>;
}

export interface JudgedDraft {
  readonly files: LoadedPlan['files'];
  readonly loaded: LoadedPlan;
  readonly judgement: Judgement;
}

/** Cuts a spec into slices. One file each; see the table. */
export type Decomposer = (request: DraftRequest) => Promise<Result<Draft, EngineFailure>>;

/** A spec that must not be decomposed yet, with the findings that say why. */
export function blockedSpec(specPath: string, findings: readonly Finding[]): Result<never, EngineFailure> {
  const errors = findings.filter((finding) => finding.severity === 'error');
  const list = errors
    .map((finding) => `${finding.file}:${finding.line}:${finding.column}: ${finding.message}`)
    .join('\n');
  return {
    ok: false,
    failure: {
      reason: 'bad-spec',
      message: `${specPath} cannot be decomposed yet:\n${list}`,
      remedy: 'Settle what the findings name, then decompose again.',
      findings,
    },
  };
}
