import type { Finding, Severity } from '../../text/finding.ts';
import { compileGlob } from '../../scope/glob.ts';

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

/** What a rule may be set to: a severity, or `off`. */
export type RuleLevel = Severity | 'off';

export const ruleLevels = ['off', 'hint', 'info', 'warning', 'error'] as const satisfies readonly RuleLevel[];

/** Levels by rule: a code (`task.stop-missing`), the rules of one kind of file (`task.*`), or `*`. */
export type RuleLevels = Readonly<Record<string, RuleLevel>>;

/** What a repository or an editor wants of the linter; the shape of `.slicewave/lint.yaml`, and `rules` of the editor's setting. */
export interface LintSettings {
  readonly rules: RuleLevels;
  /** Only what differs from `defaultLimits`. */
  readonly limits: Partial<LintLimits>;
  /** Globs of files about which nothing is said; they are still read, because others may name them. */
  readonly ignore: readonly string[];
  /** Levels for some files only; they win over `rules`, and later ones over earlier ones. */
  readonly overrides: readonly { readonly files: readonly string[]; readonly rules: RuleLevels }[];
}

export const noSettings: LintSettings = { rules: {}, limits: {}, ignore: [], overrides: [] };

/** Findings as the settings want them: severities changed, findings of rules that are off and of ignored files left out. */
export function applyRuleSettings(findings: readonly Finding[], settings: LintSettings): Finding[] {
  const { rules, ignore, overrides } = settings;
  if (Object.keys(rules).length === 0 && ignore.length === 0 && overrides.length === 0) return [...findings];
  return findings.flatMap((found) => {
    if (matchesAny(ignore, found.file)) return [];
    const own = overrides.findLast(
      (override) => levelOf(override.rules, found.code) !== null && matchesAny(override.files, found.file),
    );
    const level = levelOf(own?.rules ?? {}, found.code) ?? levelOf(rules, found.code);
    if (level === 'off') return [];
    return level === null || level === found.severity ? [found] : [{ ...found, severity: level }];
  });
}

/** The level of a code: its own entry wins over that of its kind, and that over `*`. */
function levelOf(levels: RuleLevels, code: string): RuleLevel | null {
  for (const key of [code, `${code.slice(0, code.indexOf('.'))}.*`, '*'])
    if (Object.hasOwn(levels, key)) return levels[key] ?? null;
  return null;
}

function matchesAny(globs: readonly string[], file: string): boolean {
  return globs.some((glob) => compileGlob(glob).matches(file));
}
