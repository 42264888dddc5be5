import type { DecomposingAgentId } from '../../core/agent/agents.ts';
import type { Answer } from '../../core/decompose/answer.ts';
import type { Making } from '../../core/decompose/preview.ts';
import type { DecomposerId } from '../../core/decompose/table.ts';
import type { Judgement } from '../../core/judge/judge.ts';
import type { Result } from '../../core/text/result.ts';
import type { EngineFailure } from '../failure.ts';
import type { WritablePlan } from '../plan/directory.ts';

/** A decomposition that was not written yet. */
export interface Decomposition extends WritablePlan {
  /** Whether that directory already holds a plan. */
  readonly exists: boolean;
  /** For the preview: who made it, and how. */
  readonly making: Making;
  /** What there is to say of it, whoever made it. */
  readonly judgement: Judgement;
}

/** One turn with an agent that decomposes a spec. */
export interface DecomposerTurn {
  readonly prompt: string;
  /** JSON Schema of the answer. Default: that of a decomposition. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** The session of the earlier turn; `null` starts one. */
  readonly sessionId: string | null;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface DecomposerAnswer {
  /** Not validated: an object, or what keeps the answer from being one, in words for the agent. */
  readonly answer: Answer;
  readonly sessionId: string;
}

export type DecomposerAgent = (turn: DecomposerTurn) => Promise<Result<DecomposerAnswer, EngineFailure>>;

export interface DecomposeOptions {
  /** Who cuts the slices. Default: the importer that knows the file, else `otherwise`. */
  readonly with?: DecomposerId;
  /** Who cuts the slices of a file that no importer knows. Default `structure`. */
  readonly otherwise?: DecomposerId;
  /** The plan directory, relative to the root. Default `parallel/<spec id and name>`. */
  readonly dir?: string;
  /** Model an agent is asked to use. */
  readonly model?: string;
  /** Program and arguments, for `command`. */
  readonly command?: readonly string[];
  /** How many corrections an agent gets, after its first answer. Default 2. */
  readonly corrections?: number;
  /**
   * Takes what an agent answered last for this spec instead of asking anybody; the spec must not have changed since.
   */
  readonly last?: boolean;
  /**
   * What becomes of scopes that are guessed for tasks that name no file: they go into the slices, for a person who sees
   * them before the plan is written (default), or are only said.
   */
  readonly guesses?: 'taken' | 'shown';
  /**
   * Whom to ask, in one round for all, where imported tasks work of which neither they nor anything beside them says so
   * with certainty. `command` is started as {@link command}. Default: nobody.
   */
  readonly scopesFrom?: DecomposingAgentId | 'command';
  /** The language model of the editor, for `editor`; only VS Code has one. */
  readonly editorModel?: DecomposerAgent;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}
