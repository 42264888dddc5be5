import type { Budget } from '../manifest/model.ts';

/** What the person asked of `run`. */
export interface RunLimits {
  readonly maxParallel: number;
  /** Slices to run; `null` for all. Their dependencies are not started for them. */
  readonly only: readonly string[] | null;
  /** Strict waves: nothing of wave n+1 starts before wave n and its validation are done. */
  readonly barrier: boolean;
  /** Absent: as the manifest has it. What the person says counts instead, each kind by itself. */
  readonly budget?: Partial<Budget>;
}

/** What the scheduler does next. `continue` and `check` reuse the worktree as the last run left it. */
export type Action =
  | {
      readonly type: 'start';
      readonly slice: string;
      readonly attempt: number;
      readonly mode: 'fresh' | 'continue' | 'check';
    }
  | { readonly type: 'checkpoint'; readonly checkpoint: string };
