/** What counts as too much. */
export interface LintLimits {
  /** Share of the repository's files (0 to 1) above which a scope is too wide. */
  readonly scopeShare: number;
  /** Hours of estimate above which a slice should be split. */
  readonly taskHours: number;
  /** Tokens of context above which a slice is over budget. */
  readonly contextTokens: number;
  /** Overlap of two slices' write sets in percent: below the first they may run side by side ... */
  readonly parallelBelow: number;
  /** ... and above the second they must not. */
  readonly serialAbove: number;
}

export const defaultLimits: LintLimits = {
  scopeShare: 0.2,
  taskHours: 4,
  contextTokens: 12_000,
  parallelBelow: 20,
  serialAbove: 50,
};
